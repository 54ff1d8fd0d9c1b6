// Numbers a definition's states in preorder under one root and answers questions about the tree: ancestors, domains,
// incoming and outgoing transitions. Knows nothing of expressions and bytes.
import { NO_NODE } from "../../assembly/abi.js";
import type { Definition, StateKind } from "../model/definition.js";

/** The kernel's view of the state tree. Node 0 is the root, which no state of the definition stands for. */
export interface Graph {
  readonly nodeCount: number;
  /** Per node: index into `Definition.states`, -1 for the root. */
  readonly states: readonly number[];
  /** Per state: its node. */
  readonly nodes: readonly number[];
  readonly parents: Uint32Array;
  /** Per node: its last descendant, or itself. */
  readonly lasts: Uint32Array;
  /** Per node: its start node, or NO_NODE. */
  readonly initials: Uint32Array;
  readonly kinds: readonly StateKind[];
}

/** O(states). */
export function numberStates(definition: Definition): Graph {
  const children = listChildren(definition);
  const states: number[] = [-1];
  const parents: number[] = [NO_NODE];
  const nodes = new Array<number>(definition.states.length);
  const lasts: number[] = [0];
  const pending: { state: number; parent: number }[] = [];
  const push = (state: number, parent: number) => {
    const inner = children[state + 1] ?? [];
    for (let at = inner.length - 1; at >= 0; at -= 1) pending.push({ state: inner[at] as number, parent });
  };
  push(-1, 0);
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const node = states.length;
    states.push(item.state);
    parents.push(item.parent);
    lasts.push(node);
    nodes[item.state] = node;
    push(item.state, node);
  }
  for (let node = states.length - 1; node > 0; node -= 1) {
    const parent = parents[node] as number;
    lasts[parent] = Math.max(lasts[parent] as number, lasts[node] as number);
  }
  const kinds = states.map((state): StateKind => (state === -1 ? "composite" : (definition.states[state]?.kind ?? "state")));
  const initials = new Uint32Array(states.length).fill(NO_NODE);
  for (let node = states.length - 1; node > 0; node -= 1) if (kinds[node] === "start") initials[parents[node] as number] = node;
  return { nodeCount: states.length, states, nodes, parents: Uint32Array.from(parents), lasts: Uint32Array.from(lasts), initials, kinds };
}

/** Per state + 1 (0: the top): its children in document order. */
function listChildren(definition: Definition): number[][] {
  const children: number[][] = Array.from({ length: definition.states.length + 1 }, () => []);
  definition.states.forEach((state, index) => children[state.parent + 1]?.push(index));
  return children;
}

/** The innermost scope that stays active when a transition goes from `source` to `target` (SCXML's LCCA: never a parallel state). */
export function findDomain(graph: Graph, source: number, target: number): number {
  let scope = graph.parents[source] as number;
  while (scope !== 0) {
    const isAround = target > scope && target <= (graph.lasts[scope] as number);
    if (isAround && graph.kinds[scope] !== "parallel") return scope;
    scope = graph.parents[scope] as number;
  }
  return 0;
}
