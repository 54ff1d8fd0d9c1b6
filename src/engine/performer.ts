// Does what committed steps ask for: hands calls to the tasks, arms timers, aborts, and brings results back as
// arrivals. Knows which keys are in flight; decides nothing about runs.
import { toErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { TaskCall, TaskResult } from "../model/ports.js";
import { type CallName, CallTable } from "../model/task-call.js";
import { encodeValue } from "../model/value.js";
import { readCall } from "./asked-call.js";
import type { Core } from "./core.js";
import type { Group, Work } from "./group.js";
import { type Arrival, type OpenRun, TOUCH } from "./open-run.js";
import type { OpenCommand } from "./run-state.js";
import { type QueuedTimer, TimerQueue } from "./timer-queue.js";

export class Performer {
  readonly #core: Core;
  readonly #deliver: (arrivals: readonly Arrival[]) => void;
  readonly #inFlight = new CallTable<Work>();
  readonly #timers: TimerQueue<Work>;
  readonly #timerOf = new Map<OpenCommand, QueuedTimer<Work>>();

  constructor(core: Core, deliver: (arrivals: readonly Arrival[]) => void) {
    this.#core = core;
    this.#deliver = deliver;
    this.#timers = new TimerQueue(core.clock, (due) => this.#fire(due));
    core.tasks.onResults = (results) => this.#takeResults(results);
  }

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
    if (group.abortedCalls.length > 0) this.#core.tasks.abort(group.abortedCalls);
    for (const work of group.timers) this.arm(work);
    if (group.calls.length > 0) this.call(group.calls);
  }

  /** Starts tasks that are not in flight yet, in one batch. */
  call(works: readonly Work[]): void {
    const calls: TaskCall[] = [];
    for (const work of works) {
      const { run, open } = work;
      if (open.isClosed || open.isAnswered || run.isDropped) continue;
      const { serial, visit, item, attempt } = open;
      const { runId } = run;
      const call = { runId, serial, visit, item, attempt, ...readCall(run.program, open) };
      if (!this.#inFlight.set(call, work)) calls.push(call);
    }
    if (calls.length > 0) this.#core.tasks.perform(calls);
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

  /** The run leaves the loop: forgets its timers; aborts its tasks where `isAborting`. */
  forget(run: OpenRun, isAborting: boolean): void {
    const calls: CallName[] = [];
    for (const open of run.open?.values() ?? []) {
      this.disarm(open);
      const call = { runId: run.runId, serial: open.serial };
      if (this.isInFlight(call)) calls.push(call);
    }
    if (isAborting && calls.length > 0) this.#core.tasks.abort(calls);
  }

  /** Stops everything: the engine closes or no longer drives. */
  close(): void {
    this.#timers.clear();
    this.#timerOf.clear();
    const calls = this.#inFlight.clear();
    if (calls.length > 0) this.#core.tasks.abort(calls);
  }

  #fire(due: readonly Work[]): void {
    const arrivals: Arrival[] = [];
    for (const { run, open } of due) {
      this.#timerOf.delete(open);
      if (!open.isClosed && !run.isDropped) arrivals.push({ run, kind: EntryKind.TIMER, id: open.serial, payload: undefined });
    }
    this.#deliver(arrivals);
  }

  #takeResults(results: readonly TaskResult[]): void {
    const arrivals: Arrival[] = [];
    for (const result of results) {
      const work = this.#inFlight.take(result.call);
      if (work === undefined) continue;
      const { run, open } = work;
      if (run.aborting?.delete(result.call.serial) === true && run.aborting.size === 0) arrivals.push({ run, kind: TOUCH, id: 0, payload: undefined });
      if (!open.isClosed && !run.isDropped) arrivals.push({ run, id: open.serial, ...encodeResult(result) });
    }
    if (arrivals.length > 0) this.#deliver(arrivals);
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
