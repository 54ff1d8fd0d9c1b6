// Bounds of a journal, each with its unit.
import { MERGE_ROWS } from "./meta-merge.js";

/** Commits that may wait for their group; further ones are refused with `store/overloaded`. */
export const PENDING_COMMITS_MAX = 100_000;
/** Tries to take a journal over while others write to it. */
export const TAKEOVER_ATTEMPTS_MAX = 100;
/** The same, ms: who writes for so long is alive, and does not know that its lock is another's. */
export const TAKEOVER_MS_MAX = 3_000;
/** Rows are merged and unused groups removed so long after there is something to tidy, a step at a time, ms. */
export const TIDY_DELAY_MS = 200;
/** Rows that may pile up before they are merged between commits, without waiting for a pause. */
export const TIDY_ROWS_MAX = 4 * MERGE_ROWS;
/** Rows read at once. */
export const ROWS_PER_READ = 256;
/** Segments removed in one transaction: four requests each. */
export const SEGMENTS_PER_REMOVAL = 12;
/** Single runs removed in one transaction. */
export const RUNS_PER_REMOVAL = 2_000;
/** So many runs have to have ended before they move into a segment. */
export const ARCHIVE_RUNS_MIN = 1_000;
/** So many times that many are moved without waiting for a pause. */
export const ARCHIVE_LOAD_FACTOR = 4;
