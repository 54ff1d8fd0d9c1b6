// `run.verify()` over many runs: every run that a query finds, one after the other.
import type { Engine, Run, Verification, VerifyOptions } from "../model/engine.js";
import { type ErrorRecord, toErrorRecord } from "../model/errors.js";
import type { RunQuery, RunRecord } from "../model/run-record.js";

const PAGE_RUNS = 200;

export interface VerifyRunsOptions {
  /** Told after each run. `total`: how many runs the query found when it began. */
  readonly onProgress?: (done: number, total: number) => void;
  /** What listeners were told of a run: see `Run.verify()`. */
  readonly told?: (runId: string) => VerifyOptions["told"];
}

/** A run whose replay gives something else. */
export interface RunDifference {
  readonly record: RunRecord;
  readonly difference: Extract<Verification, { isSame: false }>;
}

/** A run that cannot be replayed here, as where another version of Millrace began it. */
export interface RunRefusal {
  readonly record: RunRecord;
  readonly error: ErrorRecord;
}

export interface VerifiedRuns {
  /** Runs that were replayed. */
  readonly runs: number;
  /** Their history entries. */
  readonly steps: number;
  readonly differences: readonly RunDifference[];
  readonly refusals: readonly RunRefusal[];
}

/** Replays every run that `query` finds, ended or open (default: all) and collects what differs. Rejects where the engine closes. O(entries of all). */
export async function verifyRuns(engine: Engine, query: Omit<RunQuery, "cursor" | "limit"> = {}, options: VerifyRunsOptions = {}): Promise<VerifiedRuns> {
  const total = await engine.runs.count(query);
  const differences: RunDifference[] = [];
  const refusals: RunRefusal[] = [];
  let [runs, steps, done, cursor] = [0, 0, 0, undefined as string | undefined];
  do {
    const page = await engine.runs.query({ ...query, limit: PAGE_RUNS, ...(cursor !== undefined && { cursor }) });
    for (const record of page.records) {
      try {
        const verification = await verifyOne(engine, record.runId, options);
        runs += 1;
        if (verification.isSame) steps += verification.steps;
        else differences.push({ record, difference: verification });
      } catch (error) {
        const refusal = toErrorRecord(error);
        if (refusal.code.startsWith("engine/")) throw error;
        // Deleted meanwhile, it is none of the runs.
        if (refusal.code !== "run/unknown") refusals.push({ record, error: refusal });
      }
      options.onProgress?.((done += 1), total);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { runs, steps, differences, refusals };
}

async function verifyOne(engine: Engine, runId: string, { told }: VerifyRunsOptions): Promise<Verification> {
  const run: Run = await engine.runs.get(runId);
  const heard = told?.(runId);
  return run.verify(heard === undefined ? {} : { told: heard });
}
