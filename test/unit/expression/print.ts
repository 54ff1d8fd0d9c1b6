// Prints a syntax tree as CEL text, fully bracketed: the inverse of the parser, for its tests.
import type { Ast, LiteralNode } from "../../../src/expression/ast.js";

export function printExpression(node: Ast): string {
  switch (node.kind) {
    case "literal":
      return printLiteral(node);
    case "identifier":
      return node.isRooted ? `.${node.name}` : node.name;
    case "select":
      return `${printOperand(node.operand)}.${node.isOptional ? "?" : ""}${printField(node.field)}`;
    case "index":
      return `${printOperand(node.operand)}[${node.isOptional ? "?" : ""}${printExpression(node.index)}]`;
    case "call":
      return `${node.target === undefined ? "" : `${printOperand(node.target)}.`}${node.name}(${node.args.map(printExpression).join(", ")})`;
    case "unary":
      return `${node.operator}(${printExpression(node.operand)})`;
    case "binary":
      return `(${printExpression(node.left)}) ${node.operator} (${printExpression(node.right)})`;
    case "logic":
      return node.terms.map((term) => `(${printExpression(term)})`).join(` ${node.operator} `);
    case "conditional":
      return `(${printExpression(node.test)}) ? (${printExpression(node.yes)}) : (${printExpression(node.no)})`;
    case "list":
      return `[${node.items.map((item, index) => `${node.optionals?.includes(index) ? "?" : ""}${printExpression(item)}`).join(", ")}]`;
    case "map":
      return `{${node.entries.map(({ key, value, isOptional }) => `${isOptional ? "?" : ""}${printExpression(key)}: ${printExpression(value)}`).join(", ")}}`;
    case "message":
      return `${node.name}{${node.entries.map(({ field, value }) => `${field}: ${printExpression(value)}`).join(", ")}}`;
    case "has":
      return `has(${printOperand(node.operand)}.${printField(node.field)})`;
    case "loop":
      return `${printOperand(node.range)}.${node.macro}(${[node.variable, ...(node.secondVariable === undefined ? [] : [node.secondVariable]), ...(node.filter ? [printExpression(node.filter)] : []), printExpression(node.body)].join(", ")})`;
    case "bind":
      return `cel.bind(${node.variable}, ${printExpression(node.value)}, ${printExpression(node.body)})`;
    case "optMap":
      return `${printOperand(node.operand)}.${node.isFlat ? "optFlatMap" : "optMap"}(${node.variable}, ${printExpression(node.body)})`;
    case "invalid":
      return "?";
  }
}

function printField(field: string): string {
  return /^[a-z_]\w*$/i.test(field) && !["in", "true", "false", "null"].includes(field) ? field : `\`${field}\``;
}

function printOperand(node: Ast): string {
  const text = printExpression(node);
  return node.kind === "identifier" || node.kind === "list" || node.kind === "map" ? text : `(${text})`;
}

function printLiteral({ type, value }: LiteralNode): string {
  switch (type) {
    case "uint":
      return `${String(value)}u`;
    case "double":
      return printDouble(value as number);
    case "string":
      return JSON.stringify(value).replaceAll(
        /[\u007f-\u{10ffff}]/gu,
        (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
      );
    case "bytes":
      return `b"${[...(value as Uint8Array)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
    default:
      return String(value);
  }
}

function printDouble(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The tree without places, for comparison. */
export function stripPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(stripPlaces);
  if (node instanceof Uint8Array) return [...node];
  if (typeof node !== "object" || node === null) return Object.is(node, -0) ? "-0" : node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !/^(start|end|.*Start)$/.test(key))
      .map(([key, value]) => [key, stripPlaces(value)]),
  );
}
