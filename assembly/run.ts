// Runs at rest: hot columns as struct-of-arrays, and for each run one block of slots and the values they hold, a table
// of tokens, and (only where needed) tables of timers and branch frames. Knows nothing of transitions.
import { CELL_SIZE, PROGRAM_FLAG_TASKS, ProgramHeader, Tag } from "./abi";
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { addSizes, beginMoving, forgetSizes, moveValues } from "./moving";
import { programField } from "./program";
import { deepCopy, deepSize, SIZE_OVER } from "./value";
import { wireSize } from "./wire";

// Columns, by run index:
//   status u8 · flags u8 · generation u16 · program u32 · block u32 · tokens u32 · tokenCapacity u32 · timers u32
//   · timerCapacity u16 · timerCount u16 · frames u32 (list) · next u32 (free list)
//   · key u32: the generation where a handle has it, plus 1 while the run may use the express lane
export enum RunState {
  FREE = 0,
  CREATED = 1,
  ACTIVE = 2,
  /** Fuel ran out in the middle of a step. */
  YIELDED = 3,
  ENDED = 4,
}
export const RUN_FLAG_TRACED: u8 = 1;
/** Events are deferred: each step has to look after them. */
export const RUN_FLAG_DEFERRING: u8 = 2;
/** Of a task graph: its tokens' table is the graph record of instances.ts, and no token is in use. */
export const RUN_FLAG_TASKS: u8 = 4;
export const RUN_COUNT_MAX: u32 = 1 << 20;
const INDEX_MASK: u32 = (1 << 20) - 1;
const GENERATION_SHIFT: u32 = 20;
const GENERATION_MASK: u32 = 0xfff;

// Run block: +0 u32 size  +4 u32 used  +8 u32 slot count  +12 u32 next serial  +16 f64 now  +24 u32 extras or 0
//            +28 u32 tokens in use: records of the token table before which none is unused  +32 slots, then values
export const BLOCK_HEADER_SIZE: usize = 32;

// Token, 48 bytes: +0 u32 node  +4 u8 phase  +5 u8 stage  +6 u8 outcome  +7 u8 resumes (history)  +8 u32 action
//   +12 u32 action end  +16 u32 serial  +20 u32 frame address (0: main)  +24 u32 goal node  +28 u32 edge
//   +32 u32 name of its timers or 0  +36 u32 transition in hand  +40 u32 event awaited  +44 u32 serial of the time limit
// At rest the tokens stand in document order (order.ts); a step may leave unused records between them for a while.
export const TOKEN_SIZE: usize = 48;
export const TOKEN_COUNT_MAX: u32 = 65536;

/** Token records that the graph record of a task graph takes the place of. */
export const GRAPH_TOKEN_COUNT: u32 = 2;

// Timer, 16 bytes: +0 u32 serial (0: free)  +4 u32 transition  +8 u32 node  +12 u32 its token's name (NO_TOKEN: the scope's)
export const TIMER_SIZE: usize = 16;
/** Timers of a run. Finding a free record looks at all of them, so the limit bounds what one microstep may take. */
export const TIMER_COUNT_MAX: u32 = 4096;
export const NO_TOKEN: u32 = 0xffffffff;

// Branch frame: +0 u32 parent frame (0: main)  +4 u32 block size  +8 u32 next frame of the run  +12 u32 depth
//               +16 u32 node of its fork  +20 u32 mark or number (for a while)  +24 u32 count of its cells  +28 u32 0
//               +32 slots, then the slots as they were at the fork
// In a task graph (branches.ts): +16 u32 frame before it in the list  +28 u32 references
export const FRAME_HEADER_SIZE: usize = 32;

// Extras, 64 bytes: growing buffers that few runs need, each +0 u32 address  +4 u32 capacity  +8 u32 used  +12 u32 count
export const EXTRAS_SIZE: usize = 64;
export const BUFFER_DEFERRED: usize = 0;
export const BUFFER_HISTORY: usize = 16;
export const BUFFER_WATCH: usize = 32;
// Of a task graph, in the places of those that it has no use for: instances.ts, arrivals.ts.
export const BUFFER_INSTANCES: usize = 0;
export const BUFFER_CALLS: usize = 16;
export const BUFFER_JOINS: usize = 48;

/** Room that a block is given beyond what it holds, where that is less than half of it. */
const SPARE_SIZE_MIN: usize = 1 << 20;

let capacity: u32 = 0;
let runCount: u32 = 0;
let usedCount: u32 = 0;
let firstFree: u32 = 0xffffffff;
let runSizeMax: usize = 128 << 20;

let statusColumn: usize = 0;
let flagColumn: usize = 0;
let generationColumn: usize = 0;
let programColumn: usize = 0;
let blockColumn: usize = 0;
let tokenColumn: usize = 0;
let tokenCapacityColumn: usize = 0;
let timerColumn: usize = 0;
let timerCapacityColumn: usize = 0;
let frameColumn: usize = 0;
let nextColumn: usize = 0;
let keyColumn: usize = 0;

export function setRunSizeMax(size: usize): void {
  runSizeMax = size;
}

/** Bytes that a run's block may have. */
export function runSizeLimit(): usize {
  return runSizeMax;
}

export function liveRunCount(): u32 {
  return runCount;
}

/** Index of a handle's run, or -1. */
@inline
export function runIndexOf(handle: u32): i32 {
  const index = handle & INDEX_MASK;
  if (index >= usedCount) return -1;
  if (<u32>load<u16>(generationColumn + (<usize>index << 1)) != handle >>> GENERATION_SHIFT) return -1;
  return load<u8>(statusColumn + index) == RunState.FREE ? -1 : <i32>index;
}

@inline
export function runStatus(run: u32): i32 {
  return load<u8>(statusColumn + run);
}

@inline
export function setRunStatus(run: u32, status: i32): void {
  store<u8>(statusColumn + run, <u8>status);
  refreshKey(run);
}

/** Writes the run's key anew: after a change of its status or its flags. */
function refreshKey(run: u32): void {
  const isExpress = load<u8>(statusColumn + run) == <u8>RunState.ACTIVE && load<u8>(flagColumn + run) == 0;
  store<u32>(keyColumn + (<usize>run << 2), (handleOf(run) & ~INDEX_MASK) | (isExpress ? 1 : 0));
}

/** Index of the handle's run when it may use the express lane (active, without flags), else -1. */
@inline
export function expressRunOf(handle: u32): i32 {
  const run = handle & INDEX_MASK;
  if (run >= usedCount) return -1;
  return load<u32>(keyColumn + (<usize>run << 2)) == ((handle & ~INDEX_MASK) | 1) ? <i32>run : -1;
}

@inline
export function isTraced(run: u32): bool {
  return (load<u8>(flagColumn + run) & RUN_FLAG_TRACED) != 0;
}

@inline
export function isTaskGraph(run: u32): bool {
  return (load<u8>(flagColumn + run) & RUN_FLAG_TASKS) != 0;
}

@inline
export function isDeferring(run: u32): bool {
  return (load<u8>(flagColumn + run) & RUN_FLAG_DEFERRING) != 0;
}

export function setRunTraced(run: u32, isTraced: bool): void {
  setFlag(run, RUN_FLAG_TRACED, isTraced);
}

export function setRunDeferring(run: u32, isDeferring: bool): void {
  setFlag(run, RUN_FLAG_DEFERRING, isDeferring);
}

function setFlag(run: u32, flag: u8, isSet: bool): void {
  const flags = load<u8>(flagColumn + run);
  store<u8>(flagColumn + run, isSet ? flags | flag : flags & ~flag);
  refreshKey(run);
}

@inline
export function runProgram(run: u32): usize {
  return load<u32>(programColumn + (<usize>run << 2));
}

@inline
export function runBlock(run: u32): usize {
  return load<u32>(blockColumn + (<usize>run << 2));
}

@inline
export function runTokens(run: u32): usize {
  return load<u32>(tokenColumn + (<usize>run << 2));
}

@inline
export function tokenCapacity(run: u32): u32 {
  return load<u32>(tokenCapacityColumn + (<usize>run << 2));
}

@inline
export function runFrames(run: u32): usize {
  return load<u32>(frameColumn + (<usize>run << 2));
}

/** Sets the first frame of the run's list. */
export function setRunFrames(run: u32, frame: usize): void {
  store<u32>(frameColumn + (<usize>run << 2), <u32>frame);
}

@inline
export function runTimers(run: u32): usize {
  return load<u32>(timerColumn + (<usize>run << 2));
}

@inline
function timerCapacity(run: u32): u32 {
  return load<u16>(timerCapacityColumn + (<usize>run << 2));
}

/** Number of timer records in use, in the order of their serials; those of serial 0 are over. */
@inline
export function timerCount(run: u32): u32 {
  return load<u16>(timerCapacityColumn + (<usize>run << 2), 2);
}

/** Handle of a new run of `program`, or 0 when out of memory or past RUN_COUNT_MAX. */
export function createRun(program: usize): u32 {
  const run = takeIndex();
  if (run == 0xffffffff) return 0;
  const slotCount = programField(program, ProgramHeader.SLOT_COUNT);
  const size = blockClassSize(BLOCK_HEADER_SIZE + <usize>slotCount * CELL_SIZE);
  const block = allocateBlock(size);
  const isGraph = (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_TASKS) != 0;
  const tokenRecords: u32 = isGraph ? GRAPH_TOKEN_COUNT : 1;
  const tokens = allocateBlock(tokenRecords * TOKEN_SIZE);
  if (block == 0 || tokens == 0) {
    if (block != 0) freeBlock(block, size);
    if (tokens != 0) freeBlock(tokens, tokenRecords * TOKEN_SIZE);
    releaseIndex(run);
    return 0;
  }
  store<u32>(block, <u32>size);
  store<u32>(block, <u32>(BLOCK_HEADER_SIZE + <usize>slotCount * CELL_SIZE), 4);
  store<u32>(block, slotCount, 8);
  store<u32>(block, 1, 12);
  store<f64>(block, 0, 16);
  store<u64>(block, isGraph ? 0 : 1 << 32, 24);
  clearSlots(block + BLOCK_HEADER_SIZE, slotCount);
  memory.fill(tokens, 0, tokenRecords * TOKEN_SIZE);
  store<u8>(statusColumn + run, <u8>RunState.CREATED);
  store<u8>(flagColumn + run, isGraph ? RUN_FLAG_TASKS : 0);
  setColumns(run, program, block, tokens, tokenRecords);
  runCount += 1;
  return handleOf(run);
}

function setColumns(run: u32, program: usize, block: usize, tokens: usize, tokenRecords: u32): void {
  const at = <usize>run << 2;
  store<u32>(programColumn + at, <u32>program);
  store<u32>(blockColumn + at, <u32>block);
  store<u32>(tokenColumn + at, <u32>tokens);
  store<u32>(tokenCapacityColumn + at, tokenRecords);
  store<u32>(timerColumn + at, 0);
  store<u32>(timerCapacityColumn + at, 0);
  store<u32>(frameColumn + at, 0);
  refreshKey(run);
}

@inline
export function handleOf(run: u32): u32 {
  return run | (<u32>load<u16>(generationColumn + (<usize>run << 1)) << GENERATION_SHIFT);
}

/** Frees all that the run holds; its handle is dead from now on. */
export function destroyRun(run: u32): void {
  freeRunMemory(run);
  releaseIndex(run);
  runCount -= 1;
}

function freeRunMemory(run: u32): void {
  const block = runBlock(run);
  const extras = load<u32>(block, 24);
  if (extras != 0) {
    for (let at: usize = 0; at < EXTRAS_SIZE; at += 16) dropBuffer(extras + at);
    freeBlock(extras, EXTRAS_SIZE);
  }
  freeBlock(block, load<u32>(block));
  freeBlock(runTokens(run), <usize>tokenCapacity(run) * TOKEN_SIZE);
  if (runTimers(run) != 0) freeBlock(runTimers(run), <usize>timerCapacity(run) * TIMER_SIZE);
  let frame = runFrames(run);
  while (frame != 0) {
    const next = load<u32>(frame, 8);
    freeBlock(frame, load<u32>(frame, 4));
    frame = next;
  }
}

/** Makes cells ABSENT. */
export function clearSlots(slots: usize, count: u32): void {
  for (let slot: u32 = 0; slot < count; slot++) {
    store<u64>(slots + <usize>slot * CELL_SIZE, Tag.ABSENT);
    store<u64>(slots + <usize>slot * CELL_SIZE, 0, 8);
  }
}

function takeIndex(): u32 {
  if (firstFree != 0xffffffff) {
    const run = firstFree;
    firstFree = load<u32>(nextColumn + (<usize>run << 2));
    return run;
  }
  if (usedCount >= capacity && !growColumns()) return 0xffffffff;
  const run = usedCount;
  usedCount += 1;
  store<u16>(generationColumn + (<usize>run << 1), 1);
  return run;
}

function releaseIndex(run: u32): void {
  store<u8>(statusColumn + run, <u8>RunState.FREE);
  const generation = (<u32>load<u16>(generationColumn + (<usize>run << 1)) + 1) & GENERATION_MASK;
  store<u16>(generationColumn + (<usize>run << 1), <u16>(generation == 0 ? 1 : generation));
  store<u32>(keyColumn + (<usize>run << 2), 0);
  store<u32>(nextColumn + (<usize>run << 2), firstFree);
  firstFree = run;
}

function growColumns(): bool {
  const grown: u32 = capacity == 0 ? 256 : capacity * 2;
  if (grown > RUN_COUNT_MAX) return false;
  const next = allocateBlock(<usize>grown * 40);
  if (next == 0) return false;
  const previous = programColumn;
  const previousSize = <usize>capacity * 40;
  let at = next;
  at = moveColumn(at, programColumn, 4, grown);
  at = moveColumn(at, blockColumn, 4, grown);
  at = moveColumn(at, tokenColumn, 4, grown);
  at = moveColumn(at, tokenCapacityColumn, 4, grown);
  at = moveColumn(at, timerColumn, 4, grown);
  at = moveColumn(at, timerCapacityColumn, 4, grown);
  at = moveColumn(at, frameColumn, 4, grown);
  at = moveColumn(at, nextColumn, 4, grown);
  at = moveColumn(at, keyColumn, 4, grown);
  at = moveColumn(at, generationColumn, 2, grown);
  at = moveColumn(at, statusColumn, 1, grown);
  moveColumn(at, flagColumn, 1, grown);
  placeColumns(next, grown);
  if (previous != 0) freeBlock(previous, previousSize);
  capacity = grown;
  return true;
}

function moveColumn(target: usize, column: usize, width: usize, grown: u32): usize {
  if (column != 0) memory.copy(target, column, <usize>usedCount * width);
  return target + <usize>grown * width;
}

function placeColumns(base: usize, grown: u32): void {
  const size = <usize>grown << 2;
  programColumn = base;
  blockColumn = base + size;
  tokenColumn = base + size * 2;
  tokenCapacityColumn = base + size * 3;
  timerColumn = base + size * 4;
  timerCapacityColumn = base + size * 5;
  frameColumn = base + size * 6;
  nextColumn = base + size * 7;
  keyColumn = base + size * 8;
  generationColumn = base + size * 9;
  statusColumn = generationColumn + (<usize>grown << 1);
  flagColumn = statusColumn + grown;
}

// --- slots --------------------------------------------------------------------------------------------------------

/** Address of the slots that a frame sees (0: the run's own). */
@inline
export function slotsOf(run: u32, frame: usize): usize {
  return frame == 0 ? runBlock(run) + BLOCK_HEADER_SIZE : frame + FRAME_HEADER_SIZE;
}

/**
 * Stores a copy of the cell in a slot; false when the run's memory limit or the kernel's is reached, or the value has no
 * wire form (deeper than WIRE_DEPTH_MAX, or too large): whatever stands in a slot can be told, stored and taken up again.
 */
export function storeSlot(run: u32, frame: usize, slot: u32, cell: usize): bool {
  return storeCell(run, slotsOf(run, frame) + <usize>slot * CELL_SIZE, cell);
}

/** The same for a cell of one of the run's frames. */
export function storeCell(run: u32, target: usize, cell: usize): bool {
  const tag = load<i32>(cell);
  store<u64>(target, load<u64>(cell));
  store<u64>(target, load<u64>(cell, 8), 8);
  if (tag < Tag.STRING || tag == Tag.TIMESTAMP || tag == Tag.DURATION || tag == Tag.ABSENT) return true;
  return keepValue(run, target);
}

/** Copies the heap objects of a slot's cell into the run's block, which grows and is compacted as needed. */
function keepValue(run: u32, target: usize): bool {
  const block = runBlock(run);
  const size = load<u32>(block);
  const used = load<u32>(block, 4);
  const needed = deepSize(target, block, block + size);
  if (needed == 0) return true;
  if (needed == SIZE_OVER || wireSize(target) == 0) return dropFresh(target);
  if (needed <= size - used) {
    store<u32>(block, <u32>(deepCopy(target, block + used, block, block + size) - block), 4);
    return true;
  }
  return compact(run, target);
}

/** Moves all that the slots still hold to a block with room to spare. The cell at `fresh` may point anywhere. */
function compact(run: u32, fresh: usize): bool {
  const old = runBlock(run);
  const slotCount = load<u32>(old, 8);
  const slotsEnd = BLOCK_HEADER_SIZE + <usize>slotCount * CELL_SIZE;
  beginMoving(old, old + load<u32>(old));
  let live = addSizes(slotsEnd, old + BLOCK_HEADER_SIZE, slotCount, runSizeMax);
  for (let frame = runFrames(run); frame != 0 && live != SIZE_OVER; frame = load<u32>(frame, 8))
    live = addSizes(live, frame + FRAME_HEADER_SIZE, load<u32>(frame, 24), runSizeMax);
  const size = live == SIZE_OVER ? 0 : spaciousSize(live);
  const block = size == 0 ? 0 : allocateBlock(size);
  if (block == 0) {
    forgetSizes(old + BLOCK_HEADER_SIZE, slotCount);
    for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) forgetSizes(frame + FRAME_HEADER_SIZE, load<u32>(frame, 24));
    return dropFresh(fresh);
  }
  memory.copy(block, old, slotsEnd);
  store<u32>(block, <u32>size);
  let next = moveValues(block + BLOCK_HEADER_SIZE, slotCount, block + slotsEnd);
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) next = moveValues(frame + FRAME_HEADER_SIZE, load<u32>(frame, 24), next);
  store<u32>(block, <u32>(next - block), 4);
  store<u32>(blockColumn + (<usize>run << 2), <u32>block);
  freeBlock(old, load<u32>(old));
  return true;
}

/** Size of a block for so many bytes, with room to spare: half as much again, of large ones an eighth, less at the limit. 0: over the limit. */
export function spaciousSize(live: usize): usize {
  const spare = max<usize>(min<usize>(live >>> 1, SPARE_SIZE_MIN), live >>> 3);
  const size = blockClassSize(live + spare);
  if (size <= runSizeMax) return size;
  const least = blockClassSize(live + (spare >>> 2));
  return least <= runSizeMax ? least : 0;
}

function dropFresh(fresh: usize): bool {
  store<u64>(fresh, Tag.NULL);
  store<u64>(fresh, 0, 8);
  return false;
}

// --- frames -------------------------------------------------------------------------------------------------------

/** A branch's own view of the slots: a copy of the cells, the values shared. `node`: its fork's. 0 when out of memory. */
export function createFrame(run: u32, parent: usize, node: u32): usize {
  const slotCount = load<u32>(runBlock(run), 8);
  const bytes = <usize>slotCount * CELL_SIZE;
  const size = blockClassSize(FRAME_HEADER_SIZE + bytes * 2);
  const frame = allocateBlock(size);
  if (frame == 0) return 0;
  store<u32>(frame, <u32>parent);
  store<u32>(frame, <u32>size, 4);
  store<u32>(frame, <u32>runFrames(run), 8);
  store<u32>(frame, parent == 0 ? 1 : load<u32>(parent, 12) + 1, 12);
  store<u64>(frame, node, 16);
  store<u64>(frame, slotCount * 2, 24);
  memory.copy(frame + FRAME_HEADER_SIZE, slotsOf(run, parent), bytes);
  memory.copy(frame + FRAME_HEADER_SIZE + bytes, slotsOf(run, parent), bytes);
  store<u32>(frameColumn + (<usize>run << 2), <u32>frame);
  return frame;
}

/** Frees the frames whose mark is 0. */
export function freeUnmarkedFrames(run: u32): void {
  let link = frameColumn + (<usize>run << 2);
  while (load<u32>(link) != 0) {
    const frame = <usize>load<u32>(link);
    if (load<u32>(frame, 20) != 0) link = frame + 8;
    else {
      store<u32>(link, load<u32>(frame, 8));
      freeBlock(frame, load<u32>(frame, 4));
    }
  }
}

// --- tokens and timers --------------------------------------------------------------------------------------------

@inline
export function tokenAt(run: u32, index: u32): usize {
  return runTokens(run) + <usize>index * TOKEN_SIZE;
}

/** Number of token records in use. */
@inline
export function tokenCount(run: u32): u32 {
  return load<u32>(runBlock(run), 28);
}

@inline
export function setTokenCount(run: u32, count: u32): void {
  store<u32>(runBlock(run), count, 28);
}

/** Index of a new token, its record cleared, behind all others; NO_TOKEN past TOKEN_COUNT_MAX or out of memory. May move the table. */
export function createToken(run: u32): u32 {
  const count = tokenCount(run);
  if (count == tokenCapacity(run) && (count >= TOKEN_COUNT_MAX || !resizeTokens(run, count * 2))) return NO_TOKEN;
  memory.fill(tokenAt(run, count), 0, TOKEN_SIZE);
  setTokenCount(run, count + 1);
  return count;
}

/** Moves the tokens in use to a table of another capacity; false when out of memory. */
export function resizeTokens(run: u32, capacity: u32): bool {
  const table = allocateBlock(<usize>capacity * TOKEN_SIZE);
  if (table == 0) return false;
  memory.copy(table, runTokens(run), <usize>tokenCount(run) * TOKEN_SIZE);
  freeBlock(runTokens(run), <usize>tokenCapacity(run) * TOKEN_SIZE);
  store<u32>(tokenColumn + (<usize>run << 2), <u32>table);
  store<u32>(tokenCapacityColumn + (<usize>run << 2), capacity);
  return true;
}

@inline
export function timerAt(run: u32, index: u32): usize {
  return runTimers(run) + <usize>index * TIMER_SIZE;
}

/** Address of a new timer record behind all others, or 0 past TIMER_COUNT_MAX or out of memory. Moves the others. */
export function createTimer(run: u32): usize {
  const capacity = timerCapacity(run);
  let count = timerCount(run);
  if (count == capacity) {
    count = dropTimers(run);
    if (count == TIMER_COUNT_MAX || (count << 1 >= capacity && capacity < TIMER_COUNT_MAX && !growTimers(run, capacity, count))) return 0;
  }
  store<u16>(timerCapacityColumn + (<usize>run << 2), count + 1, 2);
  return timerAt(run, count);
}

/** Closes the gaps of timers that are over; returns how many there are. */
function dropTimers(run: u32): u32 {
  let count: u32 = 0;
  for (let at: u32 = 0; at < timerCount(run); at++)
    if (load<u32>(timerAt(run, at)) != 0) memory.copy(timerAt(run, count++), timerAt(run, at), TIMER_SIZE);
  return count;
}

function growTimers(run: u32, capacity: u32, count: u32): bool {
  const grown: u32 = capacity == 0 ? 4 : capacity << 1;
  const table = allocateBlock(<usize>grown * TIMER_SIZE);
  if (table == 0) return false;
  memory.copy(table, runTimers(run), <usize>count * TIMER_SIZE);
  if (capacity > 0) freeBlock(runTimers(run), <usize>capacity * TIMER_SIZE);
  store<u32>(timerColumn + (<usize>run << 2), <u32>table);
  store<u16>(timerCapacityColumn + (<usize>run << 2), grown);
  return true;
}

/** The next serial of the run: names a task call or a timer between kernel and shell. */
export function takeSerial(run: u32): u32 {
  const block = runBlock(run);
  const serial = load<u32>(block, 12);
  store<u32>(block, serial + 1, 12);
  return serial;
}

// --- buffers ------------------------------------------------------------------------------------------------------

/** One of the run's growing buffers (BUFFER_…), or 0 where the run has none yet. */
@inline
export function runBuffer(run: u32, which: usize): usize {
  const extras = <usize>load<u32>(runBlock(run), 24);
  return extras == 0 ? 0 : extras + which;
}

/** Address of `size` new bytes (a multiple of 4) at the end of a buffer; 0 when out of memory. */
export function extendBuffer(run: u32, which: usize, size: u32): usize {
  let extras = <usize>load<u32>(runBlock(run), 24);
  if (extras == 0) {
    extras = allocateBlock(EXTRAS_SIZE);
    if (extras == 0) return 0;
    memory.fill(extras, 0, EXTRAS_SIZE);
    store<u32>(runBlock(run), <u32>extras, 24);
  }
  const buffer = extras + which;
  const used = load<u32>(buffer, 8);
  const capacity = load<u32>(buffer, 4);
  if (<u64>used + size > <u64>capacity) {
    const grown = blockClassSize(max<usize>(<usize>capacity * 2, <usize>used + size));
    const block = grown > runSizeMax ? 0 : allocateBlock(grown);
    if (block == 0) return 0;
    if (capacity != 0) {
      memory.copy(block, load<u32>(buffer), used);
      freeBlock(load<u32>(buffer), capacity);
    }
    store<u32>(buffer, <u32>block);
    store<u32>(buffer, <u32>grown, 4);
  }
  store<u32>(buffer, used + size, 8);
  return <usize>load<u32>(buffer) + used;
}

/** Frees what a buffer holds. */
export function dropBuffer(buffer: usize): void {
  if (load<u32>(buffer) != 0) freeBlock(load<u32>(buffer), load<u32>(buffer, 4));
  store<u64>(buffer, 0);
  store<u64>(buffer, 0, 8);
}
