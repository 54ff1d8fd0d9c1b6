// Building text in scratch: one growing STRING (or BYTES) object at a time, and every value as text: string() for
// scalars, JSON for null, lists and maps.
import { ExpressionError, OBJECT_HEADER_SIZE, ObjectKind, Tag } from "./abi";
import { ADDRESS_TEXT_SIZE_MAX, writeAddress } from "./address";
import { auxOf, floatOf, intOf, objectOf, setError, setObject, tagOf, uintOf } from "./cell";
import { spendSize } from "./fuel";
import { countOf, mapValueAt, readMapKey } from "./map";
import { allocateScratch, resizeScratch } from "./memory";
import { FLOAT_TEXT_SIZE_MAX, writeFloat, writeInt, writeUint } from "./number-text";
import { TIME_TEXT_SIZE_MAX, writeDuration, writeTimestamp } from "./time-text";
import { bytesOf, elementAt, innerOf } from "./value";

const TEXT_CAPACITY_MIN: usize = 112;
const TEXT_SIZE_MAX: usize = 0x40000000;
/** Deeper values are not written: an error. */
const JSON_DEPTH_MAX: i32 = 200;
const SAFE_INTEGER_MAX: i64 = 9007199254740991;

let object: usize = 0;
let size: usize = 0;
let capacity: usize = 0;
let failure: i32 = 0;

/** Begins a text. Only one is built at a time. */
export function openText(): void {
  size = 0;
  capacity = TEXT_CAPACITY_MIN;
  object = allocateScratch(OBJECT_HEADER_SIZE + capacity);
  failure = object == 0 ? ExpressionError.OUT_OF_MEMORY : 0;
}

/** Makes the text fail with this error, unless it failed already. */
export function failText(code: ExpressionError): void {
  if (failure == 0) failure = code;
}

/** Address of room for `more` bytes at the text's end, or 0; `advanceText` then counts what was written. */
export function roomInText(more: usize): usize {
  if (failure != 0) return 0;
  const needed = size + more;
  if (needed <= capacity) return object + OBJECT_HEADER_SIZE + size;
  if (needed > TEXT_SIZE_MAX || !spendSize(needed)) {
    failText(needed > TEXT_SIZE_MAX ? ExpressionError.OUT_OF_MEMORY : ExpressionError.OUT_OF_FUEL);
    return 0;
  }
  const wanted = max<usize>(needed, capacity * 2);
  if (!resizeScratch(object, OBJECT_HEADER_SIZE + capacity, OBJECT_HEADER_SIZE + wanted)) {
    const grown = allocateScratch(OBJECT_HEADER_SIZE + wanted);
    if (grown == 0) {
      failText(ExpressionError.OUT_OF_MEMORY);
      return 0;
    }
    memory.copy(grown + OBJECT_HEADER_SIZE, object + OBJECT_HEADER_SIZE, size);
    object = grown;
  }
  capacity = wanted;
  return object + OBJECT_HEADER_SIZE + size;
}

@inline
export function advanceText(end: usize): void {
  size = end - object - OBJECT_HEADER_SIZE;
}

export function appendByte(byte: u32): void {
  const at = roomInText(1);
  if (at == 0) return;
  store<u8>(at, <u8>byte);
  size++;
}

export function appendBytes(address: usize, length: u32): void {
  const at = roomInText(length);
  if (at == 0) return;
  memory.copy(at, address, length);
  size += length;
}

/** Appends up to 8 ASCII bytes, the first in the lowest byte. */
export function appendAscii(text: u64, length: i32): void {
  for (let i = 0; i < length; i++) appendByte(<u32>(text >> (<u64>i << 3)) & 255);
}

/** Ends the text: writes a cell of this kind, or the ERROR that happened on the way. */
export function closeText(dst: usize, tag: i32): void {
  if (failure != 0 || !spendSize(size)) {
    setError(dst, failure != 0 ? <ExpressionError>failure : ExpressionError.OUT_OF_FUEL);
    return;
  }
  resizeScratch(object, OBJECT_HEADER_SIZE + capacity, OBJECT_HEADER_SIZE + size);
  store<u32>(object, tag == Tag.BYTES ? ObjectKind.BYTES : ObjectKind.STRING);
  store<u32>(object, <u32>size, 4);
  store<u64>(object, 0, 8);
  setObject(dst, tag, object);
}

/** Appends a scalar as string() gives it. False: not a scalar with a text. */
export function appendScalar(cell: usize): bool {
  switch (tagOf(cell)) {
    case Tag.STRING:
    case Tag.TYPE:
      appendBytes(bytesOf(objectOf(cell)), countOf(objectOf(cell)));
      return true;
    case Tag.BOOL:
      if (auxOf(cell) != 0) appendAscii(0x65757274, 4);
      else appendAscii(0x65736c6166, 5);
      return true;
    case Tag.INT:
    case Tag.UINT:
    case Tag.DOUBLE:
    case Tag.NUMBER:
      appendNumber(cell);
      return true;
    case Tag.TIMESTAMP:
    case Tag.DURATION: {
      const at = roomInText(TIME_TEXT_SIZE_MAX);
      if (at == 0) return true;
      const nanos = load<i32>(cell, 4);
      advanceText(tagOf(cell) == Tag.TIMESTAMP ? writeTimestamp(at, intOf(cell), nanos) : writeDuration(at, intOf(cell), nanos));
      return true;
    }
    case Tag.OPTIONAL: {
      if (auxOf(cell) != 2) return false;
      const at = roomInText(ADDRESS_TEXT_SIZE_MAX);
      const bytes = objectOf(innerOf(cell));
      if (at != 0) advanceText(writeAddress(at, bytesOf(bytes), countOf(bytes)));
      return true;
    }
    default:
      return false;
  }
}

function appendNumber(cell: usize): void {
  const at = roomInText(FLOAT_TEXT_SIZE_MAX);
  if (at == 0) return;
  const tag = tagOf(cell);
  advanceText(tag == Tag.INT ? writeInt(at, intOf(cell)) : tag == Tag.UINT ? writeUint(at, uintOf(cell)) : writeFloat(at, floatOf(cell)));
}

// --- JSON ------------------------------------------------------------------------------------------------------------

/** Appends any value as JSON: CEL's mapping (langdef.md, "JSON Data Conversion"); types and an empty optional by name and null. */
export function appendJson(cell: usize, depth: i32): void {
  if (depth > JSON_DEPTH_MAX || failure != 0) {
    failText(ExpressionError.STACK_OVERFLOW);
    return;
  }
  switch (tagOf(cell)) {
    case Tag.BOOL:
      appendScalar(cell);
      return;
    case Tag.INT:
    case Tag.UINT:
    case Tag.DOUBLE:
    case Tag.NUMBER:
      appendJsonNumber(cell);
      return;
    case Tag.STRING:
    case Tag.TYPE:
      appendQuoted(bytesOf(objectOf(cell)), countOf(objectOf(cell)));
      return;
    case Tag.BYTES:
      appendByte(34);
      appendBase64(bytesOf(objectOf(cell)), countOf(objectOf(cell)));
      appendByte(34);
      return;
    case Tag.TIMESTAMP:
    case Tag.DURATION:
      appendByte(34);
      appendScalar(cell);
      appendByte(34);
      return;
    case Tag.LIST:
      appendJsonList(objectOf(cell), depth);
      return;
    case Tag.MAP:
      appendJsonMap(objectOf(cell), depth);
      return;
    case Tag.OPTIONAL:
      if (auxOf(cell) == 2) {
        appendByte(34);
        appendScalar(cell);
        appendByte(34);
        return;
      }
      if (auxOf(cell) != 0) {
        appendJson(innerOf(cell), depth + 1);
        return;
      }
  }
  appendAscii(0x6c6c756e, 4);
}

/** Ints beyond ±(2^53 - 1), NaN and infinities are strings. */
function appendJsonNumber(cell: usize): void {
  const tag = tagOf(cell);
  let isPlain = true;
  if (tag == Tag.INT) isPlain = intOf(cell) >= -SAFE_INTEGER_MAX && intOf(cell) <= SAFE_INTEGER_MAX;
  else if (tag == Tag.UINT) isPlain = uintOf(cell) <= <u64>SAFE_INTEGER_MAX;
  else isPlain = floatOf(cell) - floatOf(cell) == 0;
  if (!isPlain) appendByte(34);
  appendNumber(cell);
  if (!isPlain) appendByte(34);
}

function appendJsonList(list: usize, depth: i32): void {
  const count = countOf(list);
  appendByte(91);
  for (let i: u32 = 0; i < count; i++) {
    if (i != 0) appendByte(44);
    appendJson(elementAt(list, i), depth + 1);
  }
  appendByte(93);
}

function appendJsonMap(map: usize, depth: i32): void {
  const count = countOf(map);
  const key = memory.data(16, 16);
  appendByte(123);
  for (let i: u32 = 0; i < count; i++) {
    if (i != 0) appendByte(44);
    readMapKey(map, i, key);
    if (tagOf(key) == Tag.STRING) {
      appendQuoted(bytesOf(objectOf(key)), countOf(objectOf(key)));
    } else {
      appendByte(34);
      appendScalar(key);
      appendByte(34);
    }
    appendByte(58);
    appendJson(mapValueAt(map, i), depth + 1);
  }
  appendByte(125);
}

/** The letter after the backslash for a control character, `"` or `\`; 0: \u00xx; 1: stands for itself. */
function escapeOf(byte: u32): u32 {
  if (byte == 34 || byte == 92) return byte;
  if (byte >= 32) return 1;
  if (byte == 10) return 110;
  if (byte == 13) return 114;
  if (byte == 9) return 116;
  if (byte == 8) return 98;
  return byte == 12 ? 102 : 0;
}

function appendQuoted(address: usize, length: u32): void {
  appendByte(34);
  let from = address;
  const end = address + length;
  for (let at = address; at < end; at++) {
    const byte = <u32>load<u8>(at);
    const escape = escapeOf(byte);
    if (escape == 1) continue;
    appendBytes(from, <u32>(at - from));
    from = at + 1;
    appendByte(92);
    if (escape != 0) {
      appendByte(escape);
    } else {
      appendAscii(0x303075, 3);
      appendByte(48 + (byte >> 4));
      appendByte((byte & 15) < 10 ? 48 + (byte & 15) : 87 + (byte & 15));
    }
  }
  appendBytes(from, <u32>(end - from));
  appendByte(34);
}

function base64Letter(bits: u32): u32 {
  if (bits < 26) return 65 + bits;
  if (bits < 52) return 71 + bits;
  if (bits < 62) return bits - 4;
  return bits == 62 ? 43 : 47;
}

/** Appends bytes as base64 with padding. */
export function appendBase64(address: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i += 3) {
    const left = length - i;
    const first = <u32>load<u8>(address + i);
    const second = left > 1 ? <u32>load<u8>(address + i + 1) : 0;
    const third = left > 2 ? <u32>load<u8>(address + i + 2) : 0;
    appendByte(base64Letter(first >> 2));
    appendByte(base64Letter(((first & 3) << 4) | (second >> 4)));
    appendByte(left > 1 ? base64Letter(((second & 15) << 2) | (third >> 6)) : 61);
    appendByte(left > 2 ? base64Letter(third & 63) : 61);
  }
}
