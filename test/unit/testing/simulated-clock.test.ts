import { expect, test } from "vitest";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";

test("nothing passes by itself; advance fires in due order and lets each cause the next", async () => {
  const clock = new SimulatedClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} ${clock.now()}`);
  clock.schedule(30, note("c"));
  clock.schedule(10, () => {
    note("a")();
    void Promise.resolve().then(() => clock.schedule(5, note("b")));
  });
  const cancel = clock.schedule(20, note("never"));
  cancel();
  await clock.settle();
  expect(fired).toEqual([]);
  await clock.advance(100);
  expect(fired).toEqual(["a 1010", "b 1015", "c 1030"]);
  expect(clock.now()).toBe(1_100);
  expect(clock.timerCount).toBe(0);
});

test("the same seed gives the same numbers", () => {
  const [a, b] = [new SimulatedClock(0, 5), new SimulatedClock(0, 5)];
  expect(Array.from({ length: 10 }, () => a.seed())).toEqual(Array.from({ length: 10 }, () => b.seed()));
});
