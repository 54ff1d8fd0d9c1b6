// The functions of optional values, and what literals and macros build from lists of parts. `a[?b]` itself is in access.ts.
import { CELL_SIZE, ExpressionError, Fn, Tag } from "./abi";
import { indexOptional, makeMap } from "./access";
import { auxOf, copyCell, floatOf, intOf, objectOf, setBool, setError, setObject, tagOf, uintOf } from "./cell";
import { spendSize } from "./fuel";
import { countOf, mapValueAt, readMapKey } from "./map";
import { elementAt, innerOf, newList, setOptional } from "./value";
import { TIMESTAMP_SECONDS_MIN } from "./wire";

const NONE: u32 = 0;
const SOME: u32 = 1;

@inline
function isOptional(cell: usize): bool {
  return tagOf(cell) == Tag.OPTIONAL && auxOf(cell) <= SOME;
}

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callOptional(id: u32, dst: usize, first: usize, count: u32): void {
  const second = first + CELL_SIZE;
  const needed: u32 = id == Fn.OPTIONAL_OR || (id >= <u32>Fn.OPTIONAL_INDEX && id <= <u32>Fn.KEEP_ENTRIES) ? 2 : 1;
  if (count != needed) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id == Fn.OPTIONAL_OF) setOptional(dst, first, SOME);
  else if (id == Fn.OPTIONAL_OF_NON_ZERO) {
    if (isZero(first)) setObject(dst, Tag.OPTIONAL, 0);
    else setOptional(dst, first, SOME);
  } else if (id == Fn.OPTIONAL_INDEX) indexOptional(dst, first, second);
  else if (id >= <u32>Fn.KEEP_ITEMS) callOnParts(id, dst, first, second);
  else if (!isOptional(first) || (id == Fn.OPTIONAL_OR && !isOptional(second))) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id == Fn.HAS_VALUE) setBool(dst, auxOf(first) == SOME);
  else if (id == Fn.OPTIONAL_OR) copyCell(dst, auxOf(first) == SOME ? first : second);
  else if (auxOf(first) == NONE) setError(dst, ExpressionError.INVALID_ARGUMENT);
  else copyCell(dst, innerOf(first));
}

/** Is the value its type's zero: null, false, 0, nothing in it? */
function isZero(cell: usize): bool {
  switch (tagOf(cell)) {
    case Tag.NULL:
      return true;
    case Tag.BOOL:
      return auxOf(cell) == 0;
    case Tag.INT:
    case Tag.UINT:
      return uintOf(cell) == 0;
    case Tag.DOUBLE:
    case Tag.NUMBER:
      return floatOf(cell) == 0;
    case Tag.STRING:
    case Tag.BYTES:
    case Tag.LIST:
    case Tag.MAP:
      return countOf(objectOf(cell)) == 0;
    case Tag.DURATION:
      return intOf(cell) == 0 && auxOf(cell) == 0;
    case Tag.TIMESTAMP:
      return intOf(cell) == TIMESTAMP_SECONDS_MIN && auxOf(cell) == 0;
    default:
      return false;
  }
}

function callOnParts(id: u32, dst: usize, first: usize, second: usize): void {
  if (tagOf(first) != Tag.LIST || (id <= <u32>Fn.KEEP_ENTRIES && tagOf(second) != Tag.LIST)) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (!spendSize(<usize>countOf(objectOf(first)) << 4)) setError(dst, ExpressionError.OUT_OF_FUEL);
  else if (id == Fn.MERGE_MAPS) mergeMaps(dst, objectOf(first));
  else if (id == Fn.UNWRAP_ALL) unwrapAll(dst, objectOf(first));
  else keepParts(dst, objectOf(first), objectOf(second), id == Fn.KEEP_ENTRIES);
}

/** Copies the parts of `list` that are there: items, or key and value of an entry. `places`: the numbers of the optional ones, ascending. */
function keepParts(dst: usize, list: usize, places: usize, isMap: bool): void {
  const count = countOf(list);
  const width: u32 = isMap ? 2 : 1;
  const kept = newList(count);
  if (kept == 0 || (count & (width - 1)) != 0) {
    setError(dst, kept == 0 ? ExpressionError.OUT_OF_MEMORY : ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  let length: u32 = 0;
  let next: u32 = 0;
  for (let i: u32 = 0; i < count; i += width) {
    const value = elementAt(list, i + width - 1);
    let source = value;
    if (next < countOf(places) && intOf(elementAt(places, next)) == <i64>(i / width)) {
      next++;
      if (!isOptional(value)) {
        setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
        return;
      }
      if (auxOf(value) == NONE) continue;
      source = innerOf(value);
    }
    if (isMap) copyCell(elementAt(kept, length), elementAt(list, i));
    copyCell(elementAt(kept, length + width - 1), source);
    length += width;
  }
  store<u32>(kept, length, 4);
  if (isMap) makeMap(dst, elementAt(kept, 0), length >> 1);
  else setObject(dst, Tag.LIST, kept);
}

function unwrapAll(dst: usize, list: usize): void {
  const count = countOf(list);
  const kept = newList(count);
  if (kept == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const cell = elementAt(list, i);
    if (!isOptional(cell)) {
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
      return;
    }
    if (auxOf(cell) == SOME) copyCell(elementAt(kept, length++), innerOf(cell));
  }
  store<u32>(kept, length, 4);
  setObject(dst, Tag.LIST, kept);
}

/** A key that stands in two of the maps is an error. */
function mergeMaps(dst: usize, list: usize): void {
  let total: u64 = 0;
  for (let i: u32 = 0; i < countOf(list); i++) {
    const cell = elementAt(list, i);
    if (tagOf(cell) != Tag.MAP) {
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
      return;
    }
    total += countOf(objectOf(cell));
  }
  const pairs = total < 0x1000000 && spendSize(<usize>total << 5) ? newList(<u32>total * 2) : 0;
  if (pairs == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  let target = elementAt(pairs, 0);
  for (let i: u32 = 0; i < countOf(list); i++) {
    const map = objectOf(elementAt(list, i));
    for (let place: u32 = 0; place < countOf(map); place++, target += 2 * CELL_SIZE) {
      readMapKey(map, place, target);
      copyCell(target + CELL_SIZE, mapValueAt(map, place));
    }
  }
  makeMap(dst, elementAt(pairs, 0), <u32>total);
}
