// Free blocks beyond the classes of memory.ts: whole pages, in the order of their addresses, neighbours joined. So what one large run
// gives up serves a larger one, and memory stays in bounds where blocks of many sizes come and go. Knows nothing of what is in use.

// A free block: +0 u32 next free block or 0  +4 u32 size
let first: usize = 0;

/** Adds a free block. O(free large blocks). */
export function giveLarge(address: usize, size: usize): void {
  let before: usize = 0;
  let next = first;
  while (next != 0 && next < address) {
    before = next;
    next = load<u32>(next);
  }
  if (next != 0 && address + size == next) {
    size += load<u32>(next, 4);
    next = load<u32>(next);
  }
  if (before != 0 && before + load<u32>(before, 4) == address) {
    store<u32>(before, <u32>next);
    store<u32>(before, load<u32>(before, 4) + <u32>size, 4);
    return;
  }
  store<u32>(address, <u32>next);
  store<u32>(address, <u32>size, 4);
  if (before == 0) first = address;
  else store<u32>(before, <u32>address);
}

/** Takes `size` bytes out of the smallest free block that has them; 0 where none has. O(free large blocks). */
export function takeLarge(size: usize): usize {
  let best: usize = 0;
  let beforeBest: usize = 0;
  let before: usize = 0;
  for (let block = first; block != 0; block = load<u32>(block)) {
    const has = <usize>load<u32>(block, 4);
    if (has >= size && (best == 0 || has < <usize>load<u32>(best, 4))) {
      best = block;
      beforeBest = before;
    }
    before = block;
  }
  if (best == 0) return 0;
  const rest = load<u32>(best, 4) - <u32>size;
  let next = load<u32>(best);
  if (rest != 0) {
    store<u32>(best + size, next);
    store<u32>(best + size, rest, 4);
    next = <u32>(best + size);
  }
  if (beforeBest == 0) first = next;
  else store<u32>(beforeBest, next);
  return best;
}

/** Address of the free block that ends at `end`, or 0. O(free large blocks). */
export function lastLarge(end: usize): usize {
  let last = first;
  while (last != 0 && load<u32>(last) != 0) last = load<u32>(last);
  return last != 0 && last + load<u32>(last, 4) == end ? last : 0;
}
