// How a task ends: its result is kept, and of the entries under its `next` all that match are followed, each on a branch of
// its own. A failure that none of them takes is the run's.
import {
  CANDIDATE_LAST, CELL_SIZE, CommandKind, NO_INDEX, NO_NODE, NO_SLOT, Outcome, PROGRAM_FLAG_FINISH, ProgramHeader, RunFault, TASK_FLAG_MERGE_LAST,
  TRANSITION_FLAG_CANCEL, TRANSITION_FLAG_CONTINUE, TRANSITION_FLAG_REPEATED, TRANSITION_FLAG_RETRY, TRANSITION_FLAG_UNDO, Tag, Trigger,
} from "./abi";
import { assign } from "./actions";
import { arrive } from "./arrivals";
import { endBranch, endFailing, keepBranch } from "./branch-ends";
import { mergeBranches, ownFrame, releaseFrame, retainFrame, useFrame } from "./branches";
import { evaluateTask } from "./calls";
import { copyCell, setObject } from "./cell";
import { addFailedUndos, failedUndos, freeFailedUndos, undoError } from "./failed-undos";
import { faultInHand, noteReason, setNodeInHand } from "./fault";
import { isPermitted } from "./guard";
import { failingError, instanceAt, lastRegistration } from "./instances";
import { allocateScratch } from "./memory";
import { addCommand, payloadMark } from "./output";
import { actionRecord, candidateAt, nodeRecord, otherOf, programField, scopeOf, taskRecord, transitionRecord } from "./program";
import { dropRegistration, register, registeredResult, takeLast } from "./registrations";
import { TOKEN_SIZE, isTraced, runProgram, storeSlot } from "./run";
import { rejoinScopes, scopeLimitAt } from "./scope-limits";
import { abandon, giveUpScope } from "./task-scopes";
import { clearOutcome, setOutcome } from "./transients";
import { awaitUndo, bindRun, failTasks, standForEntry, undoNextOf } from "./undoing";
import { makeString } from "./value";

/** Actions and guards look at the frame of a token: this one sees the run's slots. */
export const NO_BRANCH = memory.data(TOKEN_SIZE, 16);

export enum End {
  /** The instance is no more. */
  ENDED = 0,
  /** It is to be tried again. */
  RETRY = 1,
  /** A fault is in hand. */
  FAULT = 2,
}

/** What `follow` has found. */
let hasFired: bool = false;
let wantsRetry: bool = false;
/** The branch on which the task is tried again: a reference of its own. */
let retryFrame: usize = 0;

/** Ends a task. `cell`: its result, or its error. `mayRetry`: may an entry say that it is tried again? `isPassedOver`: nothing was done. */
export function endTask(run: u32, name: u32, isSuccess: bool, cell: usize, mayRetry: bool, isPassedOver: bool): i32 {
  const node = load<u32>(instanceAt(run, name));
  setNodeInHand(node);
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  const isUndoable = isSuccess && !isPassedOver && otherOf(runProgram(run), node) != NO_NODE;
  const registration: usize = isUndoable ? register(run, node, load<u32>(instanceAt(run, name), 12), load<u32>(instanceAt(run, name), 56), cell) : 0;
  if (registration != 0) cell = registeredResult(registration);
  else if (isUndoable) noteReason(RunFault.MEMORY_LIMIT);
  if (faultInHand() != 0) return End.FAULT;
  if (failingError(run) != 0) {
    endFailing(run, name);
    return End.ENDED;
  }
  setOutcome(run, isSuccess, cell, load<u16>(instanceAt(run, name), 6));
  const slot = load<u32>(taskRecord(runProgram(run), node), 60);
  // The result comes first: to store anything may move the run's values.
  if (isSuccess && slot != NO_SLOT && !storeSlot(run, 0, slot, cell)) noteReason(RunFault.MEMORY_LIMIT);
  setStatus(run, node, isSuccess);
  if (faultInHand() == 0) follow(run, name, node, isSuccess, mayRetry, 0);
  if (faultInHand() == 0 && !wantsRetry && !hasFired && !isSuccess) offerFailure(run, name, scopeOf(runProgram(run), node), cell);
  clearOutcome(run);
  if (faultInHand() != 0) return End.FAULT;
  if (!wantsRetry) {
    abandon(run, name);
    return End.ENDED;
  }
  // The attempts at a task are undone as one: once it has succeeded for good.
  if (registration != 0 && lastRegistration(run) == registration) dropRegistration(run, takeLast(run));
  return End.RETRY;
}

const SUCCEEDED = memory.data<u8>([0x73, 0x75, 0x63, 0x63, 0x65, 0x65, 0x64, 0x65, 0x64]);
const FAILED = memory.data<u8>([0x66, 0x61, 0x69, 0x6c, 0x65, 0x64]);
const STATUS = memory.data(CELL_SIZE, 16);

/** Keeps how the task has ended, where an expression asks for it. */
function setStatus(run: u32, node: u32, isSuccess: bool): void {
  const slot = load<u32>(nodeRecord(runProgram(run), node), 44);
  if (slot == NO_SLOT) return;
  const text = isSuccess ? makeString(SUCCEEDED, 9) : makeString(FAILED, 6);
  setObject(STATUS, Tag.STRING, text);
  if (text == 0 || !storeSlot(run, 0, slot, STATUS)) noteReason(RunFault.MEMORY_LIMIT);
}

/**
 * A failure that no entry took where it came from is offered to `scope` and those around it: the first with an entry that matches is given
 * up, and then its entries are followed. Where there is none it is the run's.
 */
function offerFailure(run: u32, name: u32, scope: u32, error: usize): void {
  const program = runProgram(run);
  for (; scope != 0; scope = scopeOf(program, scope)) {
    const isTaken = hasEntry(run, name, scope);
    if (faultInHand() != 0) return;
    if (!isTaken) continue;
    giveUpScope(run, scope, name);
    follow(run, name, scope, false, false, 0);
    return;
  }
  failGraph(run, name, error);
}

const ERROR = memory.data(CELL_SIZE, 16);

/** The time of a scope is over: it fails, though none of its tasks has, with the variables with which it was entered. */
export function endScope(run: u32, scope: u32): void {
  const entry = scopeLimitAt(run, scope);
  store<u32>(entry, 0, 4);
  setNodeInHand(scope);
  if (failingError(run) != 0) {
    giveUpScope(run, scope, 0);
    return;
  }
  const name = standForEntry(run, scope, load<u32>(entry, 8), load<u32>(entry, 12), 1);
  if (name == 0) return;
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  copyCell(ERROR, evaluateTask(run, load<u32>(taskRecord(runProgram(run), scope), 20)));
  setOutcome(run, false, ERROR, 1);
  offerFailure(run, name, scope, ERROR);
  clearOutcome(run);
  if (faultInHand() == 0) abandon(run, name);
}

/** All that an entry waited for is undone: it leads on, or fails where something could not be undone. */
export function endWait(run: u32, name: u32): bool {
  const node = load<u32>(instanceAt(run, name));
  const transition = load<u32>(instanceAt(run, name), 48);
  const failed = failedUndos(run, name);
  setNodeInHand(node);
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  if (failingError(run) != 0) {
    if (failed != 0) addFailedUndos(run, 0, failed);
    freeFailedUndos(run, name);
    endFailing(run, name);
    return faultInHand() == 0;
  }
  if (failed == 0) leadOn(run, name, node, transition);
  else if (undoError(run, failed, ERROR)) {
    freeFailedUndos(run, name);
    setOutcome(run, false, ERROR, load<u16>(instanceAt(run, name), 6));
    follow(run, name, node, false, false, load<u32>(transitionRecord(runProgram(run), transition), 40) + 1);
    if (faultInHand() == 0 && !hasFired) offerFailure(run, name, scopeOf(runProgram(run), node), ERROR);
    clearOutcome(run);
  }
  if (faultInHand() != 0) return false;
  abandon(run, name);
  return true;
}

/** Takes the ways of an entry that has waited. */
function leadOn(run: u32, name: u32, node: u32, waited: u32): void {
  const program = runProgram(run);
  const frame = <usize>load<u32>(instanceAt(run, name), 12);
  const split = load<u32>(instanceAt(run, name), 32);
  const entry = load<u32>(transitionRecord(program, waited), 40);
  const first = load<u32>(nodeRecord(program, node), 32);
  const count = load<u32>(nodeRecord(program, node), 36);
  let leads = false;
  for (let at: u32 = 0; at < count && faultInHand() == 0; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    const way = transitionRecord(program, transition);
    if (load<u32>(way, 40) != entry || load<u32>(way, 4) == 0 || (load<u16>(way, 14) & NO_WAY) != 0) continue;
    if (isTraced(run)) addCommand(CommandKind.TRANSITION_TAKEN, 0, transition, 0, 0, payloadMark());
    leads = true;
    retainFrame(frame);
    arrive(run, transition, frame, split);
  }
  if (leads || faultInHand() != 0) return;
  retainFrame(frame);
  endBranch(run, frame, false);
}

/** Does an entry of the scope match the failure in hand? */
function hasEntry(run: u32, name: u32, scope: u32): bool {
  const program = runProgram(run);
  const first = load<u32>(nodeRecord(program, scope), 32);
  const count = load<u32>(nodeRecord(program, scope), 36);
  for (let at: u32 = 0; at < count; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    if (isOpenFor(run, name, transition, transitionRecord(program, transition), false)) return true;
    if (faultInHand() != 0) return false;
  }
  return false;
}

/** Flags of transitions that start no task. */
const NO_WAY: u32 = TRANSITION_FLAG_RETRY | TRANSITION_FLAG_CANCEL | TRANSITION_FLAG_UNDO;

/** The frame of the entry in hand: a reference of its own, or 0 between entries. */
let entryFrame: usize = 0;
/** Does the entry in hand lead anywhere? */
let entryLeads: bool = false;
/** The instance that stands for the entry in hand while something is undone, or 0. */
let entryWaiter: u32 = 0;

/** Follows the entries of a task, or of a scope around it, that match how the task has ended; those before `firstEntry` are left out. */
function follow(run: u32, name: u32, node: u32, isSuccess: bool, mayRetry: bool, firstEntry: u32): void {
  const program = runProgram(run);
  const record = nodeRecord(program, node);
  const first = load<u32>(record, 32);
  const count = load<u32>(record, 36);
  let entry = NO_INDEX;
  let isOpen = false;
  hasFired = false;
  wantsRetry = false;
  entryFrame = 0;
  heldCount = 0;
  for (let at: u32 = 0; at < count && faultInHand() == 0; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    const way = transitionRecord(program, transition);
    if (load<u32>(way, 40) < firstEntry) continue;
    if (load<u32>(way, 40) != entry) {
      endEntry(run);
      entry = load<u32>(way, 40);
      isOpen = faultInHand() == 0 && openEntry(run, name, transition, way, isSuccess);
    }
    if (!isOpen || faultInHand() != 0) continue;
    if ((load<u16>(way, 14) & TRANSITION_FLAG_RETRY) != 0) {
      if (mayRetry && !wantsRetry) {
        wantsRetry = true;
        retainFrame(entryFrame);
        retryFrame = entryFrame;
      }
      entryLeads = true;
      continue;
    }
    if (isSuccess || (load<u16>(way, 14) & TRANSITION_FLAG_CONTINUE) == 0) hasFired = true;
    if (entryWaiter == 0 || (load<u16>(way, 14) & NO_WAY) != 0) takeWay(run, name, node, transition, way, count);
  }
  endEntry(run);
  if (heldCount != 0) arriveOnce(run, load<u32>(instanceAt(run, name), 32));
  if (wantsRetry) {
    releaseFrame(run, load<u32>(instanceAt(run, name), 12));
    store<u32>(instanceAt(run, name), <u32>retryFrame, 12);
    rejoinScopes(run, name);
  }
  if (faultInHand() == 0 && !hasFired && !wantsRetry && isSuccess) {
    retainFrame(load<u32>(instanceAt(run, name), 12));
    endBranch(run, load<u32>(instanceAt(run, name), 12), false);
  }
}

/** Does what a transition of the entry in hand says. */
function takeWay(run: u32, name: u32, node: u32, transition: u32, way: usize, count: u32): void {
  const target = load<u32>(way, 4);
  const flags = load<u16>(way, 14);
  if (isTraced(run)) addCommand(CommandKind.TRANSITION_TAKEN, 0, transition, 0, 0, payloadMark());
  if ((flags & TRANSITION_FLAG_UNDO) != 0) {
    entryWaiter = awaitUndo(run, entryWaiter, name, node, transition, entryFrame, target);
    if (entryWaiter != 0) entryLeads = true;
    return;
  }
  if (target == 0) return;
  if ((flags & TRANSITION_FLAG_CANCEL) != 0) {
    giveUpScope(run, target, name);
    return;
  }
  entryLeads = true;
  retainFrame(entryFrame);
  if ((flags & TRANSITION_FLAG_REPEATED) == 0) arrive(run, transition, entryFrame, load<u32>(instanceAt(run, name), 32));
  else if (!hold(transition, entryFrame, count)) {
    releaseFrame(run, entryFrame);
    noteReason(RunFault.MEMORY_LIMIT);
  }
}

// Ways of one end that lead to one join by several entries: pairs of u32, transition and frame.
let held: usize = 0;
let heldCount: u32 = 0;

/** Keeps a way until all entries have been looked at. False: out of memory. */
function hold(transition: u32, frame: usize, countMax: u32): bool {
  if (heldCount == 0) held = allocateScratch(<usize>countMax << 3);
  if (held == 0) return false;
  store<u32>(held + (<usize>heldCount << 3), transition);
  store<u32>(held + (<usize>heldCount << 3), <u32>frame, 4);
  heldCount += 1;
  return true;
}

/** What leads to the same join is merged, in the order of the entries, and arrives there once. */
function arriveOnce(run: u32, split: u32): void {
  const program = runProgram(run);
  for (let at: u32 = 0; at < heldCount; at++) {
    const transition = load<u32>(held + (<usize>at << 3));
    let frame = <usize>load<u32>(held + (<usize>at << 3), 4);
    if (frame == 0) continue;
    const target = load<u32>(transitionRecord(program, transition), 4);
    for (let later = at + 1; later < heldCount; later++) {
      const place = held + (<usize>later << 3);
      const other = <usize>load<u32>(place, 4);
      if (other == 0 || load<u32>(transitionRecord(program, load<u32>(place)), 4) != target) continue;
      store<u32>(place, 0, 4);
      if (faultInHand() != 0) {
        releaseFrame(run, other);
        continue;
      }
      setNodeInHand(target);
      frame = mergeBranches(run, frame, other, (load<u32>(taskRecord(program, target), 8) & TASK_FLAG_MERGE_LAST) != 0);
    }
    if (faultInHand() == 0) arrive(run, transition, frame, split);
    else if (frame != 0) releaseFrame(run, frame);
  }
}

/** Does an entry match how the task has ended? */
function isOpenFor(run: u32, name: u32, transition: u32, way: usize, isSuccess: bool): bool {
  if (load<u16>(way, 12) == Trigger.OUTCOME && (load<i32>(way, 16) == Outcome.SUCCESS) != isSuccess) return false;
  useFrame(run, load<u32>(instanceAt(run, name), 12));
  return isPermitted(run, NO_BRANCH, transition, way);
}

/** Is the entry followed? Then its variables are published, on a frame of its own. */
function openEntry(run: u32, name: u32, transition: u32, way: usize, isSuccess: bool): bool {
  if (!isOpenFor(run, name, transition, way, isSuccess)) return false;
  const frame = <usize>load<u32>(instanceAt(run, name), 12);
  retainFrame(frame);
  entryFrame = frame;
  entryLeads = false;
  entryWaiter = 0;
  const count = load<u32>(way, 36);
  if (count == 0) return true;
  const own = ownFrame(run, frame);
  if (own == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  entryFrame = own;
  const first = load<u32>(way, 32);
  for (let action = first; action < first + count && faultInHand() == 0; action++) assign(run, NO_BRANCH, action, actionRecord(runProgram(run), action));
  return true;
}

/** Gives the entry's own reference up, or ends its branch with it; the first of what it waits for begins to be undone. */
function endEntry(run: u32): void {
  const frame = entryFrame;
  entryFrame = 0;
  if (frame == 0) return;
  if (entryWaiter != 0 && faultInHand() == 0) undoNextOf(run, entryWaiter);
  entryWaiter = 0;
  if (entryLeads || faultInHand() != 0) releaseFrame(run, frame);
  else endBranch(run, frame, false);
}

/** A failure that nothing takes. What is under way ends first, or is given up with the run. */
function failGraph(run: u32, name: u32, error: usize): void {
  keepBranch(run, name);
  if (faultInHand() != 0) return;
  if ((programField(runProgram(run), ProgramHeader.FLAGS) & PROGRAM_FLAG_FINISH) == 0) failTasks(run, error, name);
  else bindRun(run, error);
}
