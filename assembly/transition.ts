// Chooses and takes transitions, and moves tokens on until they rest: entering states with their actions, start and end
// of scopes, choice, fork and join. Knows nothing of batches and of the door.
import {
  CANDIDATE_LAST, CommandKind, NO_EXPRESSION, NO_INDEX, NO_NODE, NodeKind, Outcome, ProgramHeader, RunFault, TRANSITION_FLAG_LOCAL, Tag, Trigger,
} from "./abi";
import { ActionsEnd, assign, runActions, stepTime } from "./actions";
import { failGuard, failLimit, failRun, succeedRun } from "./fault";
import { addCommand, payloadMark } from "./output";
import { actionRecord, candidateAt, expressionRecord, nodeRecord, programField, transitionRecord } from "./program";
import { NO_TOKEN, RunState, createFrame, createToken, isTraced, runBlock, runProgram, runStatus, slotsOf, tokenAt, tokenCapacity } from "./run";
import { commonFrame, countTokens, countTokensWithin, evaluateInRun, isWithin, leaveScopes, mergeFrames, removeToken, setTimers } from "./scope";
import {
  TokenPhase, TokenStage, setTokenActions, setTokenEdge, setTokenFrame, setTokenGoal, setTokenNode, setTokenOutcome, setTokenPhase, setTokenStage,
  setTokenStep, setTokenTransition, tokenEdge, tokenFrame, tokenGoal, tokenNode, tokenOutcome, tokenPhase, tokenStage,
} from "./token";

/** Microsteps that one event may cause before the kernel yields. */
export const STEP_FUEL: i32 = 20_000;

let microsteps: i32 = 0;

export function setStepFuel(count: i32): void {
  microsteps = count;
}

/** May the transition be taken as far as its guard goes? A failing guard fails the run and counts as no. */
@inline
export function isPermitted(run: u32, token: usize, transition: u32, record: usize): bool {
  const guard = load<u32>(record, 8);
  if (guard == NO_EXPRESSION) return true;
  const expression = expressionRecord(runProgram(run), guard);
  const slots = slotsOf(run, tokenFrame(token));
  const cell = evaluateInRun(expression, slots);
  if (load<u32>(cell) == Tag.BOOL) return load<u32>(cell, 4) != 0;
  failGuard(run, cell, transition);
  return false;
}

/** The transition that `event` takes from the token's state or, bubbling, from a scope around it; NO_INDEX for none. */
export function chooseByEvent(run: u32, index: u32, event: u32): u32 {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const dispatch = programField(program, ProgramHeader.DISPATCH);
  const eventCount = programField(program, ProgramHeader.EVENT_COUNT);
  let node = tokenNode(token);
  while (node != NO_NODE) {
    let at = load<u32>(dispatch + ((<usize>node * eventCount + event) << 2));
    while (at != 0) {
      const candidate = candidateAt(program, at - 1);
      const transition = candidate & ~CANDIDATE_LAST;
      if (isPermitted(run, token, transition, transitionRecord(program, transition))) return transition;
      if (runStatus(run) == RunState.ENDED) return NO_INDEX;
      at = (candidate & CANDIDATE_LAST) != 0 ? 0 : at + 1;
    }
    node = load<u32>(nodeRecord(program, node), 4);
  }
  return NO_INDEX;
}

/** The first eventless transition of `node` that the outcome and its guard permit; NO_INDEX for none. */
function chooseCompletion(run: u32, token: usize, node: u32, outcome: i32): u32 {
  const program = runProgram(run);
  const record = nodeRecord(program, node);
  const first = load<u32>(record, 32);
  const count = load<u32>(record, 36);
  for (let at: u32 = 0; at < count; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    const candidate = transitionRecord(program, transition);
    const trigger = <i32>load<u16>(candidate, 12);
    const isOpen = trigger == Trigger.OUTCOME ? load<i32>(candidate, 16) == outcome : outcome != Outcome.FAILURE;
    if (!isOpen) continue;
    if (isPermitted(run, token, transition, candidate)) return transition;
    if (runStatus(run) == RunState.ENDED) return NO_INDEX;
  }
  return NO_INDEX;
}

/** The failure transition of the token's state or of the nearest scope that has one; NO_INDEX for none. */
export function chooseFailure(run: u32, token: usize): u32 {
  const program = runProgram(run);
  let node = tokenNode(token);
  while (node != NO_NODE) {
    const transition = chooseCompletion(run, token, node, Outcome.FAILURE);
    if (transition != NO_INDEX || runStatus(run) == RunState.ENDED) return transition;
    node = load<u32>(nodeRecord(program, node), 4);
  }
  return NO_INDEX;
}

/** The ancestor-or-self of `node` that stands directly in `scope`. */
function childToward(program: usize, scope: u32, node: u32): u32 {
  let parent = load<u32>(nodeRecord(program, node), 4);
  while (parent != scope && parent != NO_NODE) {
    node = parent;
    parent = load<u32>(nodeRecord(program, node), 4);
  }
  return node;
}

/** Takes a transition with a token: leaves its scopes and makes the token PENDING on the way to the target. */
export function takeTransition(run: u32, index: u32, transition: u32): void {
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  if ((load<u16>(record, 14) & TRANSITION_FLAG_LOCAL) != 0 && tokenPhase(tokenAt(run, index)) == TokenPhase.RESTING && !isTraced(run)) {
    takeLocal(run, tokenAt(run, index), record);
    return;
  }
  const domain = load<u32>(record, 40);
  const top = childToward(program, domain, tokenNode(tokenAt(run, index)));
  leaveScopes(run, index, top);
  if (runStatus(run) == RunState.ENDED) return;
  const token = tokenAt(run, index);
  if (isTraced(run)) addCommand(CommandKind.TRANSITION_TAKEN, 0, transition, 0, 0, payloadMark());
  setTokenTransition(token, transition);
  setTokenEdge(token, load<u32>(record, 44));
  setTokenGoal(token, load<u32>(record, 4));
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStep(token, load<u32>(runBlock(run), 24));
  const count = load<u32>(record, 36);
  if (count == 0) {
    setTokenNode(token, childToward(program, domain, load<u32>(record, 4)));
    setTokenStage(token, TokenStage.ENTER);
    return;
  }
  setTokenNode(token, domain);
  setTokenStage(token, TokenStage.TRANSITION_ACTIONS);
  setTokenActions(token, load<u32>(record, 32), count);
}

/** Takes a transition beside which no scope, timer or waiting action can be: assignments, and the token rests at the target. */
function takeLocal(run: u32, token: usize, record: usize): void {
  const program = runProgram(run);
  const end = load<u32>(record, 32) + load<u32>(record, 36);
  for (let action = load<u32>(record, 32); action < end; action++) {
    assign(run, token, action, actionRecord(program, action));
    if (runStatus(run) == RunState.ENDED) return;
  }
  setTokenNode(token, load<u32>(record, 4));
  setTokenStep(token, load<u32>(runBlock(run), 24));
}

/** Moves every pending token on until all rest. False when fuel ran out first. */
export function settle(run: u32): bool {
  let hasMoved = true;
  while (hasMoved) {
    hasMoved = false;
    for (let index: u32 = 0; index < tokenCapacity(run); index++) {
      if (tokenPhase(tokenAt(run, index)) != TokenPhase.PENDING) continue;
      hasMoved = true;
      if (!advance(run, index)) return false;
      if (runStatus(run) == RunState.ENDED) return true;
    }
  }
  return true;
}

/** Moves one token until it rests, waits or is gone. False when fuel ran out. */
function advance(run: u32, index: u32): bool {
  while (tokenPhase(tokenAt(run, index)) == TokenPhase.PENDING) {
    if (microsteps <= 0) return false;
    const stage = tokenStage(tokenAt(run, index));
    if (stage == TokenStage.ENTER) {
      microsteps -= 1;
      enter(run, index);
    } else if (stage == TokenStage.COMPLETE) complete(run, index);
    else if (stage == TokenStage.ENTRY_ACTIONS) {
      if (runActions(run, index) == ActionsEnd.FINISHED) descend(run, index);
    } else if (runActions(run, index) == ActionsEnd.FINISHED) {
      const token = tokenAt(run, index);
      setTokenNode(token, childToward(runProgram(run), tokenNode(token), tokenGoal(token)));
      setTokenStage(token, TokenStage.ENTER);
    }
    if (runStatus(run) == RunState.ENDED) return true;
  }
  return true;
}

function enter(run: u32, index: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const record = nodeRecord(program, node);
  const kind = <i32>load<u16>(record);
  if (isTraced(run) && node != 0) addCommand(CommandKind.STATE_ENTERED, 0, node, 0, 0, payloadMark());
  setTokenOutcome(token, Outcome.SUCCESS);
  if (kind == NodeKind.END) {
    finishScope(run, index);
    return;
  }
  if (kind == NodeKind.FORK) {
    fork(run, index);
    return;
  }
  if (kind == NodeKind.JOIN) {
    join(run, index);
    return;
  }
  if (kind == NodeKind.START || kind == NodeKind.CHOICE) {
    setTokenStage(token, TokenStage.COMPLETE);
    return;
  }
  if (load<u32>(record, 52) > 0 && !setTimers(run, index, node, stepTime())) return;
  setTokenActions(tokenAt(run, index), load<u32>(record, 16), load<u32>(record, 20));
  setTokenStage(tokenAt(run, index), TokenStage.ENTRY_ACTIONS);
}

/** After the entry actions of a state or scope: on toward the goal, into the scope, or complete. */
function descend(run: u32, index: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const record = nodeRecord(program, node);
  if (load<u16>(record) == NodeKind.PARALLEL) {
    enterRegions(run, index);
    return;
  }
  const goal = tokenGoal(token);
  if (goal != node) {
    setTokenNode(token, childToward(program, node, goal));
    setTokenStage(token, TokenStage.ENTER);
    return;
  }
  const initial = load<u32>(record, 12);
  if (initial == NO_NODE) {
    setTokenStage(token, TokenStage.COMPLETE);
    return;
  }
  setTokenGoal(token, initial);
  setTokenNode(token, initial);
  setTokenStage(token, TokenStage.ENTER);
}

/** One token in each region; the region on the way to the goal goes there, the others begin at their start. */
function enterRegions(run: u32, index: u32): void {
  const program = runProgram(run);
  const parallel = tokenNode(tokenAt(run, index));
  const goal = tokenGoal(tokenAt(run, index));
  const frame = tokenFrame(tokenAt(run, index));
  const last = load<u32>(nodeRecord(program, parallel), 8);
  let region = parallel + 1;
  let at = index;
  while (region <= last) {
    if (at == NO_TOKEN) at = createToken(run);
    if (at == NO_TOKEN) {
      failLimit(run, RunFault.TOKEN_LIMIT, tokenAt(run, index));
      return;
    }
    beginToken(run, at, region, frame);
    if (isWithin(program, region, goal)) setTokenGoal(tokenAt(run, at), goal);
    region = load<u32>(nodeRecord(program, region), 8) + 1;
    at = NO_TOKEN;
  }
}

/** Makes a token enter `node`. */
function beginToken(run: u32, index: u32, node: u32, frame: usize): void {
  const token = tokenAt(run, index);
  setTokenNode(token, node);
  setTokenGoal(token, node);
  setTokenFrame(token, frame);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.ENTER);
  setTokenStep(token, load<u32>(runBlock(run), 24));
}

/** Eventless transitions; a token that none moves rests. */
function complete(run: u32, index: u32): void {
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const transition = chooseCompletion(run, token, node, tokenOutcome(token));
  if (runStatus(run) == RunState.ENDED) return;
  if (transition != NO_INDEX) {
    takeTransition(run, index, transition);
    return;
  }
  const kind = <i32>load<u16>(nodeRecord(runProgram(run), node));
  if (kind == NodeKind.CHOICE || kind == NodeKind.START) {
    failRun(run, RunFault.NO_CHOICE, 0, NO_EXPRESSION, NO_INDEX, NO_INDEX, node);
    return;
  }
  setTokenPhase(token, TokenPhase.RESTING);
}

function fork(run: u32, index: u32): void {
  const program = runProgram(run);
  const node = tokenNode(tokenAt(run, index));
  const parentFrame = tokenFrame(tokenAt(run, index));
  const first = load<u32>(nodeRecord(program, node), 32);
  const count = load<u32>(nodeRecord(program, node), 36);
  if (count == 0) {
    failRun(run, RunFault.NO_CHOICE, 0, NO_EXPRESSION, NO_INDEX, NO_INDEX, node);
    return;
  }
  for (let at: u32 = 0; at < count; at++) {
    // The forking token becomes the first branch only at the end, so that it still holds the parent frame meanwhile.
    const branch = at + 1 == count ? index : createToken(run);
    const frame = branch == NO_TOKEN || count == 1 ? parentFrame : createFrame(run, parentFrame);
    if (branch == NO_TOKEN || (frame == 0 && count > 1)) {
      failLimit(run, RunFault.TOKEN_LIMIT, tokenAt(run, index));
      return;
    }
    beginToken(run, branch, node, frame);
    takeTransition(run, branch, candidateAt(program, first + at) & ~CANDIDATE_LAST);
    if (runStatus(run) == RunState.ENDED) return;
  }
}

/** Rests at the join until a token has come by every incoming transition; then their frames merge into one. */
function join(run: u32, index: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const incoming = load<u32>(nodeRecord(program, node), 44);
  setTokenPhase(token, TokenPhase.AT_JOIN);
  let frame = tokenFrame(token);
  for (let edge: u32 = 0; edge < incoming; edge++) {
    const arrived = tokenAtJoin(run, node, edge);
    if (arrived == NO_TOKEN) return;
    frame = commonFrame(frame, tokenFrame(tokenAt(run, arrived)));
  }
  for (let edge: u32 = 0; edge < incoming; edge++) {
    const arrived = tokenAtJoin(run, node, edge);
    if (!mergeFrames(run, arrived, frame)) return;
    if (arrived != index) removeToken(run, arrived);
  }
  if (countTokens(run) == 1 && !mergeFrames(run, index, 0)) return;
  setTokenPhase(tokenAt(run, index), TokenPhase.PENDING);
  setTokenStage(tokenAt(run, index), TokenStage.COMPLETE);
}

function tokenAtJoin(run: u32, node: u32, edge: u32): u32 {
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.AT_JOIN && tokenNode(token) == node && tokenEdge(token) == edge) return index;
  }
  return NO_TOKEN;
}

/** A token has come to the end of its scope. */
function finishScope(run: u32, index: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const scope = load<u32>(nodeRecord(program, tokenNode(token)), 4);
  if (countTokensWithin(run, scope, index) > 0) {
    const frame = tokenFrame(token);
    if (frame != 0 && !mergeFrames(run, index, load<u32>(frame))) return;
    removeToken(run, index);
    return;
  }
  if (load<u32>(nodeRecord(program, scope), 4) == NO_NODE) {
    if (mergeFrames(run, index, 0)) succeedRun(run);
    return;
  }
  if (isTraced(run)) addCommand(CommandKind.STATE_EXITED, 0, tokenNode(token), 0, 0, payloadMark());
  setTokenNode(token, scope);
  setTokenGoal(token, scope);
  if (load<u16>(nodeRecord(program, scope)) != NodeKind.REGION) {
    setTokenStage(token, TokenStage.COMPLETE);
    return;
  }
  setTokenPhase(token, TokenPhase.DONE);
  finishRegions(run, index, load<u32>(nodeRecord(program, scope), 4));
}

/** When every region is done, one token stands for the whole parallel state. */
function finishRegions(run: u32, index: u32, parallel: u32): void {
  const program = runProgram(run);
  for (let at: u32 = 0; at < tokenCapacity(run); at++) {
    const token = tokenAt(run, at);
    if (tokenPhase(token) == TokenPhase.FREE || tokenPhase(token) == TokenPhase.DONE) continue;
    if (isWithin(program, parallel, tokenNode(token))) return;
  }
  for (let at: u32 = 0; at < tokenCapacity(run); at++) {
    const token = tokenAt(run, at);
    if (at != index && tokenPhase(token) == TokenPhase.DONE && isWithin(program, parallel, tokenNode(token))) removeToken(run, at);
  }
  const token = tokenAt(run, index);
  setTokenNode(token, parallel);
  setTokenGoal(token, parallel);
  setTokenOutcome(token, Outcome.SUCCESS);
  setTokenPhase(token, TokenPhase.PENDING);
  setTokenStage(token, TokenStage.COMPLETE);
}
