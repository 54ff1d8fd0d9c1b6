// The door to partial evaluation of a text: what is left of an expression when some of its variables are known, as text.
import type { Ast } from "../expression/ast.js";
import { emitExpression } from "../expression/emitter.js";
import { EXPRESSION_SIZE_MAX, parseExpression } from "../expression/parser.js";
import { printExpression } from "../expression/print.js";
import { type ErrorCode, type Finding, WorkflowError } from "../model/errors.js";
import type { ConstantPort } from "../model/ports.js";
import { decodeValue, encodeExact, type ExactValue } from "../model/value.js";
import { toConstant } from "./constant.js";
import { sourceOf } from "./part.js";
import { evaluatePart, type PartialScope } from "./partial.js";
import { listPaths, listVariables, parsePath } from "./paths.js";

export interface PartialOptions {
  /** Places inside of the known values that are not known after all: `order.customer`, `items[0].price`. */
  readonly unknown?: readonly string[];
  /** JavaScript numbers are CEL doubles, as in `compileExpression`. Default false: JSON numbers. */
  readonly isStrict?: boolean;
  /** Computes what this room does not compute itself, such as times. Without it such parts stay in the residual. */
  readonly constants?: ConstantPort;
}

/** What is left of an expression. */
export type PartialResult =
  /** Nothing: this is its value, as `Expression.evaluate` gives it. */
  | { readonly kind: "value"; readonly value: unknown; readonly exact: ExactValue }
  /** It fails with this error, whatever the rest is. `text` fails in the same way. */
  | { readonly kind: "failure"; readonly code: ErrorCode; readonly text: string; readonly names: readonly string[] }
  /**
   * `text` over the rest gives what the whole expression gives over everything. `paths`: the unknown that decides.
   * `names`: known variables that still stand in the text, since their values (JSON numbers, times, long lists) have no literal.
   */
  | { readonly kind: "residual"; readonly text: string; readonly paths: readonly string[]; readonly names: readonly string[] };

/** How much longer than the expression a residual may be before its loops are left as loops. */
export const RESIDUAL_GROWTH_MAX = 8;
const RESIDUAL_LENGTH_MIN = 200;

/**
 * Evaluates an expression as far as `known` permits. A name that `known` does not have is unknown; a value `undefined` too.
 * Linear in the size of the text, but for `all` and `exists` over known lists, which are written out.
 * @throws WorkflowError `expression/invalid` for a text with errors, `analysis/invalid-path`, `value/unsupported`
 */
export function evaluatePartially(source: string, known: Readonly<Record<string, unknown>>, options: PartialOptions = {}): PartialResult {
  const { ast, findings } = parseExpression(source);
  refuseErrors(findings);
  refuseErrors(checkOpen(ast, source, options));
  const scope = createScope(known, options);
  const lengthMax = Math.min(EXPRESSION_SIZE_MAX, source.length * RESIDUAL_GROWTH_MAX + RESIDUAL_LENGTH_MIN);
  let result = attempt(ast, scope);
  if (result.text.length > lengthMax) result = attempt(ast, { ...scope, isFolded: true });
  if (result.part.kind === "known") return toValue(result.part.value);
  // A literal has a type where the variable had none: the checker may refuse what the run would only have failed at.
  if (!compiles(result.text, options)) result = attempt(ast, { ...scope, isWrapped: true, isFolded: true });
  if (!compiles(result.text, options)) result = { ...result, text: source };
  const left = parseExpression(result.text).ast;
  const isKnown = (name: string) => scope.valueOf(name) !== undefined;
  const names = listVariables(left, isKnown).filter(isKnown);
  if (result.part.kind === "failed") return { kind: "failure", code: result.part.error, text: result.text, names };
  return { kind: "residual", text: result.text, paths: listPaths(left, isUnknown(scope), isKnown), names };
}

function attempt(ast: Ast, scope: PartialScope) {
  const part = evaluatePart(ast, scope);
  return { part, text: printExpression(sourceOf(part, scope.isWrapped)) };
}

function toValue(exact: ExactValue): PartialResult {
  return { kind: "value", value: decodeValue(encodeExact(exact)), exact };
}

function isUnknown(scope: PartialScope): (name: string) => boolean {
  return (name) => scope.valueOf(name) === undefined || (scope.unknownWithin?.(name) ?? []).length > 0;
}

function createScope(
  known: Readonly<Record<string, unknown>>,
  { unknown = [], isStrict = false, constants }: PartialOptions,
): PartialScope {
  const values = new Map<string, ExactValue>();
  for (const name of Object.keys(known)) if (known[name] !== undefined) values.set(name, toConstant(known[name], isStrict));
  const hidden = new Map<string, (readonly string[])[]>();
  for (const { name, steps } of unknown.map(parsePath)) {
    if (steps.length === 0) values.delete(name);
    else hidden.set(name, [...(hidden.get(name) ?? []), steps]);
  }
  return {
    valueOf: (name) => values.get(name),
    unknownWithin: (name) => hidden.get(name) ?? [],
    ...(constants !== undefined && { constants }),
  };
}

function checkOpen(ast: Ast, text: string, { isStrict = false }: PartialOptions): readonly Finding[] {
  const slots: string[] = [];
  const slotOf = (name: string) => (slots.includes(name) ? slots.indexOf(name) : slots.push(name) - 1);
  return emitExpression(ast, { slotOf, typeOf: () => undefined, isOpen: true, isStrict }, { text }).findings;
}

function compiles(text: string, options: PartialOptions): boolean {
  const { ast, findings } = parseExpression(text);
  return ![...findings, ...checkOpen(ast, text, options)].some(({ severity }) => severity === "error");
}

function refuseErrors(findings: readonly Finding[]): void {
  const first = findings.find(({ severity }) => severity === "error");
  if (first === undefined) return;
  throw new WorkflowError("expression/invalid", first.message, { findings, place: first.place, details: { code: first.code } });
}
