// Turns the commits that are pending into one group: one chunk of history, one of checkpoints, one row of run records.
// A commit is taken whole or refused whole.
import { ByteWriter } from "../base/bytes.js";
import type { Durability } from "../model/engine.js";
import type { RunRecord } from "../model/run-record.js";
import type { HistoryEntry } from "../model/history.js";
import type { RunChange } from "../model/ports.js";
import { ChunkWriter } from "./chunk-codec.js";
import { checkConsecutive, toStoreError } from "./errors.js";
import { EMPTY_ROW, type MetaRow, type RunMeta } from "./meta-codec.js";

/** A group takes no further commit beyond so many bytes of history and checkpoints, … */
export const GROUP_SIZE_MAX = 8 * 1024 * 1024;
/** … or so many changes. */
export const GROUP_CHANGES_MAX = 20_000;

export interface PendingCommit {
  readonly changes: readonly RunChange[];
  readonly durability: Durability;
  resolve(): void;
  reject(error: unknown): void;
}

export interface Group {
  readonly number: number;
  /** Undefined when no run has new history. */
  readonly history: Uint8Array<ArrayBuffer> | undefined;
  readonly checkpoints: Uint8Array<ArrayBuffer> | undefined;
  readonly row: MetaRow;
  readonly isStrict: boolean;
  readonly commits: readonly PendingCommit[];
}

interface RunDraft {
  record: RunRecord;
  entries: readonly HistoryEntry[];
  checkpoint: RunChange["checkpoint"];
}

/**
 * Takes commits from the front of `pending` into group `number`. `lastSeq` tells a run's last recorded seq; a commit that
 * does not follow it is rejected at once with `store/out-of-order`.
 */
export function buildGroup(number: number, pending: PendingCommit[], lastSeq: (runId: string) => number): Group {
  const drafts = new Map<string, RunDraft>();
  const commits: PendingCommit[] = [];
  let isStrict = false;
  let size = 0;
  let changeCount = 0;
  let taken = 0;
  for (; taken < pending.length && size < GROUP_SIZE_MAX && changeCount < GROUP_CHANGES_MAX; taken += 1) {
    const commit = pending[taken] as PendingCommit;
    try {
      checkCommit(commit, drafts, lastSeq);
    } catch (error) {
      commit.reject(error);
      continue;
    }
    for (const change of commit.changes) size += addChange(drafts, change);
    changeCount += commit.changes.length;
    isStrict ||= commit.durability === "strict";
    commits.push(commit);
  }
  pending.splice(0, taken);
  try {
    return { number, isStrict, commits, ...encodeDrafts(number, drafts) };
  } catch (error) {
    for (const commit of commits) commit.reject(toStoreError(error, "encode a group"));
    return { number, isStrict, commits: [], history: undefined, checkpoints: undefined, row: EMPTY_ROW };
  }
}

function checkCommit(commit: PendingCommit, drafts: ReadonlyMap<string, RunDraft>, lastSeq: (runId: string) => number): void {
  const seqs = new Map<string, number>();
  for (const { record, entries } of commit.changes) {
    const { runId } = record;
    const seq = seqs.get(runId) ?? drafts.get(runId)?.entries.at(-1)?.seq ?? lastSeq(runId);
    seqs.set(runId, checkConsecutive(runId, seq, entries));
  }
}

function addChange(drafts: Map<string, RunDraft>, { record, entries, checkpoint }: RunChange): number {
  const draft = drafts.get(record.runId);
  if (draft === undefined) drafts.set(record.runId, { record, entries, checkpoint });
  else {
    draft.record = record;
    draft.entries = draft.entries.length === 0 ? entries : [...draft.entries, ...entries];
    draft.checkpoint = checkpoint ?? draft.checkpoint;
  }
  let size = checkpoint?.bytes.length ?? 0;
  for (const entry of entries) size += 16 + (entry.payload?.length ?? 0);
  return size;
}

function encodeDrafts(number: number, drafts: ReadonlyMap<string, RunDraft>): Pick<Group, "history" | "checkpoints" | "row"> {
  const chunk = new ChunkWriter(number);
  const checkpoints = new ByteWriter();
  const runs: RunMeta[] = [];
  let hasHistory = false;
  for (const [runId, { record, entries, checkpoint }] of drafts) {
    const pieces = entries.length === 0 ? [] : [chunk.add(runId, entries)];
    hasHistory ||= pieces.length > 0;
    const offset = checkpoints.size;
    if (checkpoint !== undefined) checkpoints.bytes(checkpoint.bytes);
    const place = checkpoint === undefined ? undefined : { group: number, seq: checkpoint.seq, offset, size: checkpoint.bytes.length };
    runs.push({ record, pieces, checkpoint: place });
  }
  return {
    history: hasHistory ? chunk.take() : undefined,
    checkpoints: checkpoints.size > 0 ? checkpoints.take() : undefined,
    row: { ...EMPTY_ROW, runs },
  };
}
