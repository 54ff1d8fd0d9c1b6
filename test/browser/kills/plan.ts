// What is done in one trial, all of it by its seed: tabs, runs, kills and their instants.
import { createPrng } from "../../../src/base/prng.js";
import { AMOUNTS, KILL_WORKFLOWS } from "./kill-workflows.js";
import type { PlannedRun } from "./messages.js";

/** `crash`: the tab's renderer ends itself. `renderer`: SIGKILL to it. `browser`: SIGKILL to the whole browser. `close`: the tab is closed. `freeze`: SIGSTOP to its renderer, SIGCONT later. */
export const KILL_KINDS = ["crash", "renderer", "browser", "close", "freeze"] as const;
export type KillKind = (typeof KILL_KINDS)[number];

export interface PlannedKill {
  readonly kind: KillKind;
  /** Index of the tab, among those that are there then. */
  readonly tab: number;
  /** Since the runs began, or since the tabs were seen to again after the kill before; ms. */
  readonly afterMs: number;
  /** Of a freeze, ms; infinite: until all runs have ended. */
  readonly frozenMs: number;
  /** Is a new tab opened in its place, where others are left? */
  readonly isReplaced: boolean;
}

export interface KillPlan {
  readonly seed: number;
  readonly tabCount: number;
  readonly taskMs: number;
  readonly runs: readonly PlannedRun[];
  /** Per run: the tab that takes care of it at first. */
  readonly owners: readonly number[];
  readonly kills: readonly PlannedKill[];
  /** The tab that tells the ends, among those that are there then. */
  readonly teller: number;
}

export interface PlanOptions {
  readonly tabsMin: number;
  readonly tabsMax: number;
  readonly kinds: readonly KillKind[];
  /** How long undisturbed runs took, ms. */
  readonly wholeMs: number;
}

const RUNS_MIN = 4;
const RUNS_MAX = 9;
/** Trials have fewer runs than there were undisturbed: a kill after they have ended shows little. */
const WHOLE_PART = 0.5;
const FROZEN_MS_MIN = 100;
const FROZEN_MS_MAX = 3_000;

export function makePlan(seed: number, { tabsMin, tabsMax, kinds, wholeMs }: PlanOptions): KillPlan {
  const next = createPrng(seed);
  const pick = (count: number): number => next() % count;
  const chance = (percent: number): boolean => pick(100) < percent;
  const part = (): number => next() / 2 ** 32;
  const tabCount = tabsMin + pick(tabsMax - tabsMin + 1);
  const runs = Array.from({ length: RUNS_MIN + pick(RUNS_MAX - RUNS_MIN + 1) }, (_, index): PlannedRun => {
    const workflow = pick(KILL_WORKFLOWS.length);
    return { runId: `run-${index}`, workflow, amount: AMOUNTS[pick(AMOUNTS.length)] ?? 1 };
  });
  const kills = Array.from({ length: chance(30) ? 2 : 1 }, (): PlannedKill => {
    const kind = kinds[pick(kinds.length)] ?? "crash";
    const frozenMs = chance(50) ? Number.POSITIVE_INFINITY : FROZEN_MS_MIN + pick(FROZEN_MS_MAX - FROZEN_MS_MIN);
    return { kind, tab: pick(tabCount), afterMs: Math.round(part() * WHOLE_PART * wholeMs), frozenMs, isReplaced: chance(50) };
  });
  return { seed, tabCount, taskMs: 5 + pick(40), runs, owners: runs.map(() => pick(tabCount)), kills, teller: pick(4) };
}
