// What undoes tasks in the kernel: when it is registered, in which order it is done, and what becomes of a run or an entry meanwhile.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind, NODE_RECORD_SIZE, ProgramHeader } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { PLACE, cel, newKernel } from "../kernel/chart.js";
import { type GraphRun, type GraphSource, beginGraph, call, compileGraph, items, literal, value } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

/** Each step goes on from its own snapshot. */
function begin(source: GraphSource): GraphRun {
  return beginGraph(kernel, source, { list: [1, 2] }, true);
}

const undo = { action: call("undo", "result") };
const ERROR = { code: "x", message: "no", details: { seat: 7 } };

/** `a`, then `b`, then `c`, of which the first two can be undone. */
const CHAIN: GraphSource = { tasks: { a: { undo, next: ["-> b"] }, b: { undo, next: ["-> c"] }, c: {} } };

function failChain(source: GraphSource = CHAIN): GraphRun {
  const run = begin(source);
  run.succeed("a", 1);
  run.succeed("b", 2);
  run.fail("c", ERROR);
  return run;
}

describe("a run that fails", () => {
  test("undoes what has succeeded, the last first, one at a time, with the results; then it fails with its error", () => {
    const run = failChain();
    expect(run.asked()).toEqual(["!b"]);
    expect(run.inputOf("!b")).toBe(2);
    expect(run.states()).toEqual(["b"]);
    expect(run.end()).toBeUndefined();
    run.succeed("!b");
    expect(run.asked()).toEqual(["!a"]);
    expect(run.inputOf("!a")).toBe(1);
    run.succeed("!a");
    expect(run.end()).toEqual({ how: "failed", value: ERROR });
  });

  test("an undo that fails does not hold up the others, and the error's details name it", () => {
    const run = failChain();
    run.fail("!b", { code: "y", message: "closed" });
    run.succeed("!a");
    expect(run.end()).toEqual({ how: "failed", value: { ...ERROR, details: { seat: 7, undo: [{ task: "b", code: "y" }] } } });
  });

  test("of many that fail a hundred are named", () => {
    const source: GraphSource = { vars: { n: 0 }, tasks: { s: { next: ["-> a"] }, a: { action: value("1"), undo, next: ["if vars.n < 149 publish n = vars.n + 1 -> a", "if vars.n >= 149 -> c"] }, c: {} } };
    const run = beginGraph(kernel, source);
    run.succeed("s");
    run.fail("c", ERROR);
    for (let count = 0; count < 150; count += 1) run.fail("!a");
    const { value: error } = run.end() ?? {};
    expect(error).toMatchObject({ code: "x", details: { undo: Array.from({ length: 100 }, () => ({ task: "a", code: "task/failed" })) } });
  });

  test("variables are those of the branch when the task succeeded", () => {
    const seen = { action: call("undo", "vars.n") };
    const run = begin({ vars: { n: 0 }, tasks: { a: { undo: seen, next: ["publish n = 1 -> b"] }, b: { undo: seen, next: ["publish n = 2 -> c"] }, c: {} } });
    run.succeed("a");
    run.succeed("b");
    run.fail("c");
    expect(run.inputOf("!b")).toBe(1);
    run.succeed("!b");
    expect(run.inputOf("!a")).toBe(0);
  });

  test("what is under way is given up first", () => {
    const run = begin({ tasks: { a: { undo }, b: { timeout: literal(90) }, c: { undo }, d: { action: { kind: "await", event: "go", place: PLACE } } } });
    run.succeed("a", 1);
    run.fail("b");
    expect(run.asked()).toEqual(["!a"]);
    run.succeed("!a");
    expect(run.end()).toMatchObject({ how: "failed" });
  });

  test("or ends first, and what succeeds then is undone, too", () => {
    const run = begin({ tasks: { a: { undo }, b: {}, c: { undo, next: ["-> d"] }, d: {} }, onFailure: "finish" });
    run.succeed("a", 1);
    run.fail("b");
    expect(run.asked()).toEqual(["c"]);
    run.succeed("c", 3);
    expect(run.asked()).toEqual(["!c"]);
    run.succeed("!c");
    run.succeed("!a");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "task/failed" } });
  });

  test("what was passed over, has failed or is tried again has nothing to undo", () => {
    const again = { count: literal(1), backoff: "constant", jitter: 0, when: { text: "result == 1", place: { ...PLACE, end: 11 } } } as const;
    const run = begin({ tasks: { a: { undo, if: "false" }, b: { undo, next: ["failed -> c"] }, d: { undo, retry: again }, c: {} } });
    run.fail("b");
    run.succeed("d", 1);
    run.succeed("d", 2);
    run.fail("c");
    expect(run.inputOf("!d")).toBe(2);
    run.succeed("!d");
    expect(run.end()).toMatchObject({ how: "failed" });
  });

  test("an entry that has the task tried again takes the registration back", () => {
    const run = begin({ tasks: { a: { undo, next: ["if result == 1 -> retry", "if result == 2 -> b"] }, b: {} } });
    run.succeed("a", 1);
    run.succeed("a", 2);
    run.fail("b");
    run.succeed("!a");
    expect(run.end()).toMatchObject({ how: "failed" });
  });

  test("a task with items is undone once, with the list of its results", () => {
    const run = begin({ tasks: { a: { undo, items: items("input.list"), next: ["-> b"] }, b: {} } });
    run.succeed("a[0]", 5);
    run.succeed("a[1]", 6);
    run.fail("b");
    expect(run.inputOf("!a")).toEqual([5, 6]);
  });

  test("undos are tried again, have time limits, and fail where they cannot be asked for", () => {
    const retry = { count: literal(1), backoff: "constant", jitter: 0, delay: literal(10) } as const;
    const run = begin({ tasks: { a: { undo: { ...undo, retry, timeout: literal(50) }, next: ["-> b"] }, b: { undo: { action: call("undo", "result.more.less") }, next: ["-> c"] }, c: {} } });
    run.succeed("a", 1);
    run.succeed("b", 2);
    run.fail("c", ERROR);
    expect(run.asked()).toEqual(["!a", "!a@50"]);
    run.fire("!a@50");
    run.fire("!a@10");
    expect(run.asked()).toEqual(["!a", "!a@50"]);
    run.fail("!a", { code: "z", message: "" });
    const failed = [{ task: "b", code: "run/action-failed" }, { task: "a", code: "z" }];
    expect(run.end()).toEqual({ how: "failed", value: { ...ERROR, details: { seat: 7, undo: failed } } });
  });

  test("a fault of the run is undone, too, and stays what it was", () => {
    const plain = { tasks: { a: { next: ["if result.more == 1 -> b"] }, b: {} } };
    const bare = begin(plain);
    bare.succeed("a", 1);
    const run = begin({ tasks: { a: { ...plain.tasks.a, undo }, b: {} } });
    run.succeed("a", 1);
    run.succeed("!a");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/guard-failed" } });
    expect({ ...(run.end()?.value as object), place: 0 }).toEqual({ ...(bare.end()?.value as object), place: 0 });
  });

  test("so is an output that fails, a join that is never reached, and a run that takes too long", () => {
    const output = begin({ tasks: { a: { undo } }, output: cel("input.list.more") });
    output.succeed("a");
    output.succeed("!a");
    expect(output.end()).toMatchObject({ how: "failed", value: { code: "run/action-failed" } });
    const join = begin({ tasks: { a: { undo, next: ["-> c"] }, b: { next: ["failed -> c"] }, c: { join: "all" } } });
    join.succeed("a");
    join.succeed("b");
    join.succeed("!a");
    expect(join.end()).toMatchObject({ how: "failed", value: { code: "run/join-unreachable" } });
    const late = begin({ tasks: { a: { undo, next: ["-> b"] }, b: {} }, timeout: literal(100), onFailure: "finish" });
    late.succeed("a");
    late.fire("?@100");
    expect(late.asked()).toEqual(["!a"]);
    late.succeed("!a");
    expect(late.end()).toMatchObject({ how: "failed", value: { code: "run/timed-out" } });
  });

  test("a run that succeeds undoes nothing", () => {
    const run = begin(CHAIN);
    for (const task of ["a", "b", "c"]) run.succeed(task);
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });
});

describe("a run that is ended from outside", () => {
  test.each([
    ["as canceled", true, { how: "canceled" }],
    ["as failed", [ERROR], { how: "failed", value: ERROR }],
  ])("%s, once what can be undone is undone", (_, payload, end) => {
    const run = begin(CHAIN);
    run.succeed("a", 1);
    run.step(EventKind.CANCEL, 0, payload);
    expect(run.asked()).toEqual(["!a"]);
    run.succeed("!a");
    expect(run.end()).toMatchObject(end);
  });

  test.each([true, [ERROR]])("at once where there is nothing to undo", (payload) => {
    const run = begin(CHAIN);
    run.step(EventKind.CANCEL, 0, payload);
    expect(run.end()).toMatchObject(payload === true ? { how: "canceled" } : { how: "failed", value: ERROR });
  });

  test("without a word of undoing at once, also while it undoes", () => {
    const run = begin(CHAIN);
    run.succeed("a");
    run.step(EventKind.CANCEL);
    expect(run.end()).toMatchObject({ how: "canceled" });
    const other = failChain();
    other.step(EventKind.CANCEL);
    expect(other.end()).toMatchObject({ how: "canceled" });
    expect(other.asked()).toEqual([]);
  });

  test("while it undoes: what has begun is not begun again, and the last word counts", () => {
    const run = failChain();
    run.step(EventKind.CANCEL, 0, true);
    expect(run.asked()).toEqual(["!b"]);
    run.succeed("!b");
    run.succeed("!a");
    expect(run.end()).toMatchObject({ how: "canceled" });
  });
});

describe("an entry with undo", () => {
  const TRIP: GraphSource = {
    vars: { why: "" },
    tasks: { flight: { undo }, hotel: { undo }, car: {}, sorry: { action: call("sorry", "vars.why") }, other: { undo, next: ["-> more"] }, more: {} },
    scopes: { trip: { tasks: ["flight", "hotel", "car"], catch: ["publish why = error.code undo trip -> sorry"] } },
  };

  test("undoes what tasks of the scope have done, then leads on; others go on meanwhile", () => {
    const run = begin(TRIP);
    run.succeed("flight", "F");
    run.succeed("other");
    run.succeed("hotel", "H");
    run.fail("car", ERROR);
    expect(run.asked()).toEqual(["more", "!hotel"]);
    expect(run.states()).toEqual(["trip", "hotel", "more"]);
    run.succeed("more");
    run.succeed("!hotel");
    expect(run.inputOf("!flight")).toBe("F");
    run.succeed("!flight");
    expect(run.inputOf("sorry")).toBe("x");
    run.fail("sorry", ERROR);
    expect(run.asked()).toEqual(["!other"]);
    run.succeed("!other");
    expect(run.end()).toEqual({ how: "failed", value: ERROR });
  });

  test("leads on at once where there is nothing to undo", () => {
    const run = begin(TRIP);
    run.fail("car", ERROR);
    expect(run.asked()).toEqual(["other", "sorry"]);
  });

  test("of a task that has succeeded, and of all", () => {
    const run = begin({ tasks: { a: { undo, next: ["-> b"] }, b: { undo, next: ["if result == 1 undo all -> c", "if result == 2 undo all"] }, c: {} } });
    run.succeed("a");
    run.succeed("b", 1);
    run.succeed("!b");
    expect(run.asked()).toEqual(["!a"]);
    run.succeed("!a");
    expect(run.asked()).toEqual(["c"]);
    run.succeed("c");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("fails its branch where something could not be undone: scopes around it take that", () => {
    const source: GraphSource = {
      tasks: { a: { undo }, b: {}, sorry: {}, worse: { action: call("worse", "tasks.a.status") }, never: {} },
      scopes: {
        outer: { tasks: ["never"], catch: ["if error.code == 'run/undo-failed' && error.details.undo[0].task == 'a' && error.details.undo[0].code == 'y' -> worse"] },
        inner: { tasks: ["a", "b"], in: "outer", catch: ["undo inner -> sorry"] },
      },
    };
    const run = begin(source);
    run.succeed("a");
    run.fail("b");
    run.fail("!a", { code: "y", message: "" });
    expect(run.asked()).toEqual(["worse"]);
  });

  test("fails the run where nothing takes that", () => {
    const run = begin(TRIP);
    run.succeed("other");
    run.succeed("flight");
    run.fail("car", ERROR);
    run.fail("!flight", { code: "y", message: "" });
    expect(run.asked()).toEqual(["!other"]);
    run.succeed("!other");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/undo-failed", details: { undo: [{ task: "flight", code: "y" }] } } });
  });

  test("a later entry of the same list takes it, an earlier one does not", () => {
    const run = begin({
      tasks: { a: { undo, next: ["-> b"] }, b: { next: ["failed -> never", "if failed && error.code == 'x' undo all -> c", "if failed && error.code == 'run/undo-failed' -> d"] }, c: {}, d: {}, never: {} },
    });
    run.succeed("a");
    run.fail("b", ERROR);
    run.succeed("never");
    run.fail("!a");
    expect(run.asked()).toEqual(["d"]);
  });

  test("what has begun to be undone goes on when the entry is given up; the rest can still be undone", () => {
    const run = begin({
      tasks: { a: { undo }, b: { undo }, c: { next: ["failed undo all -> never"] }, d: { next: ["cancel s -> e"] }, e: {}, never: {} },
      scopes: { s: { tasks: ["c"] } },
    });
    run.succeed("a");
    run.succeed("b");
    run.fail("c");
    expect(run.asked()).toEqual(["d", "!b"]);
    run.succeed("d");
    expect(run.asked()).toEqual(["!b", "e"]);
    run.fail("e", ERROR);
    expect(run.asked()).toEqual(["!b"]);
    run.fail("!b", { code: "y", message: "" });
    run.succeed("!a");
    expect(run.end()).toEqual({ how: "failed", value: { ...ERROR, details: { seat: 7, undo: [{ task: "b", code: "y" }] } } });
  });

  test("an entry waits for what is being undone for nobody, too", () => {
    const run = begin({
      tasks: { a: { undo }, c: { next: ["failed undo all -> never"] }, d: { next: ["cancel s undo all -> e"] }, e: {}, never: {} },
      scopes: { s: { tasks: ["c"] } },
    });
    run.succeed("a");
    run.fail("c");
    run.succeed("d");
    expect(run.asked()).toEqual(["!a"]);
    run.succeed("!a");
    expect(run.asked()).toEqual(["e"]);
  });

  test("a run that fails while an entry waits undoes what is left, and nothing twice", () => {
    const run = begin({ tasks: { a: { undo }, b: { undo }, c: { next: ["failed undo all -> never"] }, d: {}, never: {} } });
    run.succeed("a");
    run.succeed("b");
    run.fail("c");
    run.fail("d", ERROR);
    expect(run.asked()).toEqual(["!b"]);
    run.succeed("!b");
    run.succeed("!a");
    expect(run.end()).toEqual({ how: "failed", value: ERROR });
  });
});

describe("many", () => {
  test("100,000 tasks with an undo cost no more each than a few, and are undone in order", { timeout: 120_000 }, () => {
    const source: GraphSource = { vars: { n: 0 }, tasks: { s: { next: ["-> a"] }, a: { action: value("vars.n"), undo: { action: value("result") }, next: ["if vars.n < 99999 publish n = vars.n + 1 -> a", "if vars.n >= 99999 -> c"] }, c: {} } };
    const run = beginGraph(kernel, source);
    const time = (act: () => unknown) => {
      const before = performance.now();
      act();
      return performance.now() - before;
    };
    const forward = time(() => run.succeed("s"));
    expect(run.asked()).toEqual(["c"]);
    const backward = time(() => run.fail("c", ERROR));
    expect(run.end()).toEqual({ how: "failed", value: ERROR });
    expect(Math.max(forward, backward)).toBeLessThan(20_000);
  });
});

describe("a program whose undos make no sense is refused", () => {
  const source: GraphSource = { tasks: { a: { undo }, b: { next: ["undo all -> a"] } } };
  const [A, B, UNDO] = [1, 2, 3] as const;

  test.each([
    ["as it is", A, UNDO, true],
    ["a task that undoes another", A, B, false],
    ["an undo of nothing", UNDO, 1_000, false],
    ["an undo of another task", UNDO, B, false],
    ["two tasks with one undo", B, UNDO, false],
  ])("%s", (_, node, other, isSound) => {
    const program = compileGraph(source);
    const bytes = program.bytes.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(view.getUint32(ProgramHeader.NODES * 4, true) + node * NODE_RECORD_SIZE + 12, other, true);
    const load = () => kernel.unloadProgram(kernel.loadProgram({ ...program, bytes }));
    if (isSound) load();
    else expect(load).toThrow();
  });
});
