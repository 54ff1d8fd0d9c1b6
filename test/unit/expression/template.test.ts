import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTemplate } from "../../../src/expression/template.js";

const read = (text: string) => readTemplate(text).parts.map((part) => (typeof part === "string" ? part : { [part.text]: part.start }));

describe("templates", () => {
  test.each([
    ["", []],
    ["plain", ["plain"]],
    ["${x}", [{ x: 2 }]],
    ["{{ x }}", [{ x: 3 }]],
    ["a ${ b.c } d{{e}}f", ["a ", { "b.c": 5 }, " d", { e: 14 }, "f"]],
    ["${{'a': 1}.a}!", [{ "{'a': 1}.a": 2 }, "!"]],
    ["${'}' + \"}}\"}", [{ "'}' + \"}}\"": 2 }]],
    ["{{ {'k': {}} }}", [{ "{'k': {}}": 3 }]],
    ["\\${x} \\{{y}}", ["${x} {{y}}"]],
    ["{x} $x {", ["{x} $x {"]],
    ["$${x}", ["$", { x: 3 }]],
  ])("%j", (text, parts) => {
    expect(read(text)).toEqual(parts);
  });

  test("an opening without an end is a finding and stays text", () => {
    const { parts, findings } = readTemplate("total: ${a + 'b}");
    expect(parts).toEqual(["total: ${a + 'b}"]);
    expect(findings).toMatchObject([{ code: "expression/unterminated-template", place: { start: 7, column: 8 } }]);
  });

  test("literals and expressions add up to the text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom("a", " ", "é"), fc.constantFrom("x", "1 + 2", "m['}']")), { maxLength: 8 }),
        (pieces) => {
          const text = pieces.map((piece, index) => (index % 2 === 0 ? piece : `\${${piece}}`)).join("");
          const { parts, findings } = readTemplate(text);
          expect(findings).toEqual([]);
          expect(
            parts
              .map((part) => (typeof part === "string" ? part : `\${${part.text}}`))
              .join("")
              .replaceAll(" ", ""),
          ).toBe(text.replaceAll(" ", ""));
        },
      ),
    );
  });
});
