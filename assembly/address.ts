// Addresses of the network library as bytes: 4 or 16 for an ip, one more with the prefix length for a cidr. Reads and
// writes their texts (RFC 4291, RFC 5952); knows no cells.
import { writeUint } from "./number-text";

/** Bytes of the longest text: eight groups of four digits and a prefix length. */
export const ADDRESS_TEXT_SIZE_MAX: usize = 48;
const GROUPS: usize = memory.data(16, 16);

/** Are these bytes an address? */
export function isAddress(bytes: usize, size: u32): bool {
  if (size == 4 || size == 16) return true;
  return (size == 5 || size == 17) && <u32>load<u8>(bytes + size - 1) <= (size - 1) * 8;
}

/** A decimal number without leading zeros, at most `most`; -1: none. */
function readDecimal(from: usize, end: usize, most: i32): i32 {
  if (from >= end || end - from > 3 || (load<u8>(from) == 48 && end - from > 1)) return -1;
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > most ? -1 : value;
}

function findByte(from: usize, end: usize, byte: u32): usize {
  let at = from;
  while (at < end && load<u8>(at) != byte) at++;
  return at;
}

/** Writes the bytes of an ip's text to `target` (16 bytes); gives 4 or 16, or 0 where it is none. IPv4 in IPv6 becomes IPv4. */
export function readIp(text: usize, length: u32, target: usize): u32 {
  const end = text + length;
  if (findByte(text, end, 58) != end) return readIp6(text, end, target);
  let from = text;
  for (let i = 0; i < 4; i++) {
    const to = findByte(from, end, 46);
    const value = readDecimal(from, to, 255);
    if (value < 0 || (to == end) != (i == 3)) return 0;
    store<u8>(target + i, value);
    from = to + 1;
  }
  return 4;
}

function hexOf(byte: u32): i32 {
  if (byte - 48 < 10) return byte - 48;
  const letter = (byte | 32) - 97;
  return letter < 6 ? <i32>letter + 10 : -1;
}

function readIp6(text: usize, end: usize, target: usize): u32 {
  let count = 0;
  let gap = -1;
  let at = text;
  if (load<u8>(at) == 58 && (end - at < 2 || load<u8>(at, 1) != 58)) return 0;
  while (at < end) {
    if (load<u8>(at) == 58 && at + 1 < end && load<u8>(at, 1) == 58) {
      if (gap >= 0) return 0;
      gap = count;
      at += 2;
      continue;
    }
    if (count == 8) return 0;
    let value = 0;
    const from = at;
    for (; at < end && load<u8>(at) != 58; at++) {
      const digit = hexOf(load<u8>(at));
      if (digit < 0 || at - from >= 4) return 0;
      value = (value << 4) | digit;
    }
    if (at == from) return 0;
    store<u16>(GROUPS + (<usize>count << 1), bswap<u16>(<u16>value));
    count++;
    if (at < end && (at + 1 == end || load<u8>(at, 1) != 58)) at++;
    if (at == end && load<u8>(end - 1) == 58 && load<u8>(end - 2) != 58) return 0;
  }
  if (gap < 0 ? count != 8 : count > 7) return 0;
  memory.fill(target, 0, 16);
  const head = gap < 0 ? 8 : gap;
  memory.copy(target, GROUPS, <usize>head << 1);
  memory.copy(target + 16 - (<usize>(count - head) << 1), GROUPS + (<usize>head << 1), <usize>(count - head) << 1);
  if (load<u64>(target) != 0 || load<u32>(target, 8) != 0xffff0000) return 16;
  memory.copy(target, target + 12, 4);
  return 4;
}

/** Writes the bytes of a cidr's text to `target` (17 bytes); gives 5 or 17, or 0 where it is none. */
export function readCidr(text: usize, length: u32, target: usize): u32 {
  const end = text + length;
  const slash = findByte(text, end, 47);
  const size = slash == end ? 0 : readIp(text, <u32>(slash - text), target);
  // An IPv4 address in IPv6 form has no prefix of its own.
  if (size == 0 || (size == 4 && findByte(text, slash, 58) != slash)) return 0;
  const prefix = readDecimal(slash + 1, end, size * 8);
  if (prefix < 0) return 0;
  store<u8>(target + size, prefix);
  return size + 1;
}

/** Clears the bits after the prefix of the address in `size` bytes. */
export function maskAddress(bytes: usize, size: u32, prefix: u32): void {
  for (let i: u32 = 0; i < size; i++) {
    const kept = prefix <= i * 8 ? 0 : min<u32>(8, prefix - i * 8);
    store<u8>(bytes + i, load<u8>(bytes + i) & (0xff00 >> kept));
  }
}

/** Writes the address's text; returns its end. */
export function writeAddress(target: usize, bytes: usize, size: u32): usize {
  let at = (size & ~1) == 4 ? writeIp4(target, bytes) : writeIp6(target, bytes);
  if ((size & 1) == 0) return at;
  store<u8>(at++, 47);
  return writeUint(at, load<u8>(bytes + size - 1));
}

function writeIp4(target: usize, bytes: usize): usize {
  let at = target;
  for (let i = 0; i < 4; i++) {
    if (i != 0) store<u8>(at++, 46);
    at = writeUint(at, load<u8>(bytes + i));
  }
  return at;
}

function groupAt(bytes: usize, index: i32): u32 {
  return bswap<u16>(load<u16>(bytes + (<usize>index << 1)));
}

/** In lower case, the first longest run of two or more zero groups as `::`. */
function writeIp6(target: usize, bytes: usize): usize {
  let gap = -1;
  let gapLength = 1;
  for (let i = 0, run = 0; i < 8; i++) {
    run = groupAt(bytes, i) == 0 ? run + 1 : 0;
    if (run <= gapLength) continue;
    gapLength = run;
    gap = i + 1 - run;
  }
  let at = target;
  for (let i = 0; i < 8; i++) {
    if (i == gap) {
      store<u16>(at, 0x3a3a);
      at += 2;
      i += gapLength - 1;
      continue;
    }
    if (i != 0 && i != gap + gapLength) store<u8>(at++, 58);
    const group = groupAt(bytes, i);
    for (let shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 15 ? 4 : 0; shift >= 0; shift -= 4) {
      const digit = (group >> shift) & 15;
      store<u8>(at++, digit < 10 ? 48 + digit : 87 + digit);
    }
  }
  return at;
}
