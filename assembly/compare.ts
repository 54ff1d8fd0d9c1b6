// The slow path of == != < <= > >=: everything but two plain numbers.
import { CompareFlag, ExpressionError, Tag } from "./abi";
import { objectOf, refuseOperands, setBool, setError, tagOf } from "./cell";
import { chargeComparison, chargeTexts } from "./cost";
import { spendSize } from "./fuel";
import { areStringsEqual, countOf } from "./map";
import { comparedCount, NO_ORDER, UNORDERED, valueCompare, valueEquals } from "./value";

// How a comparison reads its outcome; prepare.ts writes these into the step's cache word.
export const COMPARE_LESS: u32 = CompareFlag.LESS;
export const COMPARE_EQUAL: u32 = CompareFlag.EQUAL;
export const COMPARE_GREATER: u32 = CompareFlag.GREATER;
export const COMPARE_INVERTED: u32 = CompareFlag.INVERTED;
export const COMPARE_JUMP_FALSE: u32 = CompareFlag.JUMP_FALSE;
export const COMPARE_JUMP_TRUE: u32 = CompareFlag.JUMP_TRUE;
export const COMPARE_RETURN: u32 = CompareFlag.RETURN;
export const COMPARE_COST_SHIFT: u32 = CompareFlag.COST_SHIFT;

const FREE_TEXT_SIZE: u32 = 1024;

/** dst = a <op> b, where `flags` tells the operator. Writes a BOOL or an ERROR. */
export function compareCells(flags: u32, dst: usize, a: usize, b: usize): void {
  const tag = tagOf(a);
  if (tag >= Tag.ERROR || tagOf(b) >= Tag.ERROR) refuseOperands(dst, a, b);
  else if ((flags & (COMPARE_LESS | COMPARE_GREATER)) == 0) equateCells(flags, dst, a, b);
  else {
    chargeComparison(a, b);
    const order = valueCompare(a, b);
    if (order == NO_ORDER) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    else if (isLongText(tag, a) && !spendSize(countOf(objectOf(a)))) setError(dst, ExpressionError.OUT_OF_FUEL);
    else setBool(dst, order != UNORDERED && ((flags >> <u32>(order + 1)) & 1) != 0);
  }
}

function equateCells(flags: u32, dst: usize, a: usize, b: usize): void {
  const tag = tagOf(a);
  const isInverted = (flags & COMPARE_INVERTED) != 0;
  if (tag == Tag.STRING && tagOf(b) == Tag.STRING) {
    chargeTexts(objectOf(a), objectOf(b));
    if (isLongText(tag, a) && !spendSize(countOf(objectOf(a)))) setError(dst, ExpressionError.OUT_OF_FUEL);
    else setBool(dst, areStringsEqual(objectOf(a), objectOf(b)) != isInverted);
    return;
  }
  chargeComparison(a, b);
  const isEqual = valueEquals(a, b);
  if ((tag == Tag.LIST || tag == Tag.MAP) && !spendSize(<usize>comparedCount() << 4)) setError(dst, ExpressionError.OUT_OF_FUEL);
  else setBool(dst, isEqual != isInverted);
}

/** Short texts compare for free. */
function isLongText(tag: i32, cell: usize): bool {
  return (tag == Tag.STRING || tag == Tag.BYTES) && countOf(objectOf(cell)) > FREE_TEXT_SIZE;
}
