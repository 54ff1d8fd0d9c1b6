// Whole runs of ten guarded transitions in the engine of this thread, durability `none`: started together, one packed call
// a step. `results`: every run's result is awaited too.
import { createBatch, createEngine } from "../../src/doors/local.js";
import { EventOutcome } from "../../src/model/kernel-words.js";
import { EVENT_NAME } from "../machines.js";
import { writeChain } from "../rings.js";
import type { LoadOf, Subject } from "../subject.js";

export async function openStepRuns({ runCount, stepCount }: LoadOf<"steps">, reading: "outcomes" | "results"): Promise<Subject> {
  const engine = await createEngine({ store: "memory", durability: "none" });
  const workflow = await engine.load(writeChain(stepCount));
  const inputs = Array.from({ length: runCount }, () => ({}));
  const batch = createBatch();
  const perform = async (): Promise<readonly unknown[]> => {
    const runs = await engine.startMany(workflow, inputs);
    batch.clear();
    for (const { id } of runs) batch.add(id, EVENT_NAME);
    const results = reading === "results" ? runs.map((run) => run.result) : [];
    for (let step = 0; step < stepCount; step += 1) {
      const outcomes = await engine.sendMany(batch);
      if (outcomes[runCount - 1] !== EventOutcome.TAKEN) throw new Error(`step ${step} of the last run: ${outcomes[runCount - 1]}`);
    }
    return Promise.all(results);
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += runCount) await perform();
    },
    async answer() {
      const runs = await engine.startMany(workflow, inputs);
      const last = runs.at(-1);
      if (last === undefined) throw new Error("no run started");
      for (let step = 0; step < stepCount; step += 1) await engine.send(last.id, EVENT_NAME);
      const { count } = (await last.result) as { readonly count: bigint };
      return Number(count);
    },
    close: () => engine.close(),
  };
}
