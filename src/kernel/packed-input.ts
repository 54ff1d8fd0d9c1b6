// Where packed calls lie in the kernel's memory: one block with the tables of names and, behind them, the records. Tables
// and records that are there from the call before are not written again.
import type { PackedNames } from "../model/ports.js";
import type { KernelInstance } from "./instance.js";

const RECORD_SIZE = 8;

export class PackedInput {
  /** Address of the block: handles, then event numbers. 0: none yet. */
  at = 0;
  /** Address of the records. */
  recordsAt = 0;
  readonly #instance: KernelInstance;
  #size = 0;
  #names: PackedNames | undefined;
  #recordCount = 0;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** Puts the call's tables and records in place. False: out of memory. `isRepeated`: the records are there, if the names are. */
  place(names: PackedNames, records: Uint32Array, count: number, isRepeated: boolean): boolean {
    if (isRepeated && names === this.#names && count === this.#recordCount) return true;
    const tableSize = ((names.handles.length + names.ids.length) * 4 + 15) & ~15;
    if (!this.#makeRoom(tableSize + count * RECORD_SIZE)) return false;
    const words = new Uint32Array(this.#instance.exports.memory.buffer);
    if (names !== this.#names) {
      words.set(names.handles, this.at >>> 2);
      words.set(names.ids, (this.at >>> 2) + names.handles.length);
      this.#names = names;
      this.recordsAt = this.at + tableSize;
    }
    words.set(records.length === count * 2 ? records : records.subarray(0, count * 2), this.recordsAt >>> 2);
    this.#recordCount = count;
    return true;
  }

  #makeRoom(size: number): boolean {
    if (size <= this.#size) return true;
    const { exports } = this.#instance;
    this.#names = undefined;
    this.#instance.call(() => {
      if (this.#size > 0) exports.freeBlock(this.at, this.#size);
      this.#size = 0;
      this.at = exports.allocateBlock(size * 2) >>> 0;
    });
    if (this.at === 0) return false;
    this.#size = size * 2;
    return true;
  }
}
