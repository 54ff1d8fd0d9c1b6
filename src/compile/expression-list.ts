// The expressions of a workflow in the order in which they are met: their code, where they stand, what they use, and what is
// to be said when one fails.
import { emitValue } from "../expression/value-source.js";
import type { ExpressionScope } from "../expression/emitter.js";
import type { CustomUse } from "../model/custom-function.js";
import type { Definition, ValueSource } from "../model/definition.js";
import type { Finding, Place } from "../model/errors.js";
import type { ExpressionCode, ExpressionSite } from "../model/program.js";
import { describeExpression, type FaultText } from "./fault-texts.js";

export type ExpressionPurpose = "guard" | "action" | "duration";

export class ExpressionList {
  readonly findings: Finding[] = [];
  readonly codes: ExpressionCode[] = [];
  readonly sites: ExpressionSite[] = [];
  readonly uses = new Map<string, CustomUse>();
  readonly texts: FaultText[] = [];

  /**
   * Emits a value's expression; returns its number. A guard must be able to be a bool. `state`: in whose name a failure is
   * described to the variable `error`; undefined: nobody could read it.
   */
  add(source: ValueSource, scope: ExpressionScope, purpose: ExpressionPurpose, state: Definition["states"][number] | undefined): number {
    const { code, findings, uses } = emitValue(source, scope, purpose === "guard" ? { expected: "bool" } : {});
    this.findings.push(...findings);
    for (const use of uses) this.uses.set(use.name, use);
    this.codes.push(code);
    const site = { text: textsOf(source).join("\n"), place: placeOf(source), spans: code.spans };
    this.sites.push(site);
    this.texts.push(state && describeExpression(purpose, site.text, state.id, site.place));
    return this.codes.length - 1;
  }
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
