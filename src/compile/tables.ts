// Packs numbered nodes, transitions and actions into the records drawn in assembly/abi.ts. Expressions are numbers here.
import {
  ACTION_RECORD_SIZE,
  NODE_FLAG_DEEP,
  NODE_FLAG_HISTORY,
  NODE_FLAG_PLAIN,
  NODE_FLAG_RESUME,
  NODE_RECORD_SIZE,
  NO_NODE,
  NodeKind,
  Outcome,
  PROGRAM_FLAG_HISTORY,
  PROGRAM_FLAG_RECHECK,
  TRANSITION_FLAG_INTERNAL,
  TRANSITION_FLAG_LOCAL,
  TRANSITION_RECORD_SIZE,
  Trigger,
} from "../../assembly/abi.js";
import type { Definition, StateKind, TransitionDefinition } from "../model/definition.js";
import type { Candidates, Range } from "./dispatch.js";
import { type Graph, findDomain } from "./graph.js";
import { findForks } from "./joins.js";

export interface ActionRow {
  readonly kind: number;
  readonly name: number;
  readonly expression: number;
  readonly slot: number;
  readonly level: number;
  readonly timeoutMs: number;
  /** Of what awaits an event: the expression of its message. */
  readonly message?: number;
}

export const NO_ACTIONS: Range = { first: 0, count: 0 };

export interface TransitionRow {
  readonly guard: number;
  readonly durationExpression: number;
  readonly durationMs: number;
  readonly event: number;
  readonly actions: Range;
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
  task: NodeKind.TASK,
};

/** What a node's record is made of besides the graph. */
export interface NodeParts {
  readonly candidates: Candidates;
  /** Per state, its ranges in the action table. */
  readonly entries: readonly Range[];
  readonly exits: readonly Range[];
}

export function packNodes(definition: Definition, graph: Graph, { candidates, entries, exits }: NodeParts): Uint8Array {
  const bytes = new Uint8Array(graph.nodeCount * NODE_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  const incoming = countIncoming(definition, graph);
  const outer = new Uint32Array(graph.nodeCount);
  const remembered = findRemembered(definition, graph);
  const forks = findForks(definition);
  for (let node = 0; node < graph.nodeCount; node += 1) {
    const at = node * NODE_RECORD_SIZE;
    const state = graph.states[node] as number;
    const parent = graph.parents[node] as number;
    const kind = KINDS[graph.kinds[node] as StateKind];
    const entry = entries[state] ?? NO_ACTIONS;
    const exit = exits[state] ?? NO_ACTIONS;
    const eventless = candidates.eventless[node] as Range;
    const after = candidates.after[node] as Range;
    const isPlain = kind === NodeKind.STATE && entry.count + exit.count + eventless.count + after.count === 0;
    outer[node] = parent === NO_NODE ? NO_NODE : candidates.hears[parent] === 1 ? parent : (outer[parent] as number);
    view.setUint16(at, kind, true);
    view.setUint16(at + 2, (isPlain ? NODE_FLAG_PLAIN : 0) | flagsOf(definition, graph, remembered, node), true);
    const fork = kind === NodeKind.JOIN ? forks.get(state) : undefined;
    const enough = kind === NodeKind.JOIN ? (definition.states[state]?.joinCount ?? incoming[node]) : countRegions(graph, node);
    let word = at / 4;
    words[++word] = parent;
    words[++word] = graph.lasts[node] as number;
    words[++word] = graph.initials[node] as number;
    words[++word] = entry.first;
    words[++word] = entry.count;
    words[++word] = exit.first;
    words[++word] = exit.count;
    words[++word] = eventless.first;
    words[++word] = eventless.count;
    words[++word] = enough as number;
    words[++word] = fork === undefined ? NO_NODE : (graph.nodes[fork] as number);
    words[++word] = after.first;
    words[++word] = after.count;
    words[word + 2] = outer[node] as number;
  }
  return bytes;
}

function flagsOf(definition: Definition, graph: Graph, remembered: Uint8Array, node: number): number {
  const state = definition.states[graph.states[node] as number];
  const resumes = state?.history !== undefined && state.kind !== "history" ? NODE_FLAG_RESUME : 0;
  return resumes | (state?.history === "deep" ? NODE_FLAG_DEEP : 0) | (remembered[node] === 1 ? NODE_FLAG_HISTORY : 0);
}

/** Per node: is it to be remembered what was active in it? */
function findRemembered(definition: Definition, graph: Graph): Uint8Array {
  const remembered = new Uint8Array(graph.nodeCount);
  definition.states.forEach(({ kind, history }, state) => {
    const node = graph.nodes[state] as number;
    if (kind === "history") remembered[graph.parents[node] as number] = 1;
    else if (history !== undefined) remembered[node] = 1;
  });
  return remembered;
}

/** PROGRAM_FLAG_… that follow from the graph. */
export function findProgramFlags(definition: Definition, graph: Graph): number {
  const passed: readonly StateKind[] = ["start", "choice", "fork", "history"];
  const rests = definition.transitions.some(
    ({ trigger, guard, source }) => trigger.kind === "always" && guard !== undefined && !passed.includes(definition.states[source]?.kind ?? "start"),
  );
  return (rests ? PROGRAM_FLAG_RECHECK : 0) | (findRemembered(definition, graph).includes(1) ? PROGRAM_FLAG_HISTORY : 0);
}

function countRegions(graph: Graph, node: number): number {
  if (graph.kinds[node] !== "parallel") return 0;
  let count = 0;
  for (let region = node + 1; region <= (graph.lasts[node] as number); region = (graph.lasts[region] as number) + 1) count += 1;
  return count;
}

function countIncoming(definition: Definition, graph: Graph): Uint32Array {
  const counts = new Uint32Array(graph.nodeCount);
  for (const { target } of definition.transitions) {
    const node = graph.nodes[target] as number;
    counts[node] = (counts[node] as number) + 1;
  }
  return counts;
}

export function packTransitions(definition: Definition, graph: Graph, rows: readonly TransitionRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * TRANSITION_RECORD_SIZE);
  const words = new Uint32Array(bytes.buffer);
  const doubles = new Float64Array(bytes.buffer);
  const edges = new Uint32Array(graph.nodeCount);
  const unquiet = findUnquiet(definition);
  rows.forEach((row, index) => {
    const transition = definition.transitions[index] as TransitionDefinition;
    const source = graph.nodes[transition.source] as number;
    const target = graph.nodes[transition.target] as number;
    const at = index * (TRANSITION_RECORD_SIZE / 4);
    const edge = edges[target] as number;
    edges[target] = edge + 1;
    const { trigger, detail } = describeTrigger(transition, row);
    const internal = transition.isInternal === true ? TRANSITION_FLAG_INTERNAL : 0;
    const flags = internal | (isLocal(definition, unquiet, transition) ? TRANSITION_FLAG_LOCAL : 0);
    words[at] = source;
    words[at + 1] = target;
    words[at + 2] = row.guard;
    words[at + 3] = trigger | (flags << 16);
    words[at + 4] = detail;
    words[at + 5] = row.durationExpression;
    doubles[at / 2 + 3] = row.durationMs;
    words[at + 8] = row.actions.first;
    words[at + 9] = row.actions.count;
    words[at + 10] = findDomain(graph, source, target);
    words[at + 11] = edge;
  });
  return bytes;
}

/** May the kernel take the transition on its short path? See TRANSITION_FLAG_LOCAL. */
function isLocal(definition: Definition, unquiet: ReadonlySet<number>, transition: TransitionDefinition): boolean {
  const source = definition.states[transition.source];
  const target = definition.states[transition.target];
  if (source?.kind !== "state" || target?.kind !== "state" || source.parent !== target.parent) return false;
  if (unquiet.has(transition.target) || unquiet.has(transition.source)) return false;
  if (transition.isInternal !== true && (target.entry.length > 0 || source.exit.length > 0)) return false;
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
    view.setUint32(at + 28, row.message === undefined ? 0 : row.message + 1, true);
  });
  return bytes;
}
