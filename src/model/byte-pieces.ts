// What an import reads: a file, a stream, a generator or bytes at once, as pieces.
import { toErrorRecord, WorkflowError } from "./errors.js";
import type { ImportSource } from "./portable.js";

/** The source, in pieces. Rejects with `portable/unreadable` where it fails, or gives something else than bytes. */
export async function* readPieces(source: ImportSource): AsyncGenerator<Uint8Array, undefined> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const pieces = openPieces(source);
  try {
    for (;;) {
      const next = await pieces.next().catch((cause: unknown) => {
        throw unreadableError(toErrorRecord(cause).message, cause);
      });
      if (next.done === true) return;
      if (!(next.value instanceof Uint8Array)) throw unreadableError("a piece of it is no Uint8Array");
      yield next.value;
    }
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}

function openPieces(source: Exclude<ImportSource, Uint8Array>): AsyncIterator<Uint8Array> {
  // Not every browser can iterate a stream.
  const stream = source instanceof Blob ? source.stream() : "getReader" in source ? source : undefined;
  if (stream === undefined) return (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function unreadableError(why: string, cause?: unknown): WorkflowError {
  return new WorkflowError("portable/unreadable", `The file of runs could not be read: ${why}`, { details: { why }, isRetryable: true, ...(cause !== undefined && { cause }) });
}
