// Whole runs of ten guarded transitions: in plain variables, in robot3 and in XState 5.
import { createMachine, guard, interpret, reduce, state, transition } from "robot3";
import { assign, createActor, setup } from "xstate";
import { COUNT_LIMIT } from "../machines.js";
import type { LoadOf, Subject } from "../subject.js";

interface Context {
  readonly count: number;
  readonly limit: number;
}

/** `perform`: one run, its counter at the end. */
function openSteps(perform: () => number, stepCount: number): Subject {
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) if (perform() !== stepCount) throw new Error("a run did not end");
    },
    answer: perform,
  };
}

export function openHandWrittenSteps({ stepCount }: LoadOf<"steps">): Subject {
  const events = new Uint8Array(stepCount);
  return openSteps(() => {
    const run = { state: 0, count: 0, limit: COUNT_LIMIT };
    for (let step = 0; step < stepCount; step += 1) {
      if (events[step] !== 0 || run.state === stepCount || run.count >= run.limit) continue;
      run.count += 1;
      run.state += 1;
    }
    return run.state === stepCount ? run.count : -1;
  }, stepCount);
}

export function openRobotSteps({ stepCount }: LoadOf<"steps">): Subject {
  const isBelow = guard((context: Context) => context.count < context.limit);
  const increase = reduce((context: Context) => ({ ...context, count: context.count + 1 }));
  const states = Object.fromEntries([
    ...Array.from({ length: stepCount }, (_, index) => [`s${index}`, state(transition("next", `s${index + 1}`, isBelow, increase))]),
    [`s${stepCount}`, state()],
  ]);
  const machine = createMachine("s0", states, (): Context => ({ count: 0, limit: COUNT_LIMIT }));
  return openSteps(() => {
    const service = interpret(machine as never, () => undefined) as unknown as {
      readonly machine: { readonly current: string };
      readonly context: Context;
      send(event: string): void;
    };
    for (let step = 0; step < stepCount; step += 1) service.send("next");
    return service.machine.current === `s${stepCount}` ? service.context.count : -1;
  }, stepCount);
}

const NEXT = { type: "next" } as const;

export function openXStateSteps({ stepCount }: LoadOf<"steps">): Subject {
  const builder = setup({
    types: { context: {} as { count: number; limit: number }, events: {} as { type: "next" } },
    guards: { isBelow: ({ context }) => context.count < context.limit },
    actions: { increase: assign({ count: ({ context }) => context.count + 1 }) },
  });
  const machine = builder.createMachine({
    context: { count: 0, limit: COUNT_LIMIT },
    initial: "s0",
    states: Object.fromEntries([
      ...Array.from({ length: stepCount }, (_, index) => [
        `s${index}`,
        { on: { next: { guard: "isBelow" as const, actions: "increase" as const, target: `s${index + 1}` } } },
      ]),
      [`s${stepCount}`, { type: "final" as const }],
    ]),
  });
  return openSteps(() => {
    const actor = createActor(machine).start();
    for (let step = 0; step < stepCount; step += 1) actor.send(NEXT);
    const snapshot = actor.getSnapshot();
    return snapshot.status === "done" ? snapshot.context.count : -1;
  }, stepCount);
}
