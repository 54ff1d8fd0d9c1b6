// Functions on strings. Positions count code points, as in CEL; for texts of ASCII only they are byte offsets.
import { ExpressionError, ObjectKind, Tag } from "./abi";
import { areBytesEqual, findBytes, isContinuation, offsetOfCodePoint } from "./bytes";
import { objectOf, setError, setInt, setObject, tagOf } from "./cell";
import { spendSize } from "./fuel";
import { countOf } from "./map";
import { appendByte, appendBytes, closeText, openText } from "./text";
import { bytesOf, codePointCount, elementAt, makeString, newList, newText } from "./value";

/** Most pieces of one split. */
const PIECE_COUNT_MAX: u32 = 0x00ffffff;

/** Byte offset of a code point position (0 … count) in a STRING object. */
function offsetAt(object: usize, position: u32): u32 {
  const length = countOf(object);
  return codePointCount(object) == length ? position : offsetOfCodePoint(bytesOf(object), length, position);
}

/** Number of code points in the object's first `offset` bytes. */
function positionAt(object: usize, offset: u32): u32 {
  if (codePointCount(object) == countOf(object)) return offset;
  let position: u32 = 0;
  for (let i: u32 = 0; i < offset; i++) position += <u32>!isContinuation(load<u8>(bytesOf(object) + i));
  return position;
}

/** dst = the bytes [from, to) of a STRING object as a string of its own. */
function setSlice(dst: usize, object: usize, from: u32, to: u32): void {
  if (from == 0 && to == countOf(object)) {
    setObject(dst, Tag.STRING, object);
    return;
  }
  const slice = makeString(bytesOf(object) + from, to - from);
  if (slice == 0) setError(dst, ExpressionError.OUT_OF_MEMORY);
  else setObject(dst, Tag.STRING, slice);
}

export function contains(hay: usize, needle: usize): bool {
  return findBytes(bytesOf(hay), countOf(hay), bytesOf(needle), countOf(needle), 0) >= 0;
}

export function startsWith(text: usize, part: usize): bool {
  return countOf(part) <= countOf(text) && areBytesEqual(bytesOf(text), bytesOf(part), countOf(part));
}

export function endsWith(text: usize, part: usize): bool {
  const length = countOf(part);
  return length <= countOf(text) && areBytesEqual(bytesOf(text) + countOf(text) - length, bytesOf(part), length);
}

/** dst = the code point at `position` as a string; the position after the last gives an empty one. */
export function charAt(dst: usize, text: usize, position: i64): void {
  const count = codePointCount(text);
  if (position < 0 || position > <i64>count) {
    setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
    return;
  }
  const from = offsetAt(text, <u32>position);
  const to = position == <i64>count ? from : from + offsetOfCodePoint(bytesOf(text) + from, countOf(text) - from, 1);
  setSlice(dst, text, from, to);
}

/** dst = position of the first `part` at or after `position`, or -1. */
export function indexOf(dst: usize, text: usize, part: usize, position: i64): void {
  if (position < 0 || position > <i64>codePointCount(text)) {
    setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
    return;
  }
  const found = findBytes(bytesOf(text), countOf(text), bytesOf(part), countOf(part), offsetAt(text, <u32>position));
  setInt(dst, found < 0 ? -1 : positionAt(text, found));
}

/** dst = position of the last `part` that begins at or before `position` (-1: anywhere), or -1. */
export function lastIndexOf(dst: usize, text: usize, part: usize, position: i64): void {
  const count = <i64>codePointCount(text);
  if (position < -1 || position > count) {
    setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
    return;
  }
  const partLength = countOf(part);
  if (partLength > countOf(text)) {
    setInt(dst, -1);
    return;
  }
  const last = countOf(text) - partLength;
  let at = <i32>min<u32>(last, position < 0 ? last : offsetAt(text, <u32>position));
  for (; at >= 0; at--) {
    if (isContinuation(load<u8>(bytesOf(text) + at)) && <u32>at < countOf(text)) continue;
    if (areBytesEqual(bytesOf(text) + at, bytesOf(part), partLength)) break;
  }
  setInt(dst, at < 0 ? -1 : positionAt(text, at));
}

/** dst = the code points [from, to). */
export function substring(dst: usize, text: usize, from: i64, to: i64): void {
  const count = <i64>codePointCount(text);
  if (from < 0 || from > count || to < 0 || to > count) setError(dst, ExpressionError.INDEX_OUT_OF_RANGE);
  else if (from > to) setError(dst, ExpressionError.INVALID_ARGUMENT);
  else setSlice(dst, text, offsetAt(text, <u32>from), offsetAt(text, <u32>to));
}

/** dst = the text with A–Z as a–z (or the other way round); other letters stay. */
export function foldAscii(dst: usize, text: usize, isUpper: bool): void {
  const length = countOf(text);
  const object = newText(ObjectKind.STRING, length);
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  const first: u32 = isUpper ? 97 : 65;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(bytesOf(text) + i);
    store<u8>(bytesOf(object) + i, byte - first < 26 ? byte ^ 32 : byte);
  }
  setObject(dst, Tag.STRING, object);
}

/** dst = the text with the first `limit` (negative: all) occurrences of `part` replaced. An empty part stands before every code point and at the end. */
export function replace(dst: usize, text: usize, part: usize, replacement: usize, limit: i64): void {
  const length = countOf(text);
  const partLength = countOf(part);
  let left = limit < 0 ? i64.MAX_VALUE : limit;
  let from: u32 = 0;
  openText();
  while (left > 0 && from <= length) {
    const found = findBytes(bytesOf(text), length, bytesOf(part), partLength, from);
    if (found < 0) break;
    appendBytes(bytesOf(text) + from, <u32>found - from);
    appendBytes(bytesOf(replacement), countOf(replacement));
    left--;
    from = <u32>found + partLength;
    if (partLength != 0) continue;
    if (from == length) break;
    const size = offsetOfCodePoint(bytesOf(text) + from, length - from, 1);
    appendBytes(bytesOf(text) + from, size);
    from += size;
  }
  appendBytes(bytesOf(text) + from, length - from);
  closeText(dst, Tag.STRING);
}

/** Where the piece that begins at `from` ends: at the separator, after one code point (empty separator), or at the end. */
function endOfPiece(text: usize, separator: usize, from: u32): u32 {
  const length = countOf(text);
  if (countOf(separator) == 0) return from + offsetOfCodePoint(bytesOf(text) + from, length - from, 1);
  const found = findBytes(bytesOf(text), length, bytesOf(separator), countOf(separator), from);
  return found < 0 ? length : <u32>found;
}

/** Number of pieces, at most `limit`. */
function countPieces(text: usize, separator: usize, limit: u32): u32 {
  if (countOf(separator) == 0) return min<u32>(codePointCount(text), limit);
  let count: u32 = 1;
  let at = endOfPiece(text, separator, 0);
  while (count < limit && at < countOf(text)) {
    count++;
    at = endOfPiece(text, separator, at + countOf(separator));
    if (at + countOf(separator) > countOf(text)) break;
  }
  return count;
}

/** dst = the text cut at every separator; `limit`: most pieces (negative: no limit), the last of which holds the rest. */
export function split(dst: usize, text: usize, separator: usize, limit: i64): void {
  const most = limit < 0 || limit > <i64>PIECE_COUNT_MAX ? PIECE_COUNT_MAX : <u32>limit;
  const count: u32 = most == 0 ? 0 : countPieces(text, separator, most);
  const list = spendSize(<usize>count * 32) ? newList(count) : 0;
  if (list == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  let from: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const to = i + 1 == count && (i + 1 == most || countOf(separator) != 0) ? lastEnd(text, separator, from, i + 1 == most) : endOfPiece(text, separator, from);
    const piece = makeString(bytesOf(text) + from, to - from);
    if (piece == 0) {
      setError(dst, ExpressionError.OUT_OF_MEMORY);
      return;
    }
    setObject(elementAt(list, i), Tag.STRING, piece);
    from = to + countOf(separator);
  }
  setObject(dst, Tag.LIST, list);
}

/** The end of the last piece: the text's end where the limit cut it short. */
function lastEnd(text: usize, separator: usize, from: u32, isLimited: bool): u32 {
  return isLimited ? countOf(text) : endOfPiece(text, separator, from);
}

/** Size of the white-space character at `at` (Unicode's White_Space), or 0. */
function spaceSize(at: usize, end: usize): u32 {
  const lead = <u32>load<u8>(at);
  if (lead == 32 || lead - 9 < 5) return 1;
  if (lead == 0xc2 && end - at >= 2) return load<u8>(at, 1) == 0x85 || load<u8>(at, 1) == 0xa0 ? 2 : 0;
  if (lead < 0xe1 || lead > 0xe3 || end - at < 3) return 0;
  const rest = (<u32>load<u8>(at, 1) << 8) | <u32>load<u8>(at, 2);
  if (lead == 0xe1) return rest == 0x9a80 ? 3 : 0;
  if (lead == 0xe3) return rest == 0x8080 ? 3 : 0;
  const isSpace = (rest >= 0x8080 && rest <= 0x808a) || rest == 0x80a8 || rest == 0x80a9 || rest == 0x80af || rest == 0x819f;
  return isSpace ? 3 : 0;
}

/** dst = the text without white space at both ends. */
export function trim(dst: usize, text: usize): void {
  const start = bytesOf(text);
  const end = start + countOf(text);
  let from = start;
  while (from < end) {
    const size = spaceSize(from, end);
    if (size == 0) break;
    from += size;
  }
  let to = end;
  while (to > from) {
    let at = to - 1;
    while (at > from && isContinuation(load<u8>(at))) at--;
    if (spaceSize(at, to) == 0) break;
    to = at;
  }
  setSlice(dst, text, <u32>(from - start), <u32>(to - start));
}

/** dst = the strings of a list with `separator` (an object, or 0) between them. */
export function join(dst: usize, list: usize, separator: usize): void {
  const count = countOf(list);
  openText();
  for (let i: u32 = 0; i < count; i++) {
    const element = elementAt(list, i);
    if (tagOf(element) != Tag.STRING) {
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
      return;
    }
    if (i != 0 && separator != 0) appendBytes(bytesOf(separator), countOf(separator));
    appendBytes(bytesOf(objectOf(element)), countOf(objectOf(element)));
  }
  closeText(dst, Tag.STRING);
}

/** dst = the code points from last to first. */
export function reverse(dst: usize, text: usize): void {
  const start = bytesOf(text);
  let to = start + countOf(text);
  openText();
  while (to > start) {
    let at = to - 1;
    while (at > start && isContinuation(load<u8>(at))) at--;
    if (to - at == 1) appendByte(load<u8>(at));
    else appendBytes(at, <u32>(to - at));
    to = at;
  }
  closeText(dst, Tag.STRING);
}
