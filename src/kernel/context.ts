// The typed door to bare expressions: programs of expressions, resident contexts whose slots keep their values between
// evaluations, and results read back. Knows wire bytes and cells; nothing of CEL text and nothing of runs.
import { CELL_SIZE, ExpressionError, KernelStatus, NativePlace, OBJECT_HEADER_SIZE, OBJECT_KIND_MASK, ObjectKind, Tag } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import { WorkflowError } from "../model/errors.js";
import { decodeValue, ValueWriter } from "../model/value.js";
import type { KernelInstance } from "./instance.js";
import { NativeFunctions } from "./native-functions.js";
import { addMissingZone } from "./zones.js";

/** Loop turns (or 16 bytes built) that one evaluation may take. */
export const EVALUATION_FUEL_MAX = 1_000_000;

/** INTs within this size come out as numbers. */
const SAFE_INTEGER_MAX = Number.MAX_SAFE_INTEGER;
/** Longer lists are read by their wire form. */
const LIST_COUNT_MAX = 65_536;
/** Texts up to this many bytes are read by hand where they are ASCII. */
const SHORT_TEXT_SIZE_MAX = 32;
/** What `result` gives for an error. */
export const FAILED: unique symbol = Symbol("failed");
const TEXT_DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Knows texts by the STRING objects that they were written to. */
export interface WrittenTexts {
  textAt(object: number): string | undefined;
}

/** An expression that failed: what and where. */
export interface EvaluationError {
  /** ExpressionError. */
  readonly error: ExpressionError;
  /** Index of the instruction in the expression's code (see `ExpressionSite.spans`). */
  readonly instruction: number;
  /** The key or field that is missing, where the kernel knows it; else "". */
  readonly detail: string;
}

/**
 * Expressions over resident contexts in one kernel instance. Handles are plain numbers: of a program, of an expression
 * (`expression(program, index)`), of a context, and of a result cell, which is valid until the next evaluation. The caller
 * frees programs and contexts. Every call throws `kernel/lost` once the instance has trapped.
 */
export class ExpressionKernel {
  readonly #instance: KernelInstance;
  readonly #evaluateIn: (expression: number, context: number) => number;
  readonly #falseCell: number;
  readonly #trueCell: number;
  #native: NativeFunctions | undefined;
  #costMax = Infinity;
  /** What was evaluated last, for `error`. */
  #lastExpression = 0;
  #lastContext = 0;
  #words = new Uint32Array(0);
  #floats = new Float64Array(0);
  #longs = new BigInt64Array(0);

  constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#evaluateIn = instance.exports.evaluateIn;
    this.#falseCell = instance.exports.nativeAddress(NativePlace.BOOLS) >>> 0;
    this.#trueCell = this.#falseCell + CELL_SIZE;
    this.costMax = Infinity;
  }

  /**
   * Loads a blob of `layOutExpressions`; `functions` are the custom ones that it calls by number. Throws
   * `kernel/bad-program`, `kernel/out-of-memory`, `kernel/limit`.
   */
  loadProgram(bytes: Uint8Array, functions: readonly CustomFunction[] = []): number {
    const { exports, customs } = this.#instance;
    const region = this.#pass(bytes);
    const program = this.#instance.call(() => exports.loadProgram(region, bytes.length)) >>> 0;
    customs.add(program, functions);
    if (program !== 0) return program;
    throw statusError(exports.programStatus(), "An expression program");
  }

  /** Expressions that are evaluated by generated functions. */
  get native(): NativeFunctions {
    return (this.#native ??= new NativeFunctions(this.#instance));
  }

  /** Frees a program; its expressions must not be used any more. */
  unloadProgram(program: number): void {
    this.#native?.remove(this.#instance.exports.expressionAt(program, 0) >>> 0);
    this.#instance.call(() => this.#instance.exports.unloadProgram(program));
    this.#instance.customs.delete(program);
  }

  /** Handle of expression `index` of a program. Throws `kernel/bad-handle` where it has none. */
  expression(program: number, index: number): number {
    const record = this.#instance.call(() => this.#instance.exports.expressionAt(program, index)) >>> 0;
    if (record === 0) throw statusError(KernelStatus.BAD_HANDLE, `Expression ${index}`);
    return record;
  }

  /** A context of `slotCount` slots that were never written. Throws `kernel/out-of-memory`. */
  createContext(slotCount: number): number {
    const context = this.#instance.call(() => this.#instance.exports.createContext(slotCount)) >>> 0;
    if (context === 0) throw statusError(KernelStatus.OUT_OF_MEMORY, `A context of ${slotCount} slots`);
    return context;
  }

  /** Frees a context with its values. */
  destroyContext(context: number): void {
    this.#instance.call(() => this.#instance.exports.destroyContext(context));
  }

  /** The instance's memory, whose buffer is another one after it has grown. */
  get memory(): WebAssembly.Memory {
    return this.#instance.exports.memory;
  }

  /** A block of memory, aligned to 64. Throws `kernel/out-of-memory`. */
  allocateBlock(size: number): number {
    const block = this.#instance.call(() => this.#instance.exports.allocateBlock(size)) >>> 0;
    if (block === 0) throw statusError(KernelStatus.OUT_OF_MEMORY, `A block of ${size} bytes`);
    return block;
  }

  freeBlock(address: number, size: number): void {
    this.#instance.call(() => this.#instance.exports.freeBlock(address, size));
  }

  /** Address of the shape that maps with these keys in this order have, for the life of the instance; 0: they have none. */
  internShape(keys: readonly string[]): number {
    const map = Object.fromEntries(keys.map((key) => [key, null]));
    // Fields named like numbers come first, whatever was said.
    if (Object.keys(map).some((key, place) => key !== keys[place])) return 0;
    const writer = new ValueWriter();
    writer.writeValue(map);
    const context = this.createContext(1);
    this.setSlot(context, 0, writer.bytes());
    this.#refresh();
    const object = this.#word(context + CELL_SIZE + 8);
    const shape = (this.#word(object) & OBJECT_KIND_MASK) === ObjectKind.MAP_SHAPED ? this.#word(object + 8) : 0;
    this.destroyContext(context);
    return shape;
  }

  /** Sets a slot to a wire value, which is copied. O(size). Throws `value/malformed`, `kernel/out-of-memory`. */
  setSlot(context: number, slot: number, wire: Uint8Array): void {
    const region = this.#pass(wire);
    const status = this.#instance.call(() => this.#instance.exports.setSlot(context, slot, region, wire.length));
    if (status !== KernelStatus.OK) throw statusError(status, `Slot ${slot}`);
  }

  /** Sets a slot to a JSON number without a call into the kernel. */
  setNumber(context: number, slot: number, value: number): void {
    const cell = this.#openSlot(context, slot, Tag.NUMBER, 0);
    this.#floats[(cell >>> 3) + 1] = value;
  }

  /** Sets a slot to a bool without a call into the kernel. */
  setBool(context: number, slot: number, value: boolean): void {
    const cell = this.#openSlot(context, slot, Tag.BOOL, value ? 1 : 0);
    this.#longs[(cell >>> 3) + 1] = 0n;
  }

  /** Sets a slot to an int (its lower 64 bits) without a call into the kernel. */
  setInt(context: number, slot: number, value: bigint): void {
    const cell = this.#openSlot(context, slot, Tag.INT, 0);
    this.#longs[(cell >>> 3) + 1] = value;
  }

  /** Makes a slot one that was never written: using it is `UNKNOWN_VARIABLE`. */
  clearSlot(context: number, slot: number): void {
    const cell = this.#openSlot(context, slot, Tag.ABSENT, 0);
    this.#longs[(cell >>> 3) + 1] = 0n;
  }

  /** Sets `now`: ms since 1970. */
  setNow(ms: number): void {
    this.#instance.call(() => this.#instance.exports.setNow(ms));
  }

  /** Cost units that each evaluation may take; Infinity: any number. */
  get costMax(): number {
    return this.#costMax;
  }

  set costMax(units: number) {
    this.#instance.call(() => this.#instance.exports.setContextBudget(EVALUATION_FUEL_MAX, units));
    this.#costMax = units;
  }

  /** Cost units that the last evaluation took; where it was stopped, those up to there. */
  get cost(): number {
    return this.#instance.call(() => this.#instance.exports.contextCost());
  }

  /** Evaluates; gives the result cell. `slot`: where the expression's slot 0 lies in the context. */
  evaluate(expression: number, context: number, slot = 0): number {
    // Called directly: the closure of `call` costs more than an evaluation.
    const { refusal, customs } = this.#instance;
    if (refusal !== undefined) throw refusal;
    const start = context + slot * CELL_SIZE;
    this.#lastExpression = expression;
    this.#lastContext = start;
    let cell: number;
    try {
      cell = this.#evaluateIn(expression, start) >>> 0;
    } catch (error) {
      customs.forget();
      throw this.#instance.lose(error instanceof Error ? error.message : String(error));
    }
    if (customs.hasMemo) customs.forget();
    return cell;
  }

  /** Throws `kernel/busy` where a custom function is being called, `kernel/lost` where the kernel is lost. */
  refuseUse(): void {
    const { refusal } = this.#instance;
    if (refusal !== undefined) throw refusal;
  }

  /** Evaluates over `count` windows of a context, `slotStride` slots apart; gives the number of true results. */
  evaluateMany(expression: number, context: number, count: number, slotStride: number): number {
    const evaluate = () => this.#instance.call(() => this.#instance.exports.evaluateMany(expression, context, count, slotStride));
    let trueCount = evaluate();
    while (addMissingZone(this.#instance)) trueCount = evaluate();
    return trueCount;
  }

  /** Tag of a result cell. */
  tag(cell: number): Tag {
    this.#refresh();
    return this.#word(cell);
  }

  /** Is the result exactly true? */
  isTrue(cell: number): boolean {
    this.#refresh();
    return this.#word(cell) === Tag.BOOL && this.#word(cell + 4) === 1;
  }

  /** The result as JavaScript data, as `decodeValue` gives it. Ask `error` first: an error has no value. */
  value(cell: number): unknown {
    return this.result(cell, undefined);
  }

  /** The same, or FAILED where the result is an error. `texts`: knows the texts that were written from JavaScript. */
  result(cell: number, texts: WrittenTexts | undefined): unknown {
    // What generated functions give for a bool, wherever it was computed.
    if (cell === this.#trueCell) return true;
    if (cell === this.#falseCell) return false;
    if (this.#words.length === 0) this.#refresh();
    const words = this.#words;
    const at = cell >>> 2;
    switch (words[at]) {
      case Tag.NULL:
        return null;
      case Tag.BOOL:
        return words[at + 1] === 1;
      case Tag.DOUBLE:
      case Tag.NUMBER:
        return this.#floats[(at >>> 1) + 1];
      case Tag.INT: {
        const value = this.#longs[(at >>> 1) + 1] ?? 0n;
        return value >= -SAFE_INTEGER_MAX && value <= SAFE_INTEGER_MAX ? Number(value) : value;
      }
      case Tag.STRING:
        return texts?.textAt(words[at + 2] as number) ?? this.#text(words[at + 2] as number);
      case Tag.LIST:
        return this.#list(words[at + 2] as number) ?? decodeValue(this.wire(cell));
      case Tag.ERROR:
        return FAILED;
      default:
        return decodeValue(this.wire(cell));
    }
  }

  /** A list of scalars; undefined: it holds others, or is so long that it may have no wire form. */
  #list(object: number): unknown[] | undefined {
    const words = this.#words;
    const count = words[(object >>> 2) + 1] as number;
    if (count > LIST_COUNT_MAX) return undefined;
    const list: unknown[] = [];
    let at = (object + OBJECT_HEADER_SIZE) >>> 2;
    for (let index = 0; index < count; index += 1) {
      const tag = words[at] as Tag;
      if (tag === Tag.NUMBER || tag === Tag.DOUBLE) list.push(this.#floats[(at >>> 1) + 1]);
      else if (tag > Tag.STRING || tag === Tag.UINT || tag === Tag.BYTES) return undefined;
      else list.push(this.result(at << 2, undefined));
      at += CELL_SIZE / 4;
    }
    return list;
  }

  /** The result's wire form, a copy. Throws `kernel/out-of-memory` where it has none (an error, too deep or too large). */
  wire(cell: number): Uint8Array {
    const { exports } = this.#instance;
    const size = this.#instance.call(() => exports.resultWire(cell)) >>> 0;
    if (size === 0) throw statusError(KernelStatus.OUT_OF_MEMORY, "The result of an expression");
    const at = exports.resultAddress() >>> 0;
    return this.#instance.bytes().slice(at, at + size);
  }

  /** What went wrong, or undefined when the result is a value. `cell`: what `evaluate` gave last. */
  error(cell: number): EvaluationError | undefined {
    this.#refresh();
    if (this.#word(cell) !== Tag.ERROR) return undefined;
    if (this.#word(cell + 4) === ExpressionError.INVALID_ARGUMENT && addMissingZone(this.#instance)) return this.#evaluateAgain(cell);
    const detail = this.#word(cell + 12);
    return { error: this.#word(cell + 4), instruction: this.#word(cell + 8), detail: detail === 0 ? "" : this.#text(detail) };
  }

  /** Evaluates what was evaluated last, now that a zone was added, and puts the result in the same cell. */
  #evaluateAgain(cell: number): EvaluationError | undefined {
    const result = this.#instance.call(() => this.#evaluateIn(this.#lastExpression, this.#lastContext)) >>> 0;
    if (result !== cell) this.#instance.bytes().copyWithin(cell, result, result + CELL_SIZE);
    return this.error(cell);
  }

  /** Bytes of the instance's memory. */
  get sizeBytes(): number {
    return this.#instance.exports.memory.buffer.byteLength;
  }

  /** Copies bytes to the input region; gives its address. */
  #pass(bytes: Uint8Array): number {
    const region = this.#instance.call(() => this.#instance.exports.inputRegion(bytes.length)) >>> 0;
    if (region === 0) throw statusError(KernelStatus.OUT_OF_MEMORY, `An input of ${bytes.length} bytes`);
    this.#instance.bytes().set(bytes, region);
    return region;
  }

  #openSlot(context: number, slot: number, tag: Tag, aux: number): number {
    this.#refresh();
    const cell = context + CELL_SIZE + slot * CELL_SIZE;
    this.#words[cell >>> 2] = tag;
    this.#words[(cell >>> 2) + 1] = aux;
    return cell;
  }

  #word(address: number): number {
    return this.#words[address >>> 2] ?? 0;
  }

  #text(object: number): string {
    const size = this.#word(object + 4);
    if (size <= SHORT_TEXT_SIZE_MAX) {
      const text = this.#shortText(object + OBJECT_HEADER_SIZE, size);
      if (text !== undefined) return text;
    }
    return TEXT_DECODER.decode(this.#instance.bytes().subarray(object + OBJECT_HEADER_SIZE, object + OBJECT_HEADER_SIZE + size));
  }

  /** Four characters at a time, out of the words; undefined: not all of it is ASCII. */
  #shortText(start: number, size: number): string | undefined {
    const words = this.#words;
    let text = "";
    let at = start >>> 2;
    let left = size;
    for (; left >= 4; left -= 4) {
      const word = words[at++] as number;
      if ((word & 0x80808080) !== 0) return undefined;
      text += String.fromCharCode(word & 0x7f, (word >>> 8) & 0x7f, (word >>> 16) & 0x7f, word >>> 24);
    }
    if (left === 0) return text;
    const rest = (words[at] as number) & (0xffffffff >>> (32 - left * 8));
    if ((rest & 0x80808080) !== 0) return undefined;
    if (left === 1) return text + String.fromCharCode(rest);
    if (left === 2) return text + String.fromCharCode(rest & 0x7f, rest >>> 8);
    return text + String.fromCharCode(rest & 0x7f, (rest >>> 8) & 0x7f, rest >>> 16);
  }

  /** Makes the views anew where memory has grown. */
  #refresh(): void {
    // Growth detaches the old buffer, and views of a detached buffer are empty.
    if (this.#words.length !== 0) return;
    const { buffer } = this.#instance.exports.memory;
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float64Array(buffer);
    this.#longs = new BigInt64Array(buffer);
  }
}

function statusError(status: number, what: string): WorkflowError {
  switch (status) {
    case KernelStatus.BAD_PROGRAM:
      return new WorkflowError("kernel/bad-program", `${what} is not a sound program`);
    case KernelStatus.LIMIT:
      return new WorkflowError("kernel/limit", `${what} goes beyond a limit of the kernel`);
    case KernelStatus.BAD_VALUE:
      return new WorkflowError("value/malformed", `${what} was given bytes that are not a value`);
    case KernelStatus.BAD_HANDLE:
      return new WorkflowError("kernel/bad-handle", `${what} does not exist`);
    default:
      return new WorkflowError("kernel/out-of-memory", `${what} needs more memory than the kernel may have`);
  }
}
