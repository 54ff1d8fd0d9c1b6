// Scopes: leaving one cancels its tokens and timers, a fork gives each branch a frame of its own, a join merges the
// frames and reports what two branches changed in different ways.
import { CELL_SIZE, CommandKind, ProgramHeader, RunFault, CANDIDATE_LAST, NO_EXPRESSION, Tag } from "./abi";
import { evaluateWithin } from "./evaluate";
import { cancelWait, failGuard, failLimit } from "./fault";
import { makeBudget } from "./fuel";
import { addCommand, payloadMark } from "./output";
import { candidateAt, expressionRecord, nodeRecord, programField, transitionRecord } from "./program";
import {
  FRAME_HEADER_SIZE, NO_TOKEN, createTimer, freeFrame, isTraced, runBlock, runFrames, runProgram, runTimers, slotsOf, storeSlot, takeSerial,
  timerAt, timerCapacity, tokenAt, tokenCapacity,
} from "./run";
import { TokenPhase, setTokenFrame, setTokenPhase, tokenFrame, tokenNode, tokenPhase } from "./token";
import { valueEquals } from "./value";

/** Fuel of one expression, in the machine's units. */
const EXPRESSION_FUEL_MAX: i32 = 10_000_000;

/** What one expression of a run may spend. */
let expressionBudget: i64 = makeBudget(EXPRESSION_FUEL_MAX, Infinity);

/** Limits the cost units of one expression in runs. */
export function setExpressionCost(max: f64): void {
  expressionBudget = makeBudget(EXPRESSION_FUEL_MAX, max);
}

/** Evaluates an expression of a run. */
export function evaluateInRun(expression: usize, slots: usize): usize {
  return evaluateWithin(expression, slots, expressionBudget);
}

/** Is `node` the scope itself or inside it? */
@inline
export function isWithin(program: usize, scope: u32, node: u32): bool {
  return node >= scope && node <= load<u32>(nodeRecord(program, scope), 8);
}

/** Number of tokens that stand in the scope, `except` left out. */
export function countTokensWithin(run: u32, scope: u32, except: u32): u32 {
  const program = runProgram(run);
  let count: u32 = 0;
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (index != except && tokenPhase(token) != TokenPhase.FREE && isWithin(program, scope, tokenNode(token))) count += 1;
  }
  return count;
}

export function countTokens(run: u32): u32 {
  let count: u32 = 0;
  for (let index: u32 = 0; index < tokenCapacity(run); index++) if (tokenPhase(tokenAt(run, index)) != TokenPhase.FREE) count += 1;
  return count;
}

/** Ends a token: what it waits for is canceled, its timers too, its frame freed when nobody else uses it. */
export function removeToken(run: u32, index: u32): void {
  const token = tokenAt(run, index);
  cancelWait(run, token);
  setTokenPhase(token, TokenPhase.FREE);
  cancelTimersOf(run, index);
  releaseFrames(run);
}

/** Leaves every scope from the token's node up to `top`: other tokens inside end, timers die with their scope. */
export function leaveScopes(run: u32, index: u32, top: u32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  cancelWait(run, token);
  const node = tokenNode(token);
  if (tokenCapacity(run) > 1 && load<u32>(nodeRecord(program, top), 8) > top) endOthersWithin(run, index, top);
  if (runTimers(run) != 0) cancelTimersWithin(run, index, top);
  if (isTraced(run)) traceExits(program, node, top);
}

function traceExits(program: usize, node: u32, top: u32): void {
  while (true) {
    addCommand(CommandKind.STATE_EXITED, 0, node, 0, 0, payloadMark());
    if (node == top) return;
    node = load<u32>(nodeRecord(program, node), 4);
  }
}

function endOthersWithin(run: u32, except: u32, scope: u32): void {
  const program = runProgram(run);
  let hasEnded = false;
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (index == except || tokenPhase(token) == TokenPhase.FREE || !isWithin(program, scope, tokenNode(token))) continue;
    if (isTraced(run) && tokenNode(token) != scope) addCommand(CommandKind.STATE_EXITED, 0, tokenNode(token), 0, 0, payloadMark());
    cancelWait(run, token);
    setTokenPhase(token, TokenPhase.FREE);
    cancelTimersOf(run, index);
    hasEnded = true;
  }
  if (!hasEnded) return;
  releaseFrames(run);
  if (countTokens(run) == 1) mergeFrames(run, except, 0);
}

// --- timers -------------------------------------------------------------------------------------------------------

/** Sets the `after` timers of a node that was entered; false when the run failed. */
export function setTimers(run: u32, index: u32, node: u32, now: f64): bool {
  const program = runProgram(run);
  const record = nodeRecord(program, node);
  const first = load<u32>(record, 48);
  const count = load<u32>(record, 52);
  for (let at: u32 = 0; at < count; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    const due = now + durationOf(run, index, transition);
    if (isNaN(due)) return false;
    const timer = createTimer(run);
    if (timer == 0) {
      failLimit(run, RunFault.MEMORY_LIMIT, tokenAt(run, index));
      return false;
    }
    const serial = takeSerial(run);
    store<u32>(timer, serial);
    store<u32>(timer, transition, 4);
    store<u32>(timer, node, 8);
    store<u32>(timer, load<u32>(record, 8) == node ? index : NO_TOKEN, 12);
    addCommand(CommandKind.SET_TIMER, 0, transition, serial, due, payloadMark());
  }
  return true;
}

/** Milliseconds of an `after` transition; NaN when its expression failed (and the run with it). */
function durationOf(run: u32, index: u32, transition: u32): f64 {
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  const expression = load<u32>(record, 20);
  if (expression == NO_EXPRESSION) return load<f64>(record, 24);
  const cell = evaluateInRun(expressionRecord(program, expression), slotsOf(run, tokenFrame(tokenAt(run, index))));
  const ms = durationMs(cell);
  if (isNaN(ms)) failGuard(run, cell, transition);
  return ms;
}

/** A DURATION, or a number of milliseconds; NaN for anything else and for a negative one. */
export function durationMs(cell: usize): f64 {
  const tag = load<u32>(cell);
  let ms: f64 = NaN;
  if (tag == Tag.DURATION) ms = <f64>load<i64>(cell, 8) * 1000 + <f64>load<i32>(cell, 4) / 1e6;
  else if (tag == Tag.NUMBER || tag == Tag.DOUBLE) ms = load<f64>(cell, 8);
  else if (tag == Tag.INT) ms = <f64>load<i64>(cell, 8);
  else if (tag == Tag.UINT) ms = <f64>load<u64>(cell, 8);
  return ms >= 0 && ms < 8.64e15 ? ms : NaN;
}

function cancelTimersOf(run: u32, index: u32): void {
  if (runTimers(run) == 0) return;
  for (let at: u32 = 0; at < timerCapacity(run); at++) {
    const timer = timerAt(run, at);
    if (load<u32>(timer) != 0 && load<u32>(timer, 12) == index) cancelTimer(timer);
  }
}

function cancelTimersWithin(run: u32, index: u32, scope: u32): void {
  const program = runProgram(run);
  for (let at: u32 = 0; at < timerCapacity(run); at++) {
    const timer = timerAt(run, at);
    if (load<u32>(timer) == 0 || !isWithin(program, scope, load<u32>(timer, 8))) continue;
    const owner = load<u32>(timer, 12);
    if (owner == index || owner == NO_TOKEN) cancelTimer(timer);
  }
}

function cancelTimer(timer: usize): void {
  addCommand(CommandKind.CANCEL_TIMER, 0, 0, load<u32>(timer), 0, payloadMark());
  store<u32>(timer, 0);
}

// --- branch frames ------------------------------------------------------------------------------------------------

/** Merges the token's frames upward until it sees `ancestor` (0: the run's own slots); false when the run failed by a conflict. */
export function mergeFrames(run: u32, index: u32, ancestor: usize): bool {
  while (tokenFrame(tokenAt(run, index)) != ancestor) {
    const frame = tokenFrame(tokenAt(run, index));
    if (frame == 0) return true;
    const parent = load<u32>(frame);
    if (!mergeFrame(run, index, frame, parent)) return false;
    setTokenFrame(tokenAt(run, index), parent);
  }
  releaseFrames(run);
  return true;
}

function mergeFrame(run: u32, index: u32, frame: usize, parent: usize): bool {
  const slotCount = load<u32>(runBlock(run), 8);
  const own = frame + FRAME_HEADER_SIZE;
  const base = own + <usize>slotCount * CELL_SIZE;
  for (let slot: u32 = 0; slot < slotCount; slot++) {
    const at = <usize>slot * CELL_SIZE;
    if (isSame(own + at, base + at)) continue;
    const current = slotsOf(run, parent) + at;
    if (!isBuiltinSlot(run, slot) && !isSame(current, base + at) && !isSame(current, own + at)) {
      failLimit(run, RunFault.MERGE_CONFLICT, tokenAt(run, index));
      return false;
    }
    if (!storeSlot(run, parent, slot, own + at)) {
      failLimit(run, RunFault.MEMORY_LIMIT, tokenAt(run, index));
      return false;
    }
  }
  return true;
}

function isBuiltinSlot(run: u32, slot: u32): bool {
  const program = runProgram(run);
  return slot == programField(program, ProgramHeader.EVENT_SLOT) || slot == programField(program, ProgramHeader.RESULT_SLOT)
    || slot == programField(program, ProgramHeader.ERROR_SLOT);
}

function isSame(a: usize, b: usize): bool {
  if (load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8)) return true;
  if (load<u32>(a) != load<u32>(b)) return false;
  return valueEquals(a, b);
}

/** The innermost frame that both see through (0: the run's own slots). */
export function commonFrame(a: usize, b: usize): usize {
  while (a != b) {
    if (frameDepth(a) >= frameDepth(b)) a = load<u32>(a);
    else b = load<u32>(b);
  }
  return a;
}

@inline
function frameDepth(frame: usize): u32 {
  return frame == 0 ? 0 : load<u32>(frame, 12);
}

/** Frees the frames that no live token sees. */
export function releaseFrames(run: u32): void {
  let frame = runFrames(run);
  while (frame != 0) {
    const next = load<u32>(frame, 8);
    if (!isFrameSeen(run, frame)) freeFrame(run, frame);
    frame = next;
  }
}

function isFrameSeen(run: u32, frame: usize): bool {
  for (let index: u32 = 0; index < tokenCapacity(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    let seen = tokenFrame(token);
    while (seen != 0) {
      if (seen == frame) return true;
      seen = load<u32>(seen);
    }
  }
  return false;
}
