// Arguments of other types than declared, at the package's doors: JavaScript callers get an error with a code and the
// argument's name, not a TypeError out of the middle of something.
import { type ErrorCode, WorkflowError } from "./errors.js";

const SHOWN_SIZE_MAX = 40;

/** A value as it is named in messages. Looks at nothing within it. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
      return `the ${typeof value} ${String(value)}`;
    case "string":
      return `the text ${JSON.stringify(value.length > SHOWN_SIZE_MAX ? `${value.slice(0, SHOWN_SIZE_MAX)}…` : value)}`;
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}

/** The error of an argument that should be `wanted`. */
export function argumentError(code: ErrorCode, argument: string, value: unknown, wanted: string): WorkflowError {
  return new WorkflowError(code, `${argument} is ${describeValue(value)}; it must be ${wanted}`, { details: { argument } });
}

/** An object that is no array: what options, contexts and queries are. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
