import { beforeAll, describe, expect, test } from "vitest";
import { ExpressionError } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import type { ExpressionScope } from "../../../src/expression/emitter.js";
import { readTemplate } from "../../../src/expression/template.js";
import { emitValue, TEMPLATE_PART_COUNT_MAX } from "../../../src/expression/value-source.js";
import { ExpressionKernel } from "../../../src/kernel/context.js";
import { compileKernel, instantiateKernel } from "../../../src/kernel/instance.js";
import type { ExpressionSource, TypeName, ValueSource } from "../../../src/model/definition.js";
import { locate } from "../../../src/model/errors.js";
import { encodeValue } from "../../../src/model/value.js";

let kernel: ExpressionKernel;
beforeAll(async () => {
  kernel = new ExpressionKernel(await instantiateKernel(await compileKernel()));
});

const variables: Readonly<Record<string, TypeName>> = { name: "string", total: "number", order: "map" };
const context = { name: "Ada", total: 12.5, order: { id: "A-1", lines: [1, 2] } };
const slotNames = Object.keys(variables);
const scope: ExpressionScope = {
  slotOf: (name) => (slotNames.includes(name) ? slotNames.indexOf(name) : undefined),
  typeOf: (name) => variables[name],
};

/** A value as a format would make it from `text`, a template in its own document. */
function template(text: string): ValueSource {
  const parts = readTemplate(text).parts.map((part) =>
    typeof part === "string" ? part : { text: part.text, place: locate(text, part.start, part.end) },
  );
  return { kind: "template", parts, place: locate(text, 0, text.length) };
}

function source(text: string): ExpressionSource {
  return { text, place: locate(text, 0, text.length) };
}

const place = locate("", 0);

function evaluate(value: ValueSource): unknown {
  const { code, findings } = emitValue(value, scope);
  expect(findings).toEqual([]);
  const program = kernel.loadProgram(layOutExpressions([code], slotNames));
  const slots = kernel.createContext(slotNames.length);
  Object.values(context).forEach((item, slot) => {
    kernel.setSlot(slots, slot, encodeValue(item));
  });
  const cell = kernel.evaluate(kernel.expression(program, 0), slots);
  const result = kernel.error(cell) ?? kernel.value(cell);
  kernel.destroyContext(slots);
  kernel.unloadProgram(program);
  return result;
}

describe("values of a definition", () => {
  test.each<[string, string]>([
    ["Hello ${name}!", "Hello Ada!"],
    ["${total} for {{ order.id }}", "12.5 for A-1"],
    ["${total}", "12.5"],
    ["plain", "plain"],
    ["", ""],
    ["${order.lines} ${null} ${true}", "[1,2] null true"],
    ["${'}'}${name + '!'}", "}Ada!"],
  ])("the template %j", (text, expected) => {
    expect(evaluate(template(text))).toBe(expected);
  });

  test("an expression keeps its type", () => {
    expect(evaluate({ kind: "expression", expression: source("total * 2") })).toBe(25);
    expect(evaluate({ kind: "expression", expression: source("order") })).toEqual(context.order);
  });

  test.each([[null], [true], [3], [-0.5], ["text"], [[1, [2]]], [{ a: { b: null } }], [new Date(5)], [new Uint8Array([1, 2])]])(
    "the literal %j",
    (value) => {
      expect(evaluate({ kind: "literal", value, place })).toEqual(value);
    },
  );

  test("a map of all of them, nested", () => {
    const value: ValueSource = {
      kind: "map",
      place,
      entries: [
        { key: "id", value: { kind: "expression", expression: source("order.id") } },
        { key: "text", value: template("${name}: ${total}") },
        { key: "fixed", value: { kind: "literal", value: [1], place } },
        {
          key: "inner",
          value: { kind: "map", place, entries: [{ key: "n", value: { kind: "expression", expression: source("size(name)") } }] },
        },
        { key: "none", value: { kind: "map", place, entries: [] } },
      ],
    };
    expect(evaluate(value)).toEqual({ id: "A-1", text: "Ada: 12.5", fixed: [1], inner: { n: 3 }, none: {} });
  });

  test("a list of values, whose first failure is its own", () => {
    const expression = (text: string): ValueSource => ({ kind: "expression", expression: source(text) });
    const fixed: ValueSource = { kind: "literal", value: "b", place };
    const list = (...elements: ValueSource[]): ValueSource => ({ kind: "list", elements, place });
    expect(evaluate(list(expression("order.id"), fixed, list(expression("size(name)")), list()))).toEqual(["A-1", "b", [3], []]);
    expect(evaluate(list(fixed, expression("1 / (size(name) - size(name))"), expression("order.none")))).toMatchObject({ error: ExpressionError.DIVIDE_BY_ZERO });
  });

  test("findings stand where the expression stands in the document", () => {
    const document = 'Log: "${total +} and ${nobody}"';
    const text = "${total +} and ${nobody}";
    const base = document.indexOf("${");
    const parts = readTemplate(text).parts.map((part) =>
      typeof part === "string" ? part : { text: part.text, place: locate(document, base + part.start, base + part.end) },
    );
    const { findings } = emitValue({ kind: "template", parts, place: locate(document, base, base + text.length) }, scope, { document });
    expect(findings.map(({ code, place: at }) => [code, at.column, document.slice(at.start, at.end)])).toEqual([
      ["expression/unexpected-token", 16, ""],
      ["expression/undeclared-variable", 24, "nobody"],
    ]);
    expect(findings[0]?.place.snippet).toBe(`${document}\n${" ".repeat(15)}^`);
  });

  test("an expected type is asked for", () => {
    const value: ValueSource = { kind: "expression", expression: source("total + 1") };
    expect(emitValue(value, scope, { expected: "bool" }).findings).toMatchObject([{ code: "expression/no-such-overload" }]);
    expect(emitValue(value, scope, { expected: "number" }).findings).toEqual([]);
  });

  test("a template with too many parts is refused", () => {
    const { findings } = emitValue(template("${name} ".repeat(TEMPLATE_PART_COUNT_MAX)), scope);
    expect(findings.map(({ code }) => code)).toEqual(["expression/too-large"]);
  });

  test("spans are offsets from the value's place", () => {
    const text = "a ${total > 1} ${order.id}";
    const { code } = emitValue(template(text), scope);
    const spans = Array.from({ length: code.instructionCount }, (_, index) => text.slice(code.spans[index * 2], code.spans[index * 2 + 1]));
    expect(spans).toContain("total > 1");
    expect(spans).toContain("order.id");
  });
});
