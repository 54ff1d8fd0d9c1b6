// The first so many runs of an order, out of however many are offered: a heap whose root is the last of those that are kept, as columns, so
// that an offer makes no object. A run is a row of a segment, or a loose one by its number.
import type { RunOrder } from "../model/run-filter.js";
import { KEY_WORD_COUNT } from "./run-key.js";
import type { Segment } from "./segment.js";

/** Among candidates: a loose run instead of a row of a segment. */
const LOOSE = -1;

export class TopRuns {
  /** 1 where the smallest come first, -1 where the largest do. */
  readonly direction: 1 | -1;
  readonly #countMax: number;
  readonly #segments: readonly Segment[];
  /** Ids of the loose runs that were offered. */
  readonly #looseIds: string[] = [];
  readonly #keys: Float64Array;
  readonly #starts: Float64Array;
  /** Index of the segment, or LOOSE. */
  readonly #sources: Int32Array;
  /** Row, or index into `#looseIds`. */
  readonly #rows: Int32Array;
  #count = 0;

  /** Keeps `countMax` at most, out of rows of `segments` and loose runs. */
  constructor(segments: readonly Segment[], order: RunOrder, countMax: number) {
    this.#segments = segments;
    this.direction = order === "oldest" ? 1 : -1;
    this.#countMax = countMax;
    // One place more, for the candidate that is being compared.
    this.#keys = new Float64Array(countMax + 1);
    this.#starts = new Float64Array(countMax + 1);
    this.#sources = new Int32Array(countMax + 1);
    this.#rows = new Int32Array(countMax + 1);
  }

  get isFull(): boolean {
    return this.#count === this.#countMax;
  }

  /** Can nothing of this key and start, or of what stands behind, be among the first any more? */
  isBehind(key: number, startedAt: number): boolean {
    if (!this.isFull) return false;
    const worst = this.#keys[0] as number;
    if (key !== worst) return key < worst === this.direction < 0;
    return (startedAt - (this.#starts[0] as number)) * this.direction > 0;
  }

  /** The key of the last that is kept, endless while there is room: what stands behind it need not be offered. */
  get worstKey(): number {
    return this.isFull ? (this.#keys[0] as number) : this.direction * Number.POSITIVE_INFINITY;
  }

  /** Is the run among the first, so far? */
  offerLoose(key: number, startedAt: number, runId: string): boolean {
    this.#looseIds.push(runId);
    if (this.#offer(key, startedAt, LOOSE, this.#looseIds.length - 1)) return true;
    this.#looseIds.pop();
    return false;
  }

  /** Is the row of the segment with this index among the first, so far? */
  offerRow(key: number, startedAt: number, segmentIndex: number, row: number): boolean {
    return this.#offer(key, startedAt, segmentIndex, row);
  }

  /** Hands out what was kept, in order; nothing can be offered afterwards. */
  take<T>(takeLoose: (runId: string) => T, takeRow: (segment: Segment, row: number) => T): T[] {
    const order = Array.from({ length: this.#count }, (_, at) => at).sort((a, b) => this.#compare(a, b));
    return order.map((at) => {
      const row = this.#rows[at] as number;
      const segment = this.#segments[this.#sources[at] as number];
      return segment === undefined ? takeLoose(this.#looseIds[row] as string) : takeRow(segment, row);
    });
  }

  #offer(key: number, startedAt: number, source: number, row: number): boolean {
    const candidate = this.#count;
    this.#keys[candidate] = key;
    this.#starts[candidate] = startedAt;
    this.#sources[candidate] = source;
    this.#rows[candidate] = row;
    if (candidate < this.#countMax) {
      this.#count += 1;
      this.#rise(candidate);
      return true;
    }
    if (this.#compare(candidate, 0) > 0) return false;
    this.#copy(candidate, 0);
    this.#sink();
    return true;
  }

  /** Below 0 where the kept run at `a` comes before the one at `b`. */
  #compare(a: number, b: number): number {
    const [keyA, keyB] = [this.#keys[a] as number, this.#keys[b] as number];
    if (keyA !== keyB) return keyA < keyB ? -this.direction : this.direction;
    const [startA, startB] = [this.#starts[a] as number, this.#starts[b] as number];
    if (startA !== startB) return startA < startB ? -this.direction : this.direction;
    return this.direction * this.#compareIds(a, b);
  }

  #compareIds(a: number, b: number): number {
    const [sourceA, sourceB] = [this.#sources[a] as number, this.#sources[b] as number];
    if (sourceA === LOOSE || sourceB === LOOSE) return compareTexts(this.#runId(a), this.#runId(b));
    const [rowA, rowB] = [this.#rows[a] as number, this.#rows[b] as number];
    // Rows of one start ascend by id.
    if (sourceA === sourceB) return rowA - rowB;
    const partsA = (this.#segments[sourceA] as Segment).columns.parts;
    const partsB = (this.#segments[sourceB] as Segment).columns.parts;
    if (partsA.idCodes[rowA] !== 0 || partsB.idCodes[rowB] !== 0) return compareTexts(this.#runId(a), this.#runId(b));
    for (let word = 0; word < KEY_WORD_COUNT; word += 1) {
      const difference = (partsA.words[rowA * KEY_WORD_COUNT + word] as number) - (partsB.words[rowB * KEY_WORD_COUNT + word] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #runId(at: number): string {
    const row = this.#rows[at] as number;
    const segment = this.#segments[this.#sources[at] as number];
    return segment === undefined ? (this.#looseIds[row] as string) : segment.columns.runId(row);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if (this.#compare(at, parent) <= 0) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#count) return;
      const right = left + 1;
      const last = right < this.#count && this.#compare(right, left) > 0 ? right : left;
      if (this.#compare(last, at) <= 0) return;
      this.#swap(at, last);
      at = last;
    }
  }

  #swap(a: number, b: number): void {
    // The place of the next candidate is free while the heap is put in order.
    const free = this.#countMax;
    this.#copy(a, free);
    this.#copy(b, a);
    this.#copy(free, b);
  }

  #copy(from: number, to: number): void {
    this.#keys[to] = this.#keys[from] as number;
    this.#starts[to] = this.#starts[from] as number;
    this.#sources[to] = this.#sources[from] as number;
    this.#rows[to] = this.#rows[from] as number;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
