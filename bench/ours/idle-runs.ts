// Runs of the guarded loop that rest, in the engine of this thread: the bytes of script heap, buffers and kernel that
// each of them keeps, its handle included.
import { createEngine } from "../../src/doors/local.js";
import type { Run } from "../../src/model/engine.js";
import { EVENT_NAME, findMachine } from "../machines.js";
import type { LoadOf, Subject } from "../subject.js";

/** Runs started before, so that what the first runs make room for is not counted. */
const FIRST_COUNT = 1_000;

export async function openIdleRuns({ runCount }: LoadOf<"idle">): Promise<Subject> {
  const start = async (count: number): Promise<{ readonly runs: readonly Run[]; measure(): Promise<number>; close(): Promise<void> }> => {
    const engine = await createEngine({ store: "memory", durability: "none" });
    const workflow = await engine.load(findMachine("flat").text);
    await engine.startMany(workflow, Array.from({ length: FIRST_COUNT }, () => ({})));
    const measure = async (): Promise<number> => (await window.readHeapSize()) + (await engine.statistics()).kernelSizeBytes;
    const before = await measure();
    const runs = count === 0 ? [] : await engine.startMany(workflow, Array.from({ length: count }, () => ({})));
    if (runs[0] !== undefined) await engine.send(runs[0].id, EVENT_NAME);
    return { runs, measure: async () => ((await measure()) - before) / Math.max(1, count), close: () => engine.close() };
  };
  return {
    async run(count) {
      await (await start(count)).close();
    },
    async gauge() {
      const { runs, measure, close } = await start(runCount);
      const size = await measure();
      if (runs.length !== runCount) throw new Error(`${runs.length} of ${runCount} runs started`);
      await close();
      return size;
    },
    async answer() {
      const { runs, close } = await start(1);
      const states = await runs[0]?.states();
      await close();
      return states?.at(-1);
    },
  };
}
