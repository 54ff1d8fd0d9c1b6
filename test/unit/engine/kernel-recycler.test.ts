// A kernel that has grown and come free again is replaced, and its runs go on.
import { afterEach, expect, test } from "vitest";
import { RECYCLE_LOOK_MS, RECYCLE_SIZE_MIN } from "../../../src/engine/limits.js";
import { type Bench, markdown, openBench } from "./harness.js";

const COUNTER = markdown("[*] --> A\nA --> A: add / set n = n + 1\nA --> [*]: stop", { name: "counter", head: "events: [add, stop]\nvariables:\n  n: { type: int, initial: 0 }" });
const LARGE = markdown("[*] --> A\nA --> [*]: stop", { name: "large", head: "events: [stop]\nparameters:\n  text: { type: string }" });

let bench: Bench;
afterEach(() => bench.engine.close());

test.each(["relaxed", "none"] as const)("memory that a great run took goes back, and no other run notices (%s)", async (durability) => {
  // The great runs are not replayed at the end: that would take most of the time.
  bench = await openBench({ durability, runSizeMax: 2 * RECYCLE_SIZE_MIN, isVerified: false });
  const { engine, clock } = bench;
  const counter = await engine.start(await engine.load(COUNTER));
  await engine.send(counter.id, "add");
  const quick = await engine.start(await engine.load(COUNTER));
  const input = { text: "x".repeat(RECYCLE_SIZE_MIN / 2) };
  const large = await engine.startMany(await engine.load(LARGE), [input, input, input, input]);
  const before = bench.kernel();
  expect((await engine.statistics()).kernelSizeBytes).toBeGreaterThan(RECYCLE_SIZE_MIN);
  // Too much of it is in use.
  await engine.send(quick.id, "stop");
  await clock.advance(RECYCLE_LOOK_MS);
  await engine.send(counter.id, "add");
  expect(bench.kernel()).toBe(before);
  for (const run of large) {
    await engine.send(run.id, "stop");
    await run.result;
  }
  await clock.advance(RECYCLE_LOOK_MS);
  await engine.send(counter.id, "add");
  expect(bench.kernel()).not.toBe(before);
  expect((await engine.statistics()).kernelSizeBytes).toBeLessThan(RECYCLE_SIZE_MIN / 4);
  expect(await counter.context()).toEqual({ n: 3 });
  await engine.send(counter.id, "stop");
  await counter.result;
  expect(await counter.verify()).toMatchObject({ isSame: true });
  expect((await counter.record()).seq).toBe(5);
});
