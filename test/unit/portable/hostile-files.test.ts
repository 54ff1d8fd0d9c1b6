// Some rounds of the fuzz target `import`: damaged and made-up files into an engine.
import { expect, test } from "vitest";
import { describeFailure, runRound } from "../../fuzz/fuzzer.js";
import { importTarget } from "../../fuzz/imports.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";

test.each([1, 2, 3])("fuzzed files, round %d", { timeout: 120_000 }, async (round) => {
  const { failure } = await runRound(importTarget, FUZZ_TEST_SEED, round);
  expect(failure === undefined ? "passed" : describeFailure(failure)).toBe("passed");
});
