// Undoes what tasks have done: one after the other, the last first, for a run that fails or is canceled, or for an entry that waits for it. An
// undo is an instance like any other, of a node to which no way leads. What has begun to be undone goes on, whatever is given up around it.
//
// While a run undoes before its end its failing error (instances.ts) is what it ends with: an error; a fault and its record, a LIST (fault.ts); or
// an empty LIST, where it is canceled.
import { CELL_SIZE, CommandKind, NO_INDEX, RunFault, Tag } from "./abi";
import { keepBranch } from "./branch-ends";
import { retainFrame } from "./branches";
import { copyCell, objectOf, setObject, tagOf } from "./cell";
import { cancelRun, endRun, failNoted, failRunWith, faultInHand, failWithRecord, isFaultRecord, noteReason, recordFault, setFaultInHand } from "./fault";
import { failedUndos } from "./failed-undos";
import { giveUp } from "./giving-up";
import { createCells } from "./graph-frames";
import {
  Call, Phase, addActive, callAt, callCapacity, createInstance, dequeueMarked, enqueue, failingError, instanceAt, instanceRecordCount, phaseOf,
  registrationCount, setFailingError, setPhase,
} from "./instances";
import { addCommand, appendWire, payloadMark } from "./output";
import { isInScope, isUndo, otherOf } from "./program";
import { mergeRegistrations, putBack, registeredTask, registrationBefore, takeFrame, takeLast, takeOfScope } from "./registrations";
import { FRAME_HEADER_SIZE, runProgram, storeCell } from "./run";
import { enterScopes } from "./scope-limits";
import { giveUpInstance } from "./task-scopes";
import { elementAt, newList } from "./value";

const CELL = memory.data(CELL_SIZE, 16);

// --- one after the other -------------------------------------------------------------------------------------------

/** Begins to undo what was registered; `waiter`: the entry that waits for it, or 0. False: a fault is in hand. */
function startUndo(run: u32, registration: usize, waiter: u32): bool {
  const name = createInstance(run, otherOf(runProgram(run), registeredTask(registration)), 0, 0);
  if (name == 0) {
    noteReason(RunFault.TOKEN_LIMIT);
    return false;
  }
  const instance = instanceAt(run, name);
  store<u32>(instance, <u32>takeFrame(registration), 12);
  store<u32>(instance, waiter, 36);
  store<u32>(instance, <u32>registration, 44);
  store<u32>(instance, NO_INDEX, 48);
  setPhase(instance, Phase.READY);
  addActive(run, 1);
  enqueue(run, name);
  return true;
}

/** The next of what is undone before the run ends. False: there is none, or a fault is in hand. */
export function undoNextOfRun(run: u32): bool {
  const registration = takeLast(run);
  return registration != 0 && startUndo(run, registration, 0);
}

/** The next of what an entry waits for. False: there is none, and none is under way; or a fault is in hand. */
export function undoNextOf(run: u32, waiter: u32): bool {
  const instance = instanceAt(run, waiter);
  if (load<u32>(instance, 36) != 0) return true;
  const registration = <usize>load<u32>(instance, 44);
  if (registration == 0) return false;
  store<u32>(instance, <u32>registrationBefore(registration), 44);
  store<u32>(instance, 1, 36);
  return startUndo(run, registration, waiter);
}

// --- entries that wait ----------------------------------------------------------------------------------------------

/** An instance that stands for an entry of `node`, a task or a scope, with a reference to the frame of its own. 0: a fault is in hand. */
export function standForEntry(run: u32, node: u32, frame: usize, split: u32, attempt: u32): u32 {
  const name = createInstance(run, node, frame, split);
  if (name == 0) {
    noteReason(RunFault.TOKEN_LIMIT);
    return 0;
  }
  retainFrame(frame);
  store<u16>(instanceAt(run, name), <u16>attempt, 6);
  store<u32>(instanceAt(run, name), NO_INDEX, 48);
  setPhase(instanceAt(run, name), Phase.UNDOING);
  addActive(run, 1);
  return enterScopes(run, node, frame, split) ? name : 0;
}

/** Has the entry `waiter` (0: none yet) of the instance's end wait until what tasks of a scope (0: all) have done is undone. Its name; 0: nothing is to be undone, or a fault is in hand. */
export function awaitUndo(run: u32, waiter: u32, name: u32, node: u32, transition: u32, frame: usize, scope: u32): u32 {
  if (registrationCount(run) == 0) return waiter;
  const list = takeOfScope(run, scope);
  const adopted = adopt(run, 0, scope);
  if (list == 0 && adopted == 0) return waiter;
  if (waiter == 0) {
    waiter = standForEntry(run, node, frame, load<u32>(instanceAt(run, name), 32), load<u16>(instanceAt(run, name), 6));
    if (waiter == 0) {
      putBack(run, list);
      return 0;
    }
    store<u32>(instanceAt(run, waiter), transition, 48);
  }
  const instance = instanceAt(run, waiter);
  store<u32>(instance, <u32>mergeRegistrations(load<u32>(instance, 44), list), 44);
  if (adopted != 0) adopt(run, waiter, scope);
  return waiter;
}

/** Undos of the scope that are under way for nobody: how many; with a waiter they are under way for it from now on. */
function adopt(run: u32, waiter: u32, scope: u32): u32 {
  const program = runProgram(run);
  let count: u32 = 0;
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) == Phase.UNUSED || !isUndo(program, load<u32>(instance)) || load<u32>(instance, 36) != 0) continue;
    if (scope != 0 && !isInScope(program, otherOf(program, load<u32>(instance)), scope)) continue;
    count += 1;
    if (waiter != 0) store<u32>(instance, waiter, 36);
  }
  if (waiter != 0) store<u32>(instanceAt(run, waiter), load<u32>(instanceAt(run, waiter), 36) + count, 36);
  return count;
}

// --- ends of runs ---------------------------------------------------------------------------------------------------

/** Fails the run with an error value, as soon as what can be undone is undone. `but`: an instance that is ending, or 0. */
export function failTasks(run: u32, error: usize, but: u32): void {
  if (registrationCount(run) == 0) failRunWith(run, error);
  else undoAndEnd(run, error, but);
}

/** The same for the fault in hand. A fault while it undoes ends it at once, with what it was to end with. */
export function failTasksNoted(run: u32): void {
  if (failingError(run) != 0 && isUndoing(run)) {
    setFaultInHand(0);
    tellFailing(run);
  } else if (registrationCount(run) == 0 || !recordFault(CELL)) failNoted(run);
  else {
    setFaultInHand(0);
    undoAndEnd(run, CELL, 0);
  }
}

/** Ends the run from outside. `payload`: see EventKind.CANCEL. */
export function endTasks(run: u32, payload: usize): void {
  const tag = tagOf(payload);
  const isList = tag == Tag.LIST && load<u32>(objectOf(payload), 4) == 1;
  if (!isList && tag != Tag.BOOL) {
    endRun(run, payload);
    return;
  }
  const hasError = isList && tagOf(elementAt(objectOf(payload), 0)) == Tag.MAP;
  if (hasError) copyCell(CELL, elementAt(objectOf(payload), 0));
  else setObject(CELL, Tag.LIST, newList(0));
  if (registrationCount(run) == 0 || objectOf(CELL) == 0) endRun(run, CELL);
  else undoAndEnd(run, CELL, 0);
}

/** Is nothing under way but what undoes? */
function isUndoing(run: u32): bool {
  const program = runProgram(run);
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const phase = phaseOf(instanceAt(run, name));
    if (phase == Phase.UNUSED || phase == Phase.JOINING || phase == Phase.JOINED) continue;
    if (!isUndo(program, load<u32>(instanceAt(run, name)))) return false;
  }
  return true;
}

/** What is under way is given up, save undos; when all is undone the run ends with `ending`. */
function undoAndEnd(run: u32, ending: usize, but: u32): void {
  if (!bindRun(run, ending)) {
    failNoted(run);
    return;
  }
  const program = runProgram(run);
  const count = instanceRecordCount(run);
  for (let name: u32 = 1; name <= count; name++) {
    const phase = phaseOf(instanceAt(run, name));
    const isKept = phase == Phase.UNUSED || phase == Phase.JOINING || phase == Phase.JOINED || name == but;
    if (!isKept && !isUndo(program, load<u32>(instanceAt(run, name)))) store<u32>(instanceAt(run, name), 1, 52);
  }
  dequeueMarked(run);
  for (let name: u32 = 1; name <= count; name++) {
    if (load<u32>(instanceAt(run, name), 52) == 0) continue;
    store<u32>(instanceAt(run, name), 0, 52);
    keepBranch(run, name);
    giveUpInstance(run, name);
  }
  giveUpRunLimit(run);
  if (faultInHand() == 0) return;
  setFaultInHand(0);
  tellFailing(run);
}

/** Keeps what the run will end with. False: a fault is in hand. */
export function bindRun(run: u32, ending: usize): bool {
  const known = failingError(run);
  const frame = known == 0 ? createCells(run, 1, 0) : known;
  if (frame != 0) setFailingError(run, frame);
  if (frame != 0 && storeCell(run, frame + FRAME_HEADER_SIZE, ending)) return true;
  noteReason(RunFault.MEMORY_LIMIT);
  return false;
}

/** A run that is bound to fail has no time limit. */
export function giveUpRunLimit(run: u32): void {
  for (let at: u32 = 0; at < callCapacity(run); at++) {
    const entry = callAt(run, at);
    if (load<u32>(entry) == 0 || load<i32>(entry, 12) != Call.RUN) continue;
    giveUp(run, load<u32>(entry));
    return;
  }
}

/** Ends the run with what it was to end with. */
export function tellFailing(run: u32): void {
  const ending = failingError(run) + FRAME_HEADER_SIZE;
  const failed = failedUndos(run, 0);
  if (failed != 0) {
    const mark = payloadMark();
    appendWire(failed);
    addCommand(CommandKind.UNDO_FAILED, 0, 0, 0, 0, mark);
  }
  if (tagOf(ending) == Tag.LIST && load<u32>(objectOf(ending), 4) == 0) cancelRun(run);
  else if (isFaultRecord(ending)) failWithRecord(run, ending);
  else failRunWith(run, ending);
}
