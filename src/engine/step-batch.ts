// The events that go to the kernel in one call, column by column: no object per event, and enough kept beside each to
// record it afterwards or to deliver it once more.
import type { KernelPort } from "../model/ports.js";
import type { Arrival, OpenRun, Receipt } from "./open-run.js";

export class StepBatch {
  count = 0;
  readonly runs: OpenRun[] = [];
  readonly kinds: number[] = [];
  /** As in history; the kernel sees 0 for START and CANCEL. */
  readonly ids: number[] = [];
  readonly nows: number[] = [];
  readonly seeds: number[] = [];
  readonly payloads: (Uint8Array | undefined)[] = [];
  readonly receipts: (Receipt | undefined)[] = [];
  readonly indexes: number[] = [];
  readonly areHeld: boolean[] = [];

  /** Keeps the event, then adds it to the kernel's batch. Throws `kernel/lost`; the event is kept even so. */
  add(kernel: KernelPort, run: OpenRun, kind: number, id: number, kernelId: number, now: number, seed: number, payload: Uint8Array | undefined, receipt: Receipt | undefined, index: number, isHeld: boolean): void {
    const at = this.count++;
    this.runs[at] = run;
    this.kinds[at] = kind;
    this.ids[at] = id;
    this.nows[at] = now;
    this.seeds[at] = seed;
    this.payloads[at] = payload;
    this.receipts[at] = receipt;
    this.indexes[at] = index;
    this.areHeld[at] = isHeld;
    run.isInBatch = true;
    kernel.add(run.handle, kind, kernelId, now, seed, payload);
  }

  /** Event `at` as something to deliver again. */
  toArrival(at: number): Arrival {
    const run = this.runs[at];
    if (run === undefined) throw new RangeError(`the batch has no event ${at}`);
    const isHeld = this.areHeld[at] === true;
    return {
      run,
      kind: this.kinds[at] ?? 0,
      id: this.ids[at] ?? 0,
      payload: this.payloads[at],
      receipt: this.receipts[at],
      index: this.indexes[at] ?? 0,
      ...(isHeld && { heldSeed: this.seeds[at] ?? 0 }),
    };
  }

  /** Empties the batch; gives up its references to runs and receipts when it was large. */
  clear(): void {
    for (let at = 0; at < this.count; at += 1) {
      const run = this.runs[at];
      if (run !== undefined) run.isInBatch = false;
    }
    this.count = 0;
    this.runs.length = 0;
    this.payloads.length = 0;
    this.receipts.length = 0;
  }
}
