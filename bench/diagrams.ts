// Generated state diagrams of any size, with what real ones hold: descriptions, event labels with guards and actions,
// outcomes, choices, notes, comments, and a composite for every ten states.

const GROUP_SIZE = 10;
const LABELS = ["approve", "reject [amount > 1000]", "retry [attempt < 3] / set attempt = attempt + 1", "success", "failure", "after 5m"] as const;

/** The text of a diagram with exactly `stateCount` named states (composites and choices included, starts and ends not). */
export function generateDiagram(stateCount: number): string {
  const lines = ["stateDiagram-v2", "  %% generated"];
  lines.push("  [*] --> S0");
  let next = 0;
  let last = "";
  while (next < stateCount) {
    const size = Math.min(GROUP_SIZE, stateCount - next);
    const first = `S${next}`;
    if (last !== "") lines.push(`  ${last} --> ${first} : ${labelOf(next)}`);
    last = size < GROUP_SIZE ? writeChain(lines, next, size, "  ") : writeGroup(lines, next);
    next += size;
  }
  lines.push(`  ${last} --> [*]`);
  return `${lines.join("\n")}\n`;
}

/** Ten states: a chain of four, a choice with two ways, and a composite holding two. Gives the state to go on from. */
function writeGroup(lines: string[], from: number): string {
  writeChain(lines, from, 4, "  ");
  const choice = `S${from + 4}`;
  const composite = `S${from + 7}`;
  lines.push(`  state ${choice} <<choice>>`, `  S${from + 3} --> ${choice}`);
  lines.push(`  ${choice} --> S${from + 5} : [total > ${from}]`, `  ${choice} --> S${from + 6} : default`);
  lines.push(`  S${from + 5} --> ${composite} : success`, `  S${from + 6} --> ${composite} : timeout`);
  lines.push(`  state ${composite} {`, `    [*] --> S${from + 8}`);
  writeChain(lines, from + 8, 2, "    ");
  lines.push(`    S${from + 9} --> [*]`, "  }");
  lines.push(`  note right of S${from} : Group ${from / GROUP_SIZE}`);
  return composite;
}

function writeChain(lines: string[], from: number, size: number, indent: string): string {
  for (let index = from; index < from + size; index += 1) {
    if (index % 3 === 0) lines.push(`${indent}S${index} : Step ${index} of the work`);
    if (index > from) lines.push(`${indent}S${index - 1} --> S${index} : ${labelOf(index)}`);
  }
  return `S${from + size - 1}`;
}

function labelOf(index: number): string {
  return LABELS[index % LABELS.length] ?? "";
}

/** What all parsers must have found, in one form: ids of the named states in order, and the number of transitions. */
export interface DiagramFacts {
  readonly stateIds: readonly string[];
  readonly transitionCount: number;
}

export function describeDiagram(ids: Iterable<string>, transitionCount: number): DiagramFacts {
  const named = [...new Set(ids)].filter((id) => /^S\d+$/.test(id));
  return { stateIds: named.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))), transitionCount };
}
