// A definition seen as a graph: children, ways out and in, starts and ends of scopes. Indexes are those of the definition; the
// top scope is -1.
import type { Definition, StateDefinition, TransitionDefinition } from "../model/definition.js";

const NO_INDEXES: readonly number[] = [];

export class Chart {
  readonly definition: Definition;
  readonly states: readonly StateDefinition[];
  readonly transitions: readonly TransitionDefinition[];
  private readonly out: number[][];
  private readonly in: number[][];
  private readonly children: number[][];
  /** Is the name a variable, though CEL has a type or a library of this name? Those that the author declares are. */
  readonly isVariable: (name: string) => boolean;
  /** Transitions that are never taken. */
  readonly barred = new Set<number>();

  constructor(definition: Definition) {
    const { states, transitions } = definition;
    this.definition = definition;
    this.states = states;
    this.transitions = transitions;
    this.out = states.map(() => []);
    this.in = states.map(() => []);
    this.children = Array.from({ length: states.length + 1 }, () => []);
    transitions.forEach(({ source, target }, index) => {
      this.out[source]?.push(index);
      this.in[target]?.push(index);
    });
    const names = new Set([...definition.parameters, ...definition.variables].map(({ name }) => name));
    this.isVariable = (name) => names.has(name);
    states.forEach(({ parent }, index) => this.children[parent + 1]?.push(index));
  }

  state(index: number): StateDefinition {
    return this.states[index] as StateDefinition;
  }

  transition(index: number): TransitionDefinition {
    return this.transitions[index] as TransitionDefinition;
  }

  /** Transitions out of a state that may be taken, in the order of the text. */
  leaving(state: number): readonly number[] {
    return (this.out[state] ?? NO_INDEXES).filter((index) => !this.barred.has(index));
  }

  entering(state: number): readonly number[] {
    return (this.in[state] ?? NO_INDEXES).filter((index) => !this.barred.has(index));
  }

  /** Transitions into a state, those that are never taken too. */
  drawnInto(state: number): readonly number[] {
    return this.in[state] ?? NO_INDEXES;
  }

  childrenOf(scope: number): readonly number[] {
    return this.children[scope + 1] ?? NO_INDEXES;
  }

  startOf(scope: number): number | undefined {
    return this.childrenOf(scope).find((child) => this.state(child).kind === "start");
  }

  /** The enclosing states, innermost first. */
  ancestorsOf(state: number): number[] {
    const found: number[] = [];
    for (let at = this.state(state).parent; at !== -1; at = this.state(at).parent) found.push(at);
    return found;
  }

  isWithin(state: number, scope: number): boolean {
    for (let at = state; at !== -1; at = this.state(at).parent) if (at === scope) return true;
    return false;
  }

  /**
   * States that may become active from these on, themselves included: by transitions that are not barred, into composites at
   * their starts, with the scopes around them. `isPassable`: may the way go through this state?
   */
  reachFrom(roots: readonly number[], isPassable: (state: number) => boolean = () => true): Set<number> {
    const reached = new Set<number>();
    const pending: number[] = [];
    const reach = (state: number) => {
      for (let at = state; at !== -1 && !reached.has(at); at = this.state(at).parent) {
        reached.add(at);
        pending.push(at);
      }
    };
    for (const root of roots) reach(root);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (!isPassable(at)) continue;
      if (this.state(at).kind === "parallel") for (const region of this.childrenOf(at)) reach(region);
      const start = this.startOf(at);
      if (start !== undefined) reach(start);
      for (const index of this.leaving(at)) reach(this.transition(index).target);
    }
    return reached;
  }
}
