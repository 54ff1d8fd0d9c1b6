// Endless loops: once a step has run out of fuel, the run's states and variables are compared with what they were some
// microsteps before; where all of it comes again, it will come for ever. Brent's algorithm (BIT 20, 1980): the state that
// is compared with is taken anew after a power of two of microsteps. A loop that changes a variable goes on.
//
// The run's watch buffer: +0 u32 microsteps since  +4 u32 microsteps until the next state is taken  +8 u32 bytes that may be
// compared  +12 u32 tokens  +16 u32 node per token, then the state as bytes (snapshot.ts)
import { dropPayload, payloadMark, payloadsAddress } from "./output";
import { BUFFER_WATCH, dropBuffer, extendBuffer, runBuffer, tokenAt, tokenCount } from "./run";
import { writeState } from "./snapshot";
import { tokenNode } from "./token";

/** Microsteps after which the first state is taken anew. */
const POWER_FIRST: u32 = 64;
/** Bytes compared on the average microstep, so that large variables do not slow a loop down that counts. */
const COMPARED_PER_MICROSTEP: u32 = 64;
const HEADER_SIZE: usize = 16;

/** Has the run been in this state before, in this step? For a step that has run out of fuel, after each microstep. */
export function hasRecurred(run: u32): bool {
  const buffer = runBuffer(run, BUFFER_WATCH);
  if (buffer == 0 || load<u32>(buffer) == 0) {
    take(run, POWER_FIRST);
    return false;
  }
  const saved = <usize>load<u32>(buffer);
  const since = load<u32>(saved) + 1;
  store<u32>(saved, since);
  const credit = load<u32>(saved, 8) + COMPARED_PER_MICROSTEP;
  const size = load<u32>(buffer, 8);
  store<u32>(saved, credit, 8);
  if (credit >= size && areNodesSame(run, saved)) {
    store<u32>(saved, credit - size, 8);
    if (isStateSame(run, saved, size)) return true;
  }
  if (since == load<u32>(saved, 4)) take(run, since * 2);
  return false;
}

function areNodesSame(run: u32, saved: usize): bool {
  const count = tokenCount(run);
  if (count != load<u32>(saved, 12)) return false;
  for (let index: u32 = 0; index < count; index++) if (tokenNode(tokenAt(run, index)) != load<u32>(saved + HEADER_SIZE + (<usize>index << 2))) return false;
  return true;
}

function isStateSame(run: u32, saved: usize, size: u32): bool {
  const mark = payloadMark();
  writeState(run);
  const written = <u32>(payloadMark() - mark);
  const head = <u32>HEADER_SIZE + (tokenCount(run) << 2);
  const isSame = written == size - head && memory.compare(payloadsAddress() + mark, saved + head, written) == 0;
  dropPayload(mark);
  return isSame;
}

/** Takes the state to compare with; without memory for it the loop is not watched. */
function take(run: u32, power: u32): void {
  endWatch(run);
  const mark = payloadMark();
  writeState(run);
  const size = <u32>(payloadMark() - mark);
  const count = tokenCount(run);
  const head = <u32>HEADER_SIZE + (count << 2);
  const saved = extendBuffer(run, BUFFER_WATCH, (head + size + 3) & ~3);
  if (saved != 0) {
    store<u32>(runBuffer(run, BUFFER_WATCH), head + size, 8);
    store<u64>(saved, <u64>power << 32);
    store<u64>(saved, <u64>count << 32, 8);
    for (let index: u32 = 0; index < count; index++) store<u32>(saved + HEADER_SIZE + (<usize>index << 2), tokenNode(tokenAt(run, index)));
    memory.copy(saved + head, payloadsAddress() + mark, size);
  }
  dropPayload(mark);
}

/** The step has come to its end. */
export function endWatch(run: u32): void {
  const buffer = runBuffer(run, BUFFER_WATCH);
  if (buffer != 0) dropBuffer(buffer);
}
