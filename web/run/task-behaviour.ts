// How simulated tasks behave: how long they take and how they end. Both can be changed while a task is at work, and a
// task can be told to wait for the person's decision.
import { computed, effect, signal } from "@preact/signals";
import { createRemembered } from "../app/preferences.js";
import type { TaskContext } from "../millrace.js";

/** `ask`: the task waits until a person settles it. */
export type Outcome = "success" | "failure" | "ask";
export interface Behaviour {
  readonly outcome: Outcome;
  /** From the call to its end, ms. */
  readonly delayMs: number;
}

/** A call of a simulated task that has not ended. */
export interface TaskCall {
  readonly id: number;
  readonly task: string;
  readonly runId: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly startedAt: number;
}

export const DEFAULT_BEHAVIOUR: Behaviour = { outcome: "success", delayMs: 900 };
export const delayMsMax = 600_000;
const inputTextSizeMax = 2_000;

/** What the person chose, by task. Tasks without an entry behave as `DEFAULT_BEHAVIOUR`. */
export const behaviours = createRemembered<Readonly<Record<string, Behaviour>>>("behaviours", {});
/** Calls at work, oldest first. */
export const taskCalls = signal<readonly TaskCall[]>([]);
/** How many behaviours differ from the default. */
export const changedBehaviourCount = computed(() => Object.keys(behaviours.value).length);

const decisions = signal<ReadonlyMap<number, "success" | "failure">>(new Map());
let lastCallId = 0;

/** How `task` behaves now. */
export function behaviourOf(task: string): Behaviour {
  return behaviours.value[task] ?? DEFAULT_BEHAVIOUR;
}

/** Changes how `task` behaves, for calls at work too. */
export function changeBehaviour(task: string, change: Partial<Behaviour>): void {
  const next = { ...(behaviours.peek()[task] ?? DEFAULT_BEHAVIOUR), ...change };
  const delayMs = Math.min(delayMsMax, Math.max(0, next.delayMs));
  const { [task]: _, ...others } = behaviours.peek();
  const isDefault = next.outcome === DEFAULT_BEHAVIOUR.outcome && delayMs === DEFAULT_BEHAVIOUR.delayMs;
  behaviours.value = isDefault ? others : { ...others, [task]: { outcome: next.outcome, delayMs } };
}

/** All tasks back to the default. */
export function resetBehaviours(): void {
  behaviours.value = {};
}

/** Ends a call at work now. */
export function settleCall(id: number, outcome: "success" | "failure"): void {
  decisions.value = new Map(decisions.peek()).set(id, outcome);
}

/** A task failed because the person wished it so. */
export class SimulatedFailure extends Error {
  readonly code = "task/simulated-failure";
}

function trimInput(input: unknown): unknown {
  try {
    const text = JSON.stringify(input) ?? "";
    return text.length <= inputTextSizeMax ? input : `${text.slice(0, inputTextSizeMax)}…`;
  } catch {
    return String(input);
  }
}

/** Waits as the behaviour of the task says, following its changes; rejects when it shall fail or is canceled. */
export function awaitOutcome(input: unknown, context: TaskContext): Promise<void> {
  lastCallId += 1;
  const { task, runId, attempt, signal: abort } = context;
  const call: TaskCall = { id: lastCallId, task, runId, attempt, input: trimInput(input), startedAt: Date.now() };
  taskCalls.value = [...taskCalls.peek(), call];
  return new Promise<void>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | undefined;
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      abort.removeEventListener("abort", cancel);
      taskCalls.value = taskCalls.peek().filter((other) => other.id !== call.id);
      queueMicrotask(() => stop?.());
      end();
    };
    const conclude = (outcome: "success" | "failure"): void =>
      finish(outcome === "success" ? resolve : () => reject(new SimulatedFailure(`The simulated task "${task}" was told to fail`)));
    const cancel = (): void => finish(() => reject(abort.reason instanceof Error ? abort.reason : new Error("canceled")));
    if (abort.aborted) return cancel();
    abort.addEventListener("abort", cancel);
    stop = effect(() => {
      const { outcome, delayMs } = behaviourOf(task);
      const decision = decisions.value.get(call.id);
      clearTimeout(timer);
      if (decision) timer = setTimeout(conclude, 0, decision);
      else if (outcome !== "ask") timer = setTimeout(conclude, Math.max(0, call.startedAt + delayMs - Date.now()), outcome);
    });
  });
}
