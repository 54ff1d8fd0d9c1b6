// What a journal knows without reading history: every run's record and the places of its history pieces and
// checkpoint, and which groups living runs still refer to. Built from the meta rows alone, in the order of their groups.
import { Kind } from "./disk.js";
import { isEnded } from "../model/status.js";
import type { RunRecord } from "../model/run-record.js";
import type { CheckpointPlace, LogMeta, MetaRow, Piece, RunMeta } from "./meta-codec.js";
import { keepPieces } from "./meta-merge.js";
import type { RunIndex } from "./run-index.js";

/** Places of one run. */
export interface RunPlaces {
  readonly pieces: Piece[];
  checkpoint: CheckpointPlace | undefined;
  /** The newest group that changed the record. */
  group: number;
  /** Set where a row that changed this run could not be read: its history cannot be trusted. */
  damagedGroup: number | undefined;
  /** Of its log; undefined where there is none. */
  log: LogPlaces | undefined;
}

/** Where a run's log lies: entries `from` to `last`. */
export interface LogPlaces {
  readonly pieces: readonly Piece[];
  readonly from: number;
  readonly last: number;
}

export class RunDirectory {
  readonly #index: RunIndex;
  readonly #places = new Map<string, RunPlaces>();
  /** Ids of runs that have not ended, and of those that have, in the order of their ends. */
  readonly #open = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #historyUses = new Map<number, number>();
  readonly #checkpointUses = new Map<number, number>();
  readonly #logUses = new Map<number, number>();
  /** Runs of which no row that could be read tells, but a chunk does, and the group whose row is damaged. */
  readonly #lost = new Map<string, number>();
  /** Groups that nothing refers to any more, to be removed from the database. */
  readonly unusedHistory = new Set<number>();
  readonly unusedCheckpoints = new Set<number>();
  readonly unusedLogs = new Set<number>();
  /** Runs that were open when they were last heard of, and of which no row tells any more: they ended and moved into a segment, were deleted, or are damaged. */
  readonly #gone = new Set<string>();

  /** `index`: the records of all journals. */
  constructor(index: RunIndex) {
    this.#index = index;
  }

  places(runId: string): RunPlaces | undefined {
    return this.#places.get(runId);
  }

  /** The last recorded seq, 0 for an unknown run. */
  lastSeq(runId: string): number {
    const last = this.#places.get(runId)?.pieces.at(-1);
    return last === undefined ? 0 : last.firstSeq + last.count - 1;
  }

  /** Takes those of the groups under this kind for unused to which no run refers. */
  noteGroups(kind: Kind.HISTORY | Kind.CHECKPOINTS | Kind.LOGS, groups: Iterable<number>): void {
    const [uses, unused] = {
      [Kind.HISTORY]: [this.#historyUses, this.unusedHistory] as const,
      [Kind.CHECKPOINTS]: [this.#checkpointUses, this.unusedCheckpoints] as const,
      [Kind.LOGS]: [this.#logUses, this.unusedLogs] as const,
    }[kind];
    for (const group of groups) if (!uses.has(group)) unused.add(group);
  }

  /** Calls with the run's record, if it is there. */
  noteRecord(runId: string, note: (record: RunRecord) => void): void {
    const record = this.#places.has(runId) ? this.#index.get(runId) : undefined;
    if (record !== undefined) note(record);
  }

  /**
   * Takes in the row of groups `from` to `to`. A row that stands for earlier ones (after they were merged) replaces what
   * was known of them; the first row of all also says which runs are gone.
   */
  apply(row: MetaRow, from: number, to: number): void {
    if (from === 0) this.#removeMissing(row, to);
    for (const runId of row.removed) this.remove(runId, to);
    for (const run of row.runs) this.#applyRun(run, from, to);
    for (const log of row.logs) this.#applyLog(log, from, to);
  }

  /** The group whose row, which changed the run, cannot be read. */
  damagedGroup(runId: string): number | undefined {
    return this.#places.get(runId)?.damagedGroup ?? this.#lost.get(runId);
  }

  /** Forgets a run, unless it was changed after `group`. */
  remove(runId: string, group: number = Number.POSITIVE_INFINITY): void {
    if ((this.#lost.get(runId) ?? Number.POSITIVE_INFINITY) <= group) this.#lost.delete(runId);
    const places = this.#places.get(runId);
    if (places === undefined || places.group > group) return;
    for (const piece of places.pieces) release(this.#historyUses, piece.group, this.unusedHistory);
    if (places.checkpoint !== undefined) release(this.#checkpointUses, places.checkpoint.group, this.unusedCheckpoints);
    for (const piece of places.log?.pieces ?? []) release(this.#logUses, piece.group, this.unusedLogs);
    this.#places.delete(runId);
    this.#close(runId);
    this.#ended.delete(runId);
    this.#index.remove(runId);
  }

  /** Marks a run as changed by a row that could not be read: what is known of it is not what it is. */
  markDamaged(runId: string, group: number): void {
    const places = this.#places.get(runId);
    if (places === undefined) this.#lost.set(runId, group);
    // What was read after it would not follow, had it been missed.
    else if (places.group <= group) this.#hide(runId, places, group);
  }

  clear(): void {
    for (const runId of this.#places.keys()) this.#index.remove(runId);
    this.#places.clear();
    this.#open.clear();
    this.#ended.clear();
    this.#lost.clear();
    this.#gone.clear();
    this.#historyUses.clear();
    this.#checkpointUses.clear();
    this.#logUses.clear();
    this.unusedLogs.clear();
    this.unusedHistory.clear();
    this.unusedCheckpoints.clear();
  }

  /** The open runs that are gone since the last call. */
  takeGone(): readonly string[] {
    if (this.#gone.size === 0) return [];
    const gone = [...this.#gone].filter((runId) => !this.#open.has(runId));
    this.#gone.clear();
    return gone;
  }

  get endedCount(): number {
    return this.#ended.size;
  }

  /** Records of runs that have ended and whose history can be read, the first ends first; at most `countMax`. */
  endedRuns(countMax: number): readonly RunRecord[] {
    const records: RunRecord[] = [];
    for (const runId of this.#ended) {
      if (records.length === countMax) break;
      const record = this.#places.get(runId)?.damagedGroup === undefined ? this.#index.get(runId) : undefined;
      // A parent that goes on may ask for it; then it is at hand.
      if (record !== undefined && !this.#open.has(record.parentRunId ?? "")) records.push(record);
    }
    return records;
  }

  get size(): number {
    return this.#places.size;
  }

  /** All of them, as a row names them. */
  allRuns(): readonly RunMeta[] {
    const runs: RunMeta[] = [];
    for (const [runId, { pieces, checkpoint }] of this.#places) {
      const record = this.#index.get(runId);
      if (record !== undefined) runs.push({ record, pieces, checkpoint });
    }
    return runs;
  }

  /** Of those that have one. */
  allLogs(): readonly LogMeta[] {
    const logs: LogMeta[] = [];
    for (const [runId, { log }] of this.#places) if (log !== undefined) logs.push({ runId, ...log });
    return logs;
  }

  get hasOpenRuns(): boolean {
    return this.#open.size > 0;
  }

  /** Records of the runs that have not ended. */
  openRuns(): readonly RunRecord[] {
    return [...this.#open].map((runId) => this.#index.get(runId)).filter((record) => record !== undefined);
  }

  #applyRun({ record, pieces, checkpoint }: RunMeta, from: number, to: number): void {
    const places = this.#places.get(record.runId) ?? { pieces: [], checkpoint: undefined, group: to, damagedGroup: undefined, log: undefined };
    this.#places.set(record.runId, places);
    const before = places.checkpoint;
    for (let last = places.pieces.at(-1); last !== undefined && last.group >= from && last.group <= to; last = places.pieces.at(-1)) {
      places.pieces.pop();
      release(this.#historyUses, last.group, this.unusedHistory);
    }
    const lastPiece = places.pieces.at(-1);
    const firstPiece = pieces[0];
    const isGap = !areConsecutive(lastPiece, pieces);
    // The state of all runs, written by who knew it, is whole again.
    if (from === 0) places.damagedGroup = undefined;
    if (from === 0 || firstPiece?.firstSeq === 1) this.#lost.delete(record.runId);
    if (isGap) places.damagedGroup ??= to;
    for (const piece of pieces) {
      places.pieces.push(piece);
      retain(this.#historyUses, piece.group, this.unusedHistory);
    }
    if (checkpoint !== undefined) {
      retain(this.#checkpointUses, checkpoint.group, this.unusedCheckpoints);
      if (before !== undefined) release(this.#checkpointUses, before.group, this.unusedCheckpoints);
      places.checkpoint = checkpoint;
    }
    places.group = to;
    const damagedGroup = this.damagedGroup(record.runId);
    if (damagedGroup !== undefined) {
      this.#lost.delete(record.runId);
      this.#hide(record.runId, places, damagedGroup);
      return;
    }
    if (isEnded(record.status)) {
      this.#open.delete(record.runId);
      this.#ended.add(record.runId);
    } else this.#open.add(record.runId);
    this.#index.put(record);
  }

  /** Of a run that is not here any more there is nothing to keep. */
  #applyLog({ runId, from: kept, last, pieces }: LogMeta, from: number, to: number): void {
    const places = this.#places.get(runId);
    if (places === undefined) return;
    const before = places.log?.pieces ?? [];
    const next = keepPieces([...before.filter(({ group }) => group < from || group > to), ...pieces], kept);
    for (const { group } of next) retain(this.#logUses, group, this.unusedLogs);
    for (const { group } of before) release(this.#logUses, group, this.unusedLogs);
    places.log = { pieces: next, from: kept, last };
  }

  /** Nothing is told of it any more but that it is damaged. */
  #hide(runId: string, places: RunPlaces, group: number): void {
    places.damagedGroup ??= group;
    this.#close(runId);
    this.#ended.delete(runId);
    this.#index.remove(runId);
  }

  #close(runId: string): void {
    if (this.#open.delete(runId)) this.#gone.add(runId);
  }

  #removeMissing(row: MetaRow, to: number): void {
    for (const [runId, group] of [...this.#lost]) if (group <= to) this.#lost.delete(runId);
    if (this.#places.size === 0) return;
    const present = new Set(row.runs.map((run) => run.record.runId));
    for (const [runId, places] of [...this.#places]) if (places.group <= to && !present.has(runId)) this.remove(runId);
  }
}

function areConsecutive(before: Piece | undefined, pieces: readonly Piece[]): boolean {
  let next = before === undefined ? 1 : before.firstSeq + before.count;
  for (const { firstSeq, count } of pieces) {
    if (firstSeq !== next) return false;
    next += count;
  }
  return true;
}

function retain(uses: Map<number, number>, group: number, unused: Set<number>): void {
  uses.set(group, (uses.get(group) ?? 0) + 1);
  unused.delete(group);
}

function release(uses: Map<number, number>, group: number, unused: Set<number>): void {
  const count = (uses.get(group) ?? 0) - 1;
  if (count > 0) uses.set(group, count);
  else {
    uses.delete(group);
    unused.add(group);
  }
}
