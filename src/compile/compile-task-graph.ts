// A task graph to a program: every task a node with its record, every target under a `next` a transition, every value an
// expression. After this nothing knows which language the author used.
import {
  ActionKind,
  CANDIDATE_LAST,
  NO_EXPRESSION,
  NO_SLOT,
  PROGRAM_FLAG_ERROR_HIDDEN,
  PROGRAM_FLAG_FINISH,
  PROGRAM_FLAG_INPUT_VARIABLES,
  PROGRAM_FLAG_MERGE_LAST,
  PROGRAM_FLAG_RESULT_HIDDEN,
  PROGRAM_FLAG_SCOPE_LIMITS,
  PROGRAM_FLAG_TASKS,
  PROGRAM_FLAG_UNDO,
} from "../../assembly/abi.js";
import type { CustomSet } from "../expression/custom/custom-set.js";
import type { AwaitAction, Definition, StateDefinition, TaskAction, TaskDefinition, TransitionDefinition, ValueSource } from "../model/definition.js";
import type { Finding, Place } from "../model/errors.js";
import type { Program, ProgramAction } from "../model/program.js";
import { collectFunctions, type GraphTables, layOutBlob } from "./blob.js";
import type { Range } from "./dispatch.js";
import { ExpressionList, type ExpressionPurpose } from "./expression-list.js";
import { describeState, listFaultTexts } from "./fault-texts.js";
import { separateSecrets } from "./secret-uses.js";
import { type ActionRow, NO_ACTIONS, packActions } from "./tables.js";
import { readTaskGraph, type TaskGraph, taskOf } from "./task-graph.js";
import { packTaskNodes, packTasks, packWays, type ScopeRow, type TaskRow, type WayRow } from "./task-tables.js";
import { RUN_ID, type TaskPlace, TaskVariables, WORKFLOW_NAME } from "./task-variables.js";
import { SLOT_COUNT_MAX } from "./variables.js";

export interface TaskProgram {
  readonly program: Omit<Program, "identity" | "compilerVersion" | "zones"> | undefined;
  readonly findings: readonly Finding[];
}

/** What a whole run has: expressions of its output and its time limit, and pairs of slot and expression of what it begins with. */
interface RunParts {
  readonly output: number;
  readonly partialOutput: number;
  readonly timeout: number;
  readonly undoError: number;
  readonly initials: Uint32Array;
}

/** What undoes the task of a state. */
interface UndoRow {
  readonly state: number;
  readonly row: TaskRow;
}

const NO_SCOPE_ROW: ScopeRow = { timeout: NO_EXPRESSION, timeoutError: NO_EXPRESSION };

/** O(size of the definition). */
export function compileTaskGraph(definition: Definition, customs?: CustomSet): TaskProgram {
  const compiler = new TaskGraphCompiler(definition, customs);
  return { program: compiler.compile(), findings: compiler.findings };
}

class TaskGraphCompiler {
  readonly #definition: Definition;
  readonly #graph: TaskGraph;
  readonly #variables: TaskVariables;
  readonly #list = new ExpressionList();
  readonly #events: ReadonlyMap<string, number>;
  readonly #actionRows: ActionRow[] = [];
  readonly #actions: ProgramAction[] = [];
  /** The task whose expressions are read, or undefined. */
  #state: StateDefinition | undefined;

  constructor(definition: Definition, customs: CustomSet | undefined) {
    this.#definition = definition;
    this.#graph = readTaskGraph(definition);
    this.#variables = new TaskVariables(definition, customs);
    this.#events = new Map(definition.events.map(({ name }, index) => [name, index]));
  }

  get findings(): Finding[] {
    return this.#list.findings;
  }

  compile(): TaskProgram["program"] {
    const { states, transitions, events, taskGraph } = this.#definition;
    const rows = states.map((state, index) => (state.task === undefined ? NO_SCOPE_ROW : this.#readTask(state, index)));
    const ways = this.#readWays();
    const undos = this.#readUndos();
    const scopes = states.map((state) => this.#readScope(state));
    this.#state = undefined;
    const output = this.#optional(taskGraph?.output, "run", "action");
    // Of an output that is a map: those of its entries that can be computed.
    const partialOutput = taskGraph?.output?.kind === "map" ? this.#list.addPartial(taskGraph.output, this.#variables.scope("run")) : NO_EXPRESSION;
    const timeout = this.#optional(taskGraph?.timeout, "run", "duration");
    const initials = this.#readInitials();
    if (this.#variables.count > SLOT_COUNT_MAX)
      this.#report(
        "compile/too-many-variables",
        `The workflow uses ${this.#variables.count} variables; the limit is ${SLOT_COUNT_MAX}`,
        placeOf(states),
      );
    if (states.length > 0 && !this.#graph.isStart.includes(true))
      this.#report("compile/no-start", "Every task waits for another: none can begin", placeOf(states));
    if (this.findings.some(({ severity }) => severity === "error")) return undefined;
    const told = rows.map((row, index) => ("task" in row ? { ...row, resultSlot: this.#variables.find(`tasks.${states[index]?.id}.result`) } : (scopes[index] as ScopeRow)));
    const tables = this.#packTables(told, undos, ways, { output, partialOutput, timeout, initials, undoError: undos.length === 0 ? NO_EXPRESSION : this.#addUndoError() });
    return {
      bytes: layOutBlob(this.#list.codes, this.#variables.names, tables),
      eventNames: events.map(({ name }) => name),
      slotNames: this.#variables.names,
      nodeStates: [-1, ...states.keys(), ...undos.map(({ state }) => state)],
      transitionSources: [...transitions.keys()],
      actions: this.#actions,
      expressions: this.#list.sites,
      definition: this.#definition,
      functions: collectFunctions(this.#list.codes),
      customs: [...this.#list.uses.values()],
      isRunIdUsed: this.#variables.find(RUN_ID) !== NO_SLOT,
    };
  }

  #packTables(rows: readonly (TaskRow | ScopeRow)[], undos: readonly UndoRow[], ways: readonly WayRow[], { initials, ...parts }: RunParts): GraphTables {
    const { states, transitions, events } = this.#definition;
    const candidates = groupWays(transitions, states.length);
    const statusSlots = states.map(({ id }) => this.#variables.find(`tasks.${id}.status`));
    const undone = undos.map(({ state }) => state);
    const nodeCount = states.length + undos.length + 1;
    return {
      nodes: packTaskNodes(states, statusSlots, candidates.eventless, undone),
      nodeCount,
      transitions: packWays(transitions, this.#graph, ways),
      transitionCount: transitions.length,
      actions: packActions(this.#actionRows),
      actionCount: this.#actionRows.length,
      candidates: candidates.list,
      dispatch: new Uint32Array(nodeCount * events.length),
      cells: new Uint32Array(0),
      eventCount: events.length,
      slotTypes: this.#variables.slotTypes,
      root: 0,
      flags: this.#flags(),
      eventSlot: NO_SLOT,
      resultSlot: this.#variables.find("result"),
      errorSlot: this.#variables.find("error"),
      initials,
      faultTexts: {
        general: listFaultTexts(),
        expressions: this.#list.texts,
        nodes: [undefined, ...states.map((state) => describeState(state)), ...undone.map((task) => describeState(states[task] as StateDefinition))],
      },
      tasks: {
        records: packTasks([...rows, ...undos.map(({ row }) => row)]),
        branchSlotCount: this.#variables.branchSlotCount,
        ...parts,
        runIdSlot: this.#variables.find(RUN_ID),
        slots: ["input", "item", "index", "succeeded", "failed", "completed", "attempt"].map((name) => this.#variables.find(name)),
      },
    };
  }

  #flags(): number {
    const { taskGraph } = this.#definition;
    const hidden = PROGRAM_FLAG_ERROR_HIDDEN | PROGRAM_FLAG_RESULT_HIDDEN;
    const finish = taskGraph?.onFailure === "finish" ? PROGRAM_FLAG_FINISH : 0;
    const shared = taskGraph?.hasOneNamespace === true ? PROGRAM_FLAG_INPUT_VARIABLES | PROGRAM_FLAG_MERGE_LAST : 0;
    const undo = this.#definition.states.some(({ task }) => task?.undo !== undefined) ? PROGRAM_FLAG_UNDO : 0;
    const limits = this.#definition.states.some(({ timeout }) => timeout !== undefined) ? PROGRAM_FLAG_SCOPE_LIMITS : 0;
    return PROGRAM_FLAG_TASKS | hidden | finish | shared | undo | limits;
  }

  #readInitials(): Uint32Array {
    const { variables, name } = this.#definition;
    const pairs = variables.flatMap(({ name: variable, initial, initialValue, place }) => {
      if (initial === undefined && initialValue === undefined) return [];
      const value = initialValue ?? ({ kind: "literal", value: initial, place } as const);
      return [this.#variables.slotOfVariable(variable), this.#add(value, "run", "action")];
    });
    const slot = this.#variables.find(WORKFLOW_NAME);
    if (slot === NO_SLOT) return Uint32Array.from(pairs);
    const text = this.#add({ kind: "literal", value: name, place: placeOf(this.#definition.states) }, "run", "action");
    return Uint32Array.from([slot, text, ...pairs]);
  }

  #report(code: string, message: string, place: Place): void {
    this.findings.push({ severity: "error", code, message, place });
  }

  #add(source: ValueSource, place: TaskPlace, purpose: ExpressionPurpose): number {
    return this.#list.add(source, this.#variables.scope(place), purpose, this.#state);
  }

  #optional(source: ValueSource | undefined, place: TaskPlace, purpose: ExpressionPurpose): number {
    return source === undefined ? NO_EXPRESSION : this.#add(source, place, purpose);
  }

  #readTask(state: StateDefinition, index: number): TaskRow {
    this.#state = state;
    const task = taskOf(state);
    const { items, condition, delay, action } = task;
    const place: TaskPlace = items === undefined ? "run" : "item";
    const { wayCounts, isStart, isCyclic, isSplit } = this.#graph;
    const wayCount = wayCounts[index] ?? 0;
    return {
      enough: task.join === undefined || wayCount === 0 ? 0 : task.join === "all" ? wayCount : Math.min(task.join, wayCount),
      wayCount,
      task: this.#definition.taskGraph?.hasOneNamespace === true ? { ...task, merge: "last" } : task,
      isStart: isStart[index] === true,
      isCyclic: isCyclic[index] === true,
      isSplit: isSplit[index] === true,
      condition: condition === undefined ? NO_EXPRESSION : this.#add({ kind: "expression", expression: condition }, "run", "guard"),
      delay: this.#optional(delay, "run", "duration"),
      items: items === undefined ? NO_EXPRESSION : this.#add(listsOf(items, state.place), "run", "action"),
      concurrency: this.#optional(items?.concurrency, "run", "action"),
      batchSize: this.#optional(items?.batchSize, "run", "action"),
      action: this.#addAction(action, index, place),
      ...this.#readAttempts(action.kind === "await" && action.deadline !== undefined ? { ...task, timeout: action.deadline } : task),
      resultSlot: NO_SLOT,
    };
  }

  /** What undoes tasks, in the order of these. */
  #readUndos(): UndoRow[] {
    return this.#definition.states.flatMap((state, index): UndoRow[] => {
      const undo = state.task?.undo;
      if (undo === undefined) return [];
      this.#state = state;
      const name = this.#add({ kind: "literal", value: state.id, place: undo.action.place }, "run", "action");
      const action = this.#addAction(undo.action, index, "undo");
      this.#actions.push({ ...(this.#actions.pop() as ProgramAction), isUndo: true });
      const places = { enough: 0, wayCount: 0, isStart: false, isCyclic: false, isSplit: false };
      const none = { condition: NO_EXPRESSION, delay: NO_EXPRESSION, items: NO_EXPRESSION, batchSize: NO_EXPRESSION, resultSlot: NO_SLOT };
      return [{ state: index, row: { ...places, ...none, task: undo, concurrency: name, action, ...this.#readAttempts(undo) } }];
    });
  }

  /** When an attempt ends, and whether another follows. */
  #readAttempts({ retry, timeout }: Pick<TaskDefinition, "retry" | "timeout">): Pick<TaskRow, "timeout" | "retryCount" | "retryDelay" | "retryDelayMax" | "retryWhen"> {
    const when = retry?.when;
    return {
      timeout: this.#optional(timeout, "run", "duration"),
      retryCount: this.#optional(retry?.count, "run", "action"),
      retryDelay: this.#optional(retry?.delay, "run", "duration"),
      retryDelayMax: this.#optional(retry?.delayMax, "run", "duration"),
      retryWhen: when === undefined ? NO_EXPRESSION : this.#add({ kind: "expression", expression: when }, "end", "guard"),
    };
  }

  #addUndoError(): number {
    const value = { code: "run/undo-failed", message: "Something could not be undone" };
    return this.#add({ kind: "literal", value, place: placeOf(this.#definition.states) }, "run", "action");
  }

  #readScope(state: StateDefinition): ScopeRow {
    const { timeout, id, place } = state;
    if (timeout === undefined) return NO_SCOPE_ROW;
    this.#state = state;
    const error = { code: "task/timed-out", message: `The tasks of scope "${id}" did not end in time`, details: { scope: id } };
    return { timeout: this.#add(timeout, "run", "duration"), timeoutError: this.#add({ kind: "literal", value: error, place }, "run", "action") };
  }

  /** What a task does, as an action of its own; its number. */
  #addAction(action: TaskAction, state: number, place: TaskPlace): number {
    const row = { kind: 0, name: this.#actions.length, expression: NO_EXPRESSION, slot: NO_SLOT, level: 0, timeoutMs: 0 };
    switch (action.kind) {
      case "call":
        this.#addCall(action, row, state, place);
        return this.#actionRows.length - 1;
      case "workflow":
        this.#actionRows.push({ ...row, kind: ActionKind.WORKFLOW, expression: this.#add(action.input, place, "action") });
        break;
      case "await":
        this.#actionRows.push(this.#makeAwait(row, action, place));
        break;
      case "wait":
        this.#actionRows.push({ ...row, kind: ActionKind.WAIT, expression: this.#add(action.duration, place, "duration") });
        break;
      case "value":
        this.#actionRows.push({ ...row, kind: ActionKind.VALUE, expression: this.#add(action.value, place, "action") });
        break;
      case "fail":
        this.#actionRows.push({
          ...row,
          kind: ActionKind.ABORT,
          expression: this.#add(failure(action.message, action.place), place, "action"),
        });
    }
    this.#actions.push({ name: action.kind === "workflow" ? action.workflow : "", place: action.place, state });
    return this.#actionRows.length - 1;
  }

  /** Where the task's name is computed, the call is given a list of the name and the input. */
  #addCall({ task, taskName, input, place }: TaskAction & { kind: "call" }, row: ActionRow, state: number, at: TaskPlace): void {
    const { value, uses } = separateSecrets(input);
    const given: ValueSource = taskName === undefined ? value : { kind: "list", elements: [taskName, value], place };
    this.#actionRows.push({ ...row, kind: ActionKind.CALL, expression: this.#add(given, at, "action") });
    this.#actions.push({ name: task, place, state, ...(taskName !== undefined && { isComputed: true }), ...(uses.length > 0 && { secrets: uses }) });
  }

  #makeAwait(row: ActionRow, action: AwaitAction, place: TaskPlace): ActionRow {
    const { event, message, default: standard } = action;
    const expression = this.#optional(standard, place, "action");
    const text = message?.kind === "expression" ? ({ kind: "template", parts: [message.expression], place: action.place } as const) : message;
    const more = text === undefined ? {} : { message: this.#add(text, place, "action") };
    return { ...row, kind: ActionKind.AWAIT_EVENT, level: this.#eventOf(event, action.place), expression, ...more };
  }

  #eventOf(name: string, place: Place): number {
    const event = this.#events.get(name);
    if (event !== undefined) return event;
    this.#report("compile/unknown-event", `The event "${name}" is not one of the workflow's events`, place);
    return 0;
  }

  /** Conditions and what is published, once for each entry. */
  #readWays(): WayRow[] {
    const { transitions, states } = this.#definition;
    const known = new Map<string, WayRow>();
    return transitions.map((transition) => {
      this.#state = states[transition.source];
      const key = `${transition.source}.${transition.next ?? 0}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const { guard } = transition;
      const row = {
        guard: guard === undefined ? NO_EXPRESSION : this.#add({ kind: "expression", expression: guard }, "end", "guard"),
        actions: this.#publish(transition),
      };
      known.set(key, row);
      return row;
    });
  }

  #publish({ actions, source }: TransitionDefinition): Range {
    if (actions.length === 0) return NO_ACTIONS;
    const first = this.#actionRows.length;
    for (const action of actions) {
      if (action.kind !== "set") throw new Error(`an action ${action.kind} of a task graph's transition`);
      const expression = this.#add(action.value, "end", "action");
      const slot = this.#variables.slotOfVariable(action.variable);
      this.#actionRows.push({ kind: ActionKind.SET, name: this.#actions.length, expression, slot, level: 0, timeoutMs: 0 });
      this.#actions.push({ name: "", place: action.place, state: source });
    }
    return { first, count: actions.length };
  }
}

/** One list as it is; several as a map of lists. */
function listsOf({ lists }: NonNullable<TaskDefinition["items"]>, place: Place): ValueSource {
  const only = lists[0];
  if (lists.length === 1 && only !== undefined && only.name === undefined) return only.value;
  return { kind: "map", entries: lists.map(({ name, value }, index) => ({ key: name ?? String(index), value })), place };
}

function failure(message: ValueSource, place: Place): ValueSource {
  return {
    kind: "map",
    entries: [
      { key: "code", value: { kind: "literal", value: "run/aborted", place } },
      { key: "message", value: message.kind === "expression" ? { kind: "template", parts: [message.expression], place } : message },
    ],
    place,
  };
}

function placeOf(states: readonly StateDefinition[]): Place {
  return states[0]?.place ?? { start: 0, end: 0, line: 1, column: 1 };
}

/** The transitions of each task, in file order. */
function groupWays(transitions: readonly TransitionDefinition[], stateCount: number): { list: Uint32Array; eventless: readonly Range[] } {
  const leaving: number[][] = Array.from({ length: stateCount }, () => []);
  transitions.forEach(({ source }, index) => leaving[source]?.push(index));
  const list: number[] = [];
  const eventless = leaving.map((group) => {
    const range = { first: list.length, count: group.length };
    group.forEach((index, at) => list.push(at === group.length - 1 ? (index | CANDIDATE_LAST) >>> 0 : index));
    return range;
  });
  return { list: Uint32Array.from(list), eventless };
}
