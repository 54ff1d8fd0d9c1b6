// Random statecharts on the kernel and on XState 5: the same events and timers lead to the same configurations, variables and logs.
// XState is an oracle that is not ours. What it reads otherwise is translated or left out, and listed here with the reason:
//
// | what | Millrace | XState 5 | the reason | in this test |
// |---|---|---|---|---|
// | an eventless transition out of a composite | taken when the composite has come to its end | `always` is taken at once | an arrow without a label out of a box means "and then" (UML) | translated to `onDone` |
// | such a transition, guarded, where the guard does not hold | tried again when a variable may have changed | the `done` event is gone | a state that is done stays done | counted |
// | a transition to the state itself or to a state inside it | external: the state is left and entered again | internal, unless `reenter` | it is drawn as an arrow that leaves | translated to `reenter` |
// | a transition between two regions of one state | leaves the state and enters it again, as SCXML (a domain is never parallel) | the state around the regions stays active | SCXML is the reference | charts have none |
// | a parallel state and one of its regions both take an event, and what the region takes gives way to a third state | the parallel state takes the event, as in SCXML | the parallel state is not asked | SCXML is the reference | charts have none |
// | a choice without a way that holds | the run fails | it rests there | a picture that has no answer is a mistake | charts have a default |
// | `done` of a composite against other eventless transitions | in one set with them | after all of them | SCXML says as XState; completion transitions here are one kind | counted |
// | two eventless transitions of different regions that leave one state | the one first in document order, as in SCXML | the one whose state was entered first | SCXML is the reference | counted |
// | final states | a scope that is done is active itself, its final state is not | the final state is active | a token stands for the scope | dropped before comparing |
// | fork and join, tasks and waits, failure transitions | have them | has none (actors are another thing) | – | charts have none |
//
// *Counted*: in a chart that XState plays otherwise, made smaller, the reference model agrees with the kernel to the last word, and the step that
// differs has what one of the DIFFERENCES asks for. Any other difference fails.
//
// MILLRACE_SEEDS plays more seeds, MILLRACE_SEED one alone.
import { beforeAll, expect, test } from "vitest";
import type { KernelPort } from "../../src/model/ports.js";
import { newKernel } from "../unit/kernel/chart.js";
import { printChart } from "./statecharts/chart.js";
import { compareMachines } from "./statecharts/compare.js";
import { DIFFERENCES, type Difference } from "./statecharts/differences.js";
import { type Features, SHARED_FEATURES, generateChart } from "./statecharts/generate.js";
import { KernelMachine, ModelMachine } from "./statecharts/machine.js";
import { type Play, parseChart } from "./statecharts/play.js";
import { Random } from "./statecharts/random.js";
import { describeCase } from "./statecharts/report.js";
import { generateScript } from "./statecharts/script.js";
import { type Case, shrinkCase } from "./statecharts/shrink.js";
import { XStateMachine } from "./statecharts/xstate.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 10_000);
const ONE_SEED = process.env.MILLRACE_SEED;
const PART_COUNT = 10;
const SCRIPT_LENGTH = 20;

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

type Replay = (found: Case) => Play;

function playKernel({ chart, script }: Case): Play {
  const { definition, program } = parseChart(printChart(chart));
  const loaded = kernel.loadProgram(program);
  const machine = new KernelMachine(kernel, program, loaded);
  try {
    return compareMachines(definition, machine, new XStateMachine(definition), script);
  } finally {
    machine.close();
    kernel.unloadProgram(loaded);
  }
}

/** The kernel against the reference model, on a chart that XState plays otherwise. */
function playBoth({ chart, script }: Case): Play {
  const { definition, program } = parseChart(printChart(chart));
  const loaded = kernel.loadProgram(program);
  const machine = new KernelMachine(kernel, program, loaded);
  try {
    return compareMachines(definition, machine, new ModelMachine(definition), script);
  } finally {
    machine.close();
    kernel.unloadProgram(loaded);
  }
}

/** How often each reason was met. */
const met = new Map<string, number>();

function playModel({ chart, script }: Case): Play {
  const { definition } = parseChart(printChart(chart));
  return compareMachines(definition, new ModelMachine(definition), new XStateMachine(definition), script);
}

function playSeed(seed: number, features: Features, replay: Replay): Play {
  const chart = generateChart(seed, features);
  const found = { chart, script: generateScript(new Random(seed ^ 0x5eed), chart.events, SCRIPT_LENGTH) };
  const played = replay(found);
  if (played.isEqual) return played;
  const isOurs = !playBoth(found).isEqual;
  // What XState is not asked for: a chart without one of its variables, or a choice without a default, fails.
  const isShared = ({ chart }: Case) =>
    chart.variables === found.chart.variables &&
    chart.states.every(({ id, kind }) => kind !== "choice" || chart.transitions.some(({ source, label }) => source === id && label === "default"));
  const smallest = shrinkCase(found, (candidate) => {
    try {
      return isShared(candidate) && !replay(candidate).isEqual && (isOurs || playBoth(candidate).isEqual);
    } catch {
      return false;
    }
  });
  const difference = isOurs ? undefined : findDifference(smallest);
  if (difference === undefined) throw new Error(describeDifference(seed, smallest, replay));
  met.set(difference.name, (met.get(difference.name) ?? 0) + 1);
  return played;
}

/** Why XState may play the case otherwise; undefined: there is no reason. */
function findDifference({ chart, script }: Case): Difference | undefined {
  const { definition } = parseChart(printChart(chart));
  const model = new ModelMachine(definition);
  // The play ends with the step that differs.
  if (compareMachines(definition, model, new XStateMachine(definition), script).isEqual) return undefined;
  return DIFFERENCES.find((difference) => difference.explains(definition, model.eventlessSets));
}

function describeDifference(seed: number, smallest: Case, replay: Replay): string {
  return describeCase(`seed ${seed}, made smaller:`, smallest, replay(smallest), ["ours", "XState"]);
}

const seeds = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];
const parts = Array.from({ length: PART_COUNT }, (_, part) => seeds.filter((seed) => seed % PART_COUNT === part)).filter(
  (part) => part.length > 0,
);

test.each(parts.map((part, index) => [index + 1, part] as const))("the kernel and XState, part %d", { timeout: 600_000 }, (_, part) => {
  let momentCount = 0;
  for (const seed of part) momentCount += playSeed(seed, SHARED_FEATURES, playKernel).moments.length;
  expect(momentCount).toBeGreaterThan(part.length * 5);
});

test("the reference model and XState", { timeout: 600_000 }, () => {
  let momentCount = 0;
  const some = seeds.slice(0, Math.ceil(SEED_COUNT / 10));
  for (const seed of some) momentCount += playSeed(seed, SHARED_FEATURES, playModel).moments.length;
  expect(momentCount).toBeGreaterThan(some.length * 5);
});

if (ONE_SEED === undefined && SEED_COUNT >= 10_000)
  test("every reason for a difference is met", () => {
    expect([...met.keys()].sort()).toEqual(DIFFERENCES.map(({ name }) => name).sort());
  });
