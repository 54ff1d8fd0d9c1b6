// The expressions in JSONata, compiled once. Its evaluation is asynchronous: each is awaited before the next.
import jsonata from "jsonata";
import { CONTEXT_COUNT, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, LeftOut, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

const TEXTS: Readonly<Record<ExpressionId, string | LeftOut>> = {
  "x-gt-10": "x > 10",
  "user-age-country": 'user.age >= 18 and user.country in ["DE","FR"]',
  exists: "$exists(items[price > 100])",
  "filter-map": "items[qty > 0].(price * qty)",
  matches: '$substring(name, 0, 1) = "a" and $contains(name, /^a[0-9]+$/)',
  timestamps: new LeftOut("JSONata's times are texts and milliseconds; a Date is neither"),
  "size-index": "$count(results) > 0 ? results[0].score : 0",
  "string-of-5": '"Dear " & title & " " & name & "!"',
  "path-8-deep": "a.b.c.d.e.f.g.h",
  "has-choice": '$exists(user.prefs.theme) ? user.prefs.theme : "light"',
  "conjuncts-20": Array.from({ length: 20 }, (_, index) => `f${index} > ${index}`).join(" and "),
  "int-arithmetic": "(a + b) * c - d % e",
  "string-equality": 'status = "active"',
  "double-arithmetic": "price * amount * (1.0 + rate) - discount",
};

export async function openJsonata(load: WayLoad): Promise<Subject> {
  const text = TEXTS[load.expression];
  if (text instanceof LeftOut) throw text;
  const compiled = jsonata(text);
  const contexts = makeWayContexts(load);
  const answers: unknown[] = [];
  for (const context of contexts) answers.push(readResult(await compiled.evaluate(context)));
  return {
    async run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(await compiled.evaluate(contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}

/** Its sequences are lists with properties of their own. */
function readResult(value: unknown): unknown {
  return Array.isArray(value) ? Array.from(value) : value;
}
