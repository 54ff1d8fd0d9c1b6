// Timestamps and durations as numbers: ranges, sums, and the calendar (proleptic Gregorian, as RFC 3339 has it).
import { ExpressionError, Tag } from "./abi";
import { intOf, setError, setTime } from "./cell";
import { TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN } from "./wire";

const NANOS: i32 = 1000000000;
/** A computed duration stays within the nanoseconds of an i64, about 292 years (as cel-go has it). */
export const DURATION_COMPUTED_SECONDS_MAX: i64 = 9223372036;
const DURATION_COMPUTED_NANOS_MAX: i32 = 854775807;

/** Writes a DURATION from any seconds and nanos (|nanos| below 2e9), or a range error. */
export function setDuration(dst: usize, seconds: i64, nanos: i32): void {
  let whole = seconds;
  let rest = nanos;
  if (rest >= NANOS || rest <= -NANOS) {
    whole += rest / NANOS;
    rest %= NANOS;
  }
  if (whole > 0 && rest < 0) {
    whole--;
    rest += NANOS;
  } else if (whole < 0 && rest > 0) {
    whole++;
    rest -= NANOS;
  }
  const size = whole < 0 ? -whole : whole;
  const isOver = size > DURATION_COMPUTED_SECONDS_MAX || (size == DURATION_COMPUTED_SECONDS_MAX && (rest > DURATION_COMPUTED_NANOS_MAX || rest < -DURATION_COMPUTED_NANOS_MAX - 1));
  if (isOver) setError(dst, ExpressionError.DURATION_RANGE);
  else setTime(dst, Tag.DURATION, whole, rest);
}

/** Writes a TIMESTAMP from seconds and nanos (|nanos| below 2e9), or a range error. */
export function setTimestamp(dst: usize, seconds: i64, nanos: i32): void {
  let whole = seconds;
  let rest = nanos;
  if (rest >= NANOS) {
    whole++;
    rest -= NANOS;
  } else if (rest < 0) {
    whole--;
    rest += NANOS;
  }
  if (whole < TIMESTAMP_SECONDS_MIN || whole > TIMESTAMP_SECONDS_MAX) setError(dst, ExpressionError.TIMESTAMP_RANGE);
  else setTime(dst, Tag.TIMESTAMP, whole, rest);
}

/** dst = the TIMESTAMP or DURATION cell at `base` plus a duration. */
export function addDuration(dst: usize, tag: i32, base: usize, seconds: i64, nanos: i32): void {
  const whole = intOf(base) + seconds;
  const rest = load<i32>(base, 4) + nanos;
  if (tag == Tag.TIMESTAMP) setTimestamp(dst, whole, rest);
  else setDuration(dst, whole, rest);
}

/** dst = the duration from TIMESTAMP b to TIMESTAMP a. */
export function differTimestamps(dst: usize, a: usize, b: usize): void {
  setDuration(dst, intOf(a) - intOf(b), load<i32>(a, 4) - load<i32>(b, 4));
}

/** dst = -a for a DURATION. */
export function negateDuration(dst: usize, a: usize): void {
  setDuration(dst, -intOf(a), -load<i32>(a, 4));
}

// --- calendar --------------------------------------------------------------------------------------------------------
// Days are counted from 1970-01-01. Years run from March inside the arithmetic, so that the leap day comes last.

const DAYS_TO_1970: i64 = 719468;
const DAYS_PER_ERA: i64 = 146097;

let year: i32 = 0;
let month: i32 = 0;
let day: i32 = 0;
let dayOfYear: i32 = 0;

export function civilYear(): i32 {
  return year;
}
/** 1 … 12. */
export function civilMonth(): i32 {
  return month;
}
/** 1 … 31. */
export function civilDay(): i32 {
  return day;
}
/** 0 … 365. */
export function civilDayOfYear(): i32 {
  return dayOfYear;
}

@inline
export function floorDivide(a: i64, b: i64): i64 {
  const quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

export function isLeapYear(value: i32): bool {
  return value % 4 == 0 && (value % 100 != 0 || value % 400 == 0);
}

export function daysInMonth(inYear: i32, inMonth: i32): i32 {
  if (inMonth == 2) return isLeapYear(inYear) ? 29 : 28;
  return inMonth == 4 || inMonth == 6 || inMonth == 9 || inMonth == 11 ? 30 : 31;
}

/** Sets `civilYear()` … to the date of a day number. */
export function splitDay(dayNumber: i64): void {
  const shifted = dayNumber + DAYS_TO_1970;
  const era = floorDivide(shifted, DAYS_PER_ERA);
  const inEra = <i32>(shifted - era * DAYS_PER_ERA);
  const yearOfEra = (inEra - inEra / 1460 + inEra / 36524 - inEra / 146096) / 365;
  const fromMarch = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * fromMarch + 2) / 153;
  day = fromMarch - (153 * monthFromMarch + 2) / 5 + 1;
  month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  year = <i32>(era * 400) + yearOfEra + (month <= 2 ? 1 : 0);
  dayOfYear = <i32>(dayNumber - dayNumberOf(year, 1, 1));
}

/** The day number of a date. */
export function dayNumberOf(inYear: i32, inMonth: i32, inDay: i32): i64 {
  const fromMarch = inMonth <= 2 ? inYear - 1 : inYear;
  const era = floorDivide(fromMarch, 400);
  const yearOfEra = <i32>(fromMarch - era * 400);
  const monthFromMarch = inMonth > 2 ? inMonth - 3 : inMonth + 9;
  const inYearDays = (153 * monthFromMarch + 2) / 5 + inDay - 1;
  return era * DAYS_PER_ERA + (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + inYearDays) - DAYS_TO_1970;
}
