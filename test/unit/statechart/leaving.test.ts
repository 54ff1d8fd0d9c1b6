// Leaving states: exit actions inner to outer, internal transitions that leave nothing, and what an exit action that fails does.
import { beforeAll, describe, expect, test } from "vitest";
import { CommandKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, call, compileChart, newKernel, PLACE, set, tell } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function begin(source: ChartSource): ChartRun {
  const run = new ChartRun(kernel, compileChart({ variables: { told: "" }, ...source }));
  run.start();
  return run;
}

describe("exit actions", () => {
  test("run from the inner state to the outer one, before the transition's and the entry actions", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/D:composite", "D/d:start", "D/A", "Z"],
      transitions: ["s -> C", "c -> D", "d -> A", 'C -> Z on e do told = told + "way "'],
      exits: { A: [tell("A1"), tell("A2")], D: [tell("D")], C: [tell("C")] },
      actions: { Z: [tell("Z")] },
    });
    run.send("e");
    expect(run.context()).toEqual({ told: "A1 A2 D C way Z " });
  });

  test("a transition within a composite does not leave it; one to itself leaves and enters it", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B"],
      transitions: ["s -> C", "c -> A", "A -> B on e", "B -> B on e", "C -> C on f"],
      exits: { A: [tell("-A")], B: [tell("-B")], C: [tell("-C")] },
      actions: { A: [tell("A")], B: [tell("B")], C: [tell("C")] },
    });
    run.send("e");
    run.send("e");
    run.send("f");
    expect(run.context()).toEqual({ told: "C A -A B -B B -B -C C A " });
  });

  test("run for a state whose entry action still waits; what it waits for is canceled", () => {
    const run = begin({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> B on e"],
      exits: { A: [tell("-A")] },
      actions: { A: [call("work")] },
    });
    const serial = run.serial(CommandKind.CALL_TASK);
    run.send("e");
    expect(run.commands.map(({ kind, b }) => [kind, b])).toContainEqual([CommandKind.CANCEL_TASK, serial]);
    expect(run.context()).toEqual({ told: "-A " });
  });

  test("run when a composite is left that had come to its end, and on eventless transitions", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/x:end", "Z", "Y"],
      transitions: ["s -> C", "c -> A", "A -> x on e", "C -> Z", "Z -> Y"],
      exits: { A: [tell("-A")], C: [tell("-C")], Z: [tell("-Z")] },
    });
    run.send("e");
    expect(run.context()).toEqual({ told: "-A -C -Z " });
  });

  test("do not run when the run is canceled, fails or ends", () => {
    const run = begin({
      states: ["s:start", "A", "x:end"],
      transitions: ["s -> A", "A -> x on e"],
      exits: { A: [tell("-A")] },
    });
    run.send("e");
    expect(run.end()).toEqual({ how: "succeeded", value: { told: "-A " } });
    const failing = begin({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on e do n = missing"], exits: { A: [tell("-A")], B: [tell("-B")] } });
    failing.send("e");
    expect(failing.end()).toMatchObject({ how: "failed", value: { code: "run/action-failed" } });
    expect(failing.context()).toEqual({ told: "-A " });
  });

  test("an abort ends the run at once", () => {
    const message = { kind: "literal", value: { code: "run/aborted", message: "no" }, place: PLACE } as const;
    const run = begin({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> B on e"],
      exits: { A: [{ kind: "abort", message, place: PLACE }, tell("never")] },
    });
    run.send("e");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/aborted" } });
  });

  test("one that fails: the states are left all the same, and the failure transition of the scope is taken", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B", "Z"],
      transitions: ["s -> C", "c -> A", "A -> B on e", "C -> Z failure"],
      exits: { A: [set("n", "missing"), tell("never")], C: [tell("-C")] },
      actions: { B: [tell("B")], Z: [tell("Z"), set("code", "error.code")] },
      variables: { told: "", code: "" },
    });
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["Z"]);
    expect(run.context()).toEqual({ told: "-C Z ", code: "run/action-failed" });
  });
});

describe("internal transitions", () => {
  const source: ChartSource = {
    states: ["s:start", "A", "B"],
    transitions: ["s -> A", "A -> . on e if n < 2 do n = n + 1", "A -> B on e", "A -> B after 50"],
    exits: { A: [tell("-A")] },
    actions: { A: [tell("A")] },
    variables: { told: "", n: 0 },
  };

  test("leave and enter nothing, and their guards count", () => {
    const run = begin(source);
    expect(run.send("e")).toBe("taken");
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["A"]);
    expect(run.context()).toEqual({ told: "A ", n: 2 });
    run.send("e");
    expect(run.states()).toEqual(["B"]);
  });

  test("timers go on, and actions that wait too", () => {
    const run = begin({ ...source, actions: { A: [call("work"), tell("done")] } });
    const task = run.serial(CommandKind.CALL_TASK);
    run.send("e");
    expect(run.commands).toEqual([]);
    expect(run.step(3, task)).toBe("taken");
    expect(run.context()).toEqual({ told: "done ", n: 1 });
  });

  test("of a composite, from whatever state inside", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B"],
      transitions: ["s -> C", "c -> A", "A -> B on e", "C -> . on e do n = n + 1"],
      variables: { n: 0 },
    });
    run.send("e");
    run.send("e");
    expect(run.states()).toEqual(["C", "B"]);
    expect(run.context()).toEqual({ n: 1 });
  });

  test("a traced run tells that they are taken", () => {
    const program = compileChart(source);
    const run = new ChartRun(kernel, program);
    kernel.setTraced(run.handle, true);
    run.start();
    run.send("e");
    expect(run.commands.map(({ kind }) => kind)).toEqual([CommandKind.TRANSITION_TAKEN, CommandKind.VARIABLE_SET]);
  });

  test("one that fails takes the failure transition of the state", () => {
    const run = begin({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> . on e do n = missing", "A -> B failure"],
    });
    expect(run.send("e")).toBe("taken");
    expect(run.states()).toEqual(["B"]);
  });
});
