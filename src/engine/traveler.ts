// `run.at(seq)`: a run as it was after an entry of its history, by replay. Of the last runs that were looked at the replay stays where it is, with
// snapshots behind it, so that the next look, as a slider is dragged, is a short way. Nothing is performed.
import type { RunStep } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";
import { isEnded, type RunStatus } from "../model/status.js";
import { readCall, tellInput } from "./asked-call.js";
import { describeAwaits } from "./awaits.js";
import { decodeCheckpoint, encodeCheckpoint, isAtRest } from "./checkpoint.js";
import { type Core, isKernelFull } from "./core.js";
import { historyCutError, unknownStepError } from "./errors.js";
import { REPLAY_SLICE_STEPS, TRIP_ENTRIES_MAX, TRIP_IDLE_MS, TRIPS_KEPT_MAX } from "./limits.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";
import type { FoundRun, Reader, SettledRun } from "./reader.js";
import { type Reach, type Replay, reachBefore } from "./replay.js";
import { childRunId, nameStates } from "./run-events.js";
import { type OpenCommand, OpenKind, type RunState } from "./run-state.js";
import { StepSnapshots } from "./step-snapshots.js";

export class Traveler {
  readonly #core: Core;
  readonly #reader: Reader;
  /** By run, the last looked at behind the others. */
  readonly #trips = new Map<string, Trip>();

  constructor(core: Core, reader: Reader) {
    this.#core = core;
    this.#reader = reader;
  }

  /** Number of runs that something is kept of. */
  get tripCount(): number {
    return this.#trips.size;
  }

  /** Looks of one run are taken in turn. Rejects with `run/unknown-step`, `run/history-cut`, `run/unknown`. */
  async at(runId: string, seq: number): Promise<RunStep> {
    const { found, reach } = await this.#reader.findSettled(runId);
    checkStep(found, seq);
    if (seq === 0) return describeBeginning(found);
    const trip = this.#open(found, await found.program());
    return trip.look({ found, reach }, seq);
  }

  /** The run is no more, or is another one. */
  forget(runId: string): void {
    this.#trips.get(runId)?.close();
    this.#trips.delete(runId);
  }

  close(): void {
    for (const runId of [...this.#trips.keys()]) this.forget(runId);
  }

  #open({ record }: FoundRun, program: LoadedProgram): Trip {
    const { runId } = record;
    let trip = this.#trips.get(runId);
    // A deleted run's id may be another one's.
    if (trip !== undefined && (trip.startedAt !== record.startedAt || trip.program !== program)) this.forget(runId);
    trip = this.#trips.get(runId) ?? new Trip(this.#core, this.#reader, program, record.startedAt, () => this.forget(runId));
    this.#trips.delete(runId);
    this.#trips.set(runId, trip);
    for (const oldest of this.#trips.keys()) {
      if (this.#trips.size <= TRIPS_KEPT_MAX) break;
      this.forget(oldest);
    }
    return trip;
  }
}

/** Throws `run/unknown-step`, or `run/history-cut` where the step can no longer be replayed. */
export function checkStep({ record, pastSeq }: FoundRun, seq: number): void {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > record.seq) throw unknownStepError(record.runId, seq, record.seq);
  if (seq < pastSeq) throw historyCutError(record.runId, pastSeq);
}

/** One run, its history, and where its replay stands. */
class Trip {
  readonly startedAt: number;
  readonly program: LoadedProgram;
  readonly #core: Core;
  readonly #reader: Reader;
  readonly #onIdle: () => void;
  #snapshots = new StepSnapshots();
  /** After entry `#baseSeq`, without gaps; -1: none. */
  #entries: HistoryEntry[] = [];
  #baseSeq = -1;
  /** The run after entry `#baseSeq`; undefined where that is 0. */
  #base: Uint8Array | undefined;
  #replay: Replay | undefined;
  #kernelCount = 0;
  #looks: Promise<unknown> = Promise.resolve();
  #stopIdle: (() => void) | undefined;
  #isClosed = false;
  #lookCount = 0;

  constructor(core: Core, reader: Reader, program: LoadedProgram, startedAt: number, onIdle: () => void) {
    this.#core = core;
    this.#reader = reader;
    this.program = program;
    this.startedAt = startedAt;
    this.#onIdle = onIdle;
  }

  look(run: SettledRun, seq: number): Promise<RunStep> {
    this.#stopIdle?.();
    this.#lookCount += 1;
    const look = this.#looks.then(() => this.#reader.insist(() => this.#look(run, seq)));
    this.#looks = look.then(this.#rest, this.#rest);
    return look;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopIdle?.();
    if (this.#lookCount === 0) this.#drop();
  }

  readonly #rest = (): void => {
    this.#lookCount -= 1;
    if (this.#lookCount > 0) return;
    if (this.#isClosed) this.#drop();
    else this.#stopIdle = this.#core.clock.schedule(TRIP_IDLE_MS, this.#onIdle);
  };

  async #look({ found, reach }: SettledRun, seq: number): Promise<RunStep> {
    const isLong = found.record.seq - found.pastSeq > TRIP_ENTRIES_MAX;
    await this.#read(found, seq, isLong);
    const { kernelCount } = this.#core;
    const replay = this.#begin(found.record.runId, seq);
    try {
      const entries = isLong ? await found.after(replay.state.seq) : this.#keptAfter(replay.state.seq);
      let steps = 0;
      for (const _step of this.#play(replay, entries, seq, reach)) if (++steps % REPLAY_SLICE_STEPS === 0) await this.#reader.breathe(kernelCount);
      return describeStep(found.record.runId, replay.state, this.#core.kernel);
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  /** Makes sure that the run before `seq` is known from somewhere on, and that the entries up to `seq`, and the one behind it, are here unless they are many. */
  async #read(found: FoundRun, seq: number, isLong: boolean): Promise<void> {
    if (this.#baseSeq < 0 || this.#baseSeq > seq || this.#baseSeq < found.pastSeq) {
      let past = await found.past("recent");
      if (past.seq > seq) past = await found.past("whole");
      this.#baseSeq = past.seq;
      this.#base = past.checkpoint;
      this.#entries = isLong ? [] : [...past.entries];
    }
    if (isLong) {
      this.#entries = [];
      return;
    }
    const known = this.#baseSeq + this.#entries.length;
    if (Math.min(found.record.seq, seq + 1) > known) for (const entry of await found.after(known)) this.#entries.push(entry);
  }

  *#keptAfter(seq: number): Iterable<HistoryEntry> {
    for (let at = seq - this.#baseSeq; at < this.#entries.length; at += 1) yield this.#entries[at] as HistoryEntry;
  }

  /** The replay that is the nearest before `seq`: the one in hand, or one from a snapshot. */
  #begin(runId: string, seq: number): Replay {
    const snapshot = this.#snapshots.before(seq);
    const from = snapshot !== undefined && snapshot.seq >= this.#baseSeq ? snapshot : { seq: this.#baseSeq, bytes: this.#base };
    if (this.#kernelCount !== this.#core.kernelCount) this.#drop();
    const stand = this.#replay?.state.seq ?? -1;
    const isNear = stand >= Math.max(this.#baseSeq, from.seq - this.#snapshots.interval);
    if (this.#replay !== undefined && stand <= seq && isNear) return this.#replay;
    this.#drop();
    this.#kernelCount = this.#core.kernelCount;
    this.#replay = this.#reader.begin(this.program, { runId, checkpoint: from.bytes && decodeCheckpoint(from.bytes) });
    return this.#replay;
  }

  /** `entries`: what comes next. `reach`: how far the run has gone after the last of them. */
  *#play(replay: Replay, entries: Iterable<HistoryEntry>, seq: number, reach: Reach): Generator<void> {
    const { state } = replay;
    let entry: HistoryEntry | undefined;
    for (const next of entries) {
      yield* this.#playOne(replay, entry, reachBefore(next));
      if (state.seq === seq) return;
      entry = next;
    }
    yield* this.#playOne(replay, entry, reach);
    if (state.seq < seq) throw new WorkflowError("store/damaged", `History entry ${state.seq + 1} is missing`, { details: { seq: state.seq + 1 } });
  }

  *#playOne(replay: Replay, entry: HistoryEntry | undefined, reach: Reach): Generator<void> {
    if (entry === undefined) {
      yield* replay.goOn(reach);
      return;
    }
    yield* replay.playOne(entry, reach);
    if (this.#snapshots.isWanted(entry.seq) && isAtRest(replay.state)) this.#keep(replay);
  }

  #keep({ state, versions }: Replay): void {
    try {
      this.#snapshots.add(state.seq, encodeCheckpoint(state, versions, this.#core.kernel.snapshot(state.handle)));
    } catch (error) {
      // Without memory for one the way back is longer.
      if (!isKernelFull(error)) throw error;
    }
  }

  #drop(): void {
    const replay = this.#replay;
    this.#replay = undefined;
    if (replay === undefined) return;
    if (this.#kernelCount !== this.#core.kernelCount || this.#core.isClosed) this.program.userCount -= 1;
    else this.#reader.end(this.program, replay);
  }
}

function describeBeginning({ record }: FoundRun): RunStep {
  return { seq: 0, time: record.startedAt, status: "scheduled", states: [], context: {}, openTasks: [], timers: [] };
}

function describeStep(runId: string, state: RunState, kernel: Core["kernel"]): RunStep {
  const { program, handle } = state;
  const status = statusOf(state);
  const open = state.ending === undefined ? [...(state.open?.values() ?? [])].filter(({ isAnswered }) => !isAnswered) : [];
  return {
    seq: state.seq,
    time: state.lastNow,
    status,
    states: nameStates(program, kernel.activeNodes(handle)),
    context: decodePayload(kernel.context(handle)) as Record<string, unknown>,
    ...(!isEnded(status) && { awaits: describeAwaits(state, kernel) }),
    openTasks: open.filter(({ kind }) => kind !== OpenKind.TIMER).map((each) => describeTask(runId, program, each)),
    timers: open
      .filter(({ kind }) => kind === OpenKind.TIMER)
      .map(({ visit, due }) => ({ visit, due }))
      .sort((a, b) => a.due - b.due),
  };
}

function describeTask(runId: string, program: LoadedProgram, open: OpenCommand): RunStep["openTasks"][number] {
  const { visit, item, attempt, kind, serial } = open;
  return {
    task: readCall(program, open).task,
    visit,
    ...(item > 0 && { item: item - 1 }),
    ...(attempt > 1 && { attempt }),
    input: tellInput(program, open),
    ...(kind === OpenKind.WORKFLOW && { runId: childRunId(runId, serial) }),
  };
}

/** What the history says of it: not that it waits for a place, nor that a canceled task has still to end. */
function statusOf(state: RunState): RunStatus {
  if (state.ending !== undefined) return state.ending.status;
  if (state.isWindingDown) return "canceling";
  if (state.isPaused) return state.workCount > 0 ? "pausing" : "paused";
  if (state.isCanceled) return "canceling";
  return state.isYielded || state.workCount > 0 ? "running" : "waiting";
}
