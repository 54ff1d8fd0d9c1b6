// Reads the prepared steps of one expression out of the kernel's memory (drawn in assembly/abi.ts), and says which registers can be
// kept as an address instead of a copy. Knows layouts, not their meaning.
import { CELL_SIZE, CompareFlag, OBJECT_HEADER_SIZE, Op, REGISTER_COUNT_MAX, Step, StepField, Tag } from "../../../assembly/abi.js";

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

const NO_JUMPS: readonly number[] = [];

/** Where a step may go on besides the next one: indexes of steps. */
export function jumpsOf({ step, op, immediate, cache }: NativeStep, indexOf: (address: number) => number): readonly number[] {
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
      return (cache & (CompareFlag.JUMP_FALSE | CompareFlag.JUMP_TRUE)) === 0 ? NO_JUMPS : [indexOf(immediate)];
    default:
      return op === Op.ITER_START ? [indexOf(immediate)] : NO_JUMPS;
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

/** Visits the registers that a step reads. */
export function visitReads({ op, step, a, b }: NativeStep, registers: number, visit: (register: number) => void): void {
  const first = registerAt(a, registers);
  if (RANGE_OPS.has(op)) {
    const count = op === Op.MAKE_MAP ? b * 2 : b;
    for (let index = 0; index < count; index += 1) visit(first + index);
    return;
  }
  if (first >= 0) visit(first);
  const second = step === Step.ITER_NEXT ? -1 : registerAt(b, registers);
  if (second >= 0) visit(second);
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

/** What a loop does first with each element: compares a field of it (key 0: it itself) with a number, and goes on with the next one by `flags`. */
export interface ElementSkip {
  readonly key: number;
  readonly flags: number;
  readonly constant: number;
  /** Addresses of the registers that this writes. */
  readonly written: readonly number[];
}

/** Of the loop whose head is step `index`; undefined: it begins otherwise. */
export function findSkip(steps: readonly NativeStep[], index: number): ElementSkip | undefined {
  const head = steps[index];
  const next = steps[index + 1];
  if (head === undefined || next === undefined) return undefined;
  const field = next.step === Step.FIELD && next.a === head.dst ? next : undefined;
  const comparison = field === undefined ? next : steps[index + 2];
  if (comparison?.step !== Step.COMPARE_CONSTANT || comparison.a !== (field ?? head).dst || comparison.immediate !== head.address) return undefined;
  if ((comparison.cache & (CompareFlag.JUMP_FALSE | CompareFlag.JUMP_TRUE)) === 0) return undefined;
  const flags = comparison.cache & (2 ** CompareFlag.COST_SHIFT - 1);
  return { key: field?.immediate ?? 0, flags, constant: comparison.constant, written: [comparison.dst, ...(field === undefined ? [] : [field.dst])] };
}

/** Registers by which liveness is told; beyond them all count as live. */
const LIVE_COUNT_MAX = 31;

/** By step, and one behind the last: which registers may be read from there on before they are written, as bits. Undefined: there are too many. */
export function listLiveRegisters(steps: readonly NativeStep[], registers: number, indexOf: (address: number) => number): Int32Array | undefined {
  const live = new Int32Array(steps.length + 1);
  const reads = new Int32Array(steps.length);
  const kept = new Int32Array(steps.length);
  let isTooMany = false;
  for (const step of steps) {
    let bits = 0;
    visitReads(step, registers, (register) => {
      isTooMany ||= register >= LIVE_COUNT_MAX;
      bits |= 1 << register;
    });
    const register = isWriting(step) ? registerAt(step.dst, registers) : -1;
    isTooMany ||= register >= LIVE_COUNT_MAX;
    if (register >= 0 && STATE_DST_OPS.has(step.op)) bits |= 1 << register;
    reads[step.index] = bits;
    kept[step.index] = register >= 0 && !mayNotWrite(step) ? ~(1 << register) : -1;
  }
  if (isTooMany) return undefined;
  const jumps = steps.map((step) => jumpsOf(step, indexOf));
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (let index = steps.length - 1; index >= 0; index -= 1) {
      let bits = isFinal(steps[index] as NativeStep) ? 0 : (live[index + 1] ?? 0);
      for (const target of jumps[index] ?? NO_JUMPS) bits |= live[target] ?? 0;
      bits = (bits & (kept[index] ?? -1)) | (reads[index] ?? 0);
      // Only what goes back can be told too late.
      if (bits !== live[index] && isHead(jumps, index)) hasChanged = true;
      live[index] = bits;
    }
  }
  return live;
}

/** Does a later step go back to this one? */
function isHead(jumps: readonly (readonly number[])[], index: number): boolean {
  return jumps.some((targets, from) => from >= index && targets.includes(index));
}

/** Writes its register only on one of its ways. */
function mayNotWrite({ step }: NativeStep): boolean {
  return step === Step.ITER_NEXT || step === Step.BRANCH;
}

/** The bytes of a constant text of 1 to `sizeMax` bytes; undefined where it is none. */
export function readText(memory: DataView, cell: number, sizeMax: number): Uint8Array | undefined {
  if (memory.getUint32(cell, true) !== Tag.STRING) return undefined;
  const object = memory.getUint32(cell + 8, true);
  const size = memory.getUint32(object + 4, true);
  if (size === 0 || size > sizeMax) return undefined;
  return new Uint8Array(memory.buffer, object + OBJECT_HEADER_SIZE, size).slice();
}

/** Bytes, and number, of texts that are compared one after the other. */
const MEMBER_SIZE_MAX = 16;
const MEMBER_COUNT_MAX = 8;

/** The texts of a constant list of a few short ones; undefined where it is none. */
export function readTexts(memory: DataView, cell: number): readonly Uint8Array[] | undefined {
  if (memory.getUint32(cell, true) !== Tag.LIST) return undefined;
  const list = memory.getUint32(cell + 8, true);
  const count = memory.getUint32(list + 4, true);
  if (count === 0 || count > MEMBER_COUNT_MAX) return undefined;
  const texts: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const text = readText(memory, list + OBJECT_HEADER_SIZE + index * CELL_SIZE, MEMBER_SIZE_MAX);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

/** Tag and number of a cell, for constants. */
export function readConstant(memory: DataView, address: number): { readonly tag: Tag; readonly int: bigint; readonly float: number } {
  return { tag: memory.getUint32(address, true), int: memory.getBigInt64(address + 8, true), float: memory.getFloat64(address + 8, true) };
}
