// The segments of one journal: what the rows say of them, their columns in the index once somebody asks for ended runs, and the way to a
// history in their blocks. Columns stand in memory, directories and blocks are read when they are needed.
import { WorkflowError } from "../model/errors.js";
import { ChunkCache } from "./chunk-cache.js";
import { CHUNK_VERSION, checkChunkVersion } from "./chunk-codec.js";
import { type Disk, type GroupWrite, isIntact, Kind, keyOf, numberOf, seal } from "./disk.js";
import { damagedError, isUnreadable, nameRun } from "./errors.js";
import { readRunsIn } from "./lost-runs.js";
import type { MetaRow, SegmentEntry } from "./meta-codec.js";
import { type Packer, unpack } from "./packer.js";
import type { RunIndex } from "./run-index.js";
import { BLOCKS_MAX, DIRECTORY_VERSION, readDirectory, SEGMENT_RUNS_MAX, type SegmentDirectory, type SegmentDraft } from "./segment-draft.js";
import { COLUMNS_VERSION, decodeSegment, type SegmentColumns } from "./segment-columns.js";

/** Directories kept in memory, a few tens of KB each. */
const DIRECTORIES_KEPT_MAX = 64;
/** Of the bits that say which runs are removed. */
const REMOVED_VERSION = 1;
const NO_BYTES = new Uint8Array(0);
const BITS_SIZE = Math.ceil(SEGMENT_RUNS_MAX / 8);
/** Segments of all journals are told apart in the index by journal × this + id. */
const JOURNAL_SIZE = 2 ** 44;

/** Where an archived run lies. */
export interface ShelfPlace {
  readonly segment: number;
  readonly row: number;
}

interface LoadedSegment {
  readonly entry: SegmentEntry;
  readonly columns: SegmentColumns | undefined;
  readonly removed: Uint8Array | undefined;
}

export interface ShelfParts {
  readonly disk: Disk;
  readonly packer: Packer;
  readonly index: RunIndex;
}

/** The journal of a segment, by the name that the index has for it. */
export function journalOfSegment(key: number): number {
  return Math.floor(key / JOURNAL_SIZE);
}

export class Shelf {
  readonly #journal: number;
  readonly #disk: Disk;
  readonly #packer: Packer;
  readonly #index: RunIndex;
  readonly #entries = new Map<number, SegmentEntry>();
  readonly #directories = new Map<number, Promise<SegmentDirectory>>();
  readonly #blocks: ChunkCache;
  /** Segments whose columns cannot be read, why, and whose runs they held as far as their blocks tell. */
  readonly #damaged = new Map<number, { readonly runIds: ReadonlySet<string>; readonly why: WorkflowError }>();
  #loading: Promise<void> | undefined;

  constructor({ disk, packer, index }: ShelfParts, journal: number) {
    this.#journal = journal;
    this.#disk = disk;
    this.#packer = packer;
    this.#index = index;
    this.#blocks = new ChunkCache((key) => this.#readBytes(key));
  }

  get entries(): readonly SegmentEntry[] {
    return [...this.#entries.values()];
  }

  hasIdentity(identity: string): boolean {
    for (const { identities } of this.#entries.values()) if (identities.includes(identity)) return true;
    return false;
  }

  /** What a row adds, to be placed once the row is applied. Read before, so that no run is missed in between. */
  async prepare({ segments }: MetaRow): Promise<readonly LoadedSegment[]> {
    if (this.#loading === undefined) return segments.map((entry) => ({ entry, columns: undefined, removed: undefined }));
    await this.#loading;
    return Promise.all(segments.map((entry) => this.#load(entry)));
  }

  /** Takes in a row; `prepared` is of it. `isWhole`: it names every segment that there is. */
  apply(row: MetaRow, prepared: readonly LoadedSegment[], isWhole: boolean): void {
    if (isWhole) {
      const there = new Set(row.segments.map(({ id }) => id));
      for (const id of [...this.#entries.keys(), ...this.#damaged.keys()]) if (!there.has(id)) this.#drop(id);
    }
    for (const id of row.dropped) this.#drop(id);
    for (const runId of row.erased) if (this.find(runId) !== undefined) this.#index.remove(runId);
    for (const segment of prepared) this.#place(segment);
  }

  /** Puts the columns of all segments into the index, if they are not there. */
  load(): Promise<void> {
    this.#loading ??= this.#loadAll().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  clear(): void {
    for (const id of [...this.#entries.keys(), ...this.#damaged.keys()]) this.#drop(id);
    this.#blocks.clear();
    this.#loading = undefined;
  }

  /** The run's place, if it is in this shelf and the columns are loaded. */
  find(runId: string): ShelfPlace | undefined {
    const place = this.#index.locate(runId);
    if (place === undefined || journalOfSegment(place.segment) !== this.#journal) return undefined;
    return { segment: place.segment % JOURNAL_SIZE, row: place.row };
  }

  /** Why the columns of the run's segment cannot be read. */
  damageOf(runId: string): WorkflowError | undefined {
    for (const [id, { runIds, why }] of this.#damaged) if (runIds.has(runId)) return nameRun(runId, id, why);
    return undefined;
  }

  /** The rows of groups `from` to `to` cannot be read: segments that were added in them and that nothing names are damaged. */
  async markLost(from: number, to: number): Promise<void> {
    const range = { first: keyOf(Kind.COLUMNS, from), last: keyOf(Kind.COLUMNS, to) };
    for (const id of (await this.#disk.readKeys(this.#journal, range)).map(numberOf))
      if (!this.#entries.has(id)) await this.#noteDamage({ id, blockCount: BLOCKS_MAX }, new WorkflowError("store/damaged", "the row that added its segment is damaged"));
  }

  /** The run's history as bytes (model/history-codec). Rejects with `store/damaged`. */
  read(runId: string, place: ShelfPlace): Promise<Uint8Array> {
    return this.#read(runId, place, ({ sizes }, row) => [0, sizes[row] ?? 0]);
  }

  /** The run's log as bytes (model/log-codec), none where it has no log. Rejects with `store/damaged`. */
  readLog(runId: string, place: ShelfPlace): Promise<Uint8Array> {
    return this.#read(runId, place, ({ sizes, logSizes }, row) => [sizes[row] ?? 0, logSizes[row] ?? 0]);
  }

  async #read(runId: string, { segment, row }: ShelfPlace, choose: (directory: SegmentDirectory, row: number) => readonly [skip: number, size: number]): Promise<Uint8Array> {
    try {
      const directory = await this.#directory(segment);
      const block = directory.blocks[row];
      if (block === undefined) throw damagedError(runId, segment, "its segment's directory is too short");
      const [skip, size] = choose(directory, row);
      const offset = (directory.offsets[row] ?? 0) + skip;
      if (size === 0) return NO_BYTES;
      const bytes = await this.#blocks.get(keyOf(Kind.BLOCK, segment * BLOCKS_MAX + block));
      if (bytes === undefined) throw damagedError(runId, segment, `block ${block} of its segment is missing`);
      checkChunkVersion(bytes);
      if (offset + size > bytes.length) throw damagedError(runId, segment, `block ${block} of its segment is cut off`);
      return bytes.subarray(offset, offset + size);
    } catch (error) {
      throw isUnreadable(error) && error.details["runId"] === undefined ? nameRun(runId, segment, error) : error;
    }
  }

  /** Runs of a segment that are not removed; all of them while its columns are not loaded. */
  liveCount(id: number): number {
    return (this.#entries.get(id)?.runCount ?? 0) - countBits(this.#index.removedOf(this.#key(id)) ?? NO_BYTES);
  }

  /** What a group has to put to hold a new segment, whose id is the group's number. */
  puts(draft: SegmentDraft, id: number): GroupWrite["puts"] {
    const put = (kind: Kind, number: number, version: number, packed: SegmentDraft["directory"]) => ({
      key: keyOf(kind, number),
      value: seal(keyOf(kind, number), { version, ...packed }),
    });
    return [
      put(Kind.COLUMNS, id, COLUMNS_VERSION, draft.packedColumns),
      put(Kind.DIRECTORY, id, DIRECTORY_VERSION, draft.directory),
      ...draft.blocks.map((block, number) => put(Kind.BLOCK, id * BLOCKS_MAX + number, CHUNK_VERSION, block)),
    ];
  }

  /** What goes with a segment. */
  removals(id: number): NonNullable<GroupWrite["removals"]> {
    const blockCount = this.#entries.get(id)?.blockCount ?? 0;
    const single = [Kind.COLUMNS, Kind.DIRECTORY, Kind.REMOVED].map((kind) => ({ first: keyOf(kind, id), last: keyOf(kind, id) }));
    return [...single, { first: keyOf(Kind.BLOCK, id * BLOCKS_MAX), last: keyOf(Kind.BLOCK, id * BLOCKS_MAX + Math.max(0, blockCount - 1)) }];
  }

  /** What a group has to do to delete archived runs. A segment of which nothing is left goes as a whole. */
  erase(runIds: readonly string[]): Pick<MetaRow, "erased" | "dropped"> & Pick<GroupWrite, "puts" | "removals"> {
    const bits = new Map<number, Uint8Array<ArrayBuffer>>();
    const erased: string[] = [];
    for (const runId of runIds) {
      const place = this.find(runId);
      if (place === undefined) continue;
      const { segment, row } = place;
      const removed = bits.get(segment) ?? ((this.#index.removedOf(this.#key(segment))?.slice() ?? new Uint8Array(BITS_SIZE)) as Uint8Array<ArrayBuffer>);
      removed[row >> 3] = (removed[row >> 3] ?? 0) | (1 << (row & 7));
      bits.set(segment, removed);
      erased.push(runId);
    }
    const dropped = [...bits].filter(([id, removed]) => countBits(removed) >= (this.#entries.get(id)?.runCount ?? 0)).map(([id]) => id);
    for (const id of dropped) bits.delete(id);
    const puts = [...bits].map(([id, removed]) => ({ key: keyOf(Kind.REMOVED, id), value: seal(keyOf(Kind.REMOVED, id), { version: REMOVED_VERSION, bytes: removed }) }));
    return { erased, dropped, puts, removals: dropped.flatMap((id) => this.removals(id)) };
  }

  #key(id: number): number {
    return this.#journal * JOURNAL_SIZE + id;
  }

  async #loadLate(entry: SegmentEntry): Promise<void> {
    const loaded = await this.#load(entry);
    if (this.#entries.has(entry.id)) this.#place(loaded);
  }

  async #loadAll(): Promise<void> {
    const loaded = await Promise.all([...this.#entries.values()].map((entry) => this.#load(entry)));
    for (const segment of loaded) if (this.#entries.has(segment.entry.id)) this.#place(segment);
  }

  async #load(entry: SegmentEntry): Promise<LoadedSegment> {
    const { id } = entry;
    const [columns, removed] = await Promise.all([this.#disk.read(this.#journal, keyOf(Kind.COLUMNS, id)), this.#disk.read(this.#journal, keyOf(Kind.REMOVED, id))]);
    try {
      if (!isIntact(columns, keyOf(Kind.COLUMNS, id))) throw new WorkflowError("store/damaged", `The columns of segment ${id} are damaged`);
      // What was deleted must not come back because nobody knows any more that it was.
      if (removed !== undefined && !isIntact(removed, keyOf(Kind.REMOVED, id))) throw new WorkflowError("store/damaged", `What is left of segment ${id} is not known`);
      const decoded = decodeSegment(await unpack(this.#packer, columns));
      return { entry, columns: decoded, removed: removed?.bytes };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      await this.#noteDamage(entry, error);
      return { entry, columns: undefined, removed: undefined };
    }
  }

  /** Whose histories stand in the segment's blocks cannot be told of. */
  async #noteDamage({ id, blockCount }: Pick<SegmentEntry, "id" | "blockCount">, why: WorkflowError): Promise<void> {
    const range = { first: keyOf(Kind.BLOCK, id * BLOCKS_MAX), last: keyOf(Kind.BLOCK, id * BLOCKS_MAX + BLOCKS_MAX - 1) };
    this.#damaged.set(id, { runIds: await readRunsIn(this.#disk, this.#packer, { journal: this.#journal, range, countMax: blockCount }), why });
  }

  #place({ entry, columns, removed }: LoadedSegment): void {
    this.#entries.set(entry.id, entry);
    if (this.#loading === undefined) return;
    if (columns === undefined) {
      // Somebody asked for ended runs after it was prepared.
      if (!this.#damaged.has(entry.id)) this.#loading = this.#loading.then(() => this.#loadLate(entry));
      return;
    }
    this.#damaged.delete(entry.id);
    this.#index.addSegment(this.#key(entry.id), columns, removed);
  }

  #drop(id: number): void {
    this.#entries.delete(id);
    this.#directories.delete(id);
    this.#damaged.delete(id);
    this.#index.dropSegment(this.#key(id));
  }

  #directory(id: number): Promise<SegmentDirectory> {
    const known = this.#directories.get(id);
    if (known !== undefined) return known;
    const reading = this.#readBytes(keyOf(Kind.DIRECTORY, id)).then((bytes) => {
      if (bytes === undefined) throw new WorkflowError("store/damaged", `The directory of segment ${id} is missing`);
      return readDirectory(bytes);
    });
    this.#directories.set(id, reading);
    reading.catch(() => this.#directories.delete(id));
    for (const oldest of this.#directories.keys()) {
      if (this.#directories.size <= DIRECTORIES_KEPT_MAX) break;
      this.#directories.delete(oldest);
    }
    return reading;
  }

  async #readBytes(key: number): Promise<Uint8Array | undefined> {
    const stored = await this.#disk.read(this.#journal, key);
    if (stored === undefined) return undefined;
    if (!isIntact(stored, key)) throw new WorkflowError("store/damaged", `What stands under ${key} is damaged`, { details: { journal: this.#journal, key } });
    return unpack(this.#packer, stored);
  }
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
