// The stories of the field without an engine, and in XState 5: what tasks before have left, then a promise an item.
import { assign, createActor, fromPromise, setup } from "xstate";
import { makeResult, STORIES } from "../field.js";
import type { LoadOf, Subject } from "../subject.js";

function openRounds(perform: () => Promise<number>, itemCount: number): Subject {
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) await perform();
    },
    answer: perform,
  };
}

export function openHandWrittenField({ story: name, itemCount, taskCount }: LoadOf<"field">): Subject {
  const story = STORIES[name];
  const list = story.makeList(itemCount);
  const work = async (item: unknown): Promise<boolean> => story.judge(item as never);
  return openRounds(async () => {
    const before: unknown[] = [];
    for (let number = 0; number < taskCount; number += 1) before.push(await Promise.resolve(makeResult(number)));
    const results = await Promise.all(list.map(work));
    return before.length === taskCount ? results.filter((one) => one).length : -1;
  }, itemCount);
}

export function openXStateField({ story: name, itemCount, taskCount }: LoadOf<"field">): Subject {
  const story = STORIES[name];
  const list = story.makeList(itemCount);
  const work = async (item: unknown): Promise<boolean> => story.judge(item as never);
  const builder = setup({
    types: { context: {} as { before: readonly unknown[]; done: number; yes: number }, events: {} as { type: "done"; isYes: boolean } },
    actors: { item: fromPromise<void, { item: unknown; tell: (isYes: boolean) => void }>(({ input }) => work(input.item).then(input.tell)) },
  });
  const isReady = ({ context }: { readonly context: { readonly before: readonly unknown[] } }): boolean => context.before.length === taskCount;
  const leave = builder.assign({ before: ({ context }) => [...context.before, makeResult(context.before.length)] });
  const machine = builder.createMachine({
    context: { before: [], done: 0, yes: 0 },
    initial: "begin",
    states: {
      begin: { always: [{ guard: isReady, target: "items" }, { actions: leave, target: "again" }] },
      again: { always: [{ guard: isReady, target: "items" }, { actions: leave, target: "begin" }] },
      items: {
        entry: assign(({ spawn, self }) => {
          const tell = (isYes: boolean) => self.send({ type: "done", isYes });
          for (const item of list) spawn("item", { input: { item, tell } });
          return {};
        }),
        on: { done: { actions: assign({ done: ({ context }) => context.done + 1, yes: ({ context, event }) => context.yes + (event.isYes ? 1 : 0) }) } },
        always: { guard: ({ context }) => context.done === itemCount, target: "end" },
      },
      end: { type: "final" },
    },
  });
  const perform = (): Promise<number> =>
    new Promise((resolve) => {
      const actor = createActor(machine);
      actor.subscribe({ complete: () => resolve(actor.getSnapshot().context.yes) });
      actor.start();
    });
  return openRounds(perform, itemCount);
}
