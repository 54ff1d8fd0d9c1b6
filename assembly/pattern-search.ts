// Runs a pattern's code over a text: all ways at once, one code point at a time, so the time is at most the product of both
// lengths (R. Cox, "Regular Expression Matching: the Virtual Machine Approach"). The first alternative wins.
import { fuelLeft, spendSize } from "./fuel";
import { allocateScratch } from "./memory";
import {
  ASSERT_BOUNDARY, ASSERT_LINE_END, ASSERT_LINE_START, ASSERT_TEXT_END, ASSERT_TEXT_START, CODE_ASSERT, CODE_CLASS, CODE_JUMP, CODE_MATCH, CODE_RANGE,
  CODE_SAVE, CODE_SPLIT, FLAG_FOLD,
} from "./pattern-code";
import { isWordByte } from "./pattern-parser";

/** A slot that no group has written. */
export const NO_PLACE: u32 = 0xffffffff;
const RESTORE: u32 = 0x80000000;
const MARKS_SHORT_SIZE_MAX: usize = 256;

let code: usize = 0;
let text: usize = 0;
let textEnd: usize = 0;
/** Slots kept for each way: 0 where only the answer counts. */
let slotCount: u32 = 0;
let listSize: usize = 0;

// A list of ways: u32 count, padded to 16, then for each: u32 step, then its slots. Best first.
let nowList: usize = 0;
let nextList: usize = 0;
/** u32 per step: the round in which it was added last. */
let marks: usize = 0;
let round: u32 = 0;
let stack: usize = 0;
/** The slots of the way that is being added, and of the best match. */
let slots: usize = 0;
let best: usize = 0;
let hasMatch: bool = false;

@inline
function wayAt(list: usize, index: u32): usize {
  return list + 16 + <usize>index * (<usize>(slotCount + 1) << 2);
}

/** Readies a search with `steps` instructions at `address`. `slotsWanted`: two for each group and two for the whole. False: no memory. */
export function openSearch(address: usize, steps: i32, slotsWanted: u32): bool {
  code = address;
  slotCount = slotsWanted;
  listSize = 16 + <usize>steps * (<usize>(slotCount + 1) << 2);
  const stackSize = <usize>steps * 24 + 64;
  const size = listSize * 2 + (<usize>steps << 2) + stackSize + (<usize>slotCount << 3) + 16;
  const memoryStart = spendSize(size >> 2) ? allocateScratch(size) : 0;
  if (memoryStart == 0) return false;
  nowList = memoryStart;
  nextList = nowList + listSize;
  marks = nextList + listSize;
  clearMarks(<usize>steps << 2);
  round = 0;
  stack = (marks + (<usize>steps << 2) + 7) & ~<usize>7;
  slots = stack + stackSize - 8;
  best = slots + (<usize>slotCount << 2);
  return true;
}

/** Most patterns have few steps: clearing their marks in pieces is sooner done than `memory.fill` begins. */
@inline
function clearMarks(size: usize): void {
  if (size > MARKS_SHORT_SIZE_MAX) memory.fill(marks, 0, size);
  else for (let at: usize = 0; at < size; at += 4) store<u32>(marks + at, 0);
}

/** Slot `index` of the match found last: an offset in the text, or NO_PLACE. */
export function matchPlace(index: u32): u32 {
  return load<u32>(best + (<usize>index << 2));
}

/** Is there a match that begins at `from` or later in the `length` bytes at `start`? Out of fuel: false. */
export function search(start: usize, length: u32, from: u32): bool {
  text = start;
  textEnd = start + length;
  hasMatch = false;
  store<u32>(nowList, 0);
  const isAnchored = load<u32>(code + 16) == CODE_ASSERT && load<i32>(code + 16, 4) == ASSERT_TEXT_START;
  let at = text + from;
  let debt: u32 = 0;
  round++;
  while (true) {
    if (!hasMatch && (!isAnchored || at == text)) {
      if (slotCount != 0) memory.fill(slots, 0xff, <usize>slotCount << 2);
      addWay(nowList, 0, at);
    }
    const count = load<u32>(nowList);
    if ((hasMatch && slotCount == 0) || (count == 0 && (hasMatch || isAnchored))) break;
    debt += count + 1;
    if (debt >= 256) {
      if (!spendSize(debt)) return false;
      debt = 0;
    }
    round++;
    store<u32>(nextList, 0);
    const size = at < textEnd ? sizeAt(at) : 0;
    advance(at, size == 0 ? NO_PLACE : codeAt(at, size), at + size);
    const swap = nowList;
    nowList = nextList;
    nextList = swap;
    if (at >= textEnd) break;
    at += size;
  }
  return spendSize(debt) && hasMatch && fuelLeft() >= 0;
}

@inline
function sizeAt(at: usize): usize {
  const lead = <u32>load<u8>(at);
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function codeAt(at: usize, size: usize): u32 {
  const lead = <u32>load<u8>(at);
  if (size == 1) return lead;
  let value = lead & (0x7f >> size);
  for (let i: usize = 1; i < size; i++) value = (value << 6) | (load<u8>(at + i) & 0x3f);
  return value;
}

/** Where only the answer counts there are none, and a copy of nothing is a call all the same. */
@inline
function copySlots(target: usize, source: usize): void {
  for (let at: usize = 0; at < <usize>slotCount << 2; at += 4) store<u32>(target + at, load<u32>(source + at));
}

/** Moves every way over the code point `point` (NO_PLACE: the text's end) to the next list. */
function advance(at: usize, point: u32, next: usize): void {
  const count = load<u32>(nowList);
  for (let i: u32 = 0; i < count; i++) {
    const way = wayAt(nowList, i);
    const index = load<u32>(way);
    const step = code + (<usize>index << 4);
    const operation = load<u32>(step);
    if (operation == CODE_MATCH) {
      copySlots(best, way + 4);
      hasMatch = true;
      // What follows is worse.
      return;
    }
    if (point == NO_PLACE || !isTaken(step, operation, point)) continue;
    copySlots(slots, way + 4);
    addWay(nextList, index + (operation == CODE_CLASS ? 1 + ((load<u32>(step, 4) + 1) >> 1) : 1), next);
  }
}

function isTaken(step: usize, operation: u32, point: u32): bool {
  if (isWithin(step, operation, point)) return true;
  if ((load<u32>(step, 12) & FLAG_FOLD) == 0) return false;
  const other = otherCase(point);
  return other != point && isWithin(step, operation, other);
}

@inline
function isWithin(step: usize, operation: u32, point: u32): bool {
  if (operation == CODE_RANGE) return point >= load<u32>(step, 4) && point <= load<u32>(step, 8);
  const isNegated = load<u32>(step, 8) != 0;
  const end = step + 16 + (<usize>load<u32>(step, 4) << 3);
  for (let at = step + 16; at < end; at += 8) {
    if (point >= load<u32>(at) && point <= load<u32>(at, 4)) return !isNegated;
  }
  return isNegated;
}

/** The same letter in the other case, for Latin, Greek and Cyrillic letters; else the code point itself. */
export function otherCase(point: u32): u32 {
  if ((point | 32) - 97 < 26) return point ^ 32;
  if (point < 0xc0 || point > 0x45f) return point;
  if (point <= 0xfe) return (point & 31) == 23 || point == 0xdf ? point : point ^ 32;
  if (point <= 0x17e) {
    if (point == 0x130 || point == 0x131 || point == 0x138 || point == 0x149 || point == 0x178) return point;
    const isOddFirst = (point >= 0x139 && point <= 0x148) || point >= 0x179;
    return isOddFirst ? ((point - 1) ^ 1) + 1 : point ^ 1;
  }
  if (point >= 0x391 && point <= 0x3c9) return point <= 0x3a9 ? (point == 0x3a2 ? point : point + 32) : point >= 0x3b1 && point != 0x3c2 ? point - 32 : point;
  if (point < 0x400) return point;
  if (point < 0x410) return point + 80;
  if (point < 0x430) return point + 32;
  return point < 0x450 ? point - 32 : point - 80;
}

/** Adds all that step `first` leads to without a code point, best first; `slots` are the way's, and are as before afterwards. */
function addWay(list: usize, first: u32, at: usize): void {
  let top = stack;
  store<u32>(top, first);
  top += 8;
  while (top > stack) {
    top -= 8;
    const entry = load<u32>(top);
    if ((entry & RESTORE) != 0) {
      store<u32>(slots + (<usize>(entry & ~RESTORE) << 2), load<u32>(top, 4));
      continue;
    }
    const mark = marks + (<usize>entry << 2);
    if (load<u32>(mark) == round) continue;
    store<u32>(mark, round);
    const step = code + (<usize>entry << 4);
    switch (load<u32>(step)) {
      case CODE_JUMP:
        store<u32>(top, entry + load<u32>(step, 4));
        top += 8;
        break;
      case CODE_SPLIT:
        store<u32>(top, entry + load<u32>(step, 8));
        store<u32>(top + 8, entry + load<u32>(step, 4));
        top += 16;
        break;
      case CODE_SAVE: {
        const index = load<u32>(step, 4);
        if (index < slotCount) {
          const slot = slots + (<usize>index << 2);
          store<u32>(top, index | RESTORE);
          store<u32>(top, load<u32>(slot), 4);
          top += 8;
          store<u32>(slot, <u32>(at - text));
        }
        store<u32>(top, entry + 1);
        top += 8;
        break;
      }
      case CODE_ASSERT:
        if (!isAsserted(load<i32>(step, 4), at)) break;
        store<u32>(top, entry + 1);
        top += 8;
        break;
      default: {
        if (slotCount == 0 && load<u32>(step) == CODE_MATCH) {
          hasMatch = true;
          return;
        }
        const count = load<u32>(list);
        const way = wayAt(list, count);
        store<u32>(way, entry);
        copySlots(way + 4, slots);
        store<u32>(list, count + 1);
      }
    }
  }
}

function isAsserted(kind: i32, at: usize): bool {
  if (kind == ASSERT_TEXT_START) return at == text;
  if (kind == ASSERT_TEXT_END) return at == textEnd;
  if (kind == ASSERT_LINE_START) return at == text || load<u8>(at - 1) == 10;
  if (kind == ASSERT_LINE_END) return at == textEnd || load<u8>(at) == 10;
  const isBoundary = (at > text && isWordByte(load<u8>(at - 1))) != (at < textEnd && isWordByte(load<u8>(at)));
  return isBoundary == (kind == ASSERT_BOUNDARY);
}
