// Expressions of one operation, computed without entering the machine: a comparison as a guard (`x > 10`), a sum as an
// assignment (`n = n + 1`). Only the cases that cannot fail; everything else is left to evaluate(), with the same result.
import { Op, Tag } from "./abi";
import { setFloat } from "./cell";
import { COMPARE_RETURN } from "./compare";
import { STEP_A, STEP_ADD, STEP_B, STEP_CACHE, STEP_COMPARE, STEP_COMPARE_CONSTANT, STEP_DST, STEP_MUL, STEP_RETURN, STEP_SIZE } from "./machine";

export const QUICK_FALSE: i32 = 0;
export const QUICK_TRUE: i32 = 1;
/** Not one of the quick cases. */
export const QUICK_NONE: i32 = 2;

/** Ints of at most this size are exact as doubles. */
const SAFE_INT: i64 = 9007199254740992;

/** Address of an operand that is a slot or a constant; 0 for a register or built-in (those lie below the heap). */
@inline
function cellOf(operand: u32, slots: usize): usize {
  if ((operand & 1) != 0) return slots + operand - 1;
  return <usize>operand < __heap_base ? 0 : operand;
}

@inline
function isFloat(tag: u32): bool {
  return (tag & ~1) == <u32>Tag.DOUBLE;
}

@inline
function isSafeInt(cell: usize, tag: u32): bool {
  return tag == <u32>Tag.INT && <u64>(load<i64>(cell, 8) + SAFE_INT) <= <u64>(SAFE_INT * 2);
}

/** A guard that is one comparison of numbers: QUICK_TRUE, QUICK_FALSE, or QUICK_NONE. */
@inline
export function compareQuick(record: usize, slots: usize): i32 {
  const code = <usize>load<u32>(record);
  const flags = load<u32>(code, STEP_CACHE);
  const step = <u32>load<u16>(code);
  if ((step != STEP_COMPARE && step != STEP_COMPARE_CONSTANT) || (flags & COMPARE_RETURN) == 0) return QUICK_NONE;
  const a = cellOf(load<u32>(code, STEP_A), slots);
  const b = cellOf(load<u32>(code, STEP_B), slots);
  if (a == 0 || b == 0) return QUICK_NONE;
  const left = load<u32>(a);
  const right = load<u32>(b);
  if (left == <u32>Tag.INT && right == <u32>Tag.INT) {
    const x = load<i64>(a, 8);
    const y = load<i64>(b, 8);
    return test(flags, <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2));
  }
  const isLeftInt = isSafeInt(a, left);
  const isRightInt = isSafeInt(b, right);
  if (!(isFloat(left) || isLeftInt) || !(isFloat(right) || isRightInt)) return QUICK_NONE;
  const x = isLeftInt ? <f64>load<i64>(a, 8) : load<f64>(a, 8);
  const y = isRightInt ? <f64>load<i64>(b, 8) : load<f64>(b, 8);
  return test(flags, <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2));
}

/** Order bits against the comparison's own (compare.ts); bit 3 inverts. */
@inline
function test(flags: u32, order: u32): i32 {
  return <i32>(<u32>((order & flags) != 0) ^ ((flags >> 3) & 1));
}

@inline
function computeInts(op: i32, a: usize, b: usize, target: usize): bool {
  if (op == Op.MUL || !isSafeInt(a, Tag.INT) || !isSafeInt(b, Tag.INT)) return false;
  const sum = op == Op.ADD ? load<i64>(a, 8) + load<i64>(b, 8) : load<i64>(a, 8) - load<i64>(b, 8);
  store<u64>(target, <u64>Tag.INT);
  store<i64>(target, sum, 8);
  return true;
}

/** `target = a + b` (or - or *) of JSON numbers or ints, where the expression is just that and `type` (a Tag + 1, 0 any) can hold it. False: nothing was done. */
@inline
export function computeQuick(record: usize, slots: usize, target: usize, type: u32): bool {
  const code = <usize>load<u32>(record);
  const step = <u32>load<u16>(code);
  if (step < STEP_ADD || step > STEP_MUL) return false;
  // Every expression ends in RETURN or JUMP, so a sum is never the last step.
  if (<u32>load<u16>(code + STEP_SIZE) != STEP_RETURN || load<u32>(code + STEP_SIZE, STEP_A) != load<u32>(code, STEP_DST)) return false;
  const op = <i32>load<u16>(code, 2);
  const a = cellOf(load<u32>(code, STEP_A), slots);
  const b = cellOf(load<u32>(code, STEP_B), slots);
  if (a == 0 || b == 0) return false;
  const left = load<u32>(a);
  const right = load<u32>(b);
  if (left == <u32>Tag.INT) return right == left && (type == 0 || type == left + 1) && computeInts(op, a, b, target);
  if (left != <u32>Tag.NUMBER || (type != 0 && type != left + 1)) return false;
  const isInt = isSafeInt(b, right);
  if (!isInt && right != <u32>Tag.NUMBER) return false;
  const x = load<f64>(a, 8);
  const y = isInt ? <f64>load<i64>(b, 8) : load<f64>(b, 8);
  setFloat(target, Tag.NUMBER, op == Op.ADD ? x + y : op == Op.SUB ? x - y : x * y);
  return true;
}
