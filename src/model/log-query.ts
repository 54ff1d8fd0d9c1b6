// What of a log is asked for: conditions, pages, and entries as they are shown. The same for every store and for runs in memory.
import { argumentError, isRecord } from "./arguments.js";
import { LOG_LEVELS, LOG_LIMIT_DEFAULT, LOG_LIMIT_MAX, type LogConditions, type LogEntry, type LogPage, type LogQuery, type StoredLogEntry } from "./log.js";

const CODE = "engine/invalid-argument";

/** Throws `engine/invalid-argument` where `query` is none. */
export function checkLogQuery(query: LogQuery | undefined): void {
  if (query === undefined) return;
  if (!isRecord(query)) throw argumentError(CODE, "query", query, "an object");
  const { level, task, text, cursor, from, to, after, order, limit } = query as Record<keyof LogQuery, unknown>;
  const refuse = (name: keyof LogQuery, value: unknown, wanted: string): never => {
    throw argumentError(CODE, `query.${name}`, value, wanted);
  };
  if (level !== undefined && !(LOG_LEVELS as readonly unknown[]).includes(level)) refuse("level", level, `one of ${LOG_LEVELS.join(", ")}`);
  for (const [name, value] of Object.entries({ task, text, cursor })) if (value !== undefined && typeof value !== "string") refuse(name as "task", value, "a text");
  for (const [name, value] of Object.entries({ from, to, after })) if (value !== undefined && typeof value !== "number") refuse(name as "from", value, "a number");
  if (order !== undefined && order !== "oldest" && order !== "newest") refuse("order", order, `"oldest" or "newest"`);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && Number(limit) >= 1 && Number(limit) <= LOG_LIMIT_MAX)) refuse("limit", limit, `a whole number from 1 to ${LOG_LIMIT_MAX}`);
  if (typeof cursor === "string" && !/^\d{1,16}$/.test(cursor)) refuse("cursor", cursor, "the cursor of a page before");
}

/** Does an entry fit? */
export function makeLogFilter({ level, task, text, from, to, after }: LogConditions): (entry: StoredLogEntry) => boolean {
  const least = level === undefined ? 0 : LOG_LEVELS.indexOf(level);
  const sought = text === undefined || text === "" ? undefined : text.toLowerCase();
  return (entry) =>
    (after === undefined || entry.number > after) &&
    LOG_LEVELS.indexOf(entry.level) >= least &&
    (task === undefined || entry.task === task) &&
    (from === undefined || entry.time >= from) &&
    (to === undefined || entry.time <= to) &&
    (sought === undefined || holdsText(entry, sought));
}

function holdsText({ message, task, fields }: StoredLogEntry, sought: string): boolean {
  return message.toLowerCase().includes(sought) || task?.toLowerCase().includes(sought) === true || fields?.toLowerCase().includes(sought) === true;
}

/** The page of a run's entries, which stand in the order of their numbers. */
export function pageLog(runId: string, entries: readonly StoredLogEntry[], query: LogQuery): LogPage {
  const { order = "oldest", limit = LOG_LIMIT_DEFAULT, cursor } = query;
  const isWanted = makeLogFilter(query);
  const edge = cursor === undefined ? undefined : Number(cursor);
  const found: StoredLogEntry[] = [];
  for (let index = 0; index < entries.length && found.length <= limit; index += 1) {
    const entry = entries[order === "oldest" ? index : entries.length - 1 - index] as StoredLogEntry;
    if (edge !== undefined && (order === "oldest" ? entry.number <= edge : entry.number >= edge)) continue;
    if (isWanted(entry)) found.push(entry);
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return { entries: shown.map((entry) => showEntry(runId, entry)), ...(found.length > limit && last !== undefined && { cursor: String(last.number) }) };
}

/** An entry as readers see it. */
export function showEntry(runId: string, { fields, ...entry }: StoredLogEntry): LogEntry {
  return { ...entry, runId, ...(fields !== undefined && { fields: readFields(fields) }) };
}

function readFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // As it stands, then: it may come out of a file.
  }
  return { value: text };
}
