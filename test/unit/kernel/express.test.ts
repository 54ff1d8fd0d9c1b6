// The express lane gives what the general way gives: a traced run never takes it, so an untraced and a traced twin are
// driven side by side through every comparison, sum and constant, with values of every kind.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { ActionKind, EventKind, NO_EXPRESSION, NO_SLOT, ProgramHeader } from "../../../assembly/abi.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { ChartRun, compileChart, newKernel } from "./chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

const COMPARISONS = ["<", "<=", ">", ">=", "==", "!="];
const GUARDS = ["x", "y", "10", "2.5", "9007199254740993"].flatMap((right, index) =>
  COMPARISONS.map((operator) => `${index % 2 === 0 ? "x" : "y"} ${operator} ${right}`),
);
const SETS = ["x + 1", "x - 1", "x * 2", "x + y", "y - x", "y * y", "1.5", "true", "null", '"text"', "x"];

const TRANSITIONS = GUARDS.flatMap((guard, index) => [
  `A -> B on g${index} if ${guard} do x = ${SETS[index % SETS.length]}`,
  `A -> A on g${index} if ${GUARDS[(index * 7 + 3) % GUARDS.length]} do y = ${SETS[(index * 3) % SETS.length]}`,
]);
const CHART = (types: readonly [string, string]) =>
  compileChart({
    states: ["s:start", "A", "B", "C:composite", "C/c:start", "C/D"],
    transitions: ["s -> A", ...TRANSITIONS, "B -> A on back", "B -> C on inside", "c -> D", "D -> D on back do x = x + 1", "C -> A on out"],
    variables: { [`x: ${types[0]}`]: 1, [`y: ${types[1]}`]: 2 },
  });
const CHARTS = [
  ["any", "any"],
  ["int", "number"],
  ["number", "any"],
].map((types) => CHART(types as [string, string]));

const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double(),
  fc.constantFrom(2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e300, Number.NaN, -0, 10, 2.5),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const value = fc.oneof({ weight: 4, arbitrary: number }, fc.constantFrom<unknown>("10", null, true, [1], { a: 1 }));
const event = fc.oneof(
  fc.constantFrom("back", "inside", "out"),
  fc.nat(GUARDS.length - 1).map((index) => `g${index}`),
);

function observe(run: ChartRun): unknown {
  return { states: run.states(), context: run.context(), end: run.end() };
}

test("a run on the express lane and its traced twin go the same way", () => {
  const loaded = CHARTS.map((program) => kernel.loadProgram(program));
  fc.assert(
    fc.property(fc.nat(CHARTS.length - 1), value, value, fc.array(event, { maxLength: 30 }), (chart, x, y, events) => {
      const program = CHARTS[chart] as (typeof CHARTS)[number];
      const quick = new ChartRun(kernel, program, loaded[chart] as number);
      const traced = new ChartRun(kernel, program, loaded[chart] as number);
      kernel.setTraced(traced.handle, true);
      expect(quick.start({ x, y })).toBe(traced.start({ x, y }));
      for (const name of events) {
        expect(quick.send(name)).toBe(traced.send(name));
        expect(observe(quick)).toEqual(observe(traced));
      }
      kernel.setTraced(traced.handle, false);
      expect([...kernel.snapshot(quick.handle)]).toEqual([...kernel.snapshot(traced.handle)]);
      kernel.destroyRun(quick.handle);
      kernel.destroyRun(traced.handle);
    }),
    { numRuns: 3000 },
  );
});

test("time goes on and never back, also on the express lane", () => {
  const program = compileChart({
    states: ["s:start", "A", "B"],
    transitions: ["s -> A", "A -> A on tick", "A -> B on read do at = now"],
    variables: { at: null },
  });
  const run = new ChartRun(kernel, program);
  run.start();
  run.now += 5000;
  run.send("tick");
  run.now -= 3000;
  expect(run.step(EventKind.EVENT, program.eventNames.indexOf("read"))).toBe("taken");
  expect(run.context()).toEqual({ at: new Date(run.now + 3000) });
});

test("a program whose actions lack what they need is refused", () => {
  const sound = compileChart({ states: ["s:start", "A", "B"], transitions: ["s -> A", "A -> B on go do x = x + 1"], variables: { x: 0 } });
  const actions = new DataView(sound.bytes.buffer).getUint32(ProgramHeader.ACTIONS * 4, true);
  // Kind, expression and slot of the one assignment.
  for (const [offset, word] of [[0, 99], [0, ActionKind.AWAIT_EVENT], [0, ActionKind.LOG], [8, NO_EXPRESSION], [8, 1000], [12, NO_SLOT]] as const) {
    const bytes = sound.bytes.slice();
    new DataView(bytes.buffer).setUint32(actions + offset, word, true);
    expect(() => kernel.loadProgram({ ...sound, bytes })).toThrow(expect.objectContaining({ code: "kernel/bad-program" }));
  }
  expect(new ChartRun(kernel, sound).start()).toBe("taken");
});
