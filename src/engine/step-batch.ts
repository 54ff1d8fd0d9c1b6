// The events that go to the kernel in one call, with enough kept beside each to record it afterwards or to deliver it
// once more.
import type { KernelPort } from "../model/ports.js";
import type { Arrival, OpenRun, Receipt } from "./open-run.js";

/** An event in the kernel's batch. */
export interface SteppedEvent {
  readonly run: OpenRun;
  /** EntryKind or EventKind.CONTINUE. */
  readonly kind: number;
  /** As in history; the kernel sees 0 for START and CANCEL. */
  readonly id: number;
  readonly now: number;
  readonly seed: number;
  readonly payload: Uint8Array | undefined;
  readonly receipt: Receipt | undefined;
  readonly index: number;
  /** In history already: it was held while the run was paused. */
  readonly isHeld: boolean;
  readonly cause?: OpenRun | undefined;
}

export class StepBatch {
  #events: SteppedEvent[] = [];

  get count(): number {
    return this.#events.length;
  }

  at(index: number): SteppedEvent {
    const event = this.#events[index];
    if (event === undefined) throw new RangeError(`the batch has no event ${index}`);
    return event;
  }

  /** Keeps the event, then adds it to the kernel's batch. Throws `kernel/lost`; the event is kept even so. */
  add(kernel: KernelPort, event: SteppedEvent, kernelId: number): void {
    this.#events.push(event);
    event.run.isInBatch = true;
    kernel.add(event.run.handle, event.kind, kernelId, event.now, event.seed, event.payload);
  }

  /** Event `index` as something to deliver again. */
  toArrival(index: number): Arrival {
    const { isHeld, seed, now: _now, ...event } = this.at(index);
    return isHeld ? { ...event, heldSeed: seed } : event;
  }

  clear(): void {
    for (const { run } of this.#events) run.isInBatch = false;
    this.#events = [];
  }
}
