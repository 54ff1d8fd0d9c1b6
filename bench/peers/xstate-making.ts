// A machine of as many states in XState 5, out of a configuration that is at hand, and one actor of it started. The
// generated diagram's shape: chains, a choice and a composite for every ten states.
import { createActor, createMachine } from "xstate";
import type { LoadOf, Subject } from "../subject.js";

interface StateConfig {
  readonly initial?: string;
  readonly states?: Record<string, StateConfig>;
  readonly on?: Record<string, { readonly target: string; readonly guard?: string; readonly actions?: string }>;
  readonly always?: readonly { readonly target: string; readonly guard?: string }[];
}

const EVENTS = ["approve", "reject", "retry", "success", "failure", "timeout"] as const;

export function openXStateMaking({ stateCount }: LoadOf<"create">): Subject {
  const make = () => createActor(createMachine({ initial: "S0", states: makeStates(stateCount) } as never)).start();
  // The configuration is made outside of the clock; createMachine keeps nothing of an earlier one.
  const config = { initial: "S0", states: makeStates(stateCount) };
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) createActor(createMachine(config as never)).start();
    },
    answer() {
      const value: unknown = make().getSnapshot().value;
      return typeof value === "string" ? 1 : 2;
    },
  };
}

function makeStates(stateCount: number): Record<string, StateConfig> {
  const states: Record<string, StateConfig> = {};
  for (let first = 0; first < stateCount; first += 10) {
    const id = (offset: number): string => `S${first + offset}`;
    const goOn = (index: number, target: string) => ({ on: { [EVENTS[index % EVENTS.length] ?? "approve"]: { target } } });
    for (let offset = 0; offset < 3; offset += 1) states[id(offset)] = goOn(first + offset, id(offset + 1));
    states[id(3)] = { always: [{ target: id(4) }] };
    states[id(4)] = { always: [{ target: id(5), guard: "isLarge" }, { target: id(6) }] };
    states[id(5)] = goOn(first + 5, id(7));
    states[id(6)] = goOn(first + 6, id(7));
    const isLast = first + 10 >= stateCount;
    states[id(7)] = {
      initial: id(8),
      states: { [id(8)]: goOn(first + 8, id(9)), [id(9)]: {} },
      ...(!isLast && goOn(first + 7, id(10))),
    };
  }
  return states;
}
