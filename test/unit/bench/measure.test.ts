// No clock is asserted here: the samples' times are computed, or only their number is looked at.
import { describe, expect, test } from "vitest";
import { CALIBRATION_ROUND_MAX, OPERATION_COUNT_MAX, calibrateCount, findDisagreement, measureInterleaved } from "../../../bench/measure.js";
import type { Subject } from "../../../bench/subject.js";

const subjectOf = (run: Subject["run"], answer: unknown = 1): Subject => ({ run, answer: () => answer });

describe("calibrateCount", () => {
  test("finds a count that fills the sample, in whole steps", async () => {
    const count = await calibrateCount(async (operations) => operations * 0.001, 20, 1_000);
    expect(count % 1_000).toBe(0);
    expect(count).toBeGreaterThanOrEqual(20_000);
    expect(count).toBeLessThan(80_000);
  });

  test("keeps one operation where one is long enough", async () => {
    expect(await calibrateCount(async () => 500, 20, 1)).toBe(1);
  });

  test("stops at the greatest count", async () => {
    expect(await calibrateCount(async () => 0, 20, 1)).toBe(OPERATION_COUNT_MAX);
  });

  test("gives up where time does not grow with the count", async () => {
    let callCount = 0;
    const sample = async (): Promise<number> => {
      callCount += 1;
      return 19.999;
    };
    await expect(calibrateCount(sample, 20, 1)).rejects.toThrow("no count of operations takes 20 ms");
    expect(callCount).toBe(CALIBRATION_ROUND_MAX);
  });
});

describe("measureInterleaved", () => {
  const plan = { sampleTimeMsMin: 0, roundCount: 4, warmUpTimeMs: 0 };

  test("lets the subjects take turns, beginning with another one each round", async () => {
    const turns: string[] = [];
    const contenders = ["a", "b", "c"].map((name) => ({ name, subject: subjectOf(() => void turns.push(name)) }));
    const measured = await measureInterleaved(contenders, plan, 1);
    expect(turns.slice(-12).join("")).toBe("abc" + "bca" + "cab" + "abc");
    expect(measured.map((subject) => subject.samples.length)).toEqual([4, 4, 4]);
  });

  test("drops a subject that fails and goes on with the others", async () => {
    const failing = subjectOf(() => Promise.reject(new RangeError("too far")));
    const measured = await measureInterleaved([{ name: "bad", subject: failing }, { name: "good", subject: subjectOf(() => undefined) }], plan, 1);
    expect(measured[0]).toMatchObject({ name: "bad", samples: [], failure: "RangeError: too far" });
    expect(measured[1]?.samples).toHaveLength(4);
  });
});

describe("a subject that gauges itself", () => {
  test("gives one figure a round, the first one thrown away", async () => {
    let figure = 0;
    const subject: Subject = { ...subjectOf(() => undefined), gauge: async () => (figure += 1) };
    const measured = await measureInterleaved([{ name: "bytes", subject }], { sampleTimeMsMin: 20, roundCount: 3, warmUpTimeMs: 0 }, 1_000);
    expect(measured).toEqual([{ name: "bytes", operationCount: 1, samples: [2, 3, 4] }]);
  });
});

describe("findDisagreement", () => {
  test("is silent when all answer alike, and names the two that do not", async () => {
    const contenders = (answers: unknown[]) => answers.map((answer, index) => ({ name: `s${index}`, subject: subjectOf(() => undefined, answer) }));
    expect(await findDisagreement(contenders([{ x: 1 }, Promise.resolve({ x: 1 })]))).toBeUndefined();
    expect(await findDisagreement(contenders([1, 1, 2]))).toBe("s0 answers 1, but s2 answers 2");
  });
});
