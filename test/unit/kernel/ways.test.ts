// Ways through composites and regions, with exit, transition and entry actions: what the express lane makes of them is what
// the general way makes of them. A traced run never takes the lane, so an untraced and a traced twin of random charts are
// driven side by side, with values that fit the lane and values that do not.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import type { ActionDefinition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { ChartRun, compileChart, newKernel, set } from "./chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

const EVENTS = ["a", "b", "c"];
/** Most fit the lane; a division, a string and what waits do not. */
const SETS = ["n + 1", "n - 1", "n * 2", "n + m", "0", "true", "n + 9000000000000000000", "1 / z", '"text"', "m + 1.5"];
const GUARDS = ["n < 3", "n >= 2", "m == n", "m > 1.5", "n != 1", "n / z > 0"];

/** Random numbers that fast-check can shrink: each choice takes the next. */
interface Dice {
  take(limit: number): number;
}

function makeDice(numbers: readonly number[]): Dice {
  let at = 0;
  return { take: (limit) => (numbers[at++ % numbers.length] ?? 0) % limit };
}

/** A chart of composites, parallel states and leaves, and transitions between any of them. */
function makeChart(numbers: readonly number[]): Program {
  const dice = makeDice(numbers);
  const pick = <T>(from: readonly T[]): T => from[dice.take(from.length)] as T;
  const states: string[] = ["s0:start"];
  const names: string[] = [];
  const starts: string[] = [];
  const addScope = (path: string, depth: number): void => {
    const own: string[] = [];
    for (let index = 0; index < 2 + dice.take(2); index += 1) {
      const name = `q${names.length}`;
      const kind = depth > 2 ? 0 : dice.take(5);
      names.push(name);
      own.push(name);
      if (kind < 3) {
        states.push(`${path}${name}`);
        continue;
      }
      states.push(`${path}${name}:${kind === 3 ? "composite" : "parallel"}`);
      for (let region = 0; region < (kind === 3 ? 1 : 2); region += 1) {
        const scope = kind === 3 ? `${path}${name}/` : `${path}${name}/${name}r${region}/`;
        if (kind === 4) states.push(`${path}${name}/${name}r${region}:region`);
        const start = `t${states.length}`;
        states.push(`${scope}${start}:start`);
        const first = names.length;
        addScope(scope, depth + 1);
        starts.push(`${start} -> ${names[first]}${dice.take(4) === 0 ? ` do n = ${pick(SETS)}` : ""}`);
      }
    }
  };
  addScope("", 0);
  const assign = (): ActionDefinition => set(pick(["n", "n", "m"]), pick(SETS));
  const actions: Record<string, ActionDefinition[]> = {};
  const exits: Record<string, ActionDefinition[]> = {};
  for (const name of names) {
    if (dice.take(3) === 0) actions[name] = Array.from({ length: 1 + dice.take(2) }, assign);
    if (dice.take(3) === 0) exits[name] = [assign()];
  }
  const transitions = Array.from({ length: 6 + dice.take(12) }, () => {
    const kind = dice.take(12);
    const trigger = kind === 0 ? " if n > 1000" : kind === 1 ? " after 50" : ` on ${pick(EVENTS)}`;
    const target = kind === 2 ? "." : pick(names);
    const guard = kind !== 0 && dice.take(3) === 0 ? ` if ${pick(GUARDS)}` : "";
    return `${pick(names)} -> ${target}${trigger}${guard}${dice.take(2) === 0 ? ` do ${pick(["n", "m"])} = ${pick(SETS)}` : ""}`;
  });
  const deferred = dice.take(6) === 0 ? { [pick(names)]: [pick(EVENTS)] } : {};
  const history = dice.take(5) === 0 ? { [pick(names)]: "shallow" as const } : {};
  return compileChart({
    states,
    transitions: [`s0 -> ${names[0]}`, ...starts, ...transitions],
    variables: { n: 0, "m: number": 1, "z: int": 0 },
    actions,
    exits,
    deferred,
    history: Object.fromEntries(Object.entries(history).filter(([name]) => states.some((state) => state.endsWith(`${name}:composite`)))),
  });
}

const value = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -3, max: 5 }) }, fc.constantFrom<unknown>(2 ** 53, 1.5, "x", null, 9_223_372_036_854_775_800n));

test("random charts go the same way on the lane and beside it", () => {
  let takenCount = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat(1_000), { minLength: 30, maxLength: 120 }),
      value,
      value,
      fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 20 }),
      (numbers, n, m, events) => {
        const program = makeChart(numbers);
        const loaded = kernel.loadProgram(program);
        const [quick, traced] = [new ChartRun(kernel, program, loaded), new ChartRun(kernel, program, loaded)];
        kernel.setTraced(traced.handle, true);
        const input = { n, ...(typeof m === "number" && { m }) };
        expect(quick.start(input)).toBe(traced.start(input));
        for (const event of events) {
          const id = program.eventNames.indexOf(event);
          if (id < 0) continue;
          quick.now += 1;
          traced.now += 1;
          const outcome = kernel.stepOne(quick.handle, id, quick.now);
          if (outcome >= 0) {
            takenCount += 1;
            expect(traced.step(EventKind.EVENT, id)).toBe(outcome === 1 ? "taken" : "ignored");
          } else expect(quick.send(event)).toBe(traced.send(event));
          expect([quick.states(), quick.context(), outcome < 0 ? quick.end() : undefined]).toEqual([traced.states(), traced.context(), traced.end()]);
        }
        kernel.setTraced(traced.handle, false);
        expect([...kernel.snapshot(quick.handle)]).toEqual([...kernel.snapshot(traced.handle)]);
        for (const run of [quick, traced]) kernel.destroyRun(run.handle);
        kernel.unloadProgram(loaded);
      },
    ),
    { numRuns: 1_500 },
  );
  expect(takenCount).toBeGreaterThan(1_500);
});

test("a way that cannot be gone to its end leaves nothing behind on the lane", () => {
  const program = compileChart({
    states: ["s:start", "A:composite", "A/t:start", "A/B", "C"],
    transitions: ["s -> A", "t -> B", "A -> C on go do n = n + 1"],
    variables: { n: 0, m: 5, last: 0 },
    exits: { B: [set("m", "m + 1")], A: [set("last", "m")] },
    actions: { C: [set("n", "n + m")] },
  });
  const run = new ChartRun(kernel, program);
  run.start({ n: "text" });
  const before = [...kernel.snapshot(run.handle)];
  expect(kernel.stepOne(run.handle, 0, run.now)).toBe(-1);
  expect([...kernel.snapshot(run.handle)]).toEqual(before);
  run.send("go");
  expect(run.end()?.how).toBe("failed");
});

test("ten regions and a bubbling event are taken on the lane, forks and waiting actions are not", () => {
  const regions = Array.from({ length: 10 }, (_, index) => [`P/r${index}:region`, `P/r${index}/t${index}:start`, `P/r${index}/x${index}`, `P/r${index}/y${index}`]).flat();
  const turns = Array.from({ length: 10 }, (_, index) => [`t${index} -> x${index}`, `x${index} -> y${index} on go do n = n + 1`, `y${index} -> x${index} on go`]).flat();
  const program = compileChart({
    states: ["s:start", "P:parallel", ...regions, "D:composite", "D/d:start", "D/E"],
    transitions: ["s -> P", ...turns, "P -> D on out", "d -> E", "D -> P on go"],
    variables: { "n: int": 0 },
  });
  const run = new ChartRun(kernel, program);
  run.start();
  const [go = 0, out = 0] = ["go", "out"].map((name) => program.eventNames.indexOf(name));
  expect(kernel.stepOne(run.handle, go, run.now)).toBe(1);
  expect(run.context()).toEqual({ n: 10 });
  expect(run.states().filter((state) => state.startsWith("y"))).toHaveLength(10);
  expect(kernel.stepOne(run.handle, out, run.now)).toBe(-1);
  expect(run.send("out")).toBe("taken");
  expect(kernel.stepOne(run.handle, go, run.now)).toBe(-1);
  expect(run.send("go")).toBe("taken");
  expect(run.states()).toHaveLength(21);
});

test("a low limit of cost closes the lane", async () => {
  const limited = await newKernel({ expressionCostMax: 1 });
  const program = compileChart({ states: ["s:start", "A"], transitions: ["s -> A", "A -> A on go if n < 5 do n = n + 1"], variables: { "n: int": 0 } });
  const run = new ChartRun(limited, program);
  run.start();
  expect(limited.stepOne(run.handle, 0, run.now)).toBe(-1);
  run.send("go");
  expect(run.end()?.how).toBe("failed");
});
