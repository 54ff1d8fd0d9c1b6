// Every subject of the scenarios in which all expressions are evaluated in every way gives what the hand-written function
// gives, so that these scenarios cannot rot; and what is made of their figures.
import { afterAll, describe, expect, test } from "vitest";
import { SCENARIOS } from "../../../bench/catalogue.js";
import { CONTEXT_COUNT } from "../../../bench/contexts.js";
import { WAY_SUBJECTS } from "../../../bench/page/way-subjects.js";
import { summarizeScenario } from "../../../bench/results.js";
import { formatWays, meanGeometrically, summarizeWays } from "../../../bench/way-summary.js";
import { HAND_WRITTEN, identifyWay, LeftOut, WAY_LOADS, WAY_SUBJECT_PLANS } from "../../../bench/ways.js";

const leftOut = new Set<string>();

describe("all give what the hand-written function gives", () => {
  for (const load of WAY_LOADS) {
    test(identifyWay(load), async () => {
      const expected = await (await WAY_SUBJECTS[HAND_WRITTEN]?.(load))?.answer();
      expect(expected).toHaveLength(CONTEXT_COUNT);
      for (const { name } of WAY_SUBJECT_PLANS) {
        const opened = await WAY_SUBJECTS[name]?.(load).catch((error: unknown) => {
          if (error instanceof LeftOut) return undefined;
          throw error;
        });
        if (opened === undefined) {
          leftOut.add(`${name}: ${load.expression}`);
          continue;
        }
        expect(await opened.answer(), name).toEqual(expected);
        // Checks its own sum.
        if (!name.startsWith("batch")) await opened.run(CONTEXT_COUNT);
        await opened.close?.();
      }
    });
  }

  afterAll(() => {
    // Only those who have no words for an expression stay out of it.
    for (const each of leftOut) expect(each).toMatch(/^(.*tier 1|cel-js|json-logic-engine(, compiled)?|jexl|jsonata|filtrex): /);
  });
});

describe("the summary", () => {
  const [first, ...others] = WAY_SUBJECT_PLANS.map(({ name }) => name);
  const measure = (id: string, factors: Readonly<Record<string, number>>) => {
    const scenario = SCENARIOS.find((each) => each.id === id);
    if (scenario === undefined) throw new Error(id);
    const samplesOf = (name: string) => [100, 110, 90].map((time) => time * (factors[name] ?? 1));
    return summarizeScenario(scenario, [first ?? "", ...others].map((name) => ({ name, operationCount: 1, samples: samplesOf(name) })));
  };

  test("is none where none of them was measured", () => expect(summarizeWays([])).toBeUndefined());

  test("has geometric means over the cases, and judges all targets", () => {
    const results = WAY_LOADS.map((load, index) =>
      measure(identifyWay(load), {
        "plain object": index % 2 === 0 ? 4 : 16,
        "batch, tier 1": load.shapeCount === 1 ? 0.25 : 0.5,
        resident: 5,
        "resident, tier 1": 6,
        "@marcbachmann/cel-js, typed": 10,
      }),
    );
    const summary = summarizeWays(results);
    const meanOf = (subject: string, shapeCount: number) => summary?.ratios.find((each) => each.subject === subject && each.shapeCount === shapeCount)?.geometricMean;
    expect(summary?.caseCount).toBe(16);
    expect(meanOf("plain object", 1)).toBeCloseTo(8);
    expect(meanOf("resident", 16)).toBeCloseTo(5);
    expect(meanGeometrically([2, 8])).toBeCloseTo(4);
    const verdicts = summary?.targets.map(({ text, isMet }) => `${isMet ? "met" : "missed"}: ${text}`) ?? [];
    expect(verdicts).toContain("met: batch, tier 1 at least 3x faster than hand-written JS for exists over 1,000 items");
    expect(verdicts).toContain("missed: resident, tier 1 within 4x of hand-written JS on one shape");
    expect(verdicts).toContain("missed: plain object: no case slower than @marcbachmann/cel-js, typed");
    expect(summary === undefined ? "" : formatWays(summary)).toContain("reach: MISSED  plain object: no case slower than @marcbachmann/cel-js, typed: at most 1.60x its time");
  });
});
