// Writes one expression's steps as a WebAssembly function over the same cells: what the evaluator (assembly/evaluate.ts) does with each step,
// without reading it. A value that lies somewhere unchanging is kept as its address. Whatever is rare is left to the kernel's own functions,
// so both ways give the same results to the bit, errors, cost and fuel included.
import { BUILDER_TAG, CELL_SIZE, CompareFlag, COST_SIGN_SHIFT, Fn, ITERATOR_TAG, OBJECT_HEADER_SIZE, Op, Step, StepField, Tag } from "../../../assembly/abi.js";
import { CodeBuffer, type Label } from "./code-buffer.js";
import { findSkip, isRange, isWriting, listHeldRegisters, listLiveRegisters, type NativeExpression, type NativeStep, rangeOf, readConstant, readText, readTexts, registerAt, visitReads } from "./native-steps.js";
import { type Nest, nestJumps } from "./nesting.js";
import { Code, ValueType, type WasmWriter } from "./wasm-writer.js";

/** Addresses in the kernel that generated code names. */
export interface NativeLayout {
  readonly left: number;
  readonly bools: number;
  readonly registers: number;
}

/** Functions of the kernel that generated code calls: their numbers in the module. */
export enum NativeImport {
  DO_RARE_STEP = 0,
  COMPARE_TRUTH = 1,
  COMPUTE_BINARY = 2,
  REFUSE = 3,
  END_SPENT = 4,
  END_TURN = 5,
  END_WITH_REFUSAL = 6,
  RESET_SCRATCH = 7,
  SKIP_COLUMN = 8,
  FIND_FIELD = 9,
}

/** Parameters of a generated function, and its own variables behind them. */
enum Local {
  SLOTS = 0,
  BUDGET = 1,
  /** Rows that are left; 0: one evaluation, whose result's address is returned. */
  COUNT = 2,
  STRIDE = 3,
  TRUTH = 4,
  TAG = 5,
  OBJECT = 6,
  PLACE = 7,
  TRUE_COUNT = 8,
  IS_USED = 9,
  /** What is left of fuel and cost: in memory only while the kernel is called. */
  LEFT = 10,
  LONG = 11,
  OTHER = 12,
  FLOAT = 13,
  FIRST_ADDRESS = 14,
}
/** Types of those that are no parameters, in order. */
const LOCAL_TYPES: readonly (readonly [number, ValueType])[] = [
  [6, ValueType.I32],
  [3, ValueType.I64],
  [1, ValueType.F64],
];

const TRUE_HEAD = BigInt(Tag.BOOL) | (1n << 32n);
const FALSE_HEAD = BigInt(Tag.BOOL);
const SPENT = -(2n ** 63n) | (1n << BigInt(COST_SIGN_SHIFT));
const COST_SIGN = 1n << BigInt(COST_SIGN_SHIFT);
const SAFE_INT = 2n ** 53n;
/** A comparison with a text of at most so many bytes costs one unit (cost.ts). */
const SHORT_TEXT_SIZE_MAX = 10;
/** Texts of more bytes take fuel to compare (compare.ts). */
const FREE_TEXT_SIZE = 1_024;
/** The columns of a list are asked at every so many elements. A power of two. */
const SKIP_STRIDE = 16;
/** A turn that costs more units is paid for by itself: the cost of all elements must not reach into the fuel. */
const SKIP_COST_MAX = 0x1_0000;
/** Elements of a list by a constant: those below. */
const INDEX_COUNT_MAX = 0x100_0000;
/** What a comparison that gave no bool is answered with. */
const NO_TRUTH = 3;

/** Writes the body of the function, with its variables. False: the code cannot be nested; what was written is of no use. */
export function emitFunction(writer: WasmWriter, expression: NativeExpression, memory: DataView, layout: NativeLayout): boolean {
  return new StepEmitter(writer, expression, memory, layout).emit();
}

class StepEmitter {
  readonly #code: CodeBuffer;
  readonly #expression: NativeExpression;
  readonly #memory: DataView;
  readonly #layout: NativeLayout;
  readonly #held: ReadonlySet<number>;
  /** Of a register that is kept as an address: the variable that holds it. */
  readonly #addresses = new Map<number, number>();
  /** By the index of a step: where a jump to it goes. */
  readonly #targets = new Map<number, Label>();
  /** Where a result goes: its address, or a bool, is on the stack. */
  readonly #result: Label = { name: "result" };
  readonly #boolResult: Label = { name: "bool" };
  /** By step: registers that are read from there on, as bits; undefined: there are too many. */
  #live: Int32Array | undefined;

  constructor(writer: WasmWriter, expression: NativeExpression, memory: DataView, layout: NativeLayout) {
    this.#code = new CodeBuffer(writer);
    this.#expression = expression;
    this.#memory = memory;
    this.#layout = layout;
    this.#held = listHeldRegisters(expression.steps, layout.registers);
    for (const step of expression.steps) {
      const register = isWriting(step) ? registerAt(step.dst, layout.registers) : -1;
      this.#nameRegister(register);
      if (step.step === Step.ITER_NEXT && step.b !== 0) this.#nameRegister(registerAt(step.b, layout.registers));
      visitReads(step, layout.registers, (register) => this.#nameRegister(register));
    }
  }

  #nameRegister(register: number): void {
    if (register >= 0 && !this.#held.has(register) && !this.#addresses.has(register)) {
      this.#addresses.set(register, Local.FIRST_ADDRESS + this.#addresses.size);
    }
  }

  emit(): boolean {
    const { steps } = this.#expression;
    const first = steps[0]?.address ?? 0;
    const indexOf = (address: number): number => (address - first) / StepField.SIZE;
    const nests = nestJumps(steps, indexOf);
    if (nests === undefined) return false;
    this.#live = listLiveRegisters(steps, this.#layout.registers, indexOf);
    const code = this.#code;
    code.writer.unsigned(LOCAL_TYPES.length + 1);
    for (const [count, type] of [...LOCAL_TYPES, [this.#addresses.size, ValueType.I32] as const]) {
      code.writer.unsigned(count);
      code.writer.byte(type);
    }
    const row = { name: "row" };
    code.open(row, Code.LOOP, ValueType.I32);
    this.#begin();
    code.open(this.#boolResult, Code.BLOCK, ValueType.I32);
    code.open(this.#result, Code.BLOCK, ValueType.I32);
    this.#emitSteps(nests, indexOf);
    code.code(Code.UNREACHABLE);
    code.close();
    this.#endRow();
    code.close();
    this.#endBoolRow();
    code.get(Local.STRIDE);
    code.get(Local.SLOTS);
    code.code(Code.I32_ADD);
    code.set(Local.SLOTS);
    code.get(Local.COUNT);
    code.int(1);
    code.code(Code.I32_SUB);
    code.tee(Local.COUNT);
    code.jumpIf(row);
    code.get(Local.TRUE_COUNT);
    code.close();
    code.code(Code.END);
    return true;
  }

  #emitSteps(nests: readonly Nest[], indexOf: (address: number) => number): void {
    const code = this.#code;
    const open: Nest[] = [];
    let next = 0;
    for (const step of this.#expression.steps) {
      while (open.at(-1)?.to === step.index) {
        open.pop();
        code.close();
      }
      for (let nest = nests[next]; nest?.from === step.index; nest = nests[next]) {
        const label = { name: `step ${nest.isLoop ? nest.from : nest.to}` };
        this.#targets.set(nest.isLoop ? nest.from : nest.to, label);
        code.open(label, nest.isLoop ? Code.LOOP : Code.BLOCK);
        open.push(nest);
        next += 1;
      }
      this.#emitStep(step, indexOf);
    }
    while (open.pop() !== undefined) code.close();
  }

  /** The address of a result is on the stack: one evaluation ends with it, a row is counted; leaves whether it is true. */
  #endRow(): void {
    const code = this.#code;
    code.set(Local.OBJECT);
    this.#storeLeft();
    code.get(Local.COUNT);
    code.code(Code.I32_EQZ);
    code.when();
    code.get(Local.OBJECT);
    code.code(Code.RETURN);
    code.close();
    code.get(Local.OBJECT);
    code.access(Code.I64_LOAD, 0);
    code.long(TRUE_HEAD);
    code.code(Code.I64_EQ);
  }

  /** The same for a bool. */
  #endBoolRow(): void {
    const code = this.#code;
    code.set(Local.TRUTH);
    this.#storeLeft();
    code.get(Local.COUNT);
    code.code(Code.I32_EQZ);
    code.when();
    code.get(Local.TRUTH);
    this.#boolAddress();
    code.code(Code.RETURN);
    code.close();
    code.get(Local.TRUTH);
    code.get(Local.TRUE_COUNT);
    code.code(Code.I32_ADD);
    code.set(Local.TRUE_COUNT);
  }

  #boolAddress(): void {
    this.#code.int(4);
    this.#code.code(Code.I32_SHL);
    this.#code.int(this.#layout.bools);
    this.#code.code(Code.I32_ADD);
  }

  /** Sets the counter, and what may be read before it is written. */
  #begin(): void {
    const { cost, unwrittenCount } = this.#expression;
    const code = this.#code;
    // What an evaluation made lasts until the next one.
    code.get(Local.IS_USED);
    code.when();
    code.call(NativeImport.RESET_SCRATCH);
    code.int(0);
    code.set(Local.IS_USED);
    code.close();
    code.get(Local.BUDGET);
    if (cost !== 0) {
      code.long(cost < 0x8000_0000 ? cost : BigInt(cost));
      code.code(Code.I64_SUB);
    }
    code.set(Local.LEFT);
    for (let register = 0; register < unwrittenCount; register += 1) {
      const local = this.#addresses.get(register);
      if (local !== undefined) {
        code.int(this.#layout.bools + 2 * CELL_SIZE);
        code.set(local);
      } else if (this.#held.has(register)) {
        for (const offset of [0, 8]) {
          code.int(this.#cellOf(register));
          code.long(0);
          code.access(Code.I64_STORE, offset);
        }
      }
    }
  }

  #emitStep(step: NativeStep, indexOf: (address: number) => number): void {
    const to = (address: number): Label => this.#targets.get(indexOf(address)) as Label;
    switch (step.step) {
      case Step.RETURN:
        return this.#emitReturn(step);
      case Step.MOVE:
        return this.#emitMove(step);
      case Step.JUMP:
        return this.#code.jump(to(step.immediate));
      case Step.JUMP_BOOL:
        return this.#emitJumpBool(step, to(step.immediate));
      case Step.JUMP_ERROR:
        this.#load(Code.I32_LOAD, step.a);
        this.#code.int(Tag.ERROR);
        this.#code.code(Code.I32_EQ);
        return this.#code.jumpIf(to(step.immediate));
      case Step.BRANCH:
        return this.#emitBranch(step, to(step.immediate), to(step.cache));
      case Step.NOT:
        return this.#emitNot(step);
      case Step.AND:
      case Step.OR:
        return this.#emitLogic(step);
      case Step.COMPARE:
      case Step.COMPARE_CONSTANT: {
        const isJump = (step.cache & (CompareFlag.JUMP_FALSE | CompareFlag.JUMP_TRUE)) !== 0;
        return this.#emitComparison(step, isJump ? to(step.immediate) : undefined);
      }
      case Step.ADD:
      case Step.SUB:
      case Step.MUL:
        return this.#emitArithmetic(step);
      case Step.FIELD:
      case Step.HAS_FIELD:
        return this.#emitField(step);
      case Step.ITER_NEXT:
        return this.#emitTurn(step, to(step.immediate));
      default:
        return this.#emitRare(step, step.op === Op.ITER_START ? to(step.immediate) : undefined);
    }
  }

  // --- operands ------------------------------------------------------------------------------------------------------

  #cellOf(register: number): number {
    return this.#layout.registers + register * CELL_SIZE;
  }

  /** Puts an address on the stack; returns the offset that is to be added where it is used. */
  #base(operand: number): number {
    if ((operand & 1) !== 0) {
      this.#code.get(Local.SLOTS);
      return operand - 1;
    }
    const local = this.#addresses.get(registerAt(operand, this.#layout.registers));
    if (local === undefined) {
      this.#code.int(0);
      return operand;
    }
    this.#code.get(local);
    return 0;
  }

  /** Puts the address of an operand's cell on the stack. */
  #address(operand: number): void {
    if ((operand & 1) !== 0) {
      this.#code.get(Local.SLOTS);
      if (operand > 1) {
        this.#code.int(operand - 1);
        this.#code.code(Code.I32_ADD);
      }
      return;
    }
    const local = this.#addresses.get(registerAt(operand, this.#layout.registers));
    if (local === undefined) this.#code.int(operand);
    else this.#code.get(local);
  }

  #load(code: Code, operand: number, offset = 0): void {
    const base = this.#base(operand);
    this.#code.access(code, base + offset);
  }

  /** Is the operand a cell that never changes while the expression is loaded? */
  #isConstant(operand: number): boolean {
    const { steps } = this.#expression;
    const end = (steps.at(-1)?.address ?? 0) + StepField.SIZE;
    return (operand & 1) === 0 && operand >= end && registerAt(operand, this.#layout.registers) < 0;
  }

  /** May the register be read at that step or after it, as it is then? */
  #isLive(dst: number, index: number): boolean {
    const register = registerAt(dst, this.#layout.registers);
    return this.#live === undefined || ((this.#live[index] ?? -1) & (1 << register)) !== 0;
  }

  // --- results -------------------------------------------------------------------------------------------------------

  /** The result stands in the register itself. */
  #keepOwn(dst: number): void {
    const local = this.#addresses.get(registerAt(dst, this.#layout.registers));
    if (local === undefined) return;
    this.#code.int(dst);
    this.#code.set(local);
  }

  /** The result is the cell whose address is on the stack, and never changes. */
  #keepAddress(dst: number): void {
    const local = this.#addresses.get(registerAt(dst, this.#layout.registers));
    if (local === undefined) {
      this.#code.set(Local.OBJECT);
      this.#copy(dst, Local.OBJECT);
    } else this.#code.set(local);
  }

  #copy(dst: number, source: number): void {
    for (const offset of [0, 8]) {
      this.#code.int(dst);
      this.#code.get(source);
      this.#code.access(Code.I64_LOAD, offset);
      this.#code.access(Code.I64_STORE, offset);
    }
  }

  /** The result is the bool on the stack (0 or 1). */
  #keepBool(dst: number): void {
    this.#boolAddress();
    this.#keepAddress(dst);
  }

  /** Something may have been built, which the next row clears away. */
  #markUsed(): void {
    this.#code.int(1);
    this.#code.set(Local.IS_USED);
  }

  #charge(units: number): void {
    if (units === 0) return;
    this.#changeLeft(units);
  }

  /** Takes cost units away; fewer than 0 are given back. */
  #changeLeft(units: number): void {
    const code = this.#code;
    code.get(Local.LEFT);
    code.long(Math.abs(units) < 0x8000_0000 ? units : BigInt(units));
    code.code(Code.I64_SUB);
    code.set(Local.LEFT);
  }

  #storeLeft(): void {
    this.#code.int(0);
    this.#code.get(Local.LEFT);
    this.#code.access(Code.I64_STORE, this.#layout.left);
  }

  /** Calls the kernel, which may take of what is left. The arguments are on the stack. */
  #call(index: NativeImport): void {
    const code = this.#code;
    this.#storeLeft();
    code.call(index);
    code.int(0);
    code.access(Code.I64_LOAD, this.#layout.left);
    code.set(Local.LEFT);
  }

  // --- steps ---------------------------------------------------------------------------------------------------------

  #emitReturn({ a, index }: NativeStep): void {
    const code = this.#code;
    code.block((end) => {
      if (!this.#isConstant(a)) {
        this.#load(Code.I32_LOAD, a);
        code.int(Tag.ERROR);
        code.code(Code.I32_GT_S);
        code.jumpIf(end);
      }
      code.get(Local.LEFT);
      code.long(COST_SIGN);
      code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
      code.jumpIf(end);
      this.#address(a);
      code.jump(this.#result);
    });
    code.int(index);
    this.#address(a);
    this.#call(NativeImport.END_WITH_REFUSAL);
    code.jump(this.#result);
  }

  #refuse({ index, dst, a }: NativeStep): void {
    const code = this.#code;
    code.int(index);
    code.int(dst);
    this.#address(a);
    code.call(NativeImport.REFUSE);
    this.#keepOwn(dst);
  }

  #emitMove(step: NativeStep): void {
    const { a, dst } = step;
    const code = this.#code;
    const isRegister = registerAt(a, this.#layout.registers) >= 0;
    code.block((end) => {
      if (!this.#isConstant(a)) {
        this.#load(Code.I32_LOAD, a);
        code.int(Tag.ABSENT);
        code.code(Code.I32_EQ);
        code.when();
        this.#refuse(step);
        code.jump(end);
        code.close();
      }
      this.#address(a);
      if (isRegister) {
        // The other register may be written anew while this one stays.
        code.set(Local.OBJECT);
        this.#copy(dst, Local.OBJECT);
        this.#keepOwn(dst);
      } else this.#keepAddress(dst);
    });
  }

  #emitJumpBool({ a, cache, extra }: NativeStep, target: Label): void {
    this.#load(Code.I64_LOAD, a);
    this.#code.long(cache === 0 ? FALSE_HEAD : TRUE_HEAD);
    this.#code.code(Code.I64_EQ);
    this.#code.jumpIf(target);
    this.#charge(extra);
  }

  #emitBranch(step: NativeStep, whenFalse: Label, whenNone: Label): void {
    const code = this.#code;
    code.block((end) => {
      this.#load(Code.I64_LOAD, step.a);
      code.tee(Local.LONG);
      code.long(TRUE_HEAD);
      code.code(Code.I64_EQ);
      code.jumpIf(end);
      code.get(Local.LONG);
      code.long(FALSE_HEAD);
      code.code(Code.I64_EQ);
      code.when();
      this.#charge(step.extraHigh);
      code.jump(whenFalse);
      code.close();
      this.#refuse(step);
      code.jump(whenNone);
    });
    this.#charge(step.extra);
  }

  #emitNot(step: NativeStep): void {
    const code = this.#code;
    this.#load(Code.I32_LOAD, step.a);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ);
    code.when();
    this.#load(Code.I32_LOAD, step.a, 4);
    code.code(Code.I32_EQZ);
    this.#keepBool(step.dst);
    code.otherwise();
    this.#refuse(step);
    code.close();
  }

  #emitLogic(step: NativeStep): void {
    const code = this.#code;
    const { a, b, dst } = step;
    this.#load(Code.I32_LOAD, a);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ);
    this.#load(Code.I32_LOAD, b);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ, Code.I32_AND);
    code.when();
    this.#load(Code.I32_LOAD, a, 4);
    this.#load(Code.I32_LOAD, b, 4);
    code.code(step.step === Step.AND ? Code.I32_AND : Code.I32_OR);
    this.#keepBool(dst);
    code.otherwise();
    this.#computeBinary(step);
    code.close();
  }

  #computeBinary({ index, op, dst, a, b }: NativeStep): void {
    const code = this.#code;
    code.int(index);
    code.int(op);
    code.int(dst);
    this.#address(a);
    this.#address(b);
    this.#call(NativeImport.COMPUTE_BINARY);
    this.#markUsed();
    this.#keepOwn(dst);
  }

  /** The fast ways go on from the truth that they have; what is left to the kernel may give an error, in the register itself. */
  #emitComparison(step: NativeStep, target: Label | undefined): void {
    const { cache, a, b, dst, index } = step;
    const code = this.#code;
    code.block((end) => {
      if (step.step === Step.COMPARE_CONSTANT) this.#compareToConstant(step, target, end);
      else if (!this.#compareToText(step, target, end)) this.#compareNumbers(step, target, end);
      code.int(index);
      code.int(cache);
      code.int(dst);
      this.#address(a);
      this.#address(b);
      this.#call(NativeImport.COMPARE_TRUTH);
      code.tee(Local.TRUTH);
      code.int(NO_TRUTH);
      code.code(Code.I32_EQ);
      code.when();
      this.#keepOwn(dst);
      code.jump(end);
      code.close();
      code.get(Local.TRUTH);
      this.#goOn(step, target, end);
    });
    if (target !== undefined) this.#charge(cache >>> CompareFlag.COST_SHIFT);
  }

  /** The truth is on the stack: to the target, or to `end` where the next step follows. */
  #goOn({ cache, dst, index }: NativeStep, target: Label | undefined, end: Label): void {
    const code = this.#code;
    if (target === undefined) {
      // All costs are known: the next step, which returns it, need not be asked.
      if ((cache & CompareFlag.RETURN) !== 0) return code.jump(this.#boolResult);
      this.#keepBool(dst);
      return code.jump(end);
    }
    const isJumpWhenTrue = (cache & CompareFlag.JUMP_TRUE) !== 0;
    if (!isJumpWhenTrue) code.code(Code.I32_EQZ);
    code.when();
    this.#keepConstantBool(dst, isJumpWhenTrue);
    code.jump(target);
    code.close();
    if (this.#isLive(dst, index + 1)) this.#keepConstantBool(dst, !isJumpWhenTrue);
    code.jump(end);
  }

  #keepConstantBool(dst: number, isTrue: boolean): void {
    this.#code.int(this.#layout.bools + (isTrue ? CELL_SIZE : 0));
    this.#keepAddress(dst);
  }

  #compareToConstant(step: NativeStep, target: Label | undefined, end: Label): void {
    const { cache, a, constant } = step;
    const code = this.#code;
    code.block((other) => {
      this.#load(Code.I32_LOAD, a);
      code.tee(Local.TAG);
      code.int(-2);
      code.code(Code.I32_AND);
      code.int(Tag.DOUBLE);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      this.#load(Code.F64_LOAD, a, 8);
      code.float(constant);
      code.code(floatComparison(cache));
      this.#goOn(step, target, end);
    });
    code.block((other) => {
      code.get(Local.TAG);
      code.int(Tag.INT);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      this.#load(Code.I64_LOAD, a, 8);
      this.#requireExact(other);
      code.get(Local.LONG);
      code.code(Code.F64_CONVERT_I64_S);
      code.float(constant);
      code.code(floatComparison(cache));
      this.#goOn(step, target, end);
    });
  }

  /** Equality with a short text of the program. False: it is none. */
  #compareToText(step: NativeStep, target: Label | undefined, end: Label): boolean {
    const { cache, a, b } = step;
    if ((cache & (CompareFlag.LESS | CompareFlag.GREATER)) !== 0) return false;
    const text = this.#readShortText(b);
    if (text === undefined || this.#isConstant(a)) return false;
    const code = this.#code;
    code.block((other) => {
      this.#requireText(a, other);
      // What comparing them costs is known for texts of these sizes.
      code.get(Local.OBJECT);
      code.access(Code.I32_LOAD, 4);
      code.int(1);
      code.code(Code.I32_SUB);
      code.int(FREE_TEXT_SIZE);
      code.code(Code.I32_GE_U);
      code.jumpIf(other);
      this.#isText(text);
      if ((cache & CompareFlag.INVERTED) !== 0) code.code(Code.I32_EQZ);
      this.#goOn(step, target, end);
    });
    return true;
  }

  /** A constant text of 1 to 10 bytes, whose comparison costs one unit. */
  #readShortText(operand: number): Uint8Array | undefined {
    if (!this.#isConstant(operand)) return undefined;
    return readText(this.#memory, operand, SHORT_TEXT_SIZE_MAX);
  }

  /** Goes to `other` unless it is a text; keeps its object in OBJECT. */
  #requireText(operand: number, other: Label): void {
    const code = this.#code;
    this.#load(Code.I32_LOAD, operand);
    code.int(Tag.STRING);
    code.code(Code.I32_NE);
    code.jumpIf(other);
    this.#load(Code.I32_LOAD, operand, 8);
    code.set(Local.OBJECT);
  }

  /** Leaves whether the text in OBJECT has these bytes, at most 16. */
  #isText(text: Uint8Array): void {
    const code = this.#code;
    code.get(Local.OBJECT);
    code.access(Code.I32_LOAD, 4);
    code.int(text.length);
    code.code(Code.I32_EQ);
    for (let at = 0; at < text.length; at += 8) {
      const part = text.subarray(at, at + 8);
      let word = 0n;
      for (let byte = part.length - 1; byte >= 0; byte -= 1) word = (word << 8n) | BigInt(part[byte] ?? 0);
      code.get(Local.OBJECT);
      code.access(Code.I64_LOAD, OBJECT_HEADER_SIZE + at);
      if (part.length < 8) {
        // Texts are padded to 16 bytes, with whatever stood there.
        code.long((1n << BigInt(part.length * 8)) - 1n);
        code.code(Code.I64_AND);
      }
      code.long(word);
      code.code(Code.I64_EQ, Code.I32_AND);
    }
  }

  /** Keeps the int on the stack in LONG; goes to `other` where no double holds it exactly. */
  #requireExact(other: Label): void {
    const code = this.#code;
    code.tee(Local.LONG);
    code.long(SAFE_INT);
    code.code(Code.I64_ADD);
    code.long(SAFE_INT * 2n);
    code.code(Code.I64_GT_U);
    code.jumpIf(other);
  }

  #compareNumbers(step: NativeStep, target: Label | undefined, end: Label): void {
    const { cache, a, b } = step;
    const code = this.#code;
    code.block((other) => {
      this.#areTags(a, b, -2, Tag.DOUBLE, other);
      this.#load(Code.F64_LOAD, a, 8);
      this.#load(Code.F64_LOAD, b, 8);
      code.code(floatComparison(cache));
      this.#goOn(step, target, end);
    });
    code.block((other) => {
      this.#areTags(a, b, -1, Tag.INT, other);
      this.#load(Code.I64_LOAD, a, 8);
      this.#load(Code.I64_LOAD, b, 8);
      code.code(intComparison(cache));
      this.#goOn(step, target, end);
    });
  }

  /** Goes to `other` unless both tags, masked, are this one. */
  #areTags(a: number, b: number, mask: number, tag: Tag, other: Label): void {
    const code = this.#code;
    for (const operand of [a, b]) {
      this.#load(Code.I32_LOAD, operand);
      if (mask !== -1) {
        code.int(mask);
        code.code(Code.I32_AND);
      }
      code.int(tag);
      code.code(Code.I32_NE);
      code.jumpIf(other);
    }
  }

  #emitArithmetic(step: NativeStep): void {
    const { a, b, dst, op } = step;
    const code = this.#code;
    code.block((end) => {
      code.block((other) => {
        if (!this.#pushFloats(a, b, other)) return;
        code.code(FLOAT_CODES[op as keyof typeof FLOAT_CODES]);
        this.#storeFloat(dst);
        code.jump(end);
      });
      if (op === Op.DIV) return this.#computeBinary(step);
      code.block((other) => {
        this.#areTags(a, b, -1, Tag.INT, other);
        this.#pushSmall(a, op, Local.LONG, other);
        this.#pushSmall(b, op, Local.OTHER, other);
        code.int(dst);
        code.get(Local.LONG);
        code.get(Local.OTHER);
        code.code(op === Op.ADD ? Code.I64_ADD : op === Op.SUB ? Code.I64_SUB : Code.I64_MUL);
        code.access(Code.I64_STORE, 8);
        code.int(dst);
        code.long(Tag.INT);
        code.access(Code.I64_STORE, 0);
        this.#keepOwn(dst);
        code.jump(end);
      });
      this.#computeBinary(step);
    });
  }

  /** The numbers of both operands, the result's tag in TAG. Goes to `other` unless both are floats, or one a JSON number and the other an int. False: never. */
  #pushFloats(a: number, b: number, other: Label): boolean {
    const code = this.#code;
    const constants = [a, b].map((operand) => (this.#isConstant(operand) ? readConstant(this.#memory, operand) : undefined));
    if (constants.some((one) => one !== undefined && one.tag !== Tag.INT && !isFloatTag(one.tag))) return false;
    if (constants.every((one) => one?.tag === Tag.INT)) return false;
    code.int(Tag.NUMBER);
    code.set(Local.TAG);
    [a, b].forEach((operand, index) => {
      const constant = constants[index];
      if (constant?.tag === Tag.DOUBLE) {
        code.int(Tag.DOUBLE);
        code.set(Local.TAG);
      }
      if (constant !== undefined) return;
      // An int constant goes with JSON numbers alone.
      const isBesideInt = constants[1 - index]?.tag === Tag.INT;
      this.#load(Code.I32_LOAD, operand);
      if (isBesideInt) code.int(Tag.NUMBER);
      else {
        code.tee(Local.PLACE);
        code.int(-2);
        code.code(Code.I32_AND);
        code.int(Tag.DOUBLE);
      }
      code.code(Code.I32_NE);
      code.jumpIf(other);
      if (isBesideInt) return;
      code.get(Local.PLACE);
      code.get(Local.TAG);
      code.code(Code.I32_AND);
      code.set(Local.TAG);
    });
    [a, b].forEach((operand, index) => {
      const constant = constants[index];
      if (constant === undefined) this.#load(Code.F64_LOAD, operand, 8);
      else code.float(constant.tag === Tag.INT ? Number(constant.int) : constant.float);
    });
    return true;
  }

  /** Writes the float on the stack with the tag in TAG; every NaN becomes the one. */
  #storeFloat(dst: number): void {
    const code = this.#code;
    code.set(Local.FLOAT);
    code.int(dst);
    code.get(Local.FLOAT);
    code.float(Number.NaN);
    code.get(Local.FLOAT);
    code.get(Local.FLOAT);
    code.code(Code.F64_EQ, Code.SELECT);
    code.access(Code.F64_STORE, 8);
    code.int(dst);
    code.get(Local.TAG);
    code.code(Code.I64_EXTEND_I32_U);
    code.access(Code.I64_STORE, 0);
    this.#keepOwn(dst);
  }

  /** Keeps the int of a cell in a variable; goes to `other` where the result might be too large. */
  #pushSmall(operand: number, op: Op, local: number, other: Label): void {
    const code = this.#code;
    this.#load(Code.I64_LOAD, operand, 8);
    code.tee(local);
    if (op === Op.MUL) {
      code.get(local);
      code.code(Code.I64_EXTEND32_S, Code.I64_NE);
    } else {
      code.long(SAFE_INT);
      code.code(Code.I64_ADD);
      code.long(SAFE_INT * 2n);
      code.code(Code.I64_GT_U);
    }
    code.jumpIf(other);
  }

  #emitField(step: NativeStep): void {
    const { a, dst, address, immediate } = step;
    const isHas = step.step === Step.HAS_FIELD;
    const code = this.#code;
    code.block((end) => {
      code.block((other) => {
        this.#load(Code.I32_LOAD, a);
        code.int(Tag.MAP);
        code.code(Code.I32_NE);
        code.jumpIf(other);
        this.#load(Code.I32_LOAD, a, 8);
        code.tee(Local.OBJECT);
        code.access(Code.I64_LOAD, 8);
        code.int(0);
        code.access(Code.I64_LOAD32_U, address + StepField.CACHE);
        code.code(Code.I64_EQ);
        code.when(ValueType.I32);
        code.get(Local.OBJECT);
        code.int(0);
        code.access(Code.I32_LOAD, address + StepField.EXTRA);
        code.code(Code.I32_ADD);
        code.otherwise();
        code.get(Local.OBJECT);
        code.int(immediate);
        code.int(address);
        code.call(NativeImport.FIND_FIELD);
        code.close();
        code.tee(Local.OBJECT);
        if (isHas) {
          code.int(0);
          code.code(Code.I32_NE);
          this.#keepBool(dst);
        } else {
          code.code(Code.I32_EQZ);
          code.jumpIf(other);
          code.get(Local.OBJECT);
          this.#keepAddress(dst);
        }
        code.jump(end);
      });
      this.#callRare(step);
      code.code(Code.DROP);
      this.#keepOwn(dst);
    });
  }

  /** Leaves the address of the step to go on with on the stack. */
  #callRare({ address, index, op, dst, a, b }: NativeStep): void {
    const code = this.#code;
    for (const register of rangeOf(op, a, b, this.#layout.registers)) this.#spill(register);
    code.int(address);
    code.int(index);
    code.int(dst);
    if (isRange(op)) code.int(a);
    else this.#address(a);
    code.get(Local.SLOTS);
    this.#call(NativeImport.DO_RARE_STEP);
    this.#markUsed();
  }

  /** Writes what a register stands for into it. */
  #spill(register: number): void {
    const local = this.#addresses.get(register);
    if (local !== undefined) this.#copy(this.#cellOf(register), local);
  }

  #emitRare(step: NativeStep, target: Label | undefined): void {
    const { op, address, dst } = step;
    if (op === Op.DIV) return this.#emitArithmetic(step);
    if (op === Op.INDEX) return this.#emitIndex(step);
    if (op === Op.IN) return this.#emitMember(step);
    if (op === Op.MOD) return this.#computeBinary(step);
    if (op === Op.BUILDER_PUSH) return this.#emitPush(step);
    if (op === Op.CALL && step.b === 1 && step.cache === 0) return this.#emitCall(step);
    this.#callRare(step);
    if (target === undefined) this.#code.code(Code.DROP);
    else {
      this.#code.int(address + StepField.SIZE);
      this.#code.code(Code.I32_NE);
      this.#code.jumpIf(target);
    }
    if (isWriting(step)) this.#keepOwn(dst);
  }

  /** Membership in a constant list of a few short texts. */
  #emitMember(step: NativeStep): void {
    const { a, b, dst } = step;
    const code = this.#code;
    const texts = this.#isConstant(b) ? readTexts(this.#memory, b) : undefined;
    if (texts === undefined) return this.#computeBinary(step);
    // As findMember of access.ts: a unit of cost for each element, and the fuel of looking at them.
    const cost = BigInt(texts.length);
    const fuel = ((cost >> 4n) + 1n) << BigInt(COST_SIGN_SHIFT + 1);
    code.block((end) => {
      code.block((other) => {
        this.#requireText(a, other);
        code.get(Local.LEFT);
        code.long(cost);
        code.code(Code.I64_SUB);
        code.tee(Local.LONG);
        code.long(fuel);
        code.code(Code.I64_LT_S);
        code.jumpIf(other);
        code.get(Local.LONG);
        code.long(COST_SIGN);
        code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
        code.jumpIf(other);
        code.get(Local.LONG);
        code.long(fuel);
        code.code(Code.I64_SUB);
        code.set(Local.LEFT);
        texts.forEach((text, index) => {
          this.#isText(text);
          if (index > 0) code.code(Code.I32_OR);
        });
        this.#keepBool(dst);
        code.jump(end);
      });
      this.#computeBinary(step);
    });
  }

  /** An element of a list by a constant. */
  #emitIndex(step: NativeStep): void {
    const { a, b, dst } = step;
    const code = this.#code;
    const index = this.#isConstant(b) ? readIndex(readConstant(this.#memory, b)) : undefined;
    if (index === undefined) return this.#computeBinary(step);
    code.block((end) => {
      code.block((other) => {
        this.#load(Code.I32_LOAD, a);
        code.int(Tag.LIST);
        code.code(Code.I32_NE);
        code.jumpIf(other);
        this.#load(Code.I32_LOAD, a, 8);
        code.tee(Local.OBJECT);
        code.access(Code.I32_LOAD, 4);
        code.int(index);
        code.code(Code.I32_GT_U, Code.I32_EQZ);
        code.jumpIf(other);
        code.get(Local.OBJECT);
        code.int(OBJECT_HEADER_SIZE + index * CELL_SIZE);
        code.code(Code.I32_ADD);
        this.#keepAddress(dst);
        code.jump(end);
      });
      this.#computeBinary(step);
    });
  }

  /** Functions of one value that are short: size of a list or map, double of a float. */
  #emitCall(step: NativeStep): void {
    const { a, dst, immediate } = step;
    const code = this.#code;
    code.block((end) => {
      code.block((other) => {
        if (immediate === Fn.SIZE) {
          this.#load(Code.I32_LOAD, a);
          code.int(-2);
          code.code(Code.I32_AND);
          code.int(Tag.LIST);
          code.code(Code.I32_NE);
          code.jumpIf(other);
          code.int(dst);
          this.#load(Code.I32_LOAD, a, 8);
          code.access(Code.I64_LOAD32_U, 4);
          code.access(Code.I64_STORE, 8);
          code.int(dst);
          code.long(Tag.INT);
        } else if (immediate === Fn.TO_DOUBLE) {
          this.#load(Code.I32_LOAD, a);
          code.int(-2);
          code.code(Code.I32_AND);
          code.int(Tag.DOUBLE);
          code.code(Code.I32_NE);
          code.jumpIf(other);
          code.int(dst);
          this.#load(Code.F64_LOAD, a, 8);
          code.access(Code.F64_STORE, 8);
          code.int(dst);
          code.long(Tag.DOUBLE);
        } else return;
        code.access(Code.I64_STORE, 0);
        this.#keepOwn(dst);
        code.jump(end);
      });
      this.#callRare(step);
      code.code(Code.DROP);
      this.#keepOwn(dst);
    });
  }

  /** Appends to a list under construction that has room. */
  #emitPush(step: NativeStep): void {
    const { a, dst } = step;
    const code = this.#code;
    code.block((end) => {
      code.block((other) => {
        this.#load(Code.I32_LOAD, dst);
        code.int(BUILDER_TAG);
        code.code(Code.I32_NE);
        code.jumpIf(other);
        this.#load(Code.I32_LOAD, a);
        code.int(Tag.OPTIONAL);
        code.code(Code.I32_GT_S);
        code.jumpIf(other);
        this.#load(Code.I32_LOAD, dst, 8);
        code.tee(Local.OBJECT);
        code.access(Code.I32_LOAD, 4);
        code.tee(Local.PLACE);
        code.get(Local.OBJECT);
        code.access(Code.I32_LOAD, 12);
        code.code(Code.I32_GE_U);
        code.jumpIf(other);
        code.get(Local.OBJECT);
        code.get(Local.PLACE);
        code.int(1);
        code.code(Code.I32_ADD);
        code.access(Code.I32_STORE, 4);
        code.get(Local.OBJECT);
        code.get(Local.PLACE);
        code.int(4);
        code.code(Code.I32_SHL, Code.I32_ADD);
        code.tee(Local.OBJECT);
        this.#load(Code.I64_LOAD, a, 8);
        code.access(Code.I64_STORE, OBJECT_HEADER_SIZE + 8);
        code.get(Local.OBJECT);
        this.#load(Code.I64_LOAD, a);
        code.access(Code.I64_STORE, OBJECT_HEADER_SIZE);
        code.jump(end);
      });
      this.#callRare(step);
      code.code(Code.DROP);
    });
  }

  /** The head of a loop: pays for a turn and takes the next element. */
  #emitTurn(step: NativeStep, target: Label): void {
    const { a, b, dst, address, extra, extraHigh } = step;
    const code = this.#code;
    const turn = (BigInt(extraHigh) << 32n) | BigInt(extra);
    this.#skipElements(step, turn);
    code.get(Local.LEFT);
    code.long(turn);
    code.code(Code.I64_SUB);
    code.tee(Local.LEFT);
    code.long(SPENT);
    code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
    code.when();
    this.#endTurn(step, target);
    code.close();
    code.block((end) => {
      code.block((other) => {
        this.#load(Code.I64_LOAD, a);
        code.long(ITERATOR_TAG);
        code.code(Code.I64_NE);
        code.jumpIf(other);
        this.#takeElement(step, target);
        code.jump(end);
      });
      this.#callRare(step);
      code.int(address + StepField.SIZE);
      code.code(Code.I32_NE);
      code.jumpIf(target);
      this.#keepOwn(dst);
      if (b !== 0) this.#keepOwn(b);
    });
  }

  /** Passes at once over elements that the loop would skip one by one, and pays for them. */
  #skipElements({ index, a, b, dst, immediate, address, extra }: NativeStep, turn: bigint): void {
    const skip = b === 0 && extra < SKIP_COST_MAX ? findSkip(this.#expression.steps, index) : undefined;
    if (skip === undefined) return;
    const exit = index + (immediate - address) / StepField.SIZE;
    // What the last of them left in registers must not be missed.
    if (this.#live === undefined || [dst, ...skip.written].some((register) => this.#isLive(register, exit))) return;
    const code = this.#code;
    code.block((end) => {
      this.#load(Code.I64_LOAD, a);
      code.long(ITERATOR_TAG);
      code.code(Code.I64_NE);
      code.jumpIf(end);
      this.#load(Code.I32_LOAD, a, 12);
      code.tee(Local.PLACE);
      code.int(SKIP_STRIDE - 1);
      code.code(Code.I32_AND);
      code.jumpIf(end);
      this.#load(Code.I32_LOAD, a, 8);
      code.get(Local.PLACE);
      code.int(skip.key);
      code.int(skip.flags);
      code.float(skip.constant);
      code.call(NativeImport.SKIP_COLUMN);
      code.tee(Local.OBJECT);
      code.get(Local.PLACE);
      code.code(Code.I32_EQ);
      code.jumpIf(end);
      code.get(Local.LEFT);
      code.get(Local.OBJECT);
      code.get(Local.PLACE);
      code.code(Code.I32_SUB, Code.I64_EXTEND_I32_U);
      code.long(turn);
      code.code(Code.I64_MUL, Code.I64_SUB);
      code.tee(Local.LONG);
      code.long(SPENT);
      code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
      code.jumpIf(end);
      code.get(Local.LONG);
      code.set(Local.LEFT);
      const base = this.#base(a);
      code.get(Local.OBJECT);
      code.access(Code.I32_STORE, base + 12);
    });
  }

  #endTurn({ address, a, index }: NativeStep, target: Label): void {
    const code = this.#code;
    code.int(address);
    this.#address(a);
    this.#call(NativeImport.END_TURN);
    code.code(Code.I32_EQZ);
    code.when();
    code.int(index);
    this.#call(NativeImport.END_SPENT);
    code.jump(this.#result);
    code.close();
    code.jump(target);
  }

  #takeElement({ a, b, dst, extra }: NativeStep, target: Label): void {
    const code = this.#code;
    this.#load(Code.I32_LOAD, a, 12);
    code.tee(Local.PLACE);
    this.#load(Code.I32_LOAD, a, 8);
    code.tee(Local.OBJECT);
    code.access(Code.I32_LOAD, 4);
    code.code(Code.I32_GE_U);
    code.when();
    if (extra !== 0) this.#changeLeft(-extra);
    code.jump(target);
    code.close();
    const base = this.#base(a);
    code.get(Local.PLACE);
    code.int(1);
    code.code(Code.I32_ADD);
    code.access(Code.I32_STORE, base + 12);
    code.get(Local.OBJECT);
    code.get(Local.PLACE);
    code.int(4);
    code.code(Code.I32_SHL, Code.I32_ADD);
    code.int(OBJECT_HEADER_SIZE);
    code.code(Code.I32_ADD);
    this.#keepAddress(b !== 0 ? b : dst);
    if (b === 0) return;
    code.int(dst);
    code.get(Local.PLACE);
    code.code(Code.I64_EXTEND_I32_U);
    code.access(Code.I64_STORE, 8);
    code.int(dst);
    code.long(Tag.INT);
    code.access(Code.I64_STORE, 0);
    this.#keepOwn(dst);
  }
}

const FLOAT_CODES = { [Op.ADD]: Code.F64_ADD, [Op.SUB]: Code.F64_SUB, [Op.MUL]: Code.F64_MUL, [Op.DIV]: Code.F64_DIV } as const;

function isFloatTag(tag: Tag): boolean {
  return tag === Tag.DOUBLE || tag === Tag.NUMBER;
}

/** The place in a list that a constant names; undefined where it names none. */
function readIndex({ tag, int, float }: ReturnType<typeof readConstant>): number | undefined {
  const index = tag === Tag.INT ? Number(int) : tag === Tag.NUMBER ? float : -1;
  return Number.isInteger(index) && index >= 0 && index < INDEX_COUNT_MAX ? index : undefined;
}

function floatComparison(flags: number): Code {
  if ((flags & CompareFlag.INVERTED) !== 0) return Code.F64_NE;
  const isEqual = (flags & CompareFlag.EQUAL) !== 0;
  if ((flags & CompareFlag.LESS) !== 0) return isEqual ? Code.F64_LE : Code.F64_LT;
  if ((flags & CompareFlag.GREATER) !== 0) return isEqual ? Code.F64_GE : Code.F64_GT;
  return Code.F64_EQ;
}

function intComparison(flags: number): Code {
  if ((flags & CompareFlag.INVERTED) !== 0) return Code.I64_NE;
  const isEqual = (flags & CompareFlag.EQUAL) !== 0;
  if ((flags & CompareFlag.LESS) !== 0) return isEqual ? Code.I64_LE_S : Code.I64_LT_S;
  if ((flags & CompareFlag.GREATER) !== 0) return isEqual ? Code.I64_GE_S : Code.I64_GT_S;
  return Code.I64_EQ;
}
