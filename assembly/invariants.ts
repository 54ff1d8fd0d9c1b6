// Conditions that are to hold in every configuration, looked at where one is found: guards of transitions that nothing takes.
// Each is told once, where it does not hold first.
import { CELL_SIZE, NO_SLOT, Tag } from "./abi";
import { evaluateInRun } from "./budget";
import { copyCell, objectOf, setObject, tagOf } from "./cell";
import { allocatePermanent, resetScratch } from "./memory";
import { payloadsAddress } from "./output";
import { expressionRecord, transitionRecord } from "./program";
import { slotsOf } from "./run";
import { writeActiveNodes } from "./snapshot";
import { elementAt, newList } from "./value";
import { decodeWirePermanent } from "./wire";

/** Invariants of one exploration: as many as its findings between two calls leave room for. */
export const INVARIANT_COUNT_MAX: u32 = 32;

let firstTransition: u32 = 0;
let count: u32 = 0;
/** A bit for each that has been told. */
let toldMask: u32 = 0;
/** Where conditions find the names of the active states, or NO_SLOT; and the names, by node: a LIST. */
let statesSlot: u32 = NO_SLOT;
const NAMES = memory.data(CELL_SIZE, 16);
const BEFORE = memory.data(CELL_SIZE, 16);

@inline
export function invariantCount(): u32 {
  return count;
}

/** They are the guards of `number` transitions from `first` on. False: too many. */
export function beginInvariants(first: u32, number: u32): bool {
  if (number > INVARIANT_COUNT_MAX) return false;
  firstTransition = first;
  count = number;
  toldMask = 0;
  statesSlot = NO_SLOT;
  return true;
}

/** Names of the nodes, a wire LIST, for the variable in `slot`. */
export function nameStates(slot: u32, address: usize, size: u32): bool {
  const copy = allocatePermanent(size);
  if (copy == 0) return false;
  memory.copy(copy, address, size);
  statesSlot = slot;
  return decodeWirePermanent(copy, size, NAMES) >= 0 && tagOf(NAMES) == Tag.LIST;
}

/** Before `checkInvariant`, once for a configuration. False: nothing is left to look at, or memory is out. */
export function prepareCheck(program: usize, run: u32): bool {
  if (toldMask == <u32>(((<u64>1) << count) - 1)) return false;
  if (statesSlot == NO_SLOT) return true;
  const nodeCount = writeActiveNodes(run);
  const list = newList(nodeCount);
  if (list == 0) return false;
  for (let index: u32 = 0; index < nodeCount; index++)
    copyCell(elementAt(list, index), elementAt(objectOf(NAMES), load<u32>(payloadsAddress() + (<usize>index << 2))));
  const cell = slotsOf(run, 0) + <usize>statesSlot * CELL_SIZE;
  copyCell(BEFORE, cell);
  setObject(cell, Tag.LIST, list);
  return true;
}

/** -1: it holds, or has been told; else its ExpressionError, 0 where it is not true. */
export function checkInvariant(program: usize, run: u32, index: u32): i32 {
  if ((toldMask >> index & 1) != 0) return -1;
  const expression = load<u32>(transitionRecord(program, firstTransition + index), 8);
  const cell = evaluateInRun(expressionRecord(program, expression), slotsOf(run, 0));
  const tag = tagOf(cell);
  if (tag == Tag.BOOL && load<u32>(cell, 4) != 0) return -1;
  toldMask |= (<u32>1) << index;
  return tag == Tag.ERROR ? load<i32>(cell, 4) : 0;
}

export function endCheck(run: u32): void {
  if (statesSlot != NO_SLOT) copyCell(slotsOf(run, 0) + <usize>statesSlot * CELL_SIZE, BEFORE);
  resetScratch();
}
