// Packed calls to runs that nothing keeps from taking them at once: one kernel call for all events, no object per event.
// Where an event leads to a command, or was not taken, the loop takes it over with all that it needs to know. Runs of
// durability `none` that nobody listens to: whatever was committed, told or waited for would cost more than the step.
import { seedAt } from "../base/prng.js";
import { EntryKind } from "../model/history.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { KernelCommand, PackedOutput } from "../model/ports.js";
import type { BatchCall } from "./batch-call.js";
import type { BatchCopy, DirectNames } from "./batch-directory.js";
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

export type TakeDirect = (event: DirectEvent, outcome: number, commands: readonly KernelCommand[]) => void;

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

/** Is an event to be stepped as it comes? Where tasks have forms its payload is looked at first. */
export function takesAtOnce(run: OpenRun): boolean {
  return isFree(run) && run.program.forms === undefined;
}

/** Does an event that leads to no command change nothing that anybody waits for or hears of? */
export function isUnheard(run: OpenRun): boolean {
  return run.isVolatile && run.taps === undefined && run.waiting === undefined;
}

/** Does what was told belong to the run's history? */
export function isRecorded(outcome: number): boolean {
  if (outcome === EventOutcome.TAKEN || outcome === EventOutcome.IGNORED || outcome === EventOutcome.FAILED) return true;
  return outcome === EventOutcome.DEFERRED || outcome === EventOutcome.QUEUE_FULL;
}

export function canStepDirectly(call: BatchCall): boolean {
  return call.runs.every((run) => run === undefined || (takesAtOnce(run) && isUnheard(run)));
}

export class DirectCalls {
  readonly #core: Core;
  /** The call before, as far as the kernel and the journal have it still. */
  #lastCopy: BatchCopy | undefined;
  #lastNames: DirectNames | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Steps the call's events in one kernel call. Throws `kernel/lost`: then nothing was taken. */
  stepPacked(copy: BatchCopy, names: DirectNames, now: number): PackedOutput & { readonly isRepeated: boolean } {
    const { count, records } = copy;
    const isRepeated = names === this.#lastNames && copy === this.#lastCopy;
    this.#lastNames = names;
    this.#lastCopy = copy;
    const output = this.#core.kernel.stepPacked({ count, records, names, isRepeated }, now);
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += count;
    return { ...output, isRepeated };
  }

  /** Steps the call, where that is not done. `take`: what led to commands or could not be taken. Throws `kernel/lost`: then nothing was taken. */
  step(call: BatchCall, take: TakeDirect): void {
    if (this.isStepped(call)) {
      const { now, seed, outcomes, commands } = call.stepped as NonNullable<BatchCall["stepped"]>;
      this.#keepEach(call, undefined, now, seed, outcomes, commands, take);
      return;
    }
    const now = this.#core.clock.now();
    const seed = this.#core.clock.seed();
    const { direct } = call;
    if (direct?.kernelCount !== this.#core.kernelCount || call.hasPayloads) {
      const indexes = this.#add(call, now, seed);
      if (indexes.length === 0) return;
      const { outcomes, commands } = this.#core.kernel.step();
      this.#core.stepsTotal += 1;
      this.#core.eventsTotal += indexes.length;
      this.#keepEach(call, indexes, now, seed, outcomes, commands, take);
      return;
    }
    const { outcomes, commands, oddCount, isRepeated } = this.stepPacked(call.copy, direct, now);
    if (oddCount > 0 || commands.length > 0) {
      this.#keepEach(call, undefined, now, seed, outcomes, commands, take);
      return;
    }
    call.outcomes.set(outcomes);
    this.#core.journal.add(direct, call.records, call.count, isRepeated, now, seed);
    call.settleMany(call.count);
  }

  /** Has the kernel in hand stepped it? */
  isStepped({ stepped }: BatchCall): boolean {
    return stepped !== undefined && stepped.kernelCount === this.#core.kernelCount;
  }

  /** `indexes`: per event of the kernel's batch its index in the call; undefined where that is the same. */
  #keepEach(
    call: BatchCall,
    indexes: readonly number[] | undefined,
    now: number,
    seed: number,
    outcomes: Uint8Array,
    commands: readonly KernelCommand[],
    take: TakeDirect,
  ): void {
    call.rewindPayloads();
    const count = indexes?.length ?? call.count;
    let settledCount = 0;
    let next = 0;
    for (let at = 0; at < count; at += 1) {
      const index = indexes?.[at] ?? at;
      const run = call.runs[call.runIndex(index)] as OpenRun;
      const id = call.eventId(index);
      if (id < 0) continue;
      const outcome = outcomes[at] as number;
      const payload = call.payload(index);
      const first = next;
      while (next < commands.length && commands[next]?.event === at) next += 1;
      if (next > first || outcome === EventOutcome.BUSY) {
        const time = now > run.lastNow ? now : run.lastNow;
        take({ run, id, now: time, seed: seedAt(seed, index), payload, index }, outcome, commands.slice(first, next));
        continue;
      }
      if (isRecorded(outcome)) run.takeEvent(id, now, seedAt(seed, index), payload);
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

  /** Adds the events to the kernel's batch; those without a run or name are settled afterwards. Returns their indexes in the call. */
  #add(call: BatchCall, now: number, seed: number): readonly number[] {
    call.rewindPayloads();
    const indexes: number[] = [];
    for (let index = 0; index < call.count; index += 1) {
      const run = call.runs[call.runIndex(index)];
      const id = call.eventId(index);
      const payload = call.payload(index);
      if (run === undefined || id < 0) continue;
      indexes.push(index);
      this.#core.kernel.add(run.handle, EntryKind.EVENT, id, now, seedAt(seed, index), payload);
    }
    return indexes;
  }
}
