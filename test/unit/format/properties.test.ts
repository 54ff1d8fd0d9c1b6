// Items under `## States`: histories, joins that need not wait for all, deferred events.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import { findingsOf } from "./reading.js";

const CHART = [
  "[*] --> C",
  "state C {",
  "[*] --> A",
  "A --> B : go",
  "H : Where it was",
  "}",
  "C --> Z : out",
  "Z --> H : back",
  "state F <<fork>>",
  "state J <<join>>",
  "Z --> F : both",
  "F --> X",
  "F --> Y",
  "X --> J",
  "Y --> J",
  "J --> Z",
];

function write(items: readonly string[], lines: readonly string[] = CHART): string {
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.join("\n")}\n\`\`\`\n## States\n${items.join("\n")}\n`;
}

function stateOf(text: string, id: string) {
  const { definition, findings } = parseWorkflow(text);
  expect(findings).toEqual([]);
  return definition.states.find((state) => state.id === id);
}

describe("properties", () => {
  test("a simple state within a composite becomes a history state", () => {
    expect(stateOf(write(["- H: history"]), "H")).toMatchObject({ kind: "history", history: "shallow", descriptions: ["Where it was"] });
    expect(stateOf(write(["- H: Deep  History"]), "H")).toMatchObject({ kind: "history", history: "deep" });
  });

  test("a composite keeps its kind", () => {
    expect(stateOf(write(["- **C**: deep history", "- H: history"]), "C")).toMatchObject({ kind: "composite", history: "deep" });
  });

  test("a join waits for fewer ways; for all of them is nothing to say", () => {
    expect(stateOf(write(["- H: history", "- J: join 1"]), "J")).toMatchObject({ joinCount: 1 });
    expect(stateOf(write(["- H: history", "- J: join 2"]), "J")).not.toHaveProperty("joinCount");
  });

  test("deferred events are declared by that", () => {
    const text = write(["- H: history", "- A: defer order, cancel", "- A:", "  - defer order"]);
    expect(stateOf(text, "A")).toMatchObject({ deferred: ["order", "cancel"] });
    expect(parseWorkflow(text).definition.events.map(({ name }) => name)).toEqual(expect.arrayContaining(["order", "cancel"]));
  });

  test("the first heading that is no section names the workflow", () => {
    expect(parseWorkflow(`# Shop\n${write(["- H: history"])}`).definition.name).toBe("Shop");
  });
});

describe("findings", () => {
  test.each([
    ["- Nobody: history", "parse/unknown-state"],
    ["- H: hystory", "parse/unknown-property"],
    ["- H: join", "parse/unknown-property"],
    ["- Z: history", "parse/invalid-property"],
    ["- J: history", "parse/invalid-property"],
    ["- A: join 2", "parse/invalid-property"],
    ["- J: join 0", "parse/invalid-property"],
    ["- J: join 3", "parse/invalid-property"],
    ["- J: defer order", "parse/invalid-property"],
    ["- A: defer ,", "parse/invalid-property"],
    ["- H: deep history", "parse/invalid-property"],
    ["- no colon", "parse/unknown-action"],
  ])("%s: %s", (item, code) => {
    expect(findingsOf(write(["- H: history", item]))).toEqual([expect.stringContaining(`${code}@`)]);
  });

  test.each([
    ["two ways", ["[*] --> A", "H --> A", "H --> B"], "parse/history-default"],
    ["a guard", ["[*] --> A", "H --> A : [x > 1]"], "parse/history-default"],
    ["an event", ["[*] --> A", "H --> A : go"], "parse/history-default"],
    ["no way and no start", ["A --> B : x"], "parse/no-start"],
    ["a way out of the composite", ["[*] --> A", "}", "H --> Z", "state D {", "[*] --> E"], "parse/history-default"],
  ])("a history state with %s", (_what, inner, code) => {
    const lines = ["[*] --> Z", "state C {", "H : Where it was", ...inner, "}", "Z --> H : back", "C --> Z : out"];
    expect(findingsOf(write(["- H: history"], lines)).some((finding) => finding.startsWith(code))).toBe(true);
  });

  test("a history state does nothing itself", () => {
    const text = `${write(["- H: history"])}\n## Actions\n- H: log "x"\n`;
    expect(findingsOf(text)).toEqual([expect.stringContaining("parse/passive-state@")]);
  });
});

describe("failure ways of choices and joins", () => {
  test("are permitted, and make a default way needless", () => {
    expect(findingsOf(["stateDiagram-v2", "[*] --> C", "state C <<choice>>", "C --> A : [x > 1]", "C --> B : failure"].join("\n"))).toEqual([]);
  });

  test("not those of forks", () => {
    const lines = ["stateDiagram-v2", "[*] --> F", "state F <<fork>>", "F --> A", "F --> B", "F --> D : failure"];
    expect(findingsOf(lines.join("\n"))).toEqual(["parse/pseudo-trigger@6:1"]);
  });
});
