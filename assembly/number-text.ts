// Exact text of numbers. Doubles print as the shortest text that reads back as the same double (R. Giulietti, "The
// Schubfach way to render doubles"), in the form of ECMAScript's Number::toString; text is read to the nearest double
// (D. Lemire, "Number Parsing at a Gigabyte per Second", with an exact decimal fallback in decimal.ts).
import { digitsToFloat } from "./decimal";
import { powerHigh, powerLow } from "./powers";

/** The longest text that `writeFloat` makes, in bytes. */
export const FLOAT_TEXT_SIZE_MAX: usize = 32;

/** Status of the last text read. */
export const NUMBER_OK: i32 = 0;
export const NUMBER_MALFORMED: i32 = 1;
export const NUMBER_OVERFLOW: i32 = 2;
let status: i32 = NUMBER_OK;

/** What became of the last `readFloat`, `readInt` or `readUint`: NUMBER_OK, NUMBER_MALFORMED or NUMBER_OVERFLOW. */
export function numberStatus(): i32 {
  return status;
}

const DIGITS: usize = memory.data(32, 16);

// --- integers --------------------------------------------------------------------------------------------------------

/** Writes an unsigned number in decimal; returns the end. At most 20 bytes. */
export function writeUint(target: usize, value: u64): usize {
  let rest = value;
  let at = DIGITS + 20;
  do {
    at--;
    store<u8>(at, <u8>(rest % 10) + 48);
    rest /= 10;
  } while (rest != 0);
  const size = DIGITS + 20 - at;
  memory.copy(target, at, size);
  return target + size;
}

/** Writes a signed number in decimal; returns the end. At most 20 bytes. */
export function writeInt(target: usize, value: i64): usize {
  if (value >= 0) return writeUint(target, value);
  store<u8>(target, 45);
  return writeUint(target + 1, 0 - <u64>value);
}

/** Reads decimal digits only (no sign, no space). Sets `numberStatus`. */
export function readUint(address: usize, length: u32): u64 {
  status = NUMBER_MALFORMED;
  if (length == 0) return 0;
  let value: u64 = 0;
  let isOver = false;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <u64>load<u8>(address + i) - 48;
    if (digit > 9) return 0;
    if (value > 1844674407370955161 || (value == 1844674407370955161 && digit > 5)) isOver = true;
    value = value * 10 + digit;
  }
  status = isOver ? NUMBER_OVERFLOW : NUMBER_OK;
  return value;
}

/** Reads decimal digits with an optional sign. Sets `numberStatus`. */
export function readInt(address: usize, length: u32): i64 {
  const sign = length > 0 ? <u32>load<u8>(address) : 0;
  const skip: u32 = sign == 45 || sign == 43 ? 1 : 0;
  const value = readUint(address + skip, length - skip);
  if (status != NUMBER_OK) return 0;
  if (sign == 45) {
    if (value > 0x8000000000000000) status = NUMBER_OVERFLOW;
    return 0 - <i64>value;
  }
  if (value > 0x7fffffffffffffff) status = NUMBER_OVERFLOW;
  return <i64>value;
}

// --- double to text --------------------------------------------------------------------------------------------------

/** Upper half of a 64 × 64 bit product. */
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** floor(g * c / 2^128), its last bit set when anything was lost (g: 128 bits). */
function roundToOdd(high: u64, low: u64, c: u64): u64 {
  const carryIn = multiplyHigh(low, c);
  const middle = high * c;
  const sum = middle + carryIn;
  const top = multiplyHigh(high, c) + <u64>(sum < middle);
  return top | <u64>(sum > 1);
}

/** Decimal digits and exponent of the shortest text: value = digits * 10^exponent. */
let shortestExponent: i32 = 0;

function shortestDigits(bits: u64): u64 {
  const fraction = bits & 0xfffffffffffff;
  const biased = <i32>((bits >> 52) & 0x7ff);
  const c = biased != 0 ? fraction | 0x10000000000000 : fraction;
  const q = biased != 0 ? biased - 1075 : -1074;
  if (q <= 0 && q > -53 && (c & ((<u64>1 << <u64>-q) - 1)) == 0) {
    shortestExponent = 0;
    return c >> <u64>-q;
  }
  const isOdd = c & 1;
  const isClose = fraction == 0 && biased > 1;
  const k = isClose ? (q * 1262611 - 524031) >> 22 : (q * 1262611) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  const high = powerHigh(-k);
  // The table is rounded down; Schubfach needs it rounded up. 5^0 … 5^55 are exact.
  const isExact = k <= 0 && k >= -55;
  const low = powerLow(-k) + (isExact ? 0 : 1);
  const left = roundToOdd(high, low, (4 * c - 2 + <u64>isClose) << h);
  const exact = roundToOdd(high, low, (4 * c) << h);
  const right = roundToOdd(high, low, (4 * c + 2) << h);
  const lower = left + isOdd;
  const upper = right - isOdd;
  const s = exact >> 2;
  if (s >= 10) {
    const tens = s / 10;
    const isDownInside = lower <= 40 * tens;
    const isUpInside = 40 * tens + 40 <= upper;
    if (isDownInside != isUpInside) {
      shortestExponent = k + 1;
      return tens + <u64>isUpInside;
    }
  }
  shortestExponent = k;
  const isDownInside = lower <= 4 * s;
  const isUpInside = 4 * s + 4 <= upper;
  if (isDownInside != isUpInside) return s + <u64>isUpInside;
  const middle = 4 * s + 2;
  return s + <u64>(exact > middle || (exact == middle && (s & 1) != 0));
}

/** Writes a double as ECMAScript does ("1", "0.1", "1e+21", "NaN", "-Infinity"); returns the end. "-0" prints as "0". */
export function writeFloat(target: usize, value: f64): usize {
  if (value != value) return writeAscii(target, 0x4e614e, 3);
  if (value == 0) return writeAscii(target, 0x30, 1);
  let at = target;
  if (value < 0) {
    store<u8>(at, 45);
    at++;
  }
  const bits = reinterpret<u64>(value) & 0x7fffffffffffffff;
  if (bits == 0x7ff0000000000000) return writeAscii(at, 0x7974696e69666e49, 8);
  let digits = shortestDigits(bits);
  let exponent = shortestExponent;
  while (digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
  const end = writeUint(at, digits);
  return placePoint(at, <i32>(end - at), exponent);
}

/** Writes up to 8 ASCII bytes, the first in the lowest byte. */
function writeAscii(target: usize, text: u64, length: usize): usize {
  for (let i: usize = 0; i < length; i++) store<u8>(target + i, <u8>(text >> (<u64>i << 3)));
  return target + length;
}

/** Gives `count` digits at `at`, times 10^exponent, their point, zeros or exponent (ECMA-262, 6.1.6.1.20). */
function placePoint(at: usize, count: i32, exponent: i32): usize {
  const point = count + exponent;
  if (exponent >= 0 && point <= 21) {
    memory.fill(at + count, 48, exponent);
    return at + point;
  }
  if (point > 0 && point <= 21) {
    memory.copy(at + point + 1, at + point, count - point);
    store<u8>(at + point, 46);
    return at + count + 1;
  }
  if (point > -6 && point <= 0) {
    const shift = 2 - point;
    memory.copy(at + shift, at, count);
    memory.fill(at, 48, shift);
    store<u8>(at + 1, 46);
    return at + shift + count;
  }
  let end = at + count;
  if (count > 1) {
    memory.copy(at + 2, at + 1, count - 1);
    store<u8>(at + 1, 46);
    end++;
  }
  store<u8>(end, 101);
  store<u8>(end + 1, point > 0 ? 43 : 45);
  return writeUint(end + 2, <u64>abs<i32>(point - 1));
}

// --- text to double --------------------------------------------------------------------------------------------------

/**
 * Reads `[sign] digits [. digits] [e [sign] digits]` (digits may be missing on one side of the point), or NaN, Infinity,
 * Inf with a sign; the whole of it must match. Rounds to nearest, ties to even; too large gives an infinity. Sets
 * `numberStatus`.
 */
export function readFloat(address: usize, length: u32): f64 {
  status = NUMBER_MALFORMED;
  const end = address + length;
  let at = address;
  const isNegative = at < end && load<u8>(at) == 45;
  if (at < end && (load<u8>(at) == 45 || load<u8>(at) == 43)) at++;
  const start = at;
  let digits: u64 = 0;
  let kept = 0;
  let isCut = false;
  let exponent = 0;
  let seen = 0;
  let hasPoint = false;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 46 && !hasPoint) {
      hasPoint = true;
      continue;
    }
    if (byte - 48 > 9) break;
    seen++;
    if (kept < 19) {
      digits = digits * 10 + (byte - 48);
      if (digits != 0) kept++;
      if (hasPoint) exponent--;
    } else {
      if (byte != 48) isCut = true;
      if (!hasPoint) exponent++;
    }
  }
  if (seen == 0) return readNamed(start, <u32>(end - start), isNegative);
  const mantissaEnd = at;
  if (at < end) {
    const written = readExponent(at, end);
    if (status != NUMBER_OK) return 0;
    exponent += written;
  }
  status = NUMBER_OK;
  const value = assemble(digits, kept, exponent, isCut, start, mantissaEnd);
  return isNegative ? -value : value;
}

/** The exponent part from the letter to the end, held within ±99,999,999. */
function readExponent(at: usize, end: usize): i32 {
  status = NUMBER_MALFORMED;
  if ((load<u8>(at) | 32) != 101) return 0;
  let from = at + 1;
  const isNegative = from < end && load<u8>(from) == 45;
  if (from < end && (load<u8>(from) == 45 || load<u8>(from) == 43)) from++;
  if (from >= end) return 0;
  let value = 0;
  for (; from < end; from++) {
    const digit = <u32>load<u8>(from) - 48;
    if (digit > 9) return 0;
    if (value < 9999999) value = value * 10 + digit;
  }
  status = NUMBER_OK;
  return isNegative ? -value : value;
}

function readNamed(start: usize, length: u32, isNegative: bool): f64 {
  let word: u64 = 0;
  if (length > 8) return 0;
  for (let i: u32 = 0; i < length; i++) word |= <u64>(load<u8>(start + i) | 32) << (<u64>i << 3);
  if (word == 0x6e616e) {
    status = NUMBER_OK;
    return NaN;
  }
  if (word != 0x666e69 && word != 0x7974696e69666e69) return 0;
  status = NUMBER_OK;
  return isNegative ? -Infinity : Infinity;
}

/** digits (`kept` of them) * 10^exponent, plus more digits in the text when `isCut`; correctly rounded. */
function assemble(digits: u64, kept: i32, exponent: i32, isCut: bool, text: usize, textEnd: usize): f64 {
  if (digits == 0) return 0;
  if (!isCut && digits <= 0x1fffffffffffff && exponent >= -22 && exponent <= 22) {
    return exponent < 0 ? <f64>digits / exactPower(-exponent) : <f64>digits * exactPower(exponent);
  }
  if (exponent < -400) return 0;
  if (exponent > 400) return Infinity;
  const value = roundProduct(digits, exponent);
  if (value >= 0 && (!isCut || value == roundProduct(digits + 1, exponent))) return value;
  return digitsToFloat(text, textEnd, exponent + kept);
}

/** 10^0 … 10^22: doubles hold them exactly. */
function exactPower(exponent: i32): f64 {
  let power: f64 = 1;
  for (let i = 0; i < exponent; i++) power *= 10;
  return power;
}

/** The double nearest to w * 10^q, or -1 where 128 bits of the power do not decide it. */
function roundProduct(w: u64, q: i32): f64 {
  if (q < -342) return 0;
  if (q > 308) return Infinity;
  const zeros = clz<u64>(w);
  const shifted = w << zeros;
  const powerTop = powerHigh(q);
  let high = multiplyHigh(shifted, powerTop);
  let low = shifted * powerTop;
  if ((high & 0x1ff) == 0x1ff) {
    // Reciprocals that an i64 divides exactly count rounded up (Lemire's table, -27 … -1).
    const extra = multiplyHigh(shifted, powerLow(q) + (q >= -27 && q < 0 ? 1 : 0));
    low += extra;
    if (low < extra) high++;
  }
  if (low == 0xffffffffffffffff && (q < -27 || q > 55)) return -1;
  const upper = high >> 63;
  let mantissa = high >> (upper + 9);
  let power2 = (((152170 + 65536) * q) >> 16) + 63 + <i32>upper - <i32>zeros + 1023;
  if (power2 <= 0) {
    if (1 - power2 >= 64) return 0;
    mantissa >>= <u64>(1 - power2);
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    return reinterpret<f64>(mantissa);
  }
  if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << (upper + 9) == high) mantissa &= ~1;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >= 0x20000000000000) {
    mantissa = 0x10000000000000;
    power2++;
  }
  if (power2 >= 0x7ff) return Infinity;
  return reinterpret<f64>((mantissa & 0xfffffffffffff) | (<u64>power2 << 52));
}
