// The columns of a segment as bytes: column after column, since what stands in one column compresses well together.
//
//   u8 version · varint run count · ids · kinds · times started, ended, updated · seqs · tags · errors · parents · fields · rest
//   ids: texts that follow a UUID · whole ids · codes (following texts, then whole ids) · all first words, all second …
//   kinds: texts · varint count, each varint workflow, identity, status (texts) · codes
//   times: started since the run before, ended since started, updated since ended (else started); as numbers
//   tags: texts · varint count of lists after the empty one, each varint count, varint tags (texts) · codes
//   errors, parents: texts · codes
//   fields: varint count, each text name · u8 type · (numbers) or (texts · codes) or (codes)
//   rest: varint count, each varint rows since the one before, varint size · the JSON texts
//   codes: u8 0 (none but 0), or u8 1 and a byte each, or u8 2 and a u16 each
//   number: varint 2 × whole number, or varint 1 and an f64, or varint 3 (absent)
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError } from "../model/errors.js";
import type { RunRecord } from "../model/run-record.js";
import { RUN_STATUSES, type RunStatus } from "../model/status.js";
import {
  CODE_FALSE,
  CODE_PARENT_BY_NAME,
  CODE_TRUE,
  type ColumnParts,
  damagedColumns,
  type FieldColumn,
  noCodes,
  parentByName,
  type RestArea,
  type RunKind,
  SEGMENT_RUN_COUNT_MAX,
  SegmentColumns,
  type TagLists,
} from "./columns.js";
import { formatJson } from "./meta-codec.js";
import { KEY_WORD_COUNT, parseRunKey } from "./run-key.js";
import { readTexts, type TextTable, writeTexts } from "./text-table.js";

export { SEGMENT_RUN_COUNT_MAX, SegmentColumns } from "./columns.js";

export const COLUMNS_VERSION = 1;

const EXACT_NUMBER = 1;
const NO_NUMBER = 3;
const NUMBER_MAX = 2 ** 52 - 1;
const U32_MAX = 2 ** 32 - 1;
const FIELD_TYPES = ["number", "string", "boolean"] as const;
type FieldType = FieldColumn["type"];
const STATUSES: ReadonlySet<string> = new Set(RUN_STATUSES);
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * Packs up to SEGMENT_RUN_COUNT_MAX records that ascend by start, then by id (a RangeError says otherwise). About 25 bytes for a run without
 * fields. Lone surrogates become U+FFFD.
 */
export function encodeSegment(records: readonly RunRecord[]): Uint8Array<ArrayBuffer> {
  checkOrder(records);
  const writer = new ByteWriter(256 + 40 * records.length);
  writer.byte(COLUMNS_VERSION);
  writer.varint(records.length);
  writeIds(writer, records);
  writeKinds(writer, records);
  writeTimes(writer, records);
  for (const { seq } of records) writer.varint(seq);
  writeTags(writer, records);
  writeOptionalTexts(writer, records.map(({ error }) => (typeof error?.code === "string" ? error.code : undefined)));
  writeParents(writer, records);
  writeFields(writer, records);
  writeRest(writer, records);
  return writer.take();
}

/** Reads columns back, as copies. Throws `store/damaged` (details: `offset`) or `store/version-unsupported`. */
export function decodeSegment(bytes: Uint8Array): SegmentColumns {
  try {
    return new SegmentColumns(readParts(new ByteReader(bytes)));
  } catch (error) {
    if (error instanceof WorkflowError) throw error;
    throw damagedColumns(String(error), error instanceof MalformedBytes ? error.offset : 0, error);
  }
}

function checkOrder(records: readonly RunRecord[]): void {
  if (records.length > SEGMENT_RUN_COUNT_MAX) throw new RangeError(`A segment of ${records.length} runs; the limit is ${SEGMENT_RUN_COUNT_MAX}`);
  for (let row = 1; row < records.length; row += 1) {
    const [a, b] = [records[row - 1] as RunRecord, records[row] as RunRecord];
    if (a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.runId < b.runId)) continue;
    throw new RangeError(`The runs of a segment do not ascend: ${a.runId} stands before ${b.runId}`);
  }
}

// --- writing --------------------------------------------------------------------------------------------------------

/** The different texts, ascending, and each one's index. */
function collectTexts(texts: Iterable<string>): { readonly sorted: string[]; readonly indexOf: ReadonlyMap<string, number> } {
  const sorted = [...new Set(texts)].sort();
  return { sorted, indexOf: new Map(sorted.map((text, index) => [text, index])) };
}

/** As it comes back. */
function toWellFormed(text: string): string {
  return text.replace(LONE_SURROGATES, "\ufffd");
}

function writeIds(writer: ByteWriter, records: readonly RunRecord[]): void {
  const keys = records.map(({ runId }) => parseRunKey(toWellFormed(runId)));
  const tails = collectTexts(keys.filter(({ isWhole, text }) => !isWhole && text !== "").map(({ text }) => text));
  const wholes = collectTexts(keys.filter(({ isWhole }) => isWhole).map(({ text }) => text));
  writeTexts(writer, tails.sorted);
  writeTexts(writer, wholes.sorted);
  const codes = keys.map(({ text, isWhole }) => {
    if (isWhole) return 1 + tails.sorted.length + (wholes.indexOf.get(text) as number);
    return text === "" ? 0 : 1 + (tails.indexOf.get(text) as number);
  });
  writeCodes(writer, codes);
  for (let word = 0; word < KEY_WORD_COUNT; word += 1) for (const { words } of keys) writer.u32(words[word] as number);
}

function writeKinds(writer: ByteWriter, records: readonly RunRecord[]): void {
  const kinds = new Map<string, RunRecord>();
  const kindCodes = new Map<string, number>();
  const codes = records.map((record) => {
    const key = JSON.stringify([record.workflow, record.identity, record.status]);
    const code = kindCodes.get(key) ?? kindCodes.size;
    kindCodes.set(key, code);
    kinds.set(key, record);
    return code;
  });
  const texts = collectTexts([...kinds.values()].flatMap(({ workflow, identity, status }) => [toWellFormed(workflow), toWellFormed(identity), status]));
  writeTexts(writer, texts.sorted);
  writer.varint(kinds.size);
  for (const { workflow, identity, status } of kinds.values())
    for (const text of [workflow, identity, status]) writer.varint(texts.indexOf.get(toWellFormed(text)) as number);
  writeCodes(writer, codes);
}

function writeTimes(writer: ByteWriter, records: readonly RunRecord[]): void {
  let before = 0;
  for (const { startedAt } of records) {
    writeNumber(writer, startedAt, before);
    before = startedAt;
  }
  for (const { startedAt, endedAt } of records) writeNumber(writer, endedAt, startedAt);
  for (const { startedAt, endedAt, updatedAt } of records) writeNumber(writer, updatedAt, endedAt ?? startedAt);
}

function writeTags(writer: ByteWriter, records: readonly RunRecord[]): void {
  const texts = collectTexts(records.flatMap(({ tags }) => tags.map(toWellFormed)));
  const lists = new Map<string, number>([["", 0]]);
  const codes = records.map(({ tags }) => {
    const key = tags.map((tag) => texts.indexOf.get(toWellFormed(tag)) as number).join();
    const code = lists.get(key) ?? lists.size;
    lists.set(key, code);
    return code;
  });
  writeTexts(writer, texts.sorted);
  writer.varint(lists.size - 1);
  for (const key of [...lists.keys()].slice(1)) {
    const tags = key.split(",").map(Number);
    writer.varint(tags.length);
    for (const tag of tags) writer.varint(tag);
  }
  writeCodes(writer, codes);
}

function writeOptionalTexts(writer: ByteWriter, values: readonly (string | undefined)[]): void {
  const formed = values.map((value) => (value === undefined ? undefined : toWellFormed(value)));
  const texts = collectTexts(formed.filter((value) => value !== undefined));
  writeTexts(writer, texts.sorted);
  writeCodes(
    writer,
    formed.map((value) => (value === undefined ? 0 : 1 + (texts.indexOf.get(value) as number))),
  );
}

function writeParents(writer: ByteWriter, records: readonly RunRecord[]): void {
  const isByName = ({ runId, parentRunId }: RunRecord) => parentRunId !== undefined && parentByName(runId) === parentRunId;
  const texts = collectTexts(records.flatMap((record) => (record.parentRunId === undefined || isByName(record) ? [] : [toWellFormed(record.parentRunId)])));
  writeTexts(writer, texts.sorted);
  const codes = records.map((record) => {
    if (record.parentRunId === undefined) return 0;
    return isByName(record) ? CODE_PARENT_BY_NAME : CODE_PARENT_BY_NAME + 1 + (texts.indexOf.get(toWellFormed(record.parentRunId)) as number);
  });
  writeCodes(writer, codes);
}

function writeFields(writer: ByteWriter, records: readonly RunRecord[]): void {
  const columns = new Map<string, { readonly name: string; readonly type: FieldType }>();
  for (const { fields } of records)
    for (const [name, value] of Object.entries(fields ?? {})) {
      const type = fieldType(value);
      if (type !== undefined) columns.set(`${type} ${name}`, { name, type });
    }
  writer.varint(columns.size);
  for (const { name, type } of columns.values()) {
    writer.text(name);
    writer.byte(FIELD_TYPES.indexOf(type));
    const values = records.map(({ fields }) => {
      const value = fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
      return fieldType(value) === type ? value : undefined;
    });
    if (type === "number") for (const value of values) writeNumber(writer, value as number | undefined, 0);
    else if (type === "string") writeOptionalTexts(writer, values as (string | undefined)[]);
    else writeCodes(writer, values.map((value) => (value === undefined ? 0 : value === true ? CODE_TRUE : CODE_FALSE)));
  }
}

/** In which column a value stands; undefined: in none (NaN means absent there), but in the rest. */
function fieldType(value: unknown): FieldType | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : "number";
  return typeof value === "string" || typeof value === "boolean" ? (typeof value as FieldType) : undefined;
}

function writeRest(writer: ByteWriter, records: readonly RunRecord[]): void {
  const area = new ByteWriter();
  const sizes: number[] = [];
  const rows: number[] = [];
  records.forEach((record, row) => {
    const text = formatRest(record);
    if (text === "{}") return;
    const before = area.size;
    area.bytes(new TextEncoder().encode(text));
    rows.push(row);
    sizes.push(area.size - before);
  });
  writer.varint(rows.length);
  rows.forEach((row, at) => {
    writer.varint(row - (rows[at - 1] ?? -1) - 1);
    writer.varint(sizes[at] as number);
  });
  writer.bytes(area.view());
}

function formatRest(record: RunRecord): string {
  const { runId, workflow, identity, status, startedAt, updatedAt, endedAt, error, parentRunId, tags, fields, seq, ...rest } = record;
  const others: Record<string, unknown> = rest;
  if (error !== undefined) {
    const { code, ...restOfError } = error;
    const isPlain = typeof code === "string";
    if (!isPlain || Object.keys(restOfError).length > 0) others["error"] = isPlain ? restOfError : error;
  }
  if (fields !== undefined) {
    const odd = Object.entries(fields).filter(([, value]) => value !== undefined && fieldType(value) === undefined);
    const isEmpty = Object.values(fields).every((value) => value === undefined);
    if (odd.length > 0 || isEmpty) others["fields"] = Object.fromEntries(odd);
  }
  return formatJson(others);
}

function writeCodes(writer: ByteWriter, codes: readonly number[]): void {
  const max = codes.reduce((most, code) => Math.max(most, code), 0);
  const width = max === 0 ? 0 : max < 0x100 ? 1 : 2;
  writer.byte(width);
  if (width === 1) for (const code of codes) writer.byte(code);
  if (width === 2) for (const code of codes) {
    writer.byte(code & 0xff);
    writer.byte(code >>> 8);
  }
}

function writeNumber(writer: ByteWriter, value: number | undefined, since: number): void {
  if (value === undefined) {
    writer.varint(NO_NUMBER);
    return;
  }
  const delta = value - since;
  if (Number.isInteger(delta) && delta >= 0 && delta <= NUMBER_MAX && Object.is(since + delta, value)) writer.varint(delta * 2);
  else {
    writer.varint(EXACT_NUMBER);
    writer.f64(value);
  }
}

// --- reading --------------------------------------------------------------------------------------------------------

function readParts(reader: ByteReader): ColumnParts {
  const version = reader.byte();
  if (version !== COLUMNS_VERSION) {
    const message = `The columns of a segment have version ${version}; this engine reads ${COLUMNS_VERSION}`;
    throw new WorkflowError("store/version-unsupported", message, { details: { version } });
  }
  const count = reader.varint();
  if (count > SEGMENT_RUN_COUNT_MAX) throw new MalformedBytes(`${count} runs stand in one segment`, reader.offset);
  const ids = readIds(reader, count);
  const kinds = readKinds(reader, count);
  const times = readTimes(reader, count);
  const seqs = readSeqs(reader, count);
  const tagLists = readTagLists(reader);
  const tagCodes = readCodes(reader, count, tagLists.offsets.length - 2);
  const errors = readTexts(reader);
  const errorCodes = readCodes(reader, count, errors.count);
  const parents = readTexts(reader);
  const parentCodes = readCodes(reader, count, CODE_PARENT_BY_NAME + parents.count);
  const fields = readFields(reader, count);
  const rest = readRest(reader, count);
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last column", reader.offset);
  return { count, ...ids, ...kinds, ...times, seqs, tagLists, tagCodes, errors, errorCodes, parents, parentCodes, fields, rest };
}

function readIds(reader: ByteReader, count: number): Pick<ColumnParts, "words" | "idCodes" | "idTexts" | "wholeFrom"> {
  const tails = readTexts(reader);
  const wholes = readTexts(reader);
  const idCodes = readCodes(reader, count, tails.count + wholes.count);
  const columns = toU32(reader.bytes(count * KEY_WORD_COUNT * 4));
  const words = new Uint32Array(count * KEY_WORD_COUNT);
  for (let row = 0; row < count; row += 1)
    for (let word = 0; word < KEY_WORD_COUNT; word += 1) words[row * KEY_WORD_COUNT + word] = columns[word * count + row] as number;
  return { words, idCodes, idTexts: tails.concat(wholes), wholeFrom: 1 + tails.count };
}

function readKinds(reader: ByteReader, count: number): Pick<ColumnParts, "kinds" | "kindCodes"> {
  const texts = readTexts(reader);
  const kindCount = reader.varint();
  if (kindCount > count) throw new MalformedBytes(`${kindCount} kinds of ${count} runs`, reader.offset);
  const kinds: RunKind[] = [];
  for (let kind = 0; kind < kindCount; kind += 1) {
    const workflow = readReference(reader, texts);
    const identity = readReference(reader, texts);
    const status = readReference(reader, texts);
    if (!isStatus(status)) throw new MalformedBytes(`"${status}" is no status`, reader.offset);
    kinds.push({ workflow, identity, status });
  }
  return { kinds, kindCodes: readCodes(reader, count, kindCount - 1) };
}

function readTimes(reader: ByteReader, count: number): Pick<ColumnParts, "started" | "ended" | "updated"> {
  const started = new Float64Array(count);
  for (let row = 0, before = 0; row < count; row += 1) {
    const time = readNumber(reader, before);
    if (Number.isNaN(time) || (row > 0 && time < before)) throw new MalformedBytes("starts do not ascend", reader.offset);
    started[row] = before = time;
  }
  const ended = new Float64Array(count);
  for (let row = 0; row < count; row += 1) ended[row] = readNumber(reader, started[row] as number);
  const updated = new Float64Array(count);
  let isEnd = true;
  for (let row = 0; row < count; row += 1) {
    const end = ended[row] as number;
    const time = readNumber(reader, Number.isNaN(end) ? (started[row] as number) : end);
    if (Number.isNaN(time)) throw new MalformedBytes("a run was never updated", reader.offset);
    updated[row] = time;
    if (time !== end) isEnd = false;
  }
  return { started, ended, updated: isEnd ? ended : updated };
}

function readSeqs(reader: ByteReader, count: number): Uint32Array | Float64Array {
  const exact = new Float64Array(count);
  let isSmall = true;
  for (let row = 0; row < count; row += 1) {
    const seq = reader.varint();
    exact[row] = seq;
    if (seq > U32_MAX) isSmall = false;
  }
  return isSmall ? Uint32Array.from(exact) : exact;
}

function readTagLists(reader: ByteReader): TagLists {
  const texts = readTexts(reader);
  const listCount = reader.varint();
  if (listCount > reader.remaining || listCount > SEGMENT_RUN_COUNT_MAX) throw new MalformedBytes(`${listCount} lists of tags are missing`, reader.offset);
  const offsets = new Uint32Array(listCount + 2);
  const tags: number[] = [];
  for (let list = 1; list <= listCount; list += 1) {
    const tagCount = reader.varint();
    for (let index = 0; index < tagCount; index += 1) {
      const tag = reader.varint();
      if (tag >= texts.count) throw new MalformedBytes(`tag ${tag} of ${texts.count} is missing`, reader.offset);
      tags.push(tag);
    }
    offsets[list + 1] = tags.length;
  }
  return { texts, offsets, tags: texts.count > 0x1_0000 ? Uint32Array.from(tags) : Uint16Array.from(tags) };
}

function readFields(reader: ByteReader, count: number): FieldColumn[] {
  const fieldCount = reader.varint();
  const fields: FieldColumn[] = [];
  for (let field = 0; field < fieldCount; field += 1) {
    const name = reader.text();
    const type = FIELD_TYPES[reader.byte()];
    if (type === undefined) throw new MalformedBytes(`the field "${name}" has no type`, reader.offset);
    fields.push(readField(reader, count, name, type));
  }
  return fields;
}

function readField(reader: ByteReader, count: number, name: string, type: FieldType): FieldColumn {
  if (type === "boolean") return { name, type, codes: readCodes(reader, count, CODE_TRUE) };
  if (type === "string") {
    const texts = readTexts(reader);
    return { name, type, texts, codes: readCodes(reader, count, texts.count) };
  }
  // A number takes a byte at least.
  if (count > reader.remaining) throw new MalformedBytes(`numbers of the field "${name}" are missing`, reader.offset);
  const values = new Float64Array(count);
  for (let row = 0; row < count; row += 1) values[row] = readNumber(reader, 0);
  return { name, type, values };
}

function readRest(reader: ByteReader, count: number): RestArea {
  const restCount = reader.varint();
  if (restCount > count) throw new MalformedBytes(`${restCount} rests of ${count} runs`, reader.offset);
  const rows = new Uint16Array(restCount);
  const offsets = new Uint32Array(restCount + 1);
  let row = -1;
  let size = 0;
  for (let at = 0; at < restCount; at += 1) {
    row += reader.varint() + 1;
    if (row >= count) throw new MalformedBytes(`a rest of run ${row} of ${count}`, reader.offset);
    size += reader.varint();
    rows[at] = row;
    offsets[at + 1] = size;
  }
  return { rows, offsets, bytes: reader.bytes(size) };
}

/** Codes up to `codeMax`. */
function readCodes(reader: ByteReader, count: number, codeMax: number): Uint16Array {
  const width = reader.byte();
  if (width > 2) throw new MalformedBytes(`codes of ${width} bytes`, reader.offset);
  const bytes = reader.bytes(count * width);
  if (width === 0 && codeMax >= 0) return noCodes(count);
  const codes = width === 2 ? new Uint16Array(bytes.buffer) : Uint16Array.from(bytes);
  let max = -1;
  for (let row = 0; row < codes.length; row += 1) max = Math.max(max, codes[row] as number);
  if (max > codeMax || (codes.length < count && count > 0)) throw new MalformedBytes(`code ${max} of at most ${codeMax}`, reader.offset);
  return codes;
}

/** NaN: absent. */
function readNumber(reader: ByteReader, since: number): number {
  const number = reader.varint();
  if (number % 2 === 0) return since + number / 2;
  if (number === EXACT_NUMBER) return reader.f64();
  if (number !== NO_NUMBER) throw new MalformedBytes("a number is none", reader.offset);
  return Number.NaN;
}

function readReference(reader: ByteReader, texts: TextTable): string {
  const index = reader.varint();
  if (index >= texts.count) throw new MalformedBytes(`text ${index} of ${texts.count} is missing`, reader.offset);
  return texts.get(index);
}

function toU32(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function isStatus(text: string): text is RunStatus {
  return STATUSES.has(text);
}
