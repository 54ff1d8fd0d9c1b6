// Prints a syntax tree as CEL text: the inverse of the parser, with no more brackets than the meaning needs. What it prints
// is read back as the same tree, macros and blocks included. Left spines are walked in a loop, as in every pass.
import type { Ast, BinaryNode, BindNode, IndexNode, LiteralNode, LoopNode, MapNode, SelectNode } from "./ast.js";

// How tight an expression holds together, as the parser's levels.
export const LEVEL_CONDITIONAL = 0;
export const LEVEL_OR = 1;
export const LEVEL_AND = 2;
const LEVEL_RELATION = 3;
const LEVEL_SUM = 4;
const LEVEL_PRODUCT = 5;
export const LEVEL_UNARY = 6;
export const LEVEL_POSTFIX = 7;

const BINARY_LEVELS: Readonly<Record<string, number>> = {
  "+": LEVEL_SUM,
  "-": LEVEL_SUM,
  "*": LEVEL_PRODUCT,
  "/": LEVEL_PRODUCT,
  "%": LEVEL_PRODUCT,
};
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Words that the lexer reads as something other than a name. */
const TOKEN_WORDS: ReadonlySet<string> = new Set(["in", "true", "false", "null"]);
/** Variables of cel.block(): see macro.ts. */
const BLOCK_NAME = /^@(index|iterVar|accuVar):?([\d:]*)$/;

/**
 * The text of a tree that was parsed or made. Linear in the size of the tree.
 * An invalid node prints as `?`, which is no expression; a double that has no literal (NaN, infinite) as a call of `double`.
 */
export function printExpression(node: Ast): string {
  return print(node, LEVEL_CONDITIONAL);
}

/** Prints with brackets where the node holds together less tight than `level`. */
function print(node: Ast, level: number): string {
  const own = levelOf(node);
  const text = printBare(node);
  return own < level ? `(${text})` : text;
}

/** How tight the node holds together: one of LEVEL_…. */
export function levelOf(node: Ast): number {
  switch (node.kind) {
    case "conditional":
      return LEVEL_CONDITIONAL;
    case "logic":
      return node.operator === "||" ? LEVEL_OR : LEVEL_AND;
    case "binary":
      return BINARY_LEVELS[node.operator] ?? LEVEL_RELATION;
    case "unary":
      return LEVEL_UNARY;
    case "literal":
      // A number before a dot, and one behind a minus, would be read as another number.
      return isNumberLiteral(node) ? LEVEL_UNARY : LEVEL_POSTFIX;
    default:
      return LEVEL_POSTFIX;
  }
}

function isNumberLiteral({ type }: LiteralNode): boolean {
  return type === "int" || type === "uint" || type === "double";
}

function printBare(node: Ast): string {
  switch (node.kind) {
    case "literal":
      return printLiteral(node);
    case "identifier":
      return node.isRooted ? `.${node.name}` : printName(node.name);
    case "select":
    case "index":
    case "binary":
      return printSpine(node);
    case "call":
      return `${node.target === undefined ? "" : `${print(node.target, LEVEL_POSTFIX)}.`}${node.name}(${printAll(node.args)})`;
    case "unary":
      return `${node.operator}${print(node.operand, node.operand.kind === "literal" ? LEVEL_POSTFIX : LEVEL_UNARY)}`;
    case "logic":
      return node.terms.map((term) => print(term, (node.operator === "||" ? LEVEL_OR : LEVEL_AND) + 1)).join(` ${node.operator} `);
    case "conditional":
      return `${print(node.test, LEVEL_OR)} ? ${print(node.yes, LEVEL_OR)} : ${print(node.no, LEVEL_CONDITIONAL)}`;
    case "list":
      return `[${node.items.map((item, index) => `${node.optionals?.includes(index) ? "?" : ""}${printExpression(item)}`).join(", ")}]`;
    case "map":
      return printMap(node);
    case "message":
      return `${node.name}{${node.entries.map(({ field, value }) => `${printField(field)}: ${printExpression(value)}`).join(", ")}}`;
    case "has":
      return `has(${print(node.operand, LEVEL_POSTFIX)}.${printField(node.field)})`;
    case "loop":
      return printLoop(node);
    case "bind":
      return printBind(node);
    case "optMap":
      return `${print(node.operand, LEVEL_POSTFIX)}.${node.isFlat ? "optFlatMap" : "optMap"}(${printName(node.variable)}, ${printExpression(node.body)})`;
    case "invalid":
      return "?";
  }
}

function printAll(nodes: readonly Ast[]): string {
  return nodes.map(printExpression).join(", ");
}

/** Selections, indexes and binary operators, from the innermost left operand outward. */
function printSpine(root: SelectNode | IndexNode | BinaryNode): string {
  const spine: (SelectNode | IndexNode | BinaryNode)[] = [];
  let node: Ast = root;
  while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
    spine.push(node);
    node = node.kind === "binary" ? node.left : node.operand;
  }
  let level = levelOf(node);
  const parts = [printBare(node)];
  let opened = 0;
  for (let at = spine.length - 1; at >= 0; at -= 1) {
    const outer = spine[at] as SelectNode | IndexNode | BinaryNode;
    const own = levelOf(outer);
    if (level < own) {
      parts.push(")");
      opened += 1;
    }
    if (outer.kind === "binary") parts.push(` ${outer.operator} ${print(outer.right, own + 1)}`);
    else if (outer.kind === "index") parts.push(`[${outer.isOptional ? "?" : ""}${printExpression(outer.index)}]`);
    else parts.push(`.${outer.isOptional ? "?" : ""}${printField(outer.field)}`);
    level = own;
  }
  return "(".repeat(opened) + parts.join("");
}

/** A field behind a dot, in backticks where it needs them. */
export function printField(field: string): string {
  return PLAIN_NAME.test(field) && !TOKEN_WORDS.has(field) ? field : `\`${field}\``;
}

/** The name of a variable; those of a block as the calls that stand for them. */
export function printName(name: string): string {
  const match = BLOCK_NAME.exec(name);
  return match === null ? name : `cel.${match[1]}(${(match[2] as string).replace(":", ", ")})`;
}

function printMap({ entries }: MapNode): string {
  const texts = entries.map(({ key, value, isOptional }) => `${isOptional ? "?" : ""}${printExpression(key)}: ${printExpression(value)}`);
  return `{${texts.join(", ")}}`;
}

function printLoop({ range, macro, variable, secondVariable, filter, body }: LoopNode): string {
  const names = secondVariable === undefined ? [variable] : [variable, secondVariable];
  const args = [...names.map(printName), ...(filter === undefined ? [] : [printExpression(filter)]), printExpression(body)];
  return `${print(range, LEVEL_POSTFIX)}.${macro}(${args.join(", ")})`;
}

/** A bind, or the block that a chain of `@index0`, `@index1` … came from. */
function printBind(node: BindNode): string {
  if (!node.variable.startsWith("@index"))
    return `cel.bind(${node.variable}, ${printExpression(node.value)}, ${printExpression(node.body)})`;
  const values: Ast[] = [];
  let inner: Ast = node;
  while (inner.kind === "bind" && inner.variable === `@index${values.length}`) {
    values.push(inner.value);
    inner = inner.body;
  }
  return `cel.block([${printAll(values)}], ${printExpression(inner)})`;
}

/** A literal that is read back as the same value. */
export function printLiteral({ type, value }: LiteralNode): string {
  switch (type) {
    case "uint":
      return `${String(value)}u`;
    case "double":
      return printDouble(value as number);
    case "string":
      return printString(value as string);
    case "bytes":
      return `b"${[...(value as Uint8Array)].map(printByte).join("")}"`;
    default:
      return String(value);
  }
}

function printDouble(value: number): string {
  if (!Number.isFinite(value)) return `double("${String(value)}")`;
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

function printString(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  const escaped = value.replace(/["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return NAMED_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

function printByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
