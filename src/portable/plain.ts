// Errors and searchable fields as they stand in a file: plain values with sorted keys, the same whether they came out of a store that keeps JSON or
// out of one that keeps objects. What comes out of a file is rebuilt, part by part, and never trusted to be what it says.
import type { ErrorRecord, Finding, Place } from "../model/errors.js";
import type { SearchValue } from "../model/run-record.js";

/** Levels that are kept; what lies deeper is told as a text. Errors are flat. */
const DEPTH_MAX = 64;

/**
 * JSON's view of a value, keys in order: what has no JSON is left out, a BigInt and a date are texts, lone surrogates are replaced. Keys are own
 * properties whatever they are called. Never throws; of a value that contains itself only so much is told.
 */
export function toPlain(value: unknown): unknown {
  return rebuild(value, []);
}

function rebuild(value: unknown, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
      return toWellFormed(value);
    case "number":
      // JSON has no -0.
      return Number.isFinite(value) ? value + 0 : null;
    case "bigint":
      return String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : rebuildObject(value, ancestors);
    default:
      return undefined;
  }
}

function rebuildObject(value: object, ancestors: readonly object[]): unknown {
  if (ancestors.length >= DEPTH_MAX || ancestors.includes(value)) return "…";
  const inner = [...ancestors, value];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => rebuild(item, inner) ?? null);
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = rebuild((value as Record<string, unknown>)[key], inner);
    if (item !== undefined) setOwn(plain, toWellFormed(key), item);
  }
  return plain;
}

/** What of searchable fields can be searched for: texts, numbers, booleans. Keys in order. */
export function toPlainFields(fields: object): Readonly<Record<string, SearchValue>> {
  const plain: Record<string, SearchValue> = {};
  for (const key of Object.keys(fields).sort()) {
    const value = rebuild((fields as Record<string, unknown>)[key], []);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") setOwn(plain, toWellFormed(key), value);
  }
  return plain;
}

function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}

function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** An error as a record has it, made of whatever value stands there. */
export function readErrorRecord(value: unknown): ErrorRecord {
  const { code, message, details, isRetryable, place, findings } = (isObject(value) ? value : {}) as { [Key in keyof ErrorRecord]?: unknown };
  const shownPlace = readPlace(place);
  return {
    code: typeof code === "string" ? code : "run/failed",
    message: typeof message === "string" ? message : "The run failed",
    ...(isObject(details) && { details: toPlain(details) as Record<string, unknown> }),
    ...(typeof isRetryable === "boolean" && { isRetryable }),
    ...(shownPlace !== undefined && { place: shownPlace }),
    ...(Array.isArray(findings) && { findings: findings.map(readFinding).filter((finding) => finding !== undefined) }),
  };
}

function readPlace(value: unknown): Place | undefined {
  if (!isObject(value)) return undefined;
  const { start, end, line, column, snippet } = value as { [Key in keyof Place]?: unknown };
  if (typeof start !== "number" || typeof end !== "number" || typeof line !== "number" || typeof column !== "number") return undefined;
  return { start, end, line, column, ...(typeof snippet === "string" && { snippet }) };
}

function readFinding(value: unknown): Finding | undefined {
  if (!isObject(value)) return undefined;
  const { severity, code, message, place } = value as { [Key in keyof Finding]?: unknown };
  const found = readPlace(place);
  const isSevere = severity === "error" || severity === "warning" || severity === "info";
  return isSevere && typeof code === "string" && typeof message === "string" && found !== undefined ? { severity, code, message, place: found } : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}
