// The guarded loop as the usual small library-free interpreter: a table of states and events whose guards and actions
// are closures over a context object.
import type { LoadOf, Subject } from "../subject.js";
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, describeEnds } from "../machines.js";

interface Context {
  count: number;
  limit: number;
}
interface Run {
  state: string;
  readonly context: Context;
}
interface Transition {
  readonly guard?: (context: Context) => boolean;
  readonly action: (context: Context) => void;
  readonly target: string;
}
type Table = Readonly<Record<string, Readonly<Record<string, readonly Transition[]>>>>;

const isBelow = (context: Context): boolean => context.count < context.limit;
const increase = (context: Context): void => {
  context.count += 1;
};
const clear = (context: Context): void => {
  context.count = 0;
};

const TABLE: Table = {
  a: { next: [{ guard: isBelow, action: increase, target: "b" }, { action: clear, target: "a" }] },
  b: { next: [{ guard: isBelow, action: increase, target: "c" }, { action: clear, target: "a" }] },
  c: { next: [{ guard: isBelow, action: increase, target: "a" }, { action: clear, target: "a" }] },
};

function send(run: Run, event: string): void {
  const candidates = TABLE[run.state]?.[event];
  if (candidates === undefined) return;
  for (const transition of candidates) {
    if (transition.guard !== undefined && !transition.guard(run.context)) continue;
    transition.action(run.context);
    run.state = transition.target;
    return;
  }
}

export function openClosureTableLoop({ runCount }: LoadOf<"transition">): Subject {
  const runs = Array.from({ length: runCount }, (): Run => ({ state: "a", context: { count: 0, limit: COUNT_LIMIT } }));
  const sendAll = (eventCount: number): void => {
    for (let index = 0, target = 0; index < eventCount; index += 1) {
      send(runs[target] as Run, "next");
      target = target + 1 === runCount ? 0 : target + 1;
    }
  };
  return {
    run: sendAll,
    answer() {
      sendAll(ANSWER_EVENT_COUNT * runCount);
      return describeEnds((index) => ({ state: runs[index]?.state ?? "", counters: { count: runs[index]?.context.count ?? 0 } }), runCount);
    },
  };
}
