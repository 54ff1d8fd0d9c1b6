// What an expression reads of its context: every path of fields, each with its places. A name that a macro binds stands for
// what it runs over: `items.exists(i, i.price > 9)` reads `items[].price`.
import { type Ast, boundNames, childrenOf } from "../../expression/ast.js";
import type { FunctionSet } from "../../expression/checker/library.js";
import { Kind } from "../../expression/checker/type.js";
import { typeOfTypeName } from "../../expression/checker/type-names.js";
import { type Place, locate } from "../../model/errors.js";
import { readPath } from "../paths.js";
import { isPlainName } from "./describe.js";
import { checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import { readTyped, type TypedSource } from "./typed-source.js";

export interface PathReference {
  /**
   * The variable and the fields below it, as CEL writes them: `user.age`, `rates["EUR/USD"]`, `list[0]`. `[]` stands for every element of a
   * list or value of a map. What the path names is read with all that is in it.
   */
  readonly path: string;
  /** The variable that it begins with. */
  readonly variable: string;
  /** Where it is read, in the order of the text. */
  readonly places: readonly Place[];
}

/** Paths of one expression. Where there are more, the rest is told as whole variables. */
export const REFERENCE_COUNT_MAX = 2_000;
/** Steps of one path; what is deeper is read with all of what stands there. */
export const REFERENCE_DEPTH_MAX = 64;

/**
 * The paths that an expression reads, in the order of the text: no other part of a context can change its value. A path
 * stands for all that is below it; a condition's or a macro's own reads count though they may not happen. `now`, types,
 * constants and names of libraries are none. Empty for a text that does not parse. Linear in the size of the text, within the limits.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types, `expression/invalid-declaration`
 */
export function readReferences(source: string, options?: ExpressionEditorOptions): readonly PathReference[] {
  const scope = openScope(options);
  const typed = readTyped(checkSource(source), scope);
  if (!typed.isWhole) return [];
  const reader = new ReferenceReader(typed, scope);
  reader.consume(reader.read(typed.ast, undefined), typed.ast);
  return reader.references();
}

/** Something that an expression's value may be a part of: a path, or the elements of one. */
interface Origin {
  readonly variable: string;
  readonly steps: readonly string[];
  /** The elements stand in another order, or some are left out: which one an index means is not known. */
  readonly isReordered?: boolean;
}
type Origins = readonly Origin[];

interface Binding {
  readonly name: string;
  readonly origins: Origins;
  readonly outer: Binding | undefined;
}

const NOWHERE: Origins = [];
const ELEMENT = "[]";

class ReferenceReader {
  private readonly found = new Map<string, { readonly variable: string; readonly places: Place[] }>();
  private readonly typed: TypedSource;
  private readonly scope: EditorScope;
  private readonly functions: FunctionSet;

  constructor(typed: TypedSource, scope: EditorScope) {
    this.typed = typed;
    this.scope = scope;
    this.functions = scope.functions;
  }

  references(): readonly PathReference[] {
    const all = [...this.found].map(([path, { variable, places }]) => ({ path, variable, places: sortPlaces(places) }));
    return all.sort((a, b) => (a.places[0]?.start ?? 0) - (b.places[0]?.start ?? 0));
  }

  /** What these paths hold is read, all of it. */
  consume(origins: Origins, { start, end }: { readonly start: number; readonly end: number }): void {
    for (const { variable, steps } of origins) {
      const isFull = this.found.size >= REFERENCE_COUNT_MAX;
      const path = isFull ? variable : variable + steps.join("");
      const known = this.found.get(path);
      const place = locate(this.typed.source, start, end);
      if (known === undefined) this.found.set(path, { variable, places: [place] });
      else if (known.places.length < REFERENCE_COUNT_MAX) known.places.push(place);
    }
  }

  private consumeAll(nodes: readonly Ast[], bound: Binding | undefined): Origins {
    for (const node of nodes) this.consume(this.read(node, bound), node);
    return NOWHERE;
  }

  /** What the node's value is a part of; whatever it needs for that is consumed. */
  read(node: Ast, bound: Binding | undefined): Origins {
    switch (node.kind) {
      case "identifier":
        return this.readName(node.name, node.isRooted ? undefined : bound);
      case "select":
      case "index":
      case "binary":
        return this.readSpine(node, bound);
      case "has":
        this.consume(step(this.readQualified(node.operand, bound) ?? this.read(node.operand, bound), nameStep(node.field)), node);
        return NOWHERE;
      case "call":
        return this.readCall(node, bound);
      case "conditional":
        this.consumeAll([node.test], bound);
        return unite(this.read(node.yes, bound), this.read(node.no, bound));
      case "loop":
        return this.readLoop(node, bound);
      case "bind":
        return this.read(node.body, { name: node.variable, origins: this.readBound(node.value, node.body, node.variable, bound), outer: bound });
      case "optMap":
        return this.readOptionalMap(node, bound);
      case "unary":
        return this.consumeAll([node.operand], bound);
      case "logic":
        return this.consumeAll(node.terms, bound);
      case "list":
        return this.consumeAll(node.items, bound);
      case "map":
        return this.consumeAll(node.entries.flatMap(({ key, value }) => [key, value]), bound);
      case "message":
        return this.consumeAll(node.entries.map(({ value }) => value), bound);
      default:
        return NOWHERE;
    }
  }

  /** The value of a bind that is never used is read all the same: its failure would be the whole's. */
  private readBound(value: Ast, body: Ast, name: string, bound: Binding | undefined): Origins {
    const origins = this.read(value, bound);
    if (!usesName(body, name)) this.consume(origins, value);
    return origins;
  }

  private readName(name: string, bound: Binding | undefined): Origins {
    for (let binding = bound; binding !== undefined; binding = binding.outer) if (binding.name === name) return binding.origins;
    return this.readVariable(name) ?? NOWHERE;
  }

  private readVariable(name: string): Origins | undefined {
    const { scope } = this;
    const full = this.findInContainer(name);
    if (full !== undefined) return [{ variable: full, steps: [] }];
    if (scope.customs?.constantOf(name) !== undefined && !scope.isVariableDeclared(name)) return undefined;
    // An open context may hold a variable of any name; those of the language itself are meant as such.
    if (name === "now" || typeOfTypeName(name) !== undefined) return undefined;
    return [{ variable: name, steps: [] }];
  }

  private findInContainer(name: string): string | undefined {
    for (let prefix = this.scope.container; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))) {
      if (this.isVariable(`${prefix}.${name}`)) return `${prefix}.${name}`;
    }
    return this.isVariable(name) ? name : undefined;
  }

  private isVariable(name: string): boolean {
    return this.scope.variableNames.includes(name);
  }

  /** `a.b.c` where a variable, or a type, has that whole name. */
  private readQualified(node: Ast, bound: Binding | undefined): Origins | undefined {
    if (node.kind !== "select") return undefined;
    const path = readPath(node);
    if (path === undefined || path.steps.length === 0) return undefined;
    for (let binding = bound; binding !== undefined && !path.isRooted; binding = binding.outer) if (binding.name === path.name) return undefined;
    const name = [path.name, ...path.steps].join(".");
    const full = this.scope.hasPaths ? this.findInContainer(name) : undefined;
    if (full !== undefined) return [{ variable: full, steps: [] }];
    return typeOfTypeName(name) === undefined || this.isVariable(path.name) ? undefined : NOWHERE;
  }

  private readSpine(root: Ast, bound: Binding | undefined): Origins {
    const spine: Ast[] = [];
    let node = root;
    let origins: Origins | undefined;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      origins = this.readQualified(node, bound);
      if (origins !== undefined) break;
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    origins ??= this.read(node, bound);
    for (let outer = spine.pop(); outer !== undefined; outer = spine.pop()) {
      if (outer.kind === "select") origins = step(origins, nameStep(outer.field));
      else if (outer.kind === "index") origins = this.readIndex(outer, origins, bound);
      else if (outer.kind === "binary") {
        this.consume(origins, outer.left);
        origins = this.consumeAll([outer.right], bound);
      }
    }
    return origins;
  }

  private readIndex({ index, operand }: Ast & { kind: "index" }, origins: Origins, bound: Binding | undefined): Origins {
    if (index.kind === "literal" && index.type === "string") return step(origins, nameStep(index.value as string));
    // A JSON list's element; a map's keys may be numbers too, and then the text is the same.
    if (index.kind === "literal" && index.type === "int" && this.isList(operand)) return step(origins, `[${String(index.value)}]`);
    this.consumeAll([index], bound);
    return step(origins, ELEMENT);
  }

  private isList(node: Ast): boolean {
    const kind = this.typed.types.typeOf(node)?.kind;
    return kind === Kind.LIST;
  }

  private readCall({ name, target, args }: Ast & { kind: "call" }, bound: Binding | undefined): Origins {
    const path = target === undefined ? undefined : readPath(target);
    const isNamespace = path !== undefined && !path.isRooted && this.isFree(path.name, bound) && this.functions.has([path.name, ...path.steps, name].join("."));
    if (target === undefined || isNamespace) return this.consumeAll(args, bound);
    const receiver = this.read(target, bound);
    // What an optional holds is still a part of what it came from.
    if (name === "value" && args.length === 0) return receiver;
    if ((name === "orValue" || name === "or") && args.length === 1) return unite(receiver, this.read(args[0] as Ast, bound));
    this.consume(receiver, target);
    return this.consumeAll(args, bound);
  }

  private isFree(name: string, bound: Binding | undefined): boolean {
    for (let binding = bound; binding !== undefined; binding = binding.outer) if (binding.name === name) return false;
    return !this.isVariable(name);
  }

  private readLoop(node: Ast & { kind: "loop" }, bound: Binding | undefined): Origins {
    const { range, variable, secondVariable, filter, body, macro } = node;
    const origins = this.read(range, bound);
    const elements = step(origins, ELEMENT);
    let inner: Binding;
    if (secondVariable === undefined) inner = { name: variable, origins: elements, outer: bound };
    // The first of two is an index or a key: the keys of a map are read with its values.
    else inner = { name: secondVariable, origins: elements, outer: { name: variable, origins: this.isList(range) ? NOWHERE : elements, outer: bound } };
    const read = filter === undefined ? [body] : [filter, body];
    this.consumeAll(read, inner);
    if (macro === "filter" || macro === "sortBy") return origins.map((origin) => ({ ...origin, isReordered: true }));
    // Whatever the elements are: how many there are is read.
    if (!read.some((part) => usesName(part, secondVariable ?? variable))) this.consume(origins, range);
    return NOWHERE;
  }

  private readOptionalMap({ operand, variable, body }: Ast & { kind: "optMap" }, bound: Binding | undefined): Origins {
    const origins = this.read(operand, bound);
    // Whether there is a value decides, also where the body does not look at it.
    if (!usesName(body, variable)) this.consume(origins, operand);
    return this.read(body, { name: variable, origins, outer: bound });
  }
}

function step(origins: Origins, text: string): Origins {
  return origins.map((origin) => {
    if (origin.steps.length >= REFERENCE_DEPTH_MAX) return origin;
    return { variable: origin.variable, steps: [...origin.steps, origin.isReordered ? ELEMENT : text] };
  });
}

function unite(left: Origins, right: Origins): Origins {
  return left.length === 0 ? right : right.length === 0 ? left : [...left, ...right];
}

function nameStep(field: string): string {
  return isPlainName(field) ? `.${field}` : `[${JSON.stringify(field)}]`;
}

/** Is the name read there, and not one that a macro within binds anew? */
function usesName(node: Ast, name: string): boolean {
  const pending: Ast[] = [node];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part.kind === "identifier" && part.name === name && !part.isRooted) return true;
    const children = childrenOf(part);
    pending.push(...(boundNames(part).includes(name) ? children.slice(0, 1) : children));
  }
  return false;
}

function sortPlaces(places: readonly Place[]): readonly Place[] {
  return [...places].sort((a, b) => a.start - b.start);
}
