import { afterEach, expect, test } from "vitest";
import { TimerQueue } from "../../../src/engine/timer-queue.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { type Bench, brief, markdown, openBench, readEvents } from "./harness.js";

const REMINDER = markdown("[*] --> Asked\nAsked --> Answered: answer\nAsked --> Reminded: after 1h\nReminded --> Answered: answer\nReminded --> GivenUp: after 3d\nAnswered --> [*]\nGivenUp --> [*]", {
  head: "events: [answer]",
});

let bench: Bench | undefined;
afterEach(() => bench?.engine.close());

test("an after transition fires when its time has come", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(REMINDER));
  expect((await bench.engine.statistics()).timersPending).toBe(1);
  await bench.clock.advance(3_599_999);
  expect(await run.states()).toEqual(["Asked"]);
  await bench.clock.advance(1);
  expect(await run.states()).toEqual(["Reminded"]);
  await bench.clock.advance(3 * 86_400_000);
  await run.result;
  expect(brief(await readEvents(run)).filter((line) => line.startsWith("timer"))).toEqual(["timerSet", "timerFired", "timerSet", "timerFired"]);
});

test("leaving the state cancels the timer", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(REMINDER));
  await bench.engine.send(run.id, "answer");
  await run.result;
  expect((await bench.engine.statistics()).timersPending).toBe(0);
  expect(brief(await readEvents(run))).toContain("timerCanceled");
});

test("wait actions and runs started apart fire in due order", async () => {
  bench = await openBench();
  const text = markdown("[*] --> A\nA --> [*]", { actions: "- A: wait 5s" });
  const workflow = await bench.engine.load(text);
  const ended: string[] = [];
  for (const name of ["first", "second", "third"]) {
    const run = await bench.engine.start(workflow, {}, { runId: name });
    void run.result.then(() => ended.push(name));
    await bench.clock.advance(1_000);
  }
  await bench.clock.advance(10_000);
  expect(ended).toEqual(["first", "second", "third"]);
});

test("the queue fires what is due, in due order, and forgets what was canceled", async () => {
  const clock = new SimulatedClock(0);
  const fired: number[][] = [];
  const queue = new TimerQueue<number>(clock, (owners) => fired.push([...owners]));
  const timers = Array.from({ length: 300 }, (_, index) => queue.add((index * 7919) % 1_000, index));
  for (const timer of timers) if (timer.owner % 3 !== 0) queue.cancel(timer);
  expect(queue.count).toBe(100);
  await clock.advance(1_000);
  const dues = fired.flat().map((owner) => (owner * 7919) % 1_000);
  expect(dues).toEqual([...dues].sort((a, b) => a - b));
  expect(fired.flat().length).toBe(100);
  expect(queue.count).toBe(0);
  queue.add(5_000, 1);
  queue.clear();
  expect(clock.timerCount).toBe(0);
});
