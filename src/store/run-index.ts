// The index of all runs, in memory: loose records (open and recent ones) as objects, the rest as columns of segments. What queries, pages
// and counts are answered from. Knows nothing of where anything is kept.
import { comparePositions, formatCursor, makeRunFilter, parseCursor, readPaging, refuseFilter, type RunPosition, sortKey, toPosition } from "../model/run-filter.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
import type { RunKind, SegmentColumns } from "./columns.js";
import { KindRegistry } from "./kind-registry.js";
import { type LooseRun, LooseRuns, lowerBoundOf, upperBoundOf } from "./loose-runs.js";
import { countKey, pageKey, QueryCache } from "./query-cache.js";
import { RunCounts } from "./run-counts.js";
import { selectedRows, selectRows } from "./row-selection.js";
import { ORDERS_MADE_MAX, Segment } from "./segment.js";
import { SegmentFilter } from "./segment-filter.js";
import { offerSegments, type Search } from "./segment-scan.js";
import { holdsRun, SegmentTable } from "./segment-table.js";
import { TopRuns } from "./top-runs.js";

/** Where an archived run is. */
export interface RunPlace {
  readonly segment: number;
  readonly row: number;
}

/** A condition beside the query's own, on whole records. */
export type Accept = (record: RunRecord) => boolean;

/** Records that `accept` is asked about at once, at most: a batch is one search. */
const BATCH_COUNT_MAX = 4_096;

export class RunIndex {
  readonly #loose = new LooseRuns();
  readonly #segments = new SegmentTable();
  readonly #kinds = new KindRegistry();
  readonly #counts = new RunCounts();
  readonly #cache: QueryCache | undefined;
  #archivedCount = 0;

  readonly #ordersMadeMax: number;

  /** `isCaching`: keep the latest answers until they change. `ordersMadeMax`: orders of values made for one question. */
  constructor({ isCaching = true, ordersMadeMax = ORDERS_MADE_MAX }: { readonly isCaching?: boolean; readonly ordersMadeMax?: number } = {}) {
    this.#cache = isCaching ? new QueryCache() : undefined;
    this.#ordersMadeMax = ordersMadeMax;
  }

  /** Of loose and archived runs. */
  get size(): number {
    return this.#loose.size + this.#archivedCount;
  }

  /** The record of a loose run; that of an archived one is made anew. */
  get(runId: string): RunRecord | undefined {
    const record = this.#loose.get(runId);
    if (record !== undefined) return record;
    const archived = this.#segments.find(runId);
    return archived?.segment.columns.record(archived.row);
  }

  has(runId: string): boolean {
    return this.#loose.get(runId) !== undefined || this.#segments.find(runId) !== undefined;
  }

  /** The loose records. */
  values(): IterableIterator<RunRecord> {
    return this.#loose.values();
  }

  /** Does any run refer to this definition? */
  hasIdentity(identity: string): boolean {
    return this.#counts.hasIdentity(identity);
  }

  /** Takes in a loose record, in place of whatever was known of the run. O(1), amortised. */
  put(record: RunRecord): void {
    const before = this.#loose.put(record);
    if (before !== undefined) {
      this.#counts.move(before, record);
      this.#cache?.note(before, record);
      return;
    }
    const archived = this.#removeArchived(record.runId);
    this.#counts.add(record, 1);
    this.#cache?.note(archived, record);
  }

  /** Forgets a run. The row of an archived one is marked, see `removedOf`. */
  remove(runId: string): void {
    const before = this.#loose.remove(runId);
    if (before !== undefined) this.#counts.add(before, -1);
    const removed = before ?? this.#removeArchived(runId);
    if (removed !== undefined) this.#cache?.note(removed, undefined);
  }

  clear(): void {
    this.#loose.clear();
    this.#segments.clear();
    this.#kinds.clear();
    this.#counts.clear();
    this.#cache?.clear();
    this.#archivedCount = 0;
  }

  // --- segments -----------------------------------------------------------------------------------------------------

  /**
   * Takes in a segment, in place of the one with this `id` and of the loose records of its runs. No run may be in two segments. `removed`: a
   * bitmap of rows that are gone (bit `row & 7` of byte `row >> 3`), copied.
   */
  addSegment(id: number, columns: SegmentColumns, removed?: Uint8Array): void {
    this.dropSegment(id);
    const segment = new Segment(id, columns, this.#kinds, removed);
    this.#segments.add(segment);
    this.#archivedCount += segment.liveCount;
    this.#countSegment(segment, 1);
    this.#cache?.clear();
    if (this.#loose.size === 0) return;
    if (this.#loose.size < columns.count) {
      for (const { runId } of [...this.#loose.values()]) {
        if (holdsRun(segment, runId)) this.#removeLoose(runId);
      }
    } else for (let row = 0; row < columns.count; row += 1) if (!segment.isRemoved(row)) this.#removeLoose(columns.runId(row));
  }

  /** Forgets a segment and its runs. */
  dropSegment(id: number): void {
    const segment = this.#segments.get(id);
    if (segment === undefined) return;
    this.#segments.delete(id);
    this.#archivedCount -= segment.liveCount;
    this.#countSegment(segment, -1);
    this.#cache?.clear();
  }

  /** Where an archived run is; undefined also once it is removed. */
  locate(runId: string): RunPlace | undefined {
    const found = this.#segments.find(runId);
    return found && { segment: found.segment.id, row: found.row };
  }

  /** A copy of the bitmap of a segment's removed rows; undefined if none is removed, or there is no such segment. */
  removedOf(id: number): Uint8Array | undefined {
    return this.#segments.get(id)?.copyRemoved();
  }

  // --- answers ------------------------------------------------------------------------------------------------------

  /** A page. `accept`: a condition beside the query's, such as its `filter`; such pages are not kept. Throws `store/bad-query`. */
  query(query: RunQuery, accept?: Accept): RunPage {
    refuseFilter(query, accept);
    const key = this.#cache === undefined || accept !== undefined ? undefined : pageKey(query);
    const kept = key === undefined ? undefined : this.#cache?.page(key);
    if (kept !== undefined) return kept;
    const { limit, sort, order } = readPaging(query);
    const after = query.cursor === undefined ? undefined : parseCursor(query.cursor, sort, order);
    const search: Search = { sort, order, isWanted: makeRunFilter(query), filter: new SegmentFilter(query, this.#kinds, this.#ordersMadeMax) };
    const found = accept === undefined ? this.#first(search, after, limit + 1) : this.#firstAccepted(search, after, limit + 1, accept);
    const records = found.slice(0, limit);
    const next = found[limit];
    const page: RunPage = next === undefined ? { records } : { records, cursor: formatCursor(records[limit - 1] as RunRecord, sort) };
    if (key !== undefined) this.#cache?.keepPage(key, query, page, { after, last: next && toPosition(next, sort, order) });
    return page;
  }

  /**
   * How many runs a query wants, all pages together; `accept` as for `query`. O(workflows × statuses) where it asks for these alone. Throws
   * `store/bad-query`.
   */
  count(query: RunQuery, accept?: Accept): number {
    refuseFilter(query, accept);
    const isWanted = makeRunFilter(query);
    if (accept === undefined && isCounted(query)) return this.#counts.count(query);
    const key = this.#cache === undefined || accept !== undefined ? undefined : countKey(query);
    const kept = key === undefined ? undefined : this.#cache?.count(key);
    if (kept !== undefined) return kept;
    const filter = new SegmentFilter(query, this.#kinds, this.#ordersMadeMax);
    let count = 0;
    for (const { record } of this.#loose.ordered()) if (record !== undefined && isWanted(record) && accept?.(record) !== false) count += 1;
    for (const segment of this.#segments.values()) count += accept === undefined ? filter.count(segment) : countAccepted(segment, filter, accept);
    if (key !== undefined) this.#cache?.keepCount(key, query, count);
    return count;
  }

  /** The first `countMax` runs after `after`. */
  #first(search: Search, after: RunPosition | undefined, countMax: number): RunRecord[] {
    const segments = [...this.#segments.values()];
    const top = new TopRuns(segments, search.order, countMax);
    this.#offerLoose(search, after, top);
    offerSegments(segments, search, after, top);
    return top.take(
      (runId) => this.#loose.get(runId) as RunRecord,
      (segment, row) => segment.columns.record(row),
    );
  }

  #firstAccepted(search: Search, after: RunPosition | undefined, countMax: number, accept: Accept): RunRecord[] {
    const accepted: RunRecord[] = [];
    let from = after;
    for (let batchCount = countMax; ; batchCount = Math.min(4 * batchCount, BATCH_COUNT_MAX)) {
      const batch = this.#first(search, from, batchCount);
      for (const record of batch) {
        if (!accept(record)) continue;
        accepted.push(record);
        if (accepted.length === countMax) return accepted;
      }
      const last = batch.at(-1);
      if (last === undefined || batch.length < batchCount) return accepted;
      from = toPosition(last, search.sort, search.order);
    }
  }

  #offerLoose({ sort, order, isWanted }: Search, after: RunPosition | undefined, top: TopRuns): void {
    const runs = this.#loose.ordered();
    const isStarted = sort === "started";
    let [from, to] = [0, runs.length];
    if (isStarted && after !== undefined) {
      if (order === "oldest") from = upperBoundOf(runs, after);
      else to = lowerBoundOf(runs, after);
    }
    const step = order === "oldest" ? 1 : -1;
    for (let at = order === "oldest" ? from : to - 1; at >= from && at < to; at += step) {
      const { record, startedAt, runId } = runs[at] as LooseRun;
      if (record === undefined) continue;
      const key = sortKey(record, sort, order);
      if (top.isBehind(key, startedAt)) {
        if (isStarted) return;
        continue;
      }
      if (!isStarted && after !== undefined && step * comparePositions({ key, startedAt, runId }, after) <= 0) continue;
      if (isWanted(record)) top.offerLoose(key, startedAt, runId);
    }
  }

  // --- changes ------------------------------------------------------------------------------------------------------

  #removeLoose(runId: string): void {
    const record = this.#loose.remove(runId);
    if (record !== undefined) this.#counts.add(record, -1);
  }

  /** Gives the record that was removed, if the cache has to know it. */
  #removeArchived(runId: string): RunRecord | undefined {
    const archived = this.#segments.find(runId);
    if (archived === undefined) return undefined;
    const { segment, row } = archived;
    const { kinds, kindCodes } = segment.columns.parts;
    const record = this.#cache === undefined || this.#cache.size === 0 ? undefined : segment.columns.record(row);
    segment.remove(row);
    this.#archivedCount -= 1;
    this.#counts.add(kinds[kindCodes[row] as number] as RunKind, -1);
    return record;
  }

  #countSegment({ kindCounts, columns }: Segment, direction: 1 | -1): void {
    columns.parts.kinds.forEach((kind, index) => this.#counts.add(kind, direction * (kindCounts[index] as number)));
  }
}

/** Do counters answer it? */
function isCounted({ workflow, status, sort, order, limit, cursor, ...others }: RunQuery): boolean {
  return Object.values(others).every((condition) => condition === undefined);
}

function countAccepted(segment: Segment, filter: SegmentFilter, accept: Accept): number {
  const plan = filter.plan(segment);
  if (plan === undefined) return 0;
  // A copy: `accept` might ask the index.
  const rows = selectedRows.slice(0, selectRows(segment, plan, filter.budget));
  return rows.reduce((count, row) => count + Number(accept(segment.columns.record(row))), 0);
}
