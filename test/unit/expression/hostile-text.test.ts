// Whatever stands in an expression, it is refused with findings that have a place, or compiled to code that the kernel takes
// and ends.
import { expect, it } from "vitest";
import { describeFailure, runRound } from "../../fuzz/fuzzer.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";
import { parserTarget } from "../../fuzz/texts.js";

it.each([0, 1, 2, 3])("fuzzed texts, round %d", { timeout: 120_000 }, async (round) => {
  const { failure } = await runRound(parserTarget, FUZZ_TEST_SEED, round);
  expect(failure === undefined ? "passed" : describeFailure(failure)).toBe("passed");
});
