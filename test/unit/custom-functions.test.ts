// Functions and constants of the embedder in bare expressions: what they take and give, that they are called once for the same
// arguments, that two are never taken for one another, and that no function can do harm.
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileExact, compileExpression, type CompileExpressionOptions, expressionCache, loadExpressions } from "../../src/create-expressions.js";
import {
  CONSTANT_SIZE_MAX,
  CUSTOM_CONSTANT_COUNT_MAX,
  CUSTOM_FUNCTION_COUNT_MAX,
  CustomSet,
  FUNCTION_RESULT_SIZE_MAX,
} from "../../src/expression/custom/custom-set.js";
import { SIGNATURE_SIZE_MAX } from "../../src/expression/custom/signature.js";
import { FAILURE_MESSAGE_SIZE_MAX, MEMO_COUNT_MAX, MEMO_SIZE_MAX } from "../../src/kernel/custom-calls.js";
import type { CustomCode, CustomFunctions } from "../../src/model/custom-function.js";
import { WorkflowError } from "../../src/model/errors.js";

beforeAll(() => loadExpressions());
beforeEach(() => expressionCache.clear());

function evaluate(source: string, functions: CustomFunctions, context: Record<string, unknown> = {}, options: CompileExpressionOptions = {}): unknown {
  return compileExpression(source, { functions, ...options }).evaluate(context);
}

function failureOf(act: () => unknown): WorkflowError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A function that notes what it is called with. */
function spy(code: CustomCode): { readonly call: CustomCode; readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  return {
    calls,
    call: (...values) => {
      calls.push(values);
      return code(...values);
    },
  };
}

describe("a custom function", () => {
  test("is called by its name, as a method, and within a namespace", () => {
    const functions: CustomFunctions = {
      "score(string, list(int)) -> double": (name: string, points: number[]) => name.length + points.reduce((sum, point) => sum + point, 0) / 2,
      "string.slug() -> string": (text: string) => text.toLowerCase().replaceAll(" ", "-"),
      "list(A).median() -> A": (items: unknown[]) => items[items.length >> 1],
      "geo.distance(double, double) -> double": { version: 2, call: (a: number, b: number) => Math.abs(a - b) },
      "answer() -> int": () => 42,
    };
    expect(evaluate("score('abc', [1, 2])", functions)).toBe(4.5);
    expect(evaluate("title.slug() + '!'", functions, { title: "Big Deal" })).toBe("big-deal!");
    expect(evaluate("[1, 2, 3].median() + answer()", functions)).toBe(44);
    expect(evaluate("geo.distance(x, 2.5) > 1.0", functions, { x: 0.25 })).toBe(true);
    expect(evaluate("items.exists(item, item.slug() == 'b-c')", functions, { items: ["a", "b c"] })).toBe(true);
    expect(evaluate("cel.bind(f, answer(), f * f)", functions)).toBe(1764);
  });

  test("is checked by its signature, and its result has the type that it says", () => {
    const functions: CustomFunctions = { "score(string) -> double": () => 1, "pick(list(A), int) -> A": (items: unknown[], at: number) => items[at] };
    expect(compileExpression("score('a')", { functions }).inferredType).toBe("double");
    expect(compileExpression("pick([['a']], 0)", { functions }).inferredType).toBe("list(string)");
    const codesOf = (source: string) => failureOf(() => compileExpression(source, { functions })).findings.map(({ code }) => code);
    expect(codesOf("score(1)")).toEqual(["expression/no-such-overload"]);
    expect(codesOf("'a'.score()")).toEqual(["expression/unknown-function"]);
    expect(codesOf("scored('a')")).toEqual(["expression/unknown-function"]);
    expect(codesOf("score()")).toEqual(["expression/no-such-overload"]);
    expect(failureOf(() => compileExpression("  scor('a')", { functions })).findings[0]).toMatchObject({
      message: 'There is no function "scor"; did you mean "score"?',
      place: { line: 1, column: 3 },
    });
  });

  test("gets every type as results come out, and may give every type that JavaScript has", () => {
    const echo = (type: string, source: string, context: Record<string, unknown> = {}) => {
      const { call, calls } = spy((value) => value);
      const functions = { [`echo(${type}) -> ${type}`]: call };
      const { inferredType } = compileExpression(`echo(${source})`, { functions });
      expect(evaluate(`echo(${source}) == ${source}`, functions, context), type).toBe(true);
      return [calls[0]?.[0], inferredType];
    };
    expect(echo("int", "5")).toEqual([5, "int"]);
    expect(echo("int", "9223372036854775807")).toEqual([9223372036854775807n, "int"]);
    expect(echo("int", "x", { x: 7 })).toEqual([7, "int"]);
    expect(echo("uint", "18446744073709551615u")).toEqual([18446744073709551615n, "uint"]);
    expect(echo("double", "x", { x: 7 })).toEqual([7, "double"]);
    expect(echo("number", "x", { x: 0.5 })).toEqual([0.5, "number"]);
    expect(echo("bool", "true")).toEqual([true, "bool"]);
    expect(echo("string", "'é😀'")).toEqual(["é😀", "string"]);
    expect(echo("bytes", "b'\\xff'")).toEqual([new Uint8Array([255]), "bytes"]);
    expect(echo("timestamp", "timestamp(5)")).toEqual([new Date(5000), "timestamp"]);
    expect(echo("duration", "duration('1h0.5s')")).toEqual(["3600.5s", "duration"]);
    expect(echo("null", "null")).toEqual([null, "null"]);
    expect(echo("list(int)", "[1, 2]")).toEqual([[1, 2], "list(int)"]);
    expect(echo("map(string, list(uint))", "{'a': [1u]}")).toEqual([{ a: [1] }, "map(string, list(uint))"]);
    expect(echo("map(int, string)", "{1: 'a'}")).toEqual([new Map([[1, "a"]]), "map(int, string)"]);
    expect(echo("optional_type(int)", "optional.of(1)")).toEqual([1, "optional_type(int)"]);
    expect(echo("optional_type(int)", "optional.none()")).toEqual([undefined, "optional_type(int)"]);
    expect(echo("dyn", "x", { x: { a: [1, null] } })).toEqual([{ a: [1, null] }, "dyn"]);
    expect(evaluate("net(ip('::1')) + kind(type(1))", { "net(net.IP) -> string": (text: string) => text, "kind(type) -> string": (text: string) => text })).toBe(
      "::1int",
    );
    expect(evaluate("[a(), b()]", { "a() -> duration": () => "1h30m", "b() -> duration": () => 1500.5 })).toEqual(["5400s", "1.5005s"]);
  });

  test("of several with one name the one is called that takes the arguments", () => {
    const functions: CustomFunctions = {
      "kind(int) -> string": () => "int",
      "kind(double) -> string": () => "double",
      "kind(list(int)) -> string": () => "ints",
      "kind(list(dyn)) -> string": () => "list",
      "string.kind() -> string": () => "method",
      "kind(int, int) -> string": () => "two",
    };
    const kinds = "[kind(1), kind(1.0), kind([1]), kind(['a']), 'a'.kind(), kind(1, 2), kind(dyn(1)), kind(x), kind(y)]";
    expect(evaluate(kinds, functions, { x: 2, y: 2.5 })).toEqual(["int", "double", "ints", "list", "method", "two", "int", "int", "double"]);
    const failure = failureOf(() => evaluate("1 < 2 && kind(x) == ''", functions, { x: "text" }));
    expect(failure).toMatchObject({ code: "expression/no-such-overload", place: { column: 10 }, details: { name: "kind" } });
    expect(failure.message).toContain("kind(list(int)) -> string");
  });

  test("takes JSON numbers only where they are exact", () => {
    const functions: CustomFunctions = { "f(int) -> int": (value: number) => value, "g(uint) -> uint": (value: number) => value };
    expect(evaluate("f(x) + 1", functions, { x: 2 })).toBe(3);
    expect(failureOf(() => evaluate("f(x)", functions, { x: 2.5 })).code).toBe("expression/no-such-overload");
    expect(failureOf(() => evaluate("g(x)", functions, { x: -1 })).code).toBe("expression/no-such-overload");
    expect(compileExact("f(1)", { customs: new CustomSet({ functions }, true), isStrict: true }).evaluateExact({})).toEqual({ int: "1" });
  });

  test("is not called where an argument is an error, and its own errors are absorbed as any others", () => {
    const { call, calls } = spy(() => {
      throw new Error("no");
    });
    const functions = { "f(int) -> bool": call };
    expect(failureOf(() => evaluate("f(1 / 0)", functions)).code).toBe("expression/divide-by-zero");
    expect(failureOf(() => evaluate("f(missing)", functions)).code).toBe("expression/unknown-variable");
    expect(calls).toEqual([]);
    expect(evaluate("f(1) || true", functions)).toBe(true);
    expect(evaluate("true || f(1)", functions)).toBe(true);
    expect(evaluate("f(1) ? 1 : 2", { "f(int) -> bool": () => false })).toBe(2);
  });

  test("works with resident contexts and batches", () => {
    const functions: CustomFunctions = { "half(number) -> number": (value: number) => value / 2 };
    const expression = compileExpression("half(x) > 2", { functions });
    const resident = expression.resident({ x: 3 });
    expect(resident.test()).toBe(false);
    resident.set("x", 5);
    expect(resident.test()).toBe(true);
    resident.dispose();
    const batch = expression.batch([{ x: 1 }, { x: 5 }, { x: 9 }]);
    expect(batch.countTrue()).toBe(2);
    batch.dispose();
  });
});

describe("calls are remembered within one evaluation", () => {
  test("and not from one to the next", () => {
    const { call, calls } = spy((value: number) => value * 2);
    const expression = compileExpression("f(x) + f(x) + f(x + 1) + [1, 2].map(i, f(x)).size()", { functions: { "f(int) -> int": call } });
    expect(expression.evaluate({ x: 1 })).toBe(10);
    expect(calls).toEqual([[1], [2]]);
    expect(expression.evaluate({ x: 1 })).toBe(10);
    expect(calls.length).toBe(4);
  });

  test("failures too", () => {
    const { call, calls } = spy(() => {
      throw new Error("no");
    });
    expect(evaluate("f(1) || f(1) || true", { "f(int) -> bool": call })).toBe(true);
    expect(calls.length).toBe(1);
  });

  test("for each function and each type of argument by itself", () => {
    const first = spy(() => "a");
    const second = spy(() => "b");
    const functions = { "f(dyn) -> string": first.call, "g(dyn) -> string": second.call };
    expect(evaluate("f(1) + g(1) + f(1.0) + f(1u) + f('1') + f(1) + g(1)", functions)).toBe("abaaaab");
    expect([first.calls.length, second.calls.length]).toEqual([4, 1]);
  });

  test("up to MEMO_COUNT_MAX calls and MEMO_SIZE_MAX bytes, the oldest leaving first", () => {
    const { call, calls } = spy((value: number) => value);
    const functions = { "f(int) -> int": call };
    evaluate(`lists.range(${MEMO_COUNT_MAX + 1}).map(i, f(i)).size() + f(1) + f(${MEMO_COUNT_MAX})`, functions);
    expect(calls.length).toBe(MEMO_COUNT_MAX + 1);
    calls.length = 0;
    evaluate(`lists.range(${MEMO_COUNT_MAX + 1}).map(i, f(i)).size() + f(0)`, functions);
    expect(calls.length).toBe(MEMO_COUNT_MAX + 2);
    const long = spy((text: string) => text.length);
    const options = { functions: { "f(string) -> int": long.call } };
    const expression = compileExpression("f(text) + f(text)", options);
    expression.evaluate({ text: "x".repeat(MEMO_SIZE_MAX / 2) });
    expect(long.calls.length).toBe(1);
    expression.evaluate({ text: "x".repeat(MEMO_SIZE_MAX) });
    expect(long.calls.length).toBe(3);
  });

  test("which nobody can see: with and without it every value is the same", () => {
    const mix = (a: unknown, b: unknown): string => JSON.stringify([a, b], (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
    const term = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("x", "y", "1", "1.0", "1u", "'1'", "[x, y]", "{'a': x}", "null", "z"),
        fc.tuple(tie("text"), tie("text")).map(([a, b]) => `mix(${a}, ${b})`),
        fc.tuple(tie("text"), tie("text")).map(([a, b]) => `[${a}, ${b}].map(i, mix(i, ${a}))`),
        fc.tuple(tie("text"), tie("text")).map(([a, b]) => `(${a} == ${b} ? mix(${b}, ${a}) : ${b})`),
      ),
    })).text;
    // The other one never gets equal arguments twice, so it is called every time.
    const fresh: CustomFunctions = { "mix(dyn, dyn, int) -> string": mix };
    const context = fc.record({ x: fc.oneof(fc.integer(), fc.double(), fc.string({ unit: "binary" })), y: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) });
    fc.assert(
      fc.property(term, context, (text, values) => {
        const told = outcomeOf(() => evaluate(text, { "mix(dyn, dyn) -> string": mix }, values));
        let count = 0;
        const unique = text.replace(/\)/g, (end, at: number) => (isEndOfMix(text, at) ? `, ${count++})` : end));
        expect(outcomeOf(() => evaluate(unique, fresh, values))).toEqual(told);
      }),
      { numRuns: 300 },
    );
  });
});

/** Does this parenthesis close a call of mix()? */
function isEndOfMix(text: string, at: number): boolean {
  let depth = 0;
  for (let index = at; index >= 0; index -= 1) {
    if (text[index] === ")") depth += 1;
    if (text[index] === "(" && --depth === 0) return text.slice(Math.max(0, index - 3), index) === "mix";
  }
  return false;
}

function outcomeOf(act: () => unknown): unknown {
  try {
    return { value: act() };
  } catch (error) {
    return { code: error instanceof WorkflowError ? error.code : String(error) };
  }
}

describe("what a function does wrong is an error with its name and place", () => {
  const failure = (code: CustomCode, result = "string") =>
    failureOf(() => evaluate("'a' +\n  dyn(f(1))", { [`f(int) -> ${result}`]: code }));

  test("a throw", () => {
    const found = failure(() => {
      throw new TypeError("no such customer");
    });
    expect(found).toMatchObject({
      code: "expression/function-failed",
      place: { line: 2, column: 7 },
      details: { name: "f", message: "no such customer" },
    });
    expect(found.message).toBe("f(1): the function failed (f: no such customer)");
    const hostile = {
      get message(): string {
        throw new Error("again");
      },
      toString(): string {
        throw new Error("and again");
      },
    };
    for (const thrown of [hostile, null, undefined, Symbol("x"), new Proxy({}, { get: () => failure })]) {
      const told = failure(() => {
        throw thrown;
      });
      expect(told.code).toBe("expression/function-failed");
    }
    const long = failure(() => {
      throw new Error("x".repeat(10_000));
    });
    expect(String(long.details["message"]).length).toBe(FAILURE_MESSAGE_SIZE_MAX);
  });

  test("a result of another type than it says", () => {
    const cases: [string, unknown][] = [
      ["string", 1],
      ["string", undefined],
      ["string", null],
      ["int", 1.5],
      ["int", "1"],
      ["int", 2n ** 63n],
      ["int", 2 ** 60],
      ["uint", -1],
      ["double", 1n],
      ["bool", 1],
      ["bytes", "a"],
      ["timestamp", "2026-01-01T00:00:00Z"],
      ["timestamp", new Date(Number.NaN)],
      ["duration", "soon"],
      ["duration", Number.NaN],
      ["duration", "9999999999h"],
      ["list(int)", [1, "2"]],
      ["list(int)", [1, undefined, 2]],
      ["list(int)", { length: 1, 0: 1 }],
      ["map(string, int)", { a: "b" }],
      ["map(string, int)", new Map([[1, 1]])],
      ["map(int, int)", { a: 1 }],
      ["map(string, int)", new Date(0)],
      ["optional_type(int)", "a"],
      ["dyn", undefined],
      ["dyn", () => 1],
      ["string", "\ud800"],
    ];
    for (const [type, value] of cases) {
      const found = failureOf(() => evaluate("f()", { [`f() -> ${type}`]: () => value }));
      expect([found.code, found.details["name"]], `${type} ${typeof value}`).toEqual(["expression/function-failed", "f"]);
    }
    expect(failure(() => 7).details["message"]).toBe("the result is the number 7, not string");
    expect(failureOf(() => evaluate("f()", { "f() -> map(string, list(int))": () => ({ "a b": [1, true] }) })).details["message"]).toBe(
      'the result["a b"][1] is the boolean true, not int',
    );
  });

  test("a promise, which nobody hears of any more", async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    const found = failure(async () => {
      throw new Error("later");
    });
    expect(found.details["message"]).toContain("promise");
    const [key, value] = ["then", () => undefined];
    expect(failure(() => ({ [key]: value }), "dyn").details["message"]).toContain("promise");
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });

  test("a cycle, something endless, something huge, something that fails when it is looked at", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(failure(() => cycle, "dyn").details["message"]).toContain("contains itself");
    const loop: unknown[] = [];
    loop.push(loop);
    expect(failureOf(() => evaluate("f()", { "f() -> list(list(dyn))": () => loop })).details["message"]).toContain("contains itself");
    expect(failure(() => "x".repeat(FUNCTION_RESULT_SIZE_MAX + 1)).details["message"]).toContain(String(FUNCTION_RESULT_SIZE_MAX));
    expect(failure(() => new Array(2 ** 32 - 1), "dyn").details["message"]).toContain(String(FUNCTION_RESULT_SIZE_MAX));
    expect(failure(() => new Array(2 ** 32 - 1), "list(int)").code).toBe("expression/function-failed");
    const trap = new Proxy([], {
      get(_, key) {
        throw new Error(`do not look at ${String(key)}`);
      },
    });
    expect(failure(() => trap, "dyn").details["message"]).toContain("do not look");
    expect(failure(() => trap, "list(int)").details["message"]).toContain("do not look");
    const endless = (): string => endless();
    expect(failure(endless).details["message"]).toContain("call stack");
  });

  test("what it does to its arguments changes nothing", () => {
    const functions: CustomFunctions = {
      "spoil(list(int)) -> int": (items: number[]) => {
        items.push(99);
        return items.length;
      },
    };
    expect(evaluate("spoil(x) + size(x) + spoil(x)", functions, { x: [1n, 2n] })).toBe(8);
  });
});

describe("a function that calls back in", () => {
  const inner = () => compileExpression("x + 1");

  test("is refused, and the evaluation that called it is not disturbed", () => {
    const other = compileExpression("y * 2");
    const resident = other.resident({ y: 1 });
    const batch = other.batch([{ y: 1 }]);
    const acts: (() => unknown)[] = [
      () => inner().evaluate({ x: 1 }),
      () => other.evaluate({ y: 1 }),
      () => other.dispose(),
      () => other.resident(),
      () => resident.evaluate(),
      () => resident.set("y", 9),
      () => resident.dispose(),
      () => batch.set(0, "y", 9),
      () => batch.countTrue(),
      () => batch.dispose(),
      () => self.evaluate({ x: 100 }),
    ];
    const seen: unknown[] = [];
    const functions: CustomFunctions = {
      "f(int) -> int": (value: number) => {
        for (const act of acts) seen.push(outcomeOf(act));
        return value;
      },
    };
    const self = compileExpression("f(x) + x", { functions });
    expect(self.evaluate({ x: 1 })).toBe(2);
    expect(seen).toEqual(acts.map(() => ({ code: "kernel/busy" })));
    expect(resident.evaluate()).toBe(2);
    resident.dispose();
    batch.dispose();
    expect(other.evaluate({ y: 4 })).toBe(8);
  });

  test("tells why, where it does not catch it", () => {
    const found = failureOf(() => evaluate("f()", { "f() -> int": () => inner().evaluate({ x: 1 }) }));
    expect(found).toMatchObject({ code: "expression/function-failed", details: { name: "f" } });
    expect(found.details["message"]).toContain("cannot evaluate another");
    expect(inner().evaluate({ x: 1 })).toBe(2);
  });

  test("may compile, load and clear the cache", async () => {
    const functions: CustomFunctions = {
      "f() -> string": () => {
        expressionCache.statistics();
        void loadExpressions();
        return compileExpression("1 + 1").inferredType;
      },
    };
    const before = compileExpression("1");
    expect(evaluate("f()", functions)).toBe("int");
    await loadExpressions();
    expect(before.evaluate()).toBe(1);
    expect(evaluate("f()", functions)).toBe("int");
  });
});

describe("programs with functions", () => {
  test("are told apart by the functions themselves, their signatures and versions", () => {
    const one: CustomCode = () => 1;
    const two: CustomCode = () => 2;
    const first = compileExpression("f()", { functions: { "f() -> int": one } });
    expect(compileExpression("f()", { functions: { "f() -> int": one } })).toBe(first);
    const others = [{ "f() -> int": two }, { "f() -> int": { version: 2, call: one } }, { "f() -> double": one }, { "f() -> int": one, "g() -> int": one }];
    const programs = others.map((functions) => compileExpression("f()", { functions }));
    expect(new Set([first, ...programs]).size).toBe(5);
    expect([first, ...programs].map((program) => program.evaluate())).toEqual([1, 2, 1, 1, 1]);
    expect(() => compileExpression("f()")).toThrow();
  });
});

describe("constants", () => {
  test("have their declared type and value", () => {
    const constants = {
      TAX: { type: "double", value: 1 },
      MAX: { type: "int", value: 9007199254740993n },
      LEVELS: { type: "map(string, list(uint))", value: { low: [1, 2] } },
      START: { type: "timestamp", value: new Date(0) },
      PAUSE: { type: "duration", value: "90s" },
      ANY: { type: "dyn", value: [1, "a", null] },
    };
    const compile = (source: string) => compileExpression(source, { constants });
    expect(compile("[type(TAX) == double, type(MAX) == int, MAX]").evaluate()).toEqual([true, true, 9007199254740993n]);
    expect(compile("LEVELS.low[1] + 1u").evaluate()).toBe(3);
    expect(compile("START + PAUSE").evaluate()).toEqual(new Date(90_000));
    expect(compile("ANY.map(x, x == 1)").evaluate()).toEqual([true, false, false]);
    expect(compile("LEVELS").inferredType).toBe("map(string, list(uint))");
    expect(failureOf(() => compile("TAX + 'a'")).findings[0]?.code).toBe("expression/no-such-overload");
    expect(compile("TAX + x").evaluate({ x: 2, TAX: 100 })).toBe(3);
    expect(compile("TAX").variables).toEqual([]);
    expect(compile("[1].map(TAX, TAX)").evaluate()).toEqual([1]);
  });

  test("are hidden by declared variables, and hide CEL's own names", () => {
    const constants = { x: { type: "int", value: 1 }, now: { type: "string", value: "then" } };
    expect(compileExpression("x", { constants, variables: { x: "string" } }).evaluate({ x: "variable" })).toBe("variable");
    expect(compileExpression("now", { constants }).evaluate()).toBe("then");
  });

  test("are told apart by type and value", () => {
    const compile = (type: string, value: unknown) => compileExpression("x", { constants: { x: { type, value } } });
    expect(compile("int", 1)).toBe(compile("int", 1));
    expect(compile("int", 1)).not.toBe(compile("int", 2));
    expect(compile("int", 1)).not.toBe(compile("double", 1));
    expect([compile("int", 1), compile("int", 2)].map((program) => program.evaluate())).toEqual([1, 2]);
  });
});

describe("declarations that cannot be", () => {
  const call = () => 1;
  const refusal = (options: CompileExpressionOptions) => failureOf(() => compileExpression("1", options));

  test.each([
    ["f(int)", "must read like"],
    ["f -> int", "must read like"],
    ["f(int -> int", "must read like"],
    ["(int) -> int", "cannot be the name"],
    ["f(integer) -> int", 'no type "integer"'],
    ["f(int) -> whatever", 'no type "whatever"'],
    ["f(int) ->", "no type"],
    ["1f(int) -> int", "cannot be the name"],
    ["in(int) -> int", "cannot be the name"],
    ["if(int) -> int", "cannot be the name"],
    ["size(int) -> int", "function of CEL"],
    ["int.size() -> int", "function of CEL"],
    ["math.abs(int) -> int", "function of CEL"],
    ["list(int).map(int) -> int", "function of CEL"],
    ["has(int) -> int", "function of CEL"],
    ["cel.f(int) -> int", "function of CEL"],
    ["a b.f(int) -> int", "neither a type nor a namespace"],
    ["f() -> net.IP", "no function can give"],
    ["f(list(net.IP)) -> int", "no function can take"],
    ["f() -> list(type(int))", "no function can give"],
    [`f(${Array.from({ length: 65 }, () => "int").join(",")}) -> int`, "the limit is 64"],
    [`f(${" ".repeat(SIGNATURE_SIZE_MAX)}) -> int`, `the limit is ${SIGNATURE_SIZE_MAX}`],
  ])("%s", (signature, why) => {
    expect(refusal({ functions: { [signature]: call } })).toMatchObject({ code: "expression/invalid-declaration", details: { name: signature } });
    expect(refusal({ functions: { [signature]: call } }).message).toContain(why);
  });

  test("two functions that take the same", () => {
    expect(refusal({ functions: { "f(int) -> int": call, "f( int ) -> double": call } }).message).toContain("same arguments");
    expect(refusal({ functions: { "f(A) -> int": call, "f(dyn) -> int": call } }).message).toContain("same arguments");
  });

  test("no function, no version, no constant", () => {
    const wrong = [1, null, undefined, {}, { call: 1 }, { version: "", call }, { version: {}, call }];
    for (const item of wrong) {
      const functions = { "f() -> int": item } as unknown as CustomFunctions;
      expect(refusal({ functions }).code).toBe("expression/invalid-declaration");
    }
    const constants = [{ type: "int", value: "a" }, { type: "integer", value: 1 }, { value: 1 }, 5, { type: "net.IP", value: "::1" }, { type: "int" }];
    for (const item of constants) {
      expect(refusal({ constants: { x: item } } as unknown as CompileExpressionOptions).code, JSON.stringify(item)).toBe("expression/invalid-declaration");
    }
    expect(refusal({ constants: { "a.b": { type: "int", value: 1 } } }).code).toBe("expression/invalid-declaration");
    expect(refusal({ constants: { in: { type: "int", value: 1 } } }).code).toBe("expression/invalid-declaration");
    expect(refusal({ constants: { x: { type: "string", value: "x".repeat(CONSTANT_SIZE_MAX) } } }).message).toContain(String(CONSTANT_SIZE_MAX));
  });

  test("too many", () => {
    const functions = Object.fromEntries(Array.from({ length: CUSTOM_FUNCTION_COUNT_MAX + 1 }, (_, index) => [`f${index}() -> int`, call]));
    expect(refusal({ functions }).message).toContain(`the limit is ${CUSTOM_FUNCTION_COUNT_MAX}`);
    const constants = Object.fromEntries(Array.from({ length: CUSTOM_CONSTANT_COUNT_MAX + 1 }, (_, index) => [`c${index}`, { type: "int", value: 1 }]));
    expect(refusal({ constants }).message).toContain(`the limit is ${CUSTOM_CONSTANT_COUNT_MAX}`);
  });
});
