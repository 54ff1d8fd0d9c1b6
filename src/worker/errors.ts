// Errors across the worker, whole: Comlink's own way keeps only name, message and stack, so its `throw` transfer handler
// is replaced on both sides by one that sends an error record.
import { transferHandlers } from "comlink";
import { fromErrorRecord, toErrorRecord, WorkflowError, type ErrorRecord } from "../model/errors.js";

/** What stands for a thrown value in a message. */
interface Thrown {
  readonly record: ErrorRecord;
  readonly stack: string | undefined;
}

let isInstalled = false;

/** Replaces Comlink's handler of thrown values, once; call it on both sides. */
export function installErrorTransfer(): void {
  if (isInstalled) return;
  isInstalled = true;
  const original = transferHandlers.get("throw");
  if (original === undefined) throw new Error("Comlink has no handler for thrown values");
  transferHandlers.set("throw", {
    canHandle: (value): value is { readonly value: unknown } => original.canHandle(value),
    serialize: (thrown: { readonly value: unknown }): [Thrown, Transferable[]] => [serializeThrown(thrown.value), []],
    deserialize: (thrown: Thrown): never => {
      throw restoreThrown(thrown);
    },
  });
}

/** Any thrown value as clone-safe facts. What is no `WorkflowError` gets the code `engine/internal`. */
export function serializeThrown(value: unknown): Thrown {
  const stack = value instanceof Error ? value.stack : undefined;
  if (value instanceof WorkflowError) return { record: makeClonable(toErrorRecord(value)), stack };
  const { code, message } = toErrorRecord(value);
  return { record: { code: code === "task/failed" ? "engine/internal" : code, message }, stack };
}

export function restoreThrown({ record, stack }: Thrown): WorkflowError {
  const error = fromErrorRecord(record);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The record without details that cannot be cloned. */
export function makeClonable(record: ErrorRecord): ErrorRecord {
  if (record.details === undefined) return record;
  const details: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record.details)) {
    try {
      details[name] = structuredClone(value);
    } catch {
      details[name] = String(value);
    }
  }
  return { ...record, details };
}

export function lostError(why: string): WorkflowError {
  return new WorkflowError("worker/lost", `The engine's worker is gone: ${why}`, { details: { why }, isRetryable: true });
}
