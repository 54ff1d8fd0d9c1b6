// Chunks read lately, so that restoring thousands of runs from a few shared chunks reads each chunk once.

/** Bytes of chunks kept. */
export const CACHE_SIZE_MAX = 32 * 1024 * 1024;

export type ReadChunk = (group: number) => Promise<Uint8Array | undefined>;

/** Least recently used chunks by key; a read in flight is shared. */
export class ChunkCache {
  readonly #chunks = new Map<number, Promise<Uint8Array | undefined>>();
  readonly #sizes = new Map<number, number>();
  readonly #read: ReadChunk;
  #size = 0;

  constructor(read: ReadChunk) {
    this.#read = read;
  }

  get(group: number): Promise<Uint8Array | undefined> {
    const cached = this.#chunks.get(group);
    if (cached !== undefined) {
      this.#chunks.delete(group);
      this.#chunks.set(group, cached);
      return cached;
    }
    const reading = this.#read(group);
    this.put(group, reading);
    return reading;
  }

  has(group: number): boolean {
    return this.#chunks.has(group);
  }

  /** One that was read otherwise. */
  put(group: number, reading: Promise<Uint8Array | undefined>): void {
    this.#chunks.set(group, reading);
    reading.then(
      (bytes) => this.#account(group, bytes?.length ?? 0, reading),
      () => this.forget(group),
    );
  }

  forget(group: number): void {
    this.#size -= this.#sizes.get(group) ?? 0;
    this.#sizes.delete(group);
    this.#chunks.delete(group);
  }

  clear(): void {
    this.#chunks.clear();
    this.#sizes.clear();
    this.#size = 0;
  }

  #account(group: number, size: number, reading: Promise<Uint8Array | undefined>): void {
    if (this.#chunks.get(group) !== reading) return;
    if (size === 0) {
      this.#chunks.delete(group);
      return;
    }
    this.#sizes.set(group, size);
    this.#size += size;
    for (const oldest of this.#chunks.keys()) {
      if (this.#size <= CACHE_SIZE_MAX || oldest === group) break;
      this.forget(oldest);
    }
  }
}
