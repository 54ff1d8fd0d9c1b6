// Run records as the journal keeps them: all that one group changed, packed into one row, with the places of each run's
// history and checkpoint. Strings that repeat stand once, in a dictionary at the front.
//
//   u8 version · varint string count, texts · varint removed count, ids · varint run count, runs · varint segment count, segments
//     · varint dropped count, varint segments' ids · varint erased count, ids · varint log count, logs
//   run: id · varint workflow, identity, status (strings) · varint seq · time started · time updated, ended (since started)
//        · u8 flags · [parent id] · [error JSON] · [tags] · [other fields JSON] · varint piece count, pieces · [checkpoint]
//   piece: varint group, counted back from the row's · first seq · count · offset · size
//   log: id · varint first number that is kept · last number − first · varint piece count, pieces (numbers of entries in place of seqs)
//   segment: varint id · runs · blocks · size · f64 started from, to · f64 ended from, to · varint identity count, identities (strings)
//   id: u8 0, 16 bytes of a UUID as four u32; else u8 1, text
//   time: varint 2 × whole ms, or varint 1 and an f64
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError, type ErrorRecord } from "../model/errors.js";
import type { RunRecord } from "../model/run-record.js";
import { RUN_STATUSES, type RunStatus } from "../model/status.js";

/** 1 had no segments, 2 no logs. */
export const META_VERSION = 3;

/** Where consecutive history entries of one run lie. */
export interface Piece {
  readonly group: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

export interface CheckpointPlace {
  readonly group: number;
  readonly seq: number;
  readonly offset: number;
  readonly size: number;
}

export interface RunMeta {
  readonly record: RunRecord;
  readonly pieces: readonly Piece[];
  readonly checkpoint: CheckpointPlace | undefined;
}

/** What a row says of a run's log: the group's own entries, and from which number on the whole log is kept. */
export interface LogMeta {
  readonly runId: string;
  readonly from: number;
  readonly last: number;
  /** `firstSeq` and `count` are of numbers of entries. */
  readonly pieces: readonly Piece[];
}

/** What the rows say of a segment. */
export interface SegmentEntry {
  readonly id: number;
  readonly runCount: number;
  readonly blockCount: number;
  /** Of columns, directory and blocks, as they are stored, bytes. */
  readonly sizeBytes: number;
  /** Of its runs' starts and ends, ms since 1970. */
  readonly startedFrom: number;
  readonly startedTo: number;
  readonly endedFrom: number;
  readonly endedTo: number;
  /** Of the workflows that its runs refer to. */
  readonly identities: readonly string[];
}

/** `removed` run ids apply before `runs`: those that were deleted, and those that moved into a segment. */
export interface MetaRow {
  readonly removed: readonly string[];
  readonly runs: readonly RunMeta[];
  readonly segments: readonly SegmentEntry[];
  /** Ids of segments that are gone. */
  readonly dropped: readonly number[];
  /** Ids of runs that were deleted from segments. */
  readonly erased: readonly string[];
  /** Of runs that were logged. They apply after `runs`. */
  readonly logs: readonly LogMeta[];
}

/** Of a group that changes no record. */
export const EMPTY_ROW: MetaRow = { removed: [], runs: [], segments: [], dropped: [], erased: [], logs: [] };

const HAS_ENDED = 1;
const HAS_PARENT = 2;
const HAS_ERROR = 4;
const HAS_TAGS = 8;
const HAS_OTHERS = 16;
const HAS_CHECKPOINT = 32;
const EXACT_TIME = 1;
const TIME_MAX = 2 ** 52 - 1;
const STATUSES: ReadonlySet<string> = new Set(RUN_STATUSES);

/** Packs `row`, whose own group number is `group` (no piece lies in a later one). */
export function encodeMeta(row: MetaRow, group: number): Uint8Array<ArrayBuffer> {
  const body = new ByteWriter(64 + 96 * row.runs.length);
  const strings = new Map<string, number>();
  const refer = (text: string): void => {
    const index = strings.get(text) ?? strings.size;
    strings.set(text, index);
    body.varint(index);
  };
  body.varint(row.removed.length);
  for (const runId of row.removed) writeRunId(body, runId);
  body.varint(row.runs.length);
  for (const run of row.runs) writeRun(body, run, group, refer);
  body.varint(row.segments.length);
  for (const segment of row.segments) writeSegment(body, segment, refer);
  body.varint(row.dropped.length);
  for (const id of row.dropped) body.varint(id);
  body.varint(row.erased.length);
  for (const runId of row.erased) writeRunId(body, runId);
  body.varint(row.logs.length);
  for (const log of row.logs) writeLogMeta(body, log, group);
  const whole = new ByteWriter(body.size + 64 * strings.size + 16);
  whole.byte(META_VERSION);
  whole.varint(strings.size);
  for (const text of strings.keys()) whole.text(text);
  whole.bytes(body.view());
  return whole.take();
}

function writeRun(writer: ByteWriter, { record, pieces, checkpoint }: RunMeta, group: number, refer: (text: string) => void): void {
  const { runId, workflow, identity, status, startedAt, updatedAt, endedAt, error, parentRunId, tags, seq } = record;
  writeRunId(writer, runId);
  refer(workflow);
  refer(identity);
  refer(status);
  writer.varint(seq);
  writeTime(writer, startedAt, 0);
  writeTime(writer, updatedAt, startedAt);
  const others = pickOthers(record);
  writer.byte(
    (endedAt === undefined ? 0 : HAS_ENDED) |
      (parentRunId === undefined ? 0 : HAS_PARENT) |
      (error === undefined ? 0 : HAS_ERROR) |
      (tags.length === 0 ? 0 : HAS_TAGS) |
      (others !== undefined ? HAS_OTHERS : 0) |
      (checkpoint === undefined ? 0 : HAS_CHECKPOINT),
  );
  if (endedAt !== undefined) writeTime(writer, endedAt, startedAt);
  if (parentRunId !== undefined) writeRunId(writer, parentRunId);
  if (error !== undefined) writer.text(formatJson(error));
  if (tags.length > 0) {
    writer.varint(tags.length);
    for (const tag of tags) refer(tag);
  }
  if (others !== undefined) writer.text(formatJson(others));
  writePieces(writer, pieces, group);
  if (checkpoint !== undefined) {
    writer.varint(group - checkpoint.group);
    writer.varint(checkpoint.seq);
    writer.varint(checkpoint.offset);
    writer.varint(checkpoint.size);
  }
}

function writePieces(writer: ByteWriter, pieces: readonly Piece[], group: number): void {
  writer.varint(pieces.length);
  for (const piece of pieces) {
    writer.varint(group - piece.group);
    writer.varint(piece.firstSeq);
    writer.varint(piece.count);
    writer.varint(piece.offset);
    writer.varint(piece.size);
  }
}

function writeLogMeta(writer: ByteWriter, { runId, from, last, pieces }: LogMeta, group: number): void {
  writeRunId(writer, runId);
  writer.varint(from);
  writer.varint(last - from);
  writePieces(writer, pieces, group);
}

/** How many fields every record has that stand in columns of their own. */
const COLUMN_COUNT = 8;

/** What else there is, fields of later versions among it; undefined: nothing. Counted first, since a rest would be made anew for every run of every group. */
function pickOthers(record: RunRecord): Readonly<Record<string, unknown>> | undefined {
  let count = 0;
  for (const _field in record) count += 1;
  count -= COLUMN_COUNT + Number("endedAt" in record) + Number("error" in record) + Number("parentRunId" in record);
  if (count === 0) return undefined;
  const { runId, workflow, identity, status, startedAt, updatedAt, endedAt, error, parentRunId, tags, seq, ...others } = record;
  return Object.values(others).some((value) => value !== undefined) ? others : undefined;
}

function writeSegment(writer: ByteWriter, segment: SegmentEntry, refer: (text: string) => void): void {
  writer.varint(segment.id);
  writer.varint(segment.runCount);
  writer.varint(segment.blockCount);
  writer.varint(segment.sizeBytes);
  writer.f64(segment.startedFrom);
  writer.f64(segment.startedTo);
  writer.f64(segment.endedFrom);
  writer.f64(segment.endedTo);
  writer.varint(segment.identities.length);
  for (const identity of segment.identities) refer(identity);
}

/** Reads a row back. Throws `store/damaged` (details: `group`, `offset`) or `store/version-unsupported`. */
export function decodeMeta(bytes: Uint8Array, group: number): MetaRow {
  try {
    return readRow(new ByteReader(bytes), group);
  } catch (error) {
    if (error instanceof WorkflowError) throw error;
    const offset = error instanceof MalformedBytes ? error.offset : 0;
    throw new WorkflowError("store/damaged", `The run records of group ${group} are damaged: ${String(error)}`, {
      details: { group, offset },
      cause: error,
    });
  }
}

function readRow(reader: ByteReader, group: number): MetaRow {
  const version = reader.byte();
  if (version < 1 || version > META_VERSION) {
    const message = `The run records of group ${group} have version ${version}; this engine reads ${META_VERSION}`;
    throw new WorkflowError("store/version-unsupported", message, { details: { group, version } });
  }
  const strings = readMany(reader, () => reader.text());
  const refer = (): string => {
    const index = reader.varint();
    const text = strings[index];
    if (text === undefined) throw new MalformedBytes(`string ${index} of ${strings.length} is missing`, reader.offset);
    return text;
  };
  const removed = readMany(reader, () => readRunId(reader));
  const runs = readMany(reader, () => readRun(reader, group, refer));
  const segments = version === 1 ? [] : readMany(reader, () => readSegment(reader, refer));
  const dropped = version === 1 ? [] : readMany(reader, () => reader.varint());
  const erased = version === 1 ? [] : readMany(reader, () => readRunId(reader));
  const logs = version < 3 ? [] : readMany(reader, () => readLogMeta(reader, group));
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last run", reader.offset);
  return { removed, runs, segments, dropped, erased, logs };
}

function readLogMeta(reader: ByteReader, group: number): LogMeta {
  const runId = readRunId(reader);
  const from = reader.varint();
  const last = from + reader.varint();
  return { runId, from, last, pieces: readPieces(reader, group) };
}

function readPieces(reader: ByteReader, group: number): Piece[] {
  return readMany(reader, () => ({
    group: readGroup(reader, group),
    firstSeq: reader.varint(),
    count: reader.varint(),
    offset: reader.varint(),
    size: reader.varint(),
  }));
}

function readSegment(reader: ByteReader, refer: () => string): SegmentEntry {
  return {
    id: reader.varint(),
    runCount: reader.varint(),
    blockCount: reader.varint(),
    sizeBytes: reader.varint(),
    startedFrom: reader.f64(),
    startedTo: reader.f64(),
    endedFrom: reader.f64(),
    endedTo: reader.f64(),
    identities: readMany(reader, refer),
  };
}

function readRun(reader: ByteReader, group: number, refer: () => string): RunMeta {
  const runId = readRunId(reader);
  const workflow = refer();
  const identity = refer();
  const status = refer();
  if (!isStatus(status)) throw new MalformedBytes(`"${status}" is no status`, reader.offset);
  const seq = reader.varint();
  const startedAt = readTime(reader, 0);
  const updatedAt = readTime(reader, startedAt);
  const flags = reader.byte();
  const endedAt = (flags & HAS_ENDED) === 0 ? undefined : readTime(reader, startedAt);
  const parentRunId = (flags & HAS_PARENT) === 0 ? undefined : readRunId(reader);
  const error = (flags & HAS_ERROR) === 0 ? undefined : (readJson(reader) as unknown as ErrorRecord);
  const tags = (flags & HAS_TAGS) === 0 ? [] : readMany(reader, refer);
  const others = (flags & HAS_OTHERS) === 0 ? {} : readJson(reader);
  const pieces = readPieces(reader, group);
  const checkpoint =
    (flags & HAS_CHECKPOINT) === 0
      ? undefined
      : { group: readGroup(reader, group), seq: reader.varint(), offset: reader.varint(), size: reader.varint() };
  const record: RunRecord = {
    ...others,
    runId,
    workflow,
    identity,
    status,
    startedAt,
    updatedAt,
    ...(endedAt !== undefined && { endedAt }),
    ...(error !== undefined && { error }),
    ...(parentRunId !== undefined && { parentRunId }),
    tags,
    seq,
  };
  return { record, pieces, checkpoint };
}

function readMany<T>(reader: ByteReader, read: () => T): T[] {
  const count = reader.varint();
  const values: T[] = [];
  for (let index = 0; index < count; index += 1) values.push(read());
  return values;
}

function readGroup(reader: ByteReader, group: number): number {
  const back = reader.varint();
  if (back > group) throw new MalformedBytes(`a group ${back} before group ${group} is named`, reader.offset);
  return group - back;
}

/** Values of hexadecimal digits in lower case by their codes; 255: none. */
const NIBBLES = makeNibbles();
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const UUID_SIZE = 36;
/** A form and sixteen bytes, filled anew for each id. */
const ID_BYTES = new Uint8Array(17);

function makeNibbles(): Uint8Array {
  const nibbles = new Uint8Array(128).fill(255);
  for (let value = 0; value < 16; value += 1) nibbles[value.toString(16).charCodeAt(0)] = value;
  return nibbles;
}

/** Writes a run id: 17 bytes for a UUID in lower case. Every run of every group has its id written twice, so this counts. */
export function writeRunId(writer: ByteWriter, runId: string): void {
  if (packUuid(runId)) writer.bytes(ID_BYTES);
  else {
    writer.byte(1);
    writer.text(runId);
  }
}

/** Fills ID_BYTES behind its first, which stays 0. False: it is no UUID in lower case. */
function packUuid(runId: string): boolean {
  if (runId.length !== UUID_SIZE) return false;
  let at = 0;
  for (let index = 0; index < UUID_SIZE; index += 2) {
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (runId.charCodeAt(index) !== 0x2d) return false;
      index += 1;
    }
    const high = NIBBLES[runId.charCodeAt(index)] ?? 255;
    const low = NIBBLES[runId.charCodeAt(index + 1)] ?? 255;
    if ((high | low) > 15) return false;
    ID_BYTES[1 + (at ^ 3)] = (high << 4) | low;
    at += 1;
  }
  return true;
}

export function readRunId(reader: ByteReader): string {
  const form = reader.byte();
  if (form === 1) return reader.text();
  if (form !== 0) throw new MalformedBytes(`a run id has the unknown form ${form}`, reader.offset - 1);
  const bytes = reader.bytes(16);
  let text = "";
  for (let at = 0; at < 16; at += 1) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
    text += DIGITS[bytes[at ^ 3] as number] as string;
  }
  return text;
}

function writeTime(writer: ByteWriter, time: number, since: number): void {
  const delta = time - since;
  if (Number.isInteger(delta) && delta >= 0 && delta <= TIME_MAX && since + delta === time) writer.varint(delta * 2);
  else {
    writer.varint(EXACT_TIME);
    writer.f64(time);
  }
}

function readTime(reader: ByteReader, since: number): number {
  const time = reader.varint();
  if (time % 2 === 0) return since + time / 2;
  if (time !== EXACT_TIME) throw new MalformedBytes("a time is none", reader.offset);
  return reader.f64();
}

export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part));
}

function readJson(reader: ByteReader): Record<string, unknown> {
  const at = reader.offset;
  const value: unknown = JSON.parse(reader.text());
  if (typeof value !== "object" || value === null) throw new MalformedBytes("an object was expected", at);
  return value as Record<string, unknown>;
}

function isStatus(text: string): text is RunStatus {
  return STATUSES.has(text);
}
