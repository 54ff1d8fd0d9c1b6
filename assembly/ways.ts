// What is known of transitions before any run takes them: a table made when a program is loaded, one 64-byte row per
// candidate, that holds all there is to know where every guard is one comparison and every action one sum or one constant,
// from the states that are left to the one where the run rests again. express.ts takes such a way without the machine.
//
// Row:  +0 u32 form (WAY_…)  +4 u32 domain: the innermost scope that stays (NO_NODE: no state is left)
//       +8 u32 guard a  +12 u32 guard b  +16 u32 COMPARE_ flags  +20 … +36 the assignment of a local way  +40 u32 node where the run rests (NO_NODE: where it was)
//       +44 u32 orders of ints that pass the guard: bit 0 less, 1 equal, 2 greater  +48 i64 the constant of a sum of ints
//       +56 u32 address of its lists of actions (u32 first, u32 count), in order  +60 u32 their number
// Assignment, 40 bytes, one per action:  +0 u32 form  +20 u32 operation (Op)  +24 u32 sum a  +28 u32 sum b, or address of the constant
//       +32 u32 offset of the assigned slot  +36 u32 its type (Tag + 1; 0 any)
// Operands are as in a prepared step (machine.ts): the address of a constant, or the offset from the slots + 1.
import {
  ActionKind, CANDIDATE_LAST, NODE_FLAG_RESUME, NO_EXPRESSION, NO_NODE, NO_SLOT, NodeKind, ProgramHeader, TRANSITION_FLAG_INTERNAL, TRANSITION_FLAG_LOCAL,
  Tag, Trigger,
} from "./abi";
import { COMPARE_EQUAL, COMPARE_GREATER, COMPARE_INVERTED, COMPARE_LESS, COMPARE_RETURN } from "./compare";
import { STEP_A, STEP_ADD, STEP_B, STEP_CACHE, STEP_COMPARE, STEP_COMPARE_CONSTANT, STEP_DST, STEP_MUL, STEP_RETURN, STEP_SIZE } from "./machine";
import { allocateBlock, freeBlock } from "./memory";
import { actionRecord, candidateAt, expressionRecord, nodeRecord, programField, transitionRecord } from "./program";
import { isCellOperand } from "./quick";
import { childToward } from "./scope";

export const WAY_ROW_SIZE: usize = 64;
export const WAY_ASSIGNMENT_SIZE: usize = 40;
/** Nothing stands against taking it. */
export const WAY_OPEN: u32 = 1;
export const WAY_GUARD: u32 = 2;
export const WAY_SUM: u32 = 4;
export const WAY_CONSTANT: u32 = 8;
/** The guard compares a variable, the sum adds a constant INT to one, and the assigned variable may hold an INT. */
export const WAY_INTS: u32 = 16;
/** A transition flagged as local, with at most one assignment: no exits, entries or lists. */
export const WAY_LOCAL: u32 = 32;
/** Lists of actions on one way. */
const LIST_COUNT_MAX: u32 = 64;

/** The rows of a program's candidates, then the assignments of its actions, then lists. False: out of memory. */
export function layWays(program: usize): bool {
  const candidateCount = programField(program, ProgramHeader.CANDIDATE_COUNT);
  const size = waysSize(program);
  if (size == 0) return true;
  const rows = allocateBlock(size);
  if (rows == 0) return false;
  memory.fill(rows, 0, size);
  store<u32>(program + (ProgramHeader.EXPRESS << 2), <u32>rows);
  for (let action: u32 = 0; action < programField(program, ProgramHeader.ACTION_COUNT); action++) {
    const record = actionRecord(program, action);
    if (load<u16>(record) == <u16>ActionKind.SET) fillAssignment(program, assignmentAt(program, action), record);
  }
  let lists = assignmentAt(program, programField(program, ProgramHeader.ACTION_COUNT));
  for (let index: u32 = 0; index < candidateCount; index++) {
    const candidate = candidateAt(program, index);
    const row = rows + <usize>index * WAY_ROW_SIZE;
    lists += <usize>fillRow(program, row, candidate & ~CANDIDATE_LAST, lists) << 3;
    store<u32>(row, load<u32>(row) | (candidate & CANDIDATE_LAST));
  }
  return true;
}

export function freeWays(program: usize): void {
  const rows = programField(program, ProgramHeader.EXPRESS);
  if (rows != 0) freeBlock(rows, waysSize(program));
}

/** With room for the lists of every candidate. */
function waysSize(program: usize): usize {
  let listCount: u32 = 0;
  const count = programField(program, ProgramHeader.CANDIDATE_COUNT);
  for (let index: u32 = 0; index < count; index++) listCount += traceWay(program, candidateAt(program, index) & ~CANDIDATE_LAST, 0);
  return <usize>count * WAY_ROW_SIZE + <usize>programField(program, ProgramHeader.ACTION_COUNT) * WAY_ASSIGNMENT_SIZE + (<usize>listCount << 3);
}

@inline
export function assignmentAt(program: usize, action: u32): usize {
  return programField(program, ProgramHeader.EXPRESS) + <usize>programField(program, ProgramHeader.CANDIDATE_COUNT) * WAY_ROW_SIZE + <usize>action * WAY_ASSIGNMENT_SIZE;
}

/** Fills a candidate's row; returns the number of lists written at `lists`. */
function fillRow(program: usize, row: usize, transition: u32, lists: usize): u32 {
  const record = transitionRecord(program, transition);
  const guard = load<u32>(record, 8);
  const flags = <u32>load<u16>(record, 14);
  // Where expressions read the event, it has to be stored first.
  const isClosed = programField(program, ProgramHeader.EVENT_SLOT) != NO_SLOT || (guard != NO_EXPRESSION && !fillGuard(row, expressionRecord(program, guard)));
  const isInternal = (flags & TRANSITION_FLAG_INTERNAL) != 0;
  store<u32>(row, isInternal ? NO_NODE : load<u32>(record, 40), 4);
  store<u32>(row, load<u32>(record, 4), 40);
  const listCount = traceWay(program, transition, lists);
  if (isClosed) return listCount;
  if ((flags & TRANSITION_FLAG_LOCAL) != 0 && load<u32>(record, 36) <= 1) {
    if (load<u32>(record, 36) == 1 && !copyAssignment(row, assignmentAt(program, load<u32>(record, 32)))) return listCount;
    store<u32>(row, load<u32>(row) | WAY_OPEN | WAY_LOCAL);
    return listCount;
  }
  if (!isTraced) return listCount;
  for (let at: u32 = 0; at < listCount; at++) if (!areQuick(program, load<u32>(lists + (<usize>at << 3)), load<u32>(lists + (<usize>at << 3), 4))) return listCount;
  store<u32>(row, load<u32>(row) | WAY_OPEN);
  store<u32>(row, isInternal ? NO_NODE : restNode, 40);
  store<u32>(row, <u32>lists, 56);
  store<u32>(row, listCount, 60);
  return listCount;
}

/** Has every action a quick assignment? */
function areQuick(program: usize, first: u32, count: u32): bool {
  for (let action = first; action < first + count; action++) if (load<u32>(assignmentAt(program, action)) == 0) return false;
  return true;
}

// What traceWay found: does the way end in a state where a run rests, and in which?
let isTraced: bool = false;
let restNode: u32 = 0;
let listsAt: usize = 0;
let listCount: u32 = 0;

/** Follows a transition from its actions through all that is entered; returns the number of lists of actions, which are written at `lists` (0: only counted). */
function traceWay(program: usize, transition: u32, lists: usize): u32 {
  isTraced = false;
  listsAt = lists;
  listCount = 0;
  let record = transitionRecord(program, transition);
  addList(load<u32>(record, 32), load<u32>(record, 36));
  if ((load<u16>(record, 14) & TRANSITION_FLAG_INTERNAL) != 0) {
    isTraced = listCount <= 1;
    return listCount;
  }
  let node = load<u32>(record, 40);
  while (listCount < LIST_COUNT_MAX) {
    const goal = load<u32>(record, 4);
    while (node != goal) {
      node = childToward(program, node, goal);
      if (!addEntry(program, node)) return listCount;
    }
    const place = nodeRecord(program, node);
    const initial = load<u32>(place, 12);
    if (initial == NO_NODE || (load<u16>(place, 2) & NODE_FLAG_RESUME) != 0) {
      restNode = node;
      isTraced = load<u16>(place) == <u16>NodeKind.STATE && load<u32>(place, 36) == 0;
      return listCount;
    }
    record = startOf(program, initial);
    if (record == 0 || load<u32>(record, 40) != node) return listCount;
    addList(load<u32>(record, 32), load<u32>(record, 36));
  }
  return listCount;
}

/** The transition that a start always takes, or 0. */
function startOf(program: usize, node: u32): usize {
  const place = nodeRecord(program, node);
  if (load<u16>(place) != <u16>NodeKind.START || load<u32>(place, 36) == 0) return 0;
  const record = transitionRecord(program, candidateAt(program, load<u32>(place, 32)) & ~CANDIDATE_LAST);
  return load<u16>(record, 12) == <u16>Trigger.ALWAYS && load<u32>(record, 8) == NO_EXPRESSION ? record : 0;
}

/** False: entering the node may take more than its entry actions. */
function addEntry(program: usize, node: u32): bool {
  const place = nodeRecord(program, node);
  if (load<u16>(place) > <u16>NodeKind.COMPOSITE || load<u32>(place, 52) != 0) return false;
  addList(load<u32>(place, 16), load<u32>(place, 20));
  return true;
}

function addList(first: u32, count: u32): void {
  if (count == 0) return;
  if (listsAt != 0) {
    store<u32>(listsAt + (<usize>listCount << 3), first);
    store<u32>(listsAt + (<usize>listCount << 3), count, 4);
  }
  listCount += 1;
}

function fillGuard(row: usize, expression: usize): bool {
  const code = <usize>load<u32>(expression);
  const step = <u32>load<u16>(code);
  const flags = load<u32>(code, STEP_CACHE);
  if ((step != STEP_COMPARE && step != STEP_COMPARE_CONSTANT) || (flags & COMPARE_RETURN) == 0) return false;
  if (!isCellOperand(load<u32>(code, STEP_A)) || !isCellOperand(load<u32>(code, STEP_B))) return false;
  store<u32>(row, WAY_GUARD);
  store<u64>(row, load<u64>(code, STEP_A), 8);
  store<u32>(row, flags, 16);
  const orders = ((flags & COMPARE_LESS) != 0 ? 1 : 0) | ((flags & COMPARE_EQUAL) != 0 ? 2 : 0) | ((flags & COMPARE_GREATER) != 0 ? 4 : 0);
  store<u32>(row, (flags & COMPARE_INVERTED) != 0 ? orders ^ 7 : orders, 44);
  return true;
}

/** Fills the assignment of a SET action; its form stays 0 where it is neither a sum nor a constant. */
function fillAssignment(program: usize, assignment: usize, action: usize): void {
  const slot = load<u32>(action, 12);
  const code = <usize>load<u32>(expressionRecord(program, load<u32>(action, 8)));
  const step = <u32>load<u16>(code);
  const type = load<u32>(programField(program, ProgramHeader.SLOT_TYPES) + (<usize>slot << 2));
  store<u32>(assignment, slot << 4, 32);
  store<u32>(assignment, type, 36);
  const a = load<u32>(code, STEP_A);
  const b = load<u32>(code, STEP_B);
  if (step == STEP_RETURN) {
    if ((a & 1) != 0 || !isCellOperand(a)) return;
    const tag = load<u32>(a);
    if (tag >= <u32>Tag.STRING || (type != 0 && type != tag + 1 && tag != Tag.NULL)) return;
    store<u32>(assignment, WAY_CONSTANT);
    store<u32>(assignment, a, 28);
    return;
  }
  if (step < STEP_ADD || step > STEP_MUL) return;
  if (<u32>load<u16>(code + STEP_SIZE) != STEP_RETURN || load<u32>(code + STEP_SIZE, STEP_A) != load<u32>(code, STEP_DST)) return;
  if (!isCellOperand(a) || !isCellOperand(b)) return;
  const isInts = step == STEP_ADD && (type == 0 || type == <u32>Tag.INT + 1) && (a & 1) != 0 && (b & 1) == 0 && load<u64>(b) == <u64>Tag.INT;
  store<u32>(assignment, isInts ? WAY_SUM | WAY_INTS : WAY_SUM);
  store<u32>(assignment, load<u16>(code, 2), 20);
  store<u32>(assignment, a, 24);
  store<u32>(assignment, b, 28);
}

/** Puts an assignment into the row of a local way; false where it is not quick. */
function copyAssignment(row: usize, assignment: usize): bool {
  let form = load<u32>(assignment);
  memory.copy(row + 20, assignment + 20, 20);
  const isGuarded = (load<u32>(row) & WAY_GUARD) != 0 && (load<u32>(row, 8) & 1) != 0;
  if ((form & WAY_INTS) != 0) store<i64>(row, load<i64>(load<u32>(assignment, 28), 8), 48);
  if (!isGuarded) form &= ~WAY_INTS;
  store<u32>(row, load<u32>(row) | form);
  return form != 0;
}
