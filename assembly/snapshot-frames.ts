// Frames of a task graph while a checkpoint is read: those that were read so far, by their numbers.
import { CELL_SIZE, ProgramHeader } from "./abi";
import { releaseFrame, retainFrame } from "./branches";
import { createCells } from "./graph-frames";
import { allocateScratch } from "./memory";
import { programField } from "./program";
import { FRAME_HEADER_SIZE, runProgram, storeCell } from "./run";
import { breakReading, isReadingBroken, leftSize, readCell, readCellAddress, readVarint } from "./snapshot-reader";

/** By number - 1; each has one reference of the reader's until the end. */
let frames: usize = 0;
let frameCount: u32 = 0;

/** Reads a value into a cell of the run. */
export function readInto(run: u32, target: usize): void {
  if (isReadingBroken()) return;
  if (!readCell() || !storeCell(run, target, readCellAddress())) breakReading();
}

export function readFrames(run: u32): void {
  const count = readVarint();
  const slotCount = programField(runProgram(run), ProgramHeader.BRANCH_SLOT_COUNT);
  frameCount = 0;
  // Each takes a byte at least.
  if (count > leftSize()) breakReading();
  frames = isReadingBroken() ? 0 : allocateScratch(<usize>count << 2);
  if (frames == 0) breakReading();
  while (frameCount < count && !isReadingBroken()) {
    const base = frameBy(readVarint());
    const frame = isReadingBroken() ? 0 : createCells(run, slotCount, 0);
    if (frame == 0) {
      breakReading();
      return;
    }
    store<u32>(frame, <u32>base);
    store<u32>(frame, base == 0 ? 0 : load<u32>(base, 12) + 1, 12);
    if (base != 0) retainFrame(base);
    store<u32>(frames + (<usize>frameCount << 2), <u32>frame);
    frameCount += 1;
    for (let slot: u32 = 0; slot < slotCount; slot++) readInto(run, frame + FRAME_HEADER_SIZE + <usize>slot * CELL_SIZE);
  }
}

/** The frame of a number; 0 for none. */
export function frameBy(number: u32): usize {
  if (number > frameCount) breakReading();
  return number == 0 || isReadingBroken() ? 0 : load<u32>(frames + (<usize>(number - 1) << 2));
}

/** Is there a frame that nothing holds? */
export function hasLooseFrame(): bool {
  for (let at: u32 = 0; at < frameCount; at++) if (load<u32>(load<u32>(frames + (<usize>at << 2)), 28) == 1) return true;
  return false;
}

/** The reader gives its references up. */
export function releaseFrames(run: u32): void {
  for (let at: u32 = 0; at < frameCount; at++) releaseFrame(run, load<u32>(frames + (<usize>at << 2)));
}
