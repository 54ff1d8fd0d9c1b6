// One `sendMany`: a packed batch on its way through the loop, with one outcome byte per event.
import type { WorkflowError } from "../model/errors.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { type BatchCopy, type BatchNames, type DirectNames, NO_EVENT } from "./batch-directory.js";
import type { OpenRun, Receipt } from "./open-run.js";

/** A call that was stepped; its events are not yet recorded. */
export interface SteppedCall {
  readonly now: number;
  readonly seed: number;
  readonly outcomes: Uint8Array;
  readonly commands: readonly KernelCommand[];
  /** `Core.kernelCount` then: a kernel that is lost meanwhile has lost the step with it. */
  readonly kernelCount: number;
}

export class BatchCall implements Receipt {
  readonly count: number;
  readonly outcomes: Uint8Array;
  /** Index of the next event that the loop takes. */
  position = 0;
  /** By index into `runIds`: the open run, or undefined. */
  readonly runs: readonly (OpenRun | undefined)[];
  /** Two numbers per event: index into `runIds`, index into `eventNames`. */
  readonly records: Uint32Array;
  /** By index into `runIds`, then into `eventNames`: the event's index in the run's program; negative: unknown there. */
  readonly eventTables: readonly Int32Array[];
  /** What was kept of the batch: the same for a batch that is sent again as it is. */
  readonly copy: BatchCopy;
  readonly direct: DirectNames | undefined;
  /** What the kernel made of it already, outside of the loop. */
  stepped: SteppedCall | undefined;
  readonly #payloadIndex: Uint32Array;
  readonly #payloadBytes: Uint8Array;
  readonly #resolve: (outcomes: Uint8Array) => void;
  readonly #reject: (error: WorkflowError) => void;
  #openCount: number;
  #payloadAt = 0;

  constructor(
    batch: BatchCopy,
    names: BatchNames,
    resolve: (outcomes: Uint8Array) => void,
    reject: (error: WorkflowError) => void,
  ) {
    this.count = batch.count;
    this.outcomes = new Uint8Array(batch.count);
    this.runs = names.runs;
    this.records = batch.records;
    this.copy = batch;
    this.direct = names.direct;
    this.#payloadIndex = batch.payloadIndex;
    this.#payloadBytes = batch.payloadBytes;
    this.eventTables = names.eventTables;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#openCount = batch.count;
  }

  runIndex(index: number): number {
    return this.records[index * 2] ?? 0;
  }

  /** The event's index in its run's program; negative: unknown there. */
  eventId(index: number): number {
    return this.eventTables[this.runIndex(index)]?.[this.records[index * 2 + 1] ?? 0] ?? NO_EVENT;
  }

  get hasPayloads(): boolean {
    return this.#payloadIndex.length > 0;
  }

  /** The event's payload; to be asked for in ascending order of index. */
  payload(index: number): Uint8Array | undefined {
    const at = this.#payloadAt;
    if (this.#payloadIndex[at] !== index) return undefined;
    const start = at === 0 ? 0 : this.#payloadIndex[at - 1];
    this.#payloadAt = at + 2;
    return this.#payloadBytes.subarray(start, this.#payloadIndex[at + 1]);
  }

  /** Payloads are asked for from the first event again. */
  rewindPayloads(): void {
    this.#payloadAt = 0;
  }

  settle(outcome: number, index: number): void {
    this.outcomes[index] = outcome;
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#resolve(this.outcomes);
  }

  /** `count` more events have their outcome in `outcomes`. */
  settleMany(count: number): void {
    if (count === 0) return;
    this.#openCount -= count;
    if (this.#openCount === 0) this.#resolve(this.outcomes);
  }

  /** Settles the events that have no open run or no known name. */
  settleRest(): void {
    if (this.#openCount === 0) return;
    for (let index = 0; index < this.count; index += 1) {
      if (this.runs[this.runIndex(index)] === undefined) this.settle(EventOutcome.UNKNOWN_RUN, index);
      else if (this.eventId(index) < 0) this.settle(EventOutcome.UNKNOWN_EVENT, index);
    }
  }

  refuse(index: number): void {
    this.settle(EventOutcome.INVALID, index);
  }

  fail(error: WorkflowError): void {
    this.#reject(error);
  }
}

/** Writes the outcomes of events whose run is not open. `fixed`: by index into the batch's runs. What is REMOTE is written later. */
export function putOutcomes(outcomes: Uint8Array, records: Uint32Array, fixed: readonly (number | undefined)[]): void {
  for (let index = 0; index < outcomes.length; index += 1) outcomes[index] = fixed[records[index * 2] ?? 0] ?? outcomes[index] ?? 0;
}
