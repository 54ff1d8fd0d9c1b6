// The expressions through the door `millrace/expression`: the contexts lie in the kernel before the clock starts.
// `resident`: one synchronous `evaluate()` per evaluation, also with a limit of its cost. `batch`: all contexts of a batch in one call.
import { compileExpression, loadExpressions } from "../../src/doors/expression.js";
import { CONTEXT_COUNT, EXPRESSIONS, makeContexts } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";

/** Contexts of one batch: the sixteen, over and over. */
const BATCH_COUNT = 1_024;

export async function openResidentExpression({ expression }: LoadOf<"expression">, options: { readonly costMax?: number } = {}): Promise<Subject> {
  await loadExpressions();
  const compiled = compileExpression(EXPRESSIONS[expression].text, options);
  const residents = makeContexts(expression).map((context) => compiled.resident({ ...context }));
  let trueCount = 0;
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        if (residents[index % CONTEXT_COUNT]?.evaluate() === true) trueCount += 1;
      }
    },
    answer: () => residents.map((resident) => resident.evaluate()),
    close() {
      for (const resident of residents) resident.dispose();
      compiled.dispose();
      if (trueCount < 0) throw new Error("unreachable: keeps the count alive");
    },
  };
}

export async function openBatchExpression({ expression }: LoadOf<"expression">): Promise<Subject> {
  await loadExpressions();
  const compiled = compileExpression(EXPRESSIONS[expression].text);
  const contexts = makeContexts(expression).map((context) => ({ ...context }));
  const batch = compiled.batch(Array.from({ length: BATCH_COUNT }, (_, index) => contexts[index % CONTEXT_COUNT] ?? {}));
  const expected = contexts.filter((context) => compiled.evaluate(context) === true).length * (BATCH_COUNT / CONTEXT_COUNT);
  return {
    run(count) {
      for (let done = 0; done < count; done += BATCH_COUNT) {
        if (batch.countTrue() !== expected) throw new Error("the batch counts wrong");
      }
    },
    answer() {
      if (batch.countTrue() !== expected) throw new Error("the batch counts wrong");
      return contexts.map((context) => compiled.evaluate(context));
    },
    close() {
      batch.dispose();
      compiled.dispose();
    },
  };
}

/** Three loops over 200 elements, one in the other, stopped by a limit of their cost: one operation is the way to the error. */
export async function openStoppedExpression(): Promise<Subject> {
  await loadExpressions();
  const compiled = compileExpression("items.map(a, items.map(b, items.exists(c, a + b + c < 0)))", { costMax: 100_000 });
  const resident = compiled.resident({ items: Array.from({ length: 200 }, (_, index) => index) });
  const stop = (): unknown => {
    try {
      return resident.evaluate();
    } catch (error) {
      return (error as { readonly code?: string }).code;
    }
  };
  return {
    run(count) {
      for (let done = 0; done < count; done += 1) if (stop() !== "expression/cost-exceeded") throw new Error("the limit does not stop it");
    },
    answer: stop,
    close() {
      resident.dispose();
      compiled.dispose();
    },
  };
}
