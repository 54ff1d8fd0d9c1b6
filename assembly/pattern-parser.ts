// Reads a regular expression of RE2's syntax into code (pattern-code.ts). Not there: Unicode classes by name (\pL), which
// need tables. Knows bytes; what is wrong with a text is only that it is.
import {
  ASSERT_BOUNDARY, ASSERT_LINE_END, ASSERT_LINE_START, ASSERT_NO_BOUNDARY, ASSERT_TEXT_END, ASSERT_TEXT_START, CODE_ASSERT, CODE_CLASS, CODE_JUMP,
  CODE_MATCH, CODE_RANGE, CODE_SAVE, CODE_SPLIT, codeCount, copySteps, dropSteps, FLAG_FOLD, insertStep, isCodeFull, openCode, patchStep, putRange, putStep, stepX,
} from "./pattern-code";

/** Groups within groups. */
const DEPTH_MAX: i32 = 200;
/** The highest count of `{n,m}`. */
const REPEAT_MAX: i32 = 1000;
/** Groups that capture, in one pattern. */
const GROUP_COUNT_MAX: i32 = 100;
const CODE_POINT_MAX: u32 = 0x10ffff;
const NO_COUNT: i32 = -1;
const NO_CODE: u32 = 0xffffffff;

// Modes, set by (?ims U).
const MODE_FOLD: u32 = 1;
const MODE_LINES: u32 = 2;
const MODE_DOT_ALL: u32 = 4;
const MODE_LAZY: u32 = 8;

let cursor: usize = 0;
let end: usize = 0;
let modes: u32 = 0;
let groupCount: i32 = 0;
let isWrong: bool = false;
/** Within \Q … \E. */
let isQuoted: bool = false;

/** Compiles the text to the code buffer. False: no pattern, or too large. */
export function parsePattern(text: usize, length: u32): bool {
  cursor = text;
  end = text + length;
  modes = 0;
  groupCount = 0;
  isWrong = false;
  isQuoted = false;
  openCode(<i32>min<u32>(length, 4096) * 2 + 16);
  putStep(CODE_SAVE, 0, 0, 0);
  parseChoice(0);
  if (cursor < end) isWrong = true;
  putStep(CODE_SAVE, 1, 0, 0);
  putStep(CODE_MATCH, 0, 0, 0);
  return !isWrong && !isCodeFull();
}

/** Groups of the pattern read last. */
export function patternGroupCount(): i32 {
  return groupCount;
}

@inline
function peek(): u32 {
  return cursor < end ? <u32>load<u8>(cursor) : NO_CODE;
}

function take(byte: u32): bool {
  if (peek() != byte) return false;
  cursor++;
  return true;
}

/** The next code point of the text; the text is valid UTF-8. */
function takeCode(): u32 {
  if (cursor >= end) {
    isWrong = true;
    return 0;
  }
  const lead = <u32>load<u8>(cursor++);
  if (lead < 0x80) return lead;
  const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  let value = lead & (0x3f >> more);
  for (let i = 0; i < more; i++) value = (value << 6) | (load<u8>(cursor++) & 0x3f);
  return value;
}

/** a|b|c */
function parseChoice(depth: i32): void {
  if (depth > DEPTH_MAX) {
    isWrong = true;
    return;
  }
  let start = codeCount();
  // Jumps to the end, each naming the one before.
  let last = NO_COUNT;
  while (true) {
    parseSequence(depth);
    if (isWrong || isCodeFull() || !take(124)) break;
    insertStep(start, CODE_SPLIT, 1, codeCount() - start + 2);
    putStep(CODE_JUMP, last, 0, 0);
    last = codeCount() - 1;
    start = codeCount();
  }
  patchJumps(last);
}

function patchJumps(newest: i32): void {
  let jump = newest;
  while (jump != NO_COUNT && !isCodeFull()) {
    const before = stepX(jump);
    patchStep(jump, codeCount() - jump);
    jump = before;
  }
}

function parseSequence(depth: i32): void {
  while (cursor < end && !isWrong && !isCodeFull()) {
    if (!isQuoted && (peek() == 124 || peek() == 41)) return;
    const start = codeCount();
    const isAtom = parseAtom(depth);
    if (isAtom && !isQuoted) parseRepeats(start);
  }
}

/** One thing that may be repeated. False: it was only a switch. */
function parseAtom(depth: i32): bool {
  if (isQuoted) {
    if (peek() == 92 && cursor + 1 < end && load<u8>(cursor, 1) == 69) {
      cursor += 2;
      isQuoted = false;
      return false;
    }
    putCode(takeCode());
    return true;
  }
  const code = takeCode();
  switch (code) {
    case 40: // (
      return parseGroup(depth);
    case 91: // [
      parseClass();
      return true;
    case 46: // .
      if ((modes & MODE_DOT_ALL) != 0) putStep(CODE_RANGE, 0, CODE_POINT_MAX, 0);
      else putClassOf(10, 10, true);
      return true;
    case 94: // ^
      putStep(CODE_ASSERT, (modes & MODE_LINES) != 0 ? ASSERT_LINE_START : ASSERT_TEXT_START, 0, 0);
      return true;
    case 36: // $
      putStep(CODE_ASSERT, (modes & MODE_LINES) != 0 ? ASSERT_LINE_END : ASSERT_TEXT_END, 0, 0);
      return true;
    case 92: // \
      return parseEscape();
    case 42: // * + ? without anything before
    case 43:
    case 63:
      isWrong = true;
      return false;
    default:
      putCode(code);
      return true;
  }
}

function putCode(code: u32): void {
  putStep(CODE_RANGE, code, code, foldFlag());
}

@inline
function foldFlag(): u32 {
  return (modes & MODE_FOLD) != 0 ? FLAG_FOLD : 0;
}

function putClassOf(from: u32, to: u32, isNegated: bool): void {
  const start = codeCount();
  putStep(CODE_CLASS, 0, isNegated ? 1 : 0, foldFlag());
  putRange(start, from, to);
}

// --- groups ----------------------------------------------------------------------------------------------------------

function parseGroup(depth: i32): bool {
  const before = modes;
  let group = 0;
  if (!take(63)) group = openGroup();
  else if (take(80) || (peek() == 60 && cursor + 1 < end)) {
    if (!takeName()) return false;
    group = openGroup();
  } else if (!takeModes()) {
    // (?i) holds to the end of the group around it.
    return false;
  }
  if (isWrong) return false;
  if (group != 0) putStep(CODE_SAVE, group * 2, 0, 0);
  parseChoice(depth + 1);
  if (!take(41)) isWrong = true;
  if (group != 0) putStep(CODE_SAVE, group * 2 + 1, 0, 0);
  modes = before;
  return true;
}

function openGroup(): i32 {
  if (++groupCount > GROUP_COUNT_MAX) isWrong = true;
  return groupCount;
}

/** `<name>` */
function takeName(): bool {
  isWrong = !take(60) || peek() == 62;
  while (!isWrong && !take(62)) {
    const code = takeCode();
    if (!isWordByte(code)) isWrong = true;
  }
  return !isWrong;
}

/** Letters of modes after `(?`, up to `:` (true) or `)` (false). */
function takeModes(): bool {
  let isOff = false;
  while (true) {
    const letter = takeCode();
    const mode: u32 = letter == 105 ? MODE_FOLD : letter == 109 ? MODE_LINES : letter == 115 ? MODE_DOT_ALL : letter == 85 ? MODE_LAZY : 0;
    if (isWrong || letter == 58 || letter == 41) return letter == 58;
    if (letter == 45 && !isOff) isOff = true;
    else if (mode == 0) isWrong = true;
    else modes = isOff ? modes & ~mode : modes | mode;
  }
}

// --- repetition ------------------------------------------------------------------------------------------------------

let repeatMin: i32 = 0;
let repeatMax: i32 = 0;

/** What follows the atom that begins at `start`: nothing, or one repetition. A second one is wrong. */
function parseRepeats(start: i32): void {
  for (let i = 0; takeRepeat(); i++) {
    if (i > 0) {
      isWrong = true;
      return;
    }
    const isLazy = take(63) != ((modes & MODE_LAZY) != 0);
    repeat(start, codeCount() - start, isLazy);
  }
}

/** Takes * + ? or {n,m}; sets the bounds (NO_COUNT: no upper one). A brace that counts nothing is a text. */
function takeRepeat(): bool {
  const byte = peek();
  if (byte == 42 || byte == 43 || byte == 63) {
    cursor++;
    repeatMin = byte == 43 ? 1 : 0;
    repeatMax = byte == 63 ? 1 : NO_COUNT;
    return true;
  }
  if (byte != 123) return false;
  const before = cursor++;
  repeatMin = takeCount();
  repeatMax = repeatMin;
  if (repeatMin >= 0 && take(44)) repeatMax = peek() == 125 ? NO_COUNT : takeCount();
  if (repeatMin < 0 || repeatMax == -2 || !take(125)) {
    cursor = before;
    return false;
  }
  if (repeatMin > REPEAT_MAX || repeatMax > REPEAT_MAX || (repeatMax != NO_COUNT && repeatMax < repeatMin)) isWrong = true;
  return true;
}

/** Digits; -2: none. Beyond the limit it stays beyond. */
function takeCount(): i32 {
  if (peek() - 48 > 9) return -2;
  let value = 0;
  while (peek() - 48 <= 9) value = min<i32>(value * 10 + <i32>takeCode() - 48, REPEAT_MAX + 1);
  return value;
}

function split(start: i32, x: i32, y: i32, isLazy: bool): void {
  insertStep(start, CODE_SPLIT, isLazy ? y : x, isLazy ? x : y);
}

/** Repeats the `length` steps from `start` on, which end the code. */
function repeat(start: i32, length: i32, isLazy: bool): void {
  if (isWrong || isCodeFull()) return;
  if (repeatMax == 0) {
    dropSteps(start);
    return;
  }
  for (let i = 1; i < repeatMin; i++) copySteps(start, length);
  if (repeatMax == NO_COUNT) {
    if (repeatMin == 0) {
      split(start, 1, length + 2, isLazy);
      putStep(CODE_JUMP, -(length + 1), 0, 0);
    } else {
      putStep(CODE_SPLIT, isLazy ? 1 : -length, isLazy ? -length : 1, 0);
    }
    return;
  }
  // What is over the lower bound may each be left out, and all after it with it.
  const over = repeatMax - max<i32>(repeatMin, 1);
  const isFirstOptional = repeatMin == 0;
  if (isFirstOptional) split(start, 1, (over + 1) * (length + 1), isLazy);
  const source = start + (isFirstOptional ? 1 : 0);
  for (let i = 0; i < over && !isCodeFull(); i++) {
    const skip = (over - i) * (length + 1);
    putStep(CODE_SPLIT, isLazy ? skip : 1, isLazy ? 1 : skip, 0);
    copySteps(source, length);
  }
}

// --- escapes and classes ---------------------------------------------------------------------------------------------

/** After a backslash. False: a switch, or wrong. */
function parseEscape(): bool {
  const letter = peek();
  let assertion = NO_COUNT;
  switch (letter) {
    case 65: // A
      assertion = ASSERT_TEXT_START;
      break;
    case 122: // z
      assertion = ASSERT_TEXT_END;
      break;
    case 98: // b
      assertion = ASSERT_BOUNDARY;
      break;
    case 66: // B
      assertion = ASSERT_NO_BOUNDARY;
      break;
    case 81: // Q
      cursor++;
      isQuoted = true;
      return false;
  }
  if (assertion != NO_COUNT) {
    cursor++;
    putStep(CODE_ASSERT, assertion, 0, 0);
    return true;
  }
  if (isPerlClass(letter)) {
    const start = codeCount();
    putStep(CODE_CLASS, 0, 0, 0);
    cursor++;
    putPerlClass(start, letter);
    return true;
  }
  putCode(takeEscaped());
  return !isWrong;
}

/** The code point that an escape stands for; the cursor is after the backslash. */
function takeEscaped(): u32 {
  const code = takeCode();
  switch (code) {
    case 97:
      return 7;
    case 102:
      return 12;
    case 110:
      return 10;
    case 114:
      return 13;
    case 116:
      return 9;
    case 118:
      return 11;
    case 120:
      return takeHex();
  }
  if (code - 48 < 8 && (code == 48 || peek() - 48 < 8)) {
    let value = code - 48;
    for (let i = 0; i < 2 && peek() - 48 < 8; i++) value = value * 8 + takeCode() - 48;
    return value;
  }
  // Only punctuation stands for itself.
  if (code >= 0x80 || isWordByte(code)) isWrong = true;
  return code;
}

/** `7F` or `{10FFFF}` */
function takeHex(): u32 {
  const isBraced = take(123);
  let value: u32 = 0;
  const most = isBraced ? 8 : 2;
  let digits = 0;
  for (; digits < most; digits++) {
    const byte = peek();
    const letter = (byte | 32) - 97;
    if (byte == NO_CODE || (byte - 48 > 9 && letter > 5)) break;
    value = (value << 4) | (byte - 48 <= 9 ? byte - 48 : letter + 10);
    cursor++;
  }
  if (digits == 0 || (isBraced ? !take(125) : digits != 2) || value > CODE_POINT_MAX) isWrong = true;
  return value;
}

export function isWordByte(byte: u32): bool {
  return byte - 48 < 10 || (byte | 32) - 97 < 26 || byte == 95;
}

function isPerlClass(letter: u32): bool {
  const lower = letter | 32;
  return letter < 128 && (lower == 100 || lower == 115 || lower == 119);
}

/** Ranges as pairs of bytes, ascending. */
const DIGIT = memory.data<u8>([48, 57]);
const SPACE = memory.data<u8>([9, 10, 12, 13, 32, 32]);
const WORD = memory.data<u8>([48, 57, 65, 90, 95, 95, 97, 122]);

/** \d \s \w, or with a capital letter what is not in them. */
function putPerlClass(start: i32, letter: u32): void {
  const lower = letter | 32;
  const isNegated = letter < 97;
  if (lower == 100) putBytes(start, DIGIT, 1, isNegated);
  else if (lower == 115) putBytes(start, SPACE, 3, isNegated);
  else putBytes(start, WORD, 4, isNegated);
}

function putBytes(start: i32, ranges: usize, count: i32, isNegated: bool): void {
  let from: u32 = 0;
  for (let i = 0; i < count; i++) {
    const byte = <u32>load<u8>(ranges + (<usize>i << 1));
    const low: u32 = byte == 1 ? 0 : byte;
    const high = <u32>load<u8>(ranges + (<usize>i << 1), 1);
    if (!isNegated) putRange(start, low, high);
    else if (low > from) putRange(start, from, low - 1);
    from = high + 1;
  }
  if (isNegated) putRange(start, from, CODE_POINT_MAX);
}

/** After `[`. */
function parseClass(): void {
  const start = codeCount();
  const isNegated = take(94);
  putStep(CODE_CLASS, 0, isNegated ? 1 : 0, foldFlag());
  let isFirst = true;
  while (!isWrong && (isFirst || peek() != 93)) {
    isFirst = false;
    if (peek() == 91 && cursor + 1 < end && load<u8>(cursor, 1) == 58 && takePosixClass(start)) continue;
    if (peek() == 92 && cursor + 1 < end && isPerlClass(load<u8>(cursor, 1))) {
      putPerlClass(start, load<u8>(cursor, 1));
      cursor += 2;
      continue;
    }
    const from = take(92) ? takeEscaped() : takeCode();
    let to = from;
    if (peek() == 45 && cursor + 1 < end && load<u8>(cursor, 1) != 93) {
      cursor++;
      to = take(92) ? takeEscaped() : takeCode();
    }
    if (to < from) isWrong = true;
    else putRange(start, from, to);
  }
  if (!take(93)) isWrong = true;
}

/** Names of POSIX classes as they stand, each with its ranges; a 0 ends a list, so a range from 0 is written from 1. */
const POSIX: usize = memory.data<u8>([
  97, 108, 110, 117, 109, 48, 57, 65, 90, 97, 122, 0, 97, 108, 112, 104, 97, 65, 90, 97, 122, 0, 97, 115, 99, 105, 105, 1, 127, 0, 98, 108, 97, 110, 107, 9, 9,
  32, 32, 0, 99, 110, 116, 114, 108, 1, 31, 127, 127, 0, 100, 105, 103, 105, 116, 48, 57, 0, 103, 114, 97, 112, 104, 33, 126, 0, 108, 111, 119, 101, 114, 97,
  122, 0, 112, 114, 105, 110, 116, 32, 126, 0, 112, 117, 110, 99, 116, 33, 47, 58, 64, 91, 96, 123, 126, 0, 115, 112, 97, 99, 101, 9, 13, 32, 32, 0, 117, 112,
  112, 101, 114, 65, 90, 0,
]);
const POSIX_SIZE: usize = 114;

/** `[:alpha:]` or `[:^alpha:]`. False: no such class, and nothing taken. */
function takePosixClass(start: i32): bool {
  const before = cursor;
  cursor += 2;
  const isNegated = take(94);
  const name = cursor;
  while (peek() - 97 < 26) cursor++;
  const length = <i32>(cursor - name);
  const isClosed = take(58) && take(93);
  if (isClosed && length == 4 && load<u32>(name) == 0x64726f77) {
    putBytes(start, WORD, 4, isNegated);
    return true;
  }
  // xdigit alone has six letters: its ranges are digit's and two more.
  if (isClosed && length == 6 && load<u32>(name) == 0x67696478 && load<u16>(name, 4) == 0x7469) {
    putBytes(start, XDIGIT, 3, isNegated);
    return true;
  }
  for (let at = POSIX; isClosed && length == 5 && at < POSIX + POSIX_SIZE; ) {
    const isNamed = load<u32>(at) == load<u32>(name) && load<u8>(at, 4) == load<u8>(name, 4);
    let count = 0;
    while (load<u8>(at + 5 + (<usize>count << 1)) != 0) count++;
    if (isNamed) {
      putBytes(start, at + 5, count, isNegated);
      return true;
    }
    at += 6 + (<usize>count << 1);
  }
  isWrong = true;
  cursor = before;
  return false;
}

const XDIGIT = memory.data<u8>([48, 57, 65, 70, 97, 102]);
