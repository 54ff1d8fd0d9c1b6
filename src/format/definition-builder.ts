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
import { expectAction } from "./actions.js";
import { type Behaviour, isBehaviour, readBehaviour } from "./behaviour.js";
import type { FrontMatter } from "./front-matter.js";
import { type DeclaredNames, readLabel } from "./labels.js";
import type { ActionItem, TextRange } from "./markdown.js";
import { decodeEntities } from "./entities.js";
import { readInvariants } from "./invariants.js";
import { suggestName } from "./names.js";
import { applyProperties } from "./properties.js";
import type { SourceText } from "./source-text.js";
import type { DraftState, StateTree } from "./state-tree.js";
import type { Segment } from "./values.js";
import { readSearch } from "./yaml/search.js";

/** Actions of one state. */
export const ACTION_COUNT_MAX = 1_000;

/** Kinds of states that may have actions: the others are passed through. */
const ACTIVE_KINDS: ReadonlySet<StateKind> = new Set<StateKind>(["state", "composite", "parallel"]);

/** What one state does. */
interface Doing {
  readonly texts: string[];
  readonly compartment: string[];
  readonly entry: ActionDefinition[];
  readonly exit: ActionDefinition[];
  /** By event and guard. */
  readonly internal: Map<string, TransitionDefinition>;
  actionCount: number;
}

export interface DefinitionParts {
  readonly source: SourceText;
  readonly name: string;
  readonly frontMatter: FrontMatter;
  readonly tree: StateTree;
  readonly actions: readonly ActionItem[];
  readonly properties: readonly ActionItem[];
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
  private readonly doings = new Map<DraftState, Doing>();

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
    const byId = new Map(drafts.map((draft) => [draft.id, draft]));
    applyProperties(this.parts.properties, this.source, (range) => this.findState(byId, range));
    this.readDescriptions(drafts);
    this.readItems(byId);
    for (const draft of drafts) for (const { name, start, end } of draft.deferred) this.useEvent(name, this.source.place(start, end));
    const incomingCounts = new Uint32Array(drafts.length);
    const drawn = this.readTransitions();
    for (const { target } of drawn) incomingCounts[target] = (incomingCounts[target] as number) + 1;
    this.checkNames();
    const states = drafts.map((draft) => this.makeState(draft, incomingCounts));
    const internal = drafts.flatMap((draft) => [...this.doingOf(draft).internal.values()]);
    const transitions = [...drawn, ...internal].sort((a, b) => a.place.start - b.place.start);
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
      ...this.readSearch(),
      direction,
      styles: tree.styles,
    };
  }

  /** A run is given what it likes, and returns its variables: a name that nobody declares is no more than doubtful. */
  private readSearch(): Pick<Definition, "search"> {
    const { search, parameters } = this.parts.frontMatter;
    if (search === undefined) return {};
    const inputs = parameters.map(({ name }) => name);
    const outputs = [...inputs, ...this.variables.keys()];
    const read = readSearch(search, this.source, { inputs: inputs.length > 0 ? inputs : undefined, outputs: outputs.length > 0 ? outputs : undefined, severity: "warning" });
    return read.length === 0 ? {} : { search: read };
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

  // --- what states do ------------------------------------------------------------------------------------------------

  /** Description lines that say what their state does; the others stay text for the drawing. */
  private readDescriptions(drafts: readonly DraftState[]): void {
    for (const draft of drafts) {
      for (const { text, start } of draft.descriptions) {
        const segment = { text: decodeEntities(text), offset: start };
        if (start === -1 || !isBehaviour(segment, this.names)) {
          this.doingOf(draft).texts.push(segment.text);
          continue;
        }
        this.doingOf(draft).compartment.push(segment.text);
        const range = { start, end: start + text.length };
        const behaviour = readBehaviour(segment, this.names, this.source);
        if (behaviour !== undefined && this.isActive(draft, range)) this.addBehaviour(draft, behaviour, segment.text, range);
      }
    }
  }

  private readItems(states: ReadonlyMap<string, DraftState>): void {
    for (const item of this.parts.actions) {
      const draft = this.findState(states, item.state);
      const segment = { text: this.source.text.slice(item.action.start, item.action.end), offset: item.action.start };
      const behaviour = readBehaviour(segment, this.names, this.source) ?? this.readPlain(segment, item.action);
      if (draft === undefined || behaviour === undefined || !this.isActive(draft, item.state)) continue;
      this.addBehaviour(draft, behaviour, segment.text, item.action);
    }
  }

  /** An item that is an action and nothing else belongs to the entry of its state. */
  private readPlain(segment: Segment, range: TextRange): Behaviour | undefined {
    const action = this.readItem(segment, range);
    return action && { kind: "entry", action };
  }

  private addBehaviour(draft: DraftState, behaviour: Behaviour, label: string, range: TextRange): void {
    const doing = this.doingOf(draft);
    if (behaviour.kind === "defer") {
      draft.deferred.push({ name: behaviour.event, ...range });
      return;
    }
    const { action } = behaviour;
    if (action !== undefined) this.collect(action);
    if (doing.actionCount === ACTION_COUNT_MAX)
      this.report("parse/too-many-actions", `State "${draft.id}" has more than ${ACTION_COUNT_MAX} actions`, range);
    doing.actionCount += 1;
    if (behaviour.kind === "internal") this.addInternal(draft, behaviour, label, range);
    else if (action !== undefined) doing[behaviour.kind].push(action);
  }

  /** Lines of one state with the same event and guard are one transition. */
  private addInternal(draft: DraftState, { event, guard, action }: Behaviour & { kind: "internal" }, label: string, range: TextRange): void {
    const place = this.source.place(range.start, range.end);
    this.useEvent(event, place);
    const { internal } = this.doingOf(draft);
    const key = `${event} ${guard?.text ?? ""}`;
    const known = internal.get(key);
    const actions = action === undefined ? [] : [action];
    if (known !== undefined) {
      internal.set(key, { ...known, actions: [...known.actions, ...actions] });
      return;
    }
    const reading = guard === undefined ? "event" : "event-guard";
    const trigger = { kind: "event", event } as const;
    const { index } = draft;
    internal.set(key, { source: index, target: index, trigger, actions, isInternal: true, label, reading, place, ...(guard !== undefined && { guard }) });
  }

  private doingOf(draft: DraftState): Doing {
    let doing = this.doings.get(draft);
    if (doing === undefined) {
      doing = { texts: [], compartment: [], entry: [], exit: [], internal: new Map(), actionCount: 0 };
      this.doings.set(draft, doing);
    }
    return doing;
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
    }
    return state;
  }

  private isActive({ id, kind }: DraftState, range: TextRange): boolean {
    if (ACTIVE_KINDS.has(kind)) return true;
    this.report("parse/passive-state", `"${id}" is a ${kind}, which is passed through: it cannot have actions`, range);
    return false;
  }

  private readItem(segment: Segment, range: TextRange): ActionDefinition | undefined {
    return expectAction(segment, this.source, () => this.report("parse/unknown-action", `"${segment.text.slice(0, 60)}" is no action: ${ACTION_HINT}`, range));
  }

  private makeState(draft: DraftState, incomingCounts: Uint32Array): StateDefinition {
    const { texts, compartment, entry, exit } = this.doingOf(draft);
    const deferred = [...new Set(draft.deferred.map(({ name }) => name))];
    const joinCount = this.readJoinCount(draft, incomingCounts[draft.index] as number);
    return {
      id: draft.id,
      kind: draft.kind,
      parent: draft.parent?.index ?? -1,
      descriptions: texts,
      notes: draft.notes.map(({ side, text }) => ({ side, text: decodeEntities(text) })),
      classes: draft.classes,
      entry: inOrder(entry),
      exit: inOrder(exit),
      place: this.source.place(draft.start, draft.end),
      ...(draft.direction !== undefined && { direction: draft.direction }),
      ...(compartment.length > 0 && { compartment }),
      ...(deferred.length > 0 && { deferred }),
      ...(draft.history !== undefined && { history: draft.history }),
      ...(joinCount !== undefined && { joinCount }),
    };
  }

  /** Undefined where all ways are meant. */
  private readJoinCount({ id, joinCount }: DraftState, wayCount: number): number | undefined {
    if (joinCount === undefined || joinCount.count === wayCount) return undefined;
    if (joinCount.count < wayCount) return joinCount.count;
    this.report("parse/invalid-property", `Join "${id}" has ${wayCount} ways; it cannot wait for ${joinCount.count}`, joinCount);
    return undefined;
  }
}

/** Actions in the order of the text, wherever they stand. */
function inOrder(actions: ActionDefinition[]): readonly ActionDefinition[] {
  return actions.sort((a, b) => a.place.start - b.place.start);
}

const ACTION_HINT =
  'write log "text", set x = …, wait 5s, call task with …, run workflow "name", prompt "name", await event or abort "message"';
