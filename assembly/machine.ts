// The expression machine's fixed memory (registers, built-in cells) and the form in which it reads instructions. All of
// the memory is static, so that addresses are constants.
import { Builtin, CELL_SIZE, Tag } from "./abi";
import { setTime } from "./cell";
import { floorDivide } from "./moment";
import { TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN } from "./wire";

// A prepared instruction, 32 bytes:
//   +0  u16 step (below)          +2  u16 op (Op of abi.ts)
//   +4  u32 dst: address of a register
//   +8  u32 a, +12 u32 b: address of a cell, or offset from the slots + 1 (odd), or a count; ITER_NEXT's b: 0 for none
//   +16 u32 jump target's address | key id | function | error code
//   +20 u32 comparison: COMPARE_ flags · BRANCH: second target's address · FIELD: shape of the inline cache · CALL_CUSTOM: the program
//       · JUMP_BOOL: the aux that jumps · CALL, TEMPLATE: thousandths of a unit per character
//   +24 f64 COMPARE_CONSTANT: the constant · u32 FIELD: offset of the value in a map of that shape
//       · JUMP_BOOL: u32 cost of not jumping · BRANCH: u32 cost of going on, u32 cost of the first target
//       · ITER_NEXT: i64 what a turn spends (fuel.ts); its lower word is the turn's cost
export const STEP_SIZE: usize = 32;
export const STEP_DST: usize = 4;
export const STEP_A: usize = 8;
export const STEP_B: usize = 12;
export const STEP_IMMEDIATE: usize = 16;
export const STEP_CACHE: usize = 20;
export const STEP_EXTRA: usize = 24;
/** CALL: the program, whose own time zones it may ask for. */
export const STEP_PROGRAM: usize = 28;
/** An inline cache that was never filled: no shape has this address. */
export const NO_SHAPE: u32 = 1;

// What the evaluator itself does; everything else is RARE and done by rare.ts.
export const STEP_RETURN: u32 = 0;
export const STEP_MOVE: u32 = 1;
export const STEP_JUMP: u32 = 2;
/** Jump when a is BOOL and its aux is the cache word. */
export const STEP_JUMP_BOOL: u32 = 3;
export const STEP_JUMP_ERROR: u32 = 4;
export const STEP_BRANCH: u32 = 5;
export const STEP_NOT: u32 = 6;
export const STEP_AND: u32 = 7;
export const STEP_OR: u32 = 8;
export const STEP_COMPARE: u32 = 9;
/** Comparison with a number constant that a double holds exactly. */
export const STEP_COMPARE_CONSTANT: u32 = 10;
export const STEP_ADD: u32 = 11;
export const STEP_SUB: u32 = 12;
export const STEP_MUL: u32 = 13;
export const STEP_FIELD: u32 = 14;
export const STEP_HAS_FIELD: u32 = 15;
export const STEP_ITER_NEXT: u32 = 16;
export const STEP_RARE: u32 = 17;

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
