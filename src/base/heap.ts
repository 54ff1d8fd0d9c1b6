// A binary heap: what has the lowest rank comes first, and of equal ranks what has the lowest order. What stands in it carries both
// numbers itself: a heap that calls back for them, or keeps them apart, is slower.

export interface Ranked {
  /** Any number but NaN. */
  readonly rank: number;
  readonly order: number;
}

export class Heap<T extends Ranked> {
  #entries: T[] = [];

  get count(): number {
    return this.#entries.length;
  }

  /** What comes first; undefined where there is nothing. */
  get first(): T | undefined {
    return this.#entries[0];
  }

  /** O(log n). */
  add(entry: T): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    const from = at;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above] as T;
      if (!isBefore(entry, parent)) break;
      entries[at] = parent;
      at = above;
    }
    if (at !== from) entries[at] = entry;
  }

  /** Takes out what comes first; undefined where there is nothing. O(log n). */
  take(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) sink(entries, last, 0);
    return first;
  }

  /** Takes out all but what is to be kept. O(n). */
  retain(isKept: (entry: T) => boolean): void {
    const entries = this.#entries.filter(isKept);
    for (let at = (entries.length >> 1) - 1; at >= 0; at -= 1) sink(entries, entries[at] as T, at);
    this.#entries = entries;
  }

  clear(): void {
    this.#entries = [];
  }
}

/** Puts the entry at this place, or below it. */
function sink<T extends Ranked>(entries: T[], entry: T, from: number): void {
  const { length } = entries;
  let at = from;
  for (let next = at * 2 + 1; next < length; next = at * 2 + 1) {
    let child = entries[next] as T;
    if (next + 1 < length) {
      const right = entries[next + 1] as T;
      if (isBefore(right, child)) {
        next += 1;
        child = right;
      }
    }
    if (!isBefore(child, entry)) break;
    entries[at] = child;
    at = next;
  }
  entries[at] = entry;
}

function isBefore(a: Ranked, b: Ranked): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.order < b.order);
}
