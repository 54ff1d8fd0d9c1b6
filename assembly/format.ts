// string.format() and strings.quote(): values as text by clauses such as %s, %d and %.3f.
import { ExpressionError, Tag } from "./abi";
import { compareBytes, validateUtf8 } from "./bytes";
import { auxOf, floatOf, intOf, isNumeric, objectOf, setError, tagOf, uintOf } from "./cell";
import { digitAt, digitCount, digitPoint, expandFloat, roundDigits } from "./decimal";
import { spendSize } from "./fuel";
import { countOf, mapValueAt, readMapKey } from "./map";
import { allocateScratch } from "./memory";
import { writeInt, writeUint } from "./number-text";
import { isWholeInt } from "./numeric";
import { appendAscii, appendByte, appendBytes, appendScalar, closeText, failText, openText } from "./text";
import { bytesOf, elementAt } from "./value";

/** Digits after the point that a clause may ask for. */
const PRECISION_MAX: i32 = 1000;
const PRECISION_DEFAULT: i32 = 6;
/** Deeper lists and maps are an error. */
const DEPTH_MAX: i32 = 200;
const DIGITS: usize = memory.data(64, 16);

/** dst = the text at `first` with the values of the list after it in place of its clauses. */
export function callFormat(dst: usize, first: usize, count: u32): void {
  if (count != 2 || tagOf(first) != Tag.STRING || tagOf(first + 16) != Tag.LIST) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const list = objectOf(first + 16);
  let at = bytesOf(objectOf(first));
  const end = at + countOf(objectOf(first));
  let used: u32 = 0;
  openText();
  while (at < end) {
    let clause = at;
    while (clause < end && load<u8>(clause) != 37) clause++;
    appendBytes(at, <u32>(clause - at));
    if (clause == end) break;
    at = clause + 1;
    if (at < end && load<u8>(at) == 37) {
      appendByte(37);
      at++;
      continue;
    }
    let precision = -1;
    if (at < end && load<u8>(at) == 46) {
      precision = 0;
      for (at++; at < end && <u32>load<u8>(at) - 48 < 10 && precision <= PRECISION_MAX; at++) precision = precision * 10 + load<u8>(at) - 48;
    }
    if (at == end || precision > PRECISION_MAX) failText(ExpressionError.INVALID_ARGUMENT);
    else if (used >= countOf(list)) failText(ExpressionError.INDEX_OUT_OF_RANGE);
    else appendClause(load<u8>(at), elementAt(list, used++), precision < 0 ? PRECISION_DEFAULT : precision);
    at++;
  }
  closeText(dst, Tag.STRING);
}

function appendClause(clause: u32, cell: usize, precision: i32): void {
  let isTaken = false;
  switch (clause) {
    case 115: // s
      isTaken = appendPlain(cell, 0);
      break;
    case 100: // d
      isTaken = isNumeric(tagOf(cell)) && appendPlain(cell, 0);
      break;
    case 102: // f
    case 101: // e
      isTaken = isNumeric(tagOf(cell));
      if (isTaken) appendFloat(tagOf(cell) == Tag.INT ? <f64>intOf(cell) : tagOf(cell) == Tag.UINT ? <f64>uintOf(cell) : floatOf(cell), precision, clause == 101);
      break;
    case 98: // b
      isTaken = appendInBase(cell, 1, 87) || appendBit(cell);
      break;
    case 111: // o
      isTaken = appendInBase(cell, 3, 87);
      break;
    case 120: // x
      isTaken = appendInBase(cell, 4, 87) || appendHex(cell, 87);
      break;
    case 88: // X
      isTaken = appendInBase(cell, 4, 55) || appendHex(cell, 55);
      break;
    default:
      failText(ExpressionError.INVALID_ARGUMENT);
      return;
  }
  if (!isTaken) failText(ExpressionError.NO_SUCH_OVERLOAD);
}

/** Any value as %s gives it. False: a type that has no text. */
function appendPlain(cell: usize, depth: i32): bool {
  const tag = tagOf(cell);
  if (depth > DEPTH_MAX) return false;
  if (tag == Tag.LIST) return appendList(objectOf(cell), depth + 1);
  if (tag == Tag.MAP) return appendMap(objectOf(cell), depth + 1);
  if (tag == Tag.NULL) {
    appendAscii(0x6c6c756e, 4);
    return true;
  }
  if (tag == Tag.BYTES) {
    const bytes = objectOf(cell);
    if (validateUtf8(bytesOf(bytes), countOf(bytes)) < 0) failText(ExpressionError.INVALID_CONVERSION);
    else appendBytes(bytesOf(bytes), countOf(bytes));
    return true;
  }
  return (isFloat(tag) && appendSpecial(floatOf(cell))) || appendScalar(cell);
}

@inline
function isFloat(tag: i32): bool {
  return tag == Tag.DOUBLE || tag == Tag.NUMBER;
}

/** NaN and the infinities. False: another number. */
function appendSpecial(value: f64): bool {
  if (value - value == 0) return false;
  if (value != value) {
    appendAscii(0x4e614e, 3);
    return true;
  }
  if (value < 0) appendByte(45);
  appendAscii(0x7974696e69666e49, 8);
  return true;
}

function appendList(list: usize, depth: i32): bool {
  appendByte(91);
  for (let i: u32 = 0; i < countOf(list); i++) {
    if (i != 0) appendAscii(0x202c, 2);
    if (!appendPlain(elementAt(list, i), depth)) return false;
  }
  appendByte(93);
  return true;
}

/** Entries in the order of their keys' texts. */
function appendMap(map: usize, depth: i32): bool {
  const count = countOf(map);
  const order = sortKeys(map, count);
  if (order == 0) return true;
  appendByte(123);
  for (let i: u32 = 0; i < count; i++) {
    if (i != 0) appendAscii(0x202c, 2);
    const place = load<u32>(order + (<usize>i << 2));
    const key = memory.data(16, 16);
    readMapKey(map, place, key);
    appendScalar(key);
    appendAscii(0x203a, 2);
    if (!appendPlain(mapValueAt(map, place), depth)) return false;
  }
  appendByte(125);
  return true;
}

/** u32 places of the map's keys in the order of their texts; 0: failed, and the text with it. */
function sortKeys(map: usize, count: u32): usize {
  const order = allocateScratch(<usize>count * 4 + 16);
  if (order == 0) {
    failText(ExpressionError.OUT_OF_MEMORY);
    return 0;
  }
  for (let i: u32 = 0; i < count; i++) {
    let at = i;
    for (; at > 0 && compareKeys(map, i, load<u32>(order + (<usize>(at - 1) << 2))) < 0; at--) {
      store<u32>(order + (<usize>at << 2), load<u32>(order + (<usize>(at - 1) << 2)));
    }
    store<u32>(order + (<usize>at << 2), i);
    if (!spendSize(<usize>(i - at) << 4)) {
      failText(ExpressionError.OUT_OF_FUEL);
      return 0;
    }
  }
  return order;
}

const LEFT_KEY: usize = memory.data(16, 16);
const RIGHT_KEY: usize = memory.data(16, 16);
const LEFT_TEXT: usize = memory.data(32, 16);
const RIGHT_TEXT: usize = memory.data(32, 16);

function compareKeys(map: usize, left: u32, right: u32): i32 {
  readMapKey(map, left, LEFT_KEY);
  readMapKey(map, right, RIGHT_KEY);
  const a = tagOf(LEFT_KEY) == Tag.STRING ? bytesOf(objectOf(LEFT_KEY)) : LEFT_TEXT;
  const b = tagOf(RIGHT_KEY) == Tag.STRING ? bytesOf(objectOf(RIGHT_KEY)) : RIGHT_TEXT;
  return compareBytes(a, keyText(LEFT_KEY, LEFT_TEXT), b, keyText(RIGHT_KEY, RIGHT_TEXT));
}

/** Length of a key's text; one that is no string is written to `target`. */
function keyText(key: usize, target: usize): u32 {
  const tag = tagOf(key);
  if (tag == Tag.STRING) return countOf(objectOf(key));
  if (tag == Tag.BOOL) {
    store<u64>(target, auxOf(key) != 0 ? 0x65757274 : 0x65736c6166);
    return auxOf(key) != 0 ? 4 : 5;
  }
  const end = tag == Tag.UINT ? writeUint(target, uintOf(key)) : writeInt(target, tag == Tag.INT ? intOf(key) : <i64>floatOf(key));
  return <u32>(end - target);
}

// --- numbers ---------------------------------------------------------------------------------------------------------

function appendBit(cell: usize): bool {
  if (tagOf(cell) != Tag.BOOL) return false;
  appendByte(48 + auxOf(cell));
  return true;
}

/** An int or uint in base 2^shift. `letters`: what 10 is added to for its digit. False: no such value. */
function appendInBase(cell: usize, shift: u32, letters: u32): bool {
  const tag = tagOf(cell);
  const isNumber = tag == Tag.NUMBER && isWholeInt(floatOf(cell));
  if (tag != Tag.INT && tag != Tag.UINT && !isNumber) return false;
  const value = isNumber ? <i64>floatOf(cell) : intOf(cell);
  const isNegative = tag != Tag.UINT && value < 0;
  let rest = isNegative ? <u64>0 - <u64>value : <u64>value;
  let at = DIGITS + 64;
  do {
    const digit = <u32>rest & ((1 << shift) - 1);
    store<u8>(--at, digit + (digit < 10 ? 48 : letters));
    rest >>= shift;
  } while (rest != 0);
  if (isNegative) appendByte(45);
  appendBytes(at, <u32>(DIGITS + 64 - at));
  return true;
}

/** The bytes of a string or of bytes, two digits each. */
function appendHex(cell: usize, letters: u32): bool {
  if (tagOf(cell) != Tag.STRING && tagOf(cell) != Tag.BYTES) return false;
  const object = objectOf(cell);
  for (let i: u32 = 0; i < countOf(object); i++) {
    const byte = <u32>load<u8>(bytesOf(object) + i);
    const low = byte & 15;
    appendByte((byte >> 4) + (byte < 160 ? 48 : letters));
    appendByte(low + (low < 10 ? 48 : letters));
  }
  return true;
}

/** With `precision` digits after the point; exact, ties to even. */
function appendFloat(value: f64, precision: i32, isScientific: bool): void {
  if (appendSpecial(value)) return;
  if (reinterpret<i64>(value) < 0) appendByte(45);
  expandFloat(value);
  roundDigits(isScientific ? precision + 1 - digitPoint() : precision);
  const point = isScientific && digitCount() > 0 ? 1 : isScientific ? 0 : digitPoint();
  const exponent = digitCount() > 0 ? digitPoint() - 1 : 0;
  if (point <= 0) appendByte(48);
  for (let i = 0; i < point; i++) appendByte(digitAt(i));
  if (precision > 0) appendByte(46);
  for (let i = 0; i < precision; i++) appendByte(digitAt((isScientific ? 1 : point) + i));
  if (!isScientific) return;
  appendByte(101);
  appendByte(exponent < 0 ? 45 : 43);
  if (abs<i32>(exponent) < 10) appendByte(48);
  appendBytes(DIGITS, <u32>(writeUint(DIGITS, abs<i32>(exponent)) - DIGITS));
}

// --- quote -----------------------------------------------------------------------------------------------------------

/** What follows the backslash for a character that is escaped; 0: none. */
function escapeOf(byte: u32): u32 {
  switch (byte) {
    case 7:
      return 97;
    case 8:
      return 98;
    case 9:
      return 116;
    case 10:
      return 110;
    case 11:
      return 118;
    case 12:
      return 102;
    case 13:
      return 114;
    default:
      return byte == 34 || byte == 92 ? byte : 0;
  }
}

/** dst = the text between quotation marks, safe to print. */
export function quoteText(dst: usize, a: usize): void {
  if (tagOf(a) != Tag.STRING) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const text = objectOf(a);
  openText();
  appendByte(34);
  for (let i: u32 = 0; i < countOf(text); i++) {
    const byte = <u32>load<u8>(bytesOf(text) + i);
    const escape = escapeOf(byte);
    if (escape != 0) appendByte(92);
    appendByte(escape != 0 ? escape : byte);
  }
  appendByte(34);
  closeText(dst, Tag.STRING);
}
