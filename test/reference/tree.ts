// The state tree of a definition as the reference model asks for it. `ROOT` stands for the whole workflow; every other state is
// its index in `Definition.states`, which is also its place in document order (parents before children).
import type { Definition, StateDefinition, TransitionDefinition } from "../../src/model/definition.js";

export const ROOT = -1;

export class Tree {
  private readonly children = new Map<number, number[]>();
  private readonly outgoing = new Map<number, TransitionDefinition[]>();

  constructor(readonly definition: Definition) {
    definition.states.forEach(({ parent }, state) => append(this.children, parent, state));
    for (const transition of definition.transitions) append(this.outgoing, transition.source, transition);
  }

  state(state: number): StateDefinition {
    return this.definition.states[state] as StateDefinition;
  }

  kind(state: number): StateDefinition["kind"] {
    return state === ROOT ? "composite" : this.state(state).kind;
  }

  parent(state: number): number {
    return this.state(state).parent;
  }

  childrenOf(state: number): readonly number[] {
    return this.children.get(state) ?? [];
  }

  startOf(scope: number): number | undefined {
    return this.childrenOf(scope).find((child) => this.kind(child) === "start");
  }

  /** The transitions that leave a state, in the order of the text. */
  transitionsOf(state: number): readonly TransitionDefinition[] {
    return this.outgoing.get(state) ?? [];
  }

  incomingOf(state: number): readonly TransitionDefinition[] {
    return this.definition.transitions.filter(({ target }) => target === state);
  }

  /** The state itself, then the scopes around it, inner to outer, the root left out. */
  lineOf(state: number): number[] {
    const line: number[] = [];
    for (let at = state; at !== ROOT; at = this.parent(at)) line.push(at);
    return line;
  }

  /** Is `state` the scope itself or inside it? */
  isWithin(scope: number, state: number): boolean {
    return scope === ROOT || this.lineOf(state).includes(scope);
  }

  /** The child of `scope` that is `state` or holds it. */
  childToward(scope: number, state: number): number {
    return this.lineOf(state).find((at) => this.parent(at) === scope) as number;
  }

  /** SCXML's least common compound ancestor: the innermost scope, no parallel state, properly around both ends. */
  domainOf({ source, target }: TransitionDefinition): number {
    const isDomain = (scope: number) =>
      scope !== source && scope !== target && this.kind(scope) !== "parallel" && this.isWithin(scope, target);
    return this.lineOf(source).find(isDomain) ?? ROOT;
  }
}

function append<T>(lists: Map<number, T[]>, key: number, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
