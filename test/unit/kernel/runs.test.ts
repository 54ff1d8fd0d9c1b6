// Runs in the kernel: states, events, scopes, forks, joins, timers, tasks and failure, step by step.
import { beforeAll, describe, expect, test } from "vitest";
import { CommandKind, EventKind, EventOutcome, WIRE_DEPTH_MAX } from "../../../assembly/abi.js";
import type { ActionDefinition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, PLACE, cel, compileChart, newKernel } from "./chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function call(task: string, result?: string, timeoutMs?: number): ActionDefinition {
  const input = { kind: "literal", value: {}, place: PLACE } as const;
  return {
    kind: "call",
    task,
    input,
    place: PLACE,
    ...(result !== undefined && { result }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

function kinds(run: ChartRun): string[] {
  return run.commands.map(({ kind }) => CommandKind[kind] as string);
}

describe("events", () => {
  test("a run rests in a state until an event takes it on to the end", () => {
    const run = new ChartRun(kernel, compileChart({ states: ["s:start", "A", "e:end"], transitions: ["s -> A", "A -> e on go"] }));
    expect(run.start()).toBe("taken");
    expect(run.states()).toEqual(["A"]);
    expect(run.send("go")).toBe("taken");
    expect(run.end()).toEqual({ how: "succeeded", value: {} });
    expect(run.send("go")).toBe("ended");
  });

  test("an event that no active state awaits is ignored, an unknown one is said to be unknown", () => {
    const run = new ChartRun(
      kernel,
      compileChart({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go", "B -> A on back"] }),
    );
    run.start();
    expect(run.send("back")).toBe("ignored");
    expect(run.step(EventKind.EVENT, 99)).toBe("unknown_event");
  });

  test("an event bubbles to the scope around the state, and leaving the scope leaves the state", () => {
    const run = new ChartRun(
      kernel,
      compileChart({
        states: ["s:start", "C:composite", "C/cs:start", "C/X", "C/Y", "Z"],
        transitions: ["s -> C", "cs -> X", "X -> Y on next", "C -> Z on leave"],
      }),
    );
    run.start();
    expect(run.states()).toEqual(["C", "X"]);
    run.send("next");
    expect(run.states()).toEqual(["C", "Y"]);
    run.send("leave");
    expect(run.states()).toEqual(["Z"]);
  });

  test("a transition into a nested state enters the scopes on the way and not their start", () => {
    const run = new ChartRun(
      kernel,
      compileChart({
        states: ["s:start", "A", "C:composite", "C/cs:start", "C/X", "C/Y"],
        transitions: ["s -> A", "A -> Y on jump", "cs -> X", "Y -> A on back"],
      }),
    );
    run.start();
    run.send("jump");
    expect(run.states()).toEqual(["C", "Y"]);
    run.send("back");
    expect(run.states()).toEqual(["A"]);
  });
});

describe("guards and variables", () => {
  const chart = compileChart({
    states: ["s:start", "A", "e:end"],
    transitions: ["s -> A", "A -> e on next if n >= 3", "A -> A on next do n = n + 1"],
    variables: { n: 0 },
  });

  test("transitions are tried in file order and actions change variables", () => {
    const run = new ChartRun(kernel, chart);
    run.start();
    run.send("next");
    run.send("next");
    run.send("next");
    expect(run.context()).toEqual({ n: 3 });
    run.send("next");
    expect(run.end()).toEqual({ how: "succeeded", value: { n: 3 } });
  });

  test("input overrides the initial value", () => {
    const run = new ChartRun(kernel, chart);
    run.start({ n: 3 });
    run.send("next");
    expect(run.end()?.how).toBe("succeeded");
  });

  test("a guard that fails fails the run, with its place", () => {
    const run = new ChartRun(kernel, chart);
    run.start({ n: "three" });
    expect(run.send("next")).toBe("failed");
    expect(run.end()).toMatchObject({
      how: "failed",
      value: { code: "run/guard-failed", details: { cause: "no-such-overload" }, place: { start: 0, end: 6 } },
    });
  });

  test("a choice takes the first permitted transition and fails the run where there is none", () => {
    const choice = compileChart({
      states: ["s:start", "c:choice", "A", "B"],
      transitions: ["s -> c", "c -> A if n > 5", "c -> B if n > 1"],
      variables: { n: 0 },
    });
    const big = new ChartRun(kernel, choice);
    big.start({ n: 9 });
    expect(big.states()).toEqual(["A"]);
    const small = new ChartRun(kernel, choice);
    small.start({ n: 2 });
    expect(small.states()).toEqual(["B"]);
    const none = new ChartRun(kernel, choice);
    none.start({ n: 0 });
    expect(none.end()).toMatchObject({ how: "failed", value: { code: "run/no-transition" } });
  });

  test("values larger than a cell survive many assignments", () => {
    const grow = compileChart({
      states: ["s:start", "A"],
      transitions: ["s -> A", 'A -> A on next do text = text + "abcdefghij"'],
      variables: { text: "", other: [1, [2, "three"], { four: 4 }] },
    });
    const run = new ChartRun(kernel, grow);
    run.start();
    for (let count = 0; count < 500; count += 1) run.send("next");
    expect(run.context()).toEqual({ text: "abcdefghij".repeat(500), other: [1, [2, "three"], { four: 4 }] });
  });
});

describe("declared types", () => {
  const chart = compileChart({
    states: ["s:start", "A"],
    transitions: [
      "s -> A",
      "A -> A on half do n = n / 2",
      "A -> A on up do n = n + 1",
      "A -> A on other do n = other",
      "A -> A on later do at = at + pause",
    ],
    variables: { "n: int": 7, other: null, "at: timestamp": "2026-01-01T00:00:00Z", "pause: duration": "90s" },
  });

  test("a value becomes the declared type where that is exact", () => {
    const run = new ChartRun(kernel, chart);
    run.start({ other: 12 });
    run.send("half");
    expect(run.context()).toMatchObject({ n: 3 });
    run.send("up");
    run.send("other");
    run.send("later");
    expect(run.context()).toMatchObject({ n: 12, at: new Date("2026-01-01T00:01:30Z"), pause: "90s" });
    run.send("half");
    expect(run.context()).toMatchObject({ n: 6 });
  });

  test("a value that the type cannot hold fails the run and names the variable", () => {
    for (const other of [1.5, "12", [1], 1e30]) {
      const run = new ChartRun(kernel, chart);
      run.start({ other });
      run.send("other");
      expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/type-mismatch", details: { name: "n" } } });
    }
    const input = new ChartRun(kernel, chart);
    input.start({ n: "many" });
    expect(input.end()).toMatchObject({ how: "failed", value: { code: "run/type-mismatch", details: { name: "n" } } });
  });
});

describe("tasks", () => {
  test("a call waits for its result, keeps it, and then completes the state", () => {
    const chart = compileChart({
      states: ["s:start", "A", "e:end"],
      transitions: ["s -> A", "A -> e success"],
      actions: { A: [call("charge", "receipt")] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    expect(kinds(run)).toEqual(["CALL_TASK"]);
    expect(run.step(EventKind.TASK_SUCCEEDED, 99, 1)).toBe("stale");
    run.start();
    const again = new ChartRun(kernel, chart);
    again.start();
    const serial = again.serial(CommandKind.CALL_TASK);
    expect(again.step(EventKind.TASK_SUCCEEDED, serial, { id: "r1" })).toBe("taken");
    expect(again.end()).toEqual({ how: "succeeded", value: { receipt: { id: "r1" } } });
    expect(again.step(EventKind.TASK_SUCCEEDED, serial, { id: "r2" })).toBe("ended");
  });

  test("a failure takes the failure edge of the state or of a scope around it", () => {
    const chart = compileChart({
      states: ["s:start", "C:composite", "C/cs:start", "C/A", "F"],
      transitions: ["s -> C", "cs -> A", "C -> F failure"],
      actions: { A: [call("charge")] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    run.step(EventKind.TASK_FAILED, run.serial(CommandKind.CALL_TASK), { code: "card/declined", message: "no" });
    expect(run.states()).toEqual(["F"]);
  });

  test("a failure without an edge fails the run with its error", () => {
    const chart = compileChart({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B"], actions: { A: [call("charge")] } });
    const run = new ChartRun(kernel, chart);
    run.start();
    run.step(EventKind.TASK_FAILED, run.serial(CommandKind.CALL_TASK), { code: "card/declined", message: "no" });
    expect(run.end()).toEqual({ how: "failed", value: { code: "card/declined", message: "no" } });
  });

  test("leaving a state cancels its task, and the late result is stale", () => {
    const chart = compileChart({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> B on skip"],
      actions: { A: [call("charge")] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    const serial = run.serial(CommandKind.CALL_TASK);
    run.send("skip");
    expect(kinds(run)).toEqual(["CANCEL_TASK"]);
    expect(run.step(EventKind.TASK_SUCCEEDED, serial, 1)).toBe("stale");
  });

  test("a task that takes too long is canceled and fails", () => {
    const chart = compileChart({
      states: ["s:start", "A", "F"],
      transitions: ["s -> A", "A -> F failure"],
      actions: { A: [call("charge", undefined, 500)] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    expect(run.commands.find(({ kind }) => kind === CommandKind.SET_TIMER)?.time).toBe(run.now + 500);
    run.step(EventKind.TIMER, run.serial(CommandKind.SET_TIMER));
    expect(kinds(run)).toContain("CANCEL_TASK");
    expect(run.states()).toEqual(["F"]);
  });

  test("an awaited event goes on with the list of actions and is its result", () => {
    const chart = compileChart({
      states: ["s:start", "A", "e:end"],
      transitions: ["s -> A", "A -> e"],
      actions: { A: [{ kind: "await", event: "continue", place: PLACE }] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    expect(run.states()).toEqual(["A"]);
    expect(run.send("continue")).toBe("taken");
    expect(run.end()?.how).toBe("succeeded");
  });

  test("cancel ends the run and whatever it waits for", () => {
    const chart = compileChart({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> B after 100"],
      actions: { A: [call("charge")] },
    });
    const run = new ChartRun(kernel, chart);
    run.start();
    run.step(EventKind.CANCEL);
    expect(kinds(run)).toEqual(["CANCEL_TASK", "CANCEL_TIMER", "RUN_ENDED"]);
    expect(run.end()?.how).toBe("canceled");
  });
});

describe("timers", () => {
  const chart = compileChart({ states: ["s:start", "A", "B", "C"], transitions: ["s -> A", "A -> B after 250", "A -> C on go"] });

  test("an after transition is taken when its timer fires", () => {
    const run = new ChartRun(kernel, chart);
    run.start();
    expect(run.commands.map(({ time }) => time)).toEqual([run.now + 250]);
    const serial = run.serial(CommandKind.SET_TIMER);
    run.now += 250;
    expect(run.step(EventKind.TIMER, serial)).toBe("taken");
    expect(run.states()).toEqual(["B"]);
    expect(run.step(EventKind.TIMER, serial)).toBe("stale");
  });

  test("no timer is told by the number that none has", () => {
    const run = new ChartRun(kernel, chart);
    run.start();
    expect(run.step(EventKind.TIMER, run.serial(CommandKind.SET_TIMER))).toBe("taken");
    expect(run.step(EventKind.TIMER, 0)).toBe("stale");
  });

  test("timers that come and go at the limit take the places of others, and stay in the order in which they were set", () => {
    const waits = Array.from({ length: 1_300 }, (_, index) => `A -> A after ${1_000 + index}`);
    const run = new ChartRun(kernel, compileChart({ states: ["s:start", "A", "outer:composite", "outer/i:start", "outer/B"], transitions: ["s -> outer", "i -> B", "outer -> outer after 9", "B -> A on go", "A -> outer on go", "B -> B on again", "B -> B after 5", ...waits] }));
    run.start();
    const isSet = ({ kind }: { kind: number }): boolean => kind === CommandKind.SET_TIMER;
    for (let turn = 0; turn < 20; turn += 1) {
      run.send("again");
      run.send("again");
      run.send("go");
      expect(run.commands.filter(isSet)).toHaveLength(1_300);
      run.send("go");
    }
    const { b: last = 0 } = run.commands.filter(isSet).at(-1) ?? {};
    run.step(EventKind.CANCEL);
    expect(run.commands.filter(({ kind }) => kind === CommandKind.CANCEL_TIMER).map(({ b }) => b)).toEqual([last - 1, last]);
  });

  test("a timer dies with its state", () => {
    const run = new ChartRun(kernel, chart);
    run.start();
    run.send("go");
    expect(kinds(run)).toEqual(["CANCEL_TIMER"]);
  });

  test("a wait goes on when its time has passed", () => {
    const wait: ActionDefinition = { kind: "wait", duration: cel('duration("2s")'), place: PLACE };
    const run = new ChartRun(
      kernel,
      compileChart({ states: ["s:start", "A", "e:end"], transitions: ["s -> A", "A -> e"], actions: { A: [wait] } }),
    );
    run.start();
    expect(run.commands.map(({ time }) => time)).toEqual([run.now + 2000]);
    run.step(EventKind.TIMER, run.serial(CommandKind.SET_TIMER));
    expect(run.end()?.how).toBe("succeeded");
  });
});

describe("fork and join", () => {
  const set = (variable: string, value: string): ActionDefinition => ({ kind: "set", variable, value: cel(value), place: PLACE });
  const forked = (b: ActionDefinition, c: ActionDefinition) =>
    compileChart({
      states: ["s:start", "f:fork", "B", "C", "j:join", "e:end"],
      transitions: ["s -> f", "f -> B", "f -> C", "B -> j on left", "C -> j on right", "j -> e"],
      variables: { x: 1, y: 1 },
      actions: { B: [b], C: [c] },
    });

  test("branches run side by side and their variables meet at the join", () => {
    const run = new ChartRun(kernel, forked(set("x", "x + 1"), set("y", "x + 10")));
    run.start();
    expect(run.states()).toEqual(["B", "C"]);
    run.send("right");
    expect(run.states()).toEqual(["B", "j"]);
    run.send("left");
    expect(run.end()).toEqual({ how: "succeeded", value: { x: 2, y: 11 } });
  });

  test("two branches that change one variable in different ways are reported", () => {
    const run = new ChartRun(kernel, forked(set("x", "5"), set("x", "6")));
    run.start();
    run.send("left");
    run.send("right");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/merge-conflict" } });
  });

  test("the same change in both branches is no conflict", () => {
    const run = new ChartRun(kernel, forked(set("x", '"same"'), set("x", '"sa" + "me"')));
    run.start();
    run.send("left");
    run.send("right");
    expect(run.end()).toMatchObject({ how: "succeeded", value: { x: "same", y: 1 } });
  });

  test("parallel regions share one context and are done together", () => {
    const run = new ChartRun(
      kernel,
      compileChart({
        states: [
          "s:start",
          "P:parallel",
          "P/r1:region",
          "P/r1/a0:start",
          "P/r1/A",
          "P/r1/a1:end",
          "P/r2:region",
          "P/r2/b0:start",
          "P/r2/B",
          "P/r2/b1:end",
          "e:end",
        ],
        transitions: ["s -> P", "a0 -> A", "A -> a1 on left do n = n + 1", "b0 -> B", "B -> b1 on right do n = n + 1", "P -> e"],
        variables: { n: 0 },
      }),
    );
    run.start();
    expect(run.states()).toEqual(["P", "r1", "A", "r2", "B"]);
    run.send("left");
    run.send("right");
    expect(run.end()).toEqual({ how: "succeeded", value: { n: 2 } });
  });
});

describe("long loops", () => {
  test("fuel yields and the run goes on", () => {
    const run = new ChartRun(
      kernel,
      compileChart({
        states: ["s:start", "A", "e:end"],
        transitions: ["s -> A", "A -> e if n >= 100000", "A -> A do n = n + 1"],
        variables: { n: 0 },
      }),
    );
    run.start();
    let calls = 1;
    while (kinds(run).includes("CONTINUE")) {
      run.step(EventKind.CONTINUE);
      calls += 1;
    }
    expect(run.end()).toEqual({ how: "succeeded", value: { n: 100_000 } });
    expect(calls).toBeGreaterThan(4);
  });

  test("a run that yielded takes no other event meanwhile, but can be canceled", () => {
    const run = new ChartRun(kernel, compileChart({ states: ["s:start", "A"], transitions: ["s -> A", "A -> A", "A -> A on go"] }));
    run.start();
    expect(run.send("go")).toBe("busy");
    run.step(EventKind.CANCEL);
    expect(run.end()?.how).toBe("canceled");
  });
});

describe("batches and handles", () => {
  test("one batch steps many runs, and a handle is dead after its run is destroyed", () => {
    const program = compileChart({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go"] });
    const loaded = kernel.loadProgram(program);
    const handles = Array.from({ length: 300 }, () => kernel.createRun(loaded));
    for (const handle of handles) kernel.add(handle, EventKind.START, 0, 1, 1);
    expect([...kernel.step().outcomes]).toEqual(handles.map(() => EventOutcome.TAKEN));
    kernel.destroyRun(handles[7] as number);
    const replacement = kernel.createRun(loaded);
    expect(replacement).not.toBe(handles[7]);
    for (const handle of handles) kernel.add(handle, EventKind.EVENT, 0, 1, 1);
    const outcomes = [...kernel.step().outcomes];
    expect(outcomes[7]).toBe(EventOutcome.UNKNOWN_RUN);
    expect(outcomes.filter((outcome) => outcome === EventOutcome.TAKEN)).toHaveLength(299);
  });

  test("a malformed payload harms nobody", () => {
    const run = new ChartRun(kernel, compileChart({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go"] }));
    run.start();
    kernel.add(run.handle, EventKind.EVENT, 0, 1, 1, new Uint8Array([10, 255, 255, 255, 255, 15]));
    expect([...kernel.step().outcomes]).toEqual([EventOutcome.MALFORMED]);
    expect(run.send("go")).toBe("taken");
  });

  test("memory is flat over many runs", () => {
    const program = compileChart({
      states: ["s:start", "A", "e:end"],
      transitions: ["s -> A", "A -> e on go"],
      variables: { text: "some text that needs a heap object", list: [1, 2, 3] },
    });
    const loaded = kernel.loadProgram(program);
    const cycle = (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const run = new ChartRun(kernel, program, loaded);
        run.start();
        run.send("go");
        kernel.destroyRun(run.handle);
      }
    };
    cycle(100);
    const before = kernel.statistics().sizeBytes;
    cycle(5000);
    expect(kernel.statistics().sizeBytes).toBe(before);
  });
});

describe("limits", () => {
  test("a fork that leads back to itself ends at the limit of branches, and gives its memory back", async () => {
    const fresh = await newKernel();
    const program = compileChart({
      states: ["s:start", "F:fork", "A", "B"],
      transitions: ["s -> F", "F -> A", "F -> B", "A -> F", "B -> F"],
    });
    const loaded = fresh.loadProgram(program);
    const explode = () => {
      const run = new ChartRun(fresh, program, loaded);
      run.start();
      while (run.end() === undefined) run.step(EventKind.CONTINUE);
      expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/token-limit" } });
      fresh.destroyRun(run.handle);
    };
    explode();
    const { sizeBytes } = fresh.statistics();
    for (let times = 0; times < 5; times += 1) explode();
    expect(fresh.statistics().sizeBytes).toBe(sizeBytes);
  });

  test("a run has no more timers than it may", () => {
    const waiting = (count: number) => {
      const timers = Array.from({ length: count }, (_, index) => `A -> A after ${1_000 + index}`);
      const run = new ChartRun(kernel, compileChart({ states: ["s:start", "A"], transitions: ["s -> A", ...timers] }));
      run.start();
      return run;
    };
    const full = waiting(4_096);
    expect(full.end()).toBeUndefined();
    expect(full.commands.filter(({ kind }) => kind === CommandKind.SET_TIMER)).toHaveLength(4_096);
    expect(waiting(4_097).end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
  });

  test("a run that outgrows its memory fails, and the others go on", async () => {
    const small = await newKernel({ runSizeMax: 64 * 1024 });
    const program = compileChart({
      states: ["s:start", "A"],
      transitions: ["s -> A", "A -> A on next do text = text + text"],
      variables: { text: "0123456789" },
    });
    const loaded = small.loadProgram(program);
    const greedy = new ChartRun(small, program, loaded);
    const modest = new ChartRun(small, program, loaded);
    greedy.start();
    modest.start();
    while (greedy.end() === undefined) greedy.send("next");
    expect(greedy.end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
    expect(modest.send("next")).toBe("taken");
  });

  test.each([199, 200, 201, 300])("a variable that is nested step by step is told whole, or the run fails: %d levels", (count) => {
    const program = compileChart({
      states: ["s:start", "A", "e:end"],
      transitions: ["s -> A", "A -> A on next do list = [list]", "A -> e on stop"],
      variables: { list: 1 },
    });
    const run = new ChartRun(kernel, program);
    run.start();
    for (let level = 0; level < count && run.end() === undefined; level += 1) run.send("next");
    if (count > WIRE_DEPTH_MAX) {
      expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
      return;
    }
    run.send("stop");
    let depth = 0;
    const output = run.end()?.value as { list: unknown } | undefined;
    for (let value = output?.list; Array.isArray(value); value = value[0]) depth += 1;
    expect(depth).toBe(count);
  });

  test("a task's input that is nested too deep fails the run", () => {
    const input = { kind: "map", entries: [{ key: "q", value: cel("list") }], place: PLACE } as const;
    const program = compileChart({
      states: ["s:start", "A", "B"],
      transitions: ["s -> A", "A -> A on next do list = [list]", "A -> B on stop"],
      variables: { list: 1 },
      actions: { B: [{ kind: "call", task: "work", input, place: PLACE }] },
    });
    const run = new ChartRun(kernel, program);
    run.start();
    for (let level = 0; level < WIRE_DEPTH_MAX; level += 1) run.send("next");
    run.send("stop");
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
  });

  test("a variable whose parts are shared again and again fails its run before it fills memory", { timeout: 120_000 }, async () => {
    const small = await newKernel({ runSizeMax: 1 << 20, memorySizeMax: 64 << 20 });
    const program = compileChart({
      states: ["s:start", "A"],
      transitions: ["s -> A", "A -> A on next do list = [list, list]"],
      variables: { list: Array.from({ length: 1_000 }, (_, index) => index) },
    });
    const loaded = small.loadProgram(program);
    const greedy = new ChartRun(small, program, loaded);
    const modest = new ChartRun(small, program, loaded);
    greedy.start();
    modest.start();
    for (let doubling = 0; doubling < 64 && greedy.end() === undefined; doubling += 1) greedy.send("next");
    expect(greedy.end()).toMatchObject({ how: "failed", value: { code: "run/memory-limit" } });
    expect(modest.send("next")).toBe("taken");
  });

  test("after a trap every call says that the kernel is lost", async () => {
    const doomed = await newKernel();
    expect(() => doomed.trap()).toThrow(expect.objectContaining({ code: "kernel/lost" }));
    expect(() => doomed.statistics()).not.toThrow();
    expect(() => doomed.loadProgram(compileChart({ states: ["s:start", "A"], transitions: ["s -> A"] }))).toThrow(
      expect.objectContaining({ code: "kernel/lost" }),
    );
  });
});
