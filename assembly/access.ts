// Reaching into lists and maps: a[b], a.key, has(a.key), a in b, and the literals [..] and {..}.
import { CELL_SIZE, ExpressionError, OBJECT_FLAG_PERMANENT, OBJECT_HEADER_SIZE, ObjectKind, Tag } from "./abi";
import { auxOf, copyCell, floatOf, intOf, isNumeric, objectOf, refuseOperand, refuseOperands, setBool, setError, setErrorWithDetail, setObject, tagOf, uintOf } from "./cell";
import { charge, fuelLeft, spendSize } from "./fuel";
import { areStringsEqual, closeHashedMap, countOf, findFieldInMap, findInMap, hashedMapSize, isKeyCell, isShaped, openHashedMap, pairAt, stringHash } from "./map";
import { allocateScratch } from "./memory";
import { STEP_CACHE, STEP_EXTRA, STEP_IMMEDIATE } from "./machine";
import { isWholeInt } from "./numeric";
import { internKeyOfValue, internShape, keyObject, SHAPE_KEY_COUNT_MAX } from "./shape";
import { bytesOf, comparedCount, elementAt, innerOf, newList, OBJECT_FLAG_LITERAL, setOptional, valueEquals } from "./value";

/** Key ids of the map literal in hand. */
const LITERAL_IDS: usize = memory.data(256, 16);
/** Texts that outlive the step: of the program, or of the kernel. */
const LASTING_FLAGS: u32 = OBJECT_FLAG_PERMANENT | OBJECT_FLAG_LITERAL;
const KEY_CELL: usize = memory.data(16, 16);

/** dst = a[b]. */
export function indexValue(dst: usize, a: usize, b: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.OPTIONAL && tagOf(b) < Tag.ERROR) indexOptional(dst, a, b);
  else if (tagOf(b) >= Tag.ERROR || (tag != Tag.LIST && tag != Tag.MAP)) refuseOperands(dst, a, b);
  else if (tag == Tag.LIST) indexList(dst, objectOf(a), b);
  else {
    const found = findInMap(objectOf(a), b);
    if (found != 0) copyCell(dst, found);
    else refuseKey(dst, b);
  }
}

/** No such key; or, where no map could have such a key, no such overload. */
function refuseKey(dst: usize, key: usize): void {
  const tag = tagOf(key);
  const isPossible = tag == Tag.STRING || tag == Tag.BOOL || isNumeric(tag);
  const isPermanent = tag == Tag.STRING && (load<u32>(objectOf(key)) & LASTING_FLAGS) != 0;
  setErrorWithDetail(dst, isPossible ? ExpressionError.NO_SUCH_KEY : ExpressionError.NO_SUCH_OVERLOAD, isPermanent ? objectOf(key) : 0);
}

function indexList(dst: usize, list: usize, index: usize): void {
  const tag = tagOf(index);
  if (!isNumeric(tag)) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  if (tag >= Tag.DOUBLE && !isWholeInt(floatOf(index))) {
    setError(dst, ExpressionError.INVALID_ARGUMENT);
    return;
  }
  const place = tag == Tag.INT ? <u64>intOf(index) : tag == Tag.UINT ? uintOf(index) : <u64><i64>floatOf(index);
  if (place >= <u64>countOf(list)) setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
  else copyCell(dst, elementAt(list, <u32>place));
}

/** dst = a[?b]: an optional, empty where there is no such element or a is empty itself. */
export function indexOptional(dst: usize, a: usize, b: usize): void {
  let container = a;
  if (tagOf(a) == Tag.OPTIONAL) {
    if (auxOf(a) == 0) {
      setObject(dst, Tag.OPTIONAL, 0);
      return;
    }
    if (auxOf(a) == 1) container = innerOf(a);
  }
  const tag = tagOf(container);
  if (tag == Tag.MAP) {
    const found = findInMap(objectOf(container), b);
    const isPossible = tagOf(b) == Tag.STRING || tagOf(b) == Tag.BOOL || isNumeric(tagOf(b));
    if (found != 0) setOptional(dst, found, 1);
    else if (isPossible) setObject(dst, Tag.OPTIONAL, 0);
    else refuseKey(dst, b);
  } else if (tag == Tag.LIST) {
    const element = memory.data(16, 16);
    indexList(element, objectOf(container), b);
    if (tagOf(element) != Tag.ERROR) setOptional(dst, element, 1);
    else if (auxOf(element) == ExpressionError.INDEX_OUT_OF_RANGE) setObject(dst, Tag.OPTIONAL, 0);
    else copyCell(dst, element);
  } else setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
}

/** a.key of an optional a: an optional. Writes the key to a cell of its own. */
function selectOptional(dst: usize, a: usize, key: u32): void {
  setObject(KEY_CELL, Tag.STRING, keyObject(key));
  indexOptional(dst, a, KEY_CELL);
}

/** dst = a.key where the inline cache of the step at `step` missed; fills the cache. */
export function selectField(dst: usize, a: usize, step: usize): void {
  const key = load<u32>(step, STEP_IMMEDIATE);
  if (tagOf(a) != Tag.MAP) {
    if (tagOf(a) == Tag.OPTIONAL) selectOptional(dst, a, key);
    else refuseOperand(dst, a);
    return;
  }
  const found = findField(objectOf(a), key, step);
  if (found != 0) copyCell(dst, found);
  else setErrorWithDetail(dst, ExpressionError.NO_SUCH_KEY, keyObject(key));
}

/** dst = has(a.key), as `selectField`. */
export function hasField(dst: usize, a: usize, step: usize): void {
  if (tagOf(a) == Tag.OPTIONAL) {
    selectOptional(dst, a, load<u32>(step, STEP_IMMEDIATE));
    if (tagOf(dst) == Tag.OPTIONAL) setBool(dst, auxOf(dst) != 0);
    return;
  }
  if (tagOf(a) != Tag.MAP) {
    refuseOperand(dst, a);
    return;
  }
  setBool(dst, findField(objectOf(a), load<u32>(step, STEP_IMMEDIATE), step) != 0);
}

/** The value of a key in a map, or 0; fills the step's inline cache. */
export function findField(map: usize, key: u32, step: usize): usize {
  const found = findFieldInMap(map, key, KEY_CELL);
  if (found != 0 && isShaped(map)) {
    store<u32>(step, load<u32>(map, 8), STEP_CACHE);
    store<u32>(step, <u32>(found - map), STEP_EXTRA);
  }
  return found;
}

/** dst = a in b. */
export function findMember(dst: usize, a: usize, b: usize): void {
  const tag = tagOf(b);
  charge(tag == Tag.LIST ? <i64>countOf(objectOf(b)) : 1);
  if (tagOf(a) >= Tag.ERROR || (tag != Tag.LIST && tag != Tag.MAP)) {
    refuseOperands(dst, a, b);
    return;
  }
  const object = objectOf(b);
  if (tag == Tag.MAP) {
    setBool(dst, findInMap(object, a) != 0);
    return;
  }
  const count = countOf(object);
  if (!spendSize(count)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  const isMember = tagOf(a) == Tag.STRING ? hasText(object, objectOf(a)) : hasValue(object, a);
  if (!isMember && fuelLeft() < 0) setError(dst, ExpressionError.OUT_OF_FUEL);
  else setBool(dst, isMember);
}

function hasText(list: usize, text: usize): bool {
  const end = elementAt(list, countOf(list));
  for (let at = elementAt(list, 0); at < end; at += CELL_SIZE) {
    if (tagOf(at) == Tag.STRING && areStringsEqual(objectOf(at), text)) return true;
  }
  return false;
}

/** Is there an element equal to `value`? Also false where fuel ran out. */
export function hasValue(list: usize, value: usize): bool {
  const end = elementAt(list, countOf(list));
  for (let at = elementAt(list, 0); at < end; at += CELL_SIZE) {
    if (valueEquals(value, at)) return true;
    if (comparedCount() != 0 && !spendSize(<usize>comparedCount() << 4)) return false;
  }
  return false;
}

/** May this cell stand in a list or map? If not, writes the error to `dst`. */
export function isStorable(dst: usize, cell: usize): bool {
  if (tagOf(cell) <= Tag.OPTIONAL) return true;
  refuseOperand(dst, cell);
  return false;
}

/** dst = [cells at `first`, `count` of them]. */
export function makeList(dst: usize, first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    if (!isStorable(dst, first + (<usize>i << 4))) return;
  }
  if (!spendSize(<usize>count << 4)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  const list = newList(count);
  if (list == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  memory.copy(list + OBJECT_HEADER_SIZE, first, <usize>count << 4);
  setObject(dst, Tag.LIST, list);
}

/** dst = {pairs of cells at `first`}. Keys that are constants of the program give a shaped map, others a hashed one. */
export function makeMap(dst: usize, first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const key = first + (<usize>i << 5);
    if (!isStorable(dst, key) || !isStorable(dst, key + CELL_SIZE)) return;
    if (!isKeyCell(key)) {
      setError(dst, ExpressionError.UNSUPPORTED_KEY);
      return;
    }
  }
  if (!spendSize(<usize>count << 5)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  const shape = shapeOfLiteral(first, count);
  const map = allocateScratch(shape != 0 ? OBJECT_HEADER_SIZE + (<usize>count << 4) : hashedMapSize(count));
  if (map == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  if (shape != 0) {
    store<u32>(map, ObjectKind.MAP_SHAPED);
    store<u32>(map, count, 4);
    store<u32>(map, <u32>shape, 8);
    store<u32>(map, 0, 12);
    for (let i: u32 = 0; i < count; i++) copyCell(elementAt(map, i), first + (<usize>i << 5) + CELL_SIZE);
  } else {
    openHashedMap(map, count, 0);
    memory.copy(pairAt(map, 0), first, <usize>count << 5);
    if (!closeHashedMap(map)) {
      setError(dst, ExpressionError.DUPLICATE_KEY);
      return;
    }
  }
  setObject(dst, Tag.MAP, map);
}

/** The shape of a literal whose keys are all texts of the program, without repetition; else 0. */
function shapeOfLiteral(first: usize, count: u32): usize {
  if (count > SHAPE_KEY_COUNT_MAX) return 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = first + (<usize>i << 5);
    if (tagOf(key) != Tag.STRING) return 0;
    const object = objectOf(key);
    if ((load<u32>(object) & LASTING_FLAGS) == 0) return 0;
    const id = internKeyOfValue(bytesOf(object), countOf(object), stringHash(object));
    if (id == 0) return 0;
    store<u32>(LITERAL_IDS + (<usize>i << 2), id);
  }
  return internShape(LITERAL_IDS, count);
}
