// Endless loops of eventless transitions: found and named where nothing changes, however long they are; loops that change a variable go on.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, type ChartSource, call, compileChart, newKernel, set } from "../kernel/chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

/** Steps until the run rests or ends, or so many CONTINUEs are spent. */
function play(source: ChartSource, continueMax = 200): { run: ChartRun; continues: number } {
  return playRun(new ChartRun(kernel, compileChart(source)), continueMax);
}

function playRun(run: ChartRun, continueMax = 200): { run: ChartRun; continues: number } {
  run.start();
  let continues = 0;
  for (; continues < continueMax && run.end() === undefined; continues += 1) if (run.step(EventKind.CONTINUE) === "stale") break;
  return { run, continues };
}

function ring(count: number, more: Partial<ChartSource> = {}): ChartSource {
  const states = ["s:start", ...Array.from({ length: count }, (_, index) => `A${index}`)];
  const transitions = ["s -> A0", ...Array.from({ length: count }, (_, index) => `A${index} -> A${(index + 1) % count}`)];
  return { states, transitions, ...more };
}

describe("a loop that changes nothing", () => {
  test.each([1, 2, 3, 7, 100, 1_000])("of %d states fails the run and names states of it", (count) => {
    const { run, continues } = play(ring(count));
    const end = run.end();
    expect(end).toMatchObject({ how: "failed", value: { code: "run/endless-loop" } });
    if (end === undefined) throw new Error("The run has not ended");
    const { details, message } = end.value as { details: { states: string[] }; message: string };
    expect(details.states.length).toBeGreaterThanOrEqual(Math.min(count, 16));
    expect(message).toContain(`"${details.states[0]}"`);
    expect(continues).toBeLessThan(4);
  });

  test("longer than the fuel of a call is found as well", () => {
    expect(play(ring(30_000)).run.end()).toMatchObject({ value: { code: "run/endless-loop" } });
  });

  test("of variables that come back to what they were", () => {
    const { run } = play(ring(2, { variables: { n: 0, m: "x" }, actions: { A0: [set("n", "(n + 1) % 5"), set("m", 'n == 0 ? "x" : m + "y"')] } }));
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop", details: { states: ["A0", "A1"] } } });
  });

  test("in one region, beside others that rest, and through composites", () => {
    const { run } = play({
      states: ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "P/Q:region", "Q/q:start", "Q/C:composite", "C/c:start", "C/X", "C/x:end"],
      transitions: ["s -> P", "r -> A", "q -> C", "c -> X", "X -> x", "C -> C"],
    });
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop", details: { states: ["C", "c", "X", "x"] } } });
  });

  test("that sets and cancels timers in each turn", () => {
    const { run } = play({ states: ["s:start", "A", "B", "C"], transitions: ["s -> A", "A -> B", "B -> A", "A -> C after 50"] });
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop", details: { states: ["A", "B"] } } });
  });

  test("that waits for a task anew in each turn", () => {
    const { run } = play({
      states: ["s:start", "P:parallel", "P/R:region", "R/r:start", "R/A", "P/Q:region", "Q/q:start", "Q/X", "Q/Y"],
      transitions: ["s -> P", "r -> A", "q -> X", "X -> Y", "Y -> P"],
      actions: { A: [call("work")] },
    });
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop" } });
  });

  test("of a fork and its join", () => {
    const { run } = play({
      states: ["s:start", "F:fork", "A", "B", "J:join"],
      transitions: ["s -> F", "F -> A", "F -> B", "A -> J do n = 1", "B -> J", "J -> F"],
      variables: { n: 0 },
    });
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop" } });
  });

  test("beside large variables, which are not compared at every turn", () => {
    const { run } = play(ring(3, { variables: { big: Array.from({ length: 5_000 }, (_, index) => `item ${index}`) } }));
    expect(run.end()).toMatchObject({ value: { code: "run/endless-loop" } });
  });

  test("no failure transition takes it", () => {
    const { run } = play({ states: ["s:start", "C:composite", "C/c:start", "C/A", "C/B", "Z"], transitions: ["s -> C", "c -> A", "A -> B", "B -> A", "C -> Z failure"] });
    expect(run.end()).toMatchObject({ how: "failed", value: { code: "run/endless-loop" } });
  });
});

describe("a loop that changes something", () => {
  test("goes on to its end", () => {
    const { run } = play(
      { states: ["s:start", "A", "B", "e:end"], transitions: ["s -> A", "A -> e if n == 150000", "A -> B", "B -> A do n = n + 1"], variables: { "n: int": 0 } },
      100,
    );
    expect(run.end()).toEqual({ how: "succeeded", value: { n: 150_000 } });
  });

  test("and leaves no memory behind", () => {
    const chart: ChartSource = { states: ["s:start", "A", "e:end"], transitions: ["s -> A", "A -> e if n == 70000", "A -> A do n = n + 1"], variables: { n: 0, big: "x".repeat(10_000) } };
    // Loaded once: programs take memory, too.
    const program = compileChart(chart);
    const loaded = kernel.loadProgram(program);
    const spend = () => kernel.destroyRun(playRun(new ChartRun(kernel, program, loaded)).run.handle);
    spend();
    const { sizeBytes } = kernel.statistics();
    for (let times = 0; times < 5; times += 1) spend();
    expect(kernel.statistics().sizeBytes).toBe(sizeBytes);
  });

  test("a deterministic walk over few states and values is found exactly when it recurs", () => {
    const walk = fc.record({ add: fc.nat(6), multiply: fc.nat(6), modulus: fc.integer({ min: 2, max: 900 }), stop: fc.nat(1000) });
    fc.assert(
      fc.property(walk, ({ add, multiply, modulus, stop }) => {
        const seen = new Set<number>();
        let value = 1;
        while (!seen.has(value) && value !== stop) {
          seen.add(value);
          value = (value * multiply + add) % modulus;
        }
        const { run } = play({
          states: ["s:start", "A", "e:end"],
          transitions: ["s -> A", `A -> e if n == ${stop}`, `A -> A do n = (n * ${multiply} + ${add}) % ${modulus}`],
          variables: { "n: int": 1 },
        });
        expect(run.end()?.how).toBe(value === stop ? "succeeded" : "failed");
        kernel.destroyRun(run.handle);
      }),
      { numRuns: 40 },
    );
  });
});
