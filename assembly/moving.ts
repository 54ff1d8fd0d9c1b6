// Moves the values of a block that is about to end: each of its objects once, however many cells see it, so that what branches share
// stays shared. Objects elsewhere (a fresh value in scratch) may be read on: they are copied as often as they are met.
import { CELL_SIZE, OBJECT_FLAG_PERMANENT, OBJECT_HEADER_SIZE, OBJECT_KIND_MASK, ObjectKind, WIRE_DEPTH_MAX } from "./abi";
import { isHeapTag, objectOf, tagOf } from "./cell";
import { SIZE_OVER, cellCount, objectSize } from "./value";

// For a while in the first word of objects of the old block.
/** Its size is counted. */
const COUNTED: u32 = 0x400;
/** It was moved: +8 is where to. */
const MOVED: u32 = 0x800;

let blockStart: usize = 0;
let blockEnd: usize = 0;

/** The values of the block [start, end) are moved next. */
export function beginMoving(start: usize, end: usize): void {
  blockStart = start;
  blockEnd = end;
}

@inline
function isInBlock(object: usize): bool {
  return object >= blockStart && object < blockEnd;
}

/** The object that a cell keeps alive, or 0. */
@inline
function movableOf(cell: usize): usize {
  if (!isHeapTag(tagOf(cell))) return 0;
  const object = objectOf(cell);
  return object == 0 || (load<u32>(object) & OBJECT_FLAG_PERMANENT) != 0 ? 0 : object;
}

@inline
function endOf(object: usize): usize {
  return object + OBJECT_HEADER_SIZE + (<usize>cellCount(object) << 4);
}

/** `size` and what these cells' values need beside what was counted; SIZE_OVER beyond `sizeMax`: then `forgetSizes` follows. */
export function addSizes(size: usize, cells: usize, count: u32, sizeMax: usize): usize {
  const end = cells + (<usize>count << 4);
  for (let at = cells; at < end && size != SIZE_OVER; at += CELL_SIZE) size = addSize(size, at, 1, sizeMax);
  return size;
}

function addSize(size: usize, cell: usize, depth: i32, sizeMax: usize): usize {
  const object = movableOf(cell);
  if (object == 0) return size;
  if (isInBlock(object)) {
    const head = load<u32>(object);
    if ((head & COUNTED) != 0) return size;
    store<u32>(object, head | COUNTED);
  }
  const own = objectSize(object);
  if (depth > WIRE_DEPTH_MAX || own > sizeMax || size > sizeMax - own) return SIZE_OVER;
  size += own;
  const end = endOf(object);
  for (let at = object + OBJECT_HEADER_SIZE; at < end && size != SIZE_OVER; at += CELL_SIZE) size = addSize(size, at, depth + 1, sizeMax);
  return size;
}

/** Nothing is moved after all: takes the marks of `addSizes` away. */
export function forgetSizes(cells: usize, count: u32): void {
  const end = cells + (<usize>count << 4);
  for (let at = cells; at < end; at += CELL_SIZE) {
    const object = movableOf(at);
    if (object == 0) continue;
    if (isInBlock(object)) {
      if ((load<u32>(object) & COUNTED) == 0) continue;
      store<u32>(object, load<u32>(object) & ~COUNTED);
    }
    forgetSizes(object + OBJECT_HEADER_SIZE, cellCount(object));
  }
}

/** Moves these cells' values to `target`, which has room for what `addSizes` counted. The address after them. */
export function moveValues(cells: usize, count: u32, target: usize): usize {
  const end = cells + (<usize>count << 4);
  for (let at = cells; at < end; at += CELL_SIZE) {
    const object = movableOf(at);
    if (object != 0) target = moveObject(at, object, target);
  }
  return target;
}

function moveObject(cell: usize, object: usize, target: usize): usize {
  const isOwn = isInBlock(object);
  if (isOwn && (load<u32>(object) & MOVED) != 0) {
    store<u32>(cell, load<u32>(object, 8), 8);
    return target;
  }
  const size = objectSize(object);
  memory.copy(target, object, size);
  store<u32>(cell, <u32>target, 8);
  if (isOwn) {
    store<u32>(target, load<u32>(target) & ~COUNTED);
    store<u32>(object, load<u32>(object) | MOVED);
    store<u32>(object, <u32>target, 8);
  }
  // What a list remembers of its columns stands elsewhere, for this address only.
  if ((load<u32>(target) & OBJECT_KIND_MASK) == ObjectKind.LIST) store<u64>(target, 0, 8);
  return moveValues(target + OBJECT_HEADER_SIZE, cellCount(target), target + size);
}
