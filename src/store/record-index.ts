// The records of all runs, in memory, in one stable order (start time, then run id), with counters: what queries,
// pages and counts are answered from. Knows nothing of where records are kept.
import { WorkflowError } from "../model/errors.js";
import type { RunPage, RunQuery, RunRecord } from "../model/engine.js";

export const PAGE_SIZE_DEFAULT = 50;
export const PAGE_SIZE_MAX = 1_000;
/** So many removed records may always stay in the order; beyond it, at most as many as there are living ones. */
const SWEEP_COUNT = 64;

/** Records by id and in order. A page costs the records it looks at; an unfiltered count or one by status or workflow is O(1). */
export class RecordIndex {
  readonly #records = new Map<string, RunRecord>();
  /** Ascending by `compare`; removed records stay until a sweep. */
  #order: RunRecord[] = [];
  /** Records whose place in `#order` may be wrong or gone: the order is mended before it is read. */
  #isOrdered = true;
  readonly #removed = new Set<string>();
  /** Per workflow, per status. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #identityCounts = new Map<string, number>();

  get size(): number {
    return this.#records.size;
  }

  get(runId: string): RunRecord | undefined {
    return this.#records.get(runId);
  }

  values(): IterableIterator<RunRecord> {
    return this.#records.values();
  }

  /** Does any run refer to this definition? */
  hasIdentity(identity: string): boolean {
    return this.#identityCounts.has(identity);
  }

  put(record: RunRecord): void {
    const before = this.#records.get(record.runId);
    if (before !== undefined) this.#count(before, -1);
    this.#count(record, 1);
    this.#records.set(record.runId, record);
    if (before !== undefined && before.startedAt === record.startedAt) return;
    if (before !== undefined) this.#isOrdered = false;
    if (this.#removed.has(record.runId)) this.#isOrdered = false;
    const last = this.#order.at(-1);
    if (last !== undefined && compare(last, record) > 0) this.#isOrdered = false;
    this.#order.push(record);
  }

  remove(runId: string): void {
    const record = this.#records.get(runId);
    if (record === undefined) return;
    this.#records.delete(runId);
    this.#count(record, -1);
    this.#removed.add(runId);
    if (this.#removed.size > SWEEP_COUNT && this.#removed.size > this.#records.size) this.#isOrdered = false;
  }

  clear(): void {
    this.#records.clear();
    this.#counts.clear();
    this.#identityCounts.clear();
    this.#order = [];
    this.#isOrdered = true;
    this.#removed.clear();
  }

  /** Throws `store/bad-query`. */
  query(query: RunQuery): RunPage {
    const limit = query.limit ?? PAGE_SIZE_DEFAULT;
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE_MAX) {
      throw new WorkflowError("store/bad-query", `A page of ${limit} runs was asked for; the limit is 1 to ${PAGE_SIZE_MAX}`, {
        details: { limit, limitMax: PAGE_SIZE_MAX },
      });
    }
    const isNewestFirst = query.order !== "oldest";
    const order = this.#ordered();
    const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const step = isNewestFirst ? -1 : 1;
    let at = isNewestFirst ? order.length - 1 : 0;
    if (after !== undefined) at = isNewestFirst ? lowerBound(order, after) - 1 : upperBound(order, after);
    const isWanted = makeFilter(query);
    const records: RunRecord[] = [];
    for (; at >= 0 && at < order.length; at += step) {
      const record = this.#current(order[at]);
      if (record === undefined || !isWanted(record)) continue;
      if (records.length === limit) {
        return { records, cursor: formatCursor(records[limit - 1] as RunRecord) };
      }
      records.push(record);
    }
    return { records };
  }

  count(query: RunQuery): number {
    if (isCounted(query)) return this.#countByCounters(query);
    const isWanted = makeFilter(query);
    let count = 0;
    for (const record of this.#records.values()) if (isWanted(record)) count += 1;
    return count;
  }

  /** The newest version of what stands in the order at one place. */
  #current(placed: RunRecord | undefined): RunRecord | undefined {
    return placed === undefined ? undefined : this.#records.get(placed.runId);
  }

  #ordered(): RunRecord[] {
    if (!this.#isOrdered) {
      this.#order = [...this.#records.values()].sort(compare);
      this.#isOrdered = true;
      this.#removed.clear();
    }
    return this.#order;
  }

  #count(record: RunRecord, change: number): void {
    const statuses = this.#counts.get(record.workflow) ?? new Map<string, number>();
    this.#counts.set(record.workflow, statuses);
    const count = (statuses.get(record.status) ?? 0) + change;
    if (count > 0) statuses.set(record.status, count);
    else statuses.delete(record.status);
    if (statuses.size === 0) this.#counts.delete(record.workflow);
    const uses = (this.#identityCounts.get(record.identity) ?? 0) + change;
    if (uses > 0) this.#identityCounts.set(record.identity, uses);
    else this.#identityCounts.delete(record.identity);
  }

  #countByCounters({ workflow, status }: RunQuery): number {
    const wanted = statusSet(status);
    const groups = workflow === undefined ? [...this.#counts.values()] : [this.#counts.get(workflow) ?? new Map<string, number>()];
    let count = 0;
    for (const statuses of groups) for (const [name, size] of statuses) if (wanted === undefined || wanted.has(name)) count += size;
    return count;
  }
}

type Position = Pick<RunRecord, "startedAt" | "runId">;

function compare(a: Position, b: Position): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}

/** Index of the first record that does not stand before `position`. */
function lowerBound(order: readonly Position[], position: Position): number {
  return findBound(order, (record) => compare(record, position) < 0);
}

/** Index of the first record that stands after `position`. */
function upperBound(order: readonly Position[], position: Position): number {
  return findBound(order, (record) => compare(record, position) <= 0);
}

function findBound(order: readonly Position[], isBefore: (record: Position) => boolean): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(order[middle] as Position)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function formatCursor({ startedAt, runId }: Position): string {
  return `${startedAt}:${runId}`;
}

function parseCursor(cursor: string): Position {
  const split = cursor.indexOf(":");
  const startedAt = Number(cursor.slice(0, split));
  if (split < 1 || !Number.isFinite(startedAt))
    throw new WorkflowError("store/bad-query", `"${cursor.slice(0, 80)}" is not a cursor of a page of runs`);
  return { startedAt, runId: cursor.slice(split + 1) };
}

function statusSet(status: RunQuery["status"]): ReadonlySet<string> | undefined {
  if (status === undefined) return undefined;
  return new Set(typeof status === "string" ? [status] : status);
}

function isCounted({ startedFrom, startedTo, tag, parentRunId }: RunQuery): boolean {
  return startedFrom === undefined && startedTo === undefined && tag === undefined && parentRunId === undefined;
}

function makeFilter({ workflow, status, startedFrom, startedTo, tag, parentRunId }: RunQuery): (record: RunRecord) => boolean {
  const statuses = statusSet(status);
  return (record) =>
    (workflow === undefined || record.workflow === workflow) &&
    (statuses === undefined || statuses.has(record.status)) &&
    (startedFrom === undefined || record.startedAt >= startedFrom) &&
    (startedTo === undefined || record.startedAt <= startedTo) &&
    (tag === undefined || record.tags.includes(tag)) &&
    (parentRunId === undefined || record.parentRunId === parentRunId);
}
