// Reads the logs of a journal: of runs that stand in groups by their pieces, of archived ones from their segment, and what is not written yet. What is
// damaged or gone is told in its place; reading a log never fails for it.
import { WorkflowError } from "../model/errors.js";
import type { StoredLogEntry } from "../model/log.js";
import { decodeLog } from "../model/log-codec.js";
import { type LostEntries, tellGaps } from "../model/log-gaps.js";
import { ChunkCache } from "./chunk-cache.js";
import { type Disk, isIntact, Kind, keyOf } from "./disk.js";
import { isDamage } from "./errors.js";
import type { LogBuffer } from "./log-buffer.js";
import type { Piece } from "./meta-codec.js";
import { type Packer, unpack } from "./packer.js";
import type { RunDirectory } from "./run-directory.js";
import type { Shelf } from "./shelf.js";

export interface LogReaderParts {
  readonly disk: Disk;
  readonly packer: Packer;
  readonly directory: RunDirectory;
  readonly shelf: Shelf;
  readonly buffer: LogBuffer;
  /** Reads the rows again: another tab may have moved what they name. */
  refresh(): Promise<unknown>;
}

type Part = StoredLogEntry | LostEntries;

export class LogReader {
  readonly #journal: number;
  readonly #parts: LogReaderParts;
  readonly #chunks: ChunkCache;

  constructor(parts: LogReaderParts, journal: number) {
    this.#journal = journal;
    this.#parts = parts;
    this.#chunks = new ChunkCache((group) => this.#readChunk(group));
  }

  forget(groups: readonly number[]): void {
    for (const group of groups) this.#chunks.forget(group);
  }

  clear(): void {
    this.#chunks.clear();
  }

  /** The entries of a run after entry `after`, in order, those that wait to be written among them. */
  async read(runId: string, after: number): Promise<readonly StoredLogEntry[]> {
    // Taken before anything is waited for: what is written meanwhile is in neither place then.
    const waiting = this.#parts.buffer.after(runId, after);
    return tellGaps([...(await this.#readStored(runId, after)), ...waiting], after);
  }

  /** What is stored of a run that has ended, for its segment. Of what is damaged nothing is left: a gap in the numbers says so. */
  async readStored(runId: string): Promise<readonly StoredLogEntry[]> {
    return (await this.#readStored(runId, 0)).filter((part): part is StoredLogEntry => !("lostFrom" in part));
  }

  async #readStored(runId: string, after: number): Promise<readonly Part[]> {
    const parts = await this.#attempt(runId, after);
    if (parts !== undefined) return parts;
    // Another tab removed a group, or it is lost: look at what the rows say now.
    await this.#parts.refresh();
    return (await this.#attempt(runId, after, true)) ?? [];
  }

  /** Undefined: a group is not there. `isLast`: then its entries are lost. */
  async #attempt(runId: string, after: number, isLast = false): Promise<readonly Part[] | undefined> {
    const { directory, shelf } = this.#parts;
    const places = directory.places(runId);
    if (places === undefined) return keepAfter(await this.#readArchived(shelf, runId), after);
    if (places.log === undefined || places.log.last <= after) return [];
    const { pieces } = places.log;
    const wanted = pieces.filter((_, index) => (pieces[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY) > after + 1);
    const read = await Promise.all(wanted.map((piece) => this.#readPiece(piece)));
    if (!isLast && read.includes(undefined)) return undefined;
    return read.flatMap((part, index) => part?.filter((entry) => "lostFrom" in entry || entry.number > after) ?? [lose(wanted[index] as Piece, "it is missing")]);
  }

  async #readPiece(piece: Piece): Promise<readonly Part[] | undefined> {
    try {
      const chunk = await this.#chunks.get(piece.group);
      if (chunk === undefined) return undefined;
      if (piece.offset + piece.size > chunk.length) return [lose(piece, "it is cut off")];
      return decodeLog(chunk.subarray(piece.offset, piece.offset + piece.size));
    } catch (error) {
      if (isDamage(error)) return [lose(piece, "it is damaged")];
      throw error;
    }
  }

  async #readArchived(shelf: Shelf, runId: string): Promise<readonly Part[]> {
    const place = shelf.find(runId);
    if (place === undefined) return [];
    try {
      const bytes = await shelf.readLog(runId, place);
      return bytes.length === 0 ? [] : decodeLog(bytes);
    } catch (error) {
      if (isDamage(error)) return [{ lostFrom: 1, count: 1, why: `the block of its segment ${place.segment} is damaged` }];
      throw error;
    }
  }

  async #readChunk(group: number): Promise<Uint8Array | undefined> {
    const stored = await this.#parts.disk.read(this.#journal, keyOf(Kind.LOGS, group));
    if (stored === undefined) return undefined;
    if (!isIntact(stored, keyOf(Kind.LOGS, group))) throw new WorkflowError("store/damaged", `The logs of group ${group} are damaged`, { details: { journal: this.#journal, group } });
    return unpack(this.#parts.packer, stored);
  }
}

function lose({ group, firstSeq, count }: Piece, why: string): LostEntries {
  return { lostFrom: firstSeq, count, why: `group ${group}: ${why}` };
}

function keepAfter(parts: readonly Part[], after: number): readonly Part[] {
  return after === 0 ? parts : parts.filter((part) => "lostFrom" in part || part.number > after);
}
