// Values of declared types between JavaScript and the wire form: whether arguments are what a custom function takes, and what it
// gives written as the type that it promised. Nothing is taken for another type; only JSON numbers adapt where they are exact.
import { Wire } from "../../../assembly/abi.js";
import { describeValue } from "../../model/arguments.js";
import { type ExactValue, ValueReader, type ValueWriter } from "../../model/value.js";
import { formatType, Kind, optionalParam, type Type } from "../checker/type.js";

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;
const NANOS = 1_000_000_000n;

/** A value is not of its declared type. */
export class TypeMismatch extends Error {
  override readonly name = "TypeMismatch";
}

// --- arguments -------------------------------------------------------------------------------------------------------

const WIRE_KINDS: Readonly<Partial<Record<number, Kind>>> = {
  [Wire.NULL]: Kind.NULL,
  [Wire.FALSE]: Kind.BOOL,
  [Wire.TRUE]: Kind.BOOL,
  [Wire.NUMBER]: Kind.NUMBER,
  [Wire.SMALL_NUMBER]: Kind.NUMBER,
  [Wire.INT]: Kind.INT,
  [Wire.UINT]: Kind.UINT,
  [Wire.DOUBLE]: Kind.DOUBLE,
  [Wire.STRING]: Kind.STRING,
  [Wire.BYTES]: Kind.BYTES,
  [Wire.TIMESTAMP]: Kind.TIMESTAMP,
  [Wire.DURATION]: Kind.DURATION,
  [Wire.TYPE]: Kind.TYPE,
};

/** Is the wire value at `at` one of this type? A JSON number is one of every numeric type that holds it exactly. */
export function isOfType(bytes: Uint8Array, at: number, type: Type): boolean {
  if (isOpenKind(type.kind)) return true;
  if (bytes[at] === Wire.ADDRESS) return isAddressOf(bytes[at + 2] ?? 0, type);
  const kind = WIRE_KINDS[bytes[at] ?? -1];
  if (kind === type.kind) return true;
  if (kind !== undefined && kind !== Kind.NUMBER) return false;
  return fits(new ValueReader(bytes, at).readExact(), type);
}

/** An ip has 4 or 16 bytes, a cidr one more. */
function isAddressOf(byteLength: number, { kind, name }: Type): boolean {
  return kind === Kind.OPAQUE && name === (byteLength % 4 === 0 ? "net.IP" : "net.CIDR");
}

/** Can arguments of this type be told from others? Addresses only where they stand by themselves. */
export function canBeTaken({ params }: Type): boolean {
  return params.every((param) => canBeTaken(param) && (param.kind !== Kind.OPAQUE || param.name === "optional_type"));
}

function isOpenKind(kind: Kind): boolean {
  return kind === Kind.DYN || kind === Kind.PARAM || kind === Kind.ERROR;
}

function fits(value: ExactValue, type: Type): boolean {
  const { kind, params } = type;
  if (isOpenKind(kind)) return true;
  if ("number" in value) return fitsNumber(Number(value.number), kind);
  if ("list" in value) return kind === Kind.LIST && value.list.every((item) => fits(item, params[0] as Type));
  if ("map" in value) {
    return kind === Kind.MAP && value.map.every(([key, item]) => fits(key, params[0] as Type) && fits(item, params[1] as Type));
  }
  if ("optional" in value) {
    const inner = optionalParam(type);
    return inner !== undefined && (value.optional === null || fits(value.optional, inner));
  }
  return kindOf(value) === kind;
}

function fitsNumber(value: number, kind: Kind): boolean {
  if (kind === Kind.NUMBER || kind === Kind.DOUBLE) return true;
  return Number.isSafeInteger(value) && (kind === Kind.INT || (kind === Kind.UINT && value >= 0));
}

function kindOf(value: ExactValue): Kind | undefined {
  if ("null" in value) return Kind.NULL;
  if ("bool" in value) return Kind.BOOL;
  if ("int" in value) return Kind.INT;
  if ("uint" in value) return Kind.UINT;
  if ("double" in value) return Kind.DOUBLE;
  if ("string" in value) return Kind.STRING;
  if ("bytes" in value) return Kind.BYTES;
  if ("timestamp" in value) return Kind.TIMESTAMP;
  if ("duration" in value) return Kind.DURATION;
  return "type" in value ? Kind.TYPE : undefined;
}

// --- results ---------------------------------------------------------------------------------------------------------

/** May a value of this type come out of JavaScript? Addresses and types have no form there. */
export function canBeGiven({ kind, name, params }: Type): boolean {
  if (kind === Kind.TYPE || (kind === Kind.OPAQUE && name !== "optional_type")) return false;
  return params.every(canBeGiven);
}

/**
 * Writes a JavaScript value as one of the type: int and uint from whole numbers and bigints, timestamps from `Date`, durations
 * from text like `"90s"` or `"1h30m"` or from milliseconds, an optional from its value or `undefined`, maps from plain objects
 * and `Map`. What is `dyn` becomes what it is.
 * @param path what to call the value in an error
 * @throws TypeMismatch, and what `ValueWriter.writeValue` throws
 */
export function writeTyped(writer: ValueWriter, value: unknown, type: Type, path: string): void {
  switch (type.kind) {
    case Kind.DYN:
    case Kind.PARAM:
      if (value === undefined) refuse(value, type, path);
      writer.writeValue(value, path);
      return;
    case Kind.INT:
    case Kind.UINT:
      writeInteger(writer, value, type, path);
      return;
    case Kind.DOUBLE:
    case Kind.NUMBER:
      if (typeof value !== "number") refuse(value, type, path);
      if (type.kind === Kind.DOUBLE) writer.writeDouble(Wire.DOUBLE, value);
      else writer.writeValue(value, path);
      return;
    case Kind.DURATION:
      writeDuration(writer, value, type, path);
      return;
    case Kind.LIST:
      writeList(writer, value, type, path);
      return;
    case Kind.MAP:
      writeMap(writer, value, type, path);
      return;
    case Kind.OPAQUE:
      if (value !== undefined) writer.writeByte(Wire.OPTIONAL_SOME);
      if (value === undefined) writer.writeByte(Wire.OPTIONAL_NONE);
      else writeTyped(writer, value, optionalParam(type) as Type, path);
      return;
    default:
      if (TAG_KINDS[tagOf(value)] !== type.kind) refuse(value, type, path);
      writer.writeValue(value, path);
  }
}

const TAG_KINDS: Readonly<Record<string, Kind>> = {
  "[object Null]": Kind.NULL,
  "[object Boolean]": Kind.BOOL,
  "[object String]": Kind.STRING,
  "[object Date]": Kind.TIMESTAMP,
  "[object Uint8Array]": Kind.BYTES,
};

/** Also of objects that come from another page. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function refuse(value: unknown, type: Type, path: string): never {
  throw new TypeMismatch(`${path} is ${describeValue(value)}, not ${formatType(type, true)}`);
}

function writeInteger(writer: ValueWriter, value: unknown, type: Type, path: string): void {
  const isWhole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
  const whole = isWhole ? BigInt(value) : undefined;
  const isSigned = type.kind === Kind.INT;
  if (whole === undefined || whole < (isSigned ? INT_MIN : 0n) || whole > (isSigned ? INT_MAX : UINT_MAX)) refuse(value, type, path);
  writer.writeBigInt(whole, isSigned ? Wire.INT : Wire.UINT);
}

const UNIT_NANOS: Readonly<Record<string, bigint>> = { h: 3600n * NANOS, m: 60n * NANOS, s: NANOS, ms: 1_000_000n, us: 1_000n, ns: 1n };
/** The longest duration there is, in nanoseconds: what an int holds. */
const DURATION_NANOS_MAX = INT_MAX;

function writeDuration(writer: ValueWriter, value: unknown, type: Type, path: string): void {
  const nanos = typeof value === "string" ? readDuration(value) : typeof value === "number" ? readMilliseconds(value) : undefined;
  if (nanos === undefined || nanos > DURATION_NANOS_MAX || nanos < -DURATION_NANOS_MAX) refuse(value, type, path);
  writer.writeInstant(Wire.DURATION, nanos / NANOS, Number(nanos % NANOS));
}

function readMilliseconds(ms: number): bigint | undefined {
  return Number.isFinite(ms) && Math.abs(ms) <= Number.MAX_SAFE_INTEGER ? BigInt(Math.round(ms * 1000)) * 1000n : undefined;
}

const DURATION_TEXT_SIZE_MAX = 40;

/** `1h30m`, `-1.5s`: parts of a number and a unit. */
function readDuration(text: string): bigint | undefined {
  if (text.length > DURATION_TEXT_SIZE_MAX || !/^-?(\d+(\.\d{1,9})?(h|ms|us|ns|m|s))+$/.test(text)) return undefined;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(/(\d+)(?:\.(\d+))?(h|ms|us|ns|m|s)/g)) {
    const scale = UNIT_NANOS[unit] ?? 0n;
    nanos += BigInt(whole) * scale + (BigInt(fraction.padEnd(9, "0")) * scale) / NANOS;
  }
  return text.startsWith("-") ? -nanos : nanos;
}

function writeList(writer: ValueWriter, value: unknown, type: Type, path: string): void {
  if (!Array.isArray(value)) refuse(value, type, path);
  const items: readonly unknown[] = value;
  writer.writeByte(Wire.LIST);
  writer.writeVarint(items.length);
  for (let index = 0; index < items.length; index += 1) writeTyped(writer, items[index], type.params[0] as Type, `${path}[${index}]`);
}

function writeMap(writer: ValueWriter, value: unknown, type: Type, path: string): void {
  const entries = entriesOf(value);
  if (entries === undefined) refuse(value, type, path);
  const present = entries.filter(([, item]) => item !== undefined);
  writer.writeByte(Wire.MAP);
  writer.writeVarint(present.length);
  for (const [key, item] of present) {
    const inner = `${path}[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`;
    writeKey(writer, key, type.params[0] as Type, inner);
    writeTyped(writer, item, type.params[1] as Type, inner);
  }
}

function entriesOf(value: unknown): (readonly [unknown, unknown])[] | undefined {
  const tag = tagOf(value);
  if (tag === "[object Map]") {
    const map = value as ReadonlyMap<unknown, unknown>;
    // The number and the bigint are one key.
    return [...map].filter(([key]) => typeof key !== "number" || !Number.isSafeInteger(key) || !map.has(BigInt(key)));
  }
  return tag === "[object Object]" ? Object.entries(value as object) : undefined;
}

function writeKey(writer: ValueWriter, key: unknown, type: Type, path: string): void {
  const isKey = typeof key === "string" || typeof key === "boolean" || typeof key === "bigint" || Number.isSafeInteger(key);
  if (!isKey || type.kind === Kind.DOUBLE || type.kind === Kind.NUMBER) refuse(key, type, `the key of ${path}`);
  // As whatever else writes maps: a whole number that is a key is an int.
  if (typeof key === "number" && isOpenKind(type.kind)) writer.writeBigInt(BigInt(key));
  else writeTyped(writer, key, type, `the key of ${path}`);
}
