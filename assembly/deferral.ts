// Events that an active state defers: kept with the run in order of arrival, with their payloads, until no active state
// defers them any more. An entry: +0 u32 event  +4 u32 size of the payload (0: none)  +8 payload (a wire value), padded to 4
import { DISPATCH_DEFERS, NO_NODE } from "./abi";
import { dispatchAt, nodeRecord } from "./program";
import { BUFFER_DEFERRED, extendBuffer, runBuffer, runProgram, setRunDeferring, tokenAt, tokenCount } from "./run";
import { tokenNode } from "./token";

/** Deferred events of one run. */
export const DEFERRED_COUNT_MAX: u32 = 1_024;

@inline
export function deferredCount(run: u32): u32 {
  const buffer = runBuffer(run, BUFFER_DEFERRED);
  return buffer == 0 ? 0 : load<u32>(buffer, 12);
}

/** Keeps an event; false when there is no room. */
export function defer(run: u32, event: u32, payload: usize, size: u32): bool {
  const count = deferredCount(run);
  if (count == DEFERRED_COUNT_MAX) return false;
  const entry = extendBuffer(run, BUFFER_DEFERRED, 8 + ((size + 3) & ~3));
  if (entry == 0) return false;
  store<u32>(entry, event);
  store<u32>(entry, size, 4);
  memory.copy(entry + 8, payload, size);
  store<u32>(runBuffer(run, BUFFER_DEFERRED), count + 1, 12);
  if (count == 0) setRunDeferring(run, true);
  return true;
}

/** The first kept event that no active state defers; 0 for none. */
export function nextDeferred(run: u32): usize {
  const buffer = runBuffer(run, BUFFER_DEFERRED);
  if (buffer == 0) return 0;
  const end = <usize>load<u32>(buffer) + load<u32>(buffer, 8);
  for (let entry = <usize>load<u32>(buffer); entry < end; entry += sizeOf(entry)) if (!defers(run, load<u32>(entry))) return entry;
  return 0;
}

/** Takes an entry out; the others keep their order. */
export function removeDeferred(run: u32, entry: usize): void {
  const buffer = runBuffer(run, BUFFER_DEFERRED);
  const end = <usize>load<u32>(buffer) + load<u32>(buffer, 8);
  const size = sizeOf(entry);
  memory.copy(entry, entry + size, end - entry - size);
  store<u32>(buffer, load<u32>(buffer, 8) - <u32>size, 8);
  const count = load<u32>(buffer, 12) - 1;
  store<u32>(buffer, count, 12);
  if (count == 0) setRunDeferring(run, false);
}

function sizeOf(entry: usize): usize {
  return 8 + ((load<u32>(entry, 4) + 3) & ~3);
}

/** Does an active state defer the event? */
function defers(run: u32, event: u32): bool {
  const program = runProgram(run);
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    for (let node = tokenNode(tokenAt(run, index)); node != NO_NODE; node = load<u32>(nodeRecord(program, node), 60)) {
      if ((dispatchAt(program, node, event) & DISPATCH_DEFERS) != 0) return true;
    }
  }
  return false;
}
