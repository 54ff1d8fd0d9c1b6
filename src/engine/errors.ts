// The engine's own errors, each worded once.
import { WorkflowError } from "../model/errors.js";

export function closedError(): WorkflowError {
  return new WorkflowError("engine/closed", "The engine is closed");
}

export function notDriverError(): WorkflowError {
  return new WorkflowError("engine/not-driver", "Other tabs drive all journals; this one starts runs when one of them is closed", { isRetryable: true });
}

export function unknownRunError(runId: string): WorkflowError {
  return new WorkflowError("run/unknown", `There is no run ${runId}`, { details: { runId } });
}

export function runExistsError(runId: string): WorkflowError {
  return new WorkflowError("run/exists", `There is a run ${runId} already`, { details: { runId } });
}

export function unknownStepError(runId: string, seq: number, seqMax: number): WorkflowError {
  return new WorkflowError("run/unknown-step", `Run ${runId} has no step ${seq}; its history goes from 0 to ${seqMax}`, { details: { runId, seq, seqMax } });
}

export function historyCutError(runId: string, seq: number): WorkflowError {
  return new WorkflowError("run/history-cut", `The first ${seq} entries of the history of run ${runId} are not kept any more`, { details: { runId, seq } });
}

export function trapError(runId: string): WorkflowError {
  return new WorkflowError("kernel/trap", `The kernel trapped on an event of run ${runId}`, { details: { runId } });
}

export function reloadingError(runId: string): WorkflowError {
  return new WorkflowError("run/reloading", `Run ${runId} is going back to its stored state`, { details: { runId }, isRetryable: true });
}

export function queueFullError(runId: string, eventsMax: number): WorkflowError {
  const message = `Run ${runId} has ${eventsMax} events waiting for it to become quiet; that is the limit`;
  return new WorkflowError("run/queue-full", message, { details: { runId, eventsMax }, isRetryable: true });
}

export function overloadedError(tasksQueued: number, queueMax: number): WorkflowError {
  const message = `${tasksQueued} tasks and starting runs wait for their turn; the limit is ${queueMax}`;
  return new WorkflowError("engine/overloaded", message, { details: { tasksQueued, queueMax }, isRetryable: true });
}

/** The kernel refused a payload: the writer checks all but its room. */
export function unreadableError(runId: string, sizeBytes: number): WorkflowError {
  const message = `The kernel has no room for a value of ${sizeBytes} bytes that run ${runId} was told, or cannot read it`;
  return new WorkflowError("value/too-large", message, { details: { runId, sizeBytes } });
}

export function redactedError(runId: string, why: string): WorkflowError {
  const message = `Values in the history of run ${runId} were replaced when it was exported: ${why}`;
  return new WorkflowError("run/redacted", message, { details: { runId } });
}
