// Steps runs that are task graphs: what an event, a result or a timer does, then turn after turn until every instance waits.
import {
  CELL_SIZE, CommandKind, EventKind, EventOutcome, NO_EXPRESSION, NO_INDEX, NO_SLOT, PROGRAM_FLAG_INPUT_VARIABLES, ProgramHeader, RunFault, TASK_FLAG_START, Tag,
} from "./abi";
import { assignSlot, stepTime } from "./actions";
import { start } from "./arrivals";
import { attempt, endAttempt, endLate, hasTaskFuel, pursueItems, setTaskFuel, takeTurn } from "./attempts";
import { endFailing } from "./branch-ends";
import { createRootFrame, mergeBranches, releaseFrame, retainFrame, useFrame } from "./branches";
import { evaluateTask } from "./calls";
import { setNull } from "./cell";
import { faultInHand, noteFault, noteReason, setFaultInHand, setNodeInHand, succeedRunWith } from "./fault";
import { giveUpAll } from "./giving-up";
import {
  Call, NO_ITEM, Phase, activeCount, addCall, awaitingCount, currentFrame, dequeue, endedFrame, failingError, findCall, firstQueued, instanceAt, instanceRecordCount,
  isBarred, joiningCount, phaseOf, removeCall, setEndedFrame, setPhase,
} from "./instances";
import { Items, itemsResult, takeResult } from "./items";
import { countOf } from "./map";
import { addCommand, appendWire, payloadMark } from "./output";
import { isUndo, programField, taskRecord } from "./program";
import { RunState, runProgram, runStatus, setRunStatus, takeSerial } from "./run";
import { assignInitials, assignInputs } from "./start-values";
import { NO_BRANCH, endScope } from "./task-end";
import { durationMs } from "./timers";
import { endTasks, failTasksNoted, tellFailing, undoNextOfRun } from "./undoing";
import { elementAt } from "./value";

/** Turns that one event may have before the kernel yields. */
export const TASK_FUEL: i32 = 20_000;

const CELL = memory.data(CELL_SIZE, 16);

/** Delivers one event. `payload`: its cell. Its EventOutcome. */
export function deliverToTasks(run: u32, kind: i32, id: u32, payload: usize, seed: u32): i32 {
  setTaskFuel(TASK_FUEL, seed);
  let outcome: i32 = EventOutcome.TAKEN;
  if (kind == EventKind.TASK_SUCCEEDED || kind == EventKind.TASK_FAILED) outcome = deliverResult(run, id, kind == EventKind.TASK_SUCCEEDED, payload);
  else if (kind == EventKind.TIMER) outcome = deliverTimer(run, id);
  else if (kind == EventKind.EVENT) outcome = deliverEvent(run, id, payload);
  else if (kind == EventKind.START) deliverStart(run, payload);
  else if (kind == EventKind.CANCEL) endTasks(run, payload);
  else if (kind != EventKind.CONTINUE) return EventOutcome.MALFORMED;
  if (faultInHand() != 0) failTasksNoted(run);
  if (runStatus(run) == RunState.ENDED) tellPartialOutput(run);
  return outcome;
}

/** Gives turns until every instance waits. False: fuel ran out. The run may have ended. */
export function settleTasks(run: u32): bool {
  let hasSucceeded = false;
  while (runStatus(run) != RunState.ENDED) {
    if (firstQueued(run) == 0) {
      if (activeCount(run) != 0) return true;
      hasSucceeded = endGraph(run);
      continue;
    }
    if (!hasTaskFuel()) return false;
    if (!takeTurn(run, dequeue(run)) && faultInHand() != 0) failTasksNoted(run);
  }
  if (!hasSucceeded) tellPartialOutput(run);
  return true;
}

// --- the run's beginning and end ----------------------------------------------------------------------------------

function deliverStart(run: u32, payload: usize): void {
  const program = runProgram(run);
  setRunStatus(run, RunState.ACTIVE);
  setNodeInHand(0);
  if (!createRootFrame(run)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return;
  }
  const runIdSlot = programField(program, ProgramHeader.RUN_ID_SLOT);
  if (runIdSlot != NO_SLOT) {
    if (load<u32>(payload) != Tag.LIST || load<u32>(load<u32>(payload, 8), 4) != 2) {
      noteReason(RunFault.INPUT);
      return;
    }
    const both = <usize>load<u32>(payload, 8);
    assignSlot(run, NO_BRANCH, runIdSlot, elementAt(both, 1));
    payload = elementAt(both, 0);
  }
  const inputSlot = programField(program, ProgramHeader.INPUT_SLOT);
  if (inputSlot != NO_SLOT) assignSlot(run, NO_BRANCH, inputSlot, payload);
  if ((programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_INPUT_VARIABLES) != 0 && load<u32>(payload) == Tag.MAP)
    assignInputs(run, NO_BRANCH, load<u32>(payload, 8), programField(program, ProgramHeader.BRANCH_SLOT_COUNT));
  assignInitials(run, NO_BRANCH);
  if (faultInHand() == 0) limitRun(run);
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  const root = currentFrame(run);
  for (let node: u32 = 1; node < nodeCount && faultInHand() == 0; node++) {
    if ((load<u32>(taskRecord(program, node), 8) & TASK_FLAG_START) == 0) continue;
    retainFrame(root);
    start(run, node, root, 0, NO_INDEX);
  }
  releaseFrame(run, root);
}

/** Asks to be told when the run has taken as long as it may. */
function limitRun(run: u32): void {
  const expression = programField(runProgram(run), ProgramHeader.TIMEOUT);
  if (expression == NO_EXPRESSION) return;
  const cell = evaluateTask(run, expression);
  const ms = durationMs(cell);
  if (isNaN(ms)) {
    noteFault(RunFault.ACTION_FAILED, cell, expression, NO_INDEX, NO_INDEX);
    return;
  }
  const serial = takeSerial(run);
  if (!addCall(run, serial, 0, NO_ITEM, Call.RUN)) noteReason(RunFault.MEMORY_LIMIT);
  addCommand(CommandKind.SET_TIMER, 0, 0, serial, stepTime() + ms, payloadMark());
}

/** Nothing is under way any more: the run ends, or undoes something first. Has it succeeded? */
function endGraph(run: u32): bool {
  giveUpAll(run, 0);
  if (failingError(run) != 0) {
    if (!undoNextOfRun(run)) tellFailing(run);
    return false;
  }
  setNodeInHand(0);
  let output: usize = CELL;
  setNull(CELL);
  const expression = programField(runProgram(run), ProgramHeader.OUTPUT);
  if (joiningCount(run) != 0) {
    setNodeInHand(firstJoining(run));
    noteReason(RunFault.JOIN_UNREACHABLE);
  } else if (expression != NO_EXPRESSION) {
    if (endedFrame(run) != 0) useFrame(run, endedFrame(run));
    output = evaluateTask(run, expression);
    if (load<u32>(output) == Tag.ERROR) noteFault(RunFault.ACTION_FAILED, output, expression, NO_INDEX, NO_INDEX);
  }
  if (faultInHand() == 0) return succeedRunWith(run, output);
  failTasksNoted(run);
  return false;
}

/**
 * What can be computed of the output of a run that has failed or was canceled: over what its branches have changed that have ended,
 * and those that were under way, the later instance winning.
 */
function tellPartialOutput(run: u32): void {
  const output = programField(runProgram(run), ProgramHeader.PARTIAL_OUTPUT);
  if (output == NO_EXPRESSION) return;
  let frame = endedFrame(run);
  setEndedFrame(run, 0);
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const other = <usize>load<u32>(instanceAt(run, name), 12);
    if (phaseOf(instanceAt(run, name)) == Phase.UNUSED || other == 0 || other == frame || isUndo(runProgram(run), load<u32>(instanceAt(run, name)))) continue;
    retainFrame(other);
    frame = frame == 0 ? other : mergeBranches(run, frame, other, true);
    if (faultInHand() != 0) break;
  }
  setEndedFrame(run, frame);
  if (faultInHand() != 0) setFaultInHand(0);
  else if (frame != 0) {
    useFrame(run, frame);
    const mark = payloadMark();
    const cell = evaluateTask(run, output);
    if (load<u32>(cell) == Tag.MAP && countOf(load<u32>(cell, 8)) != 0 && appendWire(cell)) addCommand(CommandKind.RUN_OUTPUT, 0, 0, 0, 0, mark);
  }
}

/** The first task, in file order, that waits at its join. */
function firstJoining(run: u32): u32 {
  let first: u32 = 0;
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const node = load<u32>(instanceAt(run, name));
    if (phaseOf(instanceAt(run, name)) == Phase.JOINING && (first == 0 || node < first)) first = node;
  }
  return first;
}

// --- answers ------------------------------------------------------------------------------------------------------

function deliverResult(run: u32, serial: u32, isSuccess: bool, payload: usize): i32 {
  const entry = findCall(run, serial);
  if (entry == 0) return EventOutcome.STALE;
  const kind = load<i32>(entry, 12);
  if (kind != Call.TASK && kind != Call.WORKFLOW) return EventOutcome.STALE;
  const name = load<u32>(entry, 4);
  const item = load<u32>(entry, 8);
  removeCall(run, serial);
  end(run, name, item, isSuccess, payload);
  return EventOutcome.TAKEN;
}

function end(run: u32, name: u32, item: u32, isSuccess: bool, payload: usize): void {
  if (item == NO_ITEM) {
    endAttempt(run, name, isSuccess, payload);
    return;
  }
  setNodeInHand(load<u32>(instanceAt(run, name)));
  const status = takeResult(run, name, item, isSuccess, payload);
  if (status == Items.FAILED) endAttempt(run, name, false, itemsResult());
  else if (status == Items.WAITING) {
    useFrame(run, load<u32>(instanceAt(run, name), 12));
    pursueItems(run, name);
  }
}

function deliverTimer(run: u32, serial: u32): i32 {
  const entry = findCall(run, serial);
  if (entry == 0) return EventOutcome.STALE;
  const kind = load<i32>(entry, 12);
  const name = load<u32>(entry, 4);
  const item = load<u32>(entry, 8);
  if (kind == Call.TASK || kind == Call.WORKFLOW) return EventOutcome.STALE;
  removeCall(run, serial);
  if (kind == Call.RUN) {
    setNodeInHand(0);
    noteReason(RunFault.TIMED_OUT);
  } else if (kind == Call.SCOPE) endScope(run, item);
  else if (kind == Call.WAIT) {
    setNull(CELL);
    end(run, name, item, true, CELL);
  } else if (kind == Call.DELAY) {
    store<u32>(instanceAt(run, name), 0, 8);
    setPhase(instanceAt(run, name), Phase.READY);
    if (isBarred(run, name)) endFailing(run, name);
    else attempt(run, name);
  } else {
    giveUpAll(run, name);
    endLate(run, name);
  }
  return EventOutcome.TAKEN;
}

/** The event goes to the task that has awaited it longest. */
function deliverEvent(run: u32, event: u32, payload: usize): i32 {
  if (event >= programField(runProgram(run), ProgramHeader.EVENT_COUNT)) return EventOutcome.UNKNOWN_EVENT;
  let found: u32 = 0;
  const count: u32 = awaitingCount(run) == 0 ? 0 : instanceRecordCount(run);
  for (let name: u32 = 1; name <= count; name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) != Phase.AWAITING || load<u32>(instance, 40) != event + 1) continue;
    if (found == 0 || load<u32>(instance, 8) < load<u32>(instanceAt(run, found), 8)) found = name;
  }
  if (found == 0) return EventOutcome.IGNORED;
  endAttempt(run, found, true, payload);
  return EventOutcome.TAKEN;
}
