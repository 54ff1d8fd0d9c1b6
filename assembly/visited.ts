// Configurations that an exploration has come to, in the order in which it did: packed bytes with where they were come to
// from, and an open-addressing table that finds them again. Knows nothing of what the bytes mean.
import { allocateBlock, blockClassSize, freeBlock } from "./memory";

// Record: +0 u32 the record before it on the way (0: none)  +4 u32 what led here  +8 u32 size of the bytes  +12 u32 hash
//         +16 the bytes, with zeros up to a multiple of 8
export const VISITED_HEADER_SIZE: usize = 16;
// Chunk: +0 u32 next chunk or 0  +4 u32 address behind its last record  +8 u32 size  +12 u32 0  +16 records
const CHUNK_HEADER_SIZE: usize = 16;
const CHUNK_SIZE: usize = 262_144;
// Table entry: +0 u32 record (0: free)  +4 u32 hash
const ENTRY_SHIFT: usize = 3;
const TABLE_CAPACITY_MIN: u32 = 1_024;

let table: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
let size: usize = 0;
let first: usize = 0;
let last: usize = 0;
/** The entry that the last search ended at. */
let freeEntry: usize = 0;

export function visitedCount(): u32 {
  return count;
}

/** Bytes of all records. */
export function visitedSize(): usize {
  return size;
}

/** Makes the table; false when out of memory. */
export function beginVisited(): bool {
  capacity = TABLE_CAPACITY_MIN;
  table = allocateBlock(<usize>capacity << ENTRY_SHIFT);
  count = 0;
  size = 0;
  first = 0;
  last = 0;
  if (table != 0) memory.fill(table, 0, <usize>capacity << ENTRY_SHIFT);
  return table != 0;
}

/** Frees all of it. */
export function endVisited(): void {
  if (table != 0) freeBlock(table, <usize>capacity << ENTRY_SHIFT);
  table = 0;
  while (first != 0) {
    const next = <usize>load<u32>(first);
    freeBlock(first, load<u32>(first, 8));
    first = next;
  }
}

/** Of bytes with zeros up to a multiple of 8. */
export function hashBytes(bytes: usize, length: u32): u32 {
  let hash: u64 = <u64>length * 0x9e3779b97f4a7c15;
  for (let at: u32 = 0; at < length; at += 8) {
    hash = (hash ^ load<u64>(bytes + at)) * 0x9e3779b97f4a7c15;
    hash ^= hash >>> 32;
  }
  hash *= 0xd6e8feb86659fd93;
  return <u32>(hash >>> 32);
}

/** The record with these bytes (with zeros up to a multiple of 8), or 0. */
export function findVisited(bytes: usize, length: u32, hash: u32): usize {
  const mask = capacity - 1;
  let at = hash & mask;
  while (true) {
    const entry = table + (<usize>at << ENTRY_SHIFT);
    const record = <usize>load<u32>(entry);
    if (record == 0) {
      freeEntry = entry;
      return 0;
    }
    if (load<u32>(entry, 4) == hash && isSame(record, bytes, length)) return record;
    at = (at + 1) & mask;
  }
}

@inline
function isSame(record: usize, bytes: usize, length: u32): bool {
  if (load<u32>(record, 8) != length) return false;
  for (let at: u32 = 0; at < length; at += 8) if (load<u64>(record + VISITED_HEADER_SIZE + at) != load<u64>(bytes + at)) return false;
  return true;
}

/** What a record of so many bytes takes. */
@inline
export function recordSize(length: u32): usize {
  return VISITED_HEADER_SIZE + ((<usize>length + 7) & ~7);
}

/** Adds the bytes that `findVisited` has just not found; 0 when out of memory. */
export function addVisited(bytes: usize, length: u32, hash: u32, parent: usize, reason: u32): usize {
  const record = reserve(recordSize(length));
  if (record == 0) return 0;
  store<u32>(record, <u32>parent);
  store<u32>(record, reason, 4);
  store<u32>(record, length, 8);
  store<u32>(record, hash, 12);
  for (let at: u32 = 0; at < length; at += 8) store<u64>(record + VISITED_HEADER_SIZE + at, load<u64>(bytes + at));
  store<u32>(freeEntry, <u32>record);
  store<u32>(freeEntry, hash, 4);
  count += 1;
  size += recordSize(length);
  return <u64>count * 8 < <u64>capacity * 5 || growTable() ? record : 0;
}

function reserve(needed: usize): usize {
  if (last == 0 || <usize>load<u32>(last, 4) + needed > last + load<u32>(last, 8)) {
    const chunkSize = blockClassSize(max<usize>(CHUNK_SIZE, needed + CHUNK_HEADER_SIZE));
    const chunk = allocateBlock(chunkSize);
    if (chunk == 0) return 0;
    store<u32>(chunk, 0);
    store<u32>(chunk, <u32>(chunk + CHUNK_HEADER_SIZE), 4);
    store<u32>(chunk, <u32>chunkSize, 8);
    if (last == 0) first = chunk;
    else store<u32>(last, <u32>chunk);
    last = chunk;
  }
  const record = <usize>load<u32>(last, 4);
  store<u32>(last, <u32>(record + needed), 4);
  return record;
}

function growTable(): bool {
  const grown = capacity * 2;
  const next = allocateBlock(<usize>grown << ENTRY_SHIFT);
  if (next == 0) return false;
  memory.fill(next, 0, <usize>grown << ENTRY_SHIFT);
  for (let index: u32 = 0; index < capacity; index++) {
    const entry = table + (<usize>index << ENTRY_SHIFT);
    if (load<u32>(entry) == 0) continue;
    let at = load<u32>(entry, 4) & (grown - 1);
    while (load<u32>(next + (<usize>at << ENTRY_SHIFT)) != 0) at = (at + 1) & (grown - 1);
    store<u64>(next + (<usize>at << ENTRY_SHIFT), load<u64>(entry));
  }
  freeBlock(table, <usize>capacity << ENTRY_SHIFT);
  table = next;
  capacity = grown;
  return true;
}

// --- in order -----------------------------------------------------------------------------------------------------

let walking: usize = 0;

/** The first record, or 0; from here `nextVisited` goes on. */
export function firstVisited(): usize {
  walking = first;
  return first == 0 ? 0 : first + CHUNK_HEADER_SIZE;
}

/** The record after the one given last, or 0 where none has been added yet. */
export function nextVisited(record: usize): usize {
  const next = record + recordSize(load<u32>(record, 8));
  if (next != <usize>load<u32>(walking, 4)) return next;
  const chunk = <usize>load<u32>(walking);
  if (chunk == 0) return 0;
  walking = chunk;
  return chunk + CHUNK_HEADER_SIZE;
}
