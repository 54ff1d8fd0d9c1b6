// The lists and sets libraries: distinct, flatten, slice, sort, range, first, last, reverse, and lists taken as sets.
import { CELL_SIZE, ExpressionError, Fn, OBJECT_HEADER_SIZE, Tag } from "./abi";
import { hasValue } from "./access";
import { copyCell, floatOf, intOf, objectOf, setBool, setError, setInt, setObject, tagOf } from "./cell";
import { fuelLeft, spendSize } from "./fuel";
import { countOf } from "./map";
import { allocateScratch } from "./memory";
import { isWholeInt } from "./numeric";
import { elementAt, newList, NO_ORDER, setOptional, UNORDERED, valueCompare } from "./value";

/** Elements of one list that a function makes. */
const LIST_COUNT_MAX: u64 = 0x1000000;

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callOnLists(id: u32, dst: usize, first: usize, count: u32): void {
  const second = first + CELL_SIZE;
  if (id == Fn.RANGE) {
    if (count == 1 && isInt(first)) makeRange(dst, wholeOf(first));
    else setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  } else if (tagOf(first) != Tag.LIST || count == 0) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id >= <u32>Fn.SETS_CONTAINS || id == Fn.SORT_BY) {
    if (count != 2 || tagOf(second) != Tag.LIST) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    else if (id == Fn.SORT_BY) sortBy(dst, objectOf(first), objectOf(second));
    else compareSets(id, dst, objectOf(first), objectOf(second));
  } else if (id == Fn.SLICE) {
    if (count != 3 || !isInt(second) || !isInt(second + CELL_SIZE)) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    else slice(dst, objectOf(first), wholeOf(second), wholeOf(second + CELL_SIZE));
  } else if (id == Fn.FLATTEN) {
    if (count > 2 || (count == 2 && !isInt(second))) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    else flatten(dst, objectOf(first), count == 2 ? wholeOf(second) : 1);
  } else if (count != 1) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id == Fn.DISTINCT) keepDistinct(dst, objectOf(first));
  else if (id == Fn.SORT) sortBy(dst, objectOf(first), objectOf(first));
  else pickEnd(dst, objectOf(first), id == Fn.LAST);
}

function isInt(cell: usize): bool {
  return tagOf(cell) == Tag.INT || (tagOf(cell) == Tag.NUMBER && isWholeInt(floatOf(cell)));
}

@inline
function wholeOf(cell: usize): i64 {
  return tagOf(cell) == Tag.INT ? intOf(cell) : <i64>floatOf(cell);
}

/** A list of `count` elements to write, paid for; 0: dst is an error. */
function openList(dst: usize, count: u64): usize {
  const isPaid = count <= LIST_COUNT_MAX && spendSize(<usize>count << 4);
  const list = isPaid ? newList(<u32>count) : 0;
  if (list == 0) setError(dst, count <= LIST_COUNT_MAX && !isPaid ? ExpressionError.OUT_OF_FUEL : ExpressionError.OUT_OF_MEMORY);
  return list;
}

function makeRange(dst: usize, length: i64): void {
  const count: u64 = length < 0 ? 0 : <u64>length;
  const list = openList(dst, count);
  if (list == 0) return;
  for (let i: u32 = 0; i < <u32>count; i++) setInt(elementAt(list, i), i);
  setObject(dst, Tag.LIST, list);
}

function slice(dst: usize, list: usize, from: i64, to: i64): void {
  if (from < 0 || to > <i64>countOf(list) || from > to) {
    setError(dst, from > to ? ExpressionError.INVALID_ARGUMENT : ExpressionError.INDEX_OUT_OF_RANGE);
    return;
  }
  const part = openList(dst, <u64>(to - from));
  if (part == 0) return;
  memory.copy(part + OBJECT_HEADER_SIZE, elementAt(list, <u32>from), <usize>(to - from) << 4);
  setObject(dst, Tag.LIST, part);
}

/** dst = the elements from last to first. */
export function reverseList(dst: usize, list: usize): void {
  const count = countOf(list);
  const reversed = openList(dst, count);
  if (reversed == 0) return;
  for (let i: u32 = 0; i < count; i++) copyCell(elementAt(reversed, count - 1 - i), elementAt(list, i));
  setObject(dst, Tag.LIST, reversed);
}

function pickEnd(dst: usize, list: usize, isLast: bool): void {
  const count = countOf(list);
  if (count == 0) setObject(dst, Tag.OPTIONAL, 0);
  else setOptional(dst, elementAt(list, isLast ? count - 1 : 0), 1);
}

/** The first of equal elements each. O(n * distinct), paid for. */
function keepDistinct(dst: usize, list: usize): void {
  const count = countOf(list);
  const kept = openList(dst, count);
  if (kept == 0) return;
  store<u32>(kept, 0, 4);
  for (let i: u32 = 0; i < count; i++) {
    const cell = elementAt(list, i);
    const length = countOf(kept);
    const isKnown = spendSize(length) && hasValue(kept, cell);
    if (fuelLeft() < 0) {
      setError(dst, ExpressionError.OUT_OF_FUEL);
      return;
    }
    if (isKnown) continue;
    copyCell(elementAt(kept, length), cell);
    store<u32>(kept, length + 1, 4);
  }
  setObject(dst, Tag.LIST, kept);
}

// --- flatten ---------------------------------------------------------------------------------------------------------

function flatten(dst: usize, list: usize, depth: i64): void {
  if (depth < 0) {
    setError(dst, ExpressionError.INVALID_ARGUMENT);
    return;
  }
  const count = countFlat(list, depth, 0);
  const flat = openList(dst, count);
  if (flat == 0) return;
  fillFlat(list, depth, elementAt(flat, 0));
  setObject(dst, Tag.LIST, flat);
}

/** Elements of the list once flat; stops counting beyond LIST_COUNT_MAX or without fuel. */
function countFlat(list: usize, depth: i64, start: u64): u64 {
  const count = countOf(list);
  let total = start;
  if (!spendSize(count)) return LIST_COUNT_MAX + 1;
  for (let i: u32 = 0; i < count && total <= LIST_COUNT_MAX; i++) {
    const cell = elementAt(list, i);
    total = depth > 0 && tagOf(cell) == Tag.LIST ? countFlat(objectOf(cell), depth - 1, total) : total + 1;
  }
  return total;
}

function fillFlat(list: usize, depth: i64, target: usize): usize {
  const count = countOf(list);
  let at = target;
  for (let i: u32 = 0; i < count; i++) {
    const cell = elementAt(list, i);
    if (depth > 0 && tagOf(cell) == Tag.LIST) at = fillFlat(objectOf(cell), depth - 1, at);
    else {
      copyCell(at, cell);
      at += CELL_SIZE;
    }
  }
  return at;
}

// --- order -----------------------------------------------------------------------------------------------------------

/** Has every key the same comparable type? JSON numbers go with numbers of any. */
function areComparable(keys: usize): bool {
  const count = countOf(keys);
  const first = elementAt(keys, 0);
  for (let i: u32 = 0; i < count; i++) {
    const key = elementAt(keys, i);
    const isSame = tagOf(key) == tagOf(first) || tagOf(key) == Tag.NUMBER || tagOf(first) == Tag.NUMBER;
    if (!isSame || valueCompare(first, key) == NO_ORDER) return false;
  }
  return true;
}

/** Is key b before key a? A NaN stands after every number. */
function isBefore(a: usize, b: usize): bool {
  const order = valueCompare(b, a);
  return order < 0 || (order == UNORDERED && floatOf(b) == floatOf(b));
}

/** dst = the elements of `list` in the order of `keys` (as many), equal ones as they stood. */
function sortBy(dst: usize, list: usize, keys: usize): void {
  const count = countOf(list);
  if (countOf(keys) != count || !areComparable(keys)) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const sorted = openList(dst, count);
  if (sorted == 0) return;
  const rounds = 32 - clz<u32>(max<u32>(count, 1) - 1);
  const order = allocateScratch(<usize>count << 3);
  if (order == 0 || !spendSize(<usize>count * rounds * 4)) {
    setError(dst, order == 0 ? ExpressionError.OUT_OF_MEMORY : ExpressionError.OUT_OF_FUEL);
    return;
  }
  for (let i: u32 = 0; i < count; i++) store<u32>(order + (<usize>i << 2), i);
  const places = mergeSort(keys, count, order, order + (<usize>count << 2));
  for (let i: u32 = 0; i < count; i++) copyCell(elementAt(sorted, i), elementAt(list, load<u32>(places + (<usize>i << 2))));
  setObject(dst, Tag.LIST, sorted);
}

/** Sorts the indexes at `from`, with `to` as room; returns where the sorted ones are. */
function mergeSort(keys: usize, count: u32, from: usize, to: usize): usize {
  let source = from;
  let target = to;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      const middle = min<u32>(start + width, count);
      const end = min<u32>(middle + width, count);
      let left = start;
      let right = middle;
      for (let i = start; i < end; i++) {
        const isRight = left >= middle || (right < end && isBefore(elementAt(keys, load<u32>(source + (<usize>left << 2))), elementAt(keys, load<u32>(source + (<usize>right << 2)))));
        store<u32>(target + (<usize>i << 2), load<u32>(source + (<usize>(isRight ? right++ : left++) << 2)));
      }
    }
    const swap = source;
    source = target;
    target = swap;
  }
  return source;
}

// --- sets ------------------------------------------------------------------------------------------------------------

function compareSets(id: u32, dst: usize, a: usize, b: usize): void {
  let isTrue: bool;
  if (id == Fn.SETS_INTERSECTS) isTrue = countShared(a, b, true) != 0;
  else isTrue = countShared(a, b, false) == countOf(b) && (id == Fn.SETS_CONTAINS || countShared(b, a, false) == countOf(a));
  if (fuelLeft() < 0) setError(dst, ExpressionError.OUT_OF_FUEL);
  else setBool(dst, isTrue);
}

/** How many elements of b are in a: all of them, or up to the first that is (`isAny`) or is not. */
function countShared(a: usize, b: usize, isAny: bool): u32 {
  let shared: u32 = 0;
  for (let i: u32 = 0; i < countOf(b); i++) {
    if (!spendSize(countOf(a))) return 0;
    if (hasValue(a, elementAt(b, i))) shared++;
    else if (!isAny) return shared;
    if (isAny && shared != 0) return shared;
  }
  return shared;
}
