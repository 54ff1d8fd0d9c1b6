// Tasks that are done once for each item of a list.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { cel, newKernel } from "../kernel/chart.js";
import { GraphRun, type GraphSource, beginGraph, call, items, literal, value } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

describe.each(["", ", from its snapshot after every step"])("with items%s", (moving) => {
  const begin = (source: GraphSource, input: Record<string, unknown> = {}) => beginGraph(kernel, source, input, moving !== "");
  const each = (more: Partial<ReturnType<typeof items>> = {}, list = "input.list"): GraphSource => ({
    tasks: { t: { action: call("t", "{'item': item, 'index': index}"), items: items(list, more), next: ["-> after", "failed -> failed"] }, after: {}, failed: {} },
    output: cel("tasks.t.result"),
  });

  test("each is asked for, results stand in the order of the items", () => {
    const run = begin(each(), { list: ["a", "b", "c"] });
    expect(run.asked()).toEqual(["t[0]", "t[1]", "t[2]"]);
    expect(run.inputOf("t[1]")).toEqual({ item: "b", index: 1 });
    run.succeed("t[2]", "C");
    run.succeed("t[0]", { a: ["A"] });
    run.succeed("t[1]", 2);
    run.succeed("after");
    expect(run.ended).toEqual([{ how: "succeeded", value: [{ a: ["A"] }, 2, "C"] }]);
  });

  test("no more at a time than the author says", () => {
    const run = begin(each({ concurrency: cel("1 + 1") }), { list: [1, 2, 3, 4] });
    expect(run.asked()).toEqual(["t[0]", "t[1]"]);
    run.succeed("t[1]");
    expect(run.asked()).toEqual(["t[0]", "t[2]"]);
    run.succeed("t[2]");
    run.succeed("t[0]");
    expect(run.asked()).toEqual(["t[3]"]);
    run.succeed("t[3]");
    expect(run.asked()).toEqual(["after"]);
  });

  test("nothing to do for no items", () => {
    const run = begin(each(), { list: [] });
    run.succeed("after");
    expect(run.ended).toEqual([{ how: "succeeded", value: [] }]);
  });

  test("the first failure gives the others up", () => {
    const run = begin(each({ concurrency: literal(2) }), { list: [1, 2, 3] });
    run.fail("t[1]", { code: "x/y", message: "second" });
    expect(run.asked()).toEqual(["failed"]);
  });

  test("or lets what is under way end", () => {
    const run = begin(each({ concurrency: literal(2), onFailure: "finish" }), { list: [1, 2, 3] });
    run.fail("t[1]");
    expect(run.asked()).toEqual(["t[0]"]);
    run.succeed("t[0]");
    expect(run.asked()).toEqual(["failed"]);
  });

  test("or goes on to the last, and fails then", () => {
    const run = begin(each({ concurrency: literal(1), onFailure: "continue" }), { list: [1, 2, 3] });
    run.fail("t[0]");
    run.succeed("t[1]");
    run.succeed("t[2]");
    expect(run.asked()).toEqual(["failed"]);
  });

  test("several lists go together", () => {
    const lists = [
      { name: "host", value: cel("['a', 'b']") },
      { name: "port", value: cel("[1, 2]") },
    ];
    const run = begin(each({ lists }));
    expect(run.inputOf("t[1]")).toEqual({ item: { host: "b", port: 2 }, index: 1 });
    expect(run.asked()).toHaveLength(2);
  });

  test("or each with each, the last turning fastest", () => {
    const lists = [
      { name: "host", value: cel("['a', 'b']") },
      { name: "port", value: cel("[1, 2, 3]") },
    ];
    const run = begin(each({ lists, combination: "cross" }));
    expect(run.asked()).toHaveLength(6);
    expect(run.inputOf("t[4]")).toEqual({ item: { host: "b", port: 2 }, index: 4 });
  });

  test("lists of different lengths do not go together", () => {
    const lists = [
      { name: "a", value: cel("[1, 2]") },
      { name: "b", value: cel("[1]") },
    ];
    const run = begin(each({ lists }));
    expect(run.asked()).toEqual(["failed"]);
  });

  test("in batches", () => {
    const run = begin(each({ batchSize: literal(2) }), { list: [1, 2, 3] });
    expect(run.inputOf("t[0]")).toEqual({ item: [1, 2], index: 0 });
    expect(run.inputOf("t[1]")).toEqual({ item: [3], index: 1 });
    run.succeed("t[0]", "x");
    run.succeed("t[1]", "y");
    run.succeed("after");
    expect(run.ended).toEqual([{ how: "succeeded", value: ["x", "y"] }]);
  });

  test.each([
    ["input.list", { list: 5 }, {}],
    ["input.none", {}, {}],
    ["input.list", { list: [1] }, { concurrency: literal(0) }],
    ["input.list", { list: [1] }, { batchSize: literal(1.5) }],
  ])("%s of %j with %j cannot be done", (list, input, more) => {
    const run = begin(each(more, list), input);
    expect(run.asked()).toEqual(["failed"]);
  });

  test("computed in place, over more items than one call has fuel for", () => {
    const count = 50_000;
    const run = begin({ tasks: { t: { action: value("item * 2 + index"), items: items("lists.range(input.count)") } }, output: cel("[size(tasks.t.result), tasks.t.result[49999]]") }, { count });
    expect(run.ended).toEqual([{ how: "succeeded", value: [count, 49_999 * 3] }]);
  });

  test("an item alone may be its own result", () => {
    const run = begin({ tasks: { t: { action: value("item"), items: items("['a', 'b']"), next: ["-> u"] }, u: { action: value("index"), items: items("['a', 'b']") } }, output: cel("[tasks.t.result, tasks.u.result]") });
    expect(run.ended).toEqual([{ how: "succeeded", value: [["a", "b"], [0, 1]] }]);
  });

  test("a retried task begins its items anew", () => {
    const retry = { count: literal(1), backoff: "constant", jitter: 0 } as const;
    const run = begin({ tasks: { t: { items: items("[1, 2]"), retry, next: ["failed -> failed"] }, failed: {} } });
    run.succeed("t[0]");
    run.fail("t[1]");
    expect(run.asked()).toEqual(["t[0]", "t[1]"]);
    run.fail("t[0]");
    expect(run.asked()).toEqual(["failed"]);
  });
});

test("a snapshot of tasks that wait for their turn is one of a run that has yielded, or damaged", () => {
  const run = new GraphRun(kernel, { tasks: { t: { action: value("item"), items: items("lists.range(50000)"), timeout: literal(5) } } });
  kernel.add(run.handle, EventKind.START, 0, run.now, 7);
  kernel.step();
  const snapshot = kernel.snapshot(run.handle).slice();
  expect(kernel.restore(run.loaded, snapshot)).not.toBe(0);
  // Its status (of assembly/run.ts), told otherwise.
  expect(snapshot[1]).toBe(3);
  snapshot[1] = 2;
  expect(() => kernel.restore(run.loaded, snapshot)).toThrow(expect.objectContaining({ code: "kernel/bad-snapshot" }));
});
