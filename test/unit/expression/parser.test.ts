import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freeVariables, walk } from "../../../src/expression/ast.js";
import { FINDING_COUNT_MAX } from "../../../src/expression/finding-list.js";
import { EXPRESSION_DEPTH_MAX, EXPRESSION_SIZE_MAX, parseExpression } from "../../../src/expression/parser.js";
import { printExpression, stripPlaces } from "./print.js";
import { anyTree } from "./trees.js";

function print(text: string): string {
  const { ast, findings } = parseExpression(text);
  expect(findings).toEqual([]);
  return printExpression(ast);
}

function codes(text: string): string[] {
  return parseExpression(text).findings.map(({ code, place: at }) => `${code}@${at.start}`);
}

describe("a tree", () => {
  test("printed and parsed is the same tree", () => {
    fc.assert(
      fc.property(anyTree, (ast) => {
        const parsed = parseExpression(printExpression(ast));
        expect(parsed.findings).toEqual([]);
        expect(stripPlaces(parsed.ast)).toEqual(stripPlaces(ast));
      }),
    );
  });

  test("any text is parsed without a throw, and its places lie within it", () => {
    const character = fc.constantFrom(..."ab1.,:?!()[]{}<>=&|+-*/% \n\"'\\`xurin0é😀");
    fc.assert(
      fc.property(fc.array(character, { maxLength: 40 }), (characters) => {
        const text = characters.join("");
        const { ast, findings } = parseExpression(text);
        for (const { place: at } of findings) expect(at.start >= 0 && at.start <= at.end && at.end <= text.length).toBe(true);
        let hasInvalid = false;
        walk(ast, (node) => {
          hasInvalid ||= node.kind === "invalid";
          expect(node.start >= 0 && node.start <= node.end && node.end <= text.length).toBe(true);
        });
        if (hasInvalid) expect(findings.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("precedence", () => {
  test.each([
    ["a + b * c", "(a) + ((b) * (c))"],
    ["a - b - c", "((a) - (b)) - (c)"],
    ["a || b && c || d", "(a) || ((b) && (c)) || (d)"],
    ["a && b && c", "(a) && (b) && (c)"],
    ["(a && b) && c", "((a) && (b)) && (c)"],
    ["a == b && c < d", "((a) == (b)) && ((c) < (d))"],
    ["a in b == c", "((a) in (b)) == (c)"],
    ["a ? b : c ? d : e", "(a) ? (b) : ((c) ? (d) : (e))"],
    ["!a.b", "!((a.b))".replace("((", "(").replace("))", ")")],
    ["-a * b", "(-(a)) * (b)"],
    ["- 1", "-1"],
    ["-1.5", "-1.5"],
    ["--1", "-(-1)"],
    ["a-1", "(a) - (1)"],
    ["a.b[c].d(e)", "((a.b)[c]).d(e)"],
    ["[1, 2,]", "[1, 2]"],
    ["{'a': 1,}", '{"a": 1}'],
    [".a.b", "(.a).b".replace("(.a)", ".a")],
    ["a // comment\n + b", "(a) + (b)"],
    ["a.`b-c/d e`", "a.`b-c/d e`"],
    ["a.as", "a.as"],
    ["a.b{c: 1}", "a.b{c: 1}"],
  ])("%s", (text, printed) => {
    expect(print(text)).toBe(printed);
  });
});

describe("literals", () => {
  const value = (text: string) => {
    const { ast, findings } = parseExpression(text);
    expect(findings).toEqual([]);
    return ast.kind === "literal" ? ast.value : ast;
  };
  test.each([
    ["0x1F", 31],
    ["0xffffffffffffffffu", 18446744073709551615n],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
    ["-0", 0],
    [".5", 0.5],
    ["1e3", 1000],
    ["1.5E-2", 0.015],
    ["'a\\tb'", "a\tb"],
    ["'\\u00e9\\U0001F600\\x41\\101'", "é😀AA"],
    ["r'\\d'", "\\d"],
    ["'''a\n'b'''", "a\n'b"],
    ['"""\\""""', '"'],
    ["'\\?\\`'", "?`"],
  ])("%s", (text, expected) => {
    expect(value(text)).toBe(expected);
  });
  test.each([
    ["b'abc'", [97, 98, 99]],
    ["b'é'", [0xc3, 0xa9]],
    ["b'\\xff\\000'", [255, 0]],
    ["br'\\x'", [0x5c, 0x78]],
  ])("%s", (text, bytes) => {
    expect([...(value(text) as Uint8Array)]).toEqual(bytes);
  });
  test.each([
    ["9223372036854775808", "expression/invalid-number@0"],
    ["-9223372036854775809", "expression/invalid-number@1"],
    ["18446744073709551616u", "expression/invalid-number@0"],
    ["1e999", "expression/invalid-number@0"],
    ["12abc", "expression/invalid-number@0"],
    ["123456789012345678901234567890x", "expression/invalid-number@0"],
    ["'\\q'", "expression/invalid-escape@1"],
    ["'\\x4'", "expression/invalid-escape@1"],
    ["'\\ud800'", "expression/invalid-escape@1"],
    ["'\\U00110000'", "expression/invalid-escape@1"],
    ["b'\\u0041'", "expression/invalid-escape@2"],
    ["'a\ud800' + b'\udc00😀'", "expression/invalid-character@2"],
    ["'a\ud800' + b'\udc00😀'", "expression/invalid-character@9"],
    ["r'''😀\ud83d'''", "expression/invalid-character@6"],
    ["'abc", "expression/unterminated-string@0"],
    ["'a\nb'", "expression/unterminated-string@0"],
    ["'''a", "expression/unterminated-string@0"],
    ["a.`b", "expression/unterminated-string@2"],
  ])("%s is wrong", (text, code) => {
    expect(codes(text)).toContain(code);
  });
});

describe("findings", () => {
  test.each([
    ["", ["expression/empty@0"]],
    ["  // nothing", ["expression/empty@0"]],
    ["a +", ["expression/unexpected-token@3"]],
    ["a b", ["expression/unexpected-token@2"]],
    ["a = 1", ["expression/invalid-character@2"]],
    ["a & b", ["expression/invalid-character@2"]],
    ["f(1 2, 3 4)", ["expression/unexpected-token@4", "expression/unexpected-token@9"]],
    ["[1 2] + {a b} + (c d)", ["expression/unexpected-token@3", "expression/unexpected-token@11", "expression/unexpected-token@19"]],
    ["(a", ["expression/unexpected-token@2"]],
    ["a)", ["expression/unexpected-token@1"]],
    ["for + while", ["expression/reserved-word@0", "expression/reserved-word@6"]],
    ["a ? b", ["expression/unexpected-token@5"]],
    ["a.1", ["expression/unexpected-token@1"]],
    ["has(a)", ["expression/invalid-macro@4"]],
    ["a.all(1, b)", ["expression/invalid-macro@6"]],
    ["#", ["expression/invalid-character@0"]],
  ])("of %j", (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test("have line, column and a caret", () => {
    const [finding] = parseExpression("a &&\n  b ==\n  )").findings;
    expect(finding?.place).toMatchObject({ line: 3, column: 3, snippet: "  )\n  ^" });
  });

  test("stand in the document that the expression is part of", () => {
    const document = "title\nguard: a +* b\n";
    const origin = { place: { start: 13, end: 19, line: 2, column: 8 } };
    const text = "a +* b";
    const [bare] = parseExpression(text, { origin }).findings;
    const [shown] = parseExpression(text, { origin: { ...origin, document } }).findings;
    expect(bare?.place).toMatchObject({ start: 16, line: 2, column: 11 });
    expect(shown?.place).toMatchObject({ start: 16, line: 2, column: 11, snippet: "guard: a +* b\n          ^" });
  });

  test("are limited in number", () => {
    expect(parseExpression("# ".repeat(1_000)).findings).toHaveLength(FINDING_COUNT_MAX);
  });
});

describe("limits", () => {
  const opening = ["(", "[", "{a:", "-", "!", "f(", "a.f(", "a[", "a ? b : ", "[a,", "a.b(c,"];
  test.each(opening)("100,000 nested %s give one finding", (text) => {
    const { findings } = parseExpression(text.repeat(100_000), { sizeMax: 10_000_000 });
    expect(findings.map(({ code }) => code)).toEqual(["expression/too-deep"]);
  });

  test("a chain of selections may not be too long either", () => {
    expect(codes(`a${".b".repeat(EXPRESSION_DEPTH_MAX + 1)}`)[0]).toMatch("expression/too-deep");
  });

  test("the deepest permitted nesting passes", () => {
    const depth = EXPRESSION_DEPTH_MAX - 1;
    expect(parseExpression(`${"(".repeat(depth)}a${")".repeat(depth)}`).findings).toEqual([]);
  });

  test("a text of 10 MB is refused unread", () => {
    expect(codes("a".repeat(10_000_000))).toEqual(["expression/too-large@0"]);
  });

  test("a text of the largest size passes", () => {
    expect(parseExpression("a".repeat(EXPRESSION_SIZE_MAX)).findings).toEqual([]);
    const sum = `a${"+a".repeat(EXPRESSION_SIZE_MAX / 2 - 1)}`;
    expect(parseExpression(sum).findings).toEqual([]);
    expect(freeVariables(parseExpression(sum).ast)).toHaveLength(1);
  });
});

describe("free variables", () => {
  test.each([
    ["a + b.c + a", ["a", "b"]],
    ["l.map(x, x + y)", ["l", "y"]],
    ["x.map(x, x)", ["x"]],
    ["l.exists(x, .x == 1)", ["l", "x"]],
    ["l.map(x, x > z, l.all(y, y == x))", ["l", "z"]],
    ["f(a)[b] ? {c: d} : [e]", ["a", "b", "c", "d", "e"]],
    ["has(a.b) || -c > 1", ["a", "c"]],
  ])("of %s", (text, names) => {
    expect(freeVariables(parseExpression(text).ast).map((variable) => variable.name)).toEqual(names);
  });
});
