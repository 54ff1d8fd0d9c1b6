import { describe, expect, test } from "vitest";
import { ASSIGNMENT_CELL_COUNT_MAX } from "../../../src/analysis/assignment.js";
import { findInWorkflow } from "./reading.js";

const front = ["variables:", "  v: int", "  w: { type: int, initial: 1 }"];

function findReads(diagram: readonly string[], ...actions: string[]): string[] {
  return findInWorkflow({ front, diagram, actions: [...actions] }).filter((text) => /read-before|perhaps/.test(text));
}

describe("read before anything writes it", () => {
  test("in an action, a guard, a duration", () => {
    const chain = ["[*] --> A", "A --> B : go", "B --> [*] : go"];
    expect(findReads(chain, 'A: log "${v}"', "B: set v = 1")).toEqual(["read-before-written A"]);
    expect(findReads(chain, 'A: log "${v}"')).toEqual(["read-before-written A"]);
    expect(findReads(["[*] --> A", "A --> B : go [v > 1]", "A --> B : on / set v = 1", "B --> [*]"])).toEqual(["read-before-written A"]);
    expect(findReads(["[*] --> A", "A --> [*] : after v"])).toEqual(["read-before-written A"]);
    expect(findReads(chain, "A: set v = v + 1")).toEqual(["read-before-written A"]);
  });

  test("not where it has a first value, is written before, or comes with the input", () => {
    const chain = ["[*] --> A", "A --> B : go", "B --> [*] : go"];
    expect(findReads(chain, 'A: log "${w}"')).toEqual([]);
    expect(findReads(chain, "A: set v = 1", 'A: log "${v}"', 'B: log "${v}"')).toEqual([]);
    expect(findReads(chain, "A: call work result v", 'A: log "${v}"')).toEqual([]);
    expect(findReads(["[*] --> A", "A --> B : go / set v = 1", "B --> [*]"], 'B: log "${v}"')).toEqual([]);
    expect(findInWorkflow({ diagram: chain, actions: ["A: set v = v + 1"] })).toEqual(["?perhaps-unwritten A"]);
  });
});

describe("written on some ways only", () => {
  test("one of two ways", () => {
    const diamond = ["[*] --> A", "A --> B : go", "A --> C : on", "B --> D", "C --> D", "D --> [*]"];
    expect(findReads(diamond, "B: set v = 1", 'D: log "${v}"')).toEqual(["?perhaps-unwritten D"]);
    expect(findReads(diamond, "B: set v = 1", "C: set v = 2", 'D: log "${v}"')).toEqual([]);
  });

  test("what a task gives is not there after its failure", () => {
    const ways = ["[*] --> A", "A --> B : success", "A --> C : failure", "B --> [*]", "C --> [*]"];
    expect(findReads(ways, "A: call work result v", 'B: log "${v}"')).toEqual([]);
    expect(findReads(ways, "A: call work result v", 'C: log "${v}"')).toEqual(["?perhaps-unwritten C"]);
    expect(findReads(ways, "A: set v = 1", "A: call work", 'C: log "${v}"')).toEqual([]);
  });

  test("an event may take the run away before an action is done", () => {
    const ways = ["[*] --> A", "A --> B : stop", "A --> B", "B --> [*]"];
    expect(findReads(ways, "A: call work result v", 'B: log "${v}"')).toEqual(["?perhaps-unwritten B"]);
    expect(findReads(ways, "A: set v = 1", "A: call work", 'B: log "${v}"')).toEqual([]);
  });

  test("a parameter that is neither required nor has a default", () => {
    const parameters = ["parameters:", "  p: { type: int, required: false }"];
    expect(findInWorkflow({ front: parameters, diagram: ["[*] --> A", "A --> [*]"], actions: ['A: log "${p}"'] })).toEqual([
      "?perhaps-unwritten A",
    ]);
  });
});

describe("through scopes", () => {
  test("a composite gives on what its end knows; an event out of it, what its beginning knew", () => {
    const chart = [
      "[*] --> C",
      "state C {",
      "[*] --> I",
      "I --> K : on",
      "K --> [*]",
      "}",
      "C --> D",
      "C --> E : stop",
      "D --> [*]",
      "E --> [*]",
    ];
    expect(findReads(chart, "I: set v = 1", 'D: log "${v}"')).toEqual([]);
    expect(findReads(chart, "K: set v = 1", 'D: log "${v}"')).toEqual([]);
    expect(findReads(chart, "C: set v = 1", 'E: log "${v}"')).toEqual([]);
    expect(findReads(chart, "K: set v = 1", 'E: log "${v}"')).toEqual(["?perhaps-unwritten E"]);
  });

  test("a join has what all branches wrote, a branch not what another writes", () => {
    const fork = ["state F <<fork>>", "state J <<join>>", "[*] --> F", "F --> A", "F --> B", "A --> J", "B --> J", "J --> D", "D --> [*]"];
    expect(findReads(fork, "A: set v = 1", 'D: log "${v}"')).toEqual([]);
    expect(findReads(fork, "A: set v = 1", 'B: log "${v}"')).toEqual(["read-before-written B"]);
  });

  test("regions share the variables", () => {
    const regions = [
      "[*] --> P",
      "state P {",
      "[*] --> A",
      "A --> [*] : a",
      "--",
      "[*] --> B",
      "B --> [*] : b",
      "}",
      "P --> D",
      "D --> [*]",
    ];
    expect(findReads(regions, "A: set v = 1", 'D: log "${v}"')).toEqual([]);
    expect(findReads(regions, "A: set v = 1", 'B: log "${v}"')).toEqual(["?perhaps-unwritten B"]);
  });
});

test("a chart beyond the limit is left alone", () => {
  const stateCount = 2_001;
  const variableCount = Math.ceil(ASSIGNMENT_CELL_COUNT_MAX / stateCount) + 1;
  const variables = Array.from({ length: variableCount }, (_, index) => `  v${index}: int`);
  const states = Array.from({ length: stateCount }, (_, index) => `S${index} --> S${index + 1} : go`);
  const parts = (names: readonly string[]) => ({
    front: ["variables:", ...names],
    diagram: ["[*] --> S0", ...states, `S${stateCount} --> [*]`],
    actions: ['S0: log "${v0}"'],
  });
  expect(findInWorkflow(parts(variables)).filter((text) => text.startsWith("read"))).toEqual([]);
  expect(findInWorkflow(parts(variables.slice(0, 3))).filter((text) => text.startsWith("read"))).toEqual(["read-before-written S0"]);
});
