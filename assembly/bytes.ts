// Bytes of text: hashing, comparing, and the UTF-8 rules. Knows addresses and lengths only, no objects.

const HASH_PRIME: u64 = 0x9e3779b97f4a7c15;

/** A 32-bit hash of `length` bytes, never 0. The same on every machine. */
export function hashBytes(address: usize, length: u32): u32 {
  let hash: u64 = (<u64>length + 1) * HASH_PRIME;
  let at = address;
  const end = address + length;
  while (end - at >= 8) {
    hash = (hash ^ load<u64>(at)) * HASH_PRIME;
    hash ^= hash >> 29;
    at += 8;
  }
  if (at < end) {
    let tail: u64 = 0;
    for (let shift: u64 = 0; at < end; at++, shift += 8) tail |= <u64>load<u8>(at) << shift;
    hash = (hash ^ tail) * HASH_PRIME;
  }
  const folded = <u32>(hash ^ (hash >> 32));
  return folded == 0 ? 1 : folded;
}

/** A 32-bit hash of a number, never 0. */
export function hashWord(word: u64): u32 {
  let hash = (word ^ 0x5851f42d4c957f2d) * HASH_PRIME;
  hash ^= hash >> 32;
  const folded = <u32>(hash * HASH_PRIME >> 32);
  return folded == 0 ? 1 : folded;
}

/** Do `length` bytes at both places agree? */
export function areBytesEqual(left: usize, right: usize, length: u32): bool {
  let at: u32 = 0;
  for (; length - at >= 8; at += 8) {
    if (load<u64>(left + at) != load<u64>(right + at)) return false;
  }
  for (; at < length; at++) {
    if (load<u8>(left + at) != load<u8>(right + at)) return false;
  }
  return true;
}

/** -1, 0 or 1: byte by byte, a prefix before the longer. For UTF-8 this is the order of code points. */
export function compareBytes(left: usize, leftLength: u32, right: usize, rightLength: u32): i32 {
  const shared = min<u32>(leftLength, rightLength);
  let at: u32 = 0;
  while (shared - at >= 8 && load<u64>(left + at) == load<u64>(right + at)) at += 8;
  for (; at < shared; at++) {
    const difference = <i32>load<u8>(left + at) - <i32>load<u8>(right + at);
    if (difference != 0) return difference < 0 ? -1 : 1;
  }
  if (leftLength == rightLength) return 0;
  return leftLength < rightLength ? -1 : 1;
}

/** Where `needle` first stands in `hay` at or after byte `from`; -1: nowhere. O(hay * needle) at worst. */
export function findBytes(hay: usize, hayLength: u32, needle: usize, needleLength: u32, from: u32): i32 {
  if (needleLength == 0) return from <= hayLength ? <i32>from : -1;
  if (needleLength > hayLength) return -1;
  const first = load<u8>(needle);
  const last = hayLength - needleLength;
  for (let at = from; at <= last; at++) {
    if (load<u8>(hay + at) == first && areBytesEqual(hay + at, needle, needleLength)) return <i32>at;
  }
  return -1;
}

/** Bytes up to which copying them in pieces is sooner done than `memory.copy` begins. */
const SHORT_SIZE_MAX: u32 = 64;

/** Copies bytes to where they do not overlap. */
export function copyBytes(target: usize, source: usize, length: u32): void {
  if (length > SHORT_SIZE_MAX) {
    memory.copy(target, source, length);
    return;
  }
  if (length >= 8) {
    const last = <usize>length - 8;
    for (let at: usize = 0; at < last; at += 8) store<u64>(target + at, load<u64>(source + at));
    store<u64>(target + last, load<u64>(source + last));
    return;
  }
  for (let at: usize = 0; at < <usize>length; at++) store<u8>(target + at, load<u8>(source + at));
}

@inline
export function isContinuation(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}

/** Number of code points in valid UTF-8. */
export function countCodePoints(address: usize, length: u32): u32 {
  let count: u32 = 0;
  let at = address;
  const end = address + length;
  for (; end - at >= 8; at += 8) {
    const word = load<u64>(at);
    // A continuation byte has bit 7 set and bit 6 clear.
    count += 8 - <u32>popcnt<u64>(word & (~word << 1) & 0x8080808080808080);
  }
  for (; at < end; at++) count += <u32>!isContinuation(load<u8>(at));
  return count;
}

/** Number of code points, or -1 when the bytes are not UTF-8 (overlong forms, surrogates, beyond U+10FFFF, cut off). */
export function validateUtf8(address: usize, length: u32): i32 {
  let at = address;
  const end = address + length;
  let count: i32 = 0;
  while (at < end) {
    if (end - at >= 8 && (load<u64>(at) & 0x8080808080808080) == 0) {
      at += 8;
      count += 8;
      continue;
    }
    const size = sequenceSize(at, end);
    if (size == 0) return -1;
    at += size;
    count++;
  }
  return count;
}

/** Size of the well-formed sequence at `at` (Unicode, table 3-7), or 0. */
function sequenceSize(at: usize, end: usize): usize {
  const lead = <u32>load<u8>(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size: usize = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (end - at < size) return 0;
  const second = <u32>load<u8>(at, 1);
  if (!isContinuation(second)) return 0;
  if (lead == 0xe0 && second < 0xa0) return 0;
  if (lead == 0xed && second > 0x9f) return 0;
  if (lead == 0xf0 && second < 0x90) return 0;
  if (lead == 0xf4 && second > 0x8f) return 0;
  if (size > 2 && !isContinuation(load<u8>(at, 2))) return 0;
  if (size > 3 && !isContinuation(load<u8>(at, 3))) return 0;
  return size;
}

/** Byte offset of code point number `index` (0 … count) in valid UTF-8; `length` when there are fewer. */
export function offsetOfCodePoint(address: usize, length: u32, index: u32): u32 {
  let at: u32 = 0;
  for (let left = index; left > 0 && at < length; left--) {
    at++;
    while (at < length && isContinuation(load<u8>(address + at))) at++;
  }
  return at;
}

/** Writes one code point as UTF-8; returns the end. */
export function writeCodePoint(target: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(target, code);
    return target + 1;
  }
  if (code < 0x800) {
    store<u8>(target, 0xc0 | (code >> 6));
    store<u8>(target, 0x80 | (code & 63), 1);
    return target + 2;
  }
  if (code < 0x10000) {
    store<u8>(target, 0xe0 | (code >> 12));
    store<u8>(target, 0x80 | ((code >> 6) & 63), 1);
    store<u8>(target, 0x80 | (code & 63), 2);
    return target + 3;
  }
  store<u8>(target, 0xf0 | (code >> 18));
  store<u8>(target, 0x80 | ((code >> 12) & 63), 1);
  store<u8>(target, 0x80 | ((code >> 6) & 63), 2);
  store<u8>(target, 0x80 | (code & 63), 3);
  return target + 4;
}
