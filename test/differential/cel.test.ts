// Random well-typed CEL expressions evaluated by the kernel and by @marcbachmann/cel-js: same value, or an error in both.
// Integers are BigInt in both contexts, so that both read them as CEL's int.
import { evaluate as evaluatePeer } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { compileExpression, loadExpressions } from "../../src/create-expressions.js";

beforeAll(async () => {
  await loadExpressions();
});

const context = {
  x: 1n,
  i: 7n,
  j: -3n,
  zero: 0n,
  s: "straße 😀",
  t: "",
  yes: true,
  no: false,
  ints: [3n, 1n, 2n],
  words: ["a", "bb", "", "straße 😀"],
  m: { a: 1n, b: 2n },
};

interface Texts {
  readonly int: string;
  readonly bool: string;
  readonly string: string;
  readonly ints: string;
  readonly words: string;
}

const { bool } = fc.letrec<Texts>((tie) => {
  const int = tie("int") as fc.Arbitrary<string>;
  const condition = tie("bool") as fc.Arbitrary<string>;
  const text = tie("string") as fc.Arbitrary<string>;
  const ints = tie("ints") as fc.Arbitrary<string>;
  const words = tie("words") as fc.Arbitrary<string>;
  const options = { maxDepth: 4, depthSize: "small" as const };
  const choice = (value: fc.Arbitrary<string>) =>
    fc.tuple(condition, value, value).map(([test_, yes, no]) => `(${test_} ? ${yes} : ${no})`);
  return {
    int: fc.oneof(
      options,
      fc.constantFrom("i", "j", "zero", "x", "m.a", "m.b", "0", "1", "5", "9223372036854775807"),
      fc.tuple(int, fc.constantFrom("+", "-", "*", "/", "%"), int).map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      text.map((value) => `size(${value})`),
      ints.map((value) => `${value}.size()`),
      fc.tuple(ints, int).map(([list, index]) => `${list}[${index}]`),
      choice(int),
    ),
    bool: fc.oneof(
      options,
      fc.constantFrom("yes", "no", "true", "false", "has(m.a)", "has(m.none)"),
      fc.tuple(int, fc.constantFrom("<", "<=", ">", ">=", "==", "!="), int).map((parts) => `(${parts.join(" ")})`),
      fc.tuple(text, fc.constantFrom("<", ">=", "==", "!="), text).map((parts) => `(${parts.join(" ")})`),
      fc.tuple(condition, fc.constantFrom("&&", "||"), condition).map((parts) => `(${parts.join(" ")})`),
      fc
        .tuple(condition, fc.constantFrom("&&", "||"), condition, condition)
        .map(([a, operator, b, c]) => `(${a} ${operator} ${b} ${operator} ${c})`),
      condition.map((value) => `!${value}`),
      fc.tuple(int, ints).map(([item, list]) => `(${item} in ${list})`),
      fc
        .tuple(text, fc.constantFrom("startsWith", "endsWith", "contains"), text)
        .map(([value, method, argument]) => `${value}.${method}(${argument})`),
      fc
        .tuple(ints, fc.constantFrom("exists", "all", "exists_one"), condition)
        .map(([list, macro, predicate]) => `${list}.${macro}(x, x > 1 && ${predicate})`),
      fc
        .tuple(words, fc.constantFrom("exists", "all"), condition)
        .map(([list, macro, predicate]) => `${list}.${macro}(w, w != "a" || ${predicate})`),
      choice(condition),
    ),
    string: fc.oneof(
      options,
      fc.constantFrom("s", "t", '"a"', "'ß'", '"\\U0001F600"'),
      fc.tuple(text, text).map(([left, right]) => `(${left} + ${right})`),
      int.map((value) => `string(${value})`),
      fc.tuple(words, int).map(([list, index]) => `${list}[${index}]`),
      choice(text),
    ),
    ints: fc.oneof(
      options,
      fc.constantFrom("ints", "[i, j]", "[1, 2, 3]"),
      fc.tuple(ints, ints).map(([left, right]) => `(${left} + ${right})`),
      fc.tuple(ints, int).map(([list, body]) => `${list}.map(x, ${body})`),
      fc.tuple(ints, condition).map(([list, predicate]) => `${list}.filter(x, ${predicate})`),
    ),
    words: fc.oneof(
      options,
      fc.constantFrom("words", "[s, t]", "['a', 'b']"),
      fc.tuple(words, text).map(([list, body]) => `${list}.map(w, ${body})`),
    ),
  };
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch {
    return "error";
  }
}

test("the kernel and a peer agree on 2,000 random conditions", () => {
  fc.assert(
    fc.property(bool, (text) => {
      const peer = attempt(() => evaluatePeer(text, context));
      const ours = attempt(() => compileExpression(text).evaluate(context));
      expect(ours).toEqual(peer);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);
