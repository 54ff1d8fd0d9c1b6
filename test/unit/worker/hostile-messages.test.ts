// Some rounds of the fuzz target `messages`: what nobody of this package says, on every port and between tabs.
import { expect, test } from "vitest";
import { describeFailure, runRound } from "../../fuzz/fuzzer.js";
import { messagesTarget } from "../../fuzz/messages.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";

test.each([1, 2, 3])("fuzzed messages, round %d", { timeout: 120_000 }, async (round) => {
  const { failure } = await runRound(messagesTarget, FUZZ_TEST_SEED, round);
  expect(failure === undefined ? "passed" : describeFailure(failure)).toBe("passed");
});
