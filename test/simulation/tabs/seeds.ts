// Plays seeds in one test file of several. MILLRACE_SEEDS plays so many in all, MILLRACE_SEED one.
import { expect, test } from "vitest";
import { describeFailure } from "./failure.js";
import { type Counts, playSeed } from "./stage.js";

const SEED_COUNT_DEFAULT = 2_000;
const FILE_COUNT = 4;
/** For making a plan that failed smaller, ms. */
const SHRINK_MS_MAX = 60_000;

/** Tests of one file of `FILE_COUNT`, from 0. */
export function testSeeds(file: number): void {
  const single = process.env.MILLRACE_SEED;
  const all = Array.from({ length: Number(process.env.MILLRACE_SEEDS ?? SEED_COUNT_DEFAULT) }, (_, index) => index + 1);
  const seeds = all.filter((seed) => seed % FILE_COUNT === file);
  test(`tabs under ${single === undefined ? `${seeds.length} seeds` : `seed ${single}`}`, { timeout: 30 * 60_000 }, async () => {
    const seen: Partial<Record<keyof Counts, number>> = {};
    for (const seed of single === undefined ? seeds : [Number(single)]) {
      try {
        const counts = await playSeed(seed);
        for (const name of Object.keys(counts) as (keyof Counts)[]) seen[name] = (seen[name] ?? 0) + counts[name];
      } catch (error) {
        throw new Error(await describeFailure(seed, error, SHRINK_MS_MAX));
      }
    }
    // The faults were there.
    if (single === undefined) for (const [name, count] of Object.entries(seen)) expect({ name, isRare: count < seeds.length / 5 }).toEqual({ name, isRare: false });
  });
}
