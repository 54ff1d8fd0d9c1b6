// Values as a whole: making string objects, equality and order as CEL defines them, and copying a value out of the
// memory that is about to end. Cells are written by cell.ts, maps searched by map.ts.
import { CELL_SIZE, ExpressionError, OBJECT_FLAG_PERMANENT, OBJECT_HEADER_SIZE, OBJECT_KIND_MASK, ObjectKind, Tag, WIRE_DEPTH_MAX } from "./abi";
import { compareBytes, countCodePoints } from "./bytes";
import { copyCell, intOf, isHeapTag, isNumeric, objectOf, setError, setObject, tagOf } from "./cell";
import { areStringsEqual, countOf, findInMap, isShaped, mapValueAt, readMapKey } from "./map";
import { allocatePermanent, allocateScratch, memorySizeMax } from "./memory";
import { compareNumbers, UNORDERED } from "./numeric";

/** `valueCompare` of two values that have no order (different types, lists, maps, null …). */
export const NO_ORDER: i32 = 3;
/** What `deepSize` gives for a value that is too deep (WIRE_DEPTH_MAX) or larger than memory may ever be. */
export const SIZE_OVER: usize = 0xffffffff;
/** Set in the first word of a string that is a constant of a program: as a key of a map literal it is worth interning. */
export const OBJECT_FLAG_LITERAL: u32 = 0x200;
/** Elements that one `valueEquals` looks at; beyond them two values count as different. */
const COMPARE_COUNT_MAX: u32 = 0x1000000;
/** Depth to which two values are compared; deeper ones count as different. */
const COMPARE_DEPTH_MAX: i32 = 1000;

// --- making ------------------------------------------------------------------------------------------------------

/** A STRING, BYTES or TYPE object in scratch with room for `byteLength` bytes, hash and count not yet known. 0: out of memory. */
export function newText(kind: ObjectKind, byteLength: u32): usize {
  if (byteLength > 0x7fffff00) return 0;
  const object = allocateScratch(OBJECT_HEADER_SIZE + byteLength);
  if (object == 0) return 0;
  store<u32>(object, kind);
  store<u32>(object, byteLength, 4);
  store<u64>(object, 0, 8);
  return object;
}

/** A STRING object in scratch with a copy of these (valid UTF-8) bytes. 0: out of memory. */
export function makeString(bytes: usize, byteLength: u32): usize {
  const object = newText(ObjectKind.STRING, byteLength);
  if (object != 0) memory.copy(object + OBJECT_HEADER_SIZE, bytes, byteLength);
  return object;
}

/** The same in the permanent arena, for texts that the kernel itself brings. */
export function makePermanentString(kind: ObjectKind, bytes: usize, byteLength: u32): usize {
  const object = allocatePermanent(OBJECT_HEADER_SIZE + byteLength);
  if (object == 0) return 0;
  store<u32>(object, kind | OBJECT_FLAG_PERMANENT);
  store<u32>(object, byteLength, 4);
  memory.copy(object + OBJECT_HEADER_SIZE, bytes, byteLength);
  return object;
}

/** A LIST object in scratch with `count` unwritten cells. 0: out of memory. */
export function newList(count: u32): usize {
  if (count > 0x07ffffff) return 0;
  const object = allocateScratch(OBJECT_HEADER_SIZE + (<usize>count << 4));
  if (object == 0) return 0;
  store<u32>(object, ObjectKind.LIST);
  store<u32>(object, count, 4);
  store<u64>(object, 0, 8);
  return object;
}

/** dst = an optional with the value of `cell` (aux: 1), or an address of the network library (aux: 2). */
export function setOptional(dst: usize, cell: usize, aux: u32): void {
  const object = allocateScratch(OBJECT_HEADER_SIZE + CELL_SIZE);
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  store<u32>(object, ObjectKind.OPTIONAL);
  store<u32>(object, 1, 4);
  store<u64>(object, 0, 8);
  copyCell(object + OBJECT_HEADER_SIZE, cell);
  setObject(dst, Tag.OPTIONAL, object);
  store<u32>(dst, aux, 4);
}

/** The cell within an optional that has a value, or within an address. */
@inline
export function innerOf(cell: usize): usize {
  return objectOf(cell) + OBJECT_HEADER_SIZE;
}

/** Address of the bytes of a STRING, BYTES or TYPE object; their number is `countOf`. */
@inline
export function bytesOf(object: usize): usize {
  return object + OBJECT_HEADER_SIZE;
}

/** Address of element `index` of a LIST object. */
@inline
export function elementAt(list: usize, index: u32): usize {
  return list + OBJECT_HEADER_SIZE + (<usize>index << 4);
}

/** Number of code points of a STRING object, computed once. */
export function codePointCount(object: usize): u32 {
  const known = load<u32>(object, 12);
  if (known != 0) return known - 1;
  const count = countCodePoints(bytesOf(object), countOf(object));
  store<u32>(object, count + 1, 12);
  return count;
}

// --- equality and order --------------------------------------------------------------------------------------------

/** CEL's `==`: numbers across types by value, NaN unequal to itself, lists and maps deep, other types only among themselves. */
export function valueEquals(a: usize, b: usize): bool {
  compareLeft = COMPARE_COUNT_MAX;
  return areEqual(a, b, 0);
}

/** Elements that the `valueEquals` in hand may still look at: shared parts can make a small value endless. */
let compareLeft: u32 = COMPARE_COUNT_MAX;

/** How many elements of lists and maps the last `valueEquals` looked at. */
export function comparedCount(): u32 {
  return COMPARE_COUNT_MAX - compareLeft;
}

function areEqual(a: usize, b: usize, depth: i32): bool {
  const tag = tagOf(a);
  const other = tagOf(b);
  if (isNumeric(tag)) return isNumeric(other) && compareNumbers(a, b) == 0;
  if (tag != other || depth > COMPARE_DEPTH_MAX) return false;
  switch (tag) {
    case Tag.NULL:
      return true;
    case Tag.BOOL:
      return load<u32>(a, 4) == load<u32>(b, 4);
    case Tag.STRING:
    case Tag.BYTES:
    case Tag.TYPE:
      return areStringsEqual(objectOf(a), objectOf(b));
    case Tag.TIMESTAMP:
    case Tag.DURATION:
      return intOf(a) == intOf(b) && load<u32>(a, 4) == load<u32>(b, 4);
    case Tag.LIST:
      return areListsEqual(objectOf(a), objectOf(b), depth + 1);
    case Tag.MAP:
      return areMapsEqual(objectOf(a), objectOf(b), depth + 1);
    case Tag.OPTIONAL: {
      if (load<u32>(a, 4) != load<u32>(b, 4)) return false;
      return load<u32>(a, 4) == 0 || areEqual(objectOf(a) + OBJECT_HEADER_SIZE, objectOf(b) + OBJECT_HEADER_SIZE, depth + 1);
    }
    default:
      return false;
  }
}

function areListsEqual(a: usize, b: usize, depth: i32): bool {
  const count = countOf(a);
  if (count != countOf(b)) return false;
  for (let i: u32 = 0; i < count; i++) {
    if (compareLeft == 0) return false;
    compareLeft--;
    if (!areEqual(elementAt(a, i), elementAt(b, i), depth)) return false;
  }
  return true;
}

function areMapsEqual(a: usize, b: usize, depth: i32): bool {
  const count = countOf(a);
  if (count != countOf(b)) return false;
  const isSameShape = isShaped(a) && isShaped(b) && load<u32>(a, 8) == load<u32>(b, 8);
  if (isSameShape) return areListsEqual(a, b, depth);
  const key = memory.data(16, 16);
  for (let i: u32 = 0; i < count; i++) {
    if (compareLeft == 0) return false;
    compareLeft--;
    readMapKey(a, i, key);
    const found = findInMap(b, key);
    if (found == 0 || !areEqual(mapValueAt(a, i), found, depth)) return false;
  }
  return true;
}

/** -1, 0, 1; UNORDERED when a NaN takes part; NO_ORDER when CEL has no `<` for these types. */
export function valueCompare(a: usize, b: usize): i32 {
  const tag = tagOf(a);
  const other = tagOf(b);
  if (isNumeric(tag)) return isNumeric(other) ? compareNumbers(a, b) : NO_ORDER;
  if (tag != other) return NO_ORDER;
  switch (tag) {
    case Tag.BOOL:
      return <i32>load<u32>(a, 4) - <i32>load<u32>(b, 4);
    case Tag.STRING:
    case Tag.BYTES: {
      const left = objectOf(a);
      const right = objectOf(b);
      return compareBytes(bytesOf(left), countOf(left), bytesOf(right), countOf(right));
    }
    case Tag.TIMESTAMP:
    case Tag.DURATION: {
      if (intOf(a) != intOf(b)) return intOf(a) < intOf(b) ? -1 : 1;
      const left = load<i32>(a, 4);
      const right = load<i32>(b, 4);
      return left == right ? 0 : left < right ? -1 : 1;
    }
    default:
      return NO_ORDER;
  }
}

export { UNORDERED };

// --- copying ---------------------------------------------------------------------------------------------------------

/** Bytes of one heap object with its padding, without what it points at. */
export function objectSize(object: usize): usize {
  const kind = load<i32>(object) & OBJECT_KIND_MASK;
  const count = <usize>countOf(object);
  if (kind <= ObjectKind.TYPE) return (OBJECT_HEADER_SIZE + count + 15) & ~<usize>15;
  if (kind == ObjectKind.MAP_HASHED) {
    const index = (<usize>load<u32>(object, 12) << 2) + 15;
    return OBJECT_HEADER_SIZE + count * 32 + (index & ~<usize>15);
  }
  return OBJECT_HEADER_SIZE + count * CELL_SIZE;
}

/** Number of cells of a LIST, MAP or OPTIONAL object; 0 for text. */
export function cellCount(object: usize): u32 {
  const kind = load<i32>(object) & OBJECT_KIND_MASK;
  if (kind <= ObjectKind.TYPE) return 0;
  return kind == ObjectKind.MAP_HASHED ? countOf(object) * 2 : countOf(object);
}

@inline
function isCopied(cell: usize, shareFrom: usize, shareTo: usize): bool {
  if (!isHeapTag(tagOf(cell))) return false;
  const object = objectOf(cell);
  if (object == 0 || (object >= shareFrom && object < shareTo)) return false;
  return (load<u32>(object) & OBJECT_FLAG_PERMANENT) == 0;
}

/**
 * Bytes that a copy of the cell's heap objects needs. Objects that are permanent or within [shareFrom, shareTo) are
 * shared, not counted. SIZE_OVER: deeper than WIRE_DEPTH_MAX or larger than the memory limit. O(size).
 */
export function deepSize(cell: usize, shareFrom: usize, shareTo: usize): usize {
  if (!isCopied(cell, shareFrom, shareTo)) return 0;
  return sizeWithin(objectOf(cell), shareFrom, shareTo, 1, memorySizeMax());
}

function sizeWithin(object: usize, shareFrom: usize, shareTo: usize, depth: i32, sizeMax: usize): usize {
  let size = objectSize(object);
  if (depth > WIRE_DEPTH_MAX || size > sizeMax) return SIZE_OVER;
  const end = object + OBJECT_HEADER_SIZE + (<usize>cellCount(object) << 4);
  for (let at = object + OBJECT_HEADER_SIZE; at < end; at += CELL_SIZE) {
    if (!isCopied(at, shareFrom, shareTo)) continue;
    const inner = sizeWithin(objectOf(at), shareFrom, shareTo, depth + 1, sizeMax - size);
    if (inner == SIZE_OVER) return SIZE_OVER;
    size += inner;
  }
  return size;
}

/**
 * Copies the cell's heap objects to `target` (which has `deepSize` bytes, called before with the same range) and
 * rewrites the cell's payload. Returns the address after the copy.
 */
export function deepCopy(cell: usize, target: usize, shareFrom: usize, shareTo: usize): usize {
  if (!isCopied(cell, shareFrom, shareTo)) return target;
  const source = objectOf(cell);
  const size = objectSize(source);
  memory.copy(target, source, size);
  store<u32>(cell, <u32>target, 8);
  if ((load<u32>(target) & OBJECT_KIND_MASK) == ObjectKind.LIST) store<u64>(target, 0, 8);
  const end = target + OBJECT_HEADER_SIZE + (<usize>cellCount(target) << 4);
  let next = target + size;
  for (let at = target + OBJECT_HEADER_SIZE; at < end; at += CELL_SIZE) next = deepCopy(at, next, shareFrom, shareTo);
  return next;
}
