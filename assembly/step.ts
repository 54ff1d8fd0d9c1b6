// The batch loop: takes packed events one after the other, steps their runs, and leaves outcomes and commands in the output.
import {
  CELL_SIZE, CommandKind, EVENT_RECORD_SIZE, EventKind, EventOutcome, KernelStatus, NO_SLOT, ProgramHeader, Tag,
} from "./abi";
import { assignSlot, finishAction, setStepNow, stepTime, timedOutError } from "./actions";
import { setNull } from "./cell";
import { defer, nextDeferred, removeDeferred } from "./deferral";
import { setStepFuel } from "./entry";
import { setNow } from "./evaluate";
import { EXPRESS_NONE, takeExpress } from "./express";
import { chooseFailure, recover } from "./failure";
import { cancelWait, endRun, failNoted, failRunWith, faultInHand, setNodeInHand, setWatched } from "./fault";
import { isPermitted } from "./guard";
import { resetScratch } from "./memory";
import { execute, settle } from "./microstep";
import { addCommand, beginOutput, isOutputExhausted, payloadMark, setCausingEvent, setOutcome } from "./output";
import { nodeRecord, programField, transitionRecord } from "./program";
import {
  NO_TOKEN, RunState, expressRunOf, isDeferring, isTaskGraph, runBlock, runIndexOf, runProgram, runStatus, setRunStatus, timerAt,
  timerCount, tokenAt, tokenCount,
} from "./run";
import { isWithin } from "./scope";
import { assignInitials, assignInputs } from "./start-values";
import { deliverToTasks, settleTasks } from "./task-step";
import { beginSelection, isEventDeferred, offer, selectByEvent, selectionCount } from "./selection";
import {
  TokenPhase, TokenStage, setTokenGoal, setTokenNode, setTokenPhase, setTokenStage, setTokenTimeout, tokenEvent, tokenFrame, tokenName, tokenNode,
  tokenPhase, tokenSerial, tokenStage, tokenTimeout, tokenTransition,
} from "./token";
import { endWatch } from "./watch";
import { decodeWire } from "./wire";

// The payload of the event in hand, and a cell for what is made on the way.
const PAYLOAD = memory.data(CELL_SIZE, 16);
const SCRATCH_CELL = memory.data(CELL_SIZE, 16);
let payloadAt: usize = 0;
let payloadSize: u32 = 0;

/** States that one event may enter before the kernel yields. */
export const STEP_FUEL: i32 = 20_000;

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
  payloadAt = region + offset;
  payloadSize = offset == 0 ? 0 : load<u32>(record, 28);
  if (offset == 0) setNull(PAYLOAD);
  else if (decodeWire(payloadAt, payloadSize, PAYLOAD) < 0) return EventOutcome.MALFORMED;
  beginStep(run, load<f64>(record, 16), kind);
  const outcome = isTaskGraph(run) ? deliverToTasks(run, kind, load<u32>(record, 8), PAYLOAD, load<u32>(record, 24)) : deliver(run, kind, load<u32>(record, 8));
  return endStep(run, outcome);
}

function beginStep(run: u32, now: f64, kind: i32): void {
  const block = runBlock(run);
  const last = load<f64>(block, 16);
  const time = now > last ? now : last;
  store<f64>(block, time, 16);
  setStepFuel(STEP_FUEL);
  setWatched(kind == EventKind.CONTINUE);
  if (time == stepTime()) return;
  setNow(time);
  setStepNow(time);
}

@inline
function endStep(run: u32, outcome: i32): i32 {
  if (outcome != EventOutcome.TAKEN) return runStatus(run) == RunState.ENDED && outcome != EventOutcome.STALE ? EventOutcome.FAILED : outcome;
  if (isAtRest(run) || runStatus(run) == RunState.ENDED) return outcome;
  let isQuiet = isTaskGraph(run) ? settleTasks(run) : settle(run);
  while (isQuiet && isDeferring(run) && runStatus(run) != RunState.ENDED && offerDeferred(run)) isQuiet = runStatus(run) == RunState.ENDED || settle(run);
  if (!isQuiet) {
    setRunStatus(run, RunState.YIELDED);
    addCommand(CommandKind.CONTINUE, 0, 0, 0, 0, payloadMark());
    return outcome;
  }
  if (runStatus(run) == RunState.YIELDED) {
    endWatch(run);
    setRunStatus(run, RunState.ACTIVE);
  }
  return outcome;
}

/** One token, and nothing that could move it: no eventless transition, no deferred event. */
@inline
function isAtRest(run: u32): bool {
  if (tokenCount(run) != 1 || isDeferring(run)) return false;
  const token = tokenAt(run, 0);
  return tokenPhase(token) == TokenPhase.RESTING && load<u32>(nodeRecord(runProgram(run), tokenNode(token)), 36) == 0;
}

function deliver(run: u32, kind: i32, id: u32): i32 {
  if (kind == EventKind.EVENT) return deliverEvent(run, id);
  if (kind == EventKind.TASK_SUCCEEDED || kind == EventKind.TASK_FAILED) return deliverResult(run, id, kind == EventKind.TASK_SUCCEEDED);
  if (kind == EventKind.TIMER) return deliverTimer(run, id);
  if (kind == EventKind.START) return deliverStart(run);
  if (kind == EventKind.CONTINUE) return runStatus(run) == RunState.YIELDED ? EventOutcome.TAKEN : EventOutcome.STALE;
  if (kind != EventKind.CANCEL) return EventOutcome.MALFORMED;
  endRun(run, PAYLOAD);
  return EventOutcome.TAKEN;
}

// --- events -------------------------------------------------------------------------------------------------------

function deliverEvent(run: u32, event: u32): i32 {
  if (event >= programField(runProgram(run), ProgramHeader.EVENT_COUNT)) return EventOutcome.UNKNOWN_EVENT;
  const outcome = offerEvent(run, event);
  if (outcome != EventOutcome.IGNORED || !isEventDeferred()) return outcome;
  return defer(run, event, payloadAt, payloadSize) ? EventOutcome.DEFERRED : EventOutcome.QUEUE_FULL;
}

/** Offers the event, with PAYLOAD, to the active states. */
function offerEvent(run: u32, event: u32): i32 {
  assignEvent(run);
  if (runStatus(run) != RunState.ENDED) selectByEvent(run, event);
  if (runStatus(run) == RunState.ENDED) return EventOutcome.FAILED;
  if (selectionCount() == 0) return EventOutcome.IGNORED;
  execute(run, PAYLOAD);
  return EventOutcome.TAKEN;
}

/** Puts the payload where expressions find it, in every branch. */
function assignEvent(run: u32): void {
  const slot = programField(runProgram(run), ProgramHeader.EVENT_SLOT);
  if (slot == NO_SLOT) return;
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (index > 0 && tokenFrame(token) == tokenFrame(tokenAt(run, index - 1))) continue;
    setNodeInHand(tokenNode(token));
    assignSlot(run, token, slot, PAYLOAD);
    if (faultInHand() != 0) {
      failNoted(run);
      return;
    }
  }
}

/** Offers what was deferred and is not any more, one event after the other. False: none was taken. */
function offerDeferred(run: u32): bool {
  while (true) {
    const entry = nextDeferred(run);
    if (entry == 0) return false;
    const event = load<u32>(entry);
    const size = load<u32>(entry, 4);
    if (size == 0 || decodeWire(entry + 8, size, PAYLOAD) < 0) setNull(PAYLOAD);
    removeDeferred(run, entry);
    if (offerEvent(run, event) != EventOutcome.IGNORED) return true;
  }
}

// --- results and timers -------------------------------------------------------------------------------------------

function deliverResult(run: u32, serial: u32, isSuccess: bool): i32 {
  const index = tokenBySerial(run, serial);
  if (index == NO_TOKEN) return EventOutcome.STALE;
  const token = tokenAt(run, index);
  if (tokenTimeout(token) != 0) addCommand(CommandKind.CANCEL_TIMER, 0, 0, tokenTimeout(token), 0, payloadMark());
  setTokenTimeout(token, 0);
  if (isSuccess) finish(run, index, PAYLOAD);
  else failTask(run, index, PAYLOAD);
  return EventOutcome.TAKEN;
}

/** The token's action has its result. */
function finish(run: u32, index: u32, result: usize): void {
  setNodeInHand(stateInHand(run, tokenAt(run, index)));
  finishAction(run, tokenAt(run, index), result);
  if (faultInHand() != 0) recover(run, index);
}

/** The state whose action the token performs: on its way, the one that it left. */
function stateInHand(run: u32, token: usize): u32 {
  if (tokenStage(token) != TokenStage.TRANSITION_ACTIONS) return tokenNode(token);
  return load<u32>(transitionRecord(runProgram(run), tokenTransition(token)));
}

/** The task of the token failed: its failure transition is taken, or the run fails with the error. */
function failTask(run: u32, index: u32, error: usize): void {
  setNodeInHand(stateInHand(run, tokenAt(run, index)));
  setTokenPhase(tokenAt(run, index), TokenPhase.PENDING);
  if (chooseFailure(run, index, error)) return;
  if (faultInHand() != 0) failNoted(run);
  else failRunWith(run, error);
}

function tokenBySerial(run: u32, serial: u32): u32 {
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == 0 && tokenSerial(token) == serial) return index;
  }
  return NO_TOKEN;
}

function deliverTimer(run: u32, serial: u32): i32 {
  const waiting = tokenBySerial(run, serial);
  if (waiting != NO_TOKEN) {
    finish(run, waiting, 0);
    return EventOutcome.TAKEN;
  }
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == 0 && tokenTimeout(token) == serial) return timeOut(run, index);
  }
  for (let at: u32 = 0; serial != 0 && at < timerCount(run); at++) {
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
  const index = tokenOfTimer(run, load<u32>(timer, 8), load<u32>(timer, 12));
  store<u32>(timer, 0);
  if (index == NO_TOKEN) return EventOutcome.STALE;
  const record = transitionRecord(runProgram(run), transition);
  if (!isPermitted(run, tokenAt(run, index), transition, record)) {
    if (faultInHand() == 0) return EventOutcome.IGNORED;
    recover(run, index);
  } else if (beginSelection(run)) {
    offer(run, index, transition);
    execute(run, 0);
  }
  return EventOutcome.TAKEN;
}

/** `name`: of the token that set it, or NO_TOKEN: any in `scope`. */
function tokenOfTimer(run: u32, scope: u32, name: u32): u32 {
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (isWithin(runProgram(run), scope, tokenNode(token)) && (name == NO_TOKEN || name == tokenName(token))) return index;
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
  setNodeInHand(root);
  if (load<u32>(PAYLOAD) == Tag.MAP) assignInputs(run, token, load<u32>(PAYLOAD, 8), programField(program, ProgramHeader.SLOT_COUNT));
  assignInitials(run, token);
  if (faultInHand() != 0) failNoted(run);
  return EventOutcome.TAKEN;
}
