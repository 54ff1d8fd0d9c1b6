// Leaving states: histories are written, what waits is canceled, exit actions run from the last state in document order to
// the first, timers die with their states, and of all tokens that stood there one goes on.
import { CommandKind } from "./abi";
import { performAll } from "./actions";
import { recover } from "./failure";
import { cancelWait, faultInHand, failNoted, setFaultInHand, setNodeInHand } from "./fault";
import { mergeFramesWithin } from "./frames";
import { hasHistory, remember } from "./history";
import { addCommand, payloadMark } from "./output";
import { nodeRecord } from "./program";
import { NO_TOKEN, RunState, isTraced, runProgram, runStatus, tokenAt, tokenCount } from "./run";
import { isWithin, lastOf, parentOf } from "./scope";
import { cancelTimers } from "./timers";
import { TokenPhase, setTokenNode, setTokenPhase, tokenFrame, tokenNode } from "./token";

/**
 * Leaves every active state from `top` inward; the tokens stand in order. All tokens end but `leader`, which is PENDING in
 * `domain` then. False: an exit action failed (a failure transition is chosen), or the run has ended.
 */
export function leaveScope(run: u32, leader: u32, top: u32, domain: u32): bool {
  const program = runProgram(run);
  let low = leader;
  let high = leader;
  // States that are no scopes are left by one token alone: branches of a fork may share them.
  if (lastOf(program, top) > top) {
    while (high + 1 < tokenCount(run) && isWithin(program, top, tokenNode(tokenAt(run, high + 1)))) high += 1;
    while (low > 0 && isWithin(program, top, tokenNode(tokenAt(run, low - 1)))) low -= 1;
  }
  if (hasHistory(program) && !remember(run, low, high, top)) {
    failNoted(run);
    return false;
  }
  failure = 0;
  for (let index = high + 1; index > low; index--) {
    const token = tokenAt(run, index - 1);
    cancelWait(run, token);
    setTokenPhase(token, index - 1 == leader ? TokenPhase.PENDING : TokenPhase.FREE);
    leaveBranch(run, leader, token, top, index - 1 == low ? 0 : tokenNode(tokenAt(run, index - 2)));
    if (runStatus(run) == RunState.ENDED) return false;
  }
  setTokenNode(tokenAt(run, leader), domain);
  setFaultInHand(failure);
  return failure == 0 || (recover(run, leader) && false);
}

/** The last fault of an exit action: it is seen to when all states have been left. */
let failure: i32 = 0;

/** Leaves the token's states up to `top`, the scopes left out that the token before (at `before`; 0: none) stands in too. */
function leaveBranch(run: u32, leader: u32, token: usize, top: u32, before: u32): void {
  const program = runProgram(run);
  const place = tokenNode(tokenAt(run, leader));
  let node = tokenNode(token);
  while (before < node || lastOf(program, node) == node) {
    const isScope = lastOf(program, node) > node;
    // Of several tokens in a scope the one that goes on leaves it, and is off the branches of the forks inside.
    if (isScope && isWithin(program, node, place)) token = tokenAt(run, leader);
    if (!leaveState(run, token, node, isScope ? leader : NO_TOKEN)) {
      if (runStatus(run) == RunState.ENDED) return;
      failure = faultInHand();
      setFaultInHand(0);
    }
    if (node == top) return;
    node = parentOf(program, node);
  }
}

function leaveState(run: u32, token: usize, node: u32, leader: u32): bool {
  const record = nodeRecord(runProgram(run), node);
  if (isTraced(run)) addCommand(CommandKind.STATE_EXITED, 0, node, 0, 0, payloadMark());
  cancelTimers(run, token, node);
  setNodeInHand(node);
  if (leader != NO_TOKEN && token == tokenAt(run, leader) && tokenFrame(token) != 0 && !mergeFramesWithin(run, leader, node)) return false;
  return performAll(run, token, load<u32>(record, 24), load<u32>(record, 28));
}

/** Ends a token and leaves its states up to `top`; what fails on the way is lost with the branch. False: the run has ended. */
export function endToken(run: u32, index: u32, top: u32): bool {
  const token = tokenAt(run, index);
  cancelWait(run, token);
  leaveBranch(run, index, token, top, 0);
  setTokenPhase(token, TokenPhase.FREE);
  return runStatus(run) != RunState.ENDED;
}
