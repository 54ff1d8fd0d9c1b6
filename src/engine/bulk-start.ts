// Starts many runs of durability `none` in one kernel call. Runs that come to rest without asking for anything are parked
// and never have an object; where one of them asks, all are given back, and they start the loop's way.
import { seedAt } from "../base/prng.js";
import { EntryKind } from "../model/history.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { Core } from "./core.js";
import { BULK_START_RUNS } from "./limits.js";
import type { LoadedProgram } from "./program-table.js";
import { placeProgram } from "./replay.js";

export class BulkStart {
  readonly #core: Core;
  /** Programs whose runs do not rest at once: tried no more. */
  readonly #restless = new WeakSet<LoadedProgram>();

  constructor(core: Core) {
    this.#core = core;
  }

  isWorthwhile(program: LoadedProgram, count: number): boolean {
    return count >= BULK_START_RUNS && !this.#restless.has(program);
  }

  /** Starts a run per payload, under these ids. False: nothing was done. */
  start(program: LoadedProgram, versions: number, runIds: readonly string[], payloads: readonly Uint8Array[]): boolean {
    const { clock, runs } = this.#core;
    const now = clock.now();
    const seed = clock.seed();
    const handles = this.#step(program, now, seed, payloads);
    if (handles === undefined) return false;
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += handles.length;
    program.userCount += handles.length;
    for (let index = 0; index < handles.length; index += 1) {
      const handle = handles[index] as number;
      const payload = payloads[index] as Uint8Array;
      runs.park(runIds[index] as string, { program, versions, handle, startedAt: now, seed: seedAt(seed, index), payload });
    }
    return true;
  }

  /** Handles of runs that rest; undefined where they do not, or where the kernel has no room or is lost. */
  #step(program: LoadedProgram, now: number, seed: number, payloads: readonly Uint8Array[]): number[] | undefined {
    const { kernel } = this.#core;
    const handles: number[] = [];
    try {
      const kernelProgram = placeProgram(kernel, program);
      for (let index = 0; index < payloads.length; index += 1) handles.push(kernel.createRun(kernelProgram));
      for (let index = 0; index < payloads.length; index += 1)
        kernel.add(handles[index] as number, EntryKind.START, 0, now, seedAt(seed, index), payloads[index]);
      const { outcomes, commands } = kernel.step();
      if (commands.length === 0 && outcomes.every((outcome) => outcome === EventOutcome.TAKEN)) return handles;
      this.#restless.add(program);
      for (const handle of handles) kernel.destroyRun(handle);
    } catch {
      // The loop meets the same and knows what to do, and whom to tell.
      this.#release(handles);
    }
    return undefined;
  }

  #release(handles: readonly number[]): void {
    try {
      for (const handle of handles) this.#core.kernel.destroyRun(handle);
    } catch {
      // A lost kernel has nothing to give back.
    }
  }
}
