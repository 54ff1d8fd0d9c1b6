// What handlers log crosses with results, or a few times a second: never a message an entry.
import { expect, test } from "vitest";
import type { TaskContext } from "../../../src/model/engine.js";
import type { TaskLogEntry, TaskResult } from "../../../src/model/ports.js";
import { createTasks } from "../../../src/tasks/thread-tasks.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { LOGS_BY_MESSAGE_MAX, LOGS_DELAY_MS } from "../../../src/worker/limits.js";
import type { FromHandlers } from "../../../src/worker/protocol.js";
import { createTaskRelay, serveTasks } from "../../../src/worker/task-relay.js";

interface Sides {
  readonly clock: SimulatedClock;
  /** In the order in which it arrived: results and logs. */
  readonly told: string[];
  readonly messages: FromHandlers[];
  call(serial: number): void;
  readonly contexts: TaskContext[];
  end(): void;
}

function connect(): Sides {
  const clock = new SimulatedClock();
  const contexts: TaskContext[] = [];
  const told: string[] = [];
  const messages: FromHandlers[] = [];
  const ends: (() => void)[] = [];
  const tasks = createTasks({ work: (_input, context) => { contexts.push(context); return new Promise<void>((resolve) => ends.push(resolve)); } });
  // Two ends of a channel that needs no event loop.
  const page = { onmessage: null as ((event: { data: unknown }) => void) | null, postMessage: (data: unknown) => { messages.push(data as FromHandlers); worker.onmessage?.({ data }); } };
  const worker = { onmessage: null as ((event: { data: unknown }) => void) | null, postMessage: (data: unknown) => page.onmessage?.({ data }) };
  const relay = createTaskRelay(["work"], worker as unknown as MessagePort);
  serveTasks(tasks, page as unknown as MessagePort, clock);
  relay.onLogs = (logs: readonly TaskLogEntry[]) => told.push(...logs.map(({ message }) => message));
  relay.onResults = (results: readonly TaskResult[]) => told.push(...results.map(({ call }) => `result ${call.serial}`));
  const call = (serial: number): void => relay.perform([{ runId: "r", serial, task: "work", visit: "1", item: 0, attempt: 1, input: null }]);
  return { clock, told, messages, contexts, call, end: () => ends.shift()?.() };
}

test("entries of a call arrive before its result, in the same message", async () => {
  const sides = connect();
  sides.call(1);
  sides.contexts[0]?.log.info("one");
  sides.contexts[0]?.log.info("two");
  sides.end();
  await sides.clock.settle();
  expect(sides.told).toEqual(["one", "two", "result 1"]);
  expect(sides.messages).toHaveLength(1);
  await sides.clock.advance(LOGS_DELAY_MS * 2);
  expect(sides.messages).toHaveLength(1);
});

test("those of a call that goes on come together after a while, and when there are many", async () => {
  const sides = connect();
  sides.call(1);
  for (let index = 0; index < 10; index += 1) sides.contexts[0]?.log.info(`m${index}`);
  await sides.clock.advance(LOGS_DELAY_MS - 1);
  expect(sides.messages).toHaveLength(0);
  await sides.clock.advance(1);
  expect([sides.messages.length, sides.told.length]).toEqual([1, 10]);
  for (let index = 0; index < LOGS_BY_MESSAGE_MAX * 5 + 1; index += 1) sides.contexts[0]?.log.info("more");
  expect([sides.messages.length, sides.told.length]).toEqual([6, 10 + LOGS_BY_MESSAGE_MAX * 5]);
  sides.end();
  await sides.clock.settle();
  expect(sides.told.slice(-2)).toEqual(["more", "result 1"]);
  sides.contexts[0]?.log.warn("after the end");
  await sides.clock.advance(LOGS_DELAY_MS);
  expect(sides.told.at(-1)).toBe("after the end");
});
