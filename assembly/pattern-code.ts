// The code that a regular expression becomes, and the buffer in which it is built. Jumps are relative, so that a piece of
// code can be moved and copied as it is.
import { allocateScratch, resizeScratch } from "./memory";

// One instruction is 16 bytes: +0 u32 operation, +4 i32 x, +8 i32 y, +12 u32 flags.
export const PATTERN_STEP_SIZE: usize = 16;
/** Instructions of one pattern: what its repetitions come to. */
export const PATTERN_STEP_COUNT_MAX: i32 = 8192;

/** The code point is x … y. */
export const CODE_RANGE: u32 = 0;
/** The code point is in one of x ranges (y: in none); they follow as pairs of u32, two in a step. */
export const CODE_CLASS: u32 = 1;
/** Go on at x, and, where that fails, at y: both relative. */
export const CODE_SPLIT: u32 = 2;
export const CODE_JUMP: u32 = 3;
/** The position goes to slot x. */
export const CODE_SAVE: u32 = 4;
/** One of the ASSERT_ below. */
export const CODE_ASSERT: u32 = 5;
export const CODE_MATCH: u32 = 6;

/** Flag of CODE_RANGE and CODE_CLASS: letters stand for both cases. */
export const FLAG_FOLD: u32 = 1;

export const ASSERT_TEXT_START: i32 = 0;
export const ASSERT_TEXT_END: i32 = 1;
export const ASSERT_LINE_START: i32 = 2;
export const ASSERT_LINE_END: i32 = 3;
export const ASSERT_BOUNDARY: i32 = 4;
export const ASSERT_NO_BOUNDARY: i32 = 5;

let code: usize = 0;
let count: i32 = 0;
let capacity: i32 = 0;
let isFull: bool = false;

/** Begins a pattern's code in scratch. */
export function openCode(wanted: i32): void {
  capacity = min<i32>(wanted, PATTERN_STEP_COUNT_MAX);
  code = allocateScratch(<usize>capacity << 4);
  count = 0;
  isFull = code == 0;
}

/** Did the code pass its limit, or memory its own? */
export function isCodeFull(): bool {
  return isFull;
}

/** Address of the code so far; `codeCount` steps of it. */
export function codeAddress(): usize {
  return code;
}

export function codeCount(): i32 {
  return count;
}

/** Makes room for `more` steps. */
function reserve(more: i32): bool {
  if (count + more <= capacity) return !isFull;
  isFull = isFull || count + more > PATTERN_STEP_COUNT_MAX;
  if (isFull) return false;
  const wanted = min<i32>(max<i32>(capacity * 2, count + more), PATTERN_STEP_COUNT_MAX);
  if (!resizeScratch(code, <usize>capacity << 4, <usize>wanted << 4)) {
    const grown = allocateScratch(<usize>wanted << 4);
    isFull = grown == 0;
    if (isFull) return false;
    memory.copy(grown, code, <usize>count << 4);
    code = grown;
  }
  capacity = wanted;
  return true;
}

export function putStep(operation: u32, x: i32, y: i32, flags: u32): void {
  if (!reserve(1)) return;
  writeAt(count++, operation, x, y, flags);
}

function writeAt(index: i32, operation: u32, x: i32, y: i32, flags: u32): void {
  const at = code + (<usize>index << 4);
  store<u32>(at, operation);
  store<i32>(at, x, 4);
  store<i32>(at, y, 8);
  store<u32>(at, flags, 12);
}

/** Puts a step before the code from `start` on. */
export function insertStep(start: i32, operation: u32, x: i32, y: i32): void {
  if (!reserve(1)) return;
  const at = code + (<usize>start << 4);
  memory.copy(at + 16, at, <usize>(count - start) << 4);
  count++;
  writeAt(start, operation, x, y, 0);
}

/** Appends a copy of `length` steps from `start` on. */
export function copySteps(start: i32, length: i32): void {
  if (!reserve(length)) return;
  memory.copy(code + (<usize>count << 4), code + (<usize>start << 4), <usize>length << 4);
  count += length;
}

/** Takes back the code from `start` on. */
export function dropSteps(start: i32): void {
  if (!isFull) count = start;
}

/** Sets the x of the step at `index`. */
export function patchStep(index: i32, x: i32): void {
  if (!isFull) store<i32>(code + (<usize>index << 4), x, 4);
}

/** The x of the step at `index`. */
export function stepX(index: i32): i32 {
  return load<i32>(code + (<usize>index << 4), 4);
}

/** Adds a range to the class whose step is at `start` and whose ranges end the code. */
export function putRange(start: i32, from: u32, to: u32): void {
  if (isFull) return;
  const ranges = load<u32>(code + (<usize>start << 4), 4);
  if ((ranges & 1) == 0 && !reserve(1)) return;
  if ((ranges & 1) == 0) count++;
  const at = code + (<usize>(start + 1) << 4) + (<usize>ranges << 3);
  store<u32>(at, from);
  store<u32>(at, to, 4);
  store<u32>(code + (<usize>start << 4), ranges + 1, 4);
}
