import { afterEach, describe, expect, test } from "vitest";
import type { Run } from "../../../src/model/engine.js";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const BUSY = markdown("[*] --> Busy\nBusy --> [*]: success", { name: "busy", actions: "- Busy: call work" });

let bench: Bench;
afterEach(() => bench.engine.close());

test("a waiting run is canceled at once", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(markdown("[*] --> A\nA --> [*]: after 1h")));
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await codeOf(run.result)).toBe("run/canceled");
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect((await bench.engine.statistics()).timersPending).toBe(0);
  expect(brief(await readEvents(run)).at(-1)).toBe("ended canceled");
});

test("a running task is aborted, and the run is canceled when it has ended", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  expect(await bench.engine.cancel(run.id)).toBe("canceling");
  expect(work.calls[0]?.signal.aborted).toBe(true);
  expect(await bench.engine.send(run.id, "anything")).toMatchObject({ status: "unknown" });
  work.fail(new Error("aborted"));
  expect(await codeOf(run.result)).toBe("run/canceled");
  expect((await run.record()).status).toBe("canceled");
});

describe("tasks may finish before the run is canceled", () => {
  const TWO = "millrace: 1\nname: two\ntasks: {a: {action: work, input: a, next: c}, b: {action: work, input: b}, c: {action: work, input: c}}\n";

  test("nothing new begins, nothing is aborted", async () => {
    const work = holdTask();
    bench = await openBench({ tasks: { work: work.handler } });
    const run = await bench.engine.start(await bench.engine.load(TWO));
    expect(await bench.engine.cancel(run.id, { tasks: "finish" })).toBe("canceling");
    expect(work.calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    work.succeed(1, 0);
    await bench.clock.advance(0);
    expect(await run.status()).toBe("canceling");
    expect(await bench.engine.resume(run.id)).toBe("canceling");
    work.succeed(2, 1);
    expect(await codeOf(run.result)).toBe("run/canceled");
    expect(work.calls).toHaveLength(2);
  });

  test("a run with nothing in flight is canceled at once, a paused one too", async () => {
    bench = await openBench();
    const workflow = await bench.engine.load("millrace: 1\ntasks: {a: {action: wait, duration: 60}}\n");
    const [run, other] = await bench.engine.startMany(workflow, [{}, {}]);
    await bench.engine.cancel(String(run?.id), { tasks: "finish" });
    expect(await codeOf((run as Run).result)).toBe("run/canceled");
    await bench.engine.pause(String(other?.id));
    await bench.engine.cancel(String(other?.id), { tasks: "finish" });
    expect(await codeOf((other as Run).result)).toBe("run/canceled");
  });

  test("what a queue holds back does not begin any more", async () => {
    const work = holdTask();
    bench = await openBench({ tasks: { work: work.handler }, scheduling: { tasksInFlightMax: 1 } });
    const run = await bench.engine.start(await bench.engine.load(TWO));
    await bench.engine.cancel(run.id, { tasks: "finish" });
    work.succeed();
    expect(await codeOf(run.result)).toBe("run/canceled");
    expect(work.calls).toHaveLength(1);
  });

  test("tasks of a sub-workflow too", async () => {
    const work = holdTask();
    bench = await openBench({ tasks: { work: work.handler } });
    await bench.engine.load(TWO);
    const run = await bench.engine.start(await bench.engine.load("millrace: 1\ntasks: {s: {workflow: two}}\n"));
    await bench.clock.advance(0);
    await bench.engine.cancel(run.id, { tasks: "finish" });
    await bench.clock.advance(0);
    const [child] = (await bench.engine.runs.query({ parentRunId: run.id })).records;
    expect(child?.status).toBe("canceling");
    work.succeed(1, 0);
    work.succeed(2, 1);
    expect(await codeOf(run.result)).toBe("run/canceled");
    expect((await bench.engine.runs.query({ parentRunId: run.id })).records[0]?.status).toBe("canceled");
    expect(work.calls).toHaveLength(2);
  });

  test("after a crash the run is canceled", async () => {
    const work = holdTask();
    bench = await openBench({ tasks: { work: work.handler } });
    const run = await bench.engine.start(await bench.engine.load(TWO));
    await bench.engine.cancel(run.id, { tasks: "finish" });
    bench = await bench.reopen();
    await bench.clock.advance(0);
    expect((await (await bench.engine.runs.get(run.id)).record()).status).toBe("canceled");
    expect(work.calls).toHaveLength(2);
  });
});

test("a run that is failed from outside has the error that it was given, at once and after a crash", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const parent = "millrace: 1\nname: parent\ntasks: {a: {workflow: busy, next: [{when: failed, publish: {e: '{{ error }}'}}]}}\noutput: '{{ vars.e.details.by }}'\n";
  const busy = await bench.engine.load(BUSY);
  const run = await bench.engine.start(busy);
  expect(await bench.engine.fail(run.id, { code: "shop/closed", message: "We are closed", details: { by: "Ann" } })).toBe("failed");
  expect(work.calls[0]?.signal.aborted).toBe(true);
  await expect(run.result).rejects.toMatchObject({ code: "shop/closed", message: "We are closed", details: { by: "Ann" } });
  expect(brief(await readEvents(run)).at(-1)).toBe("ended failed");
  await expect(bench.engine.fail(run.id, { message: "again" })).resolves.toBe("failed");
  await expect(bench.engine.fail(run.id, "no" as never)).rejects.toMatchObject({ code: "engine/invalid-argument" });
  bench = await bench.reopen();
  const found = await bench.engine.runs.get(run.id);
  await expect(found.result).rejects.toMatchObject({ code: "shop/closed" });
  await bench.engine.load(BUSY);
  const outer = await bench.engine.start(await bench.engine.load(parent));
  await bench.clock.advance(0);
  const [child] = (await bench.engine.runs.query({ parentRunId: outer.id })).records;
  await bench.engine.fail(String(child?.runId), { details: { by: "Bob" } });
  expect(await outer.result).toBe("Bob");
});

test("a task that ignores its signal is given up after cancelTimeoutMs", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler }, cancelTimeoutMs: 2_000 });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  await bench.engine.cancel(run.id);
  await bench.clock.advance(1_999);
  expect(await run.status()).toBe("canceling");
  await bench.clock.advance(1);
  expect(await run.status()).toBe("canceled");
  work.succeed("too late");
  await bench.clock.settle();
  expect(await run.status()).toBe("canceled");
});

test("a paused run can be canceled; what it held is dropped", async () => {
  bench = await openBench();
  const text = markdown("[*] --> A\nA --> [*]: go", { head: "events: [go]" });
  const run = await bench.engine.start(await bench.engine.load(text));
  await bench.engine.pause(run.id);
  await bench.engine.send(run.id, "go");
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await codeOf(run.result)).toBe("run/canceled");
});

test("a cancel that was recorded is finished after a crash", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  await bench.engine.cancel(run.id);
  bench = await bench.reopen();
  await bench.clock.settle();
  expect(await (await bench.engine.runs.get(run.id)).status()).toBe("canceled");
  expect(work.calls.length).toBe(1);
});
