// The timers of `after` transitions: set when their state is entered, canceled when it is left.
import { CANDIDATE_LAST, CommandKind, NO_EXPRESSION, RunFault, Tag } from "./abi";
import { evaluateInRun } from "./budget";
import { noteGuard, noteReason } from "./fault";
import { addCommand, payloadMark } from "./output";
import { candidateAt, expressionRecord, nodeRecord, transitionRecord } from "./program";
import { NO_TOKEN, createTimer, runBlock, runProgram, slotsOf, takeSerial, timerAt, timerCount, tokenAt } from "./run";
import { setTokenName, tokenFrame, tokenName } from "./token";

/** Sets the timers of a node that a token has entered; false when one could not be set (a fault is in hand). */
export function setTimers(run: u32, index: u32, node: u32, now: f64): bool {
  const program = runProgram(run);
  const record = nodeRecord(program, node);
  const first = load<u32>(record, 48);
  const count = load<u32>(record, 52);
  const token = tokenAt(run, index);
  let owner = NO_TOKEN;
  if (load<u32>(record, 8) == node) {
    // The serial of its first timer names it.
    if (tokenName(token) == 0) setTokenName(token, load<u32>(runBlock(run), 12));
    owner = tokenName(token);
  }
  for (let at: u32 = 0; at < count; at++) {
    const transition = candidateAt(program, first + at) & ~CANDIDATE_LAST;
    const due = now + durationOf(run, token, transition);
    if (isNaN(due)) return false;
    const timer = createTimer(run);
    if (timer == 0) {
      noteReason(RunFault.MEMORY_LIMIT);
      return false;
    }
    const serial = takeSerial(run);
    store<u32>(timer, serial);
    store<u32>(timer, transition, 4);
    store<u32>(timer, node, 8);
    store<u32>(timer, owner, 12);
    addCommand(CommandKind.SET_TIMER, 0, transition, serial, due, payloadMark());
  }
  return true;
}

/** Milliseconds of an `after` transition; NaN when its expression failed. */
function durationOf(run: u32, token: usize, transition: u32): f64 {
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  const expression = load<u32>(record, 20);
  if (expression == NO_EXPRESSION) return load<f64>(record, 24);
  const cell = evaluateInRun(expressionRecord(program, expression), slotsOf(run, tokenFrame(token)));
  const ms = durationMs(cell);
  if (isNaN(ms)) noteGuard(run, cell, expression, transition);
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

/** Cancels the timers of a node that the token leaves. */
export function cancelTimers(run: u32, token: usize, node: u32): void {
  const record = nodeRecord(runProgram(run), node);
  if (load<u32>(record, 52) == 0) return;
  const owner = load<u32>(record, 8) == node ? tokenName(token) : NO_TOKEN;
  for (let at: u32 = 0; at < timerCount(run); at++) {
    const timer = timerAt(run, at);
    if (load<u32>(timer) == 0 || load<u32>(timer, 8) != node || load<u32>(timer, 12) != owner) continue;
    addCommand(CommandKind.CANCEL_TIMER, 0, 0, load<u32>(timer), 0, payloadMark());
    store<u32>(timer, 0);
  }
}
