// A part of some rounds of the fuzz target `history`: histories that no run has had, under checksums that fit.
import { expect, test } from "vitest";
import { describeFailure, runRound } from "../../fuzz/fuzzer.js";
import { historyTarget } from "../../fuzz/histories.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";

test.each([1, 2, 3])("fuzzed histories, round %d", { timeout: 120_000 }, async (round) => {
  const { failure } = await runRound(historyTarget, FUZZ_TEST_SEED, round, { inputCount: 120 });
  expect(failure === undefined ? "passed" : describeFailure(failure)).toBe("passed");
});
