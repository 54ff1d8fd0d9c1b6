// The `Engine` and `Run` interfaces: one contract for the in-thread engine and for the worker client.
// Everything is asynchronous except ids and names.
import type { CustomConstants, CustomFunctions } from "./custom-function.js";
import type { Definition, FormField } from "./definition.js";
import type { ErrorRecord, Finding } from "./errors.js";
import type { LogConditions, LogEntry, LogOptions, LogPage, LogQuery, TaskLog } from "./log.js";
import type { ExportChoice, ExportOptions, ImportOptions, ImportReport, ImportSource } from "./portable.js";
import type { CleanUpReport, RetentionPolicy } from "./retention.js";
import type { RunPage, RunQuery, RunRecord } from "./run-record.js";
import type { RunMetrics, SchedulingOptions, SchedulingStatistics } from "./scheduling.js";
import type { RunStatus } from "./status.js";

/** A JSON-like value as embedders pass it: also `Date` (timestamp), `Uint8Array` (bytes), `bigint` (int). `undefined` is absent. */
export type Value = null | boolean | number | bigint | string | Date | Uint8Array | readonly Value[] | { readonly [key: string]: Value | undefined };

export interface TaskContext {
  /** Aborted when the run is canceled or its state left. */
  readonly signal: AbortSignal;
  /** From 1. A re-issue after a crash does not raise it. */
  readonly attempt: number;
  /** Of a task that is done for each of several items: the number of this one, from 0. */
  readonly item?: number | undefined;
  /** `runId/visit/item`: the same for all attempts and re-issues of one visit. */
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly task: string;
  /** Writes into the run's log (docs/logs.md). Never throws, never waits; may be passed on, and used after the call has ended. */
  readonly log: TaskLog;
}
/** The code that does a task. Returns (a promise of) a JSON-like value; a throw is the task's failure, its `code` kept. */
export type TaskHandler = (input: any, context: TaskContext) => unknown;

/** By name: a text, or a function that gives (a promise of) one. Asked whenever a handler is called with it. */
export type Secrets = Readonly<Record<string, string | (() => unknown)>>;

export type Durability = "strict" | "relaxed" | "none";

export interface EngineOptions {
  readonly tasks?: Readonly<Record<string, TaskHandler>>;
  /**
   * What `{{ secrets.NAME }}` in a task's input stands for. The values are put in where the handlers run: the engine, its worker, its
   * history and its events never have them. A name that is not here fails the task with `task/unknown-secret`.
   */
  readonly secrets?: Secrets;
  /** Name of the database. Default `millrace`. */
  readonly name?: string;
  /** `indexeddb` where the platform has it, else `memory`. */
  readonly store?: "indexeddb" | "memory";
  /** Default `relaxed`. */
  readonly durability?: Durability;
  /** Where the worker file is served. Default: beside the package's own file. Ignored by the in-thread engine. */
  readonly workerUrl?: string | URL;
  /** Where `millrace.wasm` is served. Default: beside the package's own file. */
  readonly wasmUrl?: string | URL;
  /** A compiled kernel, where the embedder has one. */
  readonly wasmModule?: WebAssembly.Module;
  /** How long a canceled task may take to end, ms. Default 5,000. */
  readonly cancelTimeoutMs?: number;
  /** Kernel memory for all runs, bytes. Default 1 GiB. */
  readonly memorySizeMax?: number;
  /** Memory of one run, bytes. Default 128 MiB. */
  readonly runSizeMax?: number;
  /**
   * Cost units that one expression of a workflow may take (docs/expressions.md, "Cost"), from 10. Default: no limit but that of
   * its work. It is not part of a run's history: a run that is recovered under another limit may end otherwise.
   */
  readonly expressionCostMax?: number;
  /** Functions that expressions may call, in this thread. An engine in a worker cannot call them: see `functionsUrl`. */
  readonly functions?: CustomFunctions;
  /** Constants that expressions may name. */
  readonly constants?: CustomConstants;
  /**
   * Address of a module that exports `functions` and `constants`, or both in its default export. The engine imports it
   * where it runs: into the worker, if it is in one. Resolved against the page.
   */
  readonly functionsUrl?: string | URL;
  /** How many tasks are in flight at a time, and whose turn it is (docs/scheduling.md). */
  readonly scheduling?: SchedulingOptions;
  /**
   * Which ended runs are kept (docs/durability.md). Default: 1,000,000 runs and 1 GiB at most; those that ended first go first. `none`: all
   * are kept, and a full disk is an error.
   */
  readonly retention?: RetentionPolicy | "none";
  /** What is logged, and how much of it is kept of each run (docs/logs.md). */
  readonly logs?: LogOptions;
}

/** What can be changed while the engine runs. */
export type LiveOptions = Pick<EngineOptions, "scheduling">;

/** A loaded workflow. `findings` has no error (a text with errors does not load). */
export interface Workflow {
  readonly name: string;
  /**
   * SHA-256 of the source, hex: the definition's identity. Where `load` gave the name, of that name, a line break and the source.
   * Where it uses functions or constants of the embedder, of that hash, a line break and their names and versions as JSON.
   */
  readonly identity: string;
  readonly definition: Definition;
  readonly findings: readonly Finding[];
}

export interface StartOptions {
  /**
   * 1 to 200 characters without "~" and "/"; default: a new UUID (version 7). No two runs of a database have one, whichever tabs begin them: the second is
   * refused with `run/exists`. `engine/no-answer`, which may be tried again: another tab is beginning a run, maybe of this id, and is frozen. Runs of
   * durability `none` are known to their tab alone.
   */
  readonly runId?: string;
  readonly durability?: Durability;
  readonly tags?: readonly string[];
  /** 0 to 9, default 5: whose tasks go first where they have to wait. Of its sub-workflows too. */
  readonly priority?: number;
}

export interface CancelOptions {
  /** What becomes of tasks in flight, those of sub-workflows too. Default `abort`. */
  readonly tasks?: "abort" | "finish";
  /** What tasks of the run have done is undone first, where they say how; not with `finish`. A paused run is resumed for it. Default false. */
  readonly undo?: boolean;
}

export interface FailOptions {
  /** As of `CancelOptions`. */
  readonly undo?: boolean;
}

/** What of an ended run is done again. */
export interface RerunOptions extends StartOptions {
  /** Names of tasks: the last visit of each, and what began after it on ways that lead from it. Default: the tasks whose failure failed the run. */
  readonly tasks?: readonly string[];
  /** Of such a task with items: only those without a result (the default), or all. */
  readonly items?: "keep" | "reset";
  /** In place of what the other run was given. */
  readonly input?: Value;
  /** In place of the other run's workflow: tasks are found again by their names. */
  readonly workflow?: Workflow | string;
}

/** How a fork differs from the run that it begins as. */
export interface ForkOptions extends StartOptions {
  /** In place of what the other run was given. */
  readonly input?: Value;
  /** In place of the other run's workflow: tasks, states and events are found again by their names. */
  readonly workflow?: Workflow | string;
}

/** What became of a sent event. `taken`: a transition or a waiting action took it. `ignored`: no active state awaits it. `held`: the run is paused, it is recorded and delivered on resume. `ended`: the run has ended. `unknown`: no such run or event. `failed`: taking it failed the run. `deferred`: an active state defers it, it is kept until none does. `refused`: it would be deferred, and the run keeps as many events as it may. */
export type SendStatus = "taken" | "ignored" | "held" | "ended" | "unknown" | "failed" | "deferred" | "refused";
export interface SendResult {
  readonly status: SendStatus;
  readonly runStatus: RunStatus;
}

/** Which call an event is about. */
export interface CallEvent {
  /** Name of the handler. */
  readonly task: string;
  readonly visit: string;
  /** Of a task graph: from 0. */
  readonly item?: number;
  /** Of a task graph: stands from the second on. */
  readonly attempt?: number;
  /** Of a task graph: the id of the task that it undoes. */
  readonly undoOf?: string;
}

/** What a run did, in order. `seq` is the history entry that caused it; `time` is ms since 1970. */
export type RunEvent = { readonly seq: number; readonly time: number } & (
  | { readonly type: "started"; readonly input: unknown }
  | { readonly type: "event"; readonly name: string; readonly payload: unknown; readonly status: SendStatus }
  | { readonly type: "stateEntered"; readonly state: string }
  | { readonly type: "stateExited"; readonly state: string }
  /** Of a task graph: what a visit of the task has done (`undoes`) is being undone; `visit` names the undo. */
  | { readonly type: "undoStarted"; readonly state: string; readonly visit: string; readonly undoes: string }
  | { readonly type: "undoEnded"; readonly state: string }
  /** `index` into `Definition.transitions`. */
  | { readonly type: "transition"; readonly index: number; readonly source: string; readonly target: string }
  | { readonly type: "variableSet"; readonly name: string; readonly value: unknown }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warning" | "error"; readonly message: string; readonly state: string }
  | ({ readonly type: "taskStarted"; readonly input: unknown } & CallEvent)
  | ({ readonly type: "taskSucceeded"; readonly result: unknown } & CallEvent)
  | ({ readonly type: "taskFailed"; readonly error: ErrorRecord } & CallEvent)
  | ({ readonly type: "taskCanceled" } & CallEvent)
  /** Of a task graph: the task is done for `count` items (or batches of them). */
  | { readonly type: "itemsStarted"; readonly state: string; readonly visit: string; readonly count: number }
  | { readonly type: "timerSet"; readonly visit: string; readonly due: number }
  | { readonly type: "timerFired"; readonly visit: string }
  | { readonly type: "timerCanceled"; readonly visit: string }
  | { readonly type: "childStarted"; readonly workflow: string; readonly runId: string; readonly visit: string; readonly undoOf?: string }
  /**
   * Only as the first event: what happened up to entry `seq` is not kept any more (a long run of durability `none`). `states` and `context` are
   * those of the run then.
   */
  | { readonly type: "checkpoint"; readonly states: readonly string[]; readonly context: Readonly<Record<string, unknown>> }
  | { readonly type: "paused" }
  | { readonly type: "resumed" }
  /** Of a task graph that did not succeed `output` is what of it can be computed: those entries of a map. */
  | { readonly type: "ended"; readonly status: RunStatus; readonly output?: unknown; readonly error?: ErrorRecord }
);

/** What a run waits for that somebody may bring it by sending an event. */
export interface RunAwait {
  /** Id of the task or state. */
  readonly state: string;
  /** Name of the event. */
  readonly event: string;
  /** What the author has to say to whoever is asked. Absent also where it could not be computed. */
  readonly message?: string;
  /** What the payload has to be; absent: anything. */
  readonly form?: readonly FormField[];
  /** When the wait ends by itself, ms since 1970. */
  readonly deadline?: number;
  /** What the result is then; absent: the task fails then (or it could not be computed yet). */
  readonly default?: unknown;
}

/** A run after one entry of its history. */
export interface RunStep {
  /** Number of the entry; 0: the run had not begun. */
  readonly seq: number;
  /** Of the entry, ms since 1970; of 0 when the run was started. */
  readonly time: number;
  /** As it follows from the history: a run that waited for a place among others is `running`. */
  readonly status: RunStatus;
  /** As `Run.states()`. */
  readonly states: readonly string[];
  /** As `Run.context()`. */
  readonly context: Readonly<Record<string, unknown>>;
  /** As `Run.awaits()`; absent where the run had not begun, or had ended. */
  readonly awaits?: readonly RunAwait[];
  /** What was under way, in the order in which it was asked for. */
  readonly openTasks: readonly OpenTask[];
  /** What was to fire, the next first. */
  readonly timers: readonly OpenTimer[];
}

/** A task, or a sub-workflow, that had been asked for and had not ended. */
export interface OpenTask {
  /** Its name. */
  readonly task: string;
  readonly visit: string;
  /** Counts from 0. */
  readonly item?: number;
  /** Stands from the second on. */
  readonly attempt?: number;
  readonly input: unknown;
  /** Of a sub-workflow: its run. */
  readonly runId?: string;
}

/** `due`: ms since 1970. */
export interface OpenTimer {
  readonly visit: string;
  readonly due: number;
}

export interface VerifyOptions {
  /**
   * What a listener was told while the run went on, in order: from the first event or a later one on, as far as it listened. The history holds what
   * a run was told, not what it did, so only this, a checkpoint or the run itself can contradict a payload that is another now.
   */
  readonly told?: readonly RunEvent[];
}

/**
 * Where a replay and what is known of the run part. `entry`: an entry that this history cannot have there; `expected` is the entry as it would have been
 * recorded, where there is one. `commands`: two replays of the entry, from the start and from the checkpoint, or traced and not, led to different
 * things. `told`: a listener was told something else. `checkpoint`: what was stored of the run; `run`: the open run itself, or another replay of it;
 * `record`: how the run ended, or how many entries it has.
 */
export type DifferenceKind = "entry" | "commands" | "told" | "checkpoint" | "run" | "record";

/** What `Run.verify()` found. */
export type Verification =
  | {
      readonly isSame: true;
      /** Number of the entries that are no longer kept: the replay began after them, with a checkpoint. */
      readonly pastSeq: number;
      /** Entries that were replayed. */
      readonly steps: number;
      /** What the replay was held against, besides a second one of its own. */
      readonly against: readonly ("checkpoint" | "run" | "record" | "told")[];
    }
  | {
      readonly isSame: false;
      /** The first entry where it shows. */
      readonly seq: number;
      readonly what: DifferenceKind;
      /** As it is recorded. */
      readonly expected: unknown;
      /** As the replay gives it. */
      readonly found: unknown;
    };

export interface Run {
  readonly id: string;
  status(): Promise<RunStatus>;
  /** The record that lists show. */
  record(): Promise<RunRecord>;
  /**
   * How it used its time since this engine took it up; undefined where this engine has not driven it, where it has called no task, or where
   * more than 10,000 runs have ended since it did.
   */
  metrics(): Promise<RunMetrics | undefined>;
  /** All variables of the run as one object. */
  context(): Promise<Record<string, unknown>>;
  /** Ids of the active states (leaves and their scopes), in document order. */
  states(): Promise<readonly string[]>;
  /**
   * What it waits for now. Of a task graph: tasks that await an event, the longest waiting first; of two that await the same event the first takes
   * it. Of a statechart: events that active states take, in document order. Empty once the run has ended. Messages and defaults are computed as of now.
   */
  awaits(): Promise<readonly RunAwait[]>;
  /** The workflow's source, name and definition, also after a reload. */
  workflow(): Promise<Workflow & { readonly source: string }>;
  /** Asked for lazily, memoised; the run's output, or a rejection with the run's error (`run/canceled` …). */
  readonly result: Promise<unknown>;
  /**
   * From the run's first event to its end; `from` skips what came before that seq. Of a run of durability `none` at least the last 16,384
   * entries of history are kept: a longer one begins with an event `checkpoint` (as does a reader of it that has fallen so far behind).
   */
  events(options?: { readonly from?: number }): AsyncIterable<RunEvent>;
  /**
   * What its handlers logged, and what the engine has to say of it, a page at a time. What is missing (dropped by the limits of a log, damaged) is told
   * by an entry in its place. Rejects with `run/unknown`. O(entries that are kept of the run).
   */
  logs(query?: LogQuery): Promise<LogPage>;
  /**
   * The same from the first entry (or the one behind `after`) on, and on as it is logged, in whichever tab. Ends with the run, and when the engine
   * closes. Another tab's entries come within about half a second.
   */
  tailLogs(query?: LogConditions): AsyncIterable<LogEntry>;
  /**
   * The run as it was after entry `seq` of its history, from 0 (not begun) to `record().seq`, by replay; nothing is performed. Of a step that ran out of
   * fuel it is the run before the next entry. Rejects with `run/unknown-step` (`details`: `seq`, `seqMax`), and `run/history-cut` where the entries up to
   * there are no longer kept. The first call costs O(seq), or from the checkpoint before it; after that a call costs O(entries from the one before),
   * backwards O(distance of two snapshots): 64 entries, more in a history of more than 16,384 or of large contexts. The engine keeps what that takes,
   * the history among it, for the last 4 runs that were looked at, until a minute has passed.
   */
  at(seq: number): Promise<RunStep>;
  /**
   * Replays the history, twice from where it begins and once from the checkpoint: each entry has to come out as it is recorded, to the byte, from what it
   * says alone (the answer to which attempt at which item of which visit, the event of which name); each step has to lead to the same, and the
   * end to the same run. Rejects with `run/version-unsupported` where another version of Millrace began the run, and `run/unknown`.
   * O(length of the history).
   */
  verify(options?: VerifyOptions): Promise<Verification>;
}

/** Events for many runs, packed. Made by `createBatch()`; see `EventBatch` for the layout. */
export interface EventBatch {
  readonly count: number;
  /** Another number after every change: a batch that is sent again as it is, is known again. */
  readonly version: number;
  /** Adds one event; returns its index in the batch. */
  add(runId: string, event: string, payload?: Value): number;
  clear(): void;
  /** Run ids, deduplicated, in order of first use. */
  readonly runIds: readonly string[];
  /** Event names, deduplicated, in order of first use. */
  readonly eventNames: readonly string[];
  /** Two u32 per event: index into runIds, index into eventNames. */
  readonly records: Uint32Array;
  /** Sparse payloads: two u32 per payload (event index, end offset in payloadBytes), ascending. */
  readonly payloadIndex: Uint32Array;
  /** Wire values, one after the other. */
  readonly payloadBytes: Uint8Array;
}

export interface Engine {
  /** Other limits from now on; what is not given stays. What is in flight goes on. */
  configure(options: LiveOptions): Promise<void>;
  /** Resolves as soon as nothing that starts a run is refused with `engine/overloaded`. */
  ready(): Promise<void>;
  /** Parses and compiles; rejects with a `WorkflowError` (`parse/invalid`, its `findings`) when a finding is an error. */
  load(source: string, options?: { readonly name?: string }): Promise<Workflow>;
  start(workflow: Workflow | string, input?: Value, options?: StartOptions): Promise<Run>;
  startMany(workflow: Workflow | string, inputs: readonly Value[], options?: StartOptions): Promise<readonly Run[]>;
  /**
   * Resolves after the step and its commit. Rejects with `run/invalid-payload` (`details.problems`) where the task that waits for the event has a
   * form that the payload does not fit: nothing has happened then. Rejects with `engine/no-answer` where the tab that drives the run does not answer: with
   * `details.isPassed` true the event may have been taken or not, otherwise it was not.
   */
  send(runId: string, event: string, payload?: Value): Promise<SendResult>;
  /** One `EventOutcome` byte (assembly/abi) per event of the batch. */
  sendMany(batch: EventBatch): Promise<Uint8Array>;
  pause(runId: string): Promise<RunStatus>;
  resume(runId: string): Promise<RunStatus>;
  /**
   * Ends a run as canceled: at once, its running tasks aborted (they have `cancelTimeoutMs` to end), or with `tasks: "finish"` as soon as they have
   * ended, while nothing new begins. Either survives a restart; after one, what was in flight is not called again. With `undo` the run is
   * `canceling` until what its tasks have done is undone, the last first.
   */
  cancel(runId: string, options?: CancelOptions): Promise<RunStatus>;
  /**
   * Ends a run as failed, as `cancel` ends it as canceled: with this error (`code` is `run/failed` where none is given), which its `result` rejects with
   * and its parent takes. With `undo` what its tasks have done is undone first.
   */
  fail(
    runId: string,
    error: { readonly code?: string; readonly message?: string; readonly details?: Readonly<Record<string, unknown>> },
    options?: FailOptions,
  ): Promise<RunStatus>;
  /**
   * Starts a run that goes on from where an ended run of a task graph came to: what its tasks gave, the events it took and the timers that fired are
   * told to the new run at once, with its own keys; only the chosen tasks are done again, and what had not been done. Its record names the other
   * run (`rerunOf`). Rejects with `run/not-ended`, `run/unknown-task`, `run/not-rerunnable` (a state diagram), `run/history-cut` (a
   * long run of durability `none`), `run/unknown`, `run/invalid-input` and what `start` rejects with. O(length of the history).
   */
  rerun(runId: string, options?: RerunOptions): Promise<Run>;
  /**
   * Starts a run that begins as another one, open or ended, was after entry `seq` of its history (0: not begun), and goes on from there by itself: what was
   * under way is asked for anew with the new run's keys, sub-workflows begin anew, timers keep the time when they are due. The history up to there is
   * copied. With other `input`, another `workflow` or where expressions name the run's id it is told anew instead: events in their order, answers
   * as soon as they are asked for by the same task or timer as often as then; what nobody asks for is dropped, what the other run does not know is
   * performed; pauses are left out, and of a task graph what was undone is done again. Its record names the other run (`forkOf`). Rejects with `run/unknown`, `run/unknown-step`,
   * `run/history-cut` (a long run of durability `none`), `task/unregistered`, and what `start` rejects with. O(seq).
   */
  fork(runId: string, seq: number, options?: ForkOptions): Promise<Run>;
  /**
   * Runs as a file, with their workflows and whole histories, in pieces of about 64 KiB; begun anew by each reader, read as fast as that is. The same
   * runs give the same bytes in the plain form, wherever they are stored ([docs/portable.md](../../docs/portable.md)). Reading rejects with `run/unknown`,
   * `run/history-cut` (a long run of durability `none` that is named), `store/damaged`. O(all stored runs) and what the chosen ones hold.
   */
  export(what?: ExportChoice, options?: ExportOptions): AsyncIterable<Uint8Array>;
  /**
   * Takes the runs of such a file in, as they are, each looked over before it is stored. Families of runs are stored in commits of a few hundred; what was
   * committed stays when an import breaks off, and is left out by the next. Rejects with `portable/not-portable`, `portable/version-unsupported`,
   * `portable/damaged`, `portable/too-large`, `portable/passphrase-needed`, `portable/wrong-passphrase`, `portable/unreadable`, `run/exists` (`onConflict: "fail"`)
   * and what `start` rejects with.
   */
  import(source: ImportSource, options?: ImportOptions): Promise<ImportReport>;
  readonly runs: {
    /** Rejects with `run/unknown`. */
    get(runId: string): Promise<Run>;
    query(query?: RunQuery): Promise<RunPage>;
    count(query?: RunQuery): Promise<number>;
    /** The page of a query now, and again whenever it has changed, at most 20 times a second. Ends when the engine closes. */
    watch(query?: RunQuery): AsyncIterable<RunPage>;
    /** Ended runs, and redacted ones, only: rejects with `run/not-ended`. */
    delete(runId: string): Promise<void>;
    /**
     * Removes ended runs that a policy lets go, by default the engine's own; what journals of other open tabs hold is left to those. Never open runs
     * and what they need. `isDryRun`: only says what would be removed. It happens by itself, too, a minute after runs have ended.
     */
    clean(options?: { readonly policy?: RetentionPolicy; readonly isDryRun?: boolean }): Promise<CleanUpReport>;
    /** Records of runs as they change; ends when the engine closes. */
    changes(): AsyncIterable<RunRecord>;
  };
  /** Does this engine drive runs, or does another tab? */
  role(): Promise<"driver" | "watcher">;
  statistics(): Promise<EngineStatistics>;
  close(): Promise<void>;
}

export interface EngineStatistics {
  readonly runsOpen: number;
  readonly tasksInFlight: number;
  readonly timersPending: number;
  readonly kernelSizeBytes: number;
  readonly stepsTotal: number;
  readonly eventsTotal: number;
  readonly commitsTotal: number;
  readonly scheduling: SchedulingStatistics;
}
