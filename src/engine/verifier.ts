// `run.verify()`: replays a history and looks whether it is what such a run would have recorded. Three replays go side by side, entry by entry: one
// is told what is recorded, and traced where there is something to hold against what it tells; one is told what the entries say (retold-entries.ts);
// one begins with the checkpoint. So the first entry where anything parts is found, in memory that does not grow with the history.
import type { DifferenceKind, RunEvent, Verification, VerifyOptions } from "../model/engine.js";
import type { HistoryEntry } from "../model/history.js";
import { EntryKind } from "../model/history.js";
import { CommandKind } from "../model/kernel-words.js";
import { decodeCheckpoint, encodeCheckpoint, isAtRest } from "./checkpoint.js";
import { type Core, isKernelFull } from "./core.js";
import { isRecorded } from "./direct-call.js";
import { REPLAY_SLICE_STEPS } from "./limits.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";
import { type FoundRun, type Reader, type SettledRun, upTo } from "./reader.js";
import { checkVersions, type Reach, type Replay, reachBefore, type ReplayOptions } from "./replay.js";
import { areSameBytes, areSameEntries, isAnswer, readStatement, Recorder } from "./retold-entries.js";
import { decodeError, tellEnd } from "./run-events.js";
import { NO_HANDLE } from "./run-state.js";
import { areSameValues } from "./same-values.js";
import type { Past } from "./volatile-log.js";

type Difference = Extract<Verification, { isSame: false }>;
type Against = "checkpoint" | "run" | "record" | "told";

/** Commands that only a traced run gives. */
const TRACES: ReadonlySet<number> = new Set([CommandKind.STATE_ENTERED, CommandKind.STATE_EXITED, CommandKind.TRANSITION_TAKEN, CommandKind.VARIABLE_SET, CommandKind.ITEMS_STARTED]);

export class Verifier {
  readonly #core: Core;
  readonly #reader: Reader;

  constructor(core: Core, reader: Reader) {
    this.#core = core;
    this.#reader = reader;
  }

  /** Rejects with `run/unknown`, `run/version-unsupported`. O(length of the history). */
  async verify(runId: string, { told }: VerifyOptions): Promise<Verification> {
    return this.#reader.insist(async () => {
      const run = await this.#reader.findSettled(runId);
      // Before anything else is waited for: the run goes on.
      const live = this.#readLive(run.found);
      const program = await run.found.program();
      const [whole, recent] = [await run.found.past("whole"), await run.found.past("recent")];
      const comparison = new Comparison(this.#core, this.#reader, program, { run, live, whole, recent, told });
      try {
        return await comparison.compare();
      } finally {
        comparison.end();
      }
    });
  }

  /** The open run as a checkpoint of it would be; undefined where this engine has none. */
  #readLive({ open }: FoundRun): Uint8Array | undefined {
    if (open === undefined || open.handle === NO_HANDLE || open.isYielded || open.ending !== undefined) return undefined;
    try {
      return encodeCheckpoint(open, open.versions, this.#core.kernel.snapshot(open.handle));
    } catch (error) {
      if (!isKernelFull(error)) throw error;
      return undefined;
    }
  }
}

interface Known {
  readonly run: SettledRun;
  readonly live: Uint8Array | undefined;
  readonly whole: Past;
  readonly recent: Past;
  readonly told: readonly RunEvent[] | undefined;
}

/** What a step of one replay gave, in a form that can be compared. */
class Strand {
  readonly replay: Replay;
  readonly recorder: Recorder;
  firstOutcome: number | undefined;
  /** Traces are kept only where two traced replays are compared: a long step has millions. */
  areTracesKept = false;
  #given: unknown[] = [];

  constructor(begin: (options: ReplayOptions) => Replay, program: LoadedProgram, options: ReplayOptions) {
    this.recorder = new Recorder(program);
    this.replay = begin({
      ...options,
      probe: {
        outcome: (outcome) => {
          this.firstOutcome ??= outcome;
          this.#given.push(outcome);
        },
        command: ({ kind, a, b, flags, time, payload }, open) => {
          if (open !== undefined && isAsk(kind)) this.recorder.note(open);
          if (this.areTracesKept || !TRACES.has(kind)) this.#given.push({ kind, a, b, flags, time, payload });
        },
      },
    });
    for (const open of this.replay.state.open?.values() ?? []) this.recorder.note(open);
  }

  /** What came since the last call. */
  take(): readonly unknown[] {
    const given = this.#given;
    this.#given = [];
    return given;
  }
}

class Comparison {
  readonly #core: Core;
  readonly #reader: Reader;
  readonly #program: LoadedProgram;
  readonly #known: Known;
  readonly #kernelCount: number;
  readonly #strands: Strand[] = [];
  readonly #against = new Set<Against>(["record"]);
  #difference: Difference | undefined;
  #toldAt = 0;
  #stepCount = 0;

  constructor(core: Core, reader: Reader, program: LoadedProgram, known: Known) {
    this.#core = core;
    this.#reader = reader;
    this.#program = program;
    this.#known = known;
    this.#kernelCount = core.kernelCount;
    if (known.told !== undefined) this.#against.add("told");
  }

  async compare(): Promise<Verification> {
    const { run, whole, told } = this.#known;
    const begin = whole.checkpoint && decodeCheckpoint(whole.checkpoint);
    const recorded = this.#begin({ checkpoint: begin, isTold: told !== undefined });
    const retold = this.#begin({ checkpoint: begin });
    let entry: HistoryEntry | undefined;
    for (const next of upTo(whole.entries, run.found.record.seq)) {
      if (entry !== undefined) await this.#step(entry, reachBefore(next), recorded, retold);
      if (this.#difference !== undefined) return this.#difference;
      entry = next;
    }
    if (entry !== undefined) await this.#step(entry, run.reach, recorded, retold);
    if (this.#difference === undefined) this.#compareEnd(recorded);
    return this.#difference ?? { isSame: true, pastSeq: whole.seq, steps: recorded.replay.state.seq - whole.seq, against: [...this.#against] };
  }

  end(): void {
    for (const { replay } of this.#strands) this.#reader.end(this.#program, replay);
  }

  #begin(options: Partial<ReplayOptions>): Strand {
    const { runId } = this.#known.run.found.record;
    const strand = new Strand((all) => this.#reader.begin(this.#program, all), this.#program, { runId, ...options });
    this.#strands.push(strand);
    return strand;
  }

  #differ(seq: number, what: DifferenceKind, expected: unknown, found: unknown): void {
    this.#difference ??= { isSame: false, seq, what, expected, found };
  }

  async #step(entry: HistoryEntry, reach: Reach, recorded: Strand, retold: Strand): Promise<void> {
    const { state } = recorded.replay;
    const { seq } = entry;
    if (seq !== state.seq + 1 || (seq === 1) !== (entry.kind === EntryKind.START)) return this.#differ(state.seq + 1, "entry", null, describeEntry(entry));
    if (entry.kind === EntryKind.START) checkVersions(this.#known.run.found.record.runId, entry.id, this.#program);
    if (state.ending !== undefined) return this.#differ(seq, "entry", null, describeEntry(entry));
    const statement = readStatement(entry, state);
    const again = statement && retold.recorder.record(statement, entry, retold.replay.state);
    if (again === undefined || !areSameEntries(again, entry)) return this.#differ(seq, "entry", again === undefined ? null : describeEntry(again), describeEntry(entry));
    await this.#playBeside(seq, [entry, again, entry], reach);
    if (this.#difference !== undefined) return;
    if (!this.#wasTaken(entry, recorded)) return this.#differ(seq, "entry", null, describeEntry(entry));
    this.#compareTold(recorded.replay.takeEvents());
    if (this.#difference === undefined) this.#compareCheckpoint(seq, recorded);
  }

  /** Plays an entry in each replay, one call of the kernel after the other. `entries`: what each is told. */
  async #playBeside(seq: number, entries: readonly HistoryEntry[], reach: Reach): Promise<void> {
    const plays = this.#strands.map((strand, index) => {
      strand.firstOutcome = undefined;
      return strand.replay.playOne(entries[index] as HistoryEntry, reach);
    });
    for (;;) {
      const areDone = plays.map((play) => play.next().done === true);
      const [expected = [], retold = [], restored] = this.#strands.map((strand) => strand.take());
      this.#compareSteps(seq, restored === undefined ? expected : expected.filter(isUntraced), retold);
      if (restored !== undefined) this.#compareSteps(seq, expected, restored);
      if (this.#difference === undefined && new Set(areDone).size > 1) this.#differ(seq, "commands", areDone[0], !areDone[0]);
      if (this.#difference !== undefined || areDone[0] === true) return;
      this.#stepCount += 1;
      if (this.#stepCount % REPLAY_SLICE_STEPS === 0) await this.#reader.breathe(this.#kernelCount);
    }
  }

  /** Only what the kernel took stands in a history; what was held is looked at when it is released. */
  #wasTaken({ kind, isHeld }: HistoryEntry, { firstOutcome }: Strand): boolean {
    const isStepped = !isHeld && (kind === EntryKind.START || kind === EntryKind.EVENT || kind === EntryKind.CANCEL || isAnswer(kind));
    return !isStepped || (firstOutcome !== undefined && isRecorded(firstOutcome));
  }

  #compareSteps(seq: number, expected: readonly unknown[], found: readonly unknown[]): void {
    if (this.#difference !== undefined || areSameValues(expected, found)) return;
    const at = expected.findIndex((given, index) => !areSameValues(given, found[index]));
    this.#differ(seq, "commands", expected[at < 0 ? expected.length : at] ?? null, found[at < 0 ? expected.length : at] ?? null);
  }

  /** What was told begins and ends where the listener did; what a `checkpoint` sums up was not told. */
  #compareTold(events: readonly RunEvent[]): void {
    const { told } = this.#known;
    if (told === undefined || this.#difference !== undefined) return;
    const [first] = told;
    const isCut = first?.type === "checkpoint";
    if (isCut && this.#toldAt === 0) this.#toldAt = 1;
    for (const event of events) {
      const expected = told[this.#toldAt];
      if (expected === undefined || first === undefined) return;
      if (event.seq < first.seq || (isCut && event.seq === first.seq)) continue;
      if (!areSameValues(expected, event)) return this.#differ(Math.min(expected.seq, event.seq), "told", expected, event);
      this.#toldAt += 1;
    }
  }

  /** Where the last checkpoint was taken: is it the same? From there on it is played too. */
  #compareCheckpoint(seq: number, { replay }: Strand): void {
    const { recent } = this.#known;
    if (recent.checkpoint === undefined || recent.seq !== seq) return;
    this.#against.add("checkpoint");
    const found = isAtRest(replay.state) ? encode(replay, this.#core) : undefined;
    if (!areSameBytes(recent.checkpoint, found)) return this.#differ(seq, "checkpoint", recent.checkpoint, found ?? null);
    const isTraced = this.#known.told !== undefined;
    this.#begin({ checkpoint: decodeCheckpoint(recent.checkpoint), isTraced });
    if (isTraced) for (const index of [0, 2]) (this.#strands[index] as Strand).areTracesKept = true;
  }

  #compareEnd(recorded: Strand): void {
    const { run, live } = this.#known;
    const { record } = run.found;
    const { state } = recorded.replay;
    if (state.seq !== record.seq) return this.#differ(Math.min(state.seq, record.seq) + 1, "record", record.seq, state.seq);
    if (live !== undefined) {
      this.#against.add("run");
      const found = state.ending === undefined && !state.isYielded ? encode(recorded.replay, this.#core) : undefined;
      if (!areSameBytes(live, found)) return this.#differ(state.seq, "run", live, found ?? null);
    }
    this.#compareReplays(recorded.replay);
    this.#compareRecord(recorded.replay);
    if (state.ending !== undefined && record.endedAt !== undefined) this.#compareTold([tellEnd(state, record)]);
    const rest = this.#known.told?.[this.#toldAt];
    if (rest !== undefined && rest.seq <= record.seq && (rest.type !== "ended" || state.ending !== undefined)) this.#differ(rest.seq, "told", rest, null);
  }

  /** However it was replayed, the run is the same in the end. */
  #compareReplays(recorded: Replay): void {
    const { state } = recorded;
    for (const { replay } of this.#strands.slice(1)) {
      if (!areSameValues(state.ending ?? null, replay.state.ending ?? null)) return this.#differ(state.seq, "run", state.ending ?? null, replay.state.ending ?? null);
      if (state.ending !== undefined || state.isYielded) continue;
      const [expected, found] = [encode(recorded, this.#core), encode(replay, this.#core)];
      if (!areSameBytes(expected, found)) return this.#differ(state.seq, "run", expected, found);
    }
  }

  #compareRecord({ state }: Replay): void {
    const { record } = this.#known.run.found;
    const { seq, ending, lastNow } = state;
    const { status, error, endedAt, updatedAt, forkOf } = record;
    if (updatedAt < lastNow) return this.#differ(seq, "record", { updatedAt }, { updatedAt: lastNow });
    if (ending === undefined) {
      // A run that the kernel or the engine could not go on with was failed from outside of its history.
      if (endedAt !== undefined && status !== "failed") this.#differ(seq, "record", { status }, { status: null });
      return;
    }
    if (endedAt === undefined && status === "canceling") return;
    if (endedAt === undefined || status !== ending.status) return this.#differ(seq, "record", { status }, { status: ending.status });
    // One that was canceled has an error where not all could be undone.
    const hasError = ending.status === "failed" || (ending.status === "canceled" && ending.payload !== undefined);
    const found = hasError ? decodeError(ending.payload) : undefined;
    if (!areSameValues(toPlain(error), toPlain(found))) return this.#differ(seq, "record", { error: error ?? null }, { error: found ?? null });
    if (ending.status !== "canceled" && forkOf === undefined && updatedAt !== lastNow) this.#differ(seq, "record", { updatedAt }, { updatedAt: lastNow });
  }
}

function encode({ state, versions }: Replay, { kernel }: Core): Uint8Array {
  return encodeCheckpoint(state, versions, kernel.snapshot(state.handle));
}

function isAsk(kind: number): boolean {
  return kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER || kind === CommandKind.START_WORKFLOW;
}

function isUntraced(given: unknown): boolean {
  return typeof given !== "object" || given === null || !TRACES.has((given as { kind: number }).kind);
}

/** Records of errors come back from the store as JSON. */
function toPlain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part)));
}

/** As it can be shown: the payload decoded. */
function describeEntry({ seq, kind, isHeld, id, now, seed, payload }: HistoryEntry): object {
  return { seq, kind: EntryKind[kind] ?? kind, isHeld, id, now, seed, ...(payload !== undefined && { payload: decodeLoosely(payload) }) };
}

function decodeLoosely(payload: Uint8Array): unknown {
  try {
    return decodePayload(payload);
  } catch {
    return payload;
  }
}
