// Loading an expression: its instructions are checked (every register, slot, constant, key, function and jump) and
// written anew as the steps that the evaluator reads (drawn in machine.ts), so that hostile code reads nothing that is
// not its own and the evaluator needs no checks. Record after loading: +0 address of the steps, +8 address of the
// constant cells, +12 no generated function yet, +16 cost of what surely runs, +20 size of the block that holds both, +28 number of registers to clear before a start (those not surely written before they are read).
import {
  ARGUMENT_COUNT_MAX, FUNCTION_MAX, INSTRUCTION_SIZE, KernelStatus, NO_OPERAND, Op, OPERAND_CONSTANT, OPERAND_INDEX_MASK, OPERAND_KIND_SHIFT, OPERAND_REGISTER,
  OPERAND_SLOT, ProgramHeader, REGISTER_COUNT_MAX, Tag,
} from "./abi";
import { floatOf, intOf, objectOf, tagOf } from "./cell";
import { COMPARE_COST_SHIFT, COMPARE_EQUAL, COMPARE_GREATER, COMPARE_INVERTED, COMPARE_JUMP_FALSE, COMPARE_JUMP_TRUE, COMPARE_LESS, COMPARE_RETURN } from "./compare";
import { turnOf } from "./fuel";
import {
  BUILTINS, NO_SHAPE, REGISTERS, STEP_A, STEP_ADD, STEP_AND, STEP_B, STEP_BRANCH, STEP_CACHE, STEP_COMPARE, STEP_COMPARE_CONSTANT, STEP_DST, STEP_EXTRA,
  STEP_FIELD, STEP_HAS_FIELD, STEP_IMMEDIATE, STEP_ITER_NEXT, STEP_JUMP, STEP_JUMP_BOOL, STEP_JUMP_ERROR, STEP_MOVE, STEP_MUL, STEP_NOT, STEP_OR, STEP_PROGRAM,
  STEP_RARE, STEP_RETURN, STEP_SIZE, STEP_SUB,
} from "./machine";
import { allocateBlock, allocateScratch, freeBlock, markScratch, releaseScratch } from "./memory";
import { isKey } from "./shape";
import { deepCopy, deepSize, OBJECT_FLAG_LITERAL, SIZE_OVER } from "./value";
import { decodeWire, WIRE_OUT_OF_MEMORY } from "./wire";

const INSTRUCTION_COUNT_MAX: u32 = 0x100000;
/** Bytes of one expression's constants. */
const HEAP_SIZE_MAX: usize = 0x4000000;
/** Ints of at most this size are exact as doubles. */
const EXACT_INT_MAX: i64 = 9007199254740992;

/** What a comparison's step can hold. */
const COMPARE_COST_MAX: u32 = 0xffffff;
/** Thousandths of a unit per character. */
const RATE_MAX: u32 = 0xffff;

/** What an instruction's fields are, by opcode: bits below. */
const WRITES: u32 = 1;
const READS_A: u32 = 2;
const READS_B: u32 = 4;
const JUMPS: u32 = 8;
const HAS_KEY: u32 = 16;
/** Registers a …, b of them (pairs: twice b). */
const HAS_RANGE: u32 = 32;
const HAS_PAIRS: u32 = 64;

let registerCount: u32 = 0;
let slotCount: u32 = 0;
let constantCount: u32 = 0;
let instructionCount: u32 = 0;
/** Where the steps and the constant cells of the expression in hand go. */
let steps: usize = 0;
/** Bytes of the constants' objects. */
let heapSize: usize = 0;
let constants: usize = 0;
/** u8 per register: surely written so far. */
const WRITTEN: usize = memory.data(4096, 16);

/**
 * Prepares the expression `record` of the program at `blob`; `keyIds` (u32 per key of the program) are interned ids.
 * KernelStatus: OK, BAD_PROGRAM or OUT_OF_MEMORY.
 */
export function prepareExpression(record: usize, blob: usize, keyIds: usize): i32 {
  const size = load<u32>(blob + (ProgramHeader.SIZE << 2));
  const codeOffset = load<u32>(record);
  const constantsOffset = load<u32>(record, 8);
  const constantsSize = load<u32>(record, 20);
  instructionCount = load<u32>(record, 4);
  constantCount = load<u32>(record, 12);
  registerCount = load<u32>(record, 16);
  slotCount = load<u32>(blob + (ProgramHeader.SLOT_COUNT << 2));
  if (instructionCount == 0 || instructionCount > INSTRUCTION_COUNT_MAX || registerCount > <u32>REGISTER_COUNT_MAX) return KernelStatus.BAD_PROGRAM;
  if (<u64>codeOffset + <u64>instructionCount * INSTRUCTION_SIZE > size || <u64>constantsOffset + constantsSize > size) return KernelStatus.BAD_PROGRAM;
  if (constantCount > constantsSize) return KernelStatus.BAD_PROGRAM;
  const mark = markScratch();
  const status = placeExpression(record, blob, keyIds);
  releaseScratch(mark);
  return status;
}

function placeExpression(record: usize, blob: usize, keyIds: usize): i32 {
  const code = blob + load<u32>(record);
  const decoded = allocateScratch(<usize>(constantCount + 1) << 4);
  if (decoded == 0) return KernelStatus.OUT_OF_MEMORY;
  const status = readConstants(decoded, blob + load<u32>(record, 8), load<u32>(record, 20));
  if (status != KernelStatus.OK) return status;
  if (!areInstructionsSound(code, keyIds, load<u32>(blob + (ProgramHeader.KEY_COUNT << 2)))) return KernelStatus.BAD_PROGRAM;
  const blockSize = <usize>instructionCount * STEP_SIZE + (<usize>constantCount << 4) + heapSize;
  steps = allocateBlock(blockSize);
  if (steps == 0) return KernelStatus.OUT_OF_MEMORY;
  placeConstants(decoded);
  for (let i: u32 = 0; i < instructionCount; i++) writeStep(blob, code, i, keyIds);
  const unwritten = countUnwritten(code);
  store<u32>(record, <u32>steps);
  store<u32>(record, <u32>constants, 8);
  store<u32>(record, 0, 12);
  store<u32>(record, load<u32>(record, 28), 16);
  store<u32>(record, <u32>blockSize, 20);
  store<u32>(record, unwritten, 28);
  return KernelStatus.OK;
}

/** Frees what `prepareExpression` reserved for this record, its constants with it. */
export function releaseExpression(record: usize): void {
  freeBlock(<usize>load<u32>(record), load<u32>(record, 20));
}

/** Decodes the constants to cells in scratch and adds up what their objects need. */
function readConstants(cells: usize, wire: usize, size: u32): i32 {
  let at: u32 = 0;
  heapSize = 0;
  for (let i: u32 = 0; i < constantCount; i++) {
    const cell = cells + (<usize>i << 4);
    const read = decodeWire(wire + at, size - at, cell);
    if (read < 0) return read == WIRE_OUT_OF_MEMORY ? KernelStatus.OUT_OF_MEMORY : KernelStatus.BAD_PROGRAM;
    const needed = deepSize(cell, 0, 0);
    if (needed == SIZE_OVER || heapSize + needed > HEAP_SIZE_MAX) return KernelStatus.BAD_PROGRAM;
    heapSize += needed;
    at += <u32>read;
  }
  return KernelStatus.OK;
}

/** Moves the decoded constants behind the steps: cells, then their objects. Marks texts as those of the program. */
function placeConstants(decoded: usize): void {
  constants = steps + <usize>instructionCount * STEP_SIZE;
  memory.copy(constants, decoded, <usize>constantCount << 4);
  let end = constants + (<usize>constantCount << 4);
  for (let i: u32 = 0; i < constantCount; i++) {
    const cell = constants + (<usize>i << 4);
    end = deepCopy(cell, end, 0, 0);
    if (tagOf(cell) == Tag.STRING) store<u32>(objectOf(cell), load<u32>(objectOf(cell)) | OBJECT_FLAG_LITERAL);
  }
}

function fieldsOf(op: i32): u32 {
  if (op >= Op.EQ_JUMP_FALSE && op <= Op.GE_JUMP_TRUE) return WRITES | READS_A | READS_B | JUMPS;
  if (op >= Op.AND && op <= Op.INDEX) return WRITES | READS_A | READS_B;
  switch (op) {
    case Op.RETURN:
      return READS_A;
    case Op.JUMP:
      return JUMPS;
    case Op.JUMP_FALSE:
    case Op.JUMP_TRUE:
    case Op.JUMP_ERROR:
      return READS_A | JUMPS;
    case Op.LEAVE:
      return READS_A;
    case Op.BRANCH:
    case Op.ITER_START:
      return WRITES | READS_A | JUMPS;
    case Op.ITER_NEXT:
      return WRITES | READS_A | JUMPS;
    case Op.MOVE:
    case Op.NOT:
    case Op.NEGATE:
    case Op.BUILDER_PUSH:
    case Op.BUILDER_FINISH:
    case Op.CHECK_BOOL:
      return WRITES | READS_A;
    case Op.FIELD:
    case Op.HAS_FIELD:
      return WRITES | READS_A | HAS_KEY;
    case Op.CALL:
    case Op.MAKE_LIST:
    case Op.TEMPLATE:
    case Op.CALL_CUSTOM:
      return WRITES | HAS_RANGE;
    case Op.MAKE_MAP:
      return WRITES | HAS_RANGE | HAS_PAIRS;
    case Op.BUILDER_NEW:
    case Op.COUNT:
      return WRITES;
    default:
      return 0;
  }
}

function areInstructionsSound(code: usize, keyIds: usize, keyCount: u32): bool {
  for (let i: u32 = 0; i < instructionCount; i++) {
    const at = code + <usize>i * INSTRUCTION_SIZE;
    const fields = fieldsOf(load<u16>(at));
    if (fields == 0 || !areOperandsSound(at, fields)) return false;
    if ((fields & JUMPS) != 0 && !isTarget(code, i, load<u32>(at, 8))) return false;
    if (load<u16>(at) == Op.BRANCH && !isTarget(code, i, load<u32>(at, 12))) return false;
    if ((fields & HAS_KEY) != 0) {
      const key = load<u32>(at, 8);
      if (key >= keyCount || !isKey(load<u32>(keyIds + (<usize>key << 2)))) return false;
    }
    if (!isSpecialSound(at)) return false;
  }
  const last = load<u16>(code + <usize>(instructionCount - 1) * INSTRUCTION_SIZE);
  return last == Op.RETURN || last == Op.JUMP;
}

/** May instruction `from` jump there? Back only to the head of a loop, which takes fuel: so every cycle does. */
function isTarget(code: usize, from: u32, target: u32): bool {
  if (target >= instructionCount) return false;
  return target > from || load<u16>(code + <usize>target * INSTRUCTION_SIZE) == Op.ITER_NEXT;
}

function areOperandsSound(at: usize, fields: u32): bool {
  const a = <u32>load<u16>(at, 4);
  const b = <u32>load<u16>(at, 6);
  if ((fields & WRITES) != 0 && <u32>load<u16>(at, 2) >= registerCount) return false;
  if ((fields & READS_A) != 0 && !isOperand(a)) return false;
  if ((fields & READS_B) != 0 && !isOperand(b)) return false;
  if ((fields & HAS_RANGE) == 0) return true;
  return a + ((fields & HAS_PAIRS) != 0 ? b * 2 : b) <= registerCount;
}

function isOperand(operand: u32): bool {
  const index = operand & OPERAND_INDEX_MASK;
  switch (operand >> OPERAND_KIND_SHIFT << OPERAND_KIND_SHIFT) {
    case OPERAND_REGISTER:
      return index < registerCount;
    case OPERAND_SLOT:
      return index < slotCount;
    case OPERAND_CONSTANT:
      return index < constantCount;
    default:
      return index == 0;
  }
}

function isSpecialSound(at: usize): bool {
  switch (<i32>load<u16>(at)) {
    case Op.CALL:
      return load<u32>(at, 8) - 1 < <u32>FUNCTION_MAX && <u32>load<u16>(at, 6) - 1 < <u32>ARGUMENT_COUNT_MAX && load<u32>(at, 12) <= RATE_MAX;
    case Op.CALL_CUSTOM:
      return <u32>load<u16>(at, 6) <= <u32>ARGUMENT_COUNT_MAX;
    case Op.CHECK_BOOL:
      return load<u32>(at, 8) - 1 < 255;
    case Op.ITER_NEXT: {
      const second = <u32>load<u16>(at, 6);
      return <u32>load<u16>(at, 4) < registerCount && (second == NO_OPERAND || second < registerCount);
    }
    default:
      return true;
  }
}

// --- writing steps ---------------------------------------------------------------------------------------------------

@inline
function stepAt(index: u32): usize {
  return steps + <usize>index * STEP_SIZE;
}

/** What an operand becomes in a step: an address, or an odd offset from the slots. */
function placeOperand(operand: u32): u32 {
  const offset = (operand & OPERAND_INDEX_MASK) << 4;
  switch (operand >> OPERAND_KIND_SHIFT << OPERAND_KIND_SHIFT) {
    case OPERAND_REGISTER:
      return <u32>REGISTERS + offset;
    case OPERAND_SLOT:
      return offset + 1;
    case OPERAND_CONSTANT:
      return <u32>constants + offset;
    default:
      return <u32>BUILTINS;
  }
}

function writeStep(program: usize, code: usize, index: u32, keyIds: usize): void {
  const at = code + <usize>index * INSTRUCTION_SIZE;
  const step = stepAt(index);
  const op = <i32>load<u16>(at);
  const fields = fieldsOf(op);
  const b = <u32>load<u16>(at, 6);
  store<u32>(step, stepOf(op) | (<u32>op << 16));
  store<u32>(step, <u32>REGISTERS + (<u32>load<u16>(at, 2) << 4), STEP_DST);
  store<u32>(step, (fields & (READS_A | HAS_RANGE)) != 0 ? placeOperand(load<u16>(at, 4)) : <u32>REGISTERS, STEP_A);
  store<u32>(step, (fields & READS_B) != 0 ? placeOperand(b) : b, STEP_B);
  store<u32>(step, (fields & JUMPS) != 0 ? <u32>stepAt(load<u32>(at, 8)) : load<u32>(at, 8), STEP_IMMEDIATE);
  store<u32>(step, load<u32>(at, 12), STEP_CACHE);
  store<u64>(step, load<u32>(at, 12), STEP_EXTRA);
  if ((fields & HAS_KEY) != 0) {
    store<u32>(step, load<u32>(keyIds + (<usize>load<u32>(at, 8) << 2)), STEP_IMMEDIATE);
    store<u32>(step, NO_SHAPE, STEP_CACHE);
  } else if (op == Op.CALL) store<u32>(step, <u32>program, STEP_PROGRAM);
  else if (op == Op.BRANCH) {
    store<u32>(step, <u32>stepAt(load<u32>(at, 12)), STEP_CACHE);
    store<u32>(step, max<i32>(<i16>b, 0), STEP_EXTRA);
    store<u32>(step, max<i32>(-<i32>(<i16>b), 0), STEP_EXTRA + 4);
  } else if (op == Op.CALL_CUSTOM) store<u32>(step, <u32>program, STEP_CACHE);
  else if (op == Op.JUMP_TRUE || op == Op.JUMP_FALSE) store<u32>(step, op - Op.JUMP_FALSE, STEP_CACHE);
  else if (op == Op.ITER_NEXT) {
    store<u32>(step, b == NO_OPERAND ? 0 : placeOperand(b), STEP_B);
    store<i64>(step, turnOf(load<u32>(at, 12)), STEP_EXTRA);
  } else if (stepOf(op) == STEP_COMPARE) finishComparison(at, step, op, index);
}

function finishComparison(at: usize, step: usize, op: i32, index: u32): void {
  let more: u32 = 0;
  if (op > Op.GE) more = min<u32>(load<u32>(at, 12), COMPARE_COST_MAX) << COMPARE_COST_SHIFT;
  else if (isReturnedNext(at, index) && isCostKnown(at - <usize>index * INSTRUCTION_SIZE, index)) more = COMPARE_RETURN;
  store<u32>(step, compareFlags(op) | more, STEP_CACHE);
  const operand = <u32>load<u16>(at, 6);
  if (operand >> OPERAND_KIND_SHIFT << OPERAND_KIND_SHIFT != OPERAND_CONSTANT) return;
  const cell = <usize>placeOperand(operand);
  const tag = tagOf(cell);
  const isFloat = tag == Tag.DOUBLE || tag == Tag.NUMBER;
  if (!isFloat && (tag != Tag.INT || abs<i64>(intOf(cell)) > EXACT_INT_MAX)) return;
  store<u16>(step, <u16>STEP_COMPARE_CONSTANT);
  store<f64>(step, isFloat ? floatOf(cell) : <f64>intOf(cell), STEP_EXTRA);
}

function stepOf(op: i32): u32 {
  if ((op >= Op.EQ && op <= Op.GE) || op >= Op.EQ_JUMP_FALSE && op <= Op.GE_JUMP_TRUE) return STEP_COMPARE;
  switch (op) {
    case Op.RETURN:
      return STEP_RETURN;
    case Op.MOVE:
      return STEP_MOVE;
    case Op.JUMP:
      return STEP_JUMP;
    case Op.JUMP_FALSE:
    case Op.JUMP_TRUE:
      return STEP_JUMP_BOOL;
    case Op.JUMP_ERROR:
      return STEP_JUMP_ERROR;
    case Op.BRANCH:
      return STEP_BRANCH;
    case Op.NOT:
      return STEP_NOT;
    case Op.AND:
      return STEP_AND;
    case Op.OR:
      return STEP_OR;
    case Op.ADD:
      return STEP_ADD;
    case Op.SUB:
      return STEP_SUB;
    case Op.MUL:
      return STEP_MUL;
    case Op.FIELD:
      return STEP_FIELD;
    case Op.HAS_FIELD:
      return STEP_HAS_FIELD;
    case Op.ITER_NEXT:
      return STEP_ITER_NEXT;
    default:
      return STEP_RARE;
  }
}

/** Order in which == != < <= > >= stand in Op, three times. */
function compareFlags(op: i32): u32 {
  const isPlain = op <= Op.GE;
  const kind = isPlain ? op - Op.EQ : (op - Op.EQ_JUMP_FALSE) % 6;
  const jump: u32 = isPlain ? 0 : op <= Op.GE_JUMP_FALSE ? COMPARE_JUMP_FALSE : COMPARE_JUMP_TRUE;
  switch (kind) {
    case 0:
      return jump | COMPARE_EQUAL;
    case 1:
      return jump | COMPARE_EQUAL | COMPARE_INVERTED;
    case 2:
      return jump | COMPARE_LESS;
    case 3:
      return jump | COMPARE_LESS | COMPARE_EQUAL;
    case 4:
      return jump | COMPARE_GREATER;
    default:
      return jump | COMPARE_GREATER | COMPARE_EQUAL;
  }
}

/** Is what the instructions before `end` cost in the record? A sum of texts costs more, but no comparison of numbers can follow from it here. */
function isCostKnown(code: usize, end: u32): bool {
  for (let i: u32 = 0; i < end; i++) {
    const op = load<u16>(code + <usize>i * INSTRUCTION_SIZE);
    if (op != Op.MOVE && op != Op.FIELD && (op < <u16>Op.ADD || op > <u16>Op.MUL)) return false;
  }
  return true;
}

/** Is the next instruction RETURN of what this one writes? */
function isReturnedNext(at: usize, index: u32): bool {
  if (index + 1 >= instructionCount) return false;
  const next = at + INSTRUCTION_SIZE;
  return load<u16>(next) == Op.RETURN && load<u16>(next, 4) == load<u16>(at, 2);
}

/**
 * How many registers must be cleared before a start: up to the highest one that is not surely written before the first
 * jump, or is read there before it is written. Straight code needs none.
 */
function countUnwritten(code: usize): u32 {
  memory.fill(WRITTEN, 0, registerCount);
  for (let i: u32 = 0; i < instructionCount; i++) {
    const at = code + <usize>i * INSTRUCTION_SIZE;
    const fields = fieldsOf(load<u16>(at));
    const isUpdate = load<u16>(at) == Op.COUNT || load<u16>(at) == Op.BUILDER_PUSH;
    if (readsUnwritten(at, fields) || (isUpdate && load<u8>(WRITTEN + load<u16>(at, 2)) == 0)) break;
    if (load<u16>(at) == Op.RETURN) return 0;
    // A loop's first step writes its registers only when there is an element; BRANCH and the iterators end this prefix.
    const isCertain = (fields & JUMPS) == 0 || load<u16>(at) >= <u16>Op.EQ_JUMP_FALSE;
    if ((fields & WRITES) != 0 && isCertain) store<u8>(WRITTEN + load<u16>(at, 2), 1);
    if ((fields & JUMPS) != 0) break;
  }
  let count = registerCount;
  while (count > 0 && load<u8>(WRITTEN + count - 1) != 0) count--;
  return count;
}

function isUnwritten(operand: u32): bool {
  return operand < 0x4000 && load<u8>(WRITTEN + operand) == 0;
}

function readsUnwritten(at: usize, fields: u32): bool {
  const a = <u32>load<u16>(at, 4);
  const b = <u32>load<u16>(at, 6);
  if ((fields & READS_A) != 0 && isUnwritten(a)) return true;
  if ((fields & READS_B) != 0 && isUnwritten(b)) return true;
  if ((fields & HAS_RANGE) == 0) return false;
  const end = a + ((fields & HAS_PAIRS) != 0 ? b * 2 : b);
  for (let register = a; register < end; register++) {
    if (isUnwritten(register)) return true;
  }
  return false;
}
