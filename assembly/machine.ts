// The expression machine's fixed memory (registers, built-in cells) and the form in which it reads instructions. All of
// the memory is static, so that addresses are constants.
import { Builtin, CELL_SIZE, Step, StepField, Tag } from "./abi";
import { setTime } from "./cell";
import { floorDivide } from "./moment";
import { TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN } from "./wire";

// The layout of a prepared instruction is drawn in abi.ts.
export const STEP_SIZE: usize = StepField.SIZE;
export const STEP_DST: usize = StepField.DST;
export const STEP_A: usize = StepField.A;
export const STEP_B: usize = StepField.B;
export const STEP_IMMEDIATE: usize = StepField.IMMEDIATE;
export const STEP_CACHE: usize = StepField.CACHE;
export const STEP_EXTRA: usize = StepField.EXTRA;
export const STEP_PROGRAM: usize = StepField.PROGRAM;
/** An inline cache that was never filled: no shape has this address. */
export const NO_SHAPE: u32 = 1;

export const STEP_RETURN: u32 = Step.RETURN;
export const STEP_MOVE: u32 = Step.MOVE;
export const STEP_JUMP: u32 = Step.JUMP;
export const STEP_JUMP_BOOL: u32 = Step.JUMP_BOOL;
export const STEP_JUMP_ERROR: u32 = Step.JUMP_ERROR;
export const STEP_BRANCH: u32 = Step.BRANCH;
export const STEP_NOT: u32 = Step.NOT;
export const STEP_AND: u32 = Step.AND;
export const STEP_OR: u32 = Step.OR;
export const STEP_COMPARE: u32 = Step.COMPARE;
export const STEP_COMPARE_CONSTANT: u32 = Step.COMPARE_CONSTANT;
export const STEP_ADD: u32 = Step.ADD;
export const STEP_SUB: u32 = Step.SUB;
export const STEP_MUL: u32 = Step.MUL;
export const STEP_FIELD: u32 = Step.FIELD;
export const STEP_HAS_FIELD: u32 = Step.HAS_FIELD;
export const STEP_ITER_NEXT: u32 = Step.ITER_NEXT;
export const STEP_RARE: u32 = Step.RARE;

/** REGISTER_COUNT_MAX cells. */
export const REGISTERS: usize = memory.data(65536, 16);
/** A result that is no register's, slot's or constant's. */
export const RESULT_CELL: usize = memory.data(16, 16);
/** Cells by Builtin. */
export const BUILTINS: usize = memory.data(16, 16);

/** Sets `now` for the evaluations that follow: ms since 1970, held within the years 1 to 9999. */
export function setNow(ms: f64): void {
  const held = ms == ms ? Math.floor(max<f64>(min<f64>(ms, <f64>TIMESTAMP_SECONDS_MAX * 1000 + 999), <f64>TIMESTAMP_SECONDS_MIN * 1000)) : 0;
  const seconds = floorDivide(<i64>held, 1000);
  setTime(BUILTINS + Builtin.NOW * CELL_SIZE, Tag.TIMESTAMP, seconds, <i32>(<i64>held - seconds * 1000) * 1000000);
}

/** Address of an operand: a cell's own, or one of the slots. */
@inline
export function resolveOperand(word: u32, slots: usize): usize {
  return (<usize>word & ~1) + (slots & (0 - (<usize>word & 1)));
}
