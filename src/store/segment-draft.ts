// A segment: ended runs of a journal, moved together out of its groups. Three things of it are stored: columns (what lists show of the runs;
// segment-columns), blocks (the histories of about a hundred runs each, packed together), and a directory, who lies where in which block.
//
//   directory: u8 version · varint run count, then per row: varint block, counted on from the row before · varint size · varint size of its log
//   block: as the history of a group (chunk-codec), so that it tells by itself whose it is; a run's log stands behind its history
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import type { RunRecord } from "../model/run-record.js";
import { CHUNK_FIRST_OFFSET, ChunkWriter } from "./chunk-codec.js";
import type { SegmentEntry } from "./meta-codec.js";
import type { Packed, Packer } from "./packer.js";
import { encodeSegment } from "./segment-columns.js";

/** 1 had no logs. */
export const DIRECTORY_VERSION = 2;
/** Runs of one segment; a multiple of the runs of a block, so that few transactions hold more than fifty records. */
export const SEGMENT_RUNS_MAX = 4_000;
/** A block takes no further run beyond so many runs, … */
export const BLOCK_RUNS_MAX = 100;
/** … or so many bytes before they are packed. */
export const BLOCK_SIZE_MAX = 256 * 1024;
/** Blocks of one segment. */
export const BLOCKS_MAX = 256;
/** A segment takes no further run once it has so many blocks. */
const BLOCKS_WANTED_MAX = 40;

/** A segment that is made and not stored yet. */
export interface SegmentDraft {
  readonly records: readonly RunRecord[];
  readonly columns: Uint8Array<ArrayBuffer>;
  readonly packedColumns: Packed;
  readonly directory: Packed;
  readonly blocks: readonly Packed[];
  readonly entry: Omit<SegmentEntry, "id">;
}

export interface SegmentParts {
  /** The whole history of a run. */
  history(runId: string): Promise<readonly HistoryEntry[]>;
  /** What is kept of its log. */
  log(runId: string): Promise<readonly StoredLogEntry[]>;
  readonly packer: Packer;
  /** Nobody waits: it is packed as small as can be. */
  readonly isThorough: boolean;
  /** The next turn of the event loop. */
  turn(): Promise<void>;
}

interface Place {
  readonly block: number;
  readonly size: number;
  readonly logSize: number;
}

/** Makes a segment of the first of these runs; which ones it took stands in the draft. Lets others work between its blocks. */
export async function makeSegment(records: readonly RunRecord[], { history, log, packer, isThorough, turn }: SegmentParts): Promise<SegmentDraft> {
  const blocks: Packed[] = [];
  const places: Place[] = [];
  const taken: RunRecord[] = [];
  let block = new ChunkWriter(0);
  let runCount = 0;
  // In the order in which they will be asked for: neighbours in time share a block.
  for (const record of [...records].sort(byStart)) {
    if (blocks.length === BLOCKS_WANTED_MAX) break;
    const { size } = block.add(record.runId, await history(record.runId));
    const logSize = block.addLog(await log(record.runId));
    places.push({ block: blocks.length, size, logSize });
    taken.push(record);
    runCount += 1;
    if (runCount < BLOCK_RUNS_MAX && block.size < BLOCK_SIZE_MAX) continue;
    blocks.push(await packer.packWell(block.take(), isThorough));
    block = new ChunkWriter(0);
    runCount = 0;
    await turn();
  }
  if (runCount > 0) blocks.push(await packer.packWell(block.take(), isThorough));
  const columns = encodeSegment(taken);
  const directory = await packer.packWell(writeDirectory(places), isThorough);
  const packedColumns = await packer.packWell(columns, isThorough);
  const sizeBytes = [packedColumns, directory, ...blocks].reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { records: taken, columns, packedColumns, directory, blocks, entry: { ...summarise(taken), blockCount: blocks.length, sizeBytes } };
}

function summarise(records: readonly RunRecord[]): Omit<SegmentEntry, "id" | "blockCount" | "sizeBytes"> {
  let [startedFrom, startedTo, endedFrom, endedTo] = [Infinity, -Infinity, Infinity, -Infinity];
  const identities = new Set<string>();
  for (const { startedAt, endedAt = startedAt, identity } of records) {
    startedFrom = Math.min(startedFrom, startedAt);
    startedTo = Math.max(startedTo, startedAt);
    endedFrom = Math.min(endedFrom, endedAt);
    endedTo = Math.max(endedTo, endedAt);
    identities.add(identity);
  }
  return { runCount: records.length, startedFrom, startedTo, endedFrom, endedTo, identities: [...identities] };
}

function writeDirectory(places: readonly Place[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(8 + 4 * places.length);
  writer.byte(DIRECTORY_VERSION);
  writer.varint(places.length);
  let before = 0;
  for (const { block, size, logSize } of places) {
    writer.varint(block - before);
    writer.varint(size);
    writer.varint(logSize);
    before = block;
  }
  return writer.take();
}

/** Where the histories and logs of a segment's rows lie. */
export interface SegmentDirectory {
  readonly blocks: Uint16Array;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  /** Of the logs, which stand behind the histories. */
  readonly logSizes: Uint32Array;
}

/** Throws `store/damaged` and `store/version-unsupported`. */
export function readDirectory(bytes: Uint8Array): SegmentDirectory {
  try {
    const reader = new ByteReader(bytes);
    const version = reader.byte();
    if (version < 1 || version > DIRECTORY_VERSION) {
      const message = `A segment's directory has version ${version}; this engine reads ${DIRECTORY_VERSION}`;
      throw new WorkflowError("store/version-unsupported", message, { details: { version } });
    }
    const count = reader.varint();
    if (count > SEGMENT_RUNS_MAX) throw new MalformedBytes(`a segment has no ${count} runs`, reader.offset);
    const directory = { blocks: new Uint16Array(count), offsets: new Uint32Array(count), sizes: new Uint32Array(count), logSizes: new Uint32Array(count) };
    let [block, offset] = [0, CHUNK_FIRST_OFFSET];
    for (let row = 0; row < count; row += 1) {
      const step = reader.varint();
      if (step > 0) offset = CHUNK_FIRST_OFFSET;
      block += step;
      if (block >= BLOCKS_MAX) throw new MalformedBytes(`a segment has no block ${block}`, reader.offset);
      const size = reader.varint();
      directory.blocks[row] = block;
      directory.offsets[row] = offset;
      directory.sizes[row] = size;
      const logSize = version === 1 ? 0 : reader.varint();
      directory.logSizes[row] = logSize;
      offset += size + logSize;
    }
    if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last row", reader.offset);
    return directory;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new WorkflowError("store/damaged", `A segment's directory is damaged: ${error.message}`, { details: { offset: error.offset }, cause: error });
  }
}

/** The order of a segment's rows. */
export function byStart(a: RunRecord, b: RunRecord): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}
