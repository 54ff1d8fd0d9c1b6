// The table that says which transitions a node has for an event: dense where states times events are few, else one small
// hashed row a node, so that a look-up costs the same in a chart of a hundred thousand states.
import { CANDIDATE_LAST, DISPATCH_DEFERS } from "../../assembly/abi.js";
import type { Definition, TransitionDefinition } from "../model/definition.js";
import type { Graph } from "./graph.js";

/** Cells up to which the table is dense: 256 KiB. */
export const DENSE_COUNT_MAX = 65_536;
/** Cells of a row that a look-up may pass before the row is made longer. */
const PROBE_COUNT_MAX = 4;
/** A row is at most this many times as long as what it holds. */
const ROW_STRETCH_MAX = 16;

/** First index and count in a table. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/** Which transitions leave a node, by what makes them fire; kernel transition numbers in file order. */
export interface Candidates {
  readonly list: Uint32Array;
  /** Per node: first index and count of the eventless ones, then of the `after` ones. */
  readonly eventless: readonly Range[];
  readonly after: readonly Range[];
  /** ProgramHeader.DISPATCH and CELLS of assembly/abi.ts. `cells` is empty where the table is dense. */
  readonly dispatch: Uint32Array;
  readonly cells: Uint32Array;
  /** Per node: does it take or defer any event? */
  readonly hears: Uint8Array;
}

const NO_TRANSITION = 0xffffffff;
const NO_ROW: ReadonlyMap<number, number> = new Map();

/** Groups the transitions of every node. O(transitions + nodes, and + nodes * events where the table is dense). */
export function groupCandidates(definition: Definition, graph: Graph, eventOf: (name: string) => number): Candidates {
  const { heads, next } = listLeaving(definition, graph);
  const list: number[] = [];
  const close = (first: number): Range => {
    if (list.length === first) return { first, count: 0 };
    list[list.length - 1] = ((list[list.length - 1] as number) | CANDIDATE_LAST) >>> 0;
    return { first, count: list.length - first };
  };
  const eventless: Range[] = [];
  const after: Range[] = [];
  const rows: ReadonlyMap<number, number>[] = [];
  // Of the node in hand.
  const delayed: number[] = [];
  const heard: number[] = [];
  for (let node = 0; node < graph.nodeCount; node += 1) {
    delayed.length = heard.length = 0;
    const first = list.length;
    for (let index = heads[node] as number; index !== NO_TRANSITION; index = next[index] as number) {
      const { kind } = (definition.transitions[index] as TransitionDefinition).trigger;
      (kind === "event" ? heard : kind === "after" ? delayed : list).push(index);
    }
    eventless.push(close(first));
    const firstDelayed = list.length;
    for (const index of delayed) list.push(index);
    after.push(close(firstDelayed));
    const row = heard.length === 0 ? undefined : groupByEvent(definition, heard, list, close, eventOf);
    rows.push(addDeferred(row, definition.states[graph.states[node] as number]?.deferred, eventOf));
  }
  const hears = Uint8Array.from(rows, (row) => (row.size > 0 ? 1 : 0));
  const eventCount = definition.events.length;
  const isDense = graph.nodeCount * eventCount <= DENSE_COUNT_MAX;
  const table = isDense ? { dispatch: layOutDense(rows, eventCount), cells: new Uint32Array(0) } : layOutRows(rows);
  return { list: Uint32Array.from(list), eventless, after, hears, ...table };
}

/** Transitions by their source, as lists in file order: the first per node, and the next per transition. */
function listLeaving({ transitions }: Definition, graph: Graph): { readonly heads: Uint32Array; readonly next: Uint32Array } {
  const heads = new Uint32Array(graph.nodeCount).fill(NO_TRANSITION);
  const next = new Uint32Array(transitions.length);
  for (let index = transitions.length - 1; index >= 0; index -= 1) {
    const node = graph.nodes[(transitions[index] as TransitionDefinition).source] as number;
    next[index] = heads[node] as number;
    heads[node] = index;
  }
  return { heads, next };
}

/** Adds a group for each event; gives the index + 1 of its first candidate by event. */
function groupByEvent(
  definition: Definition,
  indexes: readonly number[],
  list: number[],
  close: (first: number) => Range,
  eventOf: (name: string) => number,
): Map<number, number> {
  const row = new Map<number, number>();
  if (indexes.length === 1) {
    const [index] = indexes as readonly [number];
    list.push(index);
    return row.set(eventOfTransition(definition, index, eventOf), close(list.length - 1).first + 1);
  }
  const groups = new Map<number, number[]>();
  for (const index of indexes) {
    const event = eventOfTransition(definition, index, eventOf);
    const group = groups.get(event);
    if (group === undefined) groups.set(event, [index]);
    else group.push(index);
  }
  for (const [event, group] of groups) {
    const first = list.length;
    for (const index of group) list.push(index);
    row.set(event, close(first).first + 1);
  }
  return row;
}

function addDeferred(row: Map<number, number> | undefined, names: readonly string[] | undefined, eventOf: (name: string) => number): ReadonlyMap<number, number> {
  if (names === undefined || names.length === 0) return row ?? NO_ROW;
  const deferring = row ?? new Map<number, number>();
  for (const name of names) {
    const event = eventOf(name);
    deferring.set(event, ((deferring.get(event) ?? 0) | DISPATCH_DEFERS) >>> 0);
  }
  return deferring;
}

function eventOfTransition(definition: Definition, index: number, eventOf: (name: string) => number): number {
  const trigger = definition.transitions[index]?.trigger;
  return trigger?.kind === "event" ? eventOf(trigger.event) : 0;
}

function layOutDense(rows: readonly ReadonlyMap<number, number>[], eventCount: number): Uint32Array {
  const dispatch = new Uint32Array(rows.length * eventCount);
  rows.forEach((row, node) => {
    for (const [event, value] of row) dispatch[node * eventCount + event] = value;
  });
  return dispatch;
}

/** Rows of a power of two of cells, one behind the other; all nodes that hear nothing share the first cell. */
function layOutRows(rows: readonly ReadonlyMap<number, number>[]): { dispatch: Uint32Array; cells: Uint32Array } {
  const dispatch = new Uint32Array(rows.length * 2);
  const cells: number[] = [0, 0];
  rows.forEach((row, node) => {
    if (row.size === 0) return;
    const placed = placeRow(row);
    dispatch[node * 2] = cells.length / 2;
    dispatch[node * 2 + 1] = placed.length / 2 - 1;
    for (const word of placed) cells.push(word);
  });
  return { dispatch, cells: Uint32Array.from(cells) };
}

function placeRow(row: ReadonlyMap<number, number>): number[] {
  let length = 1;
  while (length < row.size) length *= 2;
  for (; ; length *= 2) {
    const cells = new Array<number>(length * 2).fill(0);
    let probeCountMax = 0;
    for (const [event, value] of row) {
      let at = event & (length - 1);
      let probeCount = 1;
      while (cells[at * 2] !== 0) {
        at = (at + 1) & (length - 1);
        probeCount += 1;
      }
      cells[at * 2] = event + 1;
      cells[at * 2 + 1] = value;
      probeCountMax = Math.max(probeCountMax, probeCount);
    }
    if (probeCountMax <= PROBE_COUNT_MAX || length >= row.size * ROW_STRETCH_MAX) return cells;
  }
}
