// Cells: writing and copying the 16-byte tagged values drawn in abi.ts. No heap objects are made or read here.
import { BUILDER_TAG, ExpressionError, ITERATOR_TAG, Tag } from "./abi";

/** Drawn in abi.ts. Never leaves an evaluation. */
export const TAG_ITERATOR: i32 = ITERATOR_TAG;
export const TAG_BUILDER: i32 = BUILDER_TAG;

@inline
export function tagOf(cell: usize): i32 {
  return load<i32>(cell);
}

@inline
export function auxOf(cell: usize): u32 {
  return load<u32>(cell, 4);
}

/** Address of the heap object of a STRING, BYTES, LIST, MAP, TYPE or OPTIONAL (some) cell. */
@inline
export function objectOf(cell: usize): usize {
  return <usize>load<u32>(cell, 8);
}

@inline
export function intOf(cell: usize): i64 {
  return load<i64>(cell, 8);
}

@inline
export function uintOf(cell: usize): u64 {
  return load<u64>(cell, 8);
}

/** The number of a DOUBLE or NUMBER cell. */
@inline
export function floatOf(cell: usize): f64 {
  return load<f64>(cell, 8);
}

/** Not inlined: most that copy cells do more than that. The evaluator has its own. */
export function copyCell(target: usize, source: usize): void {
  // Not one 16-byte move: a load wider than the stores before it waits for them to leave the store buffer.
  const head = load<u64>(source);
  store<u64>(target + 8, load<u64>(source, 8));
  store<u64>(target, head);
}

@inline
export function setNull(cell: usize): void {
  store<u64>(cell, Tag.NULL);
  store<u64>(cell, 0, 8);
}

/** A slot that was never written. */
@inline
export function setAbsent(cell: usize): void {
  store<u64>(cell, Tag.ABSENT);
  store<u64>(cell, 0, 8);
}

@inline
export function setBool(cell: usize, value: bool): void {
  store<u64>(cell, <u64>Tag.BOOL | (<u64>value << 32));
  store<u64>(cell, 0, 8);
}

@inline
export function setInt(cell: usize, value: i64): void {
  store<u64>(cell, Tag.INT);
  store<i64>(cell, value, 8);
}

@inline
export function setUint(cell: usize, value: u64): void {
  store<u64>(cell, Tag.UINT);
  store<u64>(cell, value, 8);
}

/** Writes a DOUBLE or NUMBER cell; every NaN becomes the one canonical NaN. */
@inline
export function setFloat(cell: usize, tag: i32, value: f64): void {
  store<u64>(cell, <u64><u32>tag);
  store<f64>(cell, value == value ? value : NaN, 8);
}

/** Writes a TIMESTAMP or DURATION cell. Nanoseconds have the duration's sign; a timestamp's are 0 … 999,999,999. */
@inline
export function setTime(cell: usize, tag: i32, seconds: i64, nanos: i32): void {
  store<u64>(cell, <u64><u32>tag | (<u64><u32>nanos << 32));
  store<i64>(cell, seconds, 8);
}

/** Writes a cell that points at a heap object. */
@inline
export function setObject(cell: usize, tag: i32, object: usize): void {
  store<u64>(cell, <u64><u32>tag);
  store<u64>(cell, <u64>object, 8);
}

/** Instruction that errors made from now on are blamed on. */
let blamedInstruction: u32 = 0;

/** Sets the instruction index that `setError` writes. */
@inline
export function blameInstruction(instruction: u32): void {
  blamedInstruction = instruction;
}

/** Writes an ERROR cell at the instruction in hand. */
export function setError(cell: usize, code: ExpressionError): void {
  setErrorWithDetail(cell, code, 0);
}

/** The same with a detail: a STRING object that lives as long as anyone may read the error, or 0. */
export function setErrorWithDetail(cell: usize, code: ExpressionError, detail: usize): void {
  store<u64>(cell, <u64>Tag.ERROR | (<u64>code << 32));
  store<u32>(cell, blamedInstruction, 8);
  store<u32>(cell, <u32>detail, 12);
}

/**
 * For an operand that no overload takes: an ERROR is passed on, ABSENT is an unknown variable, anything else
 * NO_SUCH_OVERLOAD.
 */
export function refuseOperand(target: usize, operand: usize): void {
  const tag = tagOf(operand);
  if (tag == Tag.ERROR) copyCell(target, operand);
  else setError(target, tag == Tag.ABSENT ? ExpressionError.UNKNOWN_VARIABLE : ExpressionError.NO_SUCH_OVERLOAD);
}

/** The same for two operands: the first that is to blame for itself decides. */
export function refuseOperands(target: usize, a: usize, b: usize): void {
  const tag = tagOf(a);
  refuseOperand(target, tag == Tag.ERROR || tag == Tag.ABSENT ? a : b);
}

/** INT, UINT, DOUBLE or NUMBER? */
@inline
export function isNumeric(tag: i32): bool {
  return <u32>(tag - Tag.INT) <= <u32>(Tag.NUMBER - Tag.INT);
}

/** Does a cell of this tag point at a heap object? (OPTIONAL: only when its aux is 1.) */
@inline
export function isHeapTag(tag: i32): bool {
  return ((1 << (tag & 31)) & HEAP_TAGS) != 0;
}

const HEAP_TAGS: i32 = (1 << Tag.STRING) | (1 << Tag.BYTES) | (1 << Tag.LIST) | (1 << Tag.MAP) | (1 << Tag.TYPE) | (1 << Tag.OPTIONAL);
