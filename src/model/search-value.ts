// What of the values of expressions runs can be looked for by: texts, numbers and booleans; times as texts.
import type { SearchValue } from "./run-record.js";

/** UTF-16 units of a text that are kept. */
export const SEARCH_TEXT_SIZE_MAX = 256;

/**
 * The value as it stands in a run's record: of a text the beginning, of a timestamp its text in UTC with milliseconds, so that texts are in the
 * order of the times. Undefined for anything else: null, NaN, an int that is no exact number, bytes, lists and maps.
 */
export function toSearchValue(value: unknown): SearchValue | undefined {
  if (typeof value === "string") return cutText(value);
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value === "bigint") return BigInt(Number(value)) === value ? Number(value) : undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return undefined;
}

/** Not in the middle of a character. */
function cutText(text: string): string {
  if (text.length <= SEARCH_TEXT_SIZE_MAX) return text;
  const last = text.charCodeAt(SEARCH_TEXT_SIZE_MAX - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SEARCH_TEXT_SIZE_MAX - 1 : SEARCH_TEXT_SIZE_MAX);
}
