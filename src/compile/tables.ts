// Packs numbered nodes, transitions and actions into the records drawn in assembly/abi.ts. Expressions are numbers here.
import {
  ACTION_RECORD_SIZE,
  CANDIDATE_LAST,
  NODE_FLAG_FLAT,
  NODE_FLAG_PLAIN,
  NODE_RECORD_SIZE,
  NO_NODE,
  NodeKind,
  Outcome,
  TRANSITION_FLAG_LOCAL,
  TRANSITION_RECORD_SIZE,
  Trigger,
} from "../../assembly/abi.js";
import type { Definition, StateKind, TransitionDefinition } from "../model/definition.js";
import { type Graph, findDomain } from "./graph.js";

export interface ActionRow {
  readonly kind: number;
  readonly name: number;
  readonly expression: number;
  readonly slot: number;
  readonly level: number;
  readonly timeoutMs: number;
}

/** First index and count in the action table. */
export interface ActionRange {
  readonly first: number;
  readonly count: number;
}
export const NO_ACTIONS: ActionRange = { first: 0, count: 0 };

export interface TransitionRow {
  readonly guard: number;
  readonly durationExpression: number;
  readonly durationMs: number;
  readonly event: number;
  readonly actions: ActionRange;
}

const KINDS: Readonly<Record<StateKind, NodeKind>> = {
  state: NodeKind.STATE,
  composite: NodeKind.COMPOSITE,
  parallel: NodeKind.PARALLEL,
  region: NodeKind.REGION,
  start: NodeKind.START,
  end: NodeKind.END,
  choice: NodeKind.CHOICE,
  fork: NodeKind.FORK,
  join: NodeKind.JOIN,
  history: NodeKind.HISTORY,
};

/** Which transitions leave a node, by what makes them fire; kernel transition numbers in file order. */
export interface Candidates {
  readonly list: Uint32Array;
  /** Per node: first index and count of the eventless ones, then of the `after` ones. */
  readonly eventless: readonly ActionRange[];
  readonly after: readonly ActionRange[];
  /** Per node * eventCount + event: index + 1 of the group's first, or 0. */
  readonly dispatch: Uint32Array;
}

/** Groups the transitions of every node. O(nodes * events + transitions). */
export function groupCandidates(definition: Definition, graph: Graph, eventOf: (transition: number) => number): Candidates {
  const eventCount = definition.events.length;
  const leaving: number[][] = Array.from({ length: graph.nodeCount }, () => []);
  definition.transitions.forEach((transition, index) => leaving[graph.nodes[transition.source] as number]?.push(index));
  const list: number[] = [];
  const dispatch = new Uint32Array(graph.nodeCount * eventCount);
  const addGroup = (group: readonly number[]): ActionRange => {
    const first = list.length;
    list.push(...group);
    const last = list.length - 1;
    if (group.length > 0) list[last] = ((list[last] as number) | CANDIDATE_LAST) >>> 0;
    return { first, count: group.length };
  };
  const eventless: ActionRange[] = [];
  const after: ActionRange[] = [];
  leaving.forEach((transitions, node) => {
    const ofKind = (...kinds: TransitionDefinition["trigger"]["kind"][]) =>
      transitions.filter((index) => kinds.includes(definition.transitions[index]?.trigger.kind ?? "always"));
    eventless.push(addGroup(ofKind("always", "outcome")));
    after.push(addGroup(ofKind("after")));
    const byEvent = new Map<number, number[]>();
    for (const index of ofKind("event")) {
      const event = eventOf(index);
      const group = byEvent.get(event);
      if (group === undefined) byEvent.set(event, [index]);
      else group.push(index);
    }
    for (const [event, group] of byEvent) dispatch[node * eventCount + event] = addGroup(group).first + 1;
  });
  return { list: Uint32Array.from(list), eventless, after, dispatch };
}

/** `entries`: per state, its range in the action table. */
export function packNodes(definition: Definition, graph: Graph, candidates: Candidates, entries: readonly ActionRange[]): Uint8Array {
  const bytes = new Uint8Array(graph.nodeCount * NODE_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  const incoming = countIncoming(definition, graph);
  const hasTransitions = new Uint8Array(graph.nodeCount);
  for (const transition of definition.transitions) hasTransitions[graph.nodes[transition.source] as number] = 1;
  for (let node = 0; node < graph.nodeCount; node += 1) {
    const at = node * NODE_RECORD_SIZE;
    const state = graph.states[node] as number;
    const kind = KINDS[graph.kinds[node] as StateKind];
    const entry = state === -1 ? NO_ACTIONS : (entries[state] as ActionRange);
    const eventless = candidates.eventless[node] as ActionRange;
    const after = candidates.after[node] as ActionRange;
    const isPlain = kind === NodeKind.STATE && entry.count === 0 && eventless.count === 0 && after.count === 0;
    view.setUint16(at, kind, true);
    view.setUint16(at + 2, (isPlain ? NODE_FLAG_PLAIN : 0) | (isFlat(graph, hasTransitions, node) ? NODE_FLAG_FLAT : 0), true);
    const words = [
      graph.parents[node],
      graph.lasts[node],
      graph.initials[node],
      entry.first,
      entry.count,
      0,
      0,
      eventless.first,
      eventless.count,
    ];
    words.push(countRegions(graph, node), incoming[node], after.first, after.count, state === -1 ? NO_NODE : state);
    words.forEach((word, index) => view.setUint32(at + 4 + index * 4, word as number, true));
  }
  return bytes;
}

function isFlat(graph: Graph, hasTransitions: Uint8Array, node: number): boolean {
  let parent = graph.parents[node] as number;
  while (parent !== NO_NODE) {
    if (hasTransitions[parent] === 1) return false;
    parent = graph.parents[parent] as number;
  }
  return true;
}

function countRegions(graph: Graph, node: number): number {
  if (graph.kinds[node] !== "parallel") return 0;
  let count = 0;
  for (let region = node + 1; region <= (graph.lasts[node] as number); region = (graph.lasts[region] as number) + 1) count += 1;
  return count;
}

function countIncoming(definition: Definition, graph: Graph): Uint32Array {
  const counts = new Uint32Array(graph.nodeCount);
  for (const transition of definition.transitions) {
    const target = graph.nodes[transition.target] as number;
    counts[target] = (counts[target] as number) + 1;
  }
  return counts;
}

export function packTransitions(definition: Definition, graph: Graph, rows: readonly TransitionRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * TRANSITION_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  const edges = new Uint32Array(graph.nodeCount);
  const unquiet = findUnquiet(definition);
  rows.forEach((row, index) => {
    const transition = definition.transitions[index] as TransitionDefinition;
    const source = graph.nodes[transition.source] as number;
    const target = graph.nodes[transition.target] as number;
    const at = index * TRANSITION_RECORD_SIZE;
    const edge = edges[target] as number;
    edges[target] = edge + 1;
    const { trigger, detail } = describeTrigger(transition, row);
    view.setUint32(at, source, true);
    view.setUint32(at + 4, target, true);
    view.setUint32(at + 8, row.guard, true);
    view.setUint16(at + 12, trigger, true);
    view.setUint16(at + 14, isLocal(definition, unquiet, transition) ? TRANSITION_FLAG_LOCAL : 0, true);
    view.setUint32(at + 16, detail, true);
    view.setUint32(at + 20, row.durationExpression, true);
    view.setFloat64(at + 24, row.durationMs, true);
    view.setUint32(at + 32, row.actions.first, true);
    view.setUint32(at + 36, row.actions.count, true);
    view.setUint32(at + 40, findDomain(graph, source, target), true);
    view.setUint32(at + 44, edge, true);
  });
  return bytes;
}

/** May the kernel take the transition on its short path? See TRANSITION_FLAG_LOCAL. */
function isLocal(definition: Definition, unquiet: ReadonlySet<number>, transition: TransitionDefinition): boolean {
  const source = definition.states[transition.source];
  const target = definition.states[transition.target];
  if (source?.kind !== "state" || target?.kind !== "state" || source.parent !== target.parent) return false;
  if (target.entry.length > 0 || unquiet.has(transition.target) || unquiet.has(transition.source)) return false;
  return transition.actions.every(({ kind }) => kind === "set");
}

/** States with eventless or `after` transitions. */
function findUnquiet(definition: Definition): ReadonlySet<number> {
  return new Set(definition.transitions.filter(({ trigger }) => trigger.kind !== "event").map(({ source }) => source));
}

function describeTrigger({ trigger }: TransitionDefinition, row: TransitionRow): { trigger: Trigger; detail: number } {
  switch (trigger.kind) {
    case "event":
      return { trigger: Trigger.EVENT, detail: row.event };
    case "after":
      return { trigger: Trigger.AFTER, detail: 0 };
    case "outcome":
      return { trigger: Trigger.OUTCOME, detail: trigger.outcome === "success" ? Outcome.SUCCESS : Outcome.FAILURE };
    default:
      return { trigger: Trigger.ALWAYS, detail: 0 };
  }
}

export function packActions(rows: readonly ActionRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ACTION_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  rows.forEach((row, index) => {
    const at = index * ACTION_RECORD_SIZE;
    view.setUint16(at, row.kind, true);
    view.setUint32(at + 4, row.name, true);
    view.setUint32(at + 8, row.expression, true);
    view.setUint32(at + 12, row.slot, true);
    view.setUint32(at + 16, row.level, true);
    view.setUint32(at + 20, row.timeoutMs, true);
    view.setUint32(at + 24, index, true);
  });
  return bytes;
}
