// A list of a plain object, written into a block of kernel memory that is kept from one evaluation to the next: the elements'
// cells stand in a row, and so do the maps of those fields that are read of them, so that a call writes little but the values.
import { CELL_SIZE, OBJECT_HEADER_SIZE, ObjectKind, Tag } from "../../assembly/abi.js";

import { areObjectsTainted, isCommonField, isRecord, readOwn } from "./plain-record.js";
import { areShapesFew } from "./shapes-seen.js";

/** What a block asks of the kernel. */
export interface BlockMemory {
  readonly words: Uint32Array;
  readonly floats: Float64Array;
  readonly octets: Uint8Array;
  /** Tag of a JavaScript number. */
  readonly numberTag: Tag.NUMBER | Tag.DOUBLE;
  /** Memory that stays; the views may be others afterwards. Throws where there is none. */
  allocate(size: number): number;
  free(address: number, size: number): void;
  /** The shape of maps with these keys, or 0: there is none. */
  internShape(keys: readonly string[]): number;
}

/** Longer lists are not kept. Some 1 MiB with two fields. */
export const LIST_COUNT_MAX = 16_384;
/** Bytes that the texts of a list may take. */
export const LIST_TEXT_SIZE_MAX = 1 << 20;
const LIST_COUNT_MIN = 16;
const TEXT_SIZE_MIN = 1_024;
const OBJECT_PROTOTYPE = Object.prototype;
/** In shorter lists each field is asked whether it is the element's own. */
const PLAIN_COUNT_MIN = 8;

/**
 * One list:
 *   +0 the LIST object's header, then `capacity` cells; then, where fields are read one by one, `capacity` maps of that shape.
 * Texts stand in a block of their own.
 */
export class ListBlock {
  /** Of the LIST object; 0: nothing was written yet. */
  address = 0;
  readonly #memory: BlockMemory;
  /** Undefined: elements are scalars, and written whole. */
  readonly #keys: readonly string[] | undefined;
  readonly #hasCommonKey: boolean;
  #shape = 0;
  #capacity = 0;
  #texts = 0;
  #textSize = 0;
  #textEnd = 0;

  constructor(memory: BlockMemory, keys: readonly string[] | undefined) {
    this.#memory = memory;
    this.#keys = keys;
    this.#hasCommonKey = keys?.some(isCommonField) ?? false;
  }

  /** Writes a list; false: it is too long, or has elements that must be written otherwise. */
  write(list: readonly unknown[]): boolean {
    const count = list.length;
    if (count > LIST_COUNT_MAX) return false;
    if ((count > this.#capacity || this.address === 0) && !this.#reserve(count)) return false;
    while (true) {
      this.#textEnd = this.#texts;
      const written = this.#keys === undefined ? this.#writeScalars(list) : this.#writeRecords(list, this.#keys);
      if (written) break;
      // Not for want of room: for what the elements are.
      if (!this.#isFull || !this.#reserveTexts()) return false;
    }
    const { words } = this.#memory;
    const at = this.address >>> 2;
    words[at + 1] = count;
    words[at + 2] = 0;
    return true;
  }

  dispose(): void {
    if (this.address !== 0) this.#memory.free(this.address, this.#size);
    if (this.#texts !== 0) this.#memory.free(this.#texts, this.#textSize);
    this.address = 0;
    this.#texts = 0;
    this.#textSize = 0;
    this.#capacity = 0;
  }

  #isFull = false;

  get #stride(): number {
    return this.#keys === undefined ? 0 : OBJECT_HEADER_SIZE + this.#keys.length * CELL_SIZE;
  }

  get #size(): number {
    return OBJECT_HEADER_SIZE + this.#capacity * (CELL_SIZE + this.#stride);
  }

  #writeScalars(list: readonly unknown[]): boolean {
    let at = (this.address + OBJECT_HEADER_SIZE) >>> 2;
    for (let index = 0; index < list.length; index += 1) {
      const value = list[index];
      // What is not there, is null: as in any list.
      if (!this.#writeCell(at, value === undefined ? null : value)) return false;
      at += CELL_SIZE / 4;
    }
    return true;
  }

  /** Elements of few shapes: asking for their prototypes costs nothing where it follows the field. */
  #writePlain(list: readonly unknown[], keys: readonly string[]): boolean {
    const { words, floats, numberTag } = this.#memory;
    const key = keys[0] as string;
    const step = this.#stride >>> 2;
    let at = (this.address + OBJECT_HEADER_SIZE + this.#capacity * CELL_SIZE + OBJECT_HEADER_SIZE) >>> 2;
    for (let index = 0; index < list.length; index += 1) {
      const item = list[index];
      if (typeof item !== "object" || item === null) return this.#refuse();
      const value = (item as Record<string, unknown>)[key];
      const prototype: unknown = Object.getPrototypeOf(item);
      if (prototype !== OBJECT_PROTOTYPE && prototype !== null) return this.#refuse();
      if (typeof value === "number") {
        words[at] = numberTag;
        words[at + 1] = 0;
        floats[(at >>> 1) + 1] = value;
      } else if (!this.#writeCell(at, value)) return false;
      for (let place = 1; place < keys.length; place += 1) {
        if (!this.#writeCell(at + place * (CELL_SIZE / 4), (item as Record<string, unknown>)[keys[place] as string])) return false;
      }
      at += step;
    }
    return true;
  }

  #writeRecords(list: readonly unknown[], keys: readonly string[]): boolean {
    if (keys.length === 0) return true;
    if (list.length >= PLAIN_COUNT_MIN && !this.#hasCommonKey && areShapesFew(list) && !areObjectsTainted()) return this.#writePlain(list, keys);
    let at = (this.address + OBJECT_HEADER_SIZE + this.#capacity * CELL_SIZE) >>> 2;
    for (let index = 0; index < list.length; index += 1) {
      const item = list[index];
      if (typeof item !== "object" || item === null || !isRecord(item)) return this.#refuse();
      at += OBJECT_HEADER_SIZE / 4;
      for (let place = 0; place < keys.length; place += 1) {
        if (!this.#writeCell(at, readOwn(item, keys[place] as string))) return false;
        at += CELL_SIZE / 4;
      }
    }
    return true;
  }

  #refuse(): false {
    this.#isFull = false;
    return false;
  }

  /** `at`: index of the cell's first word. False: there is no room for a text, or the value is no scalar. */
  #writeCell(at: number, value: unknown): boolean {
    const { words, floats, numberTag } = this.#memory;
    switch (typeof value) {
      case "number":
        words[at] = numberTag;
        words[at + 1] = 0;
        floats[(at >>> 1) + 1] = value;
        return true;
      case "boolean":
        words[at] = Tag.BOOL;
        words[at + 1] = value ? 1 : 0;
        floats[(at >>> 1) + 1] = 0;
        return true;
      case "string":
        return this.#writeText(at, value);
      default:
        if (value !== null) return this.#refuse();
        words[at] = Tag.NULL;
        words[at + 1] = 0;
        floats[(at >>> 1) + 1] = 0;
        return true;
    }
  }

  #writeText(at: number, value: string): boolean {
    const { length } = value;
    const end = this.#textEnd + OBJECT_HEADER_SIZE + ((length + 15) & ~15);
    if (end > this.#texts + this.#textSize) {
      this.#isFull = true;
      return false;
    }
    if (!writeAscii(this.#memory, this.#textEnd, value)) return this.#refuse();
    const { words } = this.#memory;
    words[at] = Tag.STRING;
    words[at + 1] = 0;
    words[at + 2] = this.#textEnd;
    words[at + 3] = 0;
    this.#textEnd = end;
    return true;
  }

  /** Room for `count` elements, with everything that does not vary from call to call. */
  #reserve(count: number): boolean {
    const keys = this.#keys;
    if (keys !== undefined && keys.length > 0) {
      this.#shape ||= this.#memory.internShape(keys);
      if (this.#shape === 0) return false;
    }
    if (this.address !== 0) this.#memory.free(this.address, this.#size);
    this.address = 0;
    this.#capacity = Math.min(LIST_COUNT_MAX, Math.max(LIST_COUNT_MIN, count + (count >>> 1)));
    const address = this.#memory.allocate(this.#size);
    this.address = address;
    const { words } = this.#memory;
    words.fill(0, address >>> 2, (address + this.#size) >>> 2);
    words[address >>> 2] = ObjectKind.LIST;
    if (keys === undefined || keys.length === 0) return true;
    const stride = this.#stride;
    for (let index = 0; index < this.#capacity; index += 1) {
      const cell = (address + OBJECT_HEADER_SIZE + index * CELL_SIZE) >>> 2;
      const map = address + OBJECT_HEADER_SIZE + this.#capacity * CELL_SIZE + index * stride;
      words[cell] = Tag.MAP;
      words[cell + 2] = map;
      words[map >>> 2] = ObjectKind.MAP_SHAPED;
      words[(map >>> 2) + 1] = keys.length;
      words[(map >>> 2) + 2] = this.#shape;
    }
    return true;
  }

  #reserveTexts(): boolean {
    const size = Math.max(TEXT_SIZE_MIN, this.#textSize * 4);
    if (size > LIST_TEXT_SIZE_MAX) return false;
    if (this.#texts !== 0) this.#memory.free(this.#texts, this.#textSize);
    this.#texts = 0;
    this.#textSize = 0;
    this.#texts = this.#memory.allocate(size);
    this.#textSize = size;
    return true;
  }
}

/** Writes a STRING object of a text that is all ASCII; false: it is not. There is room for it. */
export function writeAscii({ words, octets }: Pick<BlockMemory, "words" | "octets">, object: number, text: string): boolean {
  const { length } = text;
  const start = object + OBJECT_HEADER_SIZE;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return false;
    octets[start + index] = code;
  }
  const at = object >>> 2;
  words[at] = ObjectKind.STRING;
  words[at + 1] = length;
  words[at + 2] = 0;
  words[at + 3] = length + 1;
  return true;
}
