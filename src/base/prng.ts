// A small seeded generator of pseudo-random numbers, for tests and simulated clocks: the same seed gives the same row
// on every platform. Not for secrets.

/** Returns a function that gives the next u32 (the mulberry32 generator: one addition and two multiply-xor rounds). */
export function createPrng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The seed of number `index` of a batch: all of one batch follow from one seed (Knuth's multiplicative hashing). */
export function seedAt(seed: number, index: number): number {
  return (seed + Math.imul(index, 0x9e3779b1)) >>> 0;
}
