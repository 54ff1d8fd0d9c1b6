// An object that is given with the call, read by path, against the same object taken whole: values, errors and their places.
// More with MILLRACE_DIFFERENTIAL_COUNT, one alone with MILLRACE_DIFFERENTIAL_SEED.
import { beforeAll, expect, test } from "vitest";
import { compileAnew, type Expression, loadExpressions } from "../../src/create-expressions.js";
import { PlainCall } from "../../src/create-plain-call.js";
import { ExpressionKernel, FAILED } from "../../src/kernel/context.js";
import { compileKernel, instantiateKernel } from "../../src/kernel/instance.js";
import { WorkflowError } from "../../src/model/errors.js";
import { decodeValue, encodeExact } from "../../src/model/value.js";
import { Chance } from "../fuzz/chance.js";
import { makeProgram, printProgram } from "./cel/program.js";
import { makeContext, makeExpression } from "./plain/objects.js";

const COUNT = Number(process.env.MILLRACE_DIFFERENTIAL_COUNT ?? 20_000);
const CONTEXT_COUNT = 6;
const NOW = { now: 1_767_225_600_000 };
const { MILLRACE_DIFFERENTIAL_SEED: SINGLE } = process.env;

type Whole = Expression & { evaluateWhole(context: object, options?: object): unknown; dispose(): void };
type Outcome = { readonly value: unknown } | { readonly code: string; readonly message: string; readonly start: number | undefined };

let kernel: ExpressionKernel;

beforeAll(async () => {
  await loadExpressions();
  kernel = new ExpressionKernel(await instantiateKernel(await compileKernel()));
});

function attempt(evaluate: () => unknown): Outcome {
  try {
    return { value: evaluate() };
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { code: error.code, message: error.message, start: error.place?.start };
  }
}

/** What compiles of a text; undefined: nothing does. */
function compileAny(source: string, isStrict: boolean): Whole | undefined {
  try {
    return compileAnew(source, { isStrict }) as Whole;
  } catch (error) {
    if (error instanceof WorkflowError && error.code === "expression/invalid") return undefined;
    throw error;
  }
}

/** Compares over each context; gives how many were read by path. */
function compare(source: string, isStrict: boolean, contexts: readonly Readonly<Record<string, unknown>>[], label: string): number {
  const compiled = compileAny(source, isStrict);
  if (compiled === undefined) return 0;
  const plain = new PlainCall(source, compiled.variables, { isOpen: true, hasPaths: false, isStrict });
  let readCount = 0;
  plain.evaluate(kernel, {});
  kernel.setNow(NOW.now);
  for (const context of contexts) {
    const whole = attempt(() => compiled.evaluateWhole(context, NOW));
    const read = plain.evaluate(kernel, context);
    // What nobody reads is not looked at.
    const isRefused = "code" in whole && whole.code === "value/unsupported";
    if (read !== FAILED) {
      readCount += 1;
      if (!isRefused) expect({ value: read }, label).toEqual(whole);
    }
    const given = attempt(() => compiled.evaluate(context, NOW));
    if (!isRefused || "code" in given) expect(given, label).toEqual(whole);
  }
  plain.dispose();
  compiled.dispose();
  return readCount;
}

function compareSeed(seed: number): number {
  const chance = new Chance(seed);
  const source = makeExpression(chance);
  const contexts = Array.from({ length: CONTEXT_COUNT }, () => makeContext(chance));
  return compare(source, chance.oneIn(3), contexts, `seed ${seed}: ${source}`);
}

test.runIf(SINGLE !== undefined)("one seed", () => void compareSeed(Number(SINGLE)));

test.runIf(SINGLE === undefined).each([0, 1, 2, 3])("expressions that reach into objects, part %d", { timeout: 300_000 }, (part) => {
  let readCount = 0;
  for (let seed = part * (COUNT / 4); seed < (part + 1) * (COUNT / 4); seed += 1) readCount += compareSeed(seed);
  // Most fail, for the objects hold anything; what is never read by path would prove nothing.
  expect(readCount).toBeGreaterThan((COUNT / 4) * CONTEXT_COUNT * 0.06);
});

test.runIf(SINGLE === undefined)("programs of every form over values of every type", { timeout: 300_000 }, () => {
  let readCount = 0;
  const count = COUNT / 8;
  for (let seed = 0; seed < count; seed += 1) {
    const program = makeProgram(seed);
    const values = Object.entries(program.context).map(([name, value]) => [name, decodeValue(encodeExact(value))] as const);
    readCount += compare(printProgram(program), true, [Object.fromEntries(values)], `program ${seed}`);
  }
  expect(readCount).toBeGreaterThan(count / 4);
});
