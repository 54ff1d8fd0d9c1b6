// Run records as the journal keeps them: all that one group changed, packed into one row, with the places of each run's
// history and checkpoint. Strings that repeat stand once, in a dictionary at the front.
//
//   u8 version · varint string count, texts · varint removed count, ids · varint run count, runs
//   run: id · varint workflow, identity, status (strings) · varint seq · time started · time updated, ended (since started)
//        · u8 flags · [parent id] · [error JSON] · [tags] · [other fields JSON] · varint piece count, pieces · [checkpoint]
//   piece: varint group, counted back from the row's · first seq · count · offset · size
//   id: u8 0, 16 bytes of a UUID; else u8 1, text
//   time: varint 2 × whole ms, or varint 1 and an f64
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError, type ErrorRecord } from "../model/errors.js";
import type { RunRecord } from "../model/engine.js";
import { RUN_STATUSES, type RunStatus } from "../model/status.js";

export const META_VERSION = 1;

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

/** `removed` run ids apply before `runs`. */
export interface MetaRow {
  readonly removed: readonly string[];
  readonly runs: readonly RunMeta[];
}

const HAS_ENDED = 1;
const HAS_PARENT = 2;
const HAS_ERROR = 4;
const HAS_TAGS = 8;
const HAS_OTHERS = 16;
const HAS_CHECKPOINT = 32;
const EXACT_TIME = 1;
const TIME_MAX = 2 ** 52 - 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
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
  const whole = new ByteWriter(body.size + 64 * strings.size + 16);
  whole.byte(META_VERSION);
  whole.varint(strings.size);
  for (const text of strings.keys()) whole.text(text);
  whole.bytes(body.view());
  return whole.take();
}

function writeRun(writer: ByteWriter, { record, pieces, checkpoint }: RunMeta, group: number, refer: (text: string) => void): void {
  const { runId, workflow, identity, status, startedAt, updatedAt, endedAt, error, parentRunId, tags, seq, ...others } = record;
  writeRunId(writer, runId);
  refer(workflow);
  refer(identity);
  refer(status);
  writer.varint(seq);
  writeTime(writer, startedAt, 0);
  writeTime(writer, updatedAt, startedAt);
  const hasOthers = Object.values(others).some((value) => value !== undefined);
  writer.byte(
    (endedAt === undefined ? 0 : HAS_ENDED) |
      (parentRunId === undefined ? 0 : HAS_PARENT) |
      (error === undefined ? 0 : HAS_ERROR) |
      (tags.length === 0 ? 0 : HAS_TAGS) |
      (hasOthers ? HAS_OTHERS : 0) |
      (checkpoint === undefined ? 0 : HAS_CHECKPOINT),
  );
  if (endedAt !== undefined) writeTime(writer, endedAt, startedAt);
  if (parentRunId !== undefined) writeRunId(writer, parentRunId);
  if (error !== undefined) writer.text(formatJson(error));
  if (tags.length > 0) {
    writer.varint(tags.length);
    for (const tag of tags) refer(tag);
  }
  if (hasOthers) writer.text(formatJson(others));
  writer.varint(pieces.length);
  for (const piece of pieces) {
    writer.varint(group - piece.group);
    writer.varint(piece.firstSeq);
    writer.varint(piece.count);
    writer.varint(piece.offset);
    writer.varint(piece.size);
  }
  if (checkpoint !== undefined) {
    writer.varint(group - checkpoint.group);
    writer.varint(checkpoint.seq);
    writer.varint(checkpoint.offset);
    writer.varint(checkpoint.size);
  }
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
  if (version !== META_VERSION) {
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
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last run", reader.offset);
  return { removed, runs };
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
  const pieces = readMany(reader, () => ({
    group: readGroup(reader, group),
    firstSeq: reader.varint(),
    count: reader.varint(),
    offset: reader.varint(),
    size: reader.varint(),
  }));
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

/** Writes a run id: 17 bytes for a UUID in lower case. */
export function writeRunId(writer: ByteWriter, runId: string): void {
  if (!UUID.test(runId)) {
    writer.byte(1);
    writer.text(runId);
    return;
  }
  writer.byte(0);
  const digits = runId.replaceAll("-", "");
  for (let at = 0; at < 32; at += 8) writer.u32(Number.parseInt(digits.slice(at, at + 8), 16));
}

export function readRunId(reader: ByteReader): string {
  const form = reader.byte();
  if (form === 1) return reader.text();
  if (form !== 0) throw new MalformedBytes(`a run id has the unknown form ${form}`, reader.offset - 1);
  let digits = "";
  for (let word = 0; word < 4; word += 1) digits += reader.u32().toString(16).padStart(8, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
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

function formatJson(value: unknown): string {
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
