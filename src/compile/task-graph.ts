// The shape of a task graph: which tasks begin, which ways lead where, what is in a cycle, where one task is reached by several
// ways. Knows nothing of expressions and bytes.
import type { Definition, StateDefinition, TaskDefinition, TransitionDefinition } from "../model/definition.js";

/** Per transition: the number of its source among the tasks that lead to its target. */
export interface TaskGraph {
  readonly ways: readonly number[];
  /** Per transition: another entry of its source leads to the same join, outside of cycles. */
  readonly isRepeated: readonly boolean[];
  /** Per state: how many tasks lead to it. */
  readonly wayCounts: readonly number[];
  /** Per state: a task, and no transition leads to it but those of the scopes around it. */
  readonly isStart: readonly boolean[];
  /** Per state: a way leads from it back to it. */
  readonly isCyclic: readonly boolean[];
  /** Per state: several transitions lead to it, and each starts it anew. */
  readonly isSplit: readonly boolean[];
}

/** O(states + transitions). */
export function readTaskGraph(definition: Definition): TaskGraph {
  const sources: Map<number, number>[] = definition.states.map(() => new Map());
  const counts = definition.states.map(() => 0);
  const entering = definition.states.map(() => 0);
  const ways = definition.transitions.map((transition) => {
    const { source, target } = transition;
    const known = sources[target];
    if (known === undefined || !isWay(transition)) return 0;
    counts[target] = (counts[target] ?? 0) + 1;
    if (!holds(definition, source, target)) entering[target] = (entering[target] ?? 0) + 1;
    const way = known.get(source) ?? known.size;
    known.set(source, way);
    return way;
  });
  const isCyclic = findCyclic(definition);
  const seen = new Map<string, number>();
  const nameWay = ({ source, target }: Definition["transitions"][number]) => `${source} ${target}`;
  for (const way of definition.transitions.map(nameWay)) seen.set(way, (seen.get(way) ?? 0) + 1);
  return {
    ways,
    isRepeated: definition.transitions.map((transition) => {
      const { target } = transition;
      if (!isWay(transition) || isCyclic[target] === true || definition.states[target]?.task?.join === undefined) return false;
      return (seen.get(nameWay(transition)) ?? 0) > 1;
    }),
    wayCounts: sources.map(({ size }) => size),
    isStart: entering.map((count, index) => count === 0 && definition.states[index]?.kind === "task"),
    isCyclic,
    isSplit: definition.states.map(
      ({ task }, index) => task !== undefined && task.join === undefined && (counts[index] ?? 0) > 1 && isCyclic[index] !== true,
    ),
  };
}

/** Is `scope` one of the scopes around the state? */
function holds({ states }: Definition, scope: number, state: number): boolean {
  let at = states[state]?.parent ?? -1;
  while (at >= 0 && at !== scope) at = states[at]?.parent ?? -1;
  return at >= 0;
}

/** Does the transition start another task? */
function isWay({ target, isRetry, isCancel, isUndo }: TransitionDefinition): boolean {
  return target >= 0 && isRetry !== true && isCancel !== true && isUndo !== true;
}

export function taskOf(state: StateDefinition): TaskDefinition {
  if (state.task === undefined) throw new Error(`the state "${state.id}" of a task graph is no task`);
  return state.task;
}

/** Tarjan's strongly connected components, without recursion: members of one with several states, or with a way to itself. */
function findCyclic({ states, transitions }: Definition): boolean[] {
  const next: number[][] = states.map(() => []);
  const cyclic = states.map(() => false);
  for (const transition of transitions) {
    const { source, target } = transition;
    if (!isWay(transition)) continue;
    next[source]?.push(target);
    if (source === target) cyclic[source] = true;
  }
  // A failure leads from a task to the scopes around it.
  states.forEach(({ parent }, index) => parent >= 0 && next[index]?.push(parent));
  const order = new Int32Array(states.length).fill(-1);
  const low = new Int32Array(states.length);
  const isOpen = new Uint8Array(states.length);
  const open: number[] = [];
  let count = 0;
  for (let root = 0; root < states.length; root += 1) {
    if (order[root] !== -1) continue;
    const path: { readonly state: number; at: number }[] = [{ state: root, at: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1] as { readonly state: number; at: number };
      const { state } = top;
      if (top.at === 0) {
        order[state] = count;
        low[state] = count;
        count += 1;
        open.push(state);
        isOpen[state] = 1;
      }
      const target = next[state]?.[top.at];
      top.at += 1;
      if (target === undefined) {
        path.pop();
        const parent = path[path.length - 1];
        if (parent !== undefined) low[parent.state] = Math.min(low[parent.state] as number, low[state] as number);
        if (low[state] === order[state]) closeComponent(open, isOpen, state, cyclic);
      } else if (order[target] === -1) path.push({ state: target, at: 0 });
      else if (isOpen[target] === 1) low[state] = Math.min(low[state] as number, order[target] as number);
    }
  }
  return cyclic;
}

function closeComponent(open: number[], isOpen: Uint8Array, root: number, cyclic: boolean[]): void {
  const isSeveral = open[open.length - 1] !== root;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    isOpen[state] = 0;
    if (isSeveral) cyclic[state] = true;
    if (state === root) return;
  }
}
