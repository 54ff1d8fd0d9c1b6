// How a run ends: succeeded with its variables as output, failed with a fault or an error of a task, or canceled.
// Whatever still waits is canceled first, so that the shell never hears of it again. Faults are taken down here before it
// is decided (failure.ts) whether the run goes on elsewhere.
import {
  ActionKind, CELL_SIZE, CommandKind, ExpressionError, FAULT_RECORD_SIZE, NO_EXPRESSION, NO_INDEX, ObjectKind, PROGRAM_FLAG_ERROR_HIDDEN, PROGRAM_FLAG_EVENT_HIDDEN, PROGRAM_FLAG_RESULT_HIDDEN, PROGRAM_FLAG_TASKS,
  ProgramHeader, RunEnd, RunFault, Tag, Wire,
} from "./abi";
import { floatOf, objectOf, setFloat, setObject, tagOf } from "./cell";
import { giveUpAll } from "./giving-up";
import { addCommand, appendByte, appendBytes, appendVarint, appendWire, payloadMark } from "./output";
import { actionRecord, programField, slotKey, transitionRecord } from "./program";
import { RunState, isTaskGraph, runBlock, runProgram, runStatus, setRunStatus, slotsOf, timerAt, timerCount, tokenAt, tokenCount } from "./run";
import { keyObject } from "./shape";
import { TokenPhase, setTokenPhase, tokenAction, tokenEvent, tokenPhase, tokenSerial, tokenTimeout } from "./token";
import { bytesOf, elementAt, newList, newText } from "./value";

/** Cancels what the token waits for. */
export function cancelWait(run: u32, token: usize): void {
  if (tokenPhase(token) != TokenPhase.WAITING) return;
  if (tokenEvent(token) != 0) return;
  const kind = load<u16>(actionRecord(runProgram(run), tokenAction(token)));
  const command = kind == ActionKind.WAIT ? CommandKind.CANCEL_TIMER : kind == ActionKind.WORKFLOW ? CommandKind.CANCEL_WORKFLOW : CommandKind.CANCEL_TASK;
  addCommand(command, 0, 0, tokenSerial(token), 0, payloadMark());
  if (tokenTimeout(token) != 0) addCommand(CommandKind.CANCEL_TIMER, 0, 0, tokenTimeout(token), 0, payloadMark());
}

function cancelAll(run: u32): void {
  if (isTaskGraph(run)) giveUpAll(run, 0);
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    cancelWait(run, token);
    setTokenPhase(token, TokenPhase.FREE);
  }
  for (let index: u32 = 0; index < timerCount(run); index++) {
    const timer = timerAt(run, index);
    if (load<u32>(timer) != 0) addCommand(CommandKind.CANCEL_TIMER, 0, 0, load<u32>(timer), 0, payloadMark());
    store<u32>(timer, 0);
  }
}

export function succeedRun(run: u32): void {
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  const mark = payloadMark();
  appendContext(run);
  addCommand(CommandKind.RUN_ENDED, 0, RunEnd.SUCCEEDED, 0, 0, mark);
}

/** Ends a task graph. `output`: the cell of what it gives; one without a wire form fails the run. Has it succeeded? */
export function succeedRunWith(run: u32, output: usize): bool {
  const mark = payloadMark();
  if (!appendWire(output)) {
    noteReason(RunFault.MEMORY_LIMIT);
    failNoted(run);
    return false;
  }
  setRunStatus(run, RunState.ENDED);
  addCommand(CommandKind.RUN_ENDED, 0, RunEnd.SUCCEEDED, 0, 0, mark);
  return true;
}

/** Ends a run from outside. `error`: the cell of the error that it fails with, or a LIST of it; anything else but a MAP cancels it. */
export function endRun(run: u32, error: usize): void {
  if (tagOf(error) == Tag.LIST && load<u32>(objectOf(error), 4) == 1) error = elementAt(objectOf(error), 0);
  if (load<u32>(error) == Tag.MAP) failRunWith(run, error);
  else cancelRun(run);
}

export function cancelRun(run: u32): void {
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  addCommand(CommandKind.RUN_ENDED, 0, RunEnd.CANCELED, 0, 0, payloadMark());
}

/** Fails the run with an error value (a MAP {code, message, details?}). */
export function failRunWith(run: u32, error: usize): void {
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  const mark = payloadMark();
  appendWire(error);
  addCommand(CommandKind.RUN_ENDED, 0, RunEnd.FAILED, 0, 0, mark);
}

// --- the fault in hand --------------------------------------------------------------------------------------------

// +0 u32 RunFault (0: none)  +4 u32 ExpressionError or 0  +8 u32 expression  +12 u32 instruction  +16 u32 transition  +20 u32 action
// +24 u32 node  +28 u32 object of the detail or 0. From +4 to +28 it is the fault record of abi.ts.
const FAULT = memory.data(32, 16);

/** The state that acts: where a fault is said to be. */
let nodeInHand: u32 = 0;

@inline
export function setNodeInHand(node: u32): void {
  nodeInHand = node;
}

@inline
export function actingNode(): u32 {
  return nodeInHand;
}

/** Has something failed of which nobody has taken notice yet? A RunFault, or 0. */
@inline
export function faultInHand(): i32 {
  return load<i32>(FAULT);
}

@inline
export function setFaultInHand(fault: i32): void {
  store<i32>(FAULT, fault);
}

/** ExpressionError of the fault in hand, or 0. */
export function faultError(): u32 {
  return load<u32>(FAULT, 4);
}

/** Expression of the fault in hand, or NO_EXPRESSION. */
export function faultExpression(): u32 {
  return load<u32>(FAULT, 8);
}

/** Can the run not go on, or not before it is decided what becomes of a fault? */
@inline
export function isStopped(run: u32): bool {
  return load<i32>(FAULT) != 0 || runStatus(run) == RunState.ENDED;
}

/** Takes down that something failed in the acting state. `cell`: the ERROR cell, or 0. `transition`, `action`: NO_INDEX for none. */
export function noteFault(fault: i32, cell: usize, expression: u32, transition: u32, action: u32): void {
  const isError = cell != 0 && load<u32>(cell) == Tag.ERROR;
  store<i32>(FAULT, fault);
  store<u32>(FAULT, isError ? load<u32>(cell, 4) : 0, 4);
  store<u32>(FAULT, expression, 8);
  store<u32>(FAULT, isError ? load<u32>(cell, 8) : NO_INDEX, 12);
  store<u32>(FAULT, transition, 16);
  store<u32>(FAULT, action, 20);
  store<u32>(FAULT, nodeInHand, 24);
  store<u32>(FAULT, isError ? load<u32>(cell, 12) : 0, 28);
}

/** A guard that is no bool, or failed, or a duration that is none; the transition's state acts. */
export function noteGuard(run: u32, cell: usize, expression: u32, transition: u32): void {
  nodeInHand = load<u32>(transitionRecord(runProgram(run), transition));
  noteFault(RunFault.GUARD_FAILED, cell, expression, transition, NO_INDEX);
}

/** An action whose expression failed. */
export function noteAction(run: u32, cell: usize, action: u32): void {
  noteFault(RunFault.ACTION_FAILED, cell, load<u32>(actionRecord(runProgram(run), action), 8), NO_INDEX, action);
}

/** A variable cannot hold what it was given (TYPE_MISMATCH), or two branches changed it (MERGE_CONFLICT): the detail is its name. */
export function noteVariable(run: u32, fault: i32, slot: u32): void {
  noteFault(fault, 0, NO_EXPRESSION, NO_INDEX, NO_INDEX);
  if (fault == RunFault.TYPE_MISMATCH) store<u32>(FAULT, ExpressionError.INVALID_CONVERSION, 4);
  store<u32>(FAULT, <u32>keyObject(slotKey(runProgram(run), slot)), 28);
}

/** A reason without an expression: a limit that was reached, a choice without a way. */
export function noteReason(fault: i32): void {
  noteFault(fault, 0, NO_EXPRESSION, NO_INDEX, NO_INDEX);
}

/** Keeps the fault in hand as a value, a LIST of its number and its record: for a run that ends with it later. False: out of memory. */
export function recordFault(cell: usize): bool {
  const detail = load<u32>(FAULT, 28);
  const size: u32 = detail == 0 ? 0 : load<u32>(detail, 4);
  const record = newText(ObjectKind.BYTES, <u32>FAULT_RECORD_SIZE + size);
  const list = newList(2);
  if (record == 0 || list == 0) return false;
  memory.copy(bytesOf(record), FAULT + 4, FAULT_RECORD_SIZE);
  if (detail != 0) memory.copy(bytesOf(record) + FAULT_RECORD_SIZE, bytesOf(detail), size);
  setFloat(elementAt(list, 0), Tag.NUMBER, <f64>faultInHand());
  setObject(elementAt(list, 1), Tag.BYTES, record);
  setObject(cell, Tag.LIST, list);
  return true;
}

/** Is it what `recordFault` keeps? */
export function isFaultRecord(cell: usize): bool {
  if (tagOf(cell) != Tag.LIST || load<u32>(objectOf(cell), 4) != 2) return false;
  const number = elementAt(objectOf(cell), 0);
  const record = elementAt(objectOf(cell), 1);
  return tagOf(number) == Tag.NUMBER && tagOf(record) == Tag.BYTES && load<u32>(objectOf(record), 4) >= <u32>FAULT_RECORD_SIZE;
}

/** Fails the run with what `recordFault` has kept. */
export function failWithRecord(run: u32, cell: usize): void {
  const list = objectOf(cell);
  const record = objectOf(elementAt(list, 1));
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  const mark = payloadMark();
  appendBytes(bytesOf(record), load<u32>(record, 4));
  addCommand(CommandKind.RUN_ENDED, <i32>floatOf(elementAt(list, 0)), RunEnd.FAILED, 0, 0, mark);
}

// --- endless loops ------------------------------------------------------------------------------------------------

/** The nodes that were entered last while the run is watched: the detail of an ENDLESS_LOOP, u32 each. */
const ENTERED_COUNT: u32 = 16;
const ENTERED = memory.data(64, 16);
let enteredCount: u32 = 0;
let isWatching: bool = false;

/** Is the step in hand looked at for an endless loop? */
@inline
export function isWatched(): bool {
  return isWatching;
}

export function setWatched(isOn: bool): void {
  isWatching = isOn;
  enteredCount = 0;
}

export function noteEntered(node: u32): void {
  store<u32>(ENTERED + (<usize>(enteredCount & (ENTERED_COUNT - 1)) << 2), node);
  enteredCount += 1;
}

/** Fails the run for the fault in hand. */
export function failNoted(run: u32): void {
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  const mark = payloadMark();
  appendBytes(FAULT + 4, FAULT_RECORD_SIZE);
  const detail = load<u32>(FAULT, 28);
  if (detail != 0) appendBytes(detail + 16, load<u32>(detail, 4));
  if (load<i32>(FAULT) == RunFault.ENDLESS_LOOP) appendBytes(ENTERED, min<u32>(enteredCount, ENTERED_COUNT) << 2);
  addCommand(CommandKind.RUN_ENDED, load<i32>(FAULT), RunEnd.FAILED, 0, 0, mark);
  store<i32>(FAULT, 0);
}

/** Appends all variables that have a value, as a wire MAP. */
export function appendContext(run: u32): void {
  const program = runProgram(run);
  const slots = slotsOf(run, 0);
  const count = load<u32>(runBlock(run), 8);
  let shown: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) if (isShown(program, slots, slot)) shown += 1;
  appendByte(Wire.MAP);
  appendVarint(shown);
  for (let slot: u32 = 0; slot < count; slot++) {
    if (!isShown(program, slots, slot)) continue;
    const name = keyObject(slotKey(program, slot));
    appendByte(Wire.STRING);
    appendVarint(load<u32>(name, 4));
    appendBytes(name + 16, load<u32>(name, 4));
    appendWire(slots + <usize>slot * CELL_SIZE);
  }
}

function isShown(program: usize, slots: usize, slot: u32): bool {
  return load<i32>(slots + <usize>slot * CELL_SIZE) != Tag.ABSENT && !isHidden(program, slot);
}

/** A built-in slot that the author did not declare as a variable? */
export function isHidden(program: usize, slot: u32): bool {
  const flags = programField(program, ProgramHeader.FLAGS);
  if (slot == programField(program, ProgramHeader.EVENT_SLOT)) return (flags & PROGRAM_FLAG_EVENT_HIDDEN) != 0;
  if ((flags & PROGRAM_FLAG_TASKS) != 0) {
    for (let field = <i32>ProgramHeader.ITEM_SLOT; field <= ProgramHeader.ATTEMPT_SLOT; field++) if (slot == programField(program, field)) return true;
  }
  if (slot == programField(program, ProgramHeader.RESULT_SLOT)) return (flags & PROGRAM_FLAG_RESULT_HIDDEN) != 0;
  return slot == programField(program, ProgramHeader.ERROR_SLOT) && (flags & PROGRAM_FLAG_ERROR_HIDDEN) != 0;
}
