// What an expression reads of its variables, and the same expression over those values alone: `user.age` becomes a variable of
// its own, and of a list whose elements are only asked for fields only these fields are read. Knows syntax trees only.
import type { PathReading, Reading } from "../model/reading.js";
import { NO_SLOT } from "../model/reading.js";
import { type Ast, type HasNode, isDeeperThan, type LoopNode, type SelectNode } from "./ast.js";

/** Levels of a tree that is looked into. */
export const READING_DEPTH_MAX = 200;
/** Fields of a list's elements that are read one by one; where there are more the elements are read whole. */
export const ITEM_KEY_COUNT_MAX = 16;
/** Values that are read one by one. */
export const READING_SLOT_COUNT_MAX = 256;

/** What is read of a value. Grows while the tree is walked. */
class Need {
  isWhole = false;
  /** Somebody asks whether it is there. */
  isAsked = false;
  fields: Map<string, Need> | undefined;
  element: Need | undefined;
  slot = NO_SLOT;
  presenceSlot = NO_SLOT;

  field(key: string): Need {
    this.fields ??= new Map();
    let need = this.fields.get(key);
    if (need === undefined) this.fields.set(key, (need = new Need()));
    return need;
  }

  add(other: Need): void {
    this.isWhole ||= other.isWhole;
    this.isAsked ||= other.isAsked;
    if (other.element !== undefined) (this.element ??= new Need()).add(other.element);
    if (other.fields !== undefined) for (const [key, need] of other.fields) this.field(key).add(need);
  }

  /** Is it read as one value? What is read both as a map and as a list is. */
  get isLeaf(): boolean {
    return this.isWhole || this.element !== undefined || (this.fields === undefined && !this.isAsked);
  }

  get itemKeys(): readonly string[] | undefined {
    const { element } = this;
    if (this.isWhole || this.fields !== undefined || element === undefined || element.isWhole || element.element !== undefined) return undefined;
    const fields = [...(element.fields ?? [])];
    const isFlat = fields.every(([, need]) => need.isWhole && !need.isAsked);
    return isFlat && fields.length <= ITEM_KEY_COUNT_MAX ? fields.map(([key]) => key) : undefined;
  }
}

const NOTHING = new Need();
const WHOLE = new Need();
WHOLE.isWhole = true;

function needField(key: string, need: Need): Need {
  const outer = new Need();
  outer.field(key).add(need);
  return outer;
}

function needElement(need: Need): Need {
  const outer = new Need();
  outer.element = new Need();
  outer.element.add(need);
  return outer;
}

/** Walks a tree, and keeps what each variable is needed for. */
class NeedFinder {
  readonly roots: ReadonlyMap<string, Need>;
  private readonly locals: { readonly name: string; readonly need: Need }[] = [];

  constructor(variables: readonly string[]) {
    this.roots = new Map(variables.map((name) => [name, new Need()]));
  }

  want(node: Ast, need: Need): void {
    switch (node.kind) {
      case "identifier": {
        const local = node.isRooted ? undefined : this.locals.findLast(({ name }) => name === node.name);
        (local?.need ?? this.roots.get(node.name))?.add(need);
        return;
      }
      case "select":
        this.want(node.operand, node.isOptional ? WHOLE : needField(node.field, need));
        return;
      case "has": {
        const asked = new Need();
        asked.isAsked = true;
        this.want(node.operand, needField(node.field, asked));
        return;
      }
      case "index":
        this.want(node.operand, node.isOptional ? WHOLE : needElement(need));
        this.want(node.index, WHOLE);
        return;
      case "conditional":
        this.want(node.test, WHOLE);
        this.want(node.yes, need);
        this.want(node.no, need);
        return;
      case "loop":
        this.wantLoop(node, need);
        return;
      case "bind":
        this.want(node.value, this.within([node.variable], () => this.want(node.body, need)));
        return;
      case "optMap":
        this.want(node.operand, WHOLE);
        this.within([node.variable], () => this.want(node.body, WHOLE));
        return;
      case "call": {
        const isSize = node.name === "size" && (node.target === undefined ? node.args.length === 1 : node.args.length === 0);
        const needed = isSize ? needElement(NOTHING) : WHOLE;
        if (node.target !== undefined) this.want(node.target, needed);
        for (const arg of node.args) this.want(arg, needed);
        return;
      }
      default:
        for (const child of wholeChildrenOf(node)) this.want(child, WHOLE);
    }
  }

  private wantLoop(node: LoopNode, need: Need): void {
    const { macro, range, variable, secondVariable, filter, body } = node;
    const isKeeping = macro === "filter" || macro === "sortBy";
    const isMapping = macro === "map" || macro === "transformList";
    const inner = isMapping && !need.isWhole && need.fields === undefined ? (need.element ?? NOTHING) : WHOLE;
    const element = this.within(secondVariable === undefined ? [variable] : [secondVariable, variable], () => {
      if (filter !== undefined) this.want(filter, WHOLE);
      this.want(body, inner);
    });
    // What is kept of the list is what becomes of the result.
    if (isKeeping) element.add(need.isWhole || need.fields !== undefined ? WHOLE : (need.element ?? NOTHING));
    this.want(range, needElement(element));
  }

  /** Walks with these names bound; gives what the first of them is needed for. */
  private within(names: readonly string[], walk: () => void): Need {
    const needs = names.map((name) => ({ name, need: new Need() }));
    this.locals.push(...needs);
    walk();
    this.locals.length -= needs.length;
    return needs[0]?.need ?? WHOLE;
  }
}

function wholeChildrenOf(node: Ast): readonly Ast[] {
  switch (node.kind) {
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "logic":
      return node.terms;
    case "list":
      return node.items;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    default:
      return [];
  }
}

/** The expression with variables of their own in the place of paths. */
class PathRewriter {
  readonly slotNames: string[] = [];
  private readonly roots: ReadonlyMap<string, Need>;
  private bound: readonly string[] = [];

  constructor(roots: ReadonlyMap<string, Need>) {
    this.roots = roots;
  }

  /** Gives every leaf a slot; the reading of the whole context. */
  placeAll(): readonly PathReading[] {
    return [...this.roots].map(([name, need]) => this.place(name, name, need));
  }

  private place(key: string, path: string, need: Need): PathReading {
    if (need.isAsked) need.presenceSlot = this.slotNames.push(`?${path}`) - 1;
    if (need.isLeaf) need.slot = this.slotNames.push(path) - 1;
    // A name of the language cannot hold a space: no variable is called so.
    const fields = need.isLeaf ? [] : [...(need.fields ?? [])].map(([field, inner]) => this.place(field, `${path} ${field}`, inner));
    return { key, slot: need.slot, presenceSlot: need.presenceSlot, fields, itemKeys: need.isLeaf ? need.itemKeys : undefined };
  }

  rewrite(node: Ast): Ast {
    switch (node.kind) {
      case "select": {
        const need = this.find(node);
        if (need !== undefined && need.slot !== NO_SLOT) return this.name(node, need.slot);
        return { ...node, operand: this.rewrite(node.operand) };
      }
      case "has": {
        const need = this.find(node);
        if (need !== undefined && need.presenceSlot !== NO_SLOT) return this.name(node, need.presenceSlot);
        return { ...node, operand: this.rewrite(node.operand) };
      }
      case "index":
        return { ...node, operand: this.rewrite(node.operand), index: this.rewrite(node.index) };
      case "call":
        return { ...node, target: node.target === undefined ? undefined : this.rewrite(node.target), args: node.args.map((arg) => this.rewrite(arg)) };
      case "unary":
        return { ...node, operand: this.rewrite(node.operand) };
      case "binary":
        return { ...node, left: this.rewrite(node.left), right: this.rewrite(node.right) };
      case "logic":
        return { ...node, terms: node.terms.map((term) => this.rewrite(term)) };
      case "conditional":
        return { ...node, test: this.rewrite(node.test), yes: this.rewrite(node.yes), no: this.rewrite(node.no) };
      case "list":
        return { ...node, items: node.items.map((item) => this.rewrite(item)) };
      case "map":
        return { ...node, entries: node.entries.map((entry) => ({ ...entry, key: this.rewrite(entry.key), value: this.rewrite(entry.value) })) };
      case "loop":
        return this.rewriteLoop(node);
      case "bind":
        return { ...node, value: this.rewrite(node.value), body: this.rewriteWithin([node.variable], node.body) };
      case "optMap":
        return { ...node, operand: this.rewrite(node.operand), body: this.rewriteWithin([node.variable], node.body) };
      default:
        return node;
    }
  }

  private rewriteLoop(node: LoopNode): Ast {
    const names = node.secondVariable === undefined ? [node.variable] : [node.variable, node.secondVariable];
    const filter = node.filter === undefined ? undefined : this.rewriteWithin(names, node.filter);
    return { ...node, range: this.rewrite(node.range), filter, body: this.rewriteWithin(names, node.body) };
  }

  private rewriteWithin(names: readonly string[], node: Ast): Ast {
    const outer = this.bound;
    this.bound = [...outer, ...names];
    const rewritten = this.rewrite(node);
    this.bound = outer;
    return rewritten;
  }

  private name({ start, end }: Ast, slot: number): Ast {
    return { kind: "identifier", name: this.slotNames[slot] ?? "", isRooted: true, start, end };
  }

  /** What is needed at the end of a path that begins with a variable and has no value of its own on the way. */
  private find(node: SelectNode | HasNode): Need | undefined {
    if (node.kind === "select" && node.isOptional) return undefined;
    const { operand } = node;
    let outer: Need | undefined;
    if (operand.kind === "identifier") outer = operand.isRooted || !this.bound.includes(operand.name) ? this.roots.get(operand.name) : undefined;
    else if (operand.kind === "select") outer = this.find(operand);
    return outer === undefined || outer.isLeaf ? undefined : outer.fields?.get(node.field);
  }
}

export interface PathExpression {
  readonly ast: Ast;
  readonly reading: Reading;
}

/**
 * The expression over the values at the ends of its paths. `variables`: those that it reads from outside. Undefined where it is
 * nested too deep or reads too many values. An evaluation of it gives a value where the expression does, the same; where a
 * value is missing on a path it fails where the expression fails, not always for the reason that the expression names.
 */
export function findPaths(ast: Ast, variables: readonly string[]): PathExpression | undefined {
  if (isDeeperThan(ast, READING_DEPTH_MAX)) return undefined;
  const finder = new NeedFinder(variables);
  finder.want(ast, WHOLE);
  const rewriter = new PathRewriter(finder.roots);
  const fields = rewriter.placeAll();
  const { slotNames } = rewriter;
  if (slotNames.length > READING_SLOT_COUNT_MAX) return undefined;
  return { ast: rewriter.rewrite(ast), reading: { fields, slotNames } };
}
