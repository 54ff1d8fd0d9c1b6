// The insides of CEL's string, bytes and number literals (langdef.md, "String and Bytes Values", "Numeric Values").
// Knows nothing of tokens.

import type { FindingList } from "./finding-list.js";

const CODE_POINT_MAX = 0x10ffff;
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;
/** So many decimal digits are always a safe integer. */
const SAFE_DIGIT_COUNT = 15;
const BACKSLASH = 0x5c;
const textEncoder = new TextEncoder();

/** One-character escapes: the character after the backslash, and what it means. */
const SIMPLE_ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 0x5c, "?": 0x3f, '"': 0x22, "'": 0x27, "`": 0x60 }).map(
    ([name, code]) => [name.charCodeAt(0), code],
  ),
);

interface Escape {
  /** Offset after the escape. */
  readonly end: number;
  readonly code: number;
  /** Written with \u or \U. */
  readonly isCodePoint: boolean;
}

/** The text between `start` and `end` with its escapes replaced. */
export function readString(text: string, start: number, end: number, findings: FindingList): string {
  let at = text.indexOf("\\", start);
  let result = "";
  let from = start;
  while (at !== -1 && at < end) {
    result += text.slice(from, at);
    const escape = readEscape(text, at, end, findings);
    if (escape.code >= 0xd800 && escape.code < 0xe000) reportEscape(findings, text, at, escape.end, "a surrogate is not a character");
    else if (escape.code > CODE_POINT_MAX) reportEscape(findings, text, at, escape.end, "there is no such character");
    else result += String.fromCodePoint(escape.code);
    from = escape.end;
    at = text.indexOf("\\", from);
  }
  return result + text.slice(from, end);
}

/** The bytes of a literal: characters as UTF-8, \x and octal escapes as single octets. */
export function readBytes(text: string, start: number, end: number, isRaw: boolean, findings: FindingList): Uint8Array {
  let at = isRaw ? -1 : text.indexOf("\\", start);
  if (at === -1 || at >= end) return textEncoder.encode(text.slice(start, end));
  const bytes: number[] = [];
  let from = start;
  while (at !== -1 && at < end) {
    bytes.push(...textEncoder.encode(text.slice(from, at)));
    const escape = readEscape(text, at, end, findings);
    if (escape.isCodePoint) reportEscape(findings, text, at, escape.end, "bytes take \\x escapes only");
    else bytes.push(escape.code);
    from = escape.end;
    at = text.indexOf("\\", from);
  }
  bytes.push(...textEncoder.encode(text.slice(from, end)));
  return Uint8Array.from(bytes);
}

function readEscape(text: string, at: number, end: number, findings: FindingList): Escape {
  const code = at + 1 < end ? text.charCodeAt(at + 1) : BACKSLASH;
  const simple = SIMPLE_ESCAPES.get(code);
  if (simple !== undefined) return { end: Math.min(at + 2, end), code: simple, isCodePoint: false };
  switch (code) {
    case 0x78: // x
    case 0x58: // X
      return readDigits(text, at, at + 2, 2, 16, end, findings);
    case 0x75: // u
      return { ...readDigits(text, at, at + 2, 4, 16, end, findings), isCodePoint: true };
    case 0x55: // U
      return { ...readDigits(text, at, at + 2, 8, 16, end, findings), isCodePoint: true };
    default:
      if (code >= 0x30 && code <= 0x33) return readDigits(text, at, at + 1, 3, 8, end, findings);
      reportEscape(findings, text, at, Math.min(at + 2, end), "there is no such escape");
      return { end: Math.min(at + 2, end), code: code >= 0xd800 && code < 0xe000 ? 0xfffd : code, isCodePoint: false };
  }
}

function readDigits(text: string, at: number, from: number, count: number, radix: 8 | 16, end: number, findings: FindingList): Escape {
  let code = 0;
  for (let index = from; index < from + count; index += 1) {
    const digit = index < end ? digitOf(text.charCodeAt(index)) : 99;
    if (digit >= radix) {
      reportEscape(findings, text, at, index, `${count} ${radix === 8 ? "octal" : "hexadecimal"} digits are needed`);
      return { end: index, code: 0xfffd, isCodePoint: false };
    }
    code = code * radix + digit;
  }
  return { end: from + count, code, isCodePoint: false };
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 99;
}

function reportEscape(findings: FindingList, text: string, start: number, end: number, why: string): void {
  findings.report("expression/invalid-escape", `Escape ${text.slice(start, end)}: ${why}`, start, end);
}

/**
 * An integer literal's value from its digits (`12`, `0xff`, without suffix or sign).
 * @param isNegative a minus stands directly before it, so that -2^63 can be written
 */
export function readInteger(digits: string, isUnsigned: boolean, isNegative: boolean, start: number, findings: FindingList): number | bigint {
  if (digits.length <= SAFE_DIGIT_COUNT && (digits.length < 2 || (digits.charCodeAt(1) | 0x20) !== 0x78)) {
    return isNegative ? 0 - Number(digits) : Number(digits);
  }
  const magnitude = BigInt(digits);
  const max = isUnsigned ? UINT_MAX : isNegative ? INT_MAX + 1n : INT_MAX;
  if (magnitude > max) {
    const message = `${isNegative ? "-" : ""}${digits} does not fit in ${isUnsigned ? "a uint" : "an int"} (64 bits)`;
    findings.report("expression/invalid-number", message, start, start + digits.length);
    return 0;
  }
  const value = isNegative ? -magnitude : magnitude;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A double literal's value. */
export function readDouble(digits: string, start: number, findings: FindingList): number {
  const value = Number(digits);
  if (Number.isFinite(value)) return value;
  findings.report("expression/invalid-number", `${digits} is too large for a double`, start, start + digits.length);
  return 0;
}
