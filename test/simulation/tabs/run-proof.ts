// The command `npm run prove-tabs -- [--seeds N] [--from N] [--seed N] [--replay FILE]`: seeds of simulated tabs in as many threads as there are cores. Says
// how far it is and how fast; the first seed that fails is made smaller, told, and ends it.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { describeFailure, describePlan, findFailure, type PlanFile } from "./failure.js";
import { playSeed } from "./stage.js";

/** So often it is said how far it is, ms. */
const REPORT_MS = 10_000;
/** For making a plan that failed smaller, ms. */
const SHRINK_MS_MAX = 10 * 60_000;

/** What threads share: `[next seed - first, played, is over]`. */
export interface Share {
  readonly cells: Int32Array;
  readonly first: number;
  readonly count: number;
}

enum Cell {
  NEXT = 0,
  PLAYED = 1,
  IS_OVER = 2,
}

/** Runs the command. `open`: begins a thread that plays its share; resolves with what failed in it. Returns the exit code. */
export async function proveTabs(argv: readonly string[], open: (share: Share) => Promise<string | undefined>): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { seeds: { type: "string", default: "10000" }, from: { type: "string", default: "1" }, seed: { type: "string" }, replay: { type: "string" } },
  });
  if (values.replay !== undefined) return replayFile(values.replay);
  const first = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  const share = { cells: new Int32Array(new SharedArrayBuffer(12)), first, count };
  const start = performance.now();
  const report = (): void => {
    const played = Atomics.load(share.cells, Cell.PLAYED);
    const seconds = (performance.now() - start) / 1_000;
    console.log(`${played} of ${count} seeds, ${(played / seconds).toFixed(1)}/s, ${seconds.toFixed(0)} s; the next is ${first + Atomics.load(share.cells, Cell.NEXT)}`);
  };
  const timer = setInterval(report, REPORT_MS);
  const failures = await Promise.all(Array.from({ length: Math.min(availableParallelism(), count) }, () => open(share)));
  clearInterval(timer);
  report();
  const told = failures.filter((failure) => failure !== undefined);
  for (const failure of told) console.error(`FAILED ${failure}`);
  return told.length === 0 ? 0 : 1;
}

/** In a thread: plays seeds until none is left, or one fails anywhere. Returns what failed here. */
export async function playShare({ cells, first, count }: Share): Promise<string | undefined> {
  for (;;) {
    if (Atomics.load(cells, Cell.IS_OVER) === 1) return undefined;
    const index = Atomics.add(cells, Cell.NEXT, 1);
    if (index >= count) return undefined;
    const seed = first + index;
    try {
      await playSeed(seed);
      Atomics.add(cells, Cell.PLAYED, 1);
    } catch (error) {
      Atomics.store(cells, Cell.IS_OVER, 1);
      return describeFailure(seed, error, SHRINK_MS_MAX);
    }
  }
}

async function replayFile(path: string): Promise<number> {
  const file = JSON.parse(readFileSync(path, "utf8")) as PlanFile;
  const failure = await findFailure(file);
  console.log(`${describePlan(file.plan)}\n${failure ?? "everything holds"}`);
  return failure === undefined ? 0 : 1;
}
