// Runs to try the list with: many, of several outcomes, with searchable values, started in large batches.
import { signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import { readEngine } from "./connection.js";
import { noteListChange } from "./run-list.js";

export const SAMPLE_COUNTS = [1_000, 10_000, 100_000] as const;
const BATCH_SIZE = 2_000;
/** Of the runs so many stay open: one in 50. */
const OPEN_EVERY = 50;
const REGIONS = ["north", "south", "east", "west"];

/** How many are made, and how many of them are; undefined: none are being made. */
export const sampleProgress = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

/** Ends at once, but for dear orders, which fail, and held ones, which wait for `release`. */
const TEXT = `---
name: sample-order
description: Made to try the list of runs with.
parameters:
  - {name: customer, type: map}
  - {name: amount, type: number}
  - {name: isHeld, type: bool, default: false}
variables:
  total: number
events:
  release: Somebody lets it go
search:
  customer: input.customer.id
  region: input.customer.region
  total: output.total
---

\`\`\`mermaid
stateDiagram-v2
  [*] --> Priced
  state Checked <<choice>>
  Priced --> Checked
  Checked --> Refused : [total > 4900]
  Checked --> Held : [isHeld]
  Checked --> [*] : default
  Held --> [*] : release
  Refused --> [*]
\`\`\`

## Actions

- Priced: set total = amount * 1.25
- Refused: abort "An order of \${total} is too dear"
`;

function makeInput(number: number): { readonly customer: { readonly id: string; readonly region: string }; readonly amount: number; readonly isHeld: boolean } {
  // Spread without chance: the same runs every time.
  const scattered = (number * 2_654_435_761) % 4_294_967_296;
  return {
    customer: { id: `c-${scattered % 500}`, region: REGIONS[scattered % 4] as string },
    amount: scattered % 4_000,
    isHeld: number % OPEN_EVERY === 0,
  };
}

/** Makes that many runs. */
export async function makeSampleRuns(total: number): Promise<void> {
  const engine = readEngine();
  if (engine === undefined || sampleProgress.peek() !== undefined) return;
  sampleProgress.value = { done: 0, total };
  try {
    const workflow = await engine.load(TEXT);
    for (let done = 0; done < total; done += BATCH_SIZE) {
      const count = Math.min(BATCH_SIZE, total - done);
      await engine.startMany(workflow, Array.from({ length: count }, (_, at) => makeInput(done + at)), { tags: ["sample"] });
      sampleProgress.value = { done: done + count, total };
    }
    announce(`Made ${total.toLocaleString("en")} sample runs`, "good");
  } catch (error) {
    announce(toProblem(error).message, "bad");
  }
  sampleProgress.value = undefined;
  noteListChange();
}
