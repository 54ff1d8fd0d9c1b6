// The calls port between two ends in one thread. The engine behind it only notes what it is told: the real one is
// tested behind the same port in test/browser.
import { describe, expect, test } from "vitest";
import { createBatch } from "../../../src/model/batch.js";
import type { Engine, EventBatch, Value } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { CallChannel } from "../../../src/worker/call-channel.js";
import { serveCalls } from "../../../src/worker/call-host.js";
import { serializeThrown, restoreThrown } from "../../../src/worker/errors.js";
import { BATCHES_KNOWN_MAX, CALLS_BY_MESSAGE_MAX, CALLS_PENDING_MAX, RUN_NUMBERS_MAX } from "../../../src/worker/limits.js";

interface Told {
  readonly sent: unknown[];
  readonly batches: (readonly [string, string])[][];
}

function connect(): { readonly channel: CallChannel; readonly told: Told; readonly messageCount: () => number; readonly seen: string[]; end(): void } {
  const { port1, port2 } = new MessageChannel();
  const told: Told = { sent: [], batches: [] };
  const engine: Pick<Engine, "send" | "sendMany"> = {
    async send(runId, event, payload) {
      told.sent.push([runId, event, payload]);
      if (runId === "missing") throw new WorkflowError("run/unknown", `No run ${runId}`, { details: { runId }, isRetryable: true });
      return { status: "taken", runStatus: "running" };
    },
    async sendMany(batch: EventBatch) {
      const pairs = Array.from(
        { length: batch.count },
        (_, index) =>
          [batch.runIds[batch.records[index * 2] ?? -1] ?? "?", batch.eventNames[batch.records[index * 2 + 1] ?? -1] ?? "?"] as const,
      );
      told.batches.push(pairs);
      return new Uint8Array(batch.count).fill(1);
    },
  };
  serveCalls(engine as Engine, port2);
  const seen: string[] = [];
  port2.addEventListener("message", ({ data }: MessageEvent<{ readonly kind: string }>) => seen.push(data.kind));
  return {
    channel: new CallChannel(port1),
    told,
    messageCount: () => seen.length,
    seen,
    end: () => {
      port1.close();
      port2.close();
    },
  };
}

describe("call channel", () => {
  test("calls of one microtask travel in one message and are answered one by one", async () => {
    const { channel, told, messageCount, end } = connect();
    const results = await Promise.allSettled([
      channel.call({ kind: "send", runId: "a", event: "go", payload: 1 }),
      channel.call({ kind: "send", runId: "missing", event: "go", payload: undefined }),
      channel.call({ kind: "send", runId: "b", event: "go", payload: { deep: [new Date(5)] } }),
    ]);
    expect(messageCount()).toBe(1);
    expect(told.sent).toEqual([
      ["a", "go", 1],
      ["missing", "go", undefined],
      ["b", "go", { deep: [new Date(5)] }],
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "run/unknown", details: { runId: "missing" }, isRetryable: true } });
    end();
  });

  test("more calls than a message takes follow in later turns, in order, and a batch made meanwhile after all of them", async () => {
    const { channel, told, seen, end } = connect();
    const count = CALLS_BY_MESSAGE_MAX * 2 + 1;
    const calls = Array.from({ length: count }, (_, index) => channel.call({ kind: "send", runId: "a", event: "go", payload: index }));
    await Promise.all(calls);
    expect(seen).toEqual(["calls", "calls", "calls"]);
    expect(told.sent).toEqual(Array.from({ length: count }, (_, index) => ["a", "go", index]));
    const more = Array.from({ length: count }, () => channel.call({ kind: "send", runId: "a", event: "go", payload: 0 }));
    await Promise.resolve();
    const batch = createBatch();
    batch.add("b", "go");
    expect(await channel.sendBatch(batch)).toEqual(new Uint8Array([1]));
    expect(seen.slice(3)).toEqual(["calls", "calls", "batch"]);
    await Promise.all(more);
    end();
  });

  test("a payload that cannot cross fails alone", async () => {
    const { channel, told, end } = connect();
    const bad = { deep: () => 1 } as unknown as Value;
    const results = await Promise.allSettled([
      channel.call({ kind: "send", runId: "a", event: "go", payload: bad }),
      channel.call({ kind: "send", runId: "b", event: "go", payload: 2 }),
    ]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled"]);
    expect(results[0]).toMatchObject({ reason: { code: "value/unsupported" } });
    expect(told.sent).toEqual([["b", "go", 2]]);
    end();
  });

  test("batches arrive with their names, new runs and known ones alike", async () => {
    const { channel, told, end } = connect();
    const batch = createBatch();
    for (const runIds of [["a", "b"], ["b", "c", "a"], ["d"]]) {
      batch.clear();
      for (const runId of runIds) batch.add(runId, `to-${runId}`);
      const [outcomes] = await Promise.all([channel.sendBatch(batch), channel.sendBatch(batch)]);
      expect(outcomes).toEqual(new Uint8Array(runIds.length).fill(1));
      const expected = runIds.map((runId) => [runId, `to-${runId}`]);
      expect(told.batches.splice(0)).toEqual([expected, expected]);
    }
    batch.add("e", "more");
    await channel.sendBatch(batch);
    expect(told.batches).toEqual([
      [
        ["d", "to-d"],
        ["e", "more"],
      ],
    ]);
    end();
  });

  test("a batch that comes again as it was is not sent again, until too many others came between", async () => {
    const { channel, told, seen, end } = connect();
    const batches = Array.from({ length: BATCHES_KNOWN_MAX + 1 }, (_, index) => {
      const batch = createBatch();
      batch.add(`run-${index}`, "go");
      return batch;
    });
    const send = async (index: number): Promise<string> => {
      await channel.sendBatch(batches[index] as EventBatch);
      expect(told.batches.splice(0)).toEqual([Array.from({ length: batches[index]?.count ?? 0 }, () => [`run-${index}`, "go"])]);
      return seen.at(-1) ?? "";
    };
    for (let index = 0; index < BATCHES_KNOWN_MAX; index += 1) expect(await send(index)).toBe("batch");
    for (let index = 0; index < BATCHES_KNOWN_MAX; index += 1) expect(await send(index)).toBe("again");
    expect(await send(BATCHES_KNOWN_MAX)).toBe("batch");
    expect(await send(0)).toBe("batch");
    expect(await send(0)).toBe("again");
    batches[0]?.add("run-0", "go");
    expect(await send(0)).toBe("batch");
    expect(await send(2)).toBe("again");
    end();
  });

  test("beyond the limits, calls are refused and run ids numbered anew", async () => {
    const { port1, port2 } = new MessageChannel();
    const silent = new CallChannel(port1);
    const calls = Array.from({ length: CALLS_PENDING_MAX }, () => silent.call({ kind: "status", runId: "a" }).catch(() => undefined));
    await expect(silent.call({ kind: "status", runId: "a" })).rejects.toMatchObject({ code: "worker/overloaded", isRetryable: true });
    silent.fail(new WorkflowError("worker/lost", "gone"));
    await Promise.all(calls);
    port2.close();

    const { channel, told, end } = connect();
    const count = Math.ceil(RUN_NUMBERS_MAX / 2) + 1;
    for (const prefix of ["a", "b", "a"]) {
      const batch = createBatch();
      for (let index = 0; index < count; index += 1) batch.add(`${prefix}${index}`, "go");
      await channel.sendBatch(batch);
      expect(told.batches.splice(0)[0]?.at(-1)).toEqual([`${prefix}${count - 1}`, "go"]);
    }
    end();
  });

  test("a lost worker rejects what waits and what comes", async () => {
    const { channel, end } = connect();
    const waiting = channel.call({ kind: "result", runId: "a" });
    channel.fail(new WorkflowError("worker/lost", "gone"));
    await expect(waiting).rejects.toMatchObject({ code: "worker/lost" });
    await expect(channel.sendBatch(createBatch())).rejects.toMatchObject({ code: "worker/lost" });
    end();
  });
});

describe("errors across the worker", () => {
  test("a WorkflowError arrives whole", () => {
    const place = { start: 1, end: 2, line: 1, column: 2, snippet: "x\n^" };
    const error = new WorkflowError("parse/invalid", "no", {
      details: { n: 1, odd: () => 1 },
      isRetryable: true,
      place,
      findings: [{ severity: "error", code: "c", message: "m", place }],
    });
    const restored = restoreThrown(structuredClone(serializeThrown(error)));
    expect(restored).toBeInstanceOf(WorkflowError);
    expect(restored).toMatchObject({
      code: "parse/invalid",
      message: "no",
      isRetryable: true,
      place,
      findings: error.findings,
      stack: error.stack,
    });
    expect(restored.details["n"]).toBe(1);
    expect(typeof restored.details["odd"]).toBe("string");
  });

  test("any other error keeps its code where it has one", () => {
    expect(serializeThrown(Object.assign(new Error("x"), { code: "my/code" })).record.code).toBe("my/code");
    expect(serializeThrown(new TypeError("x")).record).toEqual({ code: "engine/internal", message: "x" });
    expect(serializeThrown("text").record).toEqual({ code: "engine/internal", message: "text" });
  });
});
