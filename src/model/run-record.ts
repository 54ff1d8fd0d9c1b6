// What lists show of a run, and how runs are looked for: what a query can ask, in which order runs come, and what a page of them is. The
// store answers from its index, without reading any history.
import type { ErrorRecord } from "./errors.js";
import type { RunStatus } from "./status.js";

/** What a searchable input or output can hold. Numbers and booleans are compared as such, texts by their UTF-16 units. */
export type SearchValue = string | number | boolean;

/** A run as the list shows it. Times are ms since 1970. */
export interface RunRecord {
  readonly runId: string;
  readonly workflow: string;
  readonly identity: string;
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly endedAt?: number;
  readonly error?: ErrorRecord;
  readonly parentRunId?: string;
  /** The run whose tasks this one has done again. */
  readonly rerunOf?: string;
  /** The run that this one began as, and after which entry of its history. */
  readonly forkOf?: { readonly runId: string; readonly seq: number };
  readonly tags: readonly string[];
  /** The values of its searchable inputs and outputs. */
  readonly fields?: Readonly<Record<string, SearchValue>>;
  /** Absent: 5. */
  readonly priority?: number;
  /** Number of history entries. */
  readonly seq: number;
  /**
   * Values of its history were replaced when it was exported: it can be looked at, but its history need not lead where the run once came to. It is not
   * driven, and its tasks are not done again.
   */
  readonly isRedacted?: boolean;
}

/** What is asked of a searchable field: that it equals a value, or lies within bounds (both inclusive; of one type). */
export type SearchRange = SearchValue | { readonly from?: SearchValue; readonly to?: SearchValue };

/**
 * By which of its times a run is placed. `started`: every run has it. `updated`: its last change. `ended` and `duration` (ms from start to
 * end): runs that have not ended stand behind all others, whichever the order, by their start.
 */
export type RunSort = "started" | "updated" | "ended" | "duration";

/** All that is given has to hold. Times are ms since 1970, durations ms; bounds are inclusive. */
export interface RunQuery {
  readonly workflow?: string | readonly string[];
  readonly status?: RunStatus | readonly RunStatus[];
  readonly startedFrom?: number;
  readonly startedTo?: number;
  /** Bounds of the end and of the duration leave out runs that have not ended. */
  readonly endedFrom?: number;
  readonly endedTo?: number;
  readonly durationMin?: number;
  readonly durationMax?: number;
  readonly tag?: string;
  readonly parentRunId?: string;
  /** Code of the error of a run that failed. */
  readonly errorCode?: string;
  /** By name of an input or output that the workflow declares searchable. */
  readonly fields?: Readonly<Record<string, SearchRange>>;
  /** A condition in CEL over the record's fields (`workflow`, `status`, `duration`, `tags`, `fields.total` …), on what the rest of the query leaves. */
  readonly filter?: string;
  /** Default `started`. Equal ones stand in the order of their start and then of their ids, so that pages do not shift. */
  readonly sort?: RunSort;
  /** The largest first by default. */
  readonly order?: "newest" | "oldest";
  /** 1–1,000, default 50. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

export interface RunPage {
  readonly records: readonly RunRecord[];
  readonly cursor?: string;
}
