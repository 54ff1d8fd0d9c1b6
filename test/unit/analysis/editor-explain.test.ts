// An explanation's values are the engine's: the root's is what evaluating gives, and what is skipped was never needed.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { EXPLAIN_ELEMENT_COUNT_MAX, EXPLAIN_PART_COUNT_MAX, type ExplainedPart } from "../../../src/analysis/editor/explain.js";
import { explainExpression } from "../../../src/create-editor.js";
import { compileAnew, loadExpressions } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeValue, encodeExact } from "../../../src/model/value.js";
import { makeProgram, printProgram } from "../../differential/cel/program.js";
import { anyText, everything } from "./expressions.js";

beforeAll(async () => {
  await loadExpressions();
});

const now = Date.UTC(2026, 0, 31);

function evaluate(text: string, context: Readonly<Record<string, unknown>>, isStrict: boolean): unknown {
  try {
    const expression = compileAnew(text, { isStrict });
    try {
      const { value, cost } = expression.evaluateWithCost(context, { now });
      return { value, cost };
    } finally {
      expression.dispose();
    }
  } catch (error) {
    return { error: error instanceof WorkflowError ? error.code : String(error) };
  }
}

function explain(text: string, context: Readonly<Record<string, unknown>>, isStrict: boolean): unknown {
  try {
    const { status, value, cost, error } = explainExpression(text, context, { isStrict, now });
    expect(status === "value" || status === "error").toBe(true);
    return status === "value" ? { value, cost } : { error: error?.code };
  } catch (error) {
    return { error: error instanceof WorkflowError ? error.code : String(error) };
  }
}

function* partsOf(part: ExplainedPart): Generator<ExplainedPart> {
  yield part;
  for (const inner of part.parts) yield* partsOf(inner);
  for (const { parts } of part.elements ?? []) for (const inner of parts) yield* partsOf(inner);
}

/** Parts that stand outside of all macros that bind names. */
function* outerParts(part: ExplainedPart): Generator<ExplainedPart> {
  yield part;
  if (part.kind !== "bind" && part.kind !== "optMap") for (const inner of part.parts) yield* outerParts(inner);
}

test("2,000 random expressions over JSON", { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(explain(text, everything, false), text).toEqual(evaluate(text, everything, false));
    }),
    { numRuns: 2_000 },
  );
});

test("500 random programs of every type, in strict mode", { timeout: 300_000 }, () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const program = makeProgram(seed);
    const text = printProgram(program);
    const context = Object.fromEntries(Object.entries(program.context).map(([name, value]) => [name, decodeValue(encodeExact(value))]));
    expect(explain(text, context, true), text).toEqual(evaluate(text, context, true));
  }
});

test("each evaluated part has the value that its text has", { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if ("error" in (evaluate(text, everything, false) as object)) return;
      const root = explainExpression(text, everything, { now });
      // The body of a bind means something with its name only.
      for (const part of outerParts(root)) {
        if (part.status !== "value" || part.text.endsWith("…")) continue;
        expect({ value: part.value, cost: part.cost }, `${part.text} in ${text}`).toEqual(evaluate(part.text, everything, false));
      }
    }),
    { numRuns: 1_000 },
  );
});

describe("what it says", () => {
  const summarise = (part: ExplainedPart): string => `${part.text} = ${part.status === "value" ? JSON.stringify(part.value) : part.status === "error" ? part.error?.code : part.status}`;
  const tree = (text: string, context = {}) => [...partsOf(explainExpression(text, context, { now }))].map(summarise);

  test("what decides, and what is skipped", () => {
    expect(tree("a > 1 && b.c", { a: 0 })).toEqual(["a > 1 && b.c = false", "a > 1 = false", "a = 0", "1 = 1", "b.c = skipped", "b = skipped"]);
    expect(tree("a ? 1 / 0 : b", { a: true, b: 2 })).toEqual(["a ? 1 / 0 : b = expression/divide-by-zero", "a = true", "1 / 0 = expression/divide-by-zero", "1 = 1", "0 = 0", "b = skipped"]);
    expect(tree("x.y || true", {})).toEqual(["x.y || true = true", "x.y = expression/unknown-variable", "x = expression/unknown-variable", "true = true"]);
  });
  test("elements of a macro", () => {
    const root = explainExpression("items.exists(i, i.price > 9)", { items: [{ price: 3 }, { price: 12 }, { price: 1 }] }, { now });
    expect(root.elementCount).toBe(3);
    expect(root.elements?.map(({ names, parts }) => [names[0]?.name, parts[0]?.status, parts[0]?.value])).toEqual([["i", "value", false], ["i", "value", true], ["i", "skipped", undefined]]);
    const many = explainExpression("lists.range(1000).map(x, x * 2)", {}, { now });
    expect([many.elementCount, many.elements?.length]).toEqual([1000, EXPLAIN_ELEMENT_COUNT_MAX]);
  });
  test("types are those of the values: an int is no JSON number", () => {
    expect(explainExpression("[1].map(x, x / 2)[0]", {}, { now })).toMatchObject({ value: 0, type: "int" });
    expect(explainExpression("xs.map(x, x / 2)[0]", { xs: [1] }, { now })).toMatchObject({ value: 0.5 });
    expect(explainExpression("xs.map(x, x / 2)", { xs: [1] }, { now }).elements?.[0]?.parts[0]).toMatchObject({ value: 0.5 });
  });
  test("an element that has the name of a declared variable", () => {
    const root = explainExpression("xs.all(x, x > 1)", { xs: [2, 3], x: "text" }, { now, variables: { xs: "list", x: "string" } });
    expect(root.elements?.map(({ parts }) => parts[0]?.value)).toEqual([true, true]);
  });
  test("brackets belong to the part", () => {
    const root = explainExpression("(a + b) * c", { a: 1, b: 2, c: 3 }, { now });
    expect([root.place.start, root.place.end]).toEqual([0, 11]);
  });
  test("a long sum costs and gives what it does when it is evaluated at once", () => {
    const text = `${Array.from({ length: 40 }, (_, index) => `a.b * ${index} + ${index}`).join(" + ")} > 3`;
    const [sum] = explainExpression(text, { a: { b: 2.5 } }, { now }).parts;
    expect({ value: sum?.value, cost: sum?.cost }).toEqual(evaluate(text.slice(0, -4), { a: { b: 2.5 } }, false));
    const broken = explainExpression(`${"a + ".repeat(30)}1 / 0 + ${"a + ".repeat(30)}a > 1`, { a: 1n }, { now });
    expect(broken).toMatchObject({ status: "error", error: { code: "expression/divide-by-zero" } });
  });
  test("limits", () => {
    const long = explainExpression(Array.from({ length: 900 }, (_, index) => `a + ${index}`).join(" + "), { a: 1 }, { now });
    expect([...partsOf(long)].some(({ status }) => status === "cut")).toBe(true);
    expect([...partsOf(long)].filter(({ status }) => status !== "cut").length).toBeLessThanOrEqual(EXPLAIN_PART_COUNT_MAX);
  });
  test("what it refuses", () => {
    const codeOf = (call: () => unknown) => {
      try {
        call();
        return "";
      } catch (error) {
        return (error as WorkflowError).code;
      }
    };
    expect(codeOf(() => explainExpression("a +", {}))).toBe("expression/invalid");
    expect(codeOf(() => explainExpression("a", null as never))).toBe("expression/invalid-call");
    expect(codeOf(() => explainExpression("a", { a: () => 1 }))).toBe("value/unsupported");
  });
});
