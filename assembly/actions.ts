// Performs a state's or a transition's list of actions: assignments at once, work of the outside world as a command
// that the token then waits for.
import { ActionKind, CELL_SIZE, CommandKind, Outcome, ProgramHeader, RunFault, NO_SLOT, Tag } from "./abi";
import { evaluateInRun } from "./budget";
import { tagOf } from "./cell";
import { coerceCell } from "./coerce";
import { actingNode, failRunWith, isHidden, isStopped, noteAction, noteReason, noteVariable } from "./fault";
import { addCommand, appendWire, payloadMark } from "./output";
import { actionRecord, expressionRecord, programField, slotType } from "./program";
import { isTraced, runProgram, slotsOf, storeSlot, takeSerial, tokenAt } from "./run";
import { durationMs } from "./timers";
import {
  TokenPhase, setTokenAction, setTokenEvent, setTokenOutcome, setTokenPhase, setTokenSerial, setTokenTimeout, tokenAction, tokenActionEnd,
  tokenFrame,
} from "./token";
import { decodeWire, wireSize } from "./wire";

export enum ActionsEnd {
  FINISHED = 0,
  WAITING = 1,
  STOPPED = 2,
}

/** The time of the event in hand, ms since 1970. */
let stepNow: f64 = 0;

export function setStepNow(now: f64): void {
  stepNow = now;
}

@inline
export function stepTime(): f64 {
  return stepNow;
}

/** Runs the token's list from its current action on. STOPPED: a fault is in hand, or the run has ended. */
export function runActions(run: u32, index: u32): i32 {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  while (true) {
    const action = tokenAction(token);
    if (action == tokenActionEnd(token)) return ActionsEnd.FINISHED;
    const record = actionRecord(program, action);
    const kind = <i32>load<u16>(record);
    if (!perform(run, token, action, record, kind) && begin(run, token, action, record, kind)) return ActionsEnd.WAITING;
    if (isStopped(run)) return ActionsEnd.STOPPED;
    setTokenOutcome(token, Outcome.SUCCESS);
    setTokenAction(token, action + 1);
  }
}

/** Performs actions that take no time (others are passed over); false when one failed or ended the run. */
export function performAll(run: u32, token: usize, first: u32, count: u32): bool {
  for (let action = first; action < first + count; action++) {
    const record = actionRecord(runProgram(run), action);
    perform(run, token, action, record, load<u16>(record));
    if (isStopped(run)) return false;
  }
  return true;
}

/** Performs an action that takes no time; false when it takes time. */
@inline
function perform(run: u32, token: usize, action: u32, record: usize, kind: i32): bool {
  if (kind == ActionKind.SET) assign(run, token, action, record);
  else if (kind == ActionKind.LOG) log(run, token, action, record);
  else if (kind == ActionKind.ABORT) abortRun(run, token, action, record);
  else return false;
  return true;
}

@inline
function evaluateAction(run: u32, token: usize, record: usize): usize {
  return evaluateInRun(expressionRecord(runProgram(run), load<u32>(record, 8)), slotsOf(run, tokenFrame(token)));
}

/** Performs a SET action. */
export function assign(run: u32, token: usize, action: u32, record: usize): void {
  const cell = evaluateAction(run, token, record);
  if (load<u32>(cell) == Tag.ERROR) noteAction(run, cell, action);
  else assignSlot(run, token, load<u32>(record, 12), cell);
}

const COERCED = memory.data(CELL_SIZE, 16);

/** Stores a value in a variable of the token's frame. A fault is in hand when its type does not permit it or the run's memory limit is reached. */
export function assignSlot(run: u32, token: usize, slot: u32, cell: usize): void {
  if (slot == NO_SLOT) return;
  const program = runProgram(run);
  let value = cell;
  const type = slotType(program, slot);
  if (type != 0 && tagOf(cell) != <i32>type - 1) {
    if (!coerceCell(COERCED, cell, type)) {
      noteVariable(run, RunFault.TYPE_MISMATCH, slot);
      return;
    }
    value = COERCED;
  }
  if (!storeSlot(run, tokenFrame(token), slot, value)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return;
  }
  if (!isTraced(run) || isHidden(program, slot)) return;
  const mark = payloadMark();
  appendWire(slotsOf(run, tokenFrame(token)) + <usize>slot * CELL_SIZE);
  addCommand(CommandKind.VARIABLE_SET, 0, slot, 0, 0, mark);
}

function log(run: u32, token: usize, action: u32, record: usize): void {
  const cell = evaluateAction(run, token, record);
  if (load<u32>(cell) == Tag.ERROR) noteAction(run, cell, action);
  else if (wireSize(cell) == 0) noteReason(RunFault.MEMORY_LIMIT);
  else {
    const mark = payloadMark();
    appendWire(cell);
    addCommand(CommandKind.LOG, 0, load<u32>(record, 16), actingNode(), 0, mark);
  }
}

/** The expression of an abort is the whole error: a MAP {code, message}. */
function abortRun(run: u32, token: usize, action: u32, record: usize): void {
  const cell = evaluateAction(run, token, record);
  if (load<u32>(cell) == Tag.ERROR) noteAction(run, cell, action);
  else if (wireSize(cell) == 0) noteReason(RunFault.MEMORY_LIMIT);
  else failRunWith(run, cell);
}

/** Begins an action that takes time. False when it failed. */
function begin(run: u32, token: usize, action: u32, record: usize, kind: i32): bool {
  if (kind == ActionKind.AWAIT_EVENT) {
    setTokenEvent(token, load<u32>(record, 16) + 1);
    setTokenPhase(token, TokenPhase.WAITING);
    return true;
  }
  const cell = evaluateAction(run, token, record);
  if (load<u32>(cell) == Tag.ERROR) {
    noteAction(run, cell, action);
    return false;
  }
  if (kind == ActionKind.WAIT) return beginWait(run, token, action, cell);
  if (wireSize(cell) == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  const serial = takeSerial(run);
  setTokenSerial(token, serial);
  setTokenEvent(token, 0);
  setTokenPhase(token, TokenPhase.WAITING);
  const mark = payloadMark();
  appendWire(cell);
  addCommand(kind == ActionKind.WORKFLOW ? CommandKind.START_WORKFLOW : CommandKind.CALL_TASK, 0, action, serial, 0, mark);
  const timeoutMs = load<u32>(record, 20);
  setTokenTimeout(token, 0);
  if (timeoutMs == 0) return true;
  const timeout = takeSerial(run);
  setTokenTimeout(token, timeout);
  addCommand(CommandKind.SET_TIMER, 0, action, timeout, stepNow + <f64>timeoutMs, payloadMark());
  return true;
}

function beginWait(run: u32, token: usize, action: u32, cell: usize): bool {
  const ms = durationMs(cell);
  if (isNaN(ms)) {
    noteAction(run, cell, action);
    return false;
  }
  const serial = takeSerial(run);
  setTokenSerial(token, serial);
  setTokenEvent(token, 0);
  setTokenTimeout(token, 0);
  setTokenPhase(token, TokenPhase.WAITING);
  addCommand(CommandKind.SET_TIMER, 0, action, serial, stepNow + ms, payloadMark());
  return true;
}

// {"code": "task/timed-out", "message": "The task did not end in time"} as a wire value.
const TIMED_OUT = memory.data<u8>([
  11, 2, 8, 4, 0x63, 0x6f, 0x64, 0x65, 8, 14, 0x74, 0x61, 0x73, 0x6b, 0x2f, 0x74, 0x69, 0x6d, 0x65, 0x64, 0x2d, 0x6f, 0x75, 0x74, 8, 7, 0x6d, 0x65,
  0x73, 0x73, 0x61, 0x67, 0x65, 8, 28, 0x54, 0x68, 0x65, 0x20, 0x74, 0x61, 0x73, 0x6b, 0x20, 0x64, 0x69, 0x64, 0x20, 0x6e, 0x6f, 0x74, 0x20, 0x65,
  0x6e, 0x64, 0x20, 0x69, 0x6e, 0x20, 0x74, 0x69, 0x6d, 0x65,
]);
const TIMED_OUT_SIZE: u32 = 63;

/** Writes the error of a task that took too long into `cell`. */
export function timedOutError(cell: usize): void {
  decodeWire(TIMED_OUT, TIMED_OUT_SIZE, cell);
}

/** Takes the result of the action that the token waits for and makes it go on. A fault may be in hand. */
export function finishAction(run: u32, token: usize, result: usize): void {
  const program = runProgram(run);
  const action = tokenAction(token);
  const record = actionRecord(program, action);
  setTokenEvent(token, 0);
  setTokenPhase(token, TokenPhase.PENDING);
  if (result != 0) {
    assignSlot(run, token, load<u32>(record, 12), result);
    if (isStopped(run)) return;
    assignSlot(run, token, programField(program, ProgramHeader.RESULT_SLOT), result);
  }
  setTokenOutcome(token, Outcome.SUCCESS);
  setTokenAction(token, action + 1);
}
