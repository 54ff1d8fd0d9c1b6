// Timestamps and durations as text: RFC 3339 and CEL's duration syntax, both ways; and the offsets of getters.
import { ExpressionError } from "./abi";
import { setError } from "./cell";
import { civilDay, civilMonth, civilYear, dayNumberOf, daysInMonth, floorDivide, setDuration, setTimestamp, splitDay } from "./moment";
import { writeUint } from "./number-text";

/** The longest text that `writeTimestamp` and `writeDuration` make, in bytes. */
export const TIME_TEXT_SIZE_MAX: usize = 48;
const DAY_SECONDS: i64 = 86400;

let cursor: usize = 0;
let textEnd: usize = 0;

/** Reads exactly `count` digits at the cursor; -1: they are not there. */
function readDigits(count: i32): i32 {
  if (<i32>(textEnd - cursor) < count) return -1;
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = <u32>load<u8>(cursor + i) - 48;
    if (digit > 9) return -1;
    value = value * 10 + <i32>digit;
  }
  cursor += count;
  return value;
}

function takeByte(byte: u32): bool {
  if (cursor >= textEnd || <u32>load<u8>(cursor) != byte) return false;
  cursor++;
  return true;
}

/** A fraction after the point as nanoseconds; digits beyond the ninth are dropped. -1: no digit. */
function readNanos(): i32 {
  let nanos = 0;
  let count = 0;
  while (cursor < textEnd) {
    const digit = <u32>load<u8>(cursor) - 48;
    if (digit > 9) break;
    if (count < 9) nanos = nanos * 10 + <i32>digit;
    count++;
    cursor++;
  }
  if (count == 0) return -1;
  for (; count < 9; count++) nanos *= 10;
  return nanos;
}

/** `2009-02-13T23:31:30.5Z` or with `+02:00`, to a TIMESTAMP or an ERROR. */
export function readTimestamp(dst: usize, address: usize, length: u32): void {
  cursor = address;
  textEnd = address + length;
  const year = takeYear();
  const isDate = year >= 0 && takeByte(45);
  const month = isDate ? readDigits(2) : -1;
  const day = month >= 0 && takeByte(45) ? readDigits(2) : -1;
  const hasTime = day >= 0 && (takeByte(84) || takeByte(116));
  const hour = hasTime ? readDigits(2) : -1;
  const minute = hour >= 0 && takeByte(58) ? readDigits(2) : -1;
  const second = minute >= 0 && takeByte(58) ? readDigits(2) : -1;
  let nanos = second < 0 ? -1 : 0;
  if (second >= 0 && takeByte(46)) nanos = readNanos();
  const offset = nanos < 0 ? OFFSET_NONE : readZone();
  const isSound = offset != OFFSET_NONE && cursor == textEnd && month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59;
  if (!isSound || day < 1 || day > daysInMonth(year, month)) {
    setError(dst, ExpressionError.INVALID_CONVERSION);
    return;
  }
  const seconds = dayNumberOf(year, month, day) * DAY_SECONDS + <i64>hour * 3600 + <i64>minute * 60 + second - offset;
  setTimestamp(dst, seconds, nanos);
}

/** A year of four to six digits (too large ones are a range error, not a malformed text). */
function takeYear(): i32 {
  let count = 0;
  while (count < 7 && cursor + count < textEnd && <u32>load<u8>(cursor + count) - 48 <= 9) count++;
  return count < 4 || count > 6 ? -1 : readDigits(count);
}

/** What `readZone` and `readOffset` give for a text that is none. */
export const OFFSET_NONE: i32 = 0x7fffffff;

/** `Z`, or `+hh:mm`: seconds east of UTC. */
function readZone(): i32 {
  if (takeByte(90) || takeByte(122)) return 0;
  if (cursor >= textEnd || (load<u8>(cursor) != 43 && load<u8>(cursor) != 45)) return OFFSET_NONE;
  return readHoursAndMinutes();
}

function readHoursAndMinutes(): i32 {
  const isWest = takeByte(45);
  if (!isWest) takeByte(43);
  const hours = readDigits(2);
  const minutes = hours >= 0 && takeByte(58) ? readDigits(2) : -1;
  if (minutes < 0 || hours > 23 || minutes > 59) return OFFSET_NONE;
  const offset = hours * 3600 + minutes * 60;
  return isWest ? -offset : offset;
}

/** The zone argument of a getter: `UTC`, `Z`, `+hh:mm`, `-hh:mm` or `hh:mm`; names of zones are not read here. */
export function readOffset(address: usize, length: u32): i32 {
  cursor = address;
  textEnd = address + length;
  if (length == 3 && takeByte(85) && takeByte(84) && takeByte(67)) return 0;
  cursor = address;
  if (length == 1 && takeByte(90)) return 0;
  const offset = readHoursAndMinutes();
  return cursor == textEnd ? offset : OFFSET_NONE;
}

/** `1h30m`, `-1.5s`, `100ms`: a sequence of numbers with the units h, m, s, ms, us, µs, ns; `0` alone. To a DURATION or an ERROR. */
export function readDuration(dst: usize, address: usize, length: u32): void {
  cursor = address;
  textEnd = address + length;
  const isNegative = takeByte(45);
  if (!isNegative) takeByte(43);
  if (textEnd - cursor == 1 && takeByte(48)) {
    setDuration(dst, 0, 0);
    return;
  }
  let seconds: i64 = 0;
  let nanos: i64 = 0;
  let isSound = cursor < textEnd;
  while (isSound && cursor < textEnd) {
    isSound = readSpan();
    seconds += spanSeconds;
    nanos += spanNanos;
    if (nanos >= 1000000000) {
      nanos -= 1000000000;
      seconds++;
    }
    if (seconds > 1000000000000) break;
  }
  if (!isSound) setError(dst, ExpressionError.INVALID_CONVERSION);
  else setDuration(dst, isNegative ? -seconds : seconds, <i32>(isNegative ? -nanos : nanos));
}

let spanSeconds: i64 = 0;
let spanNanos: i64 = 0;

/** One number with its unit into `spanSeconds`, `spanNanos` (0 … 999,999,999). False: malformed. */
function readSpan(): bool {
  const start = cursor;
  // Stays beyond what any duration holds once it is there: a digit is never left out of a number that could fit.
  let whole: u64 = 0;
  let digit: u32 = 0;
  for (; cursor < textEnd && (digit = <u32>load<u8>(cursor) - 48) <= 9; cursor++) whole = whole > SPAN_WHOLE_MAX ? u64.MAX_VALUE : whole * 10 + digit;
  let digitCount = cursor - start;
  let fraction: f64 = 0;
  let scale: f64 = 1;
  if (takeByte(46)) {
    for (; cursor < textEnd && (digit = <u32>load<u8>(cursor) - 48) <= 9; cursor++, digitCount++) {
      if (scale >= 1e18) continue;
      fraction = fraction * 10 + <f64>digit;
      scale *= 10;
    }
  }
  const unit = readUnit();
  if (unit == 0 || digitCount == 0) return false;
  const part = <i64>(fraction * (<f64>unit / scale));
  if (unit >= 1000000000) {
    spanSeconds = <i64>min<u64>(whole, 1000000000000) * (unit / 1000000000) + part / 1000000000;
    spanNanos = part % 1000000000;
    return true;
  }
  const perSecond = <u64>(1000000000 / unit);
  spanSeconds = <i64>(whole / perSecond);
  spanNanos = <i64>(whole % perSecond) * unit + part;
  return true;
}

/** The most that one more digit may follow. */
const SPAN_WHOLE_MAX: u64 = 922337203685477580;

/** The unit at the cursor in nanoseconds; 0: none. */
function readUnit(): i64 {
  if (takeByte(104)) return 3600000000000;
  if (takeByte(115)) return 1000000000;
  if (takeByte(109)) return takeByte(115) ? 1000000 : 60000000000;
  if (takeByte(110)) return takeByte(115) ? 1 : 0;
  const isMicro = takeByte(117) || (takeByte(0xc2) && takeByte(0xb5)) || (takeByte(0xce) && takeByte(0xbc));
  return isMicro && takeByte(115) ? 1000 : 0;
}

function writePadded(target: usize, value: i32, width: i32): usize {
  let rest = value;
  for (let i = width - 1; i >= 0; i--) {
    store<u8>(target + i, <u8>(48 + (rest % 10)));
    rest /= 10;
  }
  return target + width;
}

/** `.5` for 500,000,000 nanoseconds; nothing for 0. */
function writeNanos(target: usize, nanos: i32): usize {
  if (nanos == 0) return target;
  store<u8>(target, 46);
  let end = writePadded(target + 1, nanos, 9);
  while (load<u8>(end - 1) == 48) end--;
  return end;
}

/** RFC 3339 in UTC; returns the end. */
export function writeTimestamp(target: usize, seconds: i64, nanos: i32): usize {
  const dayNumber = floorDivide(seconds, DAY_SECONDS);
  const inDay = <i32>(seconds - dayNumber * DAY_SECONDS);
  splitDay(dayNumber);
  let at = writePadded(target, civilYear(), 4);
  store<u8>(at, 45);
  at = writePadded(at + 1, civilMonth(), 2);
  store<u8>(at, 45);
  at = writePadded(at + 1, civilDay(), 2);
  store<u8>(at, 84);
  at = writePadded(at + 1, inDay / 3600, 2);
  store<u8>(at, 58);
  at = writePadded(at + 1, (inDay / 60) % 60, 2);
  store<u8>(at, 58);
  at = writeNanos(writePadded(at + 1, inDay % 60, 2), nanos);
  store<u8>(at, 90);
  return at + 1;
}

/** Seconds with their fraction: `5400s`, `-1.5s`; returns the end. */
export function writeDuration(target: usize, seconds: i64, nanos: i32): usize {
  let at = target;
  if (seconds < 0 || nanos < 0) {
    store<u8>(at, 45);
    at++;
  }
  at = writeUint(at, <u64>(seconds < 0 ? -seconds : seconds));
  at = writeNanos(at, abs<i32>(nanos));
  store<u8>(at, 115);
  return at + 1;
}
