// Reads histories and checkpoints of a journal: of runs that stand in groups by their pieces, of archived ones from their segment. What is read
// lately stays in memory, since neighbours share chunks.
import { WorkflowError } from "../model/errors.js";
import { decodeEntries } from "../model/history-codec.js";
import type { HistoryEntry } from "../model/history.js";
import { ChunkCache } from "./chunk-cache.js";
import { type Disk, isIntact, Kind, keyOf } from "./disk.js";
import { damagedError, isDamage } from "./errors.js";
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
  async checkpoint(runId: string): Promise<{ readonly seq: number; readonly bytes: Uint8Array } | undefined> {
    const place = this.#directory.places(runId)?.checkpoint;
    if (place === undefined) return undefined;
    const bytes = await this.#checkpoints.get(place.group).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (bytes === undefined || place.offset + place.size > bytes.length) return undefined;
    return { seq: place.seq, bytes: bytes.slice(place.offset, place.offset + place.size) };
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  async #readChunk(kind: Kind, group: number): Promise<Uint8Array | undefined> {
    const stored = await this.#disk.read(this.#journal, keyOf(kind, group));
    if (stored === undefined) return undefined;
    if (isIntact(stored)) return unpack(this.#packer, stored);
    const details = { journal: this.#journal, kind: Kind[kind] ?? "", group };
    throw new WorkflowError("store/damaged", `The ${details.kind} record of group ${group} is damaged`, { details });
  }

  async #read(runId: string, fromSeq: number): Promise<HistoryEntry[]> {
    const places = this.#directory.places(runId);
    if (places === undefined) return this.#readArchived(runId, fromSeq);
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
      throw isDamage(error) ? damagedError(runId, group, "its checksum is wrong") : error;
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

function decodePiece(runId: string, group: number, bytes: Uint8Array): HistoryEntry[] {
  try {
    return decodeEntries(bytes);
  } catch (error) {
    if (isDamage(error)) throw damagedError(runId, group, error.message);
    throw error;
  }
}
