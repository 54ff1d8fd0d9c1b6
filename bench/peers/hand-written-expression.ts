// The expressions as functions that a programmer would write, over plain objects.
import { CONTEXT_COUNT, makeNumberContexts, makeUserContexts, type NumberContext, type UserContext } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";

const isAboveTen = (context: NumberContext): boolean => context.x > 10;
const isAdultHere = (context: UserContext): boolean => context.user.age >= 18 && (context.user.country === "DE" || context.user.country === "FR");

export function openHandWrittenExpression({ expression }: LoadOf<"expression">): Subject {
  return expression === "x-gt-10" ? openOver(makeNumberContexts(), isAboveTen) : openOver(makeUserContexts(), isAdultHere);
}

function openOver<C>(contexts: readonly C[], evaluate: (context: C) => boolean): Subject {
  let trueCount = 0;
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        if (evaluate(contexts[index % CONTEXT_COUNT] as C)) trueCount += 1;
      }
    },
    answer: () => contexts.map(evaluate),
    close() {
      if (trueCount < 0) throw new Error("unreachable: keeps the count alive");
    },
  };
}
