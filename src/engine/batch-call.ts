// One `sendMany`: a packed batch on its way through the loop, with one outcome byte per event.
import type { EventBatch } from "../model/engine.js";
import type { WorkflowError } from "../model/errors.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { KernelCommand, PackedNames } from "../model/ports.js";
import type { Core } from "./core.js";
import type { OpenRun, Receipt } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";
import { NO_HANDLE } from "./run-state.js";

/** What a call keeps of a batch, since the caller may reuse the batch at once. */
export type BatchCopy = Pick<EventBatch, "count" | "records" | "payloadIndex" | "payloadBytes"> & { readonly key: BatchKey };

/** A batch as it was at some time. */
export interface BatchKey {
  readonly batch: EventBatch;
  readonly version: number;
}

export function copyBatch(batch: EventBatch): BatchCopy {
  const { count, version, records, payloadIndex, payloadBytes } = batch;
  const key = { batch, version };
  return { count, key, records: records.slice(0, count * 2), payloadIndex: payloadIndex.slice(), payloadBytes: payloadBytes.slice() };
}

/** The runs and event numbers of a batch that the kernel can take as it is. */
export interface DirectNames extends PackedNames {
  readonly runs: readonly OpenRun[];
  /** `Core.kernelCount` when the handles were looked up: another kernel has others. */
  readonly kernelCount: number;
}

/** The names of a batch, looked up. */
export interface BatchNames {
  /** By index into `runIds`: the open run, or undefined. */
  readonly runs: readonly (OpenRun | undefined)[];
  /** By index into `runIds`, then into `eventNames`: the event's index in the run's program; negative: unknown there. */
  readonly eventTables: readonly Int32Array[];
  /** Is every run open? */
  readonly isComplete: boolean;
  /** Where every run is open, of durability `none`, started, and of one program. */
  readonly direct: DirectNames | undefined;
}

/** Looks the names of batches up; for the same arrays again, while no run came or went, the answer is the one before. */
export class BatchDirectory {
  #key: readonly unknown[] = [];
  #names: BatchNames = { runs: [], eventTables: [], isComplete: true, direct: undefined };

  lookUp({ runs: openRuns, kernelCount }: Pick<Core, "runs" | "kernelCount">, { runIds, eventNames }: EventBatch): BatchNames {
    const [ids, idCount, names, nameCount, version, kernel] = this.#key;
    const isSame = runIds === ids && runIds.length === idCount && eventNames === names && eventNames.length === nameCount;
    if (isSame && openRuns.version === version && kernelCount === kernel) return this.#names;
    const runs = runIds.map((runId) => openRuns.get(runId));
    const eventTables = mapEvents(runs, eventNames);
    this.#names = { runs, eventTables, isComplete: !runs.includes(undefined), direct: nameDirectly(runs, eventTables[0], kernelCount) };
    this.#key = [runIds, runIds.length, eventNames, eventNames.length, openRuns.version, kernelCount];
    return this.#names;
  }
}

/** A call that was stepped; its events are not yet recorded. */
export interface SteppedCall {
  readonly now: number;
  readonly seed: number;
  readonly outcomes: Uint8Array;
  readonly commands: readonly KernelCommand[];
  /** `Core.kernelCount` then: a kernel that is lost meanwhile has lost the step with it. */
  readonly kernelCount: number;
}

/** Event name that the program does not know. */
const NO_EVENT = -1;

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
  readonly key: BatchKey;
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
    this.key = batch.key;
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

  fail(error: WorkflowError): void {
    this.#reject(error);
  }
}

function nameDirectly(runs: readonly (OpenRun | undefined)[], eventTable: Int32Array | undefined, kernelCount: number): DirectNames | undefined {
  const first = runs[0];
  if (first === undefined || eventTable === undefined) return undefined;
  const isDirect = runs.every((run) => run?.isVolatile === true && run.handle !== NO_HANDLE && run.program === first.program);
  if (!isDirect) return undefined;
  const handles = Uint32Array.from(runs, (run) => run?.handle ?? 0);
  return { runs: runs as readonly OpenRun[], handles, ids: Uint32Array.from(eventTable), kernelCount };
}

/** Per run the index of each event name in its program; runs of one program share a table. */
function mapEvents(runs: readonly (OpenRun | undefined)[], eventNames: readonly string[]): readonly Int32Array[] {
  const tables = new Map<LoadedProgram, Int32Array>();
  const none = new Int32Array(eventNames.length).fill(NO_EVENT);
  return runs.map((run) => {
    if (run === undefined) return none;
    let table = tables.get(run.program);
    if (table === undefined) {
      table = Int32Array.from(eventNames, (name) => run.program.eventIndexes.get(name) ?? NO_EVENT);
      tables.set(run.program, table);
    }
    return table;
  });
}
