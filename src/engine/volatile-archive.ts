// Runs of durability `none` after their end: readable until VOLATILE_ENDED_RUNS_MAX newer ones have ended. And pages of
// runs out of two places: such runs in memory, and the store's.
import type { RunPage, RunQuery, RunRecord } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import type { StorePort } from "../model/ports.js";
import { VOLATILE_ENDED_RUNS_MAX } from "./limits.js";
import type { OpenRun } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";
import type { VolatileLog } from "./volatile-log.js";

const PAGE_SIZE_DEFAULT = 50;

export interface ArchivedRun {
  readonly record: RunRecord;
  readonly log: VolatileLog;
  readonly program: LoadedProgram;
}

export class VolatileArchive {
  readonly #runs = new Map<string, ArchivedRun>();
  /** Ids by the order of the ends, in a ring: a map's own order is slow to find the oldest in. */
  readonly #order: string[] = [];
  #oldest = 0;

  keep(run: OpenRun, record: RunRecord): void {
    const { log, program } = run;
    if (log === undefined) return;
    this.#runs.set(record.runId, { record, log, program });
    if (this.#order.length < VOLATILE_ENDED_RUNS_MAX) {
      this.#order.push(record.runId);
      return;
    }
    this.#runs.delete(this.#order[this.#oldest] as string);
    this.#order[this.#oldest] = record.runId;
    this.#oldest = (this.#oldest + 1) % VOLATILE_ENDED_RUNS_MAX;
  }

  get(runId: string): ArchivedRun | undefined {
    return this.#runs.get(runId);
  }

  delete(runId: string): void {
    this.#runs.delete(runId);
  }

  *records(): Iterable<RunRecord> {
    for (const { record } of this.#runs.values()) yield record;
  }
}

/** Where a page of both places ended. */
interface MergedCursor {
  /** The store's cursor, and how many records of its page are used up. */
  readonly store: string | null;
  readonly used: number;
  /** The last volatile record. */
  readonly after: readonly [startedAt: number, runId: string] | null;
  /** The store has no more. */
  readonly isStoreDone: boolean;
}

/** A page of the store's runs and the volatile ones, in one order. */
export async function queryBoth(store: StorePort, volatileRecords: readonly RunRecord[], query: RunQuery): Promise<RunPage> {
  const isMerged = query.cursor?.startsWith("{") === true;
  if (volatileRecords.length === 0 && !isMerged) return store.query(query);
  const limit = query.limit ?? PAGE_SIZE_DEFAULT;
  const { cursor: _cursor, ...conditions } = query;
  const from: MergedCursor = isMerged
    ? parseCursor(query.cursor ?? "")
    : { store: query.cursor ?? null, used: 0, after: null, isStoreDone: false };
  const page: RunPage = from.isStoreDone
    ? { records: [] }
    : await store.query({ ...conditions, limit, ...(from.store !== null && { cursor: from.store }) });
  const order = query.order === "oldest" ? 1 : -1;
  const stored = page.records.slice(from.used);
  const own = volatileRecords
    .filter((record) => isWanted(query, record) && isAfter(record, from.after, order))
    .sort((a, b) => order * compare(a, b));
  const records: RunRecord[] = [];
  let [storedAt, ownAt] = [0, 0];
  while (records.length < limit) {
    const [a, b] = [stored[storedAt], own[ownAt]];
    if (a === undefined && (b === undefined || page.cursor !== undefined)) break;
    if (a !== undefined && (b === undefined || order * compare(a, b) <= 0)) records.push(stored[storedAt++] as RunRecord);
    else if (b !== undefined) records.push(own[ownAt++] as RunRecord);
  }
  const isPageUsed = storedAt === stored.length;
  const isStoreDone = isPageUsed && page.cursor === undefined;
  if (isStoreDone && ownAt === own.length) return { records };
  const last = own[ownAt - 1];
  const next: MergedCursor = {
    store: isPageUsed ? (page.cursor ?? from.store) : from.store,
    used: isPageUsed ? 0 : from.used + storedAt,
    after: last === undefined ? from.after : [last.startedAt, last.runId],
    isStoreDone,
  };
  return { records, cursor: JSON.stringify(next) };
}

/** How many runs of both places match. */
export async function countBoth(store: StorePort, volatileRecords: readonly RunRecord[], query: RunQuery): Promise<number> {
  return (await store.count(query)) + volatileRecords.filter((record) => isWanted(query, record)).length;
}

function parseCursor(text: string): MergedCursor {
  try {
    return JSON.parse(text) as MergedCursor;
  } catch (cause) {
    throw new WorkflowError("store/bad-query", `"${text.slice(0, 80)}" is not a cursor of a page of runs`, { cause });
  }
}

function isWanted({ workflow, status, startedFrom, startedTo, tag, parentRunId }: RunQuery, record: RunRecord): boolean {
  if (workflow !== undefined && record.workflow !== workflow) return false;
  if (status !== undefined && !(typeof status === "string" ? status === record.status : status.includes(record.status))) return false;
  if (record.startedAt < (startedFrom ?? -Infinity) || record.startedAt > (startedTo ?? Infinity)) return false;
  return (tag === undefined || record.tags.includes(tag)) && (parentRunId === undefined || record.parentRunId === parentRunId);
}

function isAfter({ startedAt, runId }: RunRecord, after: MergedCursor["after"], order: number): boolean {
  return after === null || order * compare({ startedAt, runId }, { startedAt: after[0], runId: after[1] }) > 0;
}

function compare(a: Pick<RunRecord, "startedAt" | "runId">, b: Pick<RunRecord, "startedAt" | "runId">): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}
