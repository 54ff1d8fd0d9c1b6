// Growing byte buffers for the binary forms: little endian, LEB128 varints up to 2^53. Knows nothing of what is written.

const FIRST_SIZE = 256;
/** Up to here whole numbers are cut with bits. */
const INT_MAX = 0x7fff_ffff;
/** So many bytes are copied by hand. */
const SHORT_SIZE_MAX = 32;
const TEXT_ENCODER = new TextEncoder();
const TEXT_DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Appends to a buffer that doubles as it fills. `bytes()` is a view, `take()` a copy that starts the writer anew. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #size = 0;

  constructor(firstSize: number = FIRST_SIZE) {
    this.#bytes = new Uint8Array(Math.max(16, firstSize));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get size(): number {
    return this.#size;
  }

  byte(value: number): void {
    if (this.#size === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#size++] = value;
  }

  u32(value: number): void {
    this.#grow(4);
    this.#view.setUint32(this.#size, value, true);
    this.#size += 4;
  }

  f64(value: number): void {
    this.#grow(8);
    this.#view.setFloat64(this.#size, value, true);
    this.#size += 8;
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    this.#grow(8);
    let rest = value;
    while (rest > INT_MAX) {
      this.#bytes[this.#size++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#size++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#size++] = rest;
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    this.#grow(length);
    if (length > SHORT_SIZE_MAX) this.#bytes.set(value, this.#size);
    else for (let at = 0; at < length; at += 1) this.#bytes[this.#size + at] = value[at] as number;
    this.#size += length;
  }

  /** Varint byte length, then UTF-8. Lone surrogates become U+FFFD. */
  text(value: string): void {
    if (value.length < 0x80 && this.#shortText(value)) return;
    const encoded = TEXT_ENCODER.encode(value);
    this.varint(encoded.length);
    this.bytes(encoded);
  }

  /** A text of so few letters that its size takes one byte. False, and nothing is written: not all of them are ASCII. */
  #shortText(value: string): boolean {
    const { length } = value;
    this.#grow(1 + length);
    const bytes = this.#bytes;
    const start = this.#size + 1;
    for (let at = 0; at < length; at += 1) {
      const letter = value.charCodeAt(at);
      if (letter >= 0x80) return false;
      bytes[start + at] = letter;
    }
    bytes[this.#size] = length;
    this.#size = start + length;
    return true;
  }

  /** What was written, as a view that the next write may outdate. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#size) as Uint8Array<ArrayBuffer>;
    this.#size = 0;
    return taken;
  }

  #grow(count: number): void {
    const needed = this.#size + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Thrown by `ByteReader` where the bytes cannot be what was written. */
export class MalformedBytes extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.offset = offset;
  }
}

/** Reads what `ByteWriter` wrote; throws `MalformedBytes` instead of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  /** Most need none, and making one is dear. */
  #view: DataView | undefined;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const at = this.#advance(1);
    return this.#bytes[at] as number;
  }

  u32(): number {
    const at = this.#advance(4);
    const bytes = this.#bytes;
    return ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0;
  }

  f64(): number {
    const at = this.#advance(8);
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#view.getFloat64(at, true);
  }

  varint(): number {
    const start = this.#at;
    const first = this.#bytes[start];
    if (first !== undefined && first < 0x80) {
      this.#at = start + 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("a number is too large", start);
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#advance(count);
    return this.#bytes.slice(at, at + count) as Uint8Array<ArrayBuffer>;
  }

  text(): string {
    const count = this.varint();
    const at = this.#advance(count);
    try {
      return TEXT_DECODER.decode(this.#bytes.subarray(at, at + count));
    } catch {
      throw new MalformedBytes("a text is not UTF-8", at);
    }
  }

  #advance(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw new MalformedBytes(`${count} bytes are missing`, at);
    this.#at = at + count;
    return at;
  }
}
