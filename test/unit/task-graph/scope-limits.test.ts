// Time limits of scopes in the kernel: since when they run, when they are over, and what takes the failure.
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelPort } from "../../../src/model/ports.js";
import { cel, newKernel } from "../kernel/chart.js";
import { type GraphRun, type GraphSource, beginGraph, call, literal } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

/** Each step goes on from its own snapshot. */
function begin(source: GraphSource): GraphRun {
  return beginGraph(kernel, source, {}, true);
}

describe("a scope's time limit", () => {
  test("runs from when the first of its tasks begins until none is under way", () => {
    const run = begin({ tasks: { s: { next: ["-> a b"] }, a: { next: ["-> c"] }, b: {}, c: {}, d: {} }, scopes: { t: { tasks: ["a", "b", "c"], timeout: literal(50) } } });
    expect(run.asked()).toEqual(["s", "d"]);
    run.succeed("s");
    expect(run.asked()).toEqual(["d", "t@50", "a", "b"]);
    run.now += 20;
    run.succeed("a");
    run.succeed("b");
    expect(run.asked()).toEqual(["d", "t@30", "c"]);
    run.succeed("c");
    expect(run.asked()).toEqual(["d"]);
  });

  test("is a failure of the scope, which its own entries take first, with the variables with which it was entered", () => {
    const run = begin({
      vars: { n: 0, error: null },
      tasks: { s: { next: ["publish n = 1 -> a"] }, a: { next: ["publish n = 2 -> b"] }, b: {}, sorry: { action: call("sorry", "[vars.n, vars.error]") } },
      scopes: { t: { tasks: ["a", "b"], timeout: cel("vars.n * 40"), catch: ["if error.code == 'task/timed-out' publish error = error.details -> sorry"] } },
    });
    run.succeed("s");
    expect(run.asked()).toEqual(["t@40", "a"]);
    run.succeed("a");
    run.fire("t@40");
    expect(run.asked()).toEqual(["sorry"]);
    expect(run.inputOf("sorry")).toEqual([1, { scope: "t" }]);
    run.succeed("sorry");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("goes outwards where its own entries do not take it, and fails the run at last", () => {
    const source = (caught: string): GraphSource => ({
      tasks: { a: {}, b: {}, sorry: {} },
      scopes: { outer: { tasks: ["b"], catch: [caught] }, inner: { tasks: ["a"], in: "outer", timeout: literal(10), catch: ["if error.code == 'x' -> sorry"] } },
    });
    const run = begin(source("-> sorry"));
    run.fire("inner@10");
    expect(run.asked()).toEqual(["sorry"]);
    const other = begin(source("if error.code == 'x' -> sorry"));
    other.fire("inner@10");
    expect(other.end()).toMatchObject({ how: "failed", value: { code: "task/timed-out", message: 'The tasks of scope "inner" did not end in time', details: { scope: "inner" } } });
  });

  test("begins anew where an entry leads back into a scope that was given up", () => {
    const run = begin({ vars: { n: 0 }, tasks: { a: {} }, scopes: { t: { tasks: ["a"], timeout: literal(50), catch: ["if vars.n < 2 publish n = vars.n + 1 -> a"] } } });
    run.now += 20;
    run.fail("a");
    expect(run.asked()).toEqual(["t@50", "a"]);
    run.fire("t@50");
    expect(run.asked()).toEqual(["t@50", "a"]);
    run.fire("t@50");
    expect(run.end()).toMatchObject({ how: "failed" });
  });

  test("that cannot be told is a failure of the task that begins", () => {
    const run = begin({ tasks: { a: { next: ["failed -> b"] }, b: {} }, scopes: { t: { tasks: ["a"], timeout: literal(-1) } } });
    expect(run.asked()).toEqual(["b"]);
  });

  test("scopes within each other have limits of their own; a cancel from outside ends them", () => {
    const run = begin({
      tasks: { a: {}, b: {}, c: { next: ["cancel outer"] } },
      scopes: { outer: { tasks: ["b"], timeout: literal(90) }, inner: { tasks: ["a"], in: "outer", timeout: literal(30) } },
    });
    expect(run.asked()).toEqual(["inner@30", "outer@90", "a", "b", "c"]);
    run.succeed("a");
    expect(run.asked()).toEqual(["outer@90", "b", "c"]);
    run.succeed("c");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("where the run is bound to fail ends what is under way in the scope", () => {
    const run = begin({ tasks: { a: {}, b: {} }, scopes: { t: { tasks: ["a"], timeout: literal(30), catch: ["-> a"] } }, onFailure: "finish" });
    run.fail("b");
    run.fire("t@30");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "task/failed" } });
  });

  test("a task that waits at its join is not under way", () => {
    const run = begin({ tasks: { a: { next: ["-> c"] }, b: { next: ["-> c"] }, c: { join: "all" } }, scopes: { t: { tasks: ["a", "c"], timeout: literal(30) } } });
    run.succeed("a");
    expect(run.asked()).toEqual(["b"]);
    run.succeed("b");
    expect(run.asked()).toEqual(["t@30", "c"]);
  });

  test("a trip that takes too long is undone by the entry that takes it", () => {
    const undo = { action: call("undo", "result") };
    const run = begin({ tasks: { flight: { undo }, hotel: {}, sorry: {} }, scopes: { trip: { tasks: ["flight", "hotel"], timeout: literal(30), catch: ["undo trip -> sorry"] } } });
    run.succeed("flight", 7);
    run.fire("trip@30");
    expect(run.inputOf("!flight")).toBe(7);
    run.succeed("!flight");
    expect(run.asked()).toEqual(["sorry"]);
  });
});
