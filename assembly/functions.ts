// Op.CALL: finds the overload of a function for the tags of its arguments. A method's receiver is its first argument.
import { ExpressionError, Fn, Tag } from "./abi";
import { isStorable } from "./access";
import { copyCell, floatOf, intOf, objectOf, refuseOperand, setBool, setError, setErrorWithDetail, setInt, tagOf } from "./cell";
import { makeTemplate, toBool, toBytes, toDouble, toDuration, toInt, toText, toTimestamp, toType, toUint } from "./convert";
import { spendSize } from "./fuel";
import { callLibrary } from "./library";
import { reverseList } from "./lists";
import { countOf } from "./map";
import { civilDay, civilDayOfYear, civilMonth, civilYear, floorDivide, splitDay } from "./moment";
import { isWholeInt } from "./numeric";
import { charAt, contains, endsWith, foldAscii, indexOf, join, lastIndexOf, replace, reverse, split, startsWith, substring, trim } from "./strings";
import { OFFSET_NONE, readOffset } from "./time-text";
import { bytesOf, codePointCount } from "./value";
import { zoneOffset } from "./zones";

const DAY_SECONDS: i64 = 86400;

/** The cell of argument `index`. */
@inline
function argument(first: usize, index: usize): usize {
  return first + (index << 4);
}

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callFunction(id: u32, dst: usize, first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    if (!isStorable(dst, argument(first, i))) return;
  }
  if (id > <u32>Fn.REVERSE) callLibrary(id, dst, first, count);
  else if (id >= <u32>Fn.GET_FULL_YEAR && id <= <u32>Fn.GET_MILLISECONDS) callGetter(id, dst, first, count);
  else if (id >= <u32>Fn.CHAR_AT || (id >= <u32>Fn.CONTAINS && id <= <u32>Fn.ENDS_WITH)) callOnText(id, dst, first, count);
  else if (count != 1) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else callWithOne(id, dst, first);
}

/** Op.TEMPLATE. */
export function callTemplate(dst: usize, first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    if (!isStorable(dst, argument(first, i))) return;
  }
  makeTemplate(dst, first, count);
}

function callWithOne(id: u32, dst: usize, a: usize): void {
  switch (id) {
    case Fn.SIZE:
      measure(dst, a);
      return;
    case Fn.TO_INT:
      toInt(dst, a);
      return;
    case Fn.TO_UINT:
      toUint(dst, a);
      return;
    case Fn.TO_DOUBLE:
      toDouble(dst, a);
      return;
    case Fn.TO_STRING:
      toText(dst, a);
      return;
    case Fn.TO_BOOL:
      toBool(dst, a);
      return;
    case Fn.TO_BYTES:
      toBytes(dst, a);
      return;
    case Fn.TO_TYPE:
      toType(dst, a);
      return;
    case Fn.TO_DYN:
      copyCell(dst, a);
      return;
    case Fn.TO_TIMESTAMP:
      toTimestamp(dst, a);
      return;
    case Fn.TO_DURATION:
      toDuration(dst, a);
      return;
    default:
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  }
}

/** size(): code points, bytes, elements or pairs. */
function measure(dst: usize, a: usize): void {
  const tag = tagOf(a);
  if (tag == Tag.STRING) setInt(dst, codePointCount(objectOf(a)));
  else if (tag == Tag.BYTES || tag == Tag.LIST || tag == Tag.MAP) setInt(dst, countOf(objectOf(a)));
  else refuseOperand(dst, a);
}

// --- strings ---------------------------------------------------------------------------------------------------------

/** Is the cell a position: an INT, or a JSON number that is whole? */
function isPosition(cell: usize): bool {
  return tagOf(cell) == Tag.INT || (tagOf(cell) == Tag.NUMBER && isWholeInt(floatOf(cell)));
}

@inline
function positionOf(cell: usize): i64 {
  return tagOf(cell) == Tag.INT ? intOf(cell) : <i64>floatOf(cell);
}

/** Do the arguments have these types? `kinds`: one letter per argument, 's' string, 'n' position. Low byte first. */
function areArguments(first: usize, count: u32, kinds: u32): bool {
  let left = kinds;
  for (let i: u32 = 0; i < count; i++, left >>= 8) {
    const cell = argument(first, i);
    if ((left & 255) == KIND_TEXT ? tagOf(cell) != Tag.STRING : (left & 255) != KIND_POSITION || !isPosition(cell)) return false;
  }
  return left == 0;
}

const KIND_TEXT: u32 = 1;
const KIND_POSITION: u32 = 2;
const S: u32 = KIND_TEXT;
const SS: u32 = KIND_TEXT | (KIND_TEXT << 8);
const SN: u32 = KIND_TEXT | (KIND_POSITION << 8);
const SNN: u32 = SN | (KIND_POSITION << 16);
const SSN: u32 = SS | (KIND_POSITION << 16);
const SSS: u32 = SS | (KIND_TEXT << 16);
const SSSN: u32 = SSS | (KIND_POSITION << 24);

/** Which list of argument kinds matches: 1 or 2, or 0 for neither. */
function chooseOverload(first: usize, count: u32, kinds: u32, otherKinds: u32): i32 {
  if (areArguments(first, count, kinds)) return 1;
  return otherKinds != 0 && areArguments(first, count, otherKinds) ? 2 : 0;
}

function callOnText(id: u32, dst: usize, first: usize, count: u32): void {
  if (id == Fn.JOIN) {
    callJoin(dst, first, count);
    return;
  }
  if (id == Fn.REVERSE && tagOf(first) == Tag.LIST && count == 1) {
    reverseList(dst, objectOf(first));
    return;
  }
  const overload = chooseOverload(first, count, kindsOf(id), otherKindsOf(id));
  if (overload == 0) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const text = objectOf(first);
  if (!spendSize(searchCost(first, count, text))) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
    return;
  }
  if (count == 1) callOnOneText(id, dst, text);
  else if (id == Fn.CHAR_AT) charAt(dst, text, positionOf(argument(first, 1)));
  else if (id == Fn.SUBSTRING) substring(dst, text, positionOf(argument(first, 1)), overload == 1 ? codePointCount(text) : positionOf(argument(first, 2)));
  else callOnTwoTexts(id, dst, first, overload == 2);
}

/** What the worst search in these arguments costs, in bytes: long needles in long texts count more than once. */
function searchCost(first: usize, count: u32, text: usize): usize {
  const length = <u64>countOf(text);
  if (count < 2 || tagOf(argument(first, 1)) != Tag.STRING) return <usize>length;
  const extra = (length * countOf(objectOf(argument(first, 1)))) >> 10;
  return <usize>min<u64>(length + extra, 0x7fffffff);
}

function kindsOf(id: u32): u32 {
  switch (id) {
    case Fn.LOWER_ASCII:
    case Fn.UPPER_ASCII:
    case Fn.TRIM:
    case Fn.REVERSE:
      return S;
    case Fn.CHAR_AT:
    case Fn.SUBSTRING:
      return SN;
    case Fn.REPLACE:
      return SSS;
    default:
      return SS;
  }
}

function otherKindsOf(id: u32): u32 {
  switch (id) {
    case Fn.INDEX_OF:
    case Fn.LAST_INDEX_OF:
    case Fn.SPLIT:
      return SSN;
    case Fn.SUBSTRING:
      return SNN;
    case Fn.REPLACE:
      return SSSN;
    default:
      return 0;
  }
}

function callOnOneText(id: u32, dst: usize, text: usize): void {
  if (id == Fn.TRIM) trim(dst, text);
  else if (id == Fn.REVERSE) reverse(dst, text);
  else foldAscii(dst, text, id == Fn.UPPER_ASCII);
}

function callOnTwoTexts(id: u32, dst: usize, first: usize, hasLast: bool): void {
  const text = objectOf(first);
  const part = objectOf(argument(first, 1));
  switch (id) {
    case Fn.CONTAINS:
      setBool(dst, contains(text, part));
      return;
    case Fn.STARTS_WITH:
      setBool(dst, startsWith(text, part));
      return;
    case Fn.ENDS_WITH:
      setBool(dst, endsWith(text, part));
      return;
    case Fn.INDEX_OF:
      indexOf(dst, text, part, hasLast ? positionOf(argument(first, 2)) : 0);
      return;
    case Fn.LAST_INDEX_OF:
      if (hasLast && positionOf(argument(first, 2)) < 0) setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
      else lastIndexOf(dst, text, part, hasLast ? positionOf(argument(first, 2)) : -1);
      return;
    case Fn.SPLIT:
      split(dst, text, part, hasLast ? positionOf(argument(first, 2)) : -1);
      return;
    default:
      replace(dst, text, part, objectOf(argument(first, 2)), hasLast ? positionOf(argument(first, 3)) : -1);
  }
}

function callJoin(dst: usize, first: usize, count: u32): void {
  const hasSeparator = count == 2 && tagOf(argument(first, 1)) == Tag.STRING;
  if (tagOf(first) != Tag.LIST || (count != 1 && !hasSeparator)) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else join(dst, objectOf(first), hasSeparator ? objectOf(argument(first, 1)) : 0);
}

// --- time ------------------------------------------------------------------------------------------------------------

function callGetter(id: u32, dst: usize, first: usize, count: u32): void {
  const tag = tagOf(first);
  const hasZone = count == 2 && tagOf(argument(first, 1)) == Tag.STRING;
  if (tag == Tag.DURATION && count == 1 && id >= <u32>Fn.GET_HOURS) {
    readFromDuration(id, dst, first);
  } else if (tag != Tag.TIMESTAMP || (count != 1 && !hasZone)) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  } else {
    const zone = hasZone ? objectOf(argument(first, 1)) : 0;
    let offset = hasZone ? readOffset(bytesOf(zone), countOf(zone)) : 0;
    if (offset == OFFSET_NONE) offset = zoneOffset(bytesOf(zone), countOf(zone), intOf(first));
    if (offset == OFFSET_NONE) setErrorWithDetail(dst, ExpressionError.INVALID_ARGUMENT, zone);
    else setInt(dst, readFromTimestamp(id, intOf(first) + offset, load<i32>(first, 4)));
  }
}

/** The whole duration in the unit, except milliseconds: those within the second. */
function readFromDuration(id: u32, dst: usize, cell: usize): void {
  const seconds = intOf(cell);
  if (id == Fn.GET_HOURS) setInt(dst, seconds / 3600);
  else if (id == Fn.GET_MINUTES) setInt(dst, seconds / 60);
  else if (id == Fn.GET_SECONDS) setInt(dst, seconds);
  else setInt(dst, load<i32>(cell, 4) / 1000000);
}

function readFromTimestamp(id: u32, seconds: i64, nanos: i32): i32 {
  const dayNumber = floorDivide(seconds, DAY_SECONDS);
  const inDay = <i32>(seconds - dayNumber * DAY_SECONDS);
  splitDay(dayNumber);
  switch (id) {
    case Fn.GET_FULL_YEAR:
      return civilYear();
    case Fn.GET_MONTH:
      return civilMonth() - 1;
    case Fn.GET_DATE:
      return civilDay();
    case Fn.GET_DAY_OF_MONTH:
      return civilDay() - 1;
    case Fn.GET_DAY_OF_WEEK:
      return <i32>((dayNumber + 4) - floorDivide(dayNumber + 4, 7) * 7);
    case Fn.GET_DAY_OF_YEAR:
      return civilDayOfYear();
    case Fn.GET_HOURS:
      return inDay / 3600;
    case Fn.GET_MINUTES:
      return (inDay / 60) % 60;
    case Fn.GET_SECONDS:
      return inDay % 60;
    default:
      return nanos / 1000000;
  }
}
