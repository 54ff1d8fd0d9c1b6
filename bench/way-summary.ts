// What the scenarios of ways.ts say together: for each subject the geometric mean of its ratios to the hand-written
// functions, over objects of one shape and of sixteen, and what became of the targets that are of all of them.
import { formatRatio, formatTable } from "./report.js";
import type { ScenarioResult, SubjectResult } from "./results.js";
import { compareSamples } from "./statistics.js";
import { BATCH_COMPILED, CEL_JS_TYPED, HAND_WRITTEN, identifyWay, nameCase, PLAIN_OBJECT, RESIDENT_COMPILED, SHAPE_COUNTS, WAY_LOADS, WAY_SUBJECT_PLANS } from "./ways.js";

/** How many times as long as the hand-written function a subject takes, by case. */
export interface WayRatios {
  readonly subject: string;
  readonly isOurs: boolean;
  readonly shapeCount: number;
  readonly cases: ReadonlyMap<string, number>;
  /** Over the cases in which it takes part. */
  readonly geometricMean: number;
}

export interface WayTarget {
  readonly text: string;
  readonly isMet: boolean;
  readonly reached: string;
}

export interface WaySummary {
  /** Cases of each shape count. */
  readonly caseCount: number;
  readonly ratios: readonly WayRatios[];
  readonly targets: readonly WayTarget[];
}

/** One call over what is resident, in times of the hand-written function. */
export const RESIDENT_RATIO_MAX = 4;
export const PLAIN_RATIO_MAX = 8;
export const BATCH_RATIO_MAX = 2;
/** How many times faster than the hand-written function `exists` over 1,000 items is to be. */
export const EXISTS_GAIN_MIN = 3;

/** Undefined where none of the scenarios was measured. */
export function summarizeWays(scenarios: readonly ScenarioResult[]): WaySummary | undefined {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const loads = WAY_LOADS.filter((load) => byId.has(identifyWay(load)));
  if (loads.length === 0) return undefined;
  const ratios: WayRatios[] = [];
  for (const shapeCount of SHAPE_COUNTS) {
    for (const { name, isOurs } of WAY_SUBJECT_PLANS) {
      const cases = new Map<string, number>();
      for (const load of loads.filter((each) => each.shapeCount === shapeCount)) {
        const ratio = compareSubjects(byId.get(identifyWay(load)), name, HAND_WRITTEN);
        if (ratio !== undefined) cases.set(nameCase(load), ratio);
      }
      if (cases.size > 0) ratios.push({ subject: name, isOurs, shapeCount, cases, geometricMean: meanGeometrically([...cases.values()]) });
    }
  }
  const caseCount = loads.length / SHAPE_COUNTS.length;
  return { caseCount, ratios, targets: judge(ratios, byId) };
}

function compareSubjects(scenario: ScenarioResult | undefined, name: string, base: string): number | undefined {
  const find = (which: string): SubjectResult | undefined => scenario?.subjects.find((subject) => subject.name === which && subject.samples.length > 0);
  const [own, other] = [find(name), find(base)];
  return own === undefined || other === undefined ? undefined : compareSamples(own.samples, other.samples).perRound.median;
}

export function meanGeometrically(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function judge(ratios: readonly WayRatios[], byId: ReadonlyMap<string, ScenarioResult>): WayTarget[] {
  const find = (subject: string, shapeCount: number): WayRatios | undefined => ratios.find((each) => each.subject === subject && each.shapeCount === shapeCount);
  const atMost = (text: string, ratio: number | undefined, max: number): WayTarget => ({
    text,
    isMet: ratio !== undefined && ratio <= max,
    reached: ratio === undefined ? "not measured" : formatRatio(ratio),
  });
  const exists = find(BATCH_COMPILED, 1)?.cases.get("exists-1000");
  return [
    atMost(`${BATCH_COMPILED} within ${BATCH_RATIO_MAX}x of ${HAND_WRITTEN} on one shape`, find(BATCH_COMPILED, 1)?.geometricMean, BATCH_RATIO_MAX),
    atMost(`${BATCH_COMPILED} faster than ${HAND_WRITTEN} on 16 shapes`, find(BATCH_COMPILED, 16)?.geometricMean, 1),
    {
      text: `${BATCH_COMPILED} at least ${EXISTS_GAIN_MIN}x faster than ${HAND_WRITTEN} for exists over 1,000 items`,
      isMet: exists !== undefined && exists <= 1 / EXISTS_GAIN_MIN,
      reached: exists === undefined ? "not measured" : formatRatio(1 / exists),
    },
    atMost(`${RESIDENT_COMPILED} within ${RESIDENT_RATIO_MAX}x of ${HAND_WRITTEN} on one shape`, find(RESIDENT_COMPILED, 1)?.geometricMean, RESIDENT_RATIO_MAX),
    judgeSlowest(byId),
    atMost(`${PLAIN_OBJECT} within ${PLAIN_RATIO_MAX}x of ${HAND_WRITTEN} on one shape`, find(PLAIN_OBJECT, 1)?.geometricMean, PLAIN_RATIO_MAX),
  ];
}

/** No case of a plain object may take longer than the typed peer takes. */
function judgeSlowest(byId: ReadonlyMap<string, ScenarioResult>): WayTarget {
  const compared = WAY_LOADS.flatMap((load) => {
    const id = identifyWay(load);
    const ratio = compareSubjects(byId.get(id), PLAIN_OBJECT, CEL_JS_TYPED);
    return ratio === undefined ? [] : [{ id, ratio }];
  }).sort((a, b) => b.ratio - a.ratio);
  const slowest = compared[0];
  return {
    text: `${PLAIN_OBJECT}: no case slower than ${CEL_JS_TYPED}`,
    isMet: slowest !== undefined && slowest.ratio <= 1,
    reached: slowest === undefined ? "not measured" : `at most ${formatRatio(slowest.ratio)} its time (${slowest.id})`,
  };
}

/** Geometric means by subject, then the targets. */
export function formatWays({ caseCount, ratios, targets }: WaySummary): string {
  const rows = [...new Set(ratios.map(({ subject }) => subject))].map((subject) => {
    const own = ratios.filter((each) => each.subject === subject);
    const cells = SHAPE_COUNTS.map((shapeCount) => {
      const found = own.find((each) => each.shapeCount === shapeCount);
      return found === undefined ? "–" : `${formatRatio(found.geometricMean)}${found.cases.size < caseCount ? ` (${found.cases.size} of ${caseCount})` : ""}`;
    });
    return [`${own[0]?.isOurs === true ? "*" : " "} ${subject}`, ...cells];
  });
  return [
    `Every way, times of the hand-written function, geometric mean over ${caseCount} cases`,
    formatTable([["", "one shape", "16 shapes"], ...rows]),
    ...targets.map(({ text, isMet, reached }) => `reach: ${isMet ? "met   " : "MISSED"}  ${text}: ${reached}`),
  ].join("\n");
}
