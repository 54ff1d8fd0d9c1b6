// A segment as the index holds it: its columns, which rows are removed, and what is known of them without looking at each: bounds of the
// times and how many runs of each kind live. Ids are found through a hash table that is made when the first one is looked for.
import type { RunSort } from "../model/run-record.js";
import type { FieldColumn, SegmentColumns } from "./columns.js";
import type { KindRegistry } from "./kind-registry.js";
import { hashKey, hashText, KEY_WORD_COUNT, keyPrefix, type RunKey } from "./run-key.js";
import { ValueOrder } from "./value-order.js";

/** For one question; about 0.1 ms each. */
export const ORDERS_MADE_MAX = 64;

/** Bounds of the values of a column; nothing lies within where min > max. NaN counts as absent. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly hasAbsent: boolean;
}

/**
 * Orders of values that may be made for one question: the first questions of a kind make a part each, and look at all rows of the other
 * segments, so that none of them takes long.
 */
export class OrderBudget {
  #left: number;

  constructor(countMax: number) {
    this.#left = countMax;
  }

  take(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}

export class Segment {
  readonly id: number;
  readonly columns: SegmentColumns;
  readonly bounds: Readonly<Record<RunSort, Bounds>>;
  /** Of the ids that are UUIDs: bounds of their first 48 bits. Made in order of time (version 7), few segments can hold one. */
  readonly prefixMin: number;
  readonly prefixMax: number;
  readonly hasWholeIds: boolean;
  /** The kinds' numbers in the registry, and how many living runs they have. */
  readonly kindNumbers: Uint32Array;
  readonly kindCounts: Uint32Array;
  /** A bit for each row. */
  readonly #removed: Uint8Array;
  #removedCount = 0;
  /** Until the next removal. */
  readonly #histograms = new Map<Uint16Array, Uint32Array>();
  /** By the column, that of the durations by `started`. */
  readonly #orders = new Map<Float64Array, ValueOrder>();
  readonly #fieldBounds = new Map<FieldColumn, Bounds>();
  /** Open addressing: 1 + row, 0 for a free slot. */
  #slots: Uint16Array | undefined;

  constructor(id: number, columns: SegmentColumns, kindRegistry: KindRegistry, removed?: Uint8Array) {
    const { started, ended, updated, kindCodes, kinds, words, idCodes, wholeFrom } = columns.parts;
    this.id = id;
    this.columns = columns;
    this.bounds = { started: findBounds(started), ended: findBounds(ended), updated: findBounds(updated), duration: findBounds(ended, started) };
    this.#removed = new Uint8Array((columns.count + 7) >>> 3);
    this.kindNumbers = Uint32Array.from(kinds.map((kind) => kindRegistry.numberOf(kind)));
    this.kindCounts = new Uint32Array(kinds.length);
    let [min, max, hasWholeIds] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
    for (let row = 0; row < columns.count; row += 1) {
      const code = idCodes[row] as number;
      if (code !== 0 && code >= wholeFrom) hasWholeIds = true;
      else {
        const prefix = keyPrefix(words, row * KEY_WORD_COUNT);
        if (prefix < min) min = prefix;
        if (prefix > max) max = prefix;
      }
      const isRemoved = (((removed?.[row >>> 3] ?? 0) >>> (row & 7)) & 1) === 1;
      if (isRemoved) this.#mark(row);
      else this.kindCounts[kindCodes[row] as number]! += 1;
    }
    this.prefixMin = min;
    this.prefixMax = max;
    this.hasWholeIds = hasWholeIds;
  }

  fieldBounds(column: FieldColumn & { readonly type: "number" }): Bounds {
    const bounds = this.#fieldBounds.get(column) ?? findBounds(column.values);
    this.#fieldBounds.set(column, bounds);
    return bounds;
  }

  get liveCount(): number {
    return this.columns.count - this.#removedCount;
  }

  get hasRemoved(): boolean {
    return this.#removedCount > 0;
  }

  /** A copy of the bitmap of removed rows, undefined while there are none. */
  copyRemoved(): Uint8Array | undefined {
    return this.#removedCount === 0 ? undefined : this.#removed.slice();
  }

  isRemoved(row: number): boolean {
    return (((this.#removed[row >>> 3] as number) >>> (row & 7)) & 1) === 1;
  }

  remove(row: number): void {
    if (this.isRemoved(row)) return;
    this.#mark(row);
    this.#histograms.clear();
    this.kindCounts[this.columns.parts.kindCodes[row] as number]! -= 1;
  }

  /** The rows in the order of a column's values, or of their distances from `since`, the column of the starts; undefined beyond the budget. */
  order(values: Float64Array, since: Float64Array | undefined, budget: OrderBudget): ValueOrder | undefined {
    const known = this.#orders.get(since ?? values);
    if (known !== undefined || !budget.take()) return known;
    const order = new ValueOrder(values, since);
    this.#orders.set(since ?? values, order);
    return order;
  }

  /** How many living runs have each code of a column. */
  histogram(codes: Uint16Array, codeCount: number): Uint32Array {
    const known = this.#histograms.get(codes);
    if (known !== undefined) return known;
    const histogram = new Uint32Array(codeCount);
    for (let row = 0; row < codes.length; row += 1) histogram[codes[row] as number]! += 1;
    if (this.hasRemoved) for (let row = 0; row < codes.length; row += 1) if (this.isRemoved(row)) histogram[codes[row] as number]! -= 1;
    this.#histograms.set(codes, histogram);
    return histogram;
  }

  countRemoved(from: number, to: number): number {
    if (this.#removedCount === 0) return 0;
    let count = 0;
    for (let row = from; row < to; row += 1) count += ((this.#removed[row >>> 3] as number) >>> (row & 7)) & 1;
    return count;
  }

  /** Can this id be here? Two comparisons, for UUIDs. */
  mayHold(key: RunKey, prefix: number): boolean {
    return key.isWhole ? this.hasWholeIds : prefix >= this.prefixMin && prefix <= this.prefixMax;
  }

  /** The row of an id, removed or not; -1 if it is not here. */
  find(key: RunKey, textHash: number): number {
    const slots = (this.#slots ??= this.#makeSlots());
    const mask = slots.length - 1;
    for (let slot = hashKey(key.words, 0, textHash) & mask; ; slot = (slot + 1) & mask) {
      const taken = slots[slot] as number;
      if (taken === 0) return -1;
      if (this.columns.hasKey(taken - 1, key)) return taken - 1;
    }
  }

  #mark(row: number): void {
    this.#removed[row >>> 3]! |= 1 << (row & 7);
    this.#removedCount += 1;
  }

  #makeSlots(): Uint16Array {
    const { words, idCodes, idTexts } = this.columns.parts;
    let size = 2;
    while (size < 2 * this.columns.count) size *= 2;
    const slots = new Uint16Array(size);
    const hashes = Uint32Array.from({ length: idTexts.count }, (_, index) => hashText(idTexts.get(index)));
    for (let row = 0; row < this.columns.count; row += 1) {
      const code = idCodes[row] as number;
      let slot = hashKey(words, row * KEY_WORD_COUNT, code === 0 ? 0 : (hashes[code - 1] as number)) & (size - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      slots[slot] = row + 1;
    }
    return slots;
  }
}

/** Bounds of `values`, or of their distances from `since`. */
export function findBounds(values: Float64Array, since?: Float64Array): Bounds {
  let [min, max, hasAbsent] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  for (let row = 0; row < values.length; row += 1) {
    const value = since === undefined ? (values[row] as number) : (values[row] as number) - (since[row] as number);
    if (value < min) min = value;
    if (value > max) max = value;
    if (Number.isNaN(value)) hasAbsent = true;
  }
  return { min, max, hasAbsent };
}
