// Comparison of numbers across INT, UINT, DOUBLE and NUMBER: CEL compares numeric types as if on one number line.
import { Tag } from "./abi";
import { floatOf, intOf, tagOf, uintOf } from "./cell";

/** Result of a comparison in which a NaN took part. */
export const UNORDERED: i32 = 2;

const TWO_POW_63: f64 = 9223372036854775808.0;
const TWO_POW_64: f64 = 18446744073709551616.0;

@inline
function compareFloats(a: f64, b: f64): i32 {
  if (a == b) return 0;
  if (a < b) return -1;
  return a > b ? 1 : UNORDERED;
}

// An integer beside a float is compared as the nearest double, as CEL's conformance tests have it
// (9223372036854775807 < 9223372036854775808.0 is false): beyond 2^53 two neighbours may count as equal.

function compareIntToFloat(a: i64, b: f64): i32 {
  return compareFloats(<f64>a, b);
}

function compareUintToFloat(a: u64, b: f64): i32 {
  return compareFloats(<f64>a, b);
}

function compareIntToUint(a: i64, b: u64): i32 {
  if (a < 0) return -1;
  return <u64>a == b ? 0 : <u64>a < b ? -1 : 1;
}

/** -1, 0, 1, or UNORDERED (NaN) for two cells that are both numeric. INT and UINT compare exactly. */
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

/** Are two numeric cells the same key of a map? Exact: a float is only equal to the integer that it is. */
export function areSameKey(a: usize, b: usize): bool {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left >= Tag.DOUBLE && right < Tag.DOUBLE) return isSameWhole(floatOf(a), b);
  if (right >= Tag.DOUBLE && left < Tag.DOUBLE) return isSameWhole(floatOf(b), a);
  return compareNumbers(a, b) == 0;
}

function isSameWhole(value: f64, cell: usize): bool {
  if (tagOf(cell) == Tag.INT) return isWholeInt(value) && <i64>value == intOf(cell);
  return isWholeUint(value) && <u64>value == uintOf(cell);
}

/** Is this finite number whole and within i64? */
@inline
export function isWholeInt(value: f64): bool {
  return value >= -TWO_POW_63 && value < TWO_POW_63 && Math.trunc(value) == value;
}

/** Is this finite number whole and within u64? */
@inline
export function isWholeUint(value: f64): bool {
  return value >= 0 && value < TWO_POW_64 && Math.trunc(value) == value;
}
