import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExpression } from "../../../src/expression/parser.js";
import { printExpression } from "../../../src/expression/print.js";
import { stripPlaces } from "./print.js";
import { anyTree } from "./trees.js";

function print(text: string): string {
  const { ast, findings } = parseExpression(text);
  expect(findings).toEqual([]);
  return printExpression(ast);
}

test("2,000 random trees, printed and parsed, are the same trees", () => {
  fc.assert(
    fc.property(anyTree, (ast) => {
      const text = printExpression(ast);
      const parsed = parseExpression(text);
      expect(parsed.findings, text).toEqual([]);
      expect(stripPlaces(parsed.ast), text).toEqual(stripPlaces(ast));
    }),
    { numRuns: 2_000 },
  );
});

describe("brackets stand only where the meaning needs them", () => {
  test.each([
    "a + b * c",
    "(a + b) * c",
    "a - (b - c)",
    "a - b - c",
    "-a.b",
    "(-a).b",
    "-(5)",
    "-5 + a - -3",
    "(5).f()",
    "(-5).f()",
    "!(a && b)",
    "!!a",
    "a && b || c && d",
    "(a || b) && (c || d)",
    "(a && b) && c",
    "a ? b : c ? d : e",
    "(a ? b : c) ? d : e",
    "a ? (b ? c : d) : e",
    "a < b == (c < d)",
    "1 in [1, 2] && x.y[0]",
    '"a" + b',
    "(a + b).size()",
    '{"a": 1, ?"b": c}.?a',
    "[1, ?a, .b]",
    "a ? .b : .c",
    "has(a.b.c) && has((a + b).c)",
    "a.`b-c`.`in`",
    "items.exists(i, i.price > 3 && i.name in names)",
    "m.all(k, v, v > 0)",
    "l.map(x, x > 1, x * 2)",
    "cel.bind(x, a + b, x * x)",
    "cel.block([a + b, cel.index(0) * 2], cel.index(1))",
    "l.map(cel.iterVar(0, 0), cel.iterVar(0, 0) + 1)",
    "a.?b.optMap(x, x + 1).orValue(0)",
    "a.optFlatMap(x, x)",
    "5u + 2.0 + 1e+100 + -0.0",
    '"\\n\\t\\"\\\\ß😀\\u0001\\u2028"',
    'b"\\x00a\\"\\\\\\xff"',
    "-9223372036854775808 + 18446744073709551615u",
    "Name{field: 1}.field",
  ])("%s", (text) => {
    expect(print(text)).toBe(text);
  });
});

test("a sum of 10,000 terms needs no deep stack", () => {
  const text = Array.from({ length: 10_000 }, () => "a").join(" + ");
  expect(print(text)).toBe(text);
});
