// Reads the bytes of a snapshot, one value after the other, and trusts none: what is not there, or is no such value, breaks it.
import { CELL_SIZE } from "./abi";
import { decodeWire } from "./wire";

let cursor: usize = 0;
let end: usize = 0;
let isBroken: bool = false;
/** The value that `readCell` has read. */
const CELL = memory.data(CELL_SIZE, 16);

export function beginReading(address: usize, size: u32): void {
  cursor = address;
  end = address + size;
  isBroken = false;
}

@inline
export function isReadingBroken(): bool {
  return isBroken;
}

/** What was read cannot be: nothing more is taken from it. */
export function breakReading(): void {
  isBroken = true;
}

/** Was everything read, and was it sound? */
export function isReadingDone(): bool {
  return !isBroken && cursor == end;
}

@inline
export function readCellAddress(): usize {
  return CELL;
}

/** Bytes that are left. */
export function leftSize(): u32 {
  return <u32>(end - cursor);
}

/** Passes over `size` bytes; their address. 0: there are not so many. */
export function takeBytes(size: u32): usize {
  if (size > leftSize()) {
    isBroken = true;
    return 0;
  }
  cursor += size;
  return cursor - size;
}

/** The next value, in the cell of `readCellAddress`. */
export function readCell(): bool {
  const used = cursor < end ? decodeWire(cursor, <u32>(end - cursor), CELL) : -1;
  if (used <= 0) return false;
  cursor += used;
  return true;
}

export function readByte(): i32 {
  if (cursor >= end) {
    isBroken = true;
    return 0;
  }
  cursor += 1;
  return load<u8>(cursor - 1);
}

export function readDouble(): f64 {
  if (cursor + 8 > end) {
    isBroken = true;
    return 0;
  }
  cursor += 8;
  return load<f64>(cursor - 8);
}

export function readVarint(): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte = readByte();
    value |= (<u32>byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  isBroken = true;
  return 0;
}
