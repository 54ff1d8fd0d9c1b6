// Durations as authors write them: `500ms`, `5s`, `2m`, `1h`, `3d`, CEL's `1h30m`, and in words `5 minutes`.
import { isDigit, isSpace, isWord } from "./mermaid/characters.js";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const WORD_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["millisecond", 1],
  ["milliseconds", 1],
  ["s", 1_000],
  ["sec", 1_000],
  ["secs", 1_000],
  ["second", 1_000],
  ["seconds", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["mins", 60_000],
  ["minute", 60_000],
  ["minutes", 60_000],
  ["h", 3_600_000],
  ["hr", 3_600_000],
  ["hour", 3_600_000],
  ["hours", 3_600_000],
  ["d", 86_400_000],
  ["day", 86_400_000],
  ["days", 86_400_000],
]);

/** The longest duration, ms: 100 years. */
export const DURATION_MS_MAX = 100 * 365.25 * 86_400_000;

/** Milliseconds of `500ms`, `5s`, `1h30m`, `1.5h`; undefined where the text is something else, below 0 or beyond the limit. */
export function parseDuration(text: string): number | undefined {
  let at = 0;
  let total = 0;
  while (at < text.length) {
    const end = findNumberEnd(text, at);
    if (end === at) return undefined;
    let unitEnd = end;
    while (unitEnd < text.length && text.charCodeAt(unitEnd) >= 97 && text.charCodeAt(unitEnd) <= 122) unitEnd += 1;
    const unit = UNIT_MS.get(text.slice(end, unitEnd));
    if (unit === undefined) return undefined;
    total += Number(text.slice(at, end)) * unit;
    at = unitEnd;
  }
  return text.length > 0 && total <= DURATION_MS_MAX ? total : undefined;
}

/** `5 minutes then go on`: the duration in front, and the text after it. */
export function parseWordedDuration(text: string): { ms: number; rest: string } | undefined {
  const end = findNumberEnd(text, 0);
  if (end === 0) return undefined;
  let word = end;
  while (isSpace(text.charCodeAt(word))) word += 1;
  let wordEnd = word;
  while (isWord(text.charCodeAt(wordEnd))) wordEnd += 1;
  const unit = WORD_MS.get(text.slice(word, wordEnd).toLowerCase());
  if (unit === undefined) return undefined;
  const ms = Number(text.slice(0, end)) * unit;
  const rest = text.slice(wordEnd);
  return ms > DURATION_MS_MAX || (rest !== "" && !isSpace(rest.charCodeAt(0))) ? undefined : { ms, rest: rest.trim() };
}

/** End of digits with at most one point among them, or `at`. */
function findNumberEnd(text: string, at: number): number {
  let end = at;
  let hasPoint = false;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === 46 && !hasPoint && end > at && isDigit(text.charCodeAt(end + 1))) hasPoint = true;
    else if (!isDigit(code)) break;
  }
  return end;
}
