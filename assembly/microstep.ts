// A microstep: a selection is executed (all exits, then the actions of the transitions, then all entries), and after it
// eventless transitions are selected in the same way, until none is left.
import { CommandKind, NO_INDEX, NO_NODE, NodeKind, RunFault, TRANSITION_FLAG_INTERNAL, TRANSITION_FLAG_LOCAL } from "./abi";
import { assign, finishAction, performAll } from "./actions";
import { completeScopes } from "./completion";
import { advanceAll, fork, setOut, travel } from "./entry";
import { recover } from "./failure";
import { failNoted, faultInHand, isStopped, isWatched, noteReason, setNodeInHand } from "./fault";
import { mergeFrames, releaseFrames } from "./frames";
import { leaveScope } from "./leave";
import { arrangeTokens } from "./order";
import { addCommand, payloadMark } from "./output";
import { actionRecord, nodeRecord, transitionRecord } from "./program";
import { NO_TOKEN, RunState, isTraced, runFrames, runProgram, runStatus, tokenAt, tokenCount } from "./run";
import { isWithin } from "./scope";
import { selectEventless, selectionAt, selectionCount } from "./selection";
import { TokenPhase, setTokenFrame, setTokenNode, tokenFrame, tokenNode, tokenPhase } from "./token";
import { hasRecurred } from "./watch";

/** Executes the selection as far as the actions of its transitions. `payload`: of the event in hand. The run may have ended. */
export function execute(run: u32, payload: usize): void {
  for (let at = selectionCount(); at > 0; at--) {
    const entry = selectionAt(at - 1);
    const top = load<u32>(entry, 8);
    if (top == NO_NODE || takesLocal(run, entry)) continue;
    if (leaveScope(run, load<u32>(entry), top, load<u32>(transitionRecord(runProgram(run), load<u32>(entry, 4)), 40))) continue;
    if (runStatus(run) == RunState.ENDED) return;
    // An exit action failed: the token waits for its failure transition.
    store<u32>(entry, NO_TOKEN);
  }
  for (let at: u32 = 0; at < selectionCount(); at++) {
    const entry = selectionAt(at);
    const index = load<u32>(entry);
    if (index == NO_TOKEN) continue;
    take(run, entry, index, payload);
    if (isStopped(run) && (faultInHand() == 0 || !recover(run, index))) return;
  }
}

function take(run: u32, entry: usize, index: u32, payload: usize): void {
  const token = tokenAt(run, index);
  const transition = load<u32>(entry, 4);
  if (transition == NO_INDEX) {
    if (tokenPhase(token) == TokenPhase.WAITING) finishAction(run, token, payload);
    return;
  }
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  const top = load<u32>(entry, 8);
  setNodeInHand(load<u32>(record));
  if (top != NO_NODE && takesLocal(run, entry)) takeLocal(run, token, record);
  else if ((load<u16>(record, 14) & TRANSITION_FLAG_INTERNAL) != 0) {
    if (isTraced(run)) addCommand(CommandKind.TRANSITION_TAKEN, 0, transition, 0, 0, payloadMark());
    performAll(run, token, load<u32>(record, 32), load<u32>(record, 36));
  } else {
    const source = load<u32>(record);
    const wayCount: u32 = load<u16>(nodeRecord(program, source)) == NodeKind.FORK ? load<u32>(nodeRecord(program, source), 36) : 1;
    if (wayCount > 1) fork(run, index, source, wayCount);
    else {
      setOut(run, token, transition);
      travel(run, index);
    }
  }
}

/** Is there no exit, timer or waiting action beside the transition? */
@inline
function takesLocal(run: u32, entry: usize): bool {
  const record = transitionRecord(runProgram(run), load<u32>(entry, 4));
  return (load<u16>(record, 14) & TRANSITION_FLAG_LOCAL) != 0 && !isTraced(run) && tokenPhase(tokenAt(run, load<u32>(entry))) == TokenPhase.RESTING;
}

/** Assignments, and the token rests at the target. */
function takeLocal(run: u32, token: usize, record: usize): void {
  const program = runProgram(run);
  const end = load<u32>(record, 32) + load<u32>(record, 36);
  for (let action = load<u32>(record, 32); action < end; action++) {
    assign(run, token, action, actionRecord(program, action));
    if (isStopped(run)) return;
  }
  setTokenNode(token, load<u32>(record, 4));
}

/** Goes on until every token rests or waits. False when fuel ran out first. */
export function settle(run: u32): bool {
  while (true) {
    arrangeTokens(run);
    if (!advanceAll(run)) return false;
    if (runStatus(run) == RunState.ENDED) return true;
    arrangeTokens(run);
    completeScopes(run);
    if (runStatus(run) == RunState.ENDED) return true;
    arrangeTokens(run);
    if (!joinLast(run)) return true;
    if (isWatched() && hasRecurred(run)) {
      noteReason(RunFault.ENDLESS_LOOP);
      failNoted(run);
      return true;
    }
    selectEventless(run);
    if (runStatus(run) == RunState.ENDED || selectionCount() == 0) return true;
    execute(run, 0);
    if (runStatus(run) == RunState.ENDED) return true;
  }
}

/** The last token of a run sees the run's own variables. False: the run has ended. */
function joinLast(run: u32): bool {
  if (runFrames(run) == 0 || tokenCount(run) > 1) return true;
  const token = tokenAt(run, 0);
  setNodeInHand(tokenNode(token));
  const isSound = mergeFrames(run, 0, 0) || recover(run, 0);
  setTokenFrame(token, 0);
  releaseFrames(run);
  return isSound;
}
