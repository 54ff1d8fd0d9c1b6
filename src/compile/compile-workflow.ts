// Definition to program: numbers the states, emits every expression, lays out the tables, all in one pass over the
// definition. After this nothing knows which language the author used; places are kept for errors.
import { ActionKind, LogLevel, NO_EXPRESSION, NO_SLOT } from "../../assembly/abi.js";
import { findZoneNames, readTimeZone, type TimeZone } from "../base/time-zone.js";
import type { CustomSet } from "../expression/custom/custom-set.js";
import type {
  ActionDefinition,
  Definition,
  ExpressionSource,
  StateDefinition,
  TransitionDefinition,
  ValueSource,
} from "../model/definition.js";
import type { Finding, Place } from "../model/errors.js";
import type { ExpressionSite, Program } from "../model/program.js";
import { collectFunctions, type FaultTexts, layOutBlob } from "./blob.js";
import { compileTaskGraph } from "./compile-task-graph.js";
import { groupCandidates, type Range } from "./dispatch.js";
import { ExpressionList, type ExpressionPurpose } from "./expression-list.js";
import { describeState, findCovered, listFaultTexts } from "./fault-texts.js";
import { type Graph, numberStates } from "./graph.js";
import { checkSearch } from "./search-check.js";
import { type ActionRow, NO_ACTIONS, type TransitionRow, findProgramFlags, packActions, packNodes, packTransitions } from "./tables.js";
import { SLOT_COUNT_MAX, VariableTable } from "./variables.js";

/** Version of the tables' layout decisions: recorded with every run, raised when a definition compiles to another program. */
export const COMPILER_VERSION = 2;
export interface CompileResult {
  /** Undefined when a finding is an error. */
  readonly program: Program | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Compiles a definition. `identity`: SHA-256 of the author's source, hex. `customs`: functions and constants of the embedder.
 * `zones`: the tables of the time zones that its expressions may name; default: this machine's, of those that they do.
 * O(size of the definition).
 */
export function compileWorkflow(definition: Definition, identity: string, customs?: CustomSet, zones?: readonly TimeZone[]): CompileResult {
  const compiled = compileFormat(definition, identity, customs, zones);
  const found = checkSearch(definition);
  if (found.length === 0) return compiled;
  const isSound = found.every(({ severity }) => severity !== "error");
  return { program: isSound ? compiled.program : undefined, findings: [...compiled.findings, ...found] };
}

function compileFormat(definition: Definition, identity: string, customs?: CustomSet, zones?: readonly TimeZone[]): CompileResult {
  if (definition.taskGraph !== undefined) {
    const { program, findings } = compileTaskGraph(definition, customs);
    if (program === undefined) return { program, findings };
    return {
      program: { ...program, identity, compilerVersion: COMPILER_VERSION, zones: zones ?? readZones(program.expressions) },
      findings,
    };
  }
  const compiler = new WorkflowCompiler(definition, customs);
  const program = compiler.compile(identity, zones);
  const hasError = compiler.findings.some(({ severity }) => severity === "error");
  return { program: hasError ? undefined : program, findings: compiler.findings };
}

class WorkflowCompiler {
  readonly #list = new ExpressionList();
  readonly #definition: Definition;
  readonly #graph: Graph;
  readonly #variables: VariableTable;
  readonly #events: ReadonlyMap<string, number>;
  readonly #actionRows: ActionRow[] = [];
  readonly #actions: { name: string; place: Place; state: number }[] = [];
  readonly #covered: Uint8Array;
  /** The state whose expressions are read, or -1. */
  #state = -1;

  constructor(definition: Definition, customs: CustomSet | undefined) {
    this.#definition = definition;
    this.#covered = findCovered(definition);
    this.#graph = numberStates(definition);
    this.#variables = new VariableTable(definition, customs);
    this.#events = new Map(definition.events.map(({ name }, index) => [name, index]));
  }

  get findings(): Finding[] {
    return this.#list.findings;
  }

  compile(identity: string, zones: readonly TimeZone[] | undefined): Program | undefined {
    const definition = this.#definition;
    const graph = this.#graph;
    const entries = definition.states.map(({ entry }, state) => this.#addActions(entry, state));
    const exits = definition.states.map(({ exit }, state) => this.#addActions(exit, state));
    const rows = definition.transitions.map((transition) => this.#readTransition(transition));
    const candidates = groupCandidates(definition, graph, (name) => this.#events.get(name) ?? 0);
    for (const { deferred = [], place } of definition.states) for (const name of deferred) this.#eventOf(name, place);
    this.#state = -1;
    const initials = definition.variables.flatMap(({ name, initial, place }) =>
      initial === undefined ? [] : [this.#variables.slotOf(name), this.#addValue({ kind: "literal", value: initial, place }, place)],
    );
    const tables = {
      nodes: packNodes(definition, graph, { candidates, entries, exits }),
      nodeCount: graph.nodeCount,
      transitions: packTransitions(definition, graph, rows),
      transitionCount: rows.length,
      actions: packActions(this.#actionRows),
      actionCount: this.#actionRows.length,
      candidates: candidates.list,
      dispatch: candidates.dispatch,
      cells: candidates.cells,
      eventCount: definition.events.length,
      slotTypes: this.#variables.slotTypes,
      root: 0,
      flags: this.#variables.hiddenFlags | findProgramFlags(definition, graph),
      eventSlot: this.#variables.builtinSlot("event"),
      resultSlot: this.#variables.builtinSlot("result"),
      errorSlot: this.#variables.builtinSlot("error"),
      initials: Uint32Array.from(initials),
      faultTexts: this.#listFaultTexts(),
    };
    if (this.findings.some(({ severity }) => severity === "error")) return undefined;
    return {
      bytes: layOutBlob(this.#list.codes, this.#variables.names, tables),
      identity,
      compilerVersion: COMPILER_VERSION,
      eventNames: definition.events.map(({ name }) => name),
      slotNames: this.#variables.names,
      nodeStates: graph.states,
      transitionSources: definition.transitions.map((_, index) => index),
      actions: this.#actions,
      expressions: this.#list.sites,
      definition,
      functions: collectFunctions(this.#list.codes),
      customs: [...this.#list.uses.values()],
      zones: zones ?? readZones(this.#list.sites),
    };
  }

  /** Texts for `error`; none where no failure transition could lead to their being read. */
  #listFaultTexts(): FaultTexts | undefined {
    const { states } = this.#definition;
    if (!this.#covered.includes(1)) return undefined;
    const nodes = this.#graph.states.map((state) =>
      this.#covered[state] === 1 ? describeState(states[state] as StateDefinition) : undefined,
    );
    return { general: listFaultTexts(), expressions: this.#list.texts, nodes };
  }

  #report(code: string, message: string, place: Place): void {
    this.findings.push({ severity: "error", code, message, place });
  }

  #readTransition(transition: TransitionDefinition): TransitionRow {
    const { trigger, guard, place } = transition;
    this.#state = transition.source;
    const row = {
      guard: guard === undefined ? NO_EXPRESSION : this.#addValue({ kind: "expression", expression: guard }, guard.place, "guard"),
      durationExpression: NO_EXPRESSION,
      durationMs: 0,
      event: trigger.kind === "event" ? this.#eventOf(trigger.event, place) : 0,
      actions: transition.actions.length === 0 ? NO_ACTIONS : this.#addActions(transition.actions, transition.source),
    };
    if (trigger.kind !== "after") return row;
    const { duration } = trigger;
    if (duration.kind === "literal" && typeof duration.value === "number") return { ...row, durationMs: duration.value };
    return { ...row, durationExpression: this.#addValue(duration, place, "duration") };
  }

  #eventOf(name: string, place: Place): number {
    const event = this.#events.get(name);
    if (event !== undefined) return event;
    this.#report("compile/unknown-event", `The event "${name}" is not one of the workflow's events`, place);
    return 0;
  }

  #addActions(actions: readonly ActionDefinition[], state: number): Range {
    const first = this.#actionRows.length;
    this.#state = state;
    for (const action of actions) {
      this.#actionRows.push(this.#readAction(action));
      this.#actions.push({ name: nameOf(action), place: action.place, state });
    }
    return { first, count: actions.length };
  }

  #readAction(action: ActionDefinition): ActionRow {
    const row = { kind: 0, name: this.#actions.length, expression: NO_EXPRESSION, slot: NO_SLOT, level: 0, timeoutMs: 0 };
    const { place } = action;
    switch (action.kind) {
      case "log":
        return { ...row, kind: ActionKind.LOG, level: LEVELS[action.level], expression: this.#addValue(asText(action.message), place) };
      case "set":
        return {
          ...row,
          kind: ActionKind.SET,
          slot: this.#variables.slotOf(action.variable),
          expression: this.#addValue(action.value, place),
        };
      case "wait":
        return { ...row, kind: ActionKind.WAIT, expression: this.#addValue(action.duration, place) };
      case "await":
        return { ...row, kind: ActionKind.AWAIT_EVENT, level: this.#eventOf(action.event, place) };
      case "abort":
        return { ...row, kind: ActionKind.ABORT, expression: this.#addValue(abortError(action.message, place), place) };
      default:
        return {
          ...row,
          kind: action.kind === "call" ? ActionKind.CALL : ActionKind.WORKFLOW,
          expression: this.#addValue(action.input, place),
          slot: action.result === undefined ? NO_SLOT : this.#variables.slotOf(action.result),
          timeoutMs: action.timeoutMs ?? 0,
        };
    }
  }

  /** Emits a value's expression; returns its number. A guard must be able to be a bool. */
  #addValue(source: ValueSource, place: Place, purpose: ExpressionPurpose = "action"): number {
    const state = this.#covered[this.#state] === 1 ? this.#definition.states[this.#state] : undefined;
    const expression = this.#list.add(source, this.#variables, purpose, state);
    if (this.#variables.count > SLOT_COUNT_MAX) {
      this.#report(
        "compile/too-many-variables",
        `The workflow uses ${this.#variables.count} variables; the limit is ${SLOT_COUNT_MAX}`,
        place,
      );
    }
    return expression;
  }
}

/** What this machine does not know is no zone for the program. */
function readZones(sites: readonly ExpressionSite[]): readonly TimeZone[] {
  const names = findZoneNames(sites.map(({ text }) => text));
  return names.map(readTimeZone).filter((zone) => zone !== undefined);
}

const LEVELS = { debug: LogLevel.DEBUG, info: LogLevel.INFO, warning: LogLevel.WARNING, error: LogLevel.ERROR } as const;

function nameOf(action: ActionDefinition): string {
  if (action.kind === "call") return action.task;
  return action.kind === "workflow" ? action.workflow : "";
}

/** A single expression shown as text. */
function asText(source: ValueSource): ValueSource {
  if (source.kind !== "expression") return source;
  const { expression } = source;
  return { kind: "template", parts: [expression satisfies ExpressionSource], place: expression.place };
}

function abortError(message: ValueSource, place: Place): ValueSource {
  return {
    kind: "map",
    entries: [
      { key: "code", value: { kind: "literal", value: "run/aborted", place } },
      { key: "message", value: asText(message) },
    ],
    place,
  };
}
