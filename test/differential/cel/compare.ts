// Evaluates one seeded program after the other here and by the peers, and tells of the first difference that no row of the
// table explains, as small as it can be made.
import { seedAt } from "../../../src/base/prng.js";
import { compileExact } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { DISAGREEMENTS } from "./disagreements.js";
import { ERROR, type Outcome, spell } from "./exact.js";
import { type Peer, PEERS } from "./peers.js";
import { makeProgram, type Program, printProgram, shrinkProgram, templatesOf } from "./program.js";

/** Smaller programs that are tried for one failure. */
const SHRINK_COUNT_MAX = 3_000;

export interface Comparison {
  readonly programCount: number;
  /** Values and errors compared: one for each peer that applies. */
  readonly comparedCount: number;
  readonly errorCount: number;
  /** Differences that the table explains, by row. */
  readonly explained: ReadonlyMap<string, number>;
  readonly failure: string | undefined;
}

export function evaluateHere({ context, types }: Program, text: string): Outcome {
  try {
    const expression = compileExact(text, { variables: types, isStrict: true });
    try {
      return spell(expression.evaluateExact(context));
    } finally {
      expression.dispose();
    }
  } catch (error) {
    if (error instanceof WorkflowError && error.code.startsWith("expression/")) return ERROR;
    throw error;
  }
}

/** How a program fares by a peer: undefined where both agree, else the row's name or the difference. */
function findDifference(program: Program, peer: Peer, known?: Outcome): { readonly row: string } | { readonly ours: Outcome; readonly theirs: Outcome } | undefined {
  const text = printProgram(program);
  const ours = known ?? evaluateHere(program, text);
  const theirs = peer.evaluate(text, program.context);
  if (ours === theirs) return undefined;
  const context = Object.entries(program.context).map(([name, value]) => `${name} = ${spell(value)}`).join("; ");
  const difference = { text: text.replace(/[ \t\r\n]+/g, " "), templates: templatesOf(program.tree), ours, theirs, context };
  const row = DISAGREEMENTS.find((item) => item.peer === peer.name && item.applies(difference));
  return row === undefined ? { ours, theirs } : { row: `${row.peer}: ${row.what}` };
}

export function compareProgram(seed: number, tally: { comparedCount: number; errorCount: number; readonly explained: Map<string, number> }): string | undefined {
  const program = makeProgram(seed);
  const ours = evaluateHere(program, printProgram(program));
  if (ours === ERROR) tally.errorCount += 1;
  for (const peer of PEERS.filter(({ name }) => program.peers.includes(name))) {
    const difference = findDifference(program, peer, ours);
    tally.comparedCount += 1;
    if (difference === undefined) continue;
    if (!("row" in difference)) return describe(shrink(program, peer), peer);
    tally.explained.set(difference.row, (tally.explained.get(difference.row) ?? 0) + 1);
  }
  return undefined;
}

/** Compares `count` programs from `first` on of the row that `seed` begins. */
export function comparePrograms(seed: number, first: number, count: number): Comparison {
  const tally = { comparedCount: 0, errorCount: 0, explained: new Map<string, number>() };
  // Every fourth program is an error thrice over: traces of where they were made would take most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (let index = first; index < first + count; index += 1) {
      const failure = compareProgram(seedAt(seed, index), tally);
      if (failure !== undefined) return { programCount: index - first + 1, ...tally, failure };
    }
    return { programCount: count, ...tally, failure: undefined };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function isUnexplained(program: Program, peer: Peer): boolean {
  try {
    const difference = findDifference(program, peer);
    return difference !== undefined && !("row" in difference);
  } catch {
    return false;
  }
}

function shrink(program: Program, peer: Peer): Program {
  let smallest = program;
  let triedCount = 0;
  for (let isSmaller = true; isSmaller && triedCount < SHRINK_COUNT_MAX; ) {
    isSmaller = false;
    for (const smaller of shrinkProgram(smallest)) {
      triedCount += 1;
      if (triedCount >= SHRINK_COUNT_MAX) break;
      if (!isUnexplained(smaller, peer)) continue;
      smallest = smaller;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function describe(program: Program, peer: Peer): string {
  const text = printProgram(program);
  const used = Object.entries(program.context).filter(([name]) => text.includes(name));
  return [
    `seed ${program.seed} (MILLRACE_DIFFERENTIAL_SEED=${program.seed} makes it again), here and by ${peer.name}:`,
    `  ${text}`,
    ...used.map(([name, value]) => `  ${name} = ${JSON.stringify(value)}`),
    `  here: ${evaluateHere(program, text)}`,
    `  ${peer.name}: ${peer.evaluate(text, program.context)}`,
  ].join("\n");
}
