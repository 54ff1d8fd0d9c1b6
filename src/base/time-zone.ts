// Tables of a named time zone's offsets, read once from the machine's own knowledge of zones. They cover the years 1900
// to 2099; before and after them the first and the last offset hold.

/** One zone: from each start (seconds since 1970, ascending) its offset holds (seconds east of UTC). */
export interface TimeZone {
  readonly name: string;
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

const FIRST_SECOND = Date.UTC(1900, 0, 1) / 1000;
const LAST_SECOND = Date.UTC(2100, 0, 1) / 1000;
/** No zone changes its offset twice within this time. */
const SCAN_STEP_SECONDS = 14 * 86_400;

/** A zone's name in the text of an expression: the argument of a getter of timestamps. */
const NAMED_ZONE = /\.get[A-Z][A-Za-z]+\(\s*(["'])([A-Za-z][\w+/-]*)\1/g;
/** Names kept at a time; there are fewer than 600 zones. */
const KEPT_COUNT_MAX = 1_000;
const kept = new Map<string, TimeZone | undefined>();

/** The zones that expressions name, each once, in the order of their names; without those that need no table. */
export function findZoneNames(texts: Iterable<string>): readonly string[] {
  const names = new Set<string>();
  for (const text of texts) for (const [, , name = ""] of text.matchAll(NAMED_ZONE)) names.add(name);
  names.delete("UTC");
  names.delete("Z");
  return [...names].sort();
}

/** The zone of that name (`Europe/Berlin`), or undefined where the machine knows none. About 15 ms the first time. */
export function readTimeZone(name: string): TimeZone | undefined {
  if (!kept.has(name)) {
    if (kept.size >= KEPT_COUNT_MAX) kept.clear();
    kept.set(name, scanTimeZone(name));
  }
  return kept.get(name);
}

function scanTimeZone(name: string): TimeZone | undefined {
  const format = openFormat(name);
  if (format === undefined) return undefined;
  const starts = [FIRST_SECOND];
  const offsets = [readOffset(format, FIRST_SECOND)];
  for (let from = FIRST_SECOND; from < LAST_SECOND; from += SCAN_STEP_SECONDS) {
    const to = Math.min(from + SCAN_STEP_SECONDS, LAST_SECOND);
    const before = offsets[offsets.length - 1] as number;
    const after = readOffset(format, to);
    if (after === before) continue;
    starts.push(findChange(format, from, to, before));
    offsets.push(after);
  }
  return { name, starts, offsets };
}

function openFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  // Names only: an offset such as "+01:00" is none.
  if (!/^[A-Za-z]/.test(timeZone)) return undefined;
  const numeric = "numeric";
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch {
    return undefined;
  }
}

function readOffset(format: Intl.DateTimeFormat, second: number): number {
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, seconds = 0] = (format.format(second * 1000).match(/\d+/g) ?? []).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, seconds) / 1000 - second;
}

/** The first second in (from, to] whose offset is not `before`. */
function findChange(format: Intl.DateTimeFormat, from: number, to: number, before: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffset(format, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
