// What a cache of compiled expressions is worth and costs, by its size: `node bench/cache-size.mjs`. The hit rates come
// from the cache itself over seeded rows of questions; the memory of a program from the heap. See docs/decisions/0006.
import { createPrng } from "../src/base/prng.js";
import { compileAnew, type Expression } from "../src/create-expressions.js";
import { ProgramCache } from "../src/expression/program-cache.js";
import { makeConditions } from "./contexts.js";
import { formatTable } from "./report.js";

const SIZES = [64, 256, 512, 1_024, 2_048, 4_096, 8_192];
const QUESTION_COUNT = 200_000;
const PROGRAM_COUNT = 4_000;

/** Asks a cache of `countMax` programs for the texts that `next` numbers; gives the share of hits, 0 to 1. */
export function measureHitRate(countMax: number, next: (question: number) => number, questionCount = QUESTION_COUNT): number {
  const cache = new ProgramCache<number>(countMax);
  const variant = {};
  for (let question = 0; question < questionCount; question += 1) {
    const index = next(question);
    if (cache.get(`text ${index}`, variant) === undefined) cache.add(`text ${index}`, variant, index);
  }
  return cache.statistics.hitRate;
}

/** Numbers from 0 to `count` - 1, the first the most frequent, the n-th 1/n^exponent as frequent (Zipf's law). */
export function createZipf(count: number, exponent: number, seed: number): () => number {
  const random = createPrng(seed);
  const sums = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1) ** exponent;
    sums[index] = sum;
  }
  return () => {
    const wanted = (random() / 2 ** 32) * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Bytes of heap that one compiled condition keeps. `collect` collects garbage. */
export function measureProgramSize(collect: () => void, heapSize: () => number): number {
  const { texts } = makeConditions(PROGRAM_COUNT);
  const kept: Expression[] = texts.map((text) => compileAnew(text));
  kept.length = 0;
  collect();
  const before = heapSize();
  for (const text of texts) kept.push(compileAnew(text));
  collect();
  const size = (heapSize() - before) / kept.length;
  return kept.length === PROGRAM_COUNT ? size : Number.NaN;
}

/** Prints the table. */
export function printCacheSizes(collect: () => void, heapSize: () => number): void {
  const programSize = measureProgramSize(collect, heapSize);
  const rows = SIZES.map((size) => [
    size.toLocaleString("en"),
    formatShare(measureHitRate(size, (question) => question % 1_000)),
    formatShare(measureHitRate(size, createZipf(10_000, 1, 1))),
    formatShare(measureHitRate(size, createZipf(10_000, 0.8, 2))),
    `${((size * programSize) / 2 ** 20).toFixed(1)} MiB`,
  ]);
  console.log(`One compiled condition keeps ${Math.round(programSize)} bytes.`);
  console.log(formatTable([["programs", "1,000 in turn", "10,000, Zipf 1.0", "10,000, Zipf 0.8", "memory"], ...rows]));
}

function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
