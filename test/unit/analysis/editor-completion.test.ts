// Every completion, put where it says, reads on: the text before the cursor is a beginning that parses as far as it goes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMPLETION_COUNT_MAX } from "../../../src/analysis/editor/completion-offers.js";
import { completeExpression } from "../../../src/analysis/editor/completion.js";
import { FUNCTION_TEXTS } from "../../../src/analysis/editor/function-texts.js";
import { hoverExpression } from "../../../src/analysis/editor/hover.js";
import { findSignature } from "../../../src/analysis/editor/signature-help.js";
import { diagnoseExpression } from "../../../src/analysis/editor/diagnostics.js";
import { formatExpression } from "../../../src/analysis/editor/format.js";
import { readReferences } from "../../../src/analysis/editor/references.js";
import { ALL_FUNCTIONS } from "../../../src/expression/checker/library.js";
import { parseExpression } from "../../../src/expression/parser.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { EXPRESSION_TEXTS } from "../../fuzz/corpus.js";
import { anyText, everything } from "./expressions.js";

const options = {
  variables: {
    user: { fields: { name: "string", age: "number", "zip-code": "string", tags: { list: "string" } }, name: "User" },
    items: { list: { fields: { price: "double", name: "string" } } },
    count: "int",
    when: "timestamp",
  },
  functions: { "score(string) -> double": () => 1, "string.slug() -> string": (text: string) => text, "geo.distance(double, double) -> double": () => 0 },
  constants: { LIMIT: { type: "int", value: 3 } },
  documentation: { user: "Who asks.", "user.age": "In years.", score: "How good." },
} as const;

function labels(marked: string, given: Parameters<typeof completeExpression>[2] = options): string[] {
  const at = marked.indexOf("|");
  return completeExpression(marked.replace("|", ""), at, given).map(({ label }) => label);
}

/** The text with the completion, and whether it reads on: nothing is wrong before the place where it was put ends. */
function readsOn(source: string, { start, end, insert, cursor }: ReturnType<typeof completeExpression>[number]): string | undefined {
  const text = source.slice(0, start) + insert + source.slice(end);
  const { findings } = parseExpression(text);
  const before = parseExpression(source.slice(0, start) + "x").findings.filter(({ place }) => place.end <= start).length;
  const wrong = findings.filter(({ place, code }) => place.start < start + cursor - 1 && place.start >= start && code !== "expression/invalid-macro");
  return wrong.length === 0 || before > 0 ? undefined : `${text}: ${wrong[0]?.message}`;
}

test("every completion of 1,000 random prefixes reads on", () => {
  fc.assert(
    fc.property(anyText, fc.nat(), (text, place) => {
      const at = place % (text.length + 1);
      for (const completion of completeExpression(text.slice(0, at), at, { sampleContext: everything })) expect(readsOn(text.slice(0, at), completion)).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test("every prefix of the corpus is answered, whatever it is", () => {
  for (const text of EXPRESSION_TEXTS.slice(0, 800)) {
    const at = Math.floor(text.length * 0.7);
    const source = text.slice(0, at);
    expect(completeExpression(source, at, options).length).toBeLessThanOrEqual(COMPLETION_COUNT_MAX);
    hoverExpression(source, at, options);
    findSignature(source, at, options);
    diagnoseExpression(source, options);
    readReferences(source, options);
  }
});

describe("what is offered", () => {
  test("fields of declared types, then methods that take the value", () => {
    expect(labels("user.|").slice(0, 4)).toEqual(["age", "name", "tags", "zip-code"]);
    expect(labels("user.na|")).toEqual(["name"]);
    expect(labels("user.name.|")).toContain("slug");
    expect(labels("user.name.|")).not.toContain("getHours");
    expect(labels("when.get|")).toContain("getHours");
    expect(labels("count.|")).toEqual([]);
  });
  test("the element of a macro, typed, while its brackets are open", () => {
    expect(labels("items.exists(i, i.|")).toEqual(["name", "price"].concat(labels("items.exists(i, i.|").slice(2)));
    expect(labels("items.exists(i, |").slice(0, 1)).toEqual(["i"]);
    expect(labels("items.filter(i, i.price > 1).map(j, j.pr|")).toEqual(["price"]);
    expect(labels("cel.bind(u, user, u.|").slice(0, 2)).toEqual(["age", "name"]);
    expect(labels("items.exists(|")).toEqual([]);
  });
  test("names where a value begins", () => {
    expect(labels("a && us|")).toEqual(["user"]);
    expect(labels("|")).toEqual(expect.arrayContaining(["user", "items", "LIMIT", "size", "score", "has", "true", "geo", "math"]));
    expect(labels("geo.|")).toEqual(["distance"]);
    expect(labels("math.a|")[0]).toBe("abs");
    expect(labels("count |")).toEqual(["in"]);
  });
  test("nothing within strings, numbers and comments", () => {
    for (const text of ["'us|'", "'us|", "12|", "a // us|", "b'u|'"]) expect(labels(text)).toEqual([]);
  });
  test("fields of a sample", () => {
    const sample = { sampleContext: { order: { lines: [{ sku: "a" }, { qty: 2 }] }, "not a name": 1 } };
    expect(labels("order.lines.all(l, l.|", sample).slice(0, 2)).toEqual(["qty", "sku"]);
    expect(labels("|", sample)).not.toContain("not a name");
  });
  test("how it is put", () => {
    const [call] = completeExpression("user.name.starts && x", 16, options);
    expect(call).toMatchObject({ label: "startsWith", kind: "method", insert: "startsWith()", cursor: 11, start: 10, end: 16, detail: "string.startsWith(string) -> bool" });
    const macro = completeExpression("items.exi", 9, options)[0];
    expect(macro).toMatchObject({ kind: "macro", insert: "exists(item, )", cursor: 13 });
    expect(completeExpression("user.zi", 7, options)[0]?.insert).toBe("`zip-code`");
    expect(completeExpression("sco(1)", 3, options)[0]?.insert).toBe("score");
    expect(completeExpression("us", 2, options)[0]).toMatchObject({ detail: "{name: string, age: number, zip-code: string, tags: list(string)}", documentation: "Who asks." });
  });
});

describe("hover", () => {
  const over = (marked: string) => hoverExpression(marked.replace("|", ""), marked.indexOf("|"), options);
  test.each([
    ["us|er.age", { kind: "variable", type: "{name: string, age: number, zip-code: string, tags: list(string)}", path: "user", documentation: "Who asks." }],
    ["user.a|ge + 1", { kind: "field", type: "number", path: "user.age", documentation: "In years.", start: 5, end: 8 }],
    ["user.name.sub|string(1)", { kind: "method", type: "string", signatures: ["string.substring(int) -> string"] }],
    ["items.ex|ists(i, i.price > 1)", { kind: "macro", type: "bool" }],
    ["items.exists(i|, i.price > 1)", { kind: "variable", type: "{price: double, name: string}" }],
    ["items.exists(i, i.pr|ice > 1)", { kind: "field", type: "double" }],
    ["ma|th.abs(1)", { kind: "namespace" }],
    ["math.a|bs(1)", { kind: "function", name: "math.abs" }],
    ["1.|5 > 2", { kind: "literal", type: "double" }],
    ["LI|MIT", { kind: "constant", type: "int" }],
    ["a i|n b", { kind: "keyword", name: "in" }],
    ["has(user.na|me)", { kind: "field", type: "string", path: "user.name" }],
  ])("%s", (marked, wanted) => expect(over(marked)).toMatchObject(wanted));
  test("nothing over space and operators", () => {
    expect(over("a  |  + b")).toBeUndefined();
    expect(hoverExpression("", 0)).toBeUndefined();
  });
});

describe("signature help", () => {
  const help = (marked: string) => findSignature(marked.replace("|", ""), marked.indexOf("|"), options);
  test("the innermost call, its overloads and the argument", () => {
    expect(help("user.name.substring(1, |")).toMatchObject({ name: "substring", activeSignature: 1, activeParameter: 1 });
    expect(help("size(user.name.replace('a', 'b'), |")).toMatchObject({ name: "size", activeParameter: 1 });
    expect(help("geo.distance(|")).toMatchObject({ name: "distance", signatures: [{ label: "geo.distance(double, double) -> double", parameters: [{ start: 13, end: 19 }, { start: 21, end: 27 }] }] });
    expect(help("items.exists(i, |")).toMatchObject({ name: "exists", activeParameter: 1 });
    expect(help("math.greatest(1, |")?.signatures[0]?.label).toBe("math.greatest(number, …) -> number");
    expect(help("(a + |b)")).toBeUndefined();
    expect(help("foo(|")).toBeUndefined();
  });
});

test("every function of CEL has a text, and no other", () => {
  expect(Object.keys(FUNCTION_TEXTS).sort()).toEqual(ALL_FUNCTIONS.names.sort());
});

describe("hostile input", () => {
  const texts = ["(".repeat(10_000), "a.".repeat(5_000), `${"a + ".repeat(9_000)}a`, "[".repeat(300), "\ud800", "'\udc00", "x.\u0000", "a".repeat(70_000), "//".repeat(100), "`".repeat(9), "{".repeat(99)];
  test.each(texts.map((text) => [text.slice(0, 12), text]))("%s…", (_, text) => {
    for (const at of [0, 3, text.length, text.length + 9, -1]) {
      expect(Array.isArray(completeExpression(text, at, options))).toBe(true);
      hoverExpression(text, at, options);
      findSignature(text, at, options);
    }
    expect(Array.isArray(diagnoseExpression(text, options))).toBe(true);
    expect(Array.isArray(readReferences(text, options))).toBe(true);
    expect(typeof formatExpression(text)).toBe("string");
  });
  test("arguments of other types", () => {
    const calls = [
      () => completeExpression(null as never, 0),
      () => completeExpression("a", Number.NaN),
      () => completeExpression("a", 0, null as never),
      () => hoverExpression("a", "1" as never),
      () => diagnoseExpression(5 as never),
      () => readReferences("a", { variables: [] as never }),
      () => formatExpression("a", { lineWidth: 3 }),
      () => diagnoseExpression("a", { variables: { a: "nothing" } }),
    ];
    for (const call of calls) {
      try {
        call();
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(WorkflowError);
        expect((error as WorkflowError).code).toMatch(/^expression\/invalid-(call|declaration)$/);
      }
    }
  });
  test("a sample that holds itself, and one that throws", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const sampleContext = { loop, get bad(): unknown { throw new Error("no"); } };
    expect(labels("loop.self.se|", { sampleContext })).toEqual(["self"]);
  });
});
