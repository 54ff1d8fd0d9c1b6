// What can be undone of a run that is a task graph: the tasks that have succeeded and have an undo, each with its result and its branch.
// They stand in a stack, the last one first; an entry that undoes a scope takes those of the scope out of it. Knows nothing of how
// something is undone.
//
// A registration is a frame of one cell, the result: +0 u32 the one before it, or 0  +12 u32 its number, later ones have greater; behind the cell:
//   +0 u32 node of the task  +4 u32 its branch's frame, a reference, or 0 while it is undone  +8 u32 number of the task's visit
import { CELL_SIZE } from "./abi";
import { releaseFrame, retainFrame } from "./branches";
import { createCells, freeCells } from "./graph-frames";
import { addRegistrations, lastRegistration, registrationNumber, setLastRegistration, setRegistrationNumber } from "./instances";
import { isInScope } from "./program";
import { FRAME_HEADER_SIZE, runProgram, storeCell } from "./run";

const NUMBER: usize = 12;
const NODE: usize = FRAME_HEADER_SIZE + CELL_SIZE;
const FRAME: usize = NODE + 4;
const VISIT: usize = NODE + 8;
const EXTRA_SIZE: usize = 12;

@inline
export function registrationBefore(registration: usize): usize {
  return load<u32>(registration);
}

export function setRegistrationBefore(registration: usize, before: usize): void {
  store<u32>(registration, <u32>before);
}

@inline
export function numberOfRegistration(registration: usize): u32 {
  return load<u32>(registration, NUMBER);
}

@inline
export function registeredTask(registration: usize): u32 {
  return load<u32>(registration, NODE);
}

@inline
export function registeredFrame(registration: usize): usize {
  return load<u32>(registration, FRAME);
}

@inline
export function registeredVisit(registration: usize): u32 {
  return load<u32>(registration, VISIT);
}

@inline
export function registeredResult(registration: usize): usize {
  return registration + FRAME_HEADER_SIZE;
}

/** A registration of its own, in no list; its result is ABSENT. It has a reference to the frame (0: none). 0: out of memory. */
export function createRegistration(run: u32, node: u32, frame: usize, visit: u32, number: u32): usize {
  const registration = createCells(run, 1, EXTRA_SIZE);
  if (registration == 0) return 0;
  if (frame != 0) retainFrame(frame);
  store<u32>(registration, number, NUMBER);
  store<u32>(registration, node, NODE);
  store<u32>(registration, <u32>frame, FRAME);
  store<u32>(registration, visit, VISIT);
  addRegistrations(run, 1);
  return registration;
}

/** A task has succeeded: it is the first that would be undone. 0: out of memory. O(1) beside the size of the result. */
export function register(run: u32, node: u32, frame: usize, visit: u32, result: usize): usize {
  const number = registrationNumber(run) + 1;
  const registration = createRegistration(run, node, frame, visit, number);
  if (registration == 0) return 0;
  if (!storeCell(run, registeredResult(registration), result)) {
    dropRegistration(run, registration);
    return 0;
  }
  setRegistrationNumber(run, number);
  setRegistrationBefore(registration, lastRegistration(run));
  setLastRegistration(run, registration);
  return registration;
}

/** Takes the last one out of the stack; 0 where there is none. */
export function takeLast(run: u32): usize {
  const last = lastRegistration(run);
  if (last != 0) setLastRegistration(run, registrationBefore(last));
  return last;
}

/** The frame's reference, which is the caller's from now on. */
export function takeFrame(registration: usize): usize {
  const frame = registeredFrame(registration);
  store<u32>(registration, 0, FRAME);
  return frame;
}

/** Frees one that stands in no list. */
export function dropRegistration(run: u32, registration: usize): void {
  releaseFrame(run, takeFrame(registration));
  freeCells(run, registration);
  addRegistrations(run, -1);
}

/** Takes those whose tasks stand in the scope (0: all) out of the stack. The last of them, the others before it; 0: there are none. O(stack) */
export function takeOfScope(run: u32, scope: u32): usize {
  const program = runProgram(run);
  let taken: usize = 0;
  let end: usize = 0;
  let kept: usize = 0;
  for (let at = lastRegistration(run); at != 0; at = registrationBefore(at)) {
    const isTaken = scope == 0 || isInScope(program, registeredTask(at), scope);
    const link = isTaken ? end : kept;
    if (link != 0) setRegistrationBefore(link, at);
    else if (isTaken) taken = at;
    else setLastRegistration(run, at);
    if (isTaken) end = at;
    else kept = at;
  }
  if (end != 0) setRegistrationBefore(end, 0);
  if (kept != 0) setRegistrationBefore(kept, 0);
  else setLastRegistration(run, 0);
  return taken;
}

/** One list of two, the later ones first. */
export function mergeRegistrations(a: usize, b: usize): usize {
  let first: usize = 0;
  let end: usize = 0;
  while (a != 0 || b != 0) {
    const isA = b == 0 || (a != 0 && numberOfRegistration(a) > numberOfRegistration(b));
    const next = isA ? a : b;
    if (end == 0) first = next;
    else setRegistrationBefore(end, next);
    end = next;
    if (isA) a = registrationBefore(a);
    else b = registrationBefore(b);
  }
  return first;
}

/** Puts a list back into the stack: nobody undoes it now. O(stack) */
export function putBack(run: u32, list: usize): void {
  if (list != 0) setLastRegistration(run, mergeRegistrations(lastRegistration(run), list));
}
