// The door to runs: turns handles into runs and refuses what is not one. Numbers in, numbers out.
import { writeAwaits } from "./awaits";
import { beginOutput, payloadsUsedSize } from "./output";
import { appendContext } from "./fault";
import { createRun, destroyRun, RUN_FLAG_TRACED, runIndexOf, runProgram as programOf, setRunTraced, setRunSizeMax, liveRunCount } from "./run";
import { readSnapshot, writeActiveNodes, writeSnapshot } from "./snapshot";

/** Handle of a run of `program` that has not started, or 0. */
export function runCreate(program: usize): u32 {
  return createRun(program);
}

/** Frees a run. Unknown handles are ignored. */
export function runDestroy(handle: u32): void {
  const run = runIndexOf(handle);
  if (run >= 0) destroyRun(<u32>run);
}

/** The program of a run, or 0. */
export function runProgram(handle: u32): usize {
  const run = runIndexOf(handle);
  return run < 0 ? 0 : programOf(<u32>run);
}

/** Flags: RUN_FLAG_TRACED of run.ts. */
export function runSetFlags(handle: u32, flags: u32): void {
  const run = runIndexOf(handle);
  if (run >= 0) setRunTraced(<u32>run, (flags & RUN_FLAG_TRACED) != 0);
}

/** Size of the snapshot in the payload area; 0 for an unknown handle or no memory. */
export function runSnapshot(handle: u32): u32 {
  const run = runIndexOf(handle);
  return run < 0 ? 0 : writeSnapshot(<u32>run);
}

/** Handle of a run made from a snapshot at `address`, or 0. */
export function runRestore(program: usize, address: usize, size: u32): u32 {
  return readSnapshot(program, address, size);
}

/** Size of the wire MAP of the run's variables in the payload area; 0 for an unknown handle. */
export function runContext(handle: u32): u32 {
  const run = runIndexOf(handle);
  if (run < 0 || !beginOutput(0)) return 0;
  appendContext(<u32>run);
  return payloadsUsedSize();
}

/** Count of active nodes, their numbers as u32 in the payload area; -1 for an unknown handle. */
export function runActiveNodes(handle: u32): i32 {
  const run = runIndexOf(handle);
  return run < 0 ? -1 : <i32>writeActiveNodes(<u32>run);
}

/** Size of what the run waits for (awaits.ts) in the payload area; -1 for an unknown handle or no memory. `now` NaN: without messages. */
export function runAwaits(handle: u32, now: f64): i32 {
  const run = runIndexOf(handle);
  return run < 0 ? -1 : writeAwaits(<u32>run, now);
}

export function runCount(): u32 {
  return liveRunCount();
}

/** Limits the block of one run, bytes. */
export function runLimit(sizeMax: u32): void {
  setRunSizeMax(sizeMax);
}
