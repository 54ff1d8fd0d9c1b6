// The syntax tree of a CEL expression. Offsets count UTF-16 units within the expression's text. Chains of && and || are
// one node with many terms and macros are nodes of their own; every pass walks left spines in a loop, so a long text
// cannot exhaust the stack.

/** What has a place in the text. */
export interface Spanned {
  readonly start: number;
  readonly end: number;
}

/** The value of a literal. An int or uint is a number where that is exact, else a bigint. */
export type LiteralValue = null | boolean | number | bigint | string | Uint8Array;
export type LiteralType = "null" | "bool" | "int" | "uint" | "double" | "string" | "bytes";

export interface LiteralNode extends Spanned {
  readonly kind: "literal";
  readonly type: LiteralType;
  readonly value: LiteralValue;
}
export interface IdentifierNode extends Spanned {
  readonly kind: "identifier";
  readonly name: string;
  /** Written with a leading dot: never a macro's variable. */
  readonly isRooted: boolean;
}
export interface SelectNode extends Spanned {
  readonly kind: "select";
  readonly operand: Ast;
  readonly field: string;
  readonly fieldStart: number;
  /** `a.?b` */
  readonly isOptional: boolean;
}
export interface IndexNode extends Spanned {
  readonly kind: "index";
  readonly operand: Ast;
  readonly index: Ast;
  /** `a[?b]` */
  readonly isOptional: boolean;
}
export interface CallNode extends Spanned {
  readonly kind: "call";
  readonly name: string;
  readonly nameStart: number;
  /** The receiver of a method call. */
  readonly target: Ast | undefined;
  readonly args: readonly Ast[];
}
export type UnaryOperator = "!" | "-";
export interface UnaryNode extends Spanned {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Ast;
}
export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";
export interface BinaryNode extends Spanned {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly operatorStart: number;
  readonly left: Ast;
  readonly right: Ast;
}
export type LogicOperator = "&&" | "||";
export interface LogicNode extends Spanned {
  readonly kind: "logic";
  readonly operator: LogicOperator;
  /** Two or more. */
  readonly terms: readonly Ast[];
}
export interface ConditionalNode extends Spanned {
  readonly kind: "conditional";
  readonly test: Ast;
  readonly yes: Ast;
  readonly no: Ast;
}
export interface ListNode extends Spanned {
  readonly kind: "list";
  readonly items: readonly Ast[];
  /** `[?a]` stands somewhere in it. */
  readonly hasOptional: boolean;
  /** Indexes of the items written `?a`, ascending; absent where there are none. */
  readonly optionals?: readonly number[];
}
export interface MapEntry {
  readonly key: Ast;
  readonly value: Ast;
  /** `{?a: b}` */
  readonly isOptional?: boolean;
}
export interface MapNode extends Spanned {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  /** `{?a: b}` stands somewhere in it. */
  readonly hasOptional: boolean;
}
/** `name{field: value}`: read, but there are no messages. */
export interface MessageNode extends Spanned {
  readonly kind: "message";
  readonly name: string;
  readonly entries: readonly { readonly field: string; readonly value: Ast }[];
}
/** `has(operand.field)` */
export interface HasNode extends Spanned {
  readonly kind: "has";
  readonly operand: Ast;
  readonly field: string;
}
export type LoopMacro =
  | "all"
  | "exists"
  | "exists_one"
  | "map"
  | "filter"
  | "transformList"
  | "transformMap"
  | "transformMapEntry"
  | "sortBy";
/**
 * `range.macro(variable, secondVariable?, filter?, body)`. `filter` only in `map` and the transforms; for `filter` the body is the
 * predicate. With two variables they are index and element of a list, key and value of a map.
 */
export interface LoopNode extends Spanned {
  readonly kind: "loop";
  readonly macro: LoopMacro;
  readonly range: Ast;
  readonly variable: string;
  readonly secondVariable?: string;
  readonly filter: Ast | undefined;
  readonly body: Ast;
}
/** `cel.bind(variable, value, body)`; cel.block() is read as binds of `@index0`, `@index1` … one in the other. */
export interface BindNode extends Spanned {
  readonly kind: "bind";
  readonly variable: string;
  readonly value: Ast;
  readonly body: Ast;
}
/** `operand.optMap(variable, body)`, or `optFlatMap` where the body is an optional itself. */
export interface OptionalMapNode extends Spanned {
  readonly kind: "optMap";
  readonly operand: Ast;
  readonly variable: string;
  readonly body: Ast;
  readonly isFlat: boolean;
}
/** Stands where an expression could not be read. A finding says why. */
export interface InvalidNode extends Spanned {
  readonly kind: "invalid";
}

export type Ast =
  | LiteralNode
  | IdentifierNode
  | SelectNode
  | IndexNode
  | CallNode
  | UnaryNode
  | BinaryNode
  | LogicNode
  | ConditionalNode
  | ListNode
  | MapNode
  | MessageNode
  | HasNode
  | LoopNode
  | BindNode
  | OptionalMapNode
  | InvalidNode;

/** The node's children, in the order of the text. */
export function childrenOf(node: Ast): readonly Ast[] {
  switch (node.kind) {
    case "select":
    case "unary":
    case "has":
      return [node.operand];
    case "index":
      return [node.operand, node.index];
    case "call":
      return node.target === undefined ? node.args : [node.target, ...node.args];
    case "binary":
      return [node.left, node.right];
    case "logic":
      return node.terms;
    case "conditional":
      return [node.test, node.yes, node.no];
    case "list":
      return node.items;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "message":
      return node.entries.map(({ value }) => value);
    case "loop":
      return node.filter === undefined ? [node.range, node.body] : [node.range, node.filter, node.body];
    case "bind":
      return [node.value, node.body];
    case "optMap":
      return [node.operand, node.body];
    default:
      return [];
  }
}

/** Calls `visit` for every node, parents first, in the order of the text. Needs no stack of its own depth. */
export function walk(root: Ast, visit: (node: Ast) => void): void {
  const pending: Ast[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    visit(node);
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) pending.push(children[index] as Ast);
  }
}

/** Has the tree more than `levelsMax` levels? Needs no stack of its own depth. */
export function isDeeperThan(root: Ast, levelsMax: number): boolean {
  let level: readonly Ast[] = [root];
  for (let count = 1; level.length > 0; count += 1) {
    if (count > levelsMax) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

export interface FreeVariable {
  readonly name: string;
  /** Where it is used first. */
  readonly start: number;
  readonly end: number;
}

/** The variables that an expression reads from outside, each once, in the order of first use. Type names are among them. */
export function freeVariables(root: Ast): FreeVariable[] {
  const found = new Map<string, FreeVariable>();
  const pending: { node: Ast; bound: readonly string[] }[] = [{ node: root, bound: [] }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { node, bound } = item;
    if (node.kind === "identifier") {
      const { name, start, end } = node;
      if ((node.isRooted || !bound.includes(name)) && !found.has(name)) found.set(name, { name, start, end });
      continue;
    }
    const names = boundNames(node);
    const inner = names.length > 0 ? [...bound, ...names] : bound;
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) {
      // The first child of a node that binds a name is outside of the name's scope.
      pending.push({ node: children[index] as Ast, bound: index === 0 ? bound : inner });
    }
  }
  return [...found.values()];
}

const NO_NAMES: readonly string[] = [];

/** The names that a node gives to all of its children but the first. */
export function boundNames(node: Ast): readonly string[] {
  if (node.kind === "loop") return node.secondVariable === undefined ? [node.variable] : [node.variable, node.secondVariable];
  return node.kind === "bind" || node.kind === "optMap" ? [node.variable] : NO_NAMES;
}
