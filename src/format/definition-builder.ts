// Joins the parts of a workflow to a definition: states with their actions, transitions with their labels read, events and
// variables that are used without being declared.
import type {
  ActionDefinition,
  Definition,
  EventDefinition,
  StateDefinition,
  StateKind,
  TransitionDefinition,
  VariableDefinition,
} from "../model/definition.js";
import type { Place } from "../model/errors.js";
import { readAction } from "./actions.js";
import type { FrontMatter } from "./front-matter.js";
import { type DeclaredNames, readLabel } from "./labels.js";
import type { ActionItem, TextRange } from "./markdown.js";
import { decodeEntities } from "./entities.js";
import { readInvariants } from "./invariants.js";
import { suggestName } from "./names.js";
import type { SourceText } from "./source-text.js";
import type { DraftState, StateTree } from "./state-tree.js";

/** Actions of one state. */
export const ACTION_COUNT_MAX = 1_000;

/** Kinds of states that may have actions: the others are passed through. */
const ACTIVE_KINDS: ReadonlySet<StateKind> = new Set<StateKind>(["state", "composite", "parallel"]);

export interface DefinitionParts {
  readonly source: SourceText;
  readonly name: string;
  readonly frontMatter: FrontMatter;
  readonly tree: StateTree;
  readonly actions: readonly ActionItem[];
  readonly invariants: readonly TextRange[];
  readonly direction: "TB" | "BT" | "LR" | "RL";
}

/** Builds the definition. What is wrong in labels and actions is reported to the source. */
export function buildDefinition(parts: DefinitionParts): Definition {
  return new DefinitionBuilder(parts).build();
}

class DefinitionBuilder {
  private readonly source: SourceText;
  private readonly events = new Map<string, EventDefinition>();
  private readonly variables = new Map<string, VariableDefinition>();
  private readonly names: DeclaredNames;
  private readonly declared: ReadonlySet<string>;

  constructor(private readonly parts: DefinitionParts) {
    this.source = parts.source;
    const { parameters, variables, events } = parts.frontMatter;
    for (const event of events) this.declareEvent(event);
    for (const variable of variables) this.variables.set(variable.name, variable);
    this.declared = new Set([...parameters, ...variables].map(({ name }) => name));
    this.names = { events: new Set(this.events.keys()), variables: this.declared };
  }

  build(): Definition {
    const { frontMatter, tree, name, direction } = this.parts;
    const drafts = tree.order();
    const actions = this.readActions(new Map(drafts.map((draft) => [draft.id, draft])));
    const transitions = this.readTransitions();
    this.checkNames();
    const states = drafts.map((draft) => this.makeState(draft, actions.get(draft) ?? []));
    return {
      format: "mermaid",
      name,
      ...(frontMatter.description !== undefined && { description: frontMatter.description }),
      parameters: frontMatter.parameters,
      variables: [...this.variables.values()],
      events: [...this.events.values()],
      states,
      transitions,
      invariants: readInvariants(this.parts.invariants, this.source),
      direction,
      styles: tree.styles,
    };
  }

  private declareEvent(event: EventDefinition): void {
    if (this.events.has(event.name)) {
      const { start, end } = event.place;
      this.source.report("error", "parse/duplicate-name", `The event "${event.name}" is declared twice`, start, end);
    }
    this.events.set(event.name, event);
  }

  private useEvent(name: string, place: Place): void {
    if (!this.events.has(name)) this.events.set(name, { name, isDeclared: false, place });
  }

  private useVariable(name: string, place: Place): void {
    if (!this.declared.has(name) && !this.variables.has(name)) this.variables.set(name, { name, type: "any", place });
  }

  /** Events and variables that an action uses. */
  private collect(action: ActionDefinition): void {
    if (action.kind === "await") this.useEvent(action.event, action.place);
    if (action.kind === "set") this.useVariable(action.variable, action.place);
    if ((action.kind === "call" || action.kind === "workflow") && action.result !== undefined)
      this.useVariable(action.result, action.place);
  }

  /** An event and a variable of one name: one of them is seldom meant. */
  private checkNames(): void {
    for (const { name, isDeclared, place } of this.events.values()) {
      if (!this.declared.has(name) && !this.variables.has(name)) continue;
      const message = isDeclared
        ? `"${name}" is the name of an event and of a variable`
        : `"${name}" is read as an event, and a variable has the same name; a guard stands in brackets: [${name}]`;
      this.source.report("warning", "parse/doubtful-event", message, place.start, place.end);
    }
  }

  private readTransitions(): TransitionDefinition[] {
    const transitions: TransitionDefinition[] = [];
    for (const draft of this.parts.tree.transitions) {
      if (draft.source.index === -1 || draft.target.index === -1) continue;
      const label = decodeEntities(draft.label);
      const meaning = readLabel({ text: label, offset: draft.labelStart }, this.names, this.source);
      const place = this.source.place(draft.start, draft.end);
      if (meaning.trigger.kind === "event") this.useEvent(meaning.trigger.event, place);
      for (const action of meaning.actions) this.collect(action);
      const { reading, trigger, guard, actions } = meaning;
      transitions.push({
        source: draft.source.index,
        target: draft.target.index,
        trigger,
        actions,
        label,
        reading,
        place,
        ...(guard !== undefined && { guard }),
      });
    }
    return transitions;
  }

  private readActions(states: ReadonlyMap<string, DraftState>): Map<DraftState, ActionDefinition[]> {
    const found = new Map<DraftState, ActionDefinition[]>();
    for (const item of this.parts.actions) {
      const state = this.findState(states, item.state);
      const action = this.readItem(item.action);
      if (state === undefined || action === undefined) continue;
      this.collect(action);
      const list = found.get(state) ?? [];
      if (list.length === ACTION_COUNT_MAX)
        this.report("parse/too-many-actions", `State "${state.id}" has more than ${ACTION_COUNT_MAX} actions`, item.state);
      list.push(action);
      found.set(state, list);
    }
    return found;
  }

  private report(code: `parse/${string}`, message: string, { start, end }: TextRange): void {
    this.source.report("error", code, message, start, end);
  }

  private findState(states: ReadonlyMap<string, DraftState>, range: TextRange): DraftState | undefined {
    const id = this.source.text.slice(range.start, range.end);
    const state = states.get(id);
    if (state === undefined) {
      const near = suggestName(id, states.keys());
      this.report("parse/unknown-state", `No state "${id}" is in the diagram${near === undefined ? "" : `; is "${near}" meant?`}`, range);
    } else if (!ACTIVE_KINDS.has(state.kind)) {
      this.report("parse/passive-state", `"${id}" is a ${state.kind}, which is passed through: it cannot have actions`, range);
      return undefined;
    }
    return state;
  }

  private readItem(range: TextRange): ActionDefinition | undefined {
    const text = this.source.text.slice(range.start, range.end);
    let hasFindings = false;
    const action = readAction(
      { text, offset: range.start },
      {
        place: (start, end) => this.source.place(start, end),
        report: (severity, code, message, start, end) => {
          hasFindings = true;
          this.source.report(severity, code, message, start, end);
        },
      },
    );
    if (action === undefined && !hasFindings)
      this.report("parse/unknown-action", `"${text.slice(0, 60)}" is no action: ${ACTION_HINT}`, range);
    return action;
  }

  private makeState(draft: DraftState, entry: readonly ActionDefinition[]): StateDefinition {
    return {
      id: draft.id,
      kind: draft.kind,
      parent: draft.parent?.index ?? -1,
      descriptions: draft.descriptions.map(decodeEntities),
      notes: draft.notes.map(({ side, text }) => ({ side, text: decodeEntities(text) })),
      classes: draft.classes,
      entry,
      exit: NO_ACTIONS,
      place: this.source.place(draft.start, draft.end),
      ...(draft.direction !== undefined && { direction: draft.direction }),
    };
  }
}

const NO_ACTIONS: readonly ActionDefinition[] = [];
const ACTION_HINT =
  'write log "text", set x = …, wait 5s, call task with …, run workflow "name", prompt "name", await event or abort "message"';
