// The words of scheduling: what an embedder may set, and what the engine says of its queues and of how a run used its time.
import { isRecord } from "./arguments.js";

/**
 * How many calls of one run are in flight at a time. `sequential`: one, in the order in which the run asked. `parallel`: all.
 * `hybrid`: up to `tasksInFlightMaxByRun`.
 */
export type SchedulingStrategy = "sequential" | "parallel" | "hybrid";

/** Highest priority of a run; the lowest is 0. */
export const PRIORITY_MAX = 9;
export const PRIORITY_DEFAULT = 5;

/** Limits are whole numbers from 1, or `Infinity`. */
export interface SchedulingOptions {
  /** `auto` (default): by load, below 0.5 `parallel`, below 0.8 `hybrid`, else `sequential`; no place is left empty for it. */
  readonly strategy?: "auto" | SchedulingStrategy;
  /** Runs that have a task in flight at a time; the others are `scheduled`. Default `Infinity`. */
  readonly runsInFlightMax?: number;
  /** Tasks in flight at a time, of all runs. Default 262,144. */
  readonly tasksInFlightMax?: number;
  /** Tasks of one run in flight at a time under `hybrid`. Default: as many as the machine has processors. */
  readonly tasksInFlightMaxByRun?: number;
  /** Tasks of all runs of a workflow, by its name. */
  readonly tasksInFlightMaxByWorkflow?: Readonly<Record<string, number>>;
  /** Calls of a task, by its name. */
  readonly tasksInFlightMaxByTask?: Readonly<Record<string, number>>;
  /** In place of a fixed `tasksInFlightMax`: a limit between these, which follows how long tasks take. `false`: none. */
  readonly adaptive?: { readonly min: number; readonly max: number } | false;
  /** Tasks that may wait for their turn; from then on `start` rejects with `engine/overloaded`. Default 1,048,576. */
  readonly queueMax?: number;
}

/** How the tasks that were asked for stand. */
export interface SchedulingStatistics {
  /** That of the load now, or the one that was set. */
  readonly strategy: SchedulingStrategy;
  /** Tasks in flight over their limit, plus what they lately waited, in seconds. */
  readonly load: number;
  /** The limit now. */
  readonly tasksInFlightMax: number;
  /** Runs that have a place: with tasks in flight, or waiting for other limits. */
  readonly runsInFlight: number;
  /** Runs that wait for such a place. */
  readonly runsScheduled: number;
  /** Tasks that were asked for and wait for their turn. */
  readonly tasksQueued: number;
  /** How long the one that waits longest has waited, ms. */
  readonly queueDelayMs: number;
  /** Is `start` refused at this moment? */
  readonly isOverloaded: boolean;
  /** Depth of the queues. By task only those tasks that have a limit of their own. */
  readonly queues: {
    /** By priority, from 0. */
    readonly byPriority: readonly number[];
    readonly byWorkflow: Readonly<Record<string, number>>;
    readonly byTask: Readonly<Record<string, number>>;
  };
}

/** How a run used its time, since this engine took it up. */
export interface RunMetrics {
  /** What `auto` says of its workflow at this load, or the strategy that was set. */
  readonly strategy: SchedulingStrategy;
  /** Tasks that went out. */
  readonly taskCount: number;
  /** Sum of the times that tasks were in flight, ms. */
  readonly taskTimeMs: number;
  /** Sum of the times that tasks waited for their turn, ms. */
  readonly queueTimeMs: number;
  /** Time in which at least one task was in flight or waited for its turn, ms. */
  readonly activeTimeMs: number;
  /** Most tasks that were in flight at once. */
  readonly width: number;
  /** `taskTimeMs / (activeTimeMs * width)`, 0 to 1; of a run that took no time 1. */
  readonly parallelEfficiency: number;
}

export interface OptionMistake {
  readonly option: string;
  readonly value: unknown;
  readonly wanted: string;
}

const STRATEGIES: readonly unknown[] = ["auto", "sequential", "parallel", "hybrid"];
const COUNTS = ["runsInFlightMax", "tasksInFlightMax", "tasksInFlightMaxByRun", "queueMax"];
const TABLES = ["tasksInFlightMaxByWorkflow", "tasksInFlightMaxByTask"];
const NAMES = ["strategy", "adaptive", ...COUNTS, ...TABLES];
const COUNT_WANTED = "a whole number from 1, or Infinity";

/** The first thing in `SchedulingOptions` that cannot be; a misspelt limit would otherwise be none. */
export function findSchedulingMistake(options: unknown): OptionMistake | undefined {
  if (options === undefined) return undefined;
  if (!isRecord(options)) return { option: "scheduling", value: options, wanted: "an object" };
  for (const [name, value] of Object.entries(options)) {
    const option = `scheduling.${name}`;
    if (!NAMES.includes(name)) return { option, value, wanted: `absent: the options are ${NAMES.join(", ")}` };
    if (value === undefined) continue;
    const mistake = findMistake(name, option, value);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function findMistake(name: string, option: string, value: unknown): OptionMistake | undefined {
  if (name === "strategy") return STRATEGIES.includes(value) ? undefined : { option, value, wanted: `one of ${STRATEGIES.join(", ")}` };
  if (COUNTS.includes(name)) return isCount(value) ? undefined : { option, value, wanted: COUNT_WANTED };
  if (name === "adaptive") return isRange(value) ? undefined : { option, value, wanted: "false, or whole numbers min and max, from 1, min not above max" };
  if (!isRecord(value)) return { option, value, wanted: "an object of numbers" };
  const [key, wrong] = Object.entries(value).find(([, count]) => !isCount(count)) ?? [];
  return key === undefined ? undefined : { option: `${option}.${key}`, value: wrong, wanted: COUNT_WANTED };
}

function isCount(value: unknown): boolean {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 1);
}

function isRange(value: unknown): boolean {
  if (value === false) return true;
  if (!isRecord(value)) return false;
  const { min, max } = value;
  return isCount(min) && isCount(max) && min !== Infinity && max !== Infinity && (min as number) <= (max as number);
}

/** Can it be a run's priority? */
export function isPriority(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= PRIORITY_MAX;
}
