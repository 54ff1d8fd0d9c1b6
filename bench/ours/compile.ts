// Our compiler: text to bytecode, checked, without the cache; and the cache alone. `typed`: with declared variables.
import { compileAnew } from "../../src/create-expressions.js";
import { compileExpression, expressionCache, loadExpressions } from "../../src/doors/expression.js";
import { evaluateGroups, makeGroups } from "../compile-load.js";
import type { BenchType } from "../contexts.js";
import type { LoadOf, Subject } from "../subject.js";

type Typing = "plain" | "typed";
type Declaration = string | { readonly list: Declaration } | { readonly fields: Readonly<Record<string, Declaration>>; readonly rest: false };

/** Conditions that are compiled again in turn. */
const CONDITION_COUNT = 1_000;

export async function openCompile(load: LoadOf<"compile">, typing: Typing): Promise<Subject> {
  await loadExpressions();
  const groups = makeGroups(load);
  const units = groups.flatMap((group) => {
    const settings = makeSettings(group.variables, typing);
    return group.texts.map((text) => ({ text, settings }));
  });
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        for (const { text, settings } of units) compileAnew(text, settings);
      }
    },
    answer: () =>
      evaluateGroups(groups, ({ variables }, text, context) => {
        const compiled = compileAnew(text, makeSettings(variables, typing));
        const value = compiled.evaluate({ ...context });
        compiled.dispose();
        return value;
      }),
  };
}

export async function openCompileAgain(typing: Typing): Promise<Subject> {
  await loadExpressions();
  const [group] = makeGroups({ family: "compile", texts: { conditionCount: CONDITION_COUNT } });
  const texts = group?.texts ?? [];
  const settings = makeSettings(group?.variables ?? {}, typing);
  const programs = texts.map((text) => compileExpression(text, settings));
  return {
    run(count) {
      for (let done = 0; done < count; done += CONDITION_COUNT) {
        for (let index = 0; index < CONDITION_COUNT; index += 1) {
          if (compileExpression(texts[index] ?? "", settings) !== programs[index]) throw new Error("the cache gives another program");
        }
      }
    },
    answer: () => texts.every((text, index) => compileExpression(text, settings) === programs[index]),
    close: () => expressionCache.clear(),
  };
}

function makeSettings(variables: Readonly<Record<string, BenchType>>, typing: Typing): { readonly variables?: Readonly<Record<string, Declaration>> } {
  if (typing === "plain") return {};
  return { variables: Object.fromEntries(Object.entries(variables).map(([name, type]) => [name, declare(type)])) };
}

/** Numbers come as JavaScript numbers, whole or not. */
function declare(type: BenchType): Declaration {
  if (type === "int" || type === "double") return "number";
  if (typeof type === "string") return type;
  if ("list" in type) return { list: declare(type.list) };
  return { fields: Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, declare(field)])), rest: false };
}
