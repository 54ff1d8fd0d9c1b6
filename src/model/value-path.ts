// The slow second look at a value that the writer refused: finds the first part that has no wire form, and its path.
import { WIRE_DEPTH_MAX } from "../../assembly/abi.js";

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

/** Finds the first unsupported part of `value`. Walks at most as far as the writer did. */
export function describeUnsupported(value: unknown, path: string): UnsupportedValue {
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
    return Number.isNaN((value as Date).getTime()) ? { path, reason: "the date is invalid" } : undefined;
  }
  if (tag === "[object Uint8Array]") return undefined;
  if (tag === "[object Map]") {
    return findFirst(
      (value as Map<unknown, unknown>).entries(),
      ([key, item]) => findInKey(key, path) ?? findIn(item, joinPath(path, String(key)), inner),
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

function findFirst<T>(items: Iterable<T>, find: (item: T) => UnsupportedValue | undefined): UnsupportedValue | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
