// What generated modules (src/expression/native) stand on: where fixed memory lies, the table that the evaluator calls them through,
// and the slow cases that they leave to the kernel. They do what evaluate.ts does with the same steps, to the bit.
import { NativePlace, Op, Tag } from "./abi";
import { findMember, indexValue } from "./access";
import { computeArithmetic } from "./arithmetic";
import { auxOf, blameInstruction, setBool, setNull, tagOf } from "./cell";
import { compareCells } from "./compare";
import { LEFT } from "./fuel";
import { combineAnd, combineOr } from "./logic";
import { REGISTERS } from "./machine";

/** false, true, and null: what a register holds that was never written. */
const BOOLS: usize = memory.data(48, 16);
/** What a comparison that gave no bool is answered with. */
const NO_TRUTH: u32 = 3;

/** Fills in the cells that never change. */
export function prepareNative(): void {
  setBool(BOOLS, false);
  setBool(BOOLS + 16, true);
  setNull(BOOLS + 32);
}

/** Where a NativePlace lies. */
export function nativeAddress(place: i32): usize {
  if (place == NativePlace.LEFT) return LEFT;
  return place == NativePlace.BOOLS ? BOOLS : REGISTERS;
}

/**
 * From now on the expression is evaluated by entry `index` of the table; 0: by its steps. It takes (slots, budget, count, stride): with a count of 0 it
 * gives the result's address, else over so many windows of slots, `stride` bytes apart, how many results are true.
 */
export function setNative(record: usize, index: u32): void {
  store<u32>(record, index, 12);
}

/** Compares any two cells: 0 false, 1 true, 3 an error in `dst`. */
export function compareTruth(instruction: u32, flags: u32, dst: usize, a: usize, b: usize): u32 {
  blameInstruction(instruction);
  compareCells(flags, dst, a, b);
  return tagOf(dst) == Tag.BOOL ? auxOf(dst) : NO_TRUTH;
}

/** dst = a <op> b for && || in [] and arithmetic. */
export function computeBinary(instruction: u32, op: i32, dst: usize, a: usize, b: usize): void {
  blameInstruction(instruction);
  if (op == Op.AND) combineAnd(dst, a, b);
  else if (op == Op.OR) combineOr(dst, a, b);
  else if (op == Op.IN) findMember(dst, a, b);
  else if (op == Op.INDEX) indexValue(dst, a, b);
  else computeArithmetic(op, dst, a, b);
}
