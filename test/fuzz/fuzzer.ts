// Runs a fuzz target in rounds: each has a fresh kernel, its own seed and a fixed number of inputs, so that what fails can be
// made again from the seed and the numbers of round and input alone. Now and then a round's inputs are fed twice: memory that
// grows the second time leaks.
import { seedAt } from "../../src/base/prng.js";
import { Chance } from "./chance.js";

/** Inputs in one round. */
export const ROUND_INPUT_COUNT = 2_000;
/** Of so many rounds one feeds its inputs again. */
const LEAK_ROUND_STRIDE = 8;
/** Passes over the same inputs in which memory may grow before that is a leak. */
const LEAK_PASS_COUNT_MAX = 4;
/** Of so many rounds one runs on the kernel with assertions and poison. */
const DEBUG_ROUND_STRIDE = 4;

export type KernelBuild = "release" | "debug";

export interface FuzzTarget {
  readonly name: string;
  open(build: KernelBuild): Promise<FuzzSession>;
}

/** One kernel, and what a target keeps beside it. */
export interface FuzzSession {
  /** Makes an input and tries it. Throws where something happens that must not. */
  feed(chance: Chance): void | Promise<void>;
  /** The input made last, for people. */
  describe(): string;
  /** Throws where the session is not as clean as before its first input. */
  check(): void;
  /** Bytes of the kernel's memory. */
  readonly memorySize: number;
}

export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly round: number;
  /** ROUND_INPUT_COUNT: what is checked at the end of the round. */
  readonly index: number;
  readonly build: KernelBuild;
  readonly input: string;
  readonly reason: string;
  /** Does the input fail in a fresh kernel, without those before it? */
  readonly failsAlone: boolean;
}

export interface RoundResult {
  readonly inputCount: number;
  readonly memorySize: number;
  readonly slowestMs: number;
  /** The slowest input's number. */
  readonly slowestIndex: number;
  readonly failure?: FuzzFailure;
}

export interface RoundOptions {
  readonly inputCount?: number;
  /** Called before each input. */
  readonly onInput?: (index: number) => void;
}

export function buildOfRound(round: number): KernelBuild {
  return round % DEBUG_ROUND_STRIDE === DEBUG_ROUND_STRIDE - 1 ? "debug" : "release";
}

/** Runs one round of a target. */
export async function runRound(target: FuzzTarget, seed: number, round: number, options: RoundOptions = {}): Promise<RoundResult> {
  const { inputCount = ROUND_INPUT_COUNT, onInput } = options;
  const build = buildOfRound(round);
  const session = await target.open(build);
  const roundSeed = seedAt(seed, round);
  let index = 0;
  let slowestMs = 0;
  let slowestIndex = 0;
  let fedCount = 0;
  const feedAll = async (): Promise<void> => {
    for (index = 0; index < inputCount; index += 1) {
      onInput?.(index);
      const start = performance.now();
      const feeding = session.feed(new Chance(seedAt(roundSeed, index)));
      if (feeding !== undefined) await feeding;
      const ms = performance.now() - start;
      if (ms <= slowestMs) continue;
      slowestMs = ms;
      slowestIndex = index;
    }
    session.check();
    fedCount += inputCount;
  };
  try {
    await feedAll();
    if (round % LEAK_ROUND_STRIDE === 0) await checkLeaks(session, feedAll);
    return { inputCount: fedCount, memorySize: session.memorySize, slowestMs, slowestIndex };
  } catch (error) {
    const input = index < inputCount ? session.describe() : "(the end of the round)";
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const failsAlone = index < inputCount && (await failsAgain(target, build, seedAt(roundSeed, index)));
    const failure = { target: target.name, seed, round, index, build, input, reason, failsAlone };
    return { inputCount: fedCount + index, memorySize: session.memorySize, slowestMs, slowestIndex, failure };
  }
}

/** A leak grows in every pass over the same inputs. Blocks that are free in other sizes than are wanted may cost a step or two more. */
async function checkLeaks(session: { readonly memorySize: number }, feedAll: () => Promise<void>): Promise<void> {
  const sizes = [session.memorySize];
  while (sizes.length <= LEAK_PASS_COUNT_MAX) {
    await feedAll();
    if (session.memorySize === sizes.at(-1)) return;
    sizes.push(session.memorySize);
  }
  throw new Error(`the kernel's memory grew in each of ${LEAK_PASS_COUNT_MAX} passes over inputs that it had seen: ${sizes.join(", ")} bytes`);
}

async function failsAgain(target: FuzzTarget, build: KernelBuild, seed: number): Promise<boolean> {
  const session = await target.open(build);
  try {
    await session.feed(new Chance(seed));
    return false;
  } catch {
    return true;
  }
}

/** What to tell people, the command that makes it again included. */
export function describeFailure(failure: FuzzFailure): string {
  const { target, seed, round, index, build, input, reason, failsAlone } = failure;
  return [
    `${target}: seed ${seed}, round ${round}, input ${index} (${build} build)${failsAlone ? ", alone too" : ""}`,
    `  npm run fuzz -- --target ${target} --seed ${seed} --round ${round}`,
    `  ${reason.split("\n").join("\n  ")}`,
    input,
  ].join("\n");
}
