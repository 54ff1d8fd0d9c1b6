// The definition: a workflow as its author meant it, free of any format. Formats make it, compile/ turns it into a
// program, drawings and analysis read it. Plain data only: it can be cloned and printed as JSON.
import type { Place } from "./errors.js";

/** CEL types that an author may declare. `number` is a JSON number; `any` is dyn. */
export type TypeName =
  | "any"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "number"
  | "string"
  | "bytes"
  | "list"
  | "map"
  | "timestamp"
  | "duration";

/** A CEL expression and where it stands in the author's text. */
export interface ExpressionSource {
  readonly text: string;
  /** What the author wrote, where `text` is made of it: for messages. */
  readonly written?: string;
  readonly place: Place;
}

/**
 * A value to compute. `text`: one expression. `template`: literal strings and expressions by turns, joined to a string.
 * `literal`: a constant JSON value. `map`: one value per key, in order. `list`: one value per element.
 */
export type ValueSource =
  | { readonly kind: "expression"; readonly expression: ExpressionSource }
  | { readonly kind: "template"; readonly parts: readonly (string | ExpressionSource)[]; readonly place: Place }
  | { readonly kind: "literal"; readonly value: unknown; readonly place: Place }
  | { readonly kind: "map"; readonly entries: readonly { readonly key: string; readonly value: ValueSource }[]; readonly place: Place }
  | { readonly kind: "list"; readonly elements: readonly ValueSource[]; readonly place: Place };

export interface ParameterDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly description?: string;
  readonly isRequired: boolean;
  readonly default?: unknown;
  readonly choices?: readonly unknown[];
  readonly place: Place;
}

/** One thing that a person is asked for. */
export interface FormField extends ParameterDefinition {
  /** What stands beside it; absent: its name. */
  readonly label?: string;
}

export interface VariableDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly description?: string;
  readonly initial?: unknown;
  /**
   * In place of `initial`: computed when a run starts, in the order of the variables. It sees the input, `workflow` and the variables
   * before it. Task graphs alone have it.
   */
  readonly initialValue?: ValueSource;
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
  | {
      readonly kind: "call";
      readonly task: string;
      readonly input: ValueSource;
      readonly result?: string;
      readonly timeoutMs?: number;
      readonly place: Place;
    }
  | {
      readonly kind: "workflow";
      readonly workflow: string;
      readonly input: ValueSource;
      readonly result?: string;
      readonly timeoutMs?: number;
      readonly place: Place;
    }
  | { readonly kind: "await"; readonly event: string; readonly message?: string; readonly place: Place }
  | { readonly kind: "abort"; readonly message: ValueSource; readonly place: Place };

export type StateKind = "state" | "composite" | "parallel" | "region" | "start" | "end" | "choice" | "fork" | "join" | "history" | "task";

/** What a composite that was left remembers: its direct child (of regions: each region's), or the leaves. */
export type HistoryKind = "shallow" | "deep";

/**
 * What a task does. `call`: a handler; `taskName` computes which (a text), and `task` is empty then. `workflow`: a child run. `await`: an event; its payload is the result. `wait`: time passes.
 * `value`: the kernel computes it (`noop`: null; `pass`: its input). `fail`: the run fails.
 */
export type TaskAction =
  | { readonly kind: "call"; readonly task: string; readonly taskName?: ValueSource; readonly input: ValueSource; readonly place: Place }
  | { readonly kind: "workflow"; readonly workflow: string; readonly input: ValueSource; readonly place: Place }
  | AwaitAction
  | { readonly kind: "wait"; readonly duration: ValueSource; readonly place: Place }
  | { readonly kind: "value"; readonly value: ValueSource; readonly place: Place }
  | { readonly kind: "fail"; readonly message: ValueSource; readonly place: Place };

/** A task that waits for an event, or for what a person says. */
export interface AwaitAction {
  readonly kind: "await";
  readonly event: string;
  /** What the payload has to be: a map of these, checked before it is taken. Absent: anything. */
  readonly form?: readonly FormField[];
  /** For whoever is asked; it is computed when somebody looks. */
  readonly message?: ValueSource;
  /** How long it waits: a duration, or milliseconds. */
  readonly deadline?: ValueSource;
  /** The result when the deadline has passed; absent: that is a failure. */
  readonly default?: ValueSource;
  readonly place: Place;
}

/** A task is done once for each element: expressions of its action see it as `item`, and its number, from 0, as `index`. */
export interface ItemsDefinition {
  /** One list; or several by name, whose element is a map of one element of each. */
  readonly lists: readonly { readonly name?: string; readonly value: ValueSource }[];
  /** Several lists: elements of equal number (the lists must be of one length), or each with each, the last list turning fastest. */
  readonly combination: "zip" | "cross";
  /** How many may be under way at a time; absent: no limit of the author's. */
  readonly concurrency?: ValueSource;
  /** Each call is for up to so many elements: `item` is a list of them. */
  readonly batchSize?: ValueSource;
  /** `abort`: the first failure ends the task, what is under way is aborted. `finish`: what is under way ends first. `continue`: all are done. */
  readonly onFailure: "abort" | "finish" | "continue";
}

export interface RetryDefinition {
  /** How many more attempts there may be. */
  readonly count: ValueSource;
  /** Before the first retry: a duration, or milliseconds as a number. Absent: none. */
  readonly delay?: ValueSource;
  /** The nth delay: the same; n times as long; 2^(n-1) times as long. */
  readonly backoff: "constant" | "linear" | "exponential";
  readonly delayMax?: ValueSource;
  /** A part of the delay, 0 to 1, by which chance shortens it. 0: none. */
  readonly jitter: number;
  /** Is it to be retried? It sees `result`, `error`, `attempt`. Absent: whenever it failed. */
  readonly when?: ExpressionSource;
}

/** What undoes a task that has succeeded. It sees the task's `result`, and the variables of its branch as they were then. */
export interface UndoDefinition {
  /** Of kind `call` or `workflow`. */
  readonly action: TaskAction;
  readonly description?: string;
  readonly retry?: RetryDefinition;
  /** Of one attempt: a duration, or milliseconds. */
  readonly timeout?: ValueSource;
}

/** A state of kind `task`: one unit of work in a task graph. Its outgoing transitions are tried when it ends; all that match fire. */
export interface TaskDefinition {
  readonly action: TaskAction;
  /** Of how many tasks that lead here one way must have come; absent: each arrival starts the task anew. */
  readonly join?: "all" | number;
  /** Where branches that meet changed one variable differently: an error, or the later task in file order wins. Default `error`. */
  readonly merge?: "error" | "last";
  readonly items?: ItemsDefinition;
  readonly retry?: RetryDefinition;
  /** Before the first attempt: a duration, or milliseconds. */
  readonly delay?: ValueSource;
  /** Of one attempt: a duration, or milliseconds. */
  readonly timeout?: ValueSource;
  /** False: the task is passed over, and counts as succeeded with the result null. */
  readonly condition?: ExpressionSource;
  /** Done where what the task has done is undone: its run fails, or an entry says so. */
  readonly undo?: UndoDefinition;
}

/**
 * What a workflow has that is a task graph: all of its states are tasks, or scopes. Tasks to which no transition leads start first (one
 * that leads from a task to itself counts, a retry does not, nor one that leads from a scope to what it holds).
 *
 * A scope is a state of kind `composite`: its tasks and inner scopes have it as their parent. Where a task fails and none of its own
 * transitions takes the failure, those of the scopes around it are tried, the innermost scope first. The scope that takes it is given up:
 * what is under way in it is aborted, and joins that wait forget what came out of it. Then its transitions are followed. The same happens where
 * its time is over.
 *
 * A task with an `undo` that has succeeded is undone where the run fails, and where a transition with `isUndo` is followed.
 *
 * Names in its expressions: `input.NAME`, `vars.NAME` (the variables; `input` and `vars` alone are maps of those that have a value),
 * `tasks.NAME.result` and `tasks.NAME.status` (`succeeded` or `failed`) of the last end of a task, `workflow.id` and `workflow.name` of the
 * run. In guards and actions of transitions and in a retry's `when` also `result`, `error`, `succeeded`, `failed`, `completed` and
 * `attempt`; in the action of a task with items `item` and `index`. `secrets.NAME` stands in a task's input alone, whole or as a part
 * of a template: a reference, which only the handler's side can follow.
 */
export interface TaskGraphParts {
  /** Of a run that succeeds; absent: null. */
  readonly output?: ValueSource;
  /** A failure that no transition takes: what is under way is aborted, or ends first. */
  readonly onFailure: "abort" | "finish";
  /** Of the whole run: a duration, or milliseconds. */
  readonly timeout?: ValueSource;
  /** Inputs are variables, and what a later branch changed always wins. Default false. */
  readonly hasOneNamespace?: boolean;
}

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
  /** Of kind task. */
  readonly task?: TaskDefinition;
  /** Of a scope of a task graph: how long something in it may be under way, a duration, or milliseconds. */
  readonly timeout?: ValueSource;
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
  /** Index into `Definition.states`. */
  readonly source: number;
  /** The same. In a task graph also -1: it leads nowhere, and only its actions are done. */
  readonly target: number;
  readonly trigger: TriggerDefinition;
  readonly guard?: ExpressionSource;
  readonly actions: readonly ActionDefinition[];
  /** The state is not left: no exit, no entry. Source and target are the same state, the trigger an event. */
  readonly isInternal?: boolean;
  /**
   * In a task graph: the number of the entry under the task's `next` that it belongs to. The transitions of one entry have one trigger,
   * one guard and one list of actions (what is published), performed once for all of them.
   */
  readonly next?: number;
  /** In a task graph, where source and target are one task: the task is tried again, by its `retry`, in place of being started anew. */
  readonly isRetry?: boolean;
  /** In a task graph: where the source failed, following it does not take the failure. */
  readonly isContinued?: boolean;
  /** In a task graph, where the target is a scope: what is under way in it is given up. */
  readonly isCancel?: boolean;
  /**
   * In a task graph, where the target is a scope, or -1 for all tasks: what they have done is undone, the last first, before the entry's other
   * transitions are followed.
   */
  readonly isUndo?: boolean;
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

/** A value of each run that runs can be looked for by. */
export interface SearchDefinition {
  /** An identifier, unique within the workflow. */
  readonly name: string;
  /** When it is computed: `input` when a run starts, `output` when it ends. The expression reads this name, and no other. */
  readonly from: "input" | "output";
  readonly expression: ExpressionSource;
  /** Of the name. */
  readonly place: Place;
}

/** A parsed workflow. `states` is in document order with parents before children; `transitions` in file order. */
export interface Definition {
  readonly format: "mermaid" | "yaml";
  readonly name: string;
  readonly description?: string;
  readonly parameters: readonly ParameterDefinition[];
  readonly variables: readonly VariableDefinition[];
  readonly events: readonly EventDefinition[];
  readonly states: readonly StateDefinition[];
  readonly transitions: readonly TransitionDefinition[];
  /** What analysis checks; a run does not look at them. In the order of the text. */
  readonly invariants: readonly InvariantDefinition[];
  /** What runs can be looked for by, in the order of the text; absent: nothing is declared. */
  readonly search?: readonly SearchDefinition[];
  readonly direction: "TB" | "BT" | "LR" | "RL";
  /** `classDef` styles, for drawing. */
  readonly styles: Readonly<Record<string, string>>;
  /** Present where the workflow is a task graph. */
  readonly taskGraph?: TaskGraphParts;
}
