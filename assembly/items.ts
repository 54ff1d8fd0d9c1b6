// Tasks that are done once for each item of a list. An item is a view: its expressions see the parent's variables, and the
// element itself where it lies in the list; what it leaves behind is one cell, its result.
import {
  CELL_SIZE, CommandKind, NO_EXPRESSION, OBJECT_HEADER_SIZE, OBJECT_KIND_MASK, ObjectKind, ProgramHeader, RunFault, TASK_FLAG_CROSS, TASK_FLAG_ITEMS_CONTINUE,
  TASK_FLAG_ITEMS_FINISH, TASK_FLAG_ZIP, Tag, VISIT_SCALE,
} from "./abi";
import { Asked, answerCell, ask, errorOf, evaluateCount, evaluateTask } from "./calls";
import { copyCell, objectOf, setObject, tagOf } from "./cell";
import { noteReason } from "./fault";
import { giveUpAll } from "./giving-up";
import { createCells, freeCells } from "./graph-frames";
import { instanceAt } from "./instances";
import { countOf, mapValueAt } from "./map";
import { allocateScratch, markScratch, releaseScratch } from "./memory";
import { addCommand, payloadMark } from "./output";
import { taskRecord } from "./program";
import { FRAME_HEADER_SIZE, isTraced, runProgram, storeCell } from "./run";
import { clearTransient, setTransient, setTransientInt } from "./transients";
import { elementAt, newList } from "./value";

// Items block (a frame without cells), 28 bytes behind its header:
//   +0 u32 frame of the cells: the list, the error of the first item that failed, then a result per call  +4 u32 count of calls
//   +8 u32 next call  +12 u32 calls that are out  +16 u32 calls that have failed  +20 u32 calls at a time  +24 u32 items per call, or 0: one, not in a list
export const ITEMS_BLOCK_SIZE: usize = 28;
const LIST_CELL: u32 = 0;
const ERROR_CELL: u32 = 1;
const FIRST_RESULT: u32 = 2;
/** Cells before those of the results. */
export const ITEMS_CELLS: u32 = FIRST_RESULT;

/** Calls of one task that are out at a time, where the author sets no limit: the others follow as they end. */
export const ITEMS_OUT_MAX: u32 = 1024;
/** Items of one task. */
export const ITEM_COUNT_MAX: u32 = VISIT_SCALE - 2;

/** What became of a task's items. */
export enum Items {
  WAITING = 0,
  SUCCEEDED = 1,
  FAILED = 2,
  /** Fuel ran out: it goes on in the next call. */
  YIELDED = 3,
  /** A fault of the run is in hand. */
  FAULT = 4,
}

/** The list of results, or the error: valid until the next evaluation. */
const RESULT = memory.data(CELL_SIZE, 16);

@inline
export function itemsResult(): usize {
  return RESULT;
}

@inline
function blockOf(run: u32, name: u32): usize {
  return <usize>load<u32>(instanceAt(run, name), 24) + FRAME_HEADER_SIZE;
}

@inline
function cellAt(block: usize, index: u32): usize {
  return <usize>load<u32>(block) + FRAME_HEADER_SIZE + (<usize>index << 4);
}

@inline
function flagsOf(run: u32, name: u32): u32 {
  return load<u32>(taskRecord(runProgram(run), load<u32>(instanceAt(run, name))), 8);
}

/** Begins a task with items: makes its list and starts what may start. `fuel`: calls that may be made now. */
export function beginItems(run: u32, name: u32): i32 {
  const task = taskRecord(runProgram(run), load<u32>(instanceAt(run, name)));
  const cell = evaluateTask(run, load<u32>(task, 16));
  const count = countItems(cell, load<u32>(task, 8));
  if (count < 0) {
    copyCell(RESULT, errorOf(run, tagOf(cell) == Tag.ERROR ? RunFault.ACTION_FAILED : RunFault.ITEMS, cell, load<u32>(task, 16)));
    return Items.FAILED;
  }
  if (!createBlock(run, name, cell)) return Items.FAULT;
  const concurrency = evaluateLimit(run, load<u32>(task, 20), ITEMS_OUT_MAX);
  const batch = evaluateLimit(run, load<u32>(task, 24), 0);
  if (isNaN(concurrency) || isNaN(batch)) {
    copyCell(RESULT, answerCell());
    freeItems(run, name);
    return Items.FAILED;
  }
  const calls = batch == 0 ? <u32>count : <u32>Math.ceil(<f64>count / batch);
  const cells = createCells(run, calls + FIRST_RESULT, 0);
  const block = blockOf(run, name);
  if (cells == 0) return refuse(run, name);
  const list = <usize>load<u32>(block);
  copyCell(cells + FRAME_HEADER_SIZE, list + FRAME_HEADER_SIZE);
  freeCells(run, list);
  store<u32>(block, <u32>cells);
  store<u32>(block, calls, 4);
  if (isTraced(run)) addCommand(CommandKind.ITEMS_STARTED, 0, load<u32>(instanceAt(run, name)), calls, <f64>load<u32>(instanceAt(run, name), 56), payloadMark());
  store<u32>(block, <u32>min<f64>(concurrency, <f64>ITEMS_OUT_MAX), 20);
  store<u32>(block, <u32>batch, 24);
  return Items.WAITING;
}

/** The block, with the list kept in a frame of one cell for now. */
function createBlock(run: u32, name: u32, list: usize): bool {
  const block = createCells(run, 0, ITEMS_BLOCK_SIZE);
  const cells = block == 0 ? 0 : createCells(run, 1, 0);
  if (cells == 0 || !storeCell(run, cells + FRAME_HEADER_SIZE, list)) {
    if (cells != 0) freeCells(run, cells);
    if (block != 0) freeCells(run, block);
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  memory.fill(block + FRAME_HEADER_SIZE, 0, ITEMS_BLOCK_SIZE);
  store<u32>(block + FRAME_HEADER_SIZE, <u32>cells);
  store<u32>(instanceAt(run, name), <u32>block, 24);
  return true;
}

function refuse(run: u32, name: u32): i32 {
  freeItems(run, name);
  noteReason(RunFault.MEMORY_LIMIT);
  return Items.FAULT;
}

export function freeItems(run: u32, name: u32): void {
  const block = <usize>load<u32>(instanceAt(run, name), 24);
  if (block == 0) return;
  freeCells(run, load<u32>(block, FRAME_HEADER_SIZE));
  freeCells(run, block);
  store<u32>(instanceAt(run, name), 0, 24);
}

/** A number that an expression gives, at least 1; `none` where there is none; NaN: `answerCell` is the error. */
function evaluateLimit(run: u32, expression: u32, none: f64): f64 {
  return expression == NO_EXPRESSION ? none : evaluateCount(run, expression, 1);
}

/** Items of a list, or of a map of lists; -1 where it is neither, or too many, or lists of different lengths would be zipped. */
function countItems(cell: usize, flags: u32): i32 {
  if ((flags & (TASK_FLAG_ZIP | TASK_FLAG_CROSS)) == 0) return tagOf(cell) == Tag.LIST && countOf(objectOf(cell)) <= ITEM_COUNT_MAX ? <i32>countOf(objectOf(cell)) : -1;
  if (tagOf(cell) != Tag.MAP) return -1;
  const map = objectOf(cell);
  let count: u64 = 0;
  for (let at: u32 = 0; at < countOf(map); at++) {
    const list = mapValueAt(map, at);
    if (tagOf(list) != Tag.LIST) return -1;
    const length = <u64>countOf(objectOf(list));
    if (at == 0) count = length;
    else if ((flags & TASK_FLAG_CROSS) != 0) count *= length;
    else if (count != length) return -1;
    if (count > ITEM_COUNT_MAX) return -1;
  }
  return <i32>count;
}

/**
 * Starts calls as the limit permits, while there is fuel. SUCCEEDED, FAILED: all is done, and `itemsResult` is there.
 * The instance's frame is in use. `fuel`: address of the i32 that counts down.
 */
export function continueItems(run: u32, name: u32, fuel: usize): i32 {
  const flags = flagsOf(run, name);
  while (true) {
    const block = blockOf(run, name);
    const next = load<u32>(block, 8);
    const isStopped = load<u32>(block, 16) != 0 && (flags & TASK_FLAG_ITEMS_CONTINUE) == 0;
    if (next == load<u32>(block, 4) || isStopped) return load<u32>(block, 12) == 0 ? endItems(run, name) : Items.WAITING;
    if (load<u32>(block, 12) >= load<u32>(block, 20)) return Items.WAITING;
    if (load<i32>(fuel) <= 0) return Items.YIELDED;
    store<i32>(fuel, load<i32>(fuel) - 1);
    store<u32>(block, next + 1, 8);
    store<u32>(block, load<u32>(block, 12) + 1, 12);
    const mark = markScratch();
    const status = askItem(run, name, next, flags);
    if (status == Items.FAULT) return Items.FAULT;
    releaseScratch(mark);
    if (status == Items.FAILED) return Items.FAILED;
  }
}

function askItem(run: u32, name: u32, number: u32, flags: u32): i32 {
  if (!setItem(blockOf(run, name), run, number, flags)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return Items.FAULT;
  }
  const asked = ask(run, name, number);
  let status: i32 = asked == Asked.FAULT ? Items.FAULT : Items.WAITING;
  // The answer may be the item's own slot.
  if (asked == Asked.VALUE || asked == Asked.FAILED) status = takeResult(run, name, number, asked == Asked.VALUE, answerCell());
  clearTransient(run, ProgramHeader.ITEM_SLOT);
  clearTransient(run, ProgramHeader.INDEX_SLOT);
  return status;
}

const ITEM = memory.data(CELL_SIZE, 16);

/** Puts a call's element (or elements) where expressions see it. False: out of memory. */
function setItem(block: usize, run: u32, number: u32, flags: u32): bool {
  setTransientInt(run, ProgramHeader.INDEX_SLOT, number);
  const size = load<u32>(block, 24);
  if (size == 0) {
    if (!readElement(block, number, flags, ITEM)) return false;
  } else {
    const first = number * size;
    const total = <u32>countItems(cellAt(block, LIST_CELL), flags);
    const list = newList(min<u32>(size, total - first));
    if (list == 0) return false;
    if ((flags & (TASK_FLAG_ZIP | TASK_FLAG_CROSS)) == 0) memory.copy(elementAt(list, 0), elementAt(objectOf(cellAt(block, LIST_CELL)), first), <usize>countOf(list) << 4);
    else for (let at: u32 = 0; at < countOf(list); at++) if (!readElement(block, first + at, flags, elementAt(list, at))) return false;
    setObject(ITEM, Tag.LIST, list);
  }
  setTransient(run, ProgramHeader.ITEM_SLOT, ITEM);
  return true;
}

/** Writes element `index` to `cell`: of the list, or a map of one element of each list. */
function readElement(block: usize, index: u32, flags: u32, cell: usize): bool {
  const source = objectOf(cellAt(block, LIST_CELL));
  if ((flags & (TASK_FLAG_ZIP | TASK_FLAG_CROSS)) == 0) {
    copyCell(cell, elementAt(source, index));
    return true;
  }
  const count = countOf(source);
  const isShaped = (load<u32>(source) & OBJECT_KIND_MASK) == ObjectKind.MAP_SHAPED;
  // A hashed map of so few has no index: its pairs are all there is.
  const size = OBJECT_HEADER_SIZE + (<usize>count << (isShaped ? 4 : 5));
  const map = allocateScratch(size);
  if (map == 0) return false;
  memory.copy(map, source, size);
  if (!isShaped) store<u64>(map, 0, 8);
  let rest = index;
  for (let at = count; at > 0; at--) {
    const list = objectOf(mapValueAt(source, at - 1));
    const length = countOf(list);
    copyCell(mapValueAt(map, at - 1), elementAt(list, (flags & TASK_FLAG_CROSS) != 0 ? rest % length : index));
    if (length != 0) rest /= length;
  }
  setObject(cell, Tag.MAP, map);
  return true;
}

/** Keeps what a call has ended with. FAILED: the task ends now. */
export function takeResult(run: u32, name: u32, number: u32, isSuccess: bool, cell: usize): i32 {
  const block = blockOf(run, name);
  const flags = flagsOf(run, name);
  store<u32>(block, load<u32>(block, 12) - 1, 12);
  if (isSuccess) {
    if (storeCell(run, cellAt(block, FIRST_RESULT + number), cell)) return Items.WAITING;
    noteReason(RunFault.MEMORY_LIMIT);
    return Items.FAULT;
  }
  store<u32>(block, load<u32>(block, 16) + 1, 16);
  if (load<u32>(block, 16) == 1 && !storeCell(run, cellAt(block, ERROR_CELL), cell)) {
    noteReason(RunFault.MEMORY_LIMIT);
    return Items.FAULT;
  }
  if ((flags & (TASK_FLAG_ITEMS_CONTINUE | TASK_FLAG_ITEMS_FINISH)) != 0) return Items.WAITING;
  giveUpAll(run, name);
  copyCell(RESULT, cellAt(block, ERROR_CELL));
  freeItems(run, name);
  return Items.FAILED;
}

/** All that was started has ended. Where one has failed, the first error is the task's. */
function endItems(run: u32, name: u32): i32 {
  const block = blockOf(run, name);
  const hasFailed = load<u32>(block, 16) != 0;
  if (hasFailed) copyCell(RESULT, cellAt(block, ERROR_CELL));
  else {
    const count = load<u32>(block, 4);
    const list = newList(count);
    if (list == 0) return refuse(run, name);
    memory.copy(list + OBJECT_HEADER_SIZE, cellAt(block, FIRST_RESULT), <usize>count << 4);
    setObject(RESULT, Tag.LIST, list);
  }
  freeItems(run, name);
  return hasFailed ? Items.FAILED : Items.SUCCEEDED;
}

/** The items block of an instance from its words, as a snapshot has them, with its cells ABSENT; the address of these. 0: out of memory. */
export function restoreItems(run: u32, name: u32, words: usize): usize {
  const block = createCells(run, 0, ITEMS_BLOCK_SIZE);
  const cells = block == 0 ? 0 : createCells(run, load<u32>(words, 4) + FIRST_RESULT, 0);
  if (cells == 0) {
    if (block != 0) freeCells(run, block);
    return 0;
  }
  memory.copy(block + FRAME_HEADER_SIZE, words, ITEMS_BLOCK_SIZE);
  store<u32>(block + FRAME_HEADER_SIZE, <u32>cells);
  store<u32>(instanceAt(run, name), <u32>block, 24);
  return cells;
}
