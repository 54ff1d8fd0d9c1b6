// The short way of a packed batch: when all its runs are at rest, kept in memory only and heard by nobody, its events go
// to the kernel as they stand and only what leads to commands takes the long way. This is what makes a million events a
// second cost little more than the kernel itself (benchmark `transition-batch`).
import { seedAt } from "../base/prng.js";
import { EntryKind } from "../model/history.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import type { BatchCall } from "./batch-call.js";
import type { Core } from "./core.js";
import type { Arrival, OpenRun } from "./open-run.js";
import { NO_HANDLE } from "./run-state.js";

/** One event of a call as it was stepped. */
export interface DirectEvent {
  readonly run: OpenRun;
  readonly id: number;
  readonly now: number;
  readonly seed: number;
  readonly payload: Uint8Array | undefined;
  readonly index: number;
}

/** Does nothing keep the run from taking an event at once? */
export function isFree(run: OpenRun): boolean {
  return (
    !run.isCommitting &&
    !run.isYielded &&
    !run.isPaused &&
    run.waiting === undefined &&
    run.ending === undefined &&
    !run.isDropped &&
    run.handle !== NO_HANDLE
  );
}

/** Does an event that leads to no command change nothing that anybody waits for or hears of? */
export function isUnheard(run: OpenRun): boolean {
  return run.log !== undefined && run.taps === undefined && run.waiting === undefined;
}

/** Does what was told belong to the run's history? */
export function isRecorded(outcome: number): boolean {
  return outcome === EventOutcome.TAKEN || outcome === EventOutcome.IGNORED || outcome === EventOutcome.FAILED;
}

export function canStepDirectly(call: BatchCall): boolean {
  return call.runs.every((run) => run === undefined || (isFree(run) && isUnheard(run)));
}

/** Room that is kept between calls, events. */
const ROOM_COUNT_MIN = 1_024;

export class DirectCalls {
  readonly #core: Core;
  /** Per event of the kernel's batch its index in the call, where some events of a call were not added. */
  #indexes: Uint32Array;
  /** Per event of the kernel's batch: its run's handle, and its number in the run's program. */
  #handles: Uint32Array;
  #ids: Uint32Array;

  constructor(core: Core) {
    this.#core = core;
    [this.#indexes, this.#handles, this.#ids] = makeRoom(ROOM_COUNT_MIN);
  }

  /** Steps the call. `take`: what led to commands or could not be taken. Throws `kernel/lost`: then nothing was taken. */
  step(call: BatchCall, take: (event: DirectEvent, outcome: number, commands: readonly KernelCommand[]) => void): void {
    const now = this.#core.clock.now();
    const seed = this.#core.clock.seed();
    const count = this.#add(call, now, seed);
    if (count === 0) return;
    const { outcomes, commands } = this.#core.kernel.step();
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += count;
    if (count === call.count && commands.length === 0 && !call.hasPayloads && outcomes.every(isRecorded))
      this.#keepAll(call, now, seed, outcomes);
    else this.#keepEach(call, now, seed, count, outcomes, commands, take);
  }

  /** Nothing but the runs' places changed: the call goes into the journal as it is. */
  #keepAll(call: BatchCall, now: number, seed: number, outcomes: Uint8Array): void {
    const { count, records, runs, eventTables } = call;
    for (let index = 0; index < count; index += 1) moveOn(runs[records[index * 2] as number] as OpenRun, now);
    call.outcomes.set(outcomes);
    this.#core.journal.add({ count, records, runs, eventTables, now, seed });
    call.settleMany(count);
  }

  #keepEach(
    call: BatchCall,
    now: number,
    seed: number,
    count: number,
    outcomes: Uint8Array,
    commands: readonly KernelCommand[],
    take: (event: DirectEvent, outcome: number, commands: readonly KernelCommand[]) => void,
  ): void {
    call.rewindPayloads();
    let settledCount = 0;
    let next = 0;
    for (let at = 0; at < count; at += 1) {
      const index = this.#indexes[at] as number;
      const run = call.runs[call.runIndex(index)] as OpenRun;
      const id = call.eventId(index);
      const outcome = outcomes[at] as number;
      const payload = call.payload(index);
      const time = now > run.lastNow ? now : run.lastNow;
      const first = next;
      while (next < commands.length && commands[next]?.event === at) next += 1;
      if (next > first || outcome === EventOutcome.BUSY) {
        take({ run, id, now: time, seed: seedAt(seed, index), payload, index }, outcome, commands.slice(first, next));
        continue;
      }
      if (isRecorded(outcome)) {
        moveOn(run, now);
        run.log?.add(EntryKind.EVENT, false, id, time, seedAt(seed, index), payload);
      }
      call.outcomes[index] = outcome;
      settledCount += 1;
    }
    call.settleMany(settledCount);
  }

  /** The call's events one by one, after a kernel was lost on all of them. */
  split(call: BatchCall): readonly Arrival[] {
    const arrivals: Arrival[] = [];
    call.rewindPayloads();
    for (let index = 0; index < call.count; index += 1) {
      const run = call.runs[call.runIndex(index)];
      const id = call.eventId(index);
      const payload = call.payload(index);
      if (run !== undefined && id >= 0) arrivals.push({ run, kind: EntryKind.EVENT, id, payload, receipt: call, index });
    }
    return arrivals;
  }

  /** Adds the events to the kernel's batch; those without a run or name are settled afterwards. Returns their number. */
  #add(call: BatchCall, now: number, seed: number): number {
    const { kernel } = this.#core;
    if (call.count > this.#indexes.length) [this.#indexes, this.#handles, this.#ids] = makeRoom(call.count * 2);
    const { records, runs, eventTables, count: eventCount } = call;
    const [indexes, handles, ids] = [this.#indexes, this.#handles, this.#ids];
    let count = 0;
    for (let index = 0; index < eventCount; index += 1) {
      const runIndex = records[index * 2] as number;
      const run = runs[runIndex];
      const id = eventTables[runIndex]?.[records[index * 2 + 1] as number] ?? -1;
      if (run === undefined || id < 0) continue;
      indexes[count] = index;
      handles[count] = run.handle;
      ids[count] = id;
      count += 1;
    }
    if (count === eventCount && !call.hasPayloads) kernel.addMany(count, handles, ids, now, seed);
    else this.#addEach(call, count, now, seed);
    return count;
  }

  /** Events with gaps between them, or with payloads. */
  #addEach(call: BatchCall, count: number, now: number, seed: number): void {
    call.rewindPayloads();
    for (let at = 0; at < count; at += 1) {
      const index = this.#indexes[at] as number;
      this.#core.kernel.add(
        this.#handles[at] as number,
        EntryKind.EVENT,
        this.#ids[at] as number,
        now,
        seedAt(seed, index),
        call.payload(index),
      );
    }
  }
}

function makeRoom(count: number): readonly [Uint32Array, Uint32Array, Uint32Array] {
  return [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
}

/** What `OpenRun.record` does, for an event and without its questions. */
function moveOn(run: OpenRun, now: number): void {
  run.seq += 1;
  if (now > run.lastNow) run.lastNow = now;
  run.updatedAt = run.lastNow;
  run.continueCount = 0;
  run.heldCount = 0;
}
