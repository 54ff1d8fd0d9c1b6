// Task graphs in the engine of this thread or of a worker, durability `none`: items over a resident context, and whole runs of levels,
// chains and small graphs.
import type { Engine, Run } from "../../src/model/engine.js";
import { makeContext, type TaskKind, writeItemsGraph } from "../task-graphs.js";
import type { LoadOf, Subject } from "../subject.js";

export type EnginePlace = "thread" | "worker";

async function openEngine(place: EnginePlace): Promise<Engine> {
  const { createEngine } = await (place === "worker" ? import("../../src/doors/index.js") : import("../../src/doors/local.js"));
  // A handler that is asynchronous, as real ones are, and does nothing.
  return createEngine({ store: "memory", durability: "none", tasks: { work: async (input: unknown) => input } });
}

/** One run with a large context; each event makes it go over its list once. */
export async function openItems({ itemCount, contextSize }: LoadOf<"items">, kind: TaskKind): Promise<Subject> {
  const engine = await openEngine("thread");
  const workflow = await engine.load(writeItemsGraph(kind));
  const list = Array.from({ length: itemCount }, (_, index) => index);
  const begin = () => engine.start(workflow, { list, besides: makeContext(contextSize) as never });
  const run = await begin();
  // All items are done when the run awaits the event again.
  const round = async (of: Run): Promise<void> => {
    const { status } = await engine.send(of.id, "go");
    if (status !== "taken") throw new Error(`the event was ${status}`);
    while ((await of.states())[0] !== "go");
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) await round(run);
    },
    async answer() {
      const other = await begin();
      await round(other);
      const { done } = (await other.context()) as { readonly done: number | bigint };
      await engine.cancel(other.id);
      return Number(done);
    },
    close: () => engine.close(),
  };
}

/** Whole runs of a task graph with `taskCount` tasks, `runCount` at a time. */
export async function openTaskRuns(text: string, runCount: number, taskCount: number, place: EnginePlace = "thread"): Promise<Subject> {
  const engine = await openEngine(place);
  const workflow = await engine.load(text);
  const inputs = Array.from({ length: runCount }, () => ({}));
  const perform = async (): Promise<void> => {
    const runs = await engine.startMany(workflow, inputs);
    const results = await Promise.all(runs.map((run) => run.result));
    if (results.length !== runCount) throw new Error(`${results.length} of ${runCount} runs ended`);
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += runCount * taskCount) await perform();
    },
    async answer() {
      await perform();
      return "ended";
    },
    close: () => engine.close(),
  };
}
