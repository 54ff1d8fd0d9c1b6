// + - * / % and unary minus beyond the evaluator's fast paths: overflow checks, JSON numbers that adapt to the other
// operand, text and list concatenation, and sums of times.
import { CELL_SIZE, ExpressionError, OBJECT_HEADER_SIZE, ObjectKind, Op, Tag } from "./abi";
import { copyBytes } from "./bytes";
import { floatOf, intOf, isNumeric, objectOf, refuseOperand, refuseOperands, setError, setFloat, setInt, setObject, setUint, tagOf, uintOf } from "./cell";
import { chargeConcatenation } from "./cost";
import { spendSize } from "./fuel";
import { countOf } from "./map";
import { addDuration, differTimestamps, negateDuration } from "./moment";
import { isWholeInt } from "./numeric";
import { bytesOf, elementAt, newList, newText } from "./value";

/** dst = a <op> b for Op.ADD … Op.MOD; writes a value or an ERROR. */
export function computeArithmetic(op: i32, dst: usize, a: usize, b: usize): void {
  const left = tagOf(a);
  const right = tagOf(b);
  if (isNumeric(left) && isNumeric(right)) {
    if (left == right && left == Tag.INT) computeInt(op, dst, intOf(a), intOf(b));
    else if (left == right && left == Tag.UINT) computeUint(op, dst, uintOf(a), uintOf(b));
    else computeMixed(op, dst, a, b);
    return;
  }
  if (op == Op.ADD) addOthers(dst, a, b);
  else if (op == Op.SUB) subtractTimes(dst, a, b);
  else refuseOperands(dst, a, b);
}

function computeInt(op: i32, dst: usize, a: i64, b: i64): void {
  switch (op) {
    case Op.ADD: {
      const sum = a + b;
      if (((a ^ sum) & (b ^ sum)) < 0) setError(dst, ExpressionError.INT_OVERFLOW);
      else setInt(dst, sum);
      return;
    }
    case Op.SUB: {
      const difference = a - b;
      if (((a ^ b) & (a ^ difference)) < 0) setError(dst, ExpressionError.INT_OVERFLOW);
      else setInt(dst, difference);
      return;
    }
    case Op.MUL: {
      if (isProductOver(a, b)) setError(dst, ExpressionError.INT_OVERFLOW);
      else setInt(dst, a * b);
      return;
    }
    default: {
      if (b == 0) setError(dst, op == Op.DIV ? ExpressionError.DIVIDE_BY_ZERO : ExpressionError.MODULUS_BY_ZERO);
      else if (b == -1 && a == i64.MIN_VALUE) setError(dst, ExpressionError.INT_OVERFLOW);
      else setInt(dst, op == Op.DIV ? a / b : a % b);
    }
  }
}

/** Does a * b leave i64? */
export function isProductOver(a: i64, b: i64): bool {
  if (a == 0 || b == 0) return false;
  if ((a == -1 && b == i64.MIN_VALUE) || (b == -1 && a == i64.MIN_VALUE)) return true;
  return (a * b) / b != a;
}

function computeUint(op: i32, dst: usize, a: u64, b: u64): void {
  switch (op) {
    case Op.ADD: {
      if (a + b < a) setError(dst, ExpressionError.UINT_OVERFLOW);
      else setUint(dst, a + b);
      return;
    }
    case Op.SUB: {
      if (a < b) setError(dst, ExpressionError.UINT_OVERFLOW);
      else setUint(dst, a - b);
      return;
    }
    case Op.MUL: {
      if (b != 0 && (a * b) / b != a) setError(dst, ExpressionError.UINT_OVERFLOW);
      else setUint(dst, a * b);
      return;
    }
    default: {
      if (b == 0) setError(dst, op == Op.DIV ? ExpressionError.DIVIDE_BY_ZERO : ExpressionError.MODULUS_BY_ZERO);
      else setUint(dst, op == Op.DIV ? a / b : a % b);
    }
  }
}

@inline
function toFloat(cell: usize): f64 {
  const tag = tagOf(cell);
  return tag == Tag.INT ? <f64>intOf(cell) : tag == Tag.UINT ? <f64>uintOf(cell) : floatOf(cell);
}

/** Two numbers of which at least one is a float, or INT with UINT (which CEL does not mix). */
function computeMixed(op: i32, dst: usize, a: usize, b: usize): void {
  const left = tagOf(a);
  const right = tagOf(b);
  const hasNumber = left == Tag.NUMBER || right == Tag.NUMBER;
  if (!hasNumber && left != right) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const tag = left == Tag.DOUBLE || right == Tag.DOUBLE ? Tag.DOUBLE : Tag.NUMBER;
  const x = toFloat(a);
  const y = toFloat(b);
  switch (op) {
    case Op.ADD:
      setFloat(dst, tag, x + y);
      return;
    case Op.SUB:
      setFloat(dst, tag, x - y);
      return;
    case Op.MUL:
      setFloat(dst, tag, x * y);
      return;
    case Op.DIV:
      setFloat(dst, tag, x / y);
      return;
    default:
      takeRemainder(dst, a, b);
  }
}

/** Is the cell a whole number that an INT holds? No DOUBLE is. */
function isWholeCell(cell: usize): bool {
  const tag = tagOf(cell);
  return tag == Tag.NUMBER ? isWholeInt(floatOf(cell)) : tag == Tag.INT || (tag == Tag.UINT && intOf(cell) >= 0);
}

@inline
function wholeOf(cell: usize): i64 {
  return tagOf(cell) == Tag.NUMBER ? <i64>floatOf(cell) : intOf(cell);
}

/** `%` with a JSON number: whole operands only, exactly, the sign of the dividend, as for ints. */
function takeRemainder(dst: usize, a: usize, b: usize): void {
  if (!isWholeCell(a) || !isWholeCell(b)) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const y = wholeOf(b);
  if (y == 0) setError(dst, ExpressionError.MODULUS_BY_ZERO);
  else setFloat(dst, Tag.NUMBER, y == -1 ? 0 : <f64>(wholeOf(a) % y));
}

function addOthers(dst: usize, a: usize, b: usize): void {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left == right && (left == Tag.STRING || left == Tag.BYTES)) concatenateTexts(dst, left, objectOf(a), objectOf(b));
  else if (left == right && left == Tag.LIST) concatenateLists(dst, objectOf(a), objectOf(b));
  else if (right == Tag.DURATION && (left == Tag.TIMESTAMP || left == Tag.DURATION)) addDuration(dst, left, a, intOf(b), load<i32>(b, 4));
  else if (left == Tag.DURATION && right == Tag.TIMESTAMP) addDuration(dst, right, b, intOf(a), load<i32>(a, 4));
  else refuseOperands(dst, a, b);
}

function subtractTimes(dst: usize, a: usize, b: usize): void {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left == Tag.TIMESTAMP && right == Tag.TIMESTAMP) differTimestamps(dst, a, b);
  else if (right == Tag.DURATION && (left == Tag.TIMESTAMP || left == Tag.DURATION)) addDuration(dst, left, a, -intOf(b), -load<i32>(b, 4));
  else refuseOperands(dst, a, b);
}

/** a + b for two STRING or two BYTES objects. An empty side shares the other. */
function concatenateTexts(dst: usize, tag: i32, a: usize, b: usize): void {
  chargeConcatenation(tag, a, b);
  const left = countOf(a);
  const right = countOf(b);
  if (left == 0 || right == 0) {
    setObject(dst, tag, left == 0 ? b : a);
    return;
  }
  if (!spendSize(<usize>left + right)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  const object = newText(tag == Tag.STRING ? ObjectKind.STRING : ObjectKind.BYTES, left + right);
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  copyBytes(bytesOf(object), bytesOf(a), left);
  copyBytes(bytesOf(object) + left, bytesOf(b), right);
  const leftPoints = load<u32>(a, 12);
  const rightPoints = load<u32>(b, 12);
  if (leftPoints != 0 && rightPoints != 0) store<u32>(object, leftPoints + rightPoints - 1, 12);
  setObject(dst, tag, object);
}

function concatenateLists(dst: usize, a: usize, b: usize): void {
  const left = countOf(a);
  const right = countOf(b);
  if (left == 0 || right == 0) {
    setObject(dst, Tag.LIST, left == 0 ? b : a);
    return;
  }
  if (!spendSize((<usize>left + right) * CELL_SIZE)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  const object = newList(left + right);
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  memory.copy(object + OBJECT_HEADER_SIZE, a + OBJECT_HEADER_SIZE, <usize>left << 4);
  memory.copy(elementAt(object, left), b + OBJECT_HEADER_SIZE, <usize>right << 4);
  setObject(dst, Tag.LIST, object);
}

/** dst = -a. */
export function negate(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.INT) {
    if (intOf(a) == i64.MIN_VALUE) setError(dst, ExpressionError.INT_OVERFLOW);
    else setInt(dst, -intOf(a));
  } else if (tag == Tag.DOUBLE || tag == Tag.NUMBER) setFloat(dst, tag, -floatOf(a));
  else if (tag == Tag.DURATION) negateDuration(dst, a);
  else refuseOperand(dst, a);
}
