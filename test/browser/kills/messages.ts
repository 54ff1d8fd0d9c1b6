// What tabs tell the test while they live, by a function that the test puts into their pages: what it was told cannot be lost with a tab.
import type { RunEvent } from "../../../src/model/engine.js";

/** A run that a tab takes care of. */
export interface PlannedRun {
  readonly runId: string;
  /** Index into KILL_WORKFLOWS. */
  readonly workflow: number;
  readonly amount: number;
}

/** `called` is awaited before a handler does anything, `answered` before it returns; the others come after what they tell of. */
export type TabMessage = { readonly trial: string; readonly tab: string } & (
  | { readonly kind: "called"; readonly runId: string; readonly task: string; readonly key: string; readonly attempt: number; readonly input: string }
  | { readonly kind: "answered"; readonly key: string; readonly nonce: string }
  | { readonly kind: "started"; readonly runId: string }
  | { readonly kind: "acked"; readonly runId: string; readonly event: string; readonly id: number; readonly status: string }
  | { readonly kind: "ended"; readonly runId: string; readonly as: string }
  | { readonly kind: "wrong"; readonly text: string }
);

/** What the test knows of a run: asked by a tab that takes it over. */
export interface KnownRun {
  readonly isStarted: boolean;
  /** Ids of its events that were acknowledged. */
  readonly acked: readonly number[];
}

/** How a run ended, as one tab tells it. */
export interface ToldEnd {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly status: string;
  readonly states: readonly string[];
  readonly result: unknown;
  readonly error: unknown;
  readonly context: unknown;
  readonly events: readonly RunEvent[];
  /** Of an ended run: replayed, it gives the same history, and what was told. */
  readonly isSame: boolean;
}

export interface TabPage {
  /** A database beside all others, which nobody writes to: was it there? It is now. */
  findMark(): Promise<boolean>;
  open(options: { readonly trial: string; readonly tab: string; readonly database: string; readonly taskMs: number }): Promise<void>;
  /** Starts runs, or goes on with them; returns at once. */
  pursue(runs: readonly PlannedRun[]): void;
  /** What it waits for now, by run: for whoever asks why a run does not end. */
  doing(): Readonly<Record<string, string>>;
  /** What the browser has on its disk: all databases of the origin, and how many records stand in each object store of the trial's. */
  listStored(): Promise<string>;
  /** Is there a part of the database that cannot be written to, since a transaction of another tab does not end? */
  isBlocked(): Promise<boolean>;
  /** Every run of the database. */
  tell(): Promise<readonly ToldEnd[]>;
  close(): Promise<void>;
}
