// Where the kernel's bytes come from: the permanent arena, blocks with free lists, and the scratch arena of the step in
// hand. Knows nothing of values. WASM memory only grows, so everything that ends goes to a free list and is used again.

import { giveLarge, lastLarge, takeLarge } from "./large-blocks";

/** The unit that is taken from the end of the heap. */
export const PAGE_SIZE: usize = 4096;
const BLOCK_SHIFT_MIN: u32 = 6;
/** Blocks of 64 bytes to 1 MiB come in powers of two, larger ones in pages. */
const BLOCK_SHIFT_MAX: u32 = 20;
const LARGE_SIZE_MIN: usize = (1 << 20) + 1;
const BLOCK_SIZE_MAX: usize = 0x80000000;
const PAGE_SHIFT: u32 = 12;
const PERMANENT_CHUNK_SIZE: usize = 65536;
const SCRATCH_CHUNK_SIZE: usize = 65536;
/** A chunk's header: +0 u32 next chunk, +4 u32 size of the chunk. */
const CHUNK_HEADER_SIZE: usize = 16;
const WASM_PAGE_SIZE: u64 = 65536;
/** The most that memory grows ahead of need, in bytes. */
const GROW_AHEAD_MAX: u64 = 16777216;
const POISON: u8 = 0xdd;

/** u32 per block shift: address of the first free block; a free block's first word is the next. */
const FREE_LISTS: usize = memory.data(128, 16);

let totalSizeMax: usize = 0xffff0000;
let scratchSizeMax: usize = 0xffff0000;
/** First byte of the heap that was never handed out; 0 before the first call. */
let heapTop: usize = 0;
/** Bytes of blocks on the free lists. */
let freeSize: usize = 0;

let permanentTop: usize = 0;
let permanentEnd: usize = 0;

let scratchTop: usize = 0;
let scratchEnd: usize = 0;
let scratchStart: usize = 0;
let scratchFirst: usize = 0;
let scratchCurrent: usize = 0;
let scratchSize: usize = 0;

/** Sets how far memory may grow in all, and what scratch may hold of it. Bytes. Never shrinks what is there. */
export function setMemoryLimits(totalMax: usize, scratchMax: usize): void {
  totalSizeMax = min<usize>(totalMax, 0xffff0000);
  scratchSizeMax = scratchMax;
}

/** Size of the whole linear memory in bytes. */
export function memorySize(): usize {
  return <usize>memory.size() << 16;
}

/** Bytes of the heap that are in use: what was handed out and has not been given back, whole blocks. */
export function memoryUsed(): usize {
  return heapTop == 0 ? 0 : heapTop - ((__heap_base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)) - freeSize;
}

/** The limit set by `setMemoryLimits`, for those who refuse early what could never be stored. */
export function memorySizeMax(): usize {
  return totalSizeMax;
}

/** Makes memory reach at least `end`; grows by half of what is there, within the limit, so that growing stays rare. */
function reach(end: usize): bool {
  const size = <u64>memory.size() * WASM_PAGE_SIZE;
  if (<u64>end <= size) return true;
  const needed = (<u64>end - size + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE;
  const ahead = min<u64>(size / 2, GROW_AHEAD_MAX) / WASM_PAGE_SIZE;
  const room = (max<u64>(<u64>totalSizeMax, size) - size) / WASM_PAGE_SIZE;
  const wanted = max<u64>(needed, min<u64>(ahead, room));
  if (memory.grow(<i32>wanted) >= 0) return true;
  return wanted > needed && memory.grow(<i32>needed) >= 0;
}

/** Takes never used (zeroed) bytes from the end of the heap; `size` is a multiple of PAGE_SIZE. */
function takeTop(size: usize): usize {
  if (heapTop == 0) heapTop = (__heap_base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  const start = heapTop;
  if (start >= totalSizeMax || size > totalSizeMax - start) return 0;
  if (!reach(start + size)) return 0;
  heapTop = start + size;
  return start;
}

/** 16-aligned, zeroed, never freed. 0: out of memory. */
export function allocatePermanent(size: usize): usize {
  if (size > 0x7ffffff0) return 0;
  const rounded = (size + 15) & ~<usize>15;
  if (rounded <= permanentEnd - permanentTop) {
    const address = permanentTop;
    permanentTop = address + rounded;
    return address;
  }
  if (rounded >= PERMANENT_CHUNK_SIZE / 4) return takeZeroed(roundToPages(rounded));
  const chunk = takeZeroed(PERMANENT_CHUNK_SIZE);
  if (chunk == 0) return 0;
  permanentTop = chunk + rounded;
  permanentEnd = chunk + PERMANENT_CHUNK_SIZE;
  return chunk;
}

function takeZeroed(size: usize): usize {
  const fresh = takeTop(size);
  if (fresh != 0) return fresh;
  const reused = allocateBlock(size);
  if (reused != 0) memory.fill(reused, 0, blockClassSize(size));
  return reused;
}

@inline
function blockShift(size: usize): u32 {
  return size <= 64 ? BLOCK_SHIFT_MIN : 32 - <u32>clz<u32>(<u32>size - 1);
}

@inline
function roundToPages(size: usize): usize {
  return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/** What `allocateBlock(size)` really reserves: the next power of two, at least 64; beyond 1 MiB whole pages. Size at most 2 GiB. */
export function blockClassSize(size: usize): usize {
  return size < LARGE_SIZE_MIN ? <usize>1 << blockShift(size) : roundToPages(size);
}

/** A block of at least `size` bytes, aligned to 64 (its contents undefined). O(1) up to 1 MiB, then O(free large blocks). 0: out of memory. */
export function allocateBlock(size: usize): usize {
  if (size >= LARGE_SIZE_MIN) return size > BLOCK_SIZE_MAX ? 0 : allocateLarge(roundToPages(size));
  const shift = blockShift(size);
  const list = FREE_LISTS + (<usize>shift << 2);
  const free = <usize>load<u32>(list);
  if (free != 0) {
    store<u32>(list, load<u32>(free));
    freeSize -= <usize>1 << shift;
    return free;
  }
  if (shift < PAGE_SHIFT) return carvePage(shift);
  const fresh = takeTop(<usize>1 << shift);
  return fresh != 0 ? fresh : splitLarger(shift);
}

function allocateLarge(size: usize): usize {
  const found = takeLarge(size);
  if (found != 0) {
    freeSize -= size;
    return found;
  }
  // What is free at the end of the heap grows to what is needed.
  const last = lastLarge(heapTop);
  if (last == 0) return takeTop(size);
  const has = heapTop - last;
  if (takeTop(size - has) == 0) return 0;
  takeLarge(has);
  freeSize -= has;
  return last;
}

/** Cuts a page into blocks of one class; returns the first and frees the rest. */
function carvePage(shift: u32): usize {
  const page = allocateBlock(PAGE_SIZE);
  if (page == 0) return 0;
  const size = <usize>1 << shift;
  let next: u32 = 0;
  for (let at = page + PAGE_SIZE - size; at > page; at -= size) {
    store<u32>(at, next);
    next = <u32>at;
  }
  store<u32>(FREE_LISTS + (<usize>shift << 2), next);
  freeSize += PAGE_SIZE - size;
  return page;
}

/** Last resort when memory cannot grow: halves the smallest larger free block, or takes from a large one. */
function splitLarger(shift: u32): usize {
  for (let larger = shift + 1; larger <= BLOCK_SHIFT_MAX; larger++) {
    const list = FREE_LISTS + (<usize>larger << 2);
    const block = <usize>load<u32>(list);
    if (block == 0) continue;
    store<u32>(list, load<u32>(block));
    freeSize -= <usize>1 << larger;
    for (let half = larger; half > shift; ) {
      half--;
      pushFree(block + (<usize>1 << half), half);
    }
    return block;
  }
  const block = takeLarge(<usize>1 << shift);
  if (block != 0) freeSize -= <usize>1 << shift;
  return block;
}

@inline
function pushFree(address: usize, shift: u32): void {
  const list = FREE_LISTS + (<usize>shift << 2);
  store<u32>(address, load<u32>(list));
  store<u32>(list, <u32>address);
  freeSize += <usize>1 << shift;
}

/** Gives back a block of `allocateBlock(size)`; any size of the same class does. O(1) up to 1 MiB. */
export function freeBlock(address: usize, size: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(address != 0 && (address & 63) == 0 && address < heapTop);
    memory.fill(address, POISON, blockClassSize(size));
  }
  if (size < LARGE_SIZE_MIN) {
    pushFree(address, blockShift(size));
    return;
  }
  freeSize += roundToPages(size);
  giveLarge(address, roundToPages(size));
}

/** 16-aligned bytes (contents undefined) that live until `resetScratch`. 0: out of memory or over scratch's limit. */
export function allocateScratch(size: usize): usize {
  const address = scratchTop;
  const rounded = (size + 15) & ~<usize>15;
  if (size > 0x7ffffff0 || rounded > scratchEnd - address) return allocateScratchSlow(size);
  scratchTop = address + rounded;
  return address;
}

function allocateScratchSlow(size: usize): usize {
  if (size > 0x7ffffff0) return 0;
  const rounded = (size + 15) & ~<usize>15;
  const wanted = max<usize>(rounded + CHUNK_HEADER_SIZE, max<usize>(SCRATCH_CHUNK_SIZE, min<usize>(scratchSize, <usize>GROW_AHEAD_MAX)));
  let chunkSize = blockClassSize(wanted);
  if (chunkSize > scratchSizeMax || scratchSize > scratchSizeMax - chunkSize) {
    chunkSize = blockClassSize(rounded + CHUNK_HEADER_SIZE);
    if (chunkSize > scratchSizeMax || scratchSize > scratchSizeMax - chunkSize) return 0;
  }
  const chunk = allocateBlock(chunkSize);
  if (chunk == 0) return 0;
  store<u32>(chunk, 0);
  store<u32>(chunk, <u32>chunkSize, 4);
  scratchSize += chunkSize;
  if (scratchFirst == 0) {
    scratchFirst = chunk;
    scratchStart = chunk + CHUNK_HEADER_SIZE;
  } else {
    store<u32>(scratchCurrent, <u32>chunk);
  }
  scratchCurrent = chunk;
  scratchTop = chunk + CHUNK_HEADER_SIZE + rounded;
  scratchEnd = chunk + chunkSize;
  return chunk + CHUNK_HEADER_SIZE;
}

/**
 * Changes the size of the newest scratch allocation where it lies. False: it is not the newest, or its chunk is full;
 * nothing changed.
 */
export function resizeScratch(address: usize, oldSize: usize, newSize: usize): bool {
  if (address + ((oldSize + 15) & ~<usize>15) != scratchTop) return false;
  if (newSize > 0x7ffffff0) return false;
  const rounded = (newSize + 15) & ~<usize>15;
  if (rounded > scratchEnd - address) return false;
  scratchTop = address + rounded;
  return true;
}

/** Where scratch stands now, for `releaseScratch`. */
export function markScratch(): usize {
  return scratchTop;
}

/** Gives back what was allocated since the mark, where that lies in the chunk in use. */
export function releaseScratch(mark: usize): void {
  if (mark > scratchCurrent && mark <= scratchTop && scratchCurrent != 0) scratchTop = mark;
}

/** Does the address lie in the chunk of scratch that is in use, or in its first one? */
export function isInScratch(address: usize): bool {
  return (address >= scratchCurrent && address < scratchEnd) || (address >= scratchFirst && address < scratchTop);
}

/** Ends the life of everything in scratch. The first chunk is kept, the others are freed. */
@inline
export function resetScratch(): void {
  if (scratchTop != scratchStart) resetScratchSlow();
}

function resetScratchSlow(): void {
  let chunk = <usize>load<u32>(scratchFirst);
  store<u32>(scratchFirst, 0);
  const firstSize = <usize>load<u32>(scratchFirst, 4);
  while (chunk != 0) {
    const next = <usize>load<u32>(chunk);
    freeBlock(chunk, <usize>load<u32>(chunk, 4));
    chunk = next;
  }
  if (!ASC_NO_ASSERT) {
    const used = scratchCurrent == scratchFirst ? scratchTop : scratchFirst + firstSize;
    memory.fill(scratchStart, POISON, used - scratchStart);
  }
  scratchCurrent = scratchFirst;
  scratchTop = scratchStart;
  scratchEnd = scratchFirst + firstSize;
  scratchSize = firstSize;
}
