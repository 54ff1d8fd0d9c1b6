// What finished runs of ten steps with a context of 2 KB take, beside the same histories as JSON.
import { openDB } from "idb";
import { createPrng } from "../../src/base/prng.js";
import type { Value } from "../../src/model/engine.js";
import type { Open } from "./options.js";

const NAME = "bytes";
const STARTED_AT_ONCE = 1_000;
const STEPS = Array.from({ length: 10 }, (_, index) => `Step${index + 1}`);
const TEXT = `---
name: order
variables:
  order: { type: map }
  last: { type: map, initial: {} }
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> ${STEPS[0]}
${STEPS.map((step, index) => `  ${step} --> ${STEPS[index + 1] ?? "[*]"}`).join("\n")}
\`\`\`

## Actions
${STEPS.map((step) => `- ${step}: call work with order=order.id result last`).join("\n")}
`;
const WORDS = "amount customer delivered express invoice material number order parcel price quantity receipt shipped stock street table total warehouse".split(" ");

export interface StoredSizes {
  readonly runCount: number;
  readonly storedBytes: number;
  readonly jsonBytes: number;
  /** By the kind of record. */
  readonly parts: Readonly<Record<string, number>>;
  /** The input of one of the runs. */
  readonly sample: string;
}

export async function measureBytes(open: Open, count: number): Promise<StoredSizes> {
  const next = createPrng(3);
  const work = ({ order }: { readonly order: unknown }): unknown => ({ order, code: 200, ms: next() % 900, note: pickWords(next, 3) });
  const engine = await open("worker", { name: NAME, retention: "none", tasks: { work } });
  const workflow = await engine.load(TEXT);
  let sample = "";
  let jsonBytes = 0;
  for (let from = 0; from < count; from += STARTED_AT_ONCE) {
    const inputs = Array.from({ length: STARTED_AT_ONCE }, () => ({ order: makeOrder(next) }));
    sample ||= JSON.stringify(inputs[0]);
    const runs = await engine.startMany(workflow, inputs);
    await Promise.all(runs.map((run) => run.result));
    // As a page does that is not at its limit: there are pauses, in which what has ended is moved.
    await new Promise((resolve) => setTimeout(resolve, 400));
    // Every hundredth stands for the others: telling a history takes longer than making it.
    for (let index = 0; index < runs.length; index += 100) {
      const events: unknown[] = [];
      for await (const event of runs[index]?.events() ?? []) events.push(event);
      jsonBytes += JSON.stringify(events, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value)).length * 100;
    }
  }
  await untilQuiet();
  await engine.close();
  const parts = await sumParts();
  return { runCount: count, storedBytes: Object.values(parts).reduce((sum, size) => sum + size, 0), jsonBytes, parts, sample };
}

function makeOrder(next: () => number): Value {
  const lines = Array.from({ length: 12 }, (_, line) => ({ line, article: `A-${next() % 100_000}`, quantity: 1 + (next() % 9), price: (next() % 100_000) / 100, text: pickWords(next, 8) }));
  return { id: `order-${next()}`, customer: { number: next() % 1_000_000, name: pickWords(next, 2), street: `${pickWords(next, 2)} ${next() % 200}` }, lines };
}

function pickWords(next: () => number, count: number): string {
  return Array.from({ length: count }, () => WORDS[next() % WORDS.length]).join(" ");
}

/** Nothing is moved or merged any more. */
async function untilQuiet(): Promise<void> {
  for (let last = -1; ; await new Promise((resolve) => setTimeout(resolve, 700))) {
    const size = Object.values(await sumParts()).reduce((sum, part) => sum + part, 0);
    if (size === last) return;
    last = size;
  }
}

async function sumParts(): Promise<Record<string, number>> {
  const database = await openDB(NAME);
  const parts: Record<string, number> = {};
  for (const store of database.objectStoreNames) {
    const kind = store.replace(/-\d+$/, "");
    for (const value of await database.getAll(store)) parts[kind] = (parts[kind] ?? 0) + sizeOf(value);
  }
  database.close();
  return parts;
}

function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 0);
}
