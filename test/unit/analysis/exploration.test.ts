import { describe, expect, test } from "vitest";
import { DECISION_COUNT_MAX } from "../../../src/analysis/exploration.js";
import { exploreWorkflow, type ExploreOptions } from "../../../src/create-editor.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { writeWorkflow } from "./reading.js";

function explore(text: string, options: ExploreOptions = {}) {
  const { definition, findings } = parseWorkflow(text);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return exploreWorkflow(definition, options);
}

function exploreDiagram(...lines: string[]) {
  return explore(["stateDiagram-v2", ...lines].join("\n"));
}

/** `kind name` of each step of a witness. */
function stepsOf({ witness }: { readonly witness: readonly { readonly kind: string; readonly name: string }[] }): string[] {
  return witness.map(({ kind, name }) => `${kind} ${name}`);
}

test("a chart without choice has its configurations and nothing to find", async () => {
  const found = await exploreDiagram("[*] --> A", "A --> B : go", "B --> A : back", "B --> [*] : stop");
  expect(found).toMatchObject({ findings: [], isComplete: true, bounds: [], configurationCount: 2, states: ["A", "B"] });
});

describe("deadlock", () => {
  test("a state that nothing leaves, by the shortest way", async () => {
    const { findings } = await exploreDiagram(
      "[*] --> A",
      "A --> B : slow",
      "B --> C : slow",
      "A --> C : fast",
      "C --> [*] : never [1 > 2]",
    );
    expect(findings.map(({ code, states }) => [code, states])).toEqual([["analysis/deadlock", ["C"]]]);
    expect(stepsOf(findings[0]!)).toEqual(["start start", "event fast"]);
    expect(findings[0]?.witness[1]?.states).toEqual(["C"]);
    expect(findings[0]?.certainty).toBe("certain");
  });

  test("branches of which one does not come to the join", async () => {
    const lines = [
      "state F <<fork>>",
      "state J <<join>>",
      "[*] --> F",
      "F --> A",
      "F --> B",
      "A --> J : a",
      "B --> J : b",
      "B --> [*] : leave",
      "J --> [*]",
    ];
    const { findings, isComplete } = await exploreDiagram(...lines);
    expect(isComplete).toBe(true);
    expect(findings.map(stepsOf)).toEqual([["start start", "event a", "event leave"]]);
  });

  test("an outcome and a timer are ways on", async () => {
    const waits = writeWorkflow({
      diagram: ["[*] --> A", "A --> B : success", "A --> C : failure", "B --> [*] : after 5s", "C --> [*]"],
      actions: ["A: call work", "C: wait 5s"],
    });
    expect(await explore(waits)).toMatchObject({ findings: [], isComplete: true, states: ["A", "B", "C"] });
  });

  test("an event that is taken is no deadlock, even where it leads back", async () => {
    expect(await exploreDiagram("[*] --> A", "A --> A : tick")).toMatchObject({ findings: [], isComplete: true, configurationCount: 1 });
  });
});

describe("what is not known", () => {
  test("a guard over it goes both ways, and the witness says which", async () => {
    const { findings } = await exploreDiagram("[*] --> A", "A --> B : go [x > 1]", "A --> [*] : go", "B --> [*] : on [1 > 2]");
    expect(findings.map(({ certainty }) => certainty)).toEqual(["possible"]);
    expect(findings[0]?.witness[1]).toEqual({ kind: "event", name: "go", states: ["B"], guards: [{ guard: "x > 1", holds: true }] });
  });

  test("a given input decides", async () => {
    const text = ["stateDiagram-v2", "[*] --> A", "A --> B : go [x > 1]", "A --> [*] : go", "B --> [*] : on [1 > 2]"].join("\n");
    expect((await explore(text, { input: { x: 1 } })).findings).toEqual([]);
    expect((await explore(text, { input: { x: 2 } })).findings.map(({ certainty }) => certainty)).toEqual(["certain"]);
  });

  test("what is known decides beside it", async () => {
    const lines = ["[*] --> A", "A --> B : go [isOpen && x > 1]", "A --> [*] : go", "B --> [*] : on [1 > 2]"];
    const text = ["stateDiagram-v2", ...lines].join("\n");
    expect((await explore(text, { input: { isOpen: false } })).findings).toEqual([]);
    expect((await explore(text, { input: { isOpen: true } })).findings).toHaveLength(1);
  });

  test("numbers count, and keep their kind", async () => {
    const front = ["variables:", "  n: { type: int, initial: 0 }"];
    const text = writeWorkflow({
      front,
      diagram: ["[*] --> A", "A --> A : more [n < 5] / set n = n + 2", "A --> B : done [n / 4 == 1]", "B --> [*] : on [1 > 2]"],
    });
    const found = await explore(text);
    expect(found.configurationCount).toBe(6);
    expect(found.findings.map(stepsOf)).toEqual([["start start", "event more", "event more", "event done"]]);
  });

  test("a function that only an embedder has gives the unknown", async () => {
    const lines = [
      "[*] --> A",
      "A --> B : go [score(3) > 1 && math.abs(-2) == 2]",
      "A --> [*] : go",
      "B --> C : on / set y = rate(1)",
      "C --> [*] : on [y > 1]",
      "C --> D : off",
    ];
    const { findings, states } = await exploreDiagram(...lines, "D --> [*] : never [1 > 2]");
    expect(states).toEqual(["A", "B", "C", "D"]);
    expect(findings.map(({ certainty }) => certainty)).toEqual(["possible"]);
  });

  test("what reads the unknown becomes unknown", async () => {
    const text = writeWorkflow({
      diagram: ["[*] --> A", "A --> B : go / set y = x + 1", "B --> C : on [y > 1]", "B --> [*] : off", "C --> [*] : never [1 > 2]"],
    });
    expect((await explore(text)).findings.map(({ states }) => states)).toEqual([["C"]]);
  });
});

describe("invariants", () => {
  const diagram = ["[*] --> A", "A --> A : more / set n = n + 1", "A --> B : go", "B --> [*] : stop"];
  const front = ["variables:", "  n: { type: int, initial: 0 }"];
  const write = (...invariants: string[]) =>
    `${writeWorkflow({ front, diagram })}\n## Invariants\n\n${invariants.map((text) => `- ${text}`).join("\n")}\n`;

  test("one that is violated, by the shortest way", async () => {
    const { findings } = await explore(write("few: n < 3"), { configurationCountMax: 20 });
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ["analysis/invariant-violated", "The invariant few does not hold in A"],
    ]);
    expect(stepsOf(findings[0]!)).toEqual(["start start", "event more", "event more", "event more"]);
  });

  test("they see the active states", async () => {
    const { findings } = await explore(write('!("B" in states) || n == 0'), { configurationCountMax: 20 });
    expect(stepsOf(findings[0]!)).toEqual(["start start", "event more", "event go"]);
    expect((await explore(write('"A" in states || "B" in states'), { configurationCountMax: 20 })).findings).toEqual([]);
  });

  test("what is unknown violates nothing", async () => {
    const text = `${writeWorkflow({ diagram: ["[*] --> A", "A --> [*] : go / set y = x"] })}\n## Invariants\n\n- x > 1\n`;
    expect((await explore(text)).findings).toEqual([]);
  });
});

describe("bounds are said", () => {
  const counter = writeWorkflow({
    front: ["variables:", "  n: { type: int, initial: 0 }"],
    diagram: ["[*] --> A", "A --> A : more / set n = n + 1"],
  });

  test("configurations, size and depth", async () => {
    expect(await explore(counter, { configurationCountMax: 10 })).toMatchObject({
      isComplete: false,
      bounds: ["configurations"],
      configurationCount: 10,
    });
    expect(await explore(counter, { sizeMax: 1_000 })).toMatchObject({ isComplete: false, bounds: ["size"] });
    expect(await explore(counter, { depthMax: 5 })).toMatchObject({ isComplete: false, bounds: ["depth"], configurationCount: 6 });
  });

  test("a signal ends it, and progress is told", async () => {
    const controller = new AbortController();
    let told = 0;
    const onProgress = () => {
      told += 1;
      controller.abort();
    };
    expect(await explore(counter, { onProgress, signal: controller.signal })).toMatchObject({ isComplete: false, bounds: ["aborted"] });
    expect(told).toBe(1);
  });

  test("more unknown guards in one step than are followed", async () => {
    const ways = Array.from({ length: DECISION_COUNT_MAX + 1 }, (_, index) => `A --> B : go [x == ${index}]`);
    expect(await exploreDiagram("[*] --> A", ...ways, "A --> [*] : go", "B --> [*] : on")).toMatchObject({
      isComplete: false,
      bounds: ["decisions"],
    });
  });

  test("a step without an end", async () => {
    expect(await exploreDiagram("[*] --> S", "S : entry / set n = 0", "S --> A", "A : entry / set n = n + 1", "A --> B", "B --> A")).toMatchObject({ isComplete: false, bounds: ["endless-step"] });
  });
});
