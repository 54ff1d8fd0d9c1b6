// Suite `orquesta-expressions`: texts with YAQL and Jinja and what they come to, translated to CEL and evaluated. Suite
// `attune-expressions`: the same with expressions of another engine, which stand between braces and name variables without ctx().
import { stringify } from "yaml";
import { compileExpression, loadExpressions } from "../../src/doors/expression.js";
import { parseWorkflow } from "../../src/doors/format.js";
import type { ValueSource } from "../../src/doors/format.js";
import type { CaseResult, Suite } from "./suite.js";

interface ExpressionCase {
  readonly name: string;
  readonly statement: unknown;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly result?: unknown;
  readonly raises?: unknown;
}

export const orquestaExpressionsSuite: Suite = {
  name: "orquesta-expressions",
  files: ["orquesta/expression-cases.json"],
  async run(cases) {
    await loadExpressions();
    return (cases as readonly ExpressionCase[]).map(({ name, ...each }) => judge(name, each, () => evaluateStatement(each)));
  },
};

export const attuneExpressionsSuite: Suite = {
  name: "attune-expressions",
  files: ["orquesta/attune-expression-cases.json"],
  async run(file) {
    await loadExpressions();
    const { cases } = file as { readonly cases: readonly (readonly [string, Readonly<Record<string, unknown>>, unknown])[] };
    return cases.map(([text, data, result]) => judge(text, { result }, () => evaluateStatement({ statement: `{{ ${text} }}`, data })));
  },
};

function judge(name: string, expected: Pick<ExpressionCase, "result" | "raises">, evaluate: () => unknown): CaseResult {
  let actual: string;
  try {
    actual = show(evaluate());
  } catch (error) {
    if (expected.raises !== undefined) return { name, status: "passed" };
    return { name, status: "failed", detail: `expected ${show(expected.result)}\nfailed with ${(error as Error).message}` };
  }
  const wanted = expected.raises === undefined ? show(expected.result) : `an error: ${show(expected.raises)}`;
  return actual === wanted ? { name, status: "passed" } : { name, status: "failed", detail: `expected ${wanted}\ngot      ${actual}` };
}

/** As JSON with sorted keys; an integer beyond a double's is none that the cases have. */
function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "bigint") return Number(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner instanceof Map ? Object.fromEntries(inner) : inner).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

/** Reads the statement as the input of a task of a workflow whose variables are the recorded context. */
function evaluateStatement({ statement, data }: Omit<ExpressionCase, "name">): unknown {
  const text = stringify({ version: 1, vars: Object.keys(data ?? {}), tasks: { only: { action: "x", input: { value: statement } } } });
  const { definition, findings } = parseWorkflow(text);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  const action = definition.states[0]?.task?.action;
  if (action?.kind !== "call") throw new Error("no call");
  return (evaluateValue(action.input, data ?? {}) as { readonly value: unknown }).value;
}

function evaluateValue(source: ValueSource, vars: Readonly<Record<string, unknown>>): unknown {
  switch (source.kind) {
    case "literal":
      return source.value;
    case "expression":
      return compileExpression(source.expression.text).evaluate({ vars });
    case "template":
      return source.parts.map((part) => (typeof part === "string" ? part : String(compileExpression(part.text).evaluate({ vars })))).join("");
    case "map":
      return Object.fromEntries(source.entries.map(({ key, value }) => [key, evaluateValue(value, vars)]));
    case "list":
      return source.elements.map((element) => evaluateValue(element, vars));
  }
}
