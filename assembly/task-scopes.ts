// Scopes of a task graph: named groups of tasks, one within another, that are given up together. What is under way in one is all
// instances of its tasks, whichever branch they are on. A program without scopes pays one look at a node's record, where a task fails.
import { CommandKind, ProgramHeader, TRANSITION_FLAG_CANCEL, TRANSITION_FLAG_UNDO } from "./abi";
import { dropJoin, takeBack } from "./arrivals";
import { releaseFrame } from "./branches";
import { addFailedUndos, failedUndos, freeFailedUndos } from "./failed-undos";
import { giveUp, giveUpAll } from "./giving-up";
import { Phase, addActive, addAwaiting, dequeueMarked, dropInstance, instanceAt, instanceRecordCount, phaseOf } from "./instances";
import { freeItems } from "./items";
import { addCommand, payloadMark } from "./output";
import { isInScope, isUndo, programField, taskRecord, transitionRecord } from "./program";
import { putBack } from "./registrations";
import { isTraced, runProgram } from "./run";
import { leaveScope, leaveScopes } from "./scope-limits";

/** The instance is no more. Its calls have been answered or given up. */
export function abandon(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  leaveScopes(run, name);
  if (isTraced(run) && phaseOf(instance) != Phase.UNDOING) addCommand(CommandKind.STATE_EXITED, 0, load<u32>(instance), 0, 0, payloadMark());
  releaseFrame(run, load<u32>(instance, 12));
  addActive(run, -1);
  dropInstance(run, name);
}

/**
 * Gives up what is under way in a scope, or waits at its joins, but for one instance that is ending (`but`). What its tasks have led to
 * outside goes on; where they have led to a join that still waits, it is as if they had not. O(instances + transitions).
 */
export function giveUpScope(run: u32, scope: u32, but: u32): void {
  const program = runProgram(run);
  const count = instanceRecordCount(run);
  for (let name: u32 = 1; name <= count; name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) != Phase.UNUSED && name != but && isInScope(program, load<u32>(instance), scope)) store<u32>(instance, 1, 52);
  }
  dequeueMarked(run);
  for (let name: u32 = 1; name <= count; name++) {
    if (load<u32>(instanceAt(run, name), 52) == 0) continue;
    store<u32>(instanceAt(run, name), 0, 52);
    giveUpInstance(run, name);
  }
  if (but != 0) leaveScope(run, but, scope);
  const transitionCount = programField(program, ProgramHeader.TRANSITION_COUNT);
  for (let transition: u32 = 0; transition < transitionCount; transition++) {
    const way = transitionRecord(program, transition);
    const target = load<u32>(way, 4);
    if (target == 0 || (load<u16>(way, 14) & (TRANSITION_FLAG_CANCEL | TRANSITION_FLAG_UNDO)) != 0 || load<u32>(taskRecord(program, target)) == 0) continue;
    if (isInScope(program, load<u32>(way), scope) && !isInScope(program, target, scope)) takeBack(run, target, load<u32>(way, 44));
  }
}

/** What an instance has asked for is given up, and it is no more. */
export function giveUpInstance(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  const phase = phaseOf(instance);
  if (phase == Phase.UNDOING) {
    giveUpEntry(run, name);
    return;
  }
  if (phase == Phase.JOINING || phase == Phase.JOINED) {
    dropJoin(run, name);
    return;
  }
  if (phase == Phase.AWAITING) addAwaiting(run, -1);
  if (phase == Phase.ITEMS) giveUpAll(run, name);
  giveUp(run, load<u32>(instance, 8));
  giveUp(run, load<u32>(instance, 20));
  freeItems(run, name);
  abandon(run, name);
}

/** An entry waits no more: what has not begun to be undone can still be undone, and what has begun goes on for nobody. */
function giveUpEntry(run: u32, name: u32): void {
  const program = runProgram(run);
  putBack(run, load<u32>(instanceAt(run, name), 44));
  for (let other: u32 = 1; other <= instanceRecordCount(run); other++) {
    const undo = instanceAt(run, other);
    if (phaseOf(undo) != Phase.UNUSED && isUndo(program, load<u32>(undo)) && load<u32>(undo, 36) == name) store<u32>(undo, 0, 36);
  }
  const failed = failedUndos(run, name);
  if (failed != 0) addFailedUndos(run, 0, failed);
  freeFailedUndos(run, name);
  abandon(run, name);
}
