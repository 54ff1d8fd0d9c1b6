// Columns: the numbers of one field of all elements of a list, side by side, so that a loop of generated code passes over the elements that it
// would only skip, four at a time. Lists are immutable: a column is made once for a list that is met again, and remembered with it. Bounded:
// the columns that stand in the way of a new one go.
import { CompareFlag, Tag } from "./abi";
import { floatOf, objectOf, tagOf } from "./cell";
import { countOf, findFieldInMap } from "./map";
import { allocateBlock, freeBlock, isInScratch } from "./memory";
import { elementAt } from "./value";

// A place, 32 bytes: +0 u32 list  +4 u32 key (0: the elements themselves)  +8 u32 stamp of the list  +12 u32 state (below)
//   +16 u32 block  +20 u32 count of its numbers
// A list's second header word is its stamp: no two lists ever have the same, and every list that is made anew has none.
const PLACE_SIZE: usize = 32;
const PLACE_COUNT: u32 = 4096;
const PLACES: usize = memory.data(131072, 16);
const STAMP_MAX: u32 = 0xffffffff;

/** Met once: most lists are not met again. */
const STATE_SEEN: u32 = 1;
const STATE_READY: u32 = 2;
/** Not all elements have such a number. */
const STATE_REFUSED: u32 = 3;

/** Shorter lists are passed over as fast without. */
const COUNT_MIN: u32 = 8;
const COUNT_MAX: u32 = 65536;
/** Bytes of all columns: beyond it the places are emptied in turn. */
const SIZE_MAX: usize = 4194304;

const FIELD_CELL: usize = memory.data(16, 16);

let stampCount: u32 = 0;
let columnSize: usize = 0;
/** The place to empty next. */
let nextPlace: u32 = 0;

/**
 * The first element from `place` on for which a loop does not go on at once: the comparison `flags` (CompareFlag) of its field `key` (0: of itself)
 * with `constant` does not jump. `place` where that is not known without looking at each. The count of the list: there is none.
 */
export function skipColumn(list: usize, place: u32, key: u32, flags: u32, constant: f64): u32 {
  const count = countOf(list);
  if (count < COUNT_MIN || count > COUNT_MAX || place >= count) return place;
  const at = PLACES + <usize>(((<u32>list >> 4) * 0x9e3779b1 ^ key * 0x85ebca6b) >> 20) * PLACE_SIZE;
  const stamp = load<u32>(list, 8);
  const isKnown = stamp != 0 && load<u32>(at, 8) == stamp && load<u32>(at) == <u32>list && load<u32>(at, 4) == key;
  if (!isKnown) {
    noteList(at, list, key, stamp);
    return place;
  }
  const state = load<u32>(at, 12);
  if (state == STATE_REFUSED || (state == STATE_SEEN && !fillColumn(at, list, key, count))) return place;
  return findFirst(<usize>load<u32>(at, 16), place, count, flags, constant);
}

/** Takes the place for a list that is met for the first time. */
function noteList(at: usize, list: usize, key: u32, stamp: u32): void {
  if (isInScratch(list) || (stamp == 0 && stampCount == STAMP_MAX)) return;
  if (stamp == 0) {
    stampCount += 1;
    store<u32>(list, stampCount, 8);
  }
  emptyPlace(at);
  store<u32>(at, <u32>list);
  store<u32>(at, key, 4);
  store<u32>(at, load<u32>(list, 8), 8);
  store<u32>(at, STATE_SEEN, 12);
}

function emptyPlace(at: usize): void {
  const block = <usize>load<u32>(at, 16);
  if (block != 0) {
    const size = <usize>load<u32>(at, 20) << 3;
    freeBlock(block, size);
    columnSize -= size;
  }
  memory.fill(at, 0, PLACE_SIZE);
}

/** Makes the column; false: an element has no such number, or there is no memory. */
function fillColumn(at: usize, list: usize, key: u32, count: u32): bool {
  const size = <usize>count << 3;
  for (let tries: u32 = 0; columnSize + size > SIZE_MAX && tries < PLACE_COUNT; tries++) {
    const other = PLACES + <usize>nextPlace * PLACE_SIZE;
    if (other != at) emptyPlace(other);
    nextPlace = (nextPlace + 1) & (PLACE_COUNT - 1);
  }
  const block = allocateBlock(size);
  if (block == 0) return false;
  for (let i: u32 = 0; i < count; i++) {
    const element = elementAt(list, i);
    let cell = element;
    if (key != 0) cell = tagOf(element) == Tag.MAP ? findFieldInMap(objectOf(element), key, FIELD_CELL) : 0;
    if (cell == 0 || (tagOf(cell) & ~1) != Tag.DOUBLE) {
      freeBlock(block, size);
      store<u32>(at, STATE_REFUSED, 12);
      return false;
    }
    store<f64>(block + (<usize>i << 3), floatOf(cell));
  }
  store<u32>(at, <u32>block, 16);
  store<u32>(at, count, 20);
  store<u32>(at, STATE_READY, 12);
  columnSize += size;
  return true;
}

/** All bits set where the comparison holds. */
@inline
function compareLanes(kind: u32, lanes: v128, constant: v128): v128 {
  switch (kind) {
    case CompareFlag.LESS:
      return f64x2.lt(lanes, constant);
    case CompareFlag.LESS | CompareFlag.EQUAL:
      return f64x2.le(lanes, constant);
    case CompareFlag.GREATER:
      return f64x2.gt(lanes, constant);
    case CompareFlag.GREATER | CompareFlag.EQUAL:
      return f64x2.ge(lanes, constant);
    case CompareFlag.EQUAL:
      return f64x2.eq(lanes, constant);
    default:
      return f64x2.ne(lanes, constant);
  }
}

@inline
function findBy(kind: u32, flip: v128, column: usize, place: u32, count: u32, splat: v128): u32 {
  let index = place;
  for (; index + 4 <= count; index += 4) {
    const at = column + (<usize>index << 3);
    const first = v128.xor(compareLanes(kind, v128.load(at), splat), flip);
    const second = v128.xor(compareLanes(kind, v128.load(at, 16), splat), flip);
    if (v128.any_true(v128.or(first, second))) break;
  }
  for (; index < count; index++) {
    const lane = v128.xor(compareLanes(kind, v128.load64_splat(column + (<usize>index << 3)), splat), flip);
    if (v128.any_true(lane)) break;
  }
  return index;
}

function findFirst(column: usize, place: u32, count: u32, flags: u32, constant: f64): u32 {
  const kind = flags & (CompareFlag.LESS | CompareFlag.EQUAL | CompareFlag.GREATER | CompareFlag.INVERTED);
  // A loop that goes on where the comparison holds ends where it does not.
  const flip = i64x2.splat((flags & CompareFlag.JUMP_TRUE) != 0 ? -1 : 0);
  const splat = f64x2.splat(constant);
  switch (kind) {
    case CompareFlag.LESS:
      return findBy(CompareFlag.LESS, flip, column, place, count, splat);
    case CompareFlag.LESS | CompareFlag.EQUAL:
      return findBy(CompareFlag.LESS | CompareFlag.EQUAL, flip, column, place, count, splat);
    case CompareFlag.GREATER:
      return findBy(CompareFlag.GREATER, flip, column, place, count, splat);
    case CompareFlag.GREATER | CompareFlag.EQUAL:
      return findBy(CompareFlag.GREATER | CompareFlag.EQUAL, flip, column, place, count, splat);
    case CompareFlag.EQUAL:
      return findBy(CompareFlag.EQUAL, flip, column, place, count, splat);
    default:
      return findBy(CompareFlag.EQUAL | CompareFlag.INVERTED, flip, column, place, count, splat);
  }
}
