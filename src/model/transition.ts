// What the pure `transition` takes and gives: a run as a plain value, what happens to it, and what it asks for. Knows neither
// kernel nor engine; the engine's words for the same things are `RunEvent`s, which tell what happened, not what to do.
import type { SendStatus, Value } from "./engine.js";
import type { ErrorRecord } from "./errors.js";
import type { RunStatus } from "./status.js";

export const RUN_SNAPSHOT_VERSION = 1;

/**
 * A run between two steps: plain, immutable, the same after `JSON.parse(JSON.stringify(…))` and `structuredClone`. Equal
 * snapshots have equal futures. `readSnapshot` gives its variables.
 */
export interface RunSnapshot {
  /** RUN_SNAPSHOT_VERSION. */
  readonly version: number;
  readonly runId: string;
  /** Identity of the workflow (see `Workflow.identity`): a snapshot steps with no other. */
  readonly identity: string;
  /** `running`: a task or a child run is open; `waiting`: none is; else how it ended. */
  readonly status: Extract<RunStatus, "running" | "waiting" | "succeeded" | "failed" | "canceled">;
  /** What became of the last event. `unknown`: no event of that name, or no open task or timer of that id; nothing changed. */
  readonly outcome: SendStatus;
  /** Ids of the active states (leaves and their scopes), in document order; none after the end. */
  readonly states: readonly string[];
  /** Number of events so far that a history would hold. */
  readonly seq: number;
  /** When the last of them happened, ms since 1970: a run's clock never goes back. */
  readonly now: number;
  /** Variables and tokens, base64: a portable checkpoint. */
  readonly state: string;
}

/** Time and chance come with an event. */
export interface StepMoment {
  /** ms since 1970. Default, and at least: the snapshot's. */
  readonly now?: number;
  /** A u32. Default 0. */
  readonly seed?: number;
}

/** Something that happens to a run. `id`: of the command that it answers. */
export type StepEvent = StepMoment &
  (
    | { readonly type: "event"; readonly name: string; readonly payload?: Value }
    /** Of a task or a child run. */
    | { readonly type: "taskSucceeded"; readonly id: number; readonly result?: Value }
    | { readonly type: "taskFailed"; readonly id: number; readonly error: Pick<ErrorRecord, "code" | "message" | "details"> }
    | { readonly type: "timerFired"; readonly id: number }
    | { readonly type: "canceled" }
  );

/** What a run asks for, to be done in order by whoever keeps the snapshot. Ids are unique within a run. */
export type RunCommand =
  /** Of a task graph: `item` counts from 0; `attempt` stands from the second on. */
  | {
      readonly type: "startTask";
      readonly id: number;
      readonly task: string;
      readonly input: unknown;
      readonly idempotencyKey: string;
      readonly item?: number;
      readonly attempt?: number;
    }
  | { readonly type: "cancelTask"; readonly id: number }
  /** `due`: ms since 1970. */
  | { readonly type: "setTimer"; readonly id: number; readonly due: number }
  | { readonly type: "cancelTimer"; readonly id: number }
  /** A child run: `runId` is its own. */
  | { readonly type: "startRun"; readonly id: number; readonly workflow: string; readonly runId: string; readonly input: unknown }
  | { readonly type: "cancelRun"; readonly id: number; readonly runId: string }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warning" | "error"; readonly message: string; readonly state: string }
  /** The last command of a run. */
  | { readonly type: "end"; readonly status: "succeeded"; readonly output: unknown }
  | { readonly type: "end"; readonly status: "failed"; readonly error: ErrorRecord; readonly output?: unknown }
  | { readonly type: "end"; readonly status: "canceled"; readonly output?: unknown };

export interface InitialOptions extends StepMoment {
  /** Part of idempotency keys, and of the ids of child runs. Default `run`. */
  readonly runId?: string;
}

/** What stands in a snapshot's `state`. */
export interface SnapshotContent {
  /** All variables that have a value. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Tasks, child runs and timers without an answer, as they were asked for: what to do again after a crash. */
  readonly open: readonly RunCommand[];
}
