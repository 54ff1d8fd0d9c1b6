// Wire values read back: as plain JavaScript data, or with every type spelled out. Bytes may come from a damaged store,
// so every length is checked and nothing read here is trusted.
import { WIRE_DEPTH_MAX, Wire } from "../../assembly/abi.js";
import { spellBase64 } from "../base/base64.js";
import { formatAddress } from "./address.js";
import { WorkflowError } from "./errors.js";

/** A value with its CEL type spelled out, as conformance cases write it. `number` is a JSON number. */
export type ExactValue =
  | { readonly null: true }
  | { readonly bool: boolean }
  | { readonly int: string }
  | { readonly uint: string }
  | { readonly double: number | "NaN" | "Infinity" | "-Infinity" | "-0" }
  | { readonly number: number | "NaN" | "Infinity" | "-Infinity" | "-0" }
  | { readonly string: string }
  /** base64 */
  | { readonly bytes: string }
  | { readonly list: readonly ExactValue[] }
  | { readonly map: readonly (readonly [ExactValue, ExactValue])[] }
  | { readonly timestamp: { readonly seconds: string | number; readonly nanos: number; readonly text?: string } }
  | { readonly duration: { readonly seconds: string | number; readonly nanos: number } }
  | { readonly type: string }
  | { readonly optional: ExactValue | null };

/** Strings up to this many bytes are decoded by hand when they are ASCII; beyond it TextDecoder is quicker. */
const SHORT_STRING_SIZE_MAX = 24;
const EIGHT = new DataView(new ArrayBuffer(8));
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads wire values one after the other from one array. Throws WorkflowError `value/malformed` with `details.offset`. */
export class ValueReader {
  private readonly bytes: Uint8Array;
  /** Where the next value begins. */
  position: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.position = offset;
  }

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /**
   * The next value as JavaScript data: INT and UINT are numbers where exact, else BigInt; TIMESTAMP a Date (nanoseconds
   * below a millisecond are cut), DURATION a text like `1.5s`, TYPE its name, an absent optional `undefined`; a map with
   * only string keys a plain object, any other a Map.
   */
  readValue(depth = 0): unknown {
    const tag = this.readByte();
    switch (tag) {
      case Wire.NULL:
        return null;
      case Wire.FALSE:
        return false;
      case Wire.TRUE:
        return true;
      case Wire.NUMBER:
      case Wire.DOUBLE:
        return this.readDouble();
      case Wire.SMALL_NUMBER:
        return this.readSmallNumber();
      case Wire.INT:
      case Wire.UINT:
        return this.readInteger(tag === Wire.INT);
      case Wire.STRING:
      case Wire.TYPE:
        return this.readText();
      case Wire.BYTES:
        return this.readBytes();
      case Wire.LIST:
        return this.readList(depth);
      case Wire.MAP:
        return this.readMap(depth);
      case Wire.TIMESTAMP: {
        const { seconds, nanos } = this.readInstant();
        return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
      }
      case Wire.DURATION:
        return formatDuration(this.readInstant());
      case Wire.OPTIONAL_SOME:
        this.checkDepth(depth);
        return this.readValue(depth + 1);
      case Wire.ADDRESS:
        return this.readAddress();
      case Wire.OPTIONAL_NONE:
      case Wire.ABSENT:
        return undefined;
      default:
        return this.fail(`unknown tag ${tag}`, this.position - 1);
    }
  }

  /** The next value with its type spelled out. */
  readExact(depth = 0): ExactValue {
    const tag = this.readByte();
    switch (tag) {
      case Wire.NULL:
        return { null: true };
      case Wire.FALSE:
      case Wire.TRUE:
        return { bool: tag === Wire.TRUE };
      case Wire.NUMBER:
        return { number: spellDouble(this.readDouble()) };
      case Wire.DOUBLE:
        return { double: spellDouble(this.readDouble()) };
      case Wire.SMALL_NUMBER:
        return { number: this.readSmallNumber() };
      case Wire.INT:
        return { int: this.readBigInt(true).toString() };
      case Wire.UINT:
        return { uint: this.readBigInt(false).toString() };
      case Wire.STRING:
        return { string: this.readText() };
      case Wire.TYPE:
        return { type: this.readText() };
      case Wire.BYTES:
        return { bytes: spellBase64(this.readBytes()) };
      case Wire.LIST:
        return { list: this.readItems(depth, () => this.readExact(depth + 1)) };
      case Wire.MAP:
        return { map: this.readItems(depth, () => [this.readExact(depth + 1), this.readExact(depth + 1)] as const) };
      case Wire.TIMESTAMP: {
        const { seconds, nanos } = this.readInstant();
        return { timestamp: { seconds: seconds.toString(), nanos } };
      }
      case Wire.DURATION: {
        const { seconds, nanos } = this.readInstant();
        return { duration: { seconds: seconds.toString(), nanos } };
      }
      case Wire.OPTIONAL_NONE:
        return { optional: null };
      case Wire.OPTIONAL_SOME:
        this.checkDepth(depth);
        return { optional: this.readExact(depth + 1) };
      case Wire.ADDRESS:
        return { string: this.readAddress() };
      default:
        return this.fail(`unknown tag ${tag}`, this.position - 1);
    }
  }

  /** An ip or a cidr, as its text. */
  private readAddress(): string {
    if (this.readByte() !== Wire.BYTES) return this.fail("an address is bytes", this.position - 1);
    return formatAddress(this.readBytes());
  }

  private readByte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) return this.fail("the value ends too soon", this.position);
    this.position += 1;
    return byte;
  }

  private readVarint(byteCountMax: number): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < byteCountMax; count += 1) {
      const byte = this.readByte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return this.fail("a number is too long", this.position);
  }

  /** A length or count, which must be possible in the bytes that are left. */
  private readLength(unitSize: number): number {
    const length = this.readVarint(5);
    if (length * unitSize > this.bytes.length - this.position) this.fail("a length passes the end", this.position);
    return length;
  }

  private readDouble(): number {
    return this.takeEight().getFloat64(0, true);
  }

  private readSmallNumber(): number {
    const first = this.readByte();
    const low = (first & 0x7f) >> 1;
    const magnitude = first < 0x80 ? low : low + this.readVarint(9) * 64;
    if (magnitude > Number.MAX_SAFE_INTEGER) this.fail("a small number is not small", this.position);
    return (first & 1) === 0 ? magnitude : -magnitude - 1;
  }

  private readBigInt(isSigned: boolean): bigint {
    const eight = this.takeEight();
    return isSigned ? eight.getBigInt64(0, true) : eight.getBigUint64(0, true);
  }

  private readInteger(isSigned: boolean): number | bigint {
    this.checkLeft(8);
    const high = this.int32At(this.position + 4);
    const value = (isSigned ? high : high >>> 0) * 0x1_0000_0000 + (this.int32At(this.position) >>> 0);
    if (!Number.isSafeInteger(value)) return this.readBigInt(isSigned);
    this.position += 8;
    return value;
  }

  private readInstant(): { seconds: bigint; nanos: number } {
    this.checkLeft(12);
    const seconds = this.takeEight().getBigInt64(0, true);
    const nanos = this.int32At(this.position);
    this.position += 4;
    return { seconds, nanos };
  }

  /** The next eight bytes, in a view that all share: one of the reader's own would cost more than most values. */
  private takeEight(): DataView {
    this.checkLeft(8);
    for (let at = 0; at < 8; at += 1) EIGHT.setUint8(at, this.bytes[this.position + at] as number);
    this.position += 8;
    return EIGHT;
  }

  private int32At(at: number): number {
    const { bytes } = this;
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
  }

  private readText(): string {
    const length = this.readLength(1);
    const start = this.position;
    const end = start + length;
    this.position = end;
    if (length <= SHORT_STRING_SIZE_MAX) {
      let text = "";
      let at = start;
      for (; at < end; at += 1) {
        const byte = this.bytes[at] as number;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (at === end) return text;
    }
    try {
      return textDecoder.decode(this.bytes.subarray(start, end));
    } catch {
      return this.fail("a text is not UTF-8", start);
    }
  }

  private readBytes(): Uint8Array {
    const length = this.readLength(1);
    this.position += length;
    return this.bytes.slice(this.position - length, this.position);
  }

  private readItems<T>(depth: number, read: () => T): T[] {
    this.checkDepth(depth);
    const count = this.readLength(1);
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  private readList(depth: number): unknown[] {
    this.checkDepth(depth);
    const count = this.readLength(1);
    const items: unknown[] = [];
    for (let index = 0; index < count; index += 1) items.push(this.readValue(depth + 1));
    return items;
  }

  private readMap(depth: number): Record<string, unknown> | Map<unknown, unknown> {
    this.checkDepth(depth);
    const count = this.readLength(2);
    const record: Record<string, unknown> = {};
    let map: Map<unknown, unknown> | undefined;
    for (let index = 0; index < count; index += 1) {
      const key = this.bytes[this.position] === Wire.STRING && map === undefined ? this.readValue() : this.readKey(depth);
      if (typeof key !== "string" && map === undefined) map = new Map(Object.entries(record));
      const value = this.readValue(depth + 1);
      if (map !== undefined) map.set(key, value);
      else if (key === "__proto__") Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
      else record[key as string] = value;
    }
    return map ?? record;
  }

  private readKey(depth: number): unknown {
    const start = this.position;
    const tag = this.bytes[start];
    if (tag === Wire.LIST || tag === Wire.MAP || tag === Wire.BYTES) this.fail("a key is not a scalar", start);
    return this.readValue(depth + 1);
  }

  /** One level more than a value may have: a run's variables stand in a map. */
  private checkDepth(depth: number): void {
    if (depth > WIRE_DEPTH_MAX) this.fail(`nested deeper than ${WIRE_DEPTH_MAX} levels`, this.position);
  }

  private checkLeft(size: number): void {
    if (this.bytes.length - this.position < size) this.fail("the value ends too soon", this.position);
  }

  private fail(reason: string, offset: number): never {
    throw new WorkflowError("value/malformed", `Malformed value at byte ${offset}: ${reason}`, { details: { offset, reason } });
  }
}

/** Text of a duration in seconds, as CEL's string() gives it: `3600s`, `-1.5s`. */
function formatDuration({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  if (nanos === 0) return `${seconds}s`;
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  const whole = seconds < 0n ? -seconds : seconds;
  const fraction = Math.abs(nanos).toString().padStart(9, "0").replace(/0+$/, "");
  return `${sign}${whole}.${fraction}s`;
}

function spellDouble(value: number): number | "NaN" | "Infinity" | "-Infinity" | "-0" {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
  return Object.is(value, -0) ? "-0" : value;
}

/**
 * The wire value that begins at `offset`, as JavaScript data (see `ValueReader.readValue`). Bytes after it are not looked at.
 * @throws WorkflowError `value/malformed` with `details.offset`
 */
export function decodeValue(bytes: Uint8Array, offset = 0): unknown {
  return new ValueReader(bytes, offset).readValue();
}

/** The wire value at `offset` with every type spelled out. @throws WorkflowError `value/malformed` */
export function decodeExact(bytes: Uint8Array, offset = 0): ExactValue {
  return new ValueReader(bytes, offset).readExact();
}
