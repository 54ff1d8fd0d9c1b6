// The guarded loop in robot3: guards and reducers on transitions, one service per run.
import { createMachine, guard, interpret, reduce, state, transition } from "robot3";
import type { LoadOf, Subject } from "../subject.js";
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, describeEnds } from "../machines.js";

interface Context {
  readonly count: number;
  readonly limit: number;
}

const isBelow = guard((context: Context) => context.count < context.limit);
const increase = reduce((context: Context) => ({ ...context, count: context.count + 1 }));
const clear = reduce((context: Context) => ({ ...context, count: 0 }));

function makeMachine() {
  return createMachine(
    "a",
    {
      a: state(transition("next", "b", isBelow, increase), transition("next", "a", clear)),
      b: state(transition("next", "c", isBelow, increase), transition("next", "a", clear)),
      c: state(transition("next", "a", isBelow, increase), transition("next", "a", clear)),
    },
    (): Context => ({ count: 0, limit: COUNT_LIMIT }),
  );
}

const machine = makeMachine();

/** A service of the one machine, started. */
export function startService() {
  return interpret(machine, () => undefined);
}

export function openRobotLoop({ runCount }: LoadOf<"transition">): Subject {
  const services = Array.from({ length: runCount }, startService);
  const sendAll = (eventCount: number): void => {
    for (let index = 0, target = 0; index < eventCount; index += 1) {
      services[target]?.send("next");
      target = target + 1 === runCount ? 0 : target + 1;
    }
  };
  return {
    run: sendAll,
    answer() {
      sendAll(ANSWER_EVENT_COUNT * runCount);
      return describeEnds((index) => {
        const service = services[index];
        if (service === undefined) return { state: "", counters: {} };
        return { state: String(service.machine.current), counters: { count: (service.context as Context).count } };
      }, runCount);
    },
  };
}
