// Bytes as they come, taken by count, so that a length that the bytes claim is never more than a wish. Knows nothing of what they mean.

/** Pulls from a source what is asked for. */
export class BytePull {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `count` bytes, or as many as there are. What is kept of a source is never more than it has given. */
  async take(count: number): Promise<Uint8Array> {
    const ready = this.takeReady(count);
    if (ready !== undefined) return ready;
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < count && (await this.#fill())) {
      const part = this.#piece.subarray(this.#at, this.#at + count - size);
      this.#at += part.length;
      size += part.length;
      parts.push(part);
    }
    this.#offset += size;
    return join(parts, size);
  }

  /** The next `count` bytes where they are at hand. */
  takeReady(count: number): Uint8Array | undefined {
    if (this.#piece.length - this.#at < count) return undefined;
    this.#at += count;
    this.#offset += count;
    return this.#piece.subarray(this.#at - count, this.#at);
  }

  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** What is left, in pieces. */
  async *rest(): AsyncGenerator<Uint8Array, undefined> {
    while (await this.#fill()) {
      const piece = this.#piece.subarray(this.#at);
      this.#at = this.#piece.length;
      this.#offset += piece.length;
      yield piece;
    }
  }

  /** No more is wanted. */
  async end(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#at === this.#piece.length) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#piece = next.value;
      this.#at = 0;
    }
    return true;
  }
}

export function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
