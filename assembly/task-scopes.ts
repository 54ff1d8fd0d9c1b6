// Scopes of a task graph: named groups of tasks, one within another, that are given up together. What is under way in one is all
// instances of its tasks, whichever branch they are on. A program without scopes pays one look at a node's record, where a task fails.
import { CommandKind, ProgramHeader, TRANSITION_FLAG_CANCEL } from "./abi";
import { dropJoin, takeBack } from "./arrivals";
import { releaseFrame } from "./branches";
import { giveUp, giveUpAll } from "./giving-up";
import { Phase, addActive, addAwaiting, dequeueMarked, dropInstance, instanceAt, instanceRecordCount, phaseOf } from "./instances";
import { freeItems } from "./items";
import { addCommand, payloadMark } from "./output";
import { nodeRecord, programField, taskRecord, transitionRecord } from "./program";
import { isTraced, runProgram } from "./run";

/** The innermost scope that a task or a scope stands in, or 0. */
@inline
export function scopeOf(program: usize, node: u32): u32 {
  return load<u32>(nodeRecord(program, node), 40);
}

/** Does the node stand in the scope, or in one within it? */
function isInScope(program: usize, node: u32, scope: u32): bool {
  let at = scopeOf(program, node);
  while (at != 0 && at != scope) at = scopeOf(program, at);
  return at != 0;
}

/** The instance is no more. Its calls have been answered or given up. */
export function abandon(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  if (isTraced(run)) addCommand(CommandKind.STATE_EXITED, 0, load<u32>(instance), 0, 0, payloadMark());
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
  const transitionCount = programField(program, ProgramHeader.TRANSITION_COUNT);
  for (let transition: u32 = 0; transition < transitionCount; transition++) {
    const way = transitionRecord(program, transition);
    const target = load<u32>(way, 4);
    if (target == 0 || (load<u16>(way, 14) & TRANSITION_FLAG_CANCEL) != 0 || load<u32>(taskRecord(program, target)) == 0) continue;
    if (isInScope(program, load<u32>(way), scope) && !isInScope(program, target, scope)) takeBack(run, target, load<u32>(way, 44));
  }
}

function giveUpInstance(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  const phase = phaseOf(instance);
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
