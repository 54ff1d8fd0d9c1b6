// What a run of the reference model consists of: tokens, timers, and the choices that a microstep executes.
import type { ActionDefinition, TransitionDefinition } from "../../src/model/definition.js";
import type { Value } from "./expression.js";
import type { Frame } from "./frame.js";

/** What the outside world sees of a step, in order. A serial names a task or a timer; states and transitions are indexes. */
export type Effect =
  | { readonly kind: "entered" | "exited"; readonly state: number }
  | { readonly kind: "taken"; readonly transition: number }
  | { readonly kind: "log"; readonly level: string; readonly message: Value; readonly state: number }
  | { readonly kind: "task"; readonly serial: number; readonly task: string; readonly input: Value }
  | { readonly kind: "timer"; readonly serial: number; readonly due: number }
  | { readonly kind: "cancel"; readonly serial: number }
  | { readonly kind: "end"; readonly how: "succeeded" | "failed"; readonly value: Value };

export type Phase =
  /** All that the state asks for is done; for a composite: it has come to its end. */
  | "complete"
  /** An action waits for a task, a timer or an event. */
  | "waiting"
  /** At a join that waits for other branches. */
  | "joining"
  /** At the end of its scope. */
  | "ended"
  /** Has actions to do where it stands. */
  | "acting"
  /** On the way to `goal`, between two states. */
  | "moving"
  /** Something failed; the failure transition is taken in the next microstep. */
  | "failed"
  | "gone";

export interface Token {
  state: number;
  frame: Frame;
  phase: Phase;
  goal: number;
  /** Actions still to do, and whether they belong to the entry of `state` or to a transition. */
  actions: readonly ActionDefinition[];
  isEntering: boolean;
  /** The transition taken last. */
  way?: TransitionDefinition;
  /** Where it goes on in the scopes on its way that are resumed. */
  resume: Resumption | undefined;
  /** The failure transition that a failed token takes. */
  rescue?: TransitionDefinition;
  /** What a waiting token waits for: a task or timer (with the timer that bounds a task), or an event. */
  serials: readonly number[];
  awaited: string | undefined;
}

/** A place where a token stood when a scope was left; at a join, with the way by which it had come. */
export interface Leaf {
  readonly state: number;
  readonly way: TransitionDefinition | undefined;
}

/** How a scope is entered by its history: to its children alone, or down to the leaves. */
export interface Resumption {
  readonly leaves: readonly Leaf[];
  readonly isDeep: boolean;
}

/** An `after` transition of an active state. That of a state without states inside belongs to one token. */
export interface Timer {
  readonly serial: number;
  readonly state: number;
  readonly owner: Token | undefined;
  readonly transition: TransitionDefinition;
}

/** A token and the transition that it takes; of a fork, all its ways at once. */
export interface Choice {
  readonly token: Token;
  readonly ways: readonly TransitionDefinition[];
}
