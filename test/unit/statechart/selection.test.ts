// Selection before execution: for one event all transitions are chosen over the variables as they were, the innermost state
// with an enabled one wins, and conflicts are resolved as in SCXML's removeConflictingTransitions.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, compileChart, newKernel, set, tell } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function begin(source: ChartSource): ChartRun {
  const run = new ChartRun(kernel, compileChart(source));
  run.start();
  return run;
}

const REGIONS = ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "R/B", "P/Q:region", "Q/q:start", "Q/C", "Q/D"];
const STARTS = ["s -> P", "r -> A", "q -> C"];

describe("guards see the variables as they were before the step", () => {
  test("what one region's action changes does not decide for another region", () => {
    const run = begin({
      states: REGIONS,
      transitions: [...STARTS, "A -> B on e if n == 0 do n = 1", "C -> D on e if n == 0 do n = n + 10"],
      variables: { n: 0 },
    });
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "D"]);
    expect(run.context()).toEqual({ n: 11 });
  });

  test("nor does it for an eventless transition of the same round", () => {
    const run = begin({
      states: [...REGIONS, "R/A2", "Q/C2"],
      transitions: [...STARTS, "A -> B on e", "C -> D on e", "B -> A2 if n == 0 do n = 1", "D -> C2 if n == 0 do n = n + 10"],
      variables: { n: 0 },
    });
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "A2", "Q", "C2"]);
    expect(run.context()).toEqual({ n: 11 });
  });
});

describe("bubbling", () => {
  const source: ChartSource = {
    states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B", "Z"],
    transitions: ["s -> C", "c -> A", "A -> B on e if n > 0", "C -> Z on e"],
    variables: { n: 0 },
  };

  test("the innermost enabled transition wins, and one whose guard does not hold is passed by", () => {
    const closed = begin(source);
    closed.send("e");
    expect(closed.states()).toEqual(["Z"]);
    const open = new ChartRun(kernel, compileChart(source));
    open.start({ n: 1 });
    open.send("e");
    expect(open.states()).toEqual(["C", "B"]);
  });

  test("a token that was made in this step does not take the event again", () => {
    const run = begin({
      states: ["s:start", "A", "P:parallel", "P/R:region", "R/r:start", "R/X", "R/Y", "P/Q:region", "Q/q:start", "Q/V"],
      transitions: ["s -> A", "A -> P on e", "r -> X", "q -> V", "X -> Y on e"],
    });
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "X", "Q", "V"]);
  });
});

describe("conflicts", () => {
  test("an inner transition preempts one of a scope around it that another region selects", () => {
    const run = begin({
      states: [...REGIONS, "Z"],
      transitions: [...STARTS, "C -> D on e", "P -> Z on e"],
    });
    // A does not take e itself, so it selects that of P, before C selects its own: C's source is inside of P.
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "A", "Q", "D"]);
    run.send("e");
    expect(run.states()).toEqual(["Z"]);
  });

  test("of two that leave the parallel state, the first in document order is taken", () => {
    const run = begin({ states: [...REGIONS, "Y", "Z"], transitions: [...STARTS, "C -> Z on e", "A -> Y on e"] });
    run.send("e");
    expect(run.states()).toEqual(["Y"]);
  });

  test("a transition out of one region takes the others along", () => {
    const run = begin({ states: [...REGIONS, "Z"], transitions: [...STARTS, "A -> B on e", "C -> Z on e"] });
    // A -> B comes first and lies within C's exit set; neither source is inside of the other.
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "C"]);
    run.send("e");
    expect(run.states()).toEqual(["Z"]);
  });

  test("an inner one preempts several of the scope, and the scope's is then taken by nobody", () => {
    const run = begin({
      states: [
        "s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "P/Q:region", "Q/q:start", "Q/I:parallel",
        "I/U:region", "U/u:start", "U/E", "I/V:region", "V/v:start", "V/F", "V/G", "Z",
      ],
      transitions: ["s -> P", "r -> A", "q -> I", "u -> E", "v -> F", "F -> G on e", "I -> Z on e", "P -> Z on e"],
    });
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "A", "Q", "I", "U", "E", "V", "G"]);
  });

  test("an internal transition conflicts with nothing: it is performed beside the one that leaves its state", () => {
    const run = begin({
      states: [...REGIONS, "Z"],
      transitions: [...STARTS, "A -> . on e do told = told + \"inner \"", "C -> Z on e do told = told + \"outer \""],
      variables: { told: "" },
    });
    run.send("e");
    expect(run.states()).toEqual(["Z"]);
    expect(run.context()).toEqual({ told: "inner outer " });
  });

  test("an internal transition of the scope that all regions select is performed once", () => {
    const run = begin({
      states: REGIONS,
      transitions: [...STARTS, "P -> . on e do n = n + 1", "C -> D on e if n == 1"],
      variables: { n: 0 },
    });
    run.send("e");
    expect(run.context()).toEqual({ n: 1 });
    run.send("e");
    // Now C takes its own, A still that of P.
    expect(run.context()).toEqual({ n: 2 });
    expect(run.states()).toEqual(["P", "R", "A", "Q", "D"]);
  });
});

describe("the order of execution", () => {
  const told = { variables: { told: "" } };

  test("all exits, last state first, then the transitions' actions, then all entries", () => {
    const run = begin({
      ...told,
      states: REGIONS,
      transitions: [...STARTS, "A -> B on e do told = told + \"a-b \"", "C -> D on e do told = told + \"c-d \""],
      exits: { A: [tell("-A")], C: [tell("-C")] },
      actions: { A: [tell("+A")], B: [tell("+B")], C: [tell("+C")], D: [tell("+D")] },
    });
    expect(run.context()).toEqual({ told: "+A +C " });
    run.send("e");
    expect(run.context()).toEqual({ told: "+A +C -C -A a-b c-d +B +D " });
  });

  test("scopes are entered whole, region by region, their starts included", () => {
    const run = begin({
      ...told,
      states: [
        "s:start", "P:parallel", "P/R:region", "R/r:start", "R/K:composite", "K/k:start", "K/A", "P/Q:region", "Q/q:start", "Q/L:composite", "L/l:start", "L/B",
      ],
      transitions: ["s -> P", "r -> K do told = told + \"r \"", "k -> A", "q -> L", "l -> B"],
      actions: { P: [tell("P")], K: [tell("K")], A: [tell("A")], L: [tell("L")], B: [tell("B")] },
    });
    expect(run.context()).toEqual({ told: "P r K A L B " });
  });

  test("leaving a parallel state leaves every state inside, in reverse document order", () => {
    const run = begin({
      ...told,
      states: [
        "s:start", "P:parallel", "P/R:region", "R/r:start", "R/K:composite", "K/k:start", "K/A", "P/Q:region", "Q/q:start", "Q/L:composite", "L/l:start", "L/B", "Z",
      ],
      transitions: ["s -> P", "r -> K", "k -> A", "q -> L", "l -> B", "A -> Z on e do told = told + \"way \""],
      exits: { P: [tell("P")], K: [tell("K")], A: [tell("A")], L: [tell("L")], B: [tell("B")] },
      actions: { Z: [tell("Z")] },
    });
    run.send("e");
    expect(run.context()).toEqual({ told: "B L A K P way Z " });
  });

  test("entries of branches follow the order of the states that are entered", () => {
    const run = begin({
      ...told,
      states: ["s:start", "F:fork", "A", "B", "C", "D"],
      transitions: ["s -> F", "F -> A", "F -> B", "A -> D on e", "B -> C on e"],
      variables: {},
      actions: { C: [{ kind: "log", level: "info", message: { kind: "literal", value: "C", place: { start: 0, end: 0, line: 1, column: 1 } }, place: { start: 0, end: 0, line: 1, column: 1 } }], D: [{ kind: "log", level: "info", message: { kind: "literal", value: "D", place: { start: 0, end: 0, line: 1, column: 1 } }, place: { start: 0, end: 0, line: 1, column: 1 } }] },
    });
    run.send("e");
    expect(run.commands.map(({ payload }) => String.fromCharCode(...(payload?.slice(-1) ?? [])))).toEqual(["C", "D"]);
  });
});

describe("eventless transitions of states at rest", () => {
  test("are tried again when another region has changed a variable", () => {
    const run = begin({
      states: REGIONS,
      transitions: [...STARTS, "A -> B if n > 0", "C -> D on e do n = n + 1"],
      variables: { n: 0 },
    });
    expect(run.states()).toEqual(["P", "R", "A", "Q", "C"]);
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "D"]);
  });

  test("are tried again after an internal transition", () => {
    const run = begin({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> . on e do n = n + 1", "A -> B if n == 2"],
      variables: { n: 0 },
    });
    run.send("e");
    expect(run.states()).toEqual(["A"]);
    run.send("e");
    expect(run.states()).toEqual(["B"]);
  });

  test("are not tried after an event that nothing takes", () => {
    const idle = begin({
      states: ["s:start", "A", "B", "C"],
      transitions: ["s -> A", "A -> B if event == 7", "C -> A on e"],
      variables: { event: 0 },
    });
    expect(idle.send("e", 7)).toBe("ignored");
    expect(idle.states()).toEqual(["A"]);
  });

  test("of a composite that has come to its end", () => {
    const run = begin({
      states: ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/K:composite", "K/k:start", "K/X", "K/x:end", "R/B", "P/Q:region", "Q/q:start", "Q/C", "Q/D"],
      transitions: ["s -> P", "r -> K", "k -> X", "X -> x on done", "K -> B if n > 0", "q -> C", "C -> D on e do n = 1"],
      variables: { n: 0 },
    });
    run.send("e");
    expect(run.states()).toEqual(["P", "R", "K", "X", "Q", "D"]);
    const other = begin({
      states: ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/K:composite", "K/k:start", "K/X", "K/x:end", "R/B", "P/Q:region", "Q/q:start", "Q/C", "Q/D"],
      transitions: ["s -> P", "r -> K", "k -> X", "X -> x on done", "K -> B if n > 0", "q -> C", "C -> D on e do n = 1"],
      variables: { n: 0 },
    });
    other.send("done");
    expect(other.states()).toEqual(["P", "R", "K", "Q", "C"]);
    other.send("e");
    expect(other.states()).toEqual(["P", "R", "B", "Q", "D"]);
  });
});

test("ten thousand regions take one event each in one step", () => {
  const count = 10_000;
  const states = ["s:start", "P:parallel"];
  const transitions = ["s -> P"];
  for (let region = 0; region < count; region += 1) {
    states.push(`P/R${region}:region`, `R${region}/s${region}:start`, `R${region}/A${region}`, `R${region}/B${region}`);
    transitions.push(`s${region} -> A${region}`, `A${region} -> B${region} on e do n = n + 1`, `B${region} -> A${region} on e`);
  }
  const run = begin({ states, transitions, variables: { n: 0 }, actions: { P: [set("n", "0")] } });
  expect(run.step(EventKind.CONTINUE)).toBe("taken");
  expect(run.send("e")).toBe("taken");
  expect(run.context()).toEqual({ n: count });
  expect(run.states().filter((id) => id.startsWith("B"))).toHaveLength(count);
});
