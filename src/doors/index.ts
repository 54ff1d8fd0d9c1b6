// The door `millrace`: an engine in a Web Worker. In Node, where there is none, the package leads to index-node instead.
import { checkEngineOptions } from "../model/checked-engine.js";
import type { Engine, EngineOptions } from "../model/engine.js";
import { watchLifeline } from "../tabs/lifeline.js";
import { createTasks } from "../tasks/thread-tasks.js";
import { createWorkerEngine } from "../worker/client.js";

/**
 * An engine in a worker of its own; the handlers of `tasks` run in this thread. Resolves when open runs are taken up (or
 * another tab drives them). Rejects with `worker/failed` (why the worker did not start), `kernel/wasm-blocked`, `store/…`.
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  checkEngineOptions(options);
  return createWorkerEngine(options, createTasks(options.tasks, options.secrets, { options: options.logs }), watchLifeline);
}

export { readSiteStorage, requestPersistence } from "../base/site-storage.js";
export type { SiteStorage } from "../base/site-storage.js";
export { createBatch } from "../model/batch.js";
export { WorkflowError } from "../model/errors.js";
export type { ErrorCode, ErrorRecord, Finding, Place, Severity } from "../model/errors.js";
export type {
  ActionDefinition,
  Definition,
  EventDefinition,
  ExpressionSource,
  FormField,
  HistoryKind,
  InvariantDefinition,
  LabelReading,
  ParameterDefinition,
  SearchDefinition,
  StateDefinition,
  StateKind,
  TransitionDefinition,
  TriggerDefinition,
  TypeName,
  ValueSource,
  VariableDefinition,
} from "../model/definition.js";
export type { CustomCode, CustomConstants, CustomFunctions } from "../model/custom-function.js";
export type { RunMetrics, SchedulingOptions, SchedulingStatistics, SchedulingStrategy } from "../model/scheduling.js";
export type { RunStatus } from "../model/status.js";
export type {
  CallEvent,
  CancelOptions,
  DifferenceKind,
  Durability,
  Engine,
  EngineOptions,
  EngineStatistics,
  EventBatch,
  FailOptions,
  ForkOptions,
  LiveOptions,
  OpenTask,
  OpenTimer,
  RerunOptions,
  Run,
  RunAwait,
  RunEvent,
  RunStep,
  Secrets,
  SendResult,
  SendStatus,
  StartOptions,
  TaskContext,
  TaskHandler,
  Value,
  Verification,
  VerifyOptions,
  Workflow,
} from "../model/engine.js";
export type { ExportChoice, ExportOptions, ImportOptions, ImportProgress, ImportReport, ImportSource, Redaction, RefusedRun } from "../model/portable.js";
export type { LogConditions, LogEntry, LogLevel, LogOptions, LogPage, LogPlace, LogQuery, TaskLog } from "../model/log.js";
export type { RunPage, RunQuery, RunRecord, RunSort, SearchRange, SearchValue } from "../model/run-record.js";
