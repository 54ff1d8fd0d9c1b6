// What can be undone, and the time limits of scopes, in checkpoints of task graphs. Only programs that have either have these parts.
//
//   A registration: varint node of the task, number of the visit, its own number, frame (0 while it is undone), then its result as a wire value.
//   A list: varint count, registrations, the last first. Failed undos: u8 are there any, then a wire value.
//   Of the run, where the program has undos: varint number of the last registration, the stack, its failed undos; where scopes have limits, varint
//   count and per scope: varint serial, frame (0: it was not entered), split.
import { NO_NODE, PROGRAM_FLAG_SCOPE_LIMITS, PROGRAM_FLAG_UNDO, ProgramHeader, Tag } from "./abi";
import { retainFrame } from "./branches";
import { tagOf } from "./cell";
import { failedUndos } from "./failed-undos";
import { createCells } from "./graph-frames";
import {
  Call, Phase, failedUndosAt, findCall, instanceAt, instanceRecordCount, lastRegistration, phaseOf, registrationNumber, setLastRegistration, setRegistrationNumber,
} from "./instances";
import { appendByte, appendVarint, appendWire } from "./output";
import { isUndo, otherOf, programField } from "./program";
import {
  createRegistration, numberOfRegistration, registeredFrame, registeredResult, registeredTask, registeredVisit, registrationBefore, setRegistrationBefore,
} from "./registrations";
import { FRAME_HEADER_SIZE, runProgram } from "./run";
import { enterScopes, prepareScopeLimits, scopeLimitAt, scopeLimitCount } from "./scope-limits";
import { frameBy, readInto } from "./snapshot-frames";
import { breakReading, isReadingBroken, leftSize, readByte, readVarint } from "./snapshot-reader";

@inline
function numberOf(frame: usize): u32 {
  return frame == 0 ? 0 : load<u32>(frame, 20);
}

@inline
function hasFlag(run: u32, flag: u32): bool {
  return (programField(runProgram(run), ProgramHeader.FLAGS) & flag) != 0;
}

// --- writing ------------------------------------------------------------------------------------------------------

function writeRegistration(registration: usize): void {
  appendVarint(registeredTask(registration));
  appendVarint(registeredVisit(registration));
  appendVarint(numberOfRegistration(registration));
  appendVarint(numberOf(registeredFrame(registration)));
  appendWire(registeredResult(registration));
}

function writeRegistrations(list: usize): void {
  let count: u32 = 0;
  for (let at = list; at != 0; at = registrationBefore(at)) count += 1;
  appendVarint(count);
  for (let at = list; at != 0; at = registrationBefore(at)) writeRegistration(at);
}

function writeFailed(run: u32, waiter: u32): void {
  const list = failedUndos(run, waiter);
  appendByte(list == 0 ? 0 : 1);
  if (list != 0) appendWire(list);
}

/** Of an undo, or of an entry that waits; nothing of any other instance. */
export function writeUndoOfInstance(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  if (phaseOf(instance) == Phase.UNDOING) {
    writeRegistrations(load<u32>(instance, 44));
    writeFailed(run, name);
  } else if (load<u32>(instance, 44) != 0) writeRegistration(load<u32>(instance, 44));
}

export function writeUndo(run: u32): void {
  if (hasFlag(run, PROGRAM_FLAG_UNDO)) {
    appendVarint(registrationNumber(run));
    writeRegistrations(lastRegistration(run));
    writeFailed(run, 0);
  }
  if (!hasFlag(run, PROGRAM_FLAG_SCOPE_LIMITS)) return;
  const count = scopeLimitCount(run);
  appendVarint(count);
  for (let scope: u32 = 0; scope < count; scope++) {
    const entry = scopeLimitAt(run, scope);
    // A run that has ended has given its calls up.
    appendVarint(findCall(run, load<u32>(entry, 4)) == 0 ? 0 : load<u32>(entry, 4));
    appendVarint(numberOf(load<u32>(entry, 8)));
    appendVarint(load<u32>(entry, 12));
  }
}

// --- reading ------------------------------------------------------------------------------------------------------

/** A registration in no list; 0: the reading is broken. */
function readRegistration(run: u32, isUndone: bool): usize {
  const program = runProgram(run);
  const node = readVarint();
  const visit = readVarint();
  const number = readVarint();
  const frame = frameBy(readVarint());
  if (node == 0 || node >= programField(program, ProgramHeader.NODE_COUNT) || isUndo(program, node) || otherOf(program, node) == NO_NODE || (frame == 0) != isUndone) breakReading();
  const registration = isReadingBroken() ? 0 : createRegistration(run, node, frame, visit, number);
  if (registration == 0) breakReading();
  else readInto(run, registeredResult(registration));
  return isReadingBroken() ? 0 : registration;
}

function readRegistrations(run: u32): usize {
  const count = readVarint();
  if (count > leftSize()) breakReading();
  let first: usize = 0;
  let end: usize = 0;
  for (let at: u32 = 0; at < count && !isReadingBroken(); at++) {
    const registration = readRegistration(run, false);
    if (registration == 0) return 0;
    if (end == 0) first = registration;
    else if (numberOfRegistration(end) <= numberOfRegistration(registration)) breakReading();
    else setRegistrationBefore(end, registration);
    end = registration;
  }
  return first;
}

function readFailed(run: u32, waiter: u32): void {
  if (readByte() == 0 || isReadingBroken()) return;
  const frame = createCells(run, 1, 0);
  if (frame == 0) {
    breakReading();
    return;
  }
  store<u32>(failedUndosAt(run, waiter), <u32>frame);
  readInto(run, frame + FRAME_HEADER_SIZE);
  if (tagOf(frame + FRAME_HEADER_SIZE) != Tag.LIST) breakReading();
}

/** The node, the phase and what else an instance has are there. */
export function readUndoOfInstance(run: u32, name: u32): void {
  const program = runProgram(run);
  if (phaseOf(instanceAt(run, name)) == Phase.UNDOING) {
    const list = readRegistrations(run);
    store<u32>(instanceAt(run, name), <u32>list, 44);
    readFailed(run, name);
    return;
  }
  const node = load<u32>(instanceAt(run, name));
  if (!isUndo(program, node)) return;
  const registration = readRegistration(run, true);
  if (registration == 0 || registeredTask(registration) != otherOf(program, node)) breakReading();
  store<u32>(instanceAt(run, name), <u32>registration, 44);
}

/** Instances and calls are there. */
export function readUndo(run: u32): void {
  if (hasFlag(run, PROGRAM_FLAG_UNDO)) {
    setRegistrationNumber(run, readVarint());
    setLastRegistration(run, readRegistrations(run));
    if (!isReadingBroken()) readFailed(run, 0);
    checkWaiters(run);
  }
  if (hasFlag(run, PROGRAM_FLAG_SCOPE_LIMITS) && !isReadingBroken()) readLimits(run);
}

/** What is undone for an entry, and entries, know each other. */
function checkWaiters(run: u32): void {
  const program = runProgram(run);
  for (let name: u32 = 1; name <= instanceRecordCount(run) && !isReadingBroken(); name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) == Phase.UNUSED || !isUndo(program, load<u32>(instance)) || load<u32>(instance, 36) == 0) continue;
    const waiter = load<u32>(instance, 36);
    if (waiter > instanceRecordCount(run) || phaseOf(instanceAt(run, waiter)) != Phase.UNDOING || load<u32>(instanceAt(run, waiter), 36) == 0) breakReading();
    // For a while +52 counts how many of them were met.
    else store<u32>(instanceAt(run, waiter), load<u32>(instanceAt(run, waiter), 52) + 1, 52);
  }
  for (let name: u32 = 1; name <= instanceRecordCount(run) && !isReadingBroken(); name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) != Phase.UNDOING) continue;
    if (load<u32>(instance, 52) != load<u32>(instance, 36) || load<u32>(instance, 36) == 0) breakReading();
    store<u32>(instance, 0, 52);
  }
}

function readLimits(run: u32): void {
  const count = readVarint();
  if (count != 0 && !prepareScopeLimits(run)) breakReading();
  if (count != scopeLimitCount(run)) breakReading();
  for (let name: u32 = 1; name <= instanceRecordCount(run) && count != 0 && !isReadingBroken(); name++) {
    const instance = instanceAt(run, name);
    const frame = <usize>load<u32>(instance, 12);
    if (phaseOf(instance) != Phase.UNUSED && frame != 0 && !enterScopes(run, load<u32>(instance), 0, 0)) breakReading();
  }
  for (let scope: u32 = 0; scope < count && !isReadingBroken(); scope++) {
    const entry = scopeLimitAt(run, scope);
    const serial = readVarint();
    const frame = frameBy(readVarint());
    const call = findCall(run, serial);
    if ((load<u32>(entry) == 0) != (frame == 0) || (serial != 0 && (frame == 0 || call == 0 || load<i32>(call, 12) != Call.SCOPE || load<u32>(call, 8) != scope))) breakReading();
    store<u32>(entry, serial, 4);
    store<u32>(entry, readVarint(), 12);
    if (frame == 0 || isReadingBroken()) continue;
    retainFrame(frame);
    store<u32>(entry, <u32>frame, 8);
  }
}
