// Makes CEL's syntax trees: short words for the few nodes that translations need. Made nodes have no place of their own.
import type { Ast, BinaryOperator, LiteralNode } from "../../expression/ast.js";

const NOWHERE = { start: 0, end: 0 } as const;

export function literal(value: null | boolean | number | string): Ast {
  if (typeof value === "number" && (value < 0 || Object.is(value, -0))) return { kind: "unary", operator: "-", operand: literal(-value), ...NOWHERE };
  const type: LiteralNode["type"] = value === null ? "null" : typeof value === "boolean" ? "bool" : typeof value === "string" ? "string" : Number.isSafeInteger(value) ? "int" : "double";
  return { kind: "literal", type, value, ...NOWHERE };
}

export function double(value: number): Ast {
  return { kind: "literal", type: "double", value, ...NOWHERE };
}

export function identifier(name: string): Ast {
  return { kind: "identifier", name, isRooted: false, ...NOWHERE };
}

export function select(operand: Ast, field: string): Ast {
  return { kind: "select", operand, field, fieldStart: 0, isOptional: false, ...NOWHERE };
}

export function has(operand: Ast, field: string): Ast {
  return { kind: "has", operand, field, ...NOWHERE };
}

export function index(operand: Ast, at: Ast, isOptional = false): Ast {
  return { kind: "index", operand, index: at, isOptional, ...NOWHERE };
}

export function call(name: string, ...args: readonly Ast[]): Ast {
  return { kind: "call", name, nameStart: 0, target: undefined, args, ...NOWHERE };
}

export function method(target: Ast, name: string, ...args: readonly Ast[]): Ast {
  return { kind: "call", name, nameStart: 0, target, args, ...NOWHERE };
}

export function not(operand: Ast): Ast {
  return { kind: "unary", operator: "!", operand, ...NOWHERE };
}

export function minus(operand: Ast): Ast {
  return { kind: "unary", operator: "-", operand, ...NOWHERE };
}

export function binary(left: Ast, operator: BinaryOperator, right: Ast): Ast {
  return { kind: "binary", operator, operatorStart: 0, left, right, ...NOWHERE };
}

/** A chain of one operator is one node. */
export function logic(left: Ast, operator: "&&" | "||", right: Ast): Ast {
  const terms = [left, right].flatMap((term) => (term.kind === "logic" && term.operator === operator ? term.terms : [term]));
  return { kind: "logic", operator, terms, ...NOWHERE };
}

export function conditional(test: Ast, yes: Ast, no: Ast): Ast {
  return { kind: "conditional", test, yes, no, ...NOWHERE };
}

export function list(items: readonly Ast[]): Ast {
  return { kind: "list", items, hasOptional: false, ...NOWHERE };
}

export function map(entries: readonly (readonly [Ast, Ast])[]): Ast {
  return { kind: "map", entries: entries.map(([key, value]) => ({ key, value })), hasOptional: false, ...NOWHERE };
}

/** A constant of JSON. Its numbers are doubles, as JSON's are. */
export function constant(value: unknown): Ast {
  if (Array.isArray(value)) return list(value.map(constant));
  if (typeof value === "object" && value !== null) return map(Object.entries(value).map(([key, inner]) => [literal(key), constant(inner)] as const));
  if (typeof value === "number") return value < 0 || Object.is(value, -0) ? minus(double(-value)) : double(value);
  return literal(value as null | boolean | string);
}

/** `range.map(variable, body)` or `range.filter(variable, body)`. */
export function loop(macro: "map" | "filter", range: Ast, variable: string, body: Ast): Ast {
  return { kind: "loop", macro, range, variable, filter: undefined, body, ...NOWHERE };
}

/** `range.transformMapEntry(index, variable, {key: value})`. */
export function mapEntries(range: Ast, variable: string, key: Ast, value: Ast): Ast {
  return { kind: "loop", macro: "transformMapEntry", range, variable: "i", secondVariable: variable, filter: undefined, body: map([[key, value]]), ...NOWHERE };
}

/** `range.transformList(first, second, body)`: of a map keys and values. */
export function transformList(range: Ast, variable: string, secondVariable: string, body: Ast): Ast {
  return { kind: "loop", macro: "transformList", range, variable, secondVariable, filter: undefined, body, ...NOWHERE };
}

/** One value under a name. */
export function bind(variable: string, value: Ast, body: Ast): Ast {
  return { kind: "bind", variable, value, body, ...NOWHERE };
}

/**
 * The text that Python's `str` makes of a value: `True`, `None`. Of lists and maps there is none: the expression fails. A whole number
 * in a float has no `.0` here, because JSON does not tell it from an integer.
 */
export function toText(value: Ast): Ast {
  const x = identifier("v");
  const isBool = binary(call("type", x), "==", identifier("bool"));
  const isNull = binary(x, "==", literal(null));
  return bind("v", call("dyn", value), conditional(isBool, conditional(x, literal("True"), literal("False")), conditional(isNull, literal("None"), call("string", x))));
}
