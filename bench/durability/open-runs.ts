// A start with many open runs, each with a task in hand and a context of 2 KB: how soon the first of them moves, and when all are there.
import type { Open, Where } from "./options.js";

const NAME = "open-runs";
const STARTED_AT_ONCE = 1_000;
const TEXT = `---
name: open
variables:
  total: { type: int, initial: 1 }
  bag: { type: string, initial: "${"a context of two kilobytes ".repeat(76)}" }
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> First
  First --> Second
  Second --> [*]
\`\`\`

## Actions
- First: call double with value=total result total
- Second: call hold
`;

/** Leaves so many runs open; the page is to be closed then. */
export async function openRuns(open: Open, count: number): Promise<void> {
  let heldCount = 0;
  let onHeld: () => void = () => undefined;
  const allHeld = new Promise<void>((resolve) => (onHeld = resolve));
  const tasks = {
    double: (input: { readonly value: number | bigint }) => Number(input.value) * 2,
    hold: () => {
      heldCount += 1;
      if (heldCount === count) onHeld();
      return new Promise(() => undefined);
    },
  };
  const engine = await open("worker", { name: NAME, tasks });
  const workflow = await engine.load(TEXT);
  for (let from = 0; from < count; from += STARTED_AT_ONCE) await engine.startMany(workflow, Array.from({ length: STARTED_AT_ONCE }, () => ({})));
  await allHeld;
}

export interface Restored {
  /** From `createEngine` to the first call of a handler, ms. */
  readonly firstMs: number;
  /** … to the last one. */
  readonly lastMs: number;
  /** … until `createEngine` resolved. */
  readonly openMs: number;
}

export async function restoreRuns(open: Open, where: Where, count: number): Promise<Restored> {
  let callCount = 0;
  let [firstMs, lastMs] = [0, 0];
  let onAll: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (onAll = resolve));
  const startedAt = performance.now();
  const hold = (): Promise<unknown> => {
    callCount += 1;
    if (callCount === 1) firstMs = performance.now() - startedAt;
    if (callCount === count) {
      lastMs = performance.now() - startedAt;
      onAll();
    }
    return new Promise(() => undefined);
  };
  const engine = await open(where, { name: NAME, tasks: { hold, double: () => 0 } });
  const openMs = performance.now() - startedAt;
  await all;
  await engine.close();
  return { firstMs, lastMs, openMs };
}
