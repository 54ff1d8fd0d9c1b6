// The three ways to evaluate an expression of ours: many contexts in one call, one context that stays in the kernel, and a
// plain object that is given with the call. Each subject compiles anew, so that what one has made ready does not serve another.
import { compileAnew } from "../../src/create-expressions.js";
import { loadExpressions } from "../../src/doors/expression.js";
import { CONTEXT_COUNT, EXPRESSIONS } from "../contexts.js";
import type { Subject } from "../subject.js";
import { checkSum, countBatch, LeftOut, makeWayContexts, readAnswer, type WayLoad, weigh } from "../ways.js";

type Tier = 0 | 1;

/** What a build that generates modules offers. */
interface Precompiling {
  precompile?: () => unknown;
}

async function raise(evaluator: object, tier: Tier): Promise<void> {
  if (tier === 0) return;
  const { precompile } = evaluator as Precompiling;
  if (typeof precompile !== "function") throw new LeftOut("this build generates no modules");
  await precompile.call(evaluator);
}

export async function openBatchWay(load: WayLoad, tier: Tier): Promise<Subject> {
  await loadExpressions();
  const compiled = compileAnew(EXPRESSIONS[load.expression].text);
  const contexts = makeWayContexts(load);
  const batchCount = countBatch(load);
  const batch = compiled.batch(Array.from({ length: batchCount }, (_, index) => contexts[index % CONTEXT_COUNT] ?? {}));
  await raise(batch, tier);
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
  await loadExpressions();
  const compiled = compileAnew(EXPRESSIONS[load.expression].text);
  const residents = makeWayContexts(load).map((context) => compiled.resident(context));
  for (const resident of residents) await raise(resident, tier);
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
  await loadExpressions();
  const compiled = compileAnew(EXPRESSIONS[load.expression].text);
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => compiled.evaluate(context));
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
