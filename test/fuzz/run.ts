// The command `npm run fuzz -- [--target NAME] [--seconds N] [--seed N] [--round N [--input N]]`: rounds of inputs until the time is over,
// each target in its turn. Says how many inputs passed, how fast, and how memory fared; the first failure ends it.
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seedAt } from "../../src/base/prng.js";
import { Chance } from "./chance.js";
import { buildOfRound, describeFailure, type FuzzTarget, ROUND_INPUT_COUNT, runRound } from "./fuzzer.js";
import { TARGETS } from "./targets.js";

/** The shell's heap may grow by so much after its first rounds, bytes. */
const HEAP_GROWTH_MAX = 48 << 20;
/** Rounds until the shell's heap is warm: caches are full, code is compiled. */
const WARM_ROUND_COUNT = 24;

interface Tally {
  inputCount: number;
  ms: number;
  slowestMs: number;
  /** Round and input of the slowest. */
  slowest: string;
  memorySizeMax: number;
}

/** Where the run stands, for a watcher in another thread: [round, input]. */
export type Progress = Int32Array;

/** Runs the command. Returns its exit code: 1 where something failed. */
export async function runFuzz(argv: readonly string[], progress: Progress): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { target: { type: "string", default: "all" }, seconds: { type: "string", default: "60" }, seed: { type: "string" }, round: { type: "string" }, input: { type: "string" } },
  });
  const targets = TARGETS[values.target];
  if (targets === undefined) {
    console.error(`--target takes one of: ${Object.keys(TARGETS).join(", ")}`);
    return 1;
  }
  const seed = Number(values.seed ?? Date.now() % 0x1_0000_0000) >>> 0;
  console.log(`seed ${seed}`);
  if (values.round !== undefined && values.input !== undefined) return showInputs(targets, seed, Number(values.round), Number(values.input));
  if (values.round !== undefined) return runRounds(targets, seed, Number(values.round), 1, Number.POSITIVE_INFINITY, progress);
  return runRounds(targets, seed, 0, Number.POSITIVE_INFINITY, Number(values.seconds) * 1_000, progress);
}

/** Feeds one input alone to a fresh kernel and shows it. */
async function showInputs(targets: readonly FuzzTarget[], seed: number, round: number, index: number): Promise<number> {
  for (const target of targets) {
    const session = await target.open(buildOfRound(round));
    const start = performance.now();
    try {
      await session.feed(new Chance(seedAt(seedAt(seed, round), index)));
    } finally {
      console.log(`${target.name}, ${(performance.now() - start).toFixed(1)} ms:\n${session.describe()}`);
    }
  }
  return 0;
}

async function runRounds(targets: readonly FuzzTarget[], seed: number, first: number, count: number, msMax: number, progress: Progress): Promise<number> {
  const tallies = new Map(targets.map(({ name }) => [name, { inputCount: 0, ms: 0, slowestMs: 0, slowest: "", memorySizeMax: 0 }]));
  const collect = openCollector();
  const start = performance.now();
  let warmHeapSize = 0;
  let fedRounds = 0;
  for (let round = first; round < first + count && performance.now() - start < msMax; round += 1) {
    for (const target of targets) {
      progress[0] = round;
      const roundStart = performance.now();
      const result = await runRound(target, seed, round, { onInput: (index) => (progress[1] = index) });
      const tally = tallies.get(target.name) as Tally;
      tally.inputCount += result.inputCount;
      tally.ms += performance.now() - roundStart;
      if (result.slowestMs > tally.slowestMs) Object.assign(tally, { slowestMs: result.slowestMs, slowest: `round ${round}, input ${result.slowestIndex}` });
      tally.memorySizeMax = Math.max(tally.memorySizeMax, result.memorySize);
      if (result.failure !== undefined) {
        console.error(`FAILED ${describeFailure(result.failure)}`);
        printTallies(tallies);
        return 1;
      }
    }
    fedRounds += 1;
    if (fedRounds === WARM_ROUND_COUNT) warmHeapSize = collect();
    if (fedRounds % 100 === 0) printTallies(tallies);
  }
  printTallies(tallies);
  if (warmHeapSize === 0) return 0;
  const heapSize = collect();
  console.log(`heap of the shell: ${megabytes(warmHeapSize)} after ${WARM_ROUND_COUNT} rounds, ${megabytes(heapSize)} after ${fedRounds}`);
  if (heapSize <= warmHeapSize + HEAP_GROWTH_MAX) return 0;
  console.error("FAILED the heap of the shell grows");
  return 1;
}

/** Collects garbage and gives the size of what is left, bytes. */
function openCollector(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}

function printTallies(tallies: ReadonlyMap<string, Tally>): void {
  let total = 0;
  for (const [name, { inputCount, ms, slowestMs, slowest, memorySizeMax }] of tallies) {
    total += inputCount;
    const rate = Math.round(inputCount / (ms / 1_000));
    console.log(`${name}: ${inputCount} inputs, ${rate}/s, slowest ${slowestMs.toFixed(1)} ms (${slowest}), kernel memory at most ${megabytes(memorySizeMax)}`);
  }
  console.log(`${total} inputs, ${ROUND_INPUT_COUNT} a round`);
}

function megabytes(size: number): string {
  return `${(size / 1_048_576).toFixed(1)} MB`;
}
