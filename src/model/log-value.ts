// What a handler hands to its log, made fit to be kept: JSON of bounded size, whatever was given. Never throws: a log must not fail its task.
import { isRecord } from "./arguments.js";
import { LOG_FIELDS_LENGTH_MAX, LOG_MESSAGE_LENGTH_MAX } from "./log.js";

/** Levels of nesting that are kept. */
const DEPTH_MAX = 16;
/** What stands in place of what was left out. */
export const CUT_MARK = "…";

interface Budget {
  left: number;
  isCut: boolean;
}

/** A message as it is kept. */
export function toLogMessage(message: unknown): { readonly message: string; readonly isCut: boolean } {
  const text = toWellFormed(typeof message === "string" ? message : describe(message));
  if (text.length <= LOG_MESSAGE_LENGTH_MAX) return { message: text, isCut: false };
  return { message: toWellFormed(text.slice(0, LOG_MESSAGE_LENGTH_MAX - 1)) + CUT_MARK, isCut: true };
}

/** Fields as JSON text. What contains itself is a mark, what does not fit is left out, what has no JSON is told as a text. */
export function toLogFields(fields: unknown): { readonly fields: string | undefined; readonly isCut: boolean } {
  if (fields === undefined || fields === null) return { fields: undefined, isCut: false };
  const budget: Budget = { left: LOG_FIELDS_LENGTH_MAX, isCut: false };
  const plain = rebuild(fields, budget, []);
  const text = JSON.stringify(isRecord(plain) ? plain : { value: plain });
  return { fields: text === "{}" ? undefined : text, isCut: budget.isCut };
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

function rebuild(value: unknown, budget: Budget, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
      return takeText(value, budget);
    case "number":
      budget.left -= 8;
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      budget.left -= 5;
      return value;
    case "undefined":
      return undefined;
    case "object":
      return value === null ? null : rebuildObject(value, budget, ancestors);
    default:
      return takeText(typeof value === "bigint" ? String(value) : `[${typeof value}]`, budget);
  }
}

function rebuildObject(value: object, budget: Budget, ancestors: readonly object[]): unknown {
  if (ancestors.includes(value)) return "[cyclic]";
  if (ancestors.length >= DEPTH_MAX) return cut(budget);
  budget.left -= 2;
  try {
    const inner = [...ancestors, value];
    if (value instanceof Date) return takeText(Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString(), budget);
    if (value instanceof Error) return rebuildKeys(value, ["name", "message", "code", "stack"], budget, inner);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return takeText(`[${value.byteLength} bytes]`, budget);
    if (value instanceof Map || value instanceof Set) return rebuildList([...value], budget, inner);
    if (Array.isArray(value)) return rebuildList(value, budget, inner);
    return rebuildKeys(value, Object.keys(value), budget, inner);
  } catch {
    // A getter or a proxy that throws.
    return "[unreadable]";
  }
}

function rebuildList(items: readonly unknown[], budget: Budget, ancestors: readonly object[]): unknown[] {
  const list: unknown[] = [];
  for (const item of items) {
    if (budget.left <= 0) {
      list.push(cut(budget));
      break;
    }
    list.push(rebuild(item, budget, ancestors) ?? null);
    budget.left -= 1;
  }
  return list;
}

function rebuildKeys(value: object, keys: readonly string[], budget: Budget, ancestors: readonly object[]): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const key of keys) {
    if (budget.left <= 0) {
      setOwn(plain, CUT_MARK, cut(budget));
      break;
    }
    const item = rebuildKey(value, key, budget, ancestors);
    if (item !== undefined) setOwn(plain, takeText(key, budget), item);
    budget.left -= 4;
  }
  return plain;
}

function rebuildKey(value: object, key: string, budget: Budget, ancestors: readonly object[]): unknown {
  try {
    return rebuild((value as Record<string, unknown>)[key], budget, ancestors);
  } catch {
    return "[unreadable]";
  }
}

function takeText(text: string, budget: Budget): string {
  const room = Math.max(0, budget.left);
  budget.left -= text.length + 2;
  if (text.length <= room) return toWellFormed(text);
  budget.isCut = true;
  return toWellFormed(text.slice(0, room)) + CUT_MARK;
}

function cut(budget: Budget): string {
  budget.isCut = true;
  return CUT_MARK;
}

/** A key is an own property, whatever it is called. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}

function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
