// The work of the task graphs without an engine, and in XState 5: items and levels of promises.
import { assign, createActor, fromPromise, setup } from "xstate";
import { makeContext } from "../task-graphs.js";
import type { LoadOf, Subject } from "../subject.js";

const work = async (input: unknown): Promise<unknown> => input;

export function openHandWrittenItems({ itemCount, contextSize }: LoadOf<"items">, isAsync: boolean): Subject {
  const context = { list: Array.from({ length: itemCount }, (_, index) => index), besides: makeContext(contextSize) };
  const perform = async (): Promise<number> => {
    const results = isAsync ? await Promise.all(context.list.map(work)) : context.list.map((item) => item);
    return results.length;
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) if ((await perform()) !== itemCount) throw new Error("items are missing");
    },
    answer: perform,
  };
}

/** One machine whose context holds the list; a child actor an item. */
export function openXStateItems({ itemCount, contextSize }: LoadOf<"items">): Subject {
  const list = Array.from({ length: itemCount }, (_, index) => index);
  const besides = makeContext(contextSize);
  const machine = setup({
    types: { context: {} as { list: readonly number[]; besides: unknown; done: number; started: number }, events: {} as { type: "done" } },
    actors: { item: fromPromise<unknown, { item: number; tell: () => void }>(({ input }) => work(input.item).then(input.tell)) },
  }).createMachine({
    context: { list, besides, done: 0, started: 0 },
    initial: "items",
    states: {
      items: {
        entry: assign(({ context, spawn, self }) => {
          const tell = () => self.send({ type: "done" });
          for (const item of context.list) spawn("item", { input: { item, tell } });
          return { started: context.list.length };
        }),
        on: { done: { actions: assign({ done: ({ context }) => context.done + 1 }) } },
        always: { guard: ({ context }) => context.done === context.list.length, target: "end" },
      },
      end: { type: "final" },
    },
  });
  const perform = (): Promise<number> =>
    new Promise((resolve) => {
      const actor = createActor(machine);
      actor.subscribe({ complete: () => resolve(actor.getSnapshot().context.done) });
      actor.start();
    });
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) if ((await perform()) !== itemCount) throw new Error("items are missing");
    },
    answer: perform,
  };
}

/** Levels of promises, each awaited before the next. */
export function openHandWrittenLevels(levels: number, width: number): Subject {
  const perform = async (): Promise<number> => {
    let count = 0;
    for (let level = 0; level < levels; level += 1) count += (await Promise.all(Array.from({ length: width }, work))).length;
    return count;
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += levels * width) await perform();
    },
    answer: async () => ((await perform()) === levels * width ? "ended" : "not ended"),
  };
}

/** One machine: a state a level, each with a region for every task, which invokes a promise. */
export function openXStateLevels(levels: number, width: number): Subject {
  const builder = setup({ actors: { work: fromPromise<unknown, undefined>(({ input }) => work(input)) } });
  const regions = Object.fromEntries(
    Array.from({ length: width }, (_, at) => [
      `task${at}`,
      { initial: "working", states: { working: { invoke: { src: "work" as const, onDone: "done" } }, done: { type: "final" as const } } },
    ]),
  );
  const states = Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [`level${level}`, { type: "parallel" as const, states: regions, onDone: level + 1 === levels ? "end" : `level${level + 1}` }]),
  );
  const machine = builder.createMachine({ initial: "level0", states: { ...states, end: { type: "final" } } } as never);
  const perform = (): Promise<string> =>
    new Promise((resolve) => {
      const actor = createActor(machine);
      actor.subscribe({ complete: () => resolve(actor.getSnapshot().value === "end" ? "ended" : "not ended") });
      actor.start();
    });
  return {
    async run(count) {
      for (let done = 0; done < count; done += levels * width) await perform();
    },
    answer: perform,
  };
}
