// What runs are looked for: the form of the runs page, the query that it means, and how it stands in the address. Pure.
import type { RunQuery, RunSort, RunStatus, SearchRange } from "../millrace.js";

export const LIVE_STATUSES: readonly RunStatus[] = ["scheduled", "running", "waiting", "pausing", "paused", "canceling"];
export const ENDED_STATUSES: readonly RunStatus[] = ["succeeded", "failed", "canceled", "timedOut"];

/** `live`: not ended. */
export type StatusChoice = "all" | "live" | RunStatus;

/** A condition on a searchable value, as it is typed: `c-17`, `100..500`, `100..`, `true`, `"17"`. */
export interface FieldCondition {
  readonly name: string;
  readonly value: string;
}

/** As it is typed; an empty text asks for nothing. */
export interface RunSearch {
  readonly status: StatusChoice;
  readonly workflow: string;
  readonly tag: string;
  readonly errorCode: string;
  /** Local times, as `datetime-local` has them. */
  readonly startedFrom: string;
  readonly startedTo: string;
  /** Seconds. */
  readonly durationMin: string;
  readonly durationMax: string;
  readonly fields: readonly FieldCondition[];
  /** In CEL. */
  readonly filter: string;
  readonly sort: RunSort;
  readonly order: "newest" | "oldest";
}

export const EVERY_RUN: RunSearch = {
  status: "all",
  workflow: "",
  tag: "",
  errorCode: "",
  startedFrom: "",
  startedTo: "",
  durationMin: "",
  durationMax: "",
  fields: [],
  filter: "",
  sort: "started",
  order: "newest",
};

/** The query that a search means, without a page. What cannot be read asks for nothing. */
export function toQuery(search: RunSearch): RunQuery {
  const { status, workflow, tag, errorCode, filter, sort, order } = search;
  const fields = Object.fromEntries(search.fields.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), readRange(value)]));
  const numbers = {
    startedFrom: readTime(search.startedFrom),
    // To the end of the minute that was typed.
    startedTo: add(readTime(search.startedTo), search.startedTo.length > 16 ? 999 : 59_999),
    durationMin: readSeconds(search.durationMin),
    durationMax: readSeconds(search.durationMax),
  };
  const given = Object.entries(numbers).filter(([, number]) => number !== undefined);
  return {
    ...(status !== "all" && { status: status === "live" ? LIVE_STATUSES : status }),
    ...(workflow.trim() !== "" && { workflow: workflow.trim() }),
    ...(tag.trim() !== "" && { tag: tag.trim() }),
    ...(errorCode.trim() !== "" && { errorCode: errorCode.trim() }),
    ...Object.fromEntries(given),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(filter.trim() !== "" && { filter: filter.trim() }),
    sort,
    order,
  };
}

function add(time: number | undefined, ms: number): number | undefined {
  return time === undefined ? undefined : time + ms;
}

function readTime(text: string): number | undefined {
  const time = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(time) ? undefined : time;
}

function readSeconds(text: string): number | undefined {
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(seconds) ? undefined : seconds * 1_000;
}

/** `a..b` within bounds, anything else equal to it; nothing: that the value is there at all. */
export function readRange(text: string): SearchRange {
  const trimmed = text.trim();
  if (trimmed === "") return {};
  const quoted = /^"(.*)"$/.exec(trimmed);
  if (quoted !== null) return quoted[1] as string;
  const [left, right, more] = trimmed.split("..");
  if (right === undefined || more !== undefined) return readValue(trimmed);
  const [from, to] = [left, right].map((side = "") => (side.trim() === "" ? undefined : readValue(side.trim())));
  // Bounds are of one type: `1..x` are texts.
  const areTexts = from !== undefined && to !== undefined && typeof from !== typeof to;
  const spell = (bound: string | number | boolean | undefined, side = ""): string | number | boolean | undefined => (areTexts ? side.trim() : bound);
  return { ...(from !== undefined && { from: spell(from, left) as string }), ...(to !== undefined && { to: spell(to, right) as string }) };
}

function readValue(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

const NAMES = ["status", "workflow", "tag", "errorCode", "startedFrom", "startedTo", "durationMin", "durationMax", "filter", "sort", "order"] as const;
const SORTS: readonly string[] = ["started", "updated", "ended", "duration"];
const CHOICES: readonly string[] = ["all", "live", ...LIVE_STATUSES, ...ENDED_STATUSES];

/** Puts what differs from `EVERY_RUN` into the address. */
export function writeSearch(search: RunSearch, address: URLSearchParams): void {
  for (const name of NAMES) if (search[name] !== EVERY_RUN[name]) address.set(name, search[name]);
  for (const { name, value } of search.fields) if (name !== "") address.append("field", `${name}:${value}`);
}

/** What stands in the address; what could not have been written is left out. */
export function readSearch(address: URLSearchParams): RunSearch {
  const given = Object.fromEntries(NAMES.flatMap((name) => (isReadable(name, address.get(name)) ? [[name, address.get(name)]] : [])));
  const fields = address.getAll("field").flatMap((text) => {
    const colon = text.indexOf(":");
    return colon < 1 ? [] : [{ name: text.slice(0, colon), value: text.slice(colon + 1) }];
  });
  return { ...EVERY_RUN, ...given, fields };
}

function isReadable(name: (typeof NAMES)[number], text: string | null): boolean {
  if (text === null) return false;
  if (name === "status") return CHOICES.includes(text);
  if (name === "sort") return SORTS.includes(text);
  return name !== "order" || text === "newest" || text === "oldest";
}

/** How many conditions it has beside status and workflow, which are always on show. */
export function countConditions(search: RunSearch): number {
  const names = ["tag", "errorCode", "startedFrom", "startedTo", "durationMin", "durationMax", "filter"] as const;
  return names.filter((name) => search[name].trim() !== "").length + search.fields.filter(({ name }) => name.trim() !== "").length;
}

export function isEveryRun(search: RunSearch): boolean {
  return countConditions(search) === 0 && search.status === "all" && search.workflow.trim() === "";
}

/** The same query for those of its runs alone that have one of these statuses; undefined: none can. */
export function narrowStatus(query: RunQuery, statuses: readonly RunStatus[]): RunQuery | undefined {
  const asked = query.status === undefined ? statuses : [query.status].flat().filter((status) => statuses.includes(status));
  return asked.length === 0 ? undefined : { ...query, status: asked };
}
