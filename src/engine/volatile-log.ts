// The history of a run of durability `none`: in memory only, about one number an entry and no object, so that a million
// events a second can be kept for rebuilding a lost kernel and for listeners.
import type { EntryKind, HistoryEntry } from "../model/history.js";

/** Where events may still lie that belong in logs: asked for them before a log is read or written. */
export interface LogSource {
  readonly isEmpty: boolean;
  spill(): void;
}

// An entry is one number below 2^53: seed, plus 2^32 times (kind, 64 where held, plus 128 times id or ID_ELSEWHERE).
const HEAD_UNIT = 2 ** 32;
const IS_HELD = 0x40;
const ID_UNIT = 0x80;
const ID_ELSEWHERE = 2 ** 14 - 1;

export class VolatileLog {
  readonly #entries: number[] = [];
  /** Pairs: from which entry on, and what time it is since then. */
  readonly #times: number[] = [];
  #lastNow = -1;
  #payloads: Map<number, Uint8Array> | undefined;
  #ids: Map<number, number> | undefined;
  readonly #source: LogSource | undefined;

  constructor(source?: LogSource) {
    this.#source = source;
  }

  /** Number of entries. */
  get count(): number {
    this.#catchUp();
    return this.#entries.length;
  }

  add(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    this.#catchUp();
    this.append(kind, isHeld, id, now, seed, payload);
  }

  #catchUp(): void {
    if (this.#source?.isEmpty === false) this.#source.spill();
  }

  /** Adds without asking the source: for the source itself. Time never goes back. */
  append(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    const at = this.#entries.length;
    if (payload !== undefined) (this.#payloads ??= new Map()).set(at, payload);
    if (id >= ID_ELSEWHERE) (this.#ids ??= new Map()).set(at, id);
    if (now > this.#lastNow) this.#addTime(at, now);
    const head = kind + (isHeld ? IS_HELD : 0) + Math.min(id, ID_ELSEWHERE) * ID_UNIT;
    this.#entries.push(head * HEAD_UNIT + seed);
  }

  /** The first `count` entries, made on the way. */
  *entries(count = this.count): Iterable<HistoryEntry> {
    let time = 0;
    for (let at = 0; at < Math.min(count, this.count); at += 1) {
      while ((this.#times[time + 2] ?? Infinity) <= at) time += 2;
      const packed = this.#entries[at] ?? 0;
      const seed = packed % HEAD_UNIT;
      const head = (packed - seed) / HEAD_UNIT;
      const id = Math.floor(head / ID_UNIT);
      const payload = this.#payloads?.get(at);
      yield {
        seq: at + 1,
        kind: head % IS_HELD,
        isHeld: head % ID_UNIT >= IS_HELD,
        id: id === ID_ELSEWHERE ? (this.#ids?.get(at) ?? id) : id,
        now: this.#times[time + 1] ?? 0,
        seed,
        ...(payload && { payload }),
      };
    }
  }

  #addTime(at: number, now: number): void {
    this.#times.push(at, now);
    this.#lastNow = now;
  }
}
