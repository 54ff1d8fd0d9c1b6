// Merging rows of run records, so that opening a database reads few rows however many groups were committed: rows of
// one level, side by side, become one row of the next level.
import type { LogMeta, MetaRow, Piece, RunMeta, SegmentEntry } from "./meta-codec.js";

/** So many rows of one level become one. */
export const MERGE_ROWS = 64;
/** Rows are not merged beyond so many bytes, which keeps the merging transaction short. */
export const MERGE_SIZE_MAX = 2 * 1024 * 1024;
/** The level of a row that holds the state of all runs. */
export const STATE_LEVEL = 1;
/** The level of a row that is left alone. */
export const LEVEL_FINAL = 255;

/** A row as the driver remembers it. */
export interface RowPlace {
  readonly from: number;
  readonly group: number;
  level: number;
  /** Bytes, as stored. */
  readonly size: number;
  /** Runs that it names. */
  readonly runCount: number;
}

/** Start and count of rows to merge next, or undefined. Rows too large to be merged become final. */
export function pickMerge(rows: readonly RowPlace[]): { readonly start: number; readonly count: number } | undefined {
  let start = 0;
  let size = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] as RowPlace;
    if (row.level !== rows[start]?.level || row.level === LEVEL_FINAL) {
      start = row.level === LEVEL_FINAL ? index + 1 : index;
      size = 0;
      if (row.level === LEVEL_FINAL) continue;
    }
    if (size + row.size > MERGE_SIZE_MAX) {
      if (index - start >= 2) return { start, count: index - start };
      for (let at = start; at <= index; at += 1) (rows[at] as RowPlace).level = LEVEL_FINAL;
      start = index + 1;
      size = 0;
      continue;
    }
    size += row.size;
    if (index - start + 1 === MERGE_ROWS) return { start, count: MERGE_ROWS };
  }
  return undefined;
}

/** Beyond so many runs a journal's state is not written anew. */
const STATE_RUNS_MAX = 16_384;

/** Is the state of all runs, written anew, less work than merging `merge`? Most of what rows name has moved into segments since. */
export function isStateSmaller(rows: readonly RowPlace[], merge: { readonly start: number; readonly count: number }, runCount: number): boolean {
  if (runCount > STATE_RUNS_MAX || rows.some((row) => row.level === LEVEL_FINAL)) return false;
  const merged = rows.slice(merge.start, merge.start + merge.count).reduce((sum, row) => sum + row.runCount, 0);
  return runCount <= merged;
}

/** One row for many, oldest first. `isFirst`: nothing older stands in the store, so removals need not be remembered. */
export function mergeRows(rows: readonly MetaRow[], isFirst: boolean): MetaRow {
  const removed = new Set<string>();
  const runs = new Map<string, RunMeta>();
  const segments = new Map<number, SegmentEntry>();
  const dropped = new Set<number>();
  const erased = new Set<string>();
  const logs = new Map<string, LogMeta>();
  for (const row of rows) {
    for (const runId of row.removed) {
      runs.delete(runId);
      logs.delete(runId);
      removed.add(runId);
    }
    for (const run of row.runs) {
      const before = runs.get(run.record.runId);
      const merged =
        before === undefined
          ? run
          : { record: run.record, pieces: [...before.pieces, ...run.pieces], checkpoint: run.checkpoint ?? before.checkpoint };
      runs.set(run.record.runId, merged);
    }
    for (const log of row.logs) logs.set(log.runId, mergeLogs(logs.get(log.runId), log));
    for (const segment of row.segments) segments.set(segment.id, segment);
    for (const id of row.dropped) {
      segments.delete(id);
      dropped.add(id);
    }
    for (const runId of row.erased) erased.add(runId);
  }
  const isTold = !isFirst;
  return {
    removed: isTold ? [...removed] : [],
    runs: [...runs.values()],
    segments: [...segments.values()],
    dropped: isTold ? [...dropped] : [],
    erased: isTold ? [...erased] : [],
    logs: [...logs.values()].filter(({ runId }) => isTold || runs.has(runId)),
  };
}

function mergeLogs(before: LogMeta | undefined, log: LogMeta): LogMeta {
  return before === undefined ? log : { ...log, pieces: keepPieces([...before.pieces, ...log.pieces], log.from) };
}

/** The pieces of a log in which something is kept. */
export function keepPieces(pieces: readonly Piece[], from: number): Piece[] {
  const first = pieces.findIndex((_, index) => (pieces[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY) > from);
  return pieces.slice(Math.max(0, first));
}
