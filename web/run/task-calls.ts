// The calls of simulated tasks that are at work, thousands perhaps: each ends as its task behaves, or when a person settles it. Calls of one
// task take equally long, so they end in the order in which they began: one timer, for whichever is due first, serves them all.
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { showInFrame } from "../app/frames.js";
import type { TaskContext } from "../millrace.js";
import { behaviourOf, behaviours } from "./task-behaviour.js";

/** A call of a simulated task that has not ended. */
export interface TaskCall {
  /** Later calls have larger ones. */
  readonly id: number;
  readonly task: string;
  readonly runId: string;
  readonly attempt: number;
  readonly item: number | undefined;
  readonly startedAt: number;
}

interface OpenCall extends TaskCall {
  readonly end: (outcome: "success" | "failure") => void;
}

/** How long calls are ended in one go before the page gets its turn, ms. */
const TURN_MS = 4;

const callsById = new Map<number, OpenCall>();
/** By task, in the order in which they began. */
const callsByTask = new Map<string, Map<number, OpenCall>>();
const version = signal(0);
const countsByTask = new Map<string, ReadonlySignal<number>>();
let lastCallId = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let timerDue = Number.POSITIVE_INFINITY;

/** Calls at work, oldest first, as of the last frame. */
export const taskCalls: ReadonlySignal<readonly TaskCall[]> = computed(() => (version.value, [...callsById.values()]));
/** How many calls are at work. */
export const callCount: ReadonlySignal<number> = computed(() => (version.value, callsById.size));

const tell = (): void => {
  version.value += 1;
};

/** How many calls of `task` are at work. */
export function countCalls(task: string): number {
  let count = countsByTask.get(task);
  if (count === undefined) countsByTask.set(task, (count = computed(() => (version.value, callsByTask.get(task)?.size ?? 0))));
  return count.value;
}

/** Ends a call at work now. */
export function settleCall(id: number, outcome: "success" | "failure"): void {
  callsById.get(id)?.end(outcome);
}

/** A task failed because the person wished it so. */
export class SimulatedFailure extends Error {
  readonly code = "task/simulated-failure";
}

/** Waits as the behaviour of the task says, following its changes; rejects when it shall fail or is canceled. */
export function awaitOutcome({ task, runId, attempt, item, signal: abort }: TaskContext): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const cancel = (): void => {
      remove(call);
      reject(abort.reason instanceof Error ? abort.reason : new Error("canceled"));
    };
    const end: OpenCall["end"] = (outcome) => {
      abort.removeEventListener("abort", cancel);
      remove(call);
      if (outcome === "success") resolve();
      else reject(new SimulatedFailure(`The simulated task "${task}" was told to fail`));
    };
    lastCallId += 1;
    const call: OpenCall = { id: lastCallId, task, runId, attempt, item, startedAt: Date.now(), end };
    if (abort.aborted) return cancel();
    abort.addEventListener("abort", cancel);
    add(call);
  });
}

function add(call: OpenCall): void {
  callsById.set(call.id, call);
  const calls = callsByTask.get(call.task);
  if (calls !== undefined) calls.set(call.id, call);
  else callsByTask.set(call.task, new Map([[call.id, call]]));
  setTimer(dueOf(call));
  showInFrame(tell);
}

function remove(call: OpenCall): void {
  if (!callsById.delete(call.id)) return;
  const calls = callsByTask.get(call.task);
  calls?.delete(call.id);
  if (calls?.size === 0) callsByTask.delete(call.task);
  showInFrame(tell);
}

/** When a call ends by itself. */
function dueOf({ task, startedAt }: TaskCall): number {
  const { outcome, delayMs } = behaviourOf(task);
  return outcome === "ask" ? Number.POSITIVE_INFINITY : startedAt + delayMs;
}

function setTimer(due: number): void {
  if (due >= timerDue) return;
  clearTimeout(timer);
  timerDue = due;
  timer = setTimeout(endDue, Math.max(0, due - Date.now()));
}

function setTimerForFirst(): void {
  clearTimeout(timer);
  timerDue = Number.POSITIVE_INFINITY;
  for (const calls of callsByTask.values()) {
    for (const first of calls.values()) {
      setTimer(dueOf(first));
      break;
    }
  }
}

function endDue(): void {
  const now = Date.now();
  const turnEnd = performance.now() + TURN_MS;
  for (const [task, calls] of callsByTask) {
    const { outcome } = behaviourOf(task);
    if (outcome === "ask") continue;
    for (const call of calls.values()) {
      if (dueOf(call) > now) break;
      if (performance.now() > turnEnd) return takeTurn(endDue);
      call.end(outcome);
    }
  }
  setTimerForFirst();
}

/** Calls back in a turn of its own; no timer, since those of hidden pages are late. */
function takeTurn(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
}

// Reads the behaviours of what is at work, and those of all in case nothing is.
effect(() => {
  void behaviours.value;
  setTimerForFirst();
});
