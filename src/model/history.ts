// History entries: what a run was told, in order. Together with the program they are the run: everything else is
// computed from them. The binary form stands in the store, so a change to it needs a version and an upgrade.
import type { RunEvent } from "./engine.js";

export const HISTORY_VERSION = 1;

/** Entry kinds. 1–6 are EventKind of assembly/abi.ts; the rest are the engine's own and never reach the kernel. */
export enum EntryKind {
  START = 1,
  EVENT = 2,
  TASK_SUCCEEDED = 3,
  TASK_FAILED = 4,
  TIMER = 5,
  CANCEL = 6,
  PAUSE = 32,
  RESUME = 33,
  /** A PAUSE for good: the run is canceled as soon as nothing of it is in flight. */
  WIND_DOWN = 34,
}

export interface HistoryEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly kind: EntryKind;
  /** Arrived while the run was paused: stepped at the next RESUME, in order. */
  readonly isHeld: boolean;
  /**
   * Event index, or serial of a task or timer. START: compiler version × 2^16 + semantics version. PAUSE, WIND_DOWN and CANCEL: how
   * many CONTINUEs the run without fuel had been given since the entry before. RESUME: 0.
   */
  readonly id: number;
  /** ms since 1970; never less than the entry's before it. */
  readonly now: number;
  readonly seed: number;
  /** Wire value, or undefined. */
  readonly payload?: Uint8Array;
}

export type { RunEvent };
