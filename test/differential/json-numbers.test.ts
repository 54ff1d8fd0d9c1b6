// JSON numbers among ints, uints and doubles: random arithmetic and comparisons against a small readable model of what
// docs/expressions.md says of them ("JSON numbers"). Independent of how the kernel computes.
import { beforeAll, expect, test } from "vitest";
import { seedAt } from "../../src/base/prng.js";
import { compileExpression, loadExpressions } from "../../src/create-expressions.js";
import { WorkflowError } from "../../src/model/errors.js";
import { Chance } from "../fuzz/chance.js";

const SEED = Number(process.env.MILLRACE_DIFFERENTIAL_START ?? 20_261_120);
const PROGRAM_COUNT = Number(process.env.MILLRACE_NUMBER_PROGRAM_COUNT ?? 20_000);

beforeAll(() => loadExpressions());

// --- the model -------------------------------------------------------------------------------------------------------

type Value =
  | { readonly kind: "int" | "uint"; readonly whole: bigint }
  | { readonly kind: "double" | "number"; readonly float: number }
  | { readonly kind: "bool"; readonly truth: boolean };
type Outcome = Value | "error";
type Operand = Value & { readonly kind: "int" | "uint" | "double" | "number" };

const RANGES = { int: [-(2n ** 63n), 2n ** 63n - 1n], uint: [0n, 2n ** 64n - 1n] } as const;

function makeWhole(kind: "int" | "uint", whole: bigint): Outcome {
  const [min, max] = RANGES[kind];
  return whole < min || whole > max ? "error" : { kind, whole };
}

const floatOf = (value: Operand): number => ("float" in value ? value.float : Number(value.whole));

/** Where a whole number is wanted, a JSON number that is whole is one, as far as an int holds it. */
function toWhole(value: Operand): bigint | undefined {
  if (value.kind === "double" || (value.kind === "number" && !Number.isInteger(value.float))) return undefined;
  const whole = "float" in value ? BigInt(value.float) : value.whole;
  return makeWhole("int", whole) === "error" ? undefined : whole;
}

function computeFloat(operator: string, a: number, b: number): number {
  return operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : a / b;
}

function computeWhole(operator: string, kind: "int" | "uint", a: bigint, b: bigint): Outcome {
  if (operator === "+") return makeWhole(kind, a + b);
  if (operator === "-") return makeWhole(kind, a - b);
  if (operator === "*") return makeWhole(kind, a * b);
  if (b === 0n) return "error";
  // The quotient that belongs to the remainder must fit as well.
  const quotient = makeWhole(kind, a / b);
  return operator === "/" || quotient === "error" ? quotient : makeWhole(kind, a % b);
}

function compute(operator: string, a: Operand, b: Operand): Outcome {
  if (operator === "%" && (a.kind === "number" || b.kind === "number")) {
    const left = toWhole(a);
    const right = toWhole(b);
    return left === undefined || right === undefined || right === 0n ? "error" : { kind: "number", float: Number(left % right) };
  }
  // A JSON number adapts to the other operand: the result is one again, or a double beside a double.
  const hasDouble = a.kind === "double" || b.kind === "double";
  if (a.kind === "number" || b.kind === "number") return { kind: hasDouble ? "double" : "number", float: computeFloat(operator, floatOf(a), floatOf(b)) };
  if (a.kind !== b.kind) return "error";
  if ("float" in a && "float" in b) return operator === "%" ? "error" : { kind: "double", float: computeFloat(operator, a.float, b.float) };
  return "whole" in a && "whole" in b ? computeWhole(operator, a.kind, a.whole, b.whole) : "error";
}

function compare(operator: string, a: Operand, b: Operand): Value {
  const isWhole = "whole" in a && "whole" in b;
  const isLess = isWhole ? a.whole < b.whole : floatOf(a) < floatOf(b);
  const isEqual = isWhole ? a.whole === b.whole : floatOf(a) === floatOf(b);
  const isGreater = isWhole ? a.whole > b.whole : floatOf(a) > floatOf(b);
  const truths: Readonly<Record<string, boolean>> = {
    "<": isLess,
    "<=": isLess || isEqual,
    ">": isGreater,
    ">=": isGreater || isEqual,
    "==": isEqual,
    "!=": !isEqual,
  };
  return { kind: "bool", truth: truths[operator] as boolean };
}

// --- random trees ----------------------------------------------------------------------------------------------------

type Tree =
  | { readonly text: string; readonly value: Value }
  | { readonly operator: string; readonly left: Tree; readonly right: Tree }
  | { readonly negated: Tree };

const NUMBERS = [0, -0, 1, -1, 2, 3, 0.5, 2.5, -7, 10, 255, 1e15, 2 ** 53, 2 ** 53 - 1, 2 ** 63, -(2 ** 63), 1e300, 5e-324, Number.NaN, Infinity, -Infinity];
const INTS = [0n, 1n, -1n, 2n, 3n, -7n, 10n, 2n ** 31n, 2n ** 52n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const UINTS = [0n, 1n, 2n, 3n, 10n, 2n ** 63n, 2n ** 64n - 1n];
const DOUBLES = [0.5, 1, 2, 3, 2.5, 1e15, 1e300];
const ARITHMETIC = ["+", "-", "*", "/", "%"];
const RELATIONS = ["<", "<=", ">", ">=", "==", "!="];

function growLeaf(chance: Chance, context: Record<string, unknown>): Tree {
  const name = `v${Object.keys(context).length}`;
  switch (chance.below(9)) {
    case 0: {
      const whole = chance.oneIn(2) ? BigInt(chance.between(-9, 9)) : chance.pick(INTS);
      context[name] = whole;
      return { text: name, value: { kind: "int", whole } };
    }
    case 1: {
      const whole = chance.pick(UINTS);
      return { text: `${whole}u`, value: { kind: "uint", whole } };
    }
    case 2: {
      const float = chance.pick(DOUBLES);
      return { text: /[.e]/.test(String(float)) ? String(float) : `${float}.0`, value: { kind: "double", float } };
    }
    case 3: {
      const whole = BigInt(chance.below(12));
      return { text: String(whole), value: { kind: "int", whole } };
    }
    default: {
      const float = chance.oneIn(2) ? chance.between(-20, 20) / chance.pick([1, 1, 2, 4]) : chance.pick(NUMBERS);
      context[name] = float;
      return { text: name, value: { kind: "number", float } };
    }
  }
}

function grow(chance: Chance, depth: number, context: Record<string, unknown>): Tree {
  if (depth <= 0 || chance.oneIn(6)) return growLeaf(chance, context);
  if (chance.oneIn(9)) return { negated: grow(chance, depth - 1, context) };
  return { operator: chance.pick(ARITHMETIC), left: grow(chance, depth - 1, context), right: grow(chance, depth - 1, context) };
}

function print(tree: Tree): string {
  if ("text" in tree) return tree.text;
  return "negated" in tree ? `-(${print(tree.negated)})` : `(${print(tree.left)} ${tree.operator} ${print(tree.right)})`;
}

function evaluate(tree: Tree): Outcome {
  if ("text" in tree) return tree.value;
  if ("negated" in tree) {
    const value = evaluate(tree.negated);
    if (value === "error" || value.kind === "bool" || value.kind === "uint") return "error";
    return "float" in value ? { ...value, float: -value.float } : makeWhole("int", -value.whole);
  }
  const left = evaluate(tree.left);
  const right = evaluate(tree.right);
  if (left === "error" || right === "error" || left.kind === "bool" || right.kind === "bool") return "error";
  return RELATIONS.includes(tree.operator) ? compare(tree.operator, left, right) : compute(tree.operator, left, right);
}

/** As `evaluate` gives it: whole numbers beyond 2^53 as BigInt. */
function toResult(outcome: Outcome): unknown {
  if (outcome === "error") return outcome;
  if (outcome.kind === "bool") return outcome.truth;
  if ("float" in outcome) return outcome.float;
  return outcome.whole >= -(2n ** 53n) + 1n && outcome.whole <= 2n ** 53n - 1n ? Number(outcome.whole) : outcome.whole;
}

function evaluateHere(text: string, context: Record<string, unknown>): unknown {
  try {
    const expression = compileExpression(text);
    try {
      return expression.evaluate(context);
    } finally {
      expression.dispose();
    }
  } catch (error) {
    if (error instanceof WorkflowError && error.code.startsWith("expression/")) return "error";
    throw error;
  }
}

test.each([0, 1])("random arithmetic with JSON numbers is what the model says, part %d", { timeout: 300_000 }, (part) => {
  let errorCount = 0;
  const count = PROGRAM_COUNT / 2;
  for (let index = part * count; index < (part + 1) * count; index += 1) {
    const chance = new Chance(seedAt(SEED, index));
    const context: Record<string, unknown> = {};
    const sum = grow(chance, 4, context);
    const tree: Tree = chance.oneIn(2) ? sum : { operator: chance.pick(RELATIONS), left: sum, right: grow(chance, 2, context) };
    const text = print(tree);
    const expected = toResult(evaluate(tree));
    const found = evaluateHere(text, context);
    if (expected === "error") errorCount += 1;
    // The sign of a zero is a matter of its type, which JavaScript does not see.
    if (Object.is(found, expected) || (found === 0 && expected === 0)) continue;
    const input = `${index}: ${text} with ${JSON.stringify(context, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}`;
    expect([input, found]).toEqual([input, expected]);
  }
  expect(errorCount).toBeLessThan(count * 0.75);
});
