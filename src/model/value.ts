// Values between JavaScript and the wire form of assembly/abi.ts: how data enters the kernel, leaves it and stands in
// history. A JSON number stays a number of its own kind; everything that has no exact wire form is refused with its path.
import { WIRE_DEPTH_MAX, Wire } from "../../assembly/abi.js";
import { readBase64 } from "../base/base64.js";
import { WorkflowError } from "./errors.js";
import type { ExactValue } from "./value-reader.js";
import { describeUnsupported, isTimestamp, type UnsupportedValue } from "./value-path.js";

export { decodeExact, decodeValue, type ExactValue, ValueReader } from "./value-reader.js";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
/** Buffers start at this size, bytes; they double as they grow. */
const BUFFER_SIZE_MIN = 256;
/** One value takes at most this many bytes in wire form. */
export const VALUE_SIZE_MAX = 0x1000_0000;
/** Strings up to this length (UTF-16 units) are encoded by hand: 42 units take at most 126 bytes, so a one-byte length. */
const SHORT_STRING_LENGTH_MAX = 42;
const LONE_SURROGATE = /\p{Surrogate}/u;
const OBJECT_PROTOTYPE = Object.prototype;
const toTag = Object.prototype.toString;
const textEncoder = new TextEncoder();

/** Thrown inside the writer without a path; the second, slow walk finds the path. */
const UNSUPPORTED = Symbol("unsupported");

export interface ValueWriterOptions {
  /** Write JavaScript numbers as CEL doubles instead of JSON numbers. */
  readonly isStrict?: boolean;
  /** Bytes that may be written in all. Default VALUE_SIZE_MAX. */
  readonly sizeMax?: number;
}

/**
 * Writes values one after the other into one growing buffer. Reuse it on hot paths: `reset`, write, `bytes`.
 * Not re-entrant.
 */
export class ValueWriter {
  private buffer: Uint8Array;
  private view: DataView;
  private position = 0;
  private readonly isStrict: boolean;
  private readonly sizeMax: number;

  constructor(options: ValueWriterOptions = {}) {
    this.buffer = new Uint8Array(BUFFER_SIZE_MIN);
    this.view = new DataView(this.buffer.buffer);
    this.isStrict = options.isStrict ?? false;
    this.sizeMax = options.sizeMax ?? VALUE_SIZE_MAX;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.position;
  }

  /** Forgets what was written; keeps the buffer. */
  reset(): void {
    this.position = 0;
  }

  /** What was written, as a view that the next write invalidates. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.position);
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.buffer.slice(0, this.position);
    this.position = 0;
    return taken;
  }

  /**
   * Writes one JavaScript value.
   * @param path what to call the value in an error, e.g. `input`
   * @throws WorkflowError `value/unsupported` with `details.path` (also where looking at the value throws), `value/too-large`;
   *   what was written of the value is taken back
   */
  writeValue(value: unknown, path = "value"): void {
    const start = this.position;
    try {
      this.write(value, 0);
    } catch (error) {
      this.position = start;
      if (error instanceof WorkflowError) throw error;
      throw createUnsupportedError(describeUnsupported(value, path, error === UNSUPPORTED ? undefined : error));
    }
  }

  /** Writes one value whose type is spelled out. @throws WorkflowError `value/unsupported` */
  writeExact(value: ExactValue): void {
    writeExactInto(this, value, 0);
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.buffer[this.position++] = byte;
  }

  /** Unsigned LEB128 of an integer from 0 to 2^53-1. */
  writeVarint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.buffer[this.position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.position++] = rest;
  }

  writeRaw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** A tag byte and eight bytes of double; any NaN is written as the canonical one. */
  writeDouble(tag: Wire.NUMBER | Wire.DOUBLE, value: number): void {
    this.reserve(9);
    this.buffer[this.position] = tag;
    this.view.setFloat64(this.position + 1, Number.isNaN(value) ? Number.NaN : value, true);
    this.position += 9;
  }

  /** An INT, or a UINT above 2^63-1 or where `tag` says so. */
  writeBigInt(value: bigint, tag: Wire.INT | Wire.UINT = value > INT64_MAX ? Wire.UINT : Wire.INT): void {
    const isFitting = tag === Wire.INT ? value >= INT64_MIN && value <= INT64_MAX : value >= 0n && value <= UINT64_MAX;
    if (!isFitting) throw UNSUPPORTED;
    this.reserve(9);
    this.buffer[this.position] = tag;
    this.view.setBigUint64(this.position + 1, BigInt.asUintN(64, value), true);
    this.position += 9;
  }

  writeInstant(tag: Wire.TIMESTAMP | Wire.DURATION, seconds: bigint, nanos: number): void {
    this.reserve(13);
    this.buffer[this.position] = tag;
    this.view.setBigInt64(this.position + 1, seconds, true);
    this.view.setInt32(this.position + 9, nanos, true);
    this.position += 13;
  }

  writeBytes(tag: Wire.BYTES, bytes: Uint8Array): void {
    this.writeByte(tag);
    this.writeVarint(bytes.length);
    this.writeRaw(bytes);
  }

  writeString(value: string, tag: Wire.STRING | Wire.TYPE = Wire.STRING): void {
    this.writeByte(tag);
    if (value.length > SHORT_STRING_LENGTH_MAX) {
      this.writeLongText(value);
      return;
    }
    this.reserve(value.length * 3 + 1);
    const buffer = this.buffer;
    const lengthAt = this.position;
    let at = lengthAt + 1;
    for (let index = 0; index < value.length; index += 1) {
      let code = value.charCodeAt(index);
      if (code < 0x80) {
        buffer[at++] = code;
        continue;
      }
      if (code < 0x800) {
        buffer[at++] = 0xc0 | (code >> 6);
      } else {
        if (code >= 0xd800 && code < 0xe000) {
          const next = value.charCodeAt(index + 1);
          if (code >= 0xdc00 || !(next >= 0xdc00 && next < 0xe000)) throw UNSUPPORTED;
          index += 1;
          code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
          buffer[at++] = 0xf0 | (code >> 18);
          buffer[at++] = 0x80 | ((code >> 12) & 0x3f);
        } else {
          buffer[at++] = 0xe0 | (code >> 12);
        }
        buffer[at++] = 0x80 | ((code >> 6) & 0x3f);
      }
      buffer[at++] = 0x80 | (code & 0x3f);
    }
    buffer[lengthAt] = at - lengthAt - 1;
    this.position = at;
  }

  private writeLongText(value: string): void {
    if (LONE_SURROGATE.test(value)) throw UNSUPPORTED;
    this.reserve(value.length * 3 + 5);
    const lengthAt = this.position;
    const guess = countVarintBytes(value.length);
    const { written } = textEncoder.encodeInto(value, this.buffer.subarray(lengthAt + guess));
    const needed = countVarintBytes(written);
    if (needed !== guess) this.buffer.copyWithin(lengthAt + needed, lengthAt + guess, lengthAt + guess + written);
    this.writeVarint(written);
    this.position = lengthAt + needed + written;
  }

  private write(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        this.writeString(value);
        return;
      case "number":
        this.writeNumber(value);
        return;
      case "boolean":
        this.writeByte(value ? Wire.TRUE : Wire.FALSE);
        return;
      case "undefined":
        this.writeByte(Wire.NULL);
        return;
      case "bigint":
        this.writeBigInt(value);
        return;
      case "object":
        if (value === null) this.writeByte(Wire.NULL);
        else this.writeObject(value, depth);
        return;
      default:
        throw UNSUPPORTED;
    }
  }

  private writeNumber(value: number): void {
    if (this.isStrict) {
      this.writeDouble(Wire.DOUBLE, value);
      return;
    }
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.writeDouble(Wire.NUMBER, value);
      return;
    }
    // Zigzag without leaving the exact integers: the sign is the lowest bit of the first byte.
    const magnitude = value < 0 ? -value - 1 : value;
    const sign = value < 0 ? 1 : 0;
    this.reserve(11);
    this.buffer[this.position++] = Wire.SMALL_NUMBER;
    const low = ((magnitude % 64) << 1) | sign;
    if (magnitude < 64) {
      this.buffer[this.position++] = low;
      return;
    }
    this.buffer[this.position++] = low | 0x80;
    this.writeVarint(Math.floor(magnitude / 64));
  }

  private writeObject(value: object, depth: number): void {
    if (depth >= WIRE_DEPTH_MAX) throw UNSUPPORTED;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === OBJECT_PROTOTYPE || prototype === null) {
      this.writeRecord(value as Record<string, unknown>, depth);
      return;
    }
    if (Array.isArray(value)) {
      this.writeByte(Wire.LIST);
      this.writeVarint(value.length);
      this.reserve(value.length);
      for (let index = 0; index < value.length; index += 1) this.write(value[index], depth + 1);
      return;
    }
    switch (toTag.call(value)) {
      case "[object Date]":
        this.writeDate(value as Date);
        return;
      case "[object Uint8Array]":
        this.writeBytes(Wire.BYTES, value as Uint8Array);
        return;
      case "[object Map]":
        this.writeMap(value as Map<unknown, unknown>, depth);
        return;
      case "[object Object]":
        this.writeRecord(value as Record<string, unknown>, depth);
        return;
      default:
        throw UNSUPPORTED;
    }
  }

  private writeRecord(value: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(value);
    let count = keys.length;
    for (const key of keys) if (value[key] === undefined) count -= 1;
    this.writeByte(Wire.MAP);
    this.writeVarint(count);
    for (const key of keys) {
      const item = value[key];
      if (item === undefined) continue;
      this.writeString(key);
      this.write(item, depth + 1);
    }
  }

  private writeMap(value: Map<unknown, unknown>, depth: number): void {
    let count = 0;
    for (const item of value.values()) if (item !== undefined) count += 1;
    this.writeByte(Wire.MAP);
    this.writeVarint(count);
    for (const [key, item] of value) {
      if (item === undefined) continue;
      if (typeof key === "string") this.writeString(key);
      else if (typeof key === "boolean") this.writeByte(key ? Wire.TRUE : Wire.FALSE);
      else if (typeof key === "bigint") this.writeBigInt(key);
      else if (typeof key === "number" && Number.isSafeInteger(key) && !value.has(BigInt(key))) this.writeBigInt(BigInt(key));
      else throw UNSUPPORTED;
      this.write(item, depth + 1);
    }
  }

  private writeDate(value: Date): void {
    const time = value.getTime();
    if (!isTimestamp(time)) throw UNSUPPORTED;
    const seconds = Math.floor(time / 1000);
    this.writeInstant(Wire.TIMESTAMP, BigInt(seconds), (time - seconds * 1000) * 1_000_000);
  }

  private reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.buffer.length) return;
    if (needed > this.sizeMax) {
      throw new WorkflowError("value/too-large", `The value takes more than ${this.sizeMax} bytes`, {
        details: { sizeMax: this.sizeMax },
      });
    }
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}

function countVarintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

function createUnsupportedError(found: UnsupportedValue): WorkflowError {
  return new WorkflowError("value/unsupported", `${found.path}: ${found.reason}`, { details: { path: found.path, reason: found.reason } });
}

function writeExactInto(writer: ValueWriter, value: ExactValue, depth: number): void {
  if (depth > WIRE_DEPTH_MAX) throw createUnsupportedError({ path: "value", reason: `nested deeper than ${WIRE_DEPTH_MAX} levels` });
  if ("null" in value) writer.writeByte(Wire.NULL);
  else if ("bool" in value) writer.writeByte(value.bool ? Wire.TRUE : Wire.FALSE);
  else if ("int" in value) writer.writeBigInt(BigInt(value.int), Wire.INT);
  else if ("uint" in value) writer.writeBigInt(BigInt(value.uint), Wire.UINT);
  else if ("double" in value) writer.writeDouble(Wire.DOUBLE, Number(value.double));
  else if ("number" in value) writer.writeValue(Number(value.number));
  else if ("string" in value) writer.writeValue(value.string);
  else if ("bytes" in value) writer.writeBytes(Wire.BYTES, readBase64(value.bytes));
  else if ("list" in value) {
    writer.writeByte(Wire.LIST);
    writer.writeVarint(value.list.length);
    for (const item of value.list) writeExactInto(writer, item, depth + 1);
  } else if ("map" in value) {
    writer.writeByte(Wire.MAP);
    writer.writeVarint(value.map.length);
    for (const [key, item] of value.map) {
      writeExactInto(writer, key, depth + 1);
      writeExactInto(writer, item, depth + 1);
    }
  } else if ("timestamp" in value) writer.writeInstant(Wire.TIMESTAMP, BigInt(value.timestamp.seconds), value.timestamp.nanos);
  else if ("duration" in value) writer.writeInstant(Wire.DURATION, BigInt(value.duration.seconds), value.duration.nanos);
  else if ("type" in value) writer.writeString(value.type, Wire.TYPE);
  else if (value.optional === null) writer.writeByte(Wire.OPTIONAL_NONE);
  else {
    writer.writeByte(Wire.OPTIONAL_SOME);
    writeExactInto(writer, value.optional, depth + 1);
  }
}

/**
 * One JavaScript value in wire form, in a buffer of its own.
 * @param path what to call the value in an error, e.g. `input`
 * @throws WorkflowError `value/unsupported` with `details.path`: functions, symbols, cycles, lone surrogates, dates
 *   that are invalid or outside of the years 1 to 9999, integers beyond 64 bits, more than WIRE_DEPTH_MAX levels, objects that are not plain data
 */
export function encodeValue(value: unknown, path?: string): Uint8Array {
  // A value whose getters encode values themselves finds the writer gone and makes its own.
  const writer = spareWriter ?? new ValueWriter();
  spareWriter = undefined;
  writer.writeValue(value, path);
  const bytes = writer.take();
  if (bytes.length <= BUFFER_SIZE_MIN) spareWriter = writer;
  return bytes;
}

let spareWriter: ValueWriter | undefined;

/** One value with its type spelled out, in wire form. */
export function encodeExact(value: ExactValue): Uint8Array {
  const writer = new ValueWriter();
  writer.writeExact(value);
  return writer.take();
}
