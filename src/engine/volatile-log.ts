// The history of a run of durability `none`: in memory only, four numbers an entry and no object, so that a million
// events a second can be kept for rebuilding a lost kernel and for listeners.
import type { EntryKind, HistoryEntry } from "../model/history.js";

const FIELDS_PER_ENTRY = 4;
const IS_HELD = 0x100;

export class VolatileLog {
  readonly #fields: number[] = [];
  #payloads: Map<number, Uint8Array> | undefined;

  /** Number of entries. */
  get count(): number {
    return this.#fields.length / FIELDS_PER_ENTRY;
  }

  add(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    if (payload !== undefined) (this.#payloads ??= new Map()).set(this.#fields.length, payload);
    this.#fields.push(isHeld ? kind | IS_HELD : kind, id, now, seed);
  }

  /** The first `count` entries, made on the way. */
  *entries(count = this.count): Iterable<HistoryEntry> {
    for (let seq = 1; seq <= count; seq += 1) {
      const at = (seq - 1) * FIELDS_PER_ENTRY;
      const [head = 0, id = 0, now = 0, seed = 0] = this.#fields.slice(at, at + FIELDS_PER_ENTRY);
      const payload = this.#payloads?.get(at);
      yield { seq, kind: head & ~IS_HELD, isHeld: (head & IS_HELD) !== 0, id, now, seed, ...(payload && { payload }) };
    }
  }
}
