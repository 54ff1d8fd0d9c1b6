// Writes one expression's code: instructions, labels, registers, constants and keys. Does not know what CEL means, nor how
// the kernel wants to see it.
import { Op, OPERAND_BUILTIN, OPERAND_CONSTANT, OPERAND_INDEX_MASK, OPERAND_SLOT, REGISTER_COUNT_MAX } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import { type ConstantValue, DST_SHIFT, EmittedCode, FIELD_B, FIELD_COUNT, FIELD_IMM } from "./emitted-code.js";
import { type Key, NameList, Numbering } from "./numbering.js";
import { hashWord } from "./word-table.js";

/** An instruction's operand: kind in the upper two bits, index in the lower 14. A register is its own operand. */
export type Operand = number;
export type Register = number;

/** Numbers kept for the next expression; what a longer one needed is given back. */
const KEPT_COUNT_MAX = 65_536;

/** More than this of the difference between two arms is counted for both. */
const BRANCH_COST_MAX = 32_767;

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
  private readonly constants = new Numbering<ConstantValue>();
  private readonly keys = new NameList();
  private functions: CustomFunction[] | undefined;
  /** Cost units of the part in hand: what runs whenever its first instruction does. */
  private units = 0;
  /** Pairs of an instruction that divides control and the units of what it leads to. */
  private costs: number[] | undefined;
  /** The number of the jump written last. */
  lastJump = -1;
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
    const key = keyOf(value);
    const index = this.constants.indexOf(value, key, hashOf(value, key));
    if (index > OPERAND_INDEX_MASK) throw new CodeLimitError(`There are more than ${OPERAND_INDEX_MASK + 1} constants`);
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

  /** Adds to the cost of the part in hand. */
  charge(units: number): void {
    this.units += units;
  }

  /** Begins a part that need not run whenever the code before it does. Give the result to `endPart`. */
  beginPart(): number {
    const outer = this.units;
    this.units = 0;
    return outer;
  }

  /** Goes back to the part around; gives the units of the one that ends. */
  endPart(outer: number): number {
    const { units } = this;
    this.units = outer;
    return units;
  }

  /** Says what the part behind `instruction` costs, as its kind of instruction has it (assembly/abi.ts). */
  setCost(instruction: number, units: number): void {
    if (units === 0) return;
    if (this.costs === undefined) this.costs = [instruction, units];
    else this.costs.push(instruction, units);
  }

  /** Of a BRANCH: what its two arms cost. The cheaper one's units are paid in any case. */
  setBranchCost(instruction: number, whenTrue: number, whenFalse: number): void {
    const more = Math.max(-BRANCH_COST_MAX, Math.min(BRANCH_COST_MAX, whenTrue - whenFalse));
    this.charge(Math.max(whenTrue, whenFalse) - Math.abs(more));
    this.setCost(instruction, more);
  }

  /** The number of the instruction written last. */
  get lastInstruction(): number {
    return this.length / FIELD_COUNT - 1;
  }

  createLabel(): Label {
    return { target: -1, last: -1 };
  }

  /** Writes an instruction that jumps to `label` (its imm). */
  writeJump(op: Op, label: Label, dst: Register = 0, a: Operand = 0, b: Operand = 0): void {
    this.lastJump = this.length / FIELD_COUNT;
    this.write(op, dst, a, b);
    this.use(label, FIELD_IMM);
  }

  /** `test` true: goes on; false: jumps to `whenFalse`; else dst = its error, and jumps to `whenError`. */
  writeBranch(dst: Register, test: Operand, whenFalse: Label, whenError: Label): void {
    this.write(Op.BRANCH, dst, test);
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
    const { numbers, length, registerCount, functions, units, costs } = this;
    if (numbers.length > KEPT_COUNT_MAX) this.numbers = [];
    this.length = 0;
    this.top = 0;
    this.registerCount = 0;
    this.functions = undefined;
    this.units = 0;
    this.costs = undefined;
    const constants = this.constants.take() ?? NO_CONSTANTS;
    return new EmittedCode(numbers.slice(0, length), registerCount, constants, this.keys.take(), functions, units, costs);
  }
}

/** What tells a constant from others of its type: a plain value, or a text. */
function keyOf(constant: ConstantValue): Key {
  switch (constant.type) {
    case "list":
    case "map":
    case "bytes":
    case "wire":
      return textOf(constant);
    default:
      return constant.value as Key;
  }
}

function textOf(constant: ConstantValue): string {
  switch (constant.type) {
    case "list":
      return `[${constant.items.map(textOf).join(",")}]`;
    case "map":
      return `{${constant.entries.map(([key, value]) => `${textOf(key)}:${textOf(value)}`).join(",")}}`;
    case "string":
      return `"${(constant.value as string).length}:${constant.value as string}`;
    case "bytes":
    case "wire":
      return `${constant.type} ${(constant.value as Uint8Array).join(",")}`;
    default:
      return `${constant.type} ${Object.is(constant.value, -0) ? "-0" : String(constant.value)}`;
  }
}

const TYPE_CODES: readonly ConstantValue["type"][] = ["int", "string", "double", "bool", "null", "uint", "bytes", "type", "wire", "none", "list", "map"];

/** Differs for different types. */
function hashOf({ type }: ConstantValue, key: Key): number {
  const hash = typeof key === "string" ? hashWord(key) : typeof key === "number" ? key : 0;
  return (hash << 4) | TYPE_CODES.indexOf(type);
}
