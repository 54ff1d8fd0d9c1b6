// One expression's code as the writer leaves it: plain small numbers, which cost a tenth of typed arrays to make. The image
// that the kernel reads (assembly/abi.ts, "Expressions") is made where somebody asks for it: at loading.
import { INSTRUCTION_SIZE, Op, Wire } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import type { ExpressionCode } from "../model/program.js";
import { ValueWriter } from "../model/value.js";
import type { LiteralType, LiteralValue } from "./ast.js";

// Numbers of one instruction.
/** Op in the lower 8 bits, the destination above. */
export const FIELD_OP = 0;
export const FIELD_A = 1;
/** Of a BRANCH: where it goes for an error. */
export const FIELD_B = 2;
export const FIELD_IMM = 3;
/** Offsets in the text. */
export const FIELD_START = 4;
export const FIELD_END = 5;
export const FIELD_COUNT = 6;
export const DST_SHIFT = 8;

const NO_BYTES = new Uint8Array(0);
/** Constants of one expression that may leave its writer to the next, bytes: a fresh one costs more than a short expression. */
const KEPT_SIZE_MAX = 4_096;
let spareWriter: ValueWriter | undefined;

/** A constant, from one literal or several. */
export type ConstantValue =
  | { readonly type: LiteralType | "type"; readonly value: LiteralValue }
  /** Any value in wire form. */
  | { readonly type: "wire"; readonly value: Uint8Array }
  | { readonly type: "none"; readonly value: null }
  | { readonly type: "list"; readonly items: readonly ConstantValue[] }
  | { readonly type: "map"; readonly entries: readonly (readonly [ConstantValue, ConstantValue])[] };

export class EmittedCode implements ExpressionCode {
  readonly registerCount: number;
  readonly keys: readonly string[];
  readonly functions: readonly CustomFunction[] | undefined;
  private readonly numbers: readonly number[];
  private readonly values: readonly ConstantValue[];
  readonly cost: number;
  private readonly costs: readonly number[] | undefined;

  /** Owns all that it is given. `cost`: of what surely runs; `costs`: pairs of an instruction and what hangs on it. */
  constructor(
    numbers: readonly number[],
    registerCount: number,
    values: readonly ConstantValue[],
    keys: readonly string[],
    functions: readonly CustomFunction[] | undefined,
    cost: number,
    costs: readonly number[] | undefined,
  ) {
    this.cost = cost;
    this.costs = costs;
    this.registerCount = registerCount;
    this.keys = keys;
    this.functions = functions;
    this.numbers = numbers;
    this.values = values;
  }

  get instructionCount(): number {
    return this.numbers.length / FIELD_COUNT;
  }

  get constantCount(): number {
    return this.values.length;
  }

  /** Made anew each time, as are `constants` and `spans`. */
  get code(): Uint8Array {
    const { numbers } = this;
    const words = new Int32Array((numbers.length / FIELD_COUNT) * (INSTRUCTION_SIZE / 4));
    for (let at = 0, word = 0; at < numbers.length; at += FIELD_COUNT, word += INSTRUCTION_SIZE / 4) {
      const head = numbers[at + FIELD_OP] as number;
      const op = head & ((1 << DST_SHIFT) - 1);
      const isBranch = op === Op.BRANCH;
      const b = numbers[at + FIELD_B] as number;
      words[word] = op | ((head >> DST_SHIFT) << 16);
      words[word + 1] = (numbers[at + FIELD_A] as number) | ((isBranch ? 0 : b) << 16);
      words[word + 2] = numbers[at + FIELD_IMM] as number;
      words[word + 3] = isBranch ? b : 0;
    }
    if (this.costs !== undefined) this.placeCosts(words, this.costs);
    return new Uint8Array(words.buffer);
  }

  private placeCosts(words: Int32Array, costs: readonly number[]): void {
    const { numbers } = this;
    for (let index = 0; index < costs.length; index += 2) {
      const instruction = costs[index] as number;
      const units = costs[index + 1] as number;
      const word = instruction * (INSTRUCTION_SIZE / 4);
      const isBranch = ((numbers[instruction * FIELD_COUNT] as number) & ((1 << DST_SHIFT) - 1)) === Op.BRANCH;
      if (isBranch) words[word + 1] = (words[word + 1] as number) | (units << 16);
      else words[word + 3] = units;
    }
  }

  get constants(): Uint8Array {
    if (this.values.length === 0) return NO_BYTES;
    const writer = spareWriter ?? new ValueWriter();
    spareWriter = undefined;
    for (const value of this.values) writeConstant(writer, value);
    const bytes = writer.take();
    if (bytes.length <= KEPT_SIZE_MAX) spareWriter = writer;
    return bytes;
  }

  get spans(): Uint32Array {
    const { numbers } = this;
    const spans = new Uint32Array(this.instructionCount * 2);
    for (let index = 0; index < spans.length; index += 1) {
      spans[index] = numbers[(index >> 1) * FIELD_COUNT + FIELD_START + (index & 1)] as number;
    }
    return spans;
  }
}

function writeConstant(writer: ValueWriter, constant: ConstantValue): void {
  switch (constant.type) {
    case "int":
      writer.writeBigInt(BigInt(constant.value as number | bigint), Wire.INT);
      return;
    case "uint":
      writer.writeBigInt(BigInt(constant.value as number | bigint), Wire.UINT);
      return;
    case "double":
      writer.writeDouble(Wire.DOUBLE, constant.value as number);
      return;
    case "type":
      writer.writeString(constant.value as string, Wire.TYPE);
      return;
    case "wire":
      writer.writeRaw(constant.value);
      return;
    case "none":
      writer.writeByte(Wire.OPTIONAL_NONE);
      return;
    case "list":
      writer.writeByte(Wire.LIST);
      writer.writeVarint(constant.items.length);
      for (const item of constant.items) writeConstant(writer, item);
      return;
    case "map":
      writer.writeByte(Wire.MAP);
      writer.writeVarint(constant.entries.length);
      for (const [key, value] of constant.entries) {
        writeConstant(writer, key);
        writeConstant(writer, value);
      }
      return;
    default:
      writer.writeValue(constant.value);
  }
}
