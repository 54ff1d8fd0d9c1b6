// An async iterable read from the other thread, over a message port: the reader grants credit, the writer pauses when it
// is used up, so a slow reader never makes the other side pile up values.
import { fromErrorRecord, type WorkflowError } from "../model/errors.js";
import { serializeThrown } from "./errors.js";
import { isFromCursor, isToCursor } from "./messages.js";
import type { FromCursor, ToCursor } from "./protocol.js";

/** Values that may be under way or unread at once. */
export const CURSOR_CREDIT_MAX = 512;
/** Values in one message. */
export const CURSOR_MESSAGE_MAX = 128;

/** A reading end; `end` closes it from this side, with an error for whoever reads on, or as a proper end. */
export interface Cursor<T> extends AsyncIterableIterator<T> {
  end(error: WorkflowError | undefined): void;
}

/**
 * Reads what `serveCursor` serves at the other end. `return` (leaving a `for await`) stops the writer, closes the port and
 * ends a `next` that waits. `onEnd` is called once, whichever way it ends. `creditMax`: values that may be under way or unread.
 */
export function readCursor<T>(port: MessagePort, onEnd: () => void = () => undefined, creditMax: number = CURSOR_CREDIT_MAX): Cursor<T> {
  return new CursorReader<T>(port, onEnd, creditMax);
}

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

class CursorReader<T> implements Cursor<T> {
  readonly #port: MessagePort;
  readonly #onEnd: () => void;
  readonly #creditMax: number;
  readonly #values: T[] = [];
  #at = 0;
  #waiting: Waiting<T>[] = [];
  #isEnded = false;
  #error: unknown;
  #used = 0;

  constructor(port: MessagePort, onEnd: () => void, creditMax: number) {
    this.#port = port;
    this.#onEnd = onEnd;
    this.#creditMax = creditMax;
    port.onmessage = ({ data }: MessageEvent<FromCursor<T>>) => this.#take(data);
    this.#grant(creditMax);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#at < this.#values.length) return Promise.resolve({ done: false, value: this.#shift() });
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#isEnded) this.#port.postMessage({ kind: "stop" } satisfies ToCursor);
    this.#values.length = 0;
    this.#at = 0;
    this.#error = undefined;
    this.end(undefined);
    return { done: true, value: undefined };
  }

  #take(message: FromCursor<T>): void {
    if (!isFromCursor<T>(message)) return;
    if (message.kind === "end") this.end(undefined);
    else if (message.kind === "error") this.end(fromErrorRecord(message.error));
    else if (!this.#isEnded) {
      this.#values.push(...message.values);
      while (this.#waiting.length > 0 && this.#at < this.#values.length)
        this.#waiting.shift()?.resolve({ done: false, value: this.#shift() });
    }
  }

  #shift(): T {
    const value = this.#values[this.#at++] as T;
    if (this.#at === this.#values.length) {
      this.#values.length = 0;
      this.#at = 0;
    }
    this.#used += 1;
    if (this.#used >= this.#creditMax / 4 && !this.#isEnded) {
      this.#grant(this.#used);
      this.#used = 0;
    }
    return value;
  }

  #grant(count: number): void {
    this.#port.postMessage({ kind: "credit", count } satisfies ToCursor);
  }

  end(error: WorkflowError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#port.close();
    this.#onEnd();
    const [first, ...rest] = this.#waiting;
    this.#waiting = [];
    if (error !== undefined && first !== undefined) first.reject(error);
    else {
      this.#error = error;
      first?.resolve({ done: true, value: undefined });
    }
    for (const waiting of rest) waiting.resolve({ done: true, value: undefined });
  }
}

/** Sends the values of `iterable` as credit allows; those at hand travel together. `defer` runs after the microtasks in hand. */
export function serveCursor<T>(iterable: AsyncIterable<T>, port: MessagePort, defer: (callback: () => void) => void): void {
  const iterator = iterable[Symbol.asyncIterator]();
  let credit = 0;
  let isStopped = false;
  let values: T[] = [];
  let resume: () => void = () => undefined;
  const post = (message: FromCursor<T>): void => {
    if (!isStopped) port.postMessage(message);
  };
  const flush = (): void => {
    if (values.length === 0) return;
    const ready = values;
    values = [];
    post({ kind: "values", values: ready });
  };
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    resume();
    port.close();
    // The iterable may be waiting for its next value: nobody waits for its answer.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  };
  port.onmessage = ({ data }: MessageEvent<ToCursor>) => {
    if (!isToCursor(data)) return;
    if (data.kind === "stop") return stop();
    credit += data.count;
    resume();
  };

  const pump = async (): Promise<void> => {
    for (;;) {
      if (isStopped) return;
      if (credit === 0) {
        flush();
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
        continue;
      }
      const next = await iterator.next();
      if (next.done === true) break;
      credit -= 1;
      if (values.push(next.value) === 1) defer(flush);
      if (values.length === CURSOR_MESSAGE_MAX) flush();
    }
    flush();
    post({ kind: "end" });
  };
  pump().catch((error: unknown) => {
    flush();
    post({ kind: "error", error: serializeThrown(error).record });
  });
}
