// Partial evaluation keeps the meaning: over 10,000 seeded random expressions, with random variables and places known, what is
// left gives over everything what the whole gives, be it a value or an error.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { toConstant } from "../../../src/analysis/constant.js";
import { evaluatePartially, type PartialResult } from "../../../src/analysis/residual.js";
import { kernelConstants } from "../../../src/create-editor.js";
import { compileExact, loadExpressions } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { ExactValue } from "../../../src/model/value.js";
import { anyText, everything } from "./expressions.js";

beforeAll(async () => {
  await loadExpressions();
});

const bindings = Object.fromEntries(Object.entries(everything).map(([name, value]) => [name, toConstant(value)]));
const names = Object.keys(everything);
const places = ["user.age", "user.address", "user.address.city", "user.tags", "user.tags[0]", "ints[1]", "user.missing"];
const RUN_COUNT = 10_000;

type Evaluated = { readonly value: ExactValue } | { readonly error: string };

function evaluate(text: string): Evaluated {
  try {
    const expression = compileExact(text, {});
    try {
      return { value: expression.evaluateExact(bindings) };
    } finally {
      expression.dispose();
    }
  } catch (error) {
    return { error: error instanceof WorkflowError ? error.code : String(error) };
  }
}

function finish(result: PartialResult): Evaluated {
  if (result.kind === "value") return { value: result.exact };
  const evaluated = evaluate(result.text);
  if (result.kind === "failure") expect(evaluated, result.text).toEqual({ error: result.code });
  return evaluated;
}

const situation = fc.record({
  text: anyText,
  known: fc.oneof(fc.subarray(names), fc.constant(names)),
  unknown: fc.oneof(fc.constant([]), fc.subarray(places)),
  hasKernel: fc.boolean(),
});

test(`residual, then the rest, is the whole: ${RUN_COUNT} random expressions`, { timeout: 300_000 }, () => {
  const counts: Record<string, number> = { value: 0, failure: 0, residual: 0, invalid: 0 };
  fc.assert(
    fc.property(situation, ({ text, known, unknown, hasKernel }) => {
      const whole = evaluate(text);
      if ("error" in whole && whole.error === "expression/invalid") {
        counts.invalid = (counts.invalid ?? 0) + 1;
        return;
      }
      const values = Object.fromEntries(known.map((name) => [name, everything[name]]));
      const result = evaluatePartially(text, values, { unknown, ...(hasKernel && { constants: kernelConstants }) });
      counts[result.kind] = (counts[result.kind] ?? 0) + 1;
      expect(finish(result), result.kind === "value" ? text : `${text}\n=> ${result.text}`).toEqual(whole);
    }),
    { numRuns: RUN_COUNT, endOnFailure: false },
  );
  // The generator must reach every kind of result, often.
  expect(counts.invalid).toBeLessThan(RUN_COUNT / 5);
  for (const kind of ["value", "failure", "residual"]) expect(counts[kind], kind).toBeGreaterThan(RUN_COUNT / 50);
});
