import { describe, expect, test } from "vitest";
import { Op, REGISTER_COUNT_MAX } from "../../../assembly/abi.js";
import { MAP_ENTRY_COUNT_MAX } from "../../../src/expression/collection-emitter.js";
import { emitExpression, type EmitOptions, type ExpressionScope } from "../../../src/expression/emitter.js";
import { parseExpression } from "../../../src/expression/parser.js";
import type { TypeName } from "../../../src/model/definition.js";
import type { ExpressionCode } from "../../../src/model/program.js";

const variables: Readonly<Record<string, TypeName>> = {
  total: "number",
  name: "string",
  ok: "bool",
  items: "list",
  user: "map",
  at: "timestamp",
  any: "any",
  count: "int",
};

function createScope(options: Partial<ExpressionScope> = {}): ExpressionScope {
  const slots = Object.keys(variables);
  return {
    slotOf: (name) => (slots.includes(name) ? slots.indexOf(name) : slots.push(name) - 1),
    typeOf: (name) => variables[name],
    ...options,
  };
}

function emit(text: string, scope: ExpressionScope = createScope(), options: EmitOptions = {}) {
  const { ast, findings } = parseExpression(text, { sizeMax: 1_000_000 });
  expect(findings).toEqual([]);
  return emitExpression(ast, scope, { text, ...options });
}

function codes(text: string, scope?: ExpressionScope): string[] {
  return emit(text, scope).findings.map(
    ({ code, severity, place }) => `${severity === "warning" ? "?" : ""}${code.replace("expression/", "")}@${place.start}`,
  );
}

function opsOf({ code, instructionCount }: ExpressionCode): string[] {
  const words = new Int32Array(code.buffer);
  return Array.from({ length: instructionCount }, (_, index) => Op[(words[index * 4] as number) & 0xffff] as string);
}

describe("mistakes of type", () => {
  test.each([
    ['total > "x"', ["no-such-overload@6"]],
    ['1 + "a"', ["no-such-overload@2"]],
    ["1 + 2u", ["no-such-overload@2"]],
    ["1 + 2.0", ["no-such-overload@2"]],
    ["-name", ["no-such-overload@0"]],
    ["!total", ["no-such-overload@0"]],
    ["name && ok", ["no-such-overload@0"]],
    ["ok || total", ["no-such-overload@6"]],
    ["total ? 1 : 2", ["no-such-overload@0"]],
    ["name.length", ["no-such-overload@0"]],
    ["total[0]", ["no-such-overload@0"]],
    ["items['a']", ["no-such-overload@6"]],
    ["1 in name", ["no-such-overload@2"]],
    ["1.5 % 2.0", ["no-such-overload@4"]],
    ["items < items", ["no-such-overload@6"]],
    ["at + at", ["no-such-overload@3"]],
    ["size(total)", ["no-such-overload@0"]],
    ["size()", ["no-such-overload@0"]],
    ["size(name, name)", ["no-such-overload@0"]],
    ["name.contains(1)", ["no-such-overload@5"]],
    ["name.all(x, x)", ["no-such-overload@0"]],
    ["frobnicate(1)", ["unknown-function@0"]],
    ["name.toLowerCase()", ["unknown-function@5"]],
    ["contains(name, 'a')", ["unknown-function@0"]],
    ["name.int()", ["unknown-function@5"]],
    ['(1 + "a") + (2 + "b")', ["no-such-overload@3", "no-such-overload@15"]],
    ["nobody + 1", ["?undeclared-variable@0"]],
  ])("%s", (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test.each([
    "total > 1",
    "total + 1",
    "total + 1.5",
    "total / 2u",
    "1 == 'a'",
    "any + name",
    "any > 1",
    "name + 'x'",
    "at + duration('1s')",
    "at - at > duration('1s')",
    "1 < 2.0",
    "user.name.first",
    "user['a']",
    "items[0].x",
    "1 in items",
    "'a' in user",
    "size(name) + name.size()",
    "items.map(x, x * 2)[0]",
    "type(total) == int",
    "google.protobuf.Timestamp == type(at)",
    "ok ? 1 : 'a'",
    "now > at",
    "total in [1, 2]",
    "items.filter(x, x > total).size() > 0",
    "-total",
    "count % 2 == 0",
  ])("%s is sound", (text) => {
    expect(codes(text)).toEqual([]);
  });

  test("are left to run time in an unchecked scope", () => {
    const scope = createScope({ isChecked: false });
    expect(codes('1 + "a" || frobnicate() && size()', scope)).toEqual([]);
  });

  test("an expected type", () => {
    expect(emit("total + 1", undefined, { expected: "bool" }).findings).toMatchObject([{ code: "expression/no-such-overload" }]);
    expect(emit("any", undefined, { expected: "bool" }).findings).toEqual([]);
    expect(emit("total > 1", undefined, { expected: "bool" }).findings).toEqual([]);
  });

  test("a name that cannot be", () => {
    expect(codes("nobody", createScope({ slotOf: () => undefined, typeOf: () => undefined }))).toEqual(["undeclared-variable@0"]);
  });

  test("an open scope knows no undeclared names", () => {
    expect(codes("nobody.x > 1", createScope({ isOpen: true }))).toEqual([]);
  });
});

describe("what is not there yet is said to be so", () => {
  test.each(["Message{field: 1}"])("%s", (text) => {
    expect(emit(text).findings.map(({ code }) => code)).toContain("expression/unsupported");
  });

  test("a variable named like a library is a variable", () => {
    expect(codes("math.startsWith('a') && lists.size() > 0", createScope({ isOpen: true }))).toEqual([]);
  });
});

describe("code", () => {
  test.each([
    ["total > 10", ["GT", "RETURN"]],
    ["ok", ["RETURN"]],
    ["user.age >= 18 && user.country in ['DE', 'FR']", ["FIELD", "GE_JUMP_FALSE", "FIELD", "IN", "AND", "RETURN"]],
    ["total > 1 || total < 0", ["GT_JUMP_TRUE", "LT", "OR", "RETURN"]],
    ["[1, 2, [3]]", ["RETURN"]],
    ["{'a': 1, 'b': [2]}", ["RETURN"]],
    ["{1: 1, 1u: 2}", ["MOVE", "MOVE", "MOVE", "MOVE", "MAKE_MAP", "RETURN"]],
    ["a.b.c + 1", ["FIELD", "FIELD", "ADD", "RETURN"]],
    ["has(a.b)", ["HAS_FIELD", "RETURN"]],
  ])("of %s", (text, ops) => {
    expect(opsOf(emit(text, createScope({ isOpen: true })).code)).toEqual(ops);
  });

  test("the predicate of a loop jumps back by itself", () => {
    const ops = opsOf(emit("items.exists(x, x > 1 && x < 5)").code);
    expect(ops.slice(ops.indexOf("ITER_NEXT"))).toEqual([
      "ITER_NEXT",
      "GT_JUMP_FALSE",
      "LT_JUMP_FALSE",
      "AND",
      "OR",
      "JUMP_TRUE",
      "JUMP",
      "LEAVE",
      "RETURN",
    ]);
  });

  test("equal constants and keys are kept once", () => {
    const { code } = emit("any.a + any.a + 'x' + 'x' + 1 + 1 + 1.0 + 1u");
    expect(code.keys).toEqual(["a"]);
    expect(code.constantCount).toBe(4);
  });

  test("also where there are more of them than are searched one by one", () => {
    const constants = Array.from({ length: 40 }, (_, index) => ` + ${index} + ${index}.0 + "${index}" + [${index}][0]`).join("");
    const fields = Array.from({ length: 40 }, (_, index) => ` + any.f${index}`).join("");
    const { code } = emit(`any${constants}${constants}${fields}${fields}`);
    expect(code.constantCount).toBe(4 * 40);
    expect(code.keys).toEqual(Array.from({ length: 40 }, (_, index) => `f${index}`));
  });

  test("0.0 and -0.0 are two constants, and so are 1, 1u and true", () => {
    expect(emit("[any, 0.0, -0.0, 1, 1u, true]").code.constantCount).toBe(5);
  });

  test("every instruction knows where it comes from", () => {
    const text = "total > 10 && user.age < 3";
    const { code } = emit(text);
    expect(code.spans).toHaveLength(code.instructionCount * 2);
    const spans = Array.from({ length: code.instructionCount }, (_, index) => text.slice(code.spans[index * 2], code.spans[index * 2 + 1]));
    expect(spans).toContain("user.age");
    expect(spans).toContain("total > 10");
  });
});

describe("limits", () => {
  test("a long sum and a long && need no deep stack", () => {
    expect(codes(`total${" + total".repeat(20_000)} > 0`)).toEqual([]);
    expect(codes(`ok${" && ok".repeat(20_000)}`)).toEqual([]);
  });

  test("more constants than an operand can name", () => {
    expect(codes(`any${Array.from({ length: 17_000 }, (_, index) => ` + ${index}`).join("")}`)).toEqual(["too-large@0"]);
  });

  test("more entries than a map literal may have", () => {
    const entries = Array.from({ length: MAP_ENTRY_COUNT_MAX + 1 }, (_, index) => `'k${index}': any`).join(", ");
    expect(codes(`{${entries}}`)).toEqual(["too-large@0"]);
  });

  test("a long list is built without registers for each item", () => {
    const { code, findings } = emit(`[${"any, ".repeat(10_000)}any]`);
    expect(findings).toEqual([]);
    expect(code.registerCount).toBeLessThan(10);
    expect(code.registerCount).toBeLessThan(REGISTER_COUNT_MAX);
  });
});
