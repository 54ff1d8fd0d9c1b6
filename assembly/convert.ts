// CEL's conversions: int(), uint(), double(), string(), bool(), bytes(), type(), timestamp(), duration().
import { ExpressionError, OBJECT_HEADER_SIZE, ObjectKind, Tag } from "./abi";
import { validateUtf8 } from "./bytes";
import { auxOf, copyCell, floatOf, intOf, isNumeric, objectOf, refuseOperand, setBool, setError, setFloat, setInt, setObject, setUint, tagOf, uintOf } from "./cell";
import { countOf } from "./map";
import { setTimestamp } from "./moment";
import { NUMBER_OK, NUMBER_OVERFLOW, numberStatus, readFloat, readInt, readUint } from "./number-text";
import { isWholeInt } from "./numeric";
import { appendJson, appendScalar, closeText, openText } from "./text";
import { readDuration, readTimestamp } from "./time-text";
import { bytesOf, innerOf, makePermanentString, newText } from "./value";

const TWO_POW_63: f64 = 9223372036854775808.0;
const TWO_POW_64: f64 = 18446744073709551616.0;

/** Was the last text a number? If not, writes the error. */
function isNumberRead(dst: usize): bool {
  if (numberStatus() == NUMBER_OK) return true;
  setError(dst, numberStatus() == NUMBER_OVERFLOW ? ExpressionError.RANGE : ExpressionError.INVALID_CONVERSION);
  return false;
}

export function toInt(dst: usize, a: usize): void {
  switch (tagOf(a)) {
    case Tag.INT:
      copyCell(dst, a);
      return;
    case Tag.UINT:
      if (intOf(a) < 0) setError(dst, ExpressionError.RANGE);
      else setInt(dst, intOf(a));
      return;
    case Tag.DOUBLE:
    case Tag.NUMBER: {
      const value = floatOf(a);
      // -2^63 itself is refused too: cel-spec's conformance tests have it as a range error.
      if (value > -TWO_POW_63 && value < TWO_POW_63) setInt(dst, <i64>value);
      else setError(dst, ExpressionError.RANGE);
      return;
    }
    case Tag.STRING: {
      const value = readInt(bytesOf(objectOf(a)), countOf(objectOf(a)));
      if (isNumberRead(dst)) setInt(dst, value);
      return;
    }
    case Tag.TIMESTAMP:
      setInt(dst, intOf(a));
      return;
    default:
      refuseOperand(dst, a);
  }
}

export function toUint(dst: usize, a: usize): void {
  switch (tagOf(a)) {
    case Tag.UINT:
      copyCell(dst, a);
      return;
    case Tag.INT:
      if (intOf(a) < 0) setError(dst, ExpressionError.RANGE);
      else setUint(dst, uintOf(a));
      return;
    case Tag.DOUBLE:
    case Tag.NUMBER: {
      const value = floatOf(a);
      if (value >= 0 && value < TWO_POW_64) setUint(dst, <u64>value);
      else setError(dst, ExpressionError.RANGE);
      return;
    }
    case Tag.STRING: {
      const value = readUint(bytesOf(objectOf(a)), countOf(objectOf(a)));
      if (isNumberRead(dst)) setUint(dst, value);
      return;
    }
    default:
      refuseOperand(dst, a);
  }
}

export function toDouble(dst: usize, a: usize): void {
  switch (tagOf(a)) {
    case Tag.DOUBLE:
    case Tag.NUMBER:
      setFloat(dst, Tag.DOUBLE, floatOf(a));
      return;
    case Tag.INT:
      setFloat(dst, Tag.DOUBLE, <f64>intOf(a));
      return;
    case Tag.UINT:
      setFloat(dst, Tag.DOUBLE, <f64>uintOf(a));
      return;
    case Tag.STRING: {
      const value = readFloat(bytesOf(objectOf(a)), countOf(objectOf(a)));
      if (isNumberRead(dst)) setFloat(dst, Tag.DOUBLE, value);
      return;
    }
    default:
      refuseOperand(dst, a);
  }
}

export function toText(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.STRING) {
    copyCell(dst, a);
  } else if (tag == Tag.BYTES) {
    const bytes = objectOf(a);
    if (validateUtf8(bytesOf(bytes), countOf(bytes)) < 0) setError(dst, ExpressionError.INVALID_CONVERSION);
    else copyText(dst, bytes, Tag.STRING, ObjectKind.STRING);
  } else if (tag == Tag.BOOL || isNumeric(tag) || tag == Tag.TIMESTAMP || tag == Tag.DURATION || (tag == Tag.OPTIONAL && auxOf(a) == 2)) {
    openText();
    appendScalar(a);
    closeText(dst, Tag.STRING);
  } else refuseOperand(dst, a);
}

function copyText(dst: usize, source: usize, tag: i32, kind: ObjectKind): void {
  const object = newText(kind, countOf(source));
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  memory.copy(bytesOf(object), bytesOf(source), countOf(source));
  setObject(dst, tag, object);
}

export function toBytes(dst: usize, a: usize): void {
  if (tagOf(a) == Tag.BYTES) copyCell(dst, a);
  else if (tagOf(a) == Tag.STRING) copyText(dst, objectOf(a), Tag.BYTES, ObjectKind.BYTES);
  else refuseOperand(dst, a);
}

/** The texts that are bools: 1 t true TRUE True and 0 f false FALSE False. */
export function toBool(dst: usize, a: usize): void {
  if (tagOf(a) == Tag.BOOL) {
    copyCell(dst, a);
    return;
  }
  if (tagOf(a) != Tag.STRING) {
    refuseOperand(dst, a);
    return;
  }
  const length = countOf(objectOf(a));
  let word: u64 = 0;
  for (let i: u32 = 0; i < min<u32>(length, 8); i++) word |= <u64>load<u8>(bytesOf(objectOf(a)) + i) << (<u64>i << 3);
  if (length == 1 && (word == 0x31 || word == 0x74)) setBool(dst, true);
  else if (length == 1 && (word == 0x30 || word == 0x66)) setBool(dst, false);
  else if (length == 4 && (word == 0x65757274 || word == 0x45555254 || word == 0x65757254)) setBool(dst, true);
  else if (length == 5 && (word == 0x65736c6166 || word == 0x45534c4146 || word == 0x65736c6146)) setBool(dst, false);
  else setError(dst, ExpressionError.INVALID_CONVERSION);
}

export function toTimestamp(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.TIMESTAMP) copyCell(dst, a);
  else if (tag == Tag.INT) setTimestamp(dst, intOf(a), 0);
  else if (tag == Tag.NUMBER && isWholeInt(floatOf(a))) setTimestamp(dst, <i64>floatOf(a), 0);
  else if (tag == Tag.STRING) readTimestamp(dst, bytesOf(objectOf(a)), countOf(objectOf(a)));
  else refuseOperand(dst, a);
}

export function toDuration(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.DURATION) copyCell(dst, a);
  else if (tag == Tag.STRING) readDuration(dst, bytesOf(objectOf(a)), countOf(objectOf(a)));
  else refuseOperand(dst, a);
}

/** u32 per Tag: its TYPE object once made. */
const TYPES: usize = memory.data(80, 16);
/** Beyond the tags: addresses of the network library. */
const TYPE_IP: i32 = 16;
const TYPE_CIDR: i32 = 17;

/** CEL's name of a type, as bytes in static memory. A JSON number is a double. */
function typeName(tag: i32): string {
  switch (tag) {
    case Tag.NULL:
      return "null_type";
    case Tag.BOOL:
      return "bool";
    case Tag.INT:
      return "int";
    case Tag.UINT:
      return "uint";
    case Tag.STRING:
      return "string";
    case Tag.BYTES:
      return "bytes";
    case Tag.LIST:
      return "list";
    case Tag.MAP:
      return "map";
    case Tag.TIMESTAMP:
      return "google.protobuf.Timestamp";
    case Tag.DURATION:
      return "google.protobuf.Duration";
    case Tag.TYPE:
      return "type";
    case Tag.OPTIONAL:
      return "optional_type";
    case TYPE_IP:
      return "net.IP";
    case TYPE_CIDR:
      return "net.CIDR";
    default:
      return "double";
  }
}

export function toType(dst: usize, a: usize): void {
  const isAddress = tagOf(a) == Tag.OPTIONAL && auxOf(a) == 2;
  const tag = !isAddress ? tagOf(a) : (countOf(objectOf(innerOf(a))) & 1) == 0 ? TYPE_IP : TYPE_CIDR;
  const entry = TYPES + (<usize>tag << 2);
  if (load<u32>(entry) == 0) {
    const name = typeName(tag);
    const buffer = memory.data(32, 16);
    for (let i = 0; i < name.length; i++) store<u8>(buffer + i, <u8>load<u16>(changetype<usize>(name) + (<usize>i << 1)));
    store<u32>(entry, <u32>makePermanentString(ObjectKind.TYPE, buffer, name.length));
  }
  if (load<u32>(entry) == 0) setError(dst, ExpressionError.OUT_OF_MEMORY);
  else setObject(dst, Tag.TYPE, load<u32>(entry));
}

/** dst = the cells at `first` one after the other, each as string(); null, bytes, lists and maps as JSON. */
export function makeTemplate(dst: usize, first: usize, count: u32): void {
  openText();
  for (let i: u32 = 0; i < count; i++) {
    const cell = first + (<usize>i << 4);
    if (!appendScalar(cell)) appendJson(cell, 0);
  }
  closeText(dst, Tag.STRING);
}
