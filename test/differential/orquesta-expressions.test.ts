// Random expressions of YAQL and Jinja: what their translation to CEL comes to is what Python comes to. A translation may be refused and
// its evaluation may fail; it never gives another value. Python is a small readable model here, with the rules that both languages take from it.
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { createPrng } from "../../src/base/prng.js";
import { compileExpression, loadExpressions } from "../../src/doors/expression.js";
import { parseWorkflow } from "../../src/doors/format.js";

const SEED = Number(process.env.MILLRACE_DIFFERENTIAL_START ?? 20_261_121);
const CASE_COUNT = Number(process.env.MILLRACE_ORQUESTA_CASE_COUNT ?? 4_000);

type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
type Language = "yaql" | "jinja";
type Tree =
  | { readonly kind: "constant"; readonly value: null | boolean | number | string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "field"; readonly target: Tree; readonly field: string }
  | { readonly kind: "index"; readonly target: Tree; readonly index: number }
  | { readonly kind: "get"; readonly target: Tree; readonly key: string; readonly otherwise: Tree }
  | { readonly kind: "size"; readonly target: Tree }
  | { readonly kind: "not"; readonly operand: Tree }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Tree; readonly right: Tree };

const CONTEXT: Readonly<Record<string, Value>> = {
  n: 7, m: -3, h: 2.5, z: 0, s: "text", e: "", t: true, f: false, nothing: null, list: [1, 2, "text"], empty: [], map: { a: 1, b: { c: "x" } },
};

class PythonError extends Error {}

/** Truth, as Python finds it. */
function isTrue(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === "") return false;
  return typeof value === "object" ? Object.keys(value as object).length > 0 : true;
}

function fail(): never {
  throw new PythonError();
}

function isEqual(left: Value, right: Value): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function evaluate(tree: Tree): Value {
  switch (tree.kind) {
    case "constant":
      return tree.value;
    case "variable":
      return CONTEXT[tree.name] as Value;
    case "field": {
      const target = evaluate(tree.target);
      if (typeof target !== "object" || target === null || Array.isArray(target)) return fail();
      const map = target as Readonly<Record<string, Value>>;
      return Object.hasOwn(map, tree.field) ? (map[tree.field] as Value) : fail();
    }
    case "index": {
      const target = evaluate(tree.target);
      return Array.isArray(target) && tree.index < target.length ? (target[tree.index] as Value) : fail();
    }
    case "get": {
      const target = evaluate(tree.target);
      const otherwise = evaluate(tree.otherwise);
      if (typeof target !== "object" || target === null || Array.isArray(target)) return fail();
      const map = target as Readonly<Record<string, Value>>;
      return Object.hasOwn(map, tree.key) ? (map[tree.key] as Value) : otherwise;
    }
    case "size": {
      const target = evaluate(tree.target);
      if (typeof target === "string" || Array.isArray(target)) return target.length;
      return typeof target === "object" && target !== null ? Object.keys(target).length : fail();
    }
    case "not":
      return !isTrue(evaluate(tree.operand));
    case "binary":
      return evaluateBinary(tree);
  }
}

function evaluateBinary({ operator, left, right }: Tree & { kind: "binary" }): Value {
  const a = evaluate(left);
  if (operator === "and") return isTrue(a) ? evaluate(right) : a;
  if (operator === "or") return isTrue(a) ? a : evaluate(right);
  const b = evaluate(right);
  const areNumbers = typeof a === "number" && typeof b === "number";
  const areTexts = typeof a === "string" && typeof b === "string";
  switch (operator) {
    case "==":
      return isEqual(a, b);
    case "!=":
      return !isEqual(a, b);
    case "<":
      return areNumbers || areTexts ? a < b : typeof a === "boolean" && typeof b === "boolean" ? Number(a) < Number(b) : fail();
    case "+":
      if (areNumbers) return a + b;
      if (areTexts) return a + b;
      return Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : fail();
    case "-":
      return areNumbers ? a - b : fail();
    case "*":
      return areNumbers ? a * b : fail();
    case "/":
      return areNumbers && b !== 0 ? a / b : fail();
    case "%":
      return areNumbers && b !== 0 ? ((a % b) + b) % b : fail();
    case "in":
      if (areTexts) return b.includes(a);
      if (Array.isArray(b)) return b.some((element: Value) => isEqual(element, a));
      if (typeof b !== "object" || b === null) return fail();
      // A list is no key of Python's, and `in` fails with one; YAQL's own lists are, and it does not.
      return typeof a === "string" && Object.hasOwn(b, a);
  }
  throw new Error(operator);
}

function print(tree: Tree, language: Language): string {
  const isYaql = language === "yaql";
  const inner = (each: Tree) => print(each, language);
  switch (tree.kind) {
    case "constant":
      return tree.value === null ? (isYaql ? "null" : "none") : JSON.stringify(tree.value);
    case "variable":
      return `ctx().${tree.name}`;
    case "field":
      return `(${inner(tree.target)}).${tree.field}`;
    case "index":
      return `(${inner(tree.target)})[${tree.index}]`;
    case "get":
      return `(${inner(tree.target)}).get("${tree.key}", ${inner(tree.otherwise)})`;
    case "size":
      return isYaql ? `(${inner(tree.target)}).len()` : `(${inner(tree.target)}) | length`;
    case "not":
      return `(not ${inner(tree.operand)})`;
    case "binary": {
      const operator = isYaql && tree.operator === "==" ? "=" : isYaql && tree.operator === "%" ? "mod" : tree.operator;
      return `(${inner(tree.left)} ${operator} ${inner(tree.right)})`;
    }
  }
}

const OPERATORS = ["and", "or", "==", "!=", "<", "+", "-", "*", "/", "%", "in"];

function makeTree(chance: (count: number) => number, depth: number): Tree {
  const leaf = depth === 0 || chance(5) === 0;
  if (leaf && chance(3) === 0) return { kind: "constant", value: ([0, 1, 4, 2.5, "text", "a", true, false, null] as const)[chance(9)] as null };
  if (leaf) return { kind: "variable", name: Object.keys(CONTEXT)[chance(Object.keys(CONTEXT).length)] as string };
  const inner = () => makeTree(chance, depth - 1);
  switch (chance(10)) {
    case 0:
      return { kind: "field", target: inner(), field: ["a", "b", "c"][chance(3)] as string };
    case 1:
      return { kind: "index", target: inner(), index: chance(4) };
    case 2:
      return { kind: "get", target: inner(), key: ["a", "q"][chance(2)] as string, otherwise: inner() };
    case 3:
      return { kind: "size", target: inner() };
    case 4:
      return { kind: "not", operand: inner() };
    default:
      return { kind: "binary", operator: OPERATORS[chance(OPERATORS.length)] as string, left: inner(), right: inner() };
  }
}

/** What the translation comes to: a value, or `refused` or `failed`. */
function run(text: string, language: Language): { readonly outcome: "refused" | "failed" | "value"; readonly value?: unknown; readonly cel?: string } {
  const statement = language === "yaql" ? `<% ${text} %>` : `{{ ${text} }}`;
  const { definition, findings } = parseWorkflow(stringify({ version: 1, input: Object.keys(CONTEXT), tasks: { only: { action: "x", input: statement } } }));
  if (findings.some(({ severity }) => severity === "error")) return { outcome: "refused" };
  const action = definition.states[0]?.task?.action;
  if (action?.kind !== "call" || action.input.kind !== "expression") throw new Error("no expression");
  const cel = action.input.expression.text;
  try {
    return { outcome: "value", value: compileExpression(cel).evaluate({ vars: CONTEXT }), cel };
  } catch {
    return { outcome: "failed" };
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner instanceof Map ? Object.fromEntries(inner) : Object.is(inner, -0) ? 0 : inner));
}

beforeAll(() => loadExpressions());

describe.each(["yaql", "jinja"] as const)("%s", (language) => {
  test(`${CASE_COUNT} random expressions come to what Python comes to, or to nothing`, () => {
    const prng = createPrng(language === "yaql" ? SEED : SEED + 1);
    const chance = (count: number) => prng() % count;
    let valueCount = 0;
    for (let index = 0; index < CASE_COUNT; index += 1) {
      const tree = makeTree(chance, 3);
      const text = print(tree, language);
      const actual = run(text, language);
      if (actual.outcome !== "value") continue;
      valueCount += 1;
      let expected: string;
      try {
        expected = show(evaluate(tree));
      } catch (error) {
        if (!(error instanceof PythonError)) throw error;
        expected = "an error";
      }
      expect([text, actual.cel, show(actual.value)]).toEqual([text, actual.cel, expected]);
    }
    expect(valueCount).toBeGreaterThan(CASE_COUNT / 5);
  });
});

test.each([
  ["s", "text"],
  ["n", "7"],
  ["h", "2.5"],
  ["t", "True"],
  ["f", "False"],
  ["nothing", "None"],
  ["list", undefined],
  ["map", undefined],
])("within a text %s is written as Python writes it", (name, expected) => {
  for (const statement of [`x<% ctx().${name} %>y`, `x{{ ctx().${name} }}y`]) {
    const { definition } = parseWorkflow(stringify({ version: 1, input: Object.keys(CONTEXT), tasks: { only: { action: "x", input: statement } } }));
    const action = definition.states[0]?.task?.action;
    const parts = action?.kind === "call" && action.input.kind === "template" ? action.input.parts : [];
    const evaluateParts = () => parts.map((part) => (typeof part === "string" ? part : String(compileExpression(part.text).evaluate({ vars: CONTEXT })))).join("");
    if (expected === undefined) expect(evaluateParts).toThrow();
    else expect(evaluateParts()).toBe(`x${expected}y`);
  }
});
