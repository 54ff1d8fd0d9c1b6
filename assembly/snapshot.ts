// Checkpoints: a run at rest as portable bytes (never raw memory), and a run made from them. The reader trusts nothing:
// every number is checked against the program before the run can step.
//
//   u8 SNAPSHOT_VERSION · varint status, next serial, step · f64 now · varint slot count, then a wire value per slot
//   · varint frame count, then per frame (parents first): varint parent (0 main, else number), slots, slots at the fork
//   · varint token count, then per token: u8 phase and, unless free, u8 stage, u8 outcome, 11 varints
//   · varint timer count, then per timer: varint serial, transition, node, token + 1 (0: the scope's)
import { CELL_SIZE, ProgramHeader } from "./abi";
import { appendByte, appendDouble, appendVarint, appendWire, appendWord, beginOutput, payloadsUsedSize } from "./output";
import { resetScratch } from "./memory";
import { nodeRecord, programField } from "./program";
import {
  FRAME_HEADER_SIZE, NO_TOKEN, RunState, TOKEN_COUNT_MAX, createFrame, createRun, createTimer, createToken, destroyRun, runBlock, runFrames,
  runIndexOf, runProgram, runStatus, runTimers, setRunStatus, slotsOf, storeSlot, timerAt, timerCapacity, tokenAt, tokenCapacity,
} from "./run";
import {
  TokenPhase, setTokenActions, setTokenEdge, setTokenGoal, setTokenOutcome, setTokenPhase, setTokenSerial, setTokenStep, setTokenTransition, tokenFrame,
  tokenNode, tokenPhase,
} from "./token";
import { decodeWire } from "./wire";

export const SNAPSHOT_VERSION: i32 = 1;
// Offsets of the token's words that a snapshot holds, the frame (+20) left out.
const TOKEN_WORDS = memory.data<u8>([0, 8, 12, 16, 24, 28, 32, 36, 40, 44]);
const TOKEN_WORD_COUNT: i32 = 10;

/** Writes the run's snapshot to the payload area; returns its size, 0 when out of memory. */
export function writeSnapshot(run: u32): u32 {
  if (!beginOutput(0)) return 0;
  const block = runBlock(run);
  const slotCount = load<u32>(block, 8);
  appendByte(SNAPSHOT_VERSION);
  appendVarint(<u32>runStatus(run));
  appendVarint(load<u32>(block, 12));
  appendVarint(load<u32>(block, 24));
  appendDouble(load<f64>(block, 16));
  appendVarint(slotCount);
  writeSlots(slotsOf(run, 0), slotCount);
  writeFrames(run, slotCount);
  appendVarint(tokenCapacity(run));
  for (let index: u32 = 0; index < tokenCapacity(run); index++) writeToken(run, tokenAt(run, index));
  writeTimers(run);
  return payloadsUsedSize();
}

function writeSlots(slots: usize, count: u32): void {
  for (let slot: u32 = 0; slot < count; slot++) appendWire(slots + <usize>slot * CELL_SIZE);
}

/** Number of a frame: the oldest of the list is 1; 0 is the run's own slots. */
function frameNumber(run: u32, frame: usize): u32 {
  if (frame == 0) return 0;
  let number: u32 = 0;
  for (let at: usize = frame; at != 0; at = load<u32>(at, 8)) number += 1;
  return number;
}

function frameByNumber(run: u32, number: u32): usize {
  if (number == 0) return 0;
  for (let at = runFrames(run); at != 0; at = load<u32>(at, 8)) if (frameNumber(run, at) == number) return at;
  return 0;
}

function writeFrames(run: u32, slotCount: u32): void {
  const count = frameNumber(run, runFrames(run));
  appendVarint(count);
  for (let number: u32 = 1; number <= count; number++) {
    const frame = frameByNumber(run, number);
    appendVarint(frameNumber(run, load<u32>(frame)));
    writeSlots(frame + FRAME_HEADER_SIZE, slotCount * 2);
  }
}

function writeToken(run: u32, token: usize): void {
  appendByte(tokenPhase(token));
  if (tokenPhase(token) == TokenPhase.FREE) return;
  if (tokenPhase(token) == TokenPhase.RESTING) forgetWay(token);
  appendByte(load<u8>(token, 5));
  appendByte(load<u8>(token, 6));
  for (let word = 0; word < TOKEN_WORD_COUNT; word++) appendVarint(load<u32>(token + load<u8>(TOKEN_WORDS + word)));
  appendVarint(frameNumber(run, tokenFrame(token)));
}

/** A token at rest needs nothing of how it came there: what is left of it would tell one way of stepping from another. */
function forgetWay(token: usize): void {
  setTokenOutcome(token, 0);
  setTokenActions(token, 0, 0);
  setTokenSerial(token, 0);
  setTokenGoal(token, tokenNode(token));
  setTokenEdge(token, 0);
  setTokenStep(token, 0);
  setTokenTransition(token, 0);
}

function writeTimers(run: u32): void {
  const capacity: u32 = runTimers(run) == 0 ? 0 : timerCapacity(run);
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

// --- reading ------------------------------------------------------------------------------------------------------

let cursor: usize = 0;
let end: usize = 0;
let isBroken: bool = false;
const CELL = memory.data(CELL_SIZE, 16);

/** Handle of a new run made from a snapshot, or 0 when the bytes are damaged, foreign, or memory is out. */
export function readSnapshot(program: usize, address: usize, size: u32): u32 {
  cursor = address;
  end = address + size;
  isBroken = false;
  if (readByte() != SNAPSHOT_VERSION) return 0;
  const handle = createRun(program);
  if (handle == 0) return 0;
  const run = <u32>runIndexOf(handle);
  readRun(run, programField(program, ProgramHeader.SLOT_COUNT));
  resetScratch();
  if (!isBroken && cursor == end) return handle;
  destroyRun(run);
  return 0;
}

function readRun(run: u32, slotCount: u32): void {
  const status = <i32>readVarint();
  if (status > RunState.ENDED || status == RunState.FREE) isBroken = true;
  const block = runBlock(run);
  store<u32>(block, readVarint(), 12);
  store<u32>(block, readVarint(), 24);
  store<f64>(block, readDouble(), 16);
  if (readVarint() != slotCount) isBroken = true;
  if (isBroken) return;
  readSlots(run, 0, slotCount);
  readFrames(run, slotCount);
  readTokens(run);
  readTimers(run);
  if (isBroken) return;
  setRunStatus(run, status);
}

function readSlots(run: u32, frame: usize, slotCount: u32): void {
  for (let slot: u32 = 0; slot < slotCount && !isBroken; slot++) {
    if (!readCell() || !storeSlot(run, frame, slot, CELL)) isBroken = true;
  }
}

function readFrames(run: u32, slotCount: u32): void {
  const count = readVarint();
  if (count > TOKEN_COUNT_MAX) isBroken = true;
  for (let number: u32 = 1; number <= count && !isBroken; number++) {
    const parent = readVarint();
    const frame = parent < number ? createFrame(run, frameByNumber(run, parent)) : 0;
    if (frame == 0) {
      isBroken = true;
      return;
    }
    // Own slots and those at the fork lie one after the other, so the second half is slots slotCount … 2 * slotCount - 1.
    readSlots(run, frame, slotCount * 2);
  }
}

function readTokens(run: u32): void {
  const count = readVarint();
  if (count > TOKEN_COUNT_MAX) isBroken = true;
  for (let index: u32 = 0; index < count && !isBroken; index++) {
    const phase = readByte();
    if (phase > TokenPhase.DONE) isBroken = true;
    // The first record exists already; a free one is kept so that the others keep their places.
    const at = index == 0 ? 0 : createToken(run);
    if (at != index) isBroken = true;
    if (isBroken) return;
    setTokenPhase(tokenAt(run, index), TokenPhase.DONE);
    if (phase != TokenPhase.FREE) readToken(run, index, phase);
    else store<u8>(tokenAt(run, index), 0xff, 7);
  }
  for (let index: u32 = 0; index < count && !isBroken; index++) {
    if (load<u8>(tokenAt(run, index), 7) == 0xff) memory.fill(tokenAt(run, index), 0, 48);
  }
}

function readToken(run: u32, index: u32, phase: i32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  store<u8>(token, <u8>readByte(), 5);
  store<u8>(token, <u8>readByte(), 6);
  for (let word = 0; word < TOKEN_WORD_COUNT; word++) store<u32>(token + load<u8>(TOKEN_WORDS + word), readVarint());
  const number = readVarint();
  const frame = frameByNumber(run, number);
  store<u32>(token, <u32>frame, 20);
  setTokenPhase(token, phase);
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  const actionCount = programField(program, ProgramHeader.ACTION_COUNT);
  if ((number != 0 && frame == 0) || load<u32>(token) >= nodeCount || load<u32>(token, 24) >= nodeCount) isBroken = true;
  else if (load<u32>(token, 12) > actionCount || load<u32>(token, 8) > load<u32>(token, 12)) isBroken = true;
  else if (phase == TokenPhase.WAITING && load<u32>(token, 8) >= load<u32>(token, 12)) isBroken = true;
  else if (load<u32>(token, 36) > programField(program, ProgramHeader.TRANSITION_COUNT) || load<u8>(token, 5) > 3) isBroken = true;
}

function readTimers(run: u32): void {
  const program = runProgram(run);
  const count = readVarint();
  if (count > TOKEN_COUNT_MAX) isBroken = true;
  for (let index: u32 = 0; index < count && !isBroken; index++) {
    const timer = createTimer(run);
    if (timer == 0) isBroken = true;
    const serial = readVarint();
    const transition = readVarint();
    const node = readVarint();
    const owner = readVarint() - 1;
    if (serial == 0 || transition >= programField(program, ProgramHeader.TRANSITION_COUNT) || node >= programField(program, ProgramHeader.NODE_COUNT)) isBroken = true;
    if (owner != NO_TOKEN && owner >= tokenCapacity(run)) isBroken = true;
    if (isBroken) return;
    store<u32>(timer, serial);
    store<u32>(timer, transition, 4);
    store<u32>(timer, node, 8);
    store<u32>(timer, owner, 12);
  }
}

function readCell(): bool {
  const used = cursor < end ? decodeWire(cursor, <u32>(end - cursor), CELL) : -1;
  if (used <= 0) return false;
  cursor += used;
  return true;
}

function readByte(): i32 {
  if (cursor >= end) {
    isBroken = true;
    return 0;
  }
  cursor += 1;
  return load<u8>(cursor - 1);
}

function readDouble(): f64 {
  if (cursor + 8 > end) {
    isBroken = true;
    return 0;
  }
  cursor += 8;
  return load<f64>(cursor - 8);
}

function readVarint(): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte = readByte();
    value |= (<u32>byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  isBroken = true;
  return 0;
}

/** Writes the active nodes (leaves and their scopes, ascending, the root left out) as u32 to the payload area; returns their count. */
export function writeActiveNodes(run: u32): u32 {
  beginOutput(0);
  const program = runProgram(run);
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  let count: u32 = 0;
  let from: u32 = 1;
  while (true) {
    const node = nextActiveNode(run, program, from, nodeCount);
    if (node >= nodeCount) return count;
    appendWord(node);
    count += 1;
    from = node + 1;
  }
}

/** The first active node that is not before `from`: of each token's chain the lowest one that qualifies. */
function nextActiveNode(run: u32, program: usize, from: u32, nodeCount: u32): u32 {
  let best = nodeCount;
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    let node = load<u32>(token);
    while (node != 0xffffffff && node >= from) {
      if (node < best) best = node;
      node = load<u32>(nodeRecord(program, node), 4);
    }
  }
  return best;
}
