// History: a composite that was left is resumed where it was, by its direct child or down to the leaves, through a history state or as
// the composite itself.
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, call, compileChart, newKernel, tell } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function begin(source: ChartSource): ChartRun {
  const run = new ChartRun(kernel, compileChart(source));
  run.start();
  return run;
}

const NESTED: ChartSource = {
  states: ["s:start", "C:composite", "C/c:start", "C/A", "C/D:composite", "D/d:start", "D/X", "D/Y", "C/H:history", "Z"],
  transitions: ["s -> C", "c -> A", "A -> D on go", "d -> X", "X -> Y on go", "C -> Z on out", "Z -> H on back", "Z -> C on anew"],
};

describe("a history state", () => {
  test("shallow: the direct child is entered again, and that begins at its start", () => {
    const run = begin({ ...NESTED, history: { H: "shallow" } });
    run.send("go");
    run.send("go");
    expect(run.states()).toEqual(["C", "D", "Y"]);
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["C", "D", "X"]);
  });

  test("deep: down to the leaf", () => {
    const run = begin({ ...NESTED, history: { H: "deep" } });
    run.send("go");
    run.send("go");
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["C", "D", "Y"]);
    run.send("out");
    run.send("anew");
    expect(run.states()).toEqual(["C", "A"]);
  });

  test("remembers the last time only", () => {
    const run = begin({ ...NESTED, history: { H: "deep" } });
    run.send("go");
    run.send("out");
    run.send("anew");
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["C", "A"]);
  });

  const EARLY: ChartSource = {
    ...NESTED,
    transitions: ["s -> Z", "c -> A", "A -> D on go", "d -> X", "X -> Y on go", "C -> Z on out", "Z -> H on back"],
    history: { H: "deep" },
  };

  test("without anything to remember: the composite's start", () => {
    const run = begin(EARLY);
    run.send("back");
    expect(run.states()).toEqual(["C", "A"]);
  });

  test("without anything to remember: its own transition, with its action", () => {
    const run = begin({ ...EARLY, transitions: [...EARLY.transitions, "H -> Y do n = 1"], variables: { n: 0 } });
    run.send("back");
    expect(run.states()).toEqual(["C", "D", "Y"]);
    expect(run.context()).toEqual({ n: 1 });
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["C", "D", "Y"]);
  });

  test("a composite that had come to its end begins anew", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/x:end", "C/H:history", "Z"],
      transitions: ["s -> C", "c -> A", "A -> x on go", "C -> Z", "Z -> H on back"],
      history: { H: "deep" },
    });
    run.send("go");
    expect(run.states()).toEqual(["Z"]);
    run.send("back");
    expect(run.states()).toEqual(["C", "A"]);
  });

  test("entry actions run on the way, and those of what is remembered", () => {
    const run = begin({ ...NESTED, history: { H: "deep" }, variables: { told: "" }, actions: { C: [tell("C")], D: [tell("D")], X: [tell("X")], Y: [tell("Y")] } });
    run.send("go");
    run.send("go");
    run.send("out");
    run.send("back");
    expect(run.context()).toEqual({ told: "C D X Y C D Y " });
  });
});

describe("regions", () => {
  const PARALLEL: ChartSource = {
    states: [
      "s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "R/B", "P/Q:region", "Q/q:start", "Q/D:composite", "D/d:start", "D/X", "D/Y", "Q/E", "Z",
    ],
    transitions: [
      "s -> P", "r -> A", "A -> B on go", "q -> D", "d -> X", "X -> Y on go", "D -> E on skip", "P -> Z on out", "Z -> P on back",
    ],
  };

  test("deep: every region goes on at its leaf", () => {
    const run = begin({ ...PARALLEL, history: { P: "deep" } });
    run.send("go");
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "D", "Y"]);
  });

  test("shallow: every region goes on at its child", () => {
    const run = begin({ ...PARALLEL, history: { P: "shallow" } });
    run.send("go");
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "D", "X"]);
  });

  test("a history state within a region resumes that region; the others begin at their start", () => {
    const run = begin({
      ...PARALLEL,
      states: [...PARALLEL.states, "Q/H:history"],
      transitions: [...PARALLEL.transitions, "Z -> H on half"],
      history: { H: "deep" },
    });
    run.send("go");
    run.send("out");
    run.send("half");
    expect(run.states()).toEqual(["P", "R", "A", "Q", "D", "Y"]);
  });

  test("a region that had come to its end begins anew", () => {
    const run = begin({
      ...PARALLEL,
      states: [...PARALLEL.states, "R/x:end"],
      transitions: [...PARALLEL.transitions, "B -> x on fin"],
      history: { P: "deep" },
    });
    run.send("go");
    run.send("fin");
    run.send("out");
    run.send("back");
    expect(run.states()).toEqual(["P", "R", "A", "Q", "D", "Y"]);
  });
});

describe("a composite with history", () => {
  test("is resumed whenever a transition leads to it as a whole, not when one leads inside", () => {
    const run = begin({ ...NESTED, transitions: [...NESTED.transitions, "Z -> A on inside"], history: { C: "deep", H: "deep" } });
    run.send("go");
    run.send("go");
    run.send("out");
    run.send("anew");
    expect(run.states()).toEqual(["C", "D", "Y"]);
    run.send("out");
    run.send("inside");
    expect(run.states()).toEqual(["C", "A"]);
  });

  test("by its own transition to itself, too", () => {
    const run = begin({ ...NESTED, transitions: [...NESTED.transitions, "C -> C on again"], history: { C: "shallow", H: "deep" } });
    run.send("go");
    run.send("go");
    run.send("again");
    expect(run.states()).toEqual(["C", "D", "X"]);
  });
});

test("the branches of a fork are resumed together, each with variables of its own", () => {
  const run = begin({
    states: ["s:start", "C:composite", "C/c:start", "C/F:fork", "C/A", "C/B", "C/A2", "C/J:join", "C/Done", "Z"],
    transitions: [
      "s -> C", "c -> F", "F -> A", "F -> B", "A -> A2 on go do x = 1", "A2 -> J on fin", "B -> J on fin do y = 2", "J -> Done", "C -> Z on out", "Z -> C on back",
    ],
    history: { C: "deep" },
    variables: { x: 0, y: 0 },
  });
  run.send("go");
  expect(run.states()).toEqual(["C", "A2", "B"].sort((a, b) => ["C", "A", "B", "A2"].indexOf(a) - ["C", "A", "B", "A2"].indexOf(b)));
  run.send("out");
  run.send("back");
  expect([...run.states()].sort()).toEqual(["A2", "B", "C"]);
  run.send("fin");
  expect(run.states()).toEqual(["C", "Done"]);
  expect(run.context()).toMatchObject({ y: 2 });
});

test("a branch that waited at a join waits there again", () => {
  const run = begin({
    states: ["s:start", "C:composite", "C/c:start", "C/F:fork", "C/A", "C/B", "C/J:join", "C/Done", "Z"],
    transitions: ["s -> C", "c -> F", "F -> A", "F -> B", "A -> J on a", "B -> J on b", "J -> Done", "C -> Z on out", "Z -> C on back"],
    history: { C: "deep" },
  });
  run.send("a");
  run.send("out");
  run.send("back");
  run.send("b");
  expect(run.states()).toEqual(["C", "Done"]);
});

test("a token that was on its way is remembered where it was going", () => {
  const program = compileChart({
    states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B", "Z"],
    transitions: ["s -> C", "c -> A", "A -> B on go", "C -> Z on out", "Z -> C on back"],
    history: { C: "deep" },
  });
  const definition = { ...program.definition };
  const transitions = definition.transitions.map((transition) => (transition.label.startsWith("A -> B") ? { ...transition, actions: [call("work")] } : transition));
  expect(transitions.some(({ actions }) => actions.length > 0)).toBe(true);
  const run = new ChartRun(kernel, compileChart({ states: [], transitions: [] }, { ...definition, transitions }));
  run.start();
  run.send("go");
  expect(run.states()).toEqual(["C"]);
  run.send("out");
  run.send("back");
  expect(run.states()).toEqual(["C", "B"]);
});
