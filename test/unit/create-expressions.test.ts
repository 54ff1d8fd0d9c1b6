import { beforeAll, describe, expect, test, vi } from "vitest";
import { compileExpression, EXPRESSION_PROGRAM_COUNT_MAX, loadExpressions, precompileExpressions } from "../../src/create-expressions.js";
import { WorkflowError } from "../../src/model/errors.js";

beforeAll(async () => {
  await loadExpressions();
});

const run = (text: string, context: Record<string, unknown> = {}) => compileExpression(text).evaluate(context);

function failure(act: () => unknown): WorkflowError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("values", () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    ["x > 10", { x: 11 }, true],
    ["x + 1", { x: 1.5 }, 2.5],
    ["x / 2", { x: 5 }, 2.5],
    ["x % 2 == 1", { x: 5 }, true],
    ["5 / 2", {}, 2],
    ["user.age >= 18 && user.country in ['DE', 'FR']", { user: { age: 20, country: "FR" } }, true],
    [
      "items.filter(i, i.price > limit).map(i, i.name)",
      {
        items: [
          { name: "a", price: 1 },
          { name: "b", price: 3 },
        ],
        limit: 2,
      },
      ["b"],
    ],
    ["items.exists_one(i, i == 2)", { items: [1, 2, 3] }, true],
    ["has(a.b) ? a.b : 'none'", { a: {} }, "none"],
    ["missing == 1 || true", {}, true],
    ["{'a': [1, x], 'b': null}", { x: 2 }, { a: [1, 2], b: null }],
    ["{1: 'a'}", {}, new Map([[1, "a"]])],
    ["size('añ😀')", {}, 3],
    ["9223372036854775807", {}, 9223372036854775807n],
    ["x", { x: 2n ** 60n }, 2n ** 60n],
    ["x + 1", { x: 5n }, 6],
    ["at > timestamp('2020-01-01T00:00:00Z')", { at: new Date("2024-05-05") }, true],
    ["at", { at: new Date("2024-05-05") }, new Date("2024-05-05")],
    ["duration('90m')", {}, "5400s"],
    ["b'a' + bytes", { bytes: new Uint8Array([1]) }, new Uint8Array([97, 1])],
    ["type", { type: "gold" }, "gold"],
    ["type(1) == int", {}, true],
    ["now", { now: 5 }, 5],
    ["'long ' + text", { text: "é".repeat(1_000) }, `long ${"é".repeat(1_000)}`],
    ["a.`content-type`", { a: { "content-type": "json" } }, "json"],
    ["a['__proto__']", { a: JSON.parse('{"__proto__": 7}') }, 7],
    ["x == null", { x: null }, true],
    ["[x, y, 'z'].join('-')", { x: "a", y: "b" }, "a-b-z"],
    ["-x", { x: 3 }, -3],
    ["x ? 'yes' : 'no'", { x: false }, "no"],
  ])("%s over %o", (text, context, expected) => {
    expect(run(text, context)).toEqual(expected);
  });

  test("now is the given time", () => {
    expect(compileExpression("now").evaluate({}, { now: 86_400_000 })).toEqual(new Date(86_400_000));
  });

  test("only own properties are variables", () => {
    expect(failure(() => run("toString", {})).code).toBe("expression/unknown-variable");
    const inherited = Object.create({ x: 1 }) as Record<string, unknown>;
    expect(failure(() => run("x", inherited)).code).toBe("expression/unknown-variable");
  });

  test("strict numbers are doubles", () => {
    const strict = compileExpression("type(x) == double && type(n) == int", { isStrict: true });
    expect(strict.evaluate({ x: 1, n: 1n })).toBe(true);
    expect(failure(() => compileExpression("x + 1", { isStrict: true }).evaluate({ x: 1 })).code).toBe("expression/no-such-overload");
  });

  test("a long list literal, more items than registers", () => {
    const items = Array.from({ length: 5_000 }, (_, index) => (index % 2 === 0 ? "x" : String(index)));
    expect(run(`[${items.join(",")}].size()`, { x: 1 })).toBe(5_000);
    expect(failure(() => run(`[${items.join(",")}]`)).code).toBe("expression/unknown-variable");
  });

  test("a long chain of conditions", () => {
    const terms = Array.from({ length: 2_000 }, (_, index) => `x != ${index}`).join(" && ");
    expect(run(terms, { x: 5_000 })).toBe(true);
    expect(run(terms, { x: 1_999 })).toBe(false);
    expect(run(`${terms} || y`, { x: 0, y: true })).toBe(true);
  });
});

describe("error absorption", () => {
  const context = { t: true, f: false, n: 3, items: [1n, 0n, 2n] };
  test.each<[string, unknown]>([
    ["f && 1/0 > 0", false],
    ["1/0 > 0 && f", false],
    ["t || 1/0 > 0", true],
    ["1/0 > 0 || t", true],
    ["1/0 > 0 && t", "divide-by-zero"],
    ["n && f", false],
    ["n || t", true],
    ["n && t", "no-such-overload"],
    ["t && t && n && f", false],
    ["none && t && f && none", false],
    ["none || f || none || t", true],
    ["none && t", "unknown-variable"],
    ["items.exists(i, 2/i == 1)", true],
    ["items.all(i, 2/i == 2)", false],
    ["items.all(i, 2/i > 0)", "divide-by-zero"],
    ["items.exists_one(i, 2/i == 1)", "divide-by-zero"],
    ["items.filter(i, 2/i == 1)", "divide-by-zero"],
    ["items.map(i, 2/i)", "divide-by-zero"],
    ["items.map(i, none)", "unknown-variable"],
    ["none.map(i, i)", "unknown-variable"],
    ["n.exists(i, i == 1)", "no-such-overload"],
    ["n ? 1 : 2", "no-such-overload"],
    ["none ? 1 : 2", "unknown-variable"],
    ["t ? 1 : none", 1],
    ["[1, none]", "unknown-variable"],
    ["{'a': none}", "unknown-variable"],
    ["{'a': 1, 'a': 2}", "duplicate-key"],
    ["{1.5: 2}", "unsupported-key"],
    ["!none", "unknown-variable"],
    ["has(none.a)", "unknown-variable"],
    ["(none && f) || t", true],
    ["[1, 2].exists(x, x > 1 && x < 3)", true],
    ["[1, 2].all(x, x > 5 || x < 3)", true],
    ["[[1], [2]].exists(l, l.exists(x, x == 2))", true],
    ["(t ? f : t) || (f ? none : t)", true],
    ["!(n > 5) && !(n < 1)", true],
  ])("%s is %j", (text, expected) => {
    if (typeof expected === "string") expect(failure(() => compileExpression(text).evaluate(context)).code).toBe(`expression/${expected}`);
    else expect(compileExpression(text).evaluate(context)).toBe(expected);
  });
});

describe("errors", () => {
  test("of the text have all findings and a place", () => {
    const error = failure(() => compileExpression('total > "x" && foo(1)', { variables: { total: "number" } }));
    expect(error.code).toBe("expression/invalid");
    expect(error.findings.map(({ code }) => code)).toEqual(["expression/no-such-overload", "expression/unknown-function"]);
    expect(error.place).toMatchObject({ line: 1, column: 7 });
  });

  test("of a run name the place", () => {
    const error = failure(() => run("1 < 2 &&\n  user.address.city == 'x'", { user: { address: {} } }));
    expect(error.code).toBe("expression/no-such-key");
    expect(error.place).toMatchObject({ line: 2, column: 3 });
    expect(error.message).toMatch(/^user\.address\.city: /);
  });

  test.each([
    ["a[5]", { a: [1] }, "index-out-of-range"],
    ["1 / 0", {}, "divide-by-zero"],
    ["1 % 0", {}, "modulus-by-zero"],
    ["9223372036854775807 + 1", {}, "int-overflow"],
    ["0u - 1u", {}, "uint-overflow"],
    ["int('x')", {}, "invalid-conversion"],
    ["x + 1", { x: "a" }, "no-such-overload"],
    ["x.y", { x: 1 }, "no-such-overload"],
  ])("%s over %j", (text, context, code) => {
    expect(failure(() => run(text, context)).code).toBe(`expression/${code}`);
  });

  test("of a context that is no data", () => {
    const error = failure(() => run("x", { x: { y: [() => 1] } }));
    expect([error.code, error.details.path]).toEqual(["value/unsupported", "x.y[0]"]);
  });

  test("an endless product runs out of fuel and others go on", () => {
    const list = Array.from({ length: 2_000 }, (_, index) => index);
    expect(failure(() => run("l.all(a, l.all(b, l.all(c, a + b + c >= 0)))", { l: list })).code).toBe("expression/out-of-fuel");
    expect(run("1 + 1")).toBe(2);
  });
});

describe("resident contexts", () => {
  test("keep values between evaluations", () => {
    const resident = compileExpression("x > 10 && user.name == 'a'").resident({ x: 1, user: { name: "a" } });
    expect(resident.evaluate()).toBe(false);
    resident.set("x", 11);
    expect([resident.evaluate(), resident.test()]).toEqual([true, true]);
    resident.set("user", { name: "b" });
    expect(resident.test()).toBe(false);
    resident.set("x", undefined);
    expect(resident.evaluate()).toBe(false);
    resident.set("user", { name: "a" });
    expect(failure(() => resident.evaluate()).code).toBe("expression/unknown-variable");
    resident.set("nobody", 1);
    resident.dispose();
  });

  test("do not disturb one another", () => {
    const expression = compileExpression("a + b");
    const residents = Array.from({ length: 100 }, (_, index) => expression.resident({ a: `${index}`, b: "!" }));
    expect(residents.map((resident) => resident.evaluate())).toEqual(residents.map((_, index) => `${index}!`));
    for (const resident of residents) resident.dispose();
  });

  test("a batch counts what is true", () => {
    const contexts = Array.from({ length: 1_000 }, (_, index) => ({ x: index, s: index % 2 === 0 ? "even" : "odd" }));
    const batch = compileExpression("x >= 500 && s == 'even'").batch(contexts);
    expect(batch.countTrue()).toBe(250);
    batch.set(999, "s", "even");
    expect(batch.countTrue()).toBe(251);
    batch.set(0, "x", undefined);
    expect(batch.countTrue()).toBe(251);
    batch.dispose();
    expect(failure(() => batch.countTrue()).code).toBe("kernel/bad-handle");
  });
});

describe("memory", () => {
  test("more expressions than the kernel holds at once", () => {
    const expressions = Array.from({ length: EXPRESSION_PROGRAM_COUNT_MAX + 50 }, (_, index) => compileExpression(`x + ${index}`));
    expressions.forEach((expression, index) => {
      expect(expression.evaluate({ x: 1 })).toBe(index + 1);
    });
    expect(expressions[0]?.evaluate({ x: 1 })).toBe(1);
    for (const expression of expressions) expression.dispose();
  });

  test("an expression that was disposed of works again", () => {
    const expression = compileExpression("x * 2");
    expect(expression.evaluate({ x: 2 })).toBe(4);
    expression.dispose();
    expect(expression.evaluate({ x: 3 })).toBe(6);
    expression.dispose();
    expression.dispose();
  });
});

describe("generated functions", () => {
  const CONTEXT = { items: Array.from({ length: 20 }, (_, index) => ({ price: index * 10, qty: index % 3 })), limit: 95, name: "a17" };
  const TEXTS = ["items.exists(i, i.price > limit)", "items.filter(i, i.qty > 0).map(i, i.price * 2)", "name.matches('^a[0-9]+$') && size(items) == 20", "limit / 0.0", "items[limit].price"];
  const tell = (text: string): unknown => {
    try {
      return compileExpression(text).evaluateWithCost(CONTEXT);
    } catch (error) {
      return error instanceof WorkflowError && { code: error.code, message: error.message, place: error.place, details: error.details };
    }
  };

  test("are asked for, one or many at a time, and change nothing but the speed", async () => {
    const before = TEXTS.map(tell);
    expect(await compileExpression(TEXTS[0] ?? "").precompile()).toBe(true);
    expect(await precompileExpressions(TEXTS.map((text) => compileExpression(text)))).toBe(TEXTS.length);
    expect(TEXTS.map(tell)).toEqual(before);
    const batch = compileExpression("items.exists(i, i.price > limit)").batch([CONTEXT, { ...CONTEXT, limit: 1_000 }, {}]);
    expect([batch.countTrue(), batch.countTrue()]).toEqual([1, 1]);
    batch.dispose();
    for (const text of TEXTS) compileExpression(text).dispose();
    expect(TEXTS.map(tell)).toEqual(before);
  });

  test("of an expression that is too long there is none", async () => {
    const long = compileExpression(Array.from({ length: 1_500 }, (_, index) => `x != ${index}`).join(" && "));
    expect([await long.precompile(), long.evaluate({ x: 7 })]).toEqual([false, false]);
    long.dispose();
  });

  /** Compiling waits for an idle moment, which a busy machine is slow to give. */
  const WAIT = { timeout: 60_000, interval: 5 };
  const isNative = (expression: unknown): boolean => (expression as { readonly isNative: boolean }).isNative;

  test("come by themselves after so many evaluations, where that is wanted", async () => {
    await loadExpressions({ precompileAfter: 10 });
    const often = compileExpression("often * 2 > 10");
    const seldom = compileExpression("seldom * 2 > 10");
    for (let count = 0; count < 12; count += 1) often.evaluate({ often: count });
    seldom.evaluate({ seldom: 1 });
    await vi.waitFor(() => expect(isNative(often)).toBe(true), WAIT);
    expect(isNative(seldom)).toBe(false);
    // Who says nothing leaves it as it is.
    await loadExpressions();
    for (let count = 0; count < 12; count += 1) seldom.evaluate({ seldom: count });
    await vi.waitFor(() => expect(isNative(seldom)).toBe(true), WAIT);
    await loadExpressions({ precompileAfter: Number.POSITIVE_INFINITY });
    await expect(loadExpressions({ precompileAfter: 0 })).rejects.toMatchObject({ code: "expression/invalid-call" });
  });
});
