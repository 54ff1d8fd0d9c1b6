// Values that configurations hold outside of their cells (texts, lists, maps …): each is kept once, for good, and has a
// number. So two cells are equal where their numbers are, and a configuration is taken up again without copying values.
import { CELL_SIZE, OBJECT_FLAG_PERMANENT } from "./abi";
import { objectOf } from "./cell";
import { allocateBlock, allocatePermanent, allocateScratch, blockClassSize, freeBlock, markScratch, releaseScratch } from "./memory";
import { decodeWirePermanent, wireSize, writeWire } from "./wire";

/** What stands for a value that could not be kept: memory is out. */
export const NO_VALUE: u32 = 0xffffffff;

// Entry, 32 bytes, by number: +0 cell  +16 u32 wire address  +20 u32 wire size  +24 u32 hash  +28 u32 0
const ENTRY_SIZE: usize = 32;
let entries: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
/** u32[tableCapacity] of number + 1, open addressing. */
let table: usize = 0;
let tableCapacity: u32 = 0;
let size: usize = 0;

// The numbers of objects looked up last, by address: u32 address, u32 number. What is kept is never moved or freed.
const RECENT_MASK: u32 = 255;
const RECENT = memory.data(2048, 16);

/** Bytes that the values take. */
export function knownValuesSize(): usize {
  return size;
}

/** Address of the cell of a number. */
@inline
export function knownValueAt(number: u32): usize {
  return entries + <usize>number * ENTRY_SIZE;
}

/** Is it one of the numbers given out? */
@inline
export function hasKnownValue(number: u32): bool {
  return number < count;
}

/** The number of the value of a cell that points at an object. */
export function numberOfValue(cell: usize): u32 {
  const object = <u32>objectOf(cell);
  if ((load<u32>(object) & OBJECT_FLAG_PERMANENT) == 0) return keepValue(cell);
  const recent = RECENT + <usize>((((object >>> 4) * 0x9e3779b1) >>> 24) & RECENT_MASK) * 8;
  if (load<u32>(recent) == object) return load<u32>(recent, 4);
  const number = keepValue(cell);
  store<u32>(recent, object);
  store<u32>(recent, number, 4);
  return number;
}

function keepValue(cell: usize): u32 {
  const wire = wireSize(cell);
  const mark = markScratch();
  const bytes = allocateScratch(wire);
  if (wire == 0 || bytes == 0 || !makeRoom()) return NO_VALUE;
  writeWire(cell, bytes);
  const hash = hashOf(bytes, wire);
  let at = hash & (tableCapacity - 1);
  for (let number = load<u32>(table + (<usize>at << 2)); number != 0; number = load<u32>(table + (<usize>at << 2))) {
    const entry = knownValueAt(number - 1);
    if (load<u32>(entry, 24) == hash && load<u32>(entry, 20) == wire && memory.compare(load<u32>(entry, 16), bytes, wire) == 0) {
      releaseScratch(mark);
      return number - 1;
    }
    at = (at + 1) & (tableCapacity - 1);
  }
  const kept = allocatePermanent(wire);
  if (kept == 0) return NO_VALUE;
  memory.copy(kept, bytes, wire);
  releaseScratch(mark);
  const entry = knownValueAt(count);
  if (decodeWirePermanent(kept, wire, entry) < 0) return NO_VALUE;
  store<u32>(entry, <u32>kept, 16);
  store<u32>(entry, wire, 20);
  store<u32>(entry, hash, 24);
  store<u32>(table + (<usize>at << 2), count + 1);
  size += <usize>wire * 2 + ENTRY_SIZE + CELL_SIZE;
  count += 1;
  return count - 1;
}

function hashOf(bytes: usize, length: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let at: u32 = 0; at < length; at++) hash = (hash ^ load<u8>(bytes + at)) * 0x01000193;
  return hash ^ (hash >>> 15);
}

/** Room for one more entry; the table is twice as large as the entries. */
function makeRoom(): bool {
  if (count < capacity) return true;
  const grown: u32 = capacity == 0 ? 64 : capacity * 2;
  const nextEntries = allocateBlock(<usize>grown * ENTRY_SIZE);
  const nextTable = allocateBlock(<usize>grown * 8);
  if (nextEntries == 0 || nextTable == 0) return false;
  memory.copy(nextEntries, entries, <usize>count * ENTRY_SIZE);
  memory.fill(nextTable, 0, <usize>grown * 8);
  if (capacity != 0) {
    freeBlock(entries, blockClassSize(<usize>capacity * ENTRY_SIZE));
    freeBlock(table, blockClassSize(<usize>capacity * 8));
  }
  entries = nextEntries;
  table = nextTable;
  capacity = grown;
  tableCapacity = grown * 2;
  for (let number: u32 = 0; number < count; number++) {
    let at = load<u32>(knownValueAt(number), 24) & (tableCapacity - 1);
    while (load<u32>(table + (<usize>at << 2)) != 0) at = (at + 1) & (tableCapacity - 1);
    store<u32>(table + (<usize>at << 2), number + 1);
  }
  return true;
}
