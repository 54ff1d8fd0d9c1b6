// Merging rows of run records, so that opening a database reads few rows however many groups were committed: rows of
// one level, side by side, become one row of the next level.
import type { MetaRow, RunMeta, SegmentEntry } from "./meta-codec.js";

/** So many rows of one level become one. */
export const MERGE_ROWS = 64;
/** Rows are not merged beyond so many bytes, which keeps the merging transaction short. */
export const MERGE_SIZE_MAX = 2 * 1024 * 1024;
/** The level of a row that is left alone. */
export const LEVEL_FINAL = 255;

/** A row as the driver remembers it. */
export interface RowPlace {
  readonly from: number;
  readonly group: number;
  level: number;
  readonly size: number;
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

/** One row for many, oldest first. `isFirst`: nothing older stands in the store, so removals need not be remembered. */
export function mergeRows(rows: readonly MetaRow[], isFirst: boolean): MetaRow {
  const removed = new Set<string>();
  const runs = new Map<string, RunMeta>();
  const segments = new Map<number, SegmentEntry>();
  const dropped = new Set<number>();
  const erased = new Set<string>();
  for (const row of rows) {
    for (const runId of row.removed) {
      runs.delete(runId);
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
  };
}
