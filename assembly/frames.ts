// Branch frames: a fork gives each branch a view of the variables of its own; where branches meet or end, what one of them
// changed is taken over, and what two changed in different ways is a fault.
import { CELL_SIZE, ProgramHeader, RunFault } from "./abi";
import { noteReason, noteVariable } from "./fault";
import { programField } from "./program";
import { FRAME_HEADER_SIZE, freeUnmarkedFrames, runBlock, runFrames, runProgram, slotsOf, storeSlot, tokenAt, tokenCount } from "./run";
import { isWithin } from "./scope";
import { TokenPhase, setTokenFrame, tokenFrame, tokenPhase } from "./token";
import { valueEquals } from "./value";

/** Merges the token's frames upward until it sees `ancestor` (0: the run's own slots); false for a conflict (a fault is in hand). */
export function mergeFrames(run: u32, index: u32, ancestor: usize): bool {
  const token = tokenAt(run, index);
  while (tokenFrame(token) != ancestor && tokenFrame(token) != 0) {
    const frame = tokenFrame(token);
    const parent = load<u32>(frame);
    // What cannot be merged is lost, so that a token that goes on elsewhere sees what the others see.
    setTokenFrame(token, parent);
    if (!mergeFrame(run, frame, parent)) return false;
  }
  return true;
}

/** Merges the frames of forks that stand in `scope`: the token has come to its end. */
export function mergeFramesWithin(run: u32, index: u32, scope: u32): bool {
  const program = runProgram(run);
  let frame = tokenFrame(tokenAt(run, index));
  while (frame != 0 && isWithin(program, scope, load<u32>(frame, 16))) frame = load<u32>(frame);
  return mergeFrames(run, index, frame);
}

function mergeFrame(run: u32, frame: usize, parent: usize): bool {
  const slotCount = load<u32>(runBlock(run), 8);
  const own = frame + FRAME_HEADER_SIZE;
  const base = own + <usize>slotCount * CELL_SIZE;
  for (let slot: u32 = 0; slot < slotCount; slot++) {
    const at = <usize>slot * CELL_SIZE;
    if (isSame(own + at, base + at)) continue;
    const current = slotsOf(run, parent) + at;
    if (!isBuiltinSlot(run, slot) && !isSame(current, base + at) && !isSame(current, own + at)) {
      noteVariable(run, RunFault.MERGE_CONFLICT, slot);
      return false;
    }
    if (!storeSlot(run, parent, slot, own + at)) {
      noteReason(RunFault.MEMORY_LIMIT);
      return false;
    }
  }
  return true;
}

function isBuiltinSlot(run: u32, slot: u32): bool {
  const program = runProgram(run);
  return slot == programField(program, ProgramHeader.EVENT_SLOT) || slot == programField(program, ProgramHeader.RESULT_SLOT)
    || slot == programField(program, ProgramHeader.ERROR_SLOT);
}

export function isSame(a: usize, b: usize): bool {
  if (load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8)) return true;
  if (load<u32>(a) != load<u32>(b)) return false;
  return valueEquals(a, b);
}

/** The innermost frame that both see through (0: the run's own slots). */
export function commonFrame(a: usize, b: usize): usize {
  while (a != b) {
    if (frameDepth(a) >= frameDepth(b)) a = load<u32>(a);
    else b = load<u32>(b);
  }
  return a;
}

@inline
function frameDepth(frame: usize): u32 {
  return frame == 0 ? 0 : load<u32>(frame, 12);
}

/** Frees the frames that no token sees. O(tokens + frames). */
export function releaseFrames(run: u32): void {
  if (runFrames(run) == 0) return;
  for (let frame = runFrames(run); frame != 0; frame = load<u32>(frame, 8)) store<u32>(frame, 0, 20);
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    for (let frame = tokenFrame(token); frame != 0 && load<u32>(frame, 20) == 0; frame = load<u32>(frame)) store<u32>(frame, 1, 20);
  }
  freeUnmarkedFrames(run);
}

/** The frame that the fork at `node` made, and the token is on; 0 for none. */
export function frameOfFork(token: usize, node: u32): usize {
  let frame = tokenFrame(token);
  while (frame != 0 && load<u32>(frame, 16) != node) frame = load<u32>(frame);
  return frame;
}
