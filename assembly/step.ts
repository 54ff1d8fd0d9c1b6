// The batch loop: takes packed events one after the other, steps their runs, and leaves outcomes and commands in the output.
import {
  CELL_SIZE, CommandKind, EVENT_RECORD_SIZE, EventKind, EventOutcome, KernelStatus, NO_INDEX, NO_SLOT, Outcome, ProgramHeader, RunFault, Tag,
} from "./abi";
import { assignSlot, finishAction, setStepNow, stepTime, timedOutError } from "./actions";
import { setNow } from "./evaluate";
import { setObject } from "./cell";
import { EXPRESS_NONE, takeExpress } from "./express";
import { cancelRun, cancelWait, failRun, failRunWith } from "./fault";
import { findFieldInMap } from "./map";
import { resetScratch } from "./memory";
import { addCommand, beginOutput, isOutputExhausted, payloadMark, setCausingEvent, setOutcome } from "./output";
import { expressionRecord, programField, slotKey, transitionRecord } from "./program";
import {
  NO_TOKEN, RunState, expressRunOf, runBlock, runIndexOf, runProgram, runStatus, runTimers, setRunStatus, slotsOf, timerAt, timerCapacity,
  tokenAt, tokenCapacity,
} from "./run";
import { evaluateInRun, isWithin } from "./scope";
import { keyObject } from "./shape";
import {
  TokenPhase, TokenStage, setTokenGoal, setTokenNode, setTokenOutcome, setTokenPhase, setTokenStage, setTokenStep, setTokenTimeout, tokenEvent,
  tokenFrame, tokenNode, tokenPhase, tokenSerial, tokenStep, tokenTimeout,
} from "./token";
import { STEP_FUEL, chooseByEvent, chooseFailure, isPermitted, setStepFuel, settle, takeTransition } from "./transition";
import { decodeWire } from "./wire";

// The payload of the event in hand, and a cell for what is made on the way.
const PAYLOAD = memory.data(CELL_SIZE, 16);
const SCRATCH_CELL = memory.data(CELL_SIZE, 16);

/** Steps `count` event records at `records`; payload offsets are from `region`. Returns a KernelStatus. */
export function stepBatch(records: usize, count: u32, region: usize): i32 {
  if (!beginOutput(count)) return KernelStatus.OUT_OF_MEMORY;
  for (let index: u32 = 0; index < count; index++) {
    const record = records + <usize>index * EVENT_RECORD_SIZE;
    const express = stepExpress(record);
    if (express != EXPRESS_NONE) {
      setOutcome(index, express);
      continue;
    }
    setOutcome(index, stepGeneral(index, record, region));
  }
  return isOutputExhausted() ? KernelStatus.OUT_OF_MEMORY : KernelStatus.OK;
}

/** Steps the event record as number `index` of the output. Its EventOutcome. */
export function stepGeneral(index: u32, record: usize, region: usize): i32 {
  setCausingEvent(index);
  const outcome = stepEvent(record, region);
  resetScratch();
  return outcome;
}

/** An event without payload to a run that may use the express lane. */
@inline
function stepExpress(record: usize): i32 {
  if (load<u16>(record, 4) != <u16>EventKind.EVENT || load<u32>(record, 12) != 0) return EXPRESS_NONE;
  const run = expressRunOf(load<u32>(record));
  return run < 0 ? EXPRESS_NONE : takeExpress(<u32>run, load<u32>(record, 8), load<f64>(record, 16));
}

function stepEvent(record: usize, region: usize): i32 {
  const found = runIndexOf(load<u32>(record));
  if (found < 0) return EventOutcome.UNKNOWN_RUN;
  const run = <u32>found;
  const kind = <i32>load<u16>(record, 4);
  const status = runStatus(run);
  if (status == RunState.ENDED) return EventOutcome.ENDED;
  if (status == RunState.YIELDED && kind != EventKind.CONTINUE && kind != EventKind.CANCEL) return EventOutcome.BUSY;
  if ((status == RunState.CREATED) != (kind == EventKind.START)) return EventOutcome.MALFORMED;
  const offset = load<u32>(record, 12);
  if (offset == 0) {
    store<u64>(PAYLOAD, Tag.NULL);
    store<u64>(PAYLOAD, 0, 8);
  } else if (decodeWire(region + offset, load<u32>(record, 28), PAYLOAD) < 0) return EventOutcome.MALFORMED;
  beginStep(run, load<f64>(record, 16), kind);
  const outcome = deliver(run, kind, load<u32>(record, 8));
  return endStep(run, outcome);
}

function beginStep(run: u32, now: f64, kind: i32): void {
  const block = runBlock(run);
  const last = load<f64>(block, 16);
  const time = now > last ? now : last;
  store<f64>(block, time, 16);
  if (kind != EventKind.CONTINUE) store<u32>(block, load<u32>(block, 24) + 1, 24);
  setStepFuel(STEP_FUEL);
  if (time == stepTime()) return;
  setNow(time);
  setStepNow(time);
}

@inline
function endStep(run: u32, outcome: i32): i32 {
  if (outcome != EventOutcome.TAKEN) return runStatus(run) == RunState.ENDED && outcome != EventOutcome.STALE ? EventOutcome.FAILED : outcome;
  if (tokenCapacity(run) == 1 && tokenPhase(tokenAt(run, 0)) == TokenPhase.RESTING) return outcome;
  const isQuiet = runStatus(run) == RunState.ENDED || settle(run);
  if (!isQuiet) {
    setRunStatus(run, RunState.YIELDED);
    addCommand(CommandKind.CONTINUE, 0, 0, 0, 0, payloadMark());
    return outcome;
  }
  if (runStatus(run) == RunState.YIELDED) setRunStatus(run, RunState.ACTIVE);
  return outcome;
}

function deliver(run: u32, kind: i32, id: u32): i32 {
  if (kind == EventKind.EVENT) return deliverEvent(run, id);
  if (kind == EventKind.TASK_SUCCEEDED || kind == EventKind.TASK_FAILED) return deliverResult(run, id, kind == EventKind.TASK_SUCCEEDED);
  if (kind == EventKind.TIMER) return deliverTimer(run, id);
  if (kind == EventKind.START) return deliverStart(run);
  if (kind == EventKind.CONTINUE) return runStatus(run) == RunState.YIELDED ? EventOutcome.TAKEN : EventOutcome.STALE;
  if (kind != EventKind.CANCEL) return EventOutcome.MALFORMED;
  cancelRun(run);
  return EventOutcome.TAKEN;
}

// --- events -------------------------------------------------------------------------------------------------------

function deliverEvent(run: u32, event: u32): i32 {
  const program = runProgram(run);
  if (event >= programField(program, ProgramHeader.EVENT_COUNT)) return EventOutcome.UNKNOWN_EVENT;
  if (tokenCapacity(run) == 1) return offerEvent(run, 0, event) ? EventOutcome.TAKEN : EventOutcome.IGNORED;
  const step = load<u32>(runBlock(run), 24);
  let isTaken = false;
  while (true) {
    const index = nextToken(run, step);
    if (index == NO_TOKEN) return isTaken ? EventOutcome.TAKEN : EventOutcome.IGNORED;
    setTokenStep(tokenAt(run, index), step);
    if (offerEvent(run, index, event)) isTaken = true;
    if (runStatus(run) == RunState.ENDED) return EventOutcome.FAILED;
  }
}

/** The live token first in document order that this step has not touched. */
function nextToken(run: u32, step: u32): u32 {
  let best = NO_TOKEN;
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.FREE || tokenStep(token) == step) continue;
    if (best == NO_TOKEN || tokenNode(token) < tokenNode(tokenAt(run, best))) best = index;
  }
  return best;
}

function offerEvent(run: u32, index: u32, event: u32): bool {
  const token = tokenAt(run, index);
  const slot = programField(runProgram(run), ProgramHeader.EVENT_SLOT);
  if (slot != NO_SLOT) assignSlot(run, token, slot, PAYLOAD);
  if (runStatus(run) == RunState.ENDED) return false;
  if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == event + 1) {
    finishAction(run, token, PAYLOAD);
    return true;
  }
  const transition = chooseByEvent(run, index, event);
  if (transition == NO_INDEX || runStatus(run) == RunState.ENDED) return false;
  takeTransition(run, index, transition);
  return true;
}

// --- results and timers -------------------------------------------------------------------------------------------

function deliverResult(run: u32, serial: u32, isSuccess: bool): i32 {
  const index = tokenBySerial(run, serial);
  if (index == NO_TOKEN) return EventOutcome.STALE;
  const token = tokenAt(run, index);
  if (tokenTimeout(token) != 0) addCommand(CommandKind.CANCEL_TIMER, 0, 0, tokenTimeout(token), 0, payloadMark());
  setTokenTimeout(token, 0);
  if (isSuccess) finishAction(run, token, PAYLOAD);
  else failTask(run, index, PAYLOAD);
  return EventOutcome.TAKEN;
}

/** The task of the token failed: its failure transition is taken, or the run fails with the error. */
function failTask(run: u32, index: u32, error: usize): void {
  const token = tokenAt(run, index);
  setTokenOutcome(token, Outcome.FAILURE);
  setTokenPhase(token, TokenPhase.RESTING);
  const slot = programField(runProgram(run), ProgramHeader.ERROR_SLOT);
  if (slot != NO_SLOT) assignSlot(run, token, slot, error);
  if (runStatus(run) == RunState.ENDED) return;
  const transition = chooseFailure(run, token);
  if (runStatus(run) == RunState.ENDED) return;
  if (transition == NO_INDEX) failRunWith(run, error);
  else takeTransition(run, index, transition);
}

function tokenBySerial(run: u32, serial: u32): u32 {
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == 0 && tokenSerial(token) == serial) return index;
  }
  return NO_TOKEN;
}

function deliverTimer(run: u32, serial: u32): i32 {
  const waiting = tokenBySerial(run, serial);
  if (waiting != NO_TOKEN) {
    finishAction(run, tokenAt(run, waiting), 0);
    return EventOutcome.TAKEN;
  }
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == 0 && tokenTimeout(token) == serial) return timeOut(run, index);
  }
  if (runTimers(run) == 0) return EventOutcome.STALE;
  for (let at: u32 = 0; at < timerCapacity(run); at++) {
    if (load<u32>(timerAt(run, at)) == serial) return fireTimer(run, timerAt(run, at));
  }
  return EventOutcome.STALE;
}

function timeOut(run: u32, index: u32): i32 {
  const token = tokenAt(run, index);
  setTokenTimeout(token, 0);
  cancelWait(run, token);
  timedOutError(SCRATCH_CELL);
  failTask(run, index, SCRATCH_CELL);
  return EventOutcome.TAKEN;
}

/** An `after` transition is due: its own token takes it, or the first one inside its scope. */
function fireTimer(run: u32, timer: usize): i32 {
  const transition = load<u32>(timer, 4);
  const node = load<u32>(timer, 8);
  const owner = load<u32>(timer, 12);
  store<u32>(timer, 0);
  const index = owner == NO_TOKEN ? firstTokenWithin(run, node) : owner;
  if (index == NO_TOKEN) return EventOutcome.STALE;
  const record = transitionRecord(runProgram(run), transition);
  if (!isPermitted(run, tokenAt(run, index), transition, record)) return EventOutcome.IGNORED;
  takeTransition(run, index, transition);
  return EventOutcome.TAKEN;
}

function firstTokenWithin(run: u32, scope: u32): u32 {
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) != TokenPhase.FREE && isWithin(runProgram(run), scope, tokenNode(token))) return index;
  }
  return NO_TOKEN;
}

// --- start --------------------------------------------------------------------------------------------------------

function deliverStart(run: u32): i32 {
  const program = runProgram(run);
  const root = programField(program, ProgramHeader.ROOT);
  const token = tokenAt(run, 0);
  setRunStatus(run, RunState.ACTIVE);
  setTokenNode(token, root);
  setTokenGoal(token, root);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.ENTER);
  setTokenStep(token, load<u32>(runBlock(run), 24));
  if (load<u32>(PAYLOAD) == Tag.MAP) assignInputs(run, token);
  if (runStatus(run) != RunState.ENDED) assignInitials(run, token);
  return EventOutcome.TAKEN;
}

function assignInputs(run: u32, token: usize): void {
  const program = runProgram(run);
  const slotCount = programField(program, ProgramHeader.SLOT_COUNT);
  const inputs = load<u32>(PAYLOAD, 8);
  for (let slot: u32 = 0; slot < slotCount; slot++) {
    setObject(SCRATCH_CELL, Tag.STRING, keyObject(slotKey(program, slot)));
    const value = findFieldInMap(inputs, slotKey(program, slot), SCRATCH_CELL);
    if (value == 0) continue;
    assignSlot(run, token, slot, value);
    if (runStatus(run) == RunState.ENDED) return;
  }
}

/** Initial values of variables that the input did not give, in order of declaration. */
function assignInitials(run: u32, token: usize): void {
  const program = runProgram(run);
  const initials = programField(program, ProgramHeader.INITIALS);
  const count = programField(program, ProgramHeader.INITIAL_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const slot = load<u32>(initials + (<usize>index << 3));
    const expression = load<u32>(initials + (<usize>index << 3), 4);
    if (load<u32>(slotsOf(run, 0) + <usize>slot * CELL_SIZE) != Tag.ABSENT) continue;
    const cell = evaluateInRun(expressionRecord(program, expression), slotsOf(run, 0));
    if (load<u32>(cell) == Tag.ERROR) failRun(run, RunFault.INPUT, cell, expression, NO_INDEX, NO_INDEX, 0);
    else assignSlot(run, token, slot, cell);
    if (runStatus(run) == RunState.ENDED) return;
  }
}
