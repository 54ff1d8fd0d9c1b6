// Retries, delays and time limits of tasks; events that they await; child runs.
import { beforeAll, describe, expect, test } from "vitest";
import { CommandKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { PLACE, cel, newKernel } from "../kernel/chart.js";
import { type GraphSource, beginGraph, call, items, literal, value } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

describe.each(["", ", from its snapshot after every step"])("attempts%s", (moving) => {
  const begin = (source: GraphSource, input: Record<string, unknown> = {}) => beginGraph(kernel, source, input, moving !== "");
  const retried = (more: object): GraphSource => ({
    tasks: { t: { retry: { count: literal(2), backoff: "constant", jitter: 0, ...more }, next: ["failed -> f"] }, f: {} },
  });

  test("a task that fails is tried again, as often as it may", () => {
    const run = begin(retried({}));
    run.fail("t");
    run.fail("t");
    expect([...run.open.values()][0]).toMatchObject({ task: "t", attempt: 3 });
    run.fail("t");
    expect(run.asked()).toEqual(["f"]);
  });

  test.each([
    ["constant", [100, 100]],
    ["linear", [100, 200]],
    ["exponential", [100, 200]],
  ])("%s delays", (backoff, delays) => {
    const run = begin(retried({ delay: literal(100), backoff }));
    for (const delay of delays) {
      run.fail("t");
      expect(run.asked()).toEqual([`t@${delay}`]);
      run.fire(`t@${delay}`);
      expect(run.asked()).toEqual(["t"]);
    }
  });

  test("delays have a longest, and jitter only shortens them", () => {
    const run = begin(retried({ delay: cel("duration('10s')"), backoff: "exponential", delayMax: literal(15_000), jitter: 0.5 }));
    run.fail("t");
    const first = Number(run.asked()[0]?.slice(2));
    expect(first).toBeGreaterThanOrEqual(5_000);
    expect(first).toBeLessThanOrEqual(10_000);
    run.fire(`t@${first}`);
    run.fail("t");
    const second = Number(run.asked()[0]?.slice(2));
    expect(second).toBeGreaterThanOrEqual(7_500);
    expect(second).toBeLessThanOrEqual(15_000);
  });

  test("a condition decides, also after a success", () => {
    const when = { text: "failed && error.code == 'a/b' || succeeded && result < 2", place: { ...PLACE, end: 70 } };
    const run = begin(retried({ when }));
    run.succeed("t", 1);
    expect(run.asked()).toEqual(["t"]);
    run.fail("t", { code: "a/b", message: "" });
    expect(run.asked()).toEqual(["t"]);
    run.fail("t", { code: "a/b", message: "" });
    expect(run.asked()).toEqual(["f"]);
    const other = begin(retried({ when }));
    other.fail("t", { code: "c/d", message: "" });
    expect(other.asked()).toEqual(["f"]);
  });

  test("an entry may say that the task is tried again", () => {
    const next = ["if failed && error.code == 'again/please' -> retry", "if failed && error.code != 'again/please' -> f"];
    const run = begin({ tasks: { t: { next }, f: {} } });
    for (let attempt = 1; attempt <= 3; attempt += 1) run.fail("t", { code: "again/please", message: "" });
    expect(run.asked()).toEqual(["t"]);
    run.fail("t", { code: "again/please", message: "enough" });
    expect(run.ended).toEqual([{ how: "failed", value: { code: "again/please", message: "enough" } }]);
    const other = begin({ tasks: { t: { next }, f: {} } });
    other.fail("t");
    expect(other.asked()).toEqual(["f"]);
  });

  test("which attempt it was is the task's own matter", () => {
    const retry = { count: literal(1), backoff: "constant", jitter: 0 } as const;
    const run = begin({ vars: { a: 0, b: 0, c: 0 }, tasks: {
      a: { next: ["completed publish a = attempt"] },
      b: { retry, next: ["completed publish b = attempt"] },
      c: { if: "false", next: ["completed publish c = attempt"] },
    }, output: cel("[vars.a, vars.b, vars.c]") });
    run.fail("b");
    run.succeed("a");
    run.succeed("b");
    expect(run.ended).toEqual([{ how: "succeeded", value: [1, 2, 1] }]);
  });

  test("what an entry publishes is seen by the attempt that it asks for", () => {
    const run = begin({ vars: { n: 0 }, tasks: { t: { action: call("t", "vars.n"), next: ["failed publish n = vars.n + 1 -> retry", "publish n = vars.n + 10"] } }, output: cel("vars.n") });
    run.fail("t");
    run.fail("t");
    expect(run.inputOf("t")).toBe(2);
    run.succeed("t");
    expect(run.ended).toEqual([{ how: "succeeded", value: 12 }]);
  });

  test("a value stays as it is while its number of retries is computed", () => {
    const retry = { count: cel("input.n + 1"), backoff: "constant", jitter: 0 } as const;
    const run = begin({ vars: { x: 1 }, tasks: { t: { action: value("vars.x + 41"), retry, next: ["publish x = result"] } }, output: cel("[vars.x, tasks.t.result]") }, { n: 2 });
    expect(run.ended).toEqual([{ how: "succeeded", value: [42, 42] }]);
  });

  test("a condition that decides on a retry leaves the outcome as it is", () => {
    const when = { text: "[attempt] == [5]", place: { ...PLACE, end: 16 } };
    const retry = { count: cel("1 + 1"), backoff: "constant", jitter: 0, when } as const;
    const run = begin({ tasks: {
      t: { action: { kind: "value", value: cel("['a']"), place: PLACE }, retry, next: ["-> f"] },
      f: { action: { kind: "fail", message: cel("'no: ' + tasks.t.result[0]"), place: PLACE }, retry },
    } });
    expect(run.ended).toEqual([{ how: "failed", value: { code: "run/aborted", message: "no: a" } }]);
  });

  test("a delay before the first attempt", () => {
    const run = begin({ tasks: { t: { delay: cel("duration('2s')") } } });
    expect(run.asked()).toEqual(["t@2000"]);
    run.fire("t@2000");
    run.succeed("t");
    expect(run.ended).toEqual([{ how: "succeeded", value: null }]);
  });

  test("a time limit gives the task up", () => {
    const run = begin({ tasks: { t: { timeout: literal(50), next: ["failed publish why = error.code -> f"] }, f: { action: call("f", "vars.why") } } });
    expect(run.asked()).toEqual(["t", "t@50"]);
    run.fire("t@50");
    expect(run.inputOf("f")).toBe("task/timed-out");
  });

  test("and is forgotten when the task ends before", () => {
    const run = begin({ tasks: { t: { timeout: literal(50) } } });
    run.succeed("t");
    expect(run.asked()).toEqual([]);
    expect(run.ended).toHaveLength(1);
  });

  test("a time limit of all items", () => {
    const run = begin({ tasks: { t: { items: items("[1, 2, 3]", { concurrency: literal(2) }), timeout: literal(50), next: ["failed -> f"] }, f: {} } });
    run.succeed("t[0]");
    run.fire("t@50");
    expect(run.asked()).toEqual(["f"]);
  });

  test("a wait, an event and what comes with it", () => {
    const run = begin({
      tasks: {
        w: { action: { kind: "wait", duration: literal(10), place: PLACE }, next: ["-> e"] },
        e: { action: { kind: "await", event: "go", place: PLACE }, next: ["publish got = result"] },
        o: { action: { kind: "await", event: "go", place: PLACE } },
      },
      output: cel("vars.got"),
    });
    expect(run.send("go", 1)).toBe("taken");
    expect(run.send("go", 2)).toBe("ignored");
    run.fire("w@10");
    expect(run.states()).toEqual(["e"]);
    expect(run.send("go", 3)).toBe("taken");
    expect(run.ended).toEqual([{ how: "succeeded", value: 3 }]);
  });

  test("a time limit of the whole run", () => {
    const run = begin({ tasks: { t: {}, u: {} }, timeout: literal(1_000) });
    run.succeed("u");
    expect(run.asked()).toEqual(["?@1000", "t"]);
    run.fire("?@1000");
    expect(run.asked()).toEqual([]);
    expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/timed-out" } }]);
    const other = begin({ tasks: { t: {} }, timeout: literal(1_000) });
    other.succeed("t");
    expect(other.asked()).toEqual([]);
    expect(other.ended).toEqual([{ how: "succeeded", value: null }]);
  });

  test("how tasks have ended", () => {
    const run = begin({ tasks: { a: { next: ["completed -> c"] }, b: { next: ["completed -> c"] }, c: { join: "all" } }, output: cel("[tasks.a.status, tasks.b.status]") });
    run.fail("a");
    run.succeed("b");
    run.succeed("c");
    expect(run.ended).toEqual([{ how: "succeeded", value: ["failed", "succeeded"] }]);
  });

  test("a child run", () => {
    const run = begin({ tasks: { t: { action: { kind: "workflow", workflow: "inner", input: literal({ a: 1 }), place: PLACE } } }, output: cel("tasks.t.result") });
    expect(run.commands[0]).toMatchObject({ kind: CommandKind.START_WORKFLOW });
    run.succeed("t", { b: 2 });
    expect(run.ended).toEqual([{ how: "succeeded", value: { b: 2 } }]);
  });

  test("a task may fail by itself", () => {
    const run = begin({ tasks: { t: { next: ["-> f"] }, f: { action: { kind: "fail", message: cel("'no: ' + string(1)"), place: PLACE } } } });
    run.succeed("t");
    expect(run.ended).toEqual([{ how: "failed", value: { code: "run/aborted", message: "no: 1" } }]);
  });

  test("an expression that fails is a failure of its task", () => {
    const run = begin({ tasks: { t: { action: call("t", "input.none.more"), next: ["failed publish why = error.code -> f"] }, f: { action: call("f", "vars.why") } } });
    expect(run.inputOf("f")).toBe("run/action-failed");
  });

  test("a condition that fails ends the run, and says where", () => {
    const run = begin({ tasks: { t: { next: ["if result.none -> f"] }, f: {} } });
    run.succeed("t", {});
    expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/guard-failed", details: { state: "t", cause: "no-such-key" } } }]);
  });
});
