// Random programs by their steps and by generated functions. More with MILLRACE_DIFFERENTIAL_COUNT, others with MILLRACE_DIFFERENTIAL_START.
import { expect, test } from "vitest";
import { PROGRAM_COUNT } from "./cel/seeds.js";
import { NativeComparison } from "./native/comparison.js";
import { makeHostileSubject } from "./native/hostile-subjects.js";
import { makeListSubject } from "./native/list-subjects.js";

const START = Number(process.env.MILLRACE_DIFFERENTIAL_START ?? 20_261_128);
/** Programs between two looks. */
const PART_COUNT = 10_000;
const parts = Array.from({ length: Math.ceil(PROGRAM_COUNT / PART_COUNT) }, (_, part) => part * PART_COUNT);

test.each(parts)("generated functions do what steps do: programs from number %d on", { timeout: 600_000 }, async (first) => {
  const comparison = await NativeComparison.open();
  const count = Math.min(PART_COUNT, PROGRAM_COUNT - first);
  expect(await comparison.compare(START, first, count)).toBeUndefined();
  const { programCount, nativeCount, evaluationCount, errorCount } = comparison.tally;
  expect(programCount).toBe(count);
  expect(nativeCount).toBe(count);
  expect(errorCount).toBeLessThan(evaluationCount * 0.8);
});

test("and so they do with loops over long lists", { timeout: 600_000 }, async () => {
  const comparison = await NativeComparison.open();
  const count = Math.ceil(PROGRAM_COUNT / 10);
  expect(await comparison.compare(START, 0, count, makeListSubject)).toBeUndefined();
  expect(comparison.tally.nativeCount).toBe(count);
});

test("and whatever else the kernel takes", { timeout: 600_000 }, async () => {
  for (const build of ["release", "debug"] as const) {
    const comparison = await NativeComparison.open(build);
    const count = Math.ceil(PROGRAM_COUNT / (build === "debug" ? 50 : 4));
    expect(await comparison.compare(START, 0, count, makeHostileSubject)).toBeUndefined();
    expect(comparison.tally.nativeCount).toBeGreaterThan(count / 20);
  }
});
