import { describe, expect, test } from "vitest";
import { findInWorkflow } from "./reading.js";

const diagram = ["[*] --> A", "A --> [*] : go"];

describe("events that no state waits for", () => {
  test("a declared one", () => {
    expect(findInWorkflow({ front: ["events:", "  go: on", "  other: nobody"], diagram })).toEqual(["unawaited-event"]);
  });

  test("not one that an action awaits", () => {
    expect(findInWorkflow({ front: ["events:", "  other: nobody"], diagram, actions: ["A: await other"] })).toEqual([]);
  });

  test("one that only a state waits for that is never reached", () => {
    const found = findInWorkflow({ diagram: ["[*] --> A", "A --> B : go [1 > 2]", "A --> [*] : stop", "B --> [*] : late"] });
    expect(found).toContain("unawaited-event B");
  });
});

describe("variables that nothing uses", () => {
  test("a parameter that nothing reads, a variable that nothing reads or writes", () => {
    const front = ["parameters:", "  p: { type: int, default: 1 }", "variables:", "  v: { type: int, initial: 1 }"];
    expect(findInWorkflow({ front, diagram })).toEqual(["unused-variable", "unused-variable"]);
    expect(findInWorkflow({ front, diagram, actions: ["A: set v = p"] })).toEqual([]);
  });

  test("an expression anywhere is a use", () => {
    const front = ["variables:", "  v: { type: int, initial: 1 }"];
    const uses = ['A: log "${v}"', "A: call work with x=v", "A: wait `v`", 'A: abort "${v}"', 'A: run workflow "w" with x=v'];
    for (const use of uses) expect(findInWorkflow({ front, diagram, actions: [use] }), use).toEqual([]);
    expect(findInWorkflow({ front, diagram: ["[*] --> A", "A --> [*] : after v"] })).toEqual([]);
    expect(findInWorkflow({ front, diagram: ["[*] --> A", "A --> [*] : go [v > 1]"] })).toEqual([]);
  });
});
