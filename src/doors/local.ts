// The door `millrace/local`: the engine in this thread, in a page or in Node. The same interface as `millrace`.
import { joinEngine } from "../create-engine.js";
import type { Engine, EngineOptions } from "../model/engine.js";

/**
 * An engine in this thread. Resolves when open runs are taken up (or another tab drives them).
 * Rejects with `kernel/wasm-blocked`, `kernel/unavailable`, `store/…`.
 */
export function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return joinEngine(options);
}

// Here, and not in `millrace`: they step in this thread, with a kernel of their own, and wait for nothing.
export { compileWorkflow, initialTransition, readSnapshot, transition } from "../create-transition.js";
export type { CompileWorkflowOptions, WorkflowProgram } from "../create-transition.js";
export type { InitialOptions, RunCommand, RunSnapshot, SnapshotContent, StepEvent, StepMoment } from "../model/transition.js";
export { readSiteStorage, requestPersistence } from "../base/site-storage.js";
export type { SiteStorage } from "../base/site-storage.js";
export { createBatch } from "../model/batch.js";
export { WorkflowError } from "../model/errors.js";
export type { ErrorCode, ErrorRecord, Finding, Place, Severity } from "../model/errors.js";
export type { Definition } from "../model/definition.js";
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
export type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
