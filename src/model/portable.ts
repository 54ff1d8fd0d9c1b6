// Runs as a file: what is asked of an export and of an import, and what an import answers. The bytes themselves are drawn in
// src/portable/section-codec.ts.
import type { RunQuery } from "./run-record.js";

/** Which runs are exported, each with its family: the runs that it started, and those that it was started by. Absent: all that are stored. */
export interface ExportChoice {
  /** Rejects with `run/unknown`. Runs of durability `none` are exported only where they are named here. */
  readonly runIds?: readonly string[];
  /** All pages of it: `limit` and `cursor` mean nothing here. */
  readonly query?: RunQuery;
}

/** What is put in place of values before they leave. */
export interface Redaction {
  /**
   * Paths into what runs were told, `input.customer.*`, `**.password`, `event.items[*].price`, `vars["card no"]`: the first name is `input`,
   * `event` (payloads), `result` (of tasks and sub-workflows), `error`, `log` (fields of log entries; `log.message` is their text) or `vars` (an input of
   * that name); `*` is any one name or index,
   * `**` any number of them.
   */
  readonly paths: readonly string[];
  /** What stands there instead. Default `[redacted]`. */
  readonly marker?: string | null;
}

export interface ExportOptions {
  /** Encrypts the file with a key made of it. */
  readonly passphrase?: string;
  readonly redact?: readonly string[] | Redaction;
  /** Log entries come along. Default true. */
  readonly logs?: boolean;
  /** gzip. Smaller, but the bytes are those of the browser's own gzip; only the plain form is the same everywhere. Default false. */
  readonly compress?: boolean;
  /** ms since 1970; stands in the file where it is given. */
  readonly exportedAt?: number;
}

/** Bytes of an export, in pieces of any size. */
export type ImportSource = Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array;

export interface ImportProgress {
  /** Runs of the file that have been dealt with, whatever became of them. */
  readonly runCount: number;
  /** Of the file as it lies there. */
  readonly sizeBytes: number;
}

export interface ImportOptions {
  readonly passphrase?: string;
  /**
   * A run (or another of its family) is there already: it is left out with its family (`skip`, the default: an import that broke off goes on
   * where it was), gets a new id (`rename`), or ends the import with `run/exists` (`fail`).
   */
  readonly onConflict?: "skip" | "rename" | "fail";
  /**
   * What becomes of runs that have not ended. `pause` (the default): they are there, paused, and perform nothing until they are resumed. `keep`: they
   * go on at once, as after a crash; whoever exported them must not go on with them. `cancel`: they end as canceled.
   */
  readonly open?: "pause" | "keep" | "cancel";
  /** Called after every batch of runs. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** A run that was not stored, or that is stored and not driven, and why. */
export interface RefusedRun {
  readonly runId: string;
  readonly code: string;
  readonly message: string;
}

export interface ImportReport {
  /** Runs that were stored, those with a new id too. */
  readonly imported: number;
  readonly skipped: number;
  /** Only of families: a run's sub-workflows keep its id as the beginning of theirs. */
  readonly renamed: readonly { readonly runId: string; readonly newRunId: string }[];
  readonly refusedCount: number;
  /** The first thousand of them. */
  readonly refused: readonly RefusedRun[];
  /** Stored, not ended, and left alone: a task that is not registered, a redacted history. The first thousand of them. */
  readonly untouched: readonly RefusedRun[];
  /** Where the file says so, ms since 1970. */
  readonly exportedAt?: number;
}
