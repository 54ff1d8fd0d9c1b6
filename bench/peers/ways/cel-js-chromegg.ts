// The expressions in cel-js (chromeGG), parsed once.
import { evaluate, parse } from "cel-js";
import { CONTEXT_COUNT, EXPRESSIONS, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, LeftOut, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

/** What it does not have. */
const MISSING: Readonly<Partial<Record<ExpressionId, string>>> = {
  "filter-map": "it has no double()",
  matches: "it has no methods of strings",
  timestamps: "it has no timestamps",
};

export function openChromeGg(load: WayLoad): Subject {
  const missing = MISSING[load.expression];
  if (missing !== undefined) throw new LeftOut(missing);
  const parsed = parse(EXPRESSIONS[load.expression].text);
  if (!parsed.isSuccess) throw new Error(parsed.errors.join("; "));
  const { cst } = parsed;
  const contexts = makeWayContexts(load);
  const answers = contexts.map((context) => evaluate(cst, context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(evaluate(cst, contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}
