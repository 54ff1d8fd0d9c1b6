// Checkpoints: a run at rest as portable bytes (never raw memory), and a run made from them. The reader trusts nothing:
// every number is checked against the program before the run can step.
//
//   u8 SNAPSHOT_VERSION · varint status, next serial · f64 now · varint slot count, then a wire value per slot
//   · varint frame count, then per frame (parents first): varint parent (0 main, else number), fork's node, slots, slots at the fork
//   · varint token count, then per token: u8 phase and, unless free, u8 stage, u8 outcome, u8 resumes, 10 varints, varint frame
//   · varint timer count, then per timer: varint serial, transition, node, token's name + 1 (0: the scope's)
//   · varint deferred count, then per event: varint event, payload size, payload
//   · varint count of what histories remember, then each: varint scope, leaf, way
//   (of a task graph, from the slots on: task-snapshot.ts)
import { CELL_SIZE, NO_NODE, ProgramHeader } from "./abi";
import { DEFERRED_COUNT_MAX, defer, deferredCount } from "./deferral";
import { MEMORY_SIZE } from "./history";
import { firstQueued } from "./instances";
import { allocateScratch, resetScratch } from "./memory";
import { arrangeTokens } from "./order";
import { appendByte, appendBytes, appendDouble, appendVarint, appendWire, appendWord, beginOutput, isOutputExhausted, noteExhaustion, payloadsAddress, payloadsUsedSize } from "./output";
import { nodeRecord, programField, transitionRecord } from "./program";
import {
  BLOCK_HEADER_SIZE, BUFFER_DEFERRED, BUFFER_HISTORY, FRAME_HEADER_SIZE, RunState, TOKEN_COUNT_MAX, createFrame, createRun, createTimer, createToken, destroyRun,
  extendBuffer, isTaskGraph, runBlock, runBuffer, runFrames, runIndexOf, runProgram, runSizeLimit, runStatus, setRunStatus, spaciousSize, slotsOf, storeSlot, timerAt, timerCount,
  tokenAt, tokenCount,
} from "./run";
import { isWithin, parentOf } from "./scope";
import { SIZE_OVER, deepSize } from "./value";
import { beginReading, breakReading, isReadingBroken, isReadingDone, readByte, readCell, readCellAddress, readDouble, readVarint, takeBytes } from "./snapshot-reader";
import { readTasks, writeActiveTasks, writeTasks } from "./task-snapshot";
import {
  TOKEN_STAGE_MAX, TokenPhase, TokenStage, setTokenActions, setTokenEdge, setTokenFrame, setTokenGoal, setTokenOutcome, setTokenPhase, setTokenResumes,
  setTokenSerial, setTokenStage, setTokenTransition, tokenFrame, tokenGoal, tokenNode, tokenPhase, tokenStage, tokenTransition,
} from "./token";

export const SNAPSHOT_VERSION: i32 = 2;
// Offsets of the token's words that a snapshot holds, the frame (+20) left out.
const TOKEN_WORDS = memory.data<u8>([0, 8, 12, 16, 24, 28, 32, 36, 40, 44]);
const TOKEN_WORD_COUNT: i32 = 10;

/** Writes the run's snapshot to the payload area; returns its size, 0 when out of memory, or where the run could not be made from it. */
export function writeSnapshot(run: u32): u32 {
  if (!beginOutput(0) || !isRestorable(run)) return 0;
  const block = runBlock(run);
  appendByte(SNAPSHOT_VERSION);
  appendVarint(<u32>runStatus(run));
  appendVarint(load<u32>(block, 12));
  appendDouble(load<f64>(block, 16));
  appendVarint(load<u32>(block, 8));
  if (isTaskGraph(run)) writeTasks(run);
  else {
    writePlaces(run);
    writeTimers(run);
    writeDeferred(run);
    writeHistory(run);
  }
  return isOutputExhausted() ? 0 : payloadsUsedSize();
}

/** Would the run have room if nothing in it were shared? So is one that is made from a snapshot. */
function isRestorable(run: u32): bool {
  const slotCount = load<u32>(runBlock(run), 8);
  let live = addLiveSize(BLOCK_HEADER_SIZE + <usize>slotCount * CELL_SIZE, runBlock(run) + BLOCK_HEADER_SIZE, slotCount);
  for (let frame = runFrames(run); frame != 0 && live != SIZE_OVER; frame = load<u32>(frame, 8)) live = addLiveSize(live, frame + FRAME_HEADER_SIZE, load<u32>(frame, 24));
  return live != SIZE_OVER && spaciousSize(live) != 0;
}

/** `size` and what copies of the slots' values need; SIZE_OVER: more than a run may have (values share parts, copies do not). */
function addLiveSize(size: usize, slots: usize, count: u32): usize {
  for (let slot: u32 = 0; slot < count && size <= runSizeLimit(); slot++) {
    const needed = deepSize(slots + <usize>slot * CELL_SIZE, 0, 0);
    if (needed == SIZE_OVER) return SIZE_OVER;
    size += needed;
  }
  return size <= runSizeLimit() ? size : SIZE_OVER;
}

/** Bits of TOKEN_WORDS that only name what is asked for: serials and the name of timers. */
const NAMING_WORDS: i32 = (1 << 3) | (1 << 6) | (1 << 9);

/**
 * Appends all that decides how the run goes on by itself: variables, tokens, histories. Not under which number something was asked
 * for: a state that asks for the same again is the same.
 */
export function writeState(run: u32): void {
  passedOver = NAMING_WORDS;
  writePlaces(run);
  passedOver = 0;
  writeHistory(run);
}

function writePlaces(run: u32): void {
  const slotCount = load<u32>(runBlock(run), 8);
  writeSlots(slotsOf(run, 0), slotCount);
  writeFrames(run, slotCount);
  appendVarint(tokenCount(run));
  for (let index: u32 = 0; index < tokenCount(run); index++) writeToken(tokenAt(run, index));
}

function writeSlots(slots: usize, count: u32): void {
  for (let slot: u32 = 0; slot < count; slot++) appendWire(slots + <usize>slot * CELL_SIZE);
}

/** The run's frames by their numbers: the oldest of the list is 1; 0 is the run's own slots. Returns their count, which +20 of each then holds. */
export function numberFrames(run: u32): u32 {
  let count: u32 = 0;
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) count += 1;
  let number = count;
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(frame, number--, 20);
  return count;
}

@inline
function frameNumber(frame: usize): u32 {
  return frame == 0 ? 0 : load<u32>(frame, 20);
}

function writeFrames(run: u32, slotCount: u32): void {
  const count = numberFrames(run);
  appendVarint(count);
  const list = allocateScratch(<usize>count << 2);
  if (list == 0) {
    noteExhaustion();
    return;
  }
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(list + (<usize>(frameNumber(frame) - 1) << 2), <u32>frame);
  for (let at: u32 = 0; at < count; at++) {
    const frame = <usize>load<u32>(list + (<usize>at << 2));
    appendVarint(frameNumber(load<u32>(frame)));
    appendVarint(load<u32>(frame, 16));
    writeSlots(frame + FRAME_HEADER_SIZE, slotCount * 2);
  }
}

/** Bits of the TOKEN_WORDS that are not written. */
let passedOver: i32 = 0;

function writeToken(token: usize): void {
  appendByte(tokenPhase(token));
  if (tokenPhase(token) == TokenPhase.FREE) return;
  if (tokenPhase(token) == TokenPhase.RESTING) forgetWay(token);
  appendByte(load<u8>(token, 5));
  appendByte(load<u8>(token, 6));
  appendByte(load<u8>(token, 7));
  for (let word = 0; word < TOKEN_WORD_COUNT; word++) if ((passedOver >> word & 1) == 0) appendVarint(load<u32>(token + load<u8>(TOKEN_WORDS + word)));
  appendVarint(frameNumber(tokenFrame(token)));
}

/** A token at rest needs nothing of how it came there: what is left of it would tell one way of stepping from another. */
function forgetWay(token: usize): void {
  setTokenOutcome(token, 0);
  setTokenActions(token, 0, 0);
  setTokenSerial(token, 0);
  setTokenGoal(token, tokenNode(token));
  setTokenEdge(token, 0);
  setTokenStage(token, 0);
  setTokenResumes(token, 0);
  setTokenTransition(token, 0);
}

function writeTimers(run: u32): void {
  const capacity = timerCount(run);
  let count: u32 = 0;
  for (let at: u32 = 0; at < capacity; at++) if (load<u32>(timerAt(run, at)) != 0) count += 1;
  appendVarint(count);
  for (let at: u32 = 0; at < capacity; at++) {
    const timer = timerAt(run, at);
    if (load<u32>(timer) == 0) continue;
    appendVarint(load<u32>(timer));
    appendVarint(load<u32>(timer, 4));
    appendVarint(load<u32>(timer, 8));
    appendVarint(load<u32>(timer, 12) + 1);
  }
}

function writeDeferred(run: u32): void {
  const count = deferredCount(run);
  appendVarint(count);
  let entry: usize = count == 0 ? 0 : load<u32>(runBuffer(run, BUFFER_DEFERRED));
  for (let at: u32 = 0; at < count; at++) {
    const size = load<u32>(entry, 4);
    appendVarint(load<u32>(entry));
    appendVarint(size);
    appendBytes(entry + 8, size);
    entry += 8 + ((size + 3) & ~3);
  }
}

function writeHistory(run: u32): void {
  const buffer = runBuffer(run, BUFFER_HISTORY);
  const size: u32 = buffer == 0 ? 0 : load<u32>(buffer, 8);
  appendVarint(size / <u32>MEMORY_SIZE);
  for (let at: u32 = 0; at < size; at += 4) appendVarint(load<u32>(load<u32>(buffer) + at));
}

// --- reading ------------------------------------------------------------------------------------------------------

/** Handle of a new run made from a snapshot, or 0 when the bytes are damaged, foreign, or memory is out. */
export function readSnapshot(program: usize, address: usize, size: u32): u32 {
  beginReading(address, size);
  if (readByte() != SNAPSHOT_VERSION) return 0;
  const handle = createRun(program);
  if (handle == 0) return 0;
  const run = <u32>runIndexOf(handle);
  readRun(run, programField(program, ProgramHeader.SLOT_COUNT));
  resetScratch();
  if (isReadingDone()) return handle;
  destroyRun(run);
  return 0;
}

function readRun(run: u32, slotCount: u32): void {
  const status = <i32>readVarint();
  if (status > RunState.ENDED || status == RunState.FREE) breakReading();
  const block = runBlock(run);
  store<u32>(block, readVarint(), 12);
  store<f64>(block, readDouble(), 16);
  if (readVarint() != slotCount) breakReading();
  if (isReadingBroken()) return;
  if (isTaskGraph(run)) {
    readTasks(run);
    // What waits for its turn has been asked for nothing: a run in rest, which takes answers, has none such.
    if (status == RunState.ACTIVE && firstQueued(run) != 0) breakReading();
    if (!isReadingBroken()) setRunStatus(run, status);
    return;
  }
  readSlots(run, 0, slotCount);
  readFrames(run, slotCount);
  readTokens(run);
  readTimers(run);
  readDeferred(run);
  readHistory(run);
  if (isReadingBroken()) return;
  // At rest they stand in order; in the middle of a step the next call sees to that.
  if (status == RunState.ACTIVE) arrangeTokens(run);
  setRunStatus(run, status);
}

function readSlots(run: u32, frame: usize, slotCount: u32): void {
  for (let slot: u32 = 0; slot < slotCount && !isReadingBroken(); slot++) {
    if (!readCell() || !storeSlot(run, frame, slot, readCellAddress())) breakReading();
  }
}

/** The frames read so far, by number - 1. */
let frames: usize = 0;
let frameCount: u32 = 0;

function readFrames(run: u32, slotCount: u32): void {
  const count = readVarint();
  frameCount = 0;
  if (count > TOKEN_COUNT_MAX) breakReading();
  frames = allocateScratch(<usize>(count & 0x1ffff) << 2);
  if (frames == 0) breakReading();
  while (frameCount < count && !isReadingBroken()) {
    const parent = frameByNumber(readVarint());
    const node = readVarint();
    if (node >= programField(runProgram(run), ProgramHeader.NODE_COUNT)) breakReading();
    const frame = isReadingBroken() ? 0 : createFrame(run, parent, node);
    if (frame == 0) {
      breakReading();
      return;
    }
    store<u32>(frames + (<usize>frameCount << 2), <u32>frame);
    frameCount += 1;
    // Own slots and those at the fork lie one after the other, so the second half is slots slotCount … 2 * slotCount - 1.
    readSlots(run, frame, slotCount * 2);
  }
}

function frameByNumber(number: u32): usize {
  if (number > frameCount) breakReading();
  return number == 0 || isReadingBroken() ? 0 : load<u32>(frames + (<usize>(number - 1) << 2));
}

function readTokens(run: u32): void {
  const count = readVarint();
  if (count > TOKEN_COUNT_MAX || count == 0) breakReading();
  for (let index: u32 = 0; index < count && !isReadingBroken(); index++) {
    const phase = readByte();
    // The first record exists already; an unused one is kept so that the others keep their places.
    if (phase > TokenPhase.DONE || (index > 0 && createToken(run) != index)) breakReading();
    if (!isReadingBroken() && phase != TokenPhase.FREE) readToken(run, tokenAt(run, index), phase);
  }
}

function readToken(run: u32, token: usize, phase: i32): void {
  const program = runProgram(run);
  setTokenPhase(token, phase);
  for (let at = 5; at < 8; at++) store<u8>(token + at, <u8>readByte());
  for (let word = 0; word < TOKEN_WORD_COUNT; word++) store<u32>(token + load<u8>(TOKEN_WORDS + word), readVarint());
  setTokenFrame(token, frameByNumber(readVarint()));
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  const actionCount = programField(program, ProgramHeader.ACTION_COUNT);
  if (tokenNode(token) >= nodeCount || tokenGoal(token) >= nodeCount || tokenStage(token) > TOKEN_STAGE_MAX) breakReading();
  else if (load<u32>(token, 12) > actionCount || load<u32>(token, 8) > load<u32>(token, 12)) breakReading();
  else if (phase == TokenPhase.WAITING && load<u32>(token, 8) >= load<u32>(token, 12)) breakReading();
  else if (tokenTransition(token) > programField(program, ProgramHeader.TRANSITION_COUNT)) breakReading();
  else if ((phase == TokenPhase.PENDING || phase == TokenPhase.WAITING) && !isWayPossible(program, token)) breakReading();
}

/** Can the token go on from its place to its goal? */
function isWayPossible(program: usize, token: usize): bool {
  const node = tokenNode(token);
  const stage = tokenStage(token);
  const isOnWay = stage == TokenStage.TRANSITION_ACTIONS || stage == TokenStage.CHOSEN;
  if (isOnWay && tokenTransition(token) == programField(program, ProgramHeader.TRANSITION_COUNT)) return false;
  if (stage == TokenStage.CHOSEN) {
    const domain = load<u32>(transitionRecord(program, tokenTransition(token)), 40);
    return isWithin(program, node, domain) || isWithin(program, domain, node);
  }
  const record = nodeRecord(program, node);
  if (stage == TokenStage.COMPLETE) return true;
  if (stage == TokenStage.FINISHED) return load<u32>(record, 4) != NO_NODE;
  return isWithin(program, node, tokenGoal(token)) && (!isOnWay || tokenGoal(token) != node);
}

function readTimers(run: u32): void {
  const program = runProgram(run);
  const count = readVarint();
  if (count > TOKEN_COUNT_MAX) breakReading();
  for (let index: u32 = 0; index < count && !isReadingBroken(); index++) {
    const timer = createTimer(run);
    if (timer == 0) breakReading();
    const serial = readVarint();
    const transition = readVarint();
    const node = readVarint();
    const owner = readVarint() - 1;
    if (serial == 0 || transition >= programField(program, ProgramHeader.TRANSITION_COUNT)) breakReading();
    if (isReadingBroken() || load<u32>(transitionRecord(program, transition)) != node) breakReading();
    if (isReadingBroken()) return;
    store<u32>(timer, serial);
    store<u32>(timer, transition, 4);
    store<u32>(timer, node, 8);
    store<u32>(timer, owner, 12);
  }
}

function readDeferred(run: u32): void {
  const count = readVarint();
  if (count > DEFERRED_COUNT_MAX) breakReading();
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const event = readVarint();
    const size = readVarint();
    const bytes = takeBytes(size);
    if (bytes == 0 || event >= programField(runProgram(run), ProgramHeader.EVENT_COUNT) || !defer(run, event, bytes, size)) breakReading();
  }
}

function readHistory(run: u32): void {
  const program = runProgram(run);
  const count = readVarint();
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const entry = extendBuffer(run, BUFFER_HISTORY, <u32>MEMORY_SIZE);
    const scope = readVarint();
    const leaf = readVarint();
    const way = readVarint();
    if (entry == 0 || scope >= nodeCount || leaf >= nodeCount || leaf <= scope || !isWithin(program, scope, leaf)) breakReading();
    if (isReadingBroken()) return;
    store<u32>(entry, scope);
    store<u32>(entry, leaf, 4);
    store<u32>(entry, way, 8);
  }
}

/** Writes the active nodes (leaves and their scopes, ascending, the root left out) as u32 to the payload area; returns their count. */
export function writeActiveNodes(run: u32): u32 {
  beginOutput(0);
  if (isTaskGraph(run)) return writeActiveTasks(run);
  const program = runProgram(run);
  let count: u32 = 0;
  let before: u32 = 0;
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    // From the leaf outward, as far as the token before (in document order) does not stand there too; then turned around.
    const first = payloadsUsedSize();
    for (let node = tokenNode(token); node != 0 && !(isWithin(program, node, before) && before != 0); node = parentOf(program, node)) appendWord(node);
    const added = (payloadsUsedSize() - first) >> 2;
    reverseWords(payloadsAddress() + first, added);
    count += added;
    before = tokenNode(token);
  }
  return count;
}

function reverseWords(words: usize, count: u32): void {
  for (let at: u32 = 0; at < count >> 1; at++) {
    const left = words + (<usize>at << 2);
    const right = words + (<usize>(count - 1 - at) << 2);
    const word = load<u32>(left);
    store<u32>(left, load<u32>(right));
    store<u32>(right, word);
  }
}
