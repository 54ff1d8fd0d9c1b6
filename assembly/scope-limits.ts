// Time limits of scopes: how much of a scope is under way, and since when. A program without such limits pays one look at its flags
// where an instance begins or ends.
//
// A table for the run (a frame without cells; +12 u32 count of its entries): by node, 16 bytes
//   +0 u32 instances that are under way in the scope  +4 u32 serial of its time limit, 0: not set  +8 u32 frame with which it was entered, a
//   reference, or 0  +12 u32 number of the split of the instance that entered it
import { CommandKind, NO_EXPRESSION, PROGRAM_FLAG_SCOPE_LIMITS, ProgramHeader, RunFault, SCOPE_LIMIT_FIRST } from "./abi";
import { stepTime } from "./actions";
import { releaseFrame, retainFrame } from "./branches";
import { evaluateMs } from "./calls";
import { noteReason } from "./fault";
import { giveUp } from "./giving-up";
import { createCells } from "./graph-frames";
import { Call, addCall, instanceAt, scopeLimits, setScopeLimits } from "./instances";
import { addCommand, payloadMark } from "./output";
import { isInScope, programField, scopeOf, taskRecord } from "./program";
import { FRAME_HEADER_SIZE, runProgram, takeSerial } from "./run";

const ENTRY_SIZE: usize = 16;

@inline
export function hasScopeLimits(run: u32): bool {
  return (programField(runProgram(run), ProgramHeader.FLAGS) & PROGRAM_FLAG_SCOPE_LIMITS) != 0;
}

/** Number of entries of the table, those of nodes without a limit too. */
export function scopeLimitCount(run: u32): u32 {
  const table = scopeLimits(run);
  return table == 0 ? 0 : load<u32>(table, 12);
}

@inline
export function scopeLimitAt(run: u32, scope: u32): usize {
  return scopeLimits(run) + FRAME_HEADER_SIZE + <usize>scope * ENTRY_SIZE;
}

@inline
function isLimited(program: usize, scope: u32): bool {
  return load<u32>(taskRecord(program, scope), 52) != NO_EXPRESSION;
}

/** Makes the table; false when out of memory. */
export function prepareScopeLimits(run: u32): bool {
  if (scopeLimits(run) != 0) return true;
  const program = runProgram(run);
  let count: u32 = 0;
  for (let node: u32 = 1; node < programField(program, ProgramHeader.NODE_COUNT); node++) if (scopeOf(program, node) >= count) count = scopeOf(program, node) + 1;
  const size = <usize>count * ENTRY_SIZE;
  const table = createCells(run, 0, size);
  if (table == 0) return false;
  memory.fill(table + FRAME_HEADER_SIZE, 0, size);
  store<u32>(table, count, 12);
  setScopeLimits(run, table);
  return true;
}

/** An instance of the node is under way. False: a fault is in hand. */
export function enterScopes(run: u32, node: u32, frame: usize, split: u32): bool {
  if (!hasScopeLimits(run)) return true;
  const program = runProgram(run);
  if (scopeOf(program, node) == 0) return true;
  if (!prepareScopeLimits(run)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  for (let scope = scopeOf(program, node); scope != 0; scope = scopeOf(program, scope)) {
    if (!isLimited(program, scope)) continue;
    const entry = scopeLimitAt(run, scope);
    store<u32>(entry, load<u32>(entry) + 1);
    if (load<u32>(entry) != 1) continue;
    retainFrame(frame);
    store<u32>(entry, <u32>frame, 8);
    store<u32>(entry, split, 12);
  }
  return true;
}

/** A task in the scopes begins: those that were entered and have no limit yet have one from now on. False: a limit is no duration, and `answerCell` the error. */
export function limitScopes(run: u32, node: u32): bool {
  if (!hasScopeLimits(run) || scopeLimits(run) == 0) return true;
  const program = runProgram(run);
  for (let scope = scopeOf(program, node); scope != 0; scope = scopeOf(program, scope)) {
    if (!isLimited(program, scope) || load<u32>(scopeLimitAt(run, scope)) == 0 || load<u32>(scopeLimitAt(run, scope), 4) != 0) continue;
    const ms = evaluateMs(run, load<u32>(taskRecord(program, scope), 52));
    if (isNaN(ms)) return false;
    const serial = takeSerial(run);
    if (!addCall(run, serial, 0, scope, Call.SCOPE)) noteReason(RunFault.MEMORY_LIMIT);
    store<u32>(scopeLimitAt(run, scope), serial, 4);
    addCommand(CommandKind.SET_TIMER, 0, SCOPE_LIMIT_FIRST + scope, serial, stepTime() + ms, payloadMark());
  }
  return true;
}

/** An instance of what stands in these scopes is under way no more: those around `node` up to `last`, or (0) all. */
function leave(run: u32, node: u32, last: u32): void {
  const program = runProgram(run);
  for (let scope = scopeOf(program, node); scope != 0; scope = scope == last ? 0 : scopeOf(program, scope)) {
    if (!isLimited(program, scope)) continue;
    const entry = scopeLimitAt(run, scope);
    store<u32>(entry, load<u32>(entry) - 1);
    if (load<u32>(entry) != 0) continue;
    giveUp(run, load<u32>(entry, 4));
    const frame = <usize>load<u32>(entry, 8);
    store<u64>(entry, 0);
    store<u64>(entry, 0, 8);
    releaseFrame(run, frame);
  }
}

@inline
function placeOf(run: u32, name: u32): u32 {
  const left = load<u32>(instanceAt(run, name), 60);
  return left == 0 ? load<u32>(instanceAt(run, name)) : left;
}

/** The instance is about to be no more. */
export function leaveScopes(run: u32, name: u32): void {
  if (scopeLimits(run) != 0) leave(run, placeOf(run, name), 0);
}

/** The scope around an instance that is ending was given up: what the instance leads to begins it anew. */
export function leaveScope(run: u32, name: u32, scope: u32): void {
  if (scopeLimits(run) == 0 || !isInScope(runProgram(run), placeOf(run, name), scope)) return;
  leave(run, placeOf(run, name), scope);
  store<u32>(instanceAt(run, name), scope, 60);
}

/** The instance is tried again in place of ending. */
export function rejoinScopes(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  const left = load<u32>(instance, 60);
  if (left == 0) return;
  store<u32>(instance, 0, 60);
  // It is counted once more in all, and was still counted in those around.
  enterScopes(run, load<u32>(instance), load<u32>(instance, 12), load<u32>(instance, 32));
  leave(run, left, 0);
}
