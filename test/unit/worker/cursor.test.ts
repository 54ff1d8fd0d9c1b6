import { describe, expect, test, vi } from "vitest";
import { WorkflowError } from "../../../src/model/errors.js";
import { CURSOR_CREDIT_MAX, readCursor, serveCursor } from "../../../src/worker/cursor.js";

const defer = (callback: () => void): void => void setTimeout(callback, 0);

async function* countTo(end: number, onValue: (value: number) => void = () => undefined): AsyncGenerator<number> {
  for (let value = 1; value <= end; value += 1) {
    onValue(value);
    yield value;
  }
}

function connect<T>(iterable: AsyncIterable<T>): AsyncIterableIterator<T> {
  const { port1, port2 } = new MessageChannel();
  serveCursor(iterable, port2, defer);
  return readCursor<T>(port1);
}

describe("cursor", () => {
  test("every value arrives, in order, and the end", async () => {
    const values: number[] = [];
    for await (const value of connect(countTo(5_000))) values.push(value);
    expect(values).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  });

  test("the writer stops at the credit of a reader that does not read", async () => {
    let last = 0;
    const cursor = connect(countTo(10_000, (value) => (last = value)));
    await cursor.next();
    await vi.waitFor(() => expect(last).toBeGreaterThan(1), { timeout: 60_000, interval: 5 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(last).toBeLessThanOrEqual(CURSOR_CREDIT_MAX + 1);
    await cursor.return?.();
  });

  test("a failure keeps its code and comes after the values before it", async () => {
    const failing = (async function* () {
      yield 1;
      throw new WorkflowError("run/unknown", "no such run", { details: { runId: "x" } });
    })();
    const cursor = connect(failing);
    expect(await cursor.next()).toEqual({ done: false, value: 1 });
    await expect(cursor.next()).rejects.toMatchObject({ code: "run/unknown", details: { runId: "x" } });
    expect(await cursor.next()).toEqual({ done: true, value: undefined });
  });

  test("leaving ends the writer and a read that waits", async () => {
    let isReturned = false;
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<number>>(() => undefined),
        return: async () => {
          isReturned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const cursor = connect(silent);
    const waiting = cursor.next();
    await cursor.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await vi.waitFor(() => expect(isReturned).toBe(true), { timeout: 60_000, interval: 5 });
  });
});
