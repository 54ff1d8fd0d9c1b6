// `run.at(seq)`: each step of a run is what the live run was then, in whatever order the steps are looked at.
import { describe, expect, test } from "vitest";
import { createMemoryDisk } from "../../../src/store/memory-store.js";
import { TRIP_IDLE_MS, TRIP_INTERVAL_ENTRIES } from "../../../src/engine/limits.js";
import { StepSnapshots } from "../../../src/engine/step-snapshots.js";
import type { RunStep } from "../../../src/model/engine.js";
import { codeOf, holdTask, markdown, openBench } from "./harness.js";

const COUNTER = markdown("[*] --> on\non --> on : add / set total = total + 1\non --> [*] : stop", { head: "variables:\n  total: { type: int, initial: 0 }" });

describe("a run at a step", () => {
  test("is open, ended or volatile", async () => {
    for (const durability of ["relaxed", "none"] as const) {
      const { engine, clock } = await openBench({ durability });
      const run = await engine.start(await engine.load(COUNTER));
      for (let index = 0; index < 5; index += 1) await engine.send(run.id, "add");
      const startedAt = clock.now();
      expect(await run.at(0)).toEqual({ seq: 0, time: startedAt, status: "scheduled", states: [], context: {}, openTasks: [], timers: [] });
      expect(await run.at(1)).toMatchObject({ seq: 1, status: "waiting", states: ["on"], context: { total: 0 }, awaits: [{ event: "add" }, { event: "stop" }] });
      expect((await run.at(4)).context).toEqual({ total: 3 });
      await engine.send(run.id, "stop");
      const last = await run.at(7);
      expect(last).toMatchObject({ status: "succeeded", context: { total: 5 } });
      expect(last).not.toHaveProperty("awaits");
      expect((await run.at(3)).context).toEqual({ total: 2 });
      await engine.close();
    }
  });

  test("has its tasks and timers, and held answers of a paused run count as ended", async () => {
    const task = holdTask();
    const text = markdown("[*] --> work\nwork --> [*]\nwork --> late : after 1h", { actions: "- work: call mend with n=7" });
    const { engine, clock } = await openBench({ tasks: { mend: task.handler } });
    const run = await engine.start(await engine.load(text));
    await clock.settle();
    const due = clock.now() + 3_600_000;
    await engine.pause(run.id);
    task.succeed();
    await clock.settle();
    expect(await run.at(1)).toMatchObject({ status: "running", openTasks: [{ task: "mend", visit: "1.1", input: { n: 7 } }], timers: [{ visit: "1.0", due }] });
    expect((await run.at(2)).status).toBe("pausing");
    expect(await run.at(3)).toMatchObject({ status: "paused", openTasks: [] });
    await engine.resume(run.id);
    expect((await run.at(4)).status).toBe("succeeded");
    expect((await run.at(2)).openTasks).toHaveLength(1);
  });

  test("that it does not have is refused with both figures", async () => {
    const { engine } = await openBench();
    const run = await engine.start(await engine.load(COUNTER));
    for (const seq of [-1, 2, 0.5, Number.NaN]) await expect(run.at(seq)).rejects.toMatchObject({ code: "run/unknown-step", details: { seq, seqMax: 1 } });
    await engine.send(run.id, "stop");
    await engine.runs.delete(run.id);
    expect(await codeOf(run.at(0))).toBe("run/unknown");
  });

  test("of a deleted run is not that of another one of its id", async () => {
    const { engine, clock } = await openBench();
    const workflow = await engine.load(COUNTER);
    const step = async (): Promise<RunStep> => {
      const run = await engine.start(workflow, {}, { runId: "one" });
      await engine.send(run.id, "stop");
      return run.at(1);
    };
    const before = await step();
    await engine.runs.delete("one");
    await clock.advance(5);
    expect((await step()).time).toBe(before.time + 5);
  });

  test("is found by short ways: forwards on, backwards from snapshots", async () => {
    const bench = await openBench();
    const { engine } = bench;
    const run = await engine.start(await engine.load(COUNTER));
    const count = TRIP_INTERVAL_ENTRIES * 20;
    for (let index = 1; index < count; index += 1) await engine.send(run.id, "add");
    let stepCount = 0;
    const kernel = bench.kernel();
    const step = kernel.step.bind(kernel);
    kernel.step = () => {
      stepCount += 1;
      return step();
    };
    const cost = async (seq: number): Promise<number> => {
      stepCount = 0;
      expect((await run.at(seq)).context).toEqual({ total: seq - 1 });
      return stepCount;
    };
    // A first look near the end begins with the checkpoint; one at the beginning with the beginning.
    expect(await cost(count)).toBeLessThanOrEqual(256);
    expect(await cost(2)).toBe(2);
    expect(await cost(count - 5)).toBeGreaterThan(count / 2);
    for (const seq of [count - 4, count - 3, count - 2]) expect(await cost(seq)).toBe(1);
    for (let seq = count - 10; seq > 1; seq -= 97) expect(await cost(seq)).toBeLessThanOrEqual(TRIP_INTERVAL_ENTRIES);
    expect(await cost(40)).toBeLessThanOrEqual(TRIP_INTERVAL_ENTRIES);
  });

  test("goes on with a run that goes on, and is forgotten after a while", async () => {
    const bench = await openBench();
    const { engine, clock } = bench;
    const run = await engine.start(await engine.load(COUNTER));
    for (let index = 1; index < 400; index += 1) {
      await engine.send(run.id, "add");
      if (index % 50 === 0) expect((await run.at(index + 1)).context).toEqual({ total: index });
    }
    const before = bench.kernel().statistics().runCount;
    await clock.advance(TRIP_IDLE_MS);
    expect(bench.kernel().statistics().runCount).toBe(before - 1);
    expect((await run.at(7)).context).toEqual({ total: 6 });
    expect(() => bench.kernel().trap()).toThrow();
    expect((await run.at(9)).context).toEqual({ total: 8 });
  });

  test("of several runs at a time, asked for all at once", async () => {
    const { engine } = await openBench();
    const workflow = await engine.load(COUNTER);
    const runs = await engine.startMany(workflow, Array.from({ length: 7 }, () => ({})));
    for (const run of runs) for (let index = 0; index < 9; index += 1) await engine.send(run.id, "add");
    const steps = runs.flatMap((run) => [9, 1, 5, 10, 2].map((seq) => run.at(seq)));
    expect((await Promise.all(steps)).map(({ context }) => context["total"])).toEqual(runs.flatMap(() => [8, 0, 4, 9, 1]));
  });

  test("of a volatile run whose history was cut begins there", async () => {
    const { engine } = await openBench({ durability: "none" });
    const run = await engine.start(await engine.load(COUNTER));
    for (let index = 0; index < 40_000; index += 1) void engine.send(run.id, "add");
    await engine.send(run.id, "add");
    const cut = await run.at(1).catch((error: { code: string; details: { seq: number } }) => error);
    expect(cut).toMatchObject({ code: "run/history-cut" });
    const { seq } = (cut as { details: { seq: number } }).details;
    expect((await run.at(seq)).context).toEqual({ total: seq - 1 });
    expect((await run.at(40_000)).context).toEqual({ total: 39_999 });
    expect((await run.at(seq + 900)).context).toEqual({ total: seq + 899 });
  });

  test("of a run that has no rest is where the live run was", async () => {
    const text = markdown("[*] --> a\na --> b\nb --> a\na --> [*] : stop", { head: "variables:\n  n: { type: int, initial: 0 }", actions: "- a: set n = n + 1" });
    const { engine, clock } = await openBench();
    const run = await engine.start(await engine.load(text));
    await clock.settle();
    await engine.pause(run.id);
    const { n } = (await run.context()) as { n: number };
    expect(await run.at(2)).toMatchObject({ status: "paused", context: { n } });
    expect((await run.at(1)).context).toEqual({ n });
    await engine.cancel(run.id);
    expect((await run.at(1)).context).toEqual({ n });
    expect((await run.at(3)).status).toBe("canceled");
  });
});

describe("snapshots of steps", () => {
  test("keep to their bounds by standing further apart", () => {
    const snapshots = new StepSnapshots({ countMax: 8, sizeMax: 1_000, intervalEntries: 4 });
    for (let seq = 1; seq <= 400; seq += 1) if (snapshots.isWanted(seq)) snapshots.add(seq, new Uint8Array(10));
    expect(snapshots.count).toBeLessThanOrEqual(8);
    expect(snapshots.interval).toBe(64);
    for (let seq = 128; seq <= 400; seq += 1) expect(seq - (snapshots.before(seq)?.seq ?? 0)).toBeLessThan(128);
    snapshots.add(401, new Uint8Array(900));
    expect(snapshots.sizeBytes).toBeLessThanOrEqual(1_000);
    snapshots.add(402, new Uint8Array(1_001));
    expect(snapshots.before(402)?.seq).not.toBe(402);
  });
});

test("another engine on the same disk reads steps of runs that it does not know yet", async () => {
  const disk = createMemoryDisk();
  const first = await openBench({ disk });
  const run = await first.engine.start(await first.engine.load(COUNTER));
  for (let index = 1; index < 600; index += 1) await first.engine.send(run.id, "add");
  await first.engine.send(run.id, "stop");
  const second = await first.reopen();
  const again = await second.engine.runs.get(run.id);
  expect((await again.at(550)).context).toEqual({ total: 549 });
  expect((await again.at(3)).context).toEqual({ total: 2 });
});
