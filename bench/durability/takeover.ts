// Two tabs on one database: one has runs with a task in hand and is killed, the other one is the heir and calls those tasks again.
import type { Open } from "./options.js";

const TEXT = `---
name: held
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> First
  First --> [*]
\`\`\`

## Actions
- First: call hold
`;

/** Resolves when so many runs have their task in hand; the page is to be killed then. */
export async function holdRuns(open: Open, name: string, count: number): Promise<void> {
  let heldCount = 0;
  let onHeld: () => void = () => undefined;
  const allHeld = new Promise<void>((resolve) => (onHeld = resolve));
  const hold = (): Promise<unknown> => {
    heldCount += 1;
    if (heldCount === count) onHeld();
    return new Promise(() => undefined);
  };
  const engine = await open("worker", { name, tasks: { hold } });
  await engine.startMany(await engine.load(TEXT), Array.from({ length: count }, () => ({})));
  await allHeld;
}

let heir: Promise<{ readonly firstAt: number; readonly allAt: number }> | undefined;

/** Resolves when the engine is there; `inherit` tells when it called the tasks of another tab. */
export async function awaitHeritage(open: Open, name: string, count: number): Promise<void> {
  let callCount = 0;
  let firstAt = 0;
  let onAll: (allAt: number) => void = () => undefined;
  const all = new Promise<number>((resolve) => (onAll = resolve));
  const hold = (): Promise<unknown> => {
    callCount += 1;
    if (callCount === 1) firstAt = Date.now();
    if (callCount === count) onAll(Date.now());
    return new Promise(() => undefined);
  };
  const engine = await open("worker", { name, tasks: { hold } });
  heir = all.then(async (allAt) => {
    await engine.close();
    return { firstAt, allAt };
  });
}

/** When the first and the last call came, ms since 1970. */
export async function inherit(): Promise<{ readonly firstAt: number; readonly allAt: number }> {
  if (heir === undefined) throw new Error("this tab is nobody's heir");
  return heir;
}
