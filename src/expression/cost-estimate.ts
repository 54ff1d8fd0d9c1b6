// Estimates what an expression may cost before it runs, from its tree, the declared types and what is known of sizes. The
// bounds hold for every evaluation that ends without an error; what nothing is known of may be of any size.
import { Fn } from "../../assembly/abi.js";
import type { Ast, BinaryNode, CallNode, LoopNode, OptionalMapNode } from "./ast.js";
import { Kind, type Type } from "./checker/type.js";
import { rootOfTypeName } from "./checker/type-names.js";
import type { FunctionSet } from "./checker/library.js";
import { costOfChainRoot, type FunctionCosts, isChain, isSizedFunction, LIST_COST, MAP_COST, TEXT_RATE } from "./cost.js";

/** A number of units or of characters, bytes, elements and entries: at least, and at most; `max` may be Infinity. */
export interface CostRange {
  readonly min: number;
  readonly max: number;
}

/** What an estimate may use. */
export interface EstimateScope {
  readonly functions: FunctionSet;
  readonly functionCosts?: FunctionCosts | undefined;
  /** The whole type of a declared variable. */
  typeOf(name: string): Type | undefined;
  /** Greatest sizes by path: `items`, `items[]` for its elements or values, `items[].name`. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** What is known of a value. */
interface Shape {
  readonly size: CostRange;
  readonly type?: Type | undefined;
  /** Where it stands in the context. */
  readonly path?: string | undefined;
  /** Of a list's elements or a map's values. */
  readonly inner?: Shape | undefined;
  /** Surely a number, a bool or the like. */
  readonly isScalar?: boolean;
}

const ZERO: CostRange = { min: 0, max: 0 };
const ONE: CostRange = { min: 1, max: 1 };
const ANY: CostRange = { min: 0, max: Number.POSITIVE_INFINITY };
const SCALAR: Shape = { size: ONE, isScalar: true };
const UNKNOWN: Shape = { size: ANY };
const PATTERN_RATE = 0.25;

/** Units of an evaluation. Linear in the size of the tree; where the tree is too deep for the stack, nothing is known. */
export function estimateCost(ast: Ast, scope: EstimateScope): CostRange {
  try {
    const estimator = new Estimator(scope);
    estimator.visit(ast);
    return estimator.cost;
  } catch (error) {
    if (error instanceof RangeError) return ANY;
    throw error;
  }
}

class Estimator {
  cost: CostRange = ZERO;
  private readonly scope: EstimateScope;
  private readonly locals: { readonly name: string; readonly shape: Shape }[] = [];

  constructor(scope: EstimateScope) {
    this.scope = scope;
  }

  /** Adds what the node costs; gives what is known of its value. */
  visit(node: Ast): Shape {
    switch (node.kind) {
      case "literal":
        return shapeOfLiteral(node.value);
      case "identifier":
        return this.visitName(node.name, node);
      case "select":
        return this.visitMember(node.operand, node.field);
      case "has":
        this.visitMember(node.operand, node.field);
        return SCALAR;
      case "index": {
        const operand = this.visitChain(node.operand);
        this.visit(node.index);
        this.add(exactly(1 - this.costOfRoot(node.index)));
        return innerOf(operand, this.scope);
      }
      case "unary":
        this.visit(node.operand);
        this.add(ONE);
        return SCALAR;
      case "binary":
        return this.visitBinary(node);
      case "logic":
        node.terms.forEach((term, index) => {
          const cost = this.measure(() => this.visit(term));
          this.add({ min: index === 0 ? cost.min : 0, max: cost.max });
        });
        return SCALAR;
      case "conditional": {
        this.visit(node.test);
        const yes = this.visitArm(node.yes);
        const no = this.visitArm(node.no);
        this.add(unite(yes.cost, no.cost));
        return { size: unite(yes.shape.size, no.shape.size), inner: uniteInner(yes.shape, no.shape) };
      }
      case "list":
      case "map": {
        this.add(exactly(node.kind === "list" ? LIST_COST : MAP_COST));
        const parts =
          node.kind === "list"
            ? node.items.map((item) => this.visit(item))
            : node.entries.map(({ key, value }) => (this.visit(key), this.visit(value)));
        const inner = parts.reduce<Shape | undefined>(
          (known, part) => (known === undefined ? part : { size: unite(known.size, part.size) }),
          undefined,
        );
        return { size: { min: node.hasOptional ? 0 : parts.length, max: parts.length }, inner };
      }
      case "call":
        return this.visitCall(node);
      case "loop":
        return this.visitLoop(node);
      case "bind": {
        if (!node.variable.startsWith("@")) this.add(exactly(LIST_COST));
        const shape = this.visit(node.value);
        return this.within([[node.variable, shape]], () => this.visit(node.body));
      }
      case "optMap":
        return this.visitOptionalMap(node);
      default:
        return UNKNOWN;
    }
  }

  /** What `visit` adds, without adding it. */
  private measure(visit: () => void): CostRange {
    const before = this.cost;
    this.cost = ZERO;
    visit();
    const measured = this.cost;
    this.cost = before;
    return measured;
  }

  private add(cost: CostRange): void {
    this.cost = plus(this.cost, cost);
  }

  private within<T>(names: readonly (readonly [string, Shape])[], visit: () => T): T {
    for (const [name, shape] of names) this.locals.push({ name, shape });
    const result = visit();
    this.locals.length -= names.length;
    return result;
  }

  private visitName(name: string, node: Ast): Shape {
    for (let index = this.locals.length - 1; index >= 0; index -= 1) {
      const local = this.locals[index];
      if (local?.name === name) {
        this.add(ONE);
        return local.shape;
      }
    }
    if (this.isTypeName(node)) return SCALAR;
    this.add(ONE);
    return shapeOf(this.scope.typeOf(name), name, this.scope);
  }

  private isTypeName(node: Ast): boolean {
    const root = rootOfTypeName(node);
    return root !== undefined && this.scope.typeOf(root.name) === undefined && !this.locals.some(({ name }) => name === root.name);
  }

  private costOfRoot(node: Ast): number {
    return this.isTypeName(node) ? 0 : costOfChainRoot(node);
  }

  /** The operand of a selection: behind anything but a chain it costs one more. */
  private visitChain(operand: Ast): Shape {
    const shape = this.visit(operand);
    if (!isChain(operand)) this.add(ONE);
    return shape;
  }

  private visitMember(operand: Ast, field: string): Shape {
    const shape = this.visitChain(operand);
    this.add(ONE);
    const type =
      shape.type?.kind === Kind.OBJECT
        ? (shape.type.fields?.get(field) ?? shape.type.rest)
        : shape.type?.kind === Kind.MAP
          ? shape.type.params[1]
          : undefined;
    if (shape.path !== undefined) return shapeOf(type, `${shape.path}.${field}`, this.scope);
    return shape.inner ?? UNKNOWN;
  }

  private visitArm(node: Ast): { readonly cost: CostRange; readonly shape: Shape } {
    let shape = UNKNOWN;
    const cost = this.measure(() => {
      shape = this.visit(node);
      this.add(exactly(-this.costOfRoot(node)));
    });
    return { cost, shape };
  }

  private visitBinary({ operator, left, right }: BinaryNode): Shape {
    const a = this.visit(left);
    const b = this.visit(right);
    if (operator === "in") {
      const kind = b.type?.kind;
      const isSized = kind === Kind.LIST || right.kind === "list";
      this.add(isSized ? b.size : kind === Kind.MAP || kind === Kind.OBJECT || right.kind === "map" ? ONE : unite(ONE, b.size));
      return SCALAR;
    }
    if (operator === "+") {
      const size = plus(a.size, b.size);
      // Of lists it is one unit, of texts a tenth of the size; which of them it is may not be known.
      const isNumeric = a.isScalar === true || b.isScalar === true;
      const isList = a.type?.kind === Kind.LIST || left.kind === "list" || right.kind === "list";
      this.add(isNumeric || isList ? ONE : unite(ONE, tenth(size)));
      return isNumeric ? SCALAR : { size, inner: uniteInner(a, b) };
    }
    const isCompared = operator === "==" || operator === "!=" || operator.startsWith("<") || operator.startsWith(">");
    if (!isCompared) this.add(ONE);
    else this.add(tenth({ min: Math.min(a.size.min, b.size.min), max: Math.min(a.size.max, b.size.max) }));
    return SCALAR;
  }

  private visitCall(node: CallNode): Shape {
    const { functions, functionCosts } = this.scope;
    const library = libraryNameOf(node, functions);
    const name = library ?? node.name;
    const isMember = node.target !== undefined && library === undefined;
    const operands = isMember ? [node.target as Ast, ...node.args] : node.args;
    const [first, second] = operands;
    if (isMember && (name === "or" || name === "orValue") && first !== undefined && second !== undefined) {
      const shape = this.visit(first);
      const { max } = this.measure(() => this.visit(second));
      this.add({ min: 0, max });
      return { size: unite(shape.size, ANY) };
    }
    const shapes = operands.map((operand) => this.visit(operand));
    const known = functions.find(name);
    const { perCall, perCharacter } = functionCosts?.[name] ?? {};
    const result = resultOf(known?.fn, shapes, known?.signatures ?? [], this.scope);
    if (perCall !== undefined || known?.fn === undefined || !isSizedFunction(known.fn)) this.add(exactly(perCall ?? 1));
    else this.add(costOfCall(known.fn, operands, shapes, result.size, perCharacter ?? TEXT_RATE / 1000));
    return result;
  }

  private visitLoop(node: LoopNode): Shape {
    const { macro } = node;
    const range = this.visit(node.range);
    const element = innerOf(range, this.scope);
    const isMap = range.type?.kind === Kind.MAP || range.type?.kind === Kind.OBJECT || node.range.kind === "map";
    const isList = range.type?.kind === Kind.LIST || node.range.kind === "list";
    const key = isMap ? UNKNOWN : element;
    const { secondVariable } = node;
    const names: (readonly [string, Shape])[] = [[node.variable, secondVariable === undefined ? key : isList ? SCALAR : UNKNOWN]];
    if (secondVariable !== undefined) names.push([secondVariable, element]);
    const asked = isBuilder(node) && macro !== "filter" ? node.filter : node.body;
    const predicate = asked === undefined ? ZERO : this.measure(() => this.within(names, () => this.visit(asked)));
    let body = UNKNOWN;
    const isGiven = isBuilder(node) && macro !== "filter";
    const value = isGiven ? this.measure(() => this.within(names, () => (body = this.visit(node.body)))) : ZERO;
    const { turn, fixed, isShort } = costsOfMacro(node, predicate, value);
    const turnsMin = isShort ? Math.min(1, range.size.min) : range.size.min;
    this.add(plus({ min: times(turnsMin, turn.min), max: times(range.size.max, turn.max) }, fixed));
    if (macro === "sortBy") this.add(costOfCall(Fn.SORT_BY, [], [UNKNOWN, { size: range.size, inner: body }], ANY, 0));
    if (!isBuilder(node)) return SCALAR;
    const isWhole = macro !== "filter" && node.filter === undefined;
    return {
      size: { min: isWhole ? range.size.min : 0, max: range.size.max },
      inner: macro === "filter" || macro === "sortBy" ? element : body,
    };
  }

  private visitOptionalMap({ operand, variable, body, isFlat }: OptionalMapNode): Shape {
    this.visit(operand);
    this.add(ONE);
    const some = this.measure(() => this.within([[variable, UNKNOWN]], () => this.visit(body)));
    this.add(unite(ONE, plus(some, exactly(LIST_COST + (isFlat ? 1 : 2)))));
    return UNKNOWN;
  }
}

function isBuilder({ macro }: LoopNode): boolean {
  return macro !== "all" && macro !== "exists" && macro !== "exists_one";
}

/** A turn and what surrounds all turns, as loop-emitter.ts counts them. */
function costsOfMacro(
  { macro, filter }: LoopNode,
  predicate: CostRange,
  value: CostRange,
): { readonly turn: CostRange; readonly fixed: CostRange; readonly isShort: boolean } {
  switch (macro) {
    case "all":
    case "exists": {
      const ask = macro === "all" ? 2 : 3;
      return { turn: plus(predicate, exactly(ask + 1)), fixed: exactly(1), isShort: true };
    }
    case "exists_one":
      return { turn: plus(predicate, { min: 0, max: 2 }), fixed: exactly(2), isShort: false };
    default: {
      const push = macro === "transformMap" ? 3 : macro === "transformMapEntry" ? 2 : macro === "filter" ? LIST_COST + 3 : LIST_COST + 2;
      const element = plus(value, exactly(push));
      const isAll = macro !== "filter" && filter === undefined;
      const turn = isAll ? element : plus(predicate, { min: 0, max: element.max });
      const start = macro === "transformMap" || macro === "transformMapEntry" ? MAP_COST : LIST_COST;
      return { turn, fixed: exactly(1 + start + (macro === "sortBy" ? LIST_COST + 2 : 0)), isShort: false };
    }
  }
}

/** Units of a call whose cost depends on sizes, as assembly/cost.ts counts them. */
function costOfCall(fn: Fn, operands: readonly Ast[], shapes: readonly Shape[], result: CostRange, rate: number): CostRange {
  const [first = UNKNOWN, second = UNKNOWN] = shapes;
  const grow = (units: (size: number, other: number, given: number) => number): CostRange => ({
    min: units(first.size.min, second.size.min, result.min),
    max: units(first.size.max, second.size.max, result.max),
  });
  switch (fn) {
    case Fn.CONTAINS:
      return grow((size, other) => times(Math.ceil(size * rate), Math.ceil(other * rate)));
    case Fn.STARTS_WITH:
    case Fn.ENDS_WITH:
      return grow((size) => Math.ceil(size * rate));
    case Fn.TO_STRING:
    case Fn.TO_BYTES:
      return first.isScalar === true
        ? ONE
        : unite(
            ONE,
            grow((size) => Math.ceil(size * rate)),
          );
    case Fn.MATCHES:
      return grow((size, other) => times(Math.ceil((size + 1) * rate), Math.ceil(other * PATTERN_RATE)));
    case Fn.REGEX_EXTRACT:
    case Fn.REGEX_EXTRACT_ALL:
    case Fn.REGEX_REPLACE: {
      const base = fn === Fn.REGEX_EXTRACT_ALL ? LIST_COST + 1 : 1;
      const { min, max } = grow((size, other, given) => (size + 1) * rate * (other + 1) * PATTERN_RATE + given + base);
      return { min: Math.floor(min), max: Math.ceil(max) + 1 };
    }
    case Fn.SETS_CONTAINS:
    case Fn.SETS_INTERSECTS:
      return grow((size, other) => times(size, other) + 1);
    case Fn.SETS_EQUIVALENT:
      return grow((size, other) => times(size, other) * 2 + 1);
    case Fn.FLATTEN: {
      const depth = operands[1];
      const known = depth === undefined ? 1 : depth.kind === "literal" ? Number(depth.value) : undefined;
      const { min, max } = first.size;
      return { min: min * (known ?? 0) + LIST_COST + 1, max: times(max, known ?? Number.POSITIVE_INFINITY) + LIST_COST + 1 };
    }
    case Fn.DISTINCT:
    case Fn.SORT:
    case Fn.SORT_BY: {
      const { min, max } = fn === Fn.SORT_BY ? second.size : first.size;
      return { min: min * min * 2 + LIST_COST + 1, max: Math.floor(times(max, max) * 2.1) + LIST_COST + 1 };
    }
    case Fn.SLICE:
    case Fn.RANGE:
      return plus(result, exactly(LIST_COST + 1));
    default:
      return {
        min: 1,
        max: Math.max(Math.ceil(Math.max(first.size.max, result.max) * rate) + 1, fn === Fn.REVERSE ? result.max + LIST_COST + 1 : 0),
      };
  }
}

const KEEPING: ReadonlySet<Fn> = new Set([Fn.LOWER_ASCII, Fn.UPPER_ASCII, Fn.REVERSE, Fn.SORT, Fn.SORT_BY]);
const SHRINKING: ReadonlySet<Fn> = new Set([Fn.TRIM, Fn.SUBSTRING, Fn.SLICE, Fn.DISTINCT, Fn.REGEX_EXTRACT]);

function resultOf(
  fn: Fn | undefined,
  shapes: readonly Shape[],
  signatures: readonly { readonly result: Type }[],
  scope: EstimateScope,
): Shape {
  const [first = UNKNOWN] = shapes;
  const { size, inner } = first;
  if (fn !== undefined && KEEPING.has(fn)) return { size, inner };
  if (fn !== undefined && SHRINKING.has(fn))
    return { size: { min: 0, max: fn === Fn.REGEX_EXTRACT ? Math.max(1, size.max) : size.max }, inner };
  if (fn === Fn.TO_DYN || fn === Fn.TO_STRING || fn === Fn.TO_BYTES)
    return first.isScalar === true && fn === Fn.TO_DYN
      ? SCALAR
      : { size: { min: 0, max: fn === Fn.TO_DYN ? size.max : Number.POSITIVE_INFINITY } };
  if (fn === Fn.FIRST || fn === Fn.LAST) return innerOf(first, scope);
  return signatures.length > 0 && signatures.every(({ result }) => isScalarKind(result.kind)) ? SCALAR : UNKNOWN;
}

/** As the emitter finds it: `math.abs(x)` where `math` is a namespace. */
function libraryNameOf({ target, name }: CallNode, functions: FunctionSet): string | undefined {
  let path = "";
  let inner = target;
  for (; inner?.kind === "select"; inner = inner.operand) path = `.${inner.field}${path}`;
  const full = inner?.kind === "identifier" ? `${inner.name}${path}.${name}` : undefined;
  return full !== undefined && functions.has(full) ? full : undefined;
}

function shapeOf(type: Type | undefined, path: string, { sizes }: EstimateScope): Shape {
  const hint = Object.hasOwn(sizes, path) ? sizes[path] : undefined;
  const isScalar = type !== undefined && isScalarKind(type.kind);
  return { size: isScalar ? ONE : { min: 0, max: hint ?? Number.POSITIVE_INFINITY }, type, path, isScalar };
}

/** Of a list's elements, or a map's values. */
function innerOf({ type, path, inner }: Shape, scope: EstimateScope): Shape {
  if (inner !== undefined) return inner;
  const held = type?.kind === Kind.LIST ? type.params[0] : type?.kind === Kind.MAP ? type.params[1] : undefined;
  if (path !== undefined) return shapeOf(held, `${path}[]`, scope);
  return held !== undefined && isScalarKind(held.kind) ? SCALAR : UNKNOWN;
}

function isScalarKind(kind: Kind): boolean {
  return (
    (kind >= Kind.BOOL && kind <= Kind.NUMBER) ||
    kind === Kind.TIMESTAMP ||
    kind === Kind.DURATION ||
    kind === Kind.NULL ||
    kind === Kind.TYPE
  );
}

function uniteInner(a: Shape, b: Shape): Shape | undefined {
  return a.inner === undefined || b.inner === undefined ? undefined : { size: unite(a.inner.size, b.inner.size) };
}

function shapeOfLiteral(value: unknown): Shape {
  if (typeof value === "string") return { size: exactly([...value].length) };
  return value instanceof Uint8Array ? { size: exactly(value.length) } : SCALAR;
}

function exactly(size: number): CostRange {
  return { min: size, max: size };
}

function plus(a: CostRange, b: CostRange): CostRange {
  return { min: a.min + b.min, max: a.max + b.max };
}

function unite(a: CostRange, b: CostRange): CostRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function tenth({ min, max }: CostRange): CostRange {
  return { min: Math.ceil(min * (TEXT_RATE / 1000)), max: Math.ceil(max * (TEXT_RATE / 1000)) };
}

/** Nothing of anything is nothing. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
