// The parts that partial evaluation makes of an expression: what is known, what fails, what is left; and how they are
// written as syntax trees again.
import type { Ast } from "../expression/ast.js";
import type { ErrorCode } from "../model/errors.js";
import type { ExactValue } from "../model/value.js";
import { isBool, type Outcome, toLiteral } from "./constant.js";

export const NOWHERE = { start: 0, end: 0 } as const;

/** A part whose value is known. `source`: an expression that gives it, where it has no literal. */
export interface Known {
  readonly kind: "known";
  readonly value: ExactValue;
  readonly source: Ast;
}
/** A part that fails, whatever the rest is. */
export interface Failed {
  readonly kind: "failed";
  readonly error: ErrorCode;
  readonly source: Ast;
}
/** A part that the unknown decides. `isBool`: it is a bool or fails. */
export interface Open {
  readonly kind: "open";
  readonly source: Ast;
  readonly isBool: boolean;
  /** A known value with unknown places inside: what is known, and the paths that are not. */
  readonly masked?: MaskedValue;
}
export type Part = Known | Failed | Open;

export interface MaskedValue {
  readonly value: ExactValue;
  /** Each a path of at least one field or index below this value. */
  readonly unknown: readonly (readonly string[])[];
}

/** The expression that stands for a part. */
export function sourceOf(part: Part, isWrapped = false): Ast {
  return part.kind === "known" ? writeKnown(part, toLiteral(part.value), isWrapped) : part.source;
}

export function writeKnown({ source }: Known, literal: Ast | undefined, isWrapped: boolean): Ast {
  if (literal === undefined || source.kind === "literal") return source;
  return isWrapped ? { kind: "call", ...NOWHERE, name: "dyn", nameStart: 0, target: undefined, args: [literal] } : literal;
}

export function settle(outcome: Outcome, source: Ast): Part {
  return "value" in outcome ? { kind: "known", value: outcome.value, source } : { kind: "failed", error: outcome.error, source };
}

export function isBoolPart(part: Part | undefined): boolean {
  if (part === undefined) return false;
  if (part.kind === "known") return isBool(part.value);
  return part.kind === "failed" || part.isBool;
}

export function newLocal(name: string): Open {
  return { kind: "open", source: { kind: "identifier", ...NOWHERE, name, isRooted: false }, isBool: false };
}

export function newBool(value: boolean): Ast {
  return { kind: "literal", ...NOWHERE, type: "bool", value };
}

export function indexInto(operand: Ast, index: number): Ast {
  return { kind: "index", ...NOWHERE, operand, index: { kind: "literal", ...NOWHERE, type: "int", value: index }, isOptional: false };
}

/** The step that a key takes into a list or map, as paths write it. */
export function readStep(key: ExactValue): string | undefined {
  if ("string" in key) return key.string;
  return "int" in key ? key.int : undefined;
}

/** A place inside of a value with unknown places, whose outcome would be `outcome`; undefined: it is unknown itself, or not there. */
export function unmask({ unknown }: MaskedValue, step: string, outcome: Outcome | undefined, source: Ast): Part | undefined {
  const below = unknown.filter(([first]) => first === step).map((path) => path.slice(1));
  if (below.some((path) => path.length === 0)) return { kind: "open", source, isBool: false };
  if (outcome === undefined) return undefined;
  if (below.length === 0) return settle(outcome, source);
  return "value" in outcome ? { kind: "open", source, isBool: false, masked: { value: outcome.value, unknown: below } } : undefined;
}
