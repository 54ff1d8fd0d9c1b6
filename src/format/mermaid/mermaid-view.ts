// What Mermaid's own data base holds of a diagram after reading it: states, relations and classes of the top level. For
// comparisons with recorded facts; a workflow is read from the statements themselves.
import type { Diagram, Reference, StateStatement, Statement } from "./statements.js";

export interface ViewedState {
  readonly id: string;
  readonly type: string;
  readonly descriptions: string[];
  note?: { readonly position: string; readonly text: string };
  readonly classes: string[];
  styles: string[];
  hasDoc: boolean;
}

export interface ViewedRelation {
  readonly id1: string;
  readonly id2: string;
  readonly relationTitle: string;
}

export interface MermaidView {
  readonly states: readonly ViewedState[];
  readonly relations: readonly ViewedRelation[];
  readonly direction: string;
  readonly classes: ReadonlyMap<string, readonly string[]>;
}

/** The view of a diagram that was read without errors. O(size). */
export function viewDiagram(diagram: Pick<Diagram, "statements">): MermaidView {
  const states = new Map<string, ViewedState>();
  const relations: ViewedRelation[] = [];
  const classes = new Map<string, string[]>();
  const touch = (id: string, type = "default"): ViewedState => {
    let state = states.get(id);
    if (state === undefined) {
      state = { id, type, descriptions: [], classes: [], styles: [], hasDoc: false };
      states.set(id, state);
    }
    return state;
  };
  const mention = (reference: Reference): string => {
    const state = touch(reference.id);
    if (reference.className !== "") state.classes.push(reference.className);
    return reference.id;
  };
  const declare = (statement: StateStatement): void => {
    const state = touch(statement.reference.id, statement.type);
    if (statement.document !== undefined) state.hasDoc = true;
    if (statement.descriptions.length > 1 || statement.descriptions[0] !== "")
      state.descriptions.push(...statement.descriptions.map(dropColon));
    if (statement.note !== undefined) state.note = statement.note;
  };
  for (const statement of diagram.statements) {
    switch (statement.kind) {
      case "state":
        declare(statement);
        break;
      case "relation":
        relations.push({ id1: mention(statement.source), id2: mention(statement.target), relationTitle: statement.label });
        break;
      case "classDef":
        classes.set(statement.ids, [...(classes.get(statement.ids) ?? []), ...splitStyles(statement.value)]);
        break;
      case "class":
        for (const id of statement.ids.split(",")) touch(id.trim()).classes.push(statement.value);
        break;
      case "style":
        for (const id of statement.ids.split(",")) touch(id.trim()).styles = splitStyles(statement.value);
        break;
    }
  }
  return { states: [...states.values()], relations, direction: findDirection(diagram.statements), classes };
}

/** A description's text: a colon at its start does not belong to it. */
export function dropColon(text: string): string {
  return text.startsWith(":") ? text.slice(1).trim() : text;
}

function splitStyles(value: string): string[] {
  return value.split(",").map((style) => style.replaceAll(";", "").trim());
}

/** The first direction of the top level. */
export function findDirection(statements: readonly Statement[]): "TB" | "BT" | "LR" | "RL" {
  for (const statement of statements) if (statement.kind === "direction") return statement.direction;
  return "TB";
}
