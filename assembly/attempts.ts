// Attempts at a task: when one begins, its time limit, what it ends with, and whether another follows.
import {
  ActionKind, CommandKind, NO_EXPRESSION, ProgramHeader, RunFault, TASK_FLAG_EXPONENTIAL, TASK_FLAG_LINEAR, Tag,
} from "./abi";
import { timedOutError } from "./actions";
import { endFailing } from "./branch-ends";
import { useFrame } from "./branches";
import { Asked, answerCell, ask, askTime, errorOf, evaluateCount, evaluateMs, evaluateTask } from "./calls";
import { copyCell, setNull } from "./cell";
import { noteFailedUndo } from "./failed-undos";
import { faultInHand, noteReason, setNodeInHand } from "./fault";
import { giveUp } from "./giving-up";
import { Call, NO_ITEM, Phase, addAwaiting, enqueue, instanceAt, isBarred, phaseOf, setPhase } from "./instances";
import { Items, beginItems, continueItems, freeItems, itemsResult } from "./items";
import { allocateScratch } from "./memory";
import { addCommand, payloadMark } from "./output";
import { actionRecord, taskRecord } from "./program";
import { dropRegistration, registeredVisit } from "./registrations";
import { isTraced, runBlock, runProgram, takeSerial } from "./run";
import { limitScopes } from "./scope-limits";
import { End, endTask, endWait } from "./task-end";
import { abandon } from "./task-scopes";
import { clearOutcome, setOutcome, setTransientInt } from "./transients";
import { undoNextOf } from "./undoing";
import { deepCopy, deepSize } from "./value";

/** Attempts of one task that follow one another in one run: the author's count never goes beyond. */
export const ATTEMPT_COUNT_MAX: u32 = 65_535;
/** Retries where an entry asks for one and the task does not say how many. */
const RETRY_COUNT_DEFAULT: f64 = 3;

const NULL_CELL = memory.data(16, 16);
const OUTCOME = memory.data(16, 16);

/** Seed of the event in hand: for the jitter of delays. */
let stepSeed: u32 = 0;
/** Counts down what may be done before the kernel yields. */
const FUEL = memory.data(4);

export function setTaskFuel(count: i32, seed: u32): void {
  store<i32>(FUEL, count);
  stepSeed = seed;
}

@inline
export function hasTaskFuel(): bool {
  return load<i32>(FUEL) > 0;
}

@inline
function taskOf(run: u32, name: u32): usize {
  return taskRecord(runProgram(run), load<u32>(instanceAt(run, name)));
}

/** It is the turn of an instance in the queue. False: a fault is in hand. */
export function takeTurn(run: u32, name: u32): bool {
  store<i32>(FUEL, load<i32>(FUEL) - 1);
  const instance = instanceAt(run, name);
  setNodeInHand(load<u32>(instance));
  useFrame(run, load<u32>(instance, 12));
  if (phaseOf(instance) == Phase.ITEMS) return pursueItems(run, name);
  if (isBarred(run, name)) {
    endFailing(run, name);
    return true;
  }
  return load<u16>(instance, 6) == 1 ? begin(run, name) : attempt(run, name);
}

function begin(run: u32, name: u32): bool {
  const task = taskOf(run, name);
  store<u32>(instanceAt(run, name), takeSerial(run), 56);
  const registration = <usize>load<u32>(instanceAt(run, name), 44);
  const undone: f64 = registration == 0 ? 0 : <f64>registeredVisit(registration);
  if (isTraced(run)) addCommand(CommandKind.STATE_ENTERED, 0, load<u32>(instanceAt(run, name)), load<u32>(instanceAt(run, name), 56), undone, payloadMark());
  if (!limitScopes(run, load<u32>(instanceAt(run, name)))) return end(run, name, false, answerCell());
  const condition = load<u32>(task, 56);
  if (condition != NO_EXPRESSION) {
    const cell = evaluateTask(run, condition);
    if (load<u32>(cell) != Tag.BOOL) return end(run, name, false, errorOf(run, RunFault.GUARD_FAILED, cell, condition));
    if (load<u32>(cell, 4) == 0) {
      setNull(NULL_CELL);
      return end(run, name, true, NULL_CELL, true);
    }
  }
  if (load<u32>(task, 48) == NO_EXPRESSION) return attempt(run, name);
  const ms = evaluateMs(run, load<u32>(task, 48));
  return isNaN(ms) ? end(run, name, false, answerCell()) : delay(run, name, ms);
}

/** Lets time pass before an attempt. */
function delay(run: u32, name: u32, ms: f64): bool {
  setPhase(instanceAt(run, name), Phase.DELAYED);
  return askTime(run, name, NO_ITEM, Call.DELAY, ms) != 0;
}

/** Begins an attempt. False: a fault is in hand. */
export function attempt(run: u32, name: u32): bool {
  const task = taskOf(run, name);
  setNodeInHand(load<u32>(instanceAt(run, name)));
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  setTransientInt(run, ProgramHeader.ATTEMPT_SLOT, load<u16>(instanceAt(run, name), 6));
  const action = actionRecord(runProgram(run), load<u32>(task, 12));
  if (load<u16>(action) == <u16>ActionKind.AWAIT_EVENT) {
    store<u32>(instanceAt(run, name), load<u32>(action, 16) + 1, 40);
    store<u32>(instanceAt(run, name), takeSerial(run), 8);
    setPhase(instanceAt(run, name), Phase.AWAITING);
    addAwaiting(run, 1);
    return limitTime(run, name, task);
  }
  if (load<u32>(task, 16) != NO_EXPRESSION) {
    const begun = beginItems(run, name);
    if (begun == Items.FAULT) return false;
    if (begun == Items.FAILED) return endAttempt(run, name, false, itemsResult());
    setPhase(instanceAt(run, name), Phase.ITEMS);
    return limitTime(run, name, task) && (phaseOf(instanceAt(run, name)) != Phase.ITEMS || pursueItems(run, name));
  }
  const asked = ask(run, name, NO_ITEM);
  if (asked == Asked.FAULT) return false;
  if (asked != Asked.OUT) return endAttempt(run, name, asked == Asked.VALUE, answerCell());
  setPhase(instanceAt(run, name), Phase.WORKING);
  return limitTime(run, name, task);
}

function limitTime(run: u32, name: u32, task: usize): bool {
  if (load<u32>(task, 52) == NO_EXPRESSION) return true;
  const ms = evaluateMs(run, load<u32>(task, 52));
  if (isNaN(ms)) return endAttempt(run, name, false, answerCell());
  const serial = askTime(run, name, NO_ITEM, Call.LIMIT, ms);
  store<u32>(instanceAt(run, name), serial, 20);
  return serial != 0;
}

const TIMED_OUT = memory.data(16, 16);

/** The time limit of an attempt has passed. What awaits an event may say what the result is then; anything else has failed. */
export function endLate(run: u32, name: u32): bool {
  const action = actionRecord(runProgram(run), load<u32>(taskOf(run, name), 12));
  const expression = load<u32>(action, 8);
  if (load<u16>(action) != <u16>ActionKind.AWAIT_EVENT || expression == NO_EXPRESSION) {
    timedOutError(TIMED_OUT);
    return endAttempt(run, name, false, TIMED_OUT);
  }
  setNodeInHand(load<u32>(instanceAt(run, name)));
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  const cell = evaluateTask(run, expression);
  const isError = load<u32>(cell) == Tag.ERROR;
  return endAttempt(run, name, !isError, isError ? errorOf(run, RunFault.ACTION_FAILED, cell, expression) : cell);
}

/** Goes on with the items of a task; where fuel runs out it waits for its next turn. */
export function pursueItems(run: u32, name: u32): bool {
  const status = continueItems(run, name, FUEL);
  if (status == Items.YIELDED) {
    enqueue(run, name);
    return true;
  }
  if (status == Items.WAITING) return true;
  return status != Items.FAULT && endAttempt(run, name, status == Items.SUCCEEDED, itemsResult());
}

/** An attempt has ended. `cell`: its result, or its error. False: a fault is in hand. */
export function endAttempt(run: u32, name: u32, isSuccess: bool, cell: usize): bool {
  const instance = instanceAt(run, name);
  setNodeInHand(load<u32>(instance));
  if (phaseOf(instance) == Phase.AWAITING) addAwaiting(run, -1);
  giveUp(run, load<u32>(instance, 8));
  giveUp(run, load<u32>(instance, 20));
  store<u32>(instance, 0, 8);
  store<u32>(instance, 0, 20);
  freeItems(run, name);
  useFrame(run, load<u32>(instance, 12));
  if (!isBarred(run, name) && mayAsk(taskOf(run, name), isSuccess)) {
    // What decides on a retry is evaluated where the outcome may stand.
    if (!setAside(cell)) return false;
    cell = OUTCOME;
    const ms = retryDelay(run, name, isSuccess, cell);
    if (ms >= 0) return retry(run, name, ms);
  }
  return end(run, name, isSuccess, cell);
}

function end(run: u32, name: u32, isSuccess: bool, cell: usize, isPassedOver: bool = false): bool {
  // What an expression gave is gone with the next evaluation.
  if (!isSuccess) {
    if (!setAside(cell)) return false;
  } else if (cell != OUTCOME) copyCell(OUTCOME, cell);
  const result = OUTCOME;
  if (load<u32>(instanceAt(run, name), 44) != 0) return endUndo(run, name, isSuccess, result);
  const mayRetry = load<u16>(instanceAt(run, name), 6) <= <u32>retryCount(run, name, RETRY_COUNT_DEFAULT);
  const ended = endTask(run, name, isSuccess, result, mayRetry, isPassedOver);
  if (ended == End.RETRY) {
    const ms = delayOf(run, name);
    return isNaN(ms) ? endTask(run, name, false, answerCell(), false, false) != End.FAULT : retry(run, name, ms);
  }
  return ended != End.FAULT;
}

/** An undo has ended for good: the next begins, or the entry that has waited goes on. Of a run that ends the next begins when nothing is under way. */
function endUndo(run: u32, name: u32, isSuccess: bool, error: usize): bool {
  const undo = load<u32>(instanceAt(run, name));
  const waiter = load<u32>(instanceAt(run, name), 36);
  if (!isSuccess) noteFailedUndo(run, waiter, undo, error);
  dropRegistration(run, load<u32>(instanceAt(run, name), 44));
  store<u32>(instanceAt(run, name), 0, 44);
  abandon(run, name);
  if (waiter == 0 || faultInHand() != 0) return faultInHand() == 0;
  store<u32>(instanceAt(run, waiter), load<u32>(instanceAt(run, waiter), 36) - 1, 36);
  if (undoNextOf(run, waiter)) return true;
  return faultInHand() == 0 && endWait(run, waiter);
}

/** Copies a result or an error to where it stays for the step, whatever becomes of the run's memory. False: a fault is in hand. */
function setAside(cell: usize): bool {
  if (cell == OUTCOME) return true;
  copyCell(OUTCOME, cell);
  const size = deepSize(OUTCOME, 0, 0);
  if (size == 0) return true;
  const target = allocateScratch(size);
  if (target == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  deepCopy(OUTCOME, target, 0, 0);
  return true;
}

// --- retries ------------------------------------------------------------------------------------------------------

function retry(run: u32, name: u32, ms: f64): bool {
  const instance = instanceAt(run, name);
  store<u16>(instance, load<u16>(instance, 6) + 1, 6);
  if (ms > 0) return delay(run, name, ms);
  setPhase(instance, Phase.READY);
  enqueue(run, name);
  return true;
}

/** How often the task may be tried again; `none` where it does not say. */
function retryCount(run: u32, name: u32, none: f64): f64 {
  const expression = load<u32>(taskOf(run, name), 28);
  if (expression == NO_EXPRESSION) return none;
  const count = evaluateCount(run, expression, 0);
  return isNaN(count) ? 0 : min<f64>(count, <f64>(ATTEMPT_COUNT_MAX - 1));
}

/** May the task be tried again by its own word? Without a condition only what failed is. */
@inline
function mayAsk(task: usize, isSuccess: bool): bool {
  return load<u32>(task, 28) != NO_EXPRESSION && (!isSuccess || load<u32>(task, 40) != NO_EXPRESSION);
}

/** Time before the task is tried again, ms; -1: it is not. A condition or number that fails counts as no. */
function retryDelay(run: u32, name: u32, isSuccess: bool, cell: usize): f64 {
  const condition = load<u32>(taskOf(run, name), 40);
  if (condition != NO_EXPRESSION) {
    setOutcome(run, isSuccess, cell, load<u16>(instanceAt(run, name), 6));
    const verdict = evaluateTask(run, condition);
    const isWanted = load<u32>(verdict) == Tag.BOOL && load<u32>(verdict, 4) != 0;
    clearOutcome(run);
    if (!isWanted) return -1;
  }
  if (<f64>load<u16>(instanceAt(run, name), 6) > retryCount(run, name, 0)) return -1;
  const ms = delayOf(run, name);
  return isNaN(ms) ? -1 : ms;
}

/** The delay before the next attempt, ms, by the task's backoff; NaN: `answerCell` is the error. */
function delayOf(run: u32, name: u32): f64 {
  const task = taskOf(run, name);
  let ms = evaluateMs(run, load<u32>(task, 32));
  const number = <f64>load<u16>(instanceAt(run, name), 6);
  const flags = load<u32>(task, 8);
  if ((flags & TASK_FLAG_LINEAR) != 0) ms *= number;
  else if ((flags & TASK_FLAG_EXPONENTIAL) != 0) ms *= Math.pow(2, min<f64>(number - 1, 60));
  if (load<u32>(task, 36) != NO_EXPRESSION) {
    const most = evaluateMs(run, load<u32>(task, 36));
    ms = isNaN(most) ? NaN : min<f64>(ms, most);
  }
  const jitter = <f64>load<f32>(task, 44);
  return jitter == 0 ? ms : Math.floor(ms * (1 - jitter * chance(run)));
}

/** A number from 0 up to 1 that the event's seed and the place decide: the same in every replay. */
function chance(run: u32): f64 {
  let x = stepSeed ^ (load<u32>(runBlock(run), 12) * 0x9e3779b1);
  x = (x ^ (x >>> 16)) * 0x7feb352d;
  x = (x ^ (x >>> 15)) * 0x846ca68b;
  return <f64>(x ^ (x >>> 16)) / 4294967296;
}
