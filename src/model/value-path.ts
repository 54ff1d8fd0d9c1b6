// The slow second look at a value that the writer refused: finds the first part that has no wire form, and its path.
import { WIRE_DEPTH_MAX } from "../../assembly/abi.js";
import { toErrorRecord } from "./errors.js";

/** Where in a value something stands that cannot be carried, and why. */
export interface UnsupportedValue {
  /** E.g. `input.items[3].price`. */
  readonly path: string;
  readonly reason: string;
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const LONE_SURROGATE = /\p{Surrogate}/u;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** The years 1 to 9999, ms since 1970: what a timestamp may be. */
const TIMESTAMP_MS_MIN = -62_135_596_800_000;
const TIMESTAMP_MS_MAX = 253_402_300_799_999;

/** Is this number of milliseconds since 1970 a timestamp? Not where it is NaN. */
export function isTimestamp(ms: number): boolean {
  return ms >= TIMESTAMP_MS_MIN && ms <= TIMESTAMP_MS_MAX;
}

/**
 * Finds the first unsupported part of `value`. Walks at most as far as the writer did.
 * @param thrown what the value threw when the writer looked at it
 */
export function describeUnsupported(value: unknown, path: string, thrown?: unknown): UnsupportedValue {
  if (thrown !== undefined) return { path, reason: `reading it failed: ${toErrorRecord(thrown).message}` };
  return findIn(value, path, []) ?? { path, reason: "this value is not supported" };
}

/** `path` and one more key. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (IDENTIFIER.test(key)) return path === "" ? key : `${path}.${key}`;
  return `${path}[${JSON.stringify(key)}]`;
}

function findIn(value: unknown, path: string, ancestors: readonly object[]): UnsupportedValue | undefined {
  switch (typeof value) {
    case "string":
      return LONE_SURROGATE.test(value) ? { path, reason: "the text holds a lone surrogate" } : undefined;
    case "bigint":
      return value < INT64_MIN || value > UINT64_MAX ? { path, reason: "the integer does not fit in 64 bits" } : undefined;
    case "function":
      return { path, reason: "a function is not data" };
    case "symbol":
      return { path, reason: "a symbol is not data" };
    case "object":
      return value === null ? undefined : findInObject(value, path, ancestors);
    default:
      return undefined;
  }
}

function findInObject(value: object, path: string, ancestors: readonly object[]): UnsupportedValue | undefined {
  if (ancestors.includes(value)) return { path, reason: "the value contains itself" };
  if (ancestors.length >= WIRE_DEPTH_MAX) return { path, reason: `nested deeper than ${WIRE_DEPTH_MAX} levels` };
  const inner = [...ancestors, value];
  const tag = Object.prototype.toString.call(value);
  if (Array.isArray(value)) {
    return findFirst(value.entries(), ([index, item]) => findIn(item, joinPath(path, index), inner));
  }
  if (tag === "[object Date]") {
    const time = (value as Date).getTime();
    if (Number.isNaN(time)) return { path, reason: "the date is invalid" };
    return isTimestamp(time) ? undefined : { path, reason: "the date is outside of the years 1 to 9999" };
  }
  if (tag === "[object Uint8Array]") return undefined;
  if (tag === "[object Map]") {
    return findFirst(
      (value as Map<unknown, unknown>).entries(),
      ([key, item]) => findInKey(key, path) ?? findTwin(value as Map<unknown, unknown>, key, path) ?? findIn(item, joinPath(path, String(key)), inner),
    );
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (tag !== "[object Object]" && prototype !== Object.prototype && prototype !== null) {
    return { path, reason: `${/\[object (.*)\]/.exec(tag)?.[1] ?? "this"} is not plain data` };
  }
  return findFirst(Object.entries(value), ([key, item]) => findInKey(key, path) ?? findIn(item, joinPath(path, key), inner));
}

function findInKey(key: unknown, path: string): UnsupportedValue | undefined {
  if (typeof key === "string" || typeof key === "bigint") return findIn(key, joinPath(path, String(key)), []);
  if (typeof key === "boolean" || (typeof key === "number" && Number.isSafeInteger(key))) return undefined;
  return { path, reason: "a key must be a string, an integer or a bool" };
}

/** A number and a bigint are the same key. */
function findTwin(map: ReadonlyMap<unknown, unknown>, key: unknown, path: string): UnsupportedValue | undefined {
  const isTwice = typeof key === "number" && map.has(BigInt(key));
  return isTwice ? { path, reason: `the key ${key} stands there twice, as a number and as a bigint` } : undefined;
}

function findFirst<T>(items: Iterable<T>, find: (item: T) => UnsupportedValue | undefined): UnsupportedValue | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
