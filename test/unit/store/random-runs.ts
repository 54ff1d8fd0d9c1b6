// Random records and queries with few different values, so that ties and matches are common; and what a query means, said naively.
import fc from "fast-check";
import { RUN_STATUSES } from "../../../src/model/status.js";
import type { RunQuery, RunRecord, RunSort, SearchValue } from "../../../src/model/run-record.js";

const WORKFLOWS = ["orders", "mail", "ü"];
const TAGS = ["a", "b", "c"];
const CODES = ["task/failed", "run/limit", "x"];
const UUIDS = Array.from({ length: 12 }, (_, index) => `0197${index % 3}a00-0000-7000-8000-00000000000${index.toString(16)}`);
/** UUIDs, children, children of children, and what is neither. */
export const RUN_IDS = [...UUIDS, ...UUIDS.slice(0, 6).flatMap((id) => [`${id}~1`, `${id}~2`, `${id}~1~1`, `${id}-`]), "r", "r~1", "zz", "", "0197AA00-0000-7000-8000-000000000000"];

const small = fc.integer({ min: 0, max: 12 });
const time = fc.oneof({ weight: 9, arbitrary: small.map((value) => 1_000 + value) }, { weight: 1, arbitrary: fc.double({ min: 990, max: 1_020, noNaN: true }) });
const searchValue: fc.Arbitrary<SearchValue> = fc.oneof(small, fc.constantFrom("p", "q", "ß", ""), fc.boolean(), fc.constantFrom(-0.5, 1e300, Infinity));

export const recordArbitrary: fc.Arbitrary<RunRecord> = fc
  .record(
    {
      runId: fc.constantFrom(...RUN_IDS),
      workflow: fc.constantFrom(...WORKFLOWS),
      identity: fc.constantFrom("id-1", "id-2"),
      status: fc.constantFrom(...RUN_STATUSES),
      startedAt: time,
      updatedAt: time,
      endedAt: time,
      error: fc.record(
        { code: fc.constantFrom(...CODES), message: fc.string(), details: fc.dictionary(fc.string(), fc.integer()), isRetryable: fc.boolean() },
        { requiredKeys: ["code", "message"], noNullPrototype: true },
      ),
      parentRunId: fc.constantFrom(...RUN_IDS),
      rerunOf: fc.constantFrom(...RUN_IDS),
      tags: fc.array(fc.constantFrom(...TAGS), { maxLength: 3 }),
      fields: fc.dictionary(fc.constantFrom("total", "city", "__proto__"), searchValue, { noNullPrototype: true }),
      priority: fc.integer({ min: 0, max: 9 }),
      seq: fc.oneof(fc.nat(20), fc.nat(), fc.maxSafeNat()),
      later: fc.json().map((text) => JSON.parse(text) as unknown),
    },
    { requiredKeys: ["runId", "workflow", "identity", "status", "startedAt", "updatedAt", "tags", "seq"], noNullPrototype: true },
  )
  .map((record) => {
    // Children have the parent of their name more often than not.
    const { runId, parentRunId } = record as RunRecord;
    return (runId.includes("~") && parentRunId !== undefined && runId.length % 2 === 1 ? { ...record, parentRunId: runId.slice(0, runId.lastIndexOf("~")) } : record) as RunRecord;
  });

export const queryArbitrary: fc.Arbitrary<RunQuery> = fc.record(
  {
    workflow: fc.oneof(fc.constantFrom(...WORKFLOWS, "none"), fc.subarray([...WORKFLOWS, "none"])),
    status: fc.oneof(fc.constantFrom(...RUN_STATUSES), fc.subarray([...RUN_STATUSES])),
    startedFrom: time,
    startedTo: time,
    endedFrom: time,
    endedTo: time,
    durationMin: fc.integer({ min: -6, max: 6 }),
    durationMax: fc.integer({ min: -6, max: 6 }),
    tag: fc.constantFrom(...TAGS, "none"),
    parentRunId: fc.constantFrom(...RUN_IDS, "nobody"),
    errorCode: fc.constantFrom(...CODES, "none"),
    fields: fc.dictionary(
      fc.constantFrom("total", "city", "none", "__proto__", "toString"),
      fc.oneof(
        searchValue,
        fc.constantFrom("none", "p1"),
        fc.constant({}),
        fc.record({ from: small, to: small }, { requiredKeys: [], noNullPrototype: true }),
        fc.record({ from: fc.constantFrom("", "p", "pp", "z"), to: fc.constantFrom("", "p", "pp", "z") }, { requiredKeys: [], noNullPrototype: true }),
        fc.record({ from: fc.boolean(), to: fc.boolean() }, { requiredKeys: [], noNullPrototype: true }),
      ),
      { maxKeys: 2, noNullPrototype: true },
    ),
    sort: fc.constantFrom<RunSort>("started", "updated", "ended", "duration"),
    order: fc.constantFrom("newest", "oldest"),
    limit: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<RunQuery>;

/** Queries that want more: each of few conditions. */
export const easyQueryArbitrary: fc.Arbitrary<RunQuery> = fc
  .tuple(queryArbitrary, fc.integer({ min: 0, max: 2 }), fc.nat())
  .map(([{ sort, order, limit, ...conditions }, count, from]) => {
    const entries = Object.entries(conditions);
    const kept = Array.from({ length: Math.min(count, entries.length) }, (_, at) => entries[(from + at) % entries.length] as [string, unknown]);
    return { ...Object.fromEntries(kept), ...(sort && { sort }), ...(order && { order }), ...(limit && { limit }) };
  });

/** What the query wants, all pages in one, by the words of its documentation. */
export function findNaively(records: readonly RunRecord[], query: RunQuery): RunRecord[] {
  return sortNaively(records.filter((record) => isWantedNaively(record, query)), query);
}

function isWantedNaively(record: RunRecord, query: RunQuery): boolean {
  const { endedAt, startedAt } = record;
  const duration = endedAt === undefined ? undefined : endedAt - startedAt;
  const within = (value: number | undefined, from: number | undefined, to: number | undefined) =>
    (from === undefined && to === undefined) || (value !== undefined && value >= (from ?? -Infinity) && value <= (to ?? Infinity));
  if (query.workflow !== undefined && ![query.workflow].flat().includes(record.workflow)) return false;
  if (query.status !== undefined && ![query.status].flat().includes(record.status)) return false;
  if (!within(startedAt, query.startedFrom, query.startedTo) || !within(endedAt, query.endedFrom, query.endedTo)) return false;
  if (!within(duration, query.durationMin, query.durationMax)) return false;
  if (query.tag !== undefined && !record.tags.includes(query.tag)) return false;
  if (query.parentRunId !== undefined && record.parentRunId !== query.parentRunId) return false;
  if (query.errorCode !== undefined && record.error?.code !== query.errorCode) return false;
  return fulfilsNaively(record.fields ?? {}, query.fields ?? {});
}

export function fulfilsNaively(fields: NonNullable<RunRecord["fields"]>, wanted: NonNullable<RunQuery["fields"]>): boolean {
  return Object.entries(wanted).every(([name, range]) => {
    const value = Object.entries(fields).find(([key]) => key === name)?.[1];
    if (value === undefined) return false;
    if (typeof range !== "object") return value === range;
    const { from, to } = range;
    return (from === undefined || (typeof value === typeof from && value >= from)) && (to === undefined || (typeof value === typeof to && value <= to));
  });
}

function sortNaively(records: readonly RunRecord[], { sort = "started", order = "newest" }: RunQuery): RunRecord[] {
  const keyOf = ({ startedAt, updatedAt, endedAt }: RunRecord): number | undefined => {
    if (sort === "started") return startedAt;
    if (sort === "updated") return updatedAt;
    return endedAt === undefined || sort === "ended" ? endedAt : endedAt - startedAt;
  };
  const byStart = (a: RunRecord, b: RunRecord) => a.startedAt - b.startedAt || (a.runId < b.runId ? -1 : 1);
  const turn = (list: RunRecord[]) => (order === "newest" ? list.reverse() : list);
  const withKey = records.filter((record) => keyOf(record) !== undefined).sort((a, b) => (keyOf(a) as number) - (keyOf(b) as number) || byStart(a, b));
  const without = records.filter((record) => keyOf(record) === undefined).sort(byStart);
  return [...turn(withKey), ...turn(without)];
}

/** Every page of `query`, one after the other. */
export function walkPages(ask: (query: RunQuery) => { readonly records: readonly RunRecord[]; readonly cursor?: string }, query: RunQuery): RunRecord[] {
  const records: RunRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = ask({ ...query, ...(cursor !== undefined && { cursor }) });
    if (page.records.length > (query.limit ?? 50)) throw new Error(`a page of ${page.records.length} runs`);
    if (page.cursor !== undefined && page.records.length < (query.limit ?? 50)) throw new Error("a page that is not full has a page after it");
    records.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

/** Ascending as the rows of a segment, each run once. */
export function toRows(records: readonly RunRecord[]): RunRecord[] {
  const byId = new Map(records.map((record) => [record.runId, record]));
  return [...byId.values()].sort((a, b) => a.startedAt - b.startedAt || (a.runId < b.runId ? -1 : 1));
}
