// What happens to simulated tabs, written down: the steps of one seed, and each single fault that was met on the way. A plan that failed is made smaller
// and kept as JSON; played again it does the same.
import { makeRandom } from "../../../src/testing/simulated-tabs.js";
import { STARTED } from "./workflows.js";

/** Tabs and runs are named by numbers, so that a step means the same when others are left out. A step that makes no sense any more is passed over. */
export type Step = { readonly ms: number } & (
  | { readonly kind: "open"; readonly tab: number; readonly isStrict: boolean }
  | { readonly kind: "kill" | "close" | "freeze" | "thaw"; readonly tab: number }
  /** `rivals`: tabs that start a run of the same id at the same time. */
  | { readonly kind: "start"; readonly tab: number; readonly run: number; readonly workflow: (typeof STARTED)[number]; readonly rivals?: readonly number[] }
  | { readonly kind: "send" | "pause" | "resume"; readonly tab: number; readonly run: number }
  | { readonly kind: "cancel"; readonly tab: number; readonly run: number; readonly tasks: "abort" | "finish" }
  /** A new run begins as run `of` was after so many entries. */
  | { readonly kind: "fork"; readonly tab: number; readonly run: number; readonly of: number; readonly seq: number }
  /** The machine's clock is set, from right by so much, ms. */
  | { readonly kind: "set"; readonly errorMs: number }
  /** The lock of a journal is granted to a second tab, and nobody is told. */
  | { readonly kind: "double"; readonly journal: number }
  /** So many bytes are free on the disk from now on; undefined: any number. */
  | { readonly kind: "fill"; readonly freeSize: number | undefined }
  /** Transactions of a journal take so long, ms. */
  | { readonly kind: "slow"; readonly journal: number; readonly delayMs: number }
  /** Nothing but time. */
  | { readonly kind: "rest" }
);

/** A single fault: where it is met (`fate 1 17`: the 17th transaction of tab 1), and what it is. */
export type Faults = Readonly<Record<string, number | string>>;

export interface Plan {
  /** Of everything that is no fault: ids, jitter, seeds of events. */
  readonly seed: number;
  readonly steps: readonly Step[];
  /** Undefined: the seed makes them as they are met. */
  readonly faults?: Faults;
}

export const TAB_COUNT_MAX = 3;
export const RUN_COUNT_MAX = 5;
export const STEP_COUNT = 30;
/** Journals in which so few tabs have anything. */
const JOURNAL_COUNT = 3;
const PAUSES_MS = [1, 20, 300, 1_500, 4_000] as const;
const ERRORS_MS = [-7_200_000, -90_000, -2_000, 0, 0, 3_000, 100_000, 10_800_000] as const;

/** The plan of a seed. */
export function makePlan(seed: number): Plan {
  const random = makeRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const frozen = new Set<number>();
  let tabs: number[] = [];
  let [tabCount, runCount] = [0, 0];
  const open = (): Step => {
    tabs.push(tabCount);
    return { kind: "open", tab: tabCount++, isStrict: random() < 0.3, ms: pick(PAUSES_MS) };
  };
  const choose = (): Step => {
    const [dice, ms] = [random(), pick(PAUSES_MS)];
    const awake = tabs.filter((tab) => !frozen.has(tab));
    if (awake.length === 0 || (dice < 0.08 && tabs.length < TAB_COUNT_MAX)) return open();
    if (dice < 0.16) {
      const tab = pick(tabs);
      tabs = tabs.filter((other) => other !== tab);
      frozen.delete(tab);
      return { kind: random() < 0.25 ? "close" : "kill", tab, ms };
    }
    const tab = pick(awake);
    if (dice < 0.22) {
      frozen.add(tab);
      return { kind: "freeze", tab, ms };
    }
    if (dice < 0.3 && frozen.size > 0) {
      const thawed = pick([...frozen]);
      frozen.delete(thawed);
      return { kind: "thaw", tab: thawed, ms };
    }
    if (dice < 0.5 && runCount < RUN_COUNT_MAX) {
      const rivals = random() < 0.4 ? awake.filter((other) => other !== tab) : [];
      return { kind: "start", tab, run: runCount++, workflow: pick(STARTED), ms, ...(rivals.length > 0 && { rivals }) };
    }
    // Whoever heard nothing of a start tries again, in another tab maybe.
    if (dice < 0.54 && runCount > 0) return { kind: "start", tab, run: Math.floor(random() * runCount), workflow: pick(STARTED), ms };
    if (dice < 0.7 && runCount > 0) return { kind: "send", tab, run: Math.floor(random() * runCount), ms };
    if (dice < 0.75 && runCount > 0) return { kind: pick(["pause", "resume"]), tab, run: Math.floor(random() * runCount), ms };
    if (dice < 0.77 && runCount > 0) return { kind: "cancel", tab, run: Math.floor(random() * runCount), tasks: pick(["abort", "finish"]), ms };
    if (dice < 0.79 && runCount > 0 && runCount < RUN_COUNT_MAX) return { kind: "fork", tab, run: runCount++, of: Math.floor(random() * (runCount - 1)), seq: Math.floor(random() * 8), ms };
    if (dice < 0.83) return { kind: "set", errorMs: pick(ERRORS_MS), ms };
    if (dice < 0.88) return { kind: "double", journal: Math.floor(random() * JOURNAL_COUNT), ms };
    if (dice < 0.92) return { kind: "fill", freeSize: pick([0, 0, 400, 3_000, undefined, undefined]), ms };
    if (dice < 0.95) return { kind: "slow", journal: Math.floor(random() * JOURNAL_COUNT), delayMs: pick([0, 5, 40, 200, 700]), ms };
    return { kind: "rest", ms };
  };
  return { seed, steps: [open(), ...Array.from({ length: STEP_COUNT }, choose)] };
}
