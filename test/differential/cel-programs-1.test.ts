// Random CEL programs and contexts, in strict mode, against @bufbuild/cel and @marcbachmann/cel-js: a first quarter.
import { expect, test } from "vitest";
import { DISAGREEMENTS } from "./cel/disagreements.js";
import { testShare } from "./cel/seeds.js";

test("every disagreement names what supports us", () => {
  for (const { what, sentence } of DISAGREEMENTS) expect([what, sentence.length > 15]).toEqual([what, true]);
  expect(new Set(DISAGREEMENTS.map(({ peer, what }) => `${peer}: ${what}`)).size).toBe(DISAGREEMENTS.length);
});

testShare(0, 4);
