// Plays a history through the kernel: to rebuild a run after a crash, to read an ended one, to tell a listener what
// happened before. Commands are noted or told, never performed.
import type { RunEvent } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import { EventKind, EventOutcome, SEMANTICS_VERSION } from "../model/kernel-words.js";
import type { KernelCommand, KernelPort, StepOutput } from "../model/ports.js";
import { isPausing } from "./arrivals.js";
import type { Checkpoint } from "./checkpoint.js";
import { EVENT_BUFFER_MAX, REPLAY_SLICE_STEPS } from "./limits.js";
import { findTaker } from "./payload-check.js";
import { type LoadedProgram, NO_PROGRAM } from "./program-table.js";
import { tellCommand, tellEntry, tellHeld } from "./run-events.js";
import { type HeldEntry, NO_HANDLE, type OpenCommand, packVersions, RunState } from "./run-state.js";

/** What was delivered to a run since its last entry: a run without fuel, or with held entries to take, is between steps. */
export interface Reach {
  readonly continues: number;
  /** Held entries, after a RESUME. */
  readonly held: number;
}

/** Until the run is quiet. */
export const QUIET: Reach = { continues: Infinity, held: Infinity };

export interface WatchedEntry {
  readonly kind: EntryKind;
  readonly id: number;
  readonly payload: Uint8Array | undefined;
  readonly seq: number;
  /** The command that it answers. */
  readonly closed: OpenCommand | undefined;
  /** Of an event: the node of the task that takes it; -1: none does. */
  readonly taker: number;
}

/** Looks on while a run is traced: what it is told, and the commands that follow. */
export interface ReplayWatch {
  entry(entry: WatchedEntry): void;
  /** `open`: what the command opened or closed. */
  command(command: KernelCommand, open: OpenCommand | undefined): void;
}

/** Hears what each call of the kernel gave. */
export interface ReplayProbe {
  /** What became of an entry, a held one among them. */
  outcome(outcome: number): void;
  /** `open`: what the command opened or closed. */
  command(command: KernelCommand, open: OpenCommand | undefined): void;
}

export interface ReplayOptions {
  readonly runId: string;
  /** Where to begin; absent: at the first entry. */
  readonly checkpoint?: Checkpoint | undefined;
  /** Tell what happens: traces the run and collects `takeEvents`. */
  readonly isTold?: boolean;
  readonly watch?: ReplayWatch;
  /** Has the run traced also where nothing is told. */
  readonly isTraced?: boolean;
  readonly probe?: ReplayProbe;
  /** How far to go after the last entry; default: until the run is quiet. */
  readonly reach?: Reach | undefined;
  /** Kept up to date by the replay; default: one of its own. */
  readonly state?: RunState;
}

/** Loads the program where the kernel does not have it yet; returns the kernel's name for it. */
export function placeProgram(kernel: KernelPort, program: LoadedProgram): number {
  if (program.kernelProgram === NO_PROGRAM) program.kernelProgram = kernel.loadProgram(program.workflow.program);
  return program.kernelProgram;
}

/** Throws `run/version-unsupported` where this engine would step the run otherwise than the one that began it. */
export function checkVersions(runId: string, versions: number, program: LoadedProgram): void {
  compareVersions(runId, versions, packVersions(program.workflow.program.compilerVersion, SEMANTICS_VERSION));
}

/** Throws `run/version-unsupported` where a run's `packVersions` are not the expected ones. */
export function compareVersions(runId: string, versions: number, expected: number): void {
  if (versions === expected) return;
  const message = `Run ${runId} was begun by another version (${versions}) than this engine's (${expected})`;
  throw new WorkflowError("run/version-unsupported", message, { details: { runId, versions, expected } });
}

/** One history on its way through the kernel. `release` ends it. */
export class Replay {
  readonly state: RunState;
  /** Every kernel call so far, for slicing. */
  stepCount = 0;
  readonly #kernel: KernelPort;
  readonly #options: ReplayOptions;
  #events: RunEvent[] = [];
  #versions = 0;

  /** Throws `kernel/lost`, `kernel/bad-program`, `run/version-unsupported`. */
  constructor(kernel: KernelPort, program: LoadedProgram, options: ReplayOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.state = options.state ?? new RunState(program);
    const { checkpoint } = options;
    const kernelProgram = placeProgram(kernel, program);
    if (checkpoint === undefined) {
      this.state.handle = kernel.createRun(kernelProgram);
    } else {
      checkVersions(options.runId, checkpoint.versions, program);
      this.#versions = checkpoint.versions;
      this.state.handle = kernel.restore(kernelProgram, checkpoint.kernel);
      this.state.seq = checkpoint.seq;
      this.state.lastNow = checkpoint.lastNow;
      this.state.resumeSeq = checkpoint.resumeSeq;
      this.state.isCanceled = checkpoint.isCanceled;
      for (const open of checkpoint.open) this.state.restoreOpen(open);
    }
    if (options.isTold === true || options.isTraced === true || options.watch !== undefined) kernel.setTraced(this.state.handle, true);
  }

  get #isTold(): boolean {
    return this.#options.isTold === true;
  }

  /** `packVersions` of the run. */
  get versions(): number {
    return this.#versions;
  }

  /**
   * Plays the entries in order. Pauses after every REPLAY_SLICE_STEPS kernel calls, or when EVENT_BUFFER_MAX events wait
   * to be taken, so that the caller can give the event loop a turn; it must not go on after the kernel is lost.
   */
  *play(entries: Iterable<HistoryEntry>): Generator<void> {
    let sliceEnd = this.stepCount + REPLAY_SLICE_STEPS;
    for (const _step of this.#plays(entries)) {
      if (this.stepCount < sliceEnd && this.#events.length < EVENT_BUFFER_MAX) continue;
      sliceEnd = this.stepCount + REPLAY_SLICE_STEPS;
      yield;
    }
  }

  *#plays(entries: Iterable<HistoryEntry>): Generator<void> {
    const last = this.#options.reach ?? QUIET;
    const list: readonly HistoryEntry[] = Array.isArray(entries) ? entries : [];
    let at = 0;
    for (let next = this.#playPlain(list, at); next > at; next = this.#playPlain(list, at)) {
      at = next;
      const following = list[at];
      yield* this.#continue((following === undefined ? last : reachBefore(following)).continues);
      if (following === undefined) return;
      yield;
    }
    let before: HistoryEntry | undefined;
    for (const entry of at === 0 ? entries : list.slice(at)) {
      if (before !== undefined) yield* this.#playEntry(before, reachBefore(entry));
      before = entry;
    }
    if (before !== undefined) yield* this.#playEntry(before, last);
  }

  /** Plays entries from `from` on as long as each is one step and no more, as most are. Returns the index of the first that is not played. */
  #playPlain(entries: readonly HistoryEntry[], from: number): number {
    const { state } = this;
    let index = from;
    for (; index < entries.length && index - from < REPLAY_SLICE_STEPS; index += 1) {
      const entry = entries[index] as HistoryEntry;
      if (state.isYielded || entry.isHeld || isControlling(entry.kind) || entry.seq !== state.seq + 1) break;
      const { kind, id, seed, payload } = entry;
      this.#begin(entry);
      state.beginEntry(seed);
      this.#stepOne(kind, kind === EntryKind.START ? 0 : id, seed, payload);
    }
    return index;
  }

  #begin({ kind, id, now, isHeld, payload }: HistoryEntry): void {
    if (kind === EntryKind.START) {
      checkVersions(this.#options.runId, id, this.state.program);
      this.#versions = id;
    }
    this.state.record(kind, id, now, isHeld, payload);
  }

  /** Plays one entry and what follows from it. Pauses after every kernel call. */
  playOne(entry: HistoryEntry, reach: Reach = QUIET): Generator<void> {
    return this.#playEntry(entry, reach);
  }

  /** Goes on with what follows from the last entry; nothing where it went so far already. */
  *goOn(reach: Reach): Generator<void> {
    if (!this.state.isPaused) yield* this.#playHeld(reach);
  }

  /** What was told since the last call. */
  takeEvents(): readonly RunEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Gives the run back to the kernel. */
  release(): void {
    if (this.state.handle !== NO_HANDLE) this.#kernel.destroyRun(this.state.handle);
    this.state.handle = NO_HANDLE;
  }

  *#playEntry(entry: HistoryEntry, reach: Reach): Generator<void> {
    const { state } = this;
    const { kind, id, seed, payload, isHeld } = entry;
    if (entry.seq !== state.seq + 1) {
      throw new WorkflowError("store/damaged", `Run ${this.#options.runId}: history entry ${state.seq + 1} is missing`, {
        details: { runId: this.#options.runId, seq: state.seq + 1 },
      });
    }
    this.#begin(entry);
    if (isHeld) {
      state.held.push({ kind, id, seed, payload });
      if (this.#isTold) this.#tell(tellHeld(state, kind, id, payload));
      yield;
    } else if (isPausing(kind) || kind === EntryKind.RESUME) {
      if (this.#isTold) this.#tell(tellEntry(state, kind, id, payload, EventOutcome.TAKEN, undefined));
      if (kind === EntryKind.RESUME) yield* this.#playHeld(reach);
    } else {
      state.beginEntry(seed);
      if (kind === EntryKind.CANCEL) state.isYielded = false;
      this.#stepOne(kind, kind === EntryKind.START ? 0 : id, seed, payload);
      yield;
      yield* this.#continue(reach.continues);
    }
  }

  *#playHeld(reach: Reach): Generator<void> {
    const { state } = this;
    yield* this.#continue(reach.continues);
    while (!state.isYielded && state.ending === undefined && state.heldCount < reach.held) {
      const held = state.held.shift();
      if (held === undefined) return;
      state.beginHeld(held.seed);
      this.#stepOne(held.kind, held.id, held.seed, held.payload);
      yield;
      yield* this.#continue(reach.continues);
    }
    if (state.ending !== undefined) state.held = [];
  }

  *#continue(continueMax: number): Generator<void> {
    const { state } = this;
    while (state.isYielded && state.continueCount < continueMax) {
      state.isYielded = false;
      state.continueCount += 1;
      this.#kernel.add(state.handle, EventKind.CONTINUE, 0, state.causeNow, state.causeSeed);
      this.#note(this.#step());
      yield;
    }
  }

  #stepOne(kind: HeldEntry["kind"], id: number, seed: number, payload: Uint8Array | undefined): void {
    const { state } = this;
    const taker = this.#options.watch === undefined || kind !== EntryKind.EVENT ? -1 : (findTaker(this.#kernel.awaits(state.handle), id)?.node ?? -1);
    this.#kernel.add(state.handle, kind, id, state.causeNow, seed, payload);
    const output = this.#step();
    const outcome = output.outcomes[0] ?? EventOutcome.STALE;
    this.#options.probe?.outcome(outcome);
    const isAnswer = kind === EntryKind.TASK_SUCCEEDED || kind === EntryKind.TASK_FAILED || kind === EntryKind.TIMER;
    const closed = isAnswer && outcome !== EventOutcome.STALE ? state.close(id) : undefined;
    if (this.#isTold) this.#tell(tellEntry(state, kind, id, payload, outcome, closed));
    this.#options.watch?.entry({ kind, id, payload, seq: state.causeSeq, closed, taker });
    this.#note(output);
  }

  #step(): StepOutput {
    this.stepCount += 1;
    return this.#kernel.step();
  }

  #note({ commands }: StepOutput): void {
    const { state } = this;
    for (const command of commands) {
      const open = state.note(command);
      this.#options.watch?.command(command, open);
      this.#options.probe?.command(command, open);
      if (this.#isTold) this.#tell(tellCommand(this.#options.runId, state, command, open));
    }
  }

  #tell(event: RunEvent | undefined): void {
    if (event !== undefined) this.#events.push(event);
  }
}

/** Entries that are more than one step, or whose place among the CONTINUEs matters. */
function isControlling(kind: EntryKind): boolean {
  return isPausing(kind) || kind === EntryKind.RESUME || kind === EntryKind.CANCEL;
}

/** PAUSE, WIND_DOWN and CANCEL may come while a run is without fuel: their `id` tells after how many CONTINUEs. */
export function reachBefore(next: HistoryEntry): Reach {
  return isPausing(next.kind) || next.kind === EntryKind.CANCEL ? { continues: next.id, held: Infinity } : QUIET;
}
