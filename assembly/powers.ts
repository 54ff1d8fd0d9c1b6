// 128-bit powers of ten, made once when the instance starts (0.1 ms): 10^POWER_MIN … 10^POWER_MAX, each as the upper 128
// bits of 5^q, rounded down, the top bit set. 10.7 KB that the kernel's file does not carry.
import { allocateBlock, allocatePermanent, freeBlock } from "./memory";

export const POWER_MIN: i32 = -342;
export const POWER_MAX: i32 = 324;
const ENTRY_SIZE: usize = 16;
/** u32 limbs of the working number: 2^1023 has room for 128 exact bits of 5^-342. */
const LIMB_COUNT: i32 = 32;

/** +0 high u64, +8 low u64 per power. */
let table: usize = 0;

@inline
export function powerHigh(q: i32): u64 {
  return load<u64>(table + <usize>(q - POWER_MIN) * ENTRY_SIZE);
}

@inline
export function powerLow(q: i32): u64 {
  return load<u64>(table + <usize>(q - POWER_MIN) * ENTRY_SIZE, 8);
}

/** Makes the table. Called once, when the instance starts (a trap there means: no memory at all). */
export function preparePowers(): void {
  if (table != 0) return;
  const made = allocatePermanent(<usize>(POWER_MAX - POWER_MIN + 1) * ENTRY_SIZE);
  const limbs = allocateBlock(<usize>LIMB_COUNT * 4);
  if (made == 0 || limbs == 0) unreachable();
  table = made;
  memory.fill(limbs, 0, LIMB_COUNT * 4);
  store<u32>(limbs, 1);
  for (let q = 0; q <= POWER_MAX; q++) {
    storeTop(limbs, q);
    multiplyBy5(limbs);
  }
  // floor(floor(2^1023 / 5^(n-1)) / 5) = floor(2^1023 / 5^n), so repeated division stays exact.
  memory.fill(limbs, 0, LIMB_COUNT * 4);
  store<u32>(limbs + (LIMB_COUNT - 1) * 4, 0x80000000);
  for (let q = -1; q >= POWER_MIN; q--) {
    divideBy5(limbs);
    storeTop(limbs, q);
  }
  freeBlock(limbs, <usize>LIMB_COUNT * 4);
}

function multiplyBy5(limbs: usize): void {
  let carry: u64 = 0;
  for (let i = 0; i < LIMB_COUNT; i++) {
    const product = <u64>load<u32>(limbs + (i << 2)) * 5 + carry;
    store<u32>(limbs + (i << 2), <u32>product);
    carry = product >> 32;
  }
}

function divideBy5(limbs: usize): void {
  let rest: u64 = 0;
  for (let i = LIMB_COUNT - 1; i >= 0; i--) {
    const part = (rest << 32) | <u64>load<u32>(limbs + (i << 2));
    store<u32>(limbs + (i << 2), <u32>(part / 5));
    rest = part % 5;
  }
}

/** Stores the upper 128 bits of the number, shifted so that the top bit is set. */
function storeTop(limbs: usize, q: i32): void {
  let top = LIMB_COUNT - 1;
  while (load<u32>(limbs + (top << 2)) == 0) top--;
  const shift = <u64>clz<u32>(load<u32>(limbs + (top << 2)));
  const first = limbAt(limbs, top);
  const second = limbAt(limbs, top - 1);
  const third = limbAt(limbs, top - 2);
  const fourth = limbAt(limbs, top - 3);
  const fifth = limbAt(limbs, top - 4);
  const high = (first << 32) | second;
  const low = (third << 32) | fourth;
  const entry = table + <usize>(q - POWER_MIN) * ENTRY_SIZE;
  if (shift == 0) {
    store<u64>(entry, high);
    store<u64>(entry, low, 8);
  } else {
    store<u64>(entry, (high << shift) | (low >> (64 - shift)));
    store<u64>(entry, (low << shift) | (fifth >> (32 - shift)), 8);
  }
}

@inline
function limbAt(limbs: usize, index: i32): u64 {
  return index < 0 ? 0 : <u64>load<u32>(limbs + (index << 2));
}
