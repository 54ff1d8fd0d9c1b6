// How a run ends: succeeded with its variables as output, failed with a fault or an error of a task, or canceled.
// Whatever still waits is canceled first, so that the shell never hears of it again.
import {
  ActionKind, CELL_SIZE, CommandKind, ExpressionError, NO_EXPRESSION, NO_INDEX, PROGRAM_FLAG_ERROR_HIDDEN, PROGRAM_FLAG_EVENT_HIDDEN, PROGRAM_FLAG_RESULT_HIDDEN,
  ProgramHeader, RunEnd, RunFault, Tag, Wire,
} from "./abi";
import { addCommand, appendByte, appendBytes, appendVarint, appendWire, appendWord, payloadMark } from "./output";
import { actionRecord, programField, slotKey, transitionRecord } from "./program";
import { RunState, runBlock, runProgram, runTimers, setRunStatus, slotsOf, timerAt, timerCapacity, tokenAt, tokenCapacity } from "./run";
import { keyObject } from "./shape";
import { TokenPhase, TokenStage, setTokenPhase, tokenAction, tokenEvent, tokenNode, tokenPhase, tokenSerial, tokenStage, tokenTimeout, tokenTransition } from "./token";

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
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    cancelWait(run, token);
    setTokenPhase(token, TokenPhase.FREE);
  }
  if (runTimers(run) == 0) return;
  for (let index: u32 = 0; index < timerCapacity(run); index++) {
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

/** Fails the run for a reason of the kernel's own. `cell`: the ERROR cell, or 0. `transition`, `action`: NO_INDEX for none. */
export function failRun(run: u32, fault: i32, cell: usize, expression: u32, transition: u32, action: u32, node: u32): void {
  cancelAll(run);
  setRunStatus(run, RunState.ENDED);
  const isError = cell != 0 && load<u32>(cell) == Tag.ERROR;
  const mark = payloadMark();
  appendWord(isError ? load<u32>(cell, 4) : 0);
  appendWord(expression);
  appendWord(isError ? load<u32>(cell, 8) : NO_INDEX);
  appendWord(transition);
  appendWord(action);
  appendWord(node);
  const detail = isError ? load<u32>(cell, 12) : 0;
  if (detail != 0) appendBytes(detail + 16, load<u32>(detail, 4));
  addCommand(CommandKind.RUN_ENDED, fault, RunEnd.FAILED, 0, 0, mark);
}

/** Where the token stands; while it performs a transition's actions, where that began. */
export function nodeInHand(run: u32, token: usize): u32 {
  if (tokenStage(token) != TokenStage.TRANSITION_ACTIONS) return tokenNode(token);
  return load<u32>(transitionRecord(runProgram(run), tokenTransition(token)));
}

/** A guard that is no bool, or failed. */
export function failGuard(run: u32, cell: usize, transition: u32): void {
  const record = transitionRecord(runProgram(run), transition);
  failRun(run, RunFault.GUARD_FAILED, cell, load<u32>(record, 8), transition, NO_INDEX, load<u32>(record));
}

/** An action whose expression failed. */
export function failAction(run: u32, cell: usize, action: u32, token: usize): void {
  failRun(run, RunFault.ACTION_FAILED, cell, load<u32>(actionRecord(runProgram(run), action), 8), NO_INDEX, action, nodeInHand(run, token));
}

/** A variable cannot hold the value that it was given. */
export function failType(run: u32, slot: u32, token: usize): void {
  store<u32>(FAULT_CELL, Tag.ERROR);
  store<u32>(FAULT_CELL, ExpressionError.INVALID_CONVERSION, 4);
  store<u32>(FAULT_CELL, NO_INDEX, 8);
  store<u32>(FAULT_CELL, <u32>keyObject(slotKey(runProgram(run), slot)), 12);
  failRun(run, RunFault.TYPE_MISMATCH, FAULT_CELL, NO_EXPRESSION, NO_INDEX, NO_INDEX, nodeInHand(run, token));
}

const FAULT_CELL = memory.data(CELL_SIZE, 16);

/** A limit was reached while the token stood where it stands. */
export function failLimit(run: u32, fault: i32, token: usize): void {
  failRun(run, fault, 0, NO_EXPRESSION, NO_INDEX, NO_INDEX, nodeInHand(run, token));
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
  if (slot == programField(program, ProgramHeader.RESULT_SLOT)) return (flags & PROGRAM_FLAG_RESULT_HIDDEN) != 0;
  return slot == programField(program, ProgramHeader.ERROR_SLOT) && (flags & PROGRAM_FLAG_ERROR_HIDDEN) != 0;
}
