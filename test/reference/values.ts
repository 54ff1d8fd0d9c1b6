// The values that a run of the reference model computes, and the failures that may come of it.
import type { Definition, ValueSource } from "../../src/model/definition.js";
import { ExpressionFailure, type Value, evaluate } from "./expression.js";
import type { Frame } from "./frame.js";

/** Something failed that a failure transition may catch. */
export class Failure extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Throws a Failure with `code` where an expression fails. */
export function valueOf(frame: Frame, source: ValueSource, code: string): Value {
  switch (source.kind) {
    case "expression":
      return evaluateIn(frame, source.expression.text, code);
    case "template":
      return source.parts.map((part) => (typeof part === "string" ? part : String(evaluateIn(frame, part.text, code)))).join("");
    case "literal":
      return source.value as Value;
    case "list":
      throw new Error("No action of a diagram has a list of values");
    case "map":
      return Object.fromEntries(source.entries.map(({ key, value }) => [key, valueOf(frame, value, code)]));
  }
}

export function evaluateIn(frame: Frame, text: string, code: string): Value {
  try {
    return evaluate(text, (name) => frame.values.get(name));
  } catch (error) {
    throw error instanceof ExpressionFailure ? new Failure(code) : error;
  }
}

const KINDS: Readonly<Record<string, string>> = { int: "number", number: "number", bool: "boolean", string: "string" };

/** Gives a variable a value. Declared types hold; null is permitted everywhere. */
export function assign(definition: Definition, frame: Frame, name: string, value: Value): void {
  const declared = [...definition.parameters, ...definition.variables].find((variable) => variable.name === name);
  const wanted = KINDS[declared?.type ?? "any"];
  if (wanted !== undefined && value !== null && typeof value !== wanted) throw new Failure("run/type-mismatch");
  frame.values.set(name, value);
}
