// Selection before execution: for an event, or for the eventless round after a microstep, the transitions of all active
// leaves are chosen first, over the variables as they were before, and conflicts are resolved as in SCXML's
// removeConflictingTransitions. The tokens stand in document order (order.ts).
//
// An entry of the selection: +0 u32 token (NO_TOKEN: preempted since)  +4 u32 transition (NO_INDEX: the event that the token
// awaits)  +8 u32 outermost state that is left (NO_NODE: none)  +12 u32 0
import {
  CANDIDATE_LAST, DISPATCH_DEFERS, NO_INDEX, NO_NODE, NodeKind, Outcome, PROGRAM_FLAG_RECHECK, ProgramHeader, RunFault, TRANSITION_FLAG_INTERNAL,
} from "./abi";
import { recover } from "./failure";
import { failNoted, faultInHand, noteReason, setNodeInHand } from "./fault";
import { chooseCompletion, isPermitted } from "./guard";
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { candidateAt, dispatchAt, nodeRecord, programField, transitionRecord } from "./program";
import { NO_TOKEN, RunState, runProgram, runStatus, tokenAt, tokenCount } from "./run";
import { childToward, isWithin, lastOf } from "./scope";
import { TokenPhase, TokenStage, setTokenEdge, setTokenPhase, tokenEvent, tokenNode, tokenOutcome, tokenPhase, tokenStage, tokenTransition } from "./token";

const ENTRY_SIZE: usize = 16;

let list: usize = 0;
let listSize: usize = 0;
let count: u32 = 0;
/** An active state defers the event for which was last selected. */
let isDeferred: bool = false;

@inline
export function selectionCount(): u32 {
  return count;
}

@inline
export function selectionAt(at: u32): usize {
  return list + <usize>at * ENTRY_SIZE;
}

@inline
export function isEventDeferred(): bool {
  return isDeferred;
}

/** Empties the selection and makes room for one entry a token; false: the run has ended for want of memory. */
export function beginSelection(run: u32): bool {
  count = 0;
  isDeferred = false;
  const needed = <usize>tokenCount(run) * ENTRY_SIZE;
  if (needed <= listSize) return true;
  const grown = allocateBlock(blockClassSize(needed));
  if (grown == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    failNoted(run);
    return false;
  }
  if (list != 0) freeBlock(list, listSize);
  list = grown;
  listSize = blockClassSize(needed);
  return true;
}

/** Selects for an event. The run may have ended by a guard that failed. */
export function selectByEvent(run: u32, event: u32): void {
  if (!beginSelection(run)) return;
  const tokens = tokenCount(run);
  for (let index: u32 = 0; index < tokens; index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) == event + 1) {
      add(index, NO_INDEX, NO_NODE);
      continue;
    }
    const transition = chooseByEvent(run, index, event);
    if (transition != NO_INDEX) offer(run, index, transition);
    else if (runStatus(run) == RunState.ENDED) return;
  }
}

/** The transition that `event` takes from the token's state or, bubbling, from a scope around it; NO_INDEX for none. */
function chooseByEvent(run: u32, index: u32, event: u32): u32 {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  for (let node = tokenNode(token); node != NO_NODE; node = load<u32>(nodeRecord(program, node), 60)) {
    const cell = dispatchAt(program, node, event);
    if ((cell & DISPATCH_DEFERS) != 0) isDeferred = true;
    let at = cell & ~DISPATCH_DEFERS;
    while (at != 0) {
      const candidate = candidateAt(program, at - 1);
      const transition = candidate & ~CANDIDATE_LAST;
      if (isPermitted(run, token, transition, transitionRecord(program, transition))) return transition;
      if (faultInHand() != 0) return recover(run, index) ? tokenTransition(token) : NO_INDEX;
      at = (candidate & CANDIDATE_LAST) != 0 ? 0 : at + 1;
    }
  }
  return NO_INDEX;
}

/** Selects among eventless transitions: of tokens whose state is complete, and again of those at rest. The run may have ended. */
export function selectEventless(run: u32): void {
  if (!beginSelection(run)) return;
  const program = runProgram(run);
  const doesRecheck = (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_RECHECK) != 0;
  const tokens = tokenCount(run);
  for (let index: u32 = 0; index < tokens; index++) {
    const phase = tokenPhase(tokenAt(run, index));
    if (phase == TokenPhase.PENDING || (phase == TokenPhase.RESTING && doesRecheck)) selectCompletion(run, index, phase);
    if (runStatus(run) == RunState.ENDED) return;
  }
}

function selectCompletion(run: u32, index: u32, phase: i32): void {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const node = tokenNode(token);
  const isPending = phase == TokenPhase.PENDING;
  if (isPending && tokenStage(token) == TokenStage.CHOSEN) {
    offer(run, index, tokenTransition(token));
    return;
  }
  const transition = chooseCompletion(run, token, node, isPending ? tokenOutcome(token) : Outcome.SUCCESS);
  if (transition != NO_INDEX) {
    offer(run, index, transition);
    return;
  }
  const kind = <i32>load<u16>(nodeRecord(program, node));
  if ((kind == NodeKind.CHOICE || kind == NodeKind.FORK) && faultInHand() == 0) {
    setNodeInHand(node);
    noteReason(RunFault.NO_CHOICE);
  }
  if (faultInHand() != 0) {
    if (recover(run, index)) offer(run, index, tokenTransition(token));
  } else if (isPending) {
    setTokenEdge(token, 0);
    setTokenPhase(token, TokenPhase.RESTING);
  }
}

/** Adds a token's transition, unless it is preempted; what it preempts is taken out. Tokens come in document order. */
export function offer(run: u32, index: u32, transition: u32): void {
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  const node = tokenNode(tokenAt(run, index));
  const source = load<u32>(record);
  if ((load<u16>(record, 14) & TRANSITION_FLAG_INTERNAL) != 0) {
    if (source == node || !isListed(transition)) add(index, transition, NO_NODE);
    return;
  }
  const domain = load<u32>(record, 40);
  // After a failure on the way a token stands in the scope itself: nothing is left that is not left already.
  const top = isWithin(program, node, domain) ? NO_NODE : childToward(program, domain, node);
  if (top != NO_NODE && !resolve(program, top, source, false)) return;
  if (top != NO_NODE) resolve(program, top, source, true);
  add(index, transition, top);
}

/** Goes through the entries that leave states which `top` leaves too: the last ones. False: one of them comes before `source`. */
function resolve(program: usize, top: u32, source: u32, isTaking: bool): bool {
  const last = lastOf(program, top);
  for (let at = count; at > 0; at--) {
    const entry = selectionAt(at - 1);
    const other = load<u32>(entry, 8);
    if (other == NO_NODE) continue;
    if (other > last || lastOf(program, other) < top || (other == top && top == last)) return true;
    if (isTaking) {
      store<u32>(entry, NO_TOKEN);
      store<u32>(entry, NO_NODE, 8);
    } else {
      const rival = load<u32>(transitionRecord(program, load<u32>(entry, 4)));
      if (source <= rival || source > lastOf(program, rival)) return false;
    }
  }
  return true;
}

/** Has an internal transition of a scope been selected by another token of the scope? */
function isListed(transition: u32): bool {
  for (let at = count; at > 0; at--) if (load<u32>(selectionAt(at - 1), 4) == transition) return true;
  return false;
}

@inline
function add(index: u32, transition: u32, top: u32): void {
  const entry = selectionAt(count);
  store<u32>(entry, index);
  store<u32>(entry, transition, 4);
  store<u32>(entry, top, 8);
  count += 1;
}
