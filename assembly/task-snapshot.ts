// Checkpoints of task graphs. The reader trusts nothing: every number is checked against the program before the run can step.
//
//   varint frame count, then per frame (bases first): varint base (0 none, else number), a wire value per variable
//   · a wire value per slot of the run · varint frame in use, frame of ended branches, number of the last split
//   · u8 has it an error to fail with, then a wire value · varint instance count, then per instance: u8 phase and, unless unused: varint node,
//     attempt, serial, time limit, visit, frame, split, ways that have come, event, transition + 1, u8 what more (1 items, 2 arrivals)
//     items: 6 varints, a wire value per cell · of an undo and an entry that waits: undo-snapshot.ts · arrivals: varint per way (0 none, 1 taken, else frame + 1)
//   · varint queue length, names · varint count of instances at joins, names in the order of their lists
//   · varint call count, then per call: varint serial, instance, item + 1, kind · undo-snapshot.ts
import { CELL_SIZE, NO_INDEX, ProgramHeader, Tag } from "./abi";
import { appendAt, prepareJoins } from "./arrivals";
import { branchCells, retainFrame } from "./branches";
import { listSerials } from "./giving-up";
import { createCells } from "./graph-frames";
import {
  Call, INSTANCE_COUNT_MAX, NO_ITEM, Phase, addActive, addAwaiting, addCall, addJoining, callCount, chainUnused, createInstance,
  currentFrame, endedFrame, enqueue, failingError, findCall, firstQueued, instanceAt, instanceRecordCount, lastRegistration, phaseOf, setCurrentFrame, setEndedFrame,
  setFailingError, setPhase, setSplitCount, splitCount,
} from "./instances";
import { ITEM_COUNT_MAX, ITEMS_BLOCK_SIZE, ITEMS_CELLS, restoreItems } from "./items";
import { allocateScratch } from "./memory";
import { appendByte, appendVarint, appendWire, appendWord, noteExhaustion } from "./output";
import { isUndo, otherOf, programField, taskRecord } from "./program";
import { registeredFrame, registrationBefore } from "./registrations";
import { BUFFER_JOINS, FRAME_HEADER_SIZE, runBuffer, runFrames, runProgram, slotsOf } from "./run";
import { scopeLimitAt, scopeLimitCount } from "./scope-limits";
import { frameBy, hasLooseFrame, readFrames, readInto, releaseFrames } from "./snapshot-frames";
import { breakReading, isReadingBroken, leftSize, readByte, readVarint } from "./snapshot-reader";
import { isLimitedScope, isTask } from "./task-loading";
import { readUndo, readUndoOfInstance, writeUndo, writeUndoOfInstance } from "./undo-snapshot";

const HAS_ITEMS: i32 = 1;
const HAS_ARRIVALS: i32 = 2;

// --- writing ------------------------------------------------------------------------------------------------------

let frameCount: u32 = 0;

export function writeTasks(run: u32): void {
  const program = runProgram(run);
  countFrames(run);
  appendVarint(frameCount);
  frameCount = 0;
  eachFrame(run, true);
  for (let slot = programField(program, ProgramHeader.BRANCH_SLOT_COUNT); slot < programField(program, ProgramHeader.SLOT_COUNT); slot++) {
    appendWire(slotsOf(run, 0) + <usize>slot * CELL_SIZE);
  }
  appendVarint(numberOf(currentFrame(run)));
  appendVarint(numberOf(endedFrame(run)));
  appendVarint(splitCount(run));
  appendByte(failingError(run) == 0 ? 0 : 1);
  if (failingError(run) != 0) appendWire(failingError(run) + FRAME_HEADER_SIZE);
  appendVarint(instanceRecordCount(run));
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) writeInstance(run, name);
  writeQueue(run);
  writeJoins(run);
  writeCalls(run);
  writeUndo(run);
}

@inline
function numberOf(frame: usize): u32 {
  return frame == 0 ? 0 : load<u32>(frame, 20);
}

/** Marks what the run's branches see with 0 or, counting, with numbers: bases before what was made from them. */
function countFrames(run: u32): void {
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(frame, 0, 20);
  frameCount = 0;
  eachFrame(run, false);
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(frame, 0, 20);
}

function eachFrame(run: u32, isWriting: bool): void {
  visitFrame(run, currentFrame(run), isWriting);
  visitFrame(run, endedFrame(run), isWriting);
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) == Phase.UNUSED) continue;
    visitFrame(run, load<u32>(instance, 12), isWriting);
    const arrivals = arrivalsOf(instance);
    if (phaseOf(instance) == Phase.UNDOING) visitRegistered(run, load<u32>(instance, 44), isWriting);
    const wayCount: u32 = arrivals == 0 ? 0 : load<u32>(taskRecord(runProgram(run), load<u32>(instance)), 4);
    for (let way: u32 = 0; way < wayCount; way++) {
      const branch = load<u32>(arrivals + FRAME_HEADER_SIZE + (<usize>way << 2));
      if (branch > 1) visitFrame(run, branch, isWriting);
    }
  }
  visitRegistered(run, lastRegistration(run), isWriting);
  for (let scope: u32 = 0; scope < scopeLimitCount(run); scope++) visitFrame(run, load<u32>(scopeLimitAt(run, scope), 8), isWriting);
}

/** The arrivals block of an instance at a join, or 0. */
@inline
function arrivalsOf(instance: usize): usize {
  return phaseOf(instance) == Phase.UNDOING ? 0 : <usize>load<u32>(instance, 28);
}

function visitRegistered(run: u32, list: usize, isWriting: bool): void {
  for (let at = list; at != 0; at = registrationBefore(at)) visitFrame(run, registeredFrame(at), isWriting);
}

function visitFrame(run: u32, frame: usize, isWriting: bool): void {
  let length: u32 = 0;
  for (let at = frame; at != 0 && load<u32>(at, 20) == 0; at = load<u32>(at)) length += 1;
  if (length == 0) return;
  const list = allocateScratch(<usize>length << 2);
  if (list == 0) {
    noteExhaustion();
    return;
  }
  let at = frame;
  for (let place = length; place > 0; place--) {
    store<u32>(list + (<usize>(place - 1) << 2), <u32>at);
    at = load<u32>(at);
  }
  for (let place: u32 = 0; place < length; place++) {
    const each = <usize>load<u32>(list + (<usize>place << 2));
    frameCount += 1;
    store<u32>(each, frameCount, 20);
    if (!isWriting) continue;
    appendVarint(numberOf(load<u32>(each)));
    const cells = branchCells(run, each);
    for (let slot: u32 = 0; slot < programField(runProgram(run), ProgramHeader.BRANCH_SLOT_COUNT); slot++) appendWire(cells + <usize>slot * CELL_SIZE);
  }
}

function writeInstance(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  appendByte(phaseOf(instance));
  if (phaseOf(instance) == Phase.UNUSED) return;
  const items = <usize>load<u32>(instance, 24);
  const arrivals = arrivalsOf(instance);
  appendVarint(load<u32>(instance));
  appendVarint(load<u16>(instance, 6));
  appendVarint(load<u32>(instance, 8));
  appendVarint(load<u32>(instance, 20));
  appendVarint(load<u32>(instance, 56));
  appendVarint(numberOf(load<u32>(instance, 12)));
  appendVarint(load<u32>(instance, 32));
  appendVarint(load<u32>(instance, 36));
  appendVarint(load<u32>(instance, 40));
  appendVarint(load<u32>(instance, 48) + 1);
  appendByte((items == 0 ? 0 : HAS_ITEMS) | (arrivals == 0 ? 0 : HAS_ARRIVALS));
  if (items != 0) writeItems(items);
  writeUndoOfInstance(run, name);
  if (arrivals == 0) return;
  const wayCount = load<u32>(taskRecord(runProgram(run), load<u32>(instance)), 4);
  for (let way: u32 = 0; way < wayCount; way++) {
    const branch = load<u32>(arrivals + FRAME_HEADER_SIZE + (<usize>way << 2));
    appendVarint(branch <= 1 ? branch : numberOf(branch) + 1);
  }
}

function writeItems(block: usize): void {
  const words = block + FRAME_HEADER_SIZE;
  for (let at: usize = 4; at < ITEMS_BLOCK_SIZE; at += 4) appendVarint(load<u32>(words + at));
  const cells = <usize>load<u32>(words);
  const count = load<u32>(cells, 24);
  for (let at: u32 = 0; at < count; at++) appendWire(cells + FRAME_HEADER_SIZE + (<usize>at << 4));
}

function writeQueue(run: u32): void {
  let count: u32 = 0;
  for (let name = firstQueued(run); name != 0; name = load<u32>(instanceAt(run, name), 16)) count += 1;
  appendVarint(count);
  for (let name = firstQueued(run); name != 0; name = load<u32>(instanceAt(run, name), 16)) appendVarint(name);
}

function writeJoins(run: u32): void {
  const buffer = runBuffer(run, BUFFER_JOINS);
  const nodeCount: u32 = buffer == 0 || load<u32>(buffer) == 0 ? 0 : load<u32>(buffer, 8) >>> 2;
  let count: u32 = 0;
  for (let node: u32 = 0; node < nodeCount; node++) {
    for (let name = load<u32>(load<u32>(buffer) + (<usize>node << 2)); name != 0; name = load<u32>(instanceAt(run, name), 16)) count += 1;
  }
  appendVarint(count);
  for (let node: u32 = 0; node < nodeCount; node++) {
    for (let name = load<u32>(load<u32>(buffer) + (<usize>node << 2)); name != 0; name = load<u32>(instanceAt(run, name), 16)) appendVarint(name);
  }
}

function writeCalls(run: u32): void {
  const count = callCount(run);
  appendVarint(count);
  const list = count == 0 ? 0 : allocateScratch(<usize>count << 2);
  if (list == 0) {
    if (count != 0) noteExhaustion();
    return;
  }
  // Where they stand in the table depends on the order in which they came there.
  listSerials(run, 0, list);
  for (let at: u32 = 0; at < count; at++) {
    const entry = findCall(run, load<u32>(list + (<usize>at << 2)));
    appendVarint(load<u32>(entry));
    appendVarint(load<u32>(entry, 4));
    appendVarint(load<u32>(entry, 8) + 1);
    appendVarint(load<u32>(entry, 12));
  }
}

/** Writes the nodes of what is under way, undone or waits at a join, ascending, each once, as u32 to the payload area; returns their count. */
export function writeActiveTasks(run: u32): u32 {
  const nodeCount = programField(runProgram(run), ProgramHeader.NODE_COUNT);
  const marks = allocateScratch(nodeCount);
  if (marks == 0) return 0;
  memory.fill(marks, 0, nodeCount);
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const phase = phaseOf(instanceAt(run, name));
    const node = load<u32>(instanceAt(run, name));
    if (phase != Phase.UNUSED && phase != Phase.JOINED) store<u8>(marks + (isUndo(runProgram(run), node) ? otherOf(runProgram(run), node) : node), 1);
  }
  let count: u32 = 0;
  for (let node: u32 = 1; node < nodeCount; node++) {
    if (load<u8>(marks + node) == 0) continue;
    appendWord(node);
    count += 1;
  }
  return count;
}

// --- reading ------------------------------------------------------------------------------------------------------

export function readTasks(run: u32): void {
  const program = runProgram(run);
  readFrames(run);
  for (let slot = programField(program, ProgramHeader.BRANCH_SLOT_COUNT); slot < programField(program, ProgramHeader.SLOT_COUNT) && !isReadingBroken(); slot++) {
    readInto(run, slotsOf(run, 0) + <usize>slot * CELL_SIZE);
  }
  const inUse = frameBy(readVarint());
  const ended = frameBy(readVarint());
  setSplitCount(run, readVarint());
  if (readByte() != 0 && !isReadingBroken()) {
    const error = createCells(run, 1, 0);
    if (error == 0) breakReading();
    else {
      setFailingError(run, error);
      readInto(run, error + FRAME_HEADER_SIZE);
    }
  }
  if (ended != 0) retainFrame(ended);
  setEndedFrame(run, ended);
  const count = readVarint();
  if (count > INSTANCE_COUNT_MAX) breakReading();
  for (let name: u32 = 1; name <= count && !isReadingBroken(); name++) readInstance(run, name);
  readQueue(run);
  readJoins(run);
  readCalls(run);
  if (!isReadingBroken()) readUndo(run);
  if (isReadingBroken()) return;
  // The frame in use has no reference of its own: it is one of those that something holds.
  if (hasLooseFrame()) breakReading();
  if (isReadingBroken()) return;
  if (inUse != 0) takeIntoUse(run, inUse);
  releaseFrames(run);
  chainUnused(run);
}

/** The cells of the frame in use stand in the run's slots. */
function takeIntoUse(run: u32, frame: usize): void {
  const count = programField(runProgram(run), ProgramHeader.BRANCH_SLOT_COUNT);
  memory.copy(slotsOf(run, 0), frame + FRAME_HEADER_SIZE, <usize>count * CELL_SIZE);
  for (let slot: u32 = 0; slot < count; slot++) {
    store<u64>(frame + FRAME_HEADER_SIZE + <usize>slot * CELL_SIZE, Tag.ABSENT);
    store<u64>(frame + FRAME_HEADER_SIZE + <usize>slot * CELL_SIZE, 0, 8);
  }
  setCurrentFrame(run, frame);
}

function readInstance(run: u32, name: u32): void {
  const program = runProgram(run);
  const phase = readByte();
  if (phase > Phase.UNDOING || createInstance(run, 0, 0, 0) != name) breakReading();
  if (isReadingBroken() || phase == Phase.UNUSED) return;
  const instance = instanceAt(run, name);
  const node = readVarint();
  store<u32>(instance, node);
  store<u16>(instance, <u16>readVarint(), 6);
  store<u32>(instance, readVarint(), 8);
  store<u32>(instance, readVarint(), 20);
  store<u32>(instance, readVarint(), 56);
  const frame = frameBy(readVarint());
  store<u32>(instance, readVarint(), 32);
  store<u32>(instance, readVarint(), 36);
  store<u32>(instance, readVarint(), 40);
  const transition = readVarint() - 1;
  store<u32>(instance, transition, 48);
  const more = readByte();
  const isAtJoin = phase == Phase.JOINING || phase == Phase.JOINED;
  if (node == 0 || node >= programField(program, ProgramHeader.NODE_COUNT) || isTask(program, node) == false && phase != Phase.UNDOING || load<u16>(instance, 6) == 0) breakReading();
  if (isAtJoin != (frame == 0) || isAtJoin != ((more & HAS_ARRIVALS) != 0) || (phase == Phase.ITEMS) != ((more & HAS_ITEMS) != 0)) breakReading();
  if (transition != NO_INDEX && transition >= programField(program, ProgramHeader.TRANSITION_COUNT)) breakReading();
  if (load<u32>(instance, 40) > programField(program, ProgramHeader.EVENT_COUNT)) breakReading();
  if (isReadingBroken()) return;
  setPhase(instance, phase);
  store<u32>(instance, <u32>frame, 12);
  if (frame != 0) retainFrame(frame);
  if (!isAtJoin) addActive(run, 1);
  if (phase == Phase.AWAITING) addAwaiting(run, 1);
  if (phase == Phase.JOINING) addJoining(run, 1);
  if ((more & HAS_ITEMS) != 0) readItems(run, name);
  if (!isReadingBroken()) readUndoOfInstance(run, name);
  if (isAtJoin) readArrivals(run, name, phase == Phase.JOINED);
}

const WORDS = memory.data(28);

function readItems(run: u32, name: u32): void {
  for (let at: usize = 4; at < ITEMS_BLOCK_SIZE; at += 4) store<u32>(WORDS + at, readVarint());
  const count = load<u32>(WORDS, 4);
  const next = load<u32>(WORDS, 8);
  // Each cell takes a byte at least.
  if (count > ITEM_COUNT_MAX || count > leftSize() || next > count || load<u32>(WORDS, 12) > next || load<u32>(WORDS, 16) > next || load<u32>(WORDS, 20) == 0) breakReading();
  if (isReadingBroken()) return;
  const cells = restoreItems(run, name, WORDS);
  if (cells == 0) breakReading();
  for (let at: u32 = 0; at < count + ITEMS_CELLS && !isReadingBroken(); at++) readInto(run, cells + FRAME_HEADER_SIZE + (<usize>at << 4));
}

function readArrivals(run: u32, name: u32, isFired: bool): void {
  const task = taskRecord(runProgram(run), load<u32>(instanceAt(run, name)));
  const wayCount = load<u32>(task, 4);
  if (load<u32>(task) == 0 || wayCount > leftSize()) breakReading();
  const arrivals = isReadingBroken() ? 0 : createCells(run, 0, <usize>wayCount << 2);
  if (arrivals == 0) {
    breakReading();
    return;
  }
  memory.fill(arrivals + FRAME_HEADER_SIZE, 0, <usize>wayCount << 2);
  store<u32>(instanceAt(run, name), <u32>arrivals, 28);
  let come: u32 = 0;
  for (let way: u32 = 0; way < wayCount && !isReadingBroken(); way++) {
    const word = readVarint();
    if (word != 0) come += 1;
    if (isFired && word > 1) breakReading();
    const frame = word <= 1 ? 0 : frameBy(word - 1);
    if (isReadingBroken()) return;
    if (frame != 0) retainFrame(frame);
    store<u32>(arrivals + FRAME_HEADER_SIZE + (<usize>way << 2), frame == 0 ? word : <u32>frame);
  }
  const enough = load<u32>(task);
  if (come != load<u32>(instanceAt(run, name), 36) || (isFired ? come < enough || come == wayCount : come >= enough)) breakReading();
}

function readName(run: u32): u32 {
  const name = readVarint();
  if (name == 0 || name > instanceRecordCount(run)) breakReading();
  return isReadingBroken() ? 0 : name;
}

function readQueue(run: u32): void {
  const count = readVarint();
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const name = readName(run);
    if (name == 0) return;
    const instance = instanceAt(run, name);
    // +52 marks those that stand in a list already.
    if ((phaseOf(instance) != Phase.READY && phaseOf(instance) != Phase.ITEMS) || load<u32>(instance, 52) != 0) breakReading();
    else {
      store<u32>(instance, 1, 52);
      enqueue(run, name);
    }
  }
}

function readJoins(run: u32): void {
  const count = readVarint();
  if (count != 0 && !prepareJoins(run)) breakReading();
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const name = readName(run);
    if (name == 0) return;
    const instance = instanceAt(run, name);
    if ((phaseOf(instance) != Phase.JOINING && phaseOf(instance) != Phase.JOINED) || load<u32>(instance, 52) != 0) breakReading();
    else {
      store<u32>(instance, 1, 52);
      appendAt(run, load<u32>(instance), name);
    }
  }
  for (let name: u32 = 1; name <= instanceRecordCount(run) && !isReadingBroken(); name++) {
    const instance = instanceAt(run, name);
    const phase = phaseOf(instance);
    const isListed = phase == Phase.READY || phase == Phase.JOINING || phase == Phase.JOINED;
    if (isListed && load<u32>(instance, 52) == 0) breakReading();
    store<u32>(instance, 0, 52);
  }
}

function readCalls(run: u32): void {
  const count = readVarint();
  if (count > leftSize()) breakReading();
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const serial = readVarint();
    const name = readVarint();
    const item = readVarint() - 1;
    const kind = <i32>readVarint();
    if (serial == 0 || kind < Call.TASK || kind > Call.SCOPE || name > instanceRecordCount(run) || (name == 0) != (kind >= Call.RUN)) breakReading();
    if (isReadingBroken()) return;
    if (kind >= Call.RUN) {
      if ((kind == Call.RUN) != (item == NO_ITEM) || (kind == Call.SCOPE && !isLimitedScope(runProgram(run), item)) || !addCall(run, serial, name, item, kind)) breakReading();
      continue;
    }
    const instance = instanceAt(run, name);
    const phase = phaseOf(instance);
    const isItem = item != NO_ITEM;
    if (phase < Phase.DELAYED || phase == Phase.UNDOING || (isItem && (phase != Phase.ITEMS || item >= load<u32>(load<u32>(instance, 24) + FRAME_HEADER_SIZE, 4)))) breakReading();
    if (isReadingBroken() || !addCall(run, serial, name, item, kind)) breakReading();
  }
}
