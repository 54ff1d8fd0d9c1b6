// Reads runs: where a run is to be found, its context and output, its history told as events. Ended runs and what came
// before are replayed in the kernel; nothing is performed.
import type { RunAwait, RunEvent } from "../model/engine.js";
import type { RunRecord } from "../model/run-record.js";
import { fromErrorRecord, WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";
import type { LoadedWorkflow, SourceRecord } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { describeAwaits } from "./awaits.js";
import { decodeCheckpoint } from "./checkpoint.js";
import { type Core, isKernelLost } from "./core.js";
import { closedError, historyCutError, redactedError, unknownRunError } from "./errors.js";
import type { Loop } from "./loop.js";
import type { OpenRun } from "./open-run.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";
import { QUIET, type Reach, Replay, type ReplayOptions, type ReplayWatch } from "./replay.js";
import { nameStates, tellEnd } from "./run-events.js";
import { NO_HANDLE, type RunEnding, type RunState } from "./run-state.js";
import type { VolatileArchive } from "./volatile-archive.js";
import type { Past, VolatileLog } from "./volatile-log.js";

/** How often a replay is begun anew when the kernel is lost under it. */
const REPLAY_ATTEMPTS_MAX = 3;

/** A run and how to read it. `open`: only where this engine drives it. */
export interface FoundRun {
  readonly record: RunRecord;
  readonly program: () => Promise<LoadedProgram>;
  /** Number of entries that are not kept any more: its story begins after them. */
  readonly pastSeq: number;
  /** The same when its history will have been cut the next time; at least `pastSeq`. */
  readonly recentSeq: number;
  /** Its history: all that is kept, or only what came after its last checkpoint. */
  readonly past: (extent: "whole" | "recent") => Promise<Past>;
  /** The entries after `seq`, which is at least `pastSeq`. */
  readonly after: (seq: number) => Promise<Iterable<HistoryEntry>>;
  readonly open?: OpenRun;
}

/** A run at a step boundary. */
export interface SettledRun {
  readonly found: FoundRun;
  /** How far it has gone after its last entry. */
  readonly reach: Reach;
}

export class Reader {
  readonly #core: Core;
  readonly #loop: Loop;
  readonly #archive: VolatileArchive;

  constructor(core: Core, loop: Loop, archive: VolatileArchive) {
    this.#core = core;
    this.#loop = loop;
    this.#archive = archive;
  }

  /** Rejects with `run/unknown`. */
  async find(runId: string): Promise<FoundRun> {
    const { store } = this.#core;
    const open = this.#core.runs.get(runId);
    if (open !== undefined) return { record: open.toRecord(), program: async () => open.program, ...this.#findPast(runId, open.log), open };
    const archived = this.#archive.get(runId);
    if (archived !== undefined) return { record: archived.record, program: async () => archived.program, ...this.#findPast(runId, archived.log) };
    const record = await store.get(runId);
    if (record === undefined) throw unknownRunError(runId);
    return { record, program: () => this.program(record), ...this.#findPast(runId, undefined) };
  }

  /** A history in memory is taken as it is now. */
  #findPast(runId: string, log: VolatileLog | undefined): Pick<FoundRun, "past" | "after" | "pastSeq" | "recentSeq"> {
    const { store } = this.#core;
    if (log !== undefined) {
      const [whole, recent] = [log.past(), log.recentPast()];
      return {
        pastSeq: whole.seq,
        recentSeq: recent.seq,
        past: async (extent) => (extent === "whole" ? whole : recent),
        after: async (seq) => after(log.past().entries, seq),
      };
    }
    return {
      pastSeq: 0,
      recentSeq: 0,
      past: async (extent) => {
        const stored = extent === "whole" ? undefined : await store.checkpoint(runId);
        const seq = stored?.seq ?? 0;
        return { seq, checkpoint: stored?.bytes, entries: await store.history(runId, seq) };
      },
      after: (seq) => store.history(runId, seq),
    };
  }

  /** All entries of a run's history. Rejects with `run/unknown`, and with `run/history-cut` where they are not all kept any more. */
  async wholePast(runId: string): Promise<readonly HistoryEntry[]> {
    const { seq, entries } = await (await this.find(runId)).past("whole");
    if (seq > 0) throw historyCutError(runId, seq);
    return [...entries];
  }

  /** The workflow of a stored run, loaded from its stored source where nobody loaded it. */
  async program({ identity, runId }: RunRecord): Promise<LoadedProgram> {
    const loaded = this.#core.programs.get(identity);
    if (loaded !== undefined) return loaded;
    const source = await this.#core.store.getSource(identity).catch((error: unknown) => {
      if (!(error instanceof WorkflowError) || error.code !== "store/damaged") throw error;
      throw new WorkflowError("store/damaged", `Run ${runId}: ${error.message}`, { details: { ...error.details, runId }, cause: error });
    });
    if (source?.identity !== identity)
      throw new WorkflowError("store/damaged", `The workflow of run ${runId} is not in the store`, { details: { runId, identity } });
    return this.#core.programs.add(await this.load(runId, source));
  }

  /** The workflow that a run began with. Rejects with `run/version-unsupported`, `parse/invalid`, and with `store/damaged` where it is another one. */
  async load(runId: string, source: SourceRecord): Promise<LoadedWorkflow> {
    await this.#checkCustoms(runId, source);
    const workflow = await this.#core.library.load(source.source, source.name, source.zones ?? []);
    if (workflow.identity === source.identity) return workflow;
    throw new WorkflowError("store/damaged", `The stored workflow of run ${runId} is another one`, { details: { runId, identity: source.identity } });
  }

  /** Throws `run/version-unsupported` where functions or constants that the run began with are others now. */
  async #checkCustoms(runId: string, { name: workflow, customs = [] }: SourceRecord): Promise<void> {
    const changed: { readonly name: string; readonly version: string; readonly registered: string | null }[] = [];
    for (const { name, version } of customs) {
      const registered = (await this.#core.library.versionOf(name)) ?? null;
      if (registered !== version) changed.push({ name, version, registered });
    }
    const [first] = changed;
    if (first === undefined) return;
    const now = first.registered === null ? "it is not registered" : `version ${first.registered} is registered`;
    const message = `Run ${runId} was begun with version ${first.version} of "${first.name}"; ${now}`;
    throw new WorkflowError("run/version-unsupported", message, { details: { runId, workflow, customs: changed } });
  }

  /** All variables; of an open run when what was sent before is stepped and committed. */
  async context(runId: string): Promise<Record<string, unknown>> {
    return this.#look(runId, ({ handle }) => decodePayload(this.#core.kernel.context(handle)) as Record<string, unknown>);
  }

  async states(runId: string): Promise<readonly string[]> {
    return this.#look(runId, ({ handle, program }) => nameStates(program, this.#core.kernel.activeNodes(handle)));
  }

  async awaits(runId: string): Promise<readonly RunAwait[]> {
    if (isEnded((await this.find(runId)).record.status)) return [];
    return this.#look(runId, (state) => describeAwaits(state, this.#core.kernel));
  }

  /** How an ended run ended: what it returned, or why it failed. */
  async output(found: FoundRun): Promise<unknown> {
    const { record } = found;
    if (record.status !== "succeeded") throw endError(record);
    const ending = await this.ending(found);
    if (record.isRedacted === true && ending?.status !== record.status) throw redactedError(record.runId, "what is left does not lead to its output");
    return decodePayload(ending?.payload);
  }

  /** Shows the history, whole or up to entry `last`, to `watch`. Rejects with `run/history-cut` where it is not whole any more. */
  async show(found: FoundRun, watch: ReplayWatch, last = Infinity): Promise<void> {
    const { seq } = await found.past("whole");
    if (seq > 0) throw historyCutError(found.record.runId, seq);
    await this.#replay(found, () => undefined, watch, last);
  }

  /** Finds the run; an open one when what was sent before is stepped and committed. */
  async findSettled(runId: string): Promise<SettledRun> {
    for (;;) {
      const run = this.#core.runs.get(runId);
      if (run !== undefined) await this.settled(run);
      const found = await this.find(runId);
      const { open, record } = found;
      // Driven elsewhere: how far it has gone is not known here, and it may go on for ever.
      if (open === undefined) return { found, reach: isEnded(record.status) ? QUIET : { continues: 0, held: Infinity } };
      if (open === run && !open.isDropped && !open.isCommitting && open.seq === record.seq)
        return { found, reach: { continues: open.continueCount, held: open.heldCount } };
    }
  }

  async ending(found: FoundRun): Promise<RunEnding | undefined> {
    return this.#replay(found, (replay) => replay.state.ending);
  }

  /** Waits until an open run is neither waiting for its step nor for its commit. Rejects with `engine/closed`. */
  async settled(run: OpenRun): Promise<void> {
    await this.#loop.flushed();
    while (run.isCommitting && !this.#core.isClosed) await new Promise<void>((resolve) => (run.settledCallbacks ??= []).push(resolve));
    if (this.#core.isClosed) throw closedError();
  }

  /**
   * The history told from where it begins to the record's last entry and `reach` after it, several events at a time. Where it does not begin
   * with the run, the first event is of type `checkpoint`. Throws `kernel/lost` when the kernel is lost on the way.
   */
  async *tell(found: FoundRun, reach: Reach | undefined): AsyncGenerator<readonly RunEvent[]> {
    const program = await found.program();
    const { checkpoint, entries } = await found.past("whole");
    const last = found.record.seq;
    const replay = this.begin(program, { runId: found.record.runId, isTold: true, reach, checkpoint: checkpoint && decodeCheckpoint(checkpoint) });
    try {
      if (checkpoint !== undefined) yield [this.#tellCheckpoint(replay.state)];
      const { kernelCount } = this.#core;
      for (const _slice of replay.play(upTo(entries, last))) {
        yield replay.takeEvents();
        await this.breathe(kernelCount);
      }
      yield replay.takeEvents();
      if (isEnded(found.record.status)) yield [tellEnd(replay.state, found.record)];
    } finally {
      this.end(program, replay);
    }
  }

  #tellCheckpoint(state: RunState): RunEvent {
    const { kernel } = this.#core;
    const states = nameStates(state.program, kernel.activeNodes(state.handle));
    const context = decodePayload(kernel.context(state.handle)) as Record<string, unknown>;
    return { seq: state.seq, time: state.lastNow, type: "checkpoint", states, context };
  }

  /** Plays everything, giving the event loop its turns. */
  async play(replay: Replay, entries: Iterable<HistoryEntry>): Promise<void> {
    const { kernelCount } = this.#core;
    for (const _slice of replay.play(entries)) await this.breathe(kernelCount);
  }

  /** Gives the event loop a turn. Throws where the replay in hand cannot go on after it. */
  async breathe(kernelCount: number): Promise<void> {
    await this.#core.turn();
    if (this.#core.isClosed) throw closedError();
    if (this.#core.kernelCount !== kernelCount) throw new WorkflowError("kernel/lost", "The kernel was replaced during a replay");
  }

  async #look<Result>(runId: string, look: (state: RunState) => Result): Promise<Result> {
    const run = this.#core.runs.get(runId);
    if (run !== undefined) await this.settled(run);
    if (run !== undefined && run.handle !== NO_HANDLE && !run.isDropped) {
      try {
        return look(run);
      } catch (error) {
        if (!isKernelLost(error)) throw error;
        this.#loop.loseKernel();
        return this.#look(runId, look);
      }
    }
    return this.#replay(await this.find(runId), ({ state }) => look(state));
  }

  async #replay<Result>(found: FoundRun, take: (replay: Replay) => Result, watch?: ReplayWatch, last = Infinity): Promise<Result> {
    const program = await found.program();
    return this.insist(async () => {
      const { checkpoint, entries } = await found.past(watch === undefined ? "recent" : "whole");
      const from = checkpoint && decodeCheckpoint(checkpoint);
      const replay = this.begin(program, { runId: found.record.runId, checkpoint: from, ...(watch !== undefined && { watch }) });
      try {
        await this.play(replay, last === Infinity ? entries : upTo(entries, last));
        return take(replay);
      } finally {
        this.end(program, replay);
      }
    });
  }

  /** What `attempt` gives, in a kernel that is there: it is begun anew when that is lost under it, a few times. */
  async insist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let count = 1; ; count += 1) {
      await this.#loop.flushed();
      const { kernelCount } = this.#core;
      try {
        return await attempt();
      } catch (error) {
        if (!isKernelLost(error) || count === REPLAY_ATTEMPTS_MAX || this.#core.isClosed) throw error;
        // Not where it was replaced meanwhile: two long replays would take each other's kernel away.
        if (this.#core.kernelCount === kernelCount) this.#loop.loseKernel();
      }
    }
  }

  /** A replay in the kernel in hand. The caller ends it. */
  begin(program: LoadedProgram, options: ReplayOptions): Replay {
    if (this.#core.isClosed) throw closedError();
    const replay = new Replay(this.#core.kernel, program, options);
    program.userCount += 1;
    return replay;
  }

  end(program: LoadedProgram, replay: Replay): void {
    program.userCount -= 1;
    try {
      replay.release();
    } catch (error) {
      if (!isKernelLost(error)) throw error;
    }
  }
}

/** Why a run that did not succeed ended. */
export function endError(record: RunRecord): WorkflowError {
  if (record.status === "canceled")
    return new WorkflowError("run/canceled", `Run ${record.runId} was canceled`, { details: { ...record.error?.details, runId: record.runId } });
  return fromErrorRecord(record.error ?? { code: "run/failed", message: `Run ${record.runId} failed` });
}

/** The entries up to `last`. */
export function* upTo(entries: Iterable<HistoryEntry>, last: number): Iterable<HistoryEntry> {
  for (const entry of entries) {
    if (entry.seq > last) return;
    yield entry;
  }
}

function* after(entries: Iterable<HistoryEntry>, seq: number): Iterable<HistoryEntry> {
  for (const entry of entries) if (entry.seq > seq) yield entry;
}
