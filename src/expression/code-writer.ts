// Writes one expression's bytecode (assembly/abi.ts, "Expressions"): instructions, labels, registers, constants and keys.
// Knows the encoding; does not know what CEL means.
import {
  INSTRUCTION_SIZE,
  NO_OPERAND,
  Op,
  OPERAND_BUILTIN,
  OPERAND_CONSTANT,
  OPERAND_INDEX_MASK,
  OPERAND_SLOT,
  REGISTER_COUNT_MAX,
  Wire,
} from "../../assembly/abi.js";
import type { ExpressionCode } from "../model/program.js";
import { encodeValue, ValueWriter } from "../model/value.js";
import type { LiteralType, LiteralValue } from "./ast.js";

/** An instruction's operand: kind in the upper two bits, index in the lower 14. A register is its own operand. */
export type Operand = number;
export type Register = number;

const NO_KEYS: readonly string[] = [];
const WORDS = INSTRUCTION_SIZE / 4;
const BRANCH_WORD_CACHE = 3;
const BRANCH_WORD_IMM = 2;

/** A place in the code that jumps may name before it is known. */
export interface Label {
  target: number;
  /** Word indexes to fill in. */
  readonly uses: number[];
}

/** A constant, from one literal or several. */
export type ConstantValue =
  | { readonly type: LiteralType | "type"; readonly value: LiteralValue }
  /** Any value that the wire form carries, its numbers JSON numbers. */
  | { readonly type: "data"; readonly value: unknown }
  | { readonly type: "none"; readonly value: null }
  | { readonly type: "list"; readonly items: readonly ConstantValue[] }
  | { readonly type: "map"; readonly entries: readonly (readonly [ConstantValue, ConstantValue])[] };

/** Thrown where an expression needs more registers, constants or slots than an instruction can name. */
export class CodeLimitError extends Error {
  override readonly name = "CodeLimitError";
}

/** Buffers that one writer leaves to the next: emitting is never nested, and new ones cost more than the code. */
interface Buffers {
  words: Int32Array;
  spans: Uint32Array;
  readonly constants: ValueWriter;
}
let spare: Buffers | undefined;

function takeBuffers(): Buffers {
  const taken = spare ?? { words: new Int32Array(64 * WORDS), spans: new Uint32Array(128), constants: new ValueWriter() };
  spare = undefined;
  taken.constants.reset();
  return taken;
}

/** Writes one expression. Made for one use: `finish` ends it. */
export class CodeWriter {
  private readonly buffers = takeBuffers();
  private words = this.buffers.words;
  private spans = this.buffers.spans;
  private count = 0;
  private top: Register = 0;
  private registerCount = 0;
  private readonly constants = this.buffers.constants;
  private readonly constantIndexes = new Map<string, number>();
  private readonly keyIndexes = new Map<string, number>();
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
    const identity = identityOf(value);
    let index = this.constantIndexes.get(identity);
    if (index === undefined) {
      index = this.constantIndexes.size;
      if (index > OPERAND_INDEX_MASK) throw new CodeLimitError(`There are more than ${OPERAND_INDEX_MASK + 1} constants`);
      this.constantIndexes.set(identity, index);
      writeConstant(this.constants, value);
    }
    return OPERAND_CONSTANT | index;
  }

  /** The index of a field's name. */
  key(name: string): number {
    let index = this.keyIndexes.get(name);
    if (index === undefined) {
      index = this.keyIndexes.size;
      this.keyIndexes.set(name, index);
    }
    return index;
  }

  write(op: Op, dst: Register, a: Operand = 0, b: Operand = 0, imm = 0): void {
    const at = this.count * WORDS;
    if (at === this.words.length) this.grow();
    const { words, spans } = this;
    words[at] = op | (dst << 16);
    words[at + 1] = a | (b << 16);
    words[at + BRANCH_WORD_IMM] = imm;
    words[at + BRANCH_WORD_CACHE] = 0;
    spans[this.count * 2] = this.offset + this.spanStart;
    spans[this.count * 2 + 1] = this.offset + this.spanEnd;
    this.count += 1;
  }

  createLabel(): Label {
    return { target: -1, uses: [] };
  }

  /** Writes an instruction that jumps to `label` (its imm). */
  writeJump(op: Op, label: Label, dst: Register = 0, a: Operand = 0, b: Operand = 0): void {
    this.write(op, dst, a, b);
    this.use(label, (this.count - 1) * WORDS + BRANCH_WORD_IMM);
  }

  /** `test` true: goes on; false: jumps to `whenFalse`; else dst = its error, and jumps to `whenError`. */
  writeBranch(dst: Register, test: Operand, whenFalse: Label, whenError: Label): void {
    this.write(Op.BRANCH, dst, test, NO_OPERAND);
    const at = (this.count - 1) * WORDS;
    this.use(whenFalse, at + BRANCH_WORD_IMM);
    this.use(whenError, at + BRANCH_WORD_CACHE);
  }

  /** Puts the label before the next instruction. */
  place(label: Label): void {
    label.target = this.count;
    for (const word of label.uses) this.words[word] = this.count;
  }

  private use(label: Label, word: number): void {
    if (label.target >= 0) this.words[word] = label.target;
    else label.uses.push(word);
  }

  finish(): ExpressionCode {
    spare = this.buffers;
    return {
      code: new Uint8Array(this.words.buffer.slice(0, this.count * INSTRUCTION_SIZE)),
      instructionCount: this.count,
      registerCount: this.registerCount,
      constants: this.constants.take(),
      constantCount: this.constantIndexes.size,
      keys: this.keyIndexes.size === 0 ? NO_KEYS : [...this.keyIndexes.keys()],
      spans: this.spans.slice(0, this.count * 2),
    };
  }

  private grow(): void {
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.buffers.words = words;
    const spans = new Uint32Array(this.spans.length * 2);
    spans.set(this.spans);
    this.spans = spans;
    this.buffers.spans = spans;
  }
}

function identityOf(constant: ConstantValue): string {
  switch (constant.type) {
    case "list":
      return `[${constant.items.map(identityOf).join(",")}]`;
    case "map":
      return `{${constant.entries.map(([key, value]) => `${identityOf(key)}:${identityOf(value)}`).join(",")}}`;
    case "string":
      return `"${(constant.value as string).length}:${constant.value as string}`;
    case "data":
      return `data ${describeData(constant.value)}`;
    case "bytes":
      return `bytes ${(constant.value as Uint8Array).join(",")}`;
    case "double":
      return `double ${Object.is(constant.value, -0) ? "-0" : String(constant.value)}`;
    default:
      return `${constant.type} ${String(constant.value)}`;
  }
}

function describeData(value: unknown): string {
  return [...encodeValue(value)].join(",");
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
