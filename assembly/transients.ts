// Slots of a task graph that are written for one evaluation, or for what follows the end of one task: `item`, `result`,
// `succeeded` … Their cells are not copied into the run's memory; they hold nothing between steps.
import { CELL_SIZE, NO_SLOT, ProgramHeader } from "./abi";
import { copyCell, setAbsent, setBool, setInt } from "./cell";
import { programField } from "./program";
import { runProgram, slotsOf } from "./run";

/** Address of the slot that a header field names, or 0 where no expression names it. */
@inline
function slotAt(run: u32, field: i32): usize {
  const slot = programField(runProgram(run), field);
  return slot == NO_SLOT ? 0 : slotsOf(run, 0) + <usize>slot * CELL_SIZE;
}

export function setTransient(run: u32, field: i32, cell: usize): void {
  const slot = slotAt(run, field);
  if (slot != 0 && slot != cell) copyCell(slot, cell);
}

export function setTransientInt(run: u32, field: i32, value: u32): void {
  const slot = slotAt(run, field);
  if (slot != 0) setInt(slot, value);
}

export function setTransientBool(run: u32, field: i32, value: bool): void {
  const slot = slotAt(run, field);
  if (slot != 0) setBool(slot, value);
}

export function clearTransient(run: u32, field: i32): void {
  const slot = slotAt(run, field);
  if (slot != 0) setAbsent(slot);
}

/** How a task has ended, for the expressions that ask. `cell`: its result, or its error. */
export function setOutcome(run: u32, isSuccess: bool, cell: usize, attempt: u32): void {
  setTransientInt(run, ProgramHeader.ATTEMPT_SLOT, attempt);
  setTransient(run, isSuccess ? ProgramHeader.RESULT_SLOT : ProgramHeader.ERROR_SLOT, cell);
  setTransientBool(run, ProgramHeader.SUCCEEDED_SLOT, isSuccess);
  setTransientBool(run, ProgramHeader.FAILED_SLOT, !isSuccess);
  setTransientBool(run, ProgramHeader.COMPLETED_SLOT, true);
}

export function clearOutcome(run: u32): void {
  clearTransient(run, ProgramHeader.RESULT_SLOT);
  clearTransient(run, ProgramHeader.ERROR_SLOT);
  clearTransient(run, ProgramHeader.SUCCEEDED_SLOT);
  clearTransient(run, ProgramHeader.FAILED_SLOT);
  clearTransient(run, ProgramHeader.COMPLETED_SLOT);
}
