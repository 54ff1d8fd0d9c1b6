// Single operations on numbers that cannot fail: a comparison as a guard (`x > 10`), a sum as an assignment
// (`n = n + 1`). Every other case is left to the machine, which gives the same result.
import { Op, Tag } from "./abi";
import { setFloat } from "./cell";

export const QUICK_FALSE: i32 = 0;
export const QUICK_TRUE: i32 = 1;
/** Not one of the quick cases. */
export const QUICK_NONE: i32 = 2;

/** Ints of at most this size are exact as doubles. */
const SAFE_INT: i64 = 9007199254740992;

/** Is the operand of a prepared step a slot or a constant (registers and built-ins lie below the heap)? */
export function isCellOperand(operand: u32): bool {
  return (operand & 1) != 0 || <usize>operand >= __heap_base;
}

@inline
function isFloat(tag: u32): bool {
  return (tag & ~1) == <u32>Tag.DOUBLE;
}

@inline
function isSafeInt(cell: usize, tag: u32): bool {
  return tag == <u32>Tag.INT && <u64>(load<i64>(cell, 8) + SAFE_INT) <= <u64>(SAFE_INT * 2);
}

/** Compares two number cells by COMPARE_ flags: QUICK_TRUE, QUICK_FALSE, or QUICK_NONE. */
@inline
export function compareCellsQuick(flags: u32, a: usize, b: usize): i32 {
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

/** `target = a op b` (+ - or *) of JSON numbers or ints, where `type` (a Tag + 1, 0 any) can hold it. False: nothing was done. */
@inline
export function computeCellsQuick(op: i32, a: usize, b: usize, target: usize, type: u32): bool {
  const left = load<u32>(a);
  const right = load<u32>(b);
  if (type != 0 && type != left + 1) return false;
  if (left == <u32>Tag.INT) {
    if (op == Op.MUL || !isSafeInt(a, left) || !isSafeInt(b, right)) return false;
    const x = load<i64>(a, 8);
    const y = load<i64>(b, 8);
    store<u64>(target, <u64>Tag.INT);
    store<i64>(target, op == Op.ADD ? x + y : x - y, 8);
    return true;
  }
  const isInt = isSafeInt(b, right);
  if (left != <u32>Tag.NUMBER || (!isInt && right != <u32>Tag.NUMBER)) return false;
  const x = load<f64>(a, 8);
  const y = isInt ? <f64>load<i64>(b, 8) : load<f64>(b, 8);
  setFloat(target, Tag.NUMBER, op == Op.ADD ? x + y : op == Op.SUB ? x - y : x * y);
  return true;
}
