// Random statecharts, explored in the kernel and step by step over snapshots: the same configurations in the same order, so the same
// number of them, the same findings, the same witnesses. Half of the charts have exit actions, internal transitions, deferred
// events, history and joins of some ways.
// MILLRACE_SEEDS explores more charts, MILLRACE_SEED one alone.
import { expect, test } from "vitest";
import { exploreDefinition, type ExplorationParts } from "../../src/analysis/exploration.js";
import type { Exploration } from "../../src/analysis/exploration-words.js";
import { createConfigurationReader } from "../../src/kernel/configuration.js";
import { createExplorer } from "../../src/kernel/explorer.js";
import type { Definition } from "../../src/model/definition.js";
import { printChart } from "./statecharts/chart.js";
import { ALL_DECORATIONS } from "./statecharts/decorate.js";
import { ALL_FEATURES, generateChart } from "./statecharts/generate.js";
import { parseChart } from "./statecharts/play.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 200);
const ONE_SEED = process.env.MILLRACE_SEED;
const CONFIGURATION_COUNT_MAX = 150;
const INVARIANTS = ["a + b < 8 || c != 3", '!("S1" in states && "S2" in states)', "!p || states.exists(id, id == 'C1')", "10 / (a - 2) != 100"];
const NOWHERE = { start: 0, end: 0, line: 1, column: 1 };

function makeDefinition(seed: number): Definition {
  const text = printChart(generateChart(seed, { ...ALL_FEATURES, hasTasks: seed % 3 > 0 }));
  const { definition } = parseChart(text, seed % 2 === 0 ? { seed, ...ALL_DECORATIONS } : undefined);
  const invariants = INVARIANTS.filter((_, index) => (seed >> index) % 2 === 0).map((condition, index) => ({
    name: condition,
    expression: { text: condition, place: NOWHERE },
    place: { ...NOWHERE, start: index },
  }));
  return { ...definition, invariants };
}

/** What has to be the same; a step of the kernel that is sure to take nothing is left out there, so steps are not counted. */
function summarise({ stepCount: _, way: __, bounds, ...rest }: Exploration): unknown {
  return { ...rest, bounds: [...bounds].sort() };
}

const seeds = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];

test("in the kernel and step by step", { timeout: 600_000 }, async () => {
  const { kernel, explorer } = await createExplorer();
  const parts: ExplorationParts = { kernel, reader: createConfigurationReader() };
  const options = { configurationCountMax: CONFIGURATION_COUNT_MAX };
  const seen = { kernel: 0, steps: 0, deadlocks: 0, violations: 0, complete: 0, configurations: 0 };
  for (const seed of seeds) {
    const definition = makeDefinition(seed);
    const explored = await exploreDefinition(definition, { ...parts, explorer }, options);
    seen[explored.way] += 1;
    if (explored.way === "steps") continue;
    const led = await exploreDefinition(definition, parts, options);
    expect(led.way).toBe("steps");
    expect(summarise(explored), `seed ${seed}`).toEqual(summarise(led));
    seen.deadlocks += explored.findings.filter(({ code }) => code === "analysis/deadlock").length;
    seen.violations += explored.findings.filter(({ code }) => code === "analysis/invariant-violated").length;
    seen.complete += explored.isComplete ? 1 : 0;
    seen.configurations += explored.configurationCount;
  }
  expect(kernel.statistics()).toMatchObject({ programCount: 0, runCount: 0 });
  if (ONE_SEED !== undefined) return;
  expect(seen.kernel).toBeGreaterThan(SEED_COUNT / 2);
  for (const [what, count] of Object.entries(seen)) expect(count, `${what} of ${JSON.stringify(seen)}`).toBeGreaterThan(SEED_COUNT / 20);
});
