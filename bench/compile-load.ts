// What a compile scenario compiles, and how the results are compared: by the values that the compiled expressions give.
import { CONTEXT_COUNT, EXPRESSION_IDS, EXPRESSIONS, makeConditionContext, makeConditions, makeContexts, type BenchType, type Context, type ExpressionId } from "./contexts.js";
import type { LoadOf } from "./subject.js";

/** Texts that are compiled with the same declared variables. */
export interface CompileGroup {
  readonly texts: readonly string[];
  readonly variables: Readonly<Record<string, BenchType>>;
  readonly contexts: readonly Context[];
}

/** The texts of a load. `integer`: as in ContextOptions. */
export function makeGroups({ texts }: LoadOf<"compile">, integer?: (value: number) => unknown): CompileGroup[] {
  if (typeof texts === "object") return [{ ...makeConditions(texts.conditionCount), contexts: [makeConditionContext(integer)] }];
  return (texts === "all" ? EXPRESSION_IDS : [texts]).map((id) => makeGroup(id, integer));
}

function makeGroup(id: ExpressionId, integer: ((value: number) => unknown) | undefined): CompileGroup {
  const { text, variables } = EXPRESSIONS[id];
  return { texts: [text], variables, contexts: makeContexts(id, integer === undefined ? {} : { integer }).slice(0, CONTEXT_COUNT) };
}

/** The values of all texts over all contexts of their group, in a form that all libraries share. */
export function evaluateGroups(groups: readonly CompileGroup[], evaluate: (group: CompileGroup, text: string, context: Context) => unknown): unknown[] {
  return groups.flatMap((group) => group.texts.map((text) => group.contexts.map((context) => toPlain(evaluate(group, text, context)))));
}

function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  return Array.isArray(value) ? value.map(toPlain) : value;
}
