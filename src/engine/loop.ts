// The run loop: collects what runs are to be told, steps all of it in one kernel call per turn, records what came of it
// and hands the group to the committer. Nothing that the kernel asks for happens here.
import type { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { EventKind, EventOutcome } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { awaitsCommit, failArrival, isControl, isPausing, isTold, isUndoing, takeWaiting } from "./arrivals.js";
import type { BatchCall } from "./batch-call.js";
import type { ChildStarter } from "./child-starter.js";
import { Consequences, tell } from "./consequences.js";
import { type Core, isKernelLost, toWorkflowError } from "./core.js";
import { canStepDirectly, type DirectCalls, isRecorded, isUnheard, takesAtOnce } from "./direct-call.js";
import { GroupPair } from "./group.js";
import { Inbox } from "./inbox.js";
import type { LoopHooks } from "./loop-hooks.js";
import { FOLLOW_UP_ROUNDS_MAX, PUMP_SLICE_MS, TURN_ARRIVALS_MAX, TURN_ARRIVALS_STORED_MAX, WAITING_EVENTS_MAX } from "./limits.js";
import { type Arrival, type OpenRun, type Receipt, TOUCH } from "./open-run.js";
import { fitArrival, needsForm } from "./payload-check.js";
import { encodeError, type Performer } from "./performer.js";
import { placeProgram } from "./replay.js";
import { tellEntry, tellHeld } from "./run-events.js";
import { NO_HANDLE, type OpenCommand } from "./run-state.js";
import { StepBatch, type SteppedEvent } from "./step-batch.js";
import { queueFullError, reloadingError, trapError, unreadableError } from "./errors.js";

const NO_COMMANDS: readonly KernelCommand[] = [];

export class Loop {
  readonly #core: Core;
  readonly #performer: Performer;
  readonly #consequences: Consequences;
  readonly #hooks: LoopHooks;
  readonly #batch = new StepBatch();
  readonly #direct: DirectCalls;
  #isPumping = false;
  readonly #inbox = new Inbox<Arrival | BatchCall>();
  /** Arrivals of one turn. */
  readonly #turnMax: number;
  /** Runs that may take what waited for them, or go on where fuel ran out. */
  #ready: OpenRun[] = [];
  /** Were in the batch in which the kernel was lost: delivered one by one. */
  #suspects: Arrival[] = [];
  #suspectInHand: Arrival | undefined;
  /** What is being admitted, and the index of what comes next; what a lost kernel could not take goes back. */
  #work: readonly (Arrival | BatchCall)[] = [];
  #workAt = 0;
  #returned: (Arrival | BatchCall)[] = [];
  readonly #groups = new GroupPair();
  #isScheduled = false;
  /** It steps: not before recovery, nor after the engine was closed or stepped down. */
  #isStepping = false;
  #isRebuilding = false;
  #isKernelLost = false;
  #sliceStart = 0;

  constructor(core: Core, performer: Performer, children: ChildStarter, direct: DirectCalls, hooks: LoopHooks) {
    this.#core = core;
    this.#turnMax = core.durability === "none" ? TURN_ARRIVALS_MAX : TURN_ARRIVALS_STORED_MAX;
    this.#performer = performer;
    this.#consequences = new Consequences(core, performer, children);
    this.#hooks = hooks;
    this.#direct = direct;
  }

  /** Steps from now on; before, arrivals are only collected. */
  begin(): void {
    this.#isStepping = true;
    this.#schedule();
  }

  deliver(arrivals: readonly (Arrival | BatchCall)[]): void {
    for (const arrival of arrivals) this.#inbox.add(arrival);
    this.#schedule();
  }

  /** Nothing is under way or waits, and the event loop had a turn not long ago: a step at once is a step in order. */
  isIdle(now: number): boolean {
    if (this.#isScheduled || this.#isPumping || !this.#isStepping || this.#isRebuilding || this.#isKernelLost) return false;
    return this.#inbox.count === 0 && this.#ready.length === 0 && this.#suspects.length === 0 && now - this.#sliceStart < PUMP_SLICE_MS;
  }

  /** Resolves when everything delivered so far has been stepped and the event loop had a turn. */
  async breathe(): Promise<void> {
    await this.flushed();
    await this.#core.turn();
    this.#sliceStart = this.#core.clock.now();
  }

  /** The run may go on: its commit is done. */
  markReady(run: OpenRun): void {
    this.#ready.push(run);
    this.#schedule();
  }

  /** The kernel was lost outside of a step: a new one is made before the next. */
  loseKernel(): void {
    this.#isKernelLost = true;
    this.#schedule();
  }

  /** Resolves when everything delivered so far has been stepped (not yet committed), and a kernel is there. */
  flushed(): Promise<void> {
    if (this.#core.isClosed || (!this.#isScheduled && !this.#isRebuilding)) return Promise.resolve();
    return this.#inbox.flushed();
  }

  /** Gives everything up that has not been stepped. */
  close(error: WorkflowError): void {
    this.#isStepping = false;
    const arrivals = [...this.#suspects.splice(0), ...this.#inbox.clear(), ...this.#consequences.takeFollowUps()];
    for (const run of this.#core.runs.awake()) arrivals.push(...takeWaiting(run));
    for (const arrival of arrivals) failArrival(arrival, error);
  }

  /** What these runs were to be told is refused: another engine drives them. */
  dismiss(runs: ReadonlySet<OpenRun>, error: WorkflowError): void {
    const isTheirs = (arrival: Arrival | BatchCall): arrival is Arrival => "run" in arrival && runs.has(arrival.run);
    const refused = [...this.#suspects.filter(isTheirs), ...this.#inbox.remove(isTheirs), ...[...runs].flatMap(takeWaiting)];
    this.#suspects = this.#suspects.filter((arrival) => !isTheirs(arrival));
    for (const arrival of refused) failArrival(arrival, error);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isRebuilding || this.#core.isClosed) return;
    if (!this.#isStepping && !this.#isKernelLost) return;
    this.#isScheduled = true;
    const now = this.#core.clock.now();
    const isLate = now - this.#sliceStart >= PUMP_SLICE_MS;
    const needsTurn = isLate || this.#ready.some((run) => run.isYielded);
    if (!needsTurn) {
      void Promise.resolve().then(() => this.#pump());
      return;
    }
    this.#core.clock.defer(() => {
      this.#sliceStart = this.#core.clock.now();
      this.#pump();
    });
  }

  // --- one turn ---------------------------------------------------------------------------------------------------

  #pump(): void {
    this.#isScheduled = false;
    this.#isPumping = true;
    try {
      this.#takeTurn();
    } finally {
      this.#isPumping = false;
    }
  }

  #takeTurn(): void {
    if (this.#core.isClosed || (!this.#isStepping && !this.#isKernelLost)) {
      this.#inbox.settle();
      return;
    }
    try {
      if (!this.#isKernelLost) this.#runTurn();
    } catch (error) {
      if (isKernelLost(error)) this.#isKernelLost = true;
      else this.#failBatch(toWorkflowError(error));
      this.#returnWork();
    }
    if (this.#isKernelLost) this.#collectSuspects();
    this.#finishGroups();
    if (this.#isKernelLost) {
      void this.#rebuild();
      return;
    }
    this.#core.shortenLogs();
    if (this.#inbox.count > 0 || this.#ready.length > 0 || this.#suspects.length > 0) this.#schedule();
    this.#inbox.settle();
  }

  #runTurn(): void {
    const suspect = this.#suspects.shift();
    if (suspect !== undefined) this.#admitAll([suspect]);
    else {
      const ready = this.#takeReady();
      const inbox = this.#inbox.take(this.#turnMax - ready.length);
      this.#admitAll(ready.length === 0 ? inbox : [...ready, ...inbox]);
    }
    this.#suspectInHand = suspect;
    this.#step();
    this.#suspectInHand = undefined;
    let followUps = this.#consequences.takeFollowUps();
    for (let round = 0; followUps.length > 0 && round < FOLLOW_UP_ROUNDS_MAX; round += 1) {
      this.#admitAll(followUps);
      this.#step();
      followUps = this.#consequences.takeFollowUps();
    }
    this.#inbox.putBack(followUps);
  }

  #admitAll(work: readonly (Arrival | BatchCall)[]): void {
    this.#work = work;
    this.#workAt = 0;
    for (const arrival of work) if ("kind" in arrival && arrival.kind === EntryKind.START) this.#placeProgram(arrival);
    for (this.#workAt = 0; this.#workAt < work.length; ) {
      const arrival = work[this.#workAt++];
      if (arrival === undefined) continue;
      if ("kind" in arrival) this.#admit(arrival);
      else this.#admitBatch(arrival);
    }
    this.#work = [];
  }

  /** What waited for runs that may go on now. A run without fuel goes on first; only pause and cancel come before. */
  #takeReady(): readonly Arrival[] {
    const ready = this.#ready;
    this.#ready = [];
    const arrivals: Arrival[] = [];
    for (const run of ready) {
      if (run.isDropped) continue;
      if (run.isYielded && !run.isPaused) {
        const controls = run.waiting?.filter(isControl) ?? [];
        if (controls.length === 0) arrivals.push({ run, kind: EventKind.CONTINUE, id: 0, payload: undefined });
        else run.waiting = run.waiting?.filter((arrival) => !isControl(arrival));
        for (const control of controls) arrivals.push(control);
        continue;
      }
      for (const arrival of run.waiting ?? []) arrivals.push(arrival);
      run.waiting = undefined;
    }
    return arrivals;
  }

  async #rebuild(): Promise<void> {
    this.#isRebuilding = true;
    await this.#hooks.rebuild();
    this.#isKernelLost = false;
    this.#isRebuilding = false;
    this.#schedule();
    this.#inbox.settle();
  }

  /** Everything of the batch in hand goes back, and before what waits for the same runs; the event that was alone in it fails its run. */
  #collectSuspects(): void {
    const arrivals = Array.from({ length: this.#batch.count }, (_, at) => this.#batch.toArrival(at));
    this.#batch.clear();
    const suspect = this.#suspectInHand;
    this.#suspectInHand = undefined;
    if (suspect !== undefined && arrivals.length === 1) this.#failRun(suspect.run, arrivals[0], trapError(suspect.run.runId));
    else this.#suspects = [...arrivals, ...[...new Set(arrivals.map(({ run }) => run))].flatMap(takeWaiting), ...this.#suspects];
  }

  /** What was not admitted when a turn broke off is delivered in the next. */
  #returnWork(): void {
    this.#inbox.putBack([...this.#returned, ...this.#work.slice(this.#workAt), ...this.#consequences.takeFollowUps()]);
    this.#returned = [];
    this.#work = [];
  }

  #failRun(run: OpenRun, arrival: Arrival | undefined, error: WorkflowError): void {
    if (run.ending === undefined) {
      run.ending = { status: "failed", payload: encodeError(error) };
      run.updatedAt = Math.max(this.#core.clock.now(), run.lastNow);
      run.isYielded = false;
    }
    const group = this.#groups.of(run);
    group.touch(run);
    if (arrival?.receipt !== undefined) group.addReceipt(arrival.receipt, EventOutcome.FAILED, arrival.index ?? 0);
    this.#consequences.closeEnded(run, group);
  }

  /** Fails a run from outside of a step (its history cannot be played any more). */
  failRun(run: OpenRun, error: WorkflowError): void {
    this.#failRun(run, undefined, error);
    this.#finishGroups();
  }

  /** Takes in a run that was stepped outside of the loop: commits what it has come to and performs what it asks for. */
  adopt(run: OpenRun, receipt: Receipt): void {
    const group = this.#groups.of(run);
    group.touch(run);
    group.programs.add(run.program);
    group.addReceipt(receipt, EventOutcome.TAKEN, 0);
    this.#consequences.reissue(run, group);
    this.#finishGroups();
    this.deliver(this.#consequences.takeFollowUps());
  }

  #finishGroups(): void {
    const groups = this.#groups.take();
    if (groups.length > 0) this.#hooks.finish(groups);
  }

  #failBatch(error: WorkflowError): void {
    for (let at = 0; at < this.#batch.count; at += 1) {
      const { receipt, index, run } = this.#batch.toArrival(at);
      receipt?.fail(error, index ?? 0);
      this.#failRun(run, undefined, error);
    }
    this.#batch.clear();
  }

  // --- admission --------------------------------------------------------------------------------------------------

  #admitBatch(call: BatchCall): void {
    if (this.#direct.isStepped(call) || (call.position === 0 && this.#suspects.length === 0 && canStepDirectly(call))) {
      this.#step();
      this.#stepDirectly(call);
      return;
    }
    try {
      this.#admitEvents(call);
    } catch (error) {
      if (call.position < call.count) this.#returned.push(call);
      throw error;
    }
  }

  /** The whole call in one kernel call of its own, after what came before it. */
  #stepDirectly(call: BatchCall): void {
    if (!this.#direct.isStepped(call) && !canStepDirectly(call)) {
      this.#admitEvents(call);
      return;
    }
    call.position = call.count;
    try {
      this.#direct.step(call, ({ run, id, now, seed, payload, index }, outcome, commands) => {
        if (outcome === EventOutcome.BUSY) this.#wait({ run, kind: EntryKind.EVENT, id, payload, receipt: call, index });
        else
          this.#takeOutcome({ run, kind: EntryKind.EVENT, id, now, seed, payload, receipt: call, index, isHeld: false }, outcome, commands);
      });
    } catch (error) {
      this.#suspects = [...this.#direct.split(call), ...this.#suspects];
      throw error;
    } finally {
      call.settleRest();
    }
  }

  #admitEvents(call: BatchCall): void {
    const { clock, kernel } = this.#core;
    const now = clock.now();
    const areFree = call.runs.map((run) => run !== undefined && takesAtOnce(run));
    while (call.position < call.count) {
      const index = call.position++;
      const runIndex = call.runIndex(index);
      const run = call.runs[runIndex];
      const id = call.eventId(index);
      const payload = call.payload(index);
      if (run === undefined) call.settle(EventOutcome.UNKNOWN_RUN, index);
      else if (id < 0) call.settle(EventOutcome.UNKNOWN_EVENT, index);
      else if (areFree[runIndex] === true) {
        const time = now > run.lastNow ? now : run.lastNow;
        this.#batch.add(kernel, { run, kind: EntryKind.EVENT, id, now: time, seed: clock.seed(), payload, receipt: call, index, isHeld: false }, id);
      } else {
        this.#admit({ run, kind: EntryKind.EVENT, id, payload, receipt: call, index });
      }
    }
  }

  /** Adds the arrival to the batch, records it at once, or makes it wait. */
  #admit(arrival: Arrival): void {
    const { run, kind, cause } = arrival;
    if (cause !== undefined && awaitsCommit(arrival, cause)) return;
    if (cause?.isRolledBack === true) {
      if (kind === EntryKind.START) this.#forget(run, reloadingError(cause.runId));
      return;
    }
    if (run.isDropped) {
      if (kind === EntryKind.START) return;
      if (run.ending !== undefined) this.#settleNow(arrival, EventOutcome.ENDED);
      else arrival.receipt?.fail(reloadingError(run.runId), arrival.index ?? 0);
      return;
    }
    // Its start waits for its parent's commit.
    if (kind !== EntryKind.START && run.isUnbegun) {
      (run.waiting ??= []).push(arrival);
      return;
    }
    if (this.#mustWait(arrival)) {
      this.#wait(arrival);
      return;
    }
    if (kind === TOUCH) {
      this.#groups.of(run).touch(run);
      this.#consequences.reportEnd(run);
    } else if (run.ending !== undefined) {
      this.#settleNow(arrival, EventOutcome.ENDED);
    } else if (isPausing(kind) || kind === EntryKind.RESUME) {
      this.#admitPause(arrival);
    } else if (kind === EntryKind.CANCEL && run.isPaused && isUndoing(arrival)) {
      this.#resumeToUndo(arrival);
    } else {
      const fitting = fitArrival(this.#core.kernel, arrival, this.#returned);
      if (fitting !== undefined && run.isPaused && kind !== EntryKind.CANCEL) this.#hold(fitting);
      else if (fitting !== undefined) this.#addToBatch(fitting);
    }
  }

  #mustWait(arrival: Arrival): boolean {
    const { run, kind, heldSeed } = arrival;
    if (run.isCommitting) return true;
    if (kind === EventKind.CONTINUE || kind === TOUCH || kind === EntryKind.START) return false;
    if (run.isInBatch && (isControl(arrival) || needsForm(arrival))) return true;
    if (run.isYielded) return heldSeed !== undefined || !(isControl(arrival) || run.isPaused);
    return run.waiting !== undefined && run.waiting.length > 0;
  }

  #wait(arrival: Arrival): void {
    const { run, receipt, index } = arrival;
    if (arrival.kind === EventKind.CONTINUE) return;
    run.waiting ??= [];
    if (receipt !== undefined && arrival.kind === EntryKind.EVENT && run.waiting.length >= WAITING_EVENTS_MAX)
      receipt.fail(queueFullError(run.runId, WAITING_EVENTS_MAX), index ?? 0);
    else run.waiting.push(arrival);
    if (!run.isCommitting && !run.isYielded) this.#groups.of(run).touch(run);
  }

  #admitPause(arrival: Arrival): void {
    const { run, kind } = arrival;
    const isPause = isPausing(kind);
    if (!run.isWindingDown && (isPause !== run.isPaused || kind === EntryKind.WIND_DOWN)) {
      run.recordEntry(kind, isPause ? run.continueCount : 0, this.#timeOf(run), this.#core.clock.seed(), undefined, false);
      if (run.taps !== undefined) tell(run, tellEntry(run, kind, 0, undefined, EventOutcome.TAKEN, undefined));
      if (kind === EntryKind.RESUME) this.#releaseHeld(run);
      if (kind === EntryKind.WIND_DOWN) this.deliver(this.#consequences.listChildren(run).map((child) => ({ ...arrival, run: child, receipt: undefined, cause: run })));
    }
    const group = this.#groups.of(run);
    group.touch(run);
    if (kind === EntryKind.RESUME && !run.isWindingDown) group.resumed.push(run);
    if (arrival.receipt !== undefined) group.addReceipt(arrival.receipt, EventOutcome.TAKEN, arrival.index ?? 0);
  }

  /** What undoes has to be told its answers: the run goes on first. One that winds down has been canceled already, and ends at once. */
  #resumeToUndo(arrival: Arrival): void {
    const { run } = arrival;
    if (run.isWindingDown) {
      this.#addToBatch({ ...arrival, payload: undefined });
      return;
    }
    this.#admitPause({ ...arrival, kind: EntryKind.RESUME, payload: undefined, receipt: undefined });
    this.#wait(arrival);
  }

  /** Held entries wait in order of arrival, before what comes from now on. */
  #releaseHeld(run: OpenRun): void {
    if (run.held.length === 0) return;
    run.waiting = [...(run.waiting ?? []), ...run.held.map(({ kind, id, payload, seed }) => ({ run, kind, id, payload, heldSeed: seed }))];
    run.held = [];
  }

  #hold(arrival: Arrival): void {
    const { run, kind, id, payload, receipt } = arrival;
    if (kind === EventKind.CONTINUE) return;
    if (arrival.heldSeed !== undefined) {
      (run.waiting ??= []).push(arrival);
      return;
    }
    const seed = this.#core.clock.seed();
    run.recordEntry(kind, id, this.#timeOf(run), seed, payload, true);
    run.held.push({ kind, id, seed, payload });
    if (run.taps !== undefined) tell(run, tellHeld(run, kind, id, payload));
    const group = this.#groups.of(run);
    group.touch(run);
    if (receipt !== undefined) group.addReceipt(receipt, EventOutcome.HELD, arrival.index ?? 0);
  }

  #addToBatch(arrival: Arrival): void {
    const { run, kind, id, payload, receipt, index = 0, heldSeed, cause } = arrival;
    const { kernel, clock } = this.#core;
    if (kind === EventKind.CONTINUE && !run.isYielded) return;
    if (kind === EntryKind.START && run.handle === NO_HANDLE && !this.#createHandle(arrival)) return;
    const isContinue = kind === EventKind.CONTINUE;
    const now = isContinue ? run.causeNow : heldSeed === undefined ? this.#timeOf(run) : run.lastNow;
    const seed = isContinue ? run.causeSeed : (heldSeed ?? clock.seed());
    const entryId = kind === EntryKind.CANCEL ? run.continueCount : id;
    const kernelId = kind === EntryKind.CANCEL || kind === EntryKind.START ? 0 : id;
    this.#batch.add(kernel, { run, kind, id: entryId, now, seed, payload, receipt, index, isHeld: heldSeed !== undefined, cause }, kernelId);
  }

  /** Programs are loaded while no event waits in the kernel's batch. */
  #placeProgram(arrival: Arrival): void {
    try {
      placeProgram(this.#core.kernel, arrival.run.program);
    } catch (error) {
      if (isKernelLost(error)) throw error;
      this.#refuse(arrival, toWorkflowError(error));
    }
  }

  /** The run cannot start. */
  #refuse({ run, receipt, index }: Arrival, error: WorkflowError): void {
    if (run.isDropped) return;
    receipt?.fail(error, index ?? 0);
    this.#forget(run, error);
    this.#consequences.reportRefusal(run, error);
  }

  /** It has not begun, and does not. */
  #forget(run: OpenRun, error: WorkflowError): void {
    if (run.isDropped) return;
    run.isDropped = true;
    run.program.userCount -= 1;
    this.#core.runs.delete(run.runId);
    for (const arrival of takeWaiting(run)) failArrival(arrival, error);
  }

  #createHandle(arrival: Arrival): boolean {
    const { run } = arrival;
    try {
      run.handle = this.#core.kernel.createRun(placeProgram(this.#core.kernel, run.program));
      this.#core.runs.version += 1;
      if (run.taps !== undefined) this.#core.kernel.setTraced(run.handle, true);
      return true;
    } catch (error) {
      if (isKernelLost(error)) {
        this.#returned.push(arrival);
        throw error;
      }
      this.#refuse(arrival, toWorkflowError(error));
      return false;
    }
  }

  #timeOf(run: OpenRun): number {
    return Math.max(this.#core.clock.now(), run.lastNow);
  }

  #settleNow({ run, receipt, index }: Arrival, outcome: number): void {
    if (receipt !== undefined) this.#groups.of(run).addReceipt(receipt, outcome, index ?? 0);
  }

  // --- the step ---------------------------------------------------------------------------------------------------

  #step(): void {
    const batch = this.#batch;
    if (batch.count === 0) return;
    const { outcomes, commands } = this.#core.kernel.step();
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += batch.count;
    const busy: Arrival[] = [];
    for (let at = 0, next = 0; at < batch.count; at += 1) {
      const first = next;
      while (commands[next]?.event === at) next += 1;
      const outcome = outcomes[at] ?? EventOutcome.MALFORMED;
      if (outcome === EventOutcome.BUSY) busy.push(batch.toArrival(at));
      else this.#takeOutcome(batch.at(at), outcome, first === next ? NO_COMMANDS : commands.slice(first, next));
    }
    batch.clear();
    for (const arrival of busy.reverse()) {
      (arrival.run.waiting ??= []).unshift(arrival);
      this.#groups.of(arrival.run).touch(arrival.run);
    }
  }

  /** Records an event that was stepped, and takes what it led to. */
  #takeOutcome({ run, kind, id, now, seed, payload, receipt, index, isHeld }: SteppedEvent, outcome: number, commands: readonly KernelCommand[]): void {
    if (kind === EntryKind.EVENT && commands.length === 0 && isUnheard(run) && !isHeld) {
      if (isRecorded(outcome)) run.recordEntry(kind, id, now, seed, payload, false);
      receipt?.settle(outcome, index);
      return;
    }
    if (outcome === EventOutcome.MALFORMED && kind !== EntryKind.EVENT && !isHeld) {
      this.#takeUnreadable({ run, kind, id, payload, receipt, index });
      return;
    }
    const group = this.#groups.of(run);
    if (kind === EventKind.CONTINUE) {
      run.isYielded = false;
      run.continueCount += 1;
    } else if (isHeld) {
      run.beginHeld(seed);
    } else if (isRecorded(outcome)) {
      run.recordEntry(kind, id, now, seed, payload, false);
      run.beginEntry(seed);
    }
    if (kind === EntryKind.CANCEL) run.isYielded = false;
    if (receipt !== undefined) group.addReceipt(receipt, outcome, index);
    const answered = outcome === EventOutcome.STALE ? undefined : this.#closeAnswered(run, kind, id);
    if (run.taps !== undefined && isTold(kind, outcome)) tell(run, tellEntry(run, kind, id, payload, outcome, answered));
    if (kind === EntryKind.START) group.programs.add(run.program);
    if (commands.length > 0 || answered !== undefined) this.#consequences.take(run, commands, group, kind, answered, payload);
    group.touch(run);
  }

  /** The kernel had no room for what the run was told, or could not read it: no start; a task that failed. */
  #takeUnreadable(arrival: Arrival): void {
    const { run, kind, id, payload } = arrival;
    const error = unreadableError(run.runId, payload?.length ?? 0);
    if (kind === EntryKind.START) {
      this.#core.kernel.destroyRun(run.handle);
      run.handle = NO_HANDLE;
      this.#refuse(arrival, error);
    } else if (kind === EntryKind.TASK_SUCCEEDED) {
      this.#inbox.add({ run, kind: EntryKind.TASK_FAILED, id, payload: encodeError(error) });
    } else this.#failRun(run, arrival, error);
  }

  /** Closes the command that the entry answers. */
  #closeAnswered(run: OpenRun, kind: number, serial: number): OpenCommand | undefined {
    if (kind !== EntryKind.TASK_SUCCEEDED && kind !== EntryKind.TASK_FAILED && kind !== EntryKind.TIMER) return undefined;
    const answered = run.close(serial);
    if (answered !== undefined && kind === EntryKind.TIMER) this.#performer.disarm(answered);
    return answered;
  }
}
