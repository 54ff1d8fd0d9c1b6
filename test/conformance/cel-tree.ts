// Prints a syntax tree in the notation of the recorded cases, with macros expanded into the comprehensions that they stand
// for (langdef.md, "Macros").
import type { Ast, LiteralNode, LogicNode, LoopNode } from "../../src/expression/ast.js";

/** A call of an operator or function without a receiver. */
function printCall(name: string, args: readonly string[]): string {
  return args.length === 0 ? `${name}()` : `${name}(\n${indent(args.join(",\n"))}\n)`;
}

function printMethod(target: string, name: string, args: readonly string[]): string {
  return `${target}.${printCall(name, args)}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** The tree as text. */
export function printExpanded(node: Ast): string {
  switch (node.kind) {
    case "literal":
      return printLiteral(node);
    case "identifier":
      return (node.isRooted ? "." : "") + node.name;
    case "select":
      return `${printExpanded(node.operand)}.${node.field}`;
    case "has":
      return `${printExpanded(node.operand)}.${node.field}~test-only~`;
    case "index":
      return printCall("_[_]", [node.operand, node.index].map(printExpanded));
    case "call":
      if (node.target === undefined) return printCall(node.name, node.args.map(printExpanded));
      return printMethod(printExpanded(node.target), node.name, node.args.map(printExpanded));
    case "unary":
      return printCall(`${node.operator}_`, [printExpanded(node.operand)]);
    case "binary":
      return printCall(node.operator === "in" ? "@in" : `_${node.operator}_`, [node.left, node.right].map(printExpanded));
    case "logic":
      return printBalanced(node, 0, node.terms.length - 1);
    case "conditional":
      return printCall("_?_:_", [node.test, node.yes, node.no].map(printExpanded));
    case "list":
      return printList(node.items.map(printExpanded));
    case "map":
      return printBraces(
        "",
        node.entries.map(({ key, value }) => `${printExpanded(key)}:${printExpanded(value)}`),
      );
    case "message":
      return printBraces(
        node.name,
        node.entries.map(({ field, value }) => `${field}:${printExpanded(value)}`),
      );
    case "loop":
      return printLoop(node);
    default:
      return node.kind;
  }
}

function printList(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n${indent(items.join(",\n"))}\n]`;
}

function printBraces(name: string, entries: readonly string[]): string {
  return entries.length === 0 ? `${name}{}` : `${name}{\n${indent(entries.join(",\n"))}\n}`;
}

function printLiteral({ type, value }: LiteralNode): string {
  if (type === "uint") return `${String(value)}u`;
  if (type === "string") return quote(value as string);
  if (type !== "bytes") return String(value);
  return `b${quote(String.fromCharCode(...(value as Uint8Array)))}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${text.replace(/[\x07\b\f\n\r\t\v"\\]/g, (character) => ESCAPES[character] ?? character)}"`;
}

/** A chain of && or || as the balanced tree that the recorded parser makes of it. */
function printBalanced(node: LogicNode, low: number, high: number): string {
  if (low === high) return printExpanded(node.terms[low] as Ast);
  const middle = Math.floor((low + high) / 2);
  return printCall(`_${node.operator}_`, [printBalanced(node, low, middle), printBalanced(node, middle + 1, high)]);
}

const RESULT = "@result";
const GROWN = (element: string) => printCall("_+_", [RESULT, printList([element])]);

function printLoop(node: LoopNode): string {
  const body = printExpanded(node.body);
  const { variable } = node;
  switch (node.macro) {
    case "all":
      return printComprehension(node, "true", printCall("@not_strictly_false", [RESULT]), printCall("_&&_", [RESULT, body]));
    case "exists": {
      const condition = printCall("@not_strictly_false", [printCall("!_", [RESULT])]);
      return printComprehension(node, "false", condition, printCall("_||_", [RESULT, body]));
    }
    case "exists_one": {
      const step = printCall("_?_:_", [body, printCall("_+_", [RESULT, "1"]), RESULT]);
      return printComprehension(node, "0", "true", step, printCall("_==_", [RESULT, "1"]));
    }
    case "filter":
      return printComprehension(node, "[]", "true", printCall("_?_:_", [body, GROWN(variable), RESULT]));
    default: {
      const step = node.filter === undefined ? GROWN(body) : printCall("_?_:_", [printExpanded(node.filter), GROWN(body), RESULT]);
      return printComprehension(node, "[]", "true", step);
    }
  }
}

function printComprehension(node: LoopNode, init: string, condition: string, step: string, result: string = RESULT): string {
  const parts = [
    ["Variable", node.variable],
    ["Target", printExpanded(node.range)],
    ["Accumulator", RESULT],
    ["Init", init],
    ["LoopCondition", condition],
    ["LoopStep", step],
    ["Result", result],
  ] as const;
  return `__comprehension__(\n${indent(parts.map(([name, text]) => `// ${name}\n${text}`).join(",\n"))})`;
}
