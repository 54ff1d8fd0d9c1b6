// Which fork a join belongs to where fewer than all of its ways are enough: when they have been come, the fork's other branches
// end. It is the fork whose branches, each on its own, lead to the most of the join's ways.
import type { Definition } from "../model/definition.js";

/** Per join with a `joinCount`: its fork's index in `Definition.states`. A join that no fork leads to is left out. O(joins * branches * size). */
export function findForks(definition: Definition): ReadonlyMap<number, number> {
  const forks = new Map<number, number>();
  const joins = definition.states.flatMap(({ kind, joinCount }, state) => (kind === "join" && joinCount !== undefined ? [state] : []));
  if (joins.length === 0) return forks;
  const reach = new Reach(definition);
  for (const join of joins) {
    let most = 0;
    definition.states.forEach(({ kind }, fork) => {
      const wayCount = kind === "fork" ? reach.countWays(fork, join) : 0;
      if (wayCount <= most) return;
      most = wayCount;
      forks.set(join, fork);
    });
  }
  return forks;
}

class Reach {
  readonly #outgoing: readonly number[][];
  readonly #children: readonly number[][];

  constructor(private readonly definition: Definition) {
    this.#outgoing = definition.states.map(() => []);
    this.#children = definition.states.map(() => []);
    definition.transitions.forEach(({ source }, index) => this.#outgoing[source]?.push(index));
    definition.states.forEach(({ parent }, state) => this.#children[parent]?.push(state));
  }

  /** How many ways of the join the fork's branches lead to; 0 where no two branches differ in what they lead to. */
  countWays(fork: number, join: number): number {
    const branches = (this.#outgoing[fork] as number[]).map((way) => this.#findWays(way, fork, join)).filter((ways) => ways.size > 0);
    const areApart = branches.some((ways) => branches.some((others) => [...others].some((way) => !ways.has(way))));
    return areApart ? new Set(branches.flatMap((ways) => [...ways])).size : 0;
  }

  /** The transitions into the join that a branch which begins with transition `first` may take. */
  #findWays(first: number, fork: number, join: number): ReadonlySet<number> {
    const ways = new Set<number>();
    const seen = new Set<number>();
    const pending = [first];
    const enter = (state: number) => {
      if (seen.has(state) || state === join) return;
      seen.add(state);
      pending.push(...(this.#outgoing[state] as number[]));
      for (const child of this.#children[state] as number[]) enter(child);
    };
    for (let transition = pending.pop(); transition !== undefined; transition = pending.pop()) {
      const target = this.definition.transitions[transition]?.target as number;
      if (target === join) ways.add(transition);
      for (let state = target; state !== -1 && !this.#isWithin(state, fork); state = this.#parentOf(state)) enter(state);
    }
    return ways;
  }

  #parentOf(state: number): number {
    return this.definition.states[state]?.parent ?? -1;
  }

  #isWithin(scope: number, state: number): boolean {
    for (let at = state; at !== -1; at = this.#parentOf(at)) if (at === scope) return true;
    return false;
  }
}
