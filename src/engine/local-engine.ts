// The engine in this thread: the public interface over the loop, the committer, recovery and the reader.
import type {
  CancelOptions,
  Engine,
  EngineStatistics,
  EventBatch,
  FailOptions,
  ForkOptions,
  LiveOptions,
  RerunOptions,
  Run,
  RunAwait,
  RunEvent,
  RunStep,
  SendResult,
  StartOptions,
  Value,
  Verification,
  VerifyOptions,
  Workflow,
} from "../model/engine.js";
import type { ExportChoice, ExportOptions, ImportOptions, ImportReport, ImportSource } from "../model/portable.js";
import type { LogConditions, LogEntry, LogPage, LogQuery } from "../model/log.js";
import { pageLog } from "../model/log-query.js";
import type { RunRecord } from "../model/run-record.js";
import { type ErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { CleanUpReport } from "../model/retention.js";
import type { RunMetrics } from "../model/scheduling.js";
import { isEnded, type RunStatus } from "../model/status.js";
import { decodeValue, encodeValue } from "../model/value.js";
import { BatchCall, putOutcomes } from "./batch-call.js";
import { BatchDirectory } from "./batch-directory.js";
import { ChangeFeed } from "./change-feed.js";
import { ChildStarter } from "./child-starter.js";
import { type CleanUpOptions, Cleaner } from "./cleaner.js";
import { Committer } from "./committer.js";
import { Core, type EngineParts, isKernelLost, makeKernel } from "./core.js";
import { DirectCalls } from "./direct-call.js";
import { Driving, type DrivingHost } from "./driving.js";
import { closedError, notDriverError, reloadingError, unreadableError } from "./errors.js";
import { streamEvents } from "./event-stream.js";
import { Exporter } from "./exporter.js";
import { Forker } from "./forker.js";
import { Importer } from "./importer.js";
import { Intake } from "./intake.js";
import { KernelRecycler } from "./kernel-recycler.js";
import { streamLog } from "./log-stream.js";
import { Loop } from "./loop.js";
import { MetricsArchive } from "./metrics-archive.js";
import type { OpenRun, Receipt } from "./open-run.js";
import { decodePayload } from "./payload.js";
import { OwnIds } from "./own-ids.js";
import { encodeError, Performer } from "./performer.js";
import { findUnregisteredTasks, type LoadedProgram, toWorkflow } from "./program-table.js";
import { endError, Reader } from "./reader.js";
import { type EventAnswer, REMOTE, RemoteCalls, type RemoteHost } from "./remote-calls.js";
import { Removal } from "./removal.js";
import { Recovery } from "./recovery.js";
import { placeProgram } from "./replay.js";
import { Rerunner } from "./rerunner.js";
import { ResultWaits } from "./result-waits.js";
import { toSendStatus } from "./run-events.js";
import { RunHandle, type RunSource } from "./run-handle.js";
import { RunQueries } from "./run-queries.js";
import { Shortcut } from "./shortcut.js";
import { Starter } from "./starter.js";
import { Traveler } from "./traveler.js";
import { Verifier } from "./verifier.js";
import { VolatileArchive } from "./volatile-archive.js";

/** Opens the store, asks to drive, and takes up the runs that are open. */
export async function openEngine(parts: EngineParts): Promise<Engine> {
  const engine = new LocalEngine(new Core(parts, await makeKernel(parts)));
  await engine.open();
  return engine;
}

class LocalEngine implements Engine, RunSource {
  readonly #core: Core;
  readonly #directory = new BatchDirectory();
  readonly #loop: Loop;
  readonly #performer: Performer;
  readonly #committer: Committer;
  readonly #recovery: Recovery;
  readonly #recycler: KernelRecycler;
  readonly #reader: Reader;
  readonly #children: ChildStarter;
  readonly #feed = new ChangeFeed();
  readonly #archive = new VolatileArchive();
  readonly #metrics = new MetricsArchive();
  readonly #intake: Intake;
  readonly #waits = new ResultWaits();
  readonly #driving: Driving;
  #hasRecovered = false;
  readonly #shortcut: Shortcut;
  readonly #remote: RemoteCalls;
  readonly #cleaner: Cleaner;
  readonly #queries: RunQueries;
  readonly #removal: Removal;
  readonly #ownIds: OwnIds;
  readonly #starter: Starter;
  readonly #rerunner: Rerunner;
  readonly #forker: Forker;
  readonly #traveler: Traveler;
  readonly #verifier: Verifier;
  readonly runs: Engine["runs"];

  constructor(core: Core) {
    this.#core = core;
    this.#performer = new Performer(core, (arrivals) => this.#loop.deliver(arrivals));
    if (core.parts.scheduling !== undefined) this.#performer.configure(core.parts.scheduling);
    this.#intake = new Intake(this.#performer.scheduler);
    this.#performer.onRoom = () => this.#intake.noteRoom();
    const children = new ChildStarter(core);
    this.#children = children;
    const direct = new DirectCalls(core);
    this.#loop = new Loop(core, this.#performer, children, direct, {
      finish: (groups) => {
        for (const group of groups) this.#committer.finish(group);
      },
      rebuild: () => this.#recovery.rebuild(),
    });
    this.#shortcut = new Shortcut(core, this.#loop, direct, this.#directory);
    const ownIds = new OwnIds(core, this.#archive);
    this.#ownIds = ownIds;
    this.#starter = new Starter({
      core,
      loop: this.#loop,
      ownIds,
      intake: this.#intake,
      isWatched: () => this.#feed.isWatched,
      checkDriver: () => this.#driving.check(),
    });
    this.#committer = new Committer(core, this.#performer, {
      markReady: (run) => this.#loop.markReady(run),
      deliver: (arrivals) => this.#loop.deliver(arrivals),
      loseKernel: () => this.#loop.loseKernel(),
      reload: (runIds) => void this.#recovery.takeBack(runIds),
    });
    this.#reader = new Reader(core, this.#loop, this.#archive);
    this.#rerunner = new Rerunner({ core, loop: this.#loop, reader: this.#reader, ownIds });
    this.#forker = new Forker({ core, loop: this.#loop, reader: this.#reader, ownIds });
    this.#traveler = new Traveler(core, this.#reader);
    this.#verifier = new Verifier(core, this.#reader);
    const parts = { core, loop: this.#loop, performer: this.#performer, committer: this.#committer, children, reader: this.#reader };
    this.#recovery = new Recovery({ ...parts, dropRuns: (runs) => this.#dropRuns(runs) });
    this.#driving = new Driving(this.#hostDriving(core));
    this.#remote = new RemoteCalls(this.#hostRemote(), this.#driving);
    this.#removal = new Removal((journal, runIds) => this.#removeStored(journal, runIds));
    this.#queries = new RunQueries({ core, feed: this.#feed, volatileRecords: () => this.#volatileRecords() });
    this.#recycler = new KernelRecycler(core, () => this.#loop.loseKernel());
    this.#cleaner = new Cleaner(core, this.#driving, () => this.#committer.forgetSources());
    this.runs = {
      get: (runId) => this.#getRun(runId),
      query: (query = {}) => this.#queries.query(query),
      count: (query = {}) => this.#queries.count(query),
      watch: (query = {}) => this.#queries.watch(query),
      delete: (runId) => this.#delete(runId),
      clean: (options = {}) => this.#clean(options),
      changes: () => this.#feed.changes(),
    };
    core.isListenedTo = () => this.#feed.isListenedTo;
    core.onRecords = (records, stored) => {
      this.#feed.publish(records);
      if (stored.length > 0) this.#driving.tell();
    };
    core.store.onRecords = (records) => this.#feed.publish(records);
    core.store.onGone = (runIds) => this.#feed.publishRemoval(runIds);
    core.onEnded = (run, record) => this.#keepEnded(run, record);
    core.onFenced = (journal) => {
      this.#driving.onLoss(journal);
      core.tabs.release(journal);
    };
    core.logs.onFlushed = () => this.#driving.tell();
    core.logs.onFenced = core.onFenced;
  }

  #hostDriving(core: Core): DrivingHost {
    return {
      core,
      recover: (journal) => this.#recovery.recoverAll(journal),
      dropRuns: (runs) => this.#dropRuns(runs),
      loseHome: () => this.#intake.close(notDriverError()),
      answer: (method, args) => this.#remote.answer(method, args),
    };
  }

  #hostRemote(): RemoteHost {
    return {
      control: (runId, kind, payload) => this.#control(runId, kind, payload),
      tellEvent: (runId, event, payload) => this.#tellEvent(runId, event, payload),
      delete: (runId) => this.#delete(runId),
    };
  }

  /** Resolves when the engine drives and has taken up all open runs, or when it watches. */
  async open(): Promise<void> {
    await this.#core.store.open();
    await this.#driving.join();
  }

  async configure({ scheduling }: LiveOptions): Promise<void> {
    this.#checkOpen();
    if (scheduling !== undefined) this.#performer.configure(scheduling);
  }

  async ready(): Promise<void> {
    if (!this.#isReady) await this.#checkDriver();
    return this.#intake.ready();
  }

  async load(source: string, options: { readonly name?: string } = {}): Promise<Workflow> {
    this.#checkOpen();
    const loaded = await this.#core.library.load(source, options.name);
    const unregistered = findUnregisteredTasks(loaded, this.#core.tasks);
    if (unregistered !== undefined) throw unregistered;
    await this.#loop.flushed();
    this.#checkOpen();
    const program = this.#core.programs.add(loaded);
    this.#place(program);
    this.#core.programs.name(program);
    this.#loop.deliver(this.#children.startAwaited(loaded.name));
    return toWorkflow(loaded);
  }

  async start(workflow: Workflow | string, input?: Value, options: StartOptions = {}): Promise<Run> {
    const [run] = await this.startMany(workflow, [input ?? {}], options);
    if (run === undefined) throw new RangeError("one input starts one run");
    return run;
  }

  async startMany(workflow: Workflow | string, inputs: readonly Value[], options: StartOptions = {}): Promise<readonly Run[]> {
    if (!this.#isReady) await this.#checkDriver();
    const program = this.#core.programs.find(
      typeof workflow === "string" ? workflow : String((workflow as Workflow | undefined)?.identity),
    );
    const runIds = await this.#starter.startMany(program, inputs, options);
    return runIds.map((runId) => new RunHandle(runId, this));
  }

  send(runId: string, event: string, payload?: Value): Promise<SendResult> {
    const result = payload === undefined && this.#isReady ? this.#shortcut.send(runId, event) : undefined;
    return result === undefined ? this.#sendInTurn(runId, event, payload) : Promise.resolve(result);
  }

  async #sendInTurn(runId: string, event: string, payload: Value | undefined): Promise<SendResult> {
    const bytes = payload === undefined ? undefined : encodeValue(payload, "payload");
    const { outcome, runStatus } = await this.#tellEvent(runId, event, bytes);
    return { status: toSendStatus(outcome), runStatus };
  }

  async #tellEvent(runId: string, event: string, payload: Uint8Array | undefined): Promise<EventAnswer> {
    if (!this.#isReady) await this.#driving.settled();
    const run = this.#core.runs.get(runId);
    if (run === undefined) {
      const record = await this.#endedRecord(runId);
      return record === undefined ? this.#remote.tellEvent(runId, event, payload) : { outcome: EventOutcome.ENDED, runStatus: record.status };
    }
    const id = run.program.eventIndexes.get(event);
    if (id === undefined) return { outcome: EventOutcome.UNKNOWN_EVENT, runStatus: run.status };
    const outcome = await this.#tell(run, EntryKind.EVENT, id, payload);
    if (outcome === EventOutcome.MALFORMED) throw unreadableError(runId, payload?.length ?? 0);
    return { outcome, runStatus: run.status };
  }

  async sendMany(batch: EventBatch): Promise<Uint8Array> {
    return (this.#isReady ? this.#shortcut.sendMany(batch) : undefined) ?? this.#sendManyInTurn(batch);
  }

  async #sendManyInTurn(batch: EventBatch): Promise<Uint8Array> {
    const copy = this.#directory.copy(batch);
    const names = this.#directory.lookUp(this.#core, batch);
    const runIds = names.isComplete ? [] : batch.runIds.slice();
    if (!this.#isReady) await this.#driving.settled();
    if (copy.count === 0) return new Uint8Array(0);
    const fixing = names.isComplete ? undefined : this.#fixOutcomes(runIds);
    const eventNames = names.isComplete ? [] : batch.eventNames.slice();
    const stepped = new Promise<Uint8Array>((resolve, reject) => this.#loop.deliver([new BatchCall(copy, names, resolve, reject)]));
    const [outcomes, fixedOutcomes] = await Promise.all([stepped, fixing]);
    if (fixedOutcomes === undefined) return outcomes;
    putOutcomes(outcomes, copy.records, fixedOutcomes);
    await this.#remote.sendMany(outcomes, copy, runIds, eventNames, fixedOutcomes);
    return outcomes;
  }

  async rerun(runId: string, options: RerunOptions = {}): Promise<Run> {
    if (!this.#isReady) await this.#checkDriver();
    this.#intake.enter(1);
    try {
      return new RunHandle(await this.#rerunner.rerun(runId, options), this);
    } finally {
      this.#intake.leave(1);
    }
  }

  async fork(runId: string, seq: number, options: ForkOptions = {}): Promise<Run> {
    if (!this.#isReady) await this.#checkDriver();
    this.#intake.enter(1);
    try {
      return new RunHandle(await this.#forker.fork(runId, seq, options), this);
    } finally {
      this.#intake.leave(1);
    }
  }

  export(what: ExportChoice = {}, options: ExportOptions = {}): AsyncIterable<Uint8Array> {
    this.#checkOpen();
    return new Exporter({ core: this.#core, reader: this.#reader, archive: this.#archive }).open(what, options);
  }

  import(source: ImportSource, options: ImportOptions = {}): Promise<ImportReport> {
    const host = { core: this.#core, reader: this.#reader, recovery: this.#recovery, ownIds: this.#ownIds, checkDriver: () => this.#checkDriver() };
    return new Importer(host, options).take(source);
  }

  pause(runId: string): Promise<RunStatus> {
    return this.#control(runId, EntryKind.PAUSE);
  }

  resume(runId: string): Promise<RunStatus> {
    return this.#control(runId, EntryKind.RESUME);
  }

  cancel(runId: string, { tasks, undo }: CancelOptions = {}): Promise<RunStatus> {
    if (undo === true) return this.#control(runId, EntryKind.CANCEL, encodeValue(true));
    return this.#control(runId, tasks === "finish" ? EntryKind.WIND_DOWN : EntryKind.CANCEL);
  }

  fail(runId: string, error: Partial<Pick<ErrorRecord, "code" | "message" | "details">>, { undo }: FailOptions = {}): Promise<RunStatus> {
    const { code = "run/failed", message = "The run was failed from outside", details } = error;
    const payload = encodeError({ code, message, ...(details !== undefined && { details }) });
    return this.#control(runId, EntryKind.CANCEL, undo === true ? encodeValue([decodeValue(payload)]) : payload);
  }

  async role(): Promise<"driver" | "watcher"> {
    return this.#core.isDriver ? "driver" : "watcher";
  }

  async statistics(): Promise<EngineStatistics> {
    const { stepsTotal, eventsTotal, commitsTotal, runs } = this.#core;
    const { tasksInFlight, timersPending } = this.#performer;
    await this.#loop.flushed();
    return {
      runsOpen: runs.size,
      tasksInFlight,
      timersPending,
      kernelSizeBytes: this.#core.kernel.statistics().sizeBytes,
      stepsTotal,
      eventsTotal,
      commitsTotal,
      scheduling: this.#performer.statistics(),
    };
  }

  async close(): Promise<void> {
    if (this.#core.isClosed) return;
    this.#core.isClosed = true;
    this.#loop.close(closedError());
    this.#performer.close();
    this.#intake.close(closedError());
    this.#cleaner.close();
    this.#recycler.close();
    for (const run of this.#core.runs.awake()) {
      run.stopCancelTimer?.();
      run.noteSettled();
      for (const tap of [...(run.taps ?? [])]) tap.detach();
    }
    await this.#committer.settled();
    await this.#core.logs.close();
    this.#traveler.close();
    this.#feed.close();
    this.#waits.close(closedError());
    this.#driving.close();
    await this.#core.store.close();
  }

  // --- RunSource --------------------------------------------------------------------------------------------------

  async recordOf(runId: string): Promise<RunRecord> {
    this.#checkOpen();
    return (await this.#reader.find(runId)).record;
  }

  async metricsOf(runId: string): Promise<RunMetrics | undefined> {
    this.#checkOpen();
    const { scheduler } = this.#performer;
    return this.#metrics.find(runId, this.#core.runs.get(runId), this.#core.clock.now(), (width) => scheduler.strategy(width));
  }

  async contextOf(runId: string): Promise<Record<string, unknown>> {
    this.#checkOpen();
    return this.#reader.context(runId);
  }

  async statesOf(runId: string): Promise<readonly string[]> {
    this.#checkOpen();
    return this.#reader.states(runId);
  }

  async awaitsOf(runId: string): Promise<readonly RunAwait[]> {
    this.#checkOpen();
    return this.#reader.awaits(runId);
  }

  async stepOf(runId: string, seq: number): Promise<RunStep> {
    this.#checkOpen();
    return this.#traveler.at(runId, seq);
  }

  async verificationOf(runId: string, options: VerifyOptions): Promise<Verification> {
    this.#checkOpen();
    return this.#verifier.verify(runId, options);
  }

  async workflowOf(runId: string): Promise<Workflow & { readonly source: string }> {
    this.#checkOpen();
    const { workflow } = await (await this.#reader.find(runId)).program();
    return { ...toWorkflow(workflow), source: workflow.source };
  }

  resultOf(runId: string): Promise<unknown> {
    if (!this.#core.isClosed && this.#core.runs.has(runId)) return this.#waits.wait(runId);
    const result = this.#resultElsewhere(runId);
    // Asked for and then not awaited is no reason to end the process.
    result.catch(() => undefined);
    return result;
  }

  /** The result of a run that is not open here: it has ended, or another engine drives it. */
  async #resultElsewhere(runId: string): Promise<unknown> {
    for (;;) {
      this.#checkOpen();
      const ended = this.#feed.ended(runId);
      try {
        const found = await this.#reader.find(runId);
        if (isEnded(found.record.status)) return await this.#reader.output(found);
        await ended.happens;
      } finally {
        ended.cancel();
      }
    }
  }

  eventsOf(runId: string, from: number): AsyncIterable<RunEvent> {
    this.#checkOpen();
    return streamEvents({ core: this.#core, loop: this.#loop, reader: this.#reader, change: (id) => this.#feed.change(id) }, runId, from);
  }

  async logsOf(runId: string, query: LogQuery): Promise<LogPage> {
    await this.recordOf(runId);
    return pageLog(runId, await this.#core.logs.read(runId), query);
  }

  tailOf(runId: string, query: LogConditions): AsyncIterable<LogEntry> {
    this.#checkOpen();
    return streamLog({ core: this.#core, reader: this.#reader, change: (id) => this.#feed.change(id) }, runId, query);
  }

  // --- runs -------------------------------------------------------------------------------------------------------

  async #getRun(runId: string): Promise<Run> {
    await this.recordOf(runId);
    return new RunHandle(runId, this);
  }

  async #delete(runId: string): Promise<void> {
    this.#checkOpen();
    const { record } = await this.#reader.find(runId);
    // A redacted run never goes on.
    if (!isEnded(record.status) && record.isRedacted !== true) {
      throw new WorkflowError("run/not-ended", `Run ${runId} is ${record.status}; only ended runs can be deleted`, {
        details: { runId, status: record.status },
      });
    }
    if (this.#archive.get(runId) === undefined) await this.#deleteStored(runId);
    this.#archive.delete(runId);
    this.#traveler.forget(runId);
    this.#metrics.delete(runId);
    this.#core.logs.forget(runId);
    this.#feed.publishRemoval();
  }

  async #clean(options: CleanUpOptions): Promise<CleanUpReport> {
    this.#checkOpen();
    const report = await this.#cleaner.clean(options);
    this.#feed.publishRemoval();
    return report;
  }

  async #removeStored(journal: number, runIds: readonly string[]): Promise<boolean> {
    const isDone = await this.#driving.asDriver(journal, async () => {
      this.#committer.forgetSources();
      await this.#core.store.delete(runIds);
    });
    if (isDone) this.#driving.tell();
    return isDone;
  }

  /** As the driver of its journal, or through it. */
  async #deleteStored(runId: string): Promise<void> {
    const isDone = await this.#removal.add(this.#core.store.journalOf(runId) ?? 0, runId);
    if (!isDone) await this.#remote.delete(runId);
  }

  #volatileRecords(): readonly RunRecord[] {
    return [...this.#archive.records(), ...this.#core.runs.volatileRecords()];
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  async #control(runId: string, kind: EntryKind, payload?: Uint8Array): Promise<RunStatus> {
    if (!this.#isReady) await this.#driving.settled();
    const run = this.#core.runs.get(runId);
    if (run === undefined) return (await this.#endedRecord(runId))?.status ?? this.#remote.control(runId, kind, payload);
    await this.#tell(run, kind, 0, payload);
    return run.status;
  }

  #tell(run: OpenRun, kind: EntryKind, id: number, payload: Uint8Array | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const receipt: Receipt = { settle: resolve, fail: reject };
      this.#loop.deliver([{ run, kind, id, payload, receipt }]);
    });
  }

  /**
   * The record of a run that is not open here; undefined: another engine drives it. Rejects with `run/unknown`, or with why this engine, whose
   * business it would be, leaves it alone.
   */
  async #endedRecord(runId: string): Promise<RunRecord | undefined> {
    const { record, open } = await this.#reader.find(runId);
    if (open !== undefined || isEnded(record.status)) return record;
    const journal = this.#core.store.journalOf(runId);
    if (journal === undefined || !this.#core.driven.has(journal)) return undefined;
    throw this.#recovery.untouched.get(runId) ?? reloadingError(runId);
  }

  /** Per run what becomes of its events, where that is certain: it is not open. */
  async #fixOutcomes(runIds: readonly string[]): Promise<readonly (number | undefined)[]> {
    const areOpen = runIds.map((runId) => this.#core.runs.has(runId));
    const outcomes: (number | undefined)[] = [];
    for (const [index, runId] of runIds.entries()) {
      const record = areOpen[index] === true ? undefined : (this.#archive.get(runId)?.record ?? (await this.#core.store.get(runId)));
      if (areOpen[index] === true) outcomes.push(undefined);
      else if (record === undefined) outcomes.push(EventOutcome.UNKNOWN_RUN);
      else outcomes.push(isEnded(record.status) ? EventOutcome.ENDED : this.#core.driven.has(this.#core.store.journalOf(runId) ?? -1) ? EventOutcome.UNKNOWN_RUN : REMOTE);
    }
    return outcomes;
  }

  #place(program: LoadedProgram): void {
    try {
      placeProgram(this.#core.kernel, program);
      for (const idle of this.#core.programs.takeIdle()) if (idle.kernelProgram >= 0) this.#core.kernel.unloadProgram(idle.kernelProgram);
    } catch (error) {
      if (!isKernelLost(error)) throw error;
      this.#loop.loseKernel();
    }
  }

  #checkOpen(): void {
    if (this.#core.isClosed) throw closedError();
  }

  async #checkDriver(): Promise<void> {
    await this.#driving.check();
    this.#hasRecovered = true;
  }

  /** Drives, and has taken up its runs: a call goes on without a wait, and so in the order of the calls. */
  get #isReady(): boolean {
    return this.#hasRecovered && this.#core.isDriver && !this.#core.isClosed;
  }

  // --- roles ------------------------------------------------------------------------------------------------------

  /** Another engine drives these now. */
  #dropRuns(runs: readonly OpenRun[]): void {
    this.#loop.dismiss(new Set(runs), notDriverError());
    for (const run of runs) {
      this.#performer.abandon(run);
      this.#committer.drop(run);
      for (const tap of [...(run.taps ?? [])]) tap.detach();
    }
    this.#waits.handOver((runId) => this.#core.runs.has(runId), (runId) => this.#resultElsewhere(runId));
  }

  #keepEnded(run: OpenRun, record: RunRecord): void {
    if (!run.isVolatile) this.#cleaner.noteEnd();
    this.#metrics.keep(run);
    this.#recycler.noteEnd();
    if (run.isVolatile) this.#archive.keep(run, record);
    this.#waits.end(run.runId, () => {
      if (record.status !== "succeeded") throw endError(record);
      return decodePayload(run.ending?.payload);
    });
  }
}
