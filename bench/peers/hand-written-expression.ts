// The expressions as functions that a programmer would write, over plain objects.
import { CONTEXT_COUNT, makeContexts, type Context, type ExpressionId } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";

interface NumberContext {
  readonly x: number;
}
interface UserContext {
  readonly user: { readonly age: number; readonly country: string };
}

const isAboveTen = (context: NumberContext): boolean => context.x > 10;
const isAdultHere = (context: UserContext): boolean => context.user.age >= 18 && (context.user.country === "DE" || context.user.country === "FR");

const FUNCTIONS: Readonly<Partial<Record<ExpressionId, (context: never) => boolean>>> = { "x-gt-10": isAboveTen, "user-age-country": isAdultHere };

export function openHandWrittenExpression({ expression }: LoadOf<"expression">): Subject {
  const evaluate = FUNCTIONS[expression];
  if (evaluate === undefined) throw new Error(`nobody wrote ${expression} by hand`);
  return openOver(makeContexts(expression), evaluate as (context: Context) => boolean);
}

function openOver(contexts: readonly Context[], evaluate: (context: Context) => boolean): Subject {
  let trueCount = 0;
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        if (evaluate(contexts[index % CONTEXT_COUNT] as Context)) trueCount += 1;
      }
    },
    answer: () => contexts.map(evaluate),
    close() {
      if (trueCount < 0) throw new Error("unreachable: keeps the count alive");
    },
  };
}
