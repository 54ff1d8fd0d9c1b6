// Numbers things in the order in which they come: an expression's variables, fields, constants. What a number was given to is
// found again over short chains by a cheap hash of its key; the tables serve one expression after the other.
import { hashWord } from "./word-table.js";

const BUCKET_COUNT = 256;
/** Places kept from one expression to the next. */
const KEPT_COUNT_MAX = 4_096;

/** What tells items apart. */
export type Key = string | number | bigint | boolean | null;

export class Numbering<Item> {
  private items: Item[] | undefined;
  private keys: Key[] = [];
  /** By number: the hash, and the next number in its bucket. */
  private hashes: number[] = [];
  private next: number[] = [];
  /** By bucket: the number given last, or -1. Made for the first item: most expressions name no fields. */
  private heads: Int32Array | undefined;

  /** The number of `item`, whose equals have the same key and the same hash. */
  indexOf(item: Item, key: Key, hash: number): number {
    const { keys, hashes, next } = this;
    const heads = (this.heads ??= new Int32Array(BUCKET_COUNT).fill(-1));
    const bucket = bucketOf(hash);
    const head = heads[bucket] as number;
    for (let index = head; index >= 0; index = next[index] as number) {
      if (hashes[index] === hash && Object.is(keys[index], key)) return index;
    }
    const { items } = this;
    const count = items === undefined ? 0 : items.length;
    if (items === undefined) this.items = [item];
    else items.push(item);
    keys[count] = key;
    hashes[count] = hash;
    next[count] = head;
    heads[bucket] = count;
    return count;
  }

  /** All items so far, undefined: none; the numbers begin anew. */
  take(): Item[] | undefined {
    const { items, heads, hashes } = this;
    if (items === undefined || heads === undefined) return undefined;
    for (let index = 0; index < items.length; index += 1) heads[bucketOf(hashes[index] as number)] = -1;
    if (items.length > KEPT_COUNT_MAX) {
      this.keys = [];
      this.hashes = [];
      this.next = [];
    }
    this.items = undefined;
    return items;
  }
}

function bucketOf(hash: number): number {
  return (hash ^ (hash >> 4)) & (BUCKET_COUNT - 1);
}

const NO_NAMES: readonly string[] = [];

export class NameList {
  private readonly numbering = new Numbering<string>();

  /** The number of a name, which is added where it is new. */
  indexOf(name: string): number {
    return this.numbering.indexOf(name, name, hashWord(name));
  }

  /** The names so far; the list begins anew. */
  take(): readonly string[] {
    return this.numbering.take() ?? NO_NAMES;
  }
}
