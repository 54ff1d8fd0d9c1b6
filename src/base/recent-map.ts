// A map that keeps so many entries, the newest. The oldest is found in a ring of keys: a Map's own order is slow to find it in, since it walks over
// all that were deleted before.

interface Slotted<V> {
  value: V;
  readonly slot: number;
}

export class RecentMap<K, V> {
  readonly #countMax: number;
  readonly #entries = new Map<K, Slotted<V>>();
  readonly #ring: K[] = [];
  #next = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** A key that is there keeps its age. */
  set(key: K, value: V): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const slot = this.#next;
    this.#next = (slot + 1) % this.#countMax;
    const oldest = this.#ring[slot];
    // Its key may have been deleted, and set again in another slot.
    if (slot < this.#ring.length && this.#entries.get(oldest as K)?.slot === slot) this.#entries.delete(oldest as K);
    this.#ring[slot] = key;
    this.#entries.set(key, { value, slot });
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }
}
