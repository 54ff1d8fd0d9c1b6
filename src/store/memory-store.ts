// The store in memory: for Node, for tests and where nothing must outlive the page. The disk outlives every store that
// was made on it, so a test drops an engine, makes a new store on the same disk (or reuses the store) and goes on.
import { isEnded } from "../model/status.js";
import type { RunRecord } from "../model/run-record.js";
import type { HistoryEntry } from "../model/history.js";
import { type LogLimits, type NewLogEntry, type StoredLogEntry, toLogLimits } from "../model/log.js";
import { tellGaps } from "../model/log-gaps.js";
import { LogList } from "../model/log-list.js";
import type { RunChange, SourceRecord, StoredPast, StorePort } from "../model/ports.js";
import type { RetentionPlan, RetentionPolicy } from "../model/retention.js";
import { planRetention } from "./retention.js";
import { checkConsecutive, fencedError } from "./errors.js";
import { RunIndex } from "./run-index.js";

interface Checkpoint {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** What several in-memory stores share, as tabs share a database. */
export interface MemoryDisk {
  readonly index: RunIndex;
  readonly histories: Map<string, HistoryEntry[]>;
  readonly checkpoints: Map<string, Checkpoint>;
  readonly logs: Map<string, LogList>;
  readonly sources: Map<string, SourceRecord>;
  /** Per run the number of the commit that changed it last. */
  readonly groups: Map<string, number>;
  groupCount: number;
  epoch: number;
}

export function createMemoryDisk(): MemoryDisk {
  return { index: new RunIndex(), histories: new Map(), checkpoints: new Map(), logs: new Map(), sources: new Map(), groups: new Map(), groupCount: 0, epoch: 0 };
}

/** A store on `disk`. Commits take effect at once and whole; two stores on one disk fence each other by epoch. */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk(), logLimits: LogLimits = toLogLimits()): StorePort {
  return new MemoryStore(disk, logLimits);
}

class MemoryStore implements StorePort {
  /** Whoever takes over drives all. */
  readonly journalCount = 1;
  onRecords: StorePort["onRecords"] = () => undefined;
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
    const lastSeqs = new Map<string, number>();
    for (const { record, entries } of changes) {
      const seq = lastSeqs.get(record.runId) ?? this.#disk.histories.get(record.runId)?.length ?? 0;
      lastSeqs.set(record.runId, checkConsecutive(record.runId, seq, entries));
    }
    this.#disk.groupCount += 1;
    for (const change of changes) this.#apply(change);
  }

  async pasts(_journal: number, runIds: readonly string[]): Promise<readonly StoredPast[]> {
    return runIds.map((runId) => {
      const checkpoint = this.#disk.checkpoints.get(runId);
      return { checkpoint, entries: this.#disk.histories.get(runId)?.slice(checkpoint?.seq ?? 0) ?? [] };
    });
  }

  async history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    return this.#disk.histories.get(runId)?.slice(fromSeq) ?? [];
  }

  async checkpoint(runId: string): Promise<Checkpoint | undefined> {
    return this.#disk.checkpoints.get(runId);
  }

  addLogs(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[]): void {
    if (this.#epoch === 0 || this.#epoch !== this.#disk.epoch) return;
    const isThere = this.#disk.index.get(runId) !== undefined;
    const logs = isThere ? this.#disk.logs : this.#earlyLogs;
    const list = logs.get(runId) ?? new LogList(this.#logLimits);
    logs.set(runId, list);
    for (const entry of entries) list.add(entry);
    if (isThere) this.#disk.groups.set(runId, (this.#disk.groupCount += 1));
  }

  async logs(runId: string, after = 0): Promise<readonly StoredLogEntry[]> {
    return tellGaps(this.#disk.logs.get(runId)?.after(after) ?? [], after);
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
      this.#disk.histories.delete(runId);
      this.#disk.checkpoints.delete(runId);
      this.#disk.logs.delete(runId);
      this.#disk.groups.delete(runId);
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

  async refresh(): Promise<void> {
    const changed = [...this.#disk.index.values()].filter((record) => (this.#disk.groups.get(record.runId) ?? 0) > this.#seenGroup);
    this.#seenGroup = this.#disk.groupCount;
    if (changed.length > 0) this.onRecords(changed);
  }

  async close(): Promise<void> {
    // The disk stays: the store can be opened again.
  }

  #checkEpoch(): void {
    if (this.#epoch === 0 || this.#epoch !== this.#disk.epoch) throw fencedError(0, this.#epoch, this.#disk.epoch);
  }

  #apply({ record, entries, checkpoint }: RunChange): void {
    this.#disk.index.put(record);
    this.#disk.groups.set(record.runId, this.#disk.groupCount);
    const early = this.#earlyLogs.get(record.runId);
    if (early !== undefined && this.#earlyLogs.delete(record.runId)) this.#disk.logs.set(record.runId, early);
    const history = this.#disk.histories.get(record.runId);
    if (history === undefined) this.#disk.histories.set(record.runId, [...entries]);
    else for (const entry of entries) history.push(entry);
    if (checkpoint !== undefined) this.#disk.checkpoints.set(record.runId, checkpoint);
  }
}
