// Counts of items against a plain model of what became of each, and how often progress is said.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../src/model/engine.js";
import { type ItemCounts, ItemTally, listedItemCountMax, SpokenProgress } from "../../../web/run/item-counts.js";

const VISIT = "7";

function tell(event: object): RunEvent {
  return { seq: 1, time: 0, ...event } as RunEvent;
}

/** What happens to items, as an engine tells it: an item is at work or not, and a failed one may be tried again. */
const story = fc.record({
  total: fc.integer({ min: 1, max: 60 }),
  steps: fc.array(fc.record({ item: fc.nat(59), fate: fc.constantFrom("taskSucceeded", "taskFailed", "taskCanceled") }), { maxLength: 200 }),
});

function listEvents({ total, steps }: { total: number; steps: readonly { item: number; fate: string }[] }): { events: RunEvent[]; fates: Map<number, string> } {
  const fates = new Map<number, string>();
  const attempts = new Map<number, number>();
  const events = [tell({ type: "itemsStarted", state: "check", visit: VISIT, count: total })];
  for (const { item, fate } of steps) {
    const before = fates.get(item);
    if (item >= total || before === "taskSucceeded" || before === "taskCanceled") continue;
    const attempt = attempts.get(item) ?? 1;
    const at = { task: "runChecks", visit: VISIT, item, ...(attempt > 1 && { attempt }) };
    if (before === "working") {
      events.push(tell({ ...at, type: fate }));
      fates.set(item, fate);
    } else {
      const next = before === undefined ? 1 : attempt + 1;
      attempts.set(item, next);
      events.push(tell({ type: "taskStarted", task: "runChecks", visit: VISIT, item, ...(next > 1 && { attempt: next }) }));
      fates.set(item, "working");
    }
  }
  return { events, fates };
}

describe("counts of items", () => {
  it("say of all items what became of each", () => {
    fc.assert(
      fc.property(story, (one) => {
        const { events, fates } = listEvents(one);
        const tally = new ItemTally();
        for (const event of events) expect(tally.take(event)).toBe(VISIT);
        const count = (fate: string): number => [...fates.values()].filter((known) => known === fate).length;
        const expected = {
          state: "check",
          total: one.total,
          done: count("taskSucceeded") + count("taskFailed"),
          failed: count("taskFailed"),
          atWork: count("working"),
        };
        expect(tally.countsOf(VISIT)).toEqual(expected);
        expect(tally.listNewest()).toEqual(new Map([["check", expected]]));
      }),
    );
  });

  it("take the place of lines where there are many items, but never of a failure", () => {
    for (const total of [listedItemCountMax, listedItemCountMax + 1]) {
      const tally = new ItemTally();
      tally.take(tell({ type: "itemsStarted", state: "check", visit: VISIT, count: total }));
      const isMany = total > listedItemCountMax;
      const at = { task: "runChecks", visit: VISIT, item: 3 };
      expect(tally.isCounted(tell({ ...at, type: "taskStarted" }))).toBe(isMany);
      expect(tally.isCounted(tell({ ...at, type: "taskSucceeded" }))).toBe(isMany);
      expect(tally.isCounted(tell({ ...at, type: "taskFailed" }))).toBe(false);
      expect(tally.isCounted(tell({ type: "taskStarted", task: "other", visit: "8" }))).toBe(false);
    }
  });

  it("keep the newest thousand visits of a loop", () => {
    const tally = new ItemTally();
    for (let visit = 0; visit < 1_500; visit += 1) tally.take(tell({ type: "itemsStarted", state: "check", visit: String(visit), count: 2 }));
    expect(tally.countsOf("499")).toBeUndefined();
    expect(tally.countsOf("500")).toBeDefined();
    expect(tally.listNewest().size).toBe(1);
  });
});

describe("progress that is said", () => {
  const at = (done: number): ReadonlyMap<string, ItemCounts> => new Map([["check", { state: "check", total: 10_000, done, failed: 0, atWork: 0 }]]);

  it("is said by tenths, not more often than the interval, and at the end in any case", () => {
    const spoken = new SpokenProgress(3_000);
    const said: number[] = [];
    for (let done = 0; done <= 10_000; done += 1) if (spoken.say(at(done), done, (name) => name) !== undefined) said.push(done);
    expect(said).toEqual([1_000, 4_000, 7_000, 10_000]);
  });

  it("says the same only once, and tells of two tasks in one sentence", () => {
    const spoken = new SpokenProgress(0);
    const both = new Map([...at(2_000), ["mend", { state: "mend", total: 4, done: 2, failed: 1, atWork: 0 }] as const]);
    expect(spoken.say(both, 0, (name) => name)).toBe("check: 2,000 of 10,000 done; mend: 2 of 4 done, 1 failed");
    expect(spoken.say(both, 9_000, (name) => name)).toBeUndefined();
  });
});
