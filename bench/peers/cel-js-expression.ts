// The expressions in @marcbachmann/cel-js, parsed once: over undeclared variables, and in an environment that declares
// their types.
import { CONTEXT_COUNT, EXPRESSIONS, makeContexts } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";
import { makeDynamicEnvironment, makeTypedEnvironment } from "./cel-js-environment.js";

export function openCelJsExpression({ expression }: LoadOf<"expression">, typing: "dynamic" | "typed"): Subject {
  const { text, variables } = EXPRESSIONS[expression];
  const { environment, adapt } = typing === "dynamic" ? makeDynamicEnvironment() : makeTypedEnvironment(variables, "double");
  const evaluate = environment.parse(text);
  const contexts = makeContexts(expression).map(adapt);
  let trueCount = 0;
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        if (evaluate(contexts[index % CONTEXT_COUNT]) === true) trueCount += 1;
      }
    },
    answer: () => contexts.map((context) => evaluate(context)),
    close() {
      if (trueCount < 0) throw new Error("unreachable: keeps the count alive");
    },
  };
}
