// Seeded chance for fuzzers and differential tests: the same seed makes the same choices on every machine.
import { createPrng } from "../../src/base/prng.js";

/** Words at which code that counts, adds or indexes goes wrong. */
const SHARP_WORDS: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xc000, 0xffff, 0x10000, 0xffffff, 0x1000000,
  0x7ffffff0, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff0, 0xfffffffe, 0xffffffff,
];

export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = createPrng(seed);
  }

  /** A u32, all equally likely. */
  word(): number {
    return this.#next();
  }

  /** 0 … count - 1. */
  below(count: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * count);
  }

  /** min … max, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Index by weight. */
  weighed(weights: readonly number[]): number {
    let left = this.below(weights.reduce((sum, weight) => sum + weight, 0));
    for (let index = 0; index < weights.length; index += 1) {
      left -= weights[index] as number;
      if (left < 0) return index;
    }
    return weights.length - 1;
  }

  bytes(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let index = 0; index < size; index += 1) bytes[index] = this.#next() >>> 24;
    return bytes;
  }

  /** 64 random bits. */
  long(): bigint {
    return (BigInt(this.#next()) << 32n) | BigInt(this.#next());
  }

  /** A u32 that is likely to be trouble: a limit, a small number, or anything. */
  sharpWord(): number {
    const kind = this.below(4);
    if (kind === 0) return this.pick(SHARP_WORDS);
    if (kind === 1) return this.below(8);
    return kind === 2 ? this.below(1024) : this.#next();
  }
}
