// The expressions in Jexl, compiled once and evaluated synchronously.
import jexl from "jexl";
import { CONTEXT_COUNT, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, LeftOut, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

const TEXTS: Readonly<Record<ExpressionId, string | LeftOut>> = {
  "x-gt-10": "x > 10",
  "user-age-country": 'user.age >= 18 && user.country in ["DE","FR"]',
  exists: new LeftOut("a Jexl filter gives elements; whether there are any takes a function of the embedder's"),
  "filter-map": new LeftOut("Jexl has filters, no map"),
  matches: new LeftOut("Jexl has no functions of strings"),
  timestamps: new LeftOut("Jexl has no times"),
  "size-index": new LeftOut("Jexl fails at the length of what is empty"),
  "string-of-5": '"Dear " + title + " " + name + "!"',
  "path-8-deep": "a.b.c.d.e.f.g.h",
  "has-choice": 'user.prefs.theme ? user.prefs.theme : "light"',
  "conjuncts-20": Array.from({ length: 20 }, (_, index) => `f${index} > ${index}`).join(" && "),
  "int-arithmetic": "(a + b) * c - d % e",
  "string-equality": 'status == "active"',
  "double-arithmetic": "price * amount * (1.0 + rate) - discount",
};

export function openJexl(load: WayLoad): Subject {
  const text = TEXTS[load.expression];
  if (text instanceof LeftOut) throw text;
  const compiled = jexl.compile(text);
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => compiled.evalSync(context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(compiled.evalSync(contexts[index % CONTEXT_COUNT] ?? {}));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}
