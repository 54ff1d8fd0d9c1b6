// Where ways of a task graph lead: a task that each of them starts anew, or one that waits at a join until enough have come.
// What waits at a join is told apart by the split that it came from, and, in a cycle, by the ways that have come already.
import {
  NO_INDEX, ProgramHeader, RunFault, TASK_FLAG_CYCLE, TASK_FLAG_MERGE_LAST, TASK_FLAG_SPLIT,
} from "./abi";
import { mergeBranches, releaseFrame } from "./branches";
import { noteReason, setNodeInHand } from "./fault";
import { createCells, freeCells } from "./graph-frames";
import { Phase, addActive, addJoining, createInstance, dropInstance, enqueue, instanceAt, phaseOf, setPhase, setSplitCount, splitCount } from "./instances";
import { programField, taskRecord, transitionRecord } from "./program";
import { BUFFER_JOINS, FRAME_HEADER_SIZE, extendBuffer, runBuffer, runProgram } from "./run";
import { enterScopes } from "./scope-limits";

/** In an arrivals block: the way has come, and its branch is not kept any more. */
const TAKEN: u32 = 1;

/** A branch takes a way, and its reference to its frame with it. False: a fault is in hand. */
export function arrive(run: u32, transition: u32, frame: usize, split: u32): bool {
  const program = runProgram(run);
  const record = transitionRecord(program, transition);
  const node = load<u32>(record, 4);
  const task = taskRecord(program, node);
  const enough = load<u32>(task);
  if (enough != 0) return arriveAtJoin(run, node, task, load<u32>(record, 44), frame, split);
  let own = split;
  if ((load<u32>(task, 8) & TASK_FLAG_SPLIT) != 0) {
    own = splitCount(run) + 1;
    setSplitCount(run, own);
  }
  return start(run, node, frame, own, transition);
}

/** A new instance that begins when it is its turn. It takes over the reference to the frame. */
export function start(run: u32, node: u32, frame: usize, split: u32, transition: u32): bool {
  const name = createInstance(run, node, frame, split);
  if (name == 0) {
    releaseFrame(run, frame);
    noteReason(RunFault.TOKEN_LIMIT);
    return false;
  }
  store<u32>(instanceAt(run, name), transition, 48);
  setPhase(instanceAt(run, name), Phase.READY);
  addActive(run, 1);
  enqueue(run, name);
  return enterScopes(run, node, frame, split);
}

/** First of the instances that stand at the node's join, or 0; the others follow in +16. */
@inline
function firstAt(run: u32, node: u32): u32 {
  const buffer = runBuffer(run, BUFFER_JOINS);
  return buffer == 0 || load<u32>(buffer) == 0 ? 0 : load<u32>(load<u32>(buffer) + (<usize>node << 2));
}

function setFirstAt(run: u32, node: u32, name: u32): void {
  store<u32>(load<u32>(runBuffer(run, BUFFER_JOINS)) + (<usize>node << 2), name);
}

/** Makes the table of joins: u32 a node. False when out of memory. */
export function prepareJoins(run: u32): bool {
  const buffer = runBuffer(run, BUFFER_JOINS);
  if (buffer != 0 && load<u32>(buffer) != 0) return true;
  const size = programField(runProgram(run), ProgramHeader.NODE_COUNT) << 2;
  const table = extendBuffer(run, BUFFER_JOINS, size);
  if (table != 0) memory.fill(table, 0, size);
  return table != 0;
}

@inline
function arrivalAt(instance: usize, way: u32): usize {
  return load<u32>(instance, 28) + FRAME_HEADER_SIZE + (<usize>way << 2);
}

function arriveAtJoin(run: u32, node: u32, task: usize, way: u32, frame: usize, split: u32): bool {
  const isCyclic = (load<u32>(task, 8) & TASK_FLAG_CYCLE) != 0;
  for (let name = firstAt(run, node); name != 0; name = load<u32>(instanceAt(run, name), 16)) {
    const instance = instanceAt(run, name);
    if (load<u32>(instance, 32) != split) continue;
    const arrival = arrivalAt(instance, way);
    if (load<u32>(arrival) == 0) return takeArrival(run, name, task, arrival, frame);
    if (!isCyclic) return repeatArrival(run, instance, task, arrival, frame);
  }
  const name = openJoin(run, node, task, split);
  if (name != 0) return takeArrival(run, name, task, arrivalAt(instanceAt(run, name), way), frame);
  releaseFrame(run, frame);
  noteReason(RunFault.TOKEN_LIMIT);
  return false;
}

/** A new instance at the end of the node's list, no way arrived; 0 when out of memory. */
function openJoin(run: u32, node: u32, task: usize, split: u32): u32 {
  if (!prepareJoins(run)) return 0;
  const size = <usize>load<u32>(task, 4) << 2;
  const arrivals = createCells(run, 0, size);
  if (arrivals == 0) return 0;
  const name = createInstance(run, node, 0, split);
  if (name == 0) {
    freeCells(run, arrivals);
    return 0;
  }
  memory.fill(arrivals + FRAME_HEADER_SIZE, 0, size);
  store<u32>(instanceAt(run, name), <u32>arrivals, 28);
  store<u32>(instanceAt(run, name), NO_INDEX, 48);
  appendAt(run, node, name);
  setPhase(instanceAt(run, name), Phase.JOINING);
  addJoining(run, 1);
  return name;
}

/** Puts an instance last of those at its join. */
export function appendAt(run: u32, node: u32, name: u32): void {
  let last = firstAt(run, node);
  store<u32>(instanceAt(run, name), 0, 16);
  if (last == 0) {
    setFirstAt(run, node, name);
    return;
  }
  while (load<u32>(instanceAt(run, last), 16) != 0) last = load<u32>(instanceAt(run, last), 16);
  store<u32>(instanceAt(run, last), name, 16);
}

function removeAt(run: u32, node: u32, name: u32): void {
  const next = load<u32>(instanceAt(run, name), 16);
  let before = firstAt(run, node);
  if (before == name) {
    setFirstAt(run, node, next);
    return;
  }
  while (load<u32>(instanceAt(run, before), 16) != name) before = load<u32>(instanceAt(run, before), 16);
  store<u32>(instanceAt(run, before), next, 16);
}

/** One task leads to the join by two ways at once: as if by one. */
function repeatArrival(run: u32, instance: usize, task: usize, arrival: usize, frame: usize): bool {
  const known = load<u32>(arrival);
  if (known == TAKEN || phaseOf(instance) == Phase.JOINED) {
    releaseFrame(run, frame);
    return true;
  }
  setNodeInHand(load<u32>(instance));
  const merged = mergeBranches(run, known, frame, (load<u32>(task, 8) & TASK_FLAG_MERGE_LAST) != 0);
  store<u32>(arrival, merged == 0 ? TAKEN : <u32>merged);
  return merged != 0;
}

function takeArrival(run: u32, name: u32, task: usize, arrival: usize, frame: usize): bool {
  const instance = instanceAt(run, name);
  const count = load<u32>(instance, 36) + 1;
  store<u32>(instance, count, 36);
  if (phaseOf(instance) == Phase.JOINED) {
    store<u32>(arrival, TAKEN);
    releaseFrame(run, frame);
    if (count == load<u32>(task, 4)) closeJoin(run, name);
    return true;
  }
  store<u32>(arrival, <u32>frame);
  return count < load<u32>(task) || fire(run, name, task);
}

/** Nothing more can come. */
function closeJoin(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  removeAt(run, load<u32>(instance), name);
  freeCells(run, load<u32>(instance, 28));
  dropInstance(run, name);
}

/** An instance at a join is no more, nor what has come to it. */
export function dropJoin(run: u32, name: u32): void {
  const instance = instanceAt(run, name);
  const wayCount = load<u32>(taskRecord(runProgram(run), load<u32>(instance)), 4);
  for (let way: u32 = 0; way < wayCount; way++) {
    const branch = load<u32>(arrivalAt(instance, way));
    if (branch > TAKEN) releaseFrame(run, branch);
  }
  if (phaseOf(instance) == Phase.JOINING) addJoining(run, -1);
  closeJoin(run, name);
}

/**
 * The task behind a way is given up. A join that still waits forgets that the way has come; one that has had enough does not wait for it
 * any more where the task may come again, because that belongs to the next round.
 */
export function takeBack(run: u32, node: u32, way: u32): void {
  const task = taskRecord(runProgram(run), node);
  const isCyclic = (load<u32>(task, 8) & TASK_FLAG_CYCLE) != 0;
  let next: u32 = 0;
  for (let name = firstAt(run, node); name != 0; name = next) {
    const instance = instanceAt(run, name);
    const arrival = arrivalAt(instance, way);
    const branch = load<u32>(arrival);
    const count = load<u32>(instance, 36);
    next = load<u32>(instance, 16);
    if (phaseOf(instance) == Phase.JOINED) {
      if (!isCyclic || branch != 0) continue;
      store<u32>(arrival, TAKEN);
      store<u32>(instance, count + 1, 36);
      if (count + 1 == load<u32>(task, 4)) closeJoin(run, name);
    } else if (branch != 0) {
      if (branch != TAKEN) releaseFrame(run, branch);
      store<u32>(arrival, 0);
      store<u32>(instance, count - 1, 36);
      if (count == 1) dropJoin(run, name);
    }
  }
}

/** Enough ways have come: one branch of what all of them changed goes on. */
function fire(run: u32, name: u32, task: usize): bool {
  const node = load<u32>(instanceAt(run, name));
  const split = load<u32>(instanceAt(run, name), 32);
  const wayCount = load<u32>(task, 4);
  setNodeInHand(node);
  let frame: usize = 0;
  let isSound = true;
  for (let way: u32 = 0; way < wayCount; way++) {
    const arrival = arrivalAt(instanceAt(run, name), way);
    const branch = <usize>load<u32>(arrival);
    if (branch == 0) continue;
    store<u32>(arrival, TAKEN);
    if (!isSound) releaseFrame(run, branch);
    else if (frame == 0) frame = branch;
    else {
      frame = mergeBranches(run, frame, branch, (load<u32>(task, 8) & TASK_FLAG_MERGE_LAST) != 0);
      isSound = frame != 0;
    }
  }
  addJoining(run, -1);
  setPhase(instanceAt(run, name), Phase.JOINED);
  if (load<u32>(instanceAt(run, name), 36) == wayCount) closeJoin(run, name);
  return isSound && start(run, node, frame, split, NO_INDEX);
}
