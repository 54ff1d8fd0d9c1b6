// What is known of the batches that embedders send: their names looked up, and a copy of their events. A batch that comes
// again as it was, while no run came or went, is taken as it is known.
import type { EventBatch } from "../model/engine.js";
import type { PackedNames } from "../model/ports.js";
import type { Core } from "./core.js";
import type { OpenRun } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";
import { NO_HANDLE } from "./run-state.js";

/** What a call keeps of a batch, since the caller may reuse the batch at once. It does not change any more. */
export type BatchCopy = Pick<EventBatch, "count" | "records" | "payloadIndex" | "payloadBytes">;

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

/** Event name that the program does not know. */
export const NO_EVENT = -1;

interface KnownBatch {
  version: number | undefined;
  copy: BatchCopy | undefined;
  runIds: readonly string[];
  runCount: number;
  eventNames: readonly string[];
  eventCount: number;
  /** `RunTable.version` and `Core.kernelCount` when the names were looked up. */
  tableVersion: number;
  kernelCount: number;
  names: BatchNames | undefined;
}

export class BatchDirectory {
  readonly #known = new WeakMap<EventBatch, KnownBatch>();

  lookUp({ runs: openRuns, kernelCount }: Pick<Core, "runs" | "kernelCount">, batch: EventBatch): BatchNames {
    const known = this.#find(batch);
    const { runIds, eventNames } = batch;
    const isSame =
      known.runIds === runIds && known.runCount === runIds.length && known.eventNames === eventNames && known.eventCount === eventNames.length;
    if (known.names !== undefined && isSame && known.tableVersion === openRuns.version && known.kernelCount === kernelCount) return known.names;
    const runs = runIds.map((runId) => openRuns.get(runId));
    const eventTables = mapEvents(runs, eventNames);
    known.names = { runs, eventTables, isComplete: !runs.includes(undefined), direct: nameDirectly(runs, eventTables[0], kernelCount) };
    known.runIds = runIds;
    known.runCount = runIds.length;
    known.eventNames = eventNames;
    known.eventCount = eventNames.length;
    known.tableVersion = openRuns.version;
    known.kernelCount = kernelCount;
    return known.names;
  }

  /** The batch as it is now: the same object as long as the batch has not changed. */
  copy(batch: EventBatch): BatchCopy {
    const known = this.#find(batch);
    const { count, version, records, payloadIndex, payloadBytes } = batch;
    if (known.copy !== undefined && version !== undefined && known.version === version) return known.copy;
    known.version = version;
    known.copy = { count, records: records.slice(0, count * 2), payloadIndex: payloadIndex.slice(), payloadBytes: payloadBytes.slice() };
    return known.copy;
  }

  #find(batch: EventBatch): KnownBatch {
    let known = this.#known.get(batch);
    if (known === undefined) {
      const nothing: readonly string[] = [];
      known = {
        version: undefined,
        copy: undefined,
        runIds: nothing,
        runCount: 0,
        eventNames: nothing,
        eventCount: 0,
        tableVersion: 0,
        kernelCount: 0,
        names: undefined,
      };
      this.#known.set(batch, known);
    }
    return known;
  }
}

function nameDirectly(runs: readonly (OpenRun | undefined)[], eventTable: Int32Array | undefined, kernelCount: number): DirectNames | undefined {
  const first = runs[0];
  if (first === undefined || eventTable === undefined || first.program.forms !== undefined) return undefined;
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
