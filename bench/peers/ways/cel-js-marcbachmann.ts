// The expressions in @marcbachmann/cel-js, parsed once: over undeclared variables, and in an environment that declares
// their types. Numbers come as doubles, which is what it takes JavaScript's numbers for; where an expression needs integers
// they come as bigints.
import { CONTEXT_COUNT, EXPRESSIONS } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, makeWayContexts, readAnswer, type WayLoad, weigh } from "../../ways.js";
import { makeDynamicEnvironment, makeTypedEnvironment } from "../cel-js-environment.js";

export function openMarcbachmann(load: WayLoad, typing: "dynamic" | "typed"): Subject {
  const { text, variables } = EXPRESSIONS[load.expression];
  const needsIntegers = load.expression === "int-arithmetic";
  const { environment, adapt } = typing === "dynamic" ? makeDynamicEnvironment() : makeTypedEnvironment(variables, needsIntegers ? "int" : "double");
  const evaluate = environment.parse(text);
  const contexts = makeWayContexts(load, needsIntegers ? { integer: BigInt } : {}).map(adapt);
  const answers = contexts.map((context) => evaluate(context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(evaluate(contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => contexts.map((context) => readAnswer(evaluate(context))),
  };
}
