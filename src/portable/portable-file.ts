// The door of the room: a portable file written, and read.
import type { ImportSource } from "../model/portable.js";
import { openFile, type SealOptions, sealContent } from "./envelope.js";
import { type ExportItem, type ImportItem, readSections, writeSections } from "./section-stream.js";

export interface WriteOptions extends SealOptions {
  readonly exportedAt?: number | undefined;
}

/** The bytes of a file, in pieces of about 64 KiB; one item is asked for at a time. */
export function writeFile(items: AsyncIterable<ExportItem>, options: WriteOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  return sealContent(writeSections(items, options.exportedAt), options);
}

/** A file that is being read. */
export interface ReadFile {
  readonly items: AsyncIterable<ImportItem>;
  /** Bytes of the file so far. */
  readSize(): number;
}

/** Opens a file. Rejects, and its items throw, with WorkflowErrors `portable/…` only. */
export async function readFile(source: ImportSource, passphrase?: string): Promise<ReadFile> {
  const { content, readSize, end } = await openFile(source, passphrase);
  const items = async function* (): AsyncGenerator<ImportItem, undefined> {
    try {
      yield* readSections(content);
    } finally {
      await content.end();
      await end();
    }
  };
  return { items: items(), readSize };
}
