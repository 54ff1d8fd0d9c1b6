import { afterEach, expect, test } from "vitest";
import { WorkflowError } from "../../../src/model/errors.js";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const CHARGE = markdown("[*] --> Pay\nPay --> Paid: success\nPay --> Refused: failed\nPaid --> [*]\nRefused --> [*]", {
  name: "charge",
  head: "variables:\n  receipt: any",
  actions: "- Pay: call charge with total=total result receipt",
});

let bench: Bench;
afterEach(() => bench.engine.close());

test("a task gets its input and a key of run, visit and item; its result goes on", async () => {
  const charge = holdTask();
  bench = await openBench({ tasks: { charge: charge.handler } });
  const run = await bench.engine.start(await bench.engine.load(CHARGE), { total: 129.5 });
  expect(await run.status()).toBe("running");
  expect(charge.calls).toMatchObject([{ input: { total: 129.5 }, key: `${run.id}/1.0/0`, attempt: 1 }]);
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: 1, tasksInFlight: 1 });
  charge.succeed({ id: "r-1" });
  expect(await run.result).toMatchObject({ receipt: { id: "r-1" } });
  expect(brief(await readEvents(run))).toContain("Pay -> Paid");
});

test("a failure takes the failure edge", async () => {
  bench = await openBench({ tasks: { charge: () => Promise.reject(new WorkflowError("task/declined", "no funds")) } });
  const run = await bench.engine.start(await bench.engine.load(CHARGE), { total: 1 });
  await run.result;
  const events = await readEvents(run);
  expect(brief(events)).toContain("Pay -> Refused");
  expect(events.find(({ type }) => type === "taskFailed")).toMatchObject({ task: "charge", error: { code: "task/declined", message: "no funds" } });
});

test("a failure without an edge fails the run with the task's own error", async () => {
  const text = markdown("[*] --> Pay\nPay --> [*]", { actions: "- Pay: call charge" });
  bench = await openBench({ tasks: { charge: () => { throw Object.assign(new Error("broken"), { code: "card/broken" }); } } });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await codeOf(run.result)).toBe("card/broken");
  expect(await run.record()).toMatchObject({ status: "failed", error: { code: "card/broken", message: "broken" } });
});

test("tasks of many runs start in one batch and are committed before", async () => {
  const charge = holdTask();
  bench = await openBench({ tasks: { charge: charge.handler } });
  const workflow = await bench.engine.load(CHARGE);
  const runs = await bench.engine.startMany(workflow, Array.from({ length: 20 }, (_, total) => ({ total })));
  expect(charge.calls.length).toBe(20);
  expect(bench.disk.runs.size).toBe(20);
  charge.calls.forEach((_, index) => charge.succeed(index, index));
  await Promise.all(runs.map((run) => run.result));
  expect((await bench.engine.statistics()).commitsTotal).toBeLessThan(6);
});

test("a result that is no value fails the task", async () => {
  bench = await openBench({ tasks: { charge: () => ({ call: () => 1 }) } });
  const run = await bench.engine.start(await bench.engine.load(CHARGE), { total: 1 });
  await run.result;
  expect((await readEvents(run)).find(({ type }) => type === "taskFailed")).toMatchObject({ error: { code: "value/unsupported" } });
});

test("a state that is left aborts its task; the late result is ignored", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const text = markdown("[*] --> Busy\nBusy --> Idle: stop\nBusy --> [*]: success\nIdle --> [*]: finish", { head: "events: [stop, finish]", actions: "- Busy: call work" });
  const run = await bench.engine.start(await bench.engine.load(text));
  await bench.engine.send(run.id, "stop");
  expect(work.calls[0]?.signal.aborted).toBe(true);
  expect(await run.status()).toBe("waiting");
  work.succeed("late");
  await bench.clock.settle();
  expect(await run.states()).toEqual(["Idle"]);
  expect((await run.record()).seq).toBe(2);
  await bench.engine.send(run.id, "finish");
  await run.result;
});

test("an unregistered task keeps the workflow from loading", async () => {
  bench = await openBench({ tasks: {} });
  try {
    await bench.engine.load(CHARGE);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    expect(error.code).toBe("task/unregistered");
    expect(error.details).toMatchObject({ tasks: [{ name: "charge", place: { line: expect.any(Number) } }] });
    expect(error.place?.line).toBeGreaterThan(5);
  }
});
