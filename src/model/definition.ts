// The definition: a workflow as its author meant it, free of any format. Formats make it, compile/ turns it into a
// program, drawings and analysis read it. Plain data only: it can be cloned and printed as JSON.
import type { Place } from "./errors.js";

/** CEL types that an author may declare. `number` is a JSON number; `any` is dyn. */
export type TypeName = "any" | "bool" | "int" | "uint" | "double" | "number" | "string" | "bytes" | "list" | "map" | "timestamp" | "duration";

/** A CEL expression and where it stands in the author's text. */
export interface ExpressionSource {
  readonly text: string;
  readonly place: Place;
}

/**
 * A value to compute. `text`: one expression. `template`: literal strings and expressions by turns, joined to a string.
 * `literal`: a constant JSON value. `map`: one value per key, in order.
 */
export type ValueSource =
  | { readonly kind: "expression"; readonly expression: ExpressionSource }
  | { readonly kind: "template"; readonly parts: readonly (string | ExpressionSource)[]; readonly place: Place }
  | { readonly kind: "literal"; readonly value: unknown; readonly place: Place }
  | { readonly kind: "map"; readonly entries: readonly { readonly key: string; readonly value: ValueSource }[]; readonly place: Place };

export interface ParameterDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly description?: string;
  readonly isRequired: boolean;
  readonly default?: unknown;
  readonly choices?: readonly unknown[];
  readonly place: Place;
}

export interface VariableDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly description?: string;
  readonly initial?: unknown;
  readonly place: Place;
}

export interface EventDefinition {
  readonly name: string;
  readonly description?: string;
  /** Named in the front matter (not only used on a transition). */
  readonly isDeclared: boolean;
  readonly place: Place;
}

export type LogLevelName = "debug" | "info" | "warning" | "error";

export type ActionDefinition =
  | { readonly kind: "log"; readonly level: LogLevelName; readonly message: ValueSource; readonly place: Place }
  | { readonly kind: "set"; readonly variable: string; readonly value: ValueSource; readonly place: Place }
  | { readonly kind: "wait"; readonly duration: ValueSource; readonly message?: string; readonly place: Place }
  | { readonly kind: "call"; readonly task: string; readonly input: ValueSource; readonly result?: string; readonly timeoutMs?: number; readonly place: Place }
  | { readonly kind: "workflow"; readonly workflow: string; readonly input: ValueSource; readonly result?: string; readonly timeoutMs?: number; readonly place: Place }
  | { readonly kind: "await"; readonly event: string; readonly message?: string; readonly place: Place }
  | { readonly kind: "abort"; readonly message: ValueSource; readonly place: Place };

export type StateKind = "state" | "composite" | "parallel" | "region" | "start" | "end" | "choice" | "fork" | "join" | "history";

/** What a composite that was left remembers: its direct child (of regions: each region's), or the leaves. */
export type HistoryKind = "shallow" | "deep";

export interface StateDefinition {
  /** Unique within the workflow. Start and end of a scope: `<scope>_start`, `<scope>_end` (`root_start`, `root_end` at the top). */
  readonly id: string;
  readonly kind: StateKind;
  /** Index of the enclosing state in `Definition.states`, or -1. A parent stands before its children. */
  readonly parent: number;
  /** Lines of text for the drawing; the first is the label. */
  readonly descriptions: readonly string[];
  readonly notes: readonly { readonly side: "left" | "right"; readonly text: string }[];
  readonly classes: readonly string[];
  readonly direction?: "TB" | "BT" | "LR" | "RL";
  readonly entry: readonly ActionDefinition[];
  /** Performed when the state is left, inner states before outer ones. */
  readonly exit: readonly ActionDefinition[];
  /** Lines of the drawing that say what the state does (`entry / …`), as they are written; no part of `descriptions`. */
  readonly compartment?: readonly string[];
  /** Events that are kept while the state is active and no transition takes them. */
  readonly deferred?: readonly string[];
  /** Of kind history: what it resumes. Of a composite: how a transition to it as a whole resumes it; absent: at its start. */
  readonly history?: HistoryKind;
  /** Of a join: how many of its incoming ways are enough; absent: all of them. */
  readonly joinCount?: number;
  readonly place: Place;
}

export type TriggerDefinition =
  | { readonly kind: "always" }
  | { readonly kind: "event"; readonly event: string }
  | { readonly kind: "after"; readonly duration: ValueSource }
  | { readonly kind: "outcome"; readonly outcome: "success" | "failure" };

/** How a transition's label was read: shown to authors. */
export type LabelReading = "always" | "expression" | "after" | "guard" | "event" | "event-guard" | "outcome" | "unreadable";

export interface TransitionDefinition {
  /** Indexes into `Definition.states`. */
  readonly source: number;
  readonly target: number;
  readonly trigger: TriggerDefinition;
  readonly guard?: ExpressionSource;
  readonly actions: readonly ActionDefinition[];
  /** The state is not left: no exit, no entry. Source and target are the same state, the trigger an event. */
  readonly isInternal?: boolean;
  readonly label: string;
  readonly reading: LabelReading;
  readonly place: Place;
}

/** A condition that holds in every configuration at rest. It sees the variables, and as `states` the list of active states' ids. */
export interface InvariantDefinition {
  /** As the author calls it; without a name the expression's text. */
  readonly name: string;
  readonly expression: ExpressionSource;
  readonly place: Place;
}

/** A parsed workflow. `states` is in document order with parents before children; `transitions` in file order. */
export interface Definition {
  readonly format: "mermaid";
  readonly name: string;
  readonly description?: string;
  readonly parameters: readonly ParameterDefinition[];
  readonly variables: readonly VariableDefinition[];
  readonly events: readonly EventDefinition[];
  readonly states: readonly StateDefinition[];
  readonly transitions: readonly TransitionDefinition[];
  /** What analysis checks; a run does not look at them. In the order of the text. */
  readonly invariants: readonly InvariantDefinition[];
  readonly direction: "TB" | "BT" | "LR" | "RL";
  /** `classDef` styles, for drawing. */
  readonly styles: Readonly<Record<string, string>>;
}
