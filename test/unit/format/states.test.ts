// Which states a diagram has, of what kind, and which stands in which.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import { findingsOf, read, statesOf, transitionsOf } from "./reading.js";

test("start and end have the id of their scope", () => {
  const definition = read("[*] --> A", "A --> [*]", "state A {", "[*] --> x", "x --> [*]", "}");
  expect(statesOf(definition)).toEqual(["root_start:start", "A:composite", "A/A_start:start", "A/x:state", "A/A_end:end", "root_end:end"]);
  expect(transitionsOf(definition)).toEqual(["root_start>A", "A>root_end", "A_start>x", "x>A_end"]);
});

test("states stand in the order of the text, parents before children", () => {
  expect(statesOf(read("[*] --> B", "B --> A", "state A {", "[*] --> inner", "}", "B --> C"))).toEqual([
    "root_start:start",
    "B:state",
    "A:composite",
    "A/A_start:start",
    "A/inner:state",
    "C:state",
  ]);
});

test("regions have a start each", () => {
  const definition = read("[*] --> A", "state A {", "[*] --> x", "--", "[*] --> y", "y --> [*]", "--", "[*] --> z", "}");
  expect(statesOf(definition)).toEqual([
    "root_start:start",
    "A:parallel",
    "A/A_region_1:region",
    "A_region_1/A_region_1_start:start",
    "A_region_1/x:state",
    "A/A_region_2:region",
    "A_region_2/A_region_2_start:start",
    "A_region_2/y:state",
    "A_region_2/A_region_2_end:end",
    "A/A_region_3:region",
    "A_region_3/A_region_3_start:start",
    "A_region_3/z:state",
  ]);
});

test("choice, fork and join, before or after their use", () => {
  expect(statesOf(read("state c <<choice>>", "[*] --> c", "c --> f", "state f <<fork>>", "state j [[join]]"))).toEqual([
    "c:choice",
    "root_start:start",
    "f:fork",
    "j:join",
  ]);
});

test("descriptions, notes, classes, directions and styles are kept for the drawing", () => {
  const definition = read(
    "direction LR",
    "[*] --> A",
    'state "First" as A : more',
    "A : third",
    "note left of A : a note",
    "note right of A",
    "two",
    "lines",
    "end note",
    "class A big",
    "A:::red --> B",
    "classDef big fill:#fff",
    "state C {",
    "direction RL",
    "[*] --> d",
    "}",
  );
  const a = definition.states.find(({ id }) => id === "A");
  expect(a).toMatchObject({
    descriptions: ["First", "more", "third"],
    notes: [
      { side: "left", text: "a note" },
      { side: "right", text: "two\nlines" },
    ],
  });
  expect(a?.classes).toEqual(["red", "big"]);
  expect(definition.direction).toBe("LR");
  expect(definition.states.find(({ id }) => id === "C")?.direction).toBe("RL");
  expect(definition.styles).toEqual({ big: "fill:#fff" });
});

test("a state belongs to the last composite that names it", () => {
  expect(statesOf(read("[*] --> x", "state A {", "[*] --> x", "}"))).toEqual([
    "root_start:start",
    "A:composite",
    "A/x:state",
    "A/A_start:start",
  ]);
  const lines = ["[*] --> A", "state A {", "[*] --> x", "}", "A --> B", "state B {", "[*] --> x", "}"];
  expect(statesOf(read(...lines)).filter((state) => state.includes("x:"))).toEqual(["B/x:state"]);
  expect(findingsOf(["stateDiagram-v2", ...lines].join("\n"))).toContain("parse/moved-state@8:9");
});

describe("trees that cannot be", () => {
  test.each([
    ["within itself", "[*] --> A\nstate A {\n[*] --> A\n}", "parse/cyclic-nesting"],
    ["within each other", "[*] --> A\nstate A {\n[*] --> B\n}\nstate B {\n[*] --> A\n}", "parse/cyclic-nesting"],
    ["choice and composite", "[*] --> A\nstate A <<choice>>\nstate A {\n[*] --> x\n}", "parse/conflicting-kind"],
    ["a region without states", "[*] --> A\nstate A {\n[*] --> x\n--\n}", "parse/empty-region"],
    ["states outside of the regions", "[*] --> A\nstate A {\n[*] --> x\n--\n[*] --> y\n}\nstate A {\nz --> x\n}", "parse/mixed-regions"],
  ])("%s", (_, lines, code) => {
    const codes = parseWorkflow(`stateDiagram-v2\n${lines}`).findings.map((finding) => finding.code);
    expect(codes).toContain(code);
  });
});

test("names of objects are names like any other", () => {
  expect(statesOf(read("[*] --> __proto__", "__proto__ --> constructor", "constructor --> toString"))).toEqual([
    "root_start:start",
    "__proto__:state",
    "constructor:state",
    "toString:state",
  ]);
});
