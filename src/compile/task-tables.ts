// Packs a task graph's nodes, tasks and transitions into the records drawn in assembly/abi.ts. Expressions are numbers here.
import {
  NODE_FLAG_UNDO,
  NODE_RECORD_SIZE,
  NO_EXPRESSION,
  NO_NODE,
  NodeKind,
  Outcome,
  TASK_FLAG_CROSS,
  TASK_FLAG_CYCLE,
  TASK_FLAG_EXPONENTIAL,
  TASK_FLAG_ITEMS_CONTINUE,
  TASK_FLAG_ITEMS_FINISH,
  TASK_FLAG_LINEAR,
  TASK_FLAG_MERGE_LAST,
  TASK_FLAG_SPLIT,
  TASK_FLAG_START,
  TASK_FLAG_ZIP,
  TASK_RECORD_SIZE,
  TRANSITION_FLAG_CANCEL,
  TRANSITION_FLAG_CONTINUE,
  TRANSITION_FLAG_REPEATED,
  TRANSITION_FLAG_RETRY,
  TRANSITION_FLAG_UNDO,
  TRANSITION_RECORD_SIZE,
  Trigger,
} from "../../assembly/abi.js";
import type { StateDefinition, TaskDefinition, TransitionDefinition } from "../model/definition.js";
import type { Range } from "./dispatch.js";
import type { TaskGraph } from "./task-graph.js";

/** A task's numbers; of expressions NO_EXPRESSION for none. */
export interface TaskRow {
  readonly task: TaskDefinition;
  /** Ways that are enough to start it; 0: each starts it anew. */
  readonly enough: number;
  readonly wayCount: number;
  readonly isStart: boolean;
  readonly isCyclic: boolean;
  readonly isSplit: boolean;
  readonly action: number;
  readonly items: number;
  /** Of an undo the name of its task. */
  readonly concurrency: number;
  readonly batchSize: number;
  readonly retryCount: number;
  readonly retryDelay: number;
  readonly retryDelayMax: number;
  readonly retryWhen: number;
  readonly delay: number;
  readonly timeout: number;
  readonly condition: number;
  /** Where its result goes, or NO_SLOT. */
  readonly resultSlot: number;
}

/** A scope's numbers: its time limit, and the error that it fails with then; NO_EXPRESSION for none. */
export interface ScopeRow {
  readonly timeout: number;
  readonly timeoutError: number;
}

export interface WayRow {
  readonly guard: number;
  readonly actions: Range;
}

/** A root, one node a state, then the undos. `statusSlots`: per state, where how the task has ended goes, or NO_SLOT. `undone`: the tasks that have an undo. */
export function packTaskNodes(states: readonly StateDefinition[], statusSlots: readonly number[], eventless: readonly Range[], undone: readonly number[]): Uint8Array {
  const last = states.length + undone.length;
  const bytes = new Uint8Array((last + 1) * NODE_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  const others = new Map<number, number>();
  undone.forEach((task, index) => others.set(task + 1, states.length + 1 + index).set(states.length + 1 + index, task + 1));
  for (let node = 0; node <= last; node += 1) {
    const at = node * NODE_RECORD_SIZE;
    const { first, count } = eventless[node - 1] ?? { first: 0, count: 0 };
    const state = states[node - 1];
    const isUndo = node > states.length;
    view.setUint16(at, isUndo || state?.task !== undefined ? NodeKind.TASK : NodeKind.COMPOSITE, true);
    view.setUint16(at + 2, isUndo ? NODE_FLAG_UNDO : 0, true);
    // A scope of all tasks, and nodes without anything inside: see the drawing of a node's record.
    const words = new Uint32Array(15).fill(0);
    words.set([node === 0 ? NO_NODE : 0, node === 0 ? last : node, others.get(node) ?? NO_NODE]);
    words.set([first, count, (state?.parent ?? -1) + 1, statusSlots[node - 1] ?? NO_NODE], 7);
    words[14] = NO_NODE;
    words.forEach((word, index) => view.setUint32(at + 4 + index * 4, word, true));
  }
  return bytes;
}

/** Per node but the root. */
export function packTasks(rows: readonly (TaskRow | ScopeRow)[]): Uint8Array {
  const bytes = new Uint8Array((rows.length + 1) * TASK_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  rows.forEach((row, index) => {
    const at = (index + 1) * TASK_RECORD_SIZE;
    if (!("task" in row)) {
      view.setUint32(at + 20, row.timeoutError, true);
      view.setUint32(at + 52, row.timeout, true);
      return;
    }
    const { enough, wayCount, action, items, concurrency, batchSize, retryCount, retryDelay, retryDelayMax, retryWhen } = row;
    const words = [enough, wayCount, flagsOf(row), action, items, concurrency, batchSize, retryCount, retryDelay, retryDelayMax, retryWhen];
    words.push(0, row.delay, row.timeout, row.condition, row.resultSlot);
    words.forEach((word, place) => view.setUint32(at + place * 4, word, true));
    view.setFloat32(at + 44, row.task.retry?.jitter ?? 0, true);
  });
  return bytes;
}

function flagsOf({ task, isStart, isCyclic, isSplit, items }: TaskRow): number {
  const { merge, retry } = task;
  let flags = (isStart ? TASK_FLAG_START : 0) | (isCyclic ? TASK_FLAG_CYCLE : 0) | (isSplit ? TASK_FLAG_SPLIT : 0);
  if (merge === "last") flags |= TASK_FLAG_MERGE_LAST;
  if (retry?.backoff === "linear") flags |= TASK_FLAG_LINEAR;
  if (retry?.backoff === "exponential") flags |= TASK_FLAG_EXPONENTIAL;
  if (items === NO_EXPRESSION || task.items === undefined) return flags;
  const { lists, combination, onFailure } = task.items;
  if (lists.length > 1 || lists[0]?.name !== undefined) flags |= combination === "cross" ? TASK_FLAG_CROSS : TASK_FLAG_ZIP;
  if (onFailure === "finish") flags |= TASK_FLAG_ITEMS_FINISH;
  return onFailure === "continue" ? flags | TASK_FLAG_ITEMS_CONTINUE : flags;
}

export function packWays(transitions: readonly TransitionDefinition[], graph: TaskGraph, rows: readonly WayRow[]): Uint8Array {
  const bytes = new Uint8Array(transitions.length * TRANSITION_RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  transitions.forEach(({ source, target, trigger, isRetry, isContinued, isCancel, isUndo, next }, index) => {
    const at = index * TRANSITION_RECORD_SIZE;
    const { guard, actions } = rows[index] as WayRow;
    const isOutcome = trigger.kind === "outcome";
    const outcome = trigger.kind === "outcome" && trigger.outcome === "failure" ? Outcome.FAILURE : Outcome.SUCCESS;
    view.setUint32(at, source + 1, true);
    view.setUint32(at + 4, target < 0 || isRetry === true ? 0 : target + 1, true);
    view.setUint32(at + 8, guard, true);
    view.setUint16(at + 12, isOutcome ? Trigger.OUTCOME : Trigger.ALWAYS, true);
    const continued = isContinued === true ? TRANSITION_FLAG_CONTINUE : 0;
    const given = (isCancel === true ? TRANSITION_FLAG_CANCEL : 0) | (isUndo === true ? TRANSITION_FLAG_UNDO : 0);
    const flags = (isRetry === true ? TRANSITION_FLAG_RETRY : 0) | given | continued;
    view.setUint16(at + 14, flags | (graph.isRepeated[index] === true ? TRANSITION_FLAG_REPEATED : 0), true);
    view.setUint32(at + 16, isOutcome ? outcome : 0, true);
    view.setUint32(at + 20, NO_EXPRESSION, true);
    view.setUint32(at + 32, actions.first, true);
    view.setUint32(at + 36, actions.count, true);
    view.setUint32(at + 40, next ?? 0, true);
    view.setUint32(at + 44, graph.ways[index] ?? 0, true);
  });
  return bytes;
}
