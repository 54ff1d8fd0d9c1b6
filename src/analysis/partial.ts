// Partial evaluation: an expression with some of its variables known becomes a value, an error, or a smaller expression over
// the rest. Every rule keeps the meaning to the letter: what the kernel gives for the whole expression it gives for what is
// left, errors included. Where a rule could change which of two errors is told, the part stays as it stands.
import {
  type Ast,
  type BinaryNode,
  type BindNode,
  boundNames,
  type CallNode,
  type ConditionalNode,
  freeVariables,
  type HasNode,
  type IndexNode,
  type ListNode,
  type LogicOperator,
  type LoopNode,
  type MapNode,
  type OptionalMapNode,
  type SelectNode,
  type UnaryNode,
  walk,
} from "../expression/ast.js";
import { ALL_FUNCTIONS } from "../expression/checker/library.js";
import { typeOfTypeName } from "../expression/checker/type-names.js";
import { Kind } from "../expression/checker/type.js";
import { printExpression } from "../expression/print.js";
import type { ConstantPort } from "../model/ports.js";
import type { ExactValue } from "../model/value.js";
import {
  applyBinary,
  applyFunction,
  applyLogic,
  applyUnary,
  hasField,
  indexValue,
  isBool,
  isWellFormed,
  NO_OVERLOAD,
  type Outcome,
  readLiteral,
  selectField,
  toComparand,
} from "./constant.js";
import { listVariables } from "./paths.js";
import {
  type Failed,
  indexInto,
  isBoolPart,
  type Known,
  newBool,
  newLocal,
  NOWHERE,
  type Part,
  readStep,
  settle,
  sourceOf,
  unmask,
  writeKnown,
} from "./part.js";

/** What is known when an expression is looked at. */
export interface PartialScope {
  /** The value of a variable, or undefined where it is not known. */
  valueOf(name: string): ExactValue | undefined;
  /** Unknown places inside of a known variable. */
  unknownWithin?(name: string): readonly (readonly string[])[];
  /** Does the name mean a variable, though CEL has a type or a library of this name? Default: where its value is known. */
  isVariable?(name: string): boolean;
  /** Computes what is not computed here. */
  readonly constants?: ConstantPort;
  /** Literals that take the place of variables are hidden from the checker by `dyn()`. */
  readonly isWrapped?: boolean;
  /** Loops over known lists are left as loops where an element is undecided. */
  readonly isFolded?: boolean;
}

/** Elements of a known list over which `all` and `exists` are written out. */
export const UNROLL_COUNT_MAX = 64;
/** Parts looked at before lists are no longer written out. */
export const PARTIAL_STEP_COUNT_MAX = 100_000;

/** Calls whose values have no spelled-out form: see `ExactValue`. */
const ADDRESS_CALLS: ReadonlySet<string> = new Set(["ip", "cidr", "masked"]);
const BOOL_LOOPS: ReadonlySet<string> = new Set(["all", "exists", "exists_one"]);

/** Evaluates `ast` as far as the scope permits. */
export function evaluatePart(ast: Ast, scope: PartialScope): Part {
  return new PartialEvaluator(scope).evaluate(ast);
}

class PartialEvaluator {
  private readonly scope: PartialScope;
  private readonly isWrapped: boolean;
  private readonly locals: { readonly name: string; readonly part: Part }[] = [];
  private stepCount = 0;

  constructor(scope: PartialScope) {
    this.scope = scope;
    this.isWrapped = scope.isWrapped ?? false;
  }

  evaluate(node: Ast): Part {
    this.stepCount += 1;
    switch (node.kind) {
      case "literal": {
        if (node.type === "string" && !isWellFormed(node.value as string)) return { kind: "open", source: node, isBool: false };
        return { kind: "known", value: readLiteral(node), source: node };
      }
      case "identifier":
        return this.evaluateIdentifier(node.name, node.isRooted, node);
      case "select":
      case "index":
      case "binary":
        return this.evaluateSpine(node);
      case "call":
        return this.evaluateCall(node);
      case "unary":
        return this.evaluateUnary(node);
      case "logic":
        return this.combine(
          node.operator,
          node.terms.map((term) => this.evaluate(term)),
        );
      case "conditional":
        return this.evaluateConditional(node);
      case "list":
        return this.evaluateList(node);
      case "map":
        return this.evaluateMap(node);
      case "has":
        return this.evaluateHas(node);
      case "loop":
        return this.evaluateLoop(node);
      case "bind":
        return this.evaluateBind(node);
      case "optMap":
        return this.evaluateOptionalMap(node);
      case "message":
      case "invalid":
        return { kind: "open", source: node, isBool: false };
    }
  }

  // --- names ---------------------------------------------------------------------------------------------------------

  private evaluateIdentifier(name: string, isRooted: boolean, node: Ast): Part {
    const local = isRooted ? undefined : this.findLocal(name);
    if (local !== undefined) return local;
    const value = this.scope.valueOf(name);
    if (value !== undefined) {
      const unknown = this.scope.unknownWithin?.(name) ?? [];
      if (unknown.length > 0) return { kind: "open", source: node, isBool: false, masked: { value, unknown } };
      return { kind: "known", value, source: node };
    }
    if (this.isVariable(name)) return { kind: "open", source: node, isBool: false };
    if (typeOfTypeName(name) === undefined) return { kind: "open", source: node, isBool: false };
    return { kind: "known", value: { type: name }, source: node };
  }

  private findLocal(name: string): Part | undefined {
    for (let index = this.locals.length - 1; index >= 0; index -= 1) {
      const local = this.locals[index];
      if (local?.name === name) return local.part;
    }
    return undefined;
  }

  private isVariable(name: string): boolean {
    return this.scope.isVariable?.(name) ?? this.scope.valueOf(name) !== undefined;
  }

  /** The names without a dot at the root of `a.b.c`, where that means something else than a variable's field. */
  private readQualified(node: Ast): string | undefined {
    let path = "";
    let inner = node;
    while (inner.kind === "select" && !inner.isOptional) {
      path = `.${inner.field}${path}`;
      inner = inner.operand;
    }
    if (
      inner.kind !== "identifier" ||
      (!inner.isRooted && this.findLocal(inner.name) !== undefined) ||
      this.scope.isVariable?.(inner.name) === true
    )
      return undefined;
    return inner.name + path;
  }

  // --- selections and operators --------------------------------------------------------------------------------------

  private evaluateSpine(root: SelectNode | IndexNode | BinaryNode): Part {
    const spine: (SelectNode | IndexNode | BinaryNode)[] = [];
    let node: Ast = root;
    let part: Part | undefined;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      const type: string = node.kind === "select" ? (this.readQualified(node) ?? "") : "";
      if (typeOfTypeName(type) !== undefined) {
        part = { kind: "known", value: { type }, source: node };
        break;
      }
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    part ??= this.evaluate(node);
    for (let at = spine.length - 1; at >= 0; at -= 1) {
      this.stepCount += 1;
      const outer = spine[at] as SelectNode | IndexNode | BinaryNode;
      if (outer.kind === "binary") part = this.applyBinary(outer, part, this.evaluate(outer.right));
      else if (outer.kind === "index") part = this.applyIndex(outer, part, this.evaluate(outer.index));
      else part = this.applySelect(outer, part);
    }
    return part;
  }

  private applyBinary(node: BinaryNode, left: Part, right: Part): Part {
    const { operator } = node;
    if (left.kind === "failed") return left;
    if (left.kind === "known" && right.kind === "failed") return right;
    const isComparison = operator !== "+" && operator !== "-" && operator !== "*" && operator !== "/" && operator !== "%";
    const source: BinaryNode = isComparison
      ? { ...node, left: this.writeComparand(left), right: operator === "in" ? this.write(right) : this.writeComparand(right) }
      : { ...node, left: this.write(left), right: this.write(right) };
    const known = left.kind === "known" && right.kind === "known";
    if (known) {
      const outcome = applyBinary(operator, left.value, right.value) ?? this.delegate(`a ${operator} b`, { a: left.value, b: right.value });
      // Of a sum the parts are not written out: they might be texts without an end.
      const origin: BinaryNode = { ...node, left: left.source, right: right.source };
      if (outcome !== undefined) return settle(outcome, origin);
    }
    return { kind: "open", source, isBool: isComparison };
  }

  private applySelect(node: SelectNode, operand: Part): Part {
    if (operand.kind === "failed")
      return node.isOptional ? { kind: "open", source: { ...node, operand: operand.source }, isBool: false } : operand;
    const source: SelectNode = { ...node, operand: operand.kind === "known" ? operand.source : this.write(operand) };
    if (operand.kind === "open") {
      const inner =
        operand.masked === undefined || node.isOptional
          ? undefined
          : unmask(operand.masked, node.field, selectField(operand.masked.value, node.field), source);
      return inner ?? { kind: "open", source, isBool: false };
    }
    const outcome = node.isOptional
      ? this.delegate("a[?b]", { a: operand.value, b: { string: node.field } })
      : (selectField(operand.value, node.field) ?? this.delegate("a[b]", { a: operand.value, b: { string: node.field } }));
    return outcome === undefined ? { kind: "open", source, isBool: false } : settle(outcome, source);
  }

  private applyIndex(node: IndexNode, operand: Part, key: Part): Part {
    if (!node.isOptional && operand.kind === "failed") return operand;
    if (!node.isOptional && operand.kind === "known" && key.kind === "failed") return key;
    const source: IndexNode = {
      ...node,
      operand: operand.kind === "known" ? operand.source : this.write(operand),
      index: this.writeComparand(key),
    };
    if (operand.kind === "known" && key.kind === "known") {
      const bindings = { a: operand.value, b: key.value };
      const outcome = node.isOptional
        ? this.delegate("a[?b]", bindings)
        : (indexValue(operand.value, key.value) ?? this.delegate("a[b]", bindings));
      if (outcome !== undefined) return settle(outcome, source);
    }
    if (operand.kind === "open" && operand.masked !== undefined && key.kind === "known" && !node.isOptional) {
      const step = readStep(key.value);
      const inner = step === undefined ? undefined : unmask(operand.masked, step, indexValue(operand.masked.value, key.value), source);
      if (inner !== undefined) return inner;
    }
    return { kind: "open", source, isBool: false };
  }

  private evaluateHas(node: HasNode): Part {
    const operand = this.evaluate(node.operand);
    if (operand.kind === "failed") return operand;
    const source: HasNode = { ...node, operand: operand.kind === "known" ? operand.source : this.write(operand) };
    if (operand.kind === "open" && operand.masked !== undefined && !operand.masked.unknown.some(([first]) => first === node.field)) {
      const outcome = hasField(operand.masked.value, node.field);
      if (outcome !== undefined) return settle(outcome, source);
    }
    const outcome = operand.kind === "known" ? hasField(operand.value, node.field) : undefined;
    return outcome === undefined ? { kind: "open", source, isBool: true } : settle(outcome, source);
  }

  private evaluateUnary(node: UnaryNode): Part {
    const operand = this.evaluate(node.operand);
    if (operand.kind === "failed") return operand;
    if (operand.kind === "known") {
      const source: UnaryNode = { ...node, operand: operand.source };
      const outcome = applyUnary(node.operator, operand.value) ?? this.delegate(`${node.operator}a`, { a: operand.value });
      return outcome === undefined ? { kind: "open", source, isBool: false } : settle(outcome, source);
    }
    return { kind: "open", source: { ...node, operand: this.write(operand) }, isBool: node.operator === "!" };
  }

  // --- logic ---------------------------------------------------------------------------------------------------------

  /**
   * The terms of && or ||. A term that decides is the result, whatever the others do. One that changes nothing is left out
   * where what stands before it is certainly a bool or an error: a value of another type would become an error by it.
   */
  private combine(operator: LogicOperator, parts: readonly Part[]): Part {
    const deciding = operator === "||";
    const decided = parts.find((part) => part.kind === "known" && isBool(part.value) && part.value.bool === deciding);
    if (decided !== undefined) return decided;
    if (parts.every(({ kind }) => kind !== "open")) return this.combineKnown(operator, parts as readonly (Known | Failed)[]);
    const kept: Part[] = [];
    parts.forEach((part, index) => {
      const isNeutral = part.kind === "known" && isBool(part.value);
      const isRemovable = kept.length === 0 ? isBoolPart(parts[index + 1]) : kept.length > 1 || isBoolPart(kept[0]);
      if (!isNeutral || !isRemovable) kept.push(part);
    });
    const only = kept.length === 1 ? kept[0] : undefined;
    if (only !== undefined) return only;
    return { kind: "open", isBool: true, source: { kind: "logic", ...NOWHERE, operator, terms: kept.map((part) => this.write(part)) } };
  }

  private combineKnown(operator: LogicOperator, parts: readonly (Known | Failed)[]): Part {
    const outcomes = parts.map((part): Outcome => (part.kind === "known" ? { value: part.value } : { error: part.error }));
    const outcome = outcomes.reduce((left, right) => applyLogic(operator, left, right));
    return settle(outcome, { kind: "logic", ...NOWHERE, operator, terms: parts.map(({ source }) => source) });
  }

  private evaluateConditional(node: ConditionalNode): Part {
    const test = this.evaluate(node.test);
    if (test.kind === "failed") return test;
    if (test.kind === "known" && isBool(test.value)) return this.evaluate(test.value.bool ? node.yes : node.no);
    if (test.kind === "known") return settle(NO_OVERLOAD, { ...node, test: test.source });
    const yes = this.evaluate(node.yes);
    const no = this.evaluate(node.no);
    const source: ConditionalNode = { ...node, test: this.write(test), yes: this.write(yes), no: this.write(no) };
    return { kind: "open", source, isBool: isBoolPart(yes) && isBoolPart(no) };
  }

  // --- literals and calls --------------------------------------------------------------------------------------------

  private evaluateList(node: ListNode): Part {
    const parts = node.items.map((item) => this.evaluate(item));
    const source: ListNode = { ...node, items: parts.map((part) => this.write(part)) };
    if (node.hasOptional) return { kind: "open", source, isBool: false };
    const undecided = parts.find(({ kind }) => kind !== "known");
    if (undecided?.kind === "failed") return undecided;
    if (undecided !== undefined) return { kind: "open", source, isBool: false };
    const items = parts as readonly Known[];
    return {
      kind: "known",
      value: { list: items.map(({ value }) => value) },
      source: { ...node, items: items.map((item) => item.source) },
    };
  }

  private evaluateMap(node: MapNode): Part {
    const parts = node.entries.map(({ key, value }) => ({ key: this.evaluate(key), value: this.evaluate(value) }));
    const entries = node.entries.map((entry, index) => {
      const part = parts[index] as { readonly key: Part; readonly value: Part };
      return { ...entry, key: this.write(part.key), value: this.write(part.value) };
    });
    const source: MapNode = { ...node, entries };
    const known: (readonly [ExactValue, ExactValue])[] = [];
    const names = new Set<string>();
    for (const { key, value } of node.hasOptional ? [] : parts) {
      if (key.kind !== "known" || value.kind !== "known" || !("string" in key.value) || names.has(key.value.string)) break;
      names.add(key.value.string);
      known.push([key.value, value.value]);
    }
    if (node.hasOptional || known.length < parts.length) return { kind: "open", source, isBool: false };
    return { kind: "known", value: { map: known }, source };
  }

  private evaluateCall(node: CallNode): Part {
    const { target, name } = node;
    const library = target === undefined ? undefined : this.readLibrary(target, name);
    const isMethod = target !== undefined && library === undefined;
    const parts = (isMethod ? [target, ...node.args] : node.args).map((part) => this.evaluate(part));
    const written = parts.map((part) => this.write(part));
    const source: CallNode = isMethod ? { ...node, target: written[0], args: written.slice(1) } : { ...node, args: written };
    const isBoolCall = isPredicate(library ?? name);
    if (parts.some(({ kind }) => kind !== "known")) return { kind: "open", source, isBool: isBoolCall };
    const values = (parts as readonly Known[]).map(({ value }) => value);
    const outcome = (library === undefined ? applyFunction(name, values) : undefined) ?? this.delegateCall(node, library, isMethod, values);
    const origins = (parts as readonly Known[]).map((part) => part.source);
    const origin: CallNode = isMethod ? { ...node, target: origins[0], args: origins.slice(1) } : { ...node, args: origins };
    return outcome === undefined ? { kind: "open", source, isBool: isBoolCall } : settle(outcome, origin);
  }

  /** The library's function that a call means: `math.abs(x)`; undefined where the target is a value. */
  private readLibrary(target: Ast, name: string): string | undefined {
    const qualified = this.readQualified(target);
    if (qualified === undefined) return undefined;
    const full = `${qualified}.${name}`;
    return ALL_FUNCTIONS.has(full) ? full : undefined;
  }

  private delegateCall(node: CallNode, library: string | undefined, isMethod: boolean, values: readonly ExactValue[]): Outcome | undefined {
    if (ADDRESS_CALLS.has(node.name)) return undefined;
    const names = values.map((_, index) => `a${index}`);
    const call = isMethod ? `${names[0]}.${node.name}(${names.slice(1).join(", ")})` : `${library ?? node.name}(${names.join(", ")})`;
    return this.delegate(call, Object.fromEntries(names.map((name, index) => [name, values[index] as ExactValue])));
  }

  // --- macros --------------------------------------------------------------------------------------------------------

  private evaluateLoop(node: LoopNode): Part {
    const range = this.evaluate(node.range);
    if (range.kind === "failed" && node.macro !== "sortBy") return range;
    if (range.kind === "known" && "list" in range.value) {
      const items = range.value.list.map((value, index): Known => ({ kind: "known", value, source: indexInto(range.source, index) }));
      const part = this.unroll(node, range, items);
      if (part !== undefined) return part;
    }
    const closed = range.kind === "known" ? this.delegateWhole(node) : undefined;
    if (closed !== undefined) return closed;
    const names = boundNames(node);
    for (const name of names) this.locals.push({ name, part: newLocal(name) });
    const filter = node.filter === undefined ? undefined : this.evaluate(node.filter);
    const body = this.evaluate(node.body);
    for (const _ of names) this.locals.pop();
    const source: LoopNode = {
      ...node,
      range: range.kind === "known" ? writeRange(range, this.isWrapped) : this.write(range),
      filter: filter && this.write(filter),
      body: this.write(body),
    };
    return { kind: "open", source, isBool: BOOL_LOOPS.has(node.macro) };
  }

  /** A loop over a known list, element by element; undefined where that is not possible or too much. */
  private unroll(node: LoopNode, range: Known, items: readonly Known[]): Part | undefined {
    if (items.length > UNROLL_COUNT_MAX || this.stepCount > PARTIAL_STEP_COUNT_MAX || isCapturing(node, range.source)) return undefined;
    const perItem = items.map((item, index) => this.evaluateForItem(node, item, index));
    if (node.macro === "all" || node.macro === "exists") {
      if (this.scope.isFolded && perItem.some(({ body }) => body.kind === "open")) return undefined;
      const names = boundNames(node);
      // A part without a literal still names the loop's variable, which is nobody's outside of the loop.
      const isFree = perItem.some(({ body }) => freeVariables(sourceOf(body)).some(({ name }) => names.includes(name)));
      if (isFree) return undefined;
      const operator = node.macro === "all" ? "&&" : "||";
      const start: Known = { kind: "known", value: { bool: node.macro === "all" }, source: newBool(node.macro === "all") };
      return this.combine(operator, [start, ...perItem.map(({ body }) => body)]);
    }
    return buildList(node, items, perItem);
  }

  private evaluateForItem(node: LoopNode, item: Known, index: number): { readonly filter: Part | undefined; readonly body: Part } {
    if (node.secondVariable === undefined) this.locals.push({ name: node.variable, part: item });
    else {
      const place: Known = {
        kind: "known",
        value: { int: String(index) },
        source: { kind: "literal", ...NOWHERE, type: "int", value: index },
      };
      this.locals.push({ name: node.variable, part: place }, { name: node.secondVariable, part: item });
    }
    const filter = node.filter === undefined ? undefined : this.evaluate(node.filter);
    const body = this.evaluate(node.body);
    this.locals.pop();
    if (node.secondVariable !== undefined) this.locals.pop();
    return { filter, body };
  }

  private evaluateBind(node: BindNode): Part {
    const value = this.evaluate(node.value);
    const source: Ast = { kind: "identifier", ...NOWHERE, name: node.variable, isRooted: false };
    this.locals.push({ name: node.variable, part: { ...value, source } });
    const body = this.evaluate(node.body);
    this.locals.pop();
    const rest = this.write(body);
    const isUsed = freeVariables(body.kind === "known" ? body.source : rest).some(({ name }) => name === node.variable);
    const wrap = (inner: Ast): Ast =>
      isUsed || node.variable.startsWith("@") ? { ...node, value: this.write(value), body: inner } : inner;
    if (body.kind === "known") return { ...body, source: wrap(body.source) };
    return body.kind === "failed" ? { ...body, source: wrap(body.source) } : { kind: "open", source: wrap(rest), isBool: body.isBool };
  }

  private evaluateOptionalMap(node: OptionalMapNode): Part {
    const operand = this.evaluate(node.operand);
    const closed = operand.kind === "known" ? this.delegateWhole(node) : undefined;
    if (closed !== undefined) return closed;
    this.locals.push({ name: node.variable, part: newLocal(node.variable) });
    const body = this.evaluate(node.body);
    this.locals.pop();
    return { kind: "open", source: { ...node, operand: this.write(operand), body: this.write(body) }, isBool: false };
  }

  // --- writing, and what is computed elsewhere -----------------------------------------------------------------------

  private write(part: Part): Ast {
    return sourceOf(part, this.isWrapped);
  }

  private writeComparand(part: Part): Ast {
    return part.kind === "known" ? writeKnown(part, toComparand(part.value), this.isWrapped) : part.source;
  }

  private delegate(text: string, bindings: Readonly<Record<string, ExactValue>>): Outcome | undefined {
    return this.scope.constants?.evaluate(text, bindings);
  }

  /** The outcome of a part of the text whose names are all known; undefined where one is not, or nobody computes it. */
  private delegateWhole(node: Ast): Part | undefined {
    const { constants } = this.scope;
    if (constants === undefined || hasAddress(node)) return undefined;
    const bindings: Record<string, ExactValue> = {};
    for (const name of listVariables(node, (name) => this.isVariable(name))) {
      const part = this.evaluateIdentifier(name, false, node);
      if (part.kind !== "known") return undefined;
      bindings[name] = part.value;
    }
    const outcome = constants.evaluate(printExpression(node), bindings);
    return outcome === undefined ? undefined : settle(outcome, node);
  }
}

/** Does every function of this name give a bool, if anything? */
function isPredicate(name: string): boolean {
  const signatures = ALL_FUNCTIONS.signaturesOf(name);
  return signatures.length > 0 && signatures.every(({ result }) => result.kind === Kind.BOOL && !result.isNullable);
}

/** What a loop runs over: the expression that names it reads better than all of its elements. */
function writeRange(range: Known, isWrapped: boolean): Ast {
  return range.source.kind === "identifier" || range.source.kind === "select" ? range.source : sourceOf(range, isWrapped);
}

/** Would a name of `outer` mean something else within the loop? */
function isCapturing(node: LoopNode, outer: Ast): boolean {
  const names = new Set(freeVariables(outer).map(({ name }) => name));
  if (names.size === 0) return false;
  let isFound = false;
  walk(node, (inner) => {
    if (boundNames(inner).some((name) => names.has(name))) isFound = true;
  });
  return isFound;
}

/** `map`, `filter` and `exists_one` over known elements; undefined where an element is not decided. */
function buildList(
  node: LoopNode,
  items: readonly Known[],
  perItem: readonly { readonly filter: Part | undefined; readonly body: Part }[],
): Part | undefined {
  const { macro } = node;
  if ((macro !== "map" && macro !== "filter" && macro !== "exists_one") || node.secondVariable !== undefined) return undefined;
  const kept: ExactValue[] = [];
  for (const [index, { filter, body }] of perItem.entries()) {
    const predicate = macro === "map" ? filter : body;
    if (predicate !== undefined) {
      if (predicate.kind === "open") return undefined;
      if (predicate.kind === "failed") return { ...predicate, source: node };
      if (!isBool(predicate.value)) return settle(NO_OVERLOAD, node);
      if (!predicate.value.bool) continue;
    }
    if (macro === "map" && body.kind === "open") return undefined;
    if (macro === "map" && body.kind === "failed") return { ...body, source: node };
    kept.push(macro === "map" ? (body as Known).value : (items[index] as Known).value);
  }
  return settle({ value: macro === "exists_one" ? { bool: kept.length === 1 } : { list: kept } }, node);
}

function hasAddress(node: Ast): boolean {
  let isFound = false;
  walk(node, (inner) => {
    if (inner.kind === "call" && ADDRESS_CALLS.has(inner.name)) isFound = true;
  });
  return isFound;
}
