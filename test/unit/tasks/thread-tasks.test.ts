import { expect, test } from "vitest";
import { WorkflowError } from "../../../src/model/errors.js";
import type { TaskCall, TaskResult } from "../../../src/model/ports.js";
import { createTasks } from "../../../src/tasks/thread-tasks.js";

function makeCall(task: string, serial: number, input: unknown = null): TaskCall {
  return { runId: "r", serial, task, visit: "1.0", item: 0, attempt: 1, input };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("handlers get their input and context, and each call has one result", async () => {
  const seen: unknown[] = [];
  const tasks = createTasks({
    double: (input: number, { attempt, idempotencyKey, runId, task }) => {
      seen.push([attempt, idempotencyKey, runId, task]);
      return input * 2;
    },
    later: async (input: number) => input + 1,
  });
  const results: TaskResult[] = [];
  tasks.onResults = (batch) => results.push(...batch);
  tasks.perform([makeCall("double", 1, 4), makeCall("later", 2, 4)]);
  await turn();
  expect(seen).toEqual([[1, "r/1.0/0", "r", "double"]]);
  expect(results).toMatchObject([{ isSuccess: true, value: 8, call: { serial: 1 } }, { isSuccess: true, value: 5, call: { serial: 2 } }]);
});

test("a call that is running is not started twice; after its end it may", async () => {
  let count = 0;
  const tasks = createTasks({ work: async () => (count += 1) });
  tasks.perform([makeCall("work", 1), makeCall("work", 1)]);
  tasks.perform([makeCall("work", 1)]);
  await turn();
  expect(count).toBe(1);
  tasks.perform([makeCall("work", 1)]);
  await turn();
  expect(count).toBe(2);
});

test("throws become failures that keep their code", async () => {
  const tasks = createTasks({
    plain: () => { throw new Error("plain"); },
    coded: async () => { throw new WorkflowError("task/declined", "no", { details: { reason: 7 }, isRetryable: true }); },
    text: () => Promise.reject("just text"),
  });
  const results: TaskResult[] = [];
  tasks.onResults = (batch) => results.push(...batch);
  tasks.perform([makeCall("plain", 1), makeCall("coded", 2), makeCall("text", 3), makeCall("missing", 4)]);
  await turn();
  const errors = Object.fromEntries(results.map((result) => [result.call.task, result.isSuccess ? undefined : result.error]));
  expect(errors).toMatchObject({
    plain: { code: "task/failed", message: "plain" },
    coded: { code: "task/declined", details: { reason: 7 }, isRetryable: true },
    text: { code: "task/failed", message: "just text" },
    missing: { code: "task/unregistered" },
  });
});

test("abort reaches the signal, also one that is looked at only later", async () => {
  const states: boolean[] = [];
  const tasks = createTasks({
    early: (_input, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(states.push(signal.aborted)))),
    late: async (_input, context) => {
      await turn();
      states.push(context.signal.aborted);
    },
  });
  tasks.perform([makeCall("early", 1), makeCall("late", 2)]);
  tasks.abort([1, 2, 3].map((serial) => ({ runId: "r", serial })));
  await turn();
  await turn();
  expect(states).toEqual([true, true]);
});

test("only own functions are tasks", () => {
  const tasks = createTasks({ a: () => 1 });
  expect([tasks.has("a"), tasks.has("constructor"), tasks.has("toString")]).toEqual([true, false, false]);
  expect(tasks.names()).toEqual(["a"]);
  expect(() => createTasks({ b: 3 as never })).toThrow(expect.objectContaining({ code: "engine/invalid-option" }));
});
