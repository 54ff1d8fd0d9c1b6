// Log entries that wait for their group. Nobody waits for them: they go with the next commit, or, where none comes, in a group of their own. What is
// written is the newest of each run, within the limits of a log, so whatever is logged, a group stays small.
import { ByteWriter } from "../base/bytes.js";
import type { LogLimits, NewLogEntry, StoredLogEntry } from "../model/log.js";
import { writeLog } from "../model/log-codec.js";
import { LogList } from "../model/log-list.js";
import type { LogMeta, MetaRow, Piece } from "./meta-codec.js";
import type { LogPlaces, RunDirectory } from "./run-directory.js";

/** Bytes of entries that may wait, of all runs; what comes then is dropped until some are written. */
export const PENDING_LOGS_SIZE_MAX = 8 * 1024 * 1024;
/** Entries of a run that is not there are kept for so many groups: its first commit may be under way. */
const UNKNOWN_GROUPS_MAX = 2;

interface Pending {
  readonly list: LogList;
  groupsMissed: number;
}

/** What a group takes along. */
export interface LogDraft {
  readonly chunk: Uint8Array<ArrayBuffer>;
  readonly logs: readonly LogMeta[];
}

export class LogBuffer {
  readonly #limits: LogLimits;
  readonly #runs = new Map<string, Pending>();
  #size = 0;

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0;
  }

  /** `lastNumber`: of what is stored. */
  add(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[], lastNumber: number): void {
    let pending = this.#runs.get(runId);
    if (pending === undefined) this.#runs.set(runId, (pending = { list: new LogList(this.#limits, lastNumber), groupsMissed: 0 }));
    const { list } = pending;
    const before = list.size;
    for (const entry of entries) if (this.#size + list.size - before <= PENDING_LOGS_SIZE_MAX) list.add(entry);
    this.#size += list.size - before;
  }

  /** What waits of a run, after entry `number`. */
  after(runId: string, number: number): readonly StoredLogEntry[] {
    return this.#runs.get(runId)?.list.after(number) ?? [];
  }

  /** What group `group`, of this row, is to hold; it stays here until `written`. */
  draft(group: number, row: MetaRow, directory: RunDirectory): LogDraft | undefined {
    if (this.#runs.size === 0) return undefined;
    const begun = new Set(row.runs.map(({ record }) => record.runId));
    const writer = new ByteWriter(4_096);
    const logs: LogMeta[] = [];
    for (const [runId, pending] of [...this.#runs]) {
      const places = directory.places(runId);
      if (places !== undefined || begun.has(runId)) logs.push(this.#write(writer, { group, runId, list: pending.list, places: places?.log }));
      else {
        pending.groupsMissed += 1;
        if (pending.groupsMissed >= UNKNOWN_GROUPS_MAX) this.#drop(runId, pending);
      }
    }
    return logs.length === 0 ? undefined : { chunk: writer.take(), logs };
  }

  /** A group has taken these. */
  written(logs: readonly LogMeta[]): void {
    for (const { runId, last } of logs) {
      const pending = this.#runs.get(runId);
      if (pending === undefined) continue;
      const before = pending.list.size;
      pending.list.forget(last);
      this.#size += pending.list.size - before;
      if (pending.list.count === 0) this.#runs.delete(runId);
    }
  }

  /** The runs are gone. */
  forget(runIds: readonly string[]): void {
    if (this.#runs.size === 0) return;
    for (const runId of runIds) {
      const pending = this.#runs.get(runId);
      if (pending !== undefined) this.#drop(runId, pending);
    }
  }

  clear(): void {
    this.#runs.clear();
    this.#size = 0;
  }

  #drop(runId: string, { list }: Pending): void {
    this.#size -= list.size;
    this.#runs.delete(runId);
  }

  #write(writer: ByteWriter, { group, runId, list, places }: { group: number; runId: string; list: LogList; places: LogPlaces | undefined }): LogMeta {
    const entries = list.after();
    const offset = writer.size;
    writeLog(writer, entries);
    const piece: Piece = { group, firstSeq: entries[0]?.number ?? 0, count: entries.length, offset, size: writer.size - offset };
    const [oldest = piece] = this.#fit([...(places?.pieces ?? []), piece]);
    return { runId, from: oldest.firstSeq, last: list.lastNumber, pieces: [piece] };
  }

  /** As many of the newest pieces as the limits permit. */
  #fit(pieces: readonly Piece[]): readonly Piece[] {
    let [count, size, first] = [0, 0, pieces.length - 1];
    for (let index = pieces.length - 1; index >= 0; index -= 1) {
      const piece = pieces[index] as Piece;
      count += piece.count;
      size += piece.size;
      if (count > this.#limits.entriesMax || size > this.#limits.sizeMax) break;
      first = index;
    }
    return pieces.slice(first);
  }
}
