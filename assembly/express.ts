// The express lane: a table made when a program is loaded, one 64-byte row per candidate, that holds all there is to know
// of a local transition whose guard is one comparison and whose action is one sum or one constant. A run that rests with
// its only token takes such a transition from one row, without entering the machine. Whatever does not fit is left
// untouched to the general way, which gives the same result.
//
//   +0 u32 form (EXPRESS_…)  +4 u32 0  +8 u32 guard a  +12 u32 guard b  +16 u32 COMPARE_ flags  +20 u32 operation (Op)
//   +24 u32 sum a  +28 u32 sum b, or address of the constant  +32 u32 offset of the assigned slot  +36 u32 its type (Tag + 1; 0 any)
//   +40 u32 target node  +44 u32 orders of ints that pass the guard: bit 0 less, 1 equal, 2 greater  +48 i64 the constant of a sum of ints  +56 …  0
// Operands are as in a prepared step (machine.ts): the address of a constant, or the offset from the slots + 1.
import { CANDIDATE_LAST, DISPATCH_DEFERS, NO_EXPRESSION, NO_NODE, NO_SLOT, EventOutcome, ProgramHeader, TRANSITION_FLAG_LOCAL, Tag } from "./abi";
import { COMPARE_EQUAL, COMPARE_GREATER, COMPARE_INVERTED, COMPARE_LESS, COMPARE_RETURN } from "./compare";
import { STEP_A, STEP_ADD, STEP_B, STEP_CACHE, STEP_COMPARE, STEP_COMPARE_CONSTANT, STEP_DST, STEP_MUL, STEP_RETURN, STEP_SIZE } from "./machine";
import { QUICK_FALSE, QUICK_NONE, compareCellsQuick, computeCellsQuick, isCellOperand } from "./quick";
import { actionRecord, candidateAt, dispatchAt, expressionRecord, nodeRecord, programField, transitionRecord } from "./program";
import { BLOCK_HEADER_SIZE, runBlock, runProgram, runTokens } from "./run";
import { TokenPhase, setTokenNode, tokenNode, tokenPhase } from "./token";

export const EXPRESS_ROW_SIZE: usize = 64;
const EXPRESS_OPEN: u32 = 1;
const EXPRESS_GUARD: u32 = 2;
const EXPRESS_SUM: u32 = 4;
const EXPRESS_CONSTANT: u32 = 8;
/** The guard compares a variable, the sum adds a constant INT to one, and the assigned variable may hold an INT: `takeInts` may try. */
const EXPRESS_INTS: u32 = 16;

/** The general way must decide; nothing was done. */
export const EXPRESS_NONE: i32 = -1;

/** Fills the program's rows. */
export function fillExpress(program: usize, rows: usize): void {
  const count = programField(program, ProgramHeader.CANDIDATE_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const candidate = candidateAt(program, index);
    const row = rows + <usize>index * EXPRESS_ROW_SIZE;
    memory.fill(row, 0, EXPRESS_ROW_SIZE);
    fillRow(program, row, candidate & ~CANDIDATE_LAST);
    store<u32>(row, load<u32>(row) | (candidate & CANDIDATE_LAST));
  }
}

function fillRow(program: usize, row: usize, transition: u32): void {
  const record = transitionRecord(program, transition);
  // Where expressions read the event, it has to be stored first.
  if (programField(program, ProgramHeader.EVENT_SLOT) != NO_SLOT) return;
  if ((load<u16>(record, 14) & TRANSITION_FLAG_LOCAL) == 0) return;
  const actionCount = load<u32>(record, 36);
  const guard = load<u32>(record, 8);
  if (actionCount > 1) return;
  if (guard != NO_EXPRESSION && !fillGuard(row, expressionRecord(program, guard))) return;
  if (actionCount == 1 && !fillAssignment(program, row, actionRecord(program, load<u32>(record, 32)))) return;
  store<u32>(row, load<u32>(row) | EXPRESS_OPEN);
  store<u32>(row, load<u32>(record, 4), 40);
}

function fillGuard(row: usize, expression: usize): bool {
  const code = <usize>load<u32>(expression);
  const step = <u32>load<u16>(code);
  const flags = load<u32>(code, STEP_CACHE);
  if ((step != STEP_COMPARE && step != STEP_COMPARE_CONSTANT) || (flags & COMPARE_RETURN) == 0) return false;
  if (!isCellOperand(load<u32>(code, STEP_A)) || !isCellOperand(load<u32>(code, STEP_B))) return false;
  store<u32>(row, load<u32>(row) | EXPRESS_GUARD);
  store<u32>(row, load<u32>(code, STEP_A), 8);
  store<u32>(row, load<u32>(code, STEP_B), 12);
  store<u32>(row, flags, 16);
  const orders = ((flags & COMPARE_LESS) != 0 ? 1 : 0) | ((flags & COMPARE_EQUAL) != 0 ? 2 : 0) | ((flags & COMPARE_GREATER) != 0 ? 4 : 0);
  store<u32>(row, (flags & COMPARE_INVERTED) != 0 ? orders ^ 7 : orders, 44);
  return true;
}

function fillAssignment(program: usize, row: usize, action: usize): bool {
  const slot = load<u32>(action, 12);
  const code = <usize>load<u32>(expressionRecord(program, load<u32>(action, 8)));
  const step = <u32>load<u16>(code);
  const type = load<u32>(programField(program, ProgramHeader.SLOT_TYPES) + (<usize>slot << 2));
  store<u32>(row, slot << 4, 32);
  store<u32>(row, type, 36);
  if (step == STEP_RETURN) return fillConstant(row, load<u32>(code, STEP_A), type);
  if (step < STEP_ADD || step > STEP_MUL) return false;
  if (<u32>load<u16>(code + STEP_SIZE) != STEP_RETURN || load<u32>(code + STEP_SIZE, STEP_A) != load<u32>(code, STEP_DST)) return false;
  if (!isCellOperand(load<u32>(code, STEP_A)) || !isCellOperand(load<u32>(code, STEP_B))) return false;
  store<u32>(row, load<u32>(row) | EXPRESS_SUM);
  store<u32>(row, load<u16>(code, 2), 20);
  store<u32>(row, load<u32>(code, STEP_A), 24);
  store<u32>(row, load<u32>(code, STEP_B), 28);
  if (step == STEP_ADD && (type == 0 || type == <u32>Tag.INT + 1)) markInts(row, load<u32>(code, STEP_A), load<u32>(code, STEP_B));
  return true;
}

/** Marks a row whose guard begins with a variable and whose sum is a variable plus a constant INT. */
function markInts(row: usize, a: u32, b: u32): void {
  const isGuarded = (load<u32>(row) & EXPRESS_GUARD) != 0 && (load<u32>(row, 8) & 1) != 0;
  if (!isGuarded || (a & 1) == 0 || (b & 1) != 0 || load<u64>(b) != <u64>Tag.INT) return;
  store<i64>(row, load<i64>(b, 8), 48);
  store<u32>(row, load<u32>(row) | EXPRESS_INTS);
}

function fillConstant(row: usize, operand: u32, type: u32): bool {
  if ((operand & 1) != 0 || !isCellOperand(operand)) return false;
  const tag = load<u32>(operand);
  if (tag >= <u32>Tag.STRING || (type != 0 && type != tag + 1 && tag != Tag.NULL)) return false;
  store<u32>(row, load<u32>(row) | EXPRESS_CONSTANT);
  store<u32>(row, operand, 28);
  return true;
}

@inline
function operandCell(operand: u32, slots: usize): usize {
  return (<usize>operand & ~1) + (slots & (0 - (<usize>operand & 1)));
}

/** Offers an event to an active, untraced run with one token. An EventOutcome, or EXPRESS_NONE: nothing was done. */
export function takeExpress(run: u32, event: u32, now: f64): i32 {
  const program = runProgram(run);
  const token = runTokens(run);
  const place = load<u64>(token);
  // The last token of a run has no branch frame: it sees the run's own variables.
  if ((<u32>(place >> 32) & 0xff) != <u32>TokenPhase.RESTING || event >= programField(program, ProgramHeader.EVENT_COUNT)) return EXPRESS_NONE;
  const node = <u32>place;
  const at = dispatchAt(program, node, event);
  if ((at & DISPATCH_DEFERS) != 0) return EXPRESS_NONE;
  const block = runBlock(run);
  if (at == 0) return refuse(program, node, block, now);
  const row = <usize>programField(program, ProgramHeader.EXPRESS) + <usize>(at - 1) * EXPRESS_ROW_SIZE;
  const slots = block + BLOCK_HEADER_SIZE;
  if ((load<u32>(row) & EXPRESS_INTS) == 0 || !takeInts(row, slots)) return takeNumbers(program, block, token, node, row, now);
  countStep(block, now);
  setTokenNode(token, load<u32>(row, 40));
  return EventOutcome.TAKEN;
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

/** The same for every form of row, from the group's first on. */
function takeNumbers(program: usize, block: usize, token: usize, node: u32, row: usize, now: f64): i32 {
  const slots = block + BLOCK_HEADER_SIZE;
  while (true) {
    const form = load<u32>(row);
    if ((form & EXPRESS_OPEN) == 0) return EXPRESS_NONE;
    if ((form & EXPRESS_GUARD) == 0) break;
    const verdict = compareCellsQuick(load<u32>(row, 16), operandCell(load<u32>(row, 8), slots), operandCell(load<u32>(row, 12), slots));
    if (verdict == QUICK_NONE) return EXPRESS_NONE;
    if (verdict != QUICK_FALSE) break;
    if ((form & CANDIDATE_LAST) != 0) return refuse(program, node, block, now);
    row += EXPRESS_ROW_SIZE;
  }
  if (!assignExpress(row, slots)) return EXPRESS_NONE;
  countStep(block, now);
  setTokenNode(token, load<u32>(row, 40));
  return EventOutcome.TAKEN;
}

/** No transition of the node itself takes the event: ignored, where no scope around it could. */
function refuse(program: usize, node: u32, block: usize, now: f64): i32 {
  if (load<u32>(nodeRecord(program, node), 60) != NO_NODE) return EXPRESS_NONE;
  countStep(block, now);
  return EventOutcome.IGNORED;
}

/** What beginStep (step.ts) keeps of a step in the run; nothing on this lane reads the time. */
@inline
function countStep(block: usize, now: f64): void {
  if (now > load<f64>(block, 16)) store<f64>(block, now, 16);
}

@inline
function assignExpress(row: usize, slots: usize): bool {
  const form = load<u32>(row);
  const target = slots + load<u32>(row, 32);
  if ((form & EXPRESS_SUM) != 0) {
    return computeCellsQuick(load<u32>(row, 20), operandCell(load<u32>(row, 24), slots), operandCell(load<u32>(row, 28), slots), target, load<u32>(row, 36));
  }
  if ((form & EXPRESS_CONSTANT) != 0) v128.store(target, v128.load(load<u32>(row, 28)));
  return true;
}
