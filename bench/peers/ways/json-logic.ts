// The expressions as rules of JSON Logic, in json-logic-engine: interpreted, and compiled once (by `new Function`).
import { LogicEngine } from "json-logic-engine";
import { CONTEXT_COUNT, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, LeftOut, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

const read = (path: string): unknown => ({ var: path });

const RULES: Readonly<Record<ExpressionId, unknown>> = {
  "x-gt-10": { ">": [read("x"), 10] },
  "user-age-country": { and: [{ ">=": [read("user.age"), 18] }, { in: [read("user.country"), ["DE", "FR"]] }] },
  exists: { some: [read("items"), { ">": [read("price"), 100] }] },
  "filter-map": { map: [{ filter: [read("items"), { ">": [read("qty"), 0] }] }, { "*": [read("price"), read("qty")] }] },
  matches: new LeftOut("JSON Logic has no patterns"),
  timestamps: new LeftOut("JSON Logic has no times"),
  "size-index": { if: [{ ">": [{ length: read("results") }, 0] }, read("results.0.score"), 0] },
  "string-of-5": { cat: ["Dear ", read("title"), " ", read("name"), "!"] },
  "path-8-deep": read("a.b.c.d.e.f.g.h"),
  "has-choice": { var: ["user.prefs.theme", "light"] },
  "conjuncts-20": { and: Array.from({ length: 20 }, (_, index) => ({ ">": [read(`f${index}`), index] })) },
  "int-arithmetic": { "-": [{ "*": [{ "+": [read("a"), read("b")] }, read("c")] }, { "%": [read("d"), read("e")] }] },
  "string-equality": { "===": [read("status"), "active"] },
  "double-arithmetic": { "-": [{ "*": [read("price"), read("amount"), { "+": [1, read("rate")] }] }, read("discount")] },
};

function findRule({ expression }: WayLoad): object {
  const rule = RULES[expression];
  if (rule instanceof LeftOut) throw rule;
  return rule as object;
}

export function openJsonLogic(load: WayLoad): Subject {
  const rule = findRule(load);
  const engine = new LogicEngine();
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => engine.run(rule, context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(engine.run(rule, contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}

export function openCompiledJsonLogic(load: WayLoad): Subject {
  const evaluate = new LogicEngine().build(findRule(load)) as (context: unknown) => unknown;
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => evaluate(context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(evaluate(contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}
