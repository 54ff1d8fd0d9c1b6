// Seeded choices for the random charts and scripts.
import { createPrng } from "../../../src/base/prng.js";

export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = createPrng(seed);
  }

  /** A whole number from 0, less than `count`. */
  below(count: number): number {
    return this.next() % count;
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}
