// What page and worker say to each other. Types only. Control goes over Comlink (`HostApi`); what comes often or in bulk
// goes over message ports: calls and batches (`ToHost`, `FromHost`), tasks (`ToHandlers`, `FromHandlers`), and one port
// for each cursor (`ToCursor`, `FromCursor`).
import type { CancelOptions, Engine, EngineOptions, EngineStatistics, FailOptions, ForkOptions, LiveOptions, RerunOptions, RunAwait, RunStep, StartOptions, Value, Verification, VerifyOptions, Workflow } from "../model/engine.js";
import type { ExportChoice, ExportOptions, ImportOptions, ImportProgress, ImportReport } from "../model/portable.js";
import type { CleanUpReport } from "../model/retention.js";
import type { RunPage, RunQuery } from "../model/run-record.js";
import type { ErrorRecord } from "../model/errors.js";
import type { LogPage, LogQuery } from "../model/log.js";
import type { TaskCall, TaskLogEntry } from "../model/ports.js";
import type { CallName } from "../model/task-call.js";
import type { RunMetrics } from "../model/scheduling.js";
import type { RunStatus } from "../model/status.js";

/** What the worker says first, before it listens. The version is raised when a message changes its shape. */
export interface ReadyMessage {
  readonly kind: "ready";
  readonly version: number;
}

/** Options that stay in the page, or cross in another form. */
export type PageOption = "tasks" | "secrets" | "workerUrl" | "wasmUrl" | "functions" | "functionsUrl";

/** The options that mean something in the worker; addresses are absolute. */
export type HostOptions = Omit<EngineOptions, PageOption> & {
  readonly wasmUrl?: string;
  readonly functionsUrl?: string;
  /** Signatures of functions that the page has registered: they cannot come along. */
  readonly outOfReach?: readonly string[];
};

export interface HostPorts {
  readonly calls: MessagePort;
  readonly tasks: MessagePort;
}

/** The worker's side of control. One call a message; see client.ts for what each means. */
export interface HostApi {
  /** Holds what the page watches to learn that the worker is gone. */
  hold(lifeline: string): Promise<void>;
  open(options: HostOptions, taskNames: readonly string[], ports: HostPorts): Promise<void>;
  configure(options: LiveOptions): Promise<void>;
  ready(): Promise<void>;
  load(source: string, name: string | undefined): Promise<Workflow>;
  /** Id of the new run. */
  rerun(runId: string, options: RerunOptions | undefined): Promise<string>;
  /** Id of the new run. */
  fork(runId: string, seq: number, options: ForkOptions | undefined): Promise<string>;
  pause(runId: string): Promise<RunStatus>;
  resume(runId: string): Promise<RunStatus>;
  cancel(runId: string, options: CancelOptions | undefined): Promise<RunStatus>;
  fail(runId: string, error: Parameters<Engine["fail"]>[1], options: FailOptions | undefined): Promise<RunStatus>;
  query(query: RunQuery | undefined): Promise<RunPage>;
  count(query: RunQuery | undefined): Promise<number>;
  delete(runId: string): Promise<void>;
  clean(options: Parameters<Engine["runs"]["clean"]>[0]): Promise<CleanUpReport>;
  metrics(runId: string): Promise<RunMetrics | undefined>;
  context(runId: string): Promise<Record<string, unknown>>;
  states(runId: string): Promise<readonly string[]>;
  awaits(runId: string): Promise<readonly RunAwait[]>;
  at(runId: string, seq: number): Promise<RunStep>;
  verify(runId: string, options: VerifyOptions): Promise<Verification>;
  workflow(runId: string): Promise<Workflow & { readonly source: string }>;
  openEvents(runId: string, from: number | undefined, port: MessagePort): Promise<void>;
  logs(runId: string, query: LogQuery): Promise<LogPage>;
  openLogs(runId: string, query: LogQuery, port: MessagePort): Promise<void>;
  openChanges(port: MessagePort): Promise<void>;
  openWatch(query: RunQuery | undefined, port: MessagePort): Promise<void>;
  openExport(what: ExportChoice | undefined, options: ExportOptions | undefined, port: MessagePort): Promise<void>;
  import(source: HostImportSource, options: HostImportOptions): Promise<ImportReport>;
  role(): Promise<"driver" | "watcher">;
  statistics(): Promise<EngineStatistics>;
  close(): Promise<void>;
}

/** A file crosses as it is; of anything else the page serves the pieces, as the worker asks for them. */
export type HostImportSource = { readonly kind: "blob"; readonly blob: Blob } | { readonly kind: "pieces"; readonly port: MessagePort };
/** `progress`: where a ImportProgress is posted after every batch. */
export type HostImportOptions = Omit<ImportOptions, "onProgress"> & { readonly progress?: MessagePort };
export type ProgressMessage = ImportProgress;

/** Calls that come often: those made in one microtask travel in one message. */
export type Call =
  | {
      readonly kind: "start";
      readonly workflow: string;
      readonly inputs: readonly Value[];
      readonly isMany: boolean;
      readonly options: StartOptions | undefined;
    }
  | { readonly kind: "send"; readonly runId: string; readonly event: string; readonly payload: Value | undefined }
  | { readonly kind: "record"; readonly runId: string }
  | { readonly kind: "status"; readonly runId: string }
  | { readonly kind: "result"; readonly runId: string };
/** What every call has; answers repeat it. */
export interface CallHead {
  readonly id: number;
}
export type NumberedCall = Call & CallHead;

export type Answer = { readonly id: number } & (
  | { readonly isSuccess: true; readonly value: unknown }
  | { readonly isSuccess: false; readonly error: ErrorRecord }
);

/** A batch of events; its buffers are transferred. Run ids are numbered once a session: `newRunIds` get the next numbers. */
export interface BatchMessage {
  readonly kind: "batch";
  readonly id: number;
  /** Under which number, below BATCHES_KNOWN_MAX, the worker remembers it. */
  readonly slot: number;
  /** Number of the first new run id: 0 starts the numbering anew. */
  readonly firstNewRun: number;
  readonly newRunIds: readonly string[];
  /** Per run of the batch: its number. Undefined: the same runs as in the batch before. */
  readonly runs: Uint32Array<ArrayBuffer> | undefined;
  readonly eventNames: readonly string[];
  readonly records: Uint32Array<ArrayBuffer>;
  readonly payloadIndex: Uint32Array<ArrayBuffer> | undefined;
  readonly payloadBytes: Uint8Array<ArrayBuffer> | undefined;
}

/** The batch remembered under `slot`, once more. */
export interface AgainMessage {
  readonly kind: "again";
  readonly id: number;
  readonly slot: number;
}

export type ToHost = AgainMessage | { readonly kind: "calls"; readonly calls: readonly NumberedCall[] } | BatchMessage;
export type FromHost =
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  | { readonly kind: "outcomes"; readonly id: number; readonly outcomes: Uint8Array };

/** The worker asks for tasks; the page does them. */
export type ToHandlers =
  | { readonly kind: "perform"; readonly calls: readonly TaskCall[] }
  | { readonly kind: "abort"; readonly calls: readonly CallName[] };
export type TaskAnswer = { readonly name: CallName } & (
  | { readonly isSuccess: true; readonly value: unknown }
  | { readonly isSuccess: false; readonly error: ErrorRecord }
);
/** `logs`: what was logged before these results. */
export type FromHandlers = { readonly kind: "results"; readonly results: readonly TaskAnswer[]; readonly logs?: readonly TaskLogEntry[] };

/** The reader grants credit, one a value; the writer never sends more than was granted. */
export type ToCursor = { readonly kind: "credit"; readonly count: number } | { readonly kind: "stop" };
export type FromCursor<T> =
  | { readonly kind: "values"; readonly values: readonly T[] }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly error: ErrorRecord };
