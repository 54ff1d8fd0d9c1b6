// A run that has not ended, as the loop keeps it: its state, its record, and what waits for it. Lean, because tens of
// thousands of them are open: what most runs do not need is made when it is first used.
import type { Durability, RunEvent } from "../model/engine.js";
import type { RunRecord } from "../model/run-record.js";
import type { ErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import type { KernelPort, SearchFields } from "../model/ports.js";
import { PRIORITY_DEFAULT } from "../model/scheduling.js";
import type { RunStatus } from "../model/status.js";
import type { LoadedProgram } from "./program-table.js";
import { cutStart } from "./input-check.js";
import type { RunCalls } from "./run-calls.js";
import { encodeCheckpoint, isAtRest } from "./checkpoint.js";
import { ReplayDebt } from "./replay-debt.js";
import { NO_HANDLE, type OpenCommand, RunState } from "./run-state.js";
import type { BatchJournal, JournalRun } from "./batch-journal.js";
import { type LogPiece, VolatileLog } from "./volatile-log.js";

/** Who wants to know what became of an arrival. `index`: the receiver's own number for it. */
export interface Receipt {
  /** `outcome`: EventOutcome. Called after the commit. */
  settle(outcome: number, index: number): void;
  fail(error: WorkflowError, index: number): void;
  /** The payload does not fit a form; absent: that is a failure. */
  refuse?(index: number): void;
}

/** Not in history: the run's record is looked at again (an aborted task has ended). */
export const TOUCH = 0;

/** Something that a run is to be told. */
export interface Arrival {
  readonly run: OpenRun;
  /** EntryKind, EventKind.CONTINUE or TOUCH. */
  readonly kind: number;
  /** As in `HistoryEntry`. */
  readonly id: number;
  readonly payload: Uint8Array | undefined;
  /** Set when it is in history already (held while the run was paused): its seed. */
  readonly heldSeed?: number;
  readonly receipt?: Receipt | undefined;
  readonly index?: number;
  /** The run whose step led to it. It is recorded in the same commit or after it; where that fails, nothing came of the step. */
  readonly cause?: OpenRun | undefined;
}

/** An open command and the run that asked. */
export interface Work {
  readonly run: OpenRun;
  readonly open: OpenCommand;
}

/** A listener on the live run. */
export interface Tap {
  push(events: readonly RunEvent[]): void;
  /** The run is no longer told from here: it has ended, or the listener has to read history again. */
  detach(): void;
  /** The run's history may be told from entry `seq` on later; everything up to there has been pushed. */
  noteCut(seq: number): void;
}

export interface OpenRunOptions {
  readonly runId: string;
  readonly durability: Durability;
  readonly startedAt: number;
  readonly tags?: readonly string[];
  readonly parentRunId?: string | undefined;
  /** Default: PRIORITY_DEFAULT. */
  readonly priority?: number | undefined;
  readonly rerunOf?: string | undefined;
  readonly forkOf?: RunRecord["forkOf"] | undefined;
  readonly versions: number;
  /** What it can be looked for by, as far as that is known from its record. */
  readonly fields?: SearchFields | undefined;
  /** The history so far of a run of durability `none`; default: empty. */
  readonly log?: VolatileLog;
  /** Where events of runs of durability `none` may wait to be logged. */
  readonly journal: BatchJournal;
}

const NO_TAGS: readonly string[] = [];

export class OpenRun extends RunState implements JournalRun {
  readonly runId: string;
  readonly durability: Durability;
  readonly startedAt: number;
  readonly tags: readonly string[];
  readonly parentRunId: string | undefined;
  readonly priority: number;
  readonly rerunOf: string | undefined;
  readonly forkOf: RunRecord["forkOf"];
  /** `packVersions`. */
  readonly versions: number;
  readonly #log: VolatileLog | undefined;
  readonly #journal: BatchJournal;
  status: RunStatus = "scheduled";
  #updatedAt: number;
  error: ErrorRecord | undefined;
  /** Recorded in the step in hand, not yet committed. */
  fresh: HistoryEntry[] | undefined;
  /** To be told when the step in hand is committed. */
  freshEvents: RunEvent[] | undefined;
  waiting: Arrival[] | undefined;
  /** What other runs are told of its step in hand, as far as it is no part of the same commit. */
  outbox: Arrival[] | undefined;
  /** Since its first call of a task. */
  calls: RunCalls<Work> | undefined;
  taps: Set<Tap> | undefined;
  /** Serials of canceled tasks and ids of canceled children that have not ended yet. */
  aborting: Set<string | number> | undefined;
  stopCancelTimer: (() => void) | undefined;
  settledCallbacks: (() => void)[] | undefined;
  /** Of the step in hand, where it changed: told when that is committed. */
  freshRecord: RunRecord | undefined;
  #debt: ReplayDebt | undefined;
  /** What it can be looked for by so far; undefined: nothing. */
  #fields: SearchFields | undefined;
  #isOutputRead = false;
  /** Its last step is being committed. */
  isCommitting = false;
  /** It belongs to the group in hand. */
  isTouched = false;
  /** It has an event in the batch in hand. */
  isInBatch = false;
  /** The parent that was told of its end: another one, of the same id, has to ask. */
  reportedTo: OpenRun | undefined;
  /** Number of history entries when it was taken up from the store; 0 when this engine started it. */
  recoveredSeq = 0;
  /** Its last step was not stored: this run never was as it is here. */
  isRolledBack = false;
  /** Taken out of the loop: by its end, a failed commit or the loss of the driver's role. */
  isDropped = false;

  constructor(program: LoadedProgram, options: OpenRunOptions) {
    super(program);
    this.runId = options.runId;
    this.durability = options.durability;
    this.startedAt = options.startedAt;
    this.#updatedAt = options.startedAt;
    this.tags = options.tags ?? NO_TAGS;
    this.parentRunId = options.parentRunId;
    this.priority = options.priority ?? PRIORITY_DEFAULT;
    this.rerunOf = options.rerunOf;
    this.forkOf = options.forkOf;
    this.versions = options.versions;
    this.#fields = options.fields;
    this.#log = options.durability === "none" ? (options.log ?? new VolatileLog()) : undefined;
    this.#journal = options.journal;
    if (options.log !== undefined) this.addEvents(options.log.count, options.log.lastNow);
  }

  /** Of durability `none`: its history is in memory only. */
  get isVolatile(): boolean {
    return this.#log !== undefined;
  }

  /** The history of a volatile run. */
  get log(): VolatileLog | undefined {
    this.catchUp();
    return this.#log;
  }

  get updatedAt(): number {
    this.catchUp();
    return this.#updatedAt;
  }

  set updatedAt(now: number) {
    this.#updatedAt = now;
  }

  protected override catchUp(): void {
    if (this.#log !== undefined && !this.#journal.isEmpty) this.#journal.spill();
  }

  override record(kind: EntryKind, id: number, now: number, isHeld: boolean, payload?: Uint8Array): void {
    super.record(kind, id, now, isHeld, payload);
    if (kind === EntryKind.START && this.#fields === undefined) this.readInput(payload);
  }

  /** Takes from what it was started with what it can be looked for by. */
  readInput(payload: Uint8Array | undefined): void {
    const { search } = this.program.workflow;
    if (search !== undefined && payload !== undefined) this.#fields = search.readInput(cutStart(this.program, payload));
  }

  /** An event was stepped that led to nothing else. Only of a volatile run. */
  takeEvent(id: number, now: number, seed: number, payload?: Uint8Array): void {
    this.addEvents(1, now);
    this.#updatedAt = this.lastNow;
    this.#log?.add(EntryKind.EVENT, false, id, now, seed, payload);
    this.#noteLength();
  }

  takePiece(piece: LogPiece): void {
    this.addEvents(piece.count, piece.lastNow);
    this.#updatedAt = this.lastNow;
    this.#log?.addPiece(piece);
    this.#noteLength();
  }

  /** A new entry of a volatile run's history. */
  keepEntry(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    this.log?.add(kind, isHeld, id, now, seed, payload);
    this.#noteLength();
  }

  #noteLength(): void {
    if (this.#log?.isLong === true) this.#journal.noteLong(this);
  }

  /** Of a run that is stored. */
  get debt(): ReplayDebt {
    this.#debt ??= new ReplayDebt();
    return this.#debt;
  }

  /** May a checkpoint be taken now? */
  isCheckable(): boolean {
    // Released by a RESUME, but not stepped yet: they are in history, and no checkpoint would have them.
    const hasHeld = this.waiting?.some(({ heldSeed }) => heldSeed !== undefined) === true;
    return isAtRest(this) && !hasHeld && this.handle !== NO_HANDLE;
  }

  /** Cuts a long history; of a run that does not rest, another time. Only while no event is under way. */
  shorten(kernel: KernelPort): void {
    const { log } = this;
    if (log?.isLong !== true || !this.isCheckable() || this.isDropped) return;
    log.cut(encodeCheckpoint(this, this.versions, kernel.snapshot(this.handle)));
    for (const tap of this.taps ?? []) tap.noteCut(log.count);
  }

  /** Does its start wait for the step that asked for it to be committed? */
  get isUnbegun(): boolean {
    return this.handle === NO_HANDLE && this.ending === undefined && this.seq === 0;
  }

  /** Adds an entry to its history, to be committed with the step in hand. */
  recordEntry(kind: number, id: number, now: number, seed: number, payload: Uint8Array | undefined, isHeld: boolean): void {
    this.record(kind, id, now, isHeld, payload);
    this.updatedAt = now;
    if (this.isVolatile) this.keepEntry(kind, isHeld, id, now, seed, payload);
    else (this.fresh ??= []).push({ seq: this.seq, kind, isHeld, id, now, seed, ...(payload && { payload }) });
  }

  /** Whoever waits until it is settled looks again. */
  noteSettled(): void {
    const callbacks = this.settledCallbacks ?? [];
    this.settledCallbacks = undefined;
    for (const callback of callbacks) callback();
  }

  /** The serial of the parent's command that started this run. */
  get parentSerial(): number {
    return Number(this.runId.slice(this.runId.lastIndexOf("~") + 1));
  }

  /** Number of runs above this one. */
  get depth(): number {
    return this.parentRunId === undefined ? 0 : this.runId.split("~").length - 1;
  }

  /** Is something out that will end? A call that waits for its turn does not begin while the run is paused. */
  get isInFlight(): boolean {
    return this.workCount > (this.calls?.queued ?? 0);
  }

  /** The status that follows from the state. */
  computeStatus(): RunStatus {
    if (this.ending !== undefined) {
      return this.ending.status === "canceled" && this.aborting !== undefined && this.aborting.size > 0 ? "canceling" : this.ending.status;
    }
    if (this.isWindingDown) return "canceling";
    if (this.isPaused) return this.isInFlight ? "pausing" : "paused";
    if (this.isCanceled) return "canceling";
    if (this.isYielded || this.workCount > 0) return this.#isScheduled() ? "scheduled" : "running";
    return "waiting";
  }

  /** Waits all that it does for a place among the runs in flight? */
  #isScheduled(): boolean {
    const { calls } = this;
    return calls?.isScheduled === true && !this.isYielded && this.workCount === calls.queued + calls.foreseen;
  }

  toRecord(): RunRecord {
    const { name: workflow, identity } = this.program.workflow;
    const { runId, status, startedAt, updatedAt, tags, seq, error, parentRunId, rerunOf, forkOf } = this;
    // Written out: this is done for every run that starts or ends, and spreads would be most of it.
    const record: { -readonly [Key in keyof RunRecord]: RunRecord[Key] } = { runId, workflow, identity, status, startedAt, updatedAt, tags, seq };
    if (status === "succeeded" || status === "failed" || status === "canceled") record.endedAt = updatedAt;
    if (error !== undefined) record.error = error;
    if (parentRunId !== undefined) record.parentRunId = parentRunId;
    if (this.priority !== PRIORITY_DEFAULT) record.priority = this.priority;
    if (rerunOf !== undefined) record.rerunOf = rerunOf;
    if (forkOf !== undefined) record.forkOf = forkOf;
    const fields = this.program.workflow.search === undefined ? this.#fields : this.#readFields();
    if (fields !== undefined) record.fields = fields;
    return record;
  }

  /** Undefined where there are none. The output is read once. */
  #readFields(): SearchFields | undefined {
    const { search } = this.program.workflow;
    if (search !== undefined && this.ending !== undefined && !this.#isOutputRead) {
      this.#isOutputRead = true;
      const { status, payload, output } = this.ending;
      const told = status === "succeeded" ? payload : output;
      if (told !== undefined) this.#fields = { ...this.#fields, ...search.readOutput(told) };
    }
    return this.#fields === undefined || Object.keys(this.#fields).length === 0 ? undefined : this.#fields;
  }
}
