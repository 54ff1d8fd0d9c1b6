// A reading that many ask for at once. What was written before somebody asked is in what he gets: he never shares one that has begun already.
export class SharedReading {
  readonly #readAll: () => Promise<void>;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(readAll: () => Promise<void>) {
    this.#readAll = readAll;
  }

  /** Rejects as the reading does. */
  read(): Promise<void> {
    this.#next ??= this.#begin(this.#current);
    return this.#next;
  }

  async #begin(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    this.#current = this.#next ?? before;
    this.#next = undefined;
    await this.#readAll();
  }
}
