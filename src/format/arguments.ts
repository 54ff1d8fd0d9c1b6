// The part of an action after its task: `with key=value, key=value result name timeout 5s`. Values in quotes are
// templates; others are expressions and end at a comma, at the next `key=`, at `result name` or at `timeout …`.
import type { ValueSource } from "../model/definition.js";
import { parseDuration } from "./durations.js";
import { isSpace, isWord, skipSpace } from "./mermaid/characters.js";
import { findIdentifierEnd, isVariableName } from "./names.js";
import { cutSegment, findQuoteEnd, isQuote, isQuoted, readName, readValue, type Reporter, type Segment } from "./values.js";

/** Arguments of one action. */
export const ARGUMENT_COUNT_MAX = 100;

/** One `key=value`, not read yet. */
export interface RawArgument {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Segment;
}

export interface RawArguments {
  readonly list: readonly RawArgument[];
  /** From `result x` or `result="x"`. */
  readonly result: Segment | undefined;
  /** From `timeout 5s` or `timeout=…`. */
  readonly timeout: Segment | undefined;
}

/** Cuts the text into arguments. Undefined when it has another form. The text may be empty. */
export function cutArguments(segment: Segment): RawArguments | undefined {
  const { text } = segment;
  const list: RawArgument[] = [];
  let result: Segment | undefined;
  let timeout: Segment | undefined;
  let at = skipSpace(text, 0);
  const isWith = isKeywordAt(text, at, "with");
  if (isWith) at = skipSpace(text, at + 4);
  for (let isFirst = true; at < text.length; isFirst = false) {
    if (!isFirst && text.charCodeAt(at) === 44) at = skipSpace(text, at + 1);
    const suffix = readSuffix(segment, at);
    if (suffix !== undefined) {
      if (suffix.keyword === "result") result = suffix.value;
      else timeout = suffix.value;
      at = suffix.next;
      continue;
    }
    const argument = isWith ? readArgument(segment, at) : undefined;
    if (argument === undefined || list.length >= ARGUMENT_COUNT_MAX) return undefined;
    if (argument.key === "result") result = argument.value;
    else if (argument.key === "timeout") timeout = argument.value;
    else list.push(argument);
    at = argument.next;
  }
  return isWith && list.length === 0 && result === undefined && timeout === undefined ? undefined : { list, result, timeout };
}

function isKeywordAt(text: string, at: number, word: string): boolean {
  return text.slice(at, at + word.length).toLowerCase() === word && !isWord(text.charCodeAt(at + word.length));
}

/** `result name` or `timeout 5s`, with a space and no `=`. */
function readSuffix(segment: Segment, at: number): { keyword: "result" | "timeout"; value: Segment; next: number } | undefined {
  const { text } = segment;
  for (const keyword of ["result", "timeout"] as const) {
    if (!isKeywordAt(text, at, keyword) || !isSpace(text.charCodeAt(at + keyword.length))) continue;
    const start = skipSpace(text, at + keyword.length);
    let end = start;
    if (isQuote(text.charCodeAt(start))) end = Math.max(start, findQuoteEnd(text, start));
    else while (isWord(text.charCodeAt(end)) || text.charCodeAt(end) === 46) end += 1;
    const next = skipSpace(text, end);
    const isEnd = next >= text.length || text.charCodeAt(next) === 44 || next > end;
    if (end === start || !isEnd || text.charCodeAt(next) === 61) return undefined;
    return { keyword, value: cutSegment(segment, start, end), next: text.charCodeAt(next) === 44 ? skipSpace(text, next + 1) : next };
  }
  return undefined;
}

function readArgument(segment: Segment, at: number): (RawArgument & { next: number }) | undefined {
  const { text } = segment;
  const keyEnd = findKeyEnd(text, at);
  const equals = skipSpace(text, keyEnd);
  if (keyEnd === at || text.charCodeAt(equals) !== 61 || text.charCodeAt(equals + 1) === 61) return undefined;
  const start = skipSpace(text, equals + 1);
  const end = findValueEnd(text, start);
  if (end === start) return undefined;
  return {
    key: text.slice(at, keyEnd),
    keyOffset: segment.offset + at,
    value: cutSegment(segment, start, end),
    next: skipSpace(text, end),
  };
}

/** An identifier that may have dashes. */
function findKeyEnd(text: string, at: number): number {
  let end = findIdentifierEnd(text, at);
  if (end === at) return at;
  while (text.charCodeAt(end) === 45 && isWord(text.charCodeAt(end + 1))) {
    end += 1;
    while (isWord(text.charCodeAt(end))) end += 1;
  }
  return end;
}

/** A text in quotes ends with its quote when an argument, a comma or nothing follows; else the value goes on as an expression. */
function findValueEnd(text: string, start: number): number {
  if (isQuote(text.charCodeAt(start))) {
    const end = findQuoteEnd(text, start);
    if (end !== -1 && isBoundary(text, end)) return end;
  }
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isQuote(code)) {
      const end = findQuoteEnd(text, at);
      if (end === -1) return text.length;
      at = end - 1;
    } else if (code === 40 || code === 91 || code === 123) {
      depth += 1;
    } else if (code === 41 || code === 93 || code === 125) {
      depth -= 1;
    } else if (depth <= 0 && at > start && (code === 44 || (isSpace(code) && !isSpace(text.charCodeAt(at - 1)) && isBoundary(text, at)))) {
      return at;
    }
  }
  return text.length;
}

/** Does the value before `at` end here: does a comma, `key=`, `result name`, `timeout …` or nothing come next? */
function isBoundary(text: string, at: number): boolean {
  const next = skipSpace(text, at);
  if (next >= text.length || text.charCodeAt(next) === 44) return true;
  if (next === at) return false;
  const keyEnd = findKeyEnd(text, next);
  if (keyEnd === next) return false;
  const after = skipSpace(text, keyEnd);
  if (text.charCodeAt(after) === 61) return text.charCodeAt(after + 1) !== 61;
  return readSuffix({ text, offset: 0 }, next) !== undefined;
}

/** The values of the arguments as one map. A key that repeats is a finding. */
export function readArgumentMap(raw: RawArguments, segment: Segment, reporter: Reporter): ValueSource & { kind: "map" } {
  const seen = new Set<string>();
  const entries: { key: string; value: ValueSource }[] = [];
  for (const { key, keyOffset, value } of raw.list) {
    if (seen.has(key))
      reporter.report("error", "parse/duplicate-argument", `The argument "${key}" is given twice`, keyOffset, keyOffset + key.length);
    seen.add(key);
    entries.push({ key, value: readValue(value, reporter) });
  }
  return { kind: "map", entries, place: reporter.place(segment.offset, segment.offset + segment.text.length) };
}

/** The variable that takes the result; undefined where none is named or its name cannot be one (a finding). */
export function readResultName(raw: RawArguments, reporter: Reporter): string | undefined {
  if (raw.result === undefined) return undefined;
  const { text, offset } = raw.result;
  const name = isQuoted(text) ? readName(text) : text;
  if (isVariableName(name)) return name;
  reporter.report("error", "parse/invalid-action", `Invalid result variable name "${name}"`, offset, offset + text.length);
  return undefined;
}

/** Milliseconds of `timeout`; a bare number counts seconds where `isSeconds`. */
export function readTimeout(raw: RawArguments, isSeconds: boolean, reporter: Reporter): number | undefined {
  if (raw.timeout === undefined) return undefined;
  const { text, offset } = raw.timeout;
  const plain = isQuoted(text) ? readName(text) : text;
  const isNumber = isSeconds && plain !== "" && !Number.isNaN(Number(plain));
  const ms = isNumber ? Number(plain) * 1_000 : parseDuration(plain);
  if (ms === undefined || Number.isNaN(ms)) {
    reporter.report(
      "error",
      "parse/invalid-action",
      `Invalid timeout value "${plain}": write 500ms, 5s or 2m`,
      offset,
      offset + text.length,
    );
    return undefined;
  }
  if (ms > 0 && ms <= TIMEOUT_MS_MAX) return ms;
  reporter.report(
    "error",
    "parse/invalid-action",
    ms > 0 ? `The timeout is ${ms} ms; the limit is ${TIMEOUT_MS_MAX}` : "Timeout must be greater than 0",
    offset,
    offset + text.length,
  );
  return undefined;
}

/** A timeout fits 32 bits of milliseconds: 49 days. */
export const TIMEOUT_MS_MAX = 0xffff_ffff;
