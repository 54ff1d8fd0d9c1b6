// Snapshots: a run restored from a snapshot at any step goes on exactly as the run it was taken from.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { CommandKind, EventKind } from "../../../assembly/abi.js";
import type { ActionDefinition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, PLACE, cel, compileChart, newKernel } from "./chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

const set = (variable: string, value: string): ActionDefinition => ({ kind: "set", variable, value: cel(value), place: PLACE });
const call: ActionDefinition = {
  kind: "call",
  task: "work",
  input: { kind: "literal", value: null, place: PLACE },
  result: "got",
  timeoutMs: 900,
  place: PLACE,
};

const CHART = compileChart({
  states: [
    "s:start",
    "A",
    "f:fork",
    "C:composite",
    "C/cs:start",
    "C/X",
    "C/Y",
    "C/ce:end",
    "D",
    "j:join",
    "P:parallel",
    "P/r1:region",
    "P/r1/a0:start",
    "P/r1/L",
    "P/r2:region",
    "P/r2/b0:start",
    "P/r2/R",
    "T",
  ],
  transitions: [
    "s -> A",
    "A -> f on go",
    "A -> P on side",
    "A -> T on task",
    "f -> C",
    "f -> D",
    "cs -> X",
    "X -> Y on go",
    "Y -> ce after 40",
    "C -> j",
    "D -> j on side",
    "j -> A",
    "C -> A on out",
    "a0 -> L",
    "L -> L on go do n = n + 1",
    "b0 -> R",
    "R -> R on side do n = n * 2",
    "P -> A on out",
    "T -> A failure",
    "T -> A",
    "T -> A on out",
  ],
  variables: { n: 1, text: "ab", got: null },
  actions: { X: [set("text", 'text + "x"')], D: [set("n", "n + 1")], T: [call], L: [set("text", 'text.size() > 200 ? "" : text + "l"')] },
});

type Stimulus = "go" | "side" | "task" | "out" | "timer" | "success" | "failure";

function stimulate(run: ChartRun, stimulus: Stimulus, serial: number): string {
  run.now += 10;
  if (stimulus === "timer") return run.step(EventKind.TIMER, serial);
  if (stimulus === "success") return run.step(EventKind.TASK_SUCCEEDED, serial, { list: [1, "two"] });
  if (stimulus === "failure") return run.step(EventKind.TASK_FAILED, serial, { code: "task/failed", message: "no" });
  return run.send(stimulus, { by: "me" });
}

function observe(run: ChartRun): unknown {
  return { states: run.states(), context: run.context(), commands: run.commands.map(({ event: _, ...command }) => command) };
}

test("a restored run goes on as the one it was taken from, at every step of random runs", () => {
  const loaded = kernel.loadProgram(CHART);
  const stimuli = fc.array(fc.constantFrom<Stimulus>("go", "side", "task", "out", "timer", "success", "failure"), {
    minLength: 1,
    maxLength: 25,
  });
  fc.assert(
    fc.property(stimuli, (list) => {
      const run = new ChartRun(kernel, CHART, loaded);
      run.start({ n: 2 });
      const serials: number[] = [];
      for (const stimulus of list) {
        serials.push(
          ...run.commands.filter(({ kind }) => kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER).map(({ b }) => b),
        );
        const bytes = kernel.snapshot(run.handle);
        const twin = new ChartRun(kernel, CHART, loaded, kernel.restore(loaded, bytes));
        twin.now = run.now;
        expect([...kernel.snapshot(twin.handle)]).toEqual([...bytes]);
        const serial = serials.at(-1) ?? 1;
        const outcome = stimulate(run, stimulus, serial);
        expect(stimulate(twin, stimulus, serial)).toBe(outcome);
        expect(observe(twin)).toEqual(observe(run));
        kernel.destroyRun(twin.handle);
      }
      kernel.destroyRun(run.handle);
    }),
    { numRuns: 300 },
  );
});

test("a damaged snapshot is refused and harms nobody", () => {
  const loaded = kernel.loadProgram(CHART);
  const run = new ChartRun(kernel, CHART, loaded);
  run.start();
  run.send("go");
  const bytes = kernel.snapshot(run.handle);
  let refused = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 0xff;
    try {
      kernel.destroyRun(kernel.restore(loaded, damaged));
    } catch (error) {
      expect(error).toMatchObject({ code: "kernel/bad-snapshot" });
      refused += 1;
    }
    expect(() => kernel.restore(loaded, bytes.slice(0, at))).toThrow(expect.objectContaining({ code: "kernel/bad-snapshot" }));
  }
  expect(refused).toBeGreaterThan(bytes.length / 2);
  expect(run.send("side")).toBe("taken");
});

test("one that memory does not suffice for is refused, never cut short", async () => {
  const small = await newKernel({ memorySizeMax: 12 << 20 });
  const chart = compileChart({ states: ["s:start", "A"], transitions: ["s -> A"], variables: { text: "", n: 1 } });
  const loaded = small.loadProgram(chart);
  const fill = (length: number): ChartRun[] => {
    const run = new ChartRun(small, chart, loaded);
    run.start({ text: "x".repeat(length) });
    return run.end() === undefined ? [run, ...fill(length)] : [];
  };
  const runs = fill(600_000);
  expect(runs.length).toBeGreaterThan(2);
  // What a step needs for a while is free for a snapshot after it: that goes to smaller runs.
  const smaller = fill(50_000);
  expect(smaller.length).toBeGreaterThan(2);
  for (const run of runs) {
    expect(() => small.snapshot(run.handle)).toThrow(expect.objectContaining({ code: "kernel/out-of-memory" }));
    expect(run.states()).toEqual(["A"]);
  }
  // Each goes on as it was, and where there is memory again its snapshot is whole.
  const [first, ...others] = runs as [ChartRun, ...ChartRun[]];
  for (const { handle } of [...others, ...smaller]) small.destroyRun(handle);
  expect(small.restore(loaded, small.snapshot(first.handle))).not.toBe(0);
});
