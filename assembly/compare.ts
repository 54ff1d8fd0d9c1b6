// The slow path of == != < <= > >=: everything but two plain numbers.
import { ExpressionError, Tag } from "./abi";
import { objectOf, refuseOperands, setBool, setError, tagOf } from "./cell";
import { areStringsEqual } from "./map";
import { NO_ORDER, UNORDERED, valueCompare, valueEquals } from "./value";

// How a comparison reads its outcome; prepare.ts writes these into the step's cache word.
export const COMPARE_LESS: u32 = 1;
export const COMPARE_EQUAL: u32 = 2;
export const COMPARE_GREATER: u32 = 4;
/** The answer is the opposite (`!=`). */
export const COMPARE_INVERTED: u32 = 8;
/** Jump when the answer is false / true. */
export const COMPARE_JUMP_FALSE: u32 = 16;
export const COMPARE_JUMP_TRUE: u32 = 32;
/** The next instruction returns the answer: do so at once. */
export const COMPARE_RETURN: u32 = 64;

/** dst = a <op> b, where `flags` tells the operator. Writes a BOOL or an ERROR. */
export function compareCells(flags: u32, dst: usize, a: usize, b: usize): void {
  if (tagOf(a) == Tag.STRING && tagOf(b) == Tag.STRING && (flags & (COMPARE_LESS | COMPARE_GREATER)) == 0) {
    setBool(dst, areStringsEqual(objectOf(a), objectOf(b)) != ((flags & COMPARE_INVERTED) != 0));
    return;
  }
  if (tagOf(a) >= Tag.ERROR || tagOf(b) >= Tag.ERROR) {
    refuseOperands(dst, a, b);
    return;
  }
  if ((flags & (COMPARE_LESS | COMPARE_GREATER)) == 0) {
    setBool(dst, valueEquals(a, b) != ((flags & COMPARE_INVERTED) != 0));
    return;
  }
  const order = valueCompare(a, b);
  if (order == NO_ORDER) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else setBool(dst, order != UNORDERED && ((flags >> <u32>(order + 1)) & 1) != 0);
}
