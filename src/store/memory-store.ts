// The store in memory: for Node, for tests and where nothing must outlive the page. The disk outlives every store that
// was made on it, so a test drops an engine, makes a new store on the same disk (or reuses the store) and goes on.
import { isEnded } from "../model/status.js";
import type { RunRecord } from "../model/run-record.js";
import type { HistoryEntry } from "../model/history.js";
import { type LogLimits, type NewLogEntry, type StoredLogEntry, toLogLimits } from "../model/log.js";
import { tellGaps } from "../model/log-gaps.js";
import { LogList } from "../model/log-list.js";
import type { RunChange, SourceRecord, StoredCheckpoint, StoredPast, StorePort } from "../model/ports.js";
import type { RetentionPlan, RetentionPolicy } from "../model/retention.js";
import { planRetention } from "./retention.js";
import { checkConsecutive, fencedError } from "./errors.js";
import { RunIndex } from "./run-index.js";

/** What is kept of a run beside its record. */
export interface MemoryRun {
  /** Its history. */
  entries: HistoryEntry[];
  checkpoint: StoredCheckpoint | undefined;
  logs: LogList | undefined;
  /** The number of the commit that changed it last. */
  group: number;
  /** The last entry that the commit in hand has for it. */
  nextSeq: number;
}

/** What several in-memory stores share, as tabs share a database. */
export interface MemoryDisk {
  readonly index: RunIndex;
  readonly runs: Map<string, MemoryRun>;
  readonly sources: Map<string, SourceRecord>;
  groupCount: number;
  epoch: number;
}

export function createMemoryDisk(): MemoryDisk {
  return { index: new RunIndex(), runs: new Map(), sources: new Map(), groupCount: 0, epoch: 0 };
}

/** A store on `disk`. Commits take effect at once and whole; two stores on one disk fence each other by epoch. */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk(), logLimits: LogLimits = toLogLimits()): StorePort {
  return new MemoryStore(disk, logLimits);
}

class MemoryStore implements StorePort {
  /** Whoever takes over drives all. */
  readonly journalCount = 1;
  onRecords: StorePort["onRecords"] = () => undefined;
  onGone: StorePort["onGone"] = () => undefined;
  readonly #disk: MemoryDisk;
  readonly #logLimits: LogLimits;
  /** Of runs whose first commit is under way. */
  readonly #earlyLogs = new Map<string, LogList>();
  /** 0: never took over, so must not write. */
  #epoch = 0;
  /** The last commit that `refresh` told of. */
  #seenGroup = 0;
  /** Put through this store: kept also before the first run refers to them. */
  readonly #ownSources = new Set<string>();

  constructor(disk: MemoryDisk, logLimits: LogLimits) {
    this.#disk = disk;
    this.#logLimits = logLimits;
  }

  async open(): Promise<readonly RunRecord[]> {
    return this.openRuns();
  }

  async putSource(source: SourceRecord): Promise<void> {
    this.#ownSources.add(source.identity);
    this.#disk.sources.set(source.identity, source);
  }

  async getSource(identity: string): Promise<SourceRecord | undefined> {
    return this.#disk.sources.get(identity);
  }

  async commit(changes: readonly RunChange[]): Promise<void> {
    this.#checkEpoch();
    const runs = this.#checkChanges(changes);
    this.#disk.groupCount += 1;
    for (const [at, run] of runs.entries()) this.#apply(run, changes[at] as RunChange);
  }

  async pasts(_journal: number, runIds: readonly string[]): Promise<readonly StoredPast[]> {
    return runIds.map((runId) => {
      const { checkpoint, entries = [] } = this.#disk.runs.get(runId) ?? {};
      return { checkpoint, entries: entries.slice(checkpoint?.seq ?? 0) };
    });
  }

  async history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    return this.#disk.runs.get(runId)?.entries.slice(fromSeq) ?? [];
  }

  async checkpoint(runId: string): Promise<StoredCheckpoint | undefined> {
    return this.#disk.runs.get(runId)?.checkpoint;
  }

  addLogs(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[]): void {
    if (this.#epoch === 0 || this.#epoch !== this.#disk.epoch) return;
    const run = this.#disk.runs.get(runId);
    const list = (run === undefined ? this.#earlyLogs.get(runId) : run.logs) ?? new LogList(this.#logLimits);
    for (const entry of entries) list.add(entry);
    if (run === undefined) this.#earlyLogs.set(runId, list);
    else {
      run.logs = list;
      run.group = this.#disk.groupCount += 1;
    }
  }

  async logs(runId: string, after = 0): Promise<readonly StoredLogEntry[]> {
    return tellGaps(this.#disk.runs.get(runId)?.logs?.after(after) ?? [], after);
  }

  async flushLogs(): Promise<void> {
    this.#earlyLogs.clear();
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    return this.#disk.index.get(runId);
  }

  async query(...query: Parameters<StorePort["query"]>): ReturnType<StorePort["query"]> {
    return this.#disk.index.query(...query);
  }

  async count(...query: Parameters<StorePort["count"]>): ReturnType<StorePort["count"]> {
    return this.#disk.index.count(...query);
  }

  async delete(runIds: readonly string[]): Promise<void> {
    this.#checkEpoch();
    for (const runId of runIds) {
      this.#disk.index.remove(runId);
      this.#disk.runs.delete(runId);
    }
    for (const identity of this.#disk.sources.keys()) {
      if (!this.#disk.index.hasIdentity(identity) && !this.#ownSources.has(identity)) this.#disk.sources.delete(identity);
    }
  }

  openRuns(): readonly RunRecord[] {
    return [...this.#disk.index.values()].filter((record) => !isEnded(record.status));
  }

  hasOpenRuns(): boolean {
    return this.openRuns().length > 0;
  }

  lastGroup(): number {
    return this.#disk.groupCount;
  }

  journalOf(runId: string): number | undefined {
    return this.#disk.index.get(runId) === undefined ? undefined : 0;
  }

  release(): void {
    this.#epoch = 0;
  }

  async planRetention(policy: RetentionPolicy, now: number): Promise<readonly RetentionPlan[]> {
    const { index } = this.#disk;
    return planRetention(policy, now, { index, segments: [], place: () => ({ journal: 0, segment: undefined }), turn: async () => undefined });
  }

  prune({ runIds }: RetentionPlan): Promise<void> {
    return this.delete(runIds);
  }

  async takeOver(): Promise<number> {
    this.#disk.epoch += 1;
    this.#epoch = this.#disk.epoch;
    return this.#epoch;
  }

  setApart(): void {
    // Nothing of it outlives a crash.
  }

  async refreshOthers(): Promise<void> {
    // What others wrote stands in the index that they share.
  }

  async refresh(): Promise<void> {
    const changed = [...this.#disk.index.values()].filter((record) => (this.#disk.runs.get(record.runId)?.group ?? 0) > this.#seenGroup);
    this.#seenGroup = this.#disk.groupCount;
    if (changed.length > 0) this.onRecords(changed);
  }

  async close(): Promise<void> {
    // The disk stays: the store can be opened again.
  }

  #checkEpoch(): void {
    if (this.#epoch === 0 || this.#epoch !== this.#disk.epoch) throw fencedError(0, this.#epoch, this.#disk.epoch);
  }

  /** Where the changes go, of new runs as well; nothing is changed yet. Throws `store/out-of-order`. */
  #checkChanges(changes: readonly RunChange[]): readonly MemoryRun[] {
    const { runs } = this.#disk;
    const fresh: string[] = [];
    const targets: MemoryRun[] = [];
    try {
      for (const { record, entries } of changes) {
        const { runId } = record;
        let run = runs.get(runId);
        if (run === undefined) {
          run = { entries: [], checkpoint: undefined, logs: undefined, group: 0, nextSeq: 0 };
          runs.set(runId, run);
          fresh.push(runId);
        }
        run.nextSeq = checkConsecutive(runId, Math.max(run.nextSeq, run.entries.length), entries);
        targets.push(run);
      }
    } catch (error) {
      for (const run of targets) run.nextSeq = 0;
      for (const runId of fresh) runs.delete(runId);
      throw error;
    }
    return targets;
  }

  #apply(run: MemoryRun, { record, entries, checkpoint }: RunChange): void {
    this.#disk.index.put(record);
    run.group = this.#disk.groupCount;
    run.nextSeq = 0;
    if (run.entries.length === 0) run.entries = entries.slice();
    else for (const entry of entries) run.entries.push(entry);
    if (checkpoint !== undefined) run.checkpoint = checkpoint;
    const early = this.#earlyLogs.size > 0 ? this.#earlyLogs.get(record.runId) : undefined;
    if (early !== undefined && this.#earlyLogs.delete(record.runId)) run.logs = early;
  }
}
