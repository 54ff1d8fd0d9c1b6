// The sources that were put through one journal of this store: kept also before the first run refers to them, and stored once.
import type { SourceRecord } from "../model/ports.js";
import type { Disk } from "./disk.js";
import { openSource, sealSource } from "./source-seal.js";

export class OwnSources {
  readonly #disk: Disk;
  readonly #journal: number;
  readonly #sources = new Map<string, SourceRecord>();
  /** Per source that it is being stored, or was. */
  readonly #puts = new Map<string, Promise<void>>();

  constructor(disk: Disk, journal: number) {
    this.#disk = disk;
    this.#journal = journal;
  }

  async put(source: SourceRecord): Promise<void> {
    const { identity } = source;
    this.#sources.set(identity, source);
    // Who else needs it waits for the same put: a run must not be acknowledged before its source is there.
    const put = this.#puts.get(identity) ?? this.#disk.putSources(this.#journal, [sealSource(source)]);
    this.#puts.set(identity, put);
    try {
      await put;
    } catch (error) {
      if (this.#puts.get(identity) === put) this.#puts.delete(identity);
      throw error;
    }
  }

  /** Those of others are read. Rejects with `store/damaged`. */
  async get(identity: string): Promise<SourceRecord | undefined> {
    const own = this.#sources.get(identity);
    const stored = own === undefined ? await this.#disk.getSource(this.#journal, identity) : undefined;
    return stored === undefined ? own : openSource(stored, identity);
  }

  /** All of them once more: another driver may have removed them meanwhile. */
  async putAll(): Promise<void> {
    if (this.#sources.size > 0) await this.#disk.putSources(this.#journal, [...this.#sources.values()].map(sealSource));
  }

  /** Sources that nobody needs. */
  async findUnused(isUsed: (identity: string) => boolean): Promise<readonly string[]> {
    return (await this.#disk.readSourceKeys(this.#journal)).filter((identity) => !isUsed(identity) && !this.#sources.has(identity));
  }
}
