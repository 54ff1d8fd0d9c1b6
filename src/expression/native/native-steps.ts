// Reads the prepared steps of one expression out of the kernel's memory (drawn in assembly/abi.ts), and says which registers can be
// kept as an address instead of a copy. Knows layouts, not their meaning.
import { CELL_SIZE, CompareFlag, Op, REGISTER_COUNT_MAX, Step, StepField, Tag } from "../../../assembly/abi.js";

/** A step with its fields as they lie in memory; addresses are the kernel's. */
export interface NativeStep {
  readonly index: number;
  readonly address: number;
  readonly step: Step;
  readonly op: Op;
  readonly dst: number;
  readonly a: number;
  readonly b: number;
  readonly immediate: number;
  readonly cache: number;
  /** The words at EXTRA. */
  readonly extra: number;
  readonly extraHigh: number;
  /** The same as a number. */
  readonly constant: number;
}

/** What one expression does. */
export interface NativeExpression {
  readonly steps: readonly NativeStep[];
  /** Cost units of what surely runs. */
  readonly cost: number;
  /** Registers below this one may be read before they are written. */
  readonly unwrittenCount: number;
}

/** Reads the expression with that record. O(steps). */
export function readExpression(memory: DataView, record: number): NativeExpression {
  const first = memory.getUint32(record, true);
  const count = memory.getUint32(record + 4, true);
  const steps: NativeStep[] = [];
  for (let index = 0; index < count; index += 1) {
    const address = first + index * StepField.SIZE;
    const word = (offset: number): number => memory.getUint32(address + offset, true);
    steps.push({
      index,
      address,
      step: memory.getUint16(address, true),
      op: memory.getUint16(address + StepField.OP, true),
      dst: word(StepField.DST),
      a: word(StepField.A),
      b: word(StepField.B),
      immediate: word(StepField.IMMEDIATE),
      cache: word(StepField.CACHE),
      extra: word(StepField.EXTRA),
      extraHigh: word(StepField.EXTRA + 4),
      constant: memory.getFloat64(address + StepField.EXTRA, true),
    });
  }
  return { steps, cost: memory.getUint32(record + 16, true), unwrittenCount: memory.getUint32(record + 28, true) };
}

/** Where a step may go on besides the next one: indexes of steps. */
export function jumpsOf({ step, op, immediate, cache }: NativeStep, indexOf: (address: number) => number): number[] {
  switch (step) {
    case Step.JUMP:
    case Step.JUMP_BOOL:
    case Step.JUMP_ERROR:
    case Step.ITER_NEXT:
      return [indexOf(immediate)];
    case Step.BRANCH:
      return [indexOf(immediate), indexOf(cache)];
    case Step.COMPARE:
    case Step.COMPARE_CONSTANT:
      return (cache & (CompareFlag.JUMP_FALSE | CompareFlag.JUMP_TRUE)) === 0 ? [] : [indexOf(immediate)];
    default:
      return op === Op.ITER_START ? [indexOf(immediate)] : [];
  }
}

/** Does the next step never follow? */
export function isFinal({ step }: NativeStep): boolean {
  return step === Step.RETURN || step === Step.JUMP;
}

/** Steps that write `dst`; LEAVE, RETURN and jumps do not. */
export function isWriting({ step, op }: NativeStep): boolean {
  if (step === Step.RARE) return op !== Op.LEAVE;
  return step !== Step.RETURN && step !== Step.JUMP && step !== Step.JUMP_BOOL && step !== Step.JUMP_ERROR;
}

/** Number of the register at an address, or -1. */
export function registerAt(address: number, registers: number): number {
  const index = (address - registers) / CELL_SIZE;
  return (address & 1) === 0 && index >= 0 && index < REGISTER_COUNT_MAX ? index : -1;
}

const RANGE_OPS: ReadonlySet<Op> = new Set([Op.CALL, Op.CALL_CUSTOM, Op.MAKE_LIST, Op.MAKE_MAP, Op.TEMPLATE]);
/** Read and write their register, or keep private state in it. */
const STATE_DST_OPS: ReadonlySet<Op> = new Set([Op.ITER_START, Op.BUILDER_NEW, Op.BUILDER_PUSH, Op.COUNT]);
const STATE_A_OPS: ReadonlySet<Op> = new Set([Op.ITER_NEXT, Op.LEAVE, Op.BUILDER_FINISH]);

export function isRange(op: Op): boolean {
  return RANGE_OPS.has(op);
}

/** Registers in a row that the kernel reads where they lie. */
export function rangeOf(op: Op, a: number, b: number, registers: number): readonly number[] {
  if (!RANGE_OPS.has(op)) return [];
  const first = registerAt(a, registers);
  return Array.from({ length: op === Op.MAKE_MAP ? b * 2 : b }, (_, index) => first + index);
}

/** Registers that a step reads. */
export function readRegisters({ op, step, a, b }: NativeStep, registers: number): readonly number[] {
  if (RANGE_OPS.has(op)) return rangeOf(op, a, b, registers);
  return (step === Step.ITER_NEXT ? [a] : [a, b]).map((operand) => registerAt(operand, registers)).filter((register) => register >= 0);
}

/** Registers with private state, which cannot be kept as an address. */
export function listHeldRegisters(steps: readonly NativeStep[], registers: number): ReadonlySet<number> {
  const held = new Set<number>();
  for (const { op, step, dst, a } of steps) {
    if (STATE_DST_OPS.has(op)) held.add(registerAt(dst, registers));
    if (STATE_A_OPS.has(op) || step === Step.ITER_NEXT) held.add(registerAt(a, registers));
  }
  return held;
}

/** Tag and number of a cell, for constants. */
export function readConstant(memory: DataView, address: number): { readonly tag: Tag; readonly int: bigint; readonly float: number } {
  return { tag: memory.getUint32(address, true), int: memory.getBigInt64(address + 8, true), float: memory.getFloat64(address + 8, true) };
}
