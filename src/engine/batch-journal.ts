// Events of packed calls to runs of durability `none`, kept as they came: a segment a call, no work per event. They move to
// the logs of their runs when somebody asks for one of these or adds to it, in the order in which they were stepped.
import { seedAt } from "../base/prng.js";
import { EntryKind } from "../model/history.js";
import type { OpenRun } from "./open-run.js";

/** The events of one call that were recorded. All arrays belong to the journal from now on. */
export interface JournalSegment {
  readonly count: number;
  /** Two numbers per event: index into `runs`, index into the run's event table. */
  readonly records: Uint32Array;
  readonly runs: readonly (OpenRun | undefined)[];
  readonly eventTables: readonly Int32Array[];
  readonly now: number;
  readonly seed: number;
}

export class BatchJournal {
  #segments: JournalSegment[] = [];

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  add(segment: JournalSegment): void {
    this.#segments.push(segment);
  }

  /** Writes what is here into the logs of the runs. O(events since the last time). */
  spill(): void {
    const segments = this.#segments;
    this.#segments = [];
    for (const { count, records, runs, eventTables, now, seed } of segments) {
      for (let index = 0; index < count; index += 1) {
        const runIndex = records[index * 2] as number;
        const id = eventTables[runIndex]?.[records[index * 2 + 1] as number] ?? -1;
        if (id >= 0) runs[runIndex]?.log?.append(EntryKind.EVENT, false, id, now, seedAt(seed, index), undefined);
      }
    }
  }
}
