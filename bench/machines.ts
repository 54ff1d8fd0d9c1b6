// The machines of the transition scenarios: their texts, and how their positions are told, so that all who run the same
// machine can be compared. States and counters are named as in the texts.
import flatText from "./workflows/guarded-loop.md?raw";
import nestedText from "./workflows/nested-loop.md?raw";

export type MachineId = "flat" | "nested" | "regions";

/** Where one run stands. */
export interface Position {
  /** Ids of the innermost active states, in document order. */
  readonly state: string;
  readonly counters: Readonly<Record<string, number>>;
}

export interface Machine {
  readonly text: string;
  readonly counters: readonly string[];
  isLeaf(state: string): boolean;
}

export const REGION_COUNT = 10;
/** Events per run in the fixed load: past the limit of the loops, so that both transitions of a state are seen. */
export const ANSWER_EVENT_COUNT = 250;
export const COUNT_LIMIT = 100;
/** The event that every machine takes. */
export const EVENT_NAME = "next";

const MACHINES: Readonly<Record<MachineId, Machine>> = {
  flat: { text: flatText, counters: ["count"], isLeaf: () => true },
  nested: { text: nestedText, counters: ["count", "entered", "left"], isLeaf: (state) => state.length === 1 },
  regions: { text: writeRegions(REGION_COUNT), counters: ["count"], isLeaf: (state) => /^(on|off)\d+$/.test(state) },
};

export function findMachine(id: MachineId = "flat"): Machine {
  return MACHINES[id];
}

/** A run's position out of its active states and its variables. */
export function describePosition(machine: Machine, states: readonly string[], context: Readonly<Record<string, unknown>>): Position {
  const counters = Object.fromEntries(machine.counters.map((name) => [name, Number(context[name])]));
  return { state: states.filter((state) => machine.isLeaf(state)).join(" "), counters };
}

/** The answer that all must give: where the first and the last run stand after the fixed load. */
export function describeEnds(read: (run: number) => Position, runCount: number): readonly Position[] {
  return [read(0), read(runCount - 1)];
}

/** A parallel state whose regions all take the event, each counting. */
function writeRegions(regionCount: number): string {
  const regions = Array.from({ length: regionCount }, (_, index) => {
    const [off, on] = [`off${index}`, `on${index}`];
    const turn = (from: string, to: string): string => `    ${from} --> ${to} : next / set count = count + 1`;
    return [`    [*] --> ${off}`, turn(off, on), turn(on, off)].join("\n");
  });
  return [
    "---",
    "name: regions",
    "variables:",
    "  count: { type: int, initial: 0 }",
    "events:",
    "  - next",
    "---",
    "",
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> all",
    "  state all {",
    regions.join("\n    --\n"),
    "  }",
    "```",
    "",
  ].join("\n");
}
