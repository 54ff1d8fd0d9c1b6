// The guarded loop in XState 5: `assign` actions, inline guards, one started actor per run, `actor.send` per event.
import { assign, createActor, setup } from "xstate";
import type { LoadOf, Subject } from "../subject.js";
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, describeLoop } from "./loop.js";

const machine = setup({
  types: { context: {} as { count: number; limit: number }, events: {} as { type: "next" } },
  guards: { isBelow: ({ context }) => context.count < context.limit },
  actions: { increase: assign({ count: ({ context }) => context.count + 1 }), clear: assign({ count: 0 }) },
}).createMachine({
  context: { count: 0, limit: COUNT_LIMIT },
  initial: "a",
  states: {
    a: { on: { next: [{ guard: "isBelow", actions: "increase", target: "b" }, { actions: "clear", target: "a" }] } },
    b: { on: { next: [{ guard: "isBelow", actions: "increase", target: "c" }, { actions: "clear", target: "a" }] } },
    c: { on: { next: [{ guard: "isBelow", actions: "increase", target: "a" }, { actions: "clear", target: "a" }] } },
  },
});

const NEXT = { type: "next" } as const;

export function openXStateLoop({ runCount }: LoadOf<"transition">): Subject {
  const actors = Array.from({ length: runCount }, () => createActor(machine).start());
  const sendAll = (eventCount: number): void => {
    for (let index = 0, target = 0; index < eventCount; index += 1) {
      actors[target]?.send(NEXT);
      target = target + 1 === runCount ? 0 : target + 1;
    }
  };
  return {
    run: sendAll,
    answer() {
      sendAll(ANSWER_EVENT_COUNT * runCount);
      return describeLoop((index) => {
        const snapshot = actors[index]?.getSnapshot();
        return { state: String(snapshot?.value), count: snapshot?.context.count ?? -1 };
      }, runCount);
    },
    close() {
      for (const actor of actors) actor.stop();
    },
  };
}
