// The words of a simulation: what a workflow's surroundings are like, and what came of many runs in them.
import type { RunStatus } from "../model/status.js";

/** How long something takes in virtual ms: always the same; any length from `min` to `max`; or about `median`, seldom much longer (log-normal, `spread`: its sigma, default 0.5). */
export type SimulatedTime = number | { readonly min: number; readonly max: number } | { readonly median: number; readonly spread?: number };

export interface SimulatedCall {
  readonly task: string;
  readonly input: unknown;
  /** From 1. */
  readonly attempt: number;
  /** From 0; undefined where the task has no items. */
  readonly item: number | undefined;
  /** From 0 up to 1, by the simulation's seed. */
  chance(): number;
}

/** What stands for a handler, or for a child workflow. */
export interface SimulatedHandler {
  /** Default: a median of 100 ms. */
  readonly takes?: SimulatedTime;
  /** The part of calls that fail, 0 to 1. Default 0. */
  readonly failureRate?: number;
  /** What a call gives; a throw is a failure. Default: null. */
  readonly result?: (call: SimulatedCall) => unknown;
  /** Of one call, in any unit. Default 0. */
  readonly cost?: number;
}

/** What stands for the people who are asked. */
export interface SimulatedAnswer {
  /** From when the task begins to wait. Default: a median of an hour. */
  readonly takes?: SimulatedTime;
  /** The part of questions that nobody answers, 0 to 1. Default 0. */
  readonly missRate?: number;
  /** Default: whatever fits the form, drawn by chance; without a form null. */
  readonly payload?: (question: { readonly task: string; readonly event: string; chance(): number }) => unknown;
}

export interface SimulatedEvent {
  readonly name: string;
  /** Default: where the task that waits for it has a form, whatever fits. */
  readonly payload?: unknown;
  /** From the run's start. It is sent once; where no state awaits it then, it is lost. */
  readonly after: SimulatedTime;
}

export interface SimulationOptions {
  /** A u32. The same seed gives the same report. Default 1. */
  readonly seed?: number;
  /** 1 to SIMULATION_RUN_COUNT_MAX, default 100. */
  readonly runCount?: number;
  readonly input?: unknown;
  /** By name of task or child workflow; `default` stands for all others. */
  readonly handlers?: Readonly<Record<string, SimulatedHandler>>;
  readonly events?: readonly SimulatedEvent[];
  /** Who answers tasks that await an event, by its name; `default` stands for all others that have a form, and is there by itself. */
  readonly answers?: Readonly<Record<string, SimulatedAnswer>>;
  /** Crashes: about how many in an hour of virtual time, and how long each takes. What was under way begins anew. */
  readonly faults?: { readonly crashesPerHour: number; readonly restartMs?: number };
  /** Virtual time after which a run is given up. Default 30 days. */
  readonly timeMax?: number;
  /** Is asked now and then; gives the simulation up with what it has so far. */
  readonly signal?: AbortSignal;
  /** Told after each slice of runs. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface SimulatedRun {
  /** `waiting`: it rests, and nothing would ever go on; or its time was over. */
  readonly status: Extract<RunStatus, "succeeded" | "failed" | "waiting">;
  /** Virtual. */
  readonly durationMs: number;
  readonly callCount: number;
  readonly failureCount: number;
  readonly retryCount: number;
  readonly crashCount: number;
  readonly cost: number;
  /** Of a run that failed. */
  readonly errorCode?: string;
}

/** Of a number over all runs. */
export interface Distribution {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Of all calls of one task. */
export interface TaskTally {
  calls: number;
  failures: number;
  /** Calls that were not the first attempt. */
  retries: number;
  /** Virtual. */
  timeMs: number;
}

export interface SimulationReport {
  readonly runs: readonly SimulatedRun[];
  /** Counts of runs. */
  readonly statuses: Readonly<Record<SimulatedRun["status"], number>>;
  /** Counts of failed runs by error code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly duration: Distribution;
  readonly cost: Distribution;
  readonly retries: Distribution;
  readonly tasks: Readonly<Record<string, Readonly<TaskTally>>>;
}
