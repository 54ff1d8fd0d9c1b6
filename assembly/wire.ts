// The wire form of values (drawn in abi.ts), both ways. Bytes that come in are not trusted: lengths, counts, depth,
// UTF-8 and keys are checked before anything is allocated for them.
import { CELL_SIZE, OBJECT_FLAG_PERMANENT, OBJECT_HEADER_SIZE, ObjectKind, Tag, Wire, WIRE_DEPTH_MAX } from "./abi";
import { isAddress } from "./address";
import { areBytesEqual, hashBytes, validateUtf8 } from "./bytes";
import { auxOf, copyCell, floatOf, intOf, objectOf, setAbsent, setBool, setFloat, setInt, setNull, setObject, setTime, setUint, tagOf, uintOf } from "./cell";
import { closeHashedMap, countOf, hashedMapSize, isKeyCell, mapValueAt, openHashedMap, pairAt, readMapKey } from "./map";
import { allocatePermanent, allocateScratch } from "./memory";
import { internKeyOfValue, internShape, KEY_SIZE_MAX, keyObject, SHAPE_KEY_COUNT_MAX, shapeKeyAt, shapeKeyCount } from "./shape";
import { bytesOf, elementAt } from "./value";

/** `decodeWire`: the bytes are not a value. */
export const WIRE_MALFORMED: i32 = -1;
/** `decodeWire`: no room for the value. */
export const WIRE_OUT_OF_MEMORY: i32 = -2;
/** Seconds of the years 1 to 9999, and of 10,000 years (protobuf's range of a duration). */
export const TIMESTAMP_SECONDS_MIN: i64 = -62135596800;
export const TIMESTAMP_SECONDS_MAX: i64 = 253402300799;
export const DURATION_SECONDS_MAX: i64 = 315576000000;

const SAFE_INTEGER_MAX: f64 = 9007199254740991.0;
/** u32[SHAPE_KEY_COUNT_MAX] per depth: key ids of the maps being read. */
const KEY_STACK_SIZE: usize = <usize>(WIRE_DEPTH_MAX + 2) * SHAPE_KEY_COUNT_MAX * 4;
let keyStack: usize = 0;
/** u32 per depth: shape of the map read last there. Maps in a list mostly share one. */
const SHAPE_GUESSES: usize = memory.data(1024, 16);

let cursor: usize = 0;
let wireEnd: usize = 0;
let objectFlags: u32 = 0;

/** Decodes one value into `cell`, its objects into scratch. Returns the bytes consumed, WIRE_MALFORMED or WIRE_OUT_OF_MEMORY. */
export function decodeWire(address: usize, size: u32, cell: usize): i32 {
  objectFlags = 0;
  return decode(address, size, cell);
}

/** The same with objects in the permanent arena: constants of programs. */
export function decodeWirePermanent(address: usize, size: u32, cell: usize): i32 {
  objectFlags = OBJECT_FLAG_PERMANENT;
  return decode(address, size, cell);
}

function decode(address: usize, size: u32, cell: usize): i32 {
  if (size > 0x7fffffff) return WIRE_MALFORMED;
  if (keyStack == 0) {
    keyStack = allocatePermanent(KEY_STACK_SIZE);
    if (keyStack == 0) return WIRE_OUT_OF_MEMORY;
  }
  cursor = address;
  wireEnd = address + size;
  const status = readValue(cell, 0);
  return status < 0 ? status : <i32>(cursor - address);
}

@inline
function allocateObject(size: usize): usize {
  return objectFlags == 0 ? allocateScratch(size) : allocatePermanent(size);
}

/** Reads an unsigned varint of at most `sizeMax` bytes; all bits set (u64.MAX_VALUE is never a length): malformed. */
function readVarint(sizeMax: i32): u64 {
  let value: u64 = 0;
  for (let i = 0; i < sizeMax; i++) {
    if (cursor >= wireEnd) break;
    const byte = <u64>load<u8>(cursor++);
    value |= (byte & 0x7f) << (<u64>i * 7);
    if (byte < 0x80) return i == 9 && byte > 1 ? u64.MAX_VALUE : value;
  }
  return u64.MAX_VALUE;
}

/** A length or count of things that take at least `unit` bytes each; -1: malformed or more than the bytes left can hold. */
function readLength(unit: u64): i64 {
  const length = readVarint(5);
  if (length == u64.MAX_VALUE || length * unit > <u64>(wireEnd - cursor)) return -1;
  return <i64>length;
}

function readValue(cell: usize, depth: i32): i32 {
  if (cursor >= wireEnd || depth > WIRE_DEPTH_MAX) return WIRE_MALFORMED;
  const tag = <i32>load<u8>(cursor++);
  switch (tag) {
    case Wire.NULL:
      setNull(cell);
      return 0;
    case Wire.FALSE:
    case Wire.TRUE:
      setBool(cell, tag == Wire.TRUE);
      return 0;
    case Wire.NUMBER:
    case Wire.INT:
    case Wire.UINT:
    case Wire.DOUBLE:
      return readFixed(tag, cell);
    case Wire.SMALL_NUMBER: {
      const zigzag = readVarint(10);
      const value = <i64>(zigzag >> 1) ^ -<i64>(zigzag & 1);
      if (<f64>abs<i64>(value) > SAFE_INTEGER_MAX || zigzag > 0x3fffffffffffff) return WIRE_MALFORMED;
      setFloat(cell, Tag.NUMBER, <f64>value);
      return 0;
    }
    case Wire.STRING:
      return readText(cell, Tag.STRING, ObjectKind.STRING);
    case Wire.BYTES:
      return readText(cell, Tag.BYTES, ObjectKind.BYTES);
    case Wire.TYPE:
      return readText(cell, Tag.TYPE, ObjectKind.TYPE);
    case Wire.LIST:
      return readList(cell, depth);
    case Wire.MAP:
      return readMap(cell, depth);
    case Wire.TIMESTAMP:
    case Wire.DURATION:
      return readTime(tag, cell);
    case Wire.OPTIONAL_NONE:
      setObject(cell, Tag.OPTIONAL, 0);
      return 0;
    case Wire.OPTIONAL_SOME:
      return readOptional(cell, depth);
    case Wire.ADDRESS: {
      const status = readOptional(cell, depth);
      if (status < 0) return status;
      store<u32>(cell, 2, 4);
      const inner = objectOf(cell) + OBJECT_HEADER_SIZE;
      return tagOf(inner) == Tag.BYTES && isAddress(objectOf(inner) + OBJECT_HEADER_SIZE, countOf(objectOf(inner))) ? 0 : WIRE_MALFORMED;
    }
    case Wire.ABSENT:
      setAbsent(cell);
      return depth == 0 ? 0 : WIRE_MALFORMED;
    default:
      return WIRE_MALFORMED;
  }
}

function readFixed(tag: i32, cell: usize): i32 {
  if (wireEnd - cursor < 8) return WIRE_MALFORMED;
  if (tag == Wire.INT) setInt(cell, load<i64>(cursor));
  else if (tag == Wire.UINT) setUint(cell, load<u64>(cursor));
  else setFloat(cell, tag == Wire.NUMBER ? Tag.NUMBER : Tag.DOUBLE, load<f64>(cursor));
  cursor += 8;
  return 0;
}

function readTime(tag: i32, cell: usize): i32 {
  if (wireEnd - cursor < 12) return WIRE_MALFORMED;
  const seconds = load<i64>(cursor);
  const nanos = load<i32>(cursor, 8);
  cursor += 12;
  if (tag == Wire.TIMESTAMP) {
    if (seconds < TIMESTAMP_SECONDS_MIN || seconds > TIMESTAMP_SECONDS_MAX || nanos < 0 || nanos > 999999999) return WIRE_MALFORMED;
    setTime(cell, Tag.TIMESTAMP, seconds, nanos);
    return 0;
  }
  if (seconds < -DURATION_SECONDS_MAX || seconds > DURATION_SECONDS_MAX || nanos < -999999999 || nanos > 999999999) return WIRE_MALFORMED;
  if ((seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) return WIRE_MALFORMED;
  setTime(cell, Tag.DURATION, seconds, nanos);
  return 0;
}

function readText(cell: usize, tag: i32, kind: ObjectKind): i32 {
  const length = readLength(1);
  if (length < 0) return WIRE_MALFORMED;
  const points = kind == ObjectKind.BYTES ? 0 : validateUtf8(cursor, <u32>length);
  if (points < 0) return WIRE_MALFORMED;
  const object = allocateObject(OBJECT_HEADER_SIZE + <usize>length);
  if (object == 0) return WIRE_OUT_OF_MEMORY;
  store<u32>(object, kind | objectFlags);
  store<u32>(object, <u32>length, 4);
  store<u32>(object, 0, 8);
  store<u32>(object, kind == ObjectKind.BYTES ? 0 : <u32>points + 1, 12);
  memory.copy(object + OBJECT_HEADER_SIZE, cursor, <usize>length);
  cursor += <usize>length;
  setObject(cell, tag, object);
  return 0;
}

function readList(cell: usize, depth: i32): i32 {
  const length = readLength(1);
  if (length < 0) return WIRE_MALFORMED;
  const count = <u32>length;
  const object = count > 0x07ffffff ? 0 : allocateObject(OBJECT_HEADER_SIZE + (<usize>count << 4));
  if (object == 0) return WIRE_OUT_OF_MEMORY;
  store<u32>(object, ObjectKind.LIST | objectFlags);
  store<u32>(object, count, 4);
  store<u64>(object, 0, 8);
  for (let i: u32 = 0; i < count; i++) {
    const status = readValue(elementAt(object, i), depth + 1);
    if (status < 0) return status;
  }
  setObject(cell, Tag.LIST, object);
  return 0;
}

function readOptional(cell: usize, depth: i32): i32 {
  const object = allocateObject(OBJECT_HEADER_SIZE + CELL_SIZE);
  if (object == 0) return WIRE_OUT_OF_MEMORY;
  store<u32>(object, ObjectKind.OPTIONAL | objectFlags);
  store<u32>(object, 1, 4);
  store<u64>(object, 0, 8);
  const status = readValue(object + OBJECT_HEADER_SIZE, depth + 1);
  if (status < 0) return status;
  setObject(cell, Tag.OPTIONAL, object);
  store<u32>(cell, 1, 4);
  return 0;
}

/** Reads a map as shaped; turns to a hashed one at the first key that a shape cannot have. */
function readMap(cell: usize, depth: i32): i32 {
  const length = readLength(2);
  if (length < 0) return WIRE_MALFORMED;
  const count = <u32>length;
  if (count > SHAPE_KEY_COUNT_MAX) return readHashedMap(cell, depth, count, 0, 0);
  const object = allocateObject(OBJECT_HEADER_SIZE + (<usize>count << 4));
  if (object == 0) return WIRE_OUT_OF_MEMORY;
  const ids = keyStack + <usize>depth * SHAPE_KEY_COUNT_MAX * 4;
  let shape = <usize>load<u32>(SHAPE_GUESSES + (<usize>depth << 2));
  if (shape != 0 && shapeKeyCount(shape) != count) shape = 0;
  for (let i: u32 = 0; i < count; i++) {
    const guess: u32 = shape != 0 ? shapeKeyAt(shape, i) : 0;
    let id = guess;
    if (guess == 0 || !takeKey(guess)) {
      shape = 0;
      id = readShapeKey();
      if (id == 0) return readHashedMap(cell, depth, count, object, i);
    }
    store<u32>(ids + (<usize>i << 2), id);
    const status = readValue(elementAt(object, i), depth + 1);
    if (status < 0) return status;
  }
  if (shape == 0) {
    shape = internShape(ids, count);
    store<u32>(SHAPE_GUESSES + (<usize>depth << 2), <u32>shape);
  }
  if (shape == 0) return readHashedMap(cell, depth, count, object, count);
  store<u32>(object, ObjectKind.MAP_SHAPED | objectFlags);
  store<u32>(object, count, 4);
  store<u32>(object, <u32>shape, 8);
  store<u32>(object, 0, 12);
  setObject(cell, Tag.MAP, object);
  return 0;
}

/** Moves over the key at the cursor when it is this one (keys are short: their length is one or two bytes). */
function takeKey(id: u32): bool {
  const object = keyObject(id);
  const length = countOf(object);
  if (length > 127 || wireEnd - cursor < 2 + <usize>length) return false;
  if (load<u16>(cursor) != <u16>(Wire.STRING | (length << 8))) return false;
  if (!areBytesEqual(cursor + 2, object + OBJECT_HEADER_SIZE, length)) return false;
  cursor += 2 + length;
  return true;
}

/** Id of the key at the cursor, which moves on; 0 (the cursor stays): not a short string, or the limit of keys is reached. */
function readShapeKey(): u32 {
  const start = cursor;
  if (cursor < wireEnd && load<u8>(cursor) == Wire.STRING) {
    cursor++;
    const length = readLength(1);
    if (length >= 0 && length <= <i64>KEY_SIZE_MAX && validateUtf8(cursor, <u32>length) >= 0) {
      const id = internKeyOfValue(cursor, <u32>length, hashBytes(cursor, <u32>length));
      if (id != 0) {
        cursor += <usize>length;
        return id;
      }
    }
  }
  cursor = start;
  return 0;
}

/** Reads a map of `count` pairs as hashed; the first `done` of them were read into the shaped object `partial`. */
function readHashedMap(cell: usize, depth: i32, count: u32, partial: usize, done: u32): i32 {
  const map = count > 0x00ffffff ? 0 : allocateObject(hashedMapSize(count));
  if (map == 0) return WIRE_OUT_OF_MEMORY;
  openHashedMap(map, count, objectFlags);
  const ids = keyStack + <usize>depth * SHAPE_KEY_COUNT_MAX * 4;
  for (let i: u32 = 0; i < done; i++) {
    setObject(pairAt(map, i), Tag.STRING, keyObject(load<u32>(ids + (<usize>i << 2))));
    copyCell(pairAt(map, i) + CELL_SIZE, elementAt(partial, i));
  }
  for (let i = done; i < count; i++) {
    const key = pairAt(map, i);
    let status = readValue(key, depth + 1);
    if (status < 0) return status;
    if (!isKeyCell(key)) return WIRE_MALFORMED;
    status = readValue(key + CELL_SIZE, depth + 1);
    if (status < 0) return status;
  }
  if (!closeHashedMap(map)) return WIRE_MALFORMED;
  setObject(cell, Tag.MAP, map);
  return 0;
}

// --- writing ---------------------------------------------------------------------------------------------------------

@inline
function varintSize(value: u64): u32 {
  return value < 0x80 ? 1 : (70 - <u32>clz<u64>(value)) / 7;
}

function writeVarint(target: usize, value: u64): usize {
  let rest = value;
  let at = target;
  while (rest >= 0x80) {
    store<u8>(at++, <u8>rest | 0x80);
    rest >>= 7;
  }
  store<u8>(at, <u8>rest);
  return at + 1;
}

@inline
function isSmallNumber(value: f64): bool {
  return Math.trunc(value) == value && Math.abs(value) <= SAFE_INTEGER_MAX && (value != 0 || 1 / value > 0);
}

@inline
function zigzagOf(value: f64): u64 {
  const whole = <i64>value;
  return <u64>(whole << 1) ^ <u64>(whole >> 63);
}

/** Bytes of the cell's wire form; 0: it has none (an error, deeper than WIRE_DEPTH_MAX, or over 256 MiB). O(size). */
export function wireSize(cell: usize): u32 {
  const size = sizeOf(cell, 0);
  return size > WIRE_SIZE_MAX ? 0 : <u32>size;
}

const WIRE_SIZE_MAX: u64 = 0x10000000;
/** More than any size: what a cell without a wire form counts. */
const SIZE_NONE: u64 = 0x100000000;

function sizeOf(cell: usize, depth: i32): u64 {
  switch (tagOf(cell)) {
    case Tag.NULL:
    case Tag.BOOL:
      return 1;
    case Tag.INT:
    case Tag.UINT:
    case Tag.DOUBLE:
      return 9;
    case Tag.NUMBER:
      return isSmallNumber(floatOf(cell)) ? 1 + varintSize(zigzagOf(floatOf(cell))) : 9;
    case Tag.STRING:
    case Tag.BYTES:
    case Tag.TYPE: {
      const length = countOf(objectOf(cell));
      return 1 + <u64>varintSize(length) + length;
    }
    case Tag.LIST:
      return sizeOfList(objectOf(cell), depth + 1);
    case Tag.MAP:
      return sizeOfMap(objectOf(cell), depth + 1);
    case Tag.TIMESTAMP:
    case Tag.DURATION:
      return 13;
    case Tag.OPTIONAL:
      if (auxOf(cell) == 0) return 1;
      return depth >= WIRE_DEPTH_MAX ? SIZE_NONE : 1 + sizeOf(objectOf(cell) + OBJECT_HEADER_SIZE, depth + 1);
    case Tag.ABSENT:
      return depth == 0 ? 1 : SIZE_NONE;
    default:
      return SIZE_NONE;
  }
}

function sizeOfList(list: usize, depth: i32): u64 {
  if (depth > WIRE_DEPTH_MAX) return SIZE_NONE;
  const count = countOf(list);
  let size: u64 = 1 + varintSize(count);
  for (let i: u32 = 0; i < count && size <= WIRE_SIZE_MAX; i++) size += sizeOf(elementAt(list, i), depth);
  return size;
}

function sizeOfMap(map: usize, depth: i32): u64 {
  if (depth > WIRE_DEPTH_MAX) return SIZE_NONE;
  const count = countOf(map);
  const key = memory.data(16, 16);
  let size: u64 = 1 + varintSize(count);
  for (let i: u32 = 0; i < count && size <= WIRE_SIZE_MAX; i++) {
    readMapKey(map, i, key);
    size += sizeOf(key, depth) + sizeOf(mapValueAt(map, i), depth);
  }
  return size;
}

/** Writes the cell's wire form (`wireSize` bytes, not 0); returns the end. */
export function writeWire(cell: usize, target: usize): usize {
  const tag = tagOf(cell);
  switch (tag) {
    case Tag.BOOL:
      store<u8>(target, auxOf(cell) != 0 ? Wire.TRUE : Wire.FALSE);
      return target + 1;
    case Tag.INT:
    case Tag.UINT:
    case Tag.DOUBLE:
      store<u8>(target, tag == Tag.INT ? Wire.INT : tag == Tag.UINT ? Wire.UINT : Wire.DOUBLE);
      store<u64>(target, uintOf(cell), 1);
      return target + 9;
    case Tag.NUMBER:
      return writeNumber(floatOf(cell), target);
    case Tag.STRING:
    case Tag.BYTES:
    case Tag.TYPE:
      return writeText(cell, tag == Tag.STRING ? Wire.STRING : tag == Tag.BYTES ? Wire.BYTES : Wire.TYPE, target);
    case Tag.LIST:
      return writeList(objectOf(cell), target);
    case Tag.MAP:
      return writeMap(objectOf(cell), target);
    case Tag.TIMESTAMP:
    case Tag.DURATION:
      store<u8>(target, tag == Tag.TIMESTAMP ? Wire.TIMESTAMP : Wire.DURATION);
      store<i64>(target, intOf(cell), 1);
      store<u32>(target, auxOf(cell), 9);
      return target + 13;
    case Tag.OPTIONAL:
      store<u8>(target, auxOf(cell) == 0 ? Wire.OPTIONAL_NONE : auxOf(cell) == 1 ? Wire.OPTIONAL_SOME : Wire.ADDRESS);
      return auxOf(cell) == 0 ? target + 1 : writeWire(objectOf(cell) + OBJECT_HEADER_SIZE, target + 1);
    default:
      store<u8>(target, tag == Tag.ABSENT ? Wire.ABSENT : Wire.NULL);
      return target + 1;
  }
}

function writeNumber(value: f64, target: usize): usize {
  if (isSmallNumber(value)) {
    store<u8>(target, Wire.SMALL_NUMBER);
    return writeVarint(target + 1, zigzagOf(value));
  }
  store<u8>(target, Wire.NUMBER);
  store<f64>(target, value, 1);
  return target + 9;
}

function writeText(cell: usize, wire: u32, target: usize): usize {
  const object = objectOf(cell);
  const length = countOf(object);
  store<u8>(target, wire);
  const start = writeVarint(target + 1, length);
  memory.copy(start, bytesOf(object), length);
  return start + length;
}

function writeList(list: usize, target: usize): usize {
  const count = countOf(list);
  store<u8>(target, Wire.LIST);
  let at = writeVarint(target + 1, count);
  for (let i: u32 = 0; i < count; i++) at = writeWire(elementAt(list, i), at);
  return at;
}

function writeMap(map: usize, target: usize): usize {
  const count = countOf(map);
  const key = memory.data(16, 16);
  store<u8>(target, Wire.MAP);
  let at = writeVarint(target + 1, count);
  for (let i: u32 = 0; i < count; i++) {
    readMapKey(map, i, key);
    at = writeWire(key, at);
    at = writeWire(mapValueAt(map, i), at);
  }
  return at;
}
