// Runs are started with ids that the engine makes, and with ids of one's own, for which all other tabs' journals are read under a lock.
import type { Open } from "./options.js";

const TEXT = `---
name: waits
events: [go]
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> A
  A --> [*]: go
\`\`\`
`;

/** One start at a time, ms; and runs a second of so many starts at once. */
export interface OwnIds {
  readonly alone: Readonly<Record<"made" | "own", readonly number[]>>;
  readonly crowd: Readonly<Record<"made" | "own", readonly number[]>>;
}

export async function measureOwnIds(open: Open, count: number, crowdSize: number): Promise<OwnIds> {
  const engine = await open("worker", { name: "own-ids" });
  const workflow = await engine.load(TEXT);
  const alone: Record<"made" | "own", number[]> = { made: [], own: [] };
  const crowd: Record<"made" | "own", number[]> = { made: [], own: [] };
  let next = 0;
  const start = (kind: "made" | "own"): Promise<unknown> => engine.start(workflow, {}, kind === "own" ? { runId: `order-${next++}` } : {});
  for (let index = -20; index < count; index += 1) {
    for (const kind of ["made", "own"] as const) {
      const startedAt = performance.now();
      await start(kind);
      if (index >= 0) alone[kind].push(performance.now() - startedAt);
    }
  }
  for (let round = -1; round < 7; round += 1) {
    for (const kind of ["made", "own"] as const) {
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: crowdSize }, () => start(kind)));
      if (round >= 0) crowd[kind].push((crowdSize * 1_000) / (performance.now() - startedAt));
    }
  }
  await engine.close();
  return { alone, crowd };
}
