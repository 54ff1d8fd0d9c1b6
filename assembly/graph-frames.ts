// Frames of a task graph: rows of cells whose values are kept with the run's, in one list that can be left anywhere.
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { FRAME_HEADER_SIZE, clearSlots, runFrames, runSizeLimit, setRunFrames } from "./run";

/**
 * A frame of a task graph: `cellCount` cells, ABSENT, and `extra` bytes (undefined) behind them. One reference. 0 when out of memory.
 * Its values are kept with the run's.
 */
export function createCells(run: u32, cellCount: u32, extra: usize): usize {
  const bytes = <u64>FRAME_HEADER_SIZE + (<u64>cellCount << 4) + extra;
  if (bytes > <u64>runSizeLimit()) return 0;
  const size = blockClassSize(<usize>bytes);
  const frame = allocateBlock(size);
  if (frame == 0) return 0;
  const next = runFrames(run);
  if (next != 0) store<u32>(next, <u32>frame, 16);
  store<u32>(frame, 0);
  store<u32>(frame, <u32>size, 4);
  store<u32>(frame, <u32>next, 8);
  store<u32>(frame, 0, 12);
  store<u64>(frame, 0, 16);
  store<u32>(frame, cellCount, 24);
  store<u32>(frame, 1, 28);
  clearSlots(frame + FRAME_HEADER_SIZE, cellCount);
  setRunFrames(run, frame);
  return frame;
}

/** Frees one frame of a task graph. */
export function freeCells(run: u32, frame: usize): void {
  const next = <usize>load<u32>(frame, 8);
  const before = <usize>load<u32>(frame, 16);
  if (next != 0) store<u32>(next, <u32>before, 16);
  if (before != 0) store<u32>(before, <u32>next, 8);
  else setRunFrames(run, next);
  freeBlock(frame, load<u32>(frame, 4));
}
