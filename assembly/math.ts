// The math library: greatest, least, rounding, signs, bits. A JSON number is taken where an int or a double is, and stays one.
import { ExpressionError, Fn, Tag } from "./abi";
import { copyCell, floatOf, intOf, isNumeric, objectOf, refuseOperand, setBool, setError, setFloat, setInt, setUint, tagOf, uintOf } from "./cell";
import { spendSize } from "./fuel";
import { countOf } from "./map";
import { compareNumbers, isWholeInt, UNORDERED } from "./numeric";
import { elementAt } from "./value";

/** Ints up to this size are exact as JSON numbers. */
const SAFE_INT: i64 = 9007199254740991;

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callMath(id: u32, dst: usize, first: usize, count: u32): void {
  if (id <= <u32>Fn.LEAST) chooseExtreme(dst, first, count, id == Fn.LEAST);
  else if ((id >= <u32>Fn.BIT_AND && id <= <u32>Fn.BIT_XOR) || id == Fn.SHIFT_LEFT || id == Fn.SHIFT_RIGHT) {
    if (count != 2) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    else combineBits(id, dst, first, first + 16);
  } else if (count != 1) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id == Fn.ABS || id == Fn.SIGN) measureSign(id, dst, first);
  else if (id == Fn.BIT_NOT) invertBits(dst, first);
  else if (id == Fn.SQRT) computeRoot(dst, first);
  else computeFloat(id, dst, first);
}

/** The greatest or least of the arguments, or of the one list; the first of equals. */
function chooseExtreme(dst: usize, first: usize, count: u32, isLeast: bool): void {
  let at = first;
  let left = count;
  if (count == 1 && tagOf(first) == Tag.LIST) {
    left = countOf(objectOf(first));
    at = elementAt(objectOf(first), 0);
    if (left == 0 || !spendSize(left)) {
      setError(dst, left == 0 ? ExpressionError.INVALID_ARGUMENT : ExpressionError.OUT_OF_FUEL);
      return;
    }
  }
  let best = at;
  for (; left > 0; left--, at += 16) {
    if (!isNumeric(tagOf(at))) {
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
      return;
    }
    const order = compareNumbers(at, best);
    if (order != UNORDERED && (isLeast ? order < 0 : order > 0)) best = at;
  }
  copyCell(dst, best);
}

function computeFloat(id: u32, dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag != Tag.DOUBLE && tag != Tag.NUMBER) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const value = floatOf(a);
  switch (id) {
    case Fn.CEIL:
      setFloat(dst, Tag.DOUBLE, Math.ceil(value));
      return;
    case Fn.FLOOR:
      setFloat(dst, Tag.DOUBLE, Math.floor(value));
      return;
    case Fn.ROUND:
      setFloat(dst, Tag.DOUBLE, roundAway(value));
      return;
    case Fn.TRUNC:
      setFloat(dst, Tag.DOUBLE, Math.trunc(value));
      return;
    case Fn.IS_NAN:
      setBool(dst, value != value);
      return;
    case Fn.IS_INF:
      setBool(dst, abs<f64>(value) == Infinity);
      return;
    default:
      setBool(dst, value - value == 0);
  }
}

/** To the nearest whole number, halves away from zero. */
function roundAway(value: f64): f64 {
  const whole = Math.trunc(value);
  return abs<f64>(value - whole) >= 0.5 ? whole + copysign<f64>(1, value) : whole;
}

function computeRoot(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (!isNumeric(tag)) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else setFloat(dst, Tag.DOUBLE, sqrt<f64>(tag == Tag.INT ? <f64>intOf(a) : tag == Tag.UINT ? <f64>uintOf(a) : floatOf(a)));
}

function measureSign(id: u32, dst: usize, a: usize): void {
  const tag = tagOf(a);
  const isSign = id == Fn.SIGN;
  if (tag == Tag.INT) {
    const value = intOf(a);
    if (isSign) setInt(dst, value > 0 ? 1 : value < 0 ? -1 : 0);
    else if (value == i64.MIN_VALUE) setError(dst, ExpressionError.INT_OVERFLOW);
    else setInt(dst, value < 0 ? -value : value);
  } else if (tag == Tag.UINT) {
    if (isSign) setUint(dst, uintOf(a) == 0 ? 0 : 1);
    else copyCell(dst, a);
  } else if (isNumeric(tag)) {
    const value = floatOf(a);
    if (!isSign) setFloat(dst, tag, abs<f64>(value));
    else setFloat(dst, tag, value > 0 ? 1 : value < 0 ? -1 : value);
  } else setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
}

/** A whole JSON number is an int here. */
function isInt(cell: usize): bool {
  return tagOf(cell) == Tag.INT || (tagOf(cell) == Tag.NUMBER && isWholeInt(floatOf(cell)));
}

@inline
function wholeOf(cell: usize): i64 {
  return tagOf(cell) == Tag.NUMBER ? <i64>floatOf(cell) : intOf(cell);
}

function invertBits(dst: usize, a: usize): void {
  if (tagOf(a) == Tag.UINT) setUint(dst, ~uintOf(a));
  else if (isInt(a)) setWhole(dst, a, a, ~wholeOf(a));
  else setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
}

/** A JSON number where both operands were and it is exact; else an int. */
function setWhole(dst: usize, a: usize, b: usize, value: i64): void {
  const isNumber = tagOf(a) == Tag.NUMBER && tagOf(b) == Tag.NUMBER && value >= -SAFE_INT && value <= SAFE_INT;
  if (isNumber) setFloat(dst, Tag.NUMBER, <f64>value);
  else setInt(dst, value);
}

function combineBits(id: u32, dst: usize, a: usize, b: usize): void {
  const isShift = id == Fn.SHIFT_LEFT || id == Fn.SHIFT_RIGHT;
  const isUint = tagOf(a) == Tag.UINT;
  const isFitting = isUint ? isShift ? isInt(b) : tagOf(b) == Tag.UINT : isInt(a) && isInt(b);
  if (!isFitting) {
    refuseOperand(dst, b);
    return;
  }
  const x = <u64>wholeOf(a);
  const y = <u64>wholeOf(b);
  let value: u64;
  if (!isShift) value = id == Fn.BIT_AND ? x & y : id == Fn.BIT_OR ? x | y : x ^ y;
  else if (<i64>y < 0) {
    setError(dst, ExpressionError.INVALID_ARGUMENT);
    return;
  } else if (y > 63) value = 0;
  // The vacated bits of a right shift are zeros, also for an int.
  else value = id == Fn.SHIFT_LEFT ? x << y : x >> y;
  if (isUint) setUint(dst, value);
  else setWhole(dst, a, b, <i64>value);
}
