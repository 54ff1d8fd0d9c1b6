// The open runs by id. A run that only rests is parked: kept as a row of numbers instead of an object of forty fields,
// and made again when somebody asks for it. Of a parked run nobody holds the object that it was.
import type { RunRecord } from "../model/run-record.js";
import { EntryKind } from "../model/history.js";
import type { BatchJournal } from "./batch-journal.js";
import { OpenRun } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";
import { VolatileLog } from "./volatile-log.js";

/** A run of durability `none` that was started and has done nothing since. */
export interface RestingRun {
  readonly program: LoadedProgram;
  /** `packVersions`. */
  readonly versions: number;
  /** The kernel's name for it. */
  readonly handle: number;
  /** The time of its start, ms since 1970, and that event's seed and payload. */
  readonly startedAt: number;
  readonly seed: number;
  readonly payload: Uint8Array;
}

/** Rows that are made room for at first. */
const ROW_COUNT_MIN = 64;

export class RunTable {
  /** Changes whenever a run comes or goes, or gets a place in the kernel. */
  version = 0;
  readonly #journal: BatchJournal;
  /** An open run, or the number of a parked one's row. */
  readonly #runs = new Map<string, OpenRun | number>();
  readonly #parked = new ParkedRows();

  constructor(journal: BatchJournal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#runs.size;
  }

  has(runId: string): boolean {
    return this.#runs.has(runId);
  }

  get(runId: string): OpenRun | undefined {
    const found = this.#runs.get(runId);
    return typeof found === "number" ? this.#wake(runId, found) : found;
  }

  set(runId: string, run: OpenRun): void {
    this.version += 1;
    this.#runs.set(runId, run);
  }

  /** Takes in a run without ever making its object. */
  park(runId: string, run: RestingRun): void {
    this.version += 1;
    this.#runs.set(runId, this.#parked.add(run));
  }

  delete(runId: string): void {
    this.version += 1;
    const found = this.#runs.get(runId);
    if (typeof found === "number") this.#parked.take(found);
    this.#runs.delete(runId);
  }

  /** Every run; parked ones are made again. */
  *values(): Iterable<OpenRun> {
    for (const [runId, found] of this.#runs) yield typeof found === "number" ? this.#wake(runId, found) : found;
  }

  /** The runs that are not parked: only they can have anything open, waiting or listened to. */
  *awake(): Iterable<OpenRun> {
    for (const found of this.#runs.values()) if (typeof found !== "number") yield found;
  }

  /** The records of the runs of durability `none`. */
  *volatileRecords(): Iterable<RunRecord> {
    for (const [runId, found] of this.#runs) {
      if (typeof found === "number") yield describeResting(runId, this.#parked.at(found));
      else if (found.isVolatile) yield found.toRecord();
    }
  }

  #wake(runId: string, row: number): OpenRun {
    const { program, versions, handle, startedAt, seed, payload } = this.#parked.take(row);
    const log = new VolatileLog();
    log.add(EntryKind.START, false, versions, startedAt, seed, payload);
    const run = new OpenRun(program, { runId, durability: "none", startedAt, versions, journal: this.#journal, log });
    run.handle = handle;
    run.status = "waiting";
    this.#runs.set(runId, run);
    return run;
  }
}

function describeResting(runId: string, { program, startedAt }: RestingRun): RunRecord {
  const { name: workflow, identity } = program.workflow;
  return { runId, workflow, identity, status: "waiting", startedAt, updatedAt: startedAt, tags: [], seq: 1 };
}

/** Parked runs, column by column. */
class ParkedRows {
  #count = 0;
  readonly #free: number[] = [];
  readonly #programs: (LoadedProgram | undefined)[] = [];
  readonly #payloads: (Uint8Array | undefined)[] = [];
  #handles = new Uint32Array(ROW_COUNT_MIN);
  #seeds = new Uint32Array(ROW_COUNT_MIN);
  #versions = new Uint32Array(ROW_COUNT_MIN);
  #startedAt = new Float64Array(ROW_COUNT_MIN);

  /** Returns the row's number. */
  add({ program, versions, handle, startedAt, seed, payload }: RestingRun): number {
    const row = this.#free.pop() ?? this.#count++;
    if (row === this.#handles.length) this.#grow();
    this.#programs[row] = program;
    this.#payloads[row] = payload;
    this.#handles[row] = handle;
    this.#seeds[row] = seed;
    this.#versions[row] = versions;
    this.#startedAt[row] = startedAt;
    return row;
  }

  at(row: number): RestingRun {
    return {
      program: this.#programs[row] as LoadedProgram,
      payload: this.#payloads[row] as Uint8Array,
      versions: this.#versions[row] as number,
      handle: this.#handles[row] as number,
      startedAt: this.#startedAt[row] as number,
      seed: this.#seeds[row] as number,
    };
  }

  take(row: number): RestingRun {
    const run = this.at(row);
    this.#programs[row] = undefined;
    this.#payloads[row] = undefined;
    this.#free.push(row);
    return run;
  }

  #grow(): void {
    const length = this.#handles.length * 2;
    this.#handles = copyInto(new Uint32Array(length), this.#handles);
    this.#seeds = copyInto(new Uint32Array(length), this.#seeds);
    this.#versions = copyInto(new Uint32Array(length), this.#versions);
    this.#startedAt = copyInto(new Float64Array(length), this.#startedAt);
  }
}

function copyInto<A extends Uint32Array | Float64Array>(larger: A, array: A): A {
  larger.set(array);
  return larger;
}
