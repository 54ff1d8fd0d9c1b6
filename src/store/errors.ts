// The store's errors, named as callers test them.
import { WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";

/** Another driver's epoch stands in the journal. `epoch`: this one's, 0 where it never drove. */
export function fencedError(journal: number, epoch: number, current: number): WorkflowError {
  return new WorkflowError("store/fenced", `Another engine drives journal ${journal}: this one has epoch ${epoch}, the journal ${current}`, {
    details: { journal, epoch, current },
  });
}

export function overloadedError(count: number, countMax: number): WorkflowError {
  return new WorkflowError("store/overloaded", `${count} commits wait already; the limit is ${countMax}`, { details: { count, countMax }, isRetryable: true });
}

export function isDamage(error: unknown): error is WorkflowError {
  return error instanceof WorkflowError && error.code === "store/damaged";
}

export function closedError(name: string, why: string): WorkflowError {
  return new WorkflowError("store/closed", `The database "${name}" is closed: ${why}`, { details: { name } });
}

export function damagedError(runId: string, group: number, why: string): WorkflowError {
  return new WorkflowError("store/damaged", `Run ${runId}: its history in group ${group} is damaged: ${why}`, {
    details: { runId, group },
  });
}

/** Damaged, or of a version that this engine does not know: it stays so. */
export function isUnreadable(error: unknown): error is WorkflowError {
  return isDamage(error) || (error instanceof WorkflowError && error.code === "store/version-unsupported");
}

/** The same error with the run that it concerns, and the group or segment. */
export function nameRun(runId: string, group: number, error: WorkflowError): WorkflowError {
  if (error.code === "store/damaged") return damagedError(runId, group, error.message);
  return new WorkflowError(error.code, `Run ${runId}: ${error.message}`, { details: { ...error.details, runId, group }, isRetryable: error.isRetryable, cause: error });
}

/** Names what IndexedDB threw: `store/quota-exceeded`, `store/version-unsupported`, else `store/failed`. */
export function toStoreError(error: unknown, what: string): WorkflowError {
  if (error instanceof WorkflowError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "unknown";
  const message = error instanceof Error || error instanceof DOMException ? error.message : String(error);
  const details = { name, what };
  if (name === "QuotaExceededError") {
    return new WorkflowError("store/quota-exceeded", `No space is left to ${what}: ${message}`, {
      details,
      isRetryable: true,
      cause: error,
    });
  }
  if (name === "VersionError") {
    return new WorkflowError("store/version-unsupported", `A newer version wrote this database: ${message}`, { details, cause: error });
  }
  return new WorkflowError("store/failed", `Could not ${what}: ${name}: ${message}`, {
    details,
    isRetryable: name === "AbortError",
    cause: error,
  });
}

/** Do `entries` follow `seq`? Returns the last seq, throws `store/out-of-order`. */
export function checkConsecutive(runId: string, seq: number, entries: readonly HistoryEntry[]): number {
  let last = seq;
  for (const entry of entries) {
    if (entry.seq !== last + 1) {
      const message = `Run ${runId}: history entry ${entry.seq} does not follow entry ${last}`;
      throw new WorkflowError("store/out-of-order", message, { details: { runId, seq: entry.seq, last } });
    }
    last = entry.seq;
  }
  return last;
}

/** Is there no room left on the disk? */
export function isFull(error: unknown): boolean {
  return error instanceof WorkflowError && error.code === "store/quota-exceeded";
}
