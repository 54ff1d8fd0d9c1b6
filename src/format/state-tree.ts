// From statements to states and transitions: which state belongs in which, what kind it is, where its start and end are.
// A state belongs to the last composite that names it, as Mermaid draws it.
import type { HistoryKind, StateKind } from "../model/definition.js";
import type {
  Diagram,
  NameStatement,
  Reference,
  RelationStatement,
  StateStatement,
  Statement,
  StyleStatement,
} from "./mermaid/statements.js";
import { dropColon } from "./mermaid/mermaid-view.js";
import type { SourceText } from "./source-text.js";

/** States of one workflow. */
export const STATE_COUNT_MAX = 200_000;

/** A state in the making. Positions are the author's. */
export interface DraftState {
  readonly id: string;
  kind: StateKind;
  parent: DraftState | undefined;
  /** Place in the order of first mention. */
  readonly order: number;
  /** Place in the definition; set at the end. */
  index: number;
  readonly descriptions: DraftDescription[];
  readonly notes: { side: "left" | "right"; text: string }[];
  readonly classes: string[];
  direction: "TB" | "BT" | "LR" | "RL" | undefined;
  regionCount: number;
  history: HistoryKind | undefined;
  joinCount: { readonly count: number; readonly start: number; readonly end: number } | undefined;
  readonly deferred: { readonly name: string; readonly start: number; readonly end: number }[];
  readonly start: number;
  readonly end: number;
}

/** A line of text within a state. `start`: where it stands, when it stands behind a colon; else -1. */
export interface DraftDescription {
  readonly text: string;
  readonly start: number;
}

export interface DraftTransition {
  readonly source: DraftState;
  readonly target: DraftState;
  readonly label: string;
  readonly labelStart: number;
  readonly start: number;
  readonly end: number;
}

/** The states and transitions of one diagram. */
export class StateTree {
  readonly transitions: DraftTransition[] = [];
  readonly styles: Record<string, string> = {};
  private readonly states = new Map<string, DraftState>();
  private readonly names: NameStatement[] = [];
  private readonly classStatements: StyleStatement[] = [];
  private isFull = false;

  /** `base`: where the diagram's text begins in the author's. */
  constructor(
    private readonly diagram: Diagram,
    private readonly source: SourceText,
    private readonly base: number,
  ) {
    this.visit(diagram.statements, undefined);
    this.addClasses();
    this.reportNames();
  }

  private toSource(at: number): number {
    return this.base + this.diagram.toSource(at);
  }

  /** Past the last character of a range: what is cut out behind it does not belong to it. */
  private toSourceEnd(at: number): number {
    return at === 0 ? this.base : this.toSource(at - 1) + 1;
  }

  private visit(statements: readonly Statement[], scope: DraftState | undefined): void {
    let last: Statement | undefined;
    for (const statement of statements) {
      switch (statement.kind) {
        case "relation":
          this.addTransition(statement, scope);
          break;
        case "state":
          this.addState(statement, scope);
          break;
        case "name":
          this.names.push(statement);
          break;
        case "direction":
          if (scope !== undefined) scope.direction = statement.direction;
          break;
        case "classDef":
          this.styles[statement.ids] = statement.value;
          break;
        case "class":
          this.classStatements.push(statement);
          break;
      }
      if (last !== undefined) this.checkLine(last, statement);
      last = statement;
    }
  }

  /** The state of this id, made where it is new. A composite that names it becomes its parent. */
  private touch(id: string, scope: DraftState | undefined, start: number, end: number, kind: StateKind = "state"): DraftState {
    let state = this.states.get(id);
    if (state === undefined) {
      state = this.create(id, scope, start, end, kind);
    } else if (scope !== undefined && state.parent !== scope) {
      if (state.parent !== undefined) this.reportMoved(state, scope, start, end);
      state.parent = scope;
    }
    return state;
  }

  private create(id: string, parent: DraftState | undefined, start: number, end: number, kind: StateKind): DraftState {
    const from = this.toSource(start);
    const state: DraftState = {
      id,
      kind,
      parent,
      order: this.states.size,
      index: -1,
      descriptions: [],
      notes: [],
      classes: [],
      direction: undefined,
      regionCount: 0,
      history: undefined,
      joinCount: undefined,
      deferred: [],
      start: from,
      end: from + end - start,
    };
    if (this.states.size < STATE_COUNT_MAX) this.states.set(id, state);
    else if (!this.isFull) {
      this.isFull = true;
      this.source.report("error", "parse/too-many-states", `The diagram has more than ${STATE_COUNT_MAX} states`, state.start, state.end);
    }
    return state;
  }

  private reportMoved(state: DraftState, scope: DraftState, start: number, end: number): void {
    const from = this.toSource(start);
    const message = `State "${state.id}" is named within "${state.parent?.id}" and within "${scope.id}"; it belongs to the last`;
    this.source.report("warning", "parse/moved-state", message, from, from + end - start);
  }

  private touchReference(reference: Reference, scope: DraftState | undefined): DraftState {
    const { edge, start, end, className } = reference;
    if (reference.id.endsWith(";")) {
      const from = this.toSource(end - 1);
      this.source.report("warning", "parse/stray-text", `The semicolon becomes part of the id "${reference.id}"`, from, from + 1);
    }
    const id = edge === "none" ? reference.id : `${scope?.id ?? "root"}_${edge}`;
    const state = this.touch(id, scope, start, end, edge === "none" ? "state" : edge);
    if (edge !== "none" && state.kind === "state") state.kind = edge;
    if (className !== "") state.classes.push(className);
    return state;
  }

  private addTransition(statement: RelationStatement, scope: DraftState | undefined): void {
    const source = this.touchReference(statement.source, scope);
    const target = this.touchReference(statement.target, scope);
    const { label, labelStart } = statement;
    this.transitions.push({
      source,
      target,
      label,
      labelStart: this.toSource(labelStart),
      start: this.toSource(statement.start),
      end: this.toSourceEnd(statement.end),
    });
  }

  private addState(statement: StateStatement, scope: DraftState | undefined): void {
    if (statement.type === "divider") {
      this.report(
        "error",
        "parse/empty-region",
        "Nothing stands after the last --, so there are no regions; add states or drop it",
        statement,
      );
      return;
    }
    if (statement.isBare && statement.reference.id === "}")
      this.report("warning", "parse/stray-text", 'This "}" closes nothing; it is read as a state', statement);
    const state = this.touchReference(statement.reference, scope);
    const { descriptionStart } = statement;
    const start = descriptionStart === undefined ? -1 : this.toSource(descriptionStart);
    for (const text of statement.descriptions) if (text !== "") state.descriptions.push({ text: dropColon(text), start });
    if (statement.note !== undefined)
      state.notes.push({ side: statement.note.position === "left of" ? "left" : "right", text: statement.note.text });
    if (statement.type !== "default") this.setKind(state, statement.type, statement);
    if (statement.document !== undefined) this.addDocument(state, statement, statement.document);
  }

  private addDocument(state: DraftState, statement: StateStatement, document: readonly Statement[]): void {
    const regions = document.filter((inner) => inner.kind === "state" && inner.type === "divider" && inner.document !== undefined);
    this.setKind(state, regions.length > 0 || state.kind === "parallel" ? "parallel" : "composite", statement);
    if (regions.length === 0) {
      this.visit(document, state);
      return;
    }
    for (const region of regions as readonly StateStatement[]) {
      state.regionCount += 1;
      const inner = this.touch(`${state.id}_region_${state.regionCount}`, state, region.start, region.start, "region");
      inner.kind = "region";
      this.visit(region.document ?? [], inner);
    }
  }

  private setKind(state: DraftState, kind: StateKind, statement: Statement): void {
    if (state.kind === kind || state.kind === "state" || (state.kind === "composite" && kind === "parallel")) {
      state.kind = kind;
      return;
    }
    this.report(
      "error",
      "parse/conflicting-kind",
      `State "${state.id}" is a ${state.kind} already; it cannot be a ${kind} as well`,
      statement,
    );
  }

  private addClasses(): void {
    for (const statement of this.classStatements) {
      for (const id of statement.ids.split(",")) this.states.get(id.trim())?.classes.push(statement.value);
    }
  }

  /** A lone name on the line of another statement is seldom meant. */
  private checkLine(last: Statement, next: Statement): void {
    const stray = isBareState(next) ? next : isBareState(last) ? last : undefined;
    if (stray === undefined || next.start < last.end) return;
    if (this.source.text.slice(this.toSource(last.end), this.toSource(next.start)).includes("\n")) return;
    this.report(
      "warning",
      "parse/stray-text",
      `"${stray.reference.id}" is read as a state of its own: an id has no spaces, and each statement has a line`,
      stray,
    );
  }

  private report(severity: "error" | "warning", code: `parse/${string}`, message: string, statement: Statement): void {
    const { start, end } = statement.kind === "state" ? statement.reference : statement;
    this.source.report(severity, code, message, this.toSource(start), this.toSourceEnd(end));
  }

  /** `state x` without more makes no state in Mermaid: harmless when x is used elsewhere. */
  private reportNames(): void {
    for (const statement of this.names) {
      if (this.states.has(statement.name)) continue;
      const isColon = statement.name.endsWith(":");
      const message = isColon
        ? `Write "${statement.name.slice(0, -1)} : text" without the word state, or state "text" as ${statement.name.slice(0, -1)}`
        : `"state ${statement.name}" alone makes no state; no transition and no description names it`;
      this.report("warning", "parse/ignored-statement", message, statement);
    }
  }

  /** All states, parents before children, each with its index. States that contain each other are reported and stand at the top. */
  order(): DraftState[] {
    const ordered = this.number();
    if (ordered.length === this.states.size) return ordered;
    for (const state of this.states.values()) {
      if (state.index !== -1) continue;
      const message =
        state.parent === state
          ? `State "${state.id}" stands within itself`
          : `State "${state.id}" and state "${state.parent?.id}" stand within each other`;
      this.source.report("error", "parse/cyclic-nesting", message, state.start, state.end);
      state.parent = undefined;
      break;
    }
    for (const state of this.states.values()) if (state.index === -1) state.parent = undefined;
    return this.number();
  }

  private number(): DraftState[] {
    const children = new Map<DraftState | undefined, DraftState[]>();
    for (const state of this.states.values()) {
      state.index = -1;
      const siblings = children.get(state.parent);
      if (siblings === undefined) children.set(state.parent, [state]);
      else siblings.push(state);
    }
    const ordered: DraftState[] = [];
    const pending = [...(children.get(undefined) ?? [])].reverse();
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      state.index = ordered.length;
      ordered.push(state);
      const inner = children.get(state);
      if (inner !== undefined) for (let at = inner.length - 1; at >= 0; at -= 1) pending.push(inner[at] as DraftState);
    }
    return ordered;
  }
}

function isBareState(statement: Statement): statement is StateStatement {
  return statement.kind === "state" && statement.isBare;
}
