// Which strategy suits a workflow at a load: from what its graph can have in flight at once, and from how busy the engine is.
import type { Definition, ItemsDefinition } from "../model/definition.js";
import type { SchedulingStrategy } from "../model/scheduling.js";
import { LOAD_HYBRID_MAX, LOAD_PARALLEL_MAX } from "./limits.js";

/** `width`: of `findWidth`. `load`: 0: nothing is in flight; from 1: all places are taken. */
export function chooseStrategy(width: number, load: number): SchedulingStrategy {
  if (width <= 1) return "sequential";
  if (load < LOAD_PARALLEL_MAX) return "parallel";
  return load < LOAD_HYBRID_MAX ? "hybrid" : "sequential";
}

/**
 * How many calls of handlers a run can have in flight at once, at most: an upper bound that is exact where it says 0 or 1.
 * What handlers do not do (timers, events, sub-workflows, values) does not count. O(states and transitions).
 */
export function findWidth(definition: Definition): number {
  return definition.taskGraph === undefined ? findChartWidth(definition) : findGraphWidth(definition);
}

/** Actions of a state follow each other; only forks and regions have several states at once. */
function findChartWidth({ states, transitions }: Definition): number {
  const lists = [...states.flatMap(({ entry, exit }) => [entry, exit]), ...transitions.map(({ actions }) => actions)];
  const count = lists.filter((actions) => actions.some(({ kind }) => kind === "call")).length;
  const isWide = states.some(({ kind }) => kind === "fork" || kind === "parallel" || kind === "region");
  return isWide ? count : Math.min(1, count);
}

function findGraphWidth({ states, transitions }: Definition): number {
  const callers = states.filter(({ task }) => task?.action.kind === "call");
  const undoCount = states.filter(({ task }) => task?.undo?.action.kind === "call").length;
  if (callers.some(({ task }) => task?.items !== undefined && !isOneByOne(task.items))) return Infinity;
  const isFollower = new Uint8Array(states.length);
  const waysAfterSuccess = new Uint32Array(states.length);
  const waysAfterFailure = new Uint32Array(states.length);
  for (const { source, target, trigger, isRetry } of transitions) {
    if (target < 0 || isRetry === true) continue;
    isFollower[target] = 1;
    const outcome = trigger.kind === "outcome" ? trigger.outcome : undefined;
    if (outcome !== "failure") waysAfterSuccess[source] = (waysAfterSuccess[source] ?? 0) + 1;
    if (outcome !== "success") waysAfterFailure[source] = (waysAfterFailure[source] ?? 0) + 1;
  }
  const startCount = isFollower.reduce((count, is) => count + 1 - is, 0);
  // Of several entries under one `next` all may match.
  const isChain = startCount <= 1 && [waysAfterSuccess, waysAfterFailure].every((ways) => ways.every((count) => count <= 1));
  if (isChain) return Math.min(1, callers.length + undoCount);
  // In a cycle a task may be under way in several rounds at once.
  const count = callers.length + undoCount;
  return count === 0 ? 0 : hasCycle(states.length, transitions) ? Infinity : Math.max(2, count);
}

function isOneByOne({ concurrency }: ItemsDefinition): boolean {
  return concurrency?.kind === "literal" && concurrency.value === 1;
}

/** Takes out what nothing leads to, again and again: what stays is in a cycle or behind one. */
function hasCycle(count: number, transitions: Definition["transitions"]): boolean {
  const targets = Array.from({ length: count }, (): number[] => []);
  const comingCounts = new Uint32Array(count);
  for (const { source, target, isRetry } of transitions) {
    if (target < 0 || source < 0 || isRetry === true) continue;
    targets[source]?.push(target);
    comingCounts[target] = (comingCounts[target] ?? 0) + 1;
  }
  const free = [...comingCounts.keys()].filter((state) => comingCounts[state] === 0);
  let freeCount = 0;
  for (let state = free.pop(); state !== undefined; state = free.pop()) {
    freeCount += 1;
    for (const target of targets[state] ?? []) {
      comingCounts[target] = (comingCounts[target] ?? 0) - 1;
      if (comingCounts[target] === 0) free.push(target);
    }
  }
  return freeCount < count;
}
