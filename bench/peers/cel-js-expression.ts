// The expressions in @marcbachmann/cel-js, parsed once: over undeclared variables, and in an environment that declares
// their types.
import { Environment } from "@marcbachmann/cel-js";
import { CONTEXT_COUNT, EXPRESSION_TEXTS, makeContexts, type ExpressionId } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";

class User {
  readonly age: number;
  readonly country: string;
  constructor(age: number, country: string) {
    this.age = age;
    this.country = country;
  }
}

export function openCelJsExpression({ expression }: LoadOf<"expression">, typing: "dynamic" | "typed"): Subject {
  const evaluate = makeEnvironment(expression, typing).parse(EXPRESSION_TEXTS[expression]);
  const contexts = makeContexts(expression).map((context) =>
    typing === "typed" && "user" in context ? { user: new User(context.user.age, context.user.country) } : context,
  );
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

function makeEnvironment(expression: ExpressionId, typing: "dynamic" | "typed"): Environment {
  if (typing === "dynamic") return new Environment({ unlistedVariablesAreDyn: true });
  if (expression === "x-gt-10") return new Environment().registerVariable("x", "double");
  return new Environment().registerType("User", { ctor: User, fields: { age: "double", country: "string" } }).registerVariable("user", "User");
}
