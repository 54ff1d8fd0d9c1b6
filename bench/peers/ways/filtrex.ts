// The expressions in filtrex, compiled once (by `new Function`), with dots that read properties.
import { compileExpression, useDotAccessOperator } from "filtrex";
import { CONTEXT_COUNT, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, LeftOut, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

const TEXTS: Readonly<Record<ExpressionId, string | LeftOut>> = {
  "x-gt-10": "x > 10",
  "user-age-country": 'user.age >= 18 and user.country in ("DE", "FR")',
  exists: new LeftOut("filtrex has no loops"),
  "filter-map": new LeftOut("filtrex has no loops"),
  matches: new LeftOut("filtrex has no startsWith(); its patterns are not anchored calls"),
  timestamps: new LeftOut("filtrex has no times"),
  "size-index": new LeftOut("filtrex has no indexes"),
  "string-of-5": '"Dear " + title + " " + name + "!"',
  "path-8-deep": "a.b.c.d.e.f.g.h",
  "has-choice": new LeftOut("filtrex fails at a property that is not there, exists() too"),
  "conjuncts-20": Array.from({ length: 20 }, (_, index) => `f${index} > ${index}`).join(" and "),
  "int-arithmetic": "(a + b) * c - d mod e",
  "string-equality": 'status == "active"',
  "double-arithmetic": "price * amount * (1.0 + rate) - discount",
};

export function openFiltrex(load: WayLoad): Subject {
  const text = TEXTS[load.expression];
  if (text instanceof LeftOut) throw text;
  const evaluate = compileExpression(text, { customProp: useDotAccessOperator });
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
