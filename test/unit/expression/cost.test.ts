// What evaluations cost, and how a limit stops them. The recorded cases of cel-go are a conformance suite; these run anywhere.
import { beforeAll, describe, expect, test } from "vitest";
import { compileExpression, type CompileExpressionOptions, loadExpressions } from "../../../src/create-expressions.js";
import { isSizedFunction } from "../../../src/expression/cost.js";
import { Fn } from "../../../assembly/abi.js";

beforeAll(() => loadExpressions());

const context = {
  t: true,
  f: false,
  n: 7,
  none: [],
  nums: [1, 2, 3, 4, 5],
  name: "Ada",
  long: "x".repeat(70),
  user: { name: "Ada", tags: ["a", "b"], address: { city: "Wien" } },
  byName: { a: 1, b: 2 },
};
const DECLARED = {
  t: "bool",
  f: "bool",
  n: "int",
  none: "list(int)",
  nums: "list(int)",
  name: "string",
  long: "string",
  user: "map",
  byName: "map(string, int)",
};
const costOf = (source: string, options?: CompileExpressionOptions) => compileExpression(source, options).evaluateWithCost(context).cost;

describe("units", () => {
  test.each([
    ["1", 0],
    ["int", 0],
    ["n", 1],
    ["now", 1],
    ["n + 1 * 2", 3],
    ["-n", 2],
    ["!t", 2],
    // Chains: a unit for the name, one for each step, and one for a value that is no name.
    ["user.address.city", 3],
    ["user['name']", 2],
    ["nums[n - 7]", 4],
    ["nums[n - n]", 5],
    ["user[name == 'Ada' ? 'name' : 'tags']", 4],
    ["[1, 2][0]", 12],
    ["{'a': 1}.a", 32],
    ["has(user.name)", 2],
    ["has(user.address.zip)", 3],
    ["user.?name", 2],
    ["user[?'none'].orValue(n)", 3],
    ["user.?name.orValue(n)", 2],
    // Literals, constant or not.
    ["[1, [2, 3], {'a': []}]", 60],
    ["[n, 1]", 11],
    ["{'a': n}", 31],
    // Only what is evaluated.
    ["t && n > 5", 3],
    ["f && n > 5", 1],
    ["t || n > 5", 1],
    ["f || n > 5 || n > 6", 3],
    ["(f || f) || (f || n > 5)", 5],
    ["t && (f || n > 5) && t", 5],
    ["(t && f) || t", 3],
    // An arm's name is free, as in cel-go.
    ["t ? n : n + 1", 1],
    ["t ? n + 1 : n", 3],
    ["f ? n : n + 1", 3],
    ["t ? user.name : n", 2],
    ["f ? 1 : t ? 2 : 3", 2],
    ["(t ? user : byName).name", 2],
    ["t ? int : n", 1],
    // Sizes.
    ["name == 'Ada'", 2],
    ["name == ''", 1],
    ["long == long", 9],
    ["long < long", 9],
    ["long + 'x'", 9],
    ["name + 'x'", 2],
    ["nums == nums", 3],
    ["nums + nums", 3],
    ["n in nums", 7],
    ["n in none", 2],
    ["'a' in byName", 2],
    ["size(long)", 2],
    ["long.contains(long)", 51],
    ["long.startsWith('x')", 8],
    ["long.matches('x+y?z')", 17],
    ["string(n)", 2],
    ["string(bytes(long))", 15],
    ["long.upperAscii()", 9],
    ["name.replace('a', long)", 11],
    ["['a', 'b'].join('-')", 12],
    ["sets.contains(nums, [1, 2])", 22],
    ["sets.equivalent(nums, [1, 2])", 32],
    ["nums.slice(1, 3)", 14],
    ["[[1], [2, 3]].flatten()", 43],
    ["nums.distinct()", 62],
    ["['b', 'a'].sort()", 29],
    ["lists.range(3)", 14],
    ["nums.reverse()", 17],
    ["nums.first()", 2],
    ["regex.extract(name, 'A')", 4],
    // Loops.
    ["none.all(x, false)", 2],
    ["nums.all(x, x > 0)", 27],
    ["nums.all(x, x < 3)", 19],
    ["nums.exists(x, x == 2)", 17],
    ["nums.exists(x, x == 5)", 32],
    ["nums.exists_one(x, x == 2)", 15],
    ["nums.map(x, x)", 77],
    ["nums.map(x, x > 2, x)", 61],
    ["nums.filter(x, x > 2)", 61],
    ["nums.transformList(i, v, i + v)", 87],
    ["nums.transformMap(i, v, v)", 52],
    ["{'a': 1}.transformMapEntry(k, v, {v: k})", 95],
    ["byName.all(k, k != '')", 10],
    ["[3, 1, 2].sortBy(x, -x)", 104],
    ["cel.bind(x, n, x + x)", 14],
    ["optional.of(n).optMap(x, x + 1)", 17],
    ["optional.none().optMap(x, x + 1)", 3],
    ["optional.of(n).optFlatMap(x, optional.of(x))", 16],
  ])("%s costs %i", async (source, units) => {
    expect(costOf(source)).toBe(units);
    // The estimate holds without declarations and with them.
    for (const options of [{}, { variables: DECLARED }]) {
      const { min, max } = await compileExpression(source, options).estimateCost();
      expect([min <= units, units <= max, min, max]).toEqual([true, true, min, max]);
    }
  });

  test("of what errors are absorbed in, all that was tried counts", () => {
    expect(costOf("n / 0 == 1 || t")).toBe(4);
    expect(costOf("t || n / 0 == 1")).toBe(1);
  });

  test("an embedder sets what calls cost", () => {
    expect(costOf("math.sqrt(n)", { functionCosts: { "math.sqrt": { perCall: 5 } } })).toBe(6);
    expect(costOf("long.contains('x')", { functionCosts: { contains: { perCall: 0 } } })).toBe(1);
    expect(costOf("long.contains('x')", { functionCosts: { contains: { perCharacter: 0.5 } } })).toBe(36);
    for (const perCall of [-1, 0.5, 1e9]) expect(() => costOf("n", { functionCosts: { f: { perCall } } })).toThrow("functionCosts");
    for (const perCharacter of [0, 66, Number.NaN])
      expect(() => costOf("n", { functionCosts: { f: { perCharacter } } })).toThrow("functionCosts");
  });

  test("an arm that costs more than an instruction can hold counts for both", () => {
    const dear = Array.from({ length: 4_000 }, () => "[]").join(", ");
    expect(costOf(`t ? 1 : size([${dear}])`)).toBe(1 + 40_011 - 32_767);
    expect(costOf(`f ? 1 : size([${dear}])`)).toBe(1 + 40_011);
  });

  test("functions with a size are those of texts and lists", () => {
    const sized = Object.entries(Fn).flatMap(([name, fn]) => (typeof fn === "number" && isSizedFunction(fn) ? [name] : []));
    expect(sized).toMatchInlineSnapshot(`
      [
        "CONTAINS",
        "STARTS_WITH",
        "ENDS_WITH",
        "TO_STRING",
        "TO_BYTES",
        "CHAR_AT",
        "INDEX_OF",
        "LAST_INDEX_OF",
        "LOWER_ASCII",
        "UPPER_ASCII",
        "REPLACE",
        "SPLIT",
        "SUBSTRING",
        "TRIM",
        "JOIN",
        "REVERSE",
        "FORMAT",
        "QUOTE",
        "BASE64_ENCODE",
        "BASE64_DECODE",
        "DISTINCT",
        "FLATTEN",
        "SLICE",
        "SORT",
        "SORT_BY",
        "RANGE",
        "SETS_CONTAINS",
        "SETS_INTERSECTS",
        "SETS_EQUIVALENT",
        "MATCHES",
        "REGEX_EXTRACT",
        "REGEX_EXTRACT_ALL",
        "REGEX_REPLACE",
      ]
    `);
  });
});

describe("estimates", () => {
  const estimate = async (source: string, sizes: Readonly<Record<string, number>> = {}) => {
    const { min, max } = await compileExpression(source, { variables: DECLARED }).estimateCost(sizes);
    return [min, max];
  };

  test.each([
    ["n + 1", 2, 2],
    ["t && n > 1", 1, 3],
    ["t ? n + 1 : 0", 1, 3],
    ["[1, 2, 3].map(x, x + n)", 66, 66],
    ["[1, 2, 3].exists(x, x == n)", 18, 32],
    ["name == 'abc'", 1, 2],
    ["name == name", 2, Infinity],
    ["nums.all(x, x > 0)", 2, Infinity],
    ["'abc'.contains('b')", 1, 1],
  ])("%s costs %d to %d", async (source, min, max) => {
    expect(await estimate(source)).toEqual([min, max]);
  });

  test("sizes that are known of make them finite", async () => {
    expect(await estimate("nums.all(x, x > 0)", { nums: 10 })).toEqual([2, 52]);
    expect(await estimate("name.contains(long)", { name: 100, long: 20 })).toEqual([2, 22]);
    const search = compileExpression("orders.exists(o, o.name == who)");
    expect(await search.estimateCost({ orders: 5, "orders[].name": 30 })).toEqual({ min: 2, max: 52 });
    expect(await compileExpression("a.b.map(x, x.c)").estimateCost({ "a.b": 3 })).toMatchObject({ max: 55 });
  });

  test("a tree too deep for the stack may cost anything", async () => {
    expect(await compileExpression(`n${" + n".repeat(12_000)}`).estimateCost()).toEqual({ min: 0, max: Infinity });
  });
});

describe("limits", () => {
  const stopped = (cost: number, costMax: number) =>
    expect.objectContaining({ code: "expression/cost-exceeded", details: expect.objectContaining({ cost, costMax }) });

  test.each([
    "n > 5",
    "t && n > 5",
    "t ? n + 1 : n",
    "nums.map(x, x)",
    "nums.exists(x, x == 2)",
    "long.contains(long)",
    "long + long",
    "n in nums",
    "byName.all(k, k != 'c')",
    "size(nums.filter(x, x > 2)) + n",
  ])("%s runs within its cost, and not below", (source) => {
    const expression = compileExpression(source);
    const { value, cost } = expression.evaluateWithCost(context);
    expect(expression.evaluate(context, { costMax: cost })).toEqual(value);
    expect(() => expression.evaluate(context, { costMax: cost - 1 })).toThrow(
      expect.objectContaining({ code: "expression/cost-exceeded" }),
    );
    expect(() => expression.evaluate(context, { costMax: 0 })).toThrow(expect.objectContaining({ code: "expression/cost-exceeded" }));
  });

  test("a loop ends in the turn that passes the limit, its place and both figures told", () => {
    const expression = compileExpression("n > 0 && nums.map(x, x).size() == 5");
    expect(() => expression.evaluate(context, { costMax: 40 })).toThrow(stopped(42, 40));
    try {
      expression.evaluate(context, { costMax: 40 });
    } catch (error) {
      expect(error).toMatchObject({ place: { start: 9, end: 23 }, message: expect.stringContaining("42 units so far; the limit is 40") });
    }
  });

  test("nothing absorbs it", () => {
    for (const source of [
      "nums.exists(x, x > 9) || true",
      "nums.all(x, nums.exists(y, y > 9) || true)",
      "nums.exists(x, long.contains(long)) || true",
    ])
      expect(() => compileExpression(source).evaluate(context, { costMax: 25 })).toThrow(
        expect.objectContaining({ code: "expression/cost-exceeded" }),
      );
  });

  test("compileExpression's limit holds where evaluate says nothing", () => {
    const expression = compileExpression("n + n + n", { costMax: 4 });
    expect(() => expression.evaluate(context)).toThrow(stopped(5, 4));
    expect(expression.evaluate(context, { costMax: 5 })).toBe(21);
    expect(compileExpression("n + n + n").evaluate(context)).toBe(21);
    expect(compileExpression("n + n + n", { costMax: 4 })).toBe(expression);
    expect(compileExpression("n + n + n", { costMax: 5, isStrict: true }).evaluate(context)).toBe(21);
    for (const costMax of [-1, Number.NaN]) {
      expect(() => compileExpression("n", { costMax })).toThrow(expect.objectContaining({ code: "expression/invalid-call" }));
      expect(() => expression.evaluate(context, { costMax })).toThrow(expect.objectContaining({ code: "expression/invalid-call" }));
    }
  });

  test("residents and batches have it too", () => {
    const expression = compileExpression("nums.size() > n", { costMax: 4 });
    const resident = expression.resident({ nums: [1], n: 0 });
    expect(resident.test()).toBe(true);
    expect(() => resident.test({ costMax: 3 })).toThrow(stopped(4, 3));
    resident.dispose();
    const batch = expression.batch([
      { nums: [1], n: 0 },
      { nums: [], n: 0 },
    ]);
    expect(batch.countTrue()).toBe(1);
    expect(batch.countTrue({ costMax: 3 })).toBe(0);
    batch.dispose();
  });
});
