// Failures within a run: a guard or an action that fails, a choice without a way and branches that disagree go to the failure
// transition of the state or of the nearest scope around it, as a failed task does; `error` says what happened. Limits and aborts end the run.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, call, compileChart, newKernel, PLACE, set, tell } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function begin(source: ChartSource, input: Record<string, unknown> = {}): ChartRun {
  const run = new ChartRun(kernel, compileChart(source));
  run.start(input);
  return run;
}

/** A scope around everything, with a state that keeps the error. */
function guarded(source: ChartSource): ChartSource {
  return {
    ...source,
    states: ["w:start", "W:composite", ...source.states.map((state) => (state.includes("/") ? state : `W/${state}`)), "Oops"],
    transitions: ["w -> W", ...source.transitions, "W -> Oops failure"],
    actions: { ...source.actions, Oops: [set("got", "error")] },
    variables: { ...source.variables, got: null },
  };
}

function gotOf(run: ChartRun): Record<string, unknown> {
  return (run.context() as { got: Record<string, unknown> }).got;
}

describe("what fails goes to the scope's failure transition", () => {
  test("a guard, with the reason and its place", () => {
    const run = begin(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on e if n > 1"], variables: { n: "x" } }));
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toEqual({
      code: "run/guard-failed",
      cause: "no-such-overload",
      message: 'The guard "n > 1" in state "A" failed',
      place: { start: 0, end: 5, line: 1, column: 1 },
    });
  });

  test("a guard that gives neither true nor false", () => {
    const run = begin(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on e if n"], variables: { n: 1 } }));
    run.send("e");
    expect(gotOf(run)).toMatchObject({ code: "run/guard-failed" });
  });

  test("an entry action; what stands behind it is left out", () => {
    const run = begin(
      guarded({
        states: ["s:start", "A", "B"],
        transitions: ["s -> A", "A -> B"],
        actions: { A: [tell("one"), set("n", "[1][n]"), tell("two")] },
        variables: { told: "", n: 4 },
      }),
    );
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toMatchObject({ code: "run/action-failed", cause: "index-out-of-range", message: 'An action in state "A" failed' });
    expect(run.context()).toMatchObject({ told: "one " });
  });

  test("a transition's action", () => {
    const run = begin(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on e do n = 1 / 0"], variables: { n: 4 } }));
    run.send("e");
    expect(gotOf(run)).toMatchObject({ code: "run/action-failed" });
  });

  test("a variable that cannot hold what it is given", () => {
    const run = begin(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", 'A -> B on e do n = event'], variables: { "n: int": 4 } }));
    run.send("e", "text");
    expect(gotOf(run)).toMatchObject({ code: "run/type-mismatch", place: expect.anything() });
  });

  test("a task's result of another type than its variable", () => {
    const run = begin(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B"], actions: { A: [call("work", "n")] }, variables: { "n: int": 4 } }));
    expect(run.step(EventKind.TASK_SUCCEEDED, 1, "text")).toBe("taken");
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toMatchObject({ code: "run/type-mismatch" });
  });

  test("a choice without a way", () => {
    const run = begin(guarded({ states: ["s:start", "A", "c:choice", "B"], transitions: ["s -> A", "A -> c on e", "c -> B if n > 5"], variables: { n: 1 } }));
    run.send("e");
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toMatchObject({ code: "run/no-transition", message: 'No transition out of "c" is permitted' });
  });

  test("branches that disagree at their join", () => {
    const run = begin(
      guarded({
        states: ["s:start", "F:fork", "A", "B", "J:join", "D"],
        transitions: ["s -> F", "F -> A", "F -> B", "A -> J on e do n = 1", "B -> J on e do n = 2", "J -> D"],
        variables: { n: 0 },
      }),
    );
    run.send("e");
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toMatchObject({ code: "run/merge-conflict" });
  });

  test("a duration", () => {
    const duration = { kind: "expression", expression: { text: "n", place: PLACE } } as const;
    const program = compileChart(guarded({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B after 5"], variables: { n: "soon" } }));
    const transitions = program.definition.transitions.map((transition) => (transition.trigger.kind === "after" ? { ...transition, trigger: { kind: "after" as const, duration } } : transition));
    const run = new ChartRun(kernel, compileChart({ states: [], transitions: [] }, { ...program.definition, transitions }));
    run.start();
    expect(run.states()).toEqual(["Oops"]);
    expect(gotOf(run)).toMatchObject({ message: 'The duration "n" in state "A" failed' });
  });
});

describe("which failure transition", () => {
  test("the state's own before the scope's, and by its guard", () => {
    const source: ChartSource = {
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B", "Y", "Z"],
      transitions: ["s -> C", "c -> A", "A -> B on e if missing", 'A -> Y failure if error.code == "task/failed"', "A -> Z failure if kind == 1", "C -> B failure"],
      variables: { kind: 0 },
    };
    const inner = begin(source, { kind: 1 });
    inner.send("e");
    expect(inner.states()).toEqual(["Z"]);
    const outer = begin(source);
    outer.send("e");
    expect(outer.states()).toEqual(["C", "B"]);
  });

  test("in a region: the others go on, and each has its own failures", () => {
    const run = begin({
      states: [
        "s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "R/B", "R/Rx", "P/Q:region", "Q/q:start", "Q/K:composite", "K/k:start", "K/C", "K/D", "Q/Qx",
      ],
      transitions: ["s -> P", "r -> A", "q -> K", "k -> C", "A -> B on e if missing > 1", "C -> D on e do n = missing", "A -> Rx failure", "K -> Qx failure"],
    });
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["P", "R", "Rx", "Q", "Qx"]);
  });

  test("without one the run fails with the fault's own place", () => {
    const run = begin({ states: ["s:start", "A", "B", "C"], transitions: ["s -> A", "A -> B on e if n > 1", "C -> B failure"], variables: { n: "x" } });
    expect(run.send("e")).toBe("failed");
    expect(run.end()).toMatchObject({ value: { code: "run/guard-failed", details: { cause: "no-such-overload", state: "A" }, place: { start: 0, end: 5 } } });
  });

  test("a failure transition whose guard fails fails the run with that", () => {
    const run = begin({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on e if missing > 1", "A -> B failure if nothing > 1"] });
    expect(run.send("e")).toBe("failed");
    expect(run.end()).toMatchObject({ value: { code: "run/guard-failed", message: expect.stringContaining("nothing > 1") } });
  });

  test("a failed task, its time limit, and a failure in the failure transition's own action", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "Y", "Z"],
      transitions: ["s -> C", "c -> A", "A -> Y failure do n = missing", "C -> Z failure"],
      actions: { A: [call("work")] },
    });
    expect(run.step(EventKind.TASK_FAILED, 1, { code: "task/failed", message: "no" })).toBe("taken");
    // The action failed when A and C had been left: there is no scope around any more.
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/action-failed" } });
  });
});

describe("what still ends the run", () => {
  test("an abort", () => {
    const message = { kind: "literal", value: { code: "run/aborted", message: "no" }, place: PLACE } as const;
    const run = begin(guarded({ states: ["s:start", "A"], transitions: ["s -> A"], actions: { A: [{ kind: "abort", message, place: PLACE }] } }));
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/aborted" } });
  });

  test("the limit of its memory", async () => {
    const small = await newKernel({ runSizeMax: 64 * 1024 });
    const run = new ChartRun(small, compileChart(guarded({ states: ["s:start", "A"], transitions: ["s -> A", "A -> A on e do text = text + text"], variables: { text: "0123456789" } })));
    run.start();
    while (run.end() === undefined) run.send("e");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
  });
});
