// History entries as bytes: how they stand in the store. A block holds consecutive entries of one run:
//
//   u8 version · varint count · varint seq of the first · entries
//   entry: u8 head (bits 0–5 kind, bit 6 has a payload, bit 7 is held) · varint id · time · u32 seed · [varint size, payload]
//   time: varint 2 × (ms since the entry before, the first since 0), or varint 1 and an f64 where that is not a whole number
//
// The version stands in stored databases: a change needs a new one and an upgrade.
import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.js";
import { WorkflowError } from "./errors.js";
import { EntryKind, HISTORY_VERSION, type HistoryEntry } from "./history.js";

const HAS_PAYLOAD = 0x40;
const IS_HELD = 0x80;
const KIND_MASK = 0x3f;
const EXACT_TIME = 1;
/** The largest time difference, ms, that doubles without leaving 2^53. */
const TIME_DELTA_MAX = 2 ** 52 - 1;
const KINDS: ReadonlySet<number> = new Set(Object.values(EntryKind).filter((kind) => typeof kind === "number"));

/** Entries of one run, consecutive, as a block of their own. */
export function encodeEntries(entries: readonly HistoryEntry[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16 + 32 * entries.length);
  writeEntries(writer, entries);
  return writer.take();
}

/** Appends a block to `writer`. */
export function writeEntries(writer: ByteWriter, entries: readonly HistoryEntry[]): void {
  writer.byte(HISTORY_VERSION);
  writer.varint(entries.length);
  writer.varint(entries[0]?.seq ?? 0);
  let before = 0;
  for (const { kind, isHeld, id, now, seed, payload } of entries) {
    writer.byte(kind | (payload === undefined ? 0 : HAS_PAYLOAD) | (isHeld ? IS_HELD : 0));
    writer.varint(id);
    const delta = now - before;
    if (Number.isInteger(delta) && delta >= 0 && delta <= TIME_DELTA_MAX && before + delta === now) writer.varint(delta * 2);
    else {
      writer.varint(EXACT_TIME);
      writer.f64(now);
    }
    before = now;
    writer.u32(seed);
    if (payload !== undefined) {
      writer.varint(payload.length);
      writer.bytes(payload);
    }
  }
}

/** Reads a block back. Throws `store/damaged` (details: `offset`) or `run/version-unsupported`. */
export function decodeEntries(bytes: Uint8Array): HistoryEntry[] {
  try {
    return readEntries(new ByteReader(bytes));
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new WorkflowError("store/damaged", `A history block of ${bytes.length} bytes is damaged: ${error.message}`, {
      details: { offset: error.offset, size: bytes.length },
      cause: error,
    });
  }
}

function readEntries(reader: ByteReader): HistoryEntry[] {
  const version = reader.byte();
  if (version > HISTORY_VERSION) {
    const message = `A history block has version ${version}; this engine reads up to ${HISTORY_VERSION}`;
    throw new WorkflowError("run/version-unsupported", message, { details: { version, versionMax: HISTORY_VERSION } });
  }
  if (version < 1) throw new MalformedBytes(`version ${version} was never written`, 0);
  const count = reader.varint();
  const first = reader.varint();
  const entries: HistoryEntry[] = [];
  let now = 0;
  for (let index = 0; index < count; index += 1) {
    const at = reader.offset;
    const head = reader.byte();
    const kind = head & KIND_MASK;
    if (!KINDS.has(kind)) throw new MalformedBytes(`an entry has the unknown kind ${kind}`, at);
    const id = reader.varint();
    const time = reader.varint();
    if (time % 2 === 0) now += time / 2;
    else if (time === EXACT_TIME) now = reader.f64();
    else throw new MalformedBytes("an entry's time is none", at);
    const seed = reader.u32();
    const payload = (head & HAS_PAYLOAD) === 0 ? undefined : reader.bytes(reader.varint());
    entries.push({ seq: first + index, kind, isHeld: (head & IS_HELD) !== 0, id, now, seed, ...(payload !== undefined && { payload }) });
  }
  if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the last entry", reader.offset);
  return entries;
}
