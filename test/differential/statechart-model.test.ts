// Random statecharts, from their text through format, compile and kernel, against the reference model in test/reference: after
// everything that happens to a run, the active states, the variables and what the run did are the same. Half of the runs are
// traced, so that the order of exits and entries is compared as well; a third is replaced by its own snapshot at every step. Half of
// the charts have exit actions, internal transitions, deferred events, history and joins of some ways.
// MILLRACE_SEEDS plays more seeds, MILLRACE_SEED one alone.
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelPort } from "../../src/model/ports.js";
import { newKernel } from "../unit/kernel/chart.js";
import { printChart } from "./statecharts/chart.js";
import { ALL_DECORATIONS } from "./statecharts/decorate.js";
import { ALL_FEATURES, type Features, generateChart } from "./statecharts/generate.js";
import { type Play, type PlayOptions, play } from "./statecharts/play.js";
import { Random } from "./statecharts/random.js";
import { describeCase } from "./statecharts/report.js";
import { generateScript } from "./statecharts/script.js";
import { type Case, shrinkCase } from "./statecharts/shrink.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 10_000);
const ONE_SEED = process.env.MILLRACE_SEED;
const PART_COUNT = 10;
const SCRIPT_LENGTH = 20;
const NAMES = ["model", "kernel"] as const;

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

/** Regions and forks wait for the kernel to choose before it executes. */
const FEATURES: Features = ALL_FEATURES;

function makeCase(seed: number): Case {
  const chart = generateChart(seed, FEATURES);
  return { chart, script: generateScript(new Random(seed ^ 0x5eed), chart.events, SCRIPT_LENGTH) };
}

function optionsOf(seed: number): PlayOptions {
  const decoration = seed % 4 < 2 ? { decoration: { seed, ...ALL_DECORATIONS } } : {};
  return { isTraced: seed % 2 === 0, isRestored: seed % 3 === 0, ...decoration };
}

function playSeed(seed: number): Play {
  const found = makeCase(seed);
  const played = play(kernel, printChart(found.chart), found.script, optionsOf(seed));
  if (!played.isEqual) throw new Error(explain(seed, found));
  return played;
}

function explain(seed: number, found: Case): string {
  const replay = (candidate: Case) => play(kernel, printChart(candidate.chart), candidate.script, optionsOf(seed));
  const smallest = shrinkCase(found, (candidate) => {
    try {
      return !replay(candidate).isEqual;
    } catch {
      return false;
    }
  });
  return describeCase(`seed ${seed}, made smaller:`, smallest, replay(smallest), NAMES);
}

/** How much of what the charts can do was done. */
const seen = new Map<string, number>();

function count(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

function countAll({ moments, ending }: Play): void {
  count(ending);
  for (const { model } of moments) {
    count(model.answer);
    for (const effect of model.effects) count(effect.split(" ")[0] as string);
    if (model.canceled.length > 0) count("canceled");
  }
}

const seeds = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];

describe("the kernel does what the reference model does", () => {
  const parts = Array.from({ length: PART_COUNT }, (_, part) => seeds.filter((seed) => seed % PART_COUNT === part)).filter(
    (part) => part.length > 0,
  );
  test.each(parts.map((part, index) => [index + 1, part] as const))("part %d", { timeout: 600_000 }, (_, part) => {
    for (const seed of part) countAll(playSeed(seed));
    expect(seen.get("taken")).toBeGreaterThan(0);
  });

  if (ONE_SEED === undefined)
    test("the charts did everything often", () => {
      const rare = [
        "open",
        "succeeded",
        "failed",
        "endless",
        "taken",
        "deferred",
        "ignored",
        "stale",
        "log",
        "task",
        "timer",
        "entered",
        "exited",
        "canceled",
      ];
      const counts = Object.fromEntries(rare.map((what) => [what, seen.get(what) ?? 0]));
      for (const what of rare)
        expect(counts, what).toHaveProperty(
          what,
          expect.toSatisfy((times: number) => times >= SEED_COUNT / 200),
        );
    });
});
