// The newest entries of one run's log, in memory: numbered as they come, within limits. For stores in memory, for runs that are not stored, and for
// entries that wait to be written.
import { type LogLimits, type NewLogEntry, sizeOfEntry, type StoredLogEntry } from "./log.js";

/** Dropped entries are taken out of the list when they are so many, and half of it. */
const COMPACTION_MIN = 64;

export class LogList {
  readonly #limits: LogLimits;
  #entries: StoredLogEntry[] = [];
  /** Where the entries that are kept begin. */
  #first = 0;
  #lastNumber: number;
  #size = 0;

  /** `lastNumber`: of the last entry before. */
  constructor(limits: LogLimits, lastNumber = 0) {
    this.#limits = limits;
    this.#lastNumber = lastNumber;
  }

  get lastNumber(): number {
    return this.#lastNumber;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  /** About so many bytes. */
  get size(): number {
    return this.#size;
  }

  /** Entries that have a number keep it, if it is greater than the last. */
  add(entry: NewLogEntry & { readonly number?: number }): void {
    this.#lastNumber = Math.max(this.#lastNumber + 1, entry.number ?? 0);
    this.#entries.push({ ...entry, number: this.#lastNumber });
    this.#size += sizeOfEntry(entry);
    while (this.count > 1 && (this.count > this.#limits.entriesMax || this.#size > this.#limits.sizeMax)) this.#dropFirst();
  }

  /** Those after `number`. */
  after(number = 0): readonly StoredLogEntry[] {
    let at = this.#first;
    while (at < this.#entries.length && (this.#entries[at] as StoredLogEntry).number <= number) at += 1;
    return this.#entries.slice(at);
  }

  /** Forgets those up to `number`; the next entry's number follows the last all the same. */
  forget(number: number): void {
    while (this.count > 0 && (this.#entries[this.#first] as StoredLogEntry).number <= number) this.#dropFirst();
  }

  #dropFirst(): void {
    this.#size -= sizeOfEntry(this.#entries[this.#first] as StoredLogEntry);
    this.#first += 1;
    if (this.#first < COMPACTION_MIN || this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}
