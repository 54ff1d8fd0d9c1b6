// Deferred events: kept in order, with their payloads, while an active state defers them; offered again when none does.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, compileChart, newKernel } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function begin(source: ChartSource): ChartRun {
  const run = new ChartRun(kernel, compileChart(source));
  run.start();
  return run;
}

const BUSY: ChartSource = {
  states: ["s:start", "Busy", "Idle"],
  transitions: ["s -> Busy", "Busy -> Idle on ready", "Idle -> Idle on order do got = got + [event]", "Idle -> Busy on more"],
  deferred: { Busy: ["order"] },
  variables: { got: [] },
};

describe("a deferred event", () => {
  test("is kept while the state defers it, and taken in the step that leaves the state", () => {
    const run = begin(BUSY);
    expect(run.send("order", 1)).toBe("deferred");
    expect(run.send("order", "two")).toBe("deferred");
    expect(run.context()).toEqual({ got: [] });
    expect(run.send("ready")).toBe("taken");
    expect(run.context()).toEqual({ got: [1, "two"] });
    expect(run.send("order", 3)).toBe("taken");
    expect(run.context()).toEqual({ got: [1, "two", 3] });
  });

  test("is forgotten when the next state neither defers nor takes it", () => {
    const run = begin({ ...BUSY, states: [...BUSY.states, "Deaf"], transitions: ["s -> Busy", "Busy -> Deaf on ready", "Deaf -> Idle on wake", "Idle -> Idle on order do got = got + [event]"] });
    run.send("order", 1);
    run.send("ready");
    run.send("wake");
    expect(run.context()).toEqual({ got: [] });
  });

  test("a transition that takes the event wins over the deferral, where its guard holds", () => {
    const run = begin({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> B on order if n > 0", "A -> . on more do n = n + 1", "B -> B on order do got = got + 1"],
      deferred: { A: ["order"] },
      variables: { n: 0, got: 0 },
    });
    expect(run.send("order")).toBe("deferred");
    run.send("more");
    expect(run.send("order")).toBe("taken");
    expect(run.states()).toEqual(["B"]);
    expect(run.context()).toEqual({ n: 1, got: 1 });
  });

  test("a scope defers for all states inside; another region that takes the event wins", () => {
    const source: ChartSource = {
      states: ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/C:composite", "C/c:start", "C/A", "R/B", "P/Q:region", "Q/q:start", "Q/X", "Q/Y"],
      transitions: ["s -> P", "r -> C", "c -> A", "A -> B on next", "B -> B on order do got = got + 1", "q -> X", "X -> Y on order", "Y -> X on back"],
      deferred: { C: ["order"] },
      variables: { got: 0 },
    };
    const run = begin(source);
    expect(run.send("order")).toBe("taken");
    expect(run.send("order")).toBe("deferred");
    // X would take it now, but C still defers it.
    run.send("back");
    expect(run.states()).toEqual(["P", "R", "C", "A", "Q", "X"]);
    run.send("next");
    expect(run.states()).toEqual(["P", "R", "B", "Q", "Y"]);
    expect(run.context()).toEqual({ got: 1 });
  });

  test("what a deferred event leads to may defer the next one again", () => {
    const run = begin({
      states: ["s:start", "Busy", "Idle"],
      transitions: ["s -> Busy", "Busy -> Idle on ready", "Idle -> Busy on order do got = got + 1"],
      deferred: { Busy: ["order"] },
      variables: { got: 0 },
    });
    run.send("order");
    run.send("order");
    run.send("ready");
    expect(run.context()).toEqual({ got: 1 });
    expect(run.states()).toEqual(["Busy"]);
    run.send("ready");
    expect(run.context()).toEqual({ got: 2 });
  });

  test("a task's end and a timer release them as well", () => {
    const run = begin({ ...BUSY, transitions: ["s -> Busy", "Busy -> Idle after 5", "Idle -> Idle on order do got = got + [event]"] });
    const timer = run.commands.at(-1)?.b ?? 0;
    run.send("order", 1);
    expect(run.step(EventKind.TIMER, timer)).toBe("taken");
    expect(run.context()).toEqual({ got: [1] });
  });

  test("they survive a snapshot", () => {
    const program = compileChart(BUSY);
    const loaded = kernel.loadProgram(program);
    const run = new ChartRun(kernel, program, loaded);
    run.start();
    run.send("order", { deep: [1, null, "x"] });
    run.send("order");
    const bytes = kernel.snapshot(run.handle);
    const twin = new ChartRun(kernel, program, loaded, kernel.restore(loaded, bytes));
    expect(kernel.snapshot(twin.handle)).toEqual(bytes);
    twin.send("ready");
    expect(twin.context()).toEqual({ got: [{ deep: [1, null, "x"] }, null] });
  });

  test("a run keeps 1,024 of them; the next is refused", () => {
    const run = begin(BUSY);
    for (let count = 0; count < 1_024; count += 1) expect(run.send("order", count)).toBe("deferred");
    expect(run.send("order", "one more")).toBe("queue_full");
    run.send("ready");
    expect((run.context() as { got: unknown[] }).got).toEqual(Array.from({ length: 1_024 }, (_, count) => count));
  });

  test("a run ends with events deferred, and gives their memory back", () => {
    const program = compileChart(BUSY);
    const loaded = kernel.loadProgram(program);
    const spend = () => {
      const run = new ChartRun(kernel, program, loaded);
      run.start();
      for (let count = 0; count < 100; count += 1) run.send("order", "x".repeat(1_000));
      run.step(EventKind.CANCEL);
      kernel.destroyRun(run.handle);
    };
    spend();
    const { sizeBytes } = kernel.statistics();
    for (let times = 0; times < 20; times += 1) spend();
    expect(kernel.statistics().sizeBytes).toBe(sizeBytes);
  });
});
