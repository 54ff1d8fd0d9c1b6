// The ports: what the engine asks of the rooms that it must not import. kernel/, store/, tabs/, tasks/ and library/
// implement them; the create-… files join them.
import type { TimeZone } from "../base/time-zone.js";
import type { CustomUse } from "./custom-function.js";
import type { Durability, TaskContext } from "./engine.js";
import type { RetentionPlan, RetentionPolicy } from "./retention.js";
import type { RunPage, RunQuery, RunRecord, SearchValue } from "./run-record.js";
import type { ErrorCode, ErrorRecord, Finding, WorkflowError } from "./errors.js";
import type { HistoryEntry } from "./history.js";
import type { LogPlace, NewLogEntry, StoredLogEntry } from "./log.js";
import type { Program } from "./program.js";
import type { SecretUse } from "./secrets.js";
import type { CallName } from "./task-call.js";
import type { ExactValue } from "./value-reader.js";

// --- kernel -------------------------------------------------------------------------------------------------------

export interface KernelCommand {
  /** Index of the causing event, in the order of `add`. */
  readonly event: number;
  /** CommandKind. */
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  /** Of tasks: the attempt, from 1; 0 where the kernel counts none. Of a run's end: a RunFault or 0. */
  readonly flags: number;
  /** ms since 1970 (timers); of tasks of a task graph: visit and item, see CommandKind.CALL_TASK. */
  readonly time: number;
  /** A wire value of its own (a copy), or undefined. */
  readonly payload: Uint8Array | undefined;
}

export interface StepOutput {
  /** EventOutcome per event. A view: valid until the next call of the kernel. */
  readonly outcomes: Uint8Array;
  readonly commands: readonly KernelCommand[];
}

/** Runs and events that packed calls name by index. Known again by identity: a table that was given stays as it is. */
export interface PackedNames {
  /** Handles. */
  readonly handles: Uint32Array;
  /** Event numbers; 0xffffffff: an unknown event. */
  readonly ids: Uint32Array;
}

/** Events without payload: two u32 each, index into `names.handles`, index into `names.ids`. */
export interface PackedEvents {
  readonly count: number;
  readonly records: Uint32Array;
  readonly names: PackedNames;
  /** The records are those of the call before: same names, same count, same numbers. */
  readonly isRepeated: boolean;
}

export interface PackedOutput extends StepOutput {
  /** Events that left no entry in history: an unknown run or event, an ended run, one without fuel. */
  readonly oddCount: number;
}

export interface KernelStatistics {
  /** Of the whole memory, which never shrinks. */
  readonly sizeBytes: number;
  /** Of what is in use of it: programs, runs, and room that the kernel keeps for its work. */
  readonly usedBytes: number;
  readonly runCount: number;
  readonly programCount: number;
  /** Expressions that are evaluated by generated functions. */
  readonly nativeCount: number;
}

/** A task, or an `await` of a statechart, that waits for an event. */
export interface KernelAwait {
  readonly node: number;
  readonly event: number;
  /** Of two tasks the one with the lower serial has waited longer, and takes the event. Of a statechart: 0. */
  readonly serial: number;
  /** Serial of the timer that ends the wait, or 0. */
  readonly limit: number;
  /** Wire values; absent where there is none, or it could not be computed. */
  readonly message?: Uint8Array;
  readonly result?: Uint8Array;
}

/** One kernel instance. A trap or out-of-memory throws `kernel/lost` from then on: throw it away and rebuild from history. */
export interface KernelPort {
  /** Throws `kernel/bad-program`, `kernel/out-of-memory`. */
  loadProgram(program: Program): number;
  unloadProgram(program: number): void;
  /** A run that has not started; its first event must be START. */
  createRun(program: number): number;
  destroyRun(run: number): void;
  /** Emit STATE_ENTERED … VARIABLE_SET for this run's steps from now on. */
  setTraced(run: number, isTraced: boolean): void;
  /** Adds an event to the batch in hand. kind: EventKind; id: event index or serial; now: ms since 1970; seed: u32. */
  add(run: number, kind: number, id: number, now: number, seed: number, payload?: Uint8Array): void;
  /** Steps one event without payload at once. Its EventOutcome; negative: nothing was done, it has to be added to a batch. */
  stepOne(run: number, id: number, now: number): number;
  /** Steps a packed call at once, at one time. */
  stepPacked(call: PackedEvents, now: number): PackedOutput;
  /** Steps all that was added, in order. A CONTINUE command asks for an event CONTINUE with the same now and seed. */
  step(): StepOutput;
  /** A portable checkpoint of the run at rest. */
  snapshot(run: number): Uint8Array;
  /** A new run from a checkpoint. Emits nothing. */
  restore(program: number, snapshot: Uint8Array): number;
  /** All variables that have a value, as a wire MAP. */
  context(run: number): Uint8Array;
  /** Active nodes: leaves and their scopes, ascending; the root left out. */
  activeNodes(run: number): readonly number[];
  /**
   * What waits for an event, in no order. `now`: messages and results are computed, as of then; absent: they are left out.
   * Throws `kernel/out-of-memory`.
   */
  awaits(run: number, now?: number): readonly KernelAwait[];
  statistics(): KernelStatistics;
  /** For tests: makes the next call trap. */
  trap(): void;
}

/** What a token waits for: a task, a child run, or the time of a `wait`. */
export interface WaitingAction {
  readonly serial: number;
  /** Index of the action in `Program.actions`. */
  readonly action: number;
}

/** A run at rest without its time and its way: equal bytes, equal future. */
export interface Configuration {
  /** A snapshot that can be restored: a view, valid until the next one is read. */
  readonly bytes: Uint8Array;
  readonly actions: readonly WaitingAction[];
  /** Armed `after` transitions, by the kernel's numbers. */
  readonly timers: readonly { readonly serial: number; readonly transition: number }[];
}

/** Makes configurations of snapshots. */
export interface ConfigurationReader {
  /** Throws `kernel/bad-snapshot` for bytes of another layout. */
  read(snapshot: Uint8Array): Configuration;
}

// --- exploration --------------------------------------------------------------------------------------------------

export interface ExplorePlan {
  /** Of the program's events, so many are offered. */
  readonly eventCount: number;
  readonly configurationCountMax: number;
  /** Bytes of all configurations. */
  readonly sizeMax: number;
  readonly depthMax: number;
  /** What runs start with: a wire MAP. */
  readonly input: Uint8Array;
  /** What comes with results and, `hasEventPayload`, with events: a wire value. */
  readonly payload: Uint8Array;
  readonly hasEventPayload: boolean;
  /** The guards of these transitions are conditions that are to hold in every configuration. */
  readonly invariants: { readonly first: number; readonly count: number };
  /** The variable that lists the names of the active nodes: its slot, and the names of all nodes, a wire LIST. */
  readonly names?: { readonly slot: number; readonly values: Uint8Array };
}

export interface ExploreProgress {
  readonly configurationCount: number;
  /** Of those, how many have been stepped from. */
  readonly expandedCount: number;
  readonly depth: number;
  readonly stepCount: number;
  /** ExploreBound bits. */
  readonly bounds: number;
}

export interface ExploredFinding {
  readonly configuration: number;
  /** Undefined: a deadlock. */
  readonly invariant: number | undefined;
  /** ExpressionError; 0: the invariant is not true. */
  readonly error: number;
}

/** One step of the way to a configuration. */
export interface ExploredStep {
  /** After the step. */
  readonly configuration: number;
  /** ExploreStep. */
  readonly step: number;
  /** Of the event, action or transition. */
  readonly number: number;
}

/** A search for every configuration of a program, one at a time in a kernel. Configurations are named by numbers. */
export interface ExplorerPort {
  /** Begins. False: there are more invariants than it takes. Throws `kernel/out-of-memory`. */
  open(program: number, plan: ExplorePlan): boolean;
  /** Goes on for about so many steps; false: it has come to its end. Throws `kernel/out-of-memory`. */
  more(stepCount: number): boolean;
  /** What was found in the last call. */
  takeFindings(): readonly ExploredFinding[];
  progress(): ExploreProgress;
  /** Per node: was a branch there at rest? */
  seenNodes(nodeCount: number): Uint8Array;
  /** As of a run; leaves and their scopes, ascending. */
  activeNodes(configuration: number): readonly number[];
  /** From the start on. */
  trace(configuration: number): readonly ExploredStep[];
  close(): void;
}

/** Makes a fresh kernel instance; the module is compiled once. */
export type KernelFactory = (options: KernelLimits) => Promise<KernelPort>;

/** As in `EngineOptions`. */
export interface KernelLimits {
  readonly memorySizeMax?: number;
  readonly runSizeMax?: number;
  readonly expressionCostMax?: number;
}

// --- library ------------------------------------------------------------------------------------------------------

/** A compiled workflow with all that was found. */
export interface LoadedWorkflow {
  readonly identity: string;
  readonly name: string;
  readonly source: string;
  readonly program: Program;
  readonly findings: readonly Finding[];
  /** The functions and constants of the embedder that it uses: part of its identity. */
  readonly customs: readonly CustomUse[];
  /** Absent: the workflow declares nothing searchable. */
  readonly search?: SearchPort;
}

/** Values that runs of one workflow can be looked for by. What cannot be computed, or is no value to look for, is left out. Never throws. */
export interface SearchPort {
  /** Of a run that starts. `input`: a wire value. */
  readInput(input: Uint8Array): SearchFields;
  /** Of a run that ends. `output`: a wire value. */
  readOutput(output: Uint8Array): SearchFields;
}
export type SearchFields = Readonly<Record<string, SearchValue>>;

export interface LibraryPort {
  /**
   * Parses and compiles, or answers from its cache. `zones`: the tables of time zones to use instead of this machine's.
   * Rejects with `parse/invalid` (its findings).
   */
  load(source: string, name?: string, zones?: readonly TimeZone[]): Promise<LoadedWorkflow>;
  /** The version of the function or constant that is registered under a `CustomUse`'s name. */
  versionOf(custom: string): Promise<string | undefined>;
}

// --- tasks --------------------------------------------------------------------------------------------------------

export interface TaskCall extends CallName {
  readonly task: string;
  readonly visit: string;
  /** From 1; 0: the task itself. */
  readonly item: number;
  readonly attempt: number;
  readonly input: unknown;
  /** Where the input refers to secrets. */
  readonly secrets?: readonly SecretUse[];
}
export type TaskResult = { readonly call: TaskCall } & (
  | { readonly isSuccess: true; readonly value: unknown }
  | { readonly isSuccess: false; readonly error: ErrorRecord }
);

/** What a handler has logged. */
export interface TaskLogEntry extends Omit<NewLogEntry, keyof LogPlace>, LogPlace {
  readonly runId: string;
  readonly by: "task";
}

/** Where handlers run: in this thread, or behind a worker's message port. Calls go out in batches. */
export interface TasksPort {
  has(task: string): boolean;
  names(): readonly string[];
  /** Starts every call; each ends in one `onResult`. An attempt that still runs is not started twice. */
  perform(calls: readonly TaskCall[]): void;
  /** Aborts the signals of these calls. */
  abort(calls: readonly CallName[]): void;
  /** Set once by the engine; called with batches. */
  onResults: (results: readonly TaskResult[]) => void;
  /** The same of log entries: those of a call come at the latest with its result, before it. */
  onLogs: (logs: readonly TaskLogEntry[]) => void;
}
export type { TaskContext };

// --- filters ------------------------------------------------------------------------------------------------------

/** Conditions in CEL over run records. */
export interface FilterPort {
  /** Rejects with `store/bad-query`. What cannot be evaluated for a record does not hold for it. */
  compile(source: string): Promise<(record: RunRecord) => boolean>;
}

// --- constants ----------------------------------------------------------------------------------------------------

/** Evaluates expressions whose variables are all known, as the kernel does: for partial evaluation. */
export interface ConstantPort {
  /**
   * The value, or the code of the error that the evaluation gives. Undefined: it cannot be said, as where the expression does
   * not compile, asks for the time, or has a value that cannot be spelled out.
   */
  evaluate(
    source: string,
    bindings: Readonly<Record<string, ExactValue>>,
  ): { readonly value: ExactValue } | { readonly error: ErrorCode } | undefined;
}

// --- clock --------------------------------------------------------------------------------------------------------

export interface ClockPort {
  /** ms since 1970. */
  now(): number;
  /** A u32. */
  seed(): number;
  /** Calls back once, not before `delayMs` (any length) has passed; returns a cancel function. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** Runs the callback after the microtasks in hand. */
  defer(callback: () => void): void;
}

// --- store --------------------------------------------------------------------------------------------------------

export interface SourceRecord {
  readonly identity: string;
  readonly name: string;
  readonly source: string;
  /** What it uses of the embedder's; absent: nothing. */
  readonly customs?: readonly CustomUse[];
  /** The tables of the time zones that it names, as they were when it was loaded; absent: none. */
  readonly zones?: readonly TimeZone[];
}

/** What one step of one run adds. */
export interface RunChange {
  readonly record: RunRecord;
  /** Consecutive, in order; the first follows the run's last. */
  readonly entries: readonly HistoryEntry[];
  /** Replaces the run's checkpoint. Opaque to the store. */
  readonly checkpoint?: { readonly seq: number; readonly bytes: Uint8Array };
}

/** The newest checkpoint of a run that is whole. */
export interface StoredCheckpoint {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** What a run is taken up from: its checkpoint, if it has one, and the entries after that. */
export interface StoredPast {
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly entries: readonly HistoryEntry[];
  /** Why it cannot be (`store/damaged`, `store/codec-unavailable`); then there are no entries. */
  readonly error?: WorkflowError;
}

export interface StorePort {
  /** Opens or upgrades; resolves with the records of all runs that have not ended. */
  open(): Promise<readonly RunRecord[]>;
  /** Kept as long as a run refers to it. Idempotent. */
  putSource(source: SourceRecord): Promise<void>;
  getSource(identity: string): Promise<SourceRecord | undefined>;
  /**
   * Adds changes to the next group: one transaction in flight, everything pending goes into the next. Resolves when the
   * group is committed. A commit goes to the journals of its runs, whole into each. Rejects with `store/fenced` (another driver's epoch; details:
   * `journal`), `store/quota-exceeded`, `store/failed`.
   */
  commit(changes: readonly RunChange[], durability: Durability): Promise<void>;
  /** Entries after `fromSeq` (0: all), in order. Rejects with `store/damaged` (run and place). */
  history(runId: string, fromSeq?: number): Promise<readonly HistoryEntry[]>;
  checkpoint(runId: string): Promise<StoredCheckpoint | undefined>;
  /** What open runs of a journal are taken up from, in the order of the ids. What many of them share is read once. */
  pasts(journal: number, runIds: readonly string[]): Promise<readonly StoredPast[]>;
  /**
   * Entries of a run's log, that of a run whose first commit is under way too. They are written with the next group, whichever it is; nobody waits for
   * them, and they may be lost with the thread. Those that have a number keep it where it is greater than the last.
   */
  addLogs(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[]): void;
  /** A run's log after entry `after` (0: all), in order, what is not written yet among it. What is missing is told in its place. */
  logs(runId: string, after?: number): Promise<readonly StoredLogEntry[]>;
  /** Writes what still waits of logs. */
  flushLogs(): Promise<void>;
  get(runId: string): Promise<RunRecord | undefined>;
  /** `accept`: in place of the query's `filter`. */
  query(query: RunQuery, accept?: (record: RunRecord) => boolean): Promise<RunPage>;
  count(query: RunQuery, accept?: (record: RunRecord) => boolean): Promise<number>;
  delete(runIds: readonly string[]): Promise<void>;
  /** What a policy lets go, a plan a journal. Looks at runs one by one only where whole segments do not do. */
  planRetention(policy: RetentionPolicy, now: number): Promise<readonly RetentionPlan[]>;
  /** Removes what a plan says, a little at a time. This store drives the journal. */
  prune(plan: RetentionPlan): Promise<void>;
  /** Journals there are: so many drivers there can be at a time. */
  readonly journalCount: number;
  /**
   * Drives a journal from now on: whoever drove it before can write to it no more. The first is this store's home: runs without a parent
   * begin there. Returns the journal's new epoch. Default: journal 0.
   */
  takeOver(journal?: number): Promise<number>;
  /** Drives a journal no more. */
  release(journal: number): void;
  /** Records of the runs of a journal that have not ended. */
  openRuns(journal: number): readonly RunRecord[];
  hasOpenRuns(journal: number): boolean;
  /** The journal that holds a run; undefined: none. */
  journalOf(runId: string): number | undefined;
  /** Reads what other drivers wrote since, to one journal or to all. */
  refresh(journal?: number): Promise<void>;
  /**
   * The same for all journals but this store's home: where another has begun a run there, the next commit to it is refused. Who asks while others are being
   * read waits for the next reading, which is one for all of them.
   */
  refreshOthers(): Promise<void>;
  /**
   * Runs were found that somebody else had left open, in a crash of the browser maybe: keeps what that may have left unfinished apart from what is written
   * from now on. Returns at once.
   */
  setApart(): void;
  /** Set once by the engine: called with records that other drivers changed, as they are read, whatever made the store read them. */
  onRecords: (records: readonly RunRecord[]) => void;
  /** Set once by the engine: called with runs that were open when they were last read, and of which others left nothing that can be read. */
  onGone: (runIds: readonly string[]) => void;
  /** The last group of a journal that was read or written. */
  lastGroup(journal: number): number;
  close(): Promise<void>;
}

// --- tabs ---------------------------------------------------------------------------------------------------------

/** What the tabs need of an engine. */
export interface TabsHooks {
  /**
   * This engine holds the lock of a journal: of its home, where its own runs begin, or of one whose driver is gone. Resolves with false
   * where it leaves it: there is nothing in it, or nothing that it can do. Rejects where that cannot be told now.
   */
  onGain(journal: number, isHome: boolean): Promise<boolean>;
  /** Another tab has taken the journal, since this one was silent. */
  onLoss(journal: number): void;
  /** Another driver has committed up to `group`. */
  onGroup(journal: number, group: number): void;
  /** A call of another tab to the driver of a journal. What it resolves with can be cloned. */
  onCall(journal: number, method: string, args: readonly unknown[]): Promise<unknown>;
  /** Are there runs in the journal that have not ended? */
  hasOpenRuns(journal: number): boolean;
  /** The last group of a journal that this engine knows. */
  lastGroup(journal: number): number;
}

/** The tabs that share a database, and who of them drives which journal. */
export interface TabsPort {
  /** Asks for a home, and to be the heir of the others. Resolves once it has a home and `onGain` has resolved, or there is none to be had. */
  join(hooks: TabsHooks, journalCount: number): Promise<void>;
  /** Tells the other tabs, if there are any. */
  tellGroup(journal: number, group: number): void;
  /**
   * Calls the driver of a journal; what is asked while it is gone waits for its heir. Rejects with what it rejects with, or with `engine/no-answer` (retryable), whose
   * `details.isPassed` tells whether the driver was asked: where not, nothing was done, and this tab may drive the journal by now.
   */
  call(journal: number, method: string, args: readonly unknown[]): Promise<unknown>;
  /**
   * Does `work`, which begins a run of an id of the embedder's choice: no other tab begins one of that id meanwhile. Rejects as `work` does, or with
   * `engine/no-answer` (retryable) where another tab that is doing so does not answer.
   */
  claim<T>(runId: string, work: () => Promise<T>): Promise<T>;
  /** The same for any number of ids. */
  claimAll<T>(work: () => Promise<T>): Promise<T>;
  /** The journal's lock, if nobody holds it. */
  tryAcquire(journal: number): Promise<boolean>;
  /** Gives a journal's lock up; others may have it. */
  release(journal: number): void;
  close(): void;
}
