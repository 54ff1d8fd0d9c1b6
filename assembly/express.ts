// The express lane: events to runs whose branches all rest, taken by the rows of ways.ts without entering the machine.
// Whatever does not fit is left untouched to the general way, which gives the same result.
import { CANDIDATE_LAST, DISPATCH_DEFERS, EventOutcome, NODE_FLAG_HISTORY, NO_NODE, PROGRAM_FLAG_RECHECK, ProgramHeader, Tag } from "./abi";
import { dispatchAt, nodeRecord, programField } from "./program";
import { QUICK_FALSE, QUICK_NONE, compareCellsQuick, computeCellsQuick } from "./quick";
import { BLOCK_HEADER_SIZE, TOKEN_SIZE, runBlock, runFrames, runProgram, runTokens, tokenCount } from "./run";
import { TokenPhase, setTokenNode } from "./token";
import { WAY_ASSIGNMENT_SIZE, WAY_CONSTANT, WAY_GUARD, WAY_INTS, WAY_LOCAL, WAY_OPEN, WAY_ROW_SIZE, WAY_SUM, assignmentAt } from "./ways";

/** The general way must decide; nothing was done. */
export const EXPRESS_NONE: i32 = -1;

/** Cost units below which an expression of this lane might meet its limit. */
const COST_MAX: f64 = 64;
let isOpen: bool = true;

/** Closes the lane where the cost of expressions is limited so far that its short ones could not be evaluated. */
export function limitExpress(costMax: f64): void {
  isOpen = costMax >= COST_MAX;
}

/** Offers an event to an active run without flags. An EventOutcome, or EXPRESS_NONE: nothing was done. */
export function takeExpress(run: u32, event: u32, now: f64): i32 {
  const program = runProgram(run);
  const token = runTokens(run);
  const block = runBlock(run);
  if (event >= programField(program, ProgramHeader.EVENT_COUNT) || !isOpen) return EXPRESS_NONE;
  if (load<u32>(block, 28) != 1) return takeBranches(run, program, event, now);
  const place = load<u64>(token);
  // The last token of a run has no branch frame: it sees the run's own variables.
  if ((<u32>(place >> 32) & 0xff) != <u32>TokenPhase.RESTING) return EXPRESS_NONE;
  const leaf = <u32>place;
  const slots = block + BLOCK_HEADER_SIZE;
  let node = leaf;
  while (true) {
    const at = dispatchAt(program, node, event);
    if ((at & DISPATCH_DEFERS) != 0) return EXPRESS_NONE;
    if (at != 0) {
      const row = rowAt(program, at);
      if ((load<u32>(row) & WAY_INTS) != 0 && takeInts(row, slots)) {
        setTokenNode(token, load<u32>(row, 40));
        break;
      }
      const chosen = chooseRow(row, slots);
      if (chosen == ROW_UNKNOWN) return EXPRESS_NONE;
      if (chosen != ROW_NONE) {
        if (!takeRow(program, chosen, leaf, slots)) return EXPRESS_NONE;
        if (load<u32>(chosen, 40) != NO_NODE) setTokenNode(token, load<u32>(chosen, 40));
        break;
      }
    }
    node = load<u32>(nodeRecord(program, node), 60);
    if (node == NO_NODE) {
      countStep(block, now);
      return EventOutcome.IGNORED;
    }
  }
  countStep(block, now);
  return EventOutcome.TAKEN;
}

@inline
function rowAt(program: usize, at: u32): usize {
  return <usize>programField(program, ProgramHeader.EXPRESS) + <usize>(at - 1) * WAY_ROW_SIZE;
}

/** What beginStep (step.ts) keeps of a step in the run; nothing on this lane reads the time. */
@inline
function countStep(block: usize, now: f64): void {
  if (now > load<f64>(block, 16)) store<f64>(block, now, 16);
}

@inline
function operandCell(operand: u32, slots: usize): usize {
  return (<usize>operand & ~1) + (slots & (0 - (<usize>operand & 1)));
}

/** The row's guard and sum where all operands are INT and the guard holds: most rows at their first try. False: nothing was done. */
@inline
function takeInts(row: usize, slots: usize): bool {
  const a = slots + load<u32>(row, 8) - 1;
  const b = operandCell(load<u32>(row, 12), slots);
  const c = slots + load<u32>(row, 24) - 1;
  if (((load<u64>(a) ^ <u64>Tag.INT) | (load<u64>(b) ^ <u64>Tag.INT) | (load<u64>(c) ^ <u64>Tag.INT)) != 0) return false;
  const x = load<i64>(a, 8);
  const y = load<i64>(b, 8);
  if (((load<u32>(row, 44) >> (<u32>(x > y) - <u32>(x < y) + 1)) & 1) == 0) return false;
  const p = load<i64>(c, 8);
  const q = load<i64>(row, 48);
  const sum = p + q;
  if (((p ^ sum) & (q ^ sum)) < 0) return false;
  const target = slots + load<u32>(row, 32);
  store<u64>(target, <u64>Tag.INT);
  store<i64>(target, sum, 8);
  return true;
}

const ROW_NONE: usize = 0;
const ROW_UNKNOWN: usize = 1;

/** The first row of a group whose guard holds; ROW_NONE: none does; ROW_UNKNOWN: the machine has to say. */
function chooseRow(row: usize, slots: usize): usize {
  while (true) {
    const form = load<u32>(row);
    if ((form & WAY_OPEN) == 0) return ROW_UNKNOWN;
    if ((form & WAY_GUARD) == 0) return row;
    const verdict = compareCellsQuick(load<u32>(row, 16), operandCell(load<u32>(row, 8), slots), operandCell(load<u32>(row, 12), slots));
    if (verdict == QUICK_NONE) return ROW_UNKNOWN;
    if (verdict != QUICK_FALSE) return row;
    if ((form & CANDIDATE_LAST) != 0) return ROW_NONE;
    row += WAY_ROW_SIZE;
  }
}

/** Exit actions, the transition's and entry actions, as far as they go; false: nothing was done. */
function takeRow(program: usize, row: usize, leaf: u32, slots: usize): bool {
  undoCount = 0;
  if ((load<u32>(row) & WAY_LOCAL) != 0) return assign(row, slots);
  const domain = load<u32>(row, 4);
  if (domain == NO_NODE) {
    // The state stays: one that could go on without an event would be asked again.
    if (load<u32>(nodeRecord(program, leaf), 36) != 0) return false;
  } else {
    for (let node = leaf; node != domain; ) {
      const record = nodeRecord(program, node);
      if (load<u32>(record, 52) != 0 || (load<u16>(record, 2) & NODE_FLAG_HISTORY) != 0) return undo();
      if (!assignAll(program, load<u32>(record, 24), load<u32>(record, 28), slots)) return undo();
      node = load<u32>(record, 4);
    }
  }
  let list = <usize>load<u32>(row, 56);
  const end = list + (<usize>load<u32>(row, 60) << 3);
  for (; list < end; list += 8) if (!assignAll(program, load<u32>(list), load<u32>(list, 4), slots)) return undo();
  return true;
}

function assignAll(program: usize, first: u32, count: u32, slots: usize): bool {
  let assignment = assignmentAt(program, first);
  for (const end = assignment + <usize>count * WAY_ASSIGNMENT_SIZE; assignment < end; assignment += WAY_ASSIGNMENT_SIZE) {
    if (!assignKept(assignment, slots)) return false;
  }
  return true;
}

// What was assigned on the way, so that it can be taken back: the cell as it was, and its address.
const UNDO_COUNT_MAX: u32 = 64;
const UNDO = memory.data(2048, 16);
let undoCount: u32 = 0;

/** Assigns, and remembers what was there; false where it does not fit this lane. */
function assignKept(assignment: usize, slots: usize): bool {
  if (undoCount == UNDO_COUNT_MAX || (load<u32>(assignment) & (WAY_SUM | WAY_CONSTANT)) == 0) return false;
  const target = slots + load<u32>(assignment, 32);
  const entry = UNDO + (<usize>undoCount << 5);
  v128.store(entry, v128.load(target));
  store<u32>(entry, <u32>target, 16);
  undoCount += 1;
  return assign(assignment, slots);
}

/** Takes back what was assigned. */
function undo(): bool {
  for (; undoCount > 0; undoCount--) {
    const entry = UNDO + (<usize>(undoCount - 1) << 5);
    v128.store(load<u32>(entry, 16), v128.load(entry));
  }
  return false;
}

function assign(assignment: usize, slots: usize): bool {
  const form = load<u32>(assignment);
  const target = slots + load<u32>(assignment, 32);
  if ((form & WAY_SUM) != 0) {
    const a = operandCell(load<u32>(assignment, 24), slots);
    return computeCellsQuick(load<u32>(assignment, 20), a, operandCell(load<u32>(assignment, 28), slots), target, load<u32>(assignment, 36));
  }
  if ((form & WAY_CONSTANT) != 0) v128.store(target, v128.load(load<u32>(assignment, 28)));
  return true;
}

// --- several branches ---------------------------------------------------------------------------------------------

/** Branches that this lane moves at once. */
const BRANCH_COUNT_MAX: u32 = UNDO_COUNT_MAX;
const CHOSEN = memory.data(256, 4);

/** The same for a run of several branches (parallel regions) that all see its own variables: each takes a local way, or none. */
function takeBranches(run: u32, program: usize, event: u32, now: f64): i32 {
  const count = tokenCount(run);
  const block = runBlock(run);
  const slots = block + BLOCK_HEADER_SIZE;
  if (count > BRANCH_COUNT_MAX || runFrames(run) != 0 || (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_RECHECK) != 0) return EXPRESS_NONE;
  const tokens = runTokens(run);
  let takenCount: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const row = chooseLocal(program, load<u64>(tokens + <usize>index * TOKEN_SIZE), event, slots);
    if (row == ROW_UNKNOWN) return EXPRESS_NONE;
    store<u32>(CHOSEN + (<usize>index << 2), <u32>row);
    if (row != ROW_NONE) takenCount += 1;
  }
  undoCount = 0;
  for (let index: u32 = 0; index < count; index++) {
    const row = <usize>load<u32>(CHOSEN + (<usize>index << 2));
    if (row == ROW_NONE || (load<u32>(row) & (WAY_SUM | WAY_CONSTANT)) == 0 || assignKept(row, slots)) continue;
    undo();
    return EXPRESS_NONE;
  }
  for (let index: u32 = 0; index < count; index++) {
    const row = <usize>load<u32>(CHOSEN + (<usize>index << 2));
    if (row != ROW_NONE && load<u32>(row, 40) != NO_NODE) setTokenNode(tokens + <usize>index * TOKEN_SIZE, load<u32>(row, 40));
  }
  countStep(block, now);
  return takenCount == 0 ? EventOutcome.IGNORED : EventOutcome.TAKEN;
}

/** The local way of a branch at `place` (node, then phase); ROW_NONE: neither the state nor a scope around it has one. */
function chooseLocal(program: usize, place: u64, event: u32, slots: usize): usize {
  const node = <u32>place;
  const at = dispatchAt(program, node, event);
  const phase = <u32>(place >> 32) & 0xff;
  // A branch that has come to the end of its region takes nothing by itself.
  if ((at & DISPATCH_DEFERS) != 0 || (phase != <u32>TokenPhase.RESTING && (phase != <u32>TokenPhase.DONE || at != 0))) return ROW_UNKNOWN;
  const row = at == 0 ? ROW_NONE : chooseRow(rowAt(program, at), slots);
  if (row == ROW_NONE) return load<u32>(nodeRecord(program, node), 60) == NO_NODE ? ROW_NONE : ROW_UNKNOWN;
  return row == ROW_UNKNOWN || (load<u32>(row) & WAY_LOCAL) == 0 ? ROW_UNKNOWN : row;
}
