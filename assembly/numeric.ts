// Exact comparison of numbers across INT, UINT, DOUBLE and NUMBER (CEL compares numeric types as if on one number line).
import { Tag } from "./abi";
import { floatOf, intOf, tagOf, uintOf } from "./cell";

/** Result of a comparison in which a NaN took part. */
export const UNORDERED: i32 = 2;

const TWO_POW_63: f64 = 9223372036854775808.0;
const TWO_POW_64: f64 = 18446744073709551616.0;

// @ts-ignore: decorator
@inline
function compareFloats(a: f64, b: f64): i32 {
  if (a == b) return 0;
  if (a < b) return -1;
  return a > b ? 1 : UNORDERED;
}

function compareIntToFloat(a: i64, b: f64): i32 {
  if (b != b) return UNORDERED;
  if (b >= TWO_POW_63) return -1;
  if (b < -TWO_POW_63) return 1;
  const whole = <i64>b;
  if (a != whole) return a < whole ? -1 : 1;
  const fraction = b - Math.trunc(b);
  return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

function compareUintToFloat(a: u64, b: f64): i32 {
  if (b != b) return UNORDERED;
  if (b >= TWO_POW_64) return -1;
  if (b < 0) return 1;
  const whole = <u64>b;
  if (a != whole) return a < whole ? -1 : 1;
  return b - Math.trunc(b) > 0 ? -1 : 0;
}

function compareIntToUint(a: i64, b: u64): i32 {
  if (a < 0) return -1;
  return <u64>a == b ? 0 : <u64>a < b ? -1 : 1;
}

/** -1, 0, 1, or UNORDERED (NaN) for two cells that are both numeric. Exact: no operand is rounded. */
export function compareNumbers(a: usize, b: usize): i32 {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left >= Tag.DOUBLE) {
    if (right >= Tag.DOUBLE) return compareFloats(floatOf(a), floatOf(b));
    const order = right == Tag.INT ? compareIntToFloat(intOf(b), floatOf(a)) : compareUintToFloat(uintOf(b), floatOf(a));
    return order == UNORDERED ? UNORDERED : -order;
  }
  if (left == Tag.INT) {
    if (right == Tag.INT) return intOf(a) == intOf(b) ? 0 : intOf(a) < intOf(b) ? -1 : 1;
    if (right == Tag.UINT) return compareIntToUint(intOf(a), uintOf(b));
    return compareIntToFloat(intOf(a), floatOf(b));
  }
  if (right == Tag.UINT) return uintOf(a) == uintOf(b) ? 0 : uintOf(a) < uintOf(b) ? -1 : 1;
  if (right == Tag.INT) return -compareIntToUint(intOf(b), uintOf(a));
  return compareUintToFloat(uintOf(a), floatOf(b));
}

/** Is this finite number whole and within i64? */
// @ts-ignore: decorator
@inline
export function isWholeInt(value: f64): bool {
  return value >= -TWO_POW_63 && value < TWO_POW_63 && Math.trunc(value) == value;
}

/** Is this finite number whole and within u64? */
// @ts-ignore: decorator
@inline
export function isWholeUint(value: f64): bool {
  return value >= 0 && value < TWO_POW_64 && Math.trunc(value) == value;
}
