// The report of a simulation out of its runs.
import type { Distribution, SimulatedRun, SimulationReport, TaskTally } from "./simulation-words.js";

export function summarize(runs: readonly SimulatedRun[], tallies: ReadonlyMap<string, TaskTally>): SimulationReport {
  const statuses = { succeeded: 0, failed: 0, waiting: 0 };
  const errors: Record<string, number> = {};
  for (const { status, errorCode } of runs) {
    statuses[status] += 1;
    if (errorCode !== undefined) errors[errorCode] = (errors[errorCode] ?? 0) + 1;
  }
  return {
    runs,
    statuses,
    errors,
    duration: distribute(runs.map(({ durationMs }) => durationMs)),
    cost: distribute(runs.map(({ cost }) => cost)),
    retries: distribute(runs.map(({ retryCount }) => retryCount)),
    tasks: Object.fromEntries(tallies),
  };
}

/** All 0 for no numbers. */
export function distribute(numbers: readonly number[]): Distribution {
  const sorted = Float64Array.from(numbers).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const mean = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { min: at(0), mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
