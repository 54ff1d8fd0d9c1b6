// matches() and the regex library. A pattern is compiled when it is first used; the programs of the last ones are kept.
import { CELL_SIZE, ExpressionError, Fn, Tag } from "./abi";
import { areBytesEqual } from "./bytes";
import { floatOf, intOf, objectOf, setBool, setError, setObject, tagOf } from "./cell";
import { fuelLeft, spendSize } from "./fuel";
import { closeBuilder, openBuilder, pushElement } from "./iterate";
import { countOf, stringHash } from "./map";
import { allocateBlock, freeBlock } from "./memory";
import { isWholeInt } from "./numeric";
import { codeAddress, codeCount, isCodeFull } from "./pattern-code";
import { parsePattern, patternGroupCount } from "./pattern-parser";
import { matchPlace, NO_PLACE, openSearch, search } from "./pattern-search";
import { appendByte, appendBytes, closeText, failText, openText } from "./text";
import { bytesOf, makeString, setOptional } from "./value";

/** Programs kept, each in the place that its pattern's hash gives; a newer one pushes out the older. */
const KEPT_COUNT: u32 = 64;
/** u32 per place: address of a block, or 0. */
const KEPT: usize = memory.data(256, 16);
// A block: +0 u32 size of the block, +4 u32 bytes of the pattern, +8 u32 steps, +12 u32 groups; the steps; the pattern.
const BLOCK_HEADER_SIZE: usize = 16;

/** The program in hand. */
let steps: usize = 0;
let stepCount: i32 = 0;
let groups: u32 = 0;

const PART: usize = memory.data(16, 16);
const BUILDER: usize = memory.data(16, 16);

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callPattern(id: u32, dst: usize, first: usize, count: u32): void {
  const isReplacing = id == Fn.REGEX_REPLACE;
  const isCounted = isReplacing ? count == 3 || (count == 4 && isInt(first + 3 * CELL_SIZE)) : count == 2;
  if (!isCounted || tagOf(first) != Tag.STRING || tagOf(first + CELL_SIZE) != Tag.STRING || (isReplacing && tagOf(first + 2 * CELL_SIZE) != Tag.STRING)) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const text = objectOf(first);
  const limit = count == 4 ? wholeOf(first + 3 * CELL_SIZE) : -1;
  if (!usePattern(dst, objectOf(first + CELL_SIZE))) return;
  if (isReplacing && limit == 0) setObject(dst, Tag.STRING, text);
  else if (groups > 1 && (id == Fn.REGEX_EXTRACT || id == Fn.REGEX_EXTRACT_ALL)) setError(dst, ExpressionError.INVALID_ARGUMENT);
  else if (!openSearch(steps, stepCount, id == Fn.MATCHES ? 0 : (groups + 1) * 2)) setError(dst, spentOr(ExpressionError.OUT_OF_MEMORY));
  else if (id == Fn.REGEX_EXTRACT_ALL) extractAll(dst, text);
  else if (isReplacing) replaceAll(dst, text, objectOf(first + 2 * CELL_SIZE), limit);
  else {
    const isFound = search(bytesOf(text), countOf(text), 0);
    if (fuelLeft() < 0) setError(dst, ExpressionError.OUT_OF_FUEL);
    else if (id == Fn.MATCHES) setBool(dst, isFound);
    else if (isFound && hasPart()) setPart(dst, text);
    else setObject(dst, Tag.OPTIONAL, 0);
  }
}

function isInt(cell: usize): bool {
  return tagOf(cell) == Tag.INT || (tagOf(cell) == Tag.NUMBER && isWholeInt(floatOf(cell)));
}

function wholeOf(cell: usize): i64 {
  return tagOf(cell) == Tag.INT ? intOf(cell) : <i64>floatOf(cell);
}

function spentOr(code: ExpressionError): ExpressionError {
  return fuelLeft() < 0 ? ExpressionError.OUT_OF_FUEL : code;
}

/** Makes the pattern's program the one in hand. False: dst is an error. */
function usePattern(dst: usize, pattern: usize): bool {
  const length = countOf(pattern);
  const place = KEPT + (<usize>(stringHash(pattern) & (KEPT_COUNT - 1)) << 2);
  const kept = <usize>load<u32>(place);
  if (kept != 0 && load<u32>(kept, 4) == length) {
    stepCount = load<i32>(kept, 8);
    groups = load<u32>(kept, 12);
    steps = kept + BLOCK_HEADER_SIZE;
    if (areBytesEqual(steps + (<usize>stepCount << 4), bytesOf(pattern), length)) return true;
  }
  const isPattern = parsePattern(bytesOf(pattern), length);
  const cost = (<usize>codeCount() << 4) + length;
  if (!isPattern || !spendSize(cost)) {
    setError(dst, isPattern ? ExpressionError.OUT_OF_FUEL : isCodeFull() ? ExpressionError.OUT_OF_MEMORY : ExpressionError.INVALID_ARGUMENT);
    return false;
  }
  keepProgram(place, pattern);
  return true;
}

/** Copies the program out of scratch, where there is memory for it; otherwise it is used where it lies. */
function keepProgram(place: usize, pattern: usize): void {
  const old = <usize>load<u32>(place);
  if (old != 0) freeBlock(old, load<u32>(old));
  store<u32>(place, 0);
  stepCount = codeCount();
  groups = patternGroupCount();
  steps = codeAddress();
  const length = countOf(pattern);
  const size = BLOCK_HEADER_SIZE + (<usize>stepCount << 4) + length;
  const block = allocateBlock(size);
  if (block == 0) return;
  store<u32>(block, <u32>size);
  store<u32>(block, length, 4);
  store<i32>(block, stepCount, 8);
  store<u32>(block, groups, 12);
  memory.copy(block + BLOCK_HEADER_SIZE, steps, <usize>stepCount << 4);
  steps = block + BLOCK_HEADER_SIZE;
  memory.copy(steps + (<usize>stepCount << 4), bytesOf(pattern), length);
  store<u32>(place, <u32>block);
}

// --- what a match gives ------------------------------------------------------------------------------------------------

/** The slot of what is extracted: the one group, or the whole. */
@inline
function partSlot(): u32 {
  return groups == 1 ? 2 : 0;
}

/** Is there something to extract? A group that is empty counts as none. */
function hasPart(): bool {
  const from = matchPlace(partSlot());
  return groups == 0 || (from != NO_PLACE && from != matchPlace(partSlot() + 1));
}

/** PART = the extracted text. */
function readPart(text: usize): bool {
  const from = matchPlace(partSlot());
  const to = matchPlace(partSlot() + 1);
  const object = spendSize(to - from) ? makeString(bytesOf(text) + from, to - from) : 0;
  if (object != 0) setObject(PART, Tag.STRING, object);
  else setError(PART, spentOr(ExpressionError.OUT_OF_MEMORY));
  return object != 0;
}

function setPart(dst: usize, text: usize): void {
  if (readPart(text)) setOptional(dst, PART, 1);
  else setError(dst, spentOr(ExpressionError.OUT_OF_MEMORY));
}

/** Where the search for matches goes on. */
let nextFrom: u32 = 0;
let lastEnd: u32 = NO_PLACE;

function startMatches(): void {
  nextFrom = 0;
  lastEnd = NO_PLACE;
}

/** Finds the next match that does not overlap; an empty one right after a match does not count. */
function findNext(text: usize): bool {
  const length = countOf(text);
  while (nextFrom <= length && search(bytesOf(text), length, nextFrom)) {
    const from = matchPlace(0);
    const to = matchPlace(1);
    const isCounted = from != to || from != lastEnd;
    nextFrom = to;
    if (from == to) {
      nextFrom++;
      while (nextFrom < length && (load<u8>(bytesOf(text) + nextFrom) & 0xc0) == 0x80) nextFrom++;
    }
    lastEnd = to;
    if (isCounted) return true;
  }
  return false;
}

function extractAll(dst: usize, text: usize): void {
  openBuilder(BUILDER);
  startMatches();
  while (findNext(text)) {
    if (!hasPart()) continue;
    readPart(text);
    pushElement(BUILDER, PART);
  }
  if (fuelLeft() < 0) setError(dst, ExpressionError.OUT_OF_FUEL);
  else closeBuilder(dst, BUILDER);
}

function replaceAll(dst: usize, text: usize, replacement: usize, limit: i64): void {
  let left = limit < 0 ? i64.MAX_VALUE : limit;
  let done: u32 = 0;
  openText();
  startMatches();
  for (; left > 0 && findNext(text); left--) {
    appendBytes(bytesOf(text) + done, matchPlace(0) - done);
    if (!appendReplacement(text, replacement)) break;
    done = matchPlace(1);
  }
  appendBytes(bytesOf(text) + done, countOf(text) - done);
  if (fuelLeft() < 0) failText(ExpressionError.OUT_OF_FUEL);
  closeText(dst, Tag.STRING);
}

/** Appends the replacement, with the groups in place of \0 … \9. False: it is none, or memory or fuel ran out. */
function appendReplacement(text: usize, replacement: usize): bool {
  const start = bytesOf(replacement);
  const end = start + countOf(replacement);
  for (let at = start; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte != 92) {
      appendByte(byte);
      continue;
    }
    at++;
    const digit = at < end ? <u32>load<u8>(at) - 48 : 99;
    if (digit == 92 - 48) {
      appendByte(92);
      continue;
    }
    if (digit > 9 || digit > groups) {
      failText(ExpressionError.INVALID_ARGUMENT);
      return false;
    }
    const from = matchPlace(digit * 2);
    const to = matchPlace(digit * 2 + 1);
    if (from != NO_PLACE && to != NO_PLACE) appendBytes(bytesOf(text) + from, to - from);
  }
  return fuelLeft() >= 0;
}
