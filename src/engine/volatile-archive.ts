// Runs of durability `none` after their end: readable until VOLATILE_ENDED_RUNS_MAX newer ones have ended. And pages of
// runs out of two places: such runs in memory, and the store's.
import { RecentMap } from "../base/recent-map.js";
import type { StorePort } from "../model/ports.js";
import { badQuery, comparePositions, compareRuns, formatCursor, makeRunFilter, parseCursor, readPaging, toPosition } from "../model/run-filter.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
import { VOLATILE_ENDED_RUNS_MAX } from "./limits.js";
import type { OpenRun } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";
import type { VolatileLog } from "./volatile-log.js";

export interface ArchivedRun {
  readonly record: RunRecord;
  readonly log: VolatileLog;
  readonly program: LoadedProgram;
}

export class VolatileArchive {
  readonly #runs = new RecentMap<string, ArchivedRun>(VOLATILE_ENDED_RUNS_MAX);

  keep(run: OpenRun, record: RunRecord): void {
    const { log, program } = run;
    if (log !== undefined) this.#runs.set(record.runId, { record, log, program });
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
  /** A cursor that names the last record of the page: volatile ones go on after it. */
  readonly after: string | null;
  /** The store has no more. */
  readonly isStoreDone: boolean;
}

/** In place of a query's `filter`. */
type Accept = (record: RunRecord) => boolean;

/** A page of the store's runs and the volatile ones, in one order. */
export async function queryBoth(store: StorePort, volatileRecords: readonly RunRecord[], query: RunQuery, accept?: Accept): Promise<RunPage> {
  const isMerged = query.cursor?.startsWith("{") === true;
  if (volatileRecords.length === 0 && !isMerged) return store.query(query, accept);
  const { limit, sort, order } = readPaging(query);
  const { cursor: _cursor, ...conditions } = query;
  const from: MergedCursor = isMerged
    ? parseMergedCursor(query.cursor ?? "")
    : { store: query.cursor ?? null, used: 0, after: query.cursor ?? null, isStoreDone: false };
  const after = from.after === null ? undefined : parseCursor(from.after, sort, order);
  const page: RunPage = from.isStoreDone
    ? { records: [] }
    : await store.query({ ...conditions, limit, ...(from.store !== null && { cursor: from.store }) }, accept);
  const compare = compareRuns(sort, order);
  const direction = order === "oldest" ? 1 : -1;
  const isWanted = makeRunFilter(query);
  const stored = page.records.slice(from.used);
  const own = volatileRecords
    .filter((record) => isWanted(record) && accept?.(record) !== false && (after === undefined || direction * comparePositions(toPosition(record, sort, order), after) > 0))
    .sort(compare);
  const records: RunRecord[] = [];
  let [storedAt, ownAt] = [0, 0];
  while (records.length < limit) {
    const [a, b] = [stored[storedAt], own[ownAt]];
    if (a === undefined && (b === undefined || page.cursor !== undefined)) break;
    if (a !== undefined && (b === undefined || compare(a, b) <= 0)) records.push(stored[storedAt++] as RunRecord);
    else if (b !== undefined) records.push(own[ownAt++] as RunRecord);
  }
  const isPageUsed = storedAt === stored.length;
  const isStoreDone = isPageUsed && page.cursor === undefined;
  if (isStoreDone && ownAt === own.length) return { records };
  const last = records.at(-1);
  const next: MergedCursor = {
    store: isPageUsed ? (page.cursor ?? from.store) : from.store,
    used: isPageUsed ? 0 : from.used + storedAt,
    after: last === undefined ? from.after : formatCursor(last, sort),
    isStoreDone,
  };
  return { records, cursor: JSON.stringify(next) };
}

/** How many runs of both places match. */
export async function countBoth(store: StorePort, volatileRecords: readonly RunRecord[], query: RunQuery, accept?: Accept): Promise<number> {
  const isWanted = makeRunFilter(query);
  const stored = await store.count(query, accept);
  return stored + volatileRecords.filter((record) => isWanted(record) && accept?.(record) !== false).length;
}

function parseMergedCursor(text: string): MergedCursor {
  try {
    const { store, used, after, isStoreDone } = JSON.parse(text) as MergedCursor;
    const areTexts = [store, after].every((part) => part === null || typeof part === "string");
    if (areTexts && Number.isSafeInteger(used) && used >= 0 && typeof isStoreDone === "boolean") return { store, used, after, isStoreDone };
  } catch (cause) {
    throw notACursor(text, cause);
  }
  throw notACursor(text);
}

function notACursor(text: string, cause?: unknown): Error {
  return badQuery(`"${text.slice(0, 80)}" is not a cursor of a page of runs`, cause);
}
