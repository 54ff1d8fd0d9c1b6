// Snapshots of one run by the entry after which they were taken, so that a replay can begin near any of them. Their number and size are
// bounded: where there would be more, every other one goes and they stand twice as far apart.
import { TRIP_INTERVAL_ENTRIES, TRIP_SNAPSHOTS_MAX, TRIP_SNAPSHOTS_SIZE_MAX } from "./limits.js";

export interface SnapshotLimits {
  readonly countMax: number;
  readonly sizeMax: number;
  readonly intervalEntries: number;
}

const LIMITS: SnapshotLimits = { countMax: TRIP_SNAPSHOTS_MAX, sizeMax: TRIP_SNAPSHOTS_SIZE_MAX, intervalEntries: TRIP_INTERVAL_ENTRIES };

export class StepSnapshots {
  readonly #limits: SnapshotLimits;
  /** Ascending. */
  #all: { readonly seq: number; readonly bytes: Uint8Array }[] = [];
  #sizeBytes = 0;
  #interval: number;

  constructor(limits: SnapshotLimits = LIMITS) {
    this.#limits = limits;
    this.#interval = limits.intervalEntries;
  }

  get count(): number {
    return this.#all.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** How far they stand apart, entries. */
  get interval(): number {
    return this.#interval;
  }

  /** The last one at or before `seq`. O(log n). */
  before(seq: number): { readonly seq: number; readonly bytes: Uint8Array } | undefined {
    return this.#all[this.#countUpTo(seq) - 1];
  }

  /** Is one wanted after entry `seq`? */
  isWanted(seq: number): boolean {
    const at = this.#countUpTo(seq);
    const [before, after] = [this.#all[at - 1]?.seq ?? 0, this.#all[at]?.seq ?? Infinity];
    return seq - before >= this.#interval && after - seq >= this.#interval;
  }

  add(seq: number, bytes: Uint8Array): void {
    if (bytes.length > this.#limits.sizeMax) return;
    this.#all.splice(this.#countUpTo(seq), 0, { seq, bytes });
    this.#sizeBytes += bytes.length;
    while (this.#all.length > this.#limits.countMax || this.#sizeBytes > this.#limits.sizeMax) this.#thin();
  }

  #thin(): void {
    this.#interval *= 2;
    this.#all = this.#all.filter((_, index) => index % 2 === 1);
    this.#sizeBytes = this.#all.reduce((size, { bytes }) => size + bytes.length, 0);
  }

  #countUpTo(seq: number): number {
    let [low, high] = [0, this.#all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#all[middle]?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
