// Values that a task graph's run computes: the names that its expressions see, durations, and the items of a task.
import type { ItemsDefinition, RetryDefinition, ValueSource } from "../../src/model/definition.js";
import { ExpressionFailure, type Value, evaluate } from "./expression.js";
import { Failure } from "./values.js";

/** What an expression sees besides the branch. */
export type Names = Readonly<Record<string, Value>>;

export function compute(names: Names, source: ValueSource, code = "run/action-failed"): Value {
  switch (source.kind) {
    case "expression":
      return computeText(names, source.expression.text, code);
    case "template":
      return source.parts.map((part) => (typeof part === "string" ? part : String(computeText(names, part.text, code)))).join("");
    case "literal":
      return source.value as Value;
    case "list":
      return source.elements.map((element) => compute(names, element, code)) as unknown as Value;
    case "map":
      return Object.fromEntries(source.entries.map(({ key, value }) => [key, compute(names, value, code)]));
  }
}

export function computeText(names: Names, text: string, code: string): Value {
  try {
    return evaluate(text, (name) => names[name]);
  } catch (error) {
    throw error instanceof ExpressionFailure ? new Failure(code) : error;
  }
}

export function computeBool(names: Names, text: string): boolean {
  const value = computeText(names, text, "run/guard-failed");
  if (typeof value !== "boolean") throw new Failure("run/guard-failed");
  return value;
}

/** Milliseconds. */
export function computeDuration(names: Names, source: ValueSource): number {
  const value = compute(names, source);
  if (typeof value !== "number" || value < 0) throw new Failure("run/action-failed");
  return value;
}

/** Milliseconds before the attempt that follows the one of this number. */
export function computeRetryDelay(names: Names, retry: RetryDefinition | undefined, number: number): number {
  const times = { constant: 1, linear: number, exponential: 2 ** (number - 1) }[retry?.backoff ?? "constant"];
  const most = retry?.delayMax === undefined ? Number.POSITIVE_INFINITY : computeDuration(names, retry.delayMax);
  return retry?.delay === undefined ? 0 : Math.min(most, computeDuration(names, retry.delay) * times);
}

/** The elements of which each is one call, and how many calls may be out at a time. */
export interface Items {
  readonly elements: readonly Value[];
  readonly concurrency: number;
}

export function computeItems(names: Names, { lists, combination, batchSize, concurrency }: ItemsDefinition): Items {
  const columns = lists.map(({ value }) => computeList(names, value));
  const rows = columns.length === 1 ? (columns[0] as Value[]) : combine(columns, combination).map((row) => nameElements(row, lists));
  const size = batchSize === undefined ? 0 : computeCount(names, batchSize);
  const limit = concurrency === undefined ? Number.POSITIVE_INFINITY : computeCount(names, concurrency);
  return { elements: size === 0 ? rows : batch(rows, size), concurrency: limit };
}

function computeList(names: Names, source: ValueSource): Value[] {
  const value: unknown = compute(names, source);
  if (!Array.isArray(value)) throw new Failure("run/invalid-items");
  return value as Value[];
}

function computeCount(names: Names, source: ValueSource): number {
  const value = compute(names, source);
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) throw new Failure("run/invalid-items");
  return value;
}

function combine(columns: readonly Value[][], combination: "zip" | "cross"): Value[][] {
  if (combination === "cross")
    return columns.reduce<Value[][]>((rows, column) => rows.flatMap((row) => column.map((value) => [...row, value])), [[]]);
  const [first = [], ...others] = columns;
  if (others.some(({ length }) => length !== first.length)) throw new Failure("run/invalid-items");
  return first.map((_, index) => columns.map((column) => column[index] as Value));
}

function nameElements(row: readonly Value[], lists: ItemsDefinition["lists"]): Value {
  return Object.fromEntries(row.map((value, index) => [lists[index]?.name ?? "", value]));
}

function batch(rows: readonly Value[], size: number): Value[] {
  const starts = rows.map((_, index) => index).filter((index) => index % size === 0);
  return starts.map((start) => rows.slice(start, start + size) as unknown as Value);
}
