// One group's history of all its runs, as one chunk of bytes:
//
//   u8 version · blocks, one a run (model/history-codec) · directory · u32 offset of the directory
//   directory: varint run count, then per run: id · varint first seq · count · offset · size
//
// The directory repeats what the meta row says, so that a chunk tells by itself whose history it holds: when a meta row
// is damaged, its chunks name the runs that are touched.
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError } from "../model/errors.js";
import { writeEntries } from "../model/history-codec.js";
import type { HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import { writeLog } from "../model/log-codec.js";
import { readRunId, writeRunId, type Piece } from "./meta-codec.js";

export const CHUNK_VERSION = 1;
/** Where the first block of a chunk begins. */
export const CHUNK_FIRST_OFFSET = 1;

/** Collects the history of one group. */
export class ChunkWriter {
  readonly #writer = new ByteWriter(4_096);
  readonly #directory = new ByteWriter(1_024);
  readonly #group: number;
  #runCount = 0;

  constructor(group: number) {
    this.#group = group;
    this.#writer.byte(CHUNK_VERSION);
  }

  get size(): number {
    return this.#writer.size;
  }

  /** Adds consecutive entries of one run; at least one. */
  add(runId: string, entries: readonly HistoryEntry[]): Piece {
    const offset = this.#writer.size;
    writeEntries(this.#writer, entries);
    const piece = { group: this.#group, firstSeq: entries[0]?.seq ?? 0, count: entries.length, offset, size: this.#writer.size - offset };
    writeRunId(this.#directory, runId);
    this.#directory.varint(piece.firstSeq);
    this.#directory.varint(piece.count);
    this.#directory.varint(piece.offset);
    this.#directory.varint(piece.size);
    this.#runCount += 1;
    return piece;
  }

  /** Adds the log of the run that was added last; its size. */
  addLog(entries: readonly StoredLogEntry[]): number {
    const offset = this.#writer.size;
    if (entries.length > 0) writeLog(this.#writer, entries);
    return this.#writer.size - offset;
  }

  take(): Uint8Array<ArrayBuffer> {
    const offset = this.#writer.size;
    this.#writer.varint(this.#runCount);
    this.#writer.bytes(this.#directory.view());
    this.#writer.u32(offset);
    return this.#writer.take();
  }
}

/** Throws `store/version-unsupported` where a newer engine wrote the chunk or block. */
export function checkChunkVersion(bytes: Uint8Array): void {
  const version = bytes[0] ?? 0;
  if (version <= CHUNK_VERSION) return;
  throw new WorkflowError("store/version-unsupported", `A chunk of history has version ${version}; this engine reads ${CHUNK_VERSION}`, { details: { version } });
}

/** Ids of the runs in a chunk, as far as it can be read: it is asked where something else is damaged already. */
export function readChunkRuns(bytes: Uint8Array): string[] {
  const runIds: string[] = [];
  // Newer ones too: they tell it in the same way, or what they say is passed over.
  if (bytes.length < 6) return runIds;
  const offset = new ByteReader(bytes.subarray(bytes.length - 4)).u32();
  const reader = new ByteReader(bytes.subarray(Math.min(offset, bytes.length), bytes.length - 4));
  try {
    const count = reader.varint();
    for (let index = 0; index < count; index += 1) {
      runIds.push(readRunId(reader));
      for (let field = 0; field < 4; field += 1) reader.varint();
    }
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
  return runIds;
}
