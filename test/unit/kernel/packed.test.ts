// The short ways in give what the general way gives: the same events as single calls, as packed calls and as a batch of
// records, to three sets of runs of the same charts.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { EventKind, EventOutcome } from "../../../assembly/abi.js";
import type { KernelPort, StepOutput } from "../../../src/model/ports.js";
import { decodeValue } from "../../../src/model/value.js";
import { compileChart, newKernel } from "./chart.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

const CHART = compileChart({
  states: ["s:start", "A", "B", "C:composite", "C/c:start", "C/D", "L", "M", "e:end"],
  transitions: [
    "s -> A",
    "A -> B on go if x < 5 do x = x + 1",
    "A -> C on go",
    "B -> A on go do y = y * 2",
    "c -> D",
    "C -> A on go do x = 0",
    "A -> A on fail do x = 1 / zero",
    "A -> L on spin",
    "L -> M",
    "M -> L if x >= 0",
    "M -> A",
    "A -> e on finish",
    "B -> e on finish",
  ],
  variables: { "x: int": 0, "y: number": 1, "zero: int": 0 },
});
const EVENTS = ["go", "fail", "spin", "finish"].map((name) => CHART.eventNames.indexOf(name));
const RUN_COUNT = 5;
const NOW = 1_700_000_000_000;

function startRuns(program: number): Uint32Array {
  const runs = Uint32Array.from({ length: RUN_COUNT }, () => kernel.createRun(program));
  for (const run of runs) kernel.add(run, EventKind.START, 0, NOW, 0);
  kernel.step();
  return runs;
}

/** Outcomes and commands, the latter by what they say. */
function tellOutput({ outcomes, commands }: StepOutput): unknown {
  return [[...outcomes], commands.map(({ event, kind, a, payload }) => [event, kind, a, payload && decodeValue(payload)])];
}

function tellRuns(runs: Uint32Array): unknown {
  return [...runs].map((run) => [...kernel.snapshot(run)]);
}

test("single, packed and general events go the same way", () => {
  const program = kernel.loadProgram(CHART);
  const pair = fc.tuple(fc.nat(RUN_COUNT), fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 3, 4, 5));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(pair, { minLength: 1, maxLength: 12 }), fc.nat(3), fc.boolean()), { maxLength: 6 }), (calls) => {
      const sets = [startRuns(program), startRuns(program), startRuns(program)] as const;
      const [general, packed, single] = sets;
      const names = { handles: packed, ids: Uint32Array.of(...EVENTS, 0xffffffff) };
      let now = NOW;
      for (const [pairs, wait, isAgain] of calls) {
        now += wait;
        const records = Uint32Array.from(pairs.flat());
        // One index past the runs, and one past the names: no run and no event.
        const known = pairs.filter(([run, name]) => run < RUN_COUNT && name < EVENTS.length);
        for (let round = 0; round < (isAgain ? 2 : 1); round += 1) {
          const output = kernel.stepPacked({ count: pairs.length, records, names, isRepeated: round > 0 }, now);
          const outcomes = pairs.map(([run, name], index) => [run < RUN_COUNT && name <= EVENTS.length, name < EVENTS.length, output.outcomes[index]]);
          for (const [isRun, isEvent, outcome] of outcomes) {
            if (isRun !== true) expect(outcome).toBe(EventOutcome.UNKNOWN_RUN);
            else if (isEvent !== true) expect(outcome).toBe(EventOutcome.UNKNOWN_EVENT);
          }
          const isPlain = (outcome: number): boolean => outcome === EventOutcome.TAKEN || outcome === EventOutcome.IGNORED;
          expect(output.oddCount).toBe([...output.outcomes].filter((outcome) => !isPlain(outcome)).length);
          const kept = { outcomes: output.outcomes.filter((_, index) => known.includes(pairs[index] as (typeof pairs)[number])), commands: output.commands };
          const told = tellOutput({ ...kept, commands: kept.commands.map((command) => ({ ...command, event: known.indexOf(pairs[command.event] as (typeof pairs)[number]) })) });
          for (const [run, name] of known) kernel.add(general[run] as number, EventKind.EVENT, EVENTS[name] as number, now, 0);
          expect(told).toEqual(tellOutput(kernel.step()));
          for (const [run, name] of known) {
            if (kernel.stepOne(single[run] as number, EVENTS[name] as number, now) >= 0) continue;
            kernel.add(single[run] as number, EventKind.EVENT, EVENTS[name] as number, now, 0);
            kernel.step();
          }
          expect(tellRuns(packed)).toEqual(tellRuns(general));
          expect(tellRuns(single)).toEqual(tellRuns(general));
        }
      }
      for (const runs of sets) for (const run of runs) kernel.destroyRun(run);
    }),
    { numRuns: 300 },
  );
});

test("a lost kernel says so at once, also on the short ways", async () => {
  const lost = await newKernel();
  const run = lost.createRun(lost.loadProgram(CHART));
  expect(() => lost.trap()).toThrow(expect.objectContaining({ code: "kernel/lost" }));
  const names = { handles: Uint32Array.of(run), ids: Uint32Array.of(0) };
  expect(() => lost.stepOne(run, 0, NOW)).toThrow(expect.objectContaining({ code: "kernel/lost" }));
  expect(() => lost.stepPacked({ count: 1, records: Uint32Array.of(0, 0), names, isRepeated: false }, NOW)).toThrow(
    expect.objectContaining({ code: "kernel/lost" }),
  );
});
