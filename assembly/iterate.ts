// Loops of the macros: iterators over lists and maps, and lists under construction. Both live in registers as cells with
// private tags, so that code which misuses them meets "no such overload" and never a stray address.
import { CELL_SIZE, ExpressionError, OBJECT_HEADER_SIZE, Tag } from "./abi";
import { copyCell, objectOf, refuseOperand, setError, setInt, setObject, TAG_BUILDER, TAG_ITERATOR, tagOf } from "./cell";
import { isStorable } from "./access";
import { spendSize } from "./fuel";
import { countOf, mapValueAt, readMapKey } from "./map";
import { resizeScratch } from "./memory";
import { elementAt, newList } from "./value";

const BUILDER_CAPACITY_MIN: u32 = 4;

/** dst = iterator over list or map `a`; false: dst is an ERROR. The cell's aux tells a map (1) from a list (0). */
export function startIteration(dst: usize, a: usize): bool {
  const tag = tagOf(a);
  if (tag != Tag.LIST && tag != Tag.MAP) {
    refuseOperand(dst, a);
    return false;
  }
  const object = objectOf(a);
  store<u64>(dst, <u64>TAG_ITERATOR | (<u64>(tag == Tag.MAP) << 32));
  store<u64>(dst, <u64>object, 8);
  return true;
}

/** Moves the iterator on. `second` is 0 or the cell for element or value, and dst then gets index or key. False: at the end. */
export function advanceIteration(dst: usize, iterator: usize, second: usize): bool {
  if (tagOf(iterator) != TAG_ITERATOR) return false;
  const object = objectOf(iterator);
  const place = load<u32>(iterator, 12);
  if (place >= countOf(object)) return false;
  store<u32>(iterator, place + 1, 12);
  if (load<u32>(iterator, 4) != 0) {
    if (second != 0) copyCell(second, mapValueAt(object, place));
    readMapKey(object, place, dst);
  } else if (second != 0) {
    copyCell(second, elementAt(object, place));
    setInt(dst, place);
  } else {
    copyCell(dst, elementAt(object, place));
  }
  return true;
}

/** Has the iterator an element left? */
export function hasNext(iterator: usize): bool {
  return tagOf(iterator) == TAG_ITERATOR && load<u32>(iterator, 12) < countOf(objectOf(iterator));
}

/** dst = an empty list under construction. Its capacity stands in the object's last header word. */
export function openBuilder(dst: usize): void {
  const list = newList(BUILDER_CAPACITY_MIN);
  if (list == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  store<u32>(list, 0, 4);
  store<u32>(list, BUILDER_CAPACITY_MIN, 12);
  setObject(dst, TAG_BUILDER, list);
}

/** Appends `element` to the builder; an ERROR element makes the builder that ERROR. */
export function pushElement(builder: usize, element: usize): void {
  if (tagOf(builder) != TAG_BUILDER) {
    if (tagOf(builder) != Tag.ERROR) setError(builder, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  if (!isStorable(builder, element)) return;
  let list = objectOf(builder);
  const count = countOf(list);
  if (count >= load<u32>(list, 12)) {
    list = growList(list, count);
    if (list == 0 || !spendSize(<usize>count << 4)) {
      setError(builder, list == 0 ? ExpressionError.OUT_OF_MEMORY : ExpressionError.OUT_OF_FUEL);
      return;
    }
    store<u32>(builder, <u32>list, 8);
  }
  copyCell(elementAt(list, count), element);
  store<u32>(list, count + 1, 4);
}

/** A list with twice the capacity: the same one where scratch has room behind it, else a copy. 0: out of memory. */
function growList(list: usize, count: u32): usize {
  const oldSize = OBJECT_HEADER_SIZE + (<usize>load<u32>(list, 12) << 4);
  const capacity = max<u32>(count * 2, BUILDER_CAPACITY_MIN);
  if (oldSize > CELL_SIZE && resizeScratch(list, oldSize, OBJECT_HEADER_SIZE + (<usize>capacity << 4))) {
    store<u32>(list, capacity, 12);
    return list;
  }
  const grown = newList(capacity);
  if (grown == 0) return 0;
  memory.copy(grown + OBJECT_HEADER_SIZE, list + OBJECT_HEADER_SIZE, <usize>count << 4);
  store<u32>(grown, count, 4);
  store<u32>(grown, capacity, 12);
  return grown;
}

/** dst = the list built; what its capacity has over goes back to scratch where it can. */
export function closeBuilder(dst: usize, builder: usize): void {
  if (tagOf(builder) != TAG_BUILDER) {
    refuseOperand(dst, builder);
    return;
  }
  const list = objectOf(builder);
  const capacity = load<u32>(list, 12);
  resizeScratch(list, OBJECT_HEADER_SIZE + (<usize>capacity << 4), OBJECT_HEADER_SIZE + (<usize>countOf(list) << 4));
  store<u32>(list, 0, 12);
  setObject(dst, Tag.LIST, list);
}
