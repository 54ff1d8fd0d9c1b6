// Compiling in @marcbachmann/cel-js. `parse` makes a syntax tree and leaves all else to the first evaluation; `check` adds
// the type checker and the choice of operators, as the first evaluation would; `typed` does so with declared variables.
import { evaluateGroups, makeGroups, type CompileGroup } from "../compile-load.js";
import type { LoadOf, Subject } from "../subject.js";
import { makeDynamicEnvironment, makeTypedEnvironment, type CelJsEnvironment } from "./cel-js-environment.js";

type Stage = "parse" | "check" | "typed";

export function openCelJsCompile(load: LoadOf<"compile">, stage: Stage): Subject {
  const groups = makeGroups(load, BigInt);
  const environments = new Map(groups.map((group) => [group, makeEnvironment(group, stage)] as const));
  const units = groups.flatMap((group) => group.texts.map((text) => ({ text, environment: takeEnvironment(environments, group).environment })));
  const isChecked = stage !== "parse";
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        for (const { text, environment } of units) {
          const parsed = environment.parse(text);
          if (isChecked && !parsed.check().valid) throw new Error(`does not check: ${text}`);
        }
      }
    },
    answer: () =>
      evaluateGroups(groups, (group, text, context) => {
        const { environment, adapt } = takeEnvironment(environments, group);
        return environment.parse(text)({ ...adapt(context) });
      }),
  };
}

function makeEnvironment({ variables }: CompileGroup, stage: Stage): CelJsEnvironment {
  return stage === "typed" ? makeTypedEnvironment(variables, "int") : makeDynamicEnvironment();
}

function takeEnvironment(environments: ReadonlyMap<CompileGroup, CelJsEnvironment>, group: CompileGroup): CelJsEnvironment {
  const found = environments.get(group);
  if (found === undefined) throw new Error("a group without an environment");
  return found;
}
