// Scheduling in the engine: limits and strategies over real runs, and what becomes of calls that wait when a run is paused or
// canceled, when the engine closes, crashes or gets other limits.
import { afterEach, describe, expect, test } from "vitest";
import type { Run, StartOptions } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { createMemoryDisk, createMemoryStore } from "../../../src/store/memory-store.js";
import { type Bench, type BenchOptions, codeOf, type HeldTask, holdTask, openBench } from "./harness.js";

const WIDE = `millrace: 1
name: wide
tasks:
  each:
    with: { items: "{{ [0, 1, 2, 3] }}" }
    action: work
    input: "{{ item }}"
`;
const SINGLE = `millrace: 1
name: single
input:
  n: { type: any, default: 0 }
tasks:
  one:
    action: work
    input: "{{ input.n }}"
`;
const MIXED = `millrace: 1
name: mixed
tasks:
  a: { action: slow, input: 1 }
  b: { action: slow, input: 2 }
  c: { action: work, input: 3 }
`;
const LIMITED = `millrace: 1
name: limited
tasks:
  each:
    with: { items: "{{ [0, 1, 2] }}" }
    action: work
    input: "{{ item }}"
    timeout: 10s
`;

let bench: Bench;
let work: HeldTask;
let slow: HeldTask;
afterEach(() => bench.engine.close());

async function open(options: BenchOptions["scheduling"] = {}, more: BenchOptions = {}): Promise<void> {
  work = holdTask();
  slow = holdTask();
  bench = await openBench({ tasks: { work: work.handler, slow: slow.handler }, scheduling: options, ...more });
  for (const text of [WIDE, SINGLE, MIXED, LIMITED]) await bench.engine.load(text);
}

async function start(workflow: string, input = {}, options: StartOptions = {}): Promise<Run> {
  const run = await bench.engine.start(workflow, input, options);
  await bench.clock.settle();
  return run;
}

function inputs(task: HeldTask = work): unknown[] {
  return task.calls.map(({ input }) => input);
}

async function succeed(index: number, task: HeldTask = work): Promise<void> {
  task.succeed(null, index);
  await bench.clock.settle();
}

describe("strategies", () => {
  test.each([
    ["sequential", 1],
    ["hybrid", 2],
    ["parallel", 4],
    ["auto", 4],
  ] as const)("%s: so many tasks of a run at a time: %i", async (strategy, count) => {
    await open({ strategy, tasksInFlightMaxByRun: 2 });
    const run = await start("wide");
    expect(inputs()).toEqual([0, 1, 2, 3].slice(0, count));
    expect((await bench.engine.statistics()).scheduling).toMatchObject({ tasksQueued: 4 - count, strategy: strategy === "auto" ? "parallel" : strategy });
    for (let index = 0; index < 4; index += 1) await succeed(index);
    expect(inputs()).toEqual([0, 1, 2, 3]);
    expect(await run.status()).toBe("succeeded");
  });
});

describe("limits", () => {
  test("in all, of a workflow, of a task; what other tasks of the run ask for goes on", async () => {
    await open({ tasksInFlightMaxByTask: { slow: 1 }, tasksInFlightMaxByWorkflow: { single: 1 } });
    await start("mixed");
    expect([inputs(slow), inputs()]).toEqual([[1], [3]]);
    await start("single", { n: 10 });
    await start("single", { n: 11 });
    expect(inputs()).toEqual([3, 10]);
    expect((await bench.engine.statistics()).scheduling.queues).toMatchObject({ byWorkflow: { mixed: 1, single: 1 }, byTask: { slow: 1 } });
    await bench.engine.configure({ scheduling: { tasksInFlightMax: 2 } });
    await succeed(1);
    expect(inputs()).toEqual([3, 10]);
    await succeed(0);
    expect(inputs()).toEqual([3, 10, 11]);
    await succeed(0, slow);
    expect(inputs(slow)).toEqual([1, 2]);
  });

  test("runs beyond their limit are scheduled, begin in turn, and count while they have work", async () => {
    await open({ runsInFlightMax: 1 });
    const runs = [await start("wide"), await start("single", { n: 20 }, { priority: 1 }), await start("single", { n: 30 })];
    const statuses = (): Promise<string[]> => Promise.all(runs.map((run) => run.status()));
    expect(await statuses()).toEqual(["running", "scheduled", "scheduled"]);
    expect(await bench.engine.runs.count({ status: "scheduled" })).toBe(2);
    for (let index = 0; index < 4; index += 1) await succeed(index);
    expect(await statuses()).toEqual(["succeeded", "scheduled", "running"]);
    await succeed(4);
    await succeed(5);
    expect(inputs()).toEqual([0, 1, 2, 3, 30, 20]);
    expect(await statuses()).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(await bench.engine.runs.count({ status: "scheduled" })).toBe(0);
  });

  test("many runs that begin at once are scheduled from the start: a run that waits is written twice, not more", async () => {
    await open({ runsInFlightMax: 2 });
    const before = (await bench.engine.statistics()).commitsTotal;
    await bench.engine.startMany("single", Array.from({ length: 50 }, () => ({})));
    await bench.clock.settle();
    expect(await bench.engine.runs.count({ status: "scheduled" })).toBe(48);
    expect((await bench.engine.statistics()).commitsTotal - before).toBe(1);
  });

  test("a task that ignores its signal keeps no place for ever", async () => {
    await open({ tasksInFlightMax: 1 }, { cancelTimeoutMs: 2_000 });
    const run = await start("single", { n: 1 });
    await start("single", { n: 2 });
    const canceled = bench.engine.cancel(run.id);
    await bench.clock.advance(1_999);
    expect(inputs()).toEqual([1]);
    await bench.clock.advance(1);
    expect([await canceled, inputs()]).toEqual(["canceling", [1, 2]]);
    expect((await bench.engine.statistics()).tasksInFlight).toBe(2);
    await succeed(0);
    const third = await start("single", { n: 3 });
    expect([await third.status(), inputs()]).toEqual(["running", [1, 2]]);
    await succeed(1);
    await succeed(2);
    expect((await bench.engine.statistics()).tasksInFlight).toBe(0);
  });

  test("time in the queue counts for a task's timeout", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("limited");
    expect(inputs()).toEqual([0]);
    await bench.clock.advance(10_000);
    expect(await run.status()).toBe("failed");
    expect((await run.record()).error?.code).toBe("task/timed-out");
    expect(inputs()).toEqual([0]);
    expect((await bench.engine.statistics()).scheduling.tasksQueued).toBe(0);
  });
});

describe("calls that wait", () => {
  test("do not go out while the run is paused, and go out when it resumes", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("wide");
    expect(await bench.engine.pause(run.id)).toBe("pausing");
    await succeed(0);
    expect(await run.status()).toBe("paused");
    expect(inputs()).toEqual([0]);
    const other = await start("single", { n: 9 });
    expect(inputs()).toEqual([0, 9]);
    await succeed(1);
    expect(await other.status()).toBe("succeeded");
    expect(await bench.engine.resume(run.id)).toBe("running");
    await bench.clock.settle();
    expect(inputs()).toEqual([0, 9, 1]);
    for (const index of [2, 3, 4]) await succeed(index);
    expect(await run.status()).toBe("succeeded");
  });

  test("a paused run holds no place among the runs in flight", async () => {
    await open({ runsInFlightMax: 1, strategy: "sequential" });
    const run = await start("wide");
    const other = await start("single");
    await bench.engine.pause(run.id);
    await succeed(0);
    expect([await run.status(), await other.status()]).toEqual(["paused", "running"]);
    await bench.engine.resume(run.id);
    await bench.clock.settle();
    expect(await run.status()).toBe("scheduled");
    await succeed(1);
    expect(await run.status()).toBe("running");
    for (const index of [2, 3, 4]) await succeed(index);
    expect(await run.status()).toBe("succeeded");
  });

  test("are forgotten when the run is canceled", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("wide");
    const other = await start("single", { n: 9 });
    void bench.engine.cancel(run.id);
    await bench.clock.settle();
    expect(await run.status()).toBe("canceling");
    await succeed(0);
    expect([await run.status(), inputs()]).toEqual(["canceled", [0, 9]]);
    await succeed(1);
    expect(await other.status()).toBe("succeeded");
    expect((await bench.engine.statistics()).scheduling).toMatchObject({ tasksQueued: 0, load: 0, runsInFlight: 0 });
  });

  test("never begin where a cancel lets running tasks end", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("wide");
    const other = await start("single", { n: 9 });
    expect(await bench.engine.cancel(run.id, { tasks: "finish" })).toBe("canceling");
    await succeed(0);
    expect([await run.status(), await other.status(), inputs()]).toEqual(["canceled", "running", [0, 9]]);
    await succeed(1);
    expect([await other.status(), (await bench.engine.statistics()).scheduling.tasksQueued]).toEqual(["succeeded", 0]);
  });

  test("a scheduled run is canceled at once", async () => {
    await open({ runsInFlightMax: 1 });
    await start("wide");
    const run = await start("single");
    expect(await bench.engine.cancel(run.id)).toBe("canceled");
    for (let index = 0; index < 4; index += 1) await succeed(index);
    expect(inputs()).toEqual([0, 1, 2, 3]);
  });

  test("do not go out after the engine was closed", async () => {
    await open({ tasksInFlightMax: 1 });
    await start("wide");
    await bench.engine.close();
    work.succeed(null, 0);
    await bench.clock.settle();
    expect(inputs()).toEqual([0]);
  });

  test("go out in their order after a crash, within the limits, with the priority of their run", async () => {
    await open({ tasksInFlightMax: 2, strategy: "sequential" });
    const [first, second] = [await start("wide", {}, { priority: 2 }), await start("wide", {}, { priority: 8 })];
    await start("single", { n: 7 }, { priority: 9 });
    expect(inputs()).toEqual([0, 0]);
    bench = await bench.reopen();
    await bench.clock.settle();
    expect(inputs()).toHaveLength(4);
    const reopened = await bench.engine.runs.get(second.id);
    expect((await reopened.record()).priority).toBe(8);
    expect((await bench.engine.statistics()).scheduling).toMatchObject({ tasksQueued: 7, strategy: "sequential" });
    for (let index = 2; index < 11; index += 1) await succeed(index);
    expect(await (await bench.engine.runs.get(first.id)).status()).toBe("succeeded");
    expect(await reopened.status()).toBe("succeeded");
    for (const id of [first.id, second.id]) {
      const own = work.calls.slice(2).filter(({ key }) => key.startsWith(id));
      expect(own.map(({ input }) => input)).toEqual([0, 1, 2, 3]);
    }
  });

  test("of a paused run stay where they are after a crash", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("wide");
    await bench.engine.pause(run.id);
    await succeed(0);
    bench = await bench.reopen();
    await bench.clock.settle();
    expect([await (await bench.engine.runs.get(run.id)).status(), inputs()]).toEqual(["paused", [0]]);
    await bench.engine.resume(run.id);
    await bench.clock.settle();
    expect(inputs()).toEqual([0, 1]);
  });

  test("survive the loss of the kernel", async () => {
    await open({ tasksInFlightMax: 1 });
    const run = await start("wide");
    expect(() => bench.kernel().trap()).toThrow();
    for (let index = 0; index < 4; index += 1) {
      for (let turn = 0; turn < 4; turn += 1) await bench.clock.settle();
      await succeed(index);
    }
    for (let turn = 0; turn < 4; turn += 1) await bench.clock.settle();
    expect([await run.status(), inputs()]).toEqual(["succeeded", [0, 1, 2, 3]]);
  });

  test("a run whose commit failed asks again for what waits, and for what runs only once", async () => {
    const disk = createMemoryDisk();
    const storePort = createMemoryStore(disk);
    await open({ tasksInFlightMax: 1 }, { disk, storePort });
    const run = await start("wide");
    const commit = storePort.commit.bind(storePort);
    storePort.commit = async () => {
      storePort.commit = commit;
      throw new WorkflowError("store/failed", "a failure for once");
    };
    expect(await codeOf(bench.engine.pause(run.id))).toBe("store/failed");
    await bench.clock.advance(2_000);
    expect(inputs()).toEqual([0]);
    for (let index = 0; index < 4; index += 1) await succeed(index);
    expect([await (await bench.engine.runs.get(run.id)).status(), inputs()]).toEqual(["succeeded", [0, 1, 2, 3]]);
  });
});

test("a run that is done again has the other's priority, waits like any other and is refused like a start", async () => {
  await open({ tasksInFlightMax: 1, queueMax: 2 });
  const run = await start("single", { n: 1 }, { priority: 3 });
  work.fail(new Error("no"), 0);
  await bench.clock.settle();
  await start("single", { n: 2 });
  const again = await bench.engine.rerun(run.id);
  expect((await again.record()).priority).toBe(3);
  const other = await bench.engine.rerun(run.id, { priority: 9 });
  expect((await other.record()).priority).toBe(9);
  expect(await codeOf(bench.engine.rerun(run.id))).toBe("engine/overloaded");
  await bench.clock.settle();
  expect(inputs()).toEqual([1, 2]);
  await succeed(1);
  await succeed(2);
  expect([await other.status(), await again.status(), inputs()]).toEqual(["succeeded", "running", [1, 2, 1, 1]]);
});

describe("back-pressure", () => {
  test("start is refused while too many tasks wait; ready tells when it is not", async () => {
    await open({ tasksInFlightMax: 1, queueMax: 3 });
    await start("wide");
    expect((await bench.engine.statistics()).scheduling).toMatchObject({ tasksQueued: 3, isOverloaded: true });
    expect(await codeOf(bench.engine.start("single"))).toBe("engine/overloaded");
    let isReady = false;
    const ready = bench.engine.ready().then(() => (isReady = true));
    await bench.clock.settle();
    expect(isReady).toBe(false);
    await succeed(0);
    await ready;
    expect(await (await start("single")).status()).toBe("running");
    expect(await codeOf(bench.engine.startMany("single", [{}, {}]))).toBe("engine/overloaded");
  });

  test("runs that are about to start count", async () => {
    await open({ tasksInFlightMax: 1, queueMax: 3 });
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(bench.engine.start("single"))));
    expect(codes).toEqual([...Array<string>(4).fill("no error"), ...Array<string>(6).fill("engine/overloaded")]);
  });

  test("who waits for room is told that the engine was closed", async () => {
    await open({ tasksInFlightMax: 1, queueMax: 3 });
    await start("wide");
    const code = codeOf(bench.engine.ready());
    await bench.clock.settle();
    await bench.engine.close();
    expect(await code).toBe("engine/closed");
  });
});

describe("what is told", () => {
  test("how a run used its time, also after its end", async () => {
    await open({ strategy: "hybrid", tasksInFlightMaxByRun: 2 });
    const run = await start("wide");
    for (let index = 0; index < 4; index += 1) {
      await bench.clock.advance(10);
      await succeed(index);
    }
    expect(await run.metrics()).toEqual({
      strategy: "hybrid", taskCount: 4, taskTimeMs: 70, queueTimeMs: 30, activeTimeMs: 40, width: 2, parallelEfficiency: 70 / 80,
    });
    const single = await start("single");
    expect(await single.metrics()).toMatchObject({ taskCount: 1, parallelEfficiency: 1 });
    await bench.engine.configure({ scheduling: { strategy: "auto" } });
    expect((await single.metrics())?.strategy).toBe("sequential");
    expect((await run.metrics())?.strategy).toBe("parallel");
  });

  test("the depth of the queues and the longest wait", async () => {
    await open({ tasksInFlightMax: 1 });
    await start("wide", {}, { priority: 9 });
    await bench.clock.advance(300);
    await start("single");
    await bench.clock.advance(200);
    const { queues, queueDelayMs, load } = (await bench.engine.statistics()).scheduling;
    expect(queues).toEqual({ byPriority: [0, 0, 0, 0, 0, 1, 0, 0, 0, 3], byWorkflow: { wide: 3, single: 1 }, byTask: {} });
    expect([queueDelayMs, load]).toEqual([500, 1]);
  });
});
