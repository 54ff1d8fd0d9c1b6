// Whole runs from start to result: three tasks each, whose handlers answer at once. With durability `relaxed` every step
// of every run is committed to IndexedDB before its task is called and before its result is told.
import type { Engine, EngineOptions, Run } from "../../src/model/engine.js";
import type { LoadOf, Subject } from "../subject.js";
import text from "../workflows/three-steps.md?raw";

type Tasks = NonNullable<EngineOptions["tasks"]>;

export async function openThreeSteps(createEngine: (tasks: Tasks) => Promise<Engine>, { runCount }: LoadOf<"run">): Promise<Subject> {
  const engine = await createEngine({ double: (input: { readonly value: number | bigint }) => Number(input.value) * 2 });
  const workflow = await engine.load(text);
  const inputs = Array.from({ length: runCount }, () => ({}));
  const perform = async (): Promise<readonly unknown[]> => {
    const runs = await engine.startMany(workflow, inputs);
    return Promise.all(runs.map((run: Run) => run.result));
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += runCount) {
        const results = await perform();
        if (results.length !== runCount) throw new Error(`${results.length} of ${runCount} runs ended`);
      }
    },
    async answer() {
      const results = await perform();
      return [results.length, Number((results[0] as { readonly total: unknown }).total)];
    },
    close: () => engine.close(),
  };
}
