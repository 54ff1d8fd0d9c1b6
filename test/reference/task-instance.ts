// What the reference model knows of a task that has been started and has not ended, and what such tasks ask of the outside world.
import type { TransitionDefinition } from "../../src/model/definition.js";
import type { Branch } from "./branch.js";
import type { Value } from "./expression.js";
import type { Registration } from "./task-undo.js";
import type { Items } from "./task-values.js";
import { Failure } from "./values.js";

/** What the outside world sees of a step, in order. `item`: from 0, -1 where the task has none. */
export type TaskEffect =
  | { readonly kind: "call"; readonly serial: number; readonly task: string; readonly input: Value; readonly attempt: number; readonly item: number }
  | { readonly kind: "timer"; readonly serial: number; readonly due: number }
  | { readonly kind: "cancel"; readonly serial: number }
  | { readonly kind: "end"; readonly how: "succeeded" | "failed" | "canceled"; readonly value: Value };

/** Random graphs may grow without end; such a play is over. */
export class TooMuch extends Error {}

/** What the output sees where every branch came to a join that had fired is nowhere said; such a play is over, too. */
export class NotSaid extends Error {}

/** How a task or one of its items ended. */
export interface End {
  readonly isSuccess: boolean;
  readonly result: Value;
  readonly error: Value;
}

export interface ItemsUnderWay extends Items {
  next: number;
  readonly results: Value[];
  ended: number;
  failure: End | undefined;
}

export interface Instance {
  readonly task: number;
  readonly split: number;
  branch: Branch;
  attempt: number;
  /** Calls that are out, with the number of their item. */
  calls: { readonly serial: number; readonly item: number }[];
  /** A delay, a wait or the time limit. */
  timers: { readonly serial: number; readonly of: "start" | "delay" | "wait" | "limit" }[];
  awaited: string | undefined;
  items: ItemsUnderWay | undefined;
  /** What failed in the task's own parts. */
  fault: End | undefined;
  /** It has ended, or was given up. */
  isOver: boolean;
  /** It undoes what was registered, for an entry or for nobody. */
  undo?: { readonly of: Registration; waiter: Instance | undefined };
  /** No task, but an entry that leads on when something is undone. */
  wait?: Wait;
}

export interface Wait {
  readonly entry: readonly TransitionDefinition[];
  pending: Registration[];
  underWay: number;
  hasFailed: boolean;
}

/** What a run ends with when nothing is under way. */
export interface Ending {
  readonly how: "failed" | "canceled";
  readonly value: Value;
}

/** The run has ended in the middle of a step. */
export class RunEnded extends Error {}

/** Asks, and takes back what was asked for. */
export class Asking {
  /** Effects of the last step. */
  effects: TaskEffect[] = [];
  /** Milliseconds since 1970; set before each step. */
  now = 0;
  protected nextSerial = 1;

  /** Those that await an event, the one that has waited longest first. */
  protected awaiting: Instance[] = [];

  protected call(instance: Instance, task: string, input: Value, item: number): void {
    const serial = this.nextSerial++;
    instance.calls.push({ serial, item });
    this.effects.push({ kind: "call", serial, task, input, attempt: instance.attempt, item });
  }

  protected setTimer(instance: Instance, of: Instance["timers"][number]["of"], ms: number): void {
    const serial = this.nextSerial++;
    instance.timers.push({ serial, of });
    this.effects.push({ kind: "timer", serial, due: this.now + ms });
  }

  /** What is out for an instance is given up. */
  protected giveUp(instance: Instance): void {
    for (const { serial } of [...instance.calls, ...instance.timers]) this.effects.push({ kind: "cancel", serial });
    instance.calls = [];
    instance.timers = [];
    instance.awaited = undefined;
    this.awaiting = this.awaiting.filter((other) => other !== instance);
  }
}

export function succeed(result: Value): End {
  return { isSuccess: true, result, error: null };
}

export function fail(error: Value): End {
  return { isSuccess: false, result: null, error };
}

export function failureOf(error: unknown): End {
  if (error instanceof Failure) return fail({ code: error.code });
  throw error;
}

export function noteItem(items: ItemsUnderWay, item: number, end: End): void {
  items.ended += 1;
  if (end.isSuccess) items.results[item] = end.result;
  else items.failure ??= end;
}
