// Short ways in for many small events: one event in one call of numbers, or a packed call whose events name their runs and
// events by tables that stay in memory from call to call. What does not fit goes the general way, event by event.
import { EVENT_RECORD_SIZE, EventKind, EventOutcome, KernelStatus, NO_INDEX } from "./abi";
import { EXPRESS_NONE, takeExpress } from "./express";
import { beginOutput, isOutputExhausted, setOutcome } from "./output";
import { expressRunOf } from "./run";
import { stepGeneral } from "./step";

const RECORD = memory.data(EVENT_RECORD_SIZE, 16);

/** Events of the last packed call that left no entry in their run's history, or commands. */
let oddCount: u32 = 0;

export function packedOddCount(): u32 {
  return oddCount;
}

/** Offers an event without payload to a run. Its EventOutcome; negative: nothing was done, it has to go the general way. */
export function stepOne(handle: u32, event: u32, now: f64): i32 {
  const run = expressRunOf(handle);
  return run < 0 ? EXPRESS_NONE : takeExpress(<u32>run, event, now);
}

/**
 * Steps `count` events without payload, all at the time `now`. `records`: two u32 an event, the index of its run in `runs`
 * (u32 handles) and of its name in `events` (u32 event numbers, NO_INDEX: unknown). Returns a KernelStatus.
 */
export function stepPacked(records: usize, count: u32, runs: usize, runCount: u32, events: usize, eventCount: u32, now: f64): i32 {
  if (!beginOutput(count)) return KernelStatus.OUT_OF_MEMORY;
  store<u16>(RECORD, <u16>EventKind.EVENT, 4);
  store<f64>(RECORD, now, 16);
  oddCount = 0;
  for (let index: u32 = 0; index < count; index++) {
    const pair = load<u64>(records + (<usize>index << 3));
    const runIndex = <u32>pair;
    const name = <u32>(pair >> 32);
    let outcome: i32 = EventOutcome.UNKNOWN_RUN;
    if (runIndex < runCount && name < eventCount) {
      const handle = load<u32>(runs + (<usize>runIndex << 2));
      const event = load<u32>(events + (<usize>name << 2));
      outcome = stepOne(handle, event, now);
      if (outcome != EXPRESS_NONE) {
        setOutcome(index, outcome);
        continue;
      }
      store<u32>(RECORD, handle);
      store<u32>(RECORD, event, 8);
      outcome = event == NO_INDEX ? <i32>EventOutcome.UNKNOWN_EVENT : stepGeneral(index, RECORD, 0);
    }
    if (outcome != EventOutcome.TAKEN && outcome != EventOutcome.IGNORED) oddCount += 1;
    setOutcome(index, outcome);
  }
  return isOutputExhausted() ? KernelStatus.OUT_OF_MEMORY : KernelStatus.OK;
}
