// What is told of a workflow that can be read, but not run as it stands; and of texts that cannot be read.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import { findingsOf, textAt } from "./reading.js";

function findingsOfLines(...lines: string[]): string[] {
  return findingsOf(["stateDiagram-v2", ...lines].join("\n"));
}

describe("starts and ends", () => {
  test.each<[string, string[], string[]]>([
    ["no start", ["A --> B"], ["parse/no-start@1:1"]],
    ["a start that leads nowhere", ["[*]", "A --> B"], ["parse/no-start@2:1"]],
    ["two starts", ["[*] --> A", "[*] --> B"], ["parse/duplicate-start@3:1"]],
    ["two starts by condition", ["[*] --> A : [x > 1]", "[*] --> B"], []],
    ["an end that is left", ["[*] --> A", "A --> [*]", "root_end --> A"], ["parse/end-left@4:1"]],
    ["a start that waits", ["[*] --> A : go"], ["parse/start-trigger@2:1"]],
    ["a composite without a start", ["[*] --> C", "state C {", "x --> y", "}"], ["parse/no-start@2:9"]],
    ["a region without a start", ["[*] --> C", "state C {", "[*] --> x", "--", "y --> y", "}"], ["parse/no-start@6:1"]],
  ])("%s", (_, lines, expected) => {
    const found = findingsOfLines(...lines).filter((finding) => !finding.startsWith("parse/unreachable-state"));
    expect(found).toEqual(expected);
  });
});

describe("ways through", () => {
  test.each<[string, string[], string[]]>([
    ["a state that nothing leads to", ["[*] --> A", "B --> A"], ["parse/unreachable-state@3:1"]],
    ["only the outermost of them", ["[*] --> A", "state B {", "[*] --> x", "}"], ["parse/unreachable-state@3:7"]],
    ["a state that is reached from within another", ["[*] --> A", "state A {", "[*] --> x", "}", "x --> B"], []],
    ["a choice without default", ["[*] --> c", "state c <<choice>>", "c --> A : [x > 1]"], ["parse/choice-default@2:9"]],
    ["a choice with one", ["[*] --> c", "state c <<choice>>", "c --> A : [x > 1]", "c --> B"], []],
    ["a default that is not last", ["[*] --> c", "state c <<choice>>", "c --> A", "c --> B : [x > 1]"], ["parse/choice-shadowed@5:1"]],
    ["a choice that waits", ["[*] --> c", "state c <<choice>>", "c --> A : go", "c --> B"], ["parse/pseudo-trigger@4:1"]],
    ["a choice that leads nowhere", ["[*] --> c", "state c <<choice>>"], ["parse/choice-dead-end@2:9"]],
    ["a fork of one", ["[*] --> f", "state f <<fork>>", "f --> A"], ["parse/fork-branches@2:9"]],
    ["a join of one", ["[*] --> j", "state j <<join>>", "j --> A"], ["parse/join-branches@2:9"]],
  ])("%s", (_, lines, expected) => {
    expect(findingsOfLines(...lines)).toEqual(expected);
  });
});

describe("statements that are seldom meant", () => {
  test.each<[string, string[], string[]]>([
    ["two words", ["[*] --> A", "Two Words --> A"], ["parse/stray-text@3:1", "parse/unreachable-state@3:1", "parse/unreachable-state@3:5"]],
    ["a semicolon", ["[*] --> A;"], ["parse/stray-text@2:10"]],
    ["a brace that closes nothing", ["[*] --> A", "}"], ["parse/stray-text@3:1", "parse/unreachable-state@3:1"]],
    ["state and colon", ["[*] --> A", "state B: text"], ["parse/ignored-statement@3:7", "parse/ignored-statement@3:10"]],
    ["state of a known state", ["state A", "[*] --> A"], []],
  ])("%s", (_, lines, expected) => {
    expect(findingsOfLines(...lines)).toEqual(expected);
  });
});

describe("diagrams that Mermaid refuses", () => {
  test.each<[string, string[], string[]]>([
    ["a short arrow", ["[*] --> A", "A -> B"], ["parse/unexpected-token@3:3"]],
    ["a dash in an id", ["[*] --> a-b"], ["parse/unexpected-token@2:10"]],
    [
      "several mistakes, each found",
      ["[*] --> A", "A -> B", "A --> ", "A --> C", "note over A: x"],
      ["parse/unexpected-token@3:3", "parse/unexpected-token@5:3", "parse/unexpected-token@6:6"],
    ],
    ["two words with braces", ["[*] --> A", "state two words {", "}"], ["parse/state-name@3:7"]],
    ["a brace left open", ["[*] --> A", "state A {", "[*] --> x"], ["parse/unclosed-state@3:7"]],
    ["a note left open", ["[*] --> A", "note right of A", "x"], ["parse/unexpected-token@3:16"]],
    [
      "two descriptions of a composite",
      ["[*] --> A", "A : one", "A : two", "state A {", "[*] --> x", "}"],
      ["parse/composite-descriptions@5:7"],
    ],
  ])("%s", (_, lines, expected) => {
    expect(findingsOfLines(...lines)).toEqual(expected);
  });
});

describe("texts without a diagram", () => {
  test.each<[string, string, string[]]>([
    ["nothing", "", ["parse/no-diagram@1:1"]],
    ["prose", "# Title\n\nText.\n", ["parse/no-diagram@1:1"]],
    ["another block", "```js\nstateDiagram-v2\n```\n", ["parse/no-diagram@1:1"]],
    ["another diagram", "```mermaid\nflowchart LR\nA --> B\n```\n", ["parse/no-diagram@2:1"]],
  ])("%s", (_, text, expected) => {
    expect(findingsOf(text).slice(0, 1)).toEqual(expected);
  });

  test("a block that nothing closes", () => {
    expect(findingsOf("text\n\n```mermaid\nstateDiagram-v2\n[*] --> A\n")).toEqual(["parse/open-block@3:1"]);
  });
});

test("places count in the whole text, whatever is cut out before reading", () => {
  const text =
    "---\nname: x\n---\r\n# T\r\n\r\n```mermaid\r\n%% first\r\nstateDiagram-v2\r\n\r\n  %% remark\r\n  [*] --> A\r\n  A --> B : [x > ] %%{wrap}%%\r\n```\r\n";
  const { definition, findings } = parseWorkflow(text);
  expect(findings.map(({ code, place }) => [code, place.line])).toEqual([["expression/unexpected-token", 12]]);
  const b = definition.states.find(({ id }) => id === "B");
  expect(b && textAt(text, b)).toBe("B");
  expect(definition.transitions.map((transition) => textAt(text, transition))).toEqual(["[*] --> A", "A --> B : [x > ]"]);
});

test("a snippet shows the line with a caret", () => {
  const [finding] = parseWorkflow("stateDiagram-v2\n[*] --> A\nA -> B\n").findings;
  expect(finding?.place.snippet).toBe("A -> B\n  ^");
});
