// Exploration: steps a run by everything that may happen, from every configuration that it comes to, breadth first. One run
// serves for all of them: it is made what a configuration says, stepped, and packed again.
import {
  ActionKind, CELL_SIZE, EVENT_RECORD_SIZE, EXPLORE_FINDING_COUNT_MAX, EXPLORE_FINDING_SIZE, EXPLORE_STEP_SHIFT, EventKind, EventOutcome, ExploreBound, ExploreField, ExploreStatus, ExploreStep, KernelStatus, NO_NODE,
  ProgramHeader,
} from "./abi";
import { clearRun, packConfiguration, packedBytes, resetBlock, setTokens, standsAt, unpackConfiguration } from "./configuration";
import { EXPRESS_NONE, takeExpress } from "./express";
import { beginInvariants, checkInvariant, endCheck, invariantCount, prepareCheck } from "./invariants";
import { knownValuesSize } from "./known-values";
import { allocateBlock, allocatePermanent, blockClassSize, freeBlock } from "./memory";
import { outcomesAddress } from "./output";
import { actionRecord, dispatchAt, nodeRecord, programField } from "./program";
import {
  BLOCK_HEADER_SIZE, RunState, TOKEN_SIZE, createRun, destroyRun, expressRunOf, runBlock, runIndexOf, runStatus,
  runTokens, setRunStatus, timerAt, timerCount, tokenAt, tokenCount,
} from "./run";
import { writeActiveNodes } from "./snapshot";
import { stepBatch } from "./step";
import { TokenPhase, tokenAction, tokenEvent, tokenNode, tokenPhase, tokenSerial } from "./token";
import {
  VISITED_HEADER_SIZE, addVisited, beginVisited, endVisited, findVisited, firstVisited, hashBytes, nextVisited, recordSize, visitedCount, visitedSize,
} from "./visited";

/** Times that a step is continued where the kernel yields; a step that goes on is given up. */
const CONTINUE_COUNT_MAX: i32 = 3;
/** Events that are known by a bit to be awaited nowhere; further ones are tried. */
const MASKED_EVENT_COUNT: u32 = 64;

let program: usize = 0;
let handle: u32 = 0;
let run: u32 = 0;
let configurationMax: u32 = 0;
let sizeMax: f64 = 0;
let depthMax: u32 = 0;
let eventCount: u32 = 0;
/** A copy of what comes with results, and with events where somebody reads it; 16 bytes in front of it are free. */
let payload: usize = 0;
let payloadSize: u32 = 0;
let hasEventPayload: bool = false;

/** u64 per node: the events that it, or a scope around it, may take or defers. */
let awaited: usize = 0;
let seen: usize = 0;

/** Where is stepped from, how deep it lies, and how many have been stepped from before it. */
let source: usize = 0;
let depth: u32 = 0;
let expandedCount: u32 = 0;
let levelEnd: u32 = 0;
let stepCount: u32 = 0;
let bounds: i32 = 0;
let isExhausted: bool = false;

const RECORD = memory.data(EVENT_RECORD_SIZE, 16);

/** Frees what an exploration holds. */
export function closeSearch(): void {
  if (handle == 0) return;
  destroyRun(run);
  handle = 0;
  endVisited();
}

/** Begins with a program whose first `events` events are offered. False: out of memory. */
export function openSearch(loaded: usize, events: u32, configurations: u32, size: f64, depthLimit: u32): bool {
  program = loaded;
  eventCount = events;
  configurationMax = configurations;
  sizeMax = size;
  depthMax = depthLimit;
  expandedCount = 0;
  depth = 0;
  stepCount = 0;
  bounds = 0;
  findingCount = 0;
  isExhausted = false;
  source = 0;
  beginInvariants(0, 0);
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  awaited = allocatePermanent(<usize>nodeCount << 3);
  seen = allocatePermanent(nodeCount);
  findings = allocatePermanent(EXPLORE_FINDING_COUNT_MAX * EXPLORE_FINDING_SIZE);
  told = allocatePermanent(TOLD_COUNT << 2);
  if (awaited == 0 || seen == 0 || findings == 0 || told == 0 || !makeRun() || !beginVisited()) return false;
  for (let node: u32 = 0; node < nodeCount; node++) store<u64>(awaited + (<usize>node << 3), awaitedBy(node));
  return true;
}

/** Scopes stand before what is in them. */
function awaitedBy(node: u32): u64 {
  const outer = load<u32>(nodeRecord(program, node), 60);
  let mask: u64 = outer == NO_NODE ? 0 : load<u64>(awaited + (<usize>outer << 3));
  const count = min<u32>(eventCount, MASKED_EVENT_COUNT);
  for (let event: u32 = 0; event < count; event++) if (dispatchAt(program, node, event) != 0) mask |= (<u64>1) << event;
  return mask;
}

/** What comes with results, and with events: a wire value, which is copied. */
export function setSearchPayload(address: usize, size: u32, isForEvents: bool): bool {
  payload = allocatePermanent(16 + <usize>size);
  if (payload == 0) return false;
  memory.copy(payload + 16, address, size);
  payloadSize = size;
  hasEventPayload = isForEvents;
  return true;
}

function makeRun(): bool {
  handle = createRun(program);
  if (handle == 0) return false;
  run = <u32>runIndexOf(handle);
  return true;
}

/** A run that has ended, or was given up in the middle of a step, is replaced. */
function renewRun(): bool {
  if (runStatus(run) == RunState.ACTIVE) return true;
  destroyRun(run);
  if (!makeRun()) {
    isExhausted = true;
    return false;
  }
  setRunStatus(run, RunState.ACTIVE);
  return true;
}

/** Starts a run with a wire MAP of values; where it comes to rest is the first configuration. */
export function startSearch(input: usize, size: u32): bool {
  writeRecord(EventKind.START, 0, 16, size);
  const copy = allocatePermanent(16 + <usize>size);
  if (copy == 0) return false;
  memory.copy(copy + 16, input, size);
  if (stepRecord(copy) >= 0 && !finishStep()) bounds |= ExploreBound.ENDLESS;
  if (!isExhausted && runStatus(run) == RunState.ACTIVE) keep(0, ExploreStep.START);
  source = firstVisited();
  levelEnd = visitedCount();
  return !isExhausted;
}

/** Goes on for about so many steps, or until findings have to be taken. An ExploreStatus. */
export function continueSearch(steps: u32): i32 {
  const end = stepCount + steps;
  findingCount = 0;
  while (source != 0 && stepCount < end && findingCount + 1 + invariantCount() < <u32>EXPLORE_FINDING_COUNT_MAX) {
    if (expandedCount == levelEnd) {
      depth += 1;
      levelEnd = visitedCount();
    }
    if (depth >= depthMax) {
      bounds |= ExploreBound.DEPTH;
      source = 0;
      break;
    }
    expand();
    if (isExhausted) return ExploreStatus.OUT_OF_MEMORY;
    expandedCount += 1;
    source = nextVisited(source);
  }
  return source == 0 ? ExploreStatus.FINISHED : ExploreStatus.GOES_ON;
}

export function searchField(field: i32): u32 {
  if (field == ExploreField.CONFIGURATION_COUNT) return visitedCount();
  if (field == ExploreField.EXPANDED_COUNT) return expandedCount;
  if (field == ExploreField.DEPTH) return depth;
  if (field == ExploreField.STEP_COUNT) return stepCount;
  if (field == ExploreField.BOUNDS) return <u32>bounds;
  if (field == ExploreField.FINDINGS) return <u32>findings;
  if (field == ExploreField.FINDING_COUNT) return findingCount;
  return <u32>seen;
}

/** The active nodes of a configuration, as `runActiveNodes` gives them; -1: out of memory. */
export function nodesOf(record: usize): i32 {
  return renewRun() && unpackConfiguration(run, record + VISITED_HEADER_SIZE) >= 0 ? <i32>writeActiveNodes(run) : -1;
}

// --- one configuration --------------------------------------------------------------------------------------------

// Where it is nothing but slots and tokens: what the run is made of again after each step that changed it.
let image: usize = 0;
let imageSize: usize = 0;
let imageTokens: u32 = 0;
let imageSerial: u32 = 0;
let isSimple: bool = false;
/** Is the run as the configuration says? */
let isFresh: bool = false;
let isMoving: bool = false;

// What may happen besides events, 12 bytes each: +0 u32 EventKind  +4 u32 serial  +8 u32 what it is to be called
const CHANCE_SIZE: usize = 12;
let chances: usize = 0;
let chancesSize: usize = 0;
let chanceCount: u32 = 0;

function expand(): void {
  if (!renewRun()) return;
  const parts = unpackConfiguration(run, source + VISITED_HEADER_SIZE);
  isSimple = parts == 0;
  if (parts < 0 || !listChances() || (isSimple && !takeImage())) {
    isExhausted = true;
    return;
  }
  isFresh = true;
  isMoving = false;
  const count = min<u32>(eventCount, MASKED_EVENT_COUNT);
  let mask: u64 = count == 64 ? ~(<u64>0) : ((<u64>1) << count) - 1;
  for (mask &= awaitedHere(); mask != 0; mask &= mask - 1) offerEvent(<u32>ctz(mask));
  for (let event = MASKED_EVENT_COUNT; event < eventCount; event++) offerEvent(event);
  for (let index: u32 = 0; index < chanceCount; index++) {
    const chance = chances + <usize>index * CHANCE_SIZE;
    if (!restore()) return;
    const kind = load<i32>(chance);
    const hasResult = kind == EventKind.TASK_SUCCEEDED || kind == EventKind.TASK_FAILED;
    writeRecord(kind, load<u32>(chance, 4), hasResult ? 16 : 0, payloadSize);
    conclude(stepRecord(payload), load<u32>(chance, 8), kind == EventKind.TIMER);
  }
  if (!isMoving && restore()) reportDeadlock();
}

function awaitedHere(): u64 {
  let mask: u64 = 0;
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    mask |= load<u64>(awaited + (<usize>tokenNode(token) << 3));
    const event = tokenEvent(token);
    if (tokenPhase(token) == TokenPhase.WAITING && event != 0 && event <= MASKED_EVENT_COUNT) mask |= (<u64>1) << (event - 1);
  }
  return mask;
}

/** Results and times of what tokens wait for, then timers. False: out of memory. */
function listChances(): bool {
  chanceCount = 0;
  const needed = (<usize>tokenCount(run) * 2 + timerCount(run)) * CHANCE_SIZE;
  if (needed > chancesSize) {
    if (chances != 0) freeBlock(chances, chancesSize);
    chancesSize = blockClassSize(needed);
    chances = allocateBlock(chancesSize);
    if (chances == 0) chancesSize = 0;
    if (chances == 0) return false;
  }
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) != TokenPhase.WAITING || tokenEvent(token) != 0) continue;
    const action = tokenAction(token);
    if (load<u16>(actionRecord(program, action)) == ActionKind.WAIT) addChance(EventKind.TIMER, tokenSerial(token), ExploreStep.WAIT, action);
    else {
      addChance(EventKind.TASK_SUCCEEDED, tokenSerial(token), ExploreStep.TASK_SUCCEEDED, action);
      addChance(EventKind.TASK_FAILED, tokenSerial(token), ExploreStep.TASK_FAILED, action);
    }
  }
  for (let index: u32 = 0; index < timerCount(run); index++) {
    const timer = timerAt(run, index);
    if (load<u32>(timer) != 0) addChance(EventKind.TIMER, load<u32>(timer), ExploreStep.AFTER, load<u32>(timer, 4));
  }
  return true;
}

function addChance(kind: i32, serial: u32, step: u32, number: u32): void {
  const chance = chances + <usize>chanceCount * CHANCE_SIZE;
  store<u32>(chance, kind);
  store<u32>(chance, serial, 4);
  store<u32>(chance, (step << EXPLORE_STEP_SHIFT) | number, 8);
  chanceCount += 1;
}

/** Keeps what `restore` needs. */
function takeImage(): bool {
  const block = runBlock(run);
  const slotsSize = <usize>load<u32>(block, 8) * CELL_SIZE;
  imageTokens = tokenCount(run);
  imageSerial = load<u32>(block, 12);
  const needed = slotsSize + <usize>imageTokens * TOKEN_SIZE;
  if (needed > imageSize) {
    if (image != 0) freeBlock(image, imageSize);
    imageSize = blockClassSize(needed);
    image = allocateBlock(imageSize);
    if (image == 0) imageSize = 0;
    if (image == 0) return false;
  }
  copyWords(image, block + BLOCK_HEADER_SIZE, slotsSize);
  copyWords(image + slotsSize, runTokens(run), <usize>imageTokens * TOKEN_SIZE);
  return true;
}

/** Multiples of 16. A few words are copied sooner than memory.copy is begun. */
@inline
function copyWords(target: usize, from: usize, size: usize): void {
  if (size > 512) memory.copy(target, from, size);
  else
    for (let at: usize = 0; at < size; at += 16) {
      const low = load<u64>(from + at);
      store<u64>(target + at, load<u64>(from + at, 8), 8);
      store<u64>(target + at, low);
    }
}

/** Makes the run what the configuration says; false: out of memory. */
function restore(): bool {
  if (isFresh) return true;
  isFresh = true;
  if (!renewRun()) return false;
  if (isSimple) {
    clearRun(run);
    const block = runBlock(run);
    const slotsSize = <usize>load<u32>(block, 8) * CELL_SIZE;
    if (setTokens(run, imageTokens)) {
      copyWords(block + BLOCK_HEADER_SIZE, image, slotsSize);
      copyWords(runTokens(run), image + slotsSize, <usize>imageTokens * TOKEN_SIZE);
      resetBlock(block, imageSerial);
      return true;
    }
  } else if (unpackConfiguration(run, source + VISITED_HEADER_SIZE) >= 0) return true;
  isExhausted = true;
  return false;
}

// --- one step -----------------------------------------------------------------------------------------------------

function writeRecord(kind: i32, id: u32, offset: u32, size: u32): void {
  store<u32>(RECORD, handle);
  store<u32>(RECORD, kind, 4);
  store<u32>(RECORD, id, 8);
  store<u32>(RECORD, offset, 12);
  store<f64>(RECORD, 0, 16);
  store<u32>(RECORD, size, 28);
}

/** Steps the record; an EventOutcome, or -1: out of memory. `region`: what its payload's offset counts from. */
function stepRecord(region: usize): i32 {
  stepCount += 1;
  if (stepBatch(RECORD, 1, region) == KernelStatus.OK) return load<u8>(outcomesAddress());
  isExhausted = true;
  return -1;
}

function offerEvent(event: u32): void {
  if (isExhausted || !restore()) return;
  let outcome = EXPRESS_NONE;
  if (!hasEventPayload && expressRunOf(handle) >= 0) outcome = takeExpress(run, event, 0);
  if (outcome == EXPRESS_NONE) {
    writeRecord(EventKind.EVENT, event, hasEventPayload ? 16 : 0, payloadSize);
    outcome = stepRecord(payload);
  } else stepCount += 1;
  conclude(outcome, (ExploreStep.EVENT << EXPLORE_STEP_SHIFT) | event, false);
}

/** After a step. A timer whose guard does not hold is gone: the run has changed though nothing was taken. */
function conclude(outcome: i32, reason: u32, isTimer: bool): void {
  if (isExhausted) return;
  if (!finishStep()) {
    bounds |= ExploreBound.ENDLESS;
    isMoving = true;
    isFresh = false;
    return;
  }
  const isEnded = runStatus(run) == RunState.ENDED;
  if (!isEnded && !isTimer && (outcome == EventOutcome.IGNORED || outcome == EventOutcome.STALE)) return;
  isMoving = true;
  isFresh = false;
  if (!isEnded) keep(source, reason);
}

/** Continues a step that ran out of fuel; false where it does not end. */
function finishStep(): bool {
  for (let count = 0; count < CONTINUE_COUNT_MAX && runStatus(run) == RunState.YIELDED; count++) {
    writeRecord(EventKind.CONTINUE, 0, 0, 0);
    if (stepRecord(payload) < 0) return true;
  }
  return runStatus(run) != RunState.YIELDED;
}

/** Adds the configuration that the run stands in, unless it has been seen or there is no room. */
function keep(parent: usize, reason: u32): void {
  const length = packConfiguration(run);
  if (length == 0) {
    isExhausted = true;
    return;
  }
  const bytes = packedBytes();
  const hash = hashBytes(bytes, length);
  if (findVisited(bytes, length, hash) != 0) return;
  if (visitedCount() >= configurationMax) bounds |= ExploreBound.CONFIGURATIONS;
  else if (<f64>visitedSize() + <f64>knownValuesSize() + <f64>recordSize(length) > sizeMax) bounds |= ExploreBound.SIZE;
  else {
    const record = addVisited(bytes, length, hash, parent, reason);
    if (record == 0) {
      isExhausted = true;
      return;
    }
    for (let index: u32 = 0; index < tokenCount(run); index++) store<u8>(seen + tokenNode(tokenAt(run, index)), 1);
    if (invariantCount() > 0) checkInvariants(record);
  }
}

// --- findings -----------------------------------------------------------------------------------------------------

let findings: usize = 0;
let findingCount: u32 = 0;
/** Deadlocks told last, by where their tokens stand: u32 record each. So that one that lies everywhere is not told every time. */
let told: usize = 0;
const TOLD_COUNT: u32 = 1_024;

function report(record: usize, what: u32, error: u32): void {
  const finding = findings + <usize>findingCount * EXPLORE_FINDING_SIZE;
  store<u32>(finding, <u32>record);
  store<u32>(finding, what, 4);
  store<u32>(finding, error, 8);
  findingCount += 1;
}

function reportDeadlock(): void {
  let hash: u32 = 0;
  for (let index: u32 = 0; index < tokenCount(run); index++) hash = (hash ^ tokenNode(tokenAt(run, index))) * 0x9e3779b1;
  const entry = told + <usize>((hash >>> 22) << 2);
  const before = <usize>load<u32>(entry);
  if (before != 0 && standsAt(run, before + VISITED_HEADER_SIZE)) return;
  store<u32>(entry, <u32>source);
  report(source, 0, 0);
}

function checkInvariants(record: usize): void {
  if (!prepareCheck(program, run)) return;
  for (let index: u32 = 0; index < invariantCount(); index++) {
    const error = checkInvariant(program, run, index);
    if (error >= 0) report(record, index + 1, error);
  }
  endCheck(run);
}
