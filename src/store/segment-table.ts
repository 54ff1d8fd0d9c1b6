// All segments of an index, and where in them a run is: a few comparisons for each segment, and a look-up where the time in the id fits.
import { hashText, keyPrefix, parseRunKey, type RunKey } from "./run-key.js";
import type { Segment } from "./segment.js";

/** A living run's place. */
export interface ArchivedRun {
  readonly segment: Segment;
  readonly row: number;
}

export class SegmentTable {
  readonly #segments = new Map<number, Segment>();
  /** Bounds of all segments': ids of new runs lie beyond them. */
  #prefixMin = Number.POSITIVE_INFINITY;
  #prefixMax = Number.NEGATIVE_INFINITY;
  #hasWholeIds = false;

  get size(): number {
    return this.#segments.size;
  }

  get(id: number): Segment | undefined {
    return this.#segments.get(id);
  }

  values(): IterableIterator<Segment> {
    return this.#segments.values();
  }

  add(segment: Segment): void {
    this.#segments.set(segment.id, segment);
    this.#widen(segment);
  }

  delete(id: number): void {
    this.#segments.delete(id);
    this.#forgetBounds();
    for (const segment of this.#segments.values()) this.#widen(segment);
  }

  clear(): void {
    this.#segments.clear();
    this.#forgetBounds();
  }

  /** Undefined also for a removed run. */
  find(runId: string): ArchivedRun | undefined {
    if (this.#segments.size === 0) return undefined;
    const key = parseRunKey(runId);
    const prefix = keyPrefix(key.words, 0);
    if (key.isWhole ? !this.#hasWholeIds : prefix < this.#prefixMin || prefix > this.#prefixMax) return undefined;
    const textHash = hashText(key.text);
    for (const segment of this.#segments.values()) {
      const row = findRow(segment, key, prefix, textHash);
      if (row >= 0) return { segment, row };
    }
    return undefined;
  }

  #widen({ prefixMin, prefixMax, hasWholeIds }: Segment): void {
    this.#prefixMin = Math.min(this.#prefixMin, prefixMin);
    this.#prefixMax = Math.max(this.#prefixMax, prefixMax);
    this.#hasWholeIds ||= hasWholeIds;
  }

  #forgetBounds(): void {
    this.#prefixMin = Number.POSITIVE_INFINITY;
    this.#prefixMax = Number.NEGATIVE_INFINITY;
    this.#hasWholeIds = false;
  }
}

/** Does the segment have this run, living? */
export function holdsRun(segment: Segment, runId: string): boolean {
  const key = parseRunKey(runId);
  return findRow(segment, key, keyPrefix(key.words, 0), hashText(key.text)) >= 0;
}

/** The row of a living run, -1 if it is not there. */
function findRow(segment: Segment, key: RunKey, prefix: number, textHash: number): number {
  if (!segment.mayHold(key, prefix)) return -1;
  const row = segment.find(key, textHash);
  return row >= 0 && !segment.isRemoved(row) ? row : -1;
}
