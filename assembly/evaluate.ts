// The expression machine: reads prepared steps (drawn in machine.ts) and keeps values in registers. Errors are values;
// nothing here throws. Numbers, fields, jumps and list loops are done inline; the rest is one call away.
import { CELL_SIZE, ExpressionError, NO_INDEX, Op, Tag } from "./abi";
import { computeArithmetic } from "./arithmetic";
import { auxOf, blameInstruction, floatOf, intOf, objectOf, refuseOperand, setBool, setError, setFloat, setInt, TAG_ITERATOR, tagOf } from "./cell";
import { COMPARE_COST_SHIFT, COMPARE_RETURN, compareCells } from "./compare";
import { charge, isAffordable, isOverCost, setBudget, spend } from "./fuel";
import {
  REGISTERS, resolveOperand, RESULT_CELL, setNow, STEP_A, STEP_ADD, STEP_AND, STEP_B, STEP_BRANCH, STEP_CACHE, STEP_COMPARE, STEP_COMPARE_CONSTANT, STEP_DST,
  STEP_EXTRA, STEP_FIELD, STEP_HAS_FIELD, STEP_IMMEDIATE, STEP_ITER_NEXT, STEP_JUMP, STEP_JUMP_BOOL, STEP_JUMP_ERROR, STEP_MOVE, STEP_MUL, STEP_NOT,
  STEP_OR, STEP_RETURN, STEP_SIZE, STEP_SUB,
} from "./machine";
import { hasNext } from "./iterate";
import { countOf } from "./map";
import { prepareExpression, releaseExpression } from "./prepare";
import { doRareStep } from "./rare";
import { elementAt } from "./value";

export { prepareExpression, releaseExpression, setNow };

/** Ints of at most this size are exact as doubles. */
const SAFE_INT: i64 = 9007199254740992;
/** A comparison that gave no bool: selects the bit of the flags that is always 0. */
const NO_TRUTH: u32 = 3;
/** `order` of two cells that are not both plain numbers. */
const NO_FAST_ORDER: u32 = 8;

@inline
function isFloatTag(tag: i32): bool {
  return (tag & ~1) == Tag.DOUBLE;
}

/** As copyCell of cell.ts, without a call. */
@inline
function moveCell(target: usize, source: usize): void {
  const head = load<u64>(source);
  store<u64>(target + 8, load<u64>(source, 8));
  store<u64>(target, head);
}

@inline
function isExactInt(value: i64): bool {
  return <u64>(value + SAFE_INT) <= <u64>(SAFE_INT * 2);
}

@inline
function orderFloats(x: f64, y: f64): u32 {
  return <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2);
}

/** Bits as COMPARE_LESS, _EQUAL, _GREATER (none: a NaN), or NO_FAST_ORDER. */
@inline
function orderFast(a: usize, b: usize): u32 {
  const left = tagOf(a);
  const right = tagOf(b);
  if (isFloatTag(left)) {
    if (isFloatTag(right)) return orderFloats(floatOf(a), floatOf(b));
    if (right == Tag.INT && isExactInt(intOf(b))) return orderFloats(floatOf(a), <f64>intOf(b));
  } else if (left == Tag.INT) {
    if (right == Tag.INT) {
      const x = intOf(a);
      const y = intOf(b);
      return <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2);
    }
    if (isFloatTag(right) && isExactInt(intOf(a))) return orderFloats(<f64>intOf(a), floatOf(b));
  }
  return NO_FAST_ORDER;
}

/** The same where b is a constant that is exactly `y`. */
@inline
function orderFastTo(a: usize, y: f64): u32 {
  const tag = tagOf(a);
  if (isFloatTag(tag)) return orderFloats(floatOf(a), y);
  if (tag == Tag.INT && isExactInt(intOf(a))) return orderFloats(<f64>intOf(a), y);
  return NO_FAST_ORDER;
}

/** dst = a <op> b for + - * of INTs that do not overflow, and of a JSON number with another or an INT. False: not such a case. */
@inline
function computeFast(op: i32, dst: usize, a: usize, b: usize): bool {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left == Tag.INT && right == Tag.INT) {
    const x = intOf(a);
    const y = intOf(b);
    if (op == Op.MUL) {
      if (x != <i64><i32>x || y != <i64><i32>y) return false;
      setInt(dst, x * y);
    } else {
      if (!isExactInt(x) || !isExactInt(y)) return false;
      setInt(dst, op == Op.ADD ? x + y : x - y);
    }
    return true;
  }
  if (left != Tag.NUMBER || (right != Tag.NUMBER && right != Tag.INT)) return false;
  const y = right == Tag.INT ? <f64>intOf(b) : floatOf(b);
  setFloat(dst, Tag.NUMBER, op == Op.ADD ? floatOf(a) + y : op == Op.SUB ? floatOf(a) - y : floatOf(a) * y);
  return true;
}

/** The place of a field by the step's inline cache, or 0. A hashed map's second word is never 0 where its first is not. */
@inline
function cachedField(pc: usize, a: usize): usize {
  if (tagOf(a) != Tag.MAP) return 0;
  const map = objectOf(a);
  return load<u64>(map, 8) == <u64>load<u32>(pc, STEP_CACHE) ? map + load<u32>(pc, STEP_EXTRA) : 0;
}

/** Ends an evaluation that has spent its fuel, or costs more than it may. */
export function endSpent(instruction: u32): usize {
  blameInstruction(instruction);
  setError(RESULT_CELL, isOverCost() ? ExpressionError.COST_EXCEEDED : ExpressionError.OUT_OF_FUEL);
  return RESULT_CELL;
}

/** A loop's turn that cannot be paid. Where there is none any more, it costs nothing: gives the step behind the loop. 0: the end. */
export function endTurn(pc: usize, iterator: usize): usize {
  if (hasNext(iterator) || !isOverCost()) return 0;
  charge(-<i64>load<u32>(pc, STEP_EXTRA));
  return <usize>load<u32>(pc, STEP_IMMEDIATE);
}

/** Ends with a cell that no caller may see (an absent slot, or the state of a loop), or one that costs too much. */
export function endWithRefusal(instruction: u32, a: usize): usize {
  if (isOverCost()) return endSpent(instruction);
  blameInstruction(instruction);
  refuseOperand(RESULT_CELL, a);
  return RESULT_CELL;
}

function computeSlowly(instruction: u32, op: i32, dst: usize, a: usize, b: usize): void {
  blameInstruction(instruction);
  computeArithmetic(op, dst, a, b);
}

function compareSlowly(instruction: u32, flags: u32, dst: usize, a: usize, b: usize): void {
  blameInstruction(instruction);
  compareCells(flags, dst, a, b);
}

/** Writes the error that a cell is, or makes, where a value is needed. */
export function refuseSlowly(instruction: u32, dst: usize, a: usize): void {
  blameInstruction(instruction);
  refuseOperand(dst, a);
}

function clearRegisters(count: u32): void {
  const end = REGISTERS + (<usize>count << 4);
  for (let at = REGISTERS; at < end; at += CELL_SIZE) v128.store(at, i64x2.splat(0));
}

@inline
function numberOf(pc: usize, code: usize): u32 {
  return <u32>(pc - code) / <u32>STEP_SIZE;
}

/** As `evaluate`, where it is not known whether what surely runs costs more than it may. */
export function evaluateWithin(record: usize, slots: usize, budget: i64): usize {
  if (isAffordable(budget, load<u32>(record, 16))) return evaluate(record, slots, budget);
  setBudget(budget - <i64>load<u32>(record, 16));
  return endSpent(NO_INDEX);
}

/**
 * Evaluates a prepared expression over the cells at `slots`. Returns the address of the result cell (a register, slot or
 * constant; an ERROR when it failed), valid until the next evaluation. What it builds lies in scratch.
 * `budget` (fuel.ts) covers what surely runs; what comes on top is asked for at each loop turn and at the end.
 */
export function evaluate(record: usize, slots: usize, budget: i64): usize {
  const native = load<u32>(record, 12);
  if (native != 0) return call_indirect<usize>(native, slots, budget, 0, 0);
  const code = <usize>load<u32>(record);
  const unwritten = load<u32>(record, 28);
  if (unwritten != 0) clearRegisters(unwritten);
  setBudget(budget - <i64>load<u32>(record, 16));
  let pc = code;
  while (true) {
    const dst = <usize>load<u32>(pc, STEP_DST);
    const a = resolveOperand(load<u32>(pc, STEP_A), slots);
    switch (<u32>load<u16>(pc)) {
      case STEP_RETURN:
        return tagOf(a) <= Tag.ERROR && !isOverCost() ? a : endWithRefusal(numberOf(pc, code), a);
      case STEP_MOVE:
        if (tagOf(a) == Tag.ABSENT) refuseSlowly(numberOf(pc, code), dst, a);
        else moveCell(dst, a);
        break;
      case STEP_JUMP: {
        pc = <usize>load<u32>(pc, STEP_IMMEDIATE);
        continue;
      }
      case STEP_JUMP_BOOL: {
        if (tagOf(a) != Tag.BOOL || auxOf(a) != load<u32>(pc, STEP_CACHE)) {
          charge(<i64>load<u32>(pc, STEP_EXTRA));
          break;
        }
        pc = <usize>load<u32>(pc, STEP_IMMEDIATE);
        continue;
      }
      case STEP_JUMP_ERROR: {
        if (tagOf(a) != Tag.ERROR) break;
        pc = <usize>load<u32>(pc, STEP_IMMEDIATE);
        continue;
      }
      case STEP_BRANCH: {
        const isBool = tagOf(a) == Tag.BOOL;
        if (isBool && auxOf(a) != 0) {
          charge(<i64>load<u32>(pc, STEP_EXTRA));
          break;
        }
        if (isBool) charge(<i64>load<u32>(pc, STEP_EXTRA + 4));
        else refuseSlowly(numberOf(pc, code), dst, a);
        pc = <usize>(isBool ? load<u32>(pc, STEP_IMMEDIATE) : load<u32>(pc, STEP_CACHE));
        continue;
      }
      case STEP_NOT:
        if (tagOf(a) == Tag.BOOL) setBool(dst, auxOf(a) == 0);
        else refuseSlowly(numberOf(pc, code), dst, a);
        break;
      case STEP_AND: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        if (tagOf(a) == Tag.BOOL && tagOf(b) == Tag.BOOL) {
          setBool(dst, (auxOf(a) & auxOf(b)) != 0);
          break;
        }
        pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
        continue;
      }
      case STEP_OR: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        if (tagOf(a) == Tag.BOOL && tagOf(b) == Tag.BOOL) {
          setBool(dst, (auxOf(a) | auxOf(b)) != 0);
          break;
        }
        pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
        continue;
      }
      case STEP_COMPARE_CONSTANT:
      case STEP_COMPARE: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        const flags = load<u32>(pc, STEP_CACHE);
        const order = <u32>load<u16>(pc) == STEP_COMPARE ? orderFast(a, b) : orderFastTo(a, load<f64>(pc, STEP_EXTRA));
        let truth: u32;
        if (order != NO_FAST_ORDER) {
          truth = <u32>((order & flags) != 0) ^ ((flags >> 3) & 1);
          setBool(dst, <bool>truth);
          if ((flags & COMPARE_RETURN) != 0) return dst;
        } else {
          compareSlowly(numberOf(pc, code), flags, dst, a, b);
          truth = tagOf(dst) == Tag.BOOL ? auxOf(dst) : NO_TRUTH;
        }
        if (((flags >> (4 + truth)) & 1) == 0) {
          charge(<i64>(flags >> COMPARE_COST_SHIFT));
          break;
        }
        pc = <usize>load<u32>(pc, STEP_IMMEDIATE);
        continue;
      }
      case STEP_ADD: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        if (!computeFast(Op.ADD, dst, a, b)) computeSlowly(numberOf(pc, code), Op.ADD, dst, a, b);
        break;
      }
      case STEP_SUB: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        if (!computeFast(Op.SUB, dst, a, b)) computeSlowly(numberOf(pc, code), Op.SUB, dst, a, b);
        break;
      }
      case STEP_MUL: {
        const b = resolveOperand(load<u32>(pc, STEP_B), slots);
        if (!computeFast(Op.MUL, dst, a, b)) computeSlowly(numberOf(pc, code), Op.MUL, dst, a, b);
        break;
      }
      case STEP_FIELD: {
        const field = cachedField(pc, a);
        if (field != 0) {
          moveCell(dst, field);
          break;
        }
        pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
        continue;
      }
      case STEP_HAS_FIELD: {
        if (cachedField(pc, a) != 0) {
          setBool(dst, true);
          break;
        }
        pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
        continue;
      }
      case STEP_ITER_NEXT: {
        if (!spend(load<i64>(pc, STEP_EXTRA))) {
          const head = pc;
          pc = endTurn(pc, a);
          if (pc == 0) return endSpent(numberOf(head, code));
          continue;
        }
        // The upper half of the first word is 0 for a list.
        if (load<u64>(a) != <u64>TAG_ITERATOR) {
          pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
          continue;
        }
        const list = objectOf(a);
        const place = load<u32>(a, 12);
        if (place >= countOf(list)) {
          charge(-<i64>load<u32>(pc, STEP_EXTRA));
          pc = <usize>load<u32>(pc, STEP_IMMEDIATE);
          continue;
        }
        store<u32>(a, place + 1, 12);
        const second = <usize>load<u32>(pc, STEP_B);
        moveCell(second != 0 ? second : dst, elementAt(list, place));
        if (second != 0) setInt(dst, place);
        break;
      }
      default: {
        pc = doRareStep(pc, numberOf(pc, code), dst, a, slots);
        continue;
      }
    }
    pc += STEP_SIZE;
  }
}
