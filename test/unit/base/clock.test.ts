import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClock, TIMER_LOOK_MS } from "../../../src/base/clock.js";
import { createPrng } from "../../../src/base/prng.js";
import { createRunId, createRunIds } from "../../../src/base/run-id.js";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => vi.useRealTimers());

test.each([2 * TIMER_LOOK_MS + 1_000, 2 ** 31 + 1_000])("a timer of %d ms fires once, at its time", (delayMs) => {
  const clock = createClock();
  let count = 0;
  clock.schedule(delayMs, () => (count += 1));
  vi.advanceTimersByTime(delayMs - 1);
  expect(count).toBe(0);
  vi.advanceTimersByTime(1);
  expect(count).toBe(1);
  vi.advanceTimersByTime(TIMER_LOOK_MS);
  expect(count).toBe(1);
});

test("a canceled timer does not fire, in whichever chunk it is", () => {
  const clock = createClock();
  let count = 0;
  const cancels = [clock.schedule(10, () => (count += 1)), clock.schedule(TIMER_LOOK_MS + 10, () => (count += 1))];
  vi.advanceTimersByTime(5);
  cancels[0]?.();
  vi.advanceTimersByTime(TIMER_LOOK_MS);
  cancels[1]?.();
  vi.advanceTimersByTime(100);
  expect(count).toBe(0);
});

test("a long timer notices within a minute that the clock was set, or that the machine slept", () => {
  const clock = createClock();
  let count = 0;
  clock.schedule(3_600_000, () => (count += 1));
  vi.advanceTimersByTime(30_000);
  // Timers of the platform take no notice of that.
  vi.setSystemTime(Date.now() + 8 * 3_600_000);
  vi.advanceTimersByTime(60_000);
  expect(count).toBe(1);
  vi.advanceTimersByTime(3_600_000);
  expect(count).toBe(1);
});

test("a timer does not wait for a clock that was set back", () => {
  const clock = createClock();
  let count = 0;
  clock.schedule(3_600_000, () => (count += 1));
  vi.setSystemTime(Date.now() - 8 * 3_600_000);
  vi.advanceTimersByTime(3_599_999);
  expect(count).toBe(0);
  vi.advanceTimersByTime(1);
  expect(count).toBe(1);
});

test("defer comes after the microtasks in hand", async () => {
  const order: string[] = [];
  const clock = createClock();
  const done = new Promise<void>((resolve) => clock.defer(() => resolve(void order.push("deferred"))));
  await Promise.resolve().then(() => order.push("microtask"));
  await done;
  expect(order).toEqual(["microtask", "deferred"]);
});

test("seeds are u32 and differ", () => {
  const clock = createClock();
  const seeds = Array.from({ length: 1_000 }, () => clock.seed());
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  expect(new Set(seeds).size).toBeGreaterThan(990);
});

test("the seeded generator repeats itself", () => {
  const [a, b, c] = [createPrng(7), createPrng(7), createPrng(8)];
  const row = Array.from({ length: 100 }, () => a());
  expect(Array.from({ length: 100 }, () => b())).toEqual(row);
  expect(Array.from({ length: 100 }, () => c())).not.toEqual(row);
});

test("run ids ascend, also within a millisecond", () => {
  const ids = Array.from({ length: 5_000 }, createRunId);
  expect(ids).toEqual([...ids].sort());
  expect(new Set(ids).size).toBe(5_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const more = createRunIds(1_000);
  expect([...ids, ...more]).toEqual([...ids, ...more].sort());
  expect(new Set([...ids, ...more]).size).toBe(6_000);
});

test("a run id begins with the time, and goes on when the clock goes back", () => {
  vi.useFakeTimers({ now: Date.UTC(2031, 4, 6) });
  const first = createRunId();
  expect(Number.parseInt(first.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.UTC(2031, 4, 6));
  vi.setSystemTime(Date.UTC(2030, 0, 1));
  expect(createRunId() > first).toBe(true);
  vi.useRealTimers();
});
