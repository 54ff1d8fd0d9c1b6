// The stories of the field as whole runs in the engine of this thread, durability `none`.
import { createEngine } from "../../src/doors/local.js";
import { STORIES, writeField } from "../field.js";
import type { LoadOf, Subject } from "../subject.js";
import type { TaskKind } from "../task-graphs.js";

export async function openField({ story: name, itemCount, taskCount }: LoadOf<"field">, kind: TaskKind): Promise<Subject> {
  const story = STORIES[name];
  const work = async (item: unknown): Promise<boolean> => story.judge(item as never);
  const engine = await createEngine({ store: "memory", durability: "none", tasks: { work } });
  const workflow = await engine.load(writeField(story, kind, taskCount));
  const input = { list: story.makeList(itemCount) as never };
  const perform = async (): Promise<number> => {
    const run = await engine.start(workflow, input);
    const { count, sum } = (await run.result) as { readonly count: number | bigint; readonly sum: number | bigint };
    if (Number(sum) !== (taskCount * (taskCount - 1)) / 2) throw new Error(`what the tasks before have left sums up to ${sum}`);
    return Number(count);
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) await perform();
    },
    answer: perform,
    close: () => engine.close(),
  };
}
