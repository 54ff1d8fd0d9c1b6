// How simulated tasks behave: how long they take and how they end. Both can be changed while a task is at work, and a
// task can be told to wait for the person's decision.
import { computed } from "@preact/signals";
import { createRemembered } from "../app/preferences.js";

/** `ask`: the task waits until a person settles it. */
export type Outcome = "success" | "failure" | "ask";
export interface Behaviour {
  readonly outcome: Outcome;
  /** From the call to its end, ms. */
  readonly delayMs: number;
}

export const DEFAULT_BEHAVIOUR: Behaviour = { outcome: "success", delayMs: 900 };
export const delayMsMax = 600_000;

/** What the person chose, by task. Tasks without an entry behave as `DEFAULT_BEHAVIOUR`. */
export const behaviours = createRemembered<Readonly<Record<string, Behaviour>>>("behaviours", {});
/** How many behaviours differ from the default. */
export const changedBehaviourCount = computed(() => Object.keys(behaviours.value).length);

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
