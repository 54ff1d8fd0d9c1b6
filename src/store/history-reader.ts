// Reads histories and checkpoints of a journal: of runs that stand in groups by their pieces, of archived ones from their segment. What is read
// lately stays in memory, since neighbours share chunks.
import { WorkflowError } from "../model/errors.js";
import { decodeEntries } from "../model/history-codec.js";
import type { HistoryEntry } from "../model/history.js";
import type { StoredCheckpoint, StoredPast } from "../model/ports.js";
import { ChunkCache } from "./chunk-cache.js";
import { checkChunkVersion } from "./chunk-codec.js";
import { type Disk, isIntact, Kind, keyOf } from "./disk.js";
import { damagedError, isDamage, nameRun } from "./errors.js";
import type { CheckpointPlace, Piece } from "./meta-codec.js";
import { type Packer, unpack } from "./packer.js";
import type { RunDirectory } from "./run-directory.js";
import type { Shelf } from "./shelf.js";

export interface HistoryReaderParts {
  readonly disk: Disk;
  readonly packer: Packer;
  readonly directory: RunDirectory;
  readonly shelf: Shelf;
  /** Reads the rows again: another tab may have moved what they name. */
  refresh(): Promise<unknown>;
}

export class HistoryReader {
  readonly #journal: number;
  readonly #disk: Disk;
  readonly #packer: Packer;
  readonly #directory: RunDirectory;
  readonly #shelf: Shelf;
  readonly #refresh: () => Promise<unknown>;
  readonly #chunks: ChunkCache;
  readonly #checkpoints: ChunkCache;

  constructor({ disk, packer, directory, shelf, refresh }: HistoryReaderParts, journal: number) {
    this.#journal = journal;
    this.#disk = disk;
    this.#packer = packer;
    this.#directory = directory;
    this.#shelf = shelf;
    this.#refresh = refresh;
    this.#chunks = new ChunkCache((group) => this.#readChunk(Kind.HISTORY, group));
    this.#checkpoints = new ChunkCache((group) => this.#readChunk(Kind.CHECKPOINTS, group));
  }

  /** These groups are gone. */
  forget(groups: readonly number[], checkpoints: readonly number[]): void {
    for (const group of groups) this.#chunks.forget(group);
    for (const group of checkpoints) this.#checkpoints.forget(group);
  }

  clear(): void {
    this.#chunks.clear();
    this.#checkpoints.clear();
  }

  async history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    try {
      return await this.#read(runId, fromSeq);
    } catch (error) {
      if (!(error instanceof MissingGroup)) throw error;
    }
    // Another tab removed the group, or it is damaged: look at what the rows say now.
    await this.#refresh();
    try {
      return await this.#read(runId, fromSeq);
    } catch (error) {
      throw error instanceof MissingGroup ? damagedError(runId, error.group, "the group is missing") : error;
    }
  }

  /** Undefined also where the checkpoint is damaged: it only shortens the replay of a history that is there. */
  async checkpoint(runId: string): Promise<StoredCheckpoint | undefined> {
    const places = this.#directory.places(runId);
    const place = places?.checkpoint;
    if (place === undefined || places?.damagedGroup !== undefined) return undefined;
    const bytes = await this.#checkpoints.get(place.group).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    return cutCheckpoint(place, bytes);
  }

  /** Checkpoint and entries after it of many runs. Chunks that lie side by side are read with one request. */
  async pasts(runIds: readonly string[]): Promise<readonly StoredPast[]> {
    const places = runIds.map((runId) => this.#directory.places(runId));
    const checkpoints = await this.#readChunks(Kind.CHECKPOINTS, this.#checkpoints, places.map((place) => place?.checkpoint?.group));
    const found = places.map((place) => place?.checkpoint && cutCheckpoint(place.checkpoint, checkpoints.get(place.checkpoint.group)));
    const wanted = places.map((place, index) => piecesAfter(place?.pieces ?? [], found[index]?.seq ?? 0));
    const chunks = await this.#readChunks(Kind.HISTORY, this.#chunks, wanted.flatMap((pieces) => pieces.map(({ group }) => group)));
    const pasts: StoredPast[] = [];
    for (const [index, runId] of runIds.entries()) {
      const checkpoint = found[index];
      try {
        if (places[index] === undefined || places[index]?.damagedGroup !== undefined) throw new MissingGroup(0);
        const entries = cutEntries(runId, wanted[index] ?? [], checkpoint?.seq ?? 0, (group) => chunks.get(group));
        pasts.push({ checkpoint, entries });
      } catch {
        // Alone, since it may have been moved or is damaged: then that says where.
        pasts.push(await this.#past(runId));
      }
    }
    return pasts;
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  async #readChunk(kind: Kind, group: number): Promise<Uint8Array | undefined> {
    return this.#openChunk(kind, group, await this.#disk.read(this.#journal, keyOf(kind, group)));
  }

  async #openChunk(kind: Kind, group: number, stored: unknown): Promise<Uint8Array | undefined> {
    if (stored === undefined) return undefined;
    if (isIntact(stored, keyOf(kind, group))) {
      const bytes = await unpack(this.#packer, stored);
      if (kind === Kind.HISTORY) checkChunkVersion(bytes);
      return bytes;
    }
    const details = { journal: this.#journal, kind: Kind[kind] ?? "", group };
    throw new WorkflowError("store/damaged", `The ${details.kind} record of group ${group} is damaged`, { details });
  }

  async #past(runId: string): Promise<StoredPast> {
    try {
      const checkpoint = await this.checkpoint(runId);
      return { checkpoint, entries: await this.history(runId, checkpoint?.seq ?? 0) };
    } catch (error) {
      if (error instanceof WorkflowError) return { checkpoint: undefined, entries: [], error };
      throw error;
    }
  }

  /** What of these groups can be read. */
  async #readChunks(kind: Kind, cache: ChunkCache, groups: readonly (number | undefined)[]): Promise<ReadonlyMap<number, Uint8Array>> {
    const wanted = [...new Set(groups)].filter((group) => group !== undefined).sort((a, b) => a - b);
    for (const span of findSpans(wanted.filter((group) => !cache.has(group)))) {
      const reading = this.#disk.readRange(this.#journal, { first: keyOf(kind, span.first), last: keyOf(kind, span.last) }, span.last - span.first + 1);
      const read = reading.then((values) => new Map(values.map(({ key, value }) => [key, value])));
      for (const group of span.groups) cache.put(group, read.then((values) => this.#openChunk(kind, group, values.get(keyOf(kind, group)))));
    }
    const chunks = new Map<number, Uint8Array>();
    const take = async (group: number): Promise<void> => {
      const bytes = await cache.get(group).catch(() => undefined);
      if (bytes !== undefined) chunks.set(group, bytes);
    };
    await Promise.all(wanted.map(take));
    return chunks;
  }

  async #read(runId: string, fromSeq: number): Promise<HistoryEntry[]> {
    const places = this.#directory.places(runId);
    if (places === undefined) return this.#readArchived(runId, fromSeq);
    if (places.damagedGroup !== undefined) throw damagedError(runId, places.damagedGroup, "its records cannot be read");
    const wanted = piecesAfter(places.pieces, fromSeq);
    const chunks = new Map<number, Uint8Array | undefined>();
    await Promise.all(wanted.map(async ({ group }) => chunks.set(group, await this.#readFor(runId, group))));
    return cutEntries(runId, wanted, fromSeq, (group) => chunks.get(group));
  }

  async #readArchived(runId: string, fromSeq: number): Promise<HistoryEntry[]> {
    const place = this.#shelf.find(runId);
    if (place === undefined) return [];
    const entries = decodePiece(runId, place.segment, await this.#shelf.read(runId, place));
    return fromSeq === 0 ? entries : entries.filter((entry) => entry.seq > fromSeq);
  }

  async #readFor(runId: string, group: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#chunks.get(group);
    } catch (error) {
      if (isDamage(error)) throw damagedError(runId, group, "its checksum is wrong");
      throw error instanceof WorkflowError ? nameRun(runId, group, error) : error;
    }
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

/** Chunks that lie so near to each other are read with one request, with what lies between. */
const SPAN_GAP_MAX = 4;
/** Chunks of one request. */
const SPAN_GROUPS_MAX = 64;

interface Span {
  readonly first: number;
  last: number;
  readonly groups: number[];
}

/** `groups`: ascending. */
function findSpans(groups: readonly number[]): readonly Span[] {
  const spans: Span[] = [];
  for (const group of groups) {
    const span = spans.at(-1);
    if (span !== undefined && group - span.last <= SPAN_GAP_MAX && span.groups.length < SPAN_GROUPS_MAX) {
      span.last = group;
      span.groups.push(group);
    } else spans.push({ first: group, last: group, groups: [group] });
  }
  return spans;
}

function piecesAfter(pieces: readonly Piece[], fromSeq: number): readonly Piece[] {
  return fromSeq === 0 ? pieces : pieces.filter((piece) => piece.firstSeq + piece.count - 1 > fromSeq);
}

function cutCheckpoint({ seq, offset, size }: CheckpointPlace, chunk: Uint8Array | undefined): StoredCheckpoint | undefined {
  return chunk === undefined || offset + size > chunk.length ? undefined : { seq, bytes: chunk.slice(offset, offset + size) };
}

/** The entries of `pieces` after `fromSeq`. Throws `store/damaged`, and `MissingGroup`. */
function cutEntries(runId: string, pieces: readonly Piece[], fromSeq: number, chunkOf: (group: number) => Uint8Array | undefined): HistoryEntry[] {
  const history: HistoryEntry[] = [];
  for (const { group, offset, size, count, firstSeq } of pieces) {
    const chunk = chunkOf(group);
    if (chunk === undefined) throw new MissingGroup(group);
    if (offset + size > chunk.length) throw damagedError(runId, group, "the chunk is cut off");
    const entries = decodePiece(runId, group, chunk.subarray(offset, offset + size));
    if (entries.length !== count || entries[0]?.seq !== firstSeq) throw damagedError(runId, group, "the chunk holds other entries than its row says");
    for (const entry of entries) if (entry.seq > fromSeq) history.push(entry);
  }
  return history;
}

function decodePiece(runId: string, group: number, bytes: Uint8Array): HistoryEntry[] {
  try {
    return decodeEntries(bytes);
  } catch (error) {
    if (isDamage(error)) throw damagedError(runId, group, error.message);
    throw error;
  }
}
