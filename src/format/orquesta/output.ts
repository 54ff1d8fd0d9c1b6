// What a workflow returns, in the dialect: a list whose later entries see the earlier ones. A definition's output is one map, so an
// entry that is named later is put in where it is named.
import type { Ast } from "../../expression/ast.js";
import { parseExpression } from "../../expression/parser.js";
import type { ValueSource } from "../../model/definition.js";
import * as cel from "./cel.js";

/** Characters of CEL that are put in for earlier entries, in one workflow. */
export const COMPUTED_SIZE_MAX = 200_000;

/** Entries of `output` that were read before, as CEL. */
export class ComputedOutputs {
  private readonly entries = new Map<string, { readonly ast: Ast; readonly size: number }>();
  private remainingSize = COMPUTED_SIZE_MAX;

  add(name: string, value: ValueSource): void {
    const ast = toAst(value);
    // A constant has a type that the compiler would hold against what is done with it; elsewhere that fails when it runs.
    this.entries.set(name, { ast: value.kind === "expression" ? ast : cel.call("dyn", ast), size: measure(value) });
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The expression of an entry; undefined where too much would have to be put in. */
  take(name: string): Ast | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined || entry.size > this.remainingSize) return undefined;
    this.remainingSize -= entry.size;
    return entry.ast;
  }
}

function toAst(value: ValueSource): Ast {
  switch (value.kind) {
    case "expression":
      return parseExpression(value.expression.text).ast;
    case "template":
      return cel.method(cel.list(value.parts.map((part) => (typeof part === "string" ? cel.literal(part) : parseExpression(part.text).ast))), "join", cel.literal(""));
    case "literal":
      return cel.constant(value.value);
    case "map":
      return cel.map(value.entries.map((entry) => [cel.literal(entry.key), toAst(entry.value)] as const));
    case "list":
      return cel.list(value.elements.map(toAst));
  }
}

function measure(value: ValueSource): number {
  switch (value.kind) {
    case "expression":
      return value.expression.text.length;
    case "template":
      return value.parts.reduce((size, part) => size + (typeof part === "string" ? part.length : part.text.length), 0);
    case "literal":
      return JSON.stringify(value.value).length;
    case "map":
      return value.entries.reduce((size, entry) => size + entry.key.length + measure(entry.value), 0);
    case "list":
      return value.elements.reduce((size, element) => size + measure(element), 0);
  }
}
