// What waits to be stepped, in order of arrival: taken in slices, so that no turn of the loop is long, however much has arrived. Knows
// who waits until everything that was there has had its turn.

export class Inbox<T> {
  /** From `#first` on. */
  #items: T[] = [];
  #first = 0;
  /** How many were taken, and for each who waits: how many are to have been taken. */
  #takenCount = 0;
  #waits: { count: number; readonly callback: () => void }[] = [];

  get count(): number {
    return this.#items.length - this.#first;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  /** Puts these first again. */
  putBack(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#items = [...items, ...this.#items.slice(this.#first)];
    this.#first = 0;
    for (const wait of this.#waits) wait.count += items.length;
  }

  /** Takes at most so many, at least one where there is one. */
  take(countMax: number): readonly T[] {
    const count = Math.min(this.count, Math.max(1, countMax));
    this.#takenCount += count;
    const items = this.#items;
    if (count === items.length) {
      this.#items = [];
      return items;
    }
    const taken = items.slice(this.#first, this.#first + count);
    this.#first += count;
    // What was taken is let go before it is as much as what is left.
    if (this.#first * 2 >= items.length) {
      this.#items = items.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }

  /** Resolves when all that is here now was taken, and `settle` was called after. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.#waits.push({ count: this.#takenCount + this.count, callback: resolve }));
  }

  /** What was taken has been stepped. */
  settle(): void {
    if (this.#waits.length === 0) return;
    const done = this.#waits.filter(({ count }) => count <= this.#takenCount);
    if (done.length === 0) return;
    this.#waits = this.#waits.filter(({ count }) => count > this.#takenCount);
    for (const { callback } of done) callback();
  }

  /** Takes out what `isGone` says. */
  remove<Gone extends T>(isGone: (item: T) => item is Gone): readonly Gone[] {
    const items = this.#items.slice(this.#first);
    const removed = items.filter(isGone);
    if (removed.length === 0) return removed;
    this.#items = items.filter((item) => !isGone(item));
    this.#first = 0;
    this.#takenCount += removed.length;
    return removed;
  }

  /** Empties it; who waits does so no longer. */
  clear(): readonly T[] {
    const items = this.#items.slice(this.#first);
    this.#takenCount += items.length;
    this.#items = [];
    this.#first = 0;
    const waits = this.#waits;
    this.#waits = [];
    for (const { callback } of waits) callback();
    return items;
  }
}
