// Shows how an expression comes to its value over one context: the value or error of every part, as the kernel computes it.
// The kernel itself comes in by a port; which parts are never evaluated is the language's rule and stands here.
import { type Ast, type BinaryNode, childrenOf, type LoopMacro } from "../../expression/ast.js";
import { typeOfTypeName } from "../../expression/checker/type-names.js";
import { parseExpression } from "../../expression/parser.js";
import { printExpression } from "../../expression/print.js";
import { argumentError, isRecord } from "../../model/arguments.js";
import { type Place, WorkflowError } from "../../model/errors.js";
import { decodeValue, encodeExact, type ExactValue } from "../../model/value.js";
import { toConstant } from "../constant.js";
import { readPath } from "../paths.js";
import { checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import { Spans } from "./spans.js";

/** Parts of one explanation; the rest has the status `cut`. */
export const EXPLAIN_PART_COUNT_MAX = 1_000;
/** Elements that one macro is explained for. */
export const EXPLAIN_ELEMENT_COUNT_MAX = 20;
/** UTF-16 units of all the parts that are evaluated on their own. */
export const EXPLAIN_SIZE_MAX = 262_144;
/** Cost units of all evaluations beyond which no further part is evaluated. */
export const EXPLAIN_COST_MAX = 2_000_000;
/** UTF-16 units of a sum beyond which its beginnings are not evaluated anew. */
const LONG_SUM_SIZE = 48;
/** Stands for the value of a sum's left side. */
const LEFT_NAME = "left__value";
/** UTF-16 units of a part's text. */
const SHOWN_TEXT_SIZE_MAX = 200;

/**
 * `value`: it has one. `error`: it fails. `skipped`: the language never evaluates it, since what stands before it decides.
 * `cut`: a limit of the explanation is reached.
 */
export type ExplanationStatus = "value" | "error" | "skipped" | "cut";

export interface ExplainedPart {
  /** Canonical text of the part; of one longer than 200 characters the beginning, as it was written. */
  readonly text: string;
  /** Without a snippet. */
  readonly place: Place;
  readonly kind: Ast["kind"];
  readonly status: ExplanationStatus;
  /** As `Expression.evaluate` gives it; only where `status` is `value`. An absent optional is undefined. */
  readonly value?: unknown;
  /** The value's own type: `int`, `number` (of JSON), `list` …; only where `status` is `value`. */
  readonly type?: string;
  /** Only where `status` is `error`. */
  readonly error?: { readonly code: string; readonly message: string };
  /** Units that evaluating the part alone costs, as `evaluateWithCost` counts; where it was evaluated, and known. */
  readonly cost?: number;
  /** In the order of the text. */
  readonly parts: readonly ExplainedPart[];
  /** Of a macro over a list or map: the first EXPLAIN_ELEMENT_COUNT_MAX elements. */
  readonly elements?: readonly ExplainedElement[];
  /** How many elements the macro runs over. */
  readonly elementCount?: number;
}

export interface ExplainedElement {
  /** The names that the macro binds, with their values. */
  readonly names: readonly { readonly name: string; readonly value: unknown }[];
  /** The macro's body for this element; a filter before it. `skipped` where the elements before decide. */
  readonly parts: readonly ExplainedPart[];
}

export interface ExplainOptions extends ExpressionEditorOptions {
  /** What `now` is, ms since 1970. Default: this moment. */
  readonly now?: number;
}

export type ExplainOutcome = { readonly value: ExactValue; readonly cost: number } | { readonly error: WorkflowError; readonly cost: number };

/** The kernel, as an evaluator of parts. */
export interface ExplainPort {
  /** Evaluates a text over the wire values of its variables. Throws only where it does not compile, or the kernel is not there. */
  evaluate(text: string, wireOf: (name: string) => Uint8Array | undefined, scope: EditorScope, now: number): ExplainOutcome;
}

/** Explains an expression with the kernel of the port. See `explainExpression` of the door for what it gives and throws. */
export function explainWith(port: ExplainPort, source: string, context: Readonly<Record<string, unknown>>, options: ExplainOptions = {}): ExplainedPart {
  const scope = openScope(options);
  if (!isRecord(context)) throw argumentError("expression/invalid-call", "context", context, "an object");
  const now = options.now ?? Date.now();
  if (typeof now !== "number") throw argumentError("expression/invalid-call", "options.now", now, "a number");
  const { ast, findings } = parseExpression(checkSource(source));
  const first = findings.find(({ severity }) => severity === "error");
  if (first !== undefined) throw new WorkflowError("expression/invalid", first.message, { findings, place: first.place, details: { code: first.code } });
  return new Explainer(port, source, scope, context, now).explainRoot(ast);
}

/** Names that macros bind, the innermost first. */
interface Locals {
  readonly name: string;
  readonly value: ExactValue;
  readonly outer: Locals | undefined;
}

/** A part while it is put together. */
type PartDraft = { -readonly [Key in keyof ExplainedPart]: ExplainedPart[Key] };

/** What is within a part. */
type Inner = Pick<ExplainedPart, "parts" | "elements" | "elementCount">;

class Explainer {
  private root: Ast | undefined;
  private partCount = 0;
  private size = 0;
  private cost = 0;
  private readonly texts = new Map<Ast, string>();
  private readonly bindings = new Map<string, ExactValue>();
  private readonly wires = new WeakMap<ExactValue, Uint8Array>();
  private readonly plains = new WeakMap<ExactValue, { readonly value: unknown }>();
  private readonly spans: Spans;

  constructor(
    private readonly port: ExplainPort,
    private readonly source: string,
    private readonly scope: EditorScope,
    private readonly context: Readonly<Record<string, unknown>>,
    private readonly now: number,
  ) {
    this.spans = new Spans(source);
  }

  explainRoot(ast: Ast): ExplainedPart {
    this.texts.set(ast, this.source);
    this.root = ast;
    return this.explain(ast, undefined, true).part;
  }

  private explain(node: Ast, locals: Locals | undefined, isReached: boolean): { readonly part: ExplainedPart; readonly value: ExactValue | undefined } {
    this.partCount += 1;
    const isCut = this.partCount > EXPLAIN_PART_COUNT_MAX || this.size > EXPLAIN_SIZE_MAX || this.cost > EXPLAIN_COST_MAX;
    const place = this.spans.placeOf(node);
    const part: PartDraft = { text: this.show(node, place), place, kind: node.kind, status: isCut ? "cut" : "skipped", parts: [] };
    if (isCut) return { part, value: undefined };
    if (!isReached) {
      part.parts = this.skip(this.operandsOf(node), locals);
      return { part, value: undefined };
    }
    const { outcome, inner } = this.isLongSum(node) ? this.explainSum(node, locals) : { outcome: this.evaluate(node, locals), inner: this.explainWithin(node, locals) };
    part.parts = inner.parts;
    if (inner.elements !== undefined) part.elements = inner.elements;
    if (inner.elementCount !== undefined) part.elementCount = inner.elementCount;
    if (!this.isHidden(locals)) part.cost = outcome.cost;
    if ("error" in outcome) {
      part.status = "error";
      part.error = { code: outcome.error.code, message: outcome.error.message };
      return { part, value: undefined };
    }
    part.status = "value";
    part.value = this.toPlain(outcome.value);
    part.type = nameType(outcome.value);
    return { part, value: outcome.value };
  }

  /** As JavaScript data; of one value made once. */
  private toPlain(value: ExactValue): unknown {
    let plain = this.plains.get(value);
    if (plain === undefined) {
      plain = { value: decodeValue(this.wireOf(value) as Uint8Array) };
      this.plains.set(value, plain);
    }
    return plain.value;
  }

  private skip(nodes: readonly Ast[], locals: Locals | undefined): readonly ExplainedPart[] {
    return nodes.map((node) => this.explain(node, locals, false).part);
  }

  /** Is it the inner part of a sum or product so long that evaluating each of its beginnings anew would take the square of its length? */
  private isLongSum(node: Ast): node is BinaryNode {
    return node.kind === "binary" && node !== this.root && node.end - node.start > LONG_SUM_SIZE;
  }

  /** Evaluates what the last operator makes of the value that the left side has, where that is a plain one. */
  private explainSum(node: BinaryNode, locals: Locals | undefined): { readonly outcome: ExplainOutcome; readonly inner: Inner } {
    const left = this.explain(node.left, locals, true);
    const right = this.explain(node.right, locals, true);
    const inner = { parts: [left.part, right.part] };
    const { value } = left;
    const isPlain = value !== undefined && ("int" in value || "uint" in value || "double" in value || "number" in value || ("string" in value && node.operator === "+"));
    if (!isPlain || left.part.cost === undefined) return { outcome: this.evaluate(node, locals), inner };
    const known: Locals = { name: LEFT_NAME, value, outer: locals };
    const short: BinaryNode = { ...node, left: { kind: "identifier", start: node.left.start, end: node.left.end, name: LEFT_NAME, isRooted: false } };
    const outcome = this.evaluate(short, known);
    // Reading the name cost a unit.
    return { outcome: { ...outcome, cost: left.part.cost + outcome.cost - 1 }, inner };
  }

  // --- evaluating one part -------------------------------------------------------------------------------------------

  private evaluate(node: Ast, locals: Locals | undefined): ExplainOutcome {
    const held = node.kind === "identifier" && locals === undefined && !node.isRooted && !this.isMeant(node.name) ? this.contextValue(node.name) : undefined;
    if (held !== undefined) return { value: held, cost: 1 };
    const text = this.textOf(node);
    this.size += text.length;
    const bindings = new Map<string, ExactValue>();
    let bound = text;
    const seen = new Set<string>();
    for (let local = locals; local !== undefined; local = local.outer) {
      if (seen.has(local.name)) continue;
      seen.add(local.name);
      if (!this.isTaken(local.name)) {
        bindings.set(local.name, local.value);
        continue;
      }
      // A declared variable or constant has the name: the element is bound over it.
      const fresh = `element__${seen.size}`;
      bindings.set(fresh, local.value);
      bound = `cel.bind(${local.name}, ${fresh}, ${bound})`;
    }
    const outcome = this.ask(bound, (name) => this.wireOf(bindings.get(name) ?? this.contextValue(name)), node);
    this.cost += outcome.cost;
    return outcome;
  }

  /** Means the name something of the language, or a constant? */
  private isMeant(name: string): boolean {
    return name === "now" || typeOfTypeName(name) !== undefined || this.scope.constantNames.includes(name) || this.scope.container !== "";
  }

  /** A variable's value, turned into what the kernel takes when it is first asked for. */
  private contextValue(name: string): ExactValue | undefined {
    let value = this.bindings.get(name);
    if (value !== undefined || !Object.hasOwn(this.context, name) || this.context[name] === undefined) return value;
    value = toConstant(this.context[name], this.scope.isStrict);
    this.bindings.set(name, value);
    return value;
  }

  private wireOf(value: ExactValue | undefined): Uint8Array | undefined {
    if (value === undefined) return undefined;
    let wire = this.wires.get(value);
    if (wire === undefined) {
      wire = encodeExact(value);
      this.wires.set(value, wire);
    }
    return wire;
  }

  /** A part that does not compile by itself, unlike the whole, fails with what the compiler says. */
  private ask(text: string, wireOf: (name: string) => Uint8Array | undefined, node: Ast): ExplainOutcome {
    try {
      return this.port.evaluate(text, wireOf, this.scope, this.now);
    } catch (error) {
      if (node === this.root || !(error instanceof WorkflowError) || error.code !== "expression/invalid") throw error;
      return { error, cost: 0 };
    }
  }

  /** Does a name outside of all macros mean something of this name already? */
  private isTaken(name: string): boolean {
    return this.scope.isVariableDeclared(name) || this.scope.constantNames.includes(name) || typeOfTypeName(name) !== undefined || name === "now";
  }

  private isHidden(locals: Locals | undefined): boolean {
    for (let local = locals; local !== undefined; local = local.outer) if (this.isTaken(local.name)) return true;
    return false;
  }

  private textOf(node: Ast): string {
    let text = this.texts.get(node);
    if (text === undefined) {
      text = printExpression(node);
      this.texts.set(node, text);
    }
    return text;
  }

  private show(node: Ast, { start, end }: Place): string {
    // Printing every beginning of a long sum would take the square of its length.
    const text = end - start > SHOWN_TEXT_SIZE_MAX || this.size > EXPLAIN_SIZE_MAX ? this.source.slice(start, end) : this.textOf(node);
    return text.length > SHOWN_TEXT_SIZE_MAX ? `${text.slice(0, SHOWN_TEXT_SIZE_MAX - 1)}…` : text;
  }

  // --- what is within ------------------------------------------------------------------------------------------------

  private explainWithin(node: Ast, locals: Locals | undefined): Inner {
    switch (node.kind) {
      case "logic":
        return { parts: this.explainTerms(node, locals) };
      case "conditional":
        return { parts: this.explainChoice(node, locals) };
      case "loop":
        return this.explainLoop(node, locals);
      case "bind": {
        const { part, value } = this.explain(node.value, locals, true);
        const inner = value === undefined ? locals : { name: node.variable, value, outer: locals };
        return { parts: [part, this.explain(node.body, inner, value !== undefined).part] };
      }
      case "optMap": {
        const { part, value } = this.explain(node.operand, locals, true);
        const held = value !== undefined && "optional" in value && value.optional !== null ? value.optional : undefined;
        const inner = held === undefined ? locals : { name: node.variable, value: held, outer: locals };
        return { parts: [part, this.explain(node.body, inner, held !== undefined).part] };
      }
      case "call":
        return { parts: this.explainCall(node, locals) };
      default:
        return { parts: this.operandsOf(node).map((child) => this.explain(child, locals, true).part) };
    }
  }

  private explainTerms({ terms, operator }: Ast & { kind: "logic" }, locals: Locals | undefined): readonly ExplainedPart[] {
    let isDecided = false;
    return terms.map((term) => {
      const { part, value } = this.explain(term, locals, !isDecided);
      if (value !== undefined && "bool" in value && value.bool === (operator === "||")) isDecided = true;
      return part;
    });
  }

  private explainChoice({ test, yes, no }: Ast & { kind: "conditional" }, locals: Locals | undefined): readonly ExplainedPart[] {
    const { part, value } = this.explain(test, locals, true);
    const chosen = value !== undefined && "bool" in value ? value.bool : undefined;
    return [part, this.explain(yes, locals, chosen === true).part, this.explain(no, locals, chosen === false).part];
  }

  private explainCall(node: Ast & { kind: "call" }, locals: Locals | undefined): readonly ExplainedPart[] {
    const { target, name, args } = node;
    if ((name !== "or" && name !== "orValue") || target === undefined || args.length !== 1)
      return this.operandsOf(node).map((child) => this.explain(child, locals, true).part);
    const { part, value } = this.explain(target, locals, true);
    const isEmpty = value !== undefined && "optional" in value && value.optional === null;
    return [part, this.explain(args[0] as Ast, locals, isEmpty).part];
  }

  private explainLoop(node: Ast & { kind: "loop" }, locals: Locals | undefined): Inner {
    const { part, value } = this.explain(node.range, locals, true);
    const entries = value === undefined ? undefined : listEntries(value, node.secondVariable !== undefined);
    if (entries === undefined) return { parts: [part] };
    let isDecided = false;
    const elements = entries.slice(0, EXPLAIN_ELEMENT_COUNT_MAX).map(([first, second]) => {
      let inner: Locals = { name: node.variable, value: first, outer: locals };
      if (node.secondVariable !== undefined && second !== undefined) inner = { name: node.secondVariable, value: second, outer: inner };
      const { parts, isLast } = this.explainElement(node, inner, !isDecided);
      isDecided ||= isLast;
      const names = [{ name: node.variable, value: this.toPlain(first) }];
      if (node.secondVariable !== undefined && second !== undefined) names.push({ name: node.secondVariable, value: this.toPlain(second) });
      return { names, parts };
    });
    return { parts: [part], elements, elementCount: entries.length };
  }

  private explainElement(node: Ast & { kind: "loop" }, locals: Locals, isReached: boolean): { readonly parts: readonly ExplainedPart[]; readonly isLast: boolean } {
    const { filter, body, macro } = node;
    if (filter === undefined) {
      const { part, value } = this.explain(body, locals, isReached);
      return { parts: [part], isLast: endsLoop(macro, value, part.status) };
    }
    const passed = this.explain(filter, locals, isReached);
    const isPassed = passed.value !== undefined && "bool" in passed.value && passed.value.bool;
    const { part } = this.explain(body, locals, isPassed);
    return { parts: [passed.part, part], isLast: passed.part.status === "error" || part.status === "error" };
  }

  /** The children that have values of their own: names of libraries, types and variables with dots have none. */
  private operandsOf(node: Ast): readonly Ast[] {
    if (node.kind === "call" && node.target !== undefined) {
      const path = readPath(node.target);
      const full = path === undefined || path.isRooted ? "" : [path.name, ...path.steps, node.name].join(".");
      const isLibrary = path !== undefined && this.scope.functions.has(full) && !this.scope.isVariableDeclared(path.name);
      return isLibrary ? node.args : childrenOf(node);
    }
    if (node.kind !== "select") return childrenOf(node);
    const path = readPath(node);
    const name = path === undefined ? "" : [path.name, ...path.steps].join(".");
    return path !== undefined && (typeOfTypeName(name) !== undefined || (this.scope.hasPaths && this.scope.isVariableDeclared(name))) ? [] : childrenOf(node);
  }
}

/** Does the element's result end the macro? */
function endsLoop(macro: LoopMacro, value: ExactValue | undefined, status: ExplanationStatus): boolean {
  if (macro === "all" || macro === "exists") return value !== undefined && "bool" in value && value.bool === (macro === "exists");
  return status === "error";
}

/** What a macro runs over: elements with their indexes, or keys with their values. */
function listEntries(value: ExactValue, hasTwo: boolean): readonly (readonly [ExactValue, ExactValue | undefined])[] | undefined {
  if ("list" in value) return value.list.map((item, index) => (hasTwo ? [{ int: String(index) }, item] : [item, undefined]));
  return "map" in value ? value.map.map(([key, item]) => [key, hasTwo ? item : undefined]) : undefined;
}

function nameType(value: ExactValue): string {
  return Object.keys(value)[0] ?? "dyn";
}
