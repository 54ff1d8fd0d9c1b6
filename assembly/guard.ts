// Which transitions may be taken: guards, and the order in which a state's eventless transitions are tried. A guard that
// fails counts as no and leaves a fault in hand.
import { CANDIDATE_LAST, NO_EXPRESSION, NO_INDEX, Outcome, Tag, Trigger } from "./abi";
import { evaluateInRun } from "./budget";
import { faultInHand, noteGuard } from "./fault";
import { candidateAt, expressionRecord, nodeRecord, transitionRecord } from "./program";
import { runProgram, slotsOf } from "./run";
import { tokenFrame } from "./token";

/** Does the transition's guard hold as the token sees the variables? */
@inline
export function isPermitted(run: u32, token: usize, transition: u32, record: usize): bool {
  const guard = load<u32>(record, 8);
  if (guard == NO_EXPRESSION) return true;
  const cell = evaluateInRun(expressionRecord(runProgram(run), guard), slotsOf(run, tokenFrame(token)));
  if (load<u32>(cell) == Tag.BOOL) return load<u32>(cell, 4) != 0;
  noteGuard(run, cell, guard, transition);
  return false;
}

/** The first eventless transition of `node` that the outcome and its guard permit; NO_INDEX for none, and when a guard failed. */
export function chooseCompletion(run: u32, token: usize, node: u32, outcome: i32): u32 {
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
    if (faultInHand() != 0) return NO_INDEX;
  }
  return NO_INDEX;
}
