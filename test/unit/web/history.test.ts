// The page's lists of events: each topic has what is told under it, in order, and none grows without end.
import { expect, it } from "vitest";
import type { RunEvent } from "../../../src/model/engine.js";
import { EventList, eventCountMax, History } from "../../../web/run/history.js";

function log(seq: number): RunEvent {
  return { type: "log", seq, time: 1_000 + seq, level: "info", message: "", state: "A" };
}

it("a list keeps the newest events, and says how many came before them", () => {
  const list = new EventList();
  for (let seq = 0; seq < eventCountMax * 2 + 7; seq += 1) {
    list.add(log(seq));
    if (seq % 777 !== 0) continue;
    expect(list.first + list.count).toBe(seq + 1);
    expect(list.count).toBeLessThanOrEqual(eventCountMax);
    expect(list.at(0)?.seq).toBe(list.first);
    expect(list.at(list.count - 1)?.seq).toBe(seq);
  }
  expect(list.first).toBeGreaterThan(0);
});

it("a topic has its own events, and what is counted stands under all only", () => {
  const history = new History();
  history.add(log(1), false);
  history.add({ type: "taskStarted", seq: 2, time: 5_000, task: "a", visit: "1", input: null }, true);
  history.add({ type: "taskFailed", seq: 3, time: 6_000, task: "a", visit: "1", error: { code: "x", message: "", details: {}, isRetryable: false } }, false);
  const read = (topic: Parameters<History["listOf"]>[0]): number[] => {
    const list = history.listOf(topic);
    return Array.from({ length: list.count }, (_, index) => list.at(index)?.seq ?? 0);
  };
  expect(read("all")).toEqual([1, 2, 3]);
  expect(read("story")).toEqual([1, 3]);
  expect(read("tasks")).toEqual([3]);
  expect(read("logs")).toEqual([1]);
  expect(history.startTime).toBe(1_001);
});
