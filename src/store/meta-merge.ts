// Merging rows of run records, so that opening a database reads few rows however many groups were committed: rows of
// one level, side by side, become one row of the next level.
import type { LogMeta, MetaRow, Piece, RunMeta, SegmentEntry } from "./meta-codec.js";

/** So many rows of one level become one. */
export const MERGE_ROWS = 64;
/** Rows are not merged beyond so many bytes, which keeps the merging transaction short. */
export const MERGE_SIZE_MAX = 2 * 1024 * 1024;
/** The level of a row that holds the state of all runs. */
export const STATE_LEVEL = 1;
/** The level of a row that is too large to be merged with others. */
export const LEVEL_FINAL = 255;
/** The level of rows some of which cannot be read: nothing is merged across them, and no state is known to be all. */
export const LEVEL_LOST = 254;

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
    const isFixed = row.level >= LEVEL_LOST;
    if (row.level !== rows[start]?.level || isFixed) {
      start = isFixed ? index + 1 : index;
      size = 0;
      if (isFixed) continue;
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
/** Rows may always name so many runs; beyond it, so many times as many as there are. */
const NAMED_COUNT_MIN = 16_384;
const NAMED_FACTOR = 4;

/**
 * Is it better to write the state of all runs anew, in the place of all rows, than to do `merge`? So it is where that is less work; and where most of what
 * rows name has moved into segments since: they would be read at every start.
 */
export function isStateWorth(rows: readonly RowPlace[], merge: { readonly start: number; readonly count: number } | undefined, runCount: number): boolean {
  if (runCount > STATE_RUNS_MAX || rows.some((row) => row.level === LEVEL_LOST)) return false;
  const named = countNamed(rows);
  if (named > NAMED_COUNT_MIN && named >= NAMED_FACTOR * runCount) return true;
  return merge !== undefined && runCount <= countNamed(rows.slice(merge.start, merge.start + merge.count));
}

function countNamed(rows: readonly RowPlace[]): number {
  return rows.reduce((sum, row) => sum + row.runCount, 0);
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
