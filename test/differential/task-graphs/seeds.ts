// Plays seeds in the kernel against the reference model. MILLRACE_SEEDS plays more of them in all, MILLRACE_SEED one alone.
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelPort } from "../../../src/model/ports.js";
import { newKernel } from "../../unit/kernel/chart.js";
import { Random } from "../statecharts/random.js";
import { generateGraph } from "./generate.js";
import { play } from "./play.js";
import { describePlay } from "./report.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 10_000);
const ONE_SEED = process.env.MILLRACE_SEED;
const FILE_COUNT = 4;
/** At least one play in twenty does each of these; of the next list one in two hundred. */
const OFTEN = ["call", "timer", "cancel", "items", "retry", "passed over", "restored", "stale", "succeeded", "failed", "ignored"];
const NOW_AND_THEN = [
  "canceled", "retry by an entry", "task/timed-out", "run/merge-conflict", "run/join-unreachable", "run/action-failed",
  "run/guard-failed", "run/invalid-items", "run/aborted", "work/failed", "caught", "caught further out", "given up",
  "taken back", "undone", "not undone", "waited", "waited in vain", "undone before the end", "run/undo-failed", "scope too late",
];

/** Tests of one file of `FILE_COUNT`, from 0. */
export function testSeeds(file: number): void {
  let kernel: KernelPort;
  beforeAll(async () => {
    kernel = await newKernel();
  });

  /** How many plays did what. */
  const seen = new Map<string, number>();

  function playSeed(seed: number): void {
    const random = new Random(seed);
    const source = generateGraph(random);
    const played = play(kernel, source, random);
    if (!played.isEqual) throw new Error(describePlay(`seed ${seed}:`, source, played));
    for (const what of played.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
  }

  const all = Array.from({ length: SEED_COUNT }, (_, index) => index);
  const seeds = ONE_SEED === undefined ? all.filter((seed) => seed % FILE_COUNT === file) : [Number(ONE_SEED)];

  describe("the kernel does what the reference model of task graphs does", () => {
    test(`${seeds.length} graphs`, { timeout: 600_000 }, () => {
      for (const seed of seeds) playSeed(seed);
      expect(seen.get("taken")).toBeGreaterThan(0);
    });

    if (ONE_SEED === undefined)
      test.each([...OFTEN.map((what) => [what, 20] as const), ...NOW_AND_THEN.map((what) => [what, 200] as const)])("%s: in one of %d", (what, oneOf) => {
        expect(seen.get(what) ?? 0).toBeGreaterThanOrEqual(seeds.length / oneOf);
      });
  });
}
