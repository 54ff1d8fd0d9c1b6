// A run at rest as packed bytes: equal bytes, equal future, whatever way it came. Serials are counted anew, the time is left
// out, and what is left of the way of a token that rests. A private form: it is read by the kernel that wrote it.
//
//   varint tokens · per token: u8 phase | 8 where there is no more of it than its node, varint node, else also u8 stage, outcome,
//   resumes, varints action … (WORDS), varint frame · u8 parts (PART_…) · slots · what the parts say
import { CELL_SIZE, Tag } from "./abi";
import { auxOf, isHeapTag, tagOf } from "./cell";
import { defer, deferredCount } from "./deferral";
import { MEMORY_SIZE } from "./history";
import { NO_VALUE, hasKnownValue, knownValueAt, numberOfValue } from "./known-values";
import { allocateBlock, allocateScratch, blockClassSize, freeBlock, resetScratch } from "./memory";
import {
  BLOCK_HEADER_SIZE, BUFFER_DEFERRED, BUFFER_HISTORY, FRAME_HEADER_SIZE, NO_TOKEN, TOKEN_SIZE, createFrame, createTimer, extendBuffer, freeUnmarkedFrames,
  isDeferring, resizeTokens, runBlock, runBuffer, runFrames, runTokens, setRunDeferring, setTokenCount, slotsOf, timerAt, timerCount, tokenAt,
  tokenCapacity, tokenCount,
} from "./run";
import { numberFrames } from "./snapshot";
import { TokenPhase, TokenStage, tokenEvent, tokenFrame, tokenGoal, tokenName, tokenNode, tokenPhase, tokenStage } from "./token";

export const PART_FRAMES: i32 = 1;
export const PART_TIMERS: i32 = 2;
export const PART_DEFERRED: i32 = 4;
export const PART_HISTORY: i32 = 8;
const PLAIN: i32 = 8;
/** Most that a cell, a token, a frame without its cells, a timer, and an entry of a history take. */
const CELL_PACKED_MAX: usize = 17;
const TOKEN_PACKED_MAX: usize = 64;
const ENTRY_PACKED_MAX: usize = 20;

// Offsets of the token's words that are packed besides its node; its serial, name and time limit are numbers counted anew.
const WORDS = memory.data<u8>([8, 12, 16, 24, 28, 32, 36, 40, 44]);
const WORD_COUNT: i32 = 9;

let buffer: usize = 0;
let bufferSize: usize = 0;
/** Where is written or read next. */
let at: usize = 0;

// --- serials counted anew -----------------------------------------------------------------------------------------

/** u32 by serial: its number, 0 for none yet. */
let numbers: usize = 0;
let numbersSize: usize = 0;
let lastNumber: u32 = 0;

function beginNumbers(end: u32): bool {
  lastNumber = 0;
  const needed = <usize>end << 2;
  if (needed > numbersSize) {
    if (numbers != 0) freeBlock(numbers, numbersSize);
    numbersSize = blockClassSize(needed);
    numbers = allocateBlock(numbersSize);
    if (numbers == 0) {
      numbersSize = 0;
      return false;
    }
  }
  for (let index: u32 = 0; index < end; index++) store<u32>(numbers + (<usize>index << 2), 0);
  return true;
}

function numberOf(serial: u32): u32 {
  if (serial == 0) return 0;
  const cell = numbers + (<usize>serial << 2);
  if (load<u32>(cell) == 0) store<u32>(cell, ++lastNumber);
  return load<u32>(cell);
}

// --- packing ------------------------------------------------------------------------------------------------------

@inline
function put(value: u32): void {
  while (value >= 0x80) {
    store<u8>(at++, <u8>(value | 0x80));
    value >>>= 7;
  }
  store<u8>(at++, <u8>value);
}

function putLong(value: u64): void {
  while (value >= 0x80) {
    store<u8>(at++, <u8>(value | 0x80));
    value >>>= 7;
  }
  store<u8>(at++, <u8>value);
}

@inline
function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}

@inline
export function packedBytes(): usize {
  return buffer;
}

/** Packs the run; the size of the bytes, which stand at `packedBytes` with zeros up to a multiple of 8. 0: out of memory. */
export function packConfiguration(run: u32): u32 {
  const block = runBlock(run);
  const slotCount = load<u32>(block, 8);
  const frameCount: u32 = runFrames(run) == 0 ? 0 : numberFrames(run);
  const timers = timerCount(run);
  const deferred = runBuffer(run, BUFFER_DEFERRED);
  const history = runBuffer(run, BUFFER_HISTORY);
  const memories: u32 = history == 0 ? 0 : load<u32>(history, 8) / <u32>MEMORY_SIZE;
  const deferredSize: usize = deferred == 0 ? 0 : load<u32>(deferred, 8);
  const cells = <usize>slotCount * (1 + 2 * frameCount);
  const needed = 64 + <usize>tokenCount(run) * TOKEN_PACKED_MAX + cells * CELL_PACKED_MAX
    + (<usize>timers + frameCount + memories) * ENTRY_PACKED_MAX + deferredSize * 2;
  if (!reserve(needed) || !beginNumbers(load<u32>(block, 12) + 1)) return 0;
  at = buffer;
  put(tokenCount(run));
  for (let index: u32 = 0; index < tokenCount(run); index++) putToken(tokenAt(run, index));
  const parts = at++;
  let has = frameCount == 0 ? 0 : PART_FRAMES;
  if (!putCells(slotsOf(run, 0), slotCount)) return 0;
  if (frameCount != 0 && !putFrames(run, frameCount, slotCount)) return 0;
  if (timers != 0 && putTimers(run)) has |= PART_TIMERS;
  if (deferredCount(run) != 0) {
    putDeferred(run);
    has |= PART_DEFERRED;
  }
  if (memories != 0) {
    put(memories);
    for (let entry: u32 = 0; entry < memories * 12; entry += 4) put(load<u32>(load<u32>(history) + entry));
    has |= PART_HISTORY;
  }
  store<u8>(parts, <u8>has);
  store<u64>(at, 0);
  return <u32>(at - buffer);
}

function reserve(needed: usize): bool {
  if (needed <= bufferSize) return true;
  if (buffer != 0) freeBlock(buffer, bufferSize);
  bufferSize = blockClassSize(needed);
  buffer = allocateBlock(bufferSize);
  if (buffer == 0) bufferSize = 0;
  return buffer != 0;
}

@inline
function putToken(token: usize): void {
  const phase = tokenPhase(token);
  if (phase == TokenPhase.RESTING && tokenFrame(token) == 0 && tokenName(token) == 0 && tokenEvent(token) == 0) {
    store<u8>(at++, <u8>(phase | PLAIN));
    put(tokenNode(token));
  } else putWhole(token, phase);
}

function putWhole(token: usize, phase: i32): void {
  store<u8>(at++, <u8>phase);
  put(tokenNode(token));
  const rests = phase == TokenPhase.RESTING;
  const waits = phase == TokenPhase.WAITING;
  store<u8>(at++, rests ? 0 : load<u8>(token, 5));
  store<u8>(at++, rests ? 0 : load<u8>(token, 6));
  store<u8>(at++, rests ? 0 : load<u8>(token, 7));
  // In the state that it came to, the way there is over.
  const hasCome = waits && tokenStage(token) == TokenStage.ENTRY_ACTIONS && tokenNode(token) == tokenGoal(token);
  put(rests ? 0 : load<u32>(token, 8));
  put(rests ? 0 : load<u32>(token, 12));
  put(waits && tokenEvent(token) == 0 ? numberOf(load<u32>(token, 16)) : 0);
  put(rests ? tokenNode(token) : tokenGoal(token));
  put(rests || hasCome ? 0 : load<u32>(token, 28));
  // The time limit is counted before the name, as snapshots have it.
  const limit = waits ? numberOf(load<u32>(token, 44)) : 0;
  put(numberOf(tokenName(token)));
  put(rests || hasCome ? 0 : load<u32>(token, 36));
  put(tokenEvent(token));
  put(limit);
  put(tokenFrame(token) == 0 ? 0 : load<u32>(tokenFrame(token), 20));
}

function putCells(slots: usize, count: u32): bool {
  for (let slot: u32 = 0; slot < count; slot++) if (!putCell(slots + <usize>slot * CELL_SIZE)) return false;
  return true;
}

// A cell: u8 tag, with 16 added where a whole number follows instead of the bits of one, or for `true`.
function putCell(cell: usize): bool {
  const tag = tagOf(cell);
  if (tag == Tag.INT) {
    const value = zigzag(load<i64>(cell, 8));
    if (value < 0x80) {
      store<u16>(at, <u16>(tag | (<i32>value << 8)));
      at += 2;
    } else {
      store<u8>(at++, <u8>tag);
      putLong(value);
    }
    return true;
  }
  if (tag == Tag.NULL || tag == Tag.ABSENT) {
    store<u8>(at++, <u8>tag);
    return true;
  }
  if (tag == Tag.BOOL) {
    store<u8>(at++, <u8>(auxOf(cell) != 0 ? tag | 16 : tag));
    return true;
  }
  if (isHeapTag(tag)) return putValue(cell, tag);
  if (tag == Tag.NUMBER) {
    const value = load<f64>(cell, 8);
    const whole = <i32>value;
    if (reinterpret<u64>(<f64>whole) == load<u64>(cell, 8)) {
      store<u8>(at++, <u8>(tag | 16));
      putLong(zigzag(<i64>whole));
      return true;
    }
  }
  store<u8>(at, <u8>tag);
  store<u32>(at + 1, auxOf(cell));
  store<u64>(at + 5, load<u64>(cell, 8));
  at += 13;
  return true;
}

/** A text, list, map …: the number of its value. An empty optional has no object. */
function putValue(cell: usize, tag: i32): bool {
  store<u8>(at++, <u8>tag);
  if (tag == Tag.OPTIONAL && auxOf(cell) == 0) {
    put(0);
    return true;
  }
  const number = numberOfValue(cell);
  put(number + 1);
  return number != NO_VALUE;
}

function putFrames(run: u32, count: u32, slotCount: u32): bool {
  put(count);
  const list = allocateScratch(<usize>count << 2);
  if (list == 0) return false;
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(list + (<usize>(load<u32>(frame, 20) - 1) << 2), <u32>frame);
  for (let index: u32 = 0; index < count; index++) {
    const frame = <usize>load<u32>(list + (<usize>index << 2));
    const parent = <usize>load<u32>(frame);
    put(parent == 0 ? 0 : load<u32>(parent, 20));
    put(load<u32>(frame, 16));
    if (!putCells(frame + FRAME_HEADER_SIZE, slotCount * 2)) return false;
  }
  return true;
}

/** False where no timer is set: nothing was written. */
function putTimers(run: u32): bool {
  let count: u32 = 0;
  for (let index: u32 = 0; index < timerCount(run); index++) if (load<u32>(timerAt(run, index)) != 0) count += 1;
  if (count == 0) return false;
  put(count);
  for (let index: u32 = 0; index < timerCount(run); index++) {
    const timer = timerAt(run, index);
    if (load<u32>(timer) == 0) continue;
    put(numberOf(load<u32>(timer)));
    put(load<u32>(timer, 4));
    put(load<u32>(timer, 8));
    const owner = load<u32>(timer, 12);
    put(owner == NO_TOKEN ? 0 : numberOf(owner) + 1);
  }
  return true;
}

function putDeferred(run: u32): void {
  const count = deferredCount(run);
  put(count);
  let entry = <usize>load<u32>(runBuffer(run, BUFFER_DEFERRED));
  for (let index: u32 = 0; index < count; index++) {
    const length = load<u32>(entry, 4);
    put(load<u32>(entry));
    put(length);
    memory.copy(at, entry + 8, length);
    at += length;
    entry += 8 + ((length + 3) & ~3);
  }
}

// --- unpacking ----------------------------------------------------------------------------------------------------

@inline
function take(): u32 {
  const byte = <u32>load<u8>(at++);
  return byte < 0x80 ? byte : takeLong(byte);
}

function takeLong(head: u32): u32 {
  let value = head & 0x7f;
  let shift: u32 = 7;
  while (true) {
    const byte = <u32>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return value;
  }
}

function takeZigzag(): i64 {
  let value: u64 = 0;
  let shift: u64 = 0;
  while (true) {
    const byte = <u64>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return <i64>(value >>> 1) ^ -(<i64>(value & 1));
  }
}

/** Takes away what the run has besides its slots and tokens. */
export function clearRun(run: u32): void {
  if (runFrames(run) != 0) {
    for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(frame, 0, 20);
    freeUnmarkedFrames(run);
  }
  for (let index: u32 = 0; index < timerCount(run); index++) store<u32>(timerAt(run, index), 0);
  if (load<u32>(runBlock(run), 24) != 0) {
    emptyBuffer(runBuffer(run, BUFFER_DEFERRED));
    emptyBuffer(runBuffer(run, BUFFER_HISTORY));
    if (isDeferring(run)) setRunDeferring(run, false);
  }
}

@inline
function emptyBuffer(target: usize): void {
  store<u64>(target, 0, 8);
}

/** Room for so many tokens, which then count as in use; false when out of memory. */
export function setTokens(run: u32, count: u32): bool {
  if (tokenCapacity(run) < count) {
    setTokenCount(run, 0);
    let capacity: u32 = 1;
    while (capacity < count) capacity <<= 1;
    if (!resizeTokens(run, capacity)) return false;
  }
  setTokenCount(run, count);
  return true;
}

/** Empties the values of the run's block; what its slots hold is of no more use. `serial`: the next one. */
@inline
export function resetBlock(block: usize, serial: u32): void {
  store<u32>(block, <u32>BLOCK_HEADER_SIZE + load<u32>(block, 8) * <u32>CELL_SIZE, 4);
  store<u32>(block, serial, 12);
  store<f64>(block, 0, 16);
}

let frames: usize = 0;
let nextSerial: u32 = 0;

/** Makes an active run what was packed. Its PART_…, or -1 when out of memory. */
export function unpackConfiguration(run: u32, bytes: usize): i32 {
  clearRun(run);
  at = bytes;
  nextSerial = 1;
  const count = take();
  if (!setTokens(run, count)) return -1;
  // The frames that tokens name stand behind them: their numbers are replaced when the frames are there.
  for (let index: u32 = 0; index < count; index++) takeToken(runTokens(run) + <usize>index * TOKEN_SIZE);
  const parts = <i32>load<u8>(at++);
  const slotCount = load<u32>(runBlock(run), 8);
  takeCells(slotsOf(run, 0), slotCount);
  let isWhole = true;
  if ((parts & PART_FRAMES) != 0) isWhole = takeFrames(run, slotCount);
  if ((parts & PART_TIMERS) != 0) isWhole = takeTimers(run) && isWhole;
  if ((parts & PART_DEFERRED) != 0) isWhole = takeDeferred(run) && isWhole;
  if ((parts & PART_HISTORY) != 0) isWhole = takeHistory(run) && isWhole;
  resetBlock(runBlock(run), nextSerial);
  resetScratch();
  return isWhole ? parts : -1;
}

function takeToken(token: usize): void {
  const head = <i32>load<u8>(at++);
  // By words: memory.fill costs more than all of it.
  for (let offset: usize = 0; offset < TOKEN_SIZE; offset += 8) store<u64>(token + offset, 0);
  store<u8>(token, <u8>(head & 7), 4);
  store<u32>(token, take());
  if ((head & PLAIN) != 0) {
    store<u32>(token, load<u32>(token), 24);
    return;
  }
  for (let offset: usize = 5; offset < 8; offset++) store<u8>(token + offset, load<u8>(at++));
  for (let word = 0; word < WORD_COUNT; word++) store<u32>(token + load<u8>(WORDS + word), take());
  noteSerial(load<u32>(token, 16));
  noteSerial(load<u32>(token, 32));
  noteSerial(load<u32>(token, 44));
  store<u32>(token, take(), 20);
}

@inline
function noteSerial(serial: u32): void {
  if (serial >= nextSerial) nextSerial = serial + 1;
}

function takeCells(slots: usize, count: u32): void {
  for (let slot: u32 = 0; slot < count; slot++) takeCell(slots + <usize>slot * CELL_SIZE);
}

function takeCell(cell: usize): void {
  const head = <i32>load<u8>(at++);
  const tag = head & 15;
  store<u64>(cell, <u64>tag);
  store<u64>(cell, 0, 8);
  if (tag == Tag.INT) store<i64>(cell, takeZigzag(), 8);
  else if (tag == Tag.NULL || tag == Tag.ABSENT) return;
  else if (tag == Tag.BOOL) store<u32>(cell, head >> 4, 4);
  else if (isHeapTag(tag)) {
    const number = take();
    if (number == 0 || !hasKnownValue(number - 1)) return;
    store<u64>(cell, load<u64>(knownValueAt(number - 1)));
    store<u64>(cell, load<u64>(knownValueAt(number - 1), 8), 8);
  } else if (head != tag) store<f64>(cell, <f64>takeZigzag(), 8);
  else {
    store<u32>(cell, load<u32>(at), 4);
    store<u64>(cell, load<u64>(at + 4), 8);
    at += 12;
  }
}

function takeFrames(run: u32, slotCount: u32): bool {
  const count = take();
  frames = allocateScratch((<usize>count + 1) << 2);
  if (frames == 0) return false;
  store<u32>(frames, 0);
  for (let number: u32 = 1; number <= count; number++) {
    const parent = <usize>load<u32>(frames + (<usize>take() << 2));
    const frame = createFrame(run, parent, take());
    if (frame == 0) return false;
    store<u32>(frames + (<usize>number << 2), <u32>frame);
    takeCells(frame + FRAME_HEADER_SIZE, slotCount * 2);
  }
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    store<u32>(token, load<u32>(frames + (<usize>load<u32>(token, 20) << 2)), 20);
  }
  return true;
}

function takeTimers(run: u32): bool {
  for (let left = take(); left > 0; left--) {
    const timer = createTimer(run);
    if (timer == 0) return false;
    store<u32>(timer, take());
    store<u32>(timer, take(), 4);
    store<u32>(timer, take(), 8);
    store<u32>(timer, take() - 1, 12);
    noteSerial(load<u32>(timer));
    if (load<u32>(timer, 12) != NO_TOKEN) noteSerial(load<u32>(timer, 12));
  }
  return true;
}

function takeDeferred(run: u32): bool {
  for (let left = take(); left > 0; left--) {
    const event = take();
    const length = take();
    if (!defer(run, event, at, length)) return false;
    at += length;
  }
  return true;
}

function takeHistory(run: u32): bool {
  for (let left = take(); left > 0; left--) {
    const entry = extendBuffer(run, BUFFER_HISTORY, <u32>MEMORY_SIZE);
    if (entry == 0) return false;
    for (let offset: usize = 0; offset < MEMORY_SIZE; offset += 4) store<u32>(entry + offset, take());
  }
  return true;
}

// --- looking at packed bytes --------------------------------------------------------------------------------------

/** Do the tokens of the run stand at the nodes of the tokens that were packed, one by one? */
export function standsAt(run: u32, bytes: usize): bool {
  at = bytes;
  const count = take();
  if (count != tokenCount(run)) return false;
  for (let index: u32 = 0; index < count; index++) {
    const head = <i32>load<u8>(at++);
    if (take() != tokenNode(tokenAt(run, index))) return false;
    if ((head & PLAIN) != 0) continue;
    at += 3;
    for (let word = 0; word <= WORD_COUNT; word++) take();
  }
  return true;
}
