import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareSamples, describeSpread, median, quantile } from "../../../bench/statistics.js";

const sampleList = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 40 });

describe("quantile", () => {
  test("takes the middle one of an odd count and the mean of the middle two of an even one", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test("lies linearly between neighbours", () => {
    expect(quantile([0, 10, 20, 30, 40], 0.1)).toBe(4);
    expect(quantile([0, 10, 20, 30, 40], 1)).toBe(40);
  });

  test("leaves its samples in their order", () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });

  test("refuses to speak of no samples", () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test("stays between the least and the greatest, and rises with the fraction", () => {
    fc.assert(
      fc.property(sampleList, (samples) => {
        const { p10, median: middle, p90 } = describeSpread(samples);
        expect(p10).toBeGreaterThanOrEqual(Math.min(...samples));
        expect(middle).toBeGreaterThanOrEqual(p10);
        expect(p90).toBeGreaterThanOrEqual(middle);
        expect(p90).toBeLessThanOrEqual(Math.max(...samples));
      }),
    );
  });
});

describe("compareSamples", () => {
  test("pairs rounds, so that a drift shared by both leaves no spread", () => {
    const fast = [10, 20, 40, 80];
    const ratio = compareSamples(fast.map((time) => time * 3), fast);
    expect(ratio.perRound).toEqual({ median: 3, p10: 3, p90: 3 });
    expect(ratio.ofMedians).toBe(3);
  });

  test("refuses samples of different rounds", () => {
    expect(() => compareSamples([1, 2], [1])).toThrow("2 rounds against 1");
  });
});
