// The short way of a packed batch: when all its runs are at rest, kept in memory only and heard by nobody, its events go
// to the kernel as they stand and only what leads to commands takes the long way. This is what makes a million events a
// second cost little more than the kernel itself (benchmark `transition-batch`).
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
  return !run.isCommitting && !run.isYielded && !run.isPaused && run.waiting === undefined && run.ending === undefined && !run.isDropped && run.handle !== NO_HANDLE;
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
  // Per event of the kernel's batch: its run, its index in the call, its number in the program, its seed.
  #runs: (OpenRun | undefined)[] = [];
  #indexes = new Uint32Array(ROOM_COUNT_MIN);
  #ids = new Uint32Array(ROOM_COUNT_MIN);
  #seeds = new Uint32Array(ROOM_COUNT_MIN);

  constructor(core: Core) {
    this.#core = core;
  }

  /** Steps the call. `take`: what led to commands or could not be taken. Throws `kernel/lost`: then nothing was taken. */
  step(call: BatchCall, take: (event: DirectEvent, outcome: number, commands: readonly KernelCommand[]) => void): void {
    const now = this.#core.clock.now();
    const count = this.#add(call, now);
    if (count === 0) return;
    const { outcomes, commands } = this.#core.kernel.step();
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += count;
    call.rewindPayloads();
    const { hasPayloads } = call;
    const [runs, indexes, ids, seeds] = [this.#runs, this.#indexes, this.#ids, this.#seeds];
    let settledCount = 0;
    let next = 0;
    for (let at = 0; at < count; at += 1) {
      const run = runs[at] as OpenRun;
      const index = indexes[at] as number;
      const outcome = outcomes[at] as number;
      const payload = hasPayloads ? call.payload(index) : undefined;
      const time = now > run.lastNow ? now : run.lastNow;
      const first = next;
      while (next < commands.length && commands[next]?.event === at) next += 1;
      if (next > first || outcome === EventOutcome.BUSY) {
        take({ run, id: ids[at] as number, now: time, seed: seeds[at] as number, payload, index }, outcome, commands.slice(first, next));
        continue;
      }
      if (isRecorded(outcome)) keep(run, ids[at] as number, time, seeds[at] as number, payload);
      call.outcomes[index] = outcome;
      settledCount += 1;
    }
    runs.fill(undefined, 0, count);
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
  #add(call: BatchCall, now: number): number {
    const { kernel, clock } = this.#core;
    this.#makeRoom(call.count);
    call.rewindPayloads();
    const { records, runs, eventTables, hasPayloads } = call;
    let count = 0;
    for (let index = 0; index < call.count; index += 1) {
      const runIndex = records[index * 2] as number;
      const run = runs[runIndex];
      const id = eventTables[runIndex]?.[records[index * 2 + 1] as number] ?? -1;
      const payload = hasPayloads ? call.payload(index) : undefined;
      if (run === undefined || id < 0) continue;
      const seed = clock.seed();
      this.#runs[count] = run;
      this.#indexes[count] = index;
      this.#ids[count] = id;
      this.#seeds[count] = seed;
      count += 1;
      kernel.add(run.handle, EntryKind.EVENT, id, now > run.lastNow ? now : run.lastNow, seed, payload);
    }
    return count;
  }

  #makeRoom(count: number): void {
    if (count <= this.#indexes.length) return;
    this.#indexes = new Uint32Array(count * 2);
    this.#ids = new Uint32Array(count * 2);
    this.#seeds = new Uint32Array(count * 2);
  }
}

/** What `OpenRun.record` does, for an event and without its questions. */
function keep(run: OpenRun, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
  run.seq += 1;
  run.lastNow = now;
  run.updatedAt = now;
  run.continueCount = 0;
  run.heldCount = 0;
  run.log?.add(EntryKind.EVENT, false, id, now, seed, payload);
}
