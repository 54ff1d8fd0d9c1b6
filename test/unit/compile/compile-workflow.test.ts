// Definition to program: numbering, domains, dispatch, limits and what the findings say.
import { describe, expect, test } from "vitest";
import { CANDIDATE_LAST, NO_NODE, ProgramHeader, TRANSITION_FLAG_LOCAL, TRANSITION_RECORD_SIZE } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { groupCandidates } from "../../../src/compile/dispatch.js";
import { SHARED_COUNT_MAX } from "../../../src/compile/expression-list.js";
import { findDomain, numberStates } from "../../../src/compile/graph.js";

import { buildDefinition, compileChart } from "../kernel/chart.js";

const NESTED = buildDefinition({
  states: [
    "s:start",
    "A",
    "C:composite",
    "B",
    "C/cs:start",
    "C/X",
    "C/D:composite",
    "C/D/ds:start",
    "C/D/Y",
    "P:parallel",
    "P/r1:region",
    "P/r1/L",
    "P/r2:region",
    "P/r2/R",
  ],
  transitions: [
    "s -> A",
    "A -> Y on deep",
    "X -> Y on down",
    "Y -> X on up",
    "Y -> B on out",
    "L -> R on across",
    "D -> Y on again",
    "A -> B on side",
  ],
});

describe("numbering", () => {
  test("nodes are numbered in preorder whatever the order of the states, with the last descendant known", () => {
    const graph = numberStates(NESTED);
    const ids = graph.states.map((state) => NESTED.states[state]?.id ?? "root");
    expect(ids).toEqual(["root", "s", "A", "C", "cs", "X", "D", "ds", "Y", "B", "P", "r1", "L", "r2", "R"]);
    expect([...graph.lasts]).toEqual([14, 1, 2, 8, 4, 5, 8, 7, 8, 9, 14, 12, 12, 14, 14]);
    expect(graph.initials[3]).toBe(4);
    expect(graph.initials[9]).toBe(NO_NODE);
  });

  test("the domain is the innermost scope around both ends, never a parallel state", () => {
    const graph = numberStates(NESTED);
    const domainOf = (source: string, target: string) => {
      const node = (id: string) => graph.nodes[NESTED.states.findIndex((state) => state.id === id)] as number;
      return NESTED.states[graph.states[findDomain(graph, node(source), node(target))] as number]?.id ?? "root";
    };
    expect(domainOf("A", "Y")).toBe("root");
    expect(domainOf("X", "Y")).toBe("C");
    expect(domainOf("Y", "X")).toBe("C");
    expect(domainOf("Y", "B")).toBe("root");
    expect(domainOf("L", "R")).toBe("root");
    expect(domainOf("D", "Y")).toBe("C");
  });

  test("candidates of a node and event stay in file order and end with a mark", () => {
    const definition = buildDefinition({
      states: ["A", "B", "C"],
      transitions: ["A -> B on go", "B -> A on go", "A -> C on go", "A -> A on stop"],
    });
    const graph = numberStates(definition);
    const events = definition.events.map(({ name }) => name);
    const candidates = groupCandidates(definition, graph, (name) => events.indexOf(name));
    const first = candidates.dispatch[1 * events.length] as number;
    expect([candidates.list[first - 1], candidates.list[first]]).toEqual([0, (2 | CANDIDATE_LAST) >>> 0]);
    expect(candidates.dispatch[3 * events.length]).toBe(0);
  });
});

describe("the short path", () => {
  function flags(
    transitions: readonly string[],
    states: readonly string[] = ["s:start", "A", "B", "C:composite", "C/cs:start", "C/X"],
  ): number[] {
    const { bytes } = compileChart({ states, transitions, variables: { n: 0 } });
    const view = new DataView(bytes.buffer);
    const at = view.getUint32(ProgramHeader.TRANSITIONS * 4, true);
    return transitions.map((_, index) => view.getUint16(at + index * TRANSITION_RECORD_SIZE + 14, true) & TRANSITION_FLAG_LOCAL);
  }

  test("is only for siblings without timers, eventless transitions and other actions than assignments", () => {
    expect(flags(["A -> B on go do n = n + 1", "B -> A on back", "A -> C on enter", "A -> X on deep"])).toEqual([1, 1, 0, 0]);
    expect(flags(["A -> B on go", "B -> A after 5"])).toEqual([0, 0]);
    expect(flags(["A -> B on go", "B -> A if n > 5"])).toEqual([0, 0]);
  });
});

describe("findings", () => {
  test("a guard with a type error is a finding with its place, and there is no program", () => {
    const definition = { ...buildDefinition({ states: ["s:start", "A", "B"], transitions: ["s -> A", 'A -> B on go if total > "x"'] }) };
    const typed = {
      ...definition,
      parameters: [
        {
          name: "total",
          type: "number" as const,
          isRequired: true,
          place: definition.states[0]?.place ?? { start: 0, end: 0, line: 1, column: 1 },
        },
      ],
    };
    const { program, findings } = compileWorkflow(typed, "");
    expect(program).toBeUndefined();
    expect(findings).toMatchObject([{ severity: "error", code: "expression/no-such-overload", place: { line: 1 } }]);
  });

  test("a guard that cannot be a bool is a finding", () => {
    const { program, findings } = compileWorkflow(
      buildDefinition({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go if 1 + 1"] }),
      "",
    );
    expect(program).toBeUndefined();
    expect(findings[0]).toMatchObject({ severity: "error" });
  });
});

describe("texts that come again", () => {
  test("are emitted once, each with its own place", () => {
    const { program } = compileWorkflow(
      buildDefinition({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go if n > 1", "B -> A on go if n > 1", "B -> B on stay do m = n > 1"], variables: { n: 0, m: false } }),
      "",
    );
    expect(program?.expressions.slice(0, 3).map(({ text }) => text)).toEqual(["n > 1", "n > 1", "n > 1"]);
    const [first, second] = program?.expressions ?? [];
    expect(first?.spans).toEqual(second?.spans);
  });

  test("what is wrong with one is said wherever it stands, and a value may be what a guard may not", () => {
    const { findings } = compileWorkflow(
      buildDefinition({ states: ["s:start", "A"], transitions: ["s -> A", "A -> . on set do n = n + 1", "A -> A on go if n + 1", "A -> A on go if n + 1"], variables: { "n: int": 0 } }),
      "",
    );
    expect(findings.map(({ code }) => code)).toEqual(["expression/no-such-overload", "expression/no-such-overload"]);
  });

  test("more of them than are kept", () => {
    const transitions = Array.from({ length: SHARED_COUNT_MAX + 10 }, (_, index) => `A -> A on go if n == ${index % (SHARED_COUNT_MAX + 5)}`);
    const program = compileChart({ states: ["s:start", "A"], transitions: ["s -> A", ...transitions], variables: { n: 0 } });
    expect(program.expressions.filter(({ text }) => text === "n == 0")).toHaveLength(2);
    expect(new Set(program.expressions.map(({ text }) => text)).size).toBeGreaterThan(SHARED_COUNT_MAX);
  });
});
