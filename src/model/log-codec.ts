// Log entries as bytes: how they stand in the store and in a portable file. A block holds entries of one run, by their numbers:
//
//   u8 version · varint count · entries
//   entry: varint number, counted on from the one before · u8 head · time · [task · visit · varint item + 1 or 0 · varint attempt or 0] · message · [fields, JSON text]
//   head: bits 0–1 level, bit 2 by the engine, bit 3 of a call, bit 4 has fields, bit 5 is cut
//   time: varint 2 × (ms since the entry before, the first since 0), or varint 1 and an f64 where that is not a whole number
//   task, visit: varint 0 and a text that is new, or 1 + its place among the texts so far
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError } from "./errors.js";
import { LOG_LEVELS, type LogPlace, type StoredLogEntry } from "./log.js";

export const LOG_VERSION = 1;
const LEVEL_MASK = 3;
const BY_ENGINE = 4;
const HAS_PLACE = 8;
const HAS_FIELDS = 16;
const IS_CUT = 32;
const HEAD_MAX = 63;
const EXACT_TIME = 1;
const TIME_DELTA_MAX = 2 ** 52 - 1;

export function encodeLog(entries: readonly StoredLogEntry[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16 + 96 * entries.length);
  writeLog(writer, entries);
  return writer.take();
}

/** Appends a block to `writer`. Numbers ascend. */
export function writeLog(writer: ByteWriter, entries: readonly StoredLogEntry[]): void {
  const texts = new Map<string, number>();
  writer.byte(LOG_VERSION);
  writer.varint(entries.length);
  let [number, time] = [0, 0];
  for (const entry of entries) {
    const { level, by, message, fields, isCut, task } = entry;
    writer.varint(entry.number - number);
    writer.byte(
      LOG_LEVELS.indexOf(level) |
        (by === "engine" ? BY_ENGINE : 0) |
        (task === undefined ? 0 : HAS_PLACE) |
        (fields === undefined ? 0 : HAS_FIELDS) |
        (isCut === true ? IS_CUT : 0),
    );
    writeTime(writer, entry.time, time);
    if (task !== undefined) writePlace(writer, { ...entry, task }, texts);
    writer.text(message);
    if (fields !== undefined) writer.text(fields);
    [number, time] = [entry.number, entry.time];
  }
}

function writeTime(writer: ByteWriter, time: number, before: number): void {
  const delta = time - before;
  if (Number.isInteger(delta) && delta >= 0 && delta <= TIME_DELTA_MAX && before + delta === time) writer.varint(delta * 2);
  else {
    writer.varint(EXACT_TIME);
    writer.f64(time);
  }
}

function writePlace(writer: ByteWriter, { task, visit = "", item, attempt }: Partial<LogPlace> & Pick<LogPlace, "task">, texts: Map<string, number>): void {
  for (const text of [task, visit]) {
    const known = texts.get(text);
    writer.varint(known === undefined ? 0 : known + 1);
    if (known !== undefined) continue;
    texts.set(text, texts.size);
    writer.text(text);
  }
  writer.varint(item === undefined ? 0 : item + 1);
  writer.varint(attempt ?? 0);
}

/** Reads a block back. Throws `store/damaged` (details: `offset`). */
export function decodeLog(bytes: Uint8Array): StoredLogEntry[] {
  try {
    return readLog(new ByteReader(bytes));
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new WorkflowError("store/damaged", `A log of ${bytes.length} bytes is damaged: ${error.message}`, {
      details: { offset: error.offset, size: bytes.length },
      cause: error,
    });
  }
}

/** Throws `MalformedBytes`. */
export function readLog(reader: ByteReader): StoredLogEntry[] {
  const version = reader.byte();
  if (version !== LOG_VERSION) throw new MalformedBytes(`a log has the unknown version ${version}`, 0);
  const count = reader.varint();
  const texts: string[] = [];
  const entries: StoredLogEntry[] = [];
  let [number, time] = [0, 0];
  for (let index = 0; index < count; index += 1) {
    const step = reader.varint();
    if (step === 0) throw new MalformedBytes("two entries have one number", reader.offset);
    number += step;
    const head = reader.byte();
    if (head > HEAD_MAX) throw new MalformedBytes(`an entry begins with ${head}`, reader.offset - 1);
    time = readTime(reader, time);
    const place = (head & HAS_PLACE) === 0 ? undefined : readPlace(reader, texts);
    const message = reader.text();
    const fields = (head & HAS_FIELDS) === 0 ? undefined : reader.text();
    entries.push({
      number,
      time,
      level: LOG_LEVELS[head & LEVEL_MASK] ?? "error",
      by: (head & BY_ENGINE) === 0 ? "task" : "engine",
      ...place,
      message,
      ...(fields !== undefined && { fields }),
      ...((head & IS_CUT) !== 0 && { isCut: true }),
    });
  }
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last entry", reader.offset);
  return entries;
}

function readTime(reader: ByteReader, before: number): number {
  const time = reader.varint();
  if (time % 2 === 0) return before + time / 2;
  if (time !== EXACT_TIME) throw new MalformedBytes("a time is none", reader.offset);
  return reader.f64();
}

function readPlace(reader: ByteReader, texts: string[]): LogPlace {
  const readText = (): string => {
    const at = reader.varint();
    if (at === 0) texts.push(reader.text());
    const text = at === 0 ? texts.at(-1) : texts[at - 1];
    if (text === undefined) throw new MalformedBytes(`text ${at - 1} of ${texts.length} is missing`, reader.offset);
    return text;
  };
  const [task, visit] = [readText(), readText()];
  const [item, attempt] = [reader.varint(), reader.varint()];
  return { task, visit, ...(item > 0 && { item: item - 1 }), ...(attempt > 0 && { attempt }) };
}
