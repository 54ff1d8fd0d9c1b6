// What a query of runs means, for whoever answers it: which records it wants, in which order they stand, and how a cursor names a place
// in that order. Knows nothing of where records are kept.
import { WorkflowError } from "./errors.js";
import type { RunQuery, RunRecord, RunSort, SearchRange, SearchValue } from "./run-record.js";

export const PAGE_SIZE_DEFAULT = 50;
export const PAGE_SIZE_MAX = 1_000;
const SHOWN_SIZE_MAX = 80;
const SORTS: readonly RunSort[] = ["started", "updated", "ended", "duration"];
/** Stands in a cursor for the key of a run that has not ended. */
const NO_KEY = "-";

export type RunOrder = NonNullable<RunQuery["order"]>;

/** Where a run stands in an order: by `key`, runs of one key by their start, those of one start by their id. */
export interface RunPosition {
  readonly key: number;
  readonly startedAt: number;
  readonly runId: string;
}

/** What is asked of one searchable field: that it is there, of this type if one is named, and within the bounds that are given. */
export interface FieldCondition {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | undefined;
  readonly from: SearchValue | undefined;
  readonly to: SearchValue | undefined;
}

/** A page's size, sort and order as they hold. Throws `store/bad-query`. */
export function readPaging(query: RunQuery): { readonly limit: number; readonly sort: RunSort; readonly order: RunOrder } {
  const { limit = PAGE_SIZE_DEFAULT, sort = "started", order = "newest" } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE_MAX) {
    throw new WorkflowError("store/bad-query", `A page of ${limit} runs was asked for; the limit is 1 to ${PAGE_SIZE_MAX}`, {
      details: { limit, limitMax: PAGE_SIZE_MAX },
    });
  }
  if (!SORTS.includes(sort)) throw badQuery(`Runs cannot be sorted by "${show(sort)}"; they can by ${SORTS.join(", ")}`);
  if (order !== "newest" && order !== "oldest") throw badQuery(`"${show(order)}" is no order; "newest" and "oldest" are`);
  return { limit, sort, order };
}

/** The conditions on searchable fields, one by one. Throws `store/bad-query` where the bounds of one are of two types, or of none that fields have. */
export function readFieldConditions(fields: RunQuery["fields"]): FieldCondition[] {
  return Object.entries(fields ?? {}).flatMap(([name, range]) => (range === undefined ? [] : [readFieldCondition(name, range)]));
}

function readFieldCondition(name: string, range: SearchRange): FieldCondition {
  const { from, to } = typeof range === "object" && range !== null && !Array.isArray(range) ? range : { from: range as SearchValue, to: range as SearchValue };
  const bound = from ?? to;
  const type = bound === undefined ? undefined : typeof bound;
  const isOneType = from === undefined || to === undefined || typeof from === typeof to;
  if (!isOneType || (type !== undefined && type !== "string" && type !== "number" && type !== "boolean"))
    throw badQuery(`The bounds of the field "${show(name)}" must be two texts, two numbers or two booleans`);
  return { name, type, from, to };
}

/**
 * Does a record fulfil every condition of `query`? All but `filter`, which needs an evaluator of expressions. Throws `store/bad-query`
 * for conditions that no record could be compared with.
 */
export function makeRunFilter(query: RunQuery): (record: RunRecord) => boolean {
  const { tag, parentRunId, errorCode } = query;
  const tests: ((record: RunRecord) => boolean)[] = [];
  const workflows = toSet(query.workflow);
  const statuses = toSet(query.status);
  if (workflows !== undefined) tests.push((record) => workflows.has(record.workflow));
  if (statuses !== undefined) tests.push((record) => statuses.has(record.status));
  addBounds(tests, (record) => record.startedAt, query.startedFrom, query.startedTo);
  addBounds(tests, (record) => record.endedAt, query.endedFrom, query.endedTo);
  addBounds(tests, durationOf, query.durationMin, query.durationMax);
  if (tag !== undefined) tests.push((record) => record.tags.includes(tag));
  if (parentRunId !== undefined) tests.push((record) => record.parentRunId === parentRunId);
  if (errorCode !== undefined) tests.push((record) => record.error?.code === errorCode);
  for (const condition of readFieldConditions(query.fields)) tests.push((record) => fulfilsField(record, condition));
  const [only] = tests;
  if (only === undefined) return () => true;
  if (tests.length === 1) return only;
  return (record) => tests.every((test) => test(record));
}

/** A condition as a set of what it permits; undefined where all is permitted. */
export function toSet(wanted: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (wanted === undefined) return undefined;
  return new Set(typeof wanted === "string" ? [wanted] : wanted);
}

/** Ms from start to end, undefined for a run that has not ended. */
export function durationOf({ startedAt, endedAt }: RunRecord): number | undefined {
  return endedAt === undefined ? undefined : endedAt - startedAt;
}

function addBounds(
  tests: ((record: RunRecord) => boolean)[],
  read: (record: RunRecord) => number | undefined,
  from: number | undefined,
  to: number | undefined,
): void {
  if (from === undefined && to === undefined) return;
  const [min, max] = [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY];
  tests.push((record) => {
    const value = read(record);
    return value !== undefined && value >= min && value <= max;
  });
}

function fulfilsField({ fields }: RunRecord, { name, type, from, to }: FieldCondition): boolean {
  if (fields === undefined) return false;
  const value = fields[name] as SearchValue;
  if (type === undefined) return value !== undefined && Object.hasOwn(fields, name);
  // What every object inherits is of none of these types.
  return typeof value === type && (from === undefined || value >= from) && (to === undefined || value <= to);
}

/** By what a record is placed. Who has not ended stands last in either order, by an endless key. */
export function sortKey(record: RunRecord, sort: RunSort, order: RunOrder): number {
  if (sort === "started") return record.startedAt;
  if (sort === "updated") return record.updatedAt;
  return (sort === "ended" ? record.endedAt : durationOf(record)) ?? absentKey(order);
}

/** The key that stands behind all others. */
export function absentKey(order: RunOrder): number {
  return order === "oldest" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

export function toPosition(record: RunRecord, sort: RunSort, order: RunOrder): RunPosition {
  return { key: sortKey(record, sort, order), startedAt: record.startedAt, runId: record.runId };
}

/** Ascending; turned around for `newest`. */
export function comparePositions(a: RunPosition, b: RunPosition): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? -1 : 1;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}

/** Compares records as a page of this sort and order has them. */
export function compareRuns(sort: RunSort, order: RunOrder): (a: RunRecord, b: RunRecord) => number {
  const direction = order === "oldest" ? 1 : -1;
  return (a, b) => direction * comparePositions(toPosition(a, sort, order), toPosition(b, sort, order));
}

/** Names the place of `record`, the last of a page, for the page after it. */
export function formatCursor(record: RunRecord, sort: RunSort): string {
  const key = sortKey(record, sort, "newest");
  return `${sort}:${Number.isFinite(key) ? key : NO_KEY}:${record.startedAt}:${record.runId}`;
}

/** Throws `store/bad-query` for what is no cursor, or one of another sort. The order may be another than that of the page before. */
export function parseCursor(cursor: string, sort: RunSort, order: RunOrder): RunPosition {
  const [, ofSort, keyText = "", startText = "", runId = ""] = /^([a-z]+):([^:]+):([^:]+):(.*)$/s.exec(cursor) ?? [];
  const key = keyText === NO_KEY ? absentKey(order) : Number(keyText);
  const startedAt = Number(startText);
  if (ofSort === undefined || !Number.isFinite(startedAt) || (keyText !== NO_KEY && !Number.isFinite(key)))
    throw badQuery(`"${show(cursor)}" is not a cursor of a page of runs`);
  if (ofSort !== sort) throw badQuery(`The cursor is of a page sorted by "${show(ofSort)}"; this one is sorted by "${sort}"`);
  return { key, startedAt, runId };
}

/** Refuses a condition in CEL where nothing is there to evaluate it. */
export function refuseFilter(query: RunQuery, accept: unknown): void {
  if (query.filter !== undefined && accept === undefined) throw badQuery("This store cannot evaluate a filter");
}

export function badQuery(message: string, cause?: unknown): WorkflowError {
  return new WorkflowError("store/bad-query", message, { cause });
}

function show(text: string): string {
  return String(text).slice(0, SHOWN_SIZE_MAX);
}
