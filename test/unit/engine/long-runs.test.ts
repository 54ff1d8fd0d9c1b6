// Runs without end in sight go on within bounded memory: a loop of a million turns in one step, a chain of a hundred thousand states, a
// history of a million events. What time they take is for the benchmarks.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createClock } from "../../../src/base/clock.js";
import { JOURNAL_WEIGHT_MAX, VOLATILE_SPAN_ENTRIES } from "../../../src/engine/limits.js";
import { createBatch } from "../../../src/model/batch.js";
import type { Run } from "../../../src/model/engine.js";
import { EventOutcome } from "../../../src/model/kernel-words.js";
import { markdown, openBench, readSome } from "./harness.js";

const TURN_COUNT = 1_000_000;
const STATE_COUNT = 100_000;
const EVENT_COUNT = 1_000_000;
/** Kernel memory that a long run may take on the way, bytes: what its first steps have taken is before. */
const GROWTH_SIZE_MAX = 1 << 20;

/** Memory of JavaScript that the history of a long run may take, bytes: 16 a kept entry, and what the runner does meanwhile. */
const HEAP_SIZE_MAX = 8 << 20;

/** Bytes in use after a collection. */
function readHeap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("a loop of a million turns comes to its end, and lets the thread breathe on its way", { timeout: 60_000 }, async () => {
  const clock = createClock();
  let turnCount = 0;
  // What is deferred runs in a turn of its own: between two of them everything else on the page has its chance.
  const breathing = { ...clock, defer: (callback: () => void) => clock.defer(() => { turnCount += 1; callback(); }) };
  const { engine, kernel } = await openBench({ durability: "none", clock: breathing });
  const chart = `[*] --> Count\nCount --> Check\nCheck --> Count : [n < ${TURN_COUNT}]\nCheck --> [*] : [n >= ${TURN_COUNT}]`;
  await engine.load(markdown(chart, { head: "variables:\n  n: { type: int, initial: 0 }", actions: "- Count: set n = n + 1" }));
  const run = await engine.start("sample");
  const before = kernel().statistics().sizeBytes;
  const turnsBefore = turnCount;
  expect(await run.result).toEqual({ n: TURN_COUNT });
  // Two states a turn, 20,000 of them a slice.
  expect(turnCount - turnsBefore).toBeGreaterThanOrEqual((2 * TURN_COUNT) / 20_000 - 2);
  expect(kernel().statistics().sizeBytes - before).toBeLessThan(GROWTH_SIZE_MAX);
  expect((await run.record()).seq).toBe(1);
  await engine.close();
});

test("a chain of a hundred thousand states loads from its text and runs to its end", { timeout: 60_000 }, async () => {
  const { engine, kernel } = await openBench({ durability: "none" });
  const lines = Array.from({ length: STATE_COUNT - 1 }, (_, at) => `S${at} --> S${at + 1}`);
  await engine.load(markdown(`[*] --> S0\n${lines.join("\n")}\nS${STATE_COUNT - 1} --> [*]`, { actions: `- S${STATE_COUNT - 1}: log "there"` }));
  const before = kernel().statistics().sizeBytes;
  const run = await engine.start("sample");
  expect(await run.result).toEqual({});
  expect(kernel().statistics().sizeBytes - before).toBeLessThan(GROWTH_SIZE_MAX);
  await engine.close();
});

const COUNTER = markdown("[*] --> A\nA --> B : go / set n = n + 1\nB --> A : go\nA --> [*] : stop", { head: "variables:\n  n: { type: int, initial: 0 }" });

async function sendMany(send: (batch: ReturnType<typeof createBatch>) => Promise<Uint8Array>, run: Run, count: number, size: number, isRepeated: boolean): Promise<void> {
  const batch = createBatch();
  for (let sent = 0; sent < count; sent += size) {
    if (!isRepeated || sent === 0) {
      batch.clear();
      for (let index = 0; index < size; index += 1) batch.add(run.id, "go");
    }
    const outcomes = await send(batch);
    if (outcomes.some((outcome) => outcome !== EventOutcome.TAKEN)) throw new Error(`an event was not taken after ${sent}`);
  }
}

/** A batch that is sent again as it is adds less to memory, and is kept longer. */
test.each([
  [EVENT_COUNT, false],
  [4 * EVENT_COUNT, true],
])("a run takes %d events, and its history stays within bounds (the same batch again: %s)", { timeout: 60_000 }, async (eventCount, isRepeated) => {
  const { engine, kernel } = await openBench({ durability: "none" });
  await engine.load(COUNTER);
  const run = await engine.start("sample");
  await sendMany((batch) => engine.sendMany(batch), run, 20_000, 10_000, isRepeated);
  const before = kernel().statistics().sizeBytes;
  const heapBefore = readHeap();
  await sendMany((batch) => engine.sendMany(batch), run, eventCount - 20_000, 10_000, isRepeated);
  expect(readHeap() - heapBefore).toBeLessThan(HEAP_SIZE_MAX);
  expect(await run.context()).toEqual({ n: eventCount / 2 });
  expect((await run.record()).seq).toBe(eventCount + 1);
  expect(kernel().statistics().sizeBytes - before).toBeLessThan(GROWTH_SIZE_MAX);
  const [first] = await readSome(run, 1);
  expect(first).toMatchObject({ type: "checkpoint" });
  // What is kept: the events since the cut before the last, and what a call or two brought in one piece.
  expect(eventCount + 1 - (first?.seq ?? 0)).toBeGreaterThanOrEqual(VOLATILE_SPAN_ENTRIES);
  expect(eventCount + 1 - (first?.seq ?? 0)).toBeLessThan(isRepeated ? 3 * JOURNAL_WEIGHT_MAX : 8 * VOLATILE_SPAN_ENTRIES);
  await engine.close();
});

test("a durable run takes a hundred thousand events; a reopened engine begins at its checkpoint", { timeout: 60_000 }, async () => {
  const bench = await openBench({ durability: "relaxed" });
  await bench.engine.load(COUNTER);
  const run = await bench.engine.start("sample");
  await sendMany((batch) => bench.engine.sendMany(batch), run, EVENT_COUNT / 10, 10_000, false);
  const before = bench.kernel().statistics().sizeBytes;
  const { engine, kernel } = await bench.reopen();
  const again = await engine.runs.get(run.id);
  expect(await again.context()).toEqual({ n: EVENT_COUNT / 20 });
  expect((await again.record()).seq).toBe(EVENT_COUNT / 10 + 1);
  expect(kernel().statistics().sizeBytes).toBeLessThan(before + GROWTH_SIZE_MAX);
  expect((await readSome(again, 1))[0]).toMatchObject({ type: "started", seq: 1 });
  await engine.close();
});
