// One `sendMany`: a packed batch on its way through the loop, with one outcome byte per event.
import type { EventBatch } from "../model/engine.js";
import type { WorkflowError } from "../model/errors.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { OpenRun, Receipt } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";

/** What a call keeps of a batch, since the caller may reuse the batch at once. */
export type BatchCopy = Pick<EventBatch, "count" | "records" | "payloadIndex" | "payloadBytes">;

export function copyBatch({ count, records, payloadIndex, payloadBytes }: EventBatch): BatchCopy {
  return { count, records: records.slice(0, count * 2), payloadIndex: payloadIndex.slice(), payloadBytes: payloadBytes.slice() };
}

/** The names of a batch, looked up. */
export interface BatchNames {
  /** By index into `runIds`: the open run, or undefined. */
  readonly runs: readonly (OpenRun | undefined)[];
  /** By index into `runIds`, then into `eventNames`: the event's index in the run's program; negative: unknown there. */
  readonly eventTables: readonly Int32Array[];
  /** Is every run open? */
  readonly isComplete: boolean;
}

/** Looks the names of batches up; for the same arrays again, while no run came or went, the answer is the one before. */
export class BatchDirectory {
  #key: readonly unknown[] = [];
  #names: BatchNames = { runs: [], eventTables: [], isComplete: true };

  lookUp(openRuns: ReadonlyMap<string, OpenRun> & { readonly version: number }, { runIds, eventNames }: EventBatch): BatchNames {
    const key = [runIds, runIds.length, eventNames, eventNames.length, openRuns.version];
    if (key.every((part, index) => part === this.#key[index])) return this.#names;
    const runs = runIds.map((runId) => openRuns.get(runId));
    this.#names = { runs, eventTables: mapEvents(runs, eventNames), isComplete: !runs.includes(undefined) };
    this.#key = key;
    return this.#names;
  }
}

/** Event name that the program does not know. */
const NO_EVENT = -1;

export class BatchCall implements Receipt {
  readonly count: number;
  readonly outcomes: Uint8Array;
  /** Index of the next event that the loop takes. */
  position = 0;
  /** By index into `runIds`: the open run, or undefined (its outcome is in `fixedOutcomes`). */
  readonly runs: readonly (OpenRun | undefined)[];
  /** Two numbers per event: index into `runIds`, index into `eventNames`. */
  readonly records: Uint32Array;
  /** By index into `runIds`, then into `eventNames`: the event's index in the run's program; negative: unknown there. */
  readonly eventTables: readonly Int32Array[];
  readonly #payloadIndex: Uint32Array;
  readonly #payloadBytes: Uint8Array;
  readonly #fixedOutcomes: readonly number[];
  readonly #resolve: (outcomes: Uint8Array) => void;
  readonly #reject: (error: WorkflowError) => void;
  #openCount: number;
  #payloadAt = 0;

  /** `fixedOutcomes`: by index into `runIds`. */
  constructor(
    batch: BatchCopy,
    names: BatchNames,
    fixedOutcomes: readonly number[],
    resolve: (outcomes: Uint8Array) => void,
    reject: (error: WorkflowError) => void,
  ) {
    this.count = batch.count;
    this.outcomes = new Uint8Array(batch.count);
    this.runs = names.runs;
    this.records = batch.records;
    this.#payloadIndex = batch.payloadIndex;
    this.#payloadBytes = batch.payloadBytes;
    this.eventTables = names.eventTables;
    this.#fixedOutcomes = fixedOutcomes;
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

  /** Outcome of an event whose run is not open. */
  fixedOutcome(index: number): number {
    return this.#fixedOutcomes[this.runIndex(index)] ?? EventOutcome.UNKNOWN_RUN;
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
      if (this.runs[this.runIndex(index)] === undefined) this.settle(this.fixedOutcome(index), index);
      else if (this.eventId(index) < 0) this.settle(EventOutcome.UNKNOWN_EVENT, index);
    }
  }

  fail(error: WorkflowError): void {
    this.#reject(error);
  }
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
