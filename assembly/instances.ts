// The tables of a run that is a task graph: instances of tasks, the queue of those that have something to do, and what waits
// for an answer. Knows nothing of what tasks are; the rules stand in ready.ts, work.ts and items.ts.
import { allocateScratch } from "./memory";
import { BUFFER_CALLS, BUFFER_INSTANCES, extendBuffer, runBuffer, runTokens } from "./run";

// Graph record, 96 bytes, in place of two tokens:
//   +0 u32 frame whose cells are the run's slots (branches.ts)  +4 u32 instances that are not at a join  +8 u32 first of the queue  +12 u32 last
//   +16 u32 first unused instance  +20 u32 frame of the branches that have ended, or 0  +24 u32 cells frame of the error that the run will
//   fail with, or 0 (its cell: undoing.ts)  +28 u32 instances that wait at joins  +32 u32 instances that await an event  +36 u32 number of the last split
//   +40 u32 last registration that stands in the stack, or 0 (registrations.ts)  +44 u32 registrations  +48 u32 number of the last one
//   +52 u32 cells frame of the undos that have failed, or 0  +56 u32 time limits of scopes, or 0 (scope-limits.ts)
// Instances are named by index + 1, so that 0 is none.
const CURRENT: usize = 0;
const ACTIVE: usize = 4;
const QUEUE_FIRST: usize = 8;
const QUEUE_LAST: usize = 12;
const UNUSED: usize = 16;
const ENDED_FRAME: usize = 20;
const ERROR: usize = 24;
const JOINING: usize = 28;
const AWAITING: usize = 32;
const SPLIT: usize = 36;
const REGISTERED: usize = 40;
const REGISTRATION_COUNT: usize = 44;
const REGISTRATION_NUMBER: usize = 48;
const FAILED_UNDOS: usize = 52;
const SCOPE_LIMITS: usize = 56;

// Instance, 64 bytes:
//   +0 u32 node  +4 u8 phase  +5 u8 0  +6 u16 attempt, from 1  +8 u32 serial that it waits for  +12 u32 its branch's frame
//   +16 u32 next in its list  +20 u32 serial of its time limit  +24 u32 items block or 0  +28 u32 arrivals block or 0
//   +32 u32 number of the split that it came from  +36 u32 ways that have come  +40 u32 event awaited + 1  +44 u32 of an undo its registration
//   +48 u32 transition that led to it, or NO_INDEX  +52 u32 mark, for a while  +56 u32 number of its visit  +60 u32 the outermost scope around it
//   that was given up while it ends, or 0
// Of an undo +36 is the entry that waits for it, or 0. Of an entry that waits (UNDOING): +0 the entry's source, a task or a scope  +28 cells frame
//   of the undos that have failed, or 0  +36 undos that are under way for it  +44 registrations that are to follow  +48 its first transition that undoes
export const INSTANCE_SIZE: usize = 64;
/** Instances of a run at a time. */
export const INSTANCE_COUNT_MAX: u32 = 1 << 20;

export enum Phase {
  UNUSED = 0,
  /** Ways are missing. */
  JOINING = 1,
  /** Its join has had enough ways; the others may still come, and lead nowhere. */
  JOINED = 2,
  /** In the queue: to begin. */
  READY = 3,
  /** Time passes before an attempt. */
  DELAYED = 4,
  /** A call, a child run or a timer is out. */
  WORKING = 5,
  AWAITING = 6,
  /** Its items are under way. */
  ITEMS = 7,
  /** No task: an entry that leads on when something is undone. */
  UNDOING = 8,
}

@inline
export function currentFrame(run: u32): usize {
  return load<u32>(runTokens(run), CURRENT);
}

export function setCurrentFrame(run: u32, frame: usize): void {
  store<u32>(runTokens(run), <u32>frame, CURRENT);
}

@inline
export function activeCount(run: u32): u32 {
  return load<u32>(runTokens(run), ACTIVE);
}

export function addActive(run: u32, more: i32): void {
  store<u32>(runTokens(run), load<u32>(runTokens(run), ACTIVE) + more, ACTIVE);
}

export function joiningCount(run: u32): u32 {
  return load<u32>(runTokens(run), JOINING);
}

export function addJoining(run: u32, more: i32): void {
  store<u32>(runTokens(run), load<u32>(runTokens(run), JOINING) + more, JOINING);
}

@inline
export function awaitingCount(run: u32): u32 {
  return load<u32>(runTokens(run), AWAITING);
}

export function addAwaiting(run: u32, more: i32): void {
  store<u32>(runTokens(run), load<u32>(runTokens(run), AWAITING) + more, AWAITING);
}

export function endedFrame(run: u32): usize {
  return load<u32>(runTokens(run), ENDED_FRAME);
}

export function setEndedFrame(run: u32, frame: usize): void {
  store<u32>(runTokens(run), <u32>frame, ENDED_FRAME);
}

/** Cells frame of the error that the run fails with when all that is under way has ended, or 0. */
@inline
export function failingError(run: u32): usize {
  return load<u32>(runTokens(run), ERROR);
}

export function setFailingError(run: u32, frame: usize): void {
  store<u32>(runTokens(run), <u32>frame, ERROR);
}

/** Does nothing more begin for an instance, since the run fails? What undoes goes on. */
@inline
export function isBarred(run: u32, name: u32): bool {
  return failingError(run) != 0 && load<u32>(instanceAt(run, name), 44) == 0;
}

/** The last registration that stands in the stack, or 0. */
export function lastRegistration(run: u32): usize {
  return load<u32>(runTokens(run), REGISTERED);
}

export function setLastRegistration(run: u32, registration: usize): void {
  store<u32>(runTokens(run), <u32>registration, REGISTERED);
}

/** In the stack, of entries that wait, and being undone. */
@inline
export function registrationCount(run: u32): u32 {
  return load<u32>(runTokens(run), REGISTRATION_COUNT);
}

export function addRegistrations(run: u32, more: i32): void {
  store<u32>(runTokens(run), load<u32>(runTokens(run), REGISTRATION_COUNT) + more, REGISTRATION_COUNT);
}

export function registrationNumber(run: u32): u32 {
  return load<u32>(runTokens(run), REGISTRATION_NUMBER);
}

export function setRegistrationNumber(run: u32, number: u32): void {
  store<u32>(runTokens(run), number, REGISTRATION_NUMBER);
}

/** Where the cells frame of the undos that have failed is named: of an entry that waits, or (0) of the run. */
export function failedUndosAt(run: u32, waiter: u32): usize {
  return waiter == 0 ? runTokens(run) + FAILED_UNDOS : instanceAt(run, waiter) + 28;
}

@inline
export function scopeLimits(run: u32): usize {
  return load<u32>(runTokens(run), SCOPE_LIMITS);
}

export function setScopeLimits(run: u32, limits: usize): void {
  store<u32>(runTokens(run), <u32>limits, SCOPE_LIMITS);
}

export function splitCount(run: u32): u32 {
  return load<u32>(runTokens(run), SPLIT);
}

export function setSplitCount(run: u32, count: u32): void {
  store<u32>(runTokens(run), count, SPLIT);
}

// --- instances ----------------------------------------------------------------------------------------------------

/** Number of instance records, used and unused. */
@inline
export function instanceRecordCount(run: u32): u32 {
  const buffer = runBuffer(run, BUFFER_INSTANCES);
  return buffer == 0 ? 0 : load<u32>(buffer, 8) / <u32>INSTANCE_SIZE;
}

/** `name` is the index + 1. The address is valid until an instance is created. */
@inline
export function instanceAt(run: u32, name: u32): usize {
  return <usize>load<u32>(runBuffer(run, BUFFER_INSTANCES)) + <usize>(name - 1) * INSTANCE_SIZE;
}

/** A new instance of a task, its record cleared. Name, or 0 past INSTANCE_COUNT_MAX or out of memory. */
export function createInstance(run: u32, node: u32, frame: usize, split: u32): u32 {
  const graph = runTokens(run);
  let name = load<u32>(graph, UNUSED);
  if (name != 0) store<u32>(graph, load<u32>(instanceAt(run, name), 16), UNUSED);
  else {
    if (instanceRecordCount(run) >= INSTANCE_COUNT_MAX || extendBuffer(run, BUFFER_INSTANCES, <u32>INSTANCE_SIZE) == 0) return 0;
    name = instanceRecordCount(run);
  }
  const instance = instanceAt(run, name);
  memory.fill(instance, 0, INSTANCE_SIZE);
  store<u32>(instance, node);
  store<u16>(instance, 1, 6);
  store<u32>(instance, <u32>frame, 12);
  store<u32>(instance, split, 32);
  return name;
}

/** The record is used again. Its frame and blocks are the caller's to free before. */
export function dropInstance(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  store<u8>(instance, Phase.UNUSED, 4);
  store<u32>(instance, load<u32>(runTokens(run), UNUSED), 16);
  store<u32>(runTokens(run), name, UNUSED);
}

/** After a snapshot was read: chains the unused records, those of low index first. */
export function chainUnused(run: u32): void {
  store<u32>(runTokens(run), 0, UNUSED);
  for (let name = instanceRecordCount(run); name > 0; name--) if (phaseOf(instanceAt(run, name)) == Phase.UNUSED) dropInstance(run, name);
}

@inline
export function phaseOf(instance: usize): i32 {
  return load<u8>(instance, 4);
}

export function setPhase(instance: usize, phase: i32): void {
  store<u8>(instance, <u8>phase, 4);
}

/** Puts an instance at the end of the queue. */
export function enqueue(run: u32, name: u32): void {
  const graph = runTokens(run);
  const last = load<u32>(graph, QUEUE_LAST);
  store<u32>(instanceAt(run, name), 0, 16);
  if (last == 0) store<u32>(graph, name, QUEUE_FIRST);
  else store<u32>(instanceAt(run, last), name, 16);
  store<u32>(graph, name, QUEUE_LAST);
}

/** Takes the first of the queue; 0 when it is empty. */
export function dequeue(run: u32): u32 {
  const graph = runTokens(run);
  const first = load<u32>(graph, QUEUE_FIRST);
  if (first == 0) return 0;
  const next = load<u32>(instanceAt(run, first), 16);
  store<u32>(graph, next, QUEUE_FIRST);
  if (next == 0) store<u32>(graph, 0, QUEUE_LAST);
  return first;
}

/** Takes those that are marked in +52 out of the queue. */
export function dequeueMarked(run: u32): void {
  const graph = runTokens(run);
  let name = load<u32>(graph, QUEUE_FIRST);
  store<u32>(graph, 0, QUEUE_FIRST);
  store<u32>(graph, 0, QUEUE_LAST);
  while (name != 0) {
    const next = load<u32>(instanceAt(run, name), 16);
    if (load<u32>(instanceAt(run, name), 52) == 0) enqueue(run, name);
    name = next;
  }
}

@inline
export function firstQueued(run: u32): u32 {
  return load<u32>(runTokens(run), QUEUE_FIRST);
}

// --- calls --------------------------------------------------------------------------------------------------------

// What is out, by serial: an open-addressing table whose capacity is a power of two, at most half full. Entry, 16 bytes:
//   +0 u32 serial (0: unused)  +4 u32 instance  +8 u32 number of the item or NO_ITEM  +12 u32 kind (Call)
export const CALL_SIZE: usize = 16;
export const NO_ITEM: u32 = 0xffffffff;
const CALL_CAPACITY_MIN: u32 = 8;

export enum Call {
  TASK = 1,
  WORKFLOW = 2,
  /** A `wait`: its end is the task's. */
  WAIT = 3,
  /** Before an attempt. */
  DELAY = 4,
  /** The time limit of an attempt. */
  LIMIT = 5,
  /** The time limit of the run: of no instance. */
  RUN = 6,
  /** The time limit of a scope, of no instance: its node stands in place of the item. */
  SCOPE = 7,
}

export function callCount(run: u32): u32 {
  const buffer = runBuffer(run, BUFFER_CALLS);
  return buffer == 0 ? 0 : load<u32>(buffer, 12);
}

/** Entries of the table, used and unused: for those who look at all of them. */
@inline
export function callCapacity(run: u32): u32 {
  const buffer = runBuffer(run, BUFFER_CALLS);
  return buffer == 0 ? 0 : load<u32>(buffer, 8) / <u32>CALL_SIZE;
}

@inline
export function callAt(run: u32, index: u32): usize {
  return <usize>load<u32>(runBuffer(run, BUFFER_CALLS)) + <usize>index * CALL_SIZE;
}

/** Keeps what waits for an answer to `serial`; false when out of memory. */
export function addCall(run: u32, serial: u32, name: u32, item: u32, kind: i32): bool {
  const count = callCount(run);
  if (count * 2 >= callCapacity(run) && !growCalls(run)) return false;
  store<u32>(runBuffer(run, BUFFER_CALLS), count + 1, 12);
  putCall(callAt(run, 0), callCapacity(run) - 1, serial, name, item, kind);
  return true;
}

/** Where a serial belongs: spread, since serials in a row would stand in a row, and removing one looks at all that follow it. */
@inline
function homeOf(serial: u32, mask: u32): u32 {
  return ((serial * 0x9e3779b1) >>> 8) & mask;
}

function putCall(table: usize, mask: u32, serial: u32, name: u32, item: u32, kind: i32): void {
  let at = homeOf(serial, mask);
  while (load<u32>(table + <usize>at * CALL_SIZE) != 0) at = (at + 1) & mask;
  const entry = table + <usize>at * CALL_SIZE;
  store<u32>(entry, serial);
  store<u32>(entry, name, 4);
  store<u32>(entry, item, 8);
  store<u32>(entry, kind, 12);
}

/** Doubles the table, or makes the first. */
function growCalls(run: u32): bool {
  const capacity = callCapacity(run);
  const bytes = <usize>capacity * CALL_SIZE;
  const copies = allocateScratch(bytes);
  if (copies == 0) return false;
  if (capacity != 0) memory.copy(copies, callAt(run, 0), bytes);
  if (extendBuffer(run, BUFFER_CALLS, (capacity == 0 ? CALL_CAPACITY_MIN : capacity) * <u32>CALL_SIZE) == 0) return false;
  const table = callAt(run, 0);
  const mask = callCapacity(run) - 1;
  memory.fill(table, 0, <usize>(mask + 1) * CALL_SIZE);
  for (let entry = copies; entry < copies + bytes; entry += CALL_SIZE) {
    if (load<u32>(entry) != 0) putCall(table, mask, load<u32>(entry), load<u32>(entry, 4), load<u32>(entry, 8), load<i32>(entry, 12));
  }
  return true;
}

/** The entry of a serial, or 0. Valid until a call is added or removed. */
export function findCall(run: u32, serial: u32): usize {
  if (callCount(run) == 0 || serial == 0) return 0;
  const table = callAt(run, 0);
  const mask = callCapacity(run) - 1;
  let at = homeOf(serial, mask);
  while (true) {
    const entry = table + <usize>at * CALL_SIZE;
    if (load<u32>(entry) == serial) return entry;
    if (load<u32>(entry) == 0) return 0;
    at = (at + 1) & mask;
  }
}

/** Forgets a serial, if it is there. Entries behind it move up, so that none is ever passed over. */
export function removeCall(run: u32, serial: u32): void {
  const found = findCall(run, serial);
  if (found == 0) return;
  const buffer = runBuffer(run, BUFFER_CALLS);
  const table = callAt(run, 0);
  const mask = callCapacity(run) - 1;
  let hole = <u32>((found - table) / CALL_SIZE);
  for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
    const entry = table + <usize>at * CALL_SIZE;
    const other = load<u32>(entry);
    if (other == 0) break;
    // Nearer to its own place than the hole: it stays.
    if (((at - homeOf(other, mask)) & mask) < ((at - hole) & mask)) continue;
    memory.copy(table + <usize>hole * CALL_SIZE, entry, CALL_SIZE);
    hole = at;
  }
  store<u32>(table + <usize>hole * CALL_SIZE, 0);
  store<u32>(buffer, load<u32>(buffer, 12) - 1, 12);
}
