// Branches of a task graph: frames of variables, shared until one of their branches writes. Where branches meet, what one of
// them changed is taken over; what two changed differently is a fault, or the later way's where the author says so.
//
// A frame (run.ts) has its base in +0, the frame that it was made from, and its depth in +12; bases never change while a frame
// was made from them. The cells of the frame in use stand in the run's slots, where expressions read and actions write them.
import { CELL_SIZE, ProgramHeader, RunFault } from "./abi";
import { noteReason, noteVariable } from "./fault";
import { isSame } from "./frames";
import { createCells, freeCells } from "./graph-frames";
import { currentFrame, setCurrentFrame } from "./instances";
import { programField } from "./program";
import { FRAME_HEADER_SIZE, clearSlots, runProgram, slotsOf } from "./run";

@inline
function branchSlotCount(run: u32): u32 {
  return programField(runProgram(run), ProgramHeader.BRANCH_SLOT_COUNT);
}

/** Where the cells of a frame stand now. */
@inline
export function branchCells(run: u32, frame: usize): usize {
  return frame == currentFrame(run) ? slotsOf(run, 0) : frame + FRAME_HEADER_SIZE;
}

/** The first frame of a run, in use. False when out of memory. */
export function createRootFrame(run: u32): bool {
  const frame = createCells(run, branchSlotCount(run), 0);
  setCurrentFrame(run, frame);
  return frame != 0;
}

@inline
export function retainFrame(frame: usize): void {
  store<u32>(frame, load<u32>(frame, 28) + 1, 28);
}

/** Gives up one reference; a frame without any is freed, and its base given up. */
export function releaseFrame(run: u32, frame: usize): void {
  while (frame != 0) {
    const references = load<u32>(frame, 28) - 1;
    store<u32>(frame, references, 28);
    if (references != 0) return;
    const base = <usize>load<u32>(frame);
    if (frame == currentFrame(run)) {
      setCurrentFrame(run, 0);
      clearSlots(slotsOf(run, 0), branchSlotCount(run));
    }
    freeCells(run, frame);
    frame = base;
  }
}

/** Puts the frame's cells where expressions see them. */
export function useFrame(run: u32, frame: usize): void {
  const current = currentFrame(run);
  if (frame == current) return;
  const bytes = <usize>branchSlotCount(run) * CELL_SIZE;
  const slots = slotsOf(run, 0);
  if (current != 0) memory.copy(current + FRAME_HEADER_SIZE, slots, bytes);
  memory.copy(slots, frame + FRAME_HEADER_SIZE, bytes);
  // Values are kept once: those of the frame in use by the run's slots.
  clearSlots(frame + FRAME_HEADER_SIZE, branchSlotCount(run));
  setCurrentFrame(run, frame);
}

/** The cells of the frame in use stand in it again, and none is in use. */
export function putFrameBack(run: u32): void {
  const current = currentFrame(run);
  if (current == 0) return;
  const slots = slotsOf(run, 0);
  memory.copy(current + FRAME_HEADER_SIZE, slots, <usize>branchSlotCount(run) * CELL_SIZE);
  clearSlots(slots, branchSlotCount(run));
  setCurrentFrame(run, 0);
}

/** A frame that only its holder sees, in use, in place of one reference to `frame`; 0 when out of memory (the reference is kept). */
export function ownFrame(run: u32, frame: usize): usize {
  useFrame(run, frame);
  if (load<u32>(frame, 28) == 1) return frame;
  // A loop would otherwise leave a base behind in each turn.
  shortenBase(run, frame);
  const own = createCells(run, branchSlotCount(run), 0);
  if (own == 0) return 0;
  memory.copy(frame + FRAME_HEADER_SIZE, slotsOf(run, 0), <usize>branchSlotCount(run) * CELL_SIZE);
  store<u32>(own, <u32>frame);
  store<u32>(own, load<u32>(frame, 12) + 1, 12);
  setCurrentFrame(run, own);
  return own;
}

/**
 * One frame of what two branches see, in place of a reference to each; 0 for a conflict, or out of memory (a fault is in hand,
 * the references are given up).
 */
export function mergeBranches(run: u32, a: usize, b: usize, isLastWinning: bool): usize {
  if (a == b) {
    releaseFrame(run, b);
    return a;
  }
  const base = findBase(a, b);
  const merged = createCells(run, branchSlotCount(run), 0);
  if (merged == 0) noteReason(RunFault.MEMORY_LIMIT);
  if (merged == 0 || !mergeCells(run, merged, base, a, b, isLastWinning)) {
    if (merged != 0) freeCells(run, merged);
    releaseFrame(run, a);
    releaseFrame(run, b);
    return 0;
  }
  if (base != 0) retainFrame(base);
  store<u32>(merged, <u32>base);
  store<u32>(merged, base == 0 ? 0 : load<u32>(base, 12) + 1, 12);
  releaseFrame(run, a);
  releaseFrame(run, b);
  shortenBase(run, merged);
  return merged;
}

/** A base that nothing else was made from tells no branches apart any more. */
function shortenBase(run: u32, frame: usize): void {
  while (true) {
    const base = <usize>load<u32>(frame);
    if (base == 0 || load<u32>(base, 28) != 1 || base == currentFrame(run)) return;
    store<u32>(frame, load<u32>(base));
    freeCells(run, base);
  }
}

/** The nearest frame that both were made from. */
function findBase(a: usize, b: usize): usize {
  while (a != b && a != 0 && b != 0) {
    if (load<u32>(a, 12) >= load<u32>(b, 12)) a = load<u32>(a);
    else b = load<u32>(b);
  }
  return a == b ? a : 0;
}

function mergeCells(run: u32, merged: usize, base: usize, a: usize, b: usize, isLastWinning: bool): bool {
  const count = branchSlotCount(run);
  const ofA = branchCells(run, a);
  const ofB = branchCells(run, b);
  const ofBase = base == 0 ? 0 : branchCells(run, base);
  for (let slot: u32 = 0; slot < count; slot++) {
    const at = <usize>slot * CELL_SIZE;
    let source = ofA + at;
    if (!isSame(ofA + at, ofB + at) && (ofBase == 0 || !isSame(ofB + at, ofBase + at))) {
      if ((ofBase == 0 || !isSame(ofA + at, ofBase + at)) && !isLastWinning) {
        noteVariable(run, RunFault.MERGE_CONFLICT, slot);
        return false;
      }
      source = ofB + at;
    }
    memory.copy(merged + FRAME_HEADER_SIZE + at, source, CELL_SIZE);
  }
  return true;
}
