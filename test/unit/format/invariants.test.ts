// Items under `## Invariants`: names, conditions, and what is wrong with them.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import { INVARIANT_COUNT_MAX } from "../../../src/format/invariants.js";
import { textAt, withActions } from "./reading.js";

function read(...lines: string[]) {
  const text = `${withActions("- A: set x = 1")}\n## Invariants\n${lines.join("\n")}\n`;
  const { definition, findings } = parseWorkflow(text);
  return { invariants: definition.invariants, findings, text, definition };
}

describe("names and conditions", () => {
  test.each([
    ["- x > 0", "x > 0", "x > 0"],
    ["- `x > 0`", "x > 0", "x > 0"],
    ["- positive: x > 0", "positive", "x > 0"],
    ["- **always positive**: `x > 0`", "always positive", "x > 0"],
    ["* never-two: size(states) < 2", "never-two", "size(states) < 2"],
    ["1. größer: x > 0", "größer", "x > 0"],
    ["- x > 0 ? true : false", "x > 0 ? true : false", "x > 0 ? true : false"],
    ['- {"a": true}.a', '{"a": true}.a', '{"a": true}.a'],
    ["- long: x > 0 &&\n  x < 9", "long", "x > 0 &&\n  x < 9"],
  ])("%s", (line, name, condition) => {
    const { invariants, findings, text } = read(line);
    expect(findings).toEqual([]);
    expect(invariants).toHaveLength(1);
    expect(invariants[0]?.name).toBe(name);
    expect(invariants[0]?.expression.text).toBe(condition);
    expect(textAt(text, invariants[0]?.expression as never)).toBe(condition);
  });

  test("they are no actions, and items after the next heading are no invariants", () => {
    const { invariants, definition } = read("- x > 0", "", "## Notes", "- B: nothing");
    expect(invariants).toHaveLength(1);
    expect(definition.states.flatMap(({ entry }) => entry)).toHaveLength(1);
    expect(definition.name).toBe("Notes");
  });
});

describe("findings", () => {
  test.each([
    ["a name alone", "- positive:", "parse/invalid-invariant", "positive:"],
    ["no CEL", "- sum: x +", "expression/syntax", ""],
    ["a name twice", "- a: x > 0\n- a: x > 1", "parse/duplicate-name", "a: x > 1"],
  ])("%s", (_what, lines, code, at) => {
    const { findings, text } = read(lines);
    expect(findings.map((finding) => finding.code.replace(/expression\/.*/, "expression/syntax"))).toEqual([code]);
    if (at !== "") expect(textAt(text, findings[0] as never)).toBe(at);
  });

  test("there is a limit to their number", () => {
    const lines = Array.from({ length: INVARIANT_COUNT_MAX + 1 }, (_, index) => `- x > ${index}`);
    const { invariants, findings } = read(...lines);
    expect(findings.map(({ code }) => code)).toEqual(["parse/invalid-invariant"]);
    expect(invariants).toHaveLength(INVARIANT_COUNT_MAX);
  });
});
