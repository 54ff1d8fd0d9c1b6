// The store on IndexedDB: a journal of groups. One committer, one transaction in flight, everything pending goes into the
// next group; per group one chunk of history, one of checkpoints and one row of run records, never a record a run. Queries
// are answered from memory, which opening fills from the rows alone. Knows nothing of what the bytes mean to the engine.
import { WorkflowError } from "../model/errors.js";
import { decodeEntries } from "../model/history-codec.js";
import { isEnded } from "../model/status.js";
import type { Durability, RunPage, RunQuery, RunRecord } from "../model/engine.js";
import type { HistoryEntry } from "../model/history.js";
import type { RunChange, SourceRecord, StorePort } from "../model/ports.js";
import { ChunkCache } from "./chunk-cache.js";
import { JournalDatabase } from "./journal-database.js";
import { closedError, damagedError, fencedError } from "./errors.js";
import { buildGroup, type Group, type PendingCommit } from "./group.js";
import { decodeMeta, encodeMeta, type MetaRow } from "./meta-codec.js";
import { LEVEL_FINAL, mergeRows, MERGE_ROWS, pickMerge, type RowPlace } from "./meta-merge.js";
import { RunDirectory } from "./run-directory.js";

/** Commits that may wait for their group; further ones are refused with `store/overloaded`. */
export const PENDING_COMMITS_MAX = 100_000;
/** Rows are merged and unused groups removed so long after there is something to tidy, a step at a time, ms. */
const TIDY_DELAY_MS = 200;
/** Rows that may pile up before they are merged between commits, without waiting for a pause. */
const TIDY_ROWS_MAX = 16 * MERGE_ROWS;
/** Groups removed in one transaction. */
const REMOVALS_PER_TRANSACTION = 50;

/** Options of `createIndexedDbStore`. `name`: of the database. */
export interface IndexedDbStoreOptions {
  readonly name: string;
}

/** A store that outlives the page. Several stores on one name are tabs: each takes over from the one before. */
export function createIndexedDbStore(options: IndexedDbStoreOptions): StorePort {
  return new IndexedDbStore(options.name);
}

class IndexedDbStore implements StorePort {
  readonly #database: JournalDatabase;
  readonly #name: string;
  readonly #directory = new RunDirectory();
  readonly #chunks: ChunkCache;
  readonly #checkpoints: ChunkCache;
  readonly #ownSources = new Map<string, SourceRecord>();
  /** Rows of run records in the database, ascending. */
  #rows: RowPlace[] = [];
  #lastGroup = 0;
  /** 0: never took over, so must not write. */
  #epoch = 0;
  #pending: PendingCommit[] = [];
  #tasks: (() => Promise<void>)[] = [];
  #isWorking = false;
  #isClosed = true;
  /** Commits that nobody waits for (durability none) and that are not written yet. */
  #unawaitedCount = 0;
  #tidyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#database = new JournalDatabase(name);
    this.#chunks = new ChunkCache((group) => this.#database.readChunk("groups", group));
    this.#checkpoints = new ChunkCache((group) => this.#database.readChunk("checkpoints", group));
  }

  async open(): Promise<readonly RunRecord[]> {
    await this.#database.open();
    this.#isClosed = false;
    this.#epoch = 0;
    this.#lastGroup = 0;
    this.#rows = [];
    this.#directory.clear();
    await this.#runTask(() => this.#readRows());
    return [...this.#directory.records()].filter((record) => !isEnded(record.status));
  }

  async putSource(source: SourceRecord): Promise<void> {
    const known = this.#ownSources.get(source.identity);
    this.#ownSources.set(source.identity, source);
    if (known === undefined) await this.#database.putSources([source]);
  }

  async getSource(identity: string): Promise<SourceRecord | undefined> {
    return this.#ownSources.get(identity) ?? (await this.#database.getSource(identity));
  }

  commit(changes: readonly RunChange[], durability: Durability): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError(this.#name, "the store was closed"));
    if (this.#epoch === 0) return Promise.reject(fencedError(0, this.#epoch));
    if (this.#pending.length >= PENDING_COMMITS_MAX) return Promise.reject(overloadedError(this.#pending.length));
    if (durability !== "none") {
      return new Promise((resolve, reject) => {
        this.#pending.push({ changes, durability, resolve, reject });
        this.#wake();
      });
    }
    this.#unawaitedCount += 1;
    const written = (): void => {
      this.#unawaitedCount -= 1;
    };
    this.#pending.push({ changes, durability, resolve: written, reject: written });
    this.#wake();
    return Promise.resolve();
  }

  async history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    await this.#settle();
    try {
      return await this.#readHistory(runId, fromSeq);
    } catch (error) {
      if (!(error instanceof MissingGroup)) throw error;
    }
    // Another tab removed the group, or it is damaged: look at what the rows say now.
    await this.refresh();
    try {
      return await this.#readHistory(runId, fromSeq);
    } catch (error) {
      throw error instanceof MissingGroup ? damagedError(runId, error.group, "the group is missing") : error;
    }
  }

  /** Undefined also where the checkpoint is damaged: it only shortens the replay of a history that is there. */
  async checkpoint(runId: string): Promise<{ readonly seq: number; readonly bytes: Uint8Array } | undefined> {
    await this.#settle();
    const place = this.#directory.places(runId)?.checkpoint;
    if (place === undefined) return undefined;
    const bytes = await this.#checkpoints.get(place.group).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (bytes === undefined || place.offset + place.size > bytes.length) return undefined;
    return { seq: place.seq, bytes: bytes.slice(place.offset, place.offset + place.size) };
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    await this.#settle();
    return this.#directory.index.get(runId);
  }

  async query(query: RunQuery): Promise<RunPage> {
    await this.#settle();
    return this.#directory.index.query(query);
  }

  async count(query: RunQuery): Promise<number> {
    await this.#settle();
    return this.#directory.index.count(query);
  }

  async delete(runIds: readonly string[]): Promise<void> {
    await this.#settle();
    await this.#runTask(async () => {
      const removed = [...new Set(runIds)].filter((runId) => this.#directory.places(runId) !== undefined);
      if (removed.length === 0) return;
      await this.#addGroup({
        number: this.#lastGroup + 1,
        history: undefined,
        checkpoints: undefined,
        row: { removed, runs: [] },
        isStrict: false,
        commits: [],
      });
      await this.#database.removeSources(
        this.#epoch,
        (identity) => !this.#directory.index.hasIdentity(identity) && !this.#ownSources.has(identity),
      );
    });
  }

  async takeOver(): Promise<number> {
    await this.#runTask(async () => {
      this.#epoch = await this.#database.raiseEpoch();
      await this.#readRows();
      await this.#findUnused();
      if (this.#ownSources.size > 0) await this.#database.putSources([...this.#ownSources.values()]);
    });
    return this.#epoch;
  }

  async refresh(): Promise<void> {
    await this.#runTask(() => this.#readRows());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#tidyTimer);
    this.#tidyTimer = undefined;
    await new Promise<void>((resolve) => {
      this.#tasks.push(async () => resolve());
      this.#wake();
    });
    this.#chunks.clear();
    this.#checkpoints.clear();
    this.#database.close();
  }

  // --- the committer ---------------------------------------------------------------------------------------------

  #wake(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    queueMicrotask(() => void this.#work());
  }

  /** Groups first, then one task, by turns, until nothing is left. Never rejects: each caller hears of its own failure. */
  async #work(): Promise<void> {
    while (this.#pending.length > 0 || this.#tasks.length > 0) {
      if (this.#pending.length > 0) await this.#commitGroup();
      // Under a load without pauses, rows are merged all the same.
      if (this.#rows.length > TIDY_ROWS_MAX && this.#rows.length % MERGE_ROWS === 0) await this.#tidyOnce().catch(() => undefined);
      if (this.#pending.length > 0 && this.#isClosed) continue;
      await this.#tasks.shift()?.();
    }
    this.#isWorking = false;
    this.#planTidying();
  }

  async #commitGroup(): Promise<void> {
    const group = buildGroup(this.#lastGroup + 1, this.#pending, (runId) => this.#checkedSeq(runId));
    if (group.commits.length === 0) return;
    try {
      await this.#addGroup(group);
    } catch (error) {
      for (const commit of group.commits) commit.reject(error);
      return;
    }
    for (const commit of group.commits) commit.resolve();
  }

  async #addGroup(group: Group): Promise<void> {
    const meta = encodeMeta(group.row, group.number);
    await this.#database.addGroup(this.#epoch, group, meta);
    this.#lastGroup = group.number;
    this.#rows.push({ from: group.number, group: group.number, level: 0, size: meta.length });
    this.#directory.apply(group.row, group.number, group.number);
  }

  #checkedSeq(runId: string): number {
    const damaged = this.#directory.places(runId)?.damagedGroup;
    if (damaged !== undefined) throw damagedError(runId, damaged, "its records cannot be read, so nothing is added to it");
    return this.#directory.lastSeq(runId);
  }

  #runTask(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError(this.#name, "the store was closed"));
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => work().then(resolve, reject));
      this.#wake();
    });
  }

  /** Waits for the commits that nobody waited for. */
  async #settle(): Promise<void> {
    while (this.#unawaitedCount > 0 && !this.#isClosed) await this.#runTask(async () => undefined);
  }

  // --- reading ---------------------------------------------------------------------------------------------------

  async #readHistory(runId: string, fromSeq: number): Promise<HistoryEntry[]> {
    const places = this.#directory.places(runId);
    if (places === undefined) return [];
    if (places.damagedGroup !== undefined) throw damagedError(runId, places.damagedGroup, "its records cannot be read");
    const wanted = places.pieces.filter((piece) => piece.firstSeq + piece.count - 1 > fromSeq);
    const chunks = await Promise.all(wanted.map((piece) => this.#readFor(runId, piece.group)));
    const history: HistoryEntry[] = [];
    for (const [index, piece] of wanted.entries()) {
      const chunk = chunks[index];
      if (chunk === undefined) throw new MissingGroup(piece.group);
      if (piece.offset + piece.size > chunk.length) throw damagedError(runId, piece.group, "the chunk is cut off");
      const entries = decodePiece(runId, piece.group, chunk.subarray(piece.offset, piece.offset + piece.size));
      if (entries.length !== piece.count || entries[0]?.seq !== piece.firstSeq)
        throw damagedError(runId, piece.group, "the chunk holds other entries than its row says");
      for (const entry of entries) if (entry.seq > fromSeq) history.push(entry);
    }
    return history;
  }

  async #readFor(runId: string, group: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#chunks.get(group);
    } catch (error) {
      throw isDamage(error) ? damagedError(runId, group, "its checksum is wrong") : error;
    }
  }

  /** Takes in the rows after the last one known. */
  async #readRows(): Promise<void> {
    const damaged: RowPlace[] = [];
    await this.#database.readMetaAfter(this.#lastGroup, (stored, key) => {
      const place: RowPlace = {
        from: stored?.from ?? this.#lastGroup + 1,
        group: key,
        level: stored?.level ?? LEVEL_FINAL,
        size: stored?.bytes.length ?? 0,
      };
      const row = stored === undefined ? undefined : decodeRow(stored.bytes, key);
      if (row === undefined) {
        damaged.push(place);
        place.level = LEVEL_FINAL;
      } else this.#directory.apply(row, place.from, key);
      while ((this.#rows.at(-1)?.group ?? 0) >= place.from && this.#rows.length > 0) this.#rows.pop();
      this.#rows.push(place);
      this.#lastGroup = key;
    });
    for (const { from, group } of damaged) {
      for (const runId of await this.#database.readRunsOf(from, group)) this.#directory.markDamaged(runId, group);
    }
  }

  // --- tidying ---------------------------------------------------------------------------------------------------

  async #findUnused(): Promise<void> {
    const hasDamage = this.#rows.some((row) => row.level === LEVEL_FINAL && row.size === 0);
    if (hasDamage) return;
    const { groups, checkpoints } = await this.#database.readKeys();
    for (const group of groups) if (!this.#directory.hasHistory(group)) this.#directory.unusedHistory.add(group);
    for (const group of checkpoints) if (!this.#directory.hasCheckpoint(group)) this.#directory.unusedCheckpoints.add(group);
  }

  #planTidying(): void {
    if (this.#isClosed || this.#epoch === 0 || this.#tidyTimer !== undefined || !this.#hasTidying()) return;
    this.#tidyTimer = setTimeout(() => {
      this.#tidyTimer = undefined;
      // A failure (another driver's epoch, a full disk) leaves all as it was; the next quiet moment tries again.
      this.#runTask(() => this.#tidyOnce()).catch(() => undefined);
    }, TIDY_DELAY_MS);
  }

  #hasTidying(): boolean {
    return this.#directory.unusedHistory.size > 0 || this.#directory.unusedCheckpoints.size > 0 || pickMerge(this.#rows) !== undefined;
  }

  async #tidyOnce(): Promise<void> {
    const groups = takeSome(this.#directory.unusedHistory);
    const checkpoints = takeSome(this.#directory.unusedCheckpoints);
    if (groups.length + checkpoints.length > 0) {
      await this.#database.removeChunks(this.#epoch, groups, checkpoints);
      for (const group of groups) this.#chunks.forget(group);
      for (const group of checkpoints) this.#checkpoints.forget(group);
    }
    const merge = pickMerge(this.#rows);
    if (merge === undefined) return;
    const places = this.#rows.slice(merge.start, merge.start + merge.count);
    const isFirst = merge.start === 0;
    const from = isFirst ? 0 : (places[0] as RowPlace).from;
    const group = (places.at(-1) as RowPlace).group;
    const level = (places[0] as RowPlace).level + 1;
    const bytes = await this.#database.replaceMeta(this.#epoch, { from, group, level }, (places[0] as RowPlace).group, (stored) => {
      const rows = stored.map(({ value, key }) => (value === undefined ? undefined : decodeRow(value.bytes, key)));
      if (!rows.every((row): row is MetaRow => row !== undefined)) return undefined;
      return encodeMeta(mergeRows(rows, isFirst), group);
    });
    if (bytes === undefined) for (const place of places) place.level = LEVEL_FINAL;
    else this.#rows.splice(merge.start, merge.count, { from, group, level, size: bytes.length });
  }
}

/** A group that a row names is not there. */
class MissingGroup extends Error {
  readonly group: number;

  constructor(group: number) {
    super(`Group ${group} is missing`);
    this.group = group;
  }
}

function decodePiece(runId: string, group: number, bytes: Uint8Array): HistoryEntry[] {
  try {
    return decodeEntries(bytes);
  } catch (error) {
    if (isDamage(error)) throw damagedError(runId, group, error.message);
    throw error;
  }
}

/** The row, or undefined when it is damaged. A later version is an error: this engine must not go on. */
function decodeRow(bytes: Uint8Array, group: number): MetaRow | undefined {
  try {
    return decodeMeta(bytes, group);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function isDamage(error: unknown): error is WorkflowError {
  return error instanceof WorkflowError && error.code === "store/damaged";
}

function takeSome(groups: Set<number>): number[] {
  const taken: number[] = [];
  for (const group of groups) {
    if (taken.length === REMOVALS_PER_TRANSACTION) break;
    taken.push(group);
    groups.delete(group);
  }
  return taken;
}

function overloadedError(count: number): WorkflowError {
  return new WorkflowError("store/overloaded", `${count} commits wait already; the limit is ${PENDING_COMMITS_MAX}`, { isRetryable: true });
}
