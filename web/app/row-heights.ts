// How high the rows of a long list are, of which only those in view are in the page: where a row begins, and which row stands at a height. Pure.

/** Heights by index, px. */
export interface RowHeights {
  readonly total: number;
  /** Where row `index` begins; the total for the one after the last. */
  offsetOf(index: number): number;
  /** The row at that height; the nearest one where there is none. 0 for an empty list. */
  indexAt(offset: number): number;
  heightOf(index: number): number;
}

/** All rows are of one height. */
export function createEvenHeights(count: number, height: number): RowHeights {
  return {
    total: count * height,
    offsetOf: (index) => index * height,
    indexAt: (offset) => Math.max(0, Math.min(count - 1, Math.floor(offset / height))),
    heightOf: () => height,
  };
}

/**
 * Rows of different heights: of a guessed one until they are measured. Sums are kept in a Fenwick tree (Fenwick, "A new data structure for
 * cumulative frequency tables", 1994): a row is added, measured and found in the logarithm of their count.
 */
export class MeasuredHeights implements RowHeights {
  readonly #guess: number;
  #heights: Float64Array<ArrayBuffer>;
  /** Entry i (from 1) is the sum of the i & -i heights that end with the i-th. */
  #sums: Float64Array<ArrayBuffer>;
  #count = 0;
  #total = 0;

  constructor(guess: number) {
    this.#guess = guess;
    this.#heights = new Float64Array(64);
    this.#sums = new Float64Array(65);
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.#total;
  }

  heightOf(index: number): number {
    return index < this.#count ? (this.#heights[index] as number) : 0;
  }

  offsetOf(index: number): number {
    let sum = 0;
    for (let at = Math.min(index, this.#count); at > 0; at -= at & -at) sum += this.#sums[at] as number;
    return sum;
  }

  indexAt(offset: number): number {
    let at = 0;
    let left = offset;
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.#count))); step >= 1; step /= 2) {
      if (at + step > this.#count || (this.#sums[at + step] as number) > left) continue;
      at += step;
      left -= this.#sums[at] as number;
    }
    return Math.max(0, Math.min(at, this.#count - 1));
  }

  /** Makes it `count` rows, further ones at the end. */
  extend(count: number): void {
    if (count > this.#heights.length) this.#grow(count);
    for (let index = this.#count; index < count; index += 1) {
      this.#heights[index] = this.#guess;
      const at = index + 1;
      this.#sums[at] = this.#guess + this.#sumBelow(at);
      this.#total += this.#guess;
    }
    this.#count = Math.max(this.#count, count);
  }

  /** Sets a height as measured; gives by how much it differs from what was taken for it. */
  measure(index: number, height: number): number {
    if (index >= this.#count) return 0;
    const change = height - (this.#heights[index] as number);
    if (change === 0) return 0;
    this.#heights[index] = height;
    this.#total += change;
    for (let at = index + 1; at <= this.#count; at += at & -at) this.#sums[at] = (this.#sums[at] as number) + change;
    return change;
  }

  /** Takes the first `count` rows away; gives how high they were together. */
  dropFirst(count: number): number {
    const dropped = this.offsetOf(count);
    const kept = this.#heights.slice(Math.min(count, this.#count), this.#count);
    this.#count = 0;
    this.#total = 0;
    this.extend(kept.length);
    kept.forEach((height, index) => this.measure(index, height));
    return dropped;
  }

  /** The sums that the entry `at` is made of, its own height aside. */
  #sumBelow(at: number): number {
    let sum = 0;
    for (let step = 1; step < (at & -at); step *= 2) sum += this.#sums[at - step] as number;
    return sum;
  }

  #grow(count: number): void {
    const size = Math.max(count, this.#heights.length * 2);
    const heights = new Float64Array(size);
    heights.set(this.#heights);
    const sums = new Float64Array(size + 1);
    sums.set(this.#sums);
    this.#heights = heights;
    this.#sums = sums;
  }
}
