import { afterEach, expect, test } from "vitest";
import { FOLLOW_UP_ROUNDS_MAX, WORKFLOW_DEPTH_MAX } from "../../../src/engine/limits.js";
import type { TaskHandler } from "../../../src/model/engine.js";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const PARENT = markdown("[*] --> Child\nChild --> Done: success\nChild --> Failed: failed\nDone --> [*]\nFailed --> [*]", {
  name: "parent",
  head: "variables:\n  out: any",
  actions: '- Child: run workflow "child" with n=21 result out',
});
const CHILD = markdown("[*] --> Work\nWork --> [*]: success", {
  name: "child",
  head: "parameters:\n  - name: n\n    type: number\n    required: true\nvariables:\n  doubled: any",
  actions: "- Work: call double with n=n result doubled",
});

let bench: Bench;
afterEach(() => bench.engine.close());

async function openFamily(handler: TaskHandler): Promise<string> {
  bench = await openBench({ tasks: { double: handler } });
  await bench.engine.load(CHILD);
  const run = await bench.engine.start(await bench.engine.load(PARENT));
  return run.id;
}

test("a child runs with its own history; its output is the parent's result", async () => {
  const runId = await openFamily(({ n }) => n * 2);
  const run = await bench.engine.runs.get(runId);
  expect(await run.result).toMatchObject({ out: { n: 21, doubled: 42 } });
  const { records } = await bench.engine.runs.query({ parentRunId: runId });
  expect(records).toMatchObject([{ workflow: "child", status: "succeeded", parentRunId: runId }]);
  expect(brief(await readEvents(run))).toEqual(expect.arrayContaining(["childStarted", "taskSucceeded child 1.0", "Child -> Done"]));
});

test("a child's failure takes the parent's failure edge", async () => {
  const runId = await openFamily(() => { throw new Error("no"); });
  const run = await bench.engine.runs.get(runId);
  await run.result;
  expect(brief(await readEvents(run))).toContain("Child -> Failed");
});

test("start and end of a child are committed with the parent", async () => {
  const double = holdTask();
  const runId = await openFamily(double.handler);
  expect((await bench.engine.statistics()).commitsTotal).toBe(1);
  expect(bench.disk.runs.size).toBe(2);
  double.succeed(42);
  await (await bench.engine.runs.get(runId)).result;
  expect((await bench.engine.statistics()).commitsTotal).toBe(2);
});

test("a missing workflow and a bad input fail the action, not the engine", async () => {
  bench = await openBench();
  const failing = (call: string): string => markdown("[*] --> A\nA --> [*]: success", { name: "failing", actions: `- A: ${call}` });
  const run = await bench.engine.start(await bench.engine.load(failing('run workflow "nobody"')));
  expect(await codeOf(run.result)).toBe("run/unknown-workflow");
});

test("children end at the depth limit", async () => {
  bench = await openBench();
  const text = markdown("[*] --> Again\nAgain --> [*]: success", { name: "endless", actions: '- Again: run workflow "endless"' });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await codeOf(run.result)).toBe("run/depth-limit");
  expect(await bench.engine.runs.count()).toBe(WORKFLOW_DEPTH_MAX + 1);
});

test("cancel reaches the child and its task", async () => {
  const double = holdTask();
  const runId = await openFamily(double.handler);
  expect(await bench.engine.cancel(runId)).toBe("canceling");
  double.fail(new Error("stopped"));
  await bench.clock.settle();
  const { records } = await bench.engine.runs.query();
  expect(records.map(({ status }) => status)).toEqual(["canceled", "canceled"]);
});

test("parent and child survive a crash", async () => {
  const double = holdTask();
  const runId = await openFamily(double.handler);
  bench = await bench.reopen();
  expect(double.calls.length).toBe(2);
  double.succeed(42);
  expect(await (await bench.engine.runs.get(runId)).result).toMatchObject({ out: { doubled: 42 } });
});

test("a long row of children that end at once is committed in parts", async () => {
  bench = await openBench();
  await bench.engine.load(markdown("[*] --> A\nA --> [*]", { name: "instant" }));
  const text = markdown("[*] --> Next\nNext --> Check: success\nCheck --> Next: [n < 100]\nCheck --> [*]: [n >= 100]", {
    head: "variables:\n  n: { type: number, initial: 0 }",
    actions: '- Next: set n = n + 1\n- Next: run workflow "instant"',
  });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await run.result).toMatchObject({ n: 100 });
  expect(await bench.engine.runs.count()).toBe(101);
  const { commitsTotal } = await bench.engine.statistics();
  expect(commitsTotal).toBeGreaterThan(200 / FOLLOW_UP_ROUNDS_MAX - 1);
  expect(commitsTotal).toBeLessThan(10);
});
