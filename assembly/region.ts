// The two regions at the door: one that the shell writes to, one that it reads a heap value from as wire. Both are
// blocks that grow by classes and are kept.
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { wireSize, writeWire } from "./wire";

const REGION_SIZE_MIN: usize = 4096;

let inputAddress: usize = 0;
let inputCapacity: usize = 0;
let outputAddress: usize = 0;
let outputCapacity: usize = 0;

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

/** Writes the cell's wire form to the result region; returns its size, or 0: no wire form (an error), or out of memory. */
export function resultWire(cell: usize): u32 {
  const size = wireSize(cell);
  if (size == 0) return 0;
  if (size > outputCapacity) {
    const wanted = max<usize>(size, REGION_SIZE_MIN);
    const block = allocateBlock(wanted);
    if (block == 0) return 0;
    if (outputCapacity != 0) freeBlock(outputAddress, outputCapacity);
    outputAddress = block;
    outputCapacity = blockClassSize(wanted);
  }
  writeWire(cell, outputAddress);
  return size;
}

/** Where `resultWire` wrote. */
export function resultAddress(): usize {
  return outputAddress;
}
