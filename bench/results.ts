// What a benchmark run yields and what `--json` saves. Raw samples are kept, so a later reader can compute what this one did not.
import type { Scenario, Target, Unit } from "./catalogue.js";
import { compareSamples, describeSpread, type Ratio, type Spread } from "./statistics.js";

export const RESULTS_VERSION = 1;

/** What one subject did in one scenario. */
export interface SubjectSamples {
  readonly name: string;
  readonly operationCount: number;
  /** Nanoseconds (or the scenario's unit) per operation, one per round. Empty where the subject failed. */
  readonly samples: readonly number[];
  readonly failure?: string;
  /** Why it takes no part; then there are no samples, and that is no failure. */
  readonly leftOut?: string;
}

export interface SubjectResult extends SubjectSamples {
  readonly isOurs: boolean;
  readonly spread?: Spread;
}

export interface PairResult extends Ratio {
  readonly ours: string;
  readonly peer: string;
}

/** `reached`: the median of the per-round ratios, of the times in ns, the operations a second, the bytes; absent where a subject failed. */
export type TargetResult = Target & { readonly reached?: number; readonly isMet: boolean };

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly operation: string;
  /** Default: ns. */
  readonly unit?: Unit;
  readonly subjects: readonly SubjectResult[];
  readonly pairs: readonly PairResult[];
  readonly targets: readonly TargetResult[];
}

export interface Environment {
  readonly browser: string;
  readonly cpu: string;
  readonly coreCount: number;
  readonly memorySizeGiB: number;
  readonly os: string;
  readonly node: string;
  /** Load average over one minute before the first scenario. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface BenchResults {
  readonly version: number;
  /** ISO 8601. */
  readonly date: string;
  readonly isQuick: boolean;
  readonly environment: Environment;
  readonly scenarios: readonly ScenarioResult[];
}

/** Joins a scenario with its samples: spreads, ratios of every peer to each of ours, targets met or missed. */
export function summarizeScenario(scenario: Scenario, measured: readonly SubjectSamples[]): ScenarioResult {
  const subjects = measured.map((subject): SubjectResult => {
    const isOurs = scenario.subjects.find((plan) => plan.name === subject.name)?.isOurs ?? false;
    return { ...subject, isOurs, ...(subject.samples.length > 0 && { spread: describeSpread(subject.samples) }) };
  });
  const done = subjects.filter((subject) => subject.samples.length > 0);
  const pairs: PairResult[] = [];
  for (const ours of done.filter((subject) => subject.isOurs)) {
    for (const peer of done.filter((subject) => !subject.isOurs)) {
      pairs.push({ ours: ours.name, peer: peer.name, ...compareSamples(peer.samples, ours.samples) });
    }
  }
  const targets = scenario.targets.map((target) => judgeTarget(target, done, pairs));
  return { id: scenario.id, title: scenario.title, operation: scenario.operation, ...(scenario.unit && { unit: scenario.unit }), subjects, pairs, targets };
}

function judgeTarget(target: Target, done: readonly SubjectResult[], pairs: readonly PairResult[]): TargetResult {
  if ("ratioMin" in target) {
    const reached = pairs.find(({ ours, peer }) => ours === target.ours && peer === target.peer)?.perRound.median;
    return reached === undefined ? { ...target, isMet: false } : { ...target, reached, isMet: reached >= target.ratioMin };
  }
  if ("growthMax" in target) {
    const samplesOf = (name: string): readonly number[] | undefined => done.find((subject) => subject.name === name)?.samples;
    const [own, base] = [samplesOf(target.ours), samplesOf(target.against)];
    const reached = own === undefined || base === undefined ? undefined : compareSamples(own, base).perRound.median;
    return reached === undefined ? { ...target, isMet: false } : { ...target, reached, isMet: reached <= target.growthMax };
  }
  const amount = done.find(({ name }) => name === target.ours)?.spread?.median;
  if (amount === undefined) return { ...target, isMet: false };
  if ("timeNsMax" in target) return { ...target, reached: amount, isMet: amount <= target.timeNsMax };
  if ("bytesMax" in target) return { ...target, reached: amount, isMet: amount <= target.bytesMax };
  const reached = 1e9 / amount;
  return { ...target, reached, isMet: reached >= target.perSecondMin };
}

/** Reads saved results. Throws with what is wrong with them. */
export function parseResults(text: string, name: string): BenchResults {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("version" in value) || !("scenarios" in value) || !Array.isArray(value.scenarios)) {
    throw new Error(`${name} holds no benchmark results`);
  }
  if (value.version !== RESULTS_VERSION) throw new Error(`${name} has version ${String(value.version)}; this program reads ${RESULTS_VERSION}`);
  return value as BenchResults;
}
