import { describe, expect, test } from "vitest";
import { createZipf, measureHitRate } from "../../../bench/cache-size.js";

describe("the cache's measurement", () => {
  test("a rule set asked in turn is held whole or not at all", () => {
    expect(measureHitRate(100, (question) => question % 101, 10_100)).toBe(0);
    expect(measureHitRate(101, (question) => question % 101, 10_100)).toBeCloseTo(0.99, 10);
  });

  test("frequent texts hit more often, a larger cache as well", () => {
    const rates = [10, 100, 1_000].map((size) => measureHitRate(size, createZipf(1_000, 1, 7), 20_000));
    expect(rates.toSorted((left, right) => left - right)).toEqual(rates);
    expect(rates.at(-1)).toBeGreaterThan(0.9);
  });

  test("Zipf's law: the first of two is twice as frequent as the second", () => {
    const next = createZipf(2, 1, 3);
    const firstCount = Array.from({ length: 30_000 }, next).filter((index) => index === 0).length;
    expect(firstCount / 30_000).toBeCloseTo(2 / 3, 1);
  });
});
