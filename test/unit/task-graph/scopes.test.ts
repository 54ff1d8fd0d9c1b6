// Scopes of task graphs in the kernel: what takes a failure, what is given up with it, and what goes on.
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

const TRIP = { flight: {}, hotel: {}, sorry: {} };

describe("catch", () => {
  test("a failure that its task does not take leads on from the scope, and the others in it are given up", () => {
    const run = begin({ tasks: TRIP, scopes: { trip: { tasks: ["flight", "hotel"], catch: ["-> sorry"] } } });
    expect(run.asked()).toEqual(["flight", "hotel"]);
    run.fail("hotel");
    expect(run.asked()).toEqual(["sorry"]);
    expect(run.states()).toEqual(["sorry"]);
    run.succeed("sorry");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("the answer of one that was given up is stale", () => {
    const run = begin({ tasks: TRIP, scopes: { trip: { tasks: ["flight", "hotel"], catch: ["-> sorry"] } } });
    const serial = [...run.open.keys()][0] as number;
    run.fail("hotel");
    expect(run.step(EventKind.TASK_SUCCEEDED, serial, 1)).toBe("stale");
  });

  test("an entry of the task itself comes first", () => {
    const run = begin({ tasks: { ...TRIP, hotel: { next: ["failed -> sorry"] }, other: {} }, scopes: { trip: { tasks: ["flight", "hotel"], catch: ["-> other"] } } });
    run.fail("hotel");
    expect(run.asked()).toEqual(["flight", "sorry"]);
  });

  test("its entries see the error and the variables of the branch, and publish", () => {
    const run = begin({
      vars: { why: "" },
      tasks: { a: {}, b: {}, c: { action: call("c", "vars.why") } },
      scopes: { s: { tasks: ["a"], catch: ["if error.code == 'x' publish why = error.message -> c", "if error.code == 'y' -> b"] } },
    });
    run.fail("a", { code: "x", message: "no room" });
    expect(run.inputOf("c")).toBe("no room");
  });

  test("where no entry matches the failure goes outwards, and the outer scope is given up", () => {
    const run = begin({
      tasks: { a: {}, b: {}, c: {}, sorry: {} },
      scopes: { outer: { tasks: ["b"], catch: ["-> sorry"] }, inner: { tasks: ["a"], in: "outer", catch: ["if error.code == 'x' -> c"] } },
    });
    run.fail("a", { code: "y", message: "" });
    expect(run.asked()).toEqual(["sorry"]);
  });

  test("a failure of the outer scope gives the inner one up, one of the inner leaves the outer alone", () => {
    const source: GraphSource = {
      tasks: { a: {}, b: {}, c: {}, sorry: {} },
      scopes: { outer: { tasks: ["b"], catch: ["-> sorry"] }, inner: { tasks: ["a"], in: "outer", catch: ["-> c"] } },
    };
    const run = begin(source);
    run.fail("b");
    expect(run.asked()).toEqual(["sorry"]);
    const other = begin(source);
    other.fail("a");
    expect(other.asked()).toEqual(["b", "c"]);
  });

  test("without an entry that matches the run fails", () => {
    const run = begin({ tasks: TRIP, scopes: { trip: { tasks: ["flight", "hotel"], catch: ["if error.code == 'x' -> sorry"] } } });
    run.fail("hotel", { code: "y", message: "no" });
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "y" } });
  });

  test("a guard that fails fails the run", () => {
    const run = begin({ tasks: TRIP, scopes: { trip: { tasks: ["flight"], catch: ["if error.more.more == 1 -> sorry"] } } });
    run.fail("flight");
    expect(run.end()).toMatchObject({ how: "failed" });
  });

  test("a scope begins again where its entry leads to a task of its own", () => {
    const run = begin({
      vars: { tries: 0 },
      tasks: { again: { next: ["-> a b"] }, a: {}, b: {} },
      scopes: { s: { tasks: ["again", "a", "b"], catch: ["if vars.tries < 2 publish tries = vars.tries + 1 -> again"] } },
    });
    for (let time = 0; time < 2; time += 1) {
      run.succeed("again");
      run.fail("b");
      expect(run.asked()).toEqual(["again"]);
    }
    run.succeed("again");
    run.fail("a");
    expect(run.end()).toMatchObject({ how: "failed" });
  });
});

describe("what is given up with a scope", () => {
  test("timers, delays, awaited events, items and those that wait for their turn", () => {
    const run = begin({
      tasks: {
        a: { timeout: literal(90) },
        b: { delay: literal(50) },
        c: { action: { kind: "await", event: "go", place: PLACE } },
        d: { items: items("input.list", { concurrency: literal(1) }) },
        e: { next: ["-> f"] },
        f: {},
        sorry: {},
      },
      scopes: { s: { tasks: ["a", "b", "c", "d", "e", "f"], catch: ["-> sorry"] } },
    });
    expect(run.asked()).toEqual(["a", "a@90", "b@50", "d[0]", "e"]);
    run.fail("e");
    expect(run.asked()).toEqual(["sorry"]);
    expect(run.send("go")).toBe("ignored");
    run.succeed("sorry");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("a join outside that waits forgets what came out of the scope", () => {
    const run = begin({
      tasks: { flight: { next: ["-> pay"] }, hotel: { next: ["-> pay"] }, pay: { join: "all" }, sorry: {} },
      scopes: { trip: { tasks: ["flight", "hotel"], catch: ["-> sorry"] } },
    });
    run.succeed("flight");
    expect(run.states()).toEqual(["hotel", "pay"]);
    run.fail("hotel");
    expect(run.states()).toEqual(["sorry"]);
    run.succeed("sorry");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("what the scope has led to outside goes on", () => {
    const run = begin({
      tasks: { flight: { next: ["-> tell"] }, hotel: {}, tell: {}, sorry: {} },
      scopes: { trip: { tasks: ["flight", "hotel"], catch: ["-> sorry"] } },
    });
    run.succeed("flight");
    run.fail("hotel");
    expect(run.asked()).toEqual(["tell", "sorry"]);
  });

  test("joins inside wait no more", () => {
    const run = begin({
      tasks: { a: { next: ["-> c"] }, b: { next: ["-> c"] }, c: { join: "all" }, sorry: {} },
      scopes: { s: { tasks: ["a", "b", "c"], catch: ["-> sorry"] } },
    });
    run.succeed("a");
    run.fail("b");
    run.succeed("sorry");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });
});

describe("cancel", () => {
  const RACE: GraphSource = {
    vars: { winner: "" },
    tasks: {
      fast: { next: ["publish winner = 'fast' cancel race -> goal"] },
      slow: { next: ["publish winner = 'slow' cancel race -> goal"] },
      goal: { action: value("vars.winner") },
    },
    scopes: { race: { tasks: ["fast", "slow"] } },
    output: cel("vars.winner"),
  };

  test.each(["fast", "slow"])("the first of a scope gives the others up: %s", (winner) => {
    const run = begin(RACE);
    run.succeed(winner);
    expect(run.end()).toEqual({ how: "succeeded", value: winner });
  });

  test("from outside, without leading on", () => {
    const run = begin({ tasks: { watch: { next: ["cancel s"] }, a: {}, b: {} }, scopes: { s: { tasks: ["a"] } } });
    run.succeed("watch");
    expect(run.asked()).toEqual(["b"]);
    run.succeed("b");
    expect(run.end()).toMatchObject({ how: "succeeded" });
  });

  test("a scope in which nothing is under way", () => {
    const run = begin({ tasks: { watch: { next: ["cancel s"] }, b: {}, a: {} }, scopes: { s: { tasks: ["a"] } } });
    run.succeed("a");
    run.succeed("watch");
    expect(run.asked()).toEqual(["b"]);
  });
});

describe("a program whose scopes make no sense is refused", () => {
  const source: GraphSource = {
    tasks: { a: {}, b: { next: ["cancel s -> a"] } },
    scopes: { s: { tasks: ["a"] }, r: { tasks: ["b"], in: "s" } },
  };
  const [S, R, A, B] = [1, 2, 3, 4] as const;

  test.each([
    ["as it is", A, S, true],
    ["a scope within itself", S, S, false],
    ["scopes within each other", S, R, false],
    ["a task within a task", B, A, false],
    ["a scope that there is not", B, 1_000, false],
  ])("%s", (_, node, scope, isSound) => {
    const program = compileGraph(source);
    const bytes = program.bytes.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(view.getUint32(ProgramHeader.NODES * 4, true) + node * NODE_RECORD_SIZE + 40, scope, true);
    const load = () => kernel.unloadProgram(kernel.loadProgram({ ...program, bytes }));
    if (isSound) load();
    else expect(load).toThrow();
  });
});

test("a checkpoint that was taken before tasks could be undone is taken up", () => {
  const source: GraphSource = {
    vars: { n: 1, text: "x" },
    tasks: { a: { next: ["publish n = vars.n + 1 -> c"] }, b: { next: ["-> c"], timeout: literal(90) }, c: { join: "all" }, d: { items: items("input.list", { concurrency: literal(1) }) }, e: { delay: literal(50) } },
    scopes: { s: { tasks: ["a", "b"], catch: ["-> e"] } },
    output: cel("vars.n"),
  };
  const before =
    "02020900008056febc784203020004020801780104040801780b0108046c6973740a02040204040100000004000503010405030100000000000705010000060100000000010202010001000a020402040411040a11010401000000000001000002030000010403050200050803020104020001";
  const run = beginGraph(kernel, source, { list: [1, 2] });
  run.succeed("a", 1);
  run.succeed("d[0]", 5);
  const now = kernel.snapshot(run.handle);
  kernel.destroyRun(run.handle);
  run.handle = kernel.restore(run.loaded, Buffer.from(before, "hex"));
  expect(kernel.snapshot(run.handle)).toEqual(now);
  run.succeed("b", 1);
  run.succeed("d[1]", 6);
  run.succeed("c");
  expect(run.end()).toEqual({ how: "succeeded", value: 2 });
});
