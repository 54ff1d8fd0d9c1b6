// Does what committed steps ask for: hands calls to the tasks when the scheduler says so, arms timers, aborts, and brings
// results back as arrivals. Knows which keys are in flight; decides nothing about runs.
import { toErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { TaskCall, TaskResult } from "../model/ports.js";
import type { SchedulingOptions, SchedulingStatistics } from "../model/scheduling.js";
import { type CallName, CallTable } from "../model/task-call.js";
import { encodeValue } from "../model/value.js";
import { readCall, taskOf } from "./asked-call.js";
import type { Core } from "./core.js";
import type { Group, Work } from "./group.js";
import { type Arrival, type OpenRun, TOUCH } from "./open-run.js";
import { TIMER_LATE_MS } from "./limits.js";
import type { OpenCommand } from "./run-state.js";
import { Scheduler } from "./scheduler.js";
import { type QueuedTimer, TimerQueue } from "./timer-queue.js";

export class Performer {
  readonly #core: Core;
  readonly #deliver: (arrivals: readonly Arrival[]) => void;
  readonly #inFlight = new CallTable<Work>(({ open }) => open.serial);
  readonly #timers: TimerQueue<Work>;
  readonly #timerOf = new Map<OpenCommand, QueuedTimer<Work>>();
  readonly scheduler: Scheduler<Work>;
  /** Aborted calls: those that have not ended when their time is up keep no place from others. */
  readonly #aborted: TimerQueue<Work>;
  /** Runs that begin or cease to wait for a place. */
  #scheduled: OpenRun[] = [];

  constructor(core: Core, deliver: (arrivals: readonly Arrival[]) => void) {
    this.#core = core;
    this.#deliver = deliver;
    this.#timers = new TimerQueue(core.clock, (due) => this.#fire(due));
    this.#aborted = new TimerQueue(core.clock, (works) => this.#giveUp(works));
    this.scheduler = new Scheduler<Work>({
      now: () => core.clock.now(),
      taskOf: ({ run, open }) => taskOf(run.program, open),
      onScheduled: (run) => this.#scheduled.push(run as OpenRun),
    });
    core.tasks.onResults = (results) => this.#takeResults(results);
    core.tasks.onLogs = (logs) => core.logs.take(logs);
  }

  /** Set once: called when there may be room for more calls. */
  onRoom: () => void = () => undefined;

  get tasksInFlight(): number {
    return this.#inFlight.count;
  }

  get timersPending(): number {
    return this.#timers.count;
  }

  isInFlight(call: CallName): boolean {
    return this.#inFlight.get(call) !== undefined;
  }

  /** Performs what a committed group asks for. */
  perform(group: Group): void {
    if (group.abortedCalls.length > 0) this.#abort(group.abortedCalls);
    for (const work of group.timers) this.arm(work);
    for (const run of group.resumed) this.scheduler.resume(run);
    if (this.scheduler.hasPlaces) this.#settle(group);
    this.call(group.calls);
  }

  /** Runs that ask for nothing more free their place. */
  #settle(group: Group): void {
    for (const run of group.runs) if (run.calls?.foreseen === 0) this.scheduler.settle(run);
    for (const { run } of group.calls) if (run.calls !== undefined) run.calls.foreseen = 0;
  }

  /** Before a group is committed: its runs that will have to wait for a place are told as scheduled. */
  foresee(group: Group): void {
    if (this.scheduler.hasPlaces) this.scheduler.foresee(group.calls);
  }

  /** Starts tasks that are not in flight yet, in one batch, as far as the scheduler lets them go out; the others when it does. */
  call(works: readonly Work[]): void {
    const now = this.#core.clock.now();
    const calls: TaskCall[] = [];
    for (const work of works) {
      const { run, open } = work;
      if (open.isClosed || open.isAnswered || run.isDropped) continue;
      const before = run.recoveredSeq === 0 ? undefined : this.#inFlight.get({ runId: run.runId, serial: open.serial });
      if (before !== undefined) {
        this.#inFlight.set({ runId: run.runId, serial: open.serial }, work);
        this.scheduler.adopt(before, work, now);
      } else if (this.scheduler.ask(work, now)) this.#issue(work, now, calls);
    }
    this.#goOn(now, calls);
  }

  /** Starts what waits and may go, after `calls`. Whenever something has ended, or limits have changed. */
  #goOn(now: number, calls: TaskCall[] = []): void {
    if (this.scheduler.queued > 0)
      for (let work = this.scheduler.next(now); work !== undefined; work = this.scheduler.next(now)) this.#issue(work, now, calls);
    if (this.#scheduled.length > 0) this.#tellScheduled();
    if (calls.length > 0) this.#core.tasks.perform(calls);
    this.onRoom();
  }

  #issue(work: Work, now: number, calls: TaskCall[]): void {
    const { run, open } = work;
    const { serial, visit, item, attempt } = open;
    const { runId } = run;
    const call = { runId, serial, visit, item, attempt, ...readCall(run.program, open) };
    const before = this.#inFlight.set(call, work);
    if (before === undefined) calls.push(call);
    else this.scheduler.end(before, now);
  }

  /** The records of these runs are looked at again where they say otherwise. */
  #tellScheduled(): void {
    const runs = this.#scheduled.filter(({ status, calls }) => (status === "scheduled") !== (calls?.isScheduled === true));
    this.#scheduled = [];
    if (runs.length > 0) this.#deliver(runs.map((run) => ({ run, kind: TOUCH, id: 0, payload: undefined })));
  }

  /** Other limits; calls that they permit go out. */
  configure(options: SchedulingOptions): void {
    this.scheduler.configure(options, this.#inFlight.values());
    this.#goOn(this.#core.clock.now());
  }

  statistics(): SchedulingStatistics {
    return this.scheduler.statistics(this.#core.clock.now());
  }

  /** A call that waits for its turn is not wanted any more. */
  takeBack(work: Work): void {
    this.scheduler.cancel(work, this.#core.clock.now());
  }

  #abort(calls: readonly CallName[]): void {
    const due = this.#core.clock.now() + this.#core.cancelTimeoutMs;
    for (const call of calls) {
      const work = this.#inFlight.get(call);
      if (work !== undefined) this.#aborted.add(due, work);
    }
    this.#core.tasks.abort(calls);
  }

  #giveUp(works: readonly Work[]): void {
    const now = this.#core.clock.now();
    for (const work of works)
      if (this.#inFlight.get({ runId: work.run.runId, serial: work.open.serial }) === work) this.scheduler.giveUp(work, now);
    this.#goOn(now);
  }

  arm(work: Work): void {
    if (work.open.isClosed || work.run.isDropped) return;
    this.#timerOf.set(work.open, this.#timers.add(work.open.due, work));
  }

  /** The timer's command was closed. */
  disarm(open: OpenCommand): void {
    const timer = this.#timerOf.get(open);
    if (timer === undefined) return;
    this.#timerOf.delete(open);
    this.#timers.cancel(timer);
  }

  /** The run leaves the loop: forgets its timers and what waits of it. */
  forget(run: OpenRun): void {
    for (const open of run.open?.values() ?? []) this.disarm(open);
    if (run.calls === undefined) return;
    const now = this.#core.clock.now();
    this.scheduler.forget(run, now);
    if (this.scheduler.queued > 0) this.#goOn(now);
  }

  /** Another engine drives the run: what it has in flight is aborted, and its answer is nobody's. */
  abandon(run: OpenRun): void {
    const calls: CallName[] = [];
    for (const { serial } of run.open?.values() ?? []) if (this.#inFlight.take({ runId: run.runId, serial }) !== undefined) calls.push({ runId: run.runId, serial });
    if (calls.length > 0) this.#core.tasks.abort(calls);
  }

  /** Stops everything: the engine closes. */
  close(): void {
    this.#timers.clear();
    this.#aborted.clear();
    this.scheduler.clear(this.#core.runs.awake());
    this.#timerOf.clear();
    const calls = this.#inFlight.clear();
    if (calls.length > 0) this.#core.tasks.abort(calls);
  }

  #fire(due: readonly Work[]): void {
    const arrivals: Arrival[] = [];
    for (const { run, open } of due) {
      this.#timerOf.delete(open);
      if (open.isClosed || run.isDropped) continue;
      arrivals.push({ run, kind: EntryKind.TIMER, id: open.serial, payload: undefined });
      this.#noteLate(run, open);
    }
    this.#deliver(arrivals);
  }

  #noteLate({ runId }: OpenRun, { due, visit }: OpenCommand): void {
    const lateMs = this.#core.clock.now() - due;
    if (lateMs < TIMER_LATE_MS) return;
    const message = `A timer came due ${(lateMs / 1_000).toFixed(1)} s ago and fires late`;
    this.#core.logs.note(runId, "warning", { code: "log/late-timer", message, fields: { due, lateMs, visit } });
  }

  #takeResults(results: readonly TaskResult[]): void {
    const arrivals: Arrival[] = [];
    const now = this.#core.clock.now();
    for (const result of results) {
      const work = this.#inFlight.take(result.call);
      if (work === undefined) continue;
      this.scheduler.end(work, now);
      const { run, open } = work;
      if (run.aborting?.delete(result.call.serial) === true && run.aborting.size === 0) arrivals.push({ run, kind: TOUCH, id: 0, payload: undefined });
      if (!open.isClosed && !run.isDropped) arrivals.push({ run, id: open.serial, ...encodeResult(result) });
    }
    if (arrivals.length > 0) this.#deliver(arrivals);
    this.#goOn(now);
  }
}

function encodeResult(result: TaskResult): { kind: EntryKind; payload: Uint8Array } {
  if (!result.isSuccess) return { kind: EntryKind.TASK_FAILED, payload: encodeError(result.error) };
  try {
    return { kind: EntryKind.TASK_SUCCEEDED, payload: encodeValue(result.value ?? null, "result") };
  } catch (error) {
    return { kind: EntryKind.TASK_FAILED, payload: encodeError(error) };
  }
}

/** An error as the kernel takes it: `{code, message, details?}`; details that are no plain values are left out. */
export function encodeError(error: unknown): Uint8Array {
  const { code, message, details } = isErrorRecord(error) ? error : toErrorRecord(error);
  try {
    return encodeValue({ code, message, ...(details !== undefined && Object.keys(details).length > 0 && { details }) });
  } catch (failure) {
    if (!(failure instanceof WorkflowError)) throw failure;
    return encodeValue({ code: String(code), message: toWellFormed(String(message)) });
  }
}

function isErrorRecord(error: unknown): error is { code: string; message: string; details?: Readonly<Record<string, unknown>> } {
  return typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error && "message" in error;
}

/** The text with lone surrogates replaced. */
function toWellFormed(text: string): string {
  return text.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
}
