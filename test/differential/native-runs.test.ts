// Whole runs, of statecharts and of task graphs, whose expressions are generated functions, against the reference models.
import { expect, test } from "vitest";
import { newNativeKernel } from "./native/native-kernel.js";
import { printChart } from "./statecharts/chart.js";
import { ALL_DECORATIONS } from "./statecharts/decorate.js";
import { ALL_FEATURES, generateChart } from "./statecharts/generate.js";
import { play as playChart } from "./statecharts/play.js";
import { Random } from "./statecharts/random.js";
import { generateScript } from "./statecharts/script.js";
import { generateGraph } from "./task-graphs/generate.js";
import { play as playGraph } from "./task-graphs/play.js";
import { describePlay } from "./task-graphs/report.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 10_000) / 20;
const SCRIPT_LENGTH = 20;
const BUILDS = ["kernel.wasm", "kernel.debug.wasm"];

test.each(BUILDS)("statecharts, %s", { timeout: 600_000 }, async (build) => {
  const kernel = await newNativeKernel(build);
  for (let seed = 0; seed < SEED_COUNT; seed += 1) {
    const chart = generateChart(seed, ALL_FEATURES);
    const script = generateScript(new Random(seed ^ 0x5eed), chart.events, SCRIPT_LENGTH);
    const options = { isTraced: seed % 2 === 0, isRestored: seed % 3 === 0, ...(seed % 4 < 2 && { decoration: { seed, ...ALL_DECORATIONS } }) };
    expect([seed, playChart(kernel, printChart(chart), script, options).isEqual]).toEqual([seed, true]);
  }
  expect(kernel.nativeCount).toBeGreaterThan(SEED_COUNT);
});

test.each(BUILDS)("task graphs, %s", { timeout: 600_000 }, async (build) => {
  const kernel = await newNativeKernel(build);
  for (let seed = 0; seed < SEED_COUNT; seed += 1) {
    const random = new Random(seed);
    const source = generateGraph(random);
    const played = playGraph(kernel, source, random);
    expect(played.isEqual ? "equal" : describePlay(`seed ${seed}:`, source, played)).toBe("equal");
  }
  expect(kernel.nativeCount).toBeGreaterThan(SEED_COUNT);
});
