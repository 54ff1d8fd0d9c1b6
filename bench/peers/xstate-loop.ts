// The machines in XState 5: `assign` actions, inline guards, one started actor per run, `actor.send` per event.
import { type AnyActorRef, type AnyStateMachine, assign, createActor, setup } from "xstate";
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, type MachineId, type Position, REGION_COUNT, describeEnds } from "../machines.js";
import type { LoadOf, Subject } from "../subject.js";

interface Context {
  count: number;
  limit: number;
  entered: number;
  left: number;
}

const builder = setup({
  types: { context: {} as Context, events: {} as { type: "next" } },
  guards: { isBelow: ({ context }) => context.count < context.limit },
  actions: {
    increase: assign({ count: ({ context }) => context.count + 1 }),
    clear: assign({ count: 0 }),
    enter: assign({ entered: ({ context }) => context.entered + 1 }),
    leave: assign({ left: ({ context }) => context.left + 1 }),
  },
});
const context: Context = { count: 0, limit: COUNT_LIMIT, entered: 0, left: 0 };

export function makeFlat(): AnyStateMachine {
  return builder.createMachine({
    context,
    initial: "a",
    states: {
      a: { on: { next: [{ guard: "isBelow", actions: "increase", target: "b" }, { actions: "clear", target: "a" }] } },
      b: { on: { next: [{ guard: "isBelow", actions: "increase", target: "c" }, { actions: "clear", target: "a" }] } },
      c: { on: { next: [{ guard: "isBelow", actions: "increase", target: "a" }, { actions: "clear", target: "a" }] } },
    },
  });
}

function makeNested(): AnyStateMachine {
  return builder.createMachine({
    context,
    initial: "work",
    states: {
      work: {
        entry: "enter", exit: "leave",
        initial: "a",
        on: { next: "rest" },
        states: {
          a: {
            entry: "enter", exit: "leave",
            on: { next: [{ guard: "isBelow", actions: "increase", target: "b" }, { actions: "clear", target: "a", reenter: true }] },
          },
          b: { entry: "enter", exit: "leave" },
        },
      },
      rest: {
        entry: "enter", exit: "leave",
        initial: "c",
        on: { next: [{ guard: "isBelow", actions: "increase", target: "work" }, { actions: "clear", target: "work" }] },
        states: { c: { entry: "enter", exit: "leave" } },
      },
    },
  });
}

function makeRegions(): AnyStateMachine {
  const states = Object.fromEntries(
    Array.from({ length: REGION_COUNT }, (_, index) => {
      const [off, on] = [`off${index}`, `on${index}`];
      const turn = (target: string) => ({ on: { next: { target, actions: "increase" as const } } });
      return [`region${index}`, { initial: off, states: { [off]: turn(on), [on]: turn(off) } }];
    }),
  );
  return builder.createMachine({ context, type: "parallel", states });
}

const MAKERS: Readonly<Record<MachineId, () => AnyStateMachine>> = { flat: makeFlat, nested: makeNested, regions: makeRegions };
const NEXT = { type: "next" } as const;

export function openXStateLoop({ runCount, machine: id = "flat" }: LoadOf<"transition">): Subject {
  const machine = MAKERS[id]();
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
      return describeEnds((index) => readPosition(actors[index], id), runCount);
    },
    close() {
      for (const actor of actors) actor.stop();
    },
  };
}

function readPosition(actor: AnyActorRef | undefined, id: MachineId): Position {
  const snapshot = actor?.getSnapshot() as { readonly value: unknown; readonly context: Context };
  const { count, entered, left } = snapshot.context;
  return { state: listLeaves(snapshot.value).join(" "), counters: id === "nested" ? { count, entered, left } : { count } };
}

function listLeaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as Readonly<Record<string, unknown>>).flatMap(listLeaves);
}
