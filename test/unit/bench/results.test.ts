import { describe, expect, test } from "vitest";
import type { Scenario } from "../../../bench/catalogue.js";
import { compareResults } from "../../../bench/comparison.js";
import { formatScenario, formatTable, formatTime } from "../../../bench/report.js";
import { RESULTS_VERSION, parseResults, summarizeScenario, type BenchResults, type SubjectSamples } from "../../../bench/results.js";

const scenario: Scenario = {
  id: "loop",
  title: "A loop",
  operation: "event",
  operationStep: 1,
  load: { family: "transition", runCount: 1, batchCount: 1 },
  subjects: [
    { name: "kernel", isOurs: true },
    { name: "peer", isOurs: false },
  ],
  targets: [{ ours: "kernel", peer: "peer", ratioMin: 200 }],
};
const samplesOf = (name: string, samples: readonly number[]): SubjectSamples => ({ name, operationCount: 10, samples });
const resultsOf = (kernel: readonly number[]): BenchResults => ({
  version: RESULTS_VERSION,
  date: "2026-01-01T00:00:00.000Z",
  isQuick: false,
  environment: { browser: "1", cpu: "c", coreCount: 2, memorySizeGiB: 8, os: "o", node: "20", loadBefore: 0, versions: {} },
  scenarios: [summarizeScenario(scenario, [samplesOf("kernel", kernel)])],
});

describe("summarizeScenario", () => {
  test.each([
    [2_000, 200, true],
    [1_999, 199.9, false],
  ])("a peer at %i ns against 10 ns reaches %d: met is %s", (peer, reached, isMet) => {
    const result = summarizeScenario(scenario, [samplesOf("kernel", [10, 10]), samplesOf("peer", [peer, peer])]);
    expect(result.targets).toEqual([{ ...scenario.targets[0], reached, isMet }]);
  });

  test.each([
    [15, true],
    [14, false],
  ])("a time of 15 ns against a target of %i: met is %s", (timeNsMax, isMet) => {
    const timed: Scenario = { ...scenario, targets: [{ ours: "kernel", timeNsMax }] };
    const result = summarizeScenario(timed, [samplesOf("kernel", [14, 15, 16])]);
    expect(result.targets).toEqual([{ ours: "kernel", timeNsMax, reached: 15, isMet }]);
    expect(formatScenario(result)).toContain(`in at most ${formatTime(timeNsMax)}: 15.0 ns`);
  });

  test.each([
    [30e6, 25, true, "met     kernel at least 30.0 M/s: 40.0 M/s"],
    [300e3, 4_000, false, "MISSED  kernel at least 300 k/s: 250 k/s"],
  ])("a rate of %d a second at %d ns: met is %s", (perSecondMin, time, isMet, line) => {
    const result = summarizeScenario({ ...scenario, targets: [{ ours: "kernel", perSecondMin }] }, [samplesOf("kernel", [time])]);
    expect(result.targets[0]?.isMet).toBe(isMet);
    expect(formatScenario(result)).toContain(`reach: ${line}`);
  });

  test.each([
    [[12, 24], [10, 20], 1.2, true, "met     kernel at most 1.20x as long as peer: 1.20x"],
    [[13, 26], [10, 20], 1.3, false, "MISSED  kernel at most 1.20x as long as peer: 1.30x"],
  ])("%j against %j round by round grow by %d: met is %s", (own, base, reached, isMet, line) => {
    const target = { ours: "kernel", against: "peer", growthMax: 1.2 };
    const result = summarizeScenario({ ...scenario, targets: [target] }, [samplesOf("kernel", own), samplesOf("peer", base)]);
    expect(result.targets).toEqual([{ ...target, reached, isMet }]);
    expect(formatScenario(result)).toContain(`reach: ${line}`);
  });

  test("what is to be compared with a subject that failed was not reached", () => {
    const target = { ours: "kernel", against: "peer", growthMax: 1.2 };
    const result = summarizeScenario({ ...scenario, targets: [target] }, [samplesOf("kernel", [1]), samplesOf("peer", [])]);
    expect(result.targets).toEqual([{ ...target, isMet: false }]);
  });

  test("bytes are written as bytes", () => {
    const sized: Scenario = { ...scenario, unit: "bytes", targets: [{ ours: "kernel", bytesMax: 300 }] };
    const result = summarizeScenario(sized, [samplesOf("kernel", [280]), samplesOf("peer", [3500])]);
    expect(formatScenario(result)).toContain("kernel in at most 300 B: 280 B");
    expect(formatScenario(result)).toContain("3,500 B");
  });

  test("a target whose subject failed is missed, and printed as such", () => {
    const result = summarizeScenario(scenario, [{ ...samplesOf("kernel", []), failure: "Error: lost" }, samplesOf("peer", [1])]);
    expect(result.targets[0]).toMatchObject({ isMet: false });
    expect(formatScenario(result)).toContain("failed: Error: lost");
    expect(formatScenario(result)).toContain("MISSED");
  });
});

describe("compareResults", () => {
  test("calls a difference clear only when the spreads lie apart", () => {
    expect(compareResults(resultsOf([10, 11, 12]), resultsOf([5, 5, 6]))[0]).toMatchObject({ before: 11, after: 5, isClear: true });
    expect(compareResults(resultsOf([10, 11, 12]), resultsOf([9, 10, 12]))[0]).toMatchObject({ isClear: false });
  });

  test("keeps what only one of the two has", () => {
    const empty = { ...resultsOf([1]), scenarios: [] };
    expect(compareResults(empty, resultsOf([5]))[0]).toMatchObject({ before: undefined, after: 5, ratio: undefined });
  });
});

describe("parseResults", () => {
  test("reads what was saved and refuses the rest", () => {
    const results = resultsOf([1]);
    expect(parseResults(JSON.stringify(results), "a.json")).toEqual(results);
    expect(() => parseResults("[]", "a.json")).toThrow("a.json holds no benchmark results");
    expect(() => parseResults(JSON.stringify({ ...results, version: 99 }), "a.json")).toThrow("version 99");
  });
});

describe("the report", () => {
  test("writes times with three digits", () => {
    expect([0.5, 7.77, 123.4, 5_500, 2_345_678, 1_452_000_000].map(formatTime)).toEqual(["0.50 ns", "7.77 ns", "123 ns", "5.50 µs", "2.35 ms", "1,452 ms"]);
  });

  test("aligns columns", () => {
    expect(formatTable([["", "x"], ["long", "1"], ["a", "22"]])).toBe(["       x", "----  --", "long   1", "a     22"].join("\n"));
  });
});
