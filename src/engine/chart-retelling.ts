// Begins a run of a state diagram that is told what another was told, as far as it fits: events in their order, each answer in its turn, or as soon as it is asked
// for where that is later. What nobody asks for is never told.
import { EntryKind, type HistoryEntry } from "../model/history.js";
import type { ClockPort, KernelPort } from "../model/ports.js";
import { AskNames, isAsking, type ToldStep } from "./chart-memory.js";
import { RETELLING_CONTINUES_MAX } from "./limits.js";
import type { LoadedProgram } from "./program-table.js";
import { Replay } from "./replay.js";
import type { RunState } from "./run-state.js";

export interface ChartRetellingOptions {
  readonly runId: string;
  /** `packVersions`. */
  readonly versions: number;
  /** Of START: a wire value. */
  readonly payload: Uint8Array;
  readonly steps: readonly ToldStep[];
  /** The new run's own. */
  readonly state: RunState;
  readonly clock: Pick<ClockPort, "now" | "seed">;
}

/** Steps the new run; `state` is it then. Yields between kernel calls; the entries of its history are complete at the end. */
export class ChartRetelling {
  readonly entries: HistoryEntry[] = [];
  readonly #options: ChartRetellingOptions;
  readonly #program: LoadedProgram;
  readonly #replay: Replay;
  /** Open asks by name: their serials. */
  readonly #asked = new Map<string, number>();
  /** Answers whose turn has passed unasked, by name. */
  readonly #early = new Map<string, ToldStep>();
  /** Of those, what has been asked for since. */
  #due: string[] = [];

  /** Throws what `Replay` throws. */
  constructor(kernel: KernelPort, program: LoadedProgram, options: ChartRetellingOptions) {
    this.#options = options;
    this.#program = program;
    const names = new AskNames(program);
    this.#replay = new Replay(kernel, program, {
      runId: options.runId,
      state: options.state,
      probe: {
        outcome: () => undefined,
        command: (command, open) => {
          if (open === undefined || !isAsking(command)) return;
          const name = names.name(open);
          this.#asked.set(name, open.serial);
          if (this.#early.has(name)) this.#due.push(name);
        },
      },
    });
  }

  *play(): Generator<void> {
    const { versions, payload, clock, steps, state } = this.#options;
    const now = clock.now();
    yield* this.#tell(EntryKind.START, versions, payload, now);
    for (const step of steps) {
      // Where it does not come to rest it goes on by itself.
      if (state.ending !== undefined || state.isYielded) return;
      if (step.kind === EntryKind.EVENT) {
        const id = this.#program.eventIndexes.get(step.about);
        if (id !== undefined) yield* this.#tell(step.kind, id, step.payload, now);
      } else if (this.#asked.has(step.about)) yield* this.#answer(step, now);
      else this.#early.set(step.about, step);
      yield* this.#answerDue(now);
    }
  }

  /** Gives the run back to the kernel. */
  release(): void {
    this.#replay.release();
  }

  *#answerDue(now: number): Generator<void> {
    while (this.#due.length > 0 && this.#options.state.ending === undefined && !this.#options.state.isYielded) {
      const name = this.#due.shift() as string;
      const step = this.#early.get(name);
      this.#early.delete(name);
      if (step !== undefined) yield* this.#answer(step, now);
    }
  }

  *#answer({ kind, about, payload }: ToldStep, now: number): Generator<void> {
    const serial = this.#asked.get(about);
    // It may have been canceled since.
    if (serial !== undefined && this.#options.state.open?.has(serial) === true) yield* this.#tell(kind, serial, payload, now);
  }

  #tell(kind: EntryKind, id: number, payload: Uint8Array | undefined, now: number): Generator<void> {
    const seed = this.#options.clock.seed();
    const entry: HistoryEntry = { seq: this.entries.length + 1, kind, isHeld: false, id, now, seed, ...(payload !== undefined && { payload }) };
    this.entries.push(entry);
    return this.#replay.playOne(entry, { continues: RETELLING_CONTINUES_MAX, held: Infinity });
  }
}
