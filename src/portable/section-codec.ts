// The content of a portable file: sections one after the other, so that it is written and read with little in memory. The same runs are
// the same bytes, whatever order they were asked for in, and wherever they were stored.
//
//   section: u8 kind · varint size · content · u32 XXH32 of the content, its seed made of the section's number and kind
//
//   TIME     f64 ms since 1970                                                        only first, only where asked for
//   SOURCE   text identity, name, source · text customs JSON · text zones JSON        before the first run of it
//            customs: [[name, version], …], zones: [[name, [start, …], [offset, …]], …]
//   RUN      text run id · varint number of its SOURCE · u8 status · varint entries · f64 started, updated · u8 flags
//            · [f64 ended] · [text rerun of] · [text fork of · varint entry] · [u8 priority] · [value error] · [varint count, texts: tags] · [value fields]
//   HISTORY  a block of history entries (src/model/history-codec.ts) of the RUN before it: up to BLOCK_ENTRIES_MAX entries, and no further
//            entry where BLOCK_SIZE bytes of payload are reached
//   LOG      a block of log entries (src/model/log-codec.ts) of the same RUN, behind its history: up to BLOCK_ENTRIES_MAX entries, and no further entry where
//            they take BLOCK_SIZE bytes
//   END      varint sources, runs, entries                                            last, always
//
//   text: varint size, UTF-8. value: varint size, wire value. Numbers are little endian.
//
// Runs stand in the order of their families' ids, then a parent before its children, these by their numbers. A family stands together. A child's parent
// is told by its id. Checkpoints are not part of it: they only shorten replay.
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { encodeEntries } from "../model/history-codec.js";
import type { HistoryEntry } from "../model/history.js";
import { sizeOfEntry, type StoredLogEntry } from "../model/log.js";
import { encodeLog } from "../model/log-codec.js";
import type { SourceRecord } from "../model/ports.js";
import type { RunRecord, SearchValue } from "../model/run-record.js";
import { RUN_STATUSES } from "../model/status.js";
import { encodeValue, ValueReader } from "../model/value.js";
import { BLOCK_ENTRIES_MAX, BLOCK_SIZE, RECORD_SIZE_MAX, SECTION_SIZE_MAX, SOURCE_SIZE_MAX, TAGS_MAX, ZONE_STARTS_MAX } from "./limits.js";
import { readErrorRecord, toPlain, toPlainFields } from "./plain.js";

export enum Section {
  TIME = 1,
  SOURCE = 2,
  RUN = 3,
  HISTORY = 4,
  END = 5,
  LOG = 6,
}

/** Bytes that the content of a section of this kind may have; 0: there is no such kind. */
export function sizeMaxOf(kind: number): number {
  switch (kind) {
    case Section.TIME:
    case Section.END:
      return 64;
    case Section.SOURCE:
      return SOURCE_SIZE_MAX;
    case Section.RUN:
      return RECORD_SIZE_MAX;
    case Section.HISTORY:
    case Section.LOG:
      return SECTION_SIZE_MAX;
    default:
      return 0;
  }
}

/** The seed of a section's checksum: a section that stands elsewhere, or says it is of another kind, does not fit its own. */
export function seedOf(number: number, kind: number): number {
  return (Math.imul(number + 1, 0x9e3779b1) ^ kind) >>> 0;
}

const HAS_ENDED = 1;
const HAS_RERUN = 2;
const HAS_PRIORITY = 4;
const HAS_ERROR = 8;
const HAS_TAGS = 16;
const HAS_FIELDS = 32;
const IS_REDACTED = 64;
const HAS_FORK = 128;

/** What END says. */
export interface Totals {
  sources: number;
  runs: number;
  entries: number;
}

// --- sources ------------------------------------------------------------------------------------------------------

export function encodeSource({ identity, name, source, customs = [], zones = [] }: SourceRecord): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(source.length + 256);
  writer.text(identity);
  writer.text(name);
  writer.text(source);
  writer.text(JSON.stringify(customs.map((custom) => [custom.name, custom.version])));
  writer.text(JSON.stringify(zones.map((zone) => [zone.name, zone.starts, zone.offsets])));
  return writer.take();
}

/** Throws `MalformedBytes`. */
export function decodeSource(bytes: Uint8Array): SourceRecord {
  const reader = new ByteReader(bytes);
  const [identity, name, source] = [reader.text(), reader.text(), reader.text()];
  if (!/^[0-9a-f]{64}$/.test(identity)) throw new MalformedBytes("a workflow's identity is none", 0);
  const customs = readJsonList(reader).map((custom) => {
    const [of, version] = Array.isArray(custom) ? (custom as unknown[]) : [];
    if (typeof of !== "string" || typeof version !== "string") throw new MalformedBytes("a custom function is none", reader.offset);
    return { name: of, version };
  });
  const zones = readJsonList(reader).map((zone) => readZone(zone, reader.offset));
  checkEnd(reader);
  return { identity, name, source, ...(customs.length > 0 && { customs }), ...(zones.length > 0 && { zones }) };
}

function readZone(zone: unknown, at: number): NonNullable<SourceRecord["zones"]>[number] {
  const [name, starts, offsets] = Array.isArray(zone) ? (zone as unknown[]) : [];
  const isWhole = typeof name === "string" && isIntegers(starts) && isIntegers(offsets) && starts.length === offsets.length;
  if (!isWhole || starts.length > ZONE_STARTS_MAX) throw new MalformedBytes("a time zone is none", at);
  if (starts.some((start, index) => index > 0 && start <= (starts[index - 1] ?? start))) throw new MalformedBytes("a time zone goes back in time", at);
  return { name, starts, offsets };
}

function isIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
}

function readJsonList(reader: ByteReader): readonly unknown[] {
  const at = reader.offset;
  let value: unknown;
  try {
    value = JSON.parse(reader.text());
  } catch (error) {
    if (error instanceof MalformedBytes) throw error;
    throw new MalformedBytes("a list is no JSON", at);
  }
  if (!Array.isArray(value)) throw new MalformedBytes("a list is none", at);
  return value;
}

// --- runs ---------------------------------------------------------------------------------------------------------

/** `source`: number of the run's SOURCE, from 0. */
export function encodeRun(record: RunRecord, source: number): Uint8Array<ArrayBuffer> {
  const { runId, status, seq, startedAt, updatedAt, endedAt, rerunOf, forkOf, priority, error, tags, fields, isRedacted } = record;
  const writer = new ByteWriter(160);
  writer.text(runId);
  writer.varint(source);
  writer.byte(RUN_STATUSES.indexOf(status));
  writer.varint(seq);
  writer.f64(startedAt);
  writer.f64(updatedAt);
  const plainFields = toPlainFields(fields ?? {});
  const hasFields = Object.keys(plainFields).length > 0;
  writer.byte(
    (endedAt === undefined ? 0 : HAS_ENDED) |
      (rerunOf === undefined ? 0 : HAS_RERUN) |
      (forkOf === undefined ? 0 : HAS_FORK) |
      (priority === undefined ? 0 : HAS_PRIORITY) |
      (error === undefined ? 0 : HAS_ERROR) |
      (tags.length === 0 ? 0 : HAS_TAGS) |
      (hasFields ? HAS_FIELDS : 0) |
      (isRedacted === true ? IS_REDACTED : 0),
  );
  if (endedAt !== undefined) writer.f64(endedAt);
  if (rerunOf !== undefined) writer.text(rerunOf);
  if (forkOf !== undefined) {
    writer.text(forkOf.runId);
    writer.varint(forkOf.seq);
  }
  if (priority !== undefined) writer.byte(priority);
  if (error !== undefined) writeValue(writer, toPlain(error));
  if (tags.length > 0) {
    writer.varint(tags.length);
    for (const tag of tags) writer.text(tag);
  }
  if (hasFields) writeValue(writer, plainFields);
  return writer.take();
}

/** A run as the file tells it: its workflow by number. */
export type PortableRecord = Omit<RunRecord, "workflow" | "identity"> & { readonly source: number };

/** Throws `MalformedBytes`. What it says is not looked at: see run-check.ts. */
export function decodeRun(bytes: Uint8Array): PortableRecord {
  const reader = new ByteReader(bytes);
  const runId = reader.text();
  const source = reader.varint();
  const status = RUN_STATUSES[reader.byte()];
  if (status === undefined) throw new MalformedBytes("a status is none", reader.offset - 1);
  const seq = reader.varint();
  const [startedAt, updatedAt] = [reader.f64(), reader.f64()];
  const flags = reader.byte();
  const endedAt = (flags & HAS_ENDED) === 0 ? undefined : reader.f64();
  const rerunOf = (flags & HAS_RERUN) === 0 ? undefined : reader.text();
  const forkOf = (flags & HAS_FORK) === 0 ? undefined : { runId: reader.text(), seq: reader.varint() };
  const priority = (flags & HAS_PRIORITY) === 0 ? undefined : reader.byte();
  const error = (flags & HAS_ERROR) === 0 ? undefined : readErrorRecord(readValue(reader));
  const tags = (flags & HAS_TAGS) === 0 ? [] : readTags(reader);
  const fields = (flags & HAS_FIELDS) === 0 ? undefined : readFields(readValue(reader), reader.offset);
  checkEnd(reader);
  const parent = runId.lastIndexOf("~");
  return {
    runId,
    source,
    status,
    seq,
    startedAt,
    updatedAt,
    ...(endedAt !== undefined && { endedAt }),
    ...(rerunOf !== undefined && { rerunOf }),
    ...(forkOf !== undefined && { forkOf }),
    ...(priority !== undefined && { priority }),
    ...(error !== undefined && { error }),
    ...(parent >= 0 && { parentRunId: runId.slice(0, parent) }),
    tags,
    ...(fields !== undefined && { fields }),
    ...((flags & IS_REDACTED) !== 0 && { isRedacted: true }),
  };
}

function readTags(reader: ByteReader): readonly string[] {
  const count = reader.varint();
  if (count > TAGS_MAX) throw new MalformedBytes(`a run has ${count} tags`, reader.offset);
  const tags: string[] = [];
  for (let index = 0; index < count; index += 1) tags.push(reader.text());
  return tags;
}

function readFields(value: unknown, at: number): Readonly<Record<string, SearchValue>> {
  if (typeof value !== "object" || value === null) throw new MalformedBytes("fields are no map", at);
  return toPlainFields(value);
}

function writeValue(writer: ByteWriter, value: unknown): void {
  const bytes = encodeValue(value);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function readValue(reader: ByteReader): unknown {
  const at = reader.offset;
  const values = new ValueReader(reader.bytes(reader.varint()));
  const value = values.readValue();
  if (!values.isAtEnd) throw new MalformedBytes("bytes follow a value", at);
  return value;
}

function checkEnd(reader: ByteReader): void {
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last part", reader.offset);
}

// --- history ------------------------------------------------------------------------------------------------------

/** Cuts a history into blocks: where, is told by the entries alone. */
export function* encodeBlocks(entries: readonly HistoryEntry[]): Iterable<Uint8Array<ArrayBuffer>> {
  let from = 0;
  let size = 0;
  for (const [index, { payload }] of entries.entries()) {
    size += payload?.length ?? 0;
    if (size < BLOCK_SIZE && index + 1 - from < BLOCK_ENTRIES_MAX && index + 1 < entries.length) continue;
    yield encodeEntries(entries.slice(from, index + 1));
    from = index + 1;
    size = 0;
  }
}

/** The same of a run's log. */
export function* encodeLogBlocks(log: readonly StoredLogEntry[]): Iterable<Uint8Array<ArrayBuffer>> {
  let from = 0;
  let size = 0;
  for (const [index, entry] of log.entries()) {
    size += sizeOfEntry(entry);
    if (size < BLOCK_SIZE && index + 1 - from < BLOCK_ENTRIES_MAX && index + 1 < log.length) continue;
    yield encodeLog(log.slice(from, index + 1));
    from = index + 1;
    size = 0;
  }
}

// --- the other sections -------------------------------------------------------------------------------------------

export function encodeTime(exportedAt: number): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(8);
  writer.f64(exportedAt);
  return writer.take();
}

export function decodeTime(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  const time = reader.f64();
  checkEnd(reader);
  return time;
}

export function encodeTotals({ sources, runs, entries }: Totals): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(32);
  writer.varint(sources);
  writer.varint(runs);
  writer.varint(entries);
  return writer.take();
}

export function decodeTotals(bytes: Uint8Array): Totals {
  const reader = new ByteReader(bytes);
  const totals = { sources: reader.varint(), runs: reader.varint(), entries: reader.varint() };
  checkEnd(reader);
  return totals;
}
