// Sections as a stream: items to bytes, and bytes back to items, with one section in memory at a time. Whatever stands in the bytes, what is thrown
// is a WorkflowError.
import { ByteWriter, MalformedBytes } from "../base/bytes.js";
import { fingerprintBytes } from "../base/fingerprint.js";
import { WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import type { SourceRecord } from "../model/ports.js";
import type { RunRecord } from "../model/run-record.js";
import type { BytePull } from "./byte-pull.js";
import { damagedError, tooLargeError } from "./errors.js";
import { CHUNK_SIZE, SOURCES_MAX } from "./limits.js";
import {
  decodeRun,
  decodeSource,
  decodeTime,
  decodeTotals,
  encodeBlocks,
  encodeLogBlocks,
  encodeRun,
  encodeSource,
  encodeTime,
  encodeTotals,
  type PortableRecord,
  Section,
  seedOf,
  sizeMaxOf,
  type Totals,
} from "./section-codec.js";

/** What is exported: a source before the first run of it. */
export type ExportItem =
  | { readonly kind: "source"; readonly source: SourceRecord }
  | { readonly kind: "run"; readonly record: RunRecord; readonly entries: readonly HistoryEntry[]; readonly log?: readonly StoredLogEntry[] };

/** What a file tells, in order. A block of history, and one of a log, belongs to the run before it. */
export type ImportItem =
  | { readonly kind: "time"; readonly exportedAt: number }
  | { readonly kind: "source"; readonly source: SourceRecord }
  | { readonly kind: "run"; readonly run: PortableRecord }
  | { readonly kind: "history"; readonly block: Uint8Array }
  | { readonly kind: "log"; readonly block: Uint8Array };

/** The content of a file, in pieces of about CHUNK_SIZE. */
export async function* writeSections(items: AsyncIterable<ExportItem>, exportedAt?: number): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const writer = new SectionWriter();
  if (exportedAt !== undefined) writer.add(Section.TIME, encodeTime(exportedAt));
  const numbers = new Map<string, number>();
  const totals: Totals = { sources: 0, runs: 0, entries: 0 };
  for await (const item of items) {
    if (item.kind === "source") {
      numbers.set(item.source.identity, totals.sources);
      totals.sources += 1;
      writer.add(Section.SOURCE, encodeSource(item.source));
    } else {
      const { record, entries, log = [] } = item;
      totals.runs += 1;
      totals.entries += entries.length;
      writer.add(Section.RUN, encodeRun(record, numbers.get(record.identity) ?? totals.sources));
      for (const block of encodeBlocks(entries)) {
        writer.add(Section.HISTORY, block);
        if (writer.size >= CHUNK_SIZE) yield writer.take();
      }
      for (const block of encodeLogBlocks(log)) {
        writer.add(Section.LOG, block);
        if (writer.size >= CHUNK_SIZE) yield writer.take();
      }
    }
    if (writer.size >= CHUNK_SIZE) yield writer.take();
  }
  writer.add(Section.END, encodeTotals(totals));
  yield writer.take();
}

class SectionWriter {
  readonly #writer = new ByteWriter(CHUNK_SIZE * 2);
  #number = 0;

  get size(): number {
    return this.#writer.size;
  }

  add(kind: Section, content: Uint8Array): void {
    const sizeMax = sizeMaxOf(kind);
    if (content.length > sizeMax) throw tooLargeError(kind === Section.SOURCE ? "A workflow" : "A run's record", content.length, sizeMax);
    this.#writer.byte(kind);
    this.#writer.varint(content.length);
    this.#writer.bytes(content);
    this.#writer.u32(fingerprintBytes(content, seedOf(this.#number, kind)));
    this.#number += 1;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#writer.take();
  }
}

/** Reads a content back. Throws `portable/damaged`: what came before it was whole, and that may be all that there is. */
export async function* readSections(pull: BytePull): AsyncGenerator<ImportItem, undefined> {
  const totals: Totals = { sources: 0, runs: 0, entries: 0 };
  let before: Section | undefined;
  for (let number = 0; ; number += 1) {
    const at = pull.offset;
    const { kind, content } = await readSection(pull, number);
    const item = readItem(kind, content, at);
    checkOrder(kind, before, number, at);
    before = kind;
    if (item.kind === "end") {
      const { sources, runs } = item.totals;
      if (sources !== totals.sources || runs !== totals.runs) throw damagedError("it has not as many runs as it says", at, "content");
      if (!(await pull.isAtEnd())) throw damagedError("something follows its end", pull.offset, "content");
      return;
    }
    if (item.kind === "source") totals.sources += 1;
    if (item.kind === "run") totals.runs += 1;
    if (totals.sources > SOURCES_MAX) throw tooLargeError("The list of workflows", totals.sources, SOURCES_MAX);
    if (item.kind === "run" && item.run.source >= totals.sources) throw damagedError("a run's workflow is missing", at, "content");
    yield item;
  }
}

async function readSection(pull: BytePull, number: number): Promise<{ readonly kind: Section; readonly content: Uint8Array }> {
  const at = pull.offset;
  const kind = await readByte(pull);
  const sizeMax = sizeMaxOf(kind);
  if (sizeMax === 0) throw damagedError(`there is no section of kind ${kind}`, at, "content");
  const size = await readSize(pull);
  if (size > sizeMax) throw damagedError(`a section of kind ${kind} takes ${size} bytes; the limit is ${sizeMax}`, at, "content");
  const content = await pull.take(size);
  const sum = await pull.take(4);
  if (content.length < size || sum.length < 4) throw damagedError("it ends too soon", pull.offset, "content");
  const expected = new DataView(sum.buffer, sum.byteOffset, 4).getUint32(0, true);
  if (fingerprintBytes(content, seedOf(number, kind)) !== expected) throw damagedError("a checksum does not fit", at, "content");
  return { kind, content };
}

async function readByte(pull: BytePull): Promise<number> {
  const [byte] = pull.takeReady(1) ?? (await pull.take(1));
  if (byte === undefined) throw damagedError("it ends too soon", pull.offset, "content");
  return byte;
}

async function readSize(pull: BytePull): Promise<number> {
  let size = 0;
  for (let scale = 1; scale <= 0x1000_0000; scale *= 0x80) {
    const byte = await readByte(pull);
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return size;
  }
  throw damagedError("a size is too long", pull.offset, "content");
}

function checkOrder(kind: Section, before: Section | undefined, number: number, at: number): void {
  if (kind === Section.TIME && number > 0) throw damagedError("a time stands in the middle", at, "content");
  if (kind === Section.HISTORY && before !== Section.RUN && before !== Section.HISTORY) throw damagedError("a history is of no run", at, "content");
  if (kind === Section.LOG && before !== Section.RUN && before !== Section.HISTORY && before !== Section.LOG) throw damagedError("a log is of no run", at, "content");
}

function readItem(kind: Section, content: Uint8Array, at: number): ImportItem | { readonly kind: "end"; readonly totals: Totals } {
  try {
    switch (kind) {
      case Section.TIME:
        return { kind: "time", exportedAt: decodeTime(content) };
      case Section.SOURCE:
        return { kind: "source", source: decodeSource(content) };
      case Section.RUN:
        return { kind: "run", run: decodeRun(content) };
      case Section.HISTORY:
        return { kind: "history", block: content };
      case Section.LOG:
        return { kind: "log", block: content };
      case Section.END:
        return { kind: "end", totals: decodeTotals(content) };
    }
  } catch (error) {
    if (error instanceof MalformedBytes || error instanceof WorkflowError) throw damagedError(error.message, at, "content", error);
    throw error;
  }
}
