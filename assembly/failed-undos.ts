// Which undos have failed, and with what: lists {task, code} of an entry that waits, or of the run, and the error that an entry fails with.
import { CELL_SIZE, ProgramHeader, RunFault, Tag, Wire } from "./abi";
import { evaluateTask } from "./calls";
import { copyCell, objectOf, setObject, tagOf } from "./cell";
import { noteReason } from "./fault";
import { createCells, freeCells } from "./graph-frames";
import { failedUndosAt } from "./instances";
import { countOf, findInMap } from "./map";
import { allocateScratch } from "./memory";
import { programField, taskRecord } from "./program";
import { FRAME_HEADER_SIZE, runProgram, storeCell } from "./run";
import { elementAt, makeString, newList } from "./value";
import { decodeWire, wireSize, writeWire } from "./wire";

/** Failures that a list names. */
export const FAILED_UNDO_COUNT_MAX: u32 = 100;

const TASK = memory.data<u8>([0x74, 0x61, 0x73, 0x6b]);
const CODE = memory.data<u8>([0x63, 0x6f, 0x64, 0x65]);
const DETAILS = memory.data<u8>([0x64, 0x65, 0x74, 0x61, 0x69, 0x6c, 0x73]);
const UNDO = memory.data<u8>([0x75, 0x6e, 0x64, 0x6f]);
const TASK_FAILED = memory.data<u8>([0x74, 0x61, 0x73, 0x6b, 0x2f, 0x66, 0x61, 0x69, 0x6c, 0x65, 0x64]);
const CELL = memory.data(CELL_SIZE, 16);
const NAME = memory.data(CELL_SIZE, 16);
const KEY = memory.data(CELL_SIZE, 16);

/** The cell of the list of a waiting entry, or (0) of the run; 0 where nothing has failed. */
export function failedUndos(run: u32, waiter: u32): usize {
  const frame = <usize>load<u32>(failedUndosAt(run, waiter));
  return frame == 0 ? 0 : frame + FRAME_HEADER_SIZE;
}

export function freeFailedUndos(run: u32, waiter: u32): void {
  const frame = <usize>load<u32>(failedUndosAt(run, waiter));
  if (frame == 0) return;
  store<u32>(failedUndosAt(run, waiter), 0);
  freeCells(run, frame);
}

/** An undo has failed for good. `error`: its cell. A fault is in hand where there is no memory to say so. */
export function noteFailedUndo(run: u32, waiter: u32, undo: u32, error: usize): void {
  copyCell(NAME, evaluateTask(run, load<u32>(taskRecord(runProgram(run), undo), 20)));
  const code = codeOf(error);
  const text = allocateScratch(32 + wireSize(NAME) + wireSize(code));
  if (text == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    return;
  }
  store<u8>(text, <u8>Wire.MAP);
  store<u8>(text, 2, 1);
  const end = writeWire(code, writeText(writeWire(NAME, writeText(text + 2, TASK, 4)), CODE, 4));
  decodeWire(text, <u32>(end - text), CELL);
  addFailed(run, waiter, CELL, 1);
}

/** Adds what another list has, as far as there is room for it. */
export function addFailedUndos(run: u32, waiter: u32, list: usize): void {
  addFailed(run, waiter, elementAt(objectOf(list), 0), countOf(objectOf(list)));
}

function addFailed(run: u32, waiter: u32, cells: usize, more: u32): void {
  const known = failedUndos(run, waiter);
  const before: u32 = known == 0 ? 0 : countOf(objectOf(known));
  const count = min<u32>(before + more, FAILED_UNDO_COUNT_MAX);
  if (count <= before) return;
  const list = newList(count);
  let frame: usize = load<u32>(failedUndosAt(run, waiter));
  if (frame == 0 && list != 0) {
    frame = createCells(run, 1, 0);
    store<u32>(failedUndosAt(run, waiter), <u32>frame);
  }
  if (list == 0 || frame == 0) {
    noteReason(RunFault.MEMORY_LIMIT);
    return;
  }
  if (before != 0) memory.copy(elementAt(list, 0), elementAt(objectOf(known), 0), <usize>before * CELL_SIZE);
  memory.copy(elementAt(list, before), cells, <usize>(count - before) * CELL_SIZE);
  setObject(CELL, Tag.LIST, list);
  if (!storeCell(run, frame + FRAME_HEADER_SIZE, CELL)) noteReason(RunFault.MEMORY_LIMIT);
}

const CODE_CELL = memory.data(CELL_SIZE, 16);

/** The cell of an error's code. */
function codeOf(error: usize): usize {
  setObject(KEY, Tag.STRING, makeString(CODE, 4));
  const found: usize = tagOf(error) == Tag.MAP && objectOf(KEY) != 0 ? findInMap(objectOf(error), KEY) : 0;
  if (found != 0 && tagOf(found) == Tag.STRING) return found;
  setObject(CODE_CELL, Tag.STRING, makeString(TASK_FAILED, 11));
  return CODE_CELL;
}

/** Writes the error of an entry whose undoing has failed, a MAP {code, message, details: {undo}}, to `cell`. False: a fault is in hand. */
export function undoError(run: u32, list: usize, cell: usize): bool {
  const error = evaluateTask(run, programField(runProgram(run), ProgramHeader.UNDO_ERROR));
  const text = allocateScratch(32 + wireSize(error) + wireSize(list));
  if (text == 0 || tagOf(error) != Tag.MAP) {
    noteReason(RunFault.MEMORY_LIMIT);
    return false;
  }
  let end = writeText(writeWire(error, text), DETAILS, 7);
  store<u8>(end, <u8>Wire.MAP);
  store<u8>(end, 1, 1);
  end = writeWire(list, writeText(end + 2, UNDO, 4));
  // The map has few pairs: their count is one byte.
  store<u8>(text, load<u8>(text, 1) + 1, 1);
  if (decodeWire(text, <u32>(end - text), cell) >= 0) return true;
  noteReason(RunFault.MEMORY_LIMIT);
  return false;
}

/** A STRING of less than 128 bytes; where the next value begins. */
function writeText(target: usize, bytes: usize, size: u32): usize {
  store<u8>(target, <u8>Wire.STRING);
  store<u8>(target, <u8>size, 1);
  memory.copy(target + 2, bytes, size);
  return target + 2 + size;
}
