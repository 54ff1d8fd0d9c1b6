// The store over a disk: a pool of journals and one index of all their runs. A run stays in the journal that it began in; a child is in its
// parent's. Knows nothing of what the bytes mean to the engine.
import { createClock } from "../base/clock.js";
import type { Durability } from "../model/engine.js";
import type { HistoryEntry } from "../model/history.js";
import { type LogLimits, type NewLogEntry, type StoredLogEntry, toLogLimits } from "../model/log.js";
import type { ClockPort, RunChange, SourceRecord, StoredCheckpoint, StoredPast, StorePort } from "../model/ports.js";
import type { RetentionPlan, RetentionPolicy } from "../model/retention.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
import { type Disk, JOURNAL_COUNT } from "./disk.js";
import { closedError, fencedError, isDamage } from "./errors.js";
import { createIndexedDbDisk } from "./indexeddb-disk.js";
import { Journal } from "./journal.js";
import { Packer } from "./packer.js";
import { planRetention } from "./retention.js";
import { type Accept, RunIndex } from "./run-index.js";
import { SharedReading } from "./shared-reading.js";
import { journalOfSegment } from "./shelf.js";

/** Options of `createIndexedDbStore`. `name`: of the database. */
export interface IndexedDbStoreOptions {
  readonly name: string;
  /** Where `millrace-zstd.wasm` is served. Default: beside the package's own file. */
  readonly zstdUrl?: string | URL | undefined;
  /** As in `JournalStoreOptions`. */
  readonly mayMakeRoom?: boolean;
  /** As in `JournalStoreOptions`. */
  readonly logLimits?: LogLimits;
}

/** A store that outlives the page. Several stores on one name are tabs, each with journals of its own. */
export function createIndexedDbStore({ name, zstdUrl, mayMakeRoom = true, logLimits = toLogLimits() }: IndexedDbStoreOptions): StorePort {
  return createJournalStore(createIndexedDbDisk(name), name, { packer: new Packer(zstdUrl), mayMakeRoom, logLimits });
}

/** What a store over any disk can be given. */
export interface JournalStoreOptions {
  readonly packer?: Packer;
  readonly clock?: Pick<ClockPort, "schedule" | "defer" | "now">;
  /** Ended runs that a journal gathers before they move into a segment. */
  readonly archiveRunsMin?: number;
  /** Where the disk is full, segments that ended first give way. Default true. */
  readonly mayMakeRoom?: boolean;
  /** How much of each run's log is kept. Default: as of `LogOptions`. */
  readonly logLimits?: LogLimits;
}

/** A store over any disk. `name`: for messages. */
export function createJournalStore(disk: Disk, name: string, options: JournalStoreOptions = {}): StorePort {
  return new JournalStore(disk, name, options);
}

class JournalStore implements StorePort {
  readonly #disk: Disk;
  readonly #name: string;
  readonly #clock: Pick<ClockPort, "schedule" | "defer" | "now">;
  readonly #index = new RunIndex();
  readonly #journals: readonly Journal[];
  /** Where runs begin that have no parent: the first journal that this store drives. */
  #home: Journal | undefined;
  #isOpen = false;
  readonly #others = new SharedReading(async () => {
    await Promise.all(this.#journals.filter((journal) => journal !== this.#home).map((journal) => journal.refresh()));
  });
  onRecords: StorePort["onRecords"] = () => undefined;
  onGone: StorePort["onGone"] = () => undefined;

  constructor(disk: Disk, name: string, { packer = new Packer(), clock = createClock(), archiveRunsMin, mayMakeRoom = true, logLimits = toLogLimits() }: JournalStoreOptions) {
    this.#disk = disk;
    this.#name = name;
    this.#clock = clock;
    this.#journals = Array.from({ length: JOURNAL_COUNT }, (_, number) => new Journal({ disk, name, packer, index: this.#index, clock, archiveRunsMin, mayMakeRoom, logLimits, onRecords: (records) => this.onRecords(records), onGone: (runIds) => this.onGone(runIds) }, number));
  }

  get journalCount(): number {
    return this.#journals.length;
  }

  async open(): Promise<readonly RunRecord[]> {
    await this.#disk.open(() => undefined);
    this.#home = undefined;
    this.#index.clear();
    this.#isOpen = true;
    await Promise.all(this.#journals.map((journal) => journal.open()));
    return this.#journals.flatMap((journal) => journal.openRuns());
  }

  openRuns(journal: number): readonly RunRecord[] {
    return this.#journal(journal).openRuns();
  }

  hasOpenRuns(journal: number): boolean {
    return this.#journal(journal).hasOpenRuns;
  }

  lastGroup(journal: number): number {
    return this.#journal(journal).lastGroup;
  }

  journalOf(runId: string): number | undefined {
    return this.#holder(runId)?.number;
  }

  async putSource(source: SourceRecord): Promise<void> {
    const home = this.#home;
    await (home ?? this.#journal(0)).putSource(source);
    // A child begins in its parent's journal, whichever workflow it is of.
    await Promise.all(this.#journals.filter((journal) => journal !== home && journal.isDriven).map((journal) => journal.putSource(source)));
  }

  async getSource(identity: string): Promise<SourceRecord | undefined> {
    let damage: unknown;
    for (const journal of this.#journals) {
      try {
        const source = await journal.getSource(identity);
        if (source !== undefined) return source;
      } catch (error) {
        // Another journal may have it whole.
        if (!isDamage(error)) throw error;
        damage = error;
      }
    }
    if (damage !== undefined) throw damage;
    return undefined;
  }

  async commit(changes: readonly RunChange[], durability: Durability): Promise<void> {
    if (!this.#isOpen) throw closedError(this.#name, "the store was closed");
    const parts = new Map<Journal, RunChange[]>();
    let last: Journal | undefined;
    let part: RunChange[] = [];
    for (const change of changes) {
      const journal = this.#target(change, changes);
      if (journal === undefined) throw fencedError(0, 0, 0);
      if (journal !== last) {
        last = journal;
        part = parts.get(journal) ?? [];
        parts.set(journal, part);
      }
      part.push(change);
    }
    await Promise.all([...parts].map(([journal, changed]) => journal.commit(changed, durability)));
  }

  async history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    await this.#settle();
    if (this.#holder(runId) === undefined) await this.#load();
    const holder = this.#holder(runId);
    if (holder === undefined) this.#checkDamaged(runId);
    return (await holder?.history(runId, fromSeq)) ?? [];
  }

  async checkpoint(runId: string): Promise<StoredCheckpoint | undefined> {
    await this.#settle();
    return this.#holder(runId)?.checkpoint(runId);
  }

  async pasts(journal: number, runIds: readonly string[]): Promise<readonly StoredPast[]> {
    const held = this.#journal(journal);
    await held.settle();
    return held.pasts(runIds);
  }

  addLogs(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[]): void {
    // A child that begins in the commit under way will be where its family is.
    const root = runId.includes("~") ? runId.slice(0, runId.indexOf("~")) : runId;
    (this.#holder(runId) ?? this.#holder(root) ?? this.#home)?.addLogs(runId, entries);
  }

  async logs(runId: string, after = 0): Promise<readonly StoredLogEntry[]> {
    if (this.#holder(runId) === undefined) await this.#load();
    return (await this.#holder(runId)?.logs(runId, after)) ?? [];
  }

  async flushLogs(): Promise<void> {
    if (this.#isOpen) await Promise.all(this.#journals.map((journal) => journal.flushLogs()));
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    await this.#settle();
    const record = this.#index.get(runId);
    if (record !== undefined) return record;
    await this.#load();
    const archived = this.#index.get(runId);
    if (archived === undefined) this.#checkDamaged(runId);
    return archived;
  }

  async query(query: RunQuery, accept?: Accept): Promise<RunPage> {
    await this.#settle();
    await this.#load();
    return this.#index.query(query, accept);
  }

  async count(query: RunQuery, accept?: Accept): Promise<number> {
    await this.#settle();
    await this.#load();
    return this.#index.count(query, accept);
  }

  async delete(runIds: readonly string[]): Promise<void> {
    await this.#settle();
    await this.#load();
    const ids = [...new Set(runIds)];
    const isUsed = (identity: string): boolean => this.#isUsed(identity);
    await Promise.all(this.#journals.filter((journal) => ids.some((id) => journal.has(id))).map((journal) => journal.delete(ids, isUsed)));
  }

  async planRetention(policy: RetentionPolicy, now: number): Promise<readonly RetentionPlan[]> {
    await this.#settle();
    await this.#load();
    const place = (runId: string): { readonly journal: number; readonly segment: number | undefined } | undefined => {
      const holder = this.#holder(runId);
      return holder && { journal: holder.number, segment: holder.segmentOf(runId) };
    };
    const turn = (): Promise<void> => new Promise((resolve) => this.#clock.defer(resolve));
    return planRetention(policy, now, { index: this.#index, segments: this.#journals.flatMap((journal) => journal.segments()), place, turn });
  }

  prune(plan: RetentionPlan): Promise<void> {
    return this.#journal(plan.journal).prune(plan, (identity) => this.#isUsed(identity));
  }

  async takeOver(journal = 0): Promise<number> {
    const taken = this.#journal(journal);
    try {
      const epoch = await taken.takeOver();
      this.#home ??= taken;
      return epoch;
    } catch (error) {
      // Whatever failed: nobody drives it here.
      taken.release();
      throw error;
    }
  }

  release(journal: number): void {
    this.#journal(journal).release();
    if (this.#home?.number === journal) this.#home = this.#journals.find((one) => one.isDriven);
  }

  async refresh(journal?: number): Promise<void> {
    await Promise.all((journal === undefined ? this.#journals : [this.#journal(journal)]).map((one) => one.refresh()));
  }

  setApart(): void {
    this.#disk.setApart?.();
  }

  refreshOthers(): Promise<void> {
    return this.#others.read();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await Promise.all(this.#journals.map((journal) => journal.close()));
    this.#disk.close();
  }

  #journal(number: number): Journal {
    const journal = this.#journals[number];
    if (journal === undefined) throw new RangeError(`There is no journal ${number}; there are ${this.#journals.length}`);
    return journal;
  }

  #holder(runId: string): Journal | undefined {
    // Asked for every change: nearly all runs are at home and in no segment yet.
    if (this.#home?.isLoose(runId) === true) return this.#home;
    const loose = this.#journals.find((journal) => journal.isLoose(runId));
    if (loose !== undefined) return loose;
    const place = this.#index.locate(runId);
    return place && this.#journals[journalOfSegment(place.segment)];
  }

  /** Where a change goes. A new run's parent may begin in the same commit. */
  #target({ record }: RunChange, changes: readonly RunChange[]): Journal | undefined {
    const holder = this.#holder(record.runId);
    if (holder !== undefined) return holder;
    const parent = record.parentRunId;
    if (parent === undefined || parent === record.runId) return this.#home;
    const beside = changes.find((change) => change.record.runId === parent);
    return beside === undefined ? (this.#holder(parent) ?? this.#home) : this.#target(beside, changes);
  }

  #isUsed(identity: string): boolean {
    return this.#index.hasIdentity(identity) || this.#journals.some((journal) => journal.hasIdentity(identity));
  }

  /** Ended runs that stand in segments are read when somebody asks for them. */
  async #load(): Promise<void> {
    await Promise.all(this.#journals.map((journal) => journal.load()));
  }

  /** Throws `store/damaged` where a journal held the run and cannot say what it was. */
  #checkDamaged(runId: string): void {
    for (const journal of this.#journals) {
      const damage = journal.damageOf(runId);
      if (damage !== undefined) throw damage;
    }
  }

  async #settle(): Promise<void> {
    for (const journal of this.#journals) await journal.settle();
  }
}
