// Writes one expression's code: instructions, labels, registers, constants and keys. Does not know what CEL means, nor how
// the kernel wants to see it.
import { NO_OPERAND, Op, OPERAND_BUILTIN, OPERAND_CONSTANT, OPERAND_INDEX_MASK, OPERAND_SLOT, REGISTER_COUNT_MAX } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import { type ConstantValue, DST_SHIFT, EmittedCode, FIELD_B, FIELD_COUNT, FIELD_IMM } from "./emitted-code.js";
import { NameList } from "./name-list.js";

/** An instruction's operand: kind in the upper two bits, index in the lower 14. A register is its own operand. */
export type Operand = number;
export type Register = number;

/** Constants up to this many are compared one by one: a map costs more than the whole search. */
const SEARCHED_COUNT_MAX = 16;
/** Numbers kept for the next expression; what a longer one needed is given back. */
const KEPT_COUNT_MAX = 65_536;

/** A place in the code that jumps may name before it is known. */
export interface Label {
  target: number;
  /** The number to fill in that was written last, -1: none; until then it holds the one before it. */
  last: number;
}

/** Thrown where an expression needs more registers, constants or slots than an instruction can name. */
export class CodeLimitError extends Error {
  override readonly name = "CodeLimitError";
}

const NO_CONSTANTS: readonly ConstantValue[] = [];

/** Writes one expression after the other; `finish` ends one. */
export class CodeWriter {
  private numbers: number[] = [];
  /** Of the numbers in use. */
  private length = 0;
  private top: Register = 0;
  private registerCount = 0;
  private constants: ConstantValue[] | undefined;
  private constantIndexes: Map<Identity, number> | undefined;
  private readonly keys = new NameList();
  private functions: CustomFunction[] | undefined;
  /** Offsets that the next instructions come from. */
  spanStart = 0;
  spanEnd = 0;
  /** Added to both: where the text in hand stands in a longer one. */
  offset = 0;

  /** Marks the registers in use; `release` gives back what was taken since. */
  mark(): Register {
    return this.top;
  }

  release(mark: Register): void {
    this.top = mark;
  }

  /** `count` registers in a row. */
  allocate(count = 1): Register {
    const register = this.top;
    this.top += count;
    if (this.top > REGISTER_COUNT_MAX) throw new CodeLimitError(`The expression needs more than ${REGISTER_COUNT_MAX} registers`);
    if (this.top > this.registerCount) this.registerCount = this.top;
    return register;
  }

  slot(index: number): Operand {
    if (index > OPERAND_INDEX_MASK) throw new CodeLimitError(`There are more than ${OPERAND_INDEX_MASK + 1} variables`);
    return OPERAND_SLOT | index;
  }

  builtin(index: number): Operand {
    return OPERAND_BUILTIN | index;
  }

  /** The operand of a constant; equal constants share one. */
  constant(value: ConstantValue): Operand {
    const { constants } = this;
    if (constants === undefined) {
      this.constants = [value];
      return OPERAND_CONSTANT;
    }
    const { length } = constants;
    let index = length;
    if (length < SEARCHED_COUNT_MAX) {
      for (index = 0; index < length; index += 1) if (isSameConstant(constants[index] as ConstantValue, value)) break;
    } else {
      this.constantIndexes ??= new Map(constants.map((known, at) => [identityOf(known), at]));
      const identity = identityOf(value);
      index = this.constantIndexes.get(identity) ?? length;
      if (index === length) this.constantIndexes.set(identity, length);
    }
    if (index > OPERAND_INDEX_MASK) throw new CodeLimitError(`There are more than ${OPERAND_INDEX_MASK + 1} constants`);
    if (index === length) constants.push(value);
    return OPERAND_CONSTANT | index;
  }

  /** The index of a field's name. */
  key(name: string): number {
    return this.keys.indexOf(name);
  }

  /** The index of a custom function. */
  custom(called: CustomFunction): number {
    this.functions ??= [];
    const index = this.functions.indexOf(called);
    return index >= 0 ? index : this.functions.push(called) - 1;
  }

  write(op: Op, dst: Register, a: Operand = 0, b: Operand = 0, imm = 0): void {
    const { numbers, length, offset } = this;
    numbers[length] = op | (dst << DST_SHIFT);
    numbers[length + 1] = a;
    numbers[length + 2] = b;
    numbers[length + 3] = imm;
    numbers[length + 4] = offset + this.spanStart;
    numbers[length + 5] = offset + this.spanEnd;
    this.length = length + FIELD_COUNT;
  }

  createLabel(): Label {
    return { target: -1, last: -1 };
  }

  /** Writes an instruction that jumps to `label` (its imm). */
  writeJump(op: Op, label: Label, dst: Register = 0, a: Operand = 0, b: Operand = 0): void {
    this.write(op, dst, a, b);
    this.use(label, FIELD_IMM);
  }

  /** `test` true: goes on; false: jumps to `whenFalse`; else dst = its error, and jumps to `whenError`. */
  writeBranch(dst: Register, test: Operand, whenFalse: Label, whenError: Label): void {
    this.write(Op.BRANCH, dst, test, NO_OPERAND);
    this.use(whenFalse, FIELD_IMM);
    this.use(whenError, FIELD_B);
  }

  /** Puts the label before the next instruction. */
  place(label: Label): void {
    const { numbers } = this;
    const target = this.length / FIELD_COUNT;
    label.target = target;
    for (let at = label.last; at >= 0; ) {
      const before = numbers[at] as number;
      numbers[at] = target;
      at = before;
    }
    label.last = -1;
  }

  /** The field of the instruction written last names the label. */
  private use(label: Label, field: number): void {
    const at = this.length - FIELD_COUNT + field;
    if (label.target >= 0) this.numbers[at] = label.target;
    else {
      this.numbers[at] = label.last;
      label.last = at;
    }
  }

  /** What was written; the writer begins anew. */
  finish(): EmittedCode {
    const { numbers, length, registerCount, constants, functions } = this;
    if (numbers.length > KEPT_COUNT_MAX) this.numbers = [];
    this.length = 0;
    this.top = 0;
    this.registerCount = 0;
    this.constantIndexes = undefined;
    this.constants = undefined;
    this.functions = undefined;
    return new EmittedCode(numbers.slice(0, length), registerCount, constants ?? NO_CONSTANTS, this.keys.take(), functions);
  }
}

function isSameConstant(left: ConstantValue, right: ConstantValue): boolean {
  if (left.type !== right.type) return false;
  if (left.type === "list" || left.type === "map" || left.type === "bytes" || left.type === "wire") {
    return identityOf(left) === identityOf(right);
  }
  return Object.is(left.value, (right as typeof left).value);
}

/** Equal for equal constants, different for others. */
type Identity = string | number | bigint;

function identityOf(constant: ConstantValue): Identity {
  switch (constant.type) {
    case "int":
      return constant.value as number | bigint;
    case "list":
      return `[${constant.items.map(identityOf).join(",")}]`;
    case "map":
      return `{${constant.entries.map(([key, value]) => `${identityOf(key)}:${identityOf(value)}`).join(",")}}`;
    case "string":
      return `"${(constant.value as string).length}:${constant.value as string}`;
    case "bytes":
    case "wire":
      return `${constant.type} ${(constant.value as Uint8Array).join(",")}`;
    case "double":
      return `double ${Object.is(constant.value, -0) ? "-0" : String(constant.value)}`;
    default:
      return `${constant.type} ${String(constant.value)}`;
  }
}
