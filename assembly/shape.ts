// Keys and shapes, interned for the life of the instance. A key is a short field name with a small number; a shape is a
// list of keys that many maps share, so that a field's place is found once per shape and not once per map.
import { OBJECT_FLAG_PERMANENT, OBJECT_HEADER_SIZE, ObjectKind } from "./abi";
import { areBytesEqual, countCodePoints, hashBytes } from "./bytes";
import { allocateBlock, allocatePermanent, freeBlock } from "./memory";

/** Keys in all. Field names of programs may use all of it, keys that come with values three quarters. */
export const KEY_COUNT_MAX: u32 = 65536;
export const KEY_COUNT_FROM_VALUES_MAX: u32 = 49152;
/** Bytes of one key; a map with a longer key is hashed. */
export const KEY_SIZE_MAX: u32 = 128;
/** Shapes in all; beyond them maps are hashed. */
export const SHAPE_COUNT_MAX: u32 = 16384;
/** Keys of one shape; a map with more is hashed. */
export const SHAPE_KEY_COUNT_MAX: u32 = 64;

// Shape, permanent:
//   +0 u32 count  +4 u32 hash of the key list  +8 u32 index mask (capacity - 1)  +12 u32 0
//   +16 u32 key ids, count of them, padded to 16
//   then u32[capacity]: key id << 8 | place + 1, open addressing, 0 = free
const SHAPE_HEADER_SIZE: usize = 16;

/** u32 per key id: its STRING object. */
let keyObjects: usize = 0;
let keyCapacity: u32 = 0;
let keyCount: u32 = 0;
/** u32 per bucket: a key id or 0. */
let keyIndex: usize = 0;
let keyIndexCapacity: u32 = 0;

/** u32 per bucket: a shape's address or 0. */
let shapeIndex: usize = 0;
let shapeIndexCapacity: u32 = 0;
let shapeCount: u32 = 0;

/** Number (from 1) of the key with these UTF-8 bytes, made when it is new. 0: limit or out of memory. */
export function internKey(bytes: usize, byteLength: u32): u32 {
  return internKeyWithin(bytes, byteLength, hashBytes(bytes, byteLength), KEY_COUNT_MAX);
}

/** The same for keys that come with values: they leave room for the field names of programs. */
export function internKeyOfValue(bytes: usize, byteLength: u32, hash: u32): u32 {
  return internKeyWithin(bytes, byteLength, hash, KEY_COUNT_FROM_VALUES_MAX);
}

function internKeyWithin(bytes: usize, byteLength: u32, hash: u32, countMax: u32): u32 {
  if (byteLength > KEY_SIZE_MAX) return 0;
  const known = findKey(bytes, byteLength, hash);
  if (known != 0) return known;
  if (keyCount >= countMax || !reserveKey()) return 0;
  const object = allocatePermanent(OBJECT_HEADER_SIZE + byteLength);
  if (object == 0) return 0;
  store<u32>(object, ObjectKind.STRING | OBJECT_FLAG_PERMANENT);
  store<u32>(object, byteLength, 4);
  store<u32>(object, hash, 8);
  store<u32>(object, countCodePoints(bytes, byteLength) + 1, 12);
  memory.copy(object + OBJECT_HEADER_SIZE, bytes, byteLength);
  keyCount++;
  store<u32>(keyObjects + (<usize>keyCount << 2), <u32>object);
  insertKey(keyCount, hash);
  return keyCount;
}

/** Number of the key with these bytes and this `hashBytes`, or 0 when nobody interned it. */
export function findKey(bytes: usize, byteLength: u32, hash: u32): u32 {
  if (keyIndexCapacity == 0) return 0;
  const mask = keyIndexCapacity - 1;
  let at = hash & mask;
  while (true) {
    const id = load<u32>(keyIndex + (<usize>at << 2));
    if (id == 0) return 0;
    const object = keyObject(id);
    if (load<u32>(object, 8) != hash || load<u32>(object, 4) != byteLength) {
      at = (at + 1) & mask;
      continue;
    }
    if (areBytesEqual(object + OBJECT_HEADER_SIZE, bytes, byteLength)) return id;
    at = (at + 1) & mask;
  }
}

/** The permanent STRING object of a key. */
@inline
export function keyObject(id: u32): usize {
  return <usize>load<u32>(keyObjects + (<usize>id << 2));
}

/** Is this a key's number? */
export function isKey(id: u32): bool {
  return id != 0 && id <= keyCount;
}

function insertKey(id: u32, hash: u32): void {
  const mask = keyIndexCapacity - 1;
  let at = hash & mask;
  while (load<u32>(keyIndex + (<usize>at << 2)) != 0) at = (at + 1) & mask;
  store<u32>(keyIndex + (<usize>at << 2), id);
}

/** Room for one more key in both tables. */
function reserveKey(): bool {
  if (keyCount + 1 < keyCapacity) return true;
  const capacity = max<u32>(keyCapacity * 2, 256);
  const objects = allocateBlock(<usize>capacity << 2);
  if (objects == 0) return false;
  const index = allocateBlock(<usize>capacity << 3);
  if (index == 0) {
    freeBlock(objects, <usize>capacity << 2);
    return false;
  }
  memory.fill(index, 0, <usize>capacity << 3);
  if (keyCapacity != 0) {
    memory.copy(objects, keyObjects, <usize>(keyCount + 1) << 2);
    freeBlock(keyObjects, <usize>keyCapacity << 2);
    freeBlock(keyIndex, <usize>keyIndexCapacity << 2);
  }
  keyObjects = objects;
  keyCapacity = capacity;
  keyIndex = index;
  keyIndexCapacity = capacity * 2;
  for (let id: u32 = 1; id <= keyCount; id++) insertKey(id, load<u32>(keyObject(id), 8));
  return true;
}

/**
 * The shape with these key ids (u32[count], in this order), made when it is new. 0: a key repeats, the limits
 * SHAPE_COUNT_MAX or SHAPE_KEY_COUNT_MAX, or out of memory: the map must be hashed.
 */
export function internShape(ids: usize, count: u32): usize {
  if (count > SHAPE_KEY_COUNT_MAX) return 0;
  const hash = hashBytes(ids, count << 2);
  const known = findShape(ids, count, hash);
  if (known != 0) return known;
  if (shapeCount >= SHAPE_COUNT_MAX || !reserveShape()) return 0;
  const shape = makeShape(ids, count, hash);
  if (shape == 0) return 0;
  shapeCount++;
  insertShape(shape);
  return shape;
}

function findShape(ids: usize, count: u32, hash: u32): usize {
  if (shapeIndexCapacity == 0) return 0;
  const mask = shapeIndexCapacity - 1;
  let at = hash & mask;
  while (true) {
    const shape = <usize>load<u32>(shapeIndex + (<usize>at << 2));
    if (shape == 0) return 0;
    if (load<u32>(shape, 4) != hash || load<u32>(shape) != count) {
      at = (at + 1) & mask;
      continue;
    }
    if (areBytesEqual(shape + SHAPE_HEADER_SIZE, ids, count << 2)) return shape;
    at = (at + 1) & mask;
  }
}

function makeShape(ids: usize, count: u32, hash: u32): usize {
  for (let i: u32 = 1; i < count; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    for (let j: u32 = 0; j < i; j++) {
      if (load<u32>(ids + (<usize>j << 2)) == id) return 0;
    }
  }
  let capacity: u32 = 4;
  while (capacity < count * 2) capacity *= 2;
  const idsSize = ((<usize>count << 2) + 15) & ~<usize>15;
  const shape = allocatePermanent(SHAPE_HEADER_SIZE + idsSize + (<usize>capacity << 2));
  if (shape == 0) return 0;
  store<u32>(shape, count);
  store<u32>(shape, hash, 4);
  store<u32>(shape, capacity - 1, 8);
  memory.copy(shape + SHAPE_HEADER_SIZE, ids, <usize>count << 2);
  const index = shapeTable(shape);
  for (let i: u32 = 0; i < count; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    let at = placeOfKey(id, capacity - 1);
    while (load<u32>(index + (<usize>at << 2)) != 0) at = (at + 1) & (capacity - 1);
    store<u32>(index + (<usize>at << 2), (id << 8) | (i + 1));
  }
  return shape;
}

@inline
function placeOfKey(id: u32, mask: u32): u32 {
  return (id ^ (id >> 6)) & mask;
}

@inline
function shapeTable(shape: usize): usize {
  return shape + SHAPE_HEADER_SIZE + (((<usize>load<u32>(shape) << 2) + 15) & ~<usize>15);
}

function insertShape(shape: usize): void {
  const mask = shapeIndexCapacity - 1;
  let at = load<u32>(shape, 4) & mask;
  while (load<u32>(shapeIndex + (<usize>at << 2)) != 0) at = (at + 1) & mask;
  store<u32>(shapeIndex + (<usize>at << 2), <u32>shape);
}

function reserveShape(): bool {
  if ((shapeCount + 1) * 2 <= shapeIndexCapacity) return true;
  const oldCapacity = shapeIndexCapacity;
  const old = shapeIndex;
  const capacity = max<u32>(oldCapacity * 2, 256);
  const index = allocateBlock(<usize>capacity << 2);
  if (index == 0) return false;
  memory.fill(index, 0, <usize>capacity << 2);
  shapeIndex = index;
  shapeIndexCapacity = capacity;
  for (let at: u32 = 0; at < oldCapacity; at++) {
    const shape = <usize>load<u32>(old + (<usize>at << 2));
    if (shape != 0) insertShape(shape);
  }
  if (oldCapacity != 0) freeBlock(old, <usize>oldCapacity << 2);
  return true;
}

/** Number of keys of a shape. */
@inline
export function shapeKeyCount(shape: usize): u32 {
  return load<u32>(shape);
}

/** Id of the key at `place`. */
@inline
export function shapeKeyAt(shape: usize, place: u32): u32 {
  return load<u32>(shape + (<usize>place << 2), SHAPE_HEADER_SIZE);
}

/** Place of a key in maps of this shape, or -1. O(1). */
export function shapeIndexOf(shape: usize, key: u32): i32 {
  const mask = load<u32>(shape, 8);
  const table = shapeTable(shape);
  let at = placeOfKey(key, mask);
  while (true) {
    const entry = load<u32>(table + (<usize>at << 2));
    if (entry == 0) return -1;
    if (entry >> 8 == key) return <i32>(entry & 255) - 1;
    at = (at + 1) & mask;
  }
}
