// What is missing in a log, told in its place: entries that its limits dropped, that were never stored, or that stand in what is damaged. A log with a hole
// is still a log: reading one never fails.
import type { StoredLogEntry } from "./log.js";

/** Entries that cannot be read, and why. */
export interface LostEntries {
  /** Number of the first. */
  readonly lostFrom: number;
  readonly count: number;
  readonly why: string;
}

/**
 * The entries after number `after`, in order, with one in place of those that are missing: its number is that of the last of them. What is missing at
 * the front of a log was dropped by its limits.
 */
export function tellGaps(parts: Iterable<StoredLogEntry | LostEntries>, after = 0): StoredLogEntry[] {
  const told: StoredLogEntry[] = [];
  let expected = after + 1;
  let time = 0;
  for (const part of parts) {
    const isLost = "lostFrom" in part;
    const first = isLost ? part.lostFrom : part.number;
    const last = isLost ? first + part.count - 1 : first;
    if (last < expected) continue;
    if (!isLost) time = part.time;
    if (first > expected) told.push(tellMissing(expected, first - 1, time, expected === 1));
    if (isLost) told.push(tellLost(part, time));
    else told.push(part);
    expected = last + 1;
  }
  return told;
}

function tellMissing(first: number, last: number, time: number, isFront: boolean): StoredLogEntry {
  const count = last - first + 1;
  const message = isFront ? `${sayEntries(count)} before this were dropped: a run's log has limits` : `${sayEntries(count)} are missing: they were not stored`;
  return { number: last, time, level: "warning", by: "engine", message, fields: JSON.stringify({ code: isFront ? "log/dropped" : "log/lost", count }) };
}

function tellLost({ lostFrom, count, why }: LostEntries, time: number): StoredLogEntry {
  const message = `${sayEntries(count)} cannot be read: ${why}`;
  return { number: lostFrom + count - 1, time, level: "error", by: "engine", message, fields: JSON.stringify({ code: "store/damaged", count }) };
}

/** One that `tellGaps` made: nobody logged it. */
export function isGap({ by, fields }: StoredLogEntry): boolean {
  return by === "engine" && fields !== undefined && /^\{"code":"(?:log\/dropped|log\/lost|store\/damaged)","count":\d+\}$/.test(fields);
}

function sayEntries(count: number): string {
  return count === 1 ? "1 entry" : `${count.toLocaleString("en")} entries`;
}
