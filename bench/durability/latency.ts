// One run is sent one event after the other. What a commit adds to a step is the difference to a run that is kept in memory.
import type { Durability, Run } from "../../src/model/engine.js";
import type { Open, Where } from "./options.js";

const TEXT = `---
name: counter
events: [add]
variables:
  n: { type: int, initial: 0 }
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> A
  A --> A: add / set n = n + 1
\`\`\`
`;
const DURABILITIES: readonly Durability[] = ["none", "relaxed", "strict"];

/** Milliseconds of each step, by durability; the three take turns. */
export async function measureLatency(open: Open, where: Where, count: number): Promise<Readonly<Record<string, readonly number[]>>> {
  const engine = await open(where, { name: `latency-${where}` });
  const workflow = await engine.load(TEXT);
  const runs = new Map<Durability, Run>();
  for (const durability of DURABILITIES) runs.set(durability, await engine.start(workflow, {}, { durability }));
  const samples: Record<string, number[]> = { none: [], relaxed: [], strict: [] };
  for (let index = -50; index < count; index += 1) {
    for (const [durability, run] of runs) {
      const startedAt = performance.now();
      const { status } = await engine.send(run.id, "add");
      if (status !== "taken") throw new Error(`an event was ${status}`);
      if (index >= 0) samples[durability]?.push(performance.now() - startedAt);
    }
  }
  await engine.close();
  return samples;
}
