// The expressions of a workflow in the order in which they are met: their code, where they stand, what they use, and what is
// to be said when one fails.
import { emitValue, type EmitValueOptions } from "../expression/value-source.js";
import { type EmittedExpression, emitExpression, type ExpressionScope } from "../expression/emitter.js";
import { parseExpression } from "../expression/parser.js";
import type { CustomUse } from "../model/custom-function.js";
import type { Definition, ValueSource } from "../model/definition.js";
import type { Finding, Place } from "../model/errors.js";
import type { ExpressionCode, ExpressionSite } from "../model/program.js";
import { describeExpression, type FaultText } from "./fault-texts.js";

export type ExpressionPurpose = "guard" | "action" | "duration";

const GUARD: EmitValueOptions = { expected: "bool" };
const OTHER: EmitValueOptions = {};
/** Different texts whose code is kept for when they come again. */
export const SHARED_COUNT_MAX = 10_000;

export class ExpressionList {
  readonly findings: Finding[] = [];
  readonly codes: ExpressionCode[] = [];
  readonly sites: ExpressionSite[] = [];
  readonly uses = new Map<string, CustomUse>();
  readonly texts: FaultText[] = [];
  /** By text, of one scope. */
  readonly #emitted = new Map<string, { readonly options: EmitValueOptions; readonly expression: EmittedExpression }>();
  #scope: ExpressionScope | undefined;

  /**
   * Emits a value's expression; returns its number. A guard must be able to be a bool. `state`: in whose name a failure is
   * described to the variable `error`; undefined: nobody could read it.
   */
  add(source: ValueSource, scope: ExpressionScope, purpose: ExpressionPurpose, state: Definition["states"][number] | undefined): number {
    const { code, findings, uses } = this.#emit(source, scope, purpose);
    this.findings.push(...findings);
    for (const use of uses) this.uses.set(use.name, use);
    return this.#append(source, code, purpose, state);
  }

  /** Of a map that was added, without the entries that fail. What is to be said of it, and what it uses, is known since then. */
  addPartial(source: ValueSource & { readonly kind: "map" }, scope: ExpressionScope): number {
    return this.#append(source, emitValue(source, scope, { isPartial: true }).code, "action", undefined);
  }

  #append(source: ValueSource, code: ExpressionCode, purpose: ExpressionPurpose, state: Definition["states"][number] | undefined): number {
    this.codes.push(code);
    const site = { text: textsOf(source).join("\n"), place: placeOf(source), spans: code.spans };
    this.sites.push(site);
    const written = source.kind === "expression" ? source.expression.written : undefined;
    this.texts.push(state && describeExpression(purpose, written ?? site.text, state.id, site.place));
    return this.codes.length - 1;
  }

  /** The same text in the same scope is emitted once, unless there is something to say of it: that has a place. */
  #emit(source: ValueSource, scope: ExpressionScope, purpose: ExpressionPurpose): EmittedExpression {
    const options = purpose === "guard" ? GUARD : OTHER;
    if (source.kind !== "expression") return emitValue(source, scope, options);
    if (scope !== this.#scope) {
      this.#scope = scope;
      this.#emitted.clear();
    }
    const { text } = source.expression;
    const known = this.#emitted.get(text);
    if (known?.options === options) return known.expression;
    const expression = emitSoundly(text, scope, options) ?? emitValue(source, scope, options);
    if (expression.findings.length === 0 && this.#emitted.size < SHARED_COUNT_MAX) this.#emitted.set(text, { options, expression });
    return expression;
  }
}

/** Emits what there is nothing to say of, with what the expression before has left; undefined for anything else. */
function emitSoundly(text: string, scope: ExpressionScope, options: EmitValueOptions): EmittedExpression | undefined {
  const { ast, findings } = parseExpression(text);
  const emitted = findings.length === 0 ? emitExpression(ast, scope, options) : undefined;
  return emitted?.findings.length === 0 ? emitted : undefined;
}

/** The texts of all expressions in a value. */
function textsOf(source: ValueSource): readonly string[] {
  switch (source.kind) {
    case "expression":
      return [source.expression.text];
    case "template":
      return source.parts.flatMap((part) => (typeof part === "string" ? [] : [part.text]));
    case "map":
      return source.entries.flatMap(({ value }) => textsOf(value));
    case "list":
      return source.elements.flatMap((element) => textsOf(element));
    default:
      return [];
  }
}

export function placeOf(source: ValueSource): Place {
  return source.kind === "expression" ? source.expression.place : source.place;
}
