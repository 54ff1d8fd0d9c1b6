// The expressions in @bufbuild/cel, parsed and planned once. Its integers are bigints, its timestamps a class of its own.
import { type CelInput, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { CONTEXT_COUNT, EXPRESSIONS } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, makeWayContexts, readAnswer, type WayLoad } from "../../ways.js";

export function openBufbuild(load: WayLoad): Subject {
  const env = celEnv();
  const evaluate = plan(env, parse(EXPRESSIONS[load.expression].text));
  const readTime = plan(env, parse("timestamp(t)"));
  const needsIntegers = load.expression === "int-arithmetic";
  const contexts = makeWayContexts(load, needsIntegers ? { integer: BigInt } : {}).map((context) => {
    const now = context.now instanceof Date ? { now: readTime({ t: context.now.toISOString() }) } : {};
    return { ...context, ...now } as Record<string, CelInput>;
  });
  const answers = contexts.map((context) => readResult(evaluate(context)));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weighResult(evaluate(contexts[index % CONTEXT_COUNT]));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}

function readResult(value: unknown): unknown {
  if (isCelError(value)) throw value;
  return typeof value === "object" && value !== null ? readAnswer([...(value as Iterable<unknown>)]) : readAnswer(value);
}

/** As `weigh`, for its own lists. */
function weighResult(value: unknown): number {
  if (typeof value === "number") return value | 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return value.length;
  if (typeof value === "bigint") return Number(value);
  return (value as { readonly size: number }).size;
}
