// Joins: N of M ways are enough, and the fork's other branches end; forks within forks, joins in several steps.
import { beforeAll, describe, expect, test } from "vitest";
import { CommandKind } from "../../../assembly/abi.js";
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

const RACE: ChartSource = {
  states: ["s:start", "F:fork", "A", "B", "C", "J:join", "Done"],
  transitions: ["s -> F", "F -> A", "F -> B", "F -> C", "A -> J on a do x = 1", "B -> J on b do y = 2", "C -> J on c do z = 3", "J -> Done"],
  variables: { x: 0, y: 0, z: 0 },
};

describe("join N of M", () => {
  test("goes on when N ways have been come, with what their branches changed", () => {
    const run = begin({ ...RACE, joins: { J: 2 } });
    run.send("c");
    expect(run.states()).toEqual(["A", "B", "J"]);
    run.send("a");
    expect(run.states()).toEqual(["Done"]);
    expect(run.context()).toEqual({ x: 1, y: 0, z: 3 });
    expect(run.send("b")).toBe("ignored");
  });

  test("the first of all", () => {
    const run = begin({ ...RACE, joins: { J: 1 } });
    run.send("b");
    expect(run.states()).toEqual(["Done"]);
    expect(run.context()).toEqual({ x: 0, y: 2, z: 0 });
  });

  test("the other branches are left: what they wait for is canceled, their exit actions run and their changes are lost", () => {
    const run = begin({
      ...RACE,
      joins: { J: 1 },
      actions: { A: [call("work")] },
      exits: { C: [tell("-C")] },
      variables: { x: 0, y: 0, z: 0, told: "" },
    });
    const task = run.serial(CommandKind.CALL_TASK);
    run.send("b");
    expect(run.commands).toContainEqual(expect.objectContaining({ kind: CommandKind.CANCEL_TASK, b: task }));
    expect(run.states()).toEqual(["Done"]);
    expect(run.context()).toEqual({ x: 0, y: 2, z: 0, told: "" });
  });

  test("a branch that met another before it came there ends the rest all the same", () => {
    const run = begin({
      states: ["s:start", "F:fork", "A", "B", "C", "I:join", "J:join", "Done"],
      transitions: ["s -> F", "F -> A", "F -> B", "F -> C", "A -> I on a", "B -> I on b", "I -> J", "C -> J on c", "J -> Done", "Done -> F on again"],
      joins: { J: 1 },
    });
    for (let round = 0; round < 2; round += 1) {
      run.send("a");
      run.send("b");
      expect(run.states()).toEqual(["Done"]);
      expect(run.send("c")).toBe("ignored");
      run.send("again");
      expect(run.states()).toEqual(["A", "B", "C"]);
    }
  });

  test("several ways that are come in one step all count", () => {
    const run = begin({
      ...RACE,
      transitions: ["s -> F", "F -> A", "F -> B", "F -> C", "A -> J on go do x = 1", "B -> J on go do y = 2", "C -> J on c do z = 3", "J -> Done"],
      joins: { J: 1 },
    });
    run.send("go");
    expect(run.context()).toEqual({ x: 1, y: 2, z: 0 });
    expect(run.states()).toEqual(["Done"]);
  });

  test("branches of another fork go on", () => {
    const run = begin({
      states: ["s:start", "G:fork", "F:fork", "A", "B", "J:join", "Done", "O", "O2"],
      transitions: ["s -> G", "G -> F", "G -> O", "F -> A", "F -> B", "A -> J on a", "B -> J on b", "J -> Done", "O -> O2 on o"],
      joins: { J: 1 },
    });
    run.send("a");
    expect(run.states()).toEqual(["Done", "O"]);
    run.send("o");
    expect(run.states()).toEqual(["Done", "O2"]);
  });

  test("a whole composite of a branch is left", () => {
    const run = begin({
      states: ["s:start", "F:fork", "A", "K:composite", "K/k:start", "K/X", "J:join", "Done"],
      transitions: ["s -> F", "F -> A", "F -> K", "k -> X", "A -> J on a", "K -> J on k", "J -> Done"],
      joins: { J: 1 },
      actions: { X: [call("work")] },
    });
    run.send("a");
    expect(run.states()).toEqual(["Done"]);
    expect(run.commands.map(({ kind }) => kind)).toEqual([CommandKind.CANCEL_TASK]);
  });
});

describe("all ways", () => {
  test("a join waits until each way has been come", () => {
    const run = begin(RACE);
    run.send("c");
    run.send("b");
    expect(run.states()).toEqual(["A", "J"]);
    run.send("a");
    expect(run.states()).toEqual(["Done"]);
    expect(run.context()).toEqual({ x: 1, y: 2, z: 3 });
  });

  test("forks within forks meet in several steps", () => {
    const run = begin({
      states: ["s:start", "F:fork", "A", "G:fork", "B", "C", "I:join", "J:join", "Done"],
      transitions: ["s -> F", "F -> A", "F -> G", "G -> B", "G -> C", "B -> I on b do x = 1", "C -> I on c do y = 2", "I -> J", "A -> J on a do z = 3", "J -> Done"],
      variables: { x: 0, y: 0, z: 0 },
    });
    run.send("b");
    run.send("a");
    expect([...run.states()].sort()).toEqual(["C", "I", "J"]);
    run.send("c");
    expect(run.states()).toEqual(["Done"]);
    expect(run.context()).toEqual({ x: 1, y: 2, z: 3 });
  });

  test("branches that end in a scope are merged when the scope goes on", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/F:fork", "C/A", "C/B", "C/x:end", "D", "E"],
      transitions: ["s -> C", "c -> F", "F -> A", "F -> B", "A -> x on a do x = 1", "B -> x on b do y = 2", "C -> D if x == 1 && y == 2", "C -> E"],
      variables: { x: 0, y: 0 },
    });
    run.send("b");
    run.send("a");
    expect(run.states()).toEqual(["D"]);
  });

  test("a branch that leaves the scope of its fork takes its changes along", () => {
    const run = begin({
      states: ["s:start", "C:composite", "C/c:start", "C/F:fork", "C/A", "C/B", "D"],
      transitions: ["s -> C", "c -> F", "F -> A", "F -> B", "A -> A on a do x = 1", "B -> D on b do y = 2"],
      variables: { x: 0, y: 0 },
    });
    run.send("a");
    run.send("b");
    expect(run.states()).toEqual(["D"]);
    expect(run.context()).toEqual({ x: 0, y: 2 });
  });
});

test("ten thousand branches meet in one join", () => {
  const count = 10_000;
  const states = ["s:start", "F:fork", "J:join", "Done"];
  const transitions = ["s -> F", "J -> Done"];
  for (let branch = 0; branch < count; branch += 1) {
    states.push(`A${branch}`);
    transitions.push(`F -> A${branch}`, `A${branch} -> J on go`);
  }
  const run = begin({ states, transitions });
  expect(run.send("go")).toBe("taken");
  expect(run.states()).toEqual(["Done"]);
});
