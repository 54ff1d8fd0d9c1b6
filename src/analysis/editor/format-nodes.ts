// The layout of each kind of node. Brackets as print.ts sets them; comments stand with terms of chains, branches, elements and
// arguments, and what stands between smaller parts moves before the next such part.
import type { Ast, BinaryNode, BindNode, IndexNode, LiteralNode, LogicNode, LoopNode, SelectNode } from "../../expression/ast.js";
import { LEVEL_AND, LEVEL_CONDITIONAL, LEVEL_OR, LEVEL_POSTFIX, LEVEL_UNARY, levelOf, printField, printLiteral, printName } from "../../expression/print.js";
import type { CommentList } from "./format-comments.js";
import { all, group, indent, type Layout, LINE, SOFT_LINE } from "./layout.js";

export type QuoteStyle = "double" | "single" | "keep";

/** A part that comments can stand with. */
export interface PrintedPart {
  /** Comments before it. */
  readonly leading: Layout;
  readonly layout: Layout;
}

/** The layout of a whole expression. Comments behind it are left. */
export function layOutExpression(ast: Ast, source: string, quotes: QuoteStyle, comments: CommentList): PrintedPart {
  return new NodePrinter(source, quotes, comments).part(ast, LEVEL_CONDITIONAL);
}

/** Something between brackets, or a term: where it begins and ends, and how it is laid out. */
interface Element {
  readonly start: number;
  readonly end: number;
  print(): Layout;
}

/** The name without the space and the comments that may stand in it. */
function nameOfMessage(name: string): string {
  return name.replace(/\/\/[^\n]*\n?|\s/g, "");
}

class NodePrinter {
  private readonly source: string;
  private readonly quotes: QuoteStyle;
  private readonly comments: CommentList;

  /** Comments that stand before the part in hand. */
  private hoisted: Layout[] = [];

  constructor(source: string, quotes: QuoteStyle, comments: CommentList) {
    this.source = source;
    this.quotes = quotes;
    this.comments = comments;
  }

  part(node: Ast, level: number): PrintedPart {
    return this.printElement(this.element(node, level));
  }

  private element(node: Ast, level: number, prefix = ""): Element {
    return { start: node.start, end: node.end, print: () => (prefix === "" ? this.print(node, level) : all(prefix, this.print(node, level))) };
  }

  private printElement({ start, end, print }: Element): PrintedPart {
    const outer = this.hoisted;
    this.hoisted = [this.comments.takeBefore(start)];
    const layout = print();
    // What stands within it and belongs to none of its parts moves before it.
    const leading = all(...this.hoisted, this.comments.takeBefore(end));
    this.hoisted = outer;
    return { leading, layout };
  }

  /** With brackets where the node holds together less tight than `level`. */
  private print(node: Ast, level: number): Layout {
    if (levelOf(node) >= level) return this.printBare(node);
    return group(all("(", indent(all(SOFT_LINE, this.printBare(node))), SOFT_LINE, ")"));
  }

  private printBare(node: Ast): Layout {
    switch (node.kind) {
      case "literal":
        return this.printConstant(node);
      case "identifier":
        return node.isRooted ? `.${node.name}` : printName(node.name);
      case "select":
      case "index":
      case "binary":
        return this.printSpine(node);
      case "call":
        return this.printCall(node.target, node.name, node.args.map((arg) => this.element(arg, LEVEL_CONDITIONAL)), node.end);
      case "unary":
        return all(node.operator, this.print(node.operand, node.operand.kind === "literal" ? LEVEL_POSTFIX : LEVEL_UNARY));
      case "logic":
        return this.printLogic(node);
      case "conditional":
        return this.printConditional(node);
      case "list":
        return this.printList(node);
      case "map":
        return this.printMap(node);
      case "message":
        return all(nameOfMessage(node.name), this.printBrackets("{", node.entries.map(({ field, value }) => this.element(value, LEVEL_CONDITIONAL, `${printField(field)}: `)), "}", node.end));
      case "has":
        return all("has(", this.print(node.operand, LEVEL_POSTFIX), `.${printField(node.field)})`);
      case "loop":
        return this.printLoop(node);
      case "bind":
        return this.printBind(node);
      case "optMap":
        return this.printCall(node.operand, node.isFlat ? "optFlatMap" : "optMap", [this.name(node.variable, node.body), this.element(node.body, LEVEL_CONDITIONAL)], node.end);
      case "invalid":
        return this.source.slice(node.start, node.end);
    }
  }

  /** A name that a macro binds: its place is not known, but that it stands before the next argument. */
  private name(name: string, next: Ast): Element {
    return { start: 0, end: Math.min(next.start, 0), print: () => printName(name) };
  }

  private printConstant(node: LiteralNode): Layout {
    const isText = node.type === "string" || node.type === "bytes";
    if (!isText || this.quotes === "double") return printLiteral(node);
    if (this.quotes === "keep") return this.source.slice(node.start, node.end);
    const text = printLiteral(node);
    const from = node.type === "bytes" ? 2 : 1;
    const inner = text.slice(from, -1).replace(/\\.|'/gs, (found) => (found === '\\"' ? '"' : found === "'" ? "\\'" : found));
    return `${text.slice(0, from - 1)}'${inner}'`;
  }

  /** Selections, indexes and binary operators, from the innermost left operand outward. */
  private printSpine(root: SelectNode | IndexNode | BinaryNode): Layout {
    const spine: (SelectNode | IndexNode | BinaryNode)[] = [];
    let node: Ast = root;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    let level = levelOf(node);
    let parts: Layout[] = [this.printBare(node)];
    for (let outer = spine.pop(); outer !== undefined; outer = spine.pop()) {
      const own = levelOf(outer);
      if (level < own) parts = [group(all("(", indent(all(SOFT_LINE, ...parts)), SOFT_LINE, ")"))];
      else if (level > own && outer.kind === "binary" && parts.length > 1) parts = [group(all(...parts))];
      if (outer.kind === "binary") parts.push(indent(all(LINE, `${outer.operator} `, this.print(outer.right, own + 1))));
      else if (outer.kind === "index") parts.push(outer.isOptional ? "[?" : "[", this.print(outer.index, LEVEL_CONDITIONAL), "]");
      else parts.push(`.${outer.isOptional ? "?" : ""}${printField(outer.field)}`);
      level = own;
    }
    return parts.length === 1 ? (parts[0] as Layout) : group(all(...parts));
  }

  private printCall(target: Ast | undefined, name: string, args: readonly Element[], end: number): Layout {
    const receiver = target === undefined ? "" : all(this.print(target, LEVEL_POSTFIX), ".");
    return all(receiver, name, this.printBrackets("(", args, ")", end));
  }

  private printLogic({ operator, terms }: LogicNode): Layout {
    const level = (operator === "||" ? LEVEL_OR : LEVEL_AND) + 1;
    return group(this.printChain(terms.map((term, index) => [index === 0 ? "" : `${operator} `, this.element(term, level)] as const)));
  }

  private printConditional({ test, yes, no }: Ast & { kind: "conditional" }): Layout {
    const parts = [
      ["", this.element(test, LEVEL_OR)],
      ["? ", this.element(yes, LEVEL_OR)],
      [": ", this.element(no, LEVEL_CONDITIONAL)],
    ] as const;
    return group(this.printChain(parts));
  }

  /** Parts, each with the operator before it, on one line or each on its own. */
  private printChain(parts: readonly (readonly [operator: string, element: Element])[]): Layout {
    const layouts = parts.map(([operator, element], index) => {
      const { leading, layout } = this.printElement(element);
      const next = parts[index + 1]?.[1];
      const trailing = next === undefined ? "" : this.comments.takeTrailing(next.start);
      if (index > 0) return indent(all(LINE, leading, operator, layout, trailing));
      // What stands before the first stands before all of the chain, and before the operator in front of it.
      this.hoisted.push(leading);
      return all(layout, trailing);
    });
    return all(...layouts);
  }

  private printList({ items, optionals, end }: Ast & { kind: "list" }): Layout {
    const elements = items.map((item, index) => this.element(item, LEVEL_CONDITIONAL, optionals?.includes(index) === true ? "?" : ""));
    return this.printBrackets("[", elements, "]", end);
  }

  private printMap({ entries, end }: Ast & { kind: "map" }): Layout {
    const elements = entries.map(({ key, value, isOptional }) => ({
      start: key.start,
      end: value.end,
      print: () => {
        const keyLayout = all(isOptional ? "?" : "", this.print(key, LEVEL_CONDITIONAL), ": ");
        return all(keyLayout, this.print(value, LEVEL_CONDITIONAL));
      },
    }));
    return this.printBrackets("{", elements, "}", end);
  }

  private printLoop({ range, macro, variable, secondVariable, filter, body, end }: LoopNode): Layout {
    const inner = filter === undefined ? [body] : [filter, body];
    const names = secondVariable === undefined ? [variable] : [variable, secondVariable];
    const first = inner[0] as Ast;
    return this.printCall(range, macro, [...names.map((name) => this.name(name, first)), ...inner.map((part) => this.element(part, LEVEL_CONDITIONAL))], end);
  }

  /** A bind, or the block that a chain of `@index0`, `@index1` … came from. */
  private printBind(node: BindNode): Layout {
    const { variable, value, body, end } = node;
    if (!variable.startsWith("@index")) {
      const args = [this.name(variable, value), this.element(value, LEVEL_CONDITIONAL), this.element(body, LEVEL_CONDITIONAL)];
      return all("cel.bind", this.printBrackets("(", args, ")", end));
    }
    const values: Ast[] = [];
    let inner: Ast = node;
    while (inner.kind === "bind" && inner.variable === `@index${values.length}`) {
      values.push(inner.value);
      inner = inner.body;
    }
    const list: Element = {
      start: values[0]?.start ?? node.start,
      end: values.at(-1)?.end ?? node.start,
      print: () => this.printBrackets("[", values.map((item) => this.element(item, LEVEL_CONDITIONAL)), "]", values.at(-1)?.end ?? node.start),
    };
    return all("cel.block", this.printBrackets("(", [list, this.element(inner, LEVEL_CONDITIONAL)], ")", end));
  }

  /** Elements between brackets, on one line or each on its own. */
  private printBrackets(open: string, elements: readonly Element[], close: string, end: number): Layout {
    const parts: Layout[] = elements.map((element, index) => {
      const { leading, layout } = this.printElement(element);
      const next = elements[index + 1];
      const isNamed = element.end > 0;
      const trailing = isNamed ? this.comments.takeTrailing(next === undefined ? end : next.start) : "";
      return all(index === 0 ? SOFT_LINE : LINE, leading, layout, next === undefined ? "" : ",", trailing);
    });
    const dangling = this.comments.takeDangling(end);
    if (parts.length === 0 && dangling === "") return `${open}${close}`;
    return group(all(open, indent(all(...parts, dangling)), SOFT_LINE, close));
  }
}
