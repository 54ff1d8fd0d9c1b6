// Objects that are given with the call: what is not read is not looked at, memory does not grow, and the limits.
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Expression, compileAnew, loadExpressions } from "../../src/create-expressions.js";
import { LIST_COUNT_MAX, LIST_TEXT_SIZE_MAX } from "../../src/kernel/list-block.js";
import { TEXT_LENGTH_MAX } from "../../src/kernel/plain-context.js";
import { READING_DEPTH_MAX, READING_SLOT_COUNT_MAX } from "../../src/expression/reading.js";

beforeAll(() => loadExpressions());

const opened: Expression[] = [];
function open(source: string): Expression {
  const compiled = compileAnew(source);
  opened.push(compiled);
  return compiled;
}
afterEach(() => {
  for (const each of opened.splice(0)) each.dispose();
});

/** The same evaluation, three times: whole, then by path. */
function evaluateThrice(source: string, context: Readonly<Record<string, unknown>>): unknown {
  const compiled = open(source);
  const first = compiled.evaluate(context);
  for (let count = 0; count < 2; count += 1) expect(compiled.evaluate(context)).toEqual(first);
  return first;
}

describe("what is not read", () => {
  test("may be no data: the first evaluation and all that follow", () => {
    const user: Record<string, unknown> = { age: 20, call: () => 1 };
    user.self = user;
    expect(evaluateThrice("user.age >= 18", { user, other: Symbol("none") })).toBe(true);
    expect(evaluateThrice("items.exists(i, i.a == 2)", { items: [{ a: 1, call: open }, { a: 2 }] })).toBe(true);
    expect(evaluateThrice("user.age", { user: new (class { age = 7; get name() { throw new Error("asked"); } })() })).toBe(7);
  });

  test("is data where it is read", () => {
    const compiled = open("user.call == 1");
    for (let count = 0; count < 3; count += 1) {
      expect(() => compiled.evaluate({ user: { call: () => 1 } })).toThrow(expect.objectContaining({ code: "value/unsupported", message: expect.stringContaining("user.call") }));
    }
  });

  test("a limit of the cost reads all", () => {
    const compiled = open("user.age");
    expect(() => compiled.evaluate({ user: { age: 1, call: () => 1 } }, { costMax: 100 })).toThrow(expect.objectContaining({ code: "value/unsupported" }));
  });
});

describe("fields must be an object's own", () => {
  test("what all objects are given is nobody's", () => {
    const source = "[has(user.extra), has(user.a), user.b, user.c, user.d, user.e, user.f].size() == 7 && has(user.extra)";
    const user = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 };
    const list = open("items.map(i, has(i.extra))");
    const compiled = open(source);
    const results: unknown[] = [];
    Object.defineProperty(Object.prototype, "extra", { value: 1, enumerable: true, configurable: true, writable: true });
    try {
      for (let count = 0; count < 3; count += 1) {
        results.push(compiled.evaluate({ user }), list.evaluate({ items: Array.from({ length: 9 }, () => ({ a: 1 })) }));
      }
    } finally {
      Reflect.deleteProperty(Object.prototype, "extra");
    }
    const none = Array.from({ length: 9 }, () => false);
    expect(results).toEqual([false, none, false, none, false, none]);
  });
});

describe("memory", () => {
  test("does not grow with the evaluations", async () => {
    const compiled = open("items.filter(i, i.qty > 0).map(i, i.name + other.text)");
    const make = (count: number) => ({ items: Array.from({ length: count }, (_, qty) => ({ qty, name: `name ${qty}` })), other: { text: "ü" } });
    const expected = (count: number) => Array.from({ length: count - 1 }, (_, index) => `name ${index + 1}ü`);
    for (let count = 0; count < 200; count += 1) {
      const length = [3, 40, 700, 5][count % 4] ?? 3;
      expect(compiled.evaluate(make(length))).toEqual(expected(length));
    }
  });

  test("is given back and taken again", () => {
    const compiled = open("user.name + user.tag");
    for (let count = 0; count < 3; count += 1) {
      for (let turn = 0; turn < 3; turn += 1) expect(compiled.evaluate({ user: { name: `n${turn}`, tag: "ö" } })).toBe(`n${turn}ö`);
      compiled.dispose();
    }
  });

  test("a getter may evaluate the same expression", () => {
    const compiled = open("user.a + user.b");
    const inner = { user: { a: 1, b: 2 } };
    const outer = { user: { a: 10, get b() { return compiled.evaluate(inner); } } };
    for (let count = 0; count < 4; count += 1) expect(compiled.evaluate(outer)).toBe(13);
  });
});

describe("limits", () => {
  test("texts, lists and their texts beyond what is kept", () => {
    for (const length of [TEXT_LENGTH_MAX, TEXT_LENGTH_MAX + 1]) expect(evaluateThrice("user.name", { user: { name: "x".repeat(length) } })).toHaveLength(length);
    for (const count of [LIST_COUNT_MAX, LIST_COUNT_MAX + 1]) expect(evaluateThrice("size(items.filter(i, i.a > 0))", { items: Array.from({ length: count }, (_, a) => ({ a })) })).toBe(count - 1);
    const name = "n".repeat(LIST_TEXT_SIZE_MAX / 8);
    for (const count of [4, 9]) expect(evaluateThrice("items.exists(i, i.name == 'n')", { items: Array.from({ length: count }, () => ({ name })) })).toBe(false);
  });

  test("trees and paths beyond what is looked into", () => {
    const depth = READING_DEPTH_MAX + 1;
    expect(evaluateThrice(`${"-".repeat(depth - (depth % 2))}user.a`, { user: { a: 1 } })).toBe(1);
    const fields = Array.from({ length: READING_SLOT_COUNT_MAX + 1 }, (_, index) => `f${index}`);
    const user = Object.fromEntries(fields.map((name) => [name, 1]));
    expect(evaluateThrice(fields.map((name) => `user.${name}`).join(" == 1 && ").concat(" == 1"), { user })).toBe(true);
  });

  test("fields of elements beyond those that are read one by one", () => {
    const fields = Array.from({ length: 17 }, (_, index) => `f${index}`);
    const item = Object.fromEntries(fields.map((name) => [name, 1]));
    expect(evaluateThrice(`items.all(i, ${fields.map((name) => `i.${name} == 1`).join(" && ")})`, { items: [item, item] })).toBe(true);
  });

  test("objects that never fit are taken whole", () => {
    const compiled = open("user.a == null ? 'none' : 'some'");
    for (let count = 0; count < 60; count += 1) expect(compiled.evaluate({ user: new Map([["a", 1]]) })).toBe("some");
    for (let count = 0; count < 60; count += 1) expect(compiled.evaluate({ user: { a: null } })).toBe("none");
  });
});

describe("evaluateJson", () => {
  test("takes a text or bytes", () => {
    const compiled = open('user.name == "Zoë" && user.tags.exists(t, t == "a")');
    const json = JSON.stringify({ user: { name: "Zoë", tags: ["b", "a"] } });
    for (let count = 0; count < 3; count += 1) {
      expect(compiled.evaluateJson(json)).toBe(true);
      expect(compiled.evaluateJson(new TextEncoder().encode(json))).toBe(true);
    }
  });

  test("refuses what is no JSON of an object", () => {
    const compiled = open("user");
    for (const bad of ["{", "1", "null", new Uint8Array([0xff])]) expect(() => compiled.evaluateJson(bad)).toThrow(expect.objectContaining({ code: "expression/invalid-call" }));
    expect(() => compiled.evaluateJson(1 as unknown as string)).toThrow(expect.objectContaining({ code: "expression/invalid-call" }));
  });
});
