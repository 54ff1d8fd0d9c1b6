// Resident contexts: the slots of bare expressions, kept in memory between evaluations. A slot's value is copied into the
// context's own heap; values that were replaced leave garbage there, which a compaction takes away.
import { CELL_SIZE, KernelStatus, Tag } from "./abi";
import { auxOf, copyCell, setAbsent, tagOf } from "./cell";
import { evaluate, evaluateWithin } from "./evaluate";
import { costSince, isAffordable, makeBudget } from "./fuel";
import { allocateBlock, blockClassSize, freeBlock, resetScratch } from "./memory";
import { deepCopy, deepSize, SIZE_OVER } from "./value";
import { decodeWire, WIRE_OUT_OF_MEMORY } from "./wire";

// Context block: +0 u32 slot count  +4 u32 heap address or 0  +8 u32 heap capacity  +12 u32 heap used  +16 cells
const CONTEXT_HEADER_SIZE: usize = 16;
const SLOT_COUNT_MAX: u32 = 0x1000000;

const DECODED: usize = memory.data(16, 16);

/** What one evaluation over a context may spend. */
let contextBudget: i64 = makeBudget(1000000, Infinity);

/** Sets the fuel and the cost units that every evaluation over a context may spend. */
export function setContextBudget(fuel: i32, cost: f64): void {
  contextBudget = makeBudget(fuel, cost);
}

/** Cost units that the last evaluation over a context took. */
export function contextCost(): f64 {
  return <f64>costSince(contextBudget);
}

/** A context of `slotCount` slots, all ABSENT. 0: out of memory or too many. */
export function createContext(slotCount: u32): usize {
  if (slotCount > SLOT_COUNT_MAX) return 0;
  const context = allocateBlock(CONTEXT_HEADER_SIZE + (<usize>slotCount << 4));
  if (context == 0) return 0;
  store<u32>(context, slotCount);
  store<u32>(context, 0, 4);
  store<u64>(context, 0, 8);
  for (let slot: u32 = 0; slot < slotCount; slot++) setAbsent(slotAddress(context, slot));
  return context;
}

/** Frees the context and its values. */
export function destroyContext(context: usize): void {
  const heap = <usize>load<u32>(context, 4);
  if (heap != 0) freeBlock(heap, <usize>load<u32>(context, 8));
  freeBlock(context, CONTEXT_HEADER_SIZE + (<usize>load<u32>(context) << 4));
}

/** The slot's cell: the shell may write a NUMBER, INT, DOUBLE, BOOL or NULL there itself. Stays for the context's life. */
export function slotAddress(context: usize, slot: u32): usize {
  return context + CONTEXT_HEADER_SIZE + (<usize>slot << 4);
}

/** Sets a slot to the wire value at `wire`. KernelStatus: OK, BAD_VALUE, OUT_OF_MEMORY or BAD_HANDLE (no such slot). Ends what scratch held. */
export function setSlot(context: usize, slot: u32, wire: usize, size: u32): i32 {
  if (slot >= load<u32>(context)) return KernelStatus.BAD_HANDLE;
  resetScratch();
  const read = decodeWire(wire, size, DECODED);
  if (read < 0) return read == WIRE_OUT_OF_MEMORY ? KernelStatus.OUT_OF_MEMORY : KernelStatus.BAD_VALUE;
  if (<u32>read != size) return KernelStatus.BAD_VALUE;
  const needed = deepSize(DECODED, 0, 0);
  const target = slotAddress(context, slot);
  if (needed == SIZE_OVER) return KernelStatus.BAD_VALUE;
  if (needed != 0) {
    if (<usize>load<u32>(context, 8) - load<u32>(context, 12) < needed) {
      setAbsent(target);
      if (!compact(context, needed)) return KernelStatus.OUT_OF_MEMORY;
    }
    const start = <usize>load<u32>(context, 4) + load<u32>(context, 12);
    deepCopy(DECODED, start, 0, 0);
    store<u32>(context, load<u32>(context, 12) + <u32>needed, 12);
  }
  copyCell(target, DECODED);
  return KernelStatus.OK;
}

/** Copies the living values to a new heap with room for `more` bytes, twice what lives. False: out of memory. */
function compact(context: usize, more: usize): bool {
  const slotCount = load<u32>(context);
  let living: usize = 0;
  for (let slot: u32 = 0; slot < slotCount; slot++) living += deepSize(slotAddress(context, slot), 0, 0);
  if (living + more < living || living + more > 0x3fffffff) return false;
  const capacity = blockClassSize((living + more) * 2);
  const heap = allocateBlock(capacity);
  if (heap == 0) return false;
  let end = heap;
  for (let slot: u32 = 0; slot < slotCount; slot++) end = deepCopy(slotAddress(context, slot), end, 0, 0);
  const old = <usize>load<u32>(context, 4);
  if (old != 0) freeBlock(old, <usize>load<u32>(context, 8));
  store<u32>(context, <u32>heap, 4);
  store<u32>(context, <u32>capacity, 8);
  store<u32>(context, <u32>(end - heap), 12);
  return true;
}

/** Bytes that the context holds in all. */
export function contextSize(context: usize): usize {
  return blockClassSize(CONTEXT_HEADER_SIZE + (<usize>load<u32>(context) << 4)) + load<u32>(context, 8);
}

/** Evaluates over the context's slots. The result cell is valid until the next call. */
export function evaluateIn(record: usize, context: usize): usize {
  resetScratch();
  const native = load<u32>(record, 12);
  // What `evaluateWithin` comes to, without two calls on the way.
  if (native != 0 && isAffordable(contextBudget, load<u32>(record, 16))) return call_indirect<usize>(native, context + CONTEXT_HEADER_SIZE, contextBudget, 0, 0);
  return evaluateWithin(record, context + CONTEXT_HEADER_SIZE, contextBudget);
}

/**
 * Evaluates `count` times over windows of the context's slots: window i begins at slot i * slotStride. Returns how many
 * results were true. The windows must lie within the context.
 */
export function evaluateMany(record: usize, context: usize, count: u32, slotStride: u32): u32 {
  let slots = context + CONTEXT_HEADER_SIZE;
  const stride = <usize>slotStride * CELL_SIZE;
  let trueCount: u32 = 0;
  if (!isAffordable(contextBudget, load<u32>(record, 16))) return 0;
  const native = load<u32>(record, 12);
  if (native != 0) {
    resetScratch();
    return count == 0 ? 0 : call_indirect<u32>(native, slots, contextBudget, count, <u32>stride);
  }
  for (let i: u32 = 0; i < count; i++) {
    resetScratch();
    const cell = evaluate(record, slots, contextBudget);
    trueCount += <u32>(tagOf(cell) == Tag.BOOL && auxOf(cell) != 0);
    slots += stride;
  }
  return trueCount;
}
