// Texts that stand once each, packed as UTF-8: the dictionaries of a segment. Most of them are never read, so they are decoded when they
// are asked for.
//
//   varint count · varint size of each · the texts' bytes
import { type ByteReader, type ByteWriter, MalformedBytes } from "../base/bytes.js";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Tables of so many texts keep what they have decoded: names, codes, tags. Larger ones hold a text for every run or two. */
const KEPT_COUNT_MAX = 256;

/** Writes `texts`. `find` and the bounds work where they ascend by their UTF-16 units. */
export function writeTexts(writer: ByteWriter, texts: readonly string[]): void {
  const encoded = texts.map((text) => ENCODER.encode(text));
  writer.varint(texts.length);
  for (const { length } of encoded) writer.varint(length);
  for (const bytes of encoded) writer.bytes(bytes);
}

/** Reads what `writeTexts` wrote, as a copy; throws `MalformedBytes` where a text is not UTF-8. */
export function readTexts(reader: ByteReader): TextTable {
  const count = reader.varint();
  // Each text takes a byte for its size: a damaged count must not be believed, and allocated for.
  if (count > reader.remaining) throw new MalformedBytes(`${count} texts are missing`, reader.offset);
  const offsets = new Uint32Array(count + 1);
  let size = 0;
  for (let index = 0; index < count; index += 1) {
    size += reader.varint();
    offsets[index + 1] = size;
  }
  const at = reader.offset;
  const bytes = reader.bytes(size);
  if (!isUtf8(bytes) || offsets.some((offset) => offset < size && ((bytes[offset] as number) & 0xc0) === 0x80)) throw new MalformedBytes("a text is not UTF-8", at);
  return new TextTable(bytes, offsets);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    DECODER.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export class TextTable {
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #kept: (string | undefined)[] | undefined;
  /** Most texts that are looked for lie outside of most tables. */
  #ends: readonly [first: string, last: string] | undefined;

  constructor(bytes: Uint8Array, offsets: Uint32Array) {
    this.#bytes = bytes;
    this.#offsets = offsets;
    this.#kept = offsets.length - 1 <= KEPT_COUNT_MAX ? [] : undefined;
  }

  get count(): number {
    return this.#offsets.length - 1;
  }

  /** Bytes in memory, decoded texts aside. */
  get size(): number {
    return this.#bytes.length + this.#offsets.byteLength;
  }

  get(index: number): string {
    const kept = this.#kept?.[index];
    if (kept !== undefined) return kept;
    const text = DECODER.decode(this.#bytes.subarray(this.#offsets[index], this.#offsets[index + 1]));
    if (this.#kept !== undefined) this.#kept[index] = text;
    return text;
  }

  /** These texts, then those of `other`. */
  concat(other: TextTable): TextTable {
    if (other.count === 0) return this;
    if (this.count === 0) return other;
    const bytes = new Uint8Array(this.#bytes.length + other.#bytes.length);
    bytes.set(this.#bytes);
    bytes.set(other.#bytes, this.#bytes.length);
    const offsets = new Uint32Array(this.#offsets.length + other.count);
    offsets.set(this.#offsets);
    for (let index = 1; index <= other.count; index += 1) offsets[this.count + index] = this.#bytes.length + (other.#offsets[index] as number);
    return new TextTable(bytes, offsets);
  }

  /** Index of `text`, -1 if it is none of them. */
  find(text: string): number {
    const index = this.lowerBound(text);
    return index < this.count && this.get(index) === text ? index : -1;
  }

  /** How many texts are less than `text`. */
  lowerBound(text: string): number {
    return this.#bound(text, (other) => other < text);
  }

  /** How many texts are at most `text`. */
  upperBound(text: string): number {
    return this.#bound(text, (other) => other <= text);
  }

  #bound(text: string, isBefore: (other: string) => boolean): number {
    if (this.count === 0) return 0;
    const [first, last] = (this.#ends ??= [this.get(0), this.get(this.count - 1)]);
    if (text < first) return 0;
    if (text > last) return this.count;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.get(middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
