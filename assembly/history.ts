// What composites remember of when they were last left: the leaves that were active in them. Kept with the run, one entry
// of 12 bytes a leaf: +0 u32 scope  +4 u32 leaf  +8 u32 way by which it came to a join. Those of a scope lie side by side.
import { NODE_FLAG_HISTORY, NodeKind, PROGRAM_FLAG_HISTORY, ProgramHeader, RunFault } from "./abi";
import { noteReason } from "./fault";
import { nodeRecord, programField } from "./program";
import { BUFFER_HISTORY, extendBuffer, runBuffer, runProgram, tokenAt, tokenCount } from "./run";
import { isWithin, parentOf } from "./scope";
import { TokenStage, tokenEdge, tokenGoal, tokenNode, tokenStage } from "./token";

export const MEMORY_SIZE: usize = 12;

/** Does leaving a scope of this program ever have to be remembered? */
@inline
export function hasHistory(program: usize): bool {
  return (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_HISTORY) != 0;
}

/** Address of the first entry of a scope whose leaf is within `node`; 0 for none. */
export function memoryOf(run: u32, scope: u32, node: u32): usize {
  const buffer = runBuffer(run, BUFFER_HISTORY);
  if (buffer == 0) return 0;
  const end = <usize>load<u32>(buffer) + load<u32>(buffer, 8);
  for (let entry = <usize>load<u32>(buffer); entry < end; entry += MEMORY_SIZE) {
    if (load<u32>(entry) == scope && isWithin(runProgram(run), node, load<u32>(entry, 4))) return entry;
  }
  return 0;
}

/** The entry after `entry`, where it is of the same scope and its leaf within `node` too; else 0. */
export function nextMemory(run: u32, entry: usize, node: u32): usize {
  const buffer = runBuffer(run, BUFFER_HISTORY);
  const next = entry + MEMORY_SIZE;
  if (next >= <usize>load<u32>(buffer) + load<u32>(buffer, 8) || load<u32>(next) != load<u32>(entry)) return 0;
  return isWithin(runProgram(run), node, load<u32>(next, 4)) ? next : 0;
}

/** Remembers, of the tokens from `low` to `high` (in order), the scopes up to `top` that are about to be left; false: no memory, a fault is in hand. */
export function remember(run: u32, low: u32, high: u32, top: u32): bool {
  const program = runProgram(run);
  for (let index = low; index <= high; index++) {
    const before = index == low ? 0 : tokenNode(tokenAt(run, index - 1));
    // A scope that the token before stands in too has been seen to.
    for (let node = tokenNode(tokenAt(run, index)); node >= top && (index == low || !isWithin(program, node, before)); node = parentOf(program, node)) {
      if ((load<u16>(nodeRecord(program, node), 2) & NODE_FLAG_HISTORY) == 0) continue;
      forget(run, node);
      if (!rememberScope(run, node, index)) {
        noteReason(RunFault.MEMORY_LIMIT);
        return false;
      }
    }
  }
  return true;
}

function forget(run: u32, scope: u32): void {
  const buffer = runBuffer(run, BUFFER_HISTORY);
  if (buffer == 0) return;
  const start = <usize>load<u32>(buffer);
  const end = start + load<u32>(buffer, 8);
  let kept = start;
  for (let entry = start; entry < end; entry += MEMORY_SIZE) {
    if (load<u32>(entry) == scope) continue;
    memory.copy(kept, entry, MEMORY_SIZE);
    kept += MEMORY_SIZE;
  }
  store<u32>(buffer, <u32>(kept - start), 8);
}

function rememberScope(run: u32, scope: u32, first: u32): bool {
  const program = runProgram(run);
  for (let index = first; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (!isWithin(program, scope, tokenNode(token))) break;
    // A token on its way is remembered where it was going.
    const leaf = tokenStage(token) == TokenStage.TRANSITION_ACTIONS ? tokenGoal(token) : tokenNode(token);
    // The scope itself: it had come to its end, and begins anew.
    if (leaf == scope) continue;
    const entry = extendBuffer(run, BUFFER_HISTORY, <u32>MEMORY_SIZE);
    if (entry == 0) return false;
    store<u32>(entry, scope);
    store<u32>(entry, leaf, 4);
    store<u32>(entry, load<u16>(nodeRecord(program, leaf)) == NodeKind.JOIN ? tokenEdge(token) : 0, 8);
  }
  return true;
}
