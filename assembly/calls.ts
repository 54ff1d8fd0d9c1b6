// What tasks of a task graph ask of the outside world, and how it is given up. Each ask has a serial, under which the table of
// instances.ts knows who waits for the answer.
import { ActionKind, CommandKind, NO_EXPRESSION, NO_INDEX, ProgramHeader, RunFault, Tag, VISIT_SCALE } from "./abi";
import { stepTime } from "./actions";
import { evaluateInRun } from "./budget";
import { noteFault, noteReason, setFaultInHand } from "./fault";
import { describeFault } from "./fault-text";
import { Call, NO_ITEM, addCall, instanceAt } from "./instances";
import { addCommand, appendWire, payloadMark } from "./output";
import { actionRecord, expressionRecord, taskRecord } from "./program";
import { FRAME_HEADER_SIZE, runProgram, slotsOf, takeSerial } from "./run";
import { copyCell, setNull } from "./cell";
import { durationMs } from "./timers";
import { clearTransient, setTransient } from "./transients";
import { wireSize } from "./wire";

export enum Asked {
  /** A command is out. */
  OUT = 0,
  /** The answer is there: in the cell that `answerCell` gives. */
  VALUE = 1,
  /** It failed: the cell is the error. */
  FAILED = 2,
  /** A fault of the run is in hand. */
  FAULT = 3,
}

/** The answer's cell: valid until the next evaluation. */
let answer: usize = 0;
const ERROR = memory.data(16, 16);

@inline
export function answerCell(): usize {
  return answer;
}

/** Evaluates an expression over the frame in use. The result cell is valid until the next evaluation. */
export function evaluateTask(run: u32, expression: u32): usize {
  return evaluateInRun(expressionRecord(runProgram(run), expression), slotsOf(run, 0));
}

/** Makes an error value of what failed in the acting task; the fault is no longer in hand. The cell is valid until the next. */
export function errorOf(run: u32, fault: i32, cell: usize, expression: u32): usize {
  noteFault(fault, cell, expression, NO_INDEX, NO_INDEX);
  const isDescribed = describeFault(run, fault, ERROR);
  setFaultInHand(0);
  if (!isDescribed) setNull(ERROR);
  return ERROR;
}

/** A duration in ms that an expression gives; NaN: it failed, `answerCell` is the error. NO_EXPRESSION: 0. */
export function evaluateMs(run: u32, expression: u32): f64 {
  if (expression == NO_EXPRESSION) return 0;
  const cell = evaluateTask(run, expression);
  const ms = durationMs(cell);
  if (isNaN(ms)) answer = errorOf(run, RunFault.ACTION_FAILED, cell, expression);
  return ms;
}

/** A whole number, at least `least`, that an expression gives; NaN: it is none, `answerCell` is the error. */
export function evaluateCount(run: u32, expression: u32, least: f64): f64 {
  const cell = evaluateTask(run, expression);
  const tag = load<u32>(cell);
  let count: f64 = NaN;
  if (tag == Tag.INT) count = <f64>load<i64>(cell, 8);
  else if (tag == Tag.NUMBER || tag == Tag.DOUBLE || tag == Tag.UINT) count = tag == Tag.UINT ? <f64>load<u64>(cell, 8) : load<f64>(cell, 8);
  if (count >= least && count == Math.floor(count) && count < 4294967295) return count;
  answer = errorOf(run, tag == Tag.ERROR ? RunFault.ACTION_FAILED : RunFault.ITEMS, cell, expression);
  return NaN;
}

const UNDO_ANSWER = memory.data(16, 16);

/** Does what the task's action asks for, once: for the task, or for one of its items. An undo sees the result of its task. */
export function ask(run: u32, name: u32, item: u32): i32 {
  const registration = <usize>load<u32>(instanceAt(run, name), 44);
  if (registration == 0) return askOnce(run, name, item);
  setTransient(run, ProgramHeader.RESULT_SLOT, registration + FRAME_HEADER_SIZE);
  const asked = askOnce(run, name, item);
  if (asked == Asked.VALUE || asked == Asked.FAILED) {
    // The answer may be the slot.
    copyCell(UNDO_ANSWER, answer);
    answer = UNDO_ANSWER;
  }
  clearTransient(run, ProgramHeader.RESULT_SLOT);
  return asked;
}

function askOnce(run: u32, name: u32, item: u32): i32 {
  const program = runProgram(run);
  const action = load<u32>(taskRecord(program, load<u32>(instanceAt(run, name))), 12);
  const record = actionRecord(program, action);
  const kind = <i32>load<u16>(record);
  const expression = load<u32>(record, 8);
  const cell = evaluateTask(run, expression);
  if (load<u32>(cell) == Tag.ERROR) return failAsk(errorOf(run, RunFault.ACTION_FAILED, cell, expression));
  if (kind == ActionKind.VALUE || kind == ActionKind.ABORT) {
    answer = cell;
    return kind == ActionKind.VALUE ? Asked.VALUE : Asked.FAILED;
  }
  if (kind == ActionKind.WAIT) {
    const ms = durationMs(cell);
    if (isNaN(ms)) return failAsk(errorOf(run, RunFault.ACTION_FAILED, cell, expression));
    return askTime(run, name, item, Call.WAIT, ms) == 0 ? Asked.FAULT : Asked.OUT;
  }
  const isWorkflow = kind == ActionKind.WORKFLOW;
  if (wireSize(cell) == 0) return refuse();
  const mark = payloadMark();
  appendWire(cell);
  const serial = takeSerial(run);
  if (!addCall(run, serial, name, item, isWorkflow ? Call.WORKFLOW : Call.TASK)) return refuse();
  if (item == NO_ITEM) store<u32>(instanceAt(run, name), serial, 8);
  const attempt = <i32>load<u16>(instanceAt(run, name), 6);
  addCommand(isWorkflow ? CommandKind.START_WORKFLOW : CommandKind.CALL_TASK, attempt, action, serial, nameOfVisit(run, name, item), mark);
  return Asked.OUT;
}

/** What all attempts at a task, or at one of its items, have in common. */
function nameOfVisit(run: u32, name: u32, item: u32): f64 {
  return <f64>load<u32>(instanceAt(run, name), 56) * <f64>VISIT_SCALE + (item == NO_ITEM ? 0 : <f64>item + 1);
}

function failAsk(cell: usize): i32 {
  answer = cell;
  return Asked.FAILED;
}

function refuse(): i32 {
  noteReason(RunFault.MEMORY_LIMIT);
  return Asked.FAULT;
}

/** Asks to be told after `ms`. Its serial; 0: a fault is in hand. */
export function askTime(run: u32, name: u32, item: u32, kind: i32, ms: f64): u32 {
  const serial = takeSerial(run);
  if (!addCall(run, serial, name, item, kind)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return 0;
  }
  if (kind != Call.LIMIT && item == NO_ITEM) store<u32>(instanceAt(run, name), serial, 8);
  const action = load<u32>(taskRecord(runProgram(run), load<u32>(instanceAt(run, name))), 12);
  addCommand(CommandKind.SET_TIMER, 0, action, serial, stepTime() + ms, payloadMark());
  return serial;
}
