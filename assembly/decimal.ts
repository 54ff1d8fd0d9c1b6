// The slow and exact way from decimal text to the nearest double, for the few texts that 128 bits do not decide: a
// decimal number of up to DIGIT_COUNT_MAX digits that is halved and doubled until its binary exponent is known.

/** Digits kept; any that follow only make the number "a little more" (no halfway point of doubles has more than 768). */
const DIGIT_COUNT_MAX: i32 = 800;
/** One digit per byte, value 0 … 9, most significant first. Room for growth while doubling. */
const DIGITS: usize = memory.data(832, 16);

/** The number is 0.d1d2d3… * 10^point. */
let count: i32 = 0;
let point: i32 = 0;
let isTruncated: bool = false;

/**
 * The double nearest to the digits (and point) in [text, textEnd), which starts at its first digit or point.
 * `pointAt`: the number is 0.d1d2d3… * 10^pointAt, d1 its first digit that is not 0.
 */
export function digitsToFloat(text: usize, textEnd: usize, pointAt: i32): f64 {
  readDigits(text, textEnd);
  point = pointAt;
  if (count == 0) return 0;
  let binary = 0;
  while (point > 0) {
    const shift = point >= 10 ? 30 : 3 * point - 2 > 0 ? min<i32>(30, 3 * point - 2) : 1;
    shiftRight(shift);
    binary += shift;
  }
  while (point < 0 || (point == 0 && load<u8>(DIGITS) < 5)) {
    const shift = point < -9 ? 30 : point < 0 ? max<i32>(1, -3 * point) : 1;
    shiftLeft(shift);
    binary -= shift;
  }
  // Now 0.5 <= number < 1; a double's mantissa is 1 … 2.
  binary--;
  if (binary < -1022) {
    shiftAllRight(-1022 - binary);
    binary = -1022;
  }
  if (binary > 1023) return Infinity;
  shiftLeft(30);
  shiftLeft(23);
  let mantissa = roundToWhole();
  if (mantissa == 0x20000000000000) {
    mantissa >>= 1;
    binary++;
    if (binary > 1023) return Infinity;
  }
  const isSubnormal = (mantissa & 0x10000000000000) == 0;
  return reinterpret<f64>((mantissa & 0xfffffffffffff) | (isSubnormal ? 0 : <u64>(binary + 1023) << 52));
}

function readDigits(text: usize, textEnd: usize): void {
  count = 0;
  isTruncated = false;
  for (let at = text; at < textEnd; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9 || (digit == 0 && count == 0)) continue;
    if (count < DIGIT_COUNT_MAX) store<u8>(DIGITS + count++, <u8>digit);
    else if (digit != 0) isTruncated = true;
  }
  trim();
}

function trim(): void {
  while (count > 0 && load<u8>(DIGITS + count - 1) == 0) count--;
}

function shiftAllRight(bits: i32): void {
  let left = bits;
  while (left > 30) {
    shiftRight(30);
    left -= 30;
  }
  shiftRight(left);
}

/** number /= 2^shift, 0 <= shift <= 30. */
function shiftRight(shift: i32): void {
  if (shift == 0 || count == 0) return;
  let read = 0;
  let write = 0;
  let rest: u64 = 0;
  while (rest >> shift == 0) {
    rest = rest * 10 + (read < count ? <u64>load<u8>(DIGITS + read) : 0);
    read++;
  }
  point -= read - 1;
  const mask = (<u64>1 << shift) - 1;
  while (read < count || rest != 0) {
    if (write < DIGIT_COUNT_MAX) store<u8>(DIGITS + write++, <u8>(rest >> shift));
    else if (rest >> shift != 0) isTruncated = true;
    rest = (rest & mask) * 10 + (read < count ? <u64>load<u8>(DIGITS + read) : 0);
    read++;
    if (write >= DIGIT_COUNT_MAX && read >= count) {
      if (rest != 0) isTruncated = true;
      break;
    }
  }
  count = write;
  trim();
}

/** number *= 2^shift, 0 < shift <= 30: at most 10 digits more, in front. */
function shiftLeft(shift: i32): void {
  const grown = 10;
  let carry: u64 = 0;
  let write = count + grown - 1;
  for (let read = count - 1; read >= 0; read--, write--) {
    carry += <u64>load<u8>(DIGITS + read) << shift;
    store<u8>(DIGITS + write, <u8>(carry % 10));
    carry /= 10;
  }
  for (; write >= 0; write--) {
    store<u8>(DIGITS + write, <u8>(carry % 10));
    carry /= 10;
  }
  let zeros = 0;
  const total = count + grown;
  while (zeros < total && load<u8>(DIGITS + zeros) == 0) zeros++;
  memory.copy(DIGITS, DIGITS + zeros, total - zeros);
  point += grown - zeros;
  count = total - zeros;
  while (count > DIGIT_COUNT_MAX) {
    count--;
    if (load<u8>(DIGITS + count) != 0) isTruncated = true;
  }
  trim();
}

/** The number rounded to a whole one, ties to even. */
function roundToWhole(): u64 {
  let whole: u64 = 0;
  for (let i = 0; i < point; i++) whole = whole * 10 + (i < count ? <u64>load<u8>(DIGITS + i) : 0);
  if (point < 0 || point >= count) return whole;
  const next = load<u8>(DIGITS + point);
  const isHalf = next == 5 && point + 1 == count && !isTruncated;
  return next > 5 || (next == 5 && (!isHalf || (whole & 1) != 0)) ? whole + 1 : whole;
}

// --- digits of a double ----------------------------------------------------------------------------------------------

/** Makes the digits exactly those of |value|, which is finite. */
export function expandFloat(value: f64): void {
  const bits = reinterpret<u64>(value);
  const exponent = <i32>((bits >> 52) & 0x7ff);
  let mantissa = (bits & 0xfffffffffffff) | (exponent == 0 ? 0 : 0x10000000000000);
  isTruncated = false;
  count = 0;
  for (let rest = mantissa; rest != 0; rest /= 10) count++;
  point = count;
  for (let i = count - 1; i >= 0; i--, mantissa /= 10) store<u8>(DIGITS + i, <u8>(mantissa % 10));
  trim();
  if (count == 0) {
    point = 0;
    return;
  }
  let left = max<i32>(exponent, 1) - 1075;
  for (; left > 0; left -= min<i32>(left, 30)) shiftLeft(min<i32>(left, 30));
  if (left < 0) shiftAllRight(-left);
}

/** Rounds the number to `places` digits after the point, ties to even. */
export function roundDigits(places: i32): void {
  const kept = point + places;
  if (kept >= count) return;
  if (kept < 0) {
    count = 0;
    return;
  }
  const next = load<u8>(DIGITS + kept);
  const isOdd = kept > 0 && (load<u8>(DIGITS + kept - 1) & 1) != 0;
  const isUp = next > 5 || (next == 5 && (kept + 1 < count || isOdd));
  count = kept;
  if (!isUp) {
    trim();
    return;
  }
  while (count > 0 && load<u8>(DIGITS + count - 1) == 9) count--;
  if (count > 0) store<u8>(DIGITS + count - 1, load<u8>(DIGITS + count - 1) + 1);
  else {
    store<u8>(DIGITS, 1);
    count = 1;
    point++;
  }
}

/** The digits make 0.d0d1d2… * 10^point; a number that is 0 has none. */
export function digitCount(): i32 {
  return count;
}

export function digitPoint(): i32 {
  return point;
}

/** Digit `index` as ASCII; 0 beyond either end. */
export function digitAt(index: i32): u32 {
  return 48 + (index >= 0 && index < count ? <u32>load<u8>(DIGITS + index) : 0);
}
