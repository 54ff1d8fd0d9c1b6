// Begins a run that is told at once what another was told: each answer that the other had is given as soon as it is asked for, in the
// order in which the answers came then. It ends where something is asked for that the other run does not know.
import { Heap, type Ranked } from "../base/heap.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import type { ClockPort, KernelPort } from "../model/ports.js";
import type { LoadedProgram } from "./program-table.js";
import { Replay } from "./replay.js";
import type { RunMemory, Told } from "./run-memory.js";
import type { RunState } from "./run-state.js";
import { VisitWatch } from "./visits.js";

export interface RetellingOptions {
  readonly runId: string;
  /** `packVersions`. */
  readonly versions: number;
  /** Of START: a wire value. */
  readonly payload: Uint8Array;
  readonly memory: RunMemory;
  /** The new run's own. */
  readonly state: RunState;
  readonly clock: Pick<ClockPort, "now" | "seed">;
}

interface Known extends Ranked {
  readonly told: Told;
  /** Of the command that it answers; events answer none. */
  readonly serial: number | undefined;
}

/** Steps the new run; `state` is it then. Yields between slices; the entries of its history are complete at the end. */
export class Retelling {
  readonly entries: HistoryEntry[] = [];
  readonly #options: RetellingOptions;
  readonly #replay: Replay;
  readonly #watch: VisitWatch;
  /** What can be told now: what came first then comes first. */
  readonly #known = new Heap<Known>();
  #order = 0;

  /** Throws what `Replay` throws. */
  constructor(kernel: KernelPort, program: LoadedProgram, options: RetellingOptions) {
    this.#options = options;
    const { memory, runId, state } = options;
    this.#watch = new VisitWatch(program, {
      asked: (visit, name, { serial }) => this.#add(memory.recall(visit, name), serial),
      awaits: (visit, name) => this.#add(memory.recall(visit, name), undefined),
    });
    this.#replay = new Replay(kernel, program, { runId, state, watch: this.#watch });
  }

  *play(): Generator<void> {
    const { versions, payload, clock } = this.#options;
    const now = clock.now();
    yield* this.#tell(EntryKind.START, versions, payload, now);
    for (let known = this.#take(); known !== undefined && this.#options.state.ending === undefined; known = this.#take()) {
      const { told, serial } = known;
      if (serial !== undefined && this.#options.state.open?.has(serial) !== true) continue;
      yield* this.#tell(told.kind, serial ?? told.id, told.payload, now);
    }
  }

  /** Gives the run back to the kernel. */
  release(): void {
    this.#replay.release();
  }

  #tell(kind: EntryKind, id: number, payload: Uint8Array | undefined, now: number): Generator<void> {
    const seed = this.#options.clock.seed();
    const entry: HistoryEntry = { seq: this.entries.length + 1, kind, isHeld: false, id, now, seed, ...(payload !== undefined && { payload }) };
    this.entries.push(entry);
    return this.#replay.playOne(entry);
  }

  #add(told: Told | undefined, serial: number | undefined): void {
    if (told !== undefined) this.#known.add({ rank: told.seq, order: this.#order++, told, serial });
  }

  #take(): Known | undefined {
    this.#watch.settle();
    return this.#known.take();
  }
}
