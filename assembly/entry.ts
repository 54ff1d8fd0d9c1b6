// Entering states: moves tokens on until they rest, wait or have to choose, with entry actions, the starts of scopes, one
// token for each region, histories, and the branches of forks. One token after the other, in document order.
import {
  CANDIDATE_LAST, CommandKind, NODE_FLAG_DEEP, NODE_FLAG_RESUME, NO_INDEX, NO_NODE, NodeKind, Outcome, RunFault,
} from "./abi";
import { ActionsEnd, runActions, stepTime } from "./actions";
import { choose, recover } from "./failure";
import { faultInHand, isStopped, isWatched, noteEntered, noteReason, setNodeInHand } from "./fault";
import { chooseCompletion } from "./guard";
import { memoryOf, nextMemory } from "./history";
import { addCommand, payloadMark } from "./output";
import { candidateAt, nodeRecord, transitionRecord } from "./program";
import { NO_TOKEN, createFrame, createToken, isTraced, runProgram, tokenAt, tokenCount } from "./run";
import { childToward, isWithin, lastOf, parentOf } from "./scope";
import { setTimers } from "./timers";
import {
  TokenPhase, TokenStage, setTokenActions, setTokenEdge, setTokenFrame, setTokenGoal, setTokenNode, setTokenOutcome, setTokenPhase, setTokenResumes,
  setTokenStage, setTokenTransition, tokenEdge, tokenFrame, tokenGoal, tokenNode, tokenPhase, tokenResumes, tokenStage, tokenTransition,
} from "./token";

/** Levels of regions within regions that one token may enter at once. */
export const REGION_DEPTH_MAX: i32 = 200;
let depth: i32 = 0;

let microsteps: i32 = 0;

/** Sets how many states may be entered before the kernel yields. */
export function setStepFuel(count: i32): void {
  microsteps = count;
}

/** Moves every token that has to enter something, in order. False when fuel ran out first. */
export function advanceAll(run: u32): bool {
  depth = 0;
  const count = tokenCount(run);
  for (let index: u32 = 0; index < count; index++) if (!advance(run, index)) return false;
  return true;
}

/** Moves one token, and those that it makes. False when fuel ran out. */
function advance(run: u32, index: u32): bool {
  while (true) {
    const token = tokenAt(run, index);
    const stage = tokenStage(token);
    if (tokenPhase(token) != TokenPhase.PENDING || stage >= TokenStage.COMPLETE) return true;
    let hasFuel = true;
    if (stage == TokenStage.ENTER) {
      if (microsteps <= 0) return false;
      microsteps -= 1;
      hasFuel = enter(run, index);
    } else if (stage == TokenStage.TRANSITION_ACTIONS) travel(run, index);
    else {
      setNodeInHand(tokenNode(token));
      if (runActions(run, index) == ActionsEnd.FINISHED) hasFuel = descend(run, index);
    }
    if (isStopped(run) && (faultInHand() == 0 || !recover(run, index))) return true;
    if (!hasFuel) return false;
  }
}

/** From the scope it stands in toward its goal. */
@inline
function enterNext(run: u32, token: usize): void {
  setTokenNode(token, childToward(runProgram(run), tokenNode(token), tokenGoal(token)));
  setTokenStage(token, TokenStage.ENTER);
}

/** Puts a token on the way of a transition whose source has been left; it stands in the scope that stays. */
export function setOut(run: u32, token: usize, transition: u32): void {
  const record = transitionRecord(runProgram(run), transition);
  if (isTraced(run)) addCommand(CommandKind.TRANSITION_TAKEN, 0, transition, 0, 0, payloadMark());
  setTokenTransition(token, transition);
  setTokenEdge(token, load<u32>(record, 44));
  setTokenGoal(token, load<u32>(record, 4));
  setTokenResumes(token, RESUMES_NOT);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.TRANSITION_ACTIONS);
  setTokenActions(token, load<u32>(record, 32), load<u32>(record, 36));
}

/** Performs the actions of the transition on whose way the token is. A fault may be in hand. */
export function travel(run: u32, index: u32): void {
  setNodeInHand(load<u32>(transitionRecord(runProgram(run), tokenTransition(tokenAt(run, index)))));
  if (runActions(run, index) == ActionsEnd.FINISHED) enterNext(run, tokenAt(run, index));
}

function enter(run: u32, index: u32): bool {
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const record = nodeRecord(runProgram(run), node);
  const kind = <i32>load<u16>(record);
  setNodeInHand(node);
  if (isWatched()) noteEntered(node);
  if (kind == NodeKind.HISTORY) return enterHistory(run, index, record);
  if (isTraced(run) && node != 0) addCommand(CommandKind.STATE_ENTERED, 0, node, 0, 0, payloadMark());
  setTokenOutcome(token, Outcome.SUCCESS);
  if (kind == NodeKind.START) leaveStart(run, index);
  else if (kind == NodeKind.JOIN) setTokenPhase(token, TokenPhase.AT_JOIN);
  else if (kind == NodeKind.END) setTokenStage(token, TokenStage.FINISHED);
  else if (kind == NodeKind.CHOICE || kind == NodeKind.FORK) setTokenStage(token, TokenStage.COMPLETE);
  else if (load<u32>(record, 52) == 0 || setTimers(run, index, node, stepTime())) {
    setTokenActions(token, load<u32>(record, 16), load<u32>(record, 20));
    setTokenStage(token, TokenStage.ENTRY_ACTIONS);
  }
  return true;
}

/** A start is no state to rest in: its transition belongs to entering the scope, where it does not lead out of it. */
function leaveStart(run: u32, index: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const transition = chooseCompletion(run, token, node, Outcome.SUCCESS);
  if (transition == NO_INDEX) {
    if (faultInHand() == 0) noteReason(RunFault.NO_CHOICE);
    return;
  }
  const scope = parentOf(program, node);
  if (load<u32>(transitionRecord(program, transition), 40) != scope) {
    choose(token, transition);
    return;
  }
  if (isTraced(run) && load<u16>(nodeRecord(program, node)) == NodeKind.START) addCommand(CommandKind.STATE_EXITED, 0, node, 0, 0, payloadMark());
  setTokenNode(token, scope);
  setOut(run, token, transition);
}

/** After the entry actions of a state or scope: on toward the goal, into the scope, or complete. */
function descend(run: u32, index: u32): bool {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const record = nodeRecord(program, node);
  const flags = <u32>load<u16>(record, 2);
  const goal = tokenGoal(token);
  if (goal == node && (flags & NODE_FLAG_RESUME) != 0 && memoryOf(run, node, node) != 0) resume(token, node, flags);
  if (load<u16>(record) == NodeKind.PARALLEL) return enterRegions(run, index);
  if (tokenResumes(token) != RESUMES_NOT) return spread(run, index);
  if (goal != node) enterNext(run, token);
  else enterStart(run, token, record);
  return true;
}

/** Into a scope by its start; a state without one is complete. */
function enterStart(run: u32, token: usize, record: usize): void {
  setTokenGoal(token, load<u32>(record, 12));
  if (load<u32>(record, 12) == NO_NODE) setTokenStage(token, TokenStage.COMPLETE);
  else enterNext(run, token);
}

/** One token in each region; those on the way to the goal, or to what is remembered, go there, the others begin at their start. */
function enterRegions(run: u32, index: u32): bool {
  const program = runProgram(run);
  const parallel = tokenNode(tokenAt(run, index));
  const goal = tokenGoal(tokenAt(run, index));
  const resumes = tokenResumes(tokenAt(run, index));
  const scope = tokenEdge(tokenAt(run, index));
  const frame = tokenFrame(tokenAt(run, index));
  const last = lastOf(program, parallel);
  const first = tokenCount(run);
  for (let region = parallel + 1; region <= last; region = lastOf(program, region) + 1) {
    const at = region == parallel + 1 ? index : createToken(run);
    if (at == NO_TOKEN) {
      noteReason(RunFault.TOKEN_LIMIT);
      return true;
    }
    begin(run, at, region, isWithin(program, region, goal) ? goal : region, frame);
    setTokenResumes(tokenAt(run, at), resumes);
    setTokenEdge(tokenAt(run, at), scope);
  }
  return advanceNew(run, index, first);
}

/** Moves a token that has become several, and those from `first` on: in document order, before any other token. */
function advanceNew(run: u32, index: u32, first: u32): bool {
  if (depth == REGION_DEPTH_MAX) {
    noteReason(RunFault.TOKEN_LIMIT);
    return true;
  }
  depth += 1;
  const end = tokenCount(run);
  let hasFuel = advance(run, index);
  for (let at = first; at < end && hasFuel && !isStopped(run); at++) hasFuel = advance(run, at);
  depth -= 1;
  return hasFuel;
}

/** Makes a token enter `node` on its way to `goal`. */
function begin(run: u32, index: u32, node: u32, goal: u32, frame: usize): void {
  const token = tokenAt(run, index);
  setTokenNode(token, node);
  setTokenGoal(token, goal);
  setTokenFrame(token, frame);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.ENTER);
}

// --- history ------------------------------------------------------------------------------------------------------

const RESUMES_NOT: i32 = 0;
const RESUMES_CHILD: i32 = 1;
const RESUMES_LEAVES: i32 = 2;

/** From now on the token goes where `scope` was left; which scope that is stands in its edge. */
function resume(token: usize, scope: u32, flags: u32): void {
  setTokenResumes(token, (flags & NODE_FLAG_DEEP) != 0 ? RESUMES_LEAVES : RESUMES_CHILD);
  setTokenEdge(token, scope);
}

/** A history is passed through: to what its scope remembers, else by its own transition, else to the scope's start. */
function enterHistory(run: u32, index: u32, record: usize): bool {
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const scope = load<u32>(record, 4);
  if (memoryOf(run, scope, scope) == 0 && load<u32>(record, 36) != 0) {
    leaveStart(run, index);
    return true;
  }
  const flags = <u32>load<u16>(record, 2);
  setTokenNode(token, scope);
  setTokenGoal(token, scope);
  if (memoryOf(run, scope, scope) != 0) resume(token, scope, flags);
  return descend(run, index);
}

/** Into the children of the scope in hand that are remembered; several of them (branches of a fork) get a token each. */
function spread(run: u32, index: u32): bool {
  const program = runProgram(run);
  const node = tokenNode(tokenAt(run, index));
  const isDeep = tokenResumes(tokenAt(run, index)) == RESUMES_LEAVES;
  const frame = tokenFrame(tokenAt(run, index));
  setTokenResumes(tokenAt(run, index), RESUMES_NOT);
  const entry = memoryOf(run, tokenEdge(tokenAt(run, index)), node);
  if (entry == 0 || load<u32>(entry, 4) == node) {
    setTokenEdge(tokenAt(run, index), 0);
    enterStart(run, tokenAt(run, index), nodeRecord(program, node));
    return true;
  }
  const first = tokenCount(run);
  const scope = load<u32>(entry);
  const branchCount = countBranches(run, entry, node);
  let at = index;
  let before = NO_NODE;
  for (let each = entry; each != 0; each = nextMemory(run, each, node)) {
    const leaf = load<u32>(each, 4);
    const child = leaf == node ? before : childToward(program, node, leaf);
    if (child == before && leaf != child) continue;
    if (before != NO_NODE) at = createToken(run);
    const own = at == NO_TOKEN || branchCount == 1 ? frame : createFrame(run, frame, child);
    if (at == NO_TOKEN || own == 0 && branchCount > 1) {
      noteReason(RunFault.TOKEN_LIMIT);
      return true;
    }
    begin(run, at, child, isDeep ? leaf : child, own);
    setTokenResumes(tokenAt(run, at), isDeep && leaf != child ? RESUMES_LEAVES : RESUMES_NOT);
    setTokenEdge(tokenAt(run, at), isDeep && leaf != child ? scope : load<u32>(each, 8));
    before = child;
  }
  return branchCount == 1 || advanceNew(run, index, first);
}

function countBranches(run: u32, entry: usize, node: u32): u32 {
  const program = runProgram(run);
  let count: u32 = 0;
  let before = NO_NODE;
  for (let each = entry; each != 0; each = nextMemory(run, each, node)) {
    const leaf = load<u32>(each, 4);
    const child = leaf == node ? before : childToward(program, node, leaf);
    if (child != before || leaf == child) count += 1;
    before = child;
  }
  return count;
}

// --- forks --------------------------------------------------------------------------------------------------------

/** Sends one token, with a frame of its own, on each way of a fork that has been left. */
export function fork(run: u32, index: u32, node: u32, count: u32): void {
  const program = runProgram(run);
  const first = load<u32>(nodeRecord(program, node), 32);
  const parentFrame = tokenFrame(tokenAt(run, index));
  for (let at: u32 = 0; at < count; at++) {
    // The forking token becomes the last branch, so that it still holds the parent frame meanwhile.
    const branch = at + 1 == count ? index : createToken(run);
    const frame = branch == NO_TOKEN ? 0 : createFrame(run, parentFrame, node);
    if (frame == 0) {
      noteReason(RunFault.TOKEN_LIMIT);
      return;
    }
    begin(run, branch, tokenNode(tokenAt(run, index)), node, frame);
    setOut(run, tokenAt(run, branch), candidateAt(program, first + at) & ~CANDIDATE_LAST);
  }
  for (let at = count; at > 0; at--) {
    const branch = at == 1 ? index : tokenCount(run) + 1 - at;
    travel(run, branch);
    if (isStopped(run) && (faultInHand() == 0 || !recover(run, branch))) return;
  }
}
