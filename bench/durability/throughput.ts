// Runs of three tasks from start to result, so many under way at a time. Each step of each run is committed before its task is called.
import text from "../workflows/three-steps.md?raw";
import type { Open, Throughput } from "./options.js";

/** The live runs are started in so many parts, so that some are committed while others are stepped. */
const PART_COUNT = 2;

/** Microseconds a run, of each round. */
export async function measureThroughput(open: Open, { where, durability, live, runCount, roundCount }: Throughput): Promise<readonly number[]> {
  const tasks = { double: (input: { readonly value: number | bigint }) => Number(input.value) * 2 };
  const engine = await open(where, { name: `throughput-${where}-${durability}-${live}`, durability, tasks });
  const workflow = await engine.load(text);
  const inputs = Array.from({ length: Math.max(1, Math.round(live / PART_COUNT)) }, () => ({}));
  const play = async (count: number): Promise<void> => {
    let left = count;
    const part = async (): Promise<void> => {
      while (left > 0) {
        left -= inputs.length;
        const runs = await engine.startMany(workflow, inputs);
        const results = await Promise.all(runs.map((run) => run.result));
        const { total } = results.at(-1) as { readonly total: unknown };
        if (Number(total) !== 8) throw new Error(`a run ended with ${String(total)}`);
      }
    };
    await Promise.all(Array.from({ length: PART_COUNT }, part));
  };
  await play(runCount);
  const samples: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const startedAt = performance.now();
    await play(runCount);
    samples.push(((performance.now() - startedAt) * 1_000) / runCount);
  }
  await engine.close();
  return samples;
}
