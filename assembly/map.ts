// Maps: finding a key, walking over keys and values, and building hashed maps. Shaped maps hold values only (their keys
// stand in the shape); hashed maps hold key and value cells and, from HASH_COUNT_MIN pairs, an index.
import { CELL_SIZE, OBJECT_HEADER_SIZE, OBJECT_KIND_MASK, ObjectKind, Tag } from "./abi";
import { areBytesEqual, hashBytes, hashWord } from "./bytes";
import { copyCell, floatOf, intOf, isNumeric, objectOf, setObject, tagOf } from "./cell";
import { areSameKey, isWholeInt, isWholeUint } from "./numeric";
import { findKey, keyObject, shapeIndexOf, shapeKeyAt } from "./shape";

/** Smaller hashed maps are searched from end to end. */
const HASH_COUNT_MIN: u32 = 9;
const PAIR_SIZE: usize = 32;

@inline
export function isShaped(map: usize): bool {
  return (load<u32>(map) & OBJECT_KIND_MASK) == ObjectKind.MAP_SHAPED;
}

@inline
export function countOf(object: usize): u32 {
  return load<u32>(object, 4);
}

/** Hash of a STRING, BYTES or TYPE object, computed once. */
export function stringHash(object: usize): u32 {
  const known = load<u32>(object, 8);
  if (known != 0) return known;
  const hash = hashBytes(object + OBJECT_HEADER_SIZE, countOf(object));
  store<u32>(object, hash, 8);
  return hash;
}

/** Do two STRING (or two BYTES, or two TYPE) objects hold the same bytes? */
export function areStringsEqual(a: usize, b: usize): bool {
  if (a == b) return true;
  const length = countOf(a);
  if (length != countOf(b)) return false;
  const left = load<u32>(a, 8);
  const right = load<u32>(b, 8);
  if (left != 0 && right != 0 && left != right) return false;
  return areBytesEqual(a + OBJECT_HEADER_SIZE, b + OBJECT_HEADER_SIZE, length);
}

/** May a cell be a key of a map: bool, int, uint, string, or a JSON number that is whole? */
export function isKeyCell(cell: usize): bool {
  const tag = tagOf(cell);
  if (tag == Tag.STRING || tag == Tag.INT || tag == Tag.UINT || tag == Tag.BOOL) return true;
  return tag == Tag.NUMBER && (isWholeInt(floatOf(cell)) || isWholeUint(floatOf(cell)));
}

/** Equal keys of different numeric types hash alike. 0: a value that is no key's equal (a fraction, a list …). */
function hashKeyCell(cell: usize): u32 {
  const tag = tagOf(cell);
  if (tag == Tag.STRING) return stringHash(objectOf(cell));
  if (tag == Tag.BOOL) return load<u32>(cell, 4) + 1;
  if (tag == Tag.INT || tag == Tag.UINT) return hashWord(<u64>intOf(cell));
  if (tag == Tag.DOUBLE || tag == Tag.NUMBER) {
    const value = floatOf(cell);
    if (isWholeInt(value)) return hashWord(<u64><i64>value);
    if (isWholeUint(value)) return hashWord(<u64>value);
  }
  return 0;
}

function areKeysEqual(a: usize, b: usize): bool {
  const left = tagOf(a);
  const right = tagOf(b);
  if (isNumeric(left)) return isNumeric(right) && areSameKey(a, b);
  if (left != right) return false;
  if (left == Tag.STRING) return areStringsEqual(objectOf(a), objectOf(b));
  return left == Tag.BOOL && load<u32>(a, 4) == load<u32>(b, 4);
}

/** Address of the value cell of `key`, or 0 when the map has no such key. */
export function findInMap(map: usize, key: usize): usize {
  if (!isShaped(map)) return findInHashed(map, key);
  if (tagOf(key) != Tag.STRING) return 0;
  const object = objectOf(key);
  const id = findKey(object + OBJECT_HEADER_SIZE, countOf(object), stringHash(object));
  if (id == 0) return 0;
  const place = shapeIndexOf(<usize>load<u32>(map, 8), id);
  return place < 0 ? 0 : map + OBJECT_HEADER_SIZE + (<usize>place << 4);
}

/** The same for an interned key; `keyCell` is scratch space for one cell. */
export function findFieldInMap(map: usize, key: u32, keyCell: usize): usize {
  if (isShaped(map)) {
    const place = shapeIndexOf(<usize>load<u32>(map, 8), key);
    return place < 0 ? 0 : map + OBJECT_HEADER_SIZE + (<usize>place << 4);
  }
  setObject(keyCell, Tag.STRING, keyObject(key));
  return findInHashed(map, keyCell);
}

function findInHashed(map: usize, key: usize): usize {
  const pairs = map + OBJECT_HEADER_SIZE;
  const capacity = load<u32>(map, 12);
  if (capacity == 0) {
    const end = pairs + <usize>countOf(map) * PAIR_SIZE;
    for (let at = pairs; at < end; at += PAIR_SIZE) {
      if (areKeysEqual(at, key)) return at + CELL_SIZE;
    }
    return 0;
  }
  const hash = hashKeyCell(key);
  if (hash == 0) return 0;
  const index = map + load<u32>(map, 8);
  const mask = capacity - 1;
  let at = hash & mask;
  while (true) {
    const entry = load<u32>(index + (<usize>at << 2));
    if (entry == 0) return 0;
    const pair = pairs + <usize>(entry - 1) * PAIR_SIZE;
    if (areKeysEqual(pair, key)) return pair + CELL_SIZE;
    at = (at + 1) & mask;
  }
}

function indexCapacity(count: u32): u32 {
  if (count < HASH_COUNT_MIN) return 0;
  return <u32>1 << (32 - clz<u32>(count * 2 - 1));
}

/** Bytes of a hashed map of `count` pairs with its index. `count` below 2^24. */
export function hashedMapSize(count: u32): usize {
  return OBJECT_HEADER_SIZE + <usize>count * PAIR_SIZE + (((<usize>indexCapacity(count) << 2) + 15) & ~<usize>15);
}

/** Writes the header of a hashed map at `map` (`hashedMapSize(count)` bytes). */
export function openHashedMap(map: usize, count: u32, flags: u32): void {
  store<u32>(map, ObjectKind.MAP_HASHED | flags);
  store<u32>(map, count, 4);
  store<u64>(map, 0, 8);
}

/** Cell of the key of pair `place`; its value follows. */
@inline
export function pairAt(map: usize, place: u32): usize {
  return map + OBJECT_HEADER_SIZE + <usize>place * PAIR_SIZE;
}

/** Ends the building of a hashed map whose pairs are all written: makes its index. False: a key repeats. */
export function closeHashedMap(map: usize): bool {
  const count = countOf(map);
  const capacity = indexCapacity(count);
  if (capacity == 0) {
    for (let i: u32 = 1; i < count; i++) {
      for (let j: u32 = 0; j < i; j++) {
        if (areKeysEqual(pairAt(map, i), pairAt(map, j))) return false;
      }
    }
    return true;
  }
  const offset = OBJECT_HEADER_SIZE + <usize>count * PAIR_SIZE;
  const index = map + offset;
  memory.fill(index, 0, <usize>capacity << 2);
  const mask = capacity - 1;
  for (let i: u32 = 0; i < count; i++) {
    const key = pairAt(map, i);
    let at = hashKeyCell(key) & mask;
    for (let entry = load<u32>(index + (<usize>at << 2)); entry != 0; entry = load<u32>(index + (<usize>at << 2))) {
      if (areKeysEqual(pairAt(map, entry - 1), key)) return false;
      at = (at + 1) & mask;
    }
    store<u32>(index + (<usize>at << 2), i + 1);
  }
  store<u32>(map, <u32>offset, 8);
  store<u32>(map, capacity, 12);
  return true;
}

/** Writes key number `place` of any map to `target`. */
export function readMapKey(map: usize, place: u32, target: usize): void {
  if (isShaped(map)) setObject(target, Tag.STRING, keyObject(shapeKeyAt(<usize>load<u32>(map, 8), place)));
  else copyCell(target, pairAt(map, place));
}

/** Address of value number `place` of any map. */
@inline
export function mapValueAt(map: usize, place: u32): usize {
  return isShaped(map) ? map + OBJECT_HEADER_SIZE + (<usize>place << 4) : pairAt(map, place) + CELL_SIZE;
}
