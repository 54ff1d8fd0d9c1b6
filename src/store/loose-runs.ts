// The records that are in no segment: open runs and those that ended lately, as objects. Changed tens of thousands of times a second, so a
// change is O(1) and their order, by start and then by id, is mended when somebody asks for it.
import type { RunRecord } from "../model/run-record.js";

/** So many removed records may always stay in the order; beyond it, at most as many as there are living ones. */
const GONE_COUNT_MAX = 64;

/** A record in its place in the order; `record` is the newest version, undefined once the run is removed or its start was another. */
export interface LooseRun {
  readonly startedAt: number;
  readonly runId: string;
  record: RunRecord | undefined;
}

export class LooseRuns {
  readonly #runs = new Map<string, LooseRun>();
  /** Ascending by `compare`, with those that are gone. */
  #order: LooseRun[] = [];
  /** What has to be put in its place. */
  #fresh: LooseRun[] = [];
  #goneCount = 0;

  get size(): number {
    return this.#runs.size;
  }

  get(runId: string): RunRecord | undefined {
    return this.#runs.get(runId)?.record;
  }

  *values(): IterableIterator<RunRecord> {
    for (const { record } of this.#runs.values()) yield record as RunRecord;
  }

  /** Gives the record before. */
  put(record: RunRecord): RunRecord | undefined {
    const { runId, startedAt } = record;
    const known = this.#runs.get(runId);
    const before = known?.record;
    if (known !== undefined && known.startedAt === startedAt) {
      known.record = record;
      return before;
    }
    if (known !== undefined) this.#leave(known);
    const run: LooseRun = { startedAt, runId, record };
    this.#runs.set(runId, run);
    const last = this.#order.at(-1);
    if (last === undefined || compare(last, run) < 0) this.#order.push(run);
    else this.#fresh.push(run);
    return before;
  }

  /** Gives the record that was removed. */
  remove(runId: string): RunRecord | undefined {
    const run = this.#runs.get(runId);
    if (run === undefined) return undefined;
    const { record } = run;
    this.#runs.delete(runId);
    this.#leave(run);
    return record;
  }

  clear(): void {
    this.#runs.clear();
    this.#order = [];
    this.#fresh = [];
    this.#goneCount = 0;
  }

  /** All of them, ascending; some may be gone. Valid until the next change. O(1) if no run came out of its turn, else O(size). */
  ordered(): readonly LooseRun[] {
    if (this.#fresh.length > 0) {
      this.#order = merge(this.#order, this.#fresh.filter(isHere).sort(compare));
      this.#fresh = [];
      this.#goneCount = 0;
    }
    return this.#order;
  }

  #leave(run: LooseRun): void {
    run.record = undefined;
    this.#goneCount += 1;
    if (this.#goneCount <= GONE_COUNT_MAX || this.#goneCount <= this.#runs.size) return;
    this.#order = this.#order.filter(isHere);
    this.#fresh = this.#fresh.filter(isHere);
    this.#goneCount = 0;
  }
}

/** Index of the first run that does not stand before `position`. */
export function lowerBoundOf(order: readonly LooseRun[], position: Pick<LooseRun, "startedAt" | "runId">): number {
  return findBound(order, (run) => compare(run, position) < 0);
}

/** Index of the first run that stands after `position`. */
export function upperBoundOf(order: readonly LooseRun[], position: Pick<LooseRun, "startedAt" | "runId">): number {
  return findBound(order, (run) => compare(run, position) <= 0);
}

function findBound(order: readonly LooseRun[], isBefore: (run: LooseRun) => boolean): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(order[middle] as LooseRun)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isHere({ record }: LooseRun): boolean {
  return record !== undefined;
}

function compare(a: Pick<LooseRun, "startedAt" | "runId">, b: Pick<LooseRun, "startedAt" | "runId">): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}

/** The living of two ascending rows, in one. */
function merge(order: readonly LooseRun[], fresh: readonly LooseRun[]): LooseRun[] {
  const merged: LooseRun[] = [];
  let at = 0;
  for (const run of fresh) {
    for (; at < order.length && compare(order[at] as LooseRun, run) < 0; at += 1) if (isHere(order[at] as LooseRun)) merged.push(order[at] as LooseRun);
    merged.push(run);
  }
  for (; at < order.length; at += 1) if (isHere(order[at] as LooseRun)) merged.push(order[at] as LooseRun);
  return merged;
}
