// The two regions at the door: one that the shell writes to, one through which heap values are exchanged as wire: results
// that the shell reads, arguments and results of custom functions. Both are blocks that grow by classes and are kept.
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { wireSize, writeWire } from "./wire";

const REGION_SIZE_MIN: usize = 4096;

let inputAddress: usize = 0;
let inputCapacity: usize = 0;
let exchangeAddress: usize = 0;
let exchangeCapacity: usize = 0;

/**
 * Address of the input region with room for at least `size` bytes; what it held is kept when it grows. The address
 * holds until a larger size is asked for. 0: out of memory.
 */
export function inputRegion(size: usize): usize {
  if (size <= inputCapacity) return inputAddress;
  const wanted = max<usize>(size, REGION_SIZE_MIN);
  const block = allocateBlock(wanted);
  if (block == 0) return 0;
  if (inputCapacity != 0) {
    memory.copy(block, inputAddress, inputCapacity);
    freeBlock(inputAddress, inputCapacity);
  }
  inputAddress = block;
  inputCapacity = blockClassSize(wanted);
  return block;
}

/** Gives the input region back: for those who have passed something large. */
export function releaseInput(): void {
  if (inputCapacity != 0) freeBlock(inputAddress, inputCapacity);
  inputAddress = 0;
  inputCapacity = 0;
}

/** Address of the exchange region with room for at least `size` bytes (0: as it is); what it held is lost when it grows. 0: out of memory. */
export function exchangeRegion(size: usize): usize {
  if (size <= exchangeCapacity && exchangeCapacity != 0) return exchangeAddress;
  const wanted = max<usize>(size, REGION_SIZE_MIN);
  const block = allocateBlock(wanted);
  if (block == 0) return 0;
  if (exchangeCapacity != 0) freeBlock(exchangeAddress, exchangeCapacity);
  exchangeAddress = block;
  exchangeCapacity = blockClassSize(wanted);
  return block;
}

/** Writes the cell's wire form to the exchange region; returns its size, or 0: no wire form (an error), or out of memory. */
export function resultWire(cell: usize): u32 {
  const size = wireSize(cell);
  const region = size == 0 ? 0 : exchangeRegion(size);
  if (region == 0) return 0;
  writeWire(cell, region);
  return size;
}

/** Where `resultWire` wrote. */
export function resultAddress(): usize {
  return exchangeAddress;
}
