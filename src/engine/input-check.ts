// What comes from outside against what the workflow declares: a run's input against its parameters, an event's payload against the form of
// the task that waits for it. Defaults are filled in, types and choices checked.
import type { ParameterDefinition, TypeName } from "../model/definition.js";
import { toErrorRecord, WorkflowError } from "../model/errors.js";
import type { Program } from "../model/program.js";
import { decodeValue, encodeValue } from "../model/value.js";
import type { LoadedProgram } from "./program-table.js";

/** What a run's START is given: the input, with the run's id where its expressions ask for it. */
export function encodeStart({ isRunIdUsed }: Program, runId: string, input: unknown): Uint8Array {
  return encodeValue(isRunIdUsed === true ? [input, runId] : input, "input");
}

/** The input in what START was given, as a wire value. */
export function cutStart({ workflow }: LoadedProgram, payload: Uint8Array): Uint8Array {
  if (workflow.program.isRunIdUsed !== true) return payload;
  return encodeValue((decodeValue(payload) as readonly unknown[])[0]);
}

/** What CEL's `timestamp()` reads: RFC 3339. The engine checks the form, the kernel the rest. */
const TIMESTAMP_TEXT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
/** What CEL's `duration()` reads: `1h30m`, `-1.5s`. */
const DURATION_TEXT = /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(h|ms|m|s|us|µs|μs|ns))+)$/;

/** What does not fit, and where. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * The input that a run starts with: what was given, and defaults for what was not. Keys that no parameter declares stay.
 * Throws `run/invalid-input` (details: `path`, and `problems`, one per parameter).
 */
export function checkInput(
  workflow: string,
  parameters: readonly ParameterDefinition[],
  input: unknown,
): Readonly<Record<string, unknown>> {
  const checked = checkFields(parameters, input, { root: "input", noun: "parameter" });
  if ("complete" in checked) return checked.complete;
  const { problems } = checked;
  const message = `Workflow "${workflow}" cannot start: ${problems.map((problem) => problem.message).join("; ")}`;
  throw new WorkflowError("run/invalid-input", message, { details: { workflow, path: problems[0]?.path ?? "", problems } });
}

/** What was given, with defaults for what was not; or all that is wrong with it. O(size of the declarations) */
export function checkFields(
  fields: readonly ParameterDefinition[],
  given: unknown,
  { root, noun }: { readonly root: string; readonly noun: string },
): { readonly complete: Readonly<Record<string, unknown>> } | { readonly problems: readonly FieldProblem[] } {
  if (!isRecord(given ?? {})) return { problems: [{ path: root, message: `the ${root} is ${describe(given)}, not an object` }] };
  let complete: Record<string, unknown>;
  try {
    complete = { ...(given as Record<string, unknown> | null | undefined) };
  } catch (error) {
    return { problems: [{ path: root, message: `reading the ${root} failed: ${toErrorRecord(error).message}` }] };
  }
  const problems: FieldProblem[] = [];
  for (const field of fields) {
    const { name } = field;
    let value = Object.hasOwn(complete, name) ? complete[name] : undefined;
    if (value === undefined && field.default !== undefined) value = complete[name] = field.default;
    if (value === undefined) {
      if (field.isRequired) problems.push({ path: name, message: `${noun} "${name}" is missing` });
      continue;
    }
    const message = findProblem(field, value, noun);
    if (message !== undefined) problems.push({ path: name, message });
  }
  return problems.length > 0 ? { problems } : { complete };
}

function findProblem({ name, type, choices }: ParameterDefinition, value: unknown, noun: string): string | undefined {
  if (!fits(type, value)) return `${noun} "${name}" is ${describe(value)}, not ${type}`;
  if (choices === undefined || choices.some((choice) => isSame(choice, value))) return undefined;
  return `${noun} "${name}" is ${describe(value)}, not one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
}

function fits(type: TypeName, value: unknown): boolean {
  switch (type) {
    case "any":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint" || (Number.isInteger(value) && Math.abs(value as number) < 2 ** 63);
    case "uint":
      return (
        (typeof value === "bigint" && value >= 0n) || (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 64)
      );
    case "double":
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "list":
      return Array.isArray(value);
    case "map":
      return isRecord(value) || value instanceof Map;
    case "timestamp":
      return value instanceof Date || (typeof value === "string" && TIMESTAMP_TEXT.test(value) && !Number.isNaN(Date.parse(value)));
    case "duration":
      return typeof value === "string" && DURATION_TEXT.test(value);
  }
}

/** An object of names and values: no list, no map with other keys, and nothing like a promise, whose content would be lost. */
function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]";
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || toText(a) === toText(b);
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? Number(part) : part));
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object")
    return value instanceof Date ? "a timestamp" : value instanceof Uint8Array ? "bytes" : isRecord(value) ? "a map" : nameOf(value);
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return String(value);
}

/** `a Promise`, `a Set`. */
function nameOf(value: object): string {
  return `a ${/\[object (.*)\]/.exec(Object.prototype.toString.call(value))?.[1] ?? "thing"}`;
}
