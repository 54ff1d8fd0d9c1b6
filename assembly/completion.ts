// What tokens come to together, looked at after each microstep: ends of scopes, joins that have what they wait for, parallel
// states whose regions are all done. The tokens stand in document order.
import { CommandKind, NO_NODE, NodeKind, Outcome } from "./abi";
import { recover } from "./failure";
import { isStopped, setNodeInHand, succeedRun } from "./fault";
import { commonFrame, frameOfFork, mergeFrames, mergeFramesWithin, releaseFrames } from "./frames";
import { endToken } from "./leave";
import { addCommand, payloadMark } from "./output";
import { nodeRecord } from "./program";
import { RunState, isTraced, runProgram, runStatus, tokenAt, tokenCount } from "./run";
import { childToward, isWithin, parentOf } from "./scope";
import {
  TokenPhase, TokenStage, setTokenEdge, setTokenFrame, setTokenGoal, setTokenNode, setTokenOutcome, setTokenPhase, setTokenStage, tokenEdge, tokenFrame,
  tokenNode, tokenPhase, tokenStage,
} from "./token";

/** Completes whatever is complete. The run may have ended. O(tokens). */
export function completeScopes(run: u32): void {
  const count = tokenCount(run);
  let hasDone = false;
  for (let index: u32 = 0; index < count; index++) {
    const token = tokenAt(run, index);
    const phase = tokenPhase(token);
    if (phase == TokenPhase.AT_JOIN) index = gather(run, index, count);
    else if (phase == TokenPhase.PENDING && tokenStage(token) == TokenStage.FINISHED) finishScope(run, index, count);
    if (tokenPhase(token) == TokenPhase.DONE) hasDone = true;
    if (runStatus(run) == RunState.ENDED) return;
  }
  if (hasDone) for (let index: u32 = 0; index < count; index++) if (tokenPhase(tokenAt(run, index)) == TokenPhase.DONE) finishRegions(run, index, count);
  releaseFrames(run);
}

// --- ends of scopes -----------------------------------------------------------------------------------------------

/** A token has come to the end of its scope: the scope is complete, or others in it go on. */
function finishScope(run: u32, index: u32, count: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const scope = parentOf(program, tokenNode(token));
  setNodeInHand(tokenNode(token));
  const isLast = !hasNeighbour(run, index, scope, count);
  if (!mergeFramesWithin(run, index, scope)) {
    recover(run, index);
    return;
  }
  if (!isLast) {
    setTokenPhase(token, TokenPhase.FREE);
    return;
  }
  const parent = parentOf(program, scope);
  if (parent == NO_NODE) {
    succeedRun(run);
    return;
  }
  if (isTraced(run)) addCommand(CommandKind.STATE_EXITED, 0, tokenNode(token), 0, 0, payloadMark());
  stand(run, index, scope);
  if (load<u16>(nodeRecord(program, scope)) == NodeKind.REGION) setTokenPhase(token, TokenPhase.DONE);
}

/** The token stands for all of `node`, which is complete. */
function stand(run: u32, index: u32, node: u32): void {
  const token = tokenAt(run, index);
  setTokenNode(token, node);
  setTokenGoal(token, node);
  setTokenEdge(token, 0);
  setTokenOutcome(token, Outcome.SUCCESS);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.COMPLETE);
}

/** Does another token stand in the scope? */
function hasNeighbour(run: u32, index: u32, scope: u32, count: u32): bool {
  const program = runProgram(run);
  for (let at = index + 1; at < count; at++) {
    if (tokenPhase(tokenAt(run, at)) == TokenPhase.FREE) continue;
    if (isWithin(program, scope, tokenNode(tokenAt(run, at)))) return true;
    break;
  }
  for (let at = index; at > 0; at--) {
    if (tokenPhase(tokenAt(run, at - 1)) != TokenPhase.FREE) return isWithin(program, scope, tokenNode(tokenAt(run, at - 1)));
  }
  return false;
}

/** From the token of the first region on: when every region is done, one token stands for the whole parallel state. */
function finishRegions(run: u32, index: u32, count: u32): void {
  const program = runProgram(run);
  const region = tokenNode(tokenAt(run, index));
  const parallel = parentOf(program, region);
  if (region != parallel + 1) return;
  let missing = load<u32>(nodeRecord(program, parallel), 40);
  let end = index;
  for (; end < count && missing > 0; end++) {
    const token = tokenAt(run, end);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    if (tokenPhase(token) != TokenPhase.DONE || parentOf(program, tokenNode(token)) != parallel) return;
    missing -= 1;
  }
  if (missing > 0) return;
  for (let at = index; at < end; at++) setTokenPhase(tokenAt(run, at), TokenPhase.FREE);
  stand(run, index, parallel);
}

// --- joins --------------------------------------------------------------------------------------------------------

/** Looks at the tokens at one join, sorted by their ways, from `first` on; returns the last of them. */
function gather(run: u32, first: u32, count: u32): u32 {
  const node = tokenNode(tokenAt(run, first));
  let wayCount: u32 = 0;
  let last = first;
  for (let at = first; at < count; at++) {
    const token = tokenAt(run, at);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    if (tokenPhase(token) != TokenPhase.AT_JOIN || tokenNode(token) != node) break;
    if (wayCount == 0 || tokenEdge(token) != tokenEdge(tokenAt(run, last))) wayCount += 1;
    last = at;
  }
  if (wayCount > 0 && wayCount >= load<u32>(nodeRecord(runProgram(run), node), 40)) join(run, first, last);
  return last;
}

/** One token of every way goes on as one, seeing what all of them changed. Where fewer ways than all are enough, the fork's other branches end. */
function join(run: u32, first: u32, last: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, first);
  const fork = load<u32>(nodeRecord(program, tokenNode(token)), 44);
  setNodeInHand(tokenNode(token));
  let frame = tokenFrame(token);
  for (let at = nextWay(run, first, last); at <= last; at = nextWay(run, at, last)) frame = commonFrame(frame, tokenFrame(tokenAt(run, at)));
  const branch = fork == NO_NODE ? 0 : frameOfFork(token, fork);
  if (branch != 0) frame = load<u32>(branch);
  let isSound = mergeFrames(run, first, frame);
  for (let at = nextWay(run, first, last); at <= last; ) {
    const next = nextWay(run, at, last);
    isSound = isSound && mergeFrames(run, at, frame);
    setTokenPhase(tokenAt(run, at), TokenPhase.FREE);
    at = next;
  }
  setTokenFrame(token, frame);
  if (isSound) stand(run, first, tokenNode(token));
  else if (!recover(run, first)) return;
  // A token that met another of the fork's branches on its way is back in the frame that the fork began in.
  if (fork != NO_NODE) endBranches(run, first, fork, frame);
}

/** The next token at the join that came by another way than the one at `at`; past `last` for none. */
function nextWay(run: u32, at: u32, last: u32): u32 {
  const way = tokenEdge(tokenAt(run, at));
  do at += 1;
  while (at <= last && (tokenPhase(tokenAt(run, at)) != TokenPhase.AT_JOIN || tokenEdge(tokenAt(run, at)) == way));
  return at;
}

/** Ends every token but `leader` that is on a branch which the fork at `fork` made of the frame `parent`. */
function endBranches(run: u32, leader: u32, fork: u32, parent: usize): void {
  const program = runProgram(run);
  const scope = parentOf(program, fork);
  for (let at = tokenCount(run); at > 0; at--) {
    const token = tokenAt(run, at - 1);
    const branch = frameOfFork(token, fork);
    if (at - 1 == leader || tokenPhase(token) == TokenPhase.FREE || branch == 0 || load<u32>(branch) != <u32>parent) continue;
    const node = tokenNode(token);
    if (!endToken(run, at - 1, node != scope && isWithin(program, scope, node) ? childToward(program, scope, node) : node)) return;
  }
}
