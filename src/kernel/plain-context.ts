// A context whose slots are filled anew for each evaluation from the object that is given with it: values at the ends of paths
// are written straight into kernel memory. What cannot be written so is written as wire value, and what cannot be read by
// path (objects that are not plain, what throws) is left to the caller, who takes whole variables.
import { CELL_SIZE, OBJECT_HEADER_SIZE, Tag } from "../../assembly/abi.js";
import { NO_SLOT, type PathReading, type Reading } from "../model/reading.js";
import { ValueWriter } from "../model/value.js";
import { isTimestamp } from "../model/value-path.js";
import type { ExpressionKernel } from "./context.js";
import { type BlockMemory, ListBlock, writeAscii } from "./list-block.js";
import { areObjectsTainted, isCommonField, isPlain, isRecord, readOwn } from "./plain-record.js";

/** Texts up to this length are written in place, in a row of objects of this many bytes each. */
export const TEXT_LENGTH_MAX = 112;
const TEXT_STRIDE = OBJECT_HEADER_SIZE + TEXT_LENGTH_MAX;
/** From so many fields of one object on, its prototype is asked for once rather than each field whether it is its own. */
const PLAIN_FIELD_COUNT_MIN = 4;
const DATE_PROTOTYPE = Date.prototype;
const TWO_32 = 2 ** 32;
/** A path, with the places of its slots as indexes of words. */
class Path {
  readonly key: string;
  readonly slot: number;
  readonly at: number;
  readonly presenceAt: number;
  readonly fields: readonly Path[];
  readonly list: ListBlock | undefined;
  /** Of the slot's own text. */
  readonly text: number;
  /** All plain objects have such a field. */
  readonly isCommon: boolean;

  constructor(reading: PathReading, memory: PlainContext, texts: number) {
    const { key, slot, presenceSlot, fields, itemKeys } = reading;
    this.key = key;
    this.slot = slot;
    this.at = slot === NO_SLOT ? NO_SLOT : memory.wordOf(slot);
    this.presenceAt = presenceSlot === NO_SLOT ? NO_SLOT : memory.wordOf(presenceSlot);
    this.fields = fields.map((field) => new Path(field, memory, texts));
    this.list = slot === NO_SLOT ? undefined : new ListBlock(memory, itemKeys);
    this.text = slot === NO_SLOT ? 0 : texts + slot * TEXT_STRIDE;
    this.isCommon = isCommonField(key);
  }

  dispose(): void {
    this.list?.dispose();
    for (const field of this.fields) field.dispose();
  }
}

export class PlainContext implements BlockMemory {
  words: Uint32Array = new Uint32Array(0);
  floats: Float64Array = new Float64Array(0);
  octets: Uint8Array = new Uint8Array(0);
  readonly numberTag: Tag.NUMBER | Tag.DOUBLE;
  /** For `ExpressionKernel.evaluate`. */
  readonly handle: number;
  readonly #kernel: ExpressionKernel;
  readonly #writer: ValueWriter;
  readonly #paths: readonly Path[];
  readonly #slotCount: number;
  readonly #texts: number;
  /** By slot: what stands in its own text. */
  readonly #written: string[];
  /** Holds wire values by slot; made for the first. Its cells are copied last, since each may move the others' values. */
  #wired = 0;
  readonly #wiredSlots: number[] = [];
  /** A getter of the object in hand may evaluate the same expression. */
  #isFilling = false;
  /** The object in hand, which may be of any class. */
  #values: object | undefined;

  constructor(kernel: ExpressionKernel, { fields, slotNames }: Reading, isStrict: boolean) {
    this.#kernel = kernel;
    this.numberTag = isStrict ? Tag.DOUBLE : Tag.NUMBER;
    this.#writer = new ValueWriter({ isStrict });
    this.#slotCount = slotNames.length;
    this.#written = slotNames.map(() => "");
    this.handle = kernel.createContext(Math.max(1, slotNames.length));
    this.#texts = slotNames.length === 0 ? 0 : kernel.allocateBlock(slotNames.length * TEXT_STRIDE);
    this.#refresh();
    this.#paths = fields.map((field) => new Path(field, this, this.#texts));
  }

  /**
   * Fills the slots with what `values` has at the ends of the paths. A value that is missing leaves its slot empty. False: the
   * object must be taken whole, for something at or on the way to such an end.
   */
  fill(values: object): boolean {
    if (this.words.length === 0) this.#refresh();
    if (this.#isFilling) return false;
    this.#isFilling = true;
    this.#values = values;
    let isFilled = false;
    try {
      isFilled = this.#fillFields(this.#paths, values as Record<string, unknown>);
      if (this.#wiredSlots.length > 0) this.#copyWired();
    } catch {
      // A getter that throws, a value without wire form: the whole variable says what is wrong, and where.
      this.#wiredSlots.length = 0;
      isFilled = false;
    }
    this.#isFilling = false;
    this.#values = undefined;
    return isFilled;
  }

  /** The text that stands at this STRING object where it is one that `fill` wrote; else undefined. */
  textAt(object: number): string | undefined {
    const offset = object - this.#texts;
    return offset >= 0 && offset < this.#slotCount * TEXT_STRIDE ? this.#written[offset / TEXT_STRIDE] : undefined;
  }

  wordOf(slot: number): number {
    return (this.handle + CELL_SIZE + slot * CELL_SIZE) >>> 2;
  }

  allocate(size: number): number {
    const address = this.#kernel.allocateBlock(size);
    if (this.words.length === 0) this.#refresh();
    return address;
  }

  free(address: number, size: number): void {
    this.#kernel.freeBlock(address, size);
  }

  internShape(keys: readonly string[]): number {
    const shape = this.#kernel.internShape(keys);
    if (this.words.length === 0) this.#refresh();
    return shape;
  }

  dispose(): void {
    for (const path of this.#paths) path.dispose();
    if (this.#texts !== 0) this.#kernel.freeBlock(this.#texts, this.#slotCount * TEXT_STRIDE);
    if (this.#wired !== 0) this.#kernel.destroyContext(this.#wired);
    this.#kernel.destroyContext(this.handle);
  }

  /** False: the object is no record, or has something that cannot be read so. */
  #fillFields(paths: readonly Path[], object: Record<string, unknown>): boolean {
    if (Array.isArray(object)) return false;
    const isTrusted = paths.length >= PLAIN_FIELD_COUNT_MIN && isPlain(object) && !areObjectsTainted();
    for (let index = 0; index < paths.length; index += 1) {
      const path = paths[index] as Path;
      const value = isTrusted && !path.isCommon ? object[path.key] : readOwn(object, path.key);
      // Asked only here: what has the field as its own is read like any record.
      if (value === undefined && !isTrusted && object !== this.#values && !isRecord(object)) return false;
      if (path.presenceAt !== NO_SLOT) this.#setCell(path.presenceAt, Tag.BOOL, value === undefined ? 0 : 1);
      if (path.at !== NO_SLOT) {
        if (typeof value === "number") {
          const { at } = path;
          this.words[at] = this.numberTag;
          this.words[at + 1] = 0;
          this.floats[(at >>> 1) + 1] = value;
        } else if (!this.#writeLeaf(path, value)) return false;
      }
      if (path.fields.length > 0 && !this.#fillInner(path, value)) return false;
    }
    return true;
  }

  #fillInner({ fields }: Path, value: unknown): boolean {
    if (typeof value === "object" && value !== null) return this.#fillFields(fields, value as Record<string, unknown>);
    if (typeof value === "function" || typeof value === "symbol") return false;
    this.#clear(fields);
    return true;
  }

  /** Nothing of these paths is there, nor can it be asked whether it is. */
  #clear(paths: readonly Path[]): void {
    for (const { at, presenceAt, fields } of paths) {
      if (at !== NO_SLOT) this.#setCell(at, Tag.ABSENT, 0);
      if (presenceAt !== NO_SLOT) this.#setCell(presenceAt, Tag.ABSENT, 0);
      this.#clear(fields);
    }
  }

  #writeLeaf(path: Path, value: unknown): boolean {
    switch (typeof value) {
      case "string":
        return this.#writeText(path, value);
      case "boolean":
        this.#setCell(path.at, Tag.BOOL, value ? 1 : 0);
        return true;
      case "undefined":
        this.#setCell(path.at, Tag.ABSENT, 0);
        return true;
      case "object":
        if (value === null) this.#setCell(path.at, Tag.NULL, 0);
        else return this.#writeObject(path, value);
        return true;
      default:
        return this.#writeWire(path, value);
    }
  }

  #writeText(path: Path, value: string): boolean {
    if (value.length > TEXT_LENGTH_MAX) return this.#writeWire(path, value);
    if (!writeAscii(this, path.text, value)) {
      this.#written[path.slot] = "";
      return this.#writeWire(path, value);
    }
    this.#written[path.slot] = value;
    const { words } = this;
    const { at } = path;
    words[at] = Tag.STRING;
    words[at + 1] = 0;
    words[at + 2] = path.text;
    words[at + 3] = 0;
    return true;
  }

  #writeObject(path: Path, value: object): boolean {
    if (Array.isArray(value)) {
      const { list } = path;
      if (list === undefined || !list.write(value)) return this.#writeWire(path, value);
      this.#setCell(path.at, Tag.LIST, 0);
      this.words[path.at + 2] = list.address;
      return true;
    }
    return Object.getPrototypeOf(value) === DATE_PROTOTYPE ? this.#writeDate(path, value as Date) : this.#writeWire(path, value);
  }

  #writeDate(path: Path, value: Date): boolean {
    const time = value.getTime();
    if (!isTimestamp(time)) return false;
    const seconds = Math.floor(time / 1000);
    this.words[path.at] = Tag.TIMESTAMP;
    this.words[path.at + 1] = (time - seconds * 1000) * 1_000_000;
    this.words[path.at + 2] = seconds % TWO_32;
    this.words[path.at + 3] = Math.floor(seconds / TWO_32);
    return true;
  }

  /** Any other value, by its wire form. Throws where it has none. */
  #writeWire(path: Path, value: unknown): boolean {
    if (this.#wired === 0) this.#wired = this.#kernel.createContext(this.#slotCount);
    const writer = this.#writer;
    writer.reset();
    writer.writeValue(value);
    this.#kernel.setSlot(this.#wired, path.slot, writer.bytes());
    this.#wiredSlots.push(path.slot);
    if (this.words.length === 0) this.#refresh();
    return true;
  }

  #copyWired(): void {
    for (const slot of this.#wiredSlots) {
      const from = (this.#wired + CELL_SIZE + slot * CELL_SIZE) >>> 2;
      this.words.copyWithin(this.wordOf(slot), from, from + CELL_SIZE / 4);
    }
    this.#wiredSlots.length = 0;
  }

  #setCell(at: number, tag: Tag, aux: number): void {
    this.words[at] = tag;
    this.words[at + 1] = aux;
    this.words[at + 2] = 0;
    this.words[at + 3] = 0;
  }

  #refresh(): void {
    const { buffer } = this.#kernel.memory;
    this.words = new Uint32Array(buffer);
    this.floats = new Float64Array(buffer);
    this.octets = new Uint8Array(buffer);
  }
}
