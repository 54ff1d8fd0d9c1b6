import { describe, expect, test } from "vitest";
import { DECISION_COUNT_MAX } from "../../../src/analysis/exploration-words.js";
import { exploreWorkflow, type ExploreOptions } from "../../../src/create-editor.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { writeWorkflow } from "./reading.js";

/** A kernel that does not explore: the search is led from outside. */
const KERNEL_URL = new URL("../../../build/kernel.wasm", import.meta.url);

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

describe("deferral, history and timers", () => {
  test("an event that is deferred is taken where a state comes that awaits it", async () => {
    const text = writeWorkflow({
      diagram: ["[*] --> A", "A --> B : go", "B --> C : late", "C --> [*] : late", "A --> A : tick"],
      states: ["A: defer late"],
    });
    const found = await explore(text);
    // What is deferred is part of a configuration: A for each number of events that is kept, then B without one, C after one.
    expect(found).toMatchObject({ states: ["A", "B", "C"], isComplete: true, findings: [], configurationCount: 1_024 + 3 });
  });

  test("a deferred event is lost where no state awaits it afterwards", async () => {
    const text = writeWorkflow({
      diagram: ["[*] --> A", "A --> B : go", "B --> [*] : late", "B --> C : skip", "C --> D : late", "D --> [*] : never [1 > 2]"],
      states: ["A: defer late", "B: defer skip"],
    });
    const { findings } = await explore(text, { configurationCountMax: 500 });
    expect(findings.map(stepsOf)).toEqual([["start start", "event go", "event skip", "event late"]]);
  });

  test("a history is part of a configuration", async () => {
    const diagram = ["[*] --> K", "state K {", "[*] --> I", "I --> J : next", "J --> I : back", "}", "K --> Out : leave", "Out --> K : again"];
    const plain = await explore(writeWorkflow({ diagram }));
    expect(plain).toMatchObject({ configurationCount: 3, isComplete: true });
    const kept = await explore(writeWorkflow({ diagram, states: ["K: history"] }));
    // In I and J before anything was left, and after either was; outside after either.
    expect(kept).toMatchObject({ configurationCount: 8, isComplete: true, findings: [] });
  });

  test("a timer whose guard does not hold is over", async () => {
    const front = ["variables:", "  n: { type: int, initial: 0 }"];
    const diagram = ["[*] --> A", "A --> B : after 5s", "A : raise [n == 0] / set n = 1", "B --> [*]"];
    const { definition } = parseWorkflow(writeWorkflow({ front, diagram }));
    // Texts have no guard beside `after`; definitions have.
    const guard = { text: "n > 0", place: { start: 0, end: 0, line: 1, column: 1 } };
    const transitions = definition.transitions.map((item) => (item.trigger.kind === "after" ? { ...item, guard } : item));
    for (const options of [{}, { wasmUrl: KERNEL_URL }]) {
      const { findings } = await exploreWorkflow({ ...definition, transitions }, options);
      expect(findings.map(stepsOf)).toEqual([["start start", "timer A", "event raise"]]);
    }
  });
});

describe("what is not known", () => {
  test("a guard over it goes both ways, and the witness says which", async () => {
    const { findings } = await exploreDiagram("[*] --> A", "A --> B : go [x > 1]", "A --> [*] : go", "B --> [*] : on [1 > 2]");
    expect(findings.map(({ certainty }) => certainty)).toEqual(["possible"]);
    expect(findings[0]?.witness[1]).toEqual({ kind: "event", name: "go", states: ["B"], guards: [{ guard: "x > 1", holds: true }] });
  });

  test("the name of a type is no variable, also where nothing is declared", async () => {
    const found = await exploreDiagram("[*] --> A", 'A --> B : go [type("text") == string]', "A --> C : go", "B --> [*] : on", "C --> [*] : on");
    expect(found).toMatchObject({ way: "kernel", states: ["A", "B"], isComplete: true });
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

describe("where a workflow is explored", () => {
  const front = ["variables:", "  n: { type: int, initial: 0 }"];
  const wayOf = async (diagram: readonly string[], actions: readonly string[] = [], invariant?: string, options?: ExploreOptions) => {
    const text = writeWorkflow({ front, diagram: ["[*] --> A", ...diagram], actions });
    return (await explore(invariant === undefined ? text : `${text}\n## Invariants\n\n- ${invariant}\n`, options)).way;
  };

  test("in the kernel, where guards and invariants read what is known", async () => {
    expect(await wayOf(["A --> B : go [n > 1]", "A --> A : more / set n = n + 1"], [], 'n < 5 || "B" in states', { depthMax: 5 })).toBe("kernel");
    expect(await wayOf(["A --> B : go / set x = event.amount", "B --> [*] : on [n == 0]"])).toBe("kernel");
    expect(await wayOf(["A --> B : success", "A --> C : failure"], ["A: call work result r"])).toBe("kernel");
  });

  test("step by step, where one reads what is not known", async () => {
    expect(await wayOf(["A --> B : go [event.amount > 1]"])).toBe("steps");
    expect(await wayOf(["A --> B : go / set n = event.amount", "B --> [*] : on [n == 0]"])).toBe("steps");
    expect(await wayOf(["A --> B : success", "B --> C : go [n > 1]"], ["A: call work result n"])).toBe("steps");
    expect(await wayOf(["A --> B : go [score(3) > 1]"])).toBe("steps");
    expect(await wayOf(["A --> B : go / set n = event.amount"], [], "n > 0")).toBe("steps");
    expect(await wayOf(["A --> B : go"], [], "now < timestamp('2100-01-01T00:00:00Z')")).toBe("steps");
  });

  test("step by step, where the kernel that is given does not explore", async () => {
    expect(await wayOf(["A --> B : go [n > 1]"], [], undefined, { wasmUrl: KERNEL_URL })).toBe("steps");
  });

  test("an invariant that calls a function is evaluated in the kernel", async () => {
    const text = writeWorkflow({ front, diagram: ["[*] --> A", "A --> A : more / set n = n + 1"] });
    const { findings } = await explore(`${text}\n## Invariants\n\n- math.abs(n - 10) > 7\n`, { configurationCountMax: 20 });
    expect(findings.map(stepsOf)).toEqual([["start start", "event more", "event more", "event more"]]);
  });

  test("an invariant that fails says why", async () => {
    const text = writeWorkflow({ front, diagram: ["[*] --> A", "A --> A : more / set n = n + 1"] });
    const messages = await Promise.all(
      [{}, { wasmUrl: KERNEL_URL }].map(async (where) => {
        const { findings } = await explore(`${text}\n## Invariants\n\n- ten: 10 / (n - 2) != 100\n`, { configurationCountMax: 20, ...where });
        return findings.map(({ message }) => message);
      }),
    );
    expect(messages).toEqual(Array(2).fill(["The invariant ten fails (expression/divide-by-zero) in A"]));
  });

  test("forty invariants are too many for the kernel", async () => {
    const text = writeWorkflow({ front, diagram: ["[*] --> A", "A --> A : more / set n = (n + 1) % 9"] });
    const invariants = Array.from({ length: 40 }, (_, index) => `- n != ${index}`).join("\n");
    const { findings, way } = await explore(`${text}\n## Invariants\n\n${invariants}\n`);
    expect([way, findings.length]).toEqual(["steps", 9]);
  });
});

test("a task graph is refused", async () => {
  const { definition } = parseWorkflow("millrace: 1\nname: one\ntasks:\n  first:\n    call: work\n");
  expect(definition.taskGraph).toBeDefined();
  await expect(exploreWorkflow(definition)).rejects.toMatchObject({ code: "analysis/not-supported" });
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
    expect(await explore(counter, { onProgress, signal: controller.signal, depthMax: 1e9, configurationCountMax: 1e9 })).toMatchObject({ isComplete: false, bounds: ["aborted"] });
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
