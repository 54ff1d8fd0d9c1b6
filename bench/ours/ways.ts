// The three ways to evaluate an expression of ours: many contexts in one call, one context that stays in the kernel, and a
// plain object that is given with the call. Each subject compiles anew, so that what one has made ready does not serve another.
import { compileAnew } from "../../src/create-expressions.js";
import { type Expression, loadExpressions } from "../../src/doors/expression.js";
import { CONTEXT_COUNT, EXPRESSIONS } from "../contexts.js";
import type { Subject } from "../subject.js";
import { checkSum, countBatch, makeWayContexts, readAnswer, type WayLoad, weigh } from "../ways.js";

type Tier = 0 | 1;

/** Nothing is precompiled by itself: a column is of one tier throughout. */
async function compileFor(load: WayLoad): Promise<Expression> {
  await loadExpressions({ precompileAfter: Number.POSITIVE_INFINITY });
  return compileAnew(EXPRESSIONS[load.expression].text);
}

async function raise(expression: Expression, tier: Tier): Promise<void> {
  if (tier === 1 && !(await expression.precompile())) throw new Error("there is no generated function");
}

export async function openBatchWay(load: WayLoad, tier: Tier): Promise<Subject> {
  const compiled = await compileFor(load);
  const contexts = makeWayContexts(load);
  const batchCount = countBatch(load);
  const batch = compiled.batch(Array.from({ length: batchCount }, (_, index) => contexts[index % CONTEXT_COUNT] ?? {}));
  await raise(compiled, tier);
  const answers = contexts.map((context) => compiled.evaluate(context));
  const expected = answers.filter((answer) => answer === true).length * (batchCount / CONTEXT_COUNT);
  const run = (count: number): void => {
    for (let done = 0; done < count; done += batchCount) if (batch.countTrue() !== expected) throw new Error("the batch counts wrong");
  };
  return {
    run,
    answer() {
      run(batchCount);
      return answers.map(readAnswer);
    },
    close() {
      batch.dispose();
      compiled.dispose();
    },
  };
}

export async function openResidentWay(load: WayLoad, tier: Tier): Promise<Subject> {
  const compiled = await compileFor(load);
  const residents = makeWayContexts(load).map((context) => compiled.resident(context));
  await raise(compiled, tier);
  const answers = residents.map((resident) => resident.evaluate());
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(residents[index % CONTEXT_COUNT]?.evaluate());
      checkSum(sum, count, answers);
    },
    answer: () => answers.map(readAnswer),
    close() {
      for (const resident of residents) resident.dispose();
      compiled.dispose();
    },
  };
}

export async function openPlainWay(load: WayLoad): Promise<Subject> {
  const compiled = await compileFor(load);
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => compiled.evaluate(context));
  // As it is for whoever evaluates often.
  await raise(compiled, 1);
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(compiled.evaluate(contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => contexts.map((context) => readAnswer(compiled.evaluate(context))),
    close: () => compiled.dispose(),
  };
}
