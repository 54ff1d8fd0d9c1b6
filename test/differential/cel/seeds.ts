// How many random programs the tests compare, and from which seed: more with MILLRACE_DIFFERENTIAL_COUNT, others with
// MILLRACE_DIFFERENTIAL_START, one alone with MILLRACE_DIFFERENTIAL_SEED.
import { expect, test } from "vitest";
import { loadExpressions } from "../../../src/create-expressions.js";
import { compareProgram, comparePrograms } from "./compare.js";

/** Programs in all, over the files that share them. */
export const PROGRAM_COUNT = Number(process.env.MILLRACE_DIFFERENTIAL_COUNT ?? 100_000);
const START = Number(process.env.MILLRACE_DIFFERENTIAL_START ?? 20_261_120);
const { MILLRACE_DIFFERENTIAL_SEED: SINGLE } = process.env;
/** Programs between two looks at whether any differed. */
const PART_COUNT = 5_000;

/** Declares the tests of one share of `shareCount`. */
export function testShare(share: number, shareCount: number): void {
  if (SINGLE !== undefined) {
    test.runIf(share === 0)(`the program of seed ${SINGLE}`, async () => {
      await loadExpressions();
      expect(compareProgram(Number(SINGLE), { comparedCount: 0, errorCount: 0, explained: new Map() })).toBeUndefined();
    });
    return;
  }
  const size = Math.ceil(PROGRAM_COUNT / shareCount);
  const parts = Array.from({ length: Math.ceil(size / PART_COUNT) }, (_, part) => share * size + part * PART_COUNT);
  test.each(parts)("random programs from number %d on", { timeout: 600_000 }, async (first) => {
    await loadExpressions();
    const count = Math.min(PART_COUNT, (share + 1) * size - first);
    const { failure, comparedCount, errorCount } = comparePrograms(START, first, count);
    expect(failure).toBeUndefined();
    // A value that is compared with nothing, or with errors alone, would prove nothing.
    expect(comparedCount).toBeGreaterThan(count);
    expect(errorCount).toBeLessThan(count / 2);
  });
}
