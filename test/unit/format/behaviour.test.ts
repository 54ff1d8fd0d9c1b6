// What states do: `entry /`, `exit /`, internal transitions and `defer`, as items and as lines of the diagram.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import type { Definition } from "../../../src/doors/format.js";
import { findingsOf, textAt, withActions } from "./reading.js";

function diagram(...lines: string[]): string {
  return ["stateDiagram-v2", "[*] --> A", ...lines].join("\n");
}

/** What a state does, in short. */
function doingsOf(definition: Definition, id = "A"): unknown {
  const index = definition.states.findIndex((state) => state.id === id);
  const state = definition.states[index] as Definition["states"][number];
  const internal = definition.transitions.filter(({ source, isInternal }) => source === index && isInternal === true);
  return {
    ...(state.descriptions.length > 0 && { text: state.descriptions }),
    ...(state.compartment !== undefined && { compartment: state.compartment }),
    ...(state.entry.length > 0 && { entry: state.entry.map(({ kind }) => kind) }),
    ...(state.exit.length > 0 && { exit: state.exit.map(({ kind }) => kind) }),
    ...(state.deferred !== undefined && { deferred: state.deferred }),
    ...(internal.length > 0 && {
      internal: internal.map(({ trigger, guard, actions, label }) => [trigger.kind === "event" && trigger.event, guard?.text, actions.map(({ kind }) => kind), label]),
    }),
  };
}

describe("items under Actions", () => {
  test.each([
    ["log \"a / b\"", { entry: ["log"] }],
    ["entry / log \"in\"", { entry: ["log"] }],
    ["Exit / set x = 1", { exit: ["set"] }],
    ["exit / abort \"no\"", { exit: ["abort"] }],
    ["entry / call work with a=1", { entry: ["call"] }],
    ["tick / set x = 1", { internal: [["tick", undefined, ["set"], "tick / set x = 1"]] }],
    ["tick [x > 1] / log \"t\"", { internal: [["tick", "x > 1", ["log"], "tick [x > 1] / log \"t\""]] }],
    ["tick / defer", { deferred: ["tick"] }],
    ["set x = 4 / 2", { entry: ["set"] }],
  ])("%s", (text, doing) => {
    const { definition, findings } = parseWorkflow(withActions(`- A: ${text}`));
    expect(findings).toEqual([]);
    expect(doingsOf(definition)).toEqual(doing);
  });

  test("several of one event and guard are one transition", () => {
    const { definition, findings } = parseWorkflow(withActions("- A: tick / set x = 1", "- A: tick [x > 1] / set x = 2", "- A: tick / log \"t\""));
    expect(findings).toEqual([]);
    expect(doingsOf(definition)).toMatchObject({ internal: [["tick", undefined, ["set", "log"], "tick / set x = 1"], ["tick", "x > 1", ["set"], "tick [x > 1] / set x = 2"]] });
    expect(definition.events.map(({ name }) => name)).toEqual(["tick"]);
  });

  test.each([
    ["exit / wait 5s", "parse/waiting-action", "wait 5s"],
    ["exit / call work", "parse/waiting-action", "call work"],
    ["tick / await other", "parse/waiting-action", "await other"],
    ["tick / prompt \"x\"", "parse/waiting-action", "prompt \"x\""],
    ["tick [x > 1] / run workflow \"w\"", "parse/waiting-action", "run workflow \"w\""],
    ["entry [x > 1] / log \"x\"", "parse/invalid-action", "x > 1"],
    ["tick / dance", "parse/unknown-action", "dance"],
    ["entry / defer", "parse/unknown-action", "defer"],
    ["tick [x >] / log \"x\"", "expression/unexpected-token", ""],
  ])("%s is wrong", (text, code, at) => {
    const whole = withActions(`- A: ${text}`);
    const { findings } = parseWorkflow(whole);
    expect(findings.map((finding) => finding.code)).toEqual([code]);
    if (at !== "") expect(textAt(whole, findings[0] as never)).toBe(at);
  });

  test("passive states do nothing", () => {
    const text = `\`\`\`mermaid\nstateDiagram-v2\n[*] --> C\nstate C <<choice>>\nC --> A\n\`\`\`\n## Actions\n- C: exit / log "x"\n`;
    expect(findingsOf(text)).toEqual(["parse/passive-state@8:3"]);
  });
});

describe("lines of the diagram", () => {
  test.each<[string[], unknown]>([
    [["A : Waits for the customer"], { text: ["Waits for the customer"] }],
    [["A : entry / log \"in\"", "A : exit / log \"out\""], { compartment: ["entry / log \"in\"", "exit / log \"out\""], entry: ["log"], exit: ["log"] }],
    [["A : Title", "A : tick [x > 1] / set x = 1"], { text: ["Title"], compartment: ["tick [x > 1] / set x = 1"], internal: [["tick", "x > 1", ["set"], "tick [x > 1] / set x = 1"]] }],
    [["A : tick / defer"], { compartment: ["tick / defer"], deferred: ["tick"] }],
    // Text that only looks alike.
    [["A : input / output"], { text: ["input / output"] }],
    [["A : entry / the door"], { text: ["entry / the door"] }],
    [["A : gross [net] / tax"], { text: ["gross [net] / tax"] }],
    [["A : two words / log \"x\""], { text: ["two words / log \"x\""] }],
    [["A : entry [x] / log \"x\""], { text: ["entry [x] / log \"x\""] }],
    [["A : log \"not an item\""], { text: ["log \"not an item\""] }],
    [["state \"entry / log 'x'\" as A"], { text: ["entry / log 'x'"] }],
  ])("%j", (lines, doing) => {
    const { definition, findings } = parseWorkflow(diagram(...lines));
    expect(findings).toEqual([]);
    expect(doingsOf(definition)).toEqual(doing);
  });

  test("escapes stand for what a line cannot hold", () => {
    const { definition } = parseWorkflow(diagram("A : entry / log \"a#59; b#colon; c\""));
    expect(definition.states.find(({ id }) => id === "A")?.entry).toMatchObject([{ message: { value: "a; b: c" } }]);
  });

  test("and items: actions run in the order of the text", () => {
    const text = withActions("- A: log \"second\"").replace("A --> [*]", "A --> [*]\nA : entry / log \"first\"");
    const { definition } = parseWorkflow(text);
    expect(definition.states.find(({ id }) => id === "A")?.entry).toMatchObject([{ message: { value: "first" } }, { message: { value: "second" } }]);
  });

  test("what is wrong in one has its place in the text", () => {
    const text = diagram("A : exit / wait 5s");
    const { findings } = parseWorkflow(text);
    expect(findings.map(({ code }) => code)).toEqual(["parse/waiting-action"]);
    expect(textAt(text, findings[0] as never)).toBe("wait 5s");
  });

  test("internal transitions stand among the others in the order of the text", () => {
    const { definition } = parseWorkflow(diagram("A --> B : tick [x > 5]", "A : tick / set x = x + 1", "A --> B : tick"));
    expect(definition.transitions.map(({ label, isInternal = false }) => [label, isInternal])).toEqual([
      ["", false],
      ["tick [x > 5]", false],
      ["tick / set x = x + 1", true],
      ["tick", false],
    ]);
  });
});
