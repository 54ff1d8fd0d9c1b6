// Write-ahead: what a turn changed is committed first, and only then performed, acknowledged and told. Runs of durability
// `none` skip the commit. A run whose commit failed goes back to what is stored.
import type { RunRecord } from "../model/run-record.js";
import type { ErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { RunChange } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { encodeCheckpoint } from "./checkpoint.js";
import { type Core, isKernelFull, isKernelLost, toWorkflowError } from "./core.js";
import { isFree, isUnheard } from "./direct-call.js";
import { notDriverError } from "./errors.js";
import type { Group } from "./group.js";
import { RELOAD_DELAY_MS } from "./limits.js";
import { type Arrival, type OpenRun, TOUCH } from "./open-run.js";
import type { Performer } from "./performer.js";
import { tellEnd } from "./run-events.js";
import { NO_HANDLE } from "./run-state.js";

export interface CommitterHooks {
  readonly markReady: (run: OpenRun) => void;
  readonly deliver: (arrivals: readonly Arrival[]) => void;
  readonly loseKernel: () => void;
  /** Takes runs up again from what is stored. */
  readonly reload: (runIds: readonly string[]) => void;
}

export class Committer {
  readonly #core: Core;
  readonly #performer: Performer;
  readonly #hooks: CommitterHooks;
  readonly #commits = new Set<Promise<void>>();
  readonly #storedSources = new Set<string>();

  constructor(core: Core, performer: Performer, hooks: CommitterHooks) {
    this.#core = core;
    this.#performer = performer;
    this.#hooks = hooks;
  }

  /** Commits the group (or skips to the end where nothing is to be stored), then releases it. */
  finish(group: Group): void {
    const records: RunRecord[] = [];
    const changes: RunChange[] = [];
    const isListenedTo = this.#core.isListenedTo();
    this.#performer.foresee(group);
    for (const run of group.runs) {
      run.isTouched = false;
      if (run.isVolatile && !(isFree(run) && isUnheard(run))) this.#core.restless.add(run);
      const statusBefore = run.status;
      run.status = run.computeStatus();
      const { fresh } = run;
      run.fresh = undefined;
      if (statusBefore === "canceling" && run.status === "canceled") run.updatedAt = Math.max(this.#core.clock.now(), run.updatedAt);
      if (run.status === statusBefore && fresh === undefined) continue;
      if (run.isVolatile && !isListenedTo && !isEnded(run.status)) continue;
      if (run.status === "failed" && run.error !== undefined && statusBefore !== "failed") this.#noteFailure(run, run.error);
      const record = run.toRecord();
      run.freshRecord = record;
      records.push(record);
      if (run.isVolatile) continue;
      if (fresh !== undefined) run.debt.note(fresh);
      changes.push({ record, entries: fresh ?? [], ...this.#checkpoint(run) });
    }
    this.#destroyEnded(group);
    if (changes.length === 0) {
      this.#release(group, records, []);
      return;
    }
    for (const run of group.runs) run.isCommitting = true;
    const commit = this.#commit(group, changes, records);
    this.#commits.add(commit);
    void commit.finally(() => this.#commits.delete(commit));
  }

  /** Before the commit: so it stands in the same group as the end. */
  #noteFailure({ runId }: OpenRun, { code, message }: ErrorRecord): void {
    this.#core.logs.note(runId, "error", { code: "run/failed", message: "The run failed", fields: { error: { code, message } } });
  }

  /** Resolves when every commit in hand is done and released. */
  async settled(): Promise<void> {
    while (this.#commits.size > 0) await Promise.all(this.#commits);
  }

  /** Sources may have been deleted with their last run: they are stored again with the next. */
  forgetSources(): void {
    this.#storedSources.clear();
  }

  #checkpoint(run: OpenRun): Pick<RunChange, "checkpoint"> {
    if (!run.debt.isDue(run.yieldCount) || !run.isCheckable()) return {};
    const snapshot = this.#tryKernel(() => this.#core.kernel.snapshot(run.handle));
    if (snapshot === undefined) return {};
    const bytes = encodeCheckpoint(run, run.versions, snapshot);
    run.debt.settle(bytes.length);
    run.yieldCount = 0;
    return { checkpoint: { seq: run.seq, bytes } };
  }

  #destroyEnded(group: Group): void {
    for (const run of group.runs) {
      if (run.ending === undefined || run.handle === NO_HANDLE) continue;
      this.#tryKernel(() => this.#core.kernel.destroyRun(run.handle));
      run.handle = NO_HANDLE;
    }
  }

  #tryKernel<Result>(call: () => Result): Result | undefined {
    try {
      return call();
    } catch (error) {
      if (isKernelLost(error)) this.#hooks.loseKernel();
      // Without memory for a checkpoint there is none yet: the history holds all of it.
      else if (!isKernelFull(error)) throw error;
      return undefined;
    }
  }

  async #commit(group: Group, changes: readonly RunChange[], records: readonly RunRecord[]): Promise<void> {
    const durability = group.runs.some((run) => run.durability === "strict") ? "strict" : "relaxed";
    try {
      for (const { workflow } of group.programs) {
        const { identity, name, source, customs, program } = workflow;
        const { zones = [] } = program;
        if (this.#storedSources.has(identity)) continue;
        await this.#core.store.putSource({ identity, name, source, ...(customs.length > 0 && { customs }), ...(zones.length > 0 && { zones }) });
        this.#storedSources.add(identity);
        // Its journal was lost meanwhile: the store would put a new run into another one, where nobody has it.
        if (group.runs.some((run) => run.isDropped)) throw notDriverError();
      }
      await this.#core.store.commit(changes, durability);
      this.#core.commitsTotal += 1;
    } catch (error) {
      this.#rollBack(group, toWorkflowError(error));
      return;
    }
    this.#release(
      group,
      records,
      changes.map(({ record }) => record),
    );
  }

  // --- after the commit -------------------------------------------------------------------------------------------

  /** `records`: those that changed; `stored`: those among them that were committed. */
  #release(group: Group, records: readonly RunRecord[], stored: readonly RunRecord[]): void {
    for (const run of group.runs) run.isCommitting = false;
    if (this.#core.isClosed) {
      group.settleReceipts();
      // Of a run that was lost nobody else knows.
      for (const run of group.runs) run.noteSettled();
      return;
    }
    this.#performer.perform(group);
    group.settleReceipts();
    for (const run of group.runs) this.#releaseRun(run);
    if (records.length > 0) this.#core.onRecords(records, stored);
  }

  #releaseRun(run: OpenRun): void {
    if (run.outbox !== undefined) this.#emptyOutbox(run);
    const events = run.freshEvents;
    run.freshEvents = undefined;
    if (events !== undefined && run.taps !== undefined) for (const tap of [...run.taps]) tap.push(events);
    const callbacks = run.settledCallbacks;
    const record = run.freshRecord;
    run.settledCallbacks = undefined;
    run.freshRecord = undefined;
    if (isEnded(run.status)) this.#conclude(run, record ?? run.toRecord());
    else if (run.isWindingDown && run.ending === undefined) this.#windDown(run);
    else if (run.status === "canceling" && run.ending !== undefined) this.#awaitCanceled(run);
    else if (canGoOn(run)) this.#hooks.markReady(run);
    for (const callback of callbacks ?? []) callback();
  }

  #emptyOutbox(run: OpenRun): void {
    const arrivals = run.outbox ?? [];
    run.outbox = undefined;
    this.#hooks.deliver(arrivals);
  }

  #windDown(run: OpenRun): void {
    if (run.waiting !== undefined) this.#hooks.markReady(run);
    if (!run.isInFlight) this.#hooks.deliver([{ run, kind: EntryKind.CANCEL, id: 0, payload: undefined }]);
  }

  /** Tasks that ignore their signal are given up after `cancelTimeoutMs`. */
  #awaitCanceled(run: OpenRun): void {
    if (run.waiting !== undefined) this.#hooks.markReady(run);
    run.stopCancelTimer ??= this.#core.clock.schedule(this.#core.cancelTimeoutMs, () => {
      run.aborting = undefined;
      this.#hooks.deliver([{ run, kind: TOUCH, id: 0, payload: undefined }]);
    });
  }

  #conclude(run: OpenRun, record: RunRecord): void {
    if (run.isDropped) return;
    this.drop(run);
    const parent = run.parentRunId === undefined ? undefined : this.#core.runs.get(run.parentRunId);
    if (parent?.aborting?.delete(run.runId) === true && parent.aborting.size === 0) {
      this.#hooks.deliver([{ run: parent, kind: TOUCH, id: 0, payload: undefined }]);
    }
    if (run.taps !== undefined) {
      const end = tellEnd(run, record);
      for (const tap of [...run.taps]) {
        tap.push([end]);
        tap.detach();
      }
    }
    if (run.waiting !== undefined) this.#hooks.deliver(run.waiting);
    run.waiting = undefined;
    this.#core.onEnded(run, record);
  }

  /** Takes the run out of the loop and out of the kernel; once, also where its journal was lost while it was committed. */
  drop(run: OpenRun): void {
    if (run.isDropped) return;
    run.isDropped = true;
    if (run.handle !== NO_HANDLE) this.#tryKernel(() => this.#core.kernel.destroyRun(run.handle));
    run.handle = NO_HANDLE;
    this.#core.restless.delete(run);
    run.stopCancelTimer?.();
    run.program.userCount -= 1;
    this.#performer.forget(run);
    if (this.#core.runs.get(run.runId) === run) this.#core.runs.delete(run.runId);
  }

  /** Takes the run out, and tells whoever waits for it why. */
  abandon(run: OpenRun, error: WorkflowError): void {
    this.drop(run);
    run.ending = undefined;
    for (const arrival of run.waiting ?? []) arrival.receipt?.fail(error, arrival.index ?? 0);
    for (const tap of [...(run.taps ?? [])]) tap.detach();
    run.noteSettled();
  }

  // --- a failed commit --------------------------------------------------------------------------------------------

  #rollBack(group: Group, error: WorkflowError): void {
    const runIds: string[] = [];
    for (const run of group.runs) {
      run.isCommitting = false;
      run.isRolledBack = true;
      this.abandon(run, error);
      this.#emptyOutbox(run);
      runIds.push(run.runId);
    }
    group.failReceipts(error);
    const { journal } = error.details;
    if (error.code === "store/fenced" && typeof journal === "number") this.#core.onFenced(journal);
    if (!this.#core.isClosed) this.#core.clock.schedule(RELOAD_DELAY_MS, () => this.#hooks.reload(runIds));
  }
}

/** Has the run something to do that only waited for its commit? */
function canGoOn(run: OpenRun): boolean {
  const { waiting } = run;
  if (!run.isYielded) return waiting !== undefined;
  return !run.isPaused || waiting?.some((arrival) => arrival.heldSeed === undefined) === true;
}
