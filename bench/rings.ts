// Rings and chains of states of any size: every state goes on to the next on the one event, guarded and counting.
import { parseWorkflow } from "../src/doors/format.js";
import type { Definition } from "../src/model/definition.js";

/** A ring of `stateCount` states: one of one state is read from text, and the state and its transition are repeated. */
export function makeRing(stateCount: number): Definition {
  const { definition } = parseWorkflow(writeRing(1));
  const [state] = definition?.states.filter(({ kind }) => kind === "state") ?? [];
  const [turn] = definition?.transitions.filter(({ trigger }) => trigger.kind === "event") ?? [];
  if (definition === undefined || state === undefined || turn === undefined) throw new Error("the ring does not parse");
  const first = definition.states.indexOf(state);
  const indexes = Array.from({ length: stateCount }, (_, index) => index);
  return {
    ...definition,
    states: [...definition.states.filter((other) => other !== state), ...indexes.map((index) => ({ ...state, id: `S${index}` }))],
    transitions: [
      ...definition.transitions.filter((other) => other !== turn),
      ...indexes.map((index) => ({ ...turn, source: first + index, target: first + ((index + 1) % stateCount) })),
    ],
  };
}

/** The text of a ring S0, S1, … of `stateCount` states. */
export function writeRing(stateCount: number): string {
  const lines = ["---", "name: ring", "variables:", "  count: { type: int, initial: 0 }", "  limit: { type: int, initial: 1000000000000 }"];
  lines.push("events:", "  - next", "---", "", "```mermaid", "stateDiagram-v2", "  [*] --> S0");
  for (let index = 0; index < stateCount; index += 1)
    lines.push(`  S${index} --> S${(index + 1) % stateCount} : next [count < limit] / set count = count + 1`);
  lines.push("```", "");
  return lines.join("\n");
}

/** The text of a chain of `stepCount` guarded transitions from the start to the end. */
export function writeChain(stepCount: number): string {
  const lines = ["---", "name: chain", "variables:", "  count: { type: int, initial: 0 }", "  limit: { type: int, initial: 100 }"];
  lines.push("events:", "  - next", "---", "", "```mermaid", "stateDiagram-v2", "  [*] --> S0");
  for (let index = 0; index < stepCount; index += 1) {
    const target = index + 1 === stepCount ? "[*]" : `S${index + 1}`;
    lines.push(`  S${index} --> ${target} : next [count < limit] / set count = count + 1`);
  }
  lines.push("```", "");
  return lines.join("\n");
}
