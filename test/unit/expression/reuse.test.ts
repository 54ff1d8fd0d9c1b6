// Lexer, parser, checker and emitter serve one expression after the other: nothing of one may be left for the next.
import { describe, expect, test } from "vitest";
import { compileAnew } from "../../../src/create-expressions.js";
import { NameList } from "../../../src/expression/numbering.js";
import { parseExpression } from "../../../src/expression/parser.js";
import { Spine } from "../../../src/expression/spine.js";
import { WordTable } from "../../../src/expression/word-table.js";
import { createPrng } from "../../../src/base/prng.js";

describe("after an expression that fails", () => {
  test.each([
    ["does not parse", "a + (b, [c"],
    ["does not check", "a + b.startsWith(1) && 1 + 'x'"],
    ["is too deep", `${"(".repeat(300)}a`],
    ["has too many constants", Array.from({ length: 17_000 }, (_, index) => `'${index}'`).join(" + ").slice(0, 65_000)],
    ["ends inside a macro", "[1, 2].all(x, y, z.exists(q, q > x"],
  ])("because it %s", (_, text) => {
    expect(() => compileAnew(text)).toThrow();
    const { variables, inferredType, findings } = compileAnew("z > 10 && y[0].f in [1, 2]");
    expect({ variables, inferredType, findings }).toEqual({ variables: ["z", "y"], inferredType: "bool", findings: [] });
  });
});

test("a long text leaves nothing that a short one notices", () => {
  const long = Array.from({ length: 400 }, (_, index) => `f(${index}, a${index}.b${index})`).join(" + ");
  parseExpression(`[${long}].map(x, x${".y".repeat(200)})`);
  expect(parseExpression("f(a, b)").ast).toEqual({
    kind: "call",
    name: "f",
    nameStart: 0,
    target: undefined,
    start: 0,
    end: 7,
    args: [
      { kind: "identifier", name: "a", isRooted: false, start: 2, end: 3 },
      { kind: "identifier", name: "b", isRooted: false, start: 5, end: 6 },
    ],
  });
});

test("a spine gives back nodes in reverse", () => {
  const spine = new Spine();
  const nodes = Array.from({ length: 300 }, (_, index) => ({ kind: "invalid", start: index, end: index }) as const);
  for (const node of nodes) spine.push(node);
  expect(nodes.toReversed().map(() => spine.pop().start)).toEqual(nodes.toReversed().map(({ start }) => start));
  expect(spine.count).toBe(0);
});

test("a list of names numbers them, few or many", () => {
  const list = new NameList();
  const names = Array.from({ length: 50 }, (_, index) => `name ${index}`);
  for (let round = 0; round < 2; round += 1) expect(names.map((name) => list.indexOf(name))).toEqual(names.map((_, index) => index));
  expect(list.take()).toEqual(names);
  expect(list.indexOf("another")).toBe(0);
  expect(list.take()).toEqual(["another"]);
  expect(list.take()).toEqual([]);
});

test("a table of words knows these and no others", () => {
  const words = Array.from({ length: 1_000 }, (_, index) => `w${(index * 7919) % 4096}${"x".repeat(index % 5)}`);
  const table = new WordTable(words.map((word, index) => [word, index]));
  const last = new Map(words.map((word, index) => [word, index]));
  for (const word of words) expect(table.get(word)).toBe(last.get(word));
  for (const word of ["", "w", "constructor", "__proto__", "w0y"]) expect(table.get(word)).toBeUndefined();
});

test("decimal numbers are the doubles and ints nearest to their text", () => {
  const random = createPrng(42);
  const digits = (count: number) => Array.from({ length: count }, () => random() % 10).join("");
  for (let round = 0; round < 20_000; round += 1) {
    const whole = digits(1 + (random() % 12));
    const fraction = digits(1 + (random() % 12));
    const { ast, findings } = parseExpression(`${whole}.${fraction}`);
    expect(findings).toEqual([]);
    expect(ast).toMatchObject({ kind: "literal", type: "double", value: Number(`${whole}.${fraction}`) });
    expect(parseExpression(`-${whole}`).ast).toMatchObject({ type: "int", value: 0 - Number(whole) });
  }
});
