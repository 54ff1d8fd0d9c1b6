// Takes runs up again: all open runs of the store when this engine becomes the driver, single ones after a failed commit,
// and every open run in a fresh kernel after the old one was lost.
import type { RunRecord } from "../model/run-record.js";
import { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { StoredPast } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { failArrival, takeWaiting } from "./arrivals.js";
import { decodeCheckpoint } from "./checkpoint.js";
import type { ChildStarter } from "./child-starter.js";
import type { Committer } from "./committer.js";
import { type Core, isKernelLost, toWorkflowError } from "./core.js";
import { closedError, redactedError, trapError } from "./errors.js";
import type { Work } from "./group.js";
import { RECOVERY_FIRST_RUNS, RECOVERY_SLICE_RUNS, RELOAD_DELAY_MS, REREAD_DELAY_MS_MAX } from "./limits.js";
import type { Loop } from "./loop.js";
import { type Arrival, OpenRun, TOUCH } from "./open-run.js";
import type { Performer } from "./performer.js";
import { findUnregisteredTasks, type LoadedProgram } from "./program-table.js";
import type { Reader } from "./reader.js";
import { Replay } from "./replay.js";
import { childRunId } from "./run-events.js";
import { NO_HANDLE, OpenKind } from "./run-state.js";

export interface RecoveryParts {
  readonly core: Core;
  readonly loop: Loop;
  readonly performer: Performer;
  readonly committer: Committer;
  readonly children: ChildStarter;
  readonly reader: Reader;
  /** These runs are another driver's from now on. */
  readonly dropRuns: (runs: readonly OpenRun[]) => void;
}

export class Recovery {
  /** Open runs of the store that this engine does not drive, and why. */
  readonly untouched = new Map<string, WorkflowError>();
  readonly #parts: RecoveryParts;
  /** Workflows whose tasks are all registered; looked at anew for each slice. */
  #fit = new WeakSet<LoadedProgram>();
  /** Runs that could not be read, to be read again. */
  readonly #unread = new Set<string>();
  #rereadDelayMs = RELOAD_DELAY_MS;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    parts.children.onReissue = (work) => void this.#reconcileChild(work).catch((error: unknown) => this.#leave(work.run, error));
  }

  /**
   * All open runs of a journal, those that began first before the others; the loop begins with the first of them. While some are replayed
   * the next are read. A run that cannot be taken up stays as it is. Resolves with how many were.
   */
  async recoverAll(journal: number): Promise<number> {
    const { core, loop, performer } = this.#parts;
    const slices = sliceFamilies(core.store.openRuns(journal));
    const timers: Work[] = [];
    let count = 0;
    let reading = this.#read(journal, slices[0]);
    for (const [index, records] of slices.entries()) {
      const pasts = await reading;
      if (core.isClosed || !core.driven.has(journal)) return 0;
      reading = this.#read(journal, slices[index + 1]);
      this.#fit = new WeakSet();
      const recovered: OpenRun[] = [];
      for (const [at, record] of records.entries()) {
        const run = await this.#recover(record, pasts[at]);
        if (run !== undefined) recovered.push(run);
      }
      if (core.isClosed) return 0;
      if (!core.driven.has(journal)) {
        // Another tab took the journal meanwhile.
        this.#parts.dropRuns(recovered.filter((run) => !run.isDropped));
        return 0;
      }
      for (const run of recovered) this.#noteRecovery(run);
      loop.begin();
      await this.#issue(recovered, timers);
      count += recovered.length;
      await core.turn();
    }
    loop.begin();
    // Timers of all runs fire in the order of their times, so they have to be there together.
    for (const work of timers) if (!work.open.isClosed && !work.run.isDropped) performer.arm(work);
    return count;
  }

  /** Never rejects: what cannot be read together is read one by one, and says then why it cannot. */
  async #read(journal: number, records: readonly RunRecord[] = []): Promise<readonly (StoredPast | undefined)[]> {
    try {
      return await this.#parts.core.store.pasts(journal, records.map(({ runId }) => runId));
    } catch {
      return [];
    }
  }

  /** Of a run at rest there is nothing to tell: nothing of it is done twice. */
  #noteRecovery({ runId, seq, open }: OpenRun): void {
    let taskCount = 0;
    for (const { kind, isAnswered } of open?.values() ?? []) if (kind === OpenKind.TASK && !isAnswered) taskCount += 1;
    if (taskCount === 0) return;
    const tasks = taskCount === 1 ? "1 task that was under way is called again" : `${taskCount} tasks that were under way are called again`;
    this.#parts.core.logs.note(runId, "warning", { code: "log/recovered", message: `The run was taken up after its engine had gone: ${tasks}`, fields: { seq, taskCount } });
  }

  /** Runs whose commit failed. What was said to have failed may be there after all, and nothing else would read it. */
  async takeBack(runIds: readonly string[]): Promise<void> {
    const { core } = this.#parts;
    try {
      await Promise.all([...core.driven].map((journal) => core.store.refresh(journal)));
    } catch (error) {
      for (const runId of runIds) this.#setAside(runId, error);
      return;
    }
    await this.reload(runIds);
  }

  /** Single runs, as they are stored as far as that was read. */
  async reload(runIds: readonly string[]): Promise<void> {
    const { core } = this.#parts;
    const recovered: OpenRun[] = [];
    const ended: RunRecord[] = [];
    this.#fit = new WeakSet();
    for (const runId of runIds) {
      if (core.isClosed || core.runs.has(runId) || !core.driven.has(core.store.journalOf(runId) ?? -1)) continue;
      try {
        const record = await core.store.get(runId);
        this.untouched.delete(runId);
        if (record !== undefined && isEnded(record.status)) ended.push(record);
        const run = record === undefined || isEnded(record.status) ? undefined : await this.#recover(record, undefined);
        if (run !== undefined) recovered.push(run);
      } catch (error) {
        this.#setAside(runId, error);
      }
    }
    await this.#issue(recovered);
    await this.#tellFamilies(recovered, ended);
  }

  /** What other runs were to be told of a step was void when its commit failed. Where the step is stored after all, or an earlier one led to the same, they are told now. */
  async #tellFamilies(recovered: readonly OpenRun[], ended: readonly RunRecord[]): Promise<void> {
    const { core } = this.#parts;
    for (const { runId, parentRunId = runId } of ended) {
      const parent = core.runs.get(parentRunId);
      // One that was taken up with it has asked by itself.
      if (parent === undefined || recovered.includes(parent)) continue;
      for (const open of parent.open?.values() ?? []) {
        if (childRunId(parent.runId, open.serial) === runId && !open.isAnswered) await this.#reconcileChild({ run: parent, open }).catch((error: unknown) => this.#leave(parent, error));
      }
    }
    const changed = new Set([...recovered, ...ended].map(({ runId }) => runId));
    for (const child of [...core.runs.awake()]) {
      if (child.parentRunId !== undefined && changed.has(child.parentRunId) && !recovered.includes(child)) await this.#reconcileParent(child).catch((error: unknown) => this.#leave(child, error));
    }
  }

  /** The run stays as it is stored: for good, or until the store can be read. */
  #setAside(runId: string, error: unknown): void {
    const { core } = this.#parts;
    const why = toWorkflowError(error);
    this.untouched.set(runId, why);
    if (!PASSING.has(why.code) || core.isClosed) return;
    this.#unread.add(runId);
    if (this.#unread.size === 1) core.clock.schedule(this.#rereadDelayMs, () => void this.#reread());
  }

  async #reread(): Promise<void> {
    const runIds = [...this.#unread];
    this.#unread.clear();
    this.#rereadDelayMs = Math.min(2 * this.#rereadDelayMs, REREAD_DELAY_MS_MAX);
    await this.takeBack(runIds);
    if (this.#unread.size === 0) this.#rereadDelayMs = RELOAD_DELAY_MS;
  }

  /** Makes a fresh kernel and puts every open run into it. A run whose own history traps fails with `kernel/trap`. */
  async rebuild(): Promise<void> {
    const { core, loop, committer } = this.#parts;
    await committer.settled();
    while (!core.isClosed) {
      await core.replaceKernel();
      const culprit = await this.#rebuildRuns();
      if (culprit === undefined) return;
      loop.failRun(culprit, trapError(culprit.runId));
      await committer.settled();
    }
  }

  /** Returns the run on which the kernel was lost again. */
  async #rebuildRuns(): Promise<OpenRun | undefined> {
    const { core } = this.#parts;
    for (const run of core.runs.values()) run.handle = NO_HANDLE;
    for (const run of [...core.runs.values()]) {
      if (run.seq === 0 || run.ending !== undefined || run.isDropped) continue;
      try {
        await this.#rebuildRun(run);
      } catch (error) {
        if (isKernelLost(error)) return run;
        this.#leave(run, error);
      }
    }
    return undefined;
  }

  async #rebuildRun(run: OpenRun): Promise<void> {
    const { core, reader } = this.#parts;
    const past = run.log?.recentPast();
    const bytes = past === undefined ? (await core.store.checkpoint(run.runId))?.bytes : past.checkpoint;
    const checkpoint = bytes === undefined ? undefined : decodeCheckpoint(bytes);
    const entries = past?.entries ?? (await core.store.history(run.runId, checkpoint?.seq ?? 0));
    const replay = new Replay(core.kernel, run.program, {
      runId: run.runId,
      checkpoint,
      reach: { continues: run.continueCount, held: run.heldCount },
    });
    await reader.play(replay, entries);
    run.handle = replay.state.handle;
    if (run.taps !== undefined) core.kernel.setTraced(run.handle, true);
  }

  // --- one run ----------------------------------------------------------------------------------------------------

  /** `past`: as it was read with others; undefined: to be read. Until it is issued, whatever comes for the run waits. */
  async #recover(record: RunRecord, past: StoredPast | undefined): Promise<OpenRun | undefined> {
    const { core, loop } = this.#parts;
    this.untouched.delete(record.runId);
    if (core.runs.has(record.runId)) return undefined;
    try {
      return await this.#replayRun(record, past ?? (await this.#readPast(record.runId)));
    } catch (error) {
      if (core.isClosed) return undefined;
      this.#setAside(record.runId, isKernelLost(error) ? trapError(record.runId) : error);
      if (isKernelLost(error)) {
        // The loop makes the next kernel, since it may have begun.
        loop.loseKernel();
        await loop.flushed();
      }
      return undefined;
    }
  }

  async #readPast(runId: string): Promise<StoredPast> {
    const { store } = this.#parts.core;
    const checkpoint = await store.checkpoint(runId);
    return { checkpoint, entries: await store.history(runId, checkpoint?.seq ?? 0) };
  }

  async #replayRun(record: RunRecord, { checkpoint: stored, entries, error: unreadable }: StoredPast): Promise<OpenRun> {
    const { core, reader } = this.#parts;
    const { runId, startedAt, tags, parentRunId, rerunOf, forkOf, priority, fields } = record;
    if (record.isRedacted === true) throw redactedError(runId, "it is not driven");
    if (unreadable !== undefined) throw unreadable;
    const program = core.programs.get(record.identity) ?? (await reader.program(record));
    this.#checkTasks(program);
    const checkpoint = stored === undefined ? undefined : decodeCheckpoint(stored.bytes);
    const versions = checkpoint?.versions ?? entries[0]?.id ?? 0;
    const durability = core.durability === "none" ? "relaxed" : core.durability;
    const run = new OpenRun(program, { runId, durability, startedAt, tags, parentRunId, rerunOf, forkOf, priority, fields, versions, journal: core.journal });
    run.status = record.status;
    run.recoveredSeq = record.seq;
    run.updatedAt = record.updatedAt;
    if (stored !== undefined) run.debt.settle(stored.bytes.length);
    run.debt.note(entries);
    const replay = new Replay(core.kernel, program, { runId, checkpoint, reach: { continues: 0, held: 0 }, state: run });
    try {
      await reader.play(replay, entries);
      if (run.seq !== record.seq) throw damagedError(record, run.seq);
    } catch (error) {
      if (!isKernelLost(error)) replay.release();
      throw error;
    }
    program.userCount += 1;
    run.isCommitting = true;
    core.runs.set(runId, run);
    return run;
  }

  /** Throws `task/unregistered`. Looked at once for all runs of a workflow that are taken up in one turn. */
  #checkTasks(program: LoadedProgram): void {
    if (this.#fit.has(program)) return;
    const unregistered = findUnregisteredTasks(program.workflow, this.#parts.core.tasks);
    if (unregistered !== undefined) throw unregistered;
    this.#fit.add(program);
  }

  /** Asks again for what was open: the same keys, the same due times. `timers`: takes those that are to be armed later. */
  async #issue(runs: readonly OpenRun[], timers?: Work[]): Promise<void> {
    const { core, loop, performer } = this.#parts;
    const calls: Work[] = [];
    const late = runs.flatMap(admit);
    for (const run of runs) {
      if (run.ending !== undefined) {
        loop.deliver([{ run, kind: TOUCH, id: 0, payload: undefined }]);
        continue;
      }
      for (const open of run.open?.values() ?? []) {
        if (run.isDropped) break;
        if (open.isAnswered) continue;
        if (open.kind === OpenKind.TASK) calls.push({ run, open });
        else if (open.kind === OpenKind.TIMER) timers === undefined ? performer.arm({ run, open }) : timers.push({ run, open });
        else await this.#reconcileChild({ run, open }).catch((error: unknown) => this.#leave(run, error));
      }
      if (!run.isDropped) await this.#reconcileParent(run).catch((error: unknown) => this.#leave(run, error));
      if (run.isDropped) continue;
      if (run.isWindingDown) loop.deliver([{ run, kind: EntryKind.CANCEL, id: 0, payload: undefined }]);
      this.#resume(run);
    }
    if (core.isClosed) {
      for (const arrival of late) failArrival(arrival, closedError());
      return;
    }
    loop.deliver(late);
    performer.call(calls.filter(({ run }) => !run.isDropped));
    // Nothing of these is in flight any more; their calls wait by now.
    for (const run of runs) if (!run.isDropped && run.isPaused && run.status === "pausing") loop.deliver([{ run, kind: TOUCH, id: 0, payload: undefined }]);
  }

  /** Held entries whose RESUME is in history, and a step without fuel, go on. */
  #resume(run: OpenRun): void {
    if (run.isPaused) return;
    if (run.held.length > 0) run.waiting = run.held.map(({ kind, id, payload, seed }) => ({ run, kind, id, payload, heldSeed: seed }));
    run.held = [];
    if (run.isYielded || run.waiting !== undefined) this.#parts.loop.markReady(run);
  }

  /** The child may have ended, or not even begun, when the parent was last heard of. */
  async #reconcileChild(work: Work): Promise<void> {
    const { core, loop, children, reader } = this.#parts;
    const { run, open } = work;
    const childId = childRunId(run.runId, open.serial);
    const child = core.runs.get(childId);
    if (child !== undefined && isEnded(child.status) && child.reportedTo !== run) {
      // It ended before this parent was here, and is being committed; nobody has to wait for that but this.
      void reader.settled(child).then(() => this.#reconcileChild(work)).catch((error: unknown) => this.#leave(run, error));
      return;
    }
    const record = child !== undefined ? undefined : await core.store.get(childId);
    if (core.isClosed || open.isClosed || run.isDropped || core.runs.has(childId) || this.untouched.has(childId)) return;
    if (record === undefined) {
      const start = children.startNew(work);
      if (start !== undefined) loop.deliver([start]);
    } else if (isEnded(record.status)) {
      const ending = await reader.ending(await reader.find(childId));
      loop.deliver([children.answer(run, open.serial, ending)]);
    }
  }

  /** The run cannot go on here. */
  #leave(run: OpenRun, error: unknown): void {
    if (this.#parts.core.isClosed) return;
    this.#setAside(run.runId, error);
    this.#parts.committer.abandon(run, toWorkflowError(error));
  }

  /** Once the parent is where it was. */
  async #reconcileLater(run: OpenRun, parent: OpenRun): Promise<void> {
    while (isBehind(parent)) {
      await this.#parts.core.turn();
      await this.#parts.reader.settled(parent);
    }
    if (!run.isDropped && !isEnded(run.status)) await this.#reconcileParent(run);
  }

  /** A child whose parent has ended without it, or does not wait for it any more, is canceled. */
  async #reconcileParent(run: OpenRun): Promise<void> {
    const { core, loop } = this.#parts;
    if (run.parentRunId === undefined) return;
    const parent = core.runs.get(run.parentRunId);
    const record = parent === undefined ? await core.store.get(run.parentRunId) : undefined;
    const isWanted = parent === undefined ? record !== undefined && !isEnded(record.status) : parent.open?.has(run.parentSerial) === true;
    if (!isWanted && parent !== undefined && isBehind(parent)) {
      void this.#reconcileLater(run, parent).catch((error: unknown) => this.#leave(run, error));
      return;
    }
    if (!isWanted && run.computeStatus() !== "canceling") loop.deliver([{ run, kind: EntryKind.CANCEL, id: 0, payload: undefined }]);
  }
}

/** Will it take steps again that are in no entry of their own: of what was held while it was paused, and of what ran out of fuel? They may have begun children. */
function isBehind({ isPaused, isYielded, held, waiting, isDropped }: OpenRun): boolean {
  return !isDropped && !isPaused && (isYielded || held.length > 0 || waiting?.some(({ heldSeed }) => heldSeed !== undefined) === true);
}

/** What a store may fail with now and not a moment later. */
const PASSING: ReadonlySet<string> = new Set(["store/failed", "store/quota-exceeded", "store/codec-unavailable"]);

/** What came for a run while it was taken up: it goes behind what waits in its history. */
function admit(run: OpenRun): readonly Arrival[] {
  run.isCommitting = false;
  run.noteSettled();
  return takeWaiting(run);
}

/** Runs in the order in which they are taken up, so many at a time. A run's children are never parted from it: it may end or cancel them as soon as it moves. */
function sliceFamilies(records: readonly RunRecord[]): readonly (readonly RunRecord[])[] {
  const families = new Map<string, RunRecord[]>();
  for (const record of [...records].sort((a, b) => a.startedAt - b.startedAt)) {
    const root = rootOf(record.runId);
    const family = families.get(root);
    if (family === undefined) families.set(root, [record]);
    else family.push(record);
  }
  const slices: RunRecord[][] = [];
  for (const family of families.values()) {
    const last = slices.at(-1);
    if (last === undefined || last.length >= (slices.length === 1 ? RECOVERY_FIRST_RUNS : RECOVERY_SLICE_RUNS)) slices.push([...family]);
    else last.push(...family);
  }
  return slices;
}

/** The id of the run at the top. */
function rootOf(runId: string): string {
  const end = runId.indexOf("~");
  return end < 0 ? runId : runId.slice(0, end);
}

function damagedError({ runId, seq }: RunRecord, found: number): WorkflowError {
  return new WorkflowError("store/damaged", `Run ${runId} has ${seq} history entries on record, ${found} in the store`, {
    details: { runId, seq, found },
  });
}
