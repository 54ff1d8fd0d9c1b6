// What follows a task: every entry that matches, joins, splits, cycles, and the end of the run.
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelPort } from "../../../src/model/ports.js";
import { PLACE, cel, newKernel } from "../kernel/chart.js";
import { type GraphSource, beginGraph, literal, value } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

describe.each(["", ", from its snapshot after every step"])("what follows a task%s", (moving) => {
  const begin = (source: GraphSource, input: Record<string, unknown> = {}) => beginGraph(kernel, source, input, moving !== "");

  test("tasks to which nothing leads begin, in file order; the run ends with the last", () => {
    const run = begin({ tasks: { a: {}, b: { next: ["-> c"] }, c: {} } });
    expect(run.asked()).toEqual(["a", "b"]);
    run.succeed("b");
    expect(run.asked()).toEqual(["a", "c"]);
    run.succeed("c");
    run.succeed("a");
    expect(run.ended).toEqual([{ how: "succeeded", value: null }]);
  });

  test("every entry that matches is followed", () => {
    const run = begin({
      tasks: {
        a: { next: ["if result > 1 -> b", "if result > 2 -> c d", "failed -> e", "completed -> f"] },
        b: {},
        c: {},
        d: {},
        e: {},
        f: {},
      },
    });
    run.succeed("a", 3);
    expect(run.asked()).toEqual(["b", "c", "d", "f"]);
  });

  test("a failure that an entry takes is no failure of the run", () => {
    const run = begin({
      tasks: { a: { next: ["-> b", "failed publish why = error.message -> c"] }, b: {}, c: {} },
      output: cel("vars.why"),
    });
    run.fail("a", { code: "task/failed", message: "broken" });
    expect(run.asked()).toEqual(["c"]);
    run.succeed("c");
    expect(run.ended).toEqual([{ how: "succeeded", value: "broken" }]);
  });

  test("a failure that no entry takes ends the run, and what is under way is given up", () => {
    const run = begin({ tasks: { a: { next: ["-> b"] }, b: {}, c: {} } });
    run.fail("a");
    expect(run.asked()).toEqual([]);
    expect(run.ended).toEqual([{ how: "failed", value: { code: "task/failed", message: "no" } }]);
  });

  test("or what is under way ends first, and nothing more begins", () => {
    const run = begin({ tasks: { a: {}, b: { next: ["-> c"] }, c: {} }, onFailure: "finish" });
    run.fail("a");
    expect(run.asked()).toEqual(["b"]);
    run.succeed("b");
    expect(run.asked()).toEqual([]);
    expect(run.ended).toEqual([{ how: "failed", value: { code: "task/failed", message: "no" } }]);
  });

  test("nor does what waited for its time", () => {
    const run = begin({ tasks: { a: {}, b: { delay: literal(10) } }, onFailure: "finish" });
    run.fail("a");
    run.fire("b@10");
    expect(run.asked()).toEqual([]);
    expect(run.ended).toEqual([{ how: "failed", value: { code: "task/failed", message: "no" } }]);
  });

  test("values are computed in place", () => {
    const run = begin({
      vars: { n: 1 },
      tasks: { a: { action: value("vars.n + 1"), next: ["publish n = result -> b"] }, b: { action: value("vars.n * 10") } },
      output: cel("[vars.n, tasks.a.result, tasks.b.result]"),
    });
    expect(run.ended).toEqual([{ how: "succeeded", value: [2, 2, 20] }]);
  });

  test("the input and its names", () => {
    const run = begin(
      { tasks: { a: { action: { kind: "call", task: "a", input: cel("{'who': input.name, 'in': workflow.name}"), place: PLACE } } } },
      { name: "Ada" },
    );
    expect(run.inputOf("a")).toEqual({ who: "Ada", in: "graph" });
  });

  test("a task whose condition does not hold is passed over", () => {
    const run = begin({ vars: { on: false }, tasks: { a: { if: "vars.on", next: ["-> b"] }, b: {} } });
    expect(run.asked()).toEqual(["b"]);
  });
});

describe.each(["", ", from its snapshot after every step"])("branches%s", (moving) => {
  const begin = (source: GraphSource) => beginGraph(kernel, source, {}, moving !== "");

  const fork = (merge?: "last"): GraphSource => ({
    vars: { x: 0, y: 0 },
    tasks: {
      s: { next: ["-> a b"] },
      a: { next: ["publish x = result -> j"] },
      b: { next: ["publish y = vars.x + result -> j"] },
      j: { join: "all", ...(merge && { merge }), action: value("[vars.x, vars.y]") },
    },
    output: cel("tasks.j.result"),
  });

  test("see their own variables until they meet", () => {
    const run = begin(fork());
    run.succeed("s");
    run.succeed("a", 5);
    run.succeed("b", 1);
    expect(run.ended).toEqual([{ how: "succeeded", value: [5, 1] }]);
  });

  const clash = (merge?: "last"): GraphSource => ({
    ...fork(merge),
    tasks: { ...fork(merge).tasks, b: { next: ["publish x = result -> j"] } },
  });

  test("that changed one variable differently do not agree", () => {
    const run = begin(clash());
    run.succeed("s");
    run.succeed("b", 2);
    run.succeed("a", 1);
    expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/merge-conflict", details: { state: "j" } } }]);
  });

  test("agree in one namespace: the later in file order wins", () => {
    const run = begin({ ...clash(), hasOneNamespace: true });
    run.succeed("s");
    run.succeed("b", 2);
    run.succeed("a", 1);
    expect(run.ended).toEqual([{ how: "succeeded", value: [2, 0] }]);
  });

  test("the same value is no conflict", () => {
    const run = begin(clash());
    run.succeed("s");
    run.succeed("b", [1]);
    run.succeed("a", [1]);
    expect(run.ended).toEqual([{ how: "succeeded", value: [[1], 0] }]);
  });

  test("the later in file order wins where the author says so, whoever comes first", () => {
    const run = begin(clash("last"));
    run.succeed("s");
    run.succeed("b", 2);
    run.succeed("a", 1);
    expect(run.ended).toEqual([{ how: "succeeded", value: [2, 0] }]);
  });

  test("nested forks and joins in several steps", () => {
    const run = begin({
      vars: { a: 0, b: 0, c: 0 },
      tasks: {
        s: { next: ["-> x c"] },
        x: { next: ["-> a b"] },
        a: { next: ["publish a = 1 -> i"] },
        b: { next: ["publish b = 2 -> i"] },
        c: { next: ["publish c = 3 -> j"] },
        i: { join: "all", next: ["publish a = vars.a + 10 -> j"] },
        j: { join: "all", action: value("[vars.a, vars.b, vars.c]") },
      },
      output: cel("tasks.j.result"),
    });
    for (const name of ["s", "c", "x", "b", "a", "i"]) run.succeed(name);
    expect(run.ended).toEqual([{ how: "succeeded", value: [11, 2, 3] }]);
  });
});

describe.each(["", ", from its snapshot after every step"])("joins%s", (moving) => {
  const begin = (source: GraphSource) => beginGraph(kernel, source, {}, moving !== "");

  test("a number of ways is enough; those that come later lead nowhere", () => {
    const run = begin({ tasks: { a: { next: ["-> j"] }, b: { next: ["-> j"] }, c: { next: ["-> j"] }, j: { join: 2 } } });
    run.succeed("c");
    expect(run.asked()).toEqual(["a", "b"]);
    run.succeed("a");
    expect(run.asked()).toEqual(["b", "j"]);
    run.succeed("b");
    run.succeed("j");
    expect(run.ended).toEqual([{ how: "succeeded", value: null }]);
  });

  test("a join that waits for what will not come fails the run", () => {
    const run = begin({ tasks: { a: { next: ["if result -> j"] }, b: { next: ["-> j"] }, j: { join: "all" } } });
    run.succeed("a", false);
    run.succeed("b");
    expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/join-unreachable", details: { state: "j" } } }]);
  });

  test("without a join each way starts the task anew, and what follows is told apart", () => {
    const run = begin({
      tasks: {
        a: { next: ["-> c"] },
        b: { next: ["-> c"] },
        c: { next: ["-> d e"] },
        d: { next: ["-> j"] },
        e: { next: ["-> j"] },
        j: { join: "all" },
      },
    });
    run.succeed("a");
    run.succeed("b");
    expect(run.asked()).toEqual(["c", "c"]);
    run.succeed("c");
    run.succeed("c");
    expect(run.asked()).toEqual(["d", "e", "d", "e"]);
    run.succeed("d");
    run.succeed("d");
    expect(run.asked()).toEqual(["e", "e"]);
    run.succeed("e");
    run.succeed("e");
    expect(run.asked()).toEqual(["j", "j"]);
  });

  test("a task whose entries lead to one join arrives there once, whoever comes first", () => {
    for (const order of [["a", "b"], ["b", "a"]]) {
      const run = begin({
        vars: { x: 0, y: 0 },
        tasks: { a: { next: ["publish x = 1 -> j", "completed publish y = 2 -> j"] }, b: { next: ["-> j"] }, j: { join: "all", action: value("[vars.x, vars.y]") } },
        output: cel("tasks.j.result"),
      });
      for (const name of order) run.succeed(name);
      expect(run.ended).toEqual([{ how: "succeeded", value: [1, 2] }]);
    }
  });

  test("in a cycle a join waits anew each time", () => {
    const run = begin({
      vars: { n: 0 },
      tasks: {
        s: { next: ["-> f"] },
        f: { next: ["-> a b"] },
        a: { next: ["-> j"] },
        b: { next: ["-> j"] },
        j: { join: "all", next: ["if vars.n < 2 publish n = vars.n + 1 -> f"] },
      },
      output: cel("vars.n"),
    });
    run.succeed("s");
    for (let round = 0; round < 3; round += 1) for (const name of ["f", "b", "a", "j"]) run.succeed(name);
    expect(run.ended).toEqual([{ how: "succeeded", value: 2 }]);
  });
});
