// Loads a program: copies the blob, turns its offsets into addresses and checks every index once, so that stepping never
// has to; lays the ways of its transitions beside it.
import {
  ABI_VERSION, ACTION_RECORD_SIZE, ActionKind, CANDIDATE_LAST, DISPATCH_DEFERS, EXPRESSION_RECORD_SIZE, FAULT_TEXT_COUNT, KernelStatus,
  NODE_RECORD_SIZE, NO_NODE, NO_SLOT, NodeKind, PROGRAM_HEADER_SIZE, PROGRAM_MAGIC, ProgramHeader, TASK_RECORD_SIZE, TRANSITION_FLAG_INTERNAL, TRANSITION_FLAG_LOCAL, TRANSITION_RECORD_SIZE,
} from "./abi";
import { validateUtf8 } from "./bytes";
import { prepareExpression, releaseExpression } from "./evaluate";
import { allocateBlock, freeBlock } from "./memory";
import { actionRecord, candidateAt, expressionRecord, isExpression, isExpressionOrNone, nodeRecord, programField, transitionRecord } from "./program";
import { isWithin, lastOf, parentOf } from "./scope";
import { internKey } from "./shape";
import { areTasksSound, isTaskProgram } from "./task-loading";
import { freeWays, layWays } from "./ways";
import { removeZones } from "./zones";

/** Why the last load failed: a KernelStatus. */
let loadStatus: i32 = KernelStatus.OK;
let loadedCount: u32 = 0;
/** Expressions of the program in hand that own memory. */
let preparedCount: u32 = 0;

export function programStatus(): i32 {
  return loadStatus;
}

export function programCount(): u32 {
  return loadedCount;
}

/** Loads the blob at `address`; returns the program's address, or 0 (see programStatus). The blob is copied. */
export function loadProgram(address: usize, size: u32): usize {
  if (size < <u32>PROGRAM_HEADER_SIZE || load<u32>(address) != PROGRAM_MAGIC || load<u32>(address, 4) != ABI_VERSION || load<u32>(address, 8) != size) {
    loadStatus = KernelStatus.BAD_PROGRAM;
    return 0;
  }
  const program = allocateBlock(size);
  if (program == 0) {
    loadStatus = KernelStatus.OUT_OF_MEMORY;
    return 0;
  }
  memory.copy(program, address, size);
  preparedCount = 0;
  loadStatus = placeProgram(program, size);
  if (loadStatus == KernelStatus.OK) loadStatus = checkGraph(program);
  if (loadStatus == KernelStatus.OK && !isTaskProgram(program) && !layWays(program)) loadStatus = KernelStatus.OUT_OF_MEMORY;
  if (loadStatus != KernelStatus.OK) {
    releaseProgram(program, size, preparedCount);
    return 0;
  }
  loadedCount += 1;
  return program;
}

/** Frees a program that no run and no context uses any more. */
export function unloadProgram(program: usize): void {
  removeZones(<u32>program);
  loadedCount -= 1;
  releaseProgram(program, programField(program, ProgramHeader.SIZE), programField(program, ProgramHeader.EXPRESSION_COUNT));
}

function releaseProgram(program: usize, size: u32, expressionCount: u32): void {
  for (let index: u32 = 0; index < expressionCount; index++) releaseExpression(expressionRecord(program, index));
  const keyIds = programField(program, ProgramHeader.KEY_IDS);
  if (keyIds != 0) freeBlock(keyIds, programField(program, ProgramHeader.KEY_COUNT) * 4 + 4);
  freeWays(program);
  freeBlock(program, size);
}

function placeProgram(program: usize, size: u32): i32 {
  store<u32>(program + (ProgramHeader.KEY_IDS << 2), 0);
  store<u32>(program + (ProgramHeader.EXPRESS << 2), 0);
  sectionCount = 0;
  if (!isSection(program, size, ProgramHeader.SLOT_KEYS, programField(program, ProgramHeader.SLOT_COUNT), 4)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.SLOT_TYPES, programField(program, ProgramHeader.SLOT_COUNT), 4)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.EXPRESSIONS, programField(program, ProgramHeader.EXPRESSION_COUNT), EXPRESSION_RECORD_SIZE)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.NODES, programField(program, ProgramHeader.NODE_COUNT), NODE_RECORD_SIZE)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.TRANSITIONS, programField(program, ProgramHeader.TRANSITION_COUNT), TRANSITION_RECORD_SIZE)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.ACTIONS, programField(program, ProgramHeader.ACTION_COUNT), ACTION_RECORD_SIZE)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.CANDIDATES, programField(program, ProgramHeader.CANDIDATE_COUNT), 4)) return KernelStatus.BAD_PROGRAM;
  if (!isSection(program, size, ProgramHeader.INITIALS, programField(program, ProgramHeader.INITIAL_COUNT), 8)) return KernelStatus.BAD_PROGRAM;
  const isDense = programField(program, ProgramHeader.CELL_COUNT) == 0;
  const dispatchSize = <u64>programField(program, ProgramHeader.NODE_COUNT) * (isDense ? programField(program, ProgramHeader.EVENT_COUNT) : 2);
  if (dispatchSize > size || !isSection(program, size, ProgramHeader.DISPATCH, <u32>dispatchSize, 4)) return KernelStatus.BAD_PROGRAM;
  if (!isDense && !isSection(program, size, ProgramHeader.CELLS, programField(program, ProgramHeader.CELL_COUNT), 8)) return KernelStatus.BAD_PROGRAM;
  if (isTaskProgram(program) && !isSection(program, size, ProgramHeader.TASKS, programField(program, ProgramHeader.NODE_COUNT), TASK_RECORD_SIZE)) return KernelStatus.BAD_PROGRAM;
  if (!placeTexts(program, size)) return KernelStatus.BAD_PROGRAM;
  const status = internKeys(program, size);
  if (status != KernelStatus.OK) return status;
  return prepareExpressions(program);
}

// Begin and end of the sections placed so far, so that no two share bytes: loading rewrites some of them in place.
const SECTION_COUNT_MAX: i32 = 16;
const SECTIONS = memory.data(128);
let sectionCount: i32 = 0;

/** Checks that a section lies behind the header, within the blob and beside the others, and turns its offset into an address. */
function isSection(program: usize, size: u32, field: i32, count: u32, recordSize: u32): bool {
  const offset = programField(program, field);
  const end = <u64>offset + <u64>count * recordSize;
  if ((offset & 3) != 0 || offset < <u32>PROGRAM_HEADER_SIZE || end > size) return false;
  for (let index = 0; index < sectionCount; index++) {
    const place = SECTIONS + (<usize>index << 3);
    if (offset < load<u32>(place, 4) && <u32>end > load<u32>(place)) return false;
  }
  if (end > offset) {
    if (sectionCount == SECTION_COUNT_MAX) return false;
    store<u32>(SECTIONS + (<usize>sectionCount << 3), offset);
    store<u32>(SECTIONS + (<usize>sectionCount << 3), <u32>end, 4);
    sectionCount += 1;
  }
  store<u32>(program + (field << 2), <u32>program + offset);
  return true;
}

/** Turns the offsets of fault texts into addresses. Texts are read as wire values, which trusts nothing. */
function placeTexts(program: usize, size: u32): bool {
  const hasTexts = programField(program, ProgramHeader.FAULT_TEXTS) != 0;
  if (hasTexts && !isSection(program, size, ProgramHeader.FAULT_TEXTS, FAULT_TEXT_COUNT, 4)) return false;
  const texts = programField(program, ProgramHeader.FAULT_TEXTS);
  if (hasTexts) for (let at: u32 = 0; at < <u32>FAULT_TEXT_COUNT; at++) if (!placeText(program, size, texts + (<usize>at << 2), true)) return false;
  for (let index: u32 = 0; index < programField(program, ProgramHeader.EXPRESSION_COUNT); index++) {
    if (!placeText(program, size, expressionRecord(program, index) + 24, hasTexts)) return false;
  }
  for (let node: u32 = 0; node < programField(program, ProgramHeader.NODE_COUNT); node++) {
    if (!placeText(program, size, nodeRecord(program, node) + 56, hasTexts)) return false;
  }
  return true;
}

function placeText(program: usize, size: u32, place: usize, hasTexts: bool): bool {
  const offset = load<u32>(place);
  if (offset == 0) return true;
  if (!hasTexts || (offset & 3) != 0 || <u64>offset + 4 > size || <u64>offset + 4 + load<u32>(program + offset) > size) return false;
  store<u32>(place, <u32>program + offset);
  return true;
}

function internKeys(program: usize, size: u32): i32 {
  const keyCount = programField(program, ProgramHeader.KEY_COUNT);
  if (<u64>keyCount * 4 > size) return KernelStatus.BAD_PROGRAM;
  const keyIds = allocateBlock(keyCount * 4 + 4);
  if (keyIds == 0) return KernelStatus.OUT_OF_MEMORY;
  store<u32>(program + (ProgramHeader.KEY_IDS << 2), <u32>keyIds);
  let at: u64 = programField(program, ProgramHeader.KEYS);
  for (let index: u32 = 0; index < keyCount; index++) {
    if (at + 4 > size) return KernelStatus.BAD_PROGRAM;
    const byteLength = load<u32>(program + <usize>at);
    if (at + 4 + byteLength > size || validateUtf8(program + <usize>at + 4, byteLength) < 0) return KernelStatus.BAD_PROGRAM;
    const id = internKey(program + <usize>at + 4, byteLength);
    if (id == 0) return KernelStatus.LIMIT;
    store<u32>(keyIds + (<usize>index << 2), id);
    at += 4 + ((<u64>byteLength + 3) & ~3);
  }
  const slotKeys = programField(program, ProgramHeader.SLOT_KEYS);
  for (let slot: u32 = 0; slot < programField(program, ProgramHeader.SLOT_COUNT); slot++) {
    const key = load<u32>(slotKeys + (<usize>slot << 2));
    if (key >= keyCount) return KernelStatus.BAD_PROGRAM;
    store<u32>(slotKeys + (<usize>slot << 2), load<u32>(keyIds + (<usize>key << 2)));
  }
  return KernelStatus.OK;
}

function prepareExpressions(program: usize): i32 {
  const keyIds = programField(program, ProgramHeader.KEY_IDS);
  const count = programField(program, ProgramHeader.EXPRESSION_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const status = prepareExpression(expressionRecord(program, index), program, keyIds);
    if (status != KernelStatus.OK) return status;
    preparedCount += 1;
  }
  return KernelStatus.OK;
}

function checkGraph(program: usize): i32 {
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  const transitionCount = programField(program, ProgramHeader.TRANSITION_COUNT);
  const candidateCount = programField(program, ProgramHeader.CANDIDATE_COUNT);
  if (nodeCount > 0 && !isRootSound(program, nodeCount)) return KernelStatus.BAD_PROGRAM;
  for (let node: u32 = 1; node < nodeCount; node++) if (!isInnerNodeSound(program, node)) return KernelStatus.BAD_PROGRAM;
  for (let index: u32 = 0; index < transitionCount; index++) if (!isTransitionSound(program, index, nodeCount)) return KernelStatus.BAD_PROGRAM;
  const actionCount = programField(program, ProgramHeader.ACTION_COUNT);
  for (let index: u32 = 0; index < actionCount; index++) if (!isActionSound(program, index)) return KernelStatus.BAD_PROGRAM;
  for (let index: u32 = 0; index < candidateCount; index++) {
    if ((candidateAt(program, index) & ~CANDIDATE_LAST) >= transitionCount) return KernelStatus.BAD_PROGRAM;
  }
  if (candidateCount > 0 && (candidateAt(program, candidateCount - 1) & CANDIDATE_LAST) == 0) return KernelStatus.BAD_PROGRAM;
  for (let node: u32 = 0; node < nodeCount; node++) if (!isNodeSound(program, node) || !isDispatchSound(program, node)) return KernelStatus.BAD_PROGRAM;
  return areSlotsSound(program) && (!isTaskProgram(program) || areTasksSound(program)) ? KernelStatus.OK : KernelStatus.BAD_PROGRAM;
}

function areSlotsSound(program: usize): bool {
  const initials = programField(program, ProgramHeader.INITIALS);
  for (let index: u32 = 0; index < programField(program, ProgramHeader.INITIAL_COUNT); index++) {
    if (!isSlot(program, load<u32>(initials + (<usize>index << 3)))) return false;
    if (!isExpression(program, load<u32>(initials + (<usize>index << 3), 4))) return false;
  }
  return isSlotOrNone(program, programField(program, ProgramHeader.EVENT_SLOT))
    && isSlotOrNone(program, programField(program, ProgramHeader.RESULT_SLOT))
    && isSlotOrNone(program, programField(program, ProgramHeader.ERROR_SLOT));
}

/** Node 0 is a scope around all others, and runs begin there. */
function isRootSound(program: usize, nodeCount: u32): bool {
  const record = nodeRecord(program, 0);
  return programField(program, ProgramHeader.ROOT) == 0 && kindOf(program, 0) == NodeKind.COMPOSITE && load<u32>(record, 4) == NO_NODE
    && load<u32>(record, 8) == nodeCount - 1 && load<u32>(record, 60) == NO_NODE;
}

/** Nodes stand in preorder: the parent is the innermost of the scopes before it that reach it. */
function isInnerNodeSound(program: usize, node: u32): bool {
  const record = nodeRecord(program, node);
  let scope = node - 1;
  while (lastOf(program, scope) < node) scope = parentOf(program, scope);
  const last = load<u32>(record, 8);
  const outer = load<u32>(record, 60);
  return load<u32>(record, 4) == scope && last >= node && last <= lastOf(program, scope) && (outer == NO_NODE || (outer < node && isWithin(program, outer, node)));
}

@inline
function kindOf(program: usize, node: u32): i32 {
  return <i32>load<u16>(nodeRecord(program, node));
}

/** Regions stand in parallel states, nothing else does, and there is at least one; only scopes hold nodes. */
function isNodeSound(program: usize, node: u32): bool {
  const record = nodeRecord(program, node);
  const kind = kindOf(program, node);
  const last = load<u32>(record, 8);
  const initial = load<u32>(record, 12);
  const eventless = load<u32>(record, 32);
  const after = load<u32>(record, 48);
  const candidateCount = programField(program, ProgramHeader.CANDIDATE_COUNT);
  if (kind > NodeKind.TASK || (node > 0 && isTaskProgram(program) ? kind != NodeKind.TASK && kind != NodeKind.COMPOSITE : kind == NodeKind.TASK) || (last > node && (kind < NodeKind.COMPOSITE || kind > NodeKind.REGION)) || (last == node && kind == NodeKind.PARALLEL)) return false;
  if (node > 0 && (kind == NodeKind.REGION) != (kindOf(program, load<u32>(record, 4)) == NodeKind.PARALLEL)) return false;
  if (kind != NodeKind.TASK && initial != NO_NODE && (initial > last || load<u32>(nodeRecord(program, initial), 4) != node)) return false;
  return isRange(load<u32>(record, 16), load<u32>(record, 20), programField(program, ProgramHeader.ACTION_COUNT))
    && isRange(load<u32>(record, 24), load<u32>(record, 28), programField(program, ProgramHeader.ACTION_COUNT))
    && isRange(eventless, load<u32>(record, 36), candidateCount) && areCandidatesOf(program, node, eventless, eventless + load<u32>(record, 36))
    && isRange(after, load<u32>(record, 52), candidateCount) && areCandidatesOf(program, node, after, after + load<u32>(record, 52));
}

/** Does every cell of the node's row hold 0 or the first of a group that leaves the node? */
function isDispatchSound(program: usize, node: u32): bool {
  const dispatch = programField(program, ProgramHeader.DISPATCH);
  const cellCount = programField(program, ProgramHeader.CELL_COUNT);
  const eventCount = programField(program, ProgramHeader.EVENT_COUNT);
  let cells = dispatch + ((<usize>node * eventCount) << 2);
  let end = cells + (<usize>eventCount << 2);
  let step: usize = 4;
  if (cellCount != 0) {
    const first = load<u32>(dispatch + (<usize>node << 3));
    const mask = load<u32>(dispatch + (<usize>node << 3), 4);
    if (((mask + 1) & mask) != 0 || <u64>first + mask >= <u64>cellCount) return false;
    cells = programField(program, ProgramHeader.CELLS) + (<usize>first << 3) + 4;
    step = 8;
    end = cells + (<usize>mask + 1) * step;
  }
  const candidateCount = programField(program, ProgramHeader.CANDIDATE_COUNT);
  for (; cells < end; cells += step) {
    const first = load<u32>(cells) & ~DISPATCH_DEFERS;
    if (first > candidateCount || (first != 0 && !areCandidatesOf(program, node, first - 1, candidateCount))) return false;
  }
  return true;
}

/** Do the candidates from `first` to the group's last, or to `end`, leave `node`? */
function areCandidatesOf(program: usize, node: u32, first: u32, end: u32): bool {
  for (let at = first; at < end; at++) {
    const candidate = candidateAt(program, at);
    if (load<u32>(transitionRecord(program, candidate & ~CANDIDATE_LAST)) != node) return false;
    if ((candidate & CANDIDATE_LAST) != 0) return true;
  }
  return true;
}

/** The domain of a transition holds its ends and is no parallel state. */
function isTransitionSound(program: usize, transition: u32, nodeCount: u32): bool {
  const record = transitionRecord(program, transition);
  const source = load<u32>(record);
  const target = load<u32>(record, 4);
  const domain = load<u32>(record, 40);
  if (isTaskProgram(program)) {
    return source < nodeCount && target < nodeCount && isExpressionOrNone(program, load<u32>(record, 8))
      && isRange(load<u32>(record, 32), load<u32>(record, 36), programField(program, ProgramHeader.ACTION_COUNT));
  }
  if (source >= nodeCount || target >= nodeCount || domain >= min<u32>(source, target)) return false;
  if (max<u32>(source, target) > load<u32>(nodeRecord(program, domain), 8) || kindOf(program, domain) == NodeKind.PARALLEL) return false;
  return isExpressionOrNone(program, load<u32>(record, 8)) && isExpressionOrNone(program, load<u32>(record, 20))
    && ((load<u16>(record, 14) & TRANSITION_FLAG_INTERNAL) == 0 || source == target)
    && isRange(load<u32>(record, 32), load<u32>(record, 36), programField(program, ProgramHeader.ACTION_COUNT))
    && ((load<u16>(record, 14) & TRANSITION_FLAG_LOCAL) == 0 || isLocal(program, record, source, target));
}

/** What the flag of a local transition promises. */
function isLocal(program: usize, record: usize, source: u32, target: u32): bool {
  const from = nodeRecord(program, source);
  const to = nodeRecord(program, target);
  const isInternal = (load<u16>(record, 14) & TRANSITION_FLAG_INTERNAL) != 0;
  return load<u32>(from, 4) == load<u32>(to, 4) && load<u16>(from) == <u16>NodeKind.STATE && load<u16>(to) == <u16>NodeKind.STATE
    && load<u32>(to, 36) == 0 && (isInternal || (load<u32>(from, 28) | load<u32>(from, 52) | load<u32>(to, 20) | load<u32>(to, 52)) == 0)
    && areAssignments(program, load<u32>(record, 32), load<u32>(record, 36));
}

function areAssignments(program: usize, first: u32, count: u32): bool {
  for (let action = first; action < first + count; action++) if (load<u16>(actionRecord(program, action)) != <u16>ActionKind.SET) return false;
  return true;
}

function isActionSound(program: usize, action: u32): bool {
  const record = actionRecord(program, action);
  const kind = <i32>load<u16>(record);
  if (kind < ActionKind.LOG || kind > (isTaskProgram(program) ? ActionKind.VALUE : ActionKind.ABORT) || !isSlotOrNone(program, load<u32>(record, 12))) return false;
  if (kind == ActionKind.AWAIT_EVENT) {
    return load<u32>(record, 16) < programField(program, ProgramHeader.EVENT_COUNT) && isExpressionOrNone(program, load<u32>(record, 8))
      && load<u32>(record, 28) <= programField(program, ProgramHeader.EXPRESSION_COUNT);
  }
  if (kind == ActionKind.SET && load<u32>(record, 12) == NO_SLOT) return false;
  return isExpression(program, load<u32>(record, 8));
}

function isRange(first: u32, count: u32, limit: u32): bool {
  return <u64>first + count <= limit;
}

function isSlot(program: usize, slot: u32): bool {
  return slot < programField(program, ProgramHeader.SLOT_COUNT);
}

function isSlotOrNone(program: usize, slot: u32): bool {
  return slot == NO_SLOT || isSlot(program, slot);
}
