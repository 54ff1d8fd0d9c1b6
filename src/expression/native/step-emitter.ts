// Writes one expression's steps as a WebAssembly function over the same cells: what the evaluator (assembly/evaluate.ts) does with each step,
// without reading it. Whatever is rare is left to the kernel's own functions, so both ways give the same results to the bit, errors, cost and
// fuel included.
import { CELL_SIZE, CompareFlag, Op, Step, StepField, Tag } from "../../../assembly/abi.js";
import { emitCall, emitField, emitIndex, emitMember, emitPush } from "./access-emitter.js";
import { emitArithmetic, emitRemainder } from "./arithmetic-emitter.js";
import type { Label } from "./code-buffer.js";
import { emitComparison } from "./comparison-emitter.js";
import { NativeFrame } from "./native-frame.js";
import { COST_SIGN, FALSE_HEAD, Local, LOCAL_TYPES, NativeImport, type NativeLayout, TRUE_HEAD } from "./native-layout.js";
import { isWriting, listLiveRegisters, type NativeExpression, type NativeStep, registerAt } from "./native-steps.js";
import { type Nest, nestJumps } from "./nesting.js";
import { emitTurn } from "./turn-emitter.js";
import { Code, ValueType, type WasmWriter } from "./wasm-writer.js";

/** Writes the body of the function, with its variables. False: the code cannot be nested; what was written is of no use. */
export function emitFunction(writer: WasmWriter, expression: NativeExpression, memory: DataView, layout: NativeLayout): boolean {
  return new StepEmitter(new NativeFrame(writer, expression, memory, layout)).emit();
}

class StepEmitter {
  readonly #frame: NativeFrame;

  constructor(frame: NativeFrame) {
    this.#frame = frame;
  }

  emit(): boolean {
    const { steps } = this.#frame.expression;
    const first = steps[0]?.address ?? 0;
    const indexOf = (address: number): number => (address - first) / StepField.SIZE;
    const nests = nestJumps(steps, indexOf);
    // A loop that ends where its body begins: the kernel does not say whether there was an element. No compiler writes it.
    const isOdd = steps.some(({ step, index, immediate }) => step === Step.ITER_NEXT && indexOf(immediate) === index + 1);
    if (nests === undefined || isOdd) return false;
    this.#frame.live = listLiveRegisters(steps, this.#frame.layout.registers, indexOf);
    const code = this.#frame.code;
    code.writer.unsigned(LOCAL_TYPES.length + 1);
    for (const [count, type] of [...LOCAL_TYPES, [this.#frame.addresses.size, ValueType.I32] as const]) {
      code.writer.unsigned(count);
      code.writer.byte(type);
    }
    const row = { name: "row" };
    code.open(row, Code.LOOP, ValueType.I32);
    this.#begin();
    code.open(this.#frame.boolResult, Code.BLOCK, ValueType.I32);
    code.open(this.#frame.result, Code.BLOCK, ValueType.I32);
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
    const code = this.#frame.code;
    const open: Nest[] = [];
    let next = 0;
    for (const step of this.#frame.expression.steps) {
      while (open.at(-1)?.to === step.index) {
        open.pop();
        code.close();
      }
      for (let nest = nests[next]; nest?.from === step.index; nest = nests[next]) {
        const label = { name: `step ${nest.isLoop ? nest.from : nest.to}` };
        this.#frame.targets.set(nest.isLoop ? nest.from : nest.to, label);
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
    const code = this.#frame.code;
    code.set(Local.OBJECT);
    this.#frame.storeLeft();
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
    const code = this.#frame.code;
    code.set(Local.TRUTH);
    this.#frame.storeLeft();
    code.get(Local.COUNT);
    code.code(Code.I32_EQZ);
    code.when();
    code.get(Local.TRUTH);
    this.#frame.boolAddress();
    code.code(Code.RETURN);
    code.close();
    code.get(Local.TRUTH);
    code.get(Local.TRUE_COUNT);
    code.code(Code.I32_ADD);
    code.set(Local.TRUE_COUNT);
  }

  /** Sets the counter, and what may be read before it is written. */
  #begin(): void {
    const { cost, unwrittenCount } = this.#frame.expression;
    const code = this.#frame.code;
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
      const local = this.#frame.addresses.get(register);
      if (local !== undefined) {
        code.int(this.#frame.layout.bools + 2 * CELL_SIZE);
        code.set(local);
      } else if (this.#frame.held.has(register)) {
        for (const offset of [0, 8]) {
          code.int(this.#frame.cellOf(register));
          code.long(0);
          code.access(Code.I64_STORE, offset);
        }
      }
    }
  }

  #emitStep(step: NativeStep, indexOf: (address: number) => number): void {
    const to = (address: number): Label => this.#frame.targets.get(indexOf(address)) as Label;
    switch (step.step) {
      case Step.RETURN:
        return this.#emitReturn(step);
      case Step.MOVE:
        return this.#emitMove(step);
      case Step.JUMP:
        return this.#frame.code.jump(to(step.immediate));
      case Step.JUMP_BOOL:
        return this.#emitJumpBool(step, to(step.immediate));
      case Step.JUMP_ERROR:
        this.#frame.load(Code.I32_LOAD, step.a);
        this.#frame.code.int(Tag.ERROR);
        this.#frame.code.code(Code.I32_EQ);
        return this.#frame.code.jumpIf(to(step.immediate));
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
        return emitComparison(this.#frame, step, isJump ? to(step.immediate) : undefined);
      }
      case Step.ADD:
      case Step.SUB:
      case Step.MUL:
        return emitArithmetic(this.#frame, step);
      case Step.FIELD:
      case Step.HAS_FIELD:
        return emitField(this.#frame, step);
      case Step.ITER_NEXT:
        return emitTurn(this.#frame, step, to(step.immediate));
      default:
        return this.#emitRare(step, step.op === Op.ITER_START ? to(step.immediate) : undefined);
    }
  }

  #emitReturn({ a, index }: NativeStep): void {
    const code = this.#frame.code;
    code.block((end) => {
      if (!this.#frame.isConstant(a)) {
        this.#frame.load(Code.I32_LOAD, a);
        code.int(Tag.ERROR);
        code.code(Code.I32_GT_S);
        code.jumpIf(end);
      }
      code.get(Local.LEFT);
      code.long(COST_SIGN);
      code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
      code.jumpIf(end);
      this.#frame.address(a);
      code.jump(this.#frame.result);
    });
    code.int(index);
    this.#frame.address(a);
    this.#frame.call(NativeImport.END_WITH_REFUSAL);
    code.jump(this.#frame.result);
  }

  #emitMove(step: NativeStep): void {
    const { a, dst } = step;
    const code = this.#frame.code;
    const isRegister = registerAt(a, this.#frame.layout.registers) >= 0;
    code.block((end) => {
      if (!this.#frame.isConstant(a)) {
        this.#frame.load(Code.I32_LOAD, a);
        code.int(Tag.ABSENT);
        code.code(Code.I32_EQ);
        code.when();
        this.#frame.refuse(step);
        code.jump(end);
        code.close();
      }
      this.#frame.address(a);
      if (isRegister) {
        // The other register may be written anew while this one stays.
        code.set(Local.OBJECT);
        this.#frame.copy(dst, Local.OBJECT);
        this.#frame.keepOwn(dst);
      } else this.#frame.keepAddress(dst);
    });
  }

  #emitJumpBool({ a, cache, extra }: NativeStep, target: Label): void {
    this.#frame.load(Code.I64_LOAD, a);
    this.#frame.code.long(cache === 0 ? FALSE_HEAD : TRUE_HEAD);
    this.#frame.code.code(Code.I64_EQ);
    this.#frame.code.jumpIf(target);
    this.#frame.charge(extra);
  }

  #emitBranch(step: NativeStep, whenFalse: Label, whenNone: Label): void {
    const code = this.#frame.code;
    code.block((end) => {
      this.#frame.load(Code.I64_LOAD, step.a);
      code.tee(Local.LONG);
      code.long(TRUE_HEAD);
      code.code(Code.I64_EQ);
      code.jumpIf(end);
      code.get(Local.LONG);
      code.long(FALSE_HEAD);
      code.code(Code.I64_EQ);
      code.when();
      this.#frame.charge(step.extraHigh);
      code.jump(whenFalse);
      code.close();
      this.#frame.refuse(step);
      code.jump(whenNone);
    });
    this.#frame.charge(step.extra);
  }

  #emitNot(step: NativeStep): void {
    const code = this.#frame.code;
    this.#frame.load(Code.I32_LOAD, step.a);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ);
    code.when();
    this.#frame.load(Code.I32_LOAD, step.a, 4);
    code.code(Code.I32_EQZ);
    this.#frame.keepBool(step.dst);
    code.otherwise();
    this.#frame.refuse(step);
    code.close();
  }

  #emitLogic(step: NativeStep): void {
    const code = this.#frame.code;
    const { a, b, dst } = step;
    this.#frame.load(Code.I32_LOAD, a);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ);
    this.#frame.load(Code.I32_LOAD, b);
    code.int(Tag.BOOL);
    code.code(Code.I32_EQ, Code.I32_AND);
    code.when();
    this.#frame.load(Code.I32_LOAD, a, 4);
    this.#frame.load(Code.I32_LOAD, b, 4);
    code.code(step.step === Step.AND ? Code.I32_AND : Code.I32_OR);
    this.#frame.keepBool(dst);
    code.otherwise();
    this.#frame.computeBinary(step);
    code.close();
  }

  #emitRare(step: NativeStep, target: Label | undefined): void {
    const { op, address, dst } = step;
    if (op === Op.DIV) return emitArithmetic(this.#frame, step);
    if (op === Op.INDEX) return emitIndex(this.#frame, step);
    if (op === Op.IN) return emitMember(this.#frame, step);
    if (op === Op.MOD) return emitRemainder(this.#frame, step);
    if (op === Op.BUILDER_PUSH) return emitPush(this.#frame, step);
    if (op === Op.CALL && step.b === 1 && step.cache === 0) return emitCall(this.#frame, step);
    this.#frame.callRare(step);
    if (target === undefined) this.#frame.code.code(Code.DROP);
    else {
      this.#frame.code.int(address + StepField.SIZE);
      this.#frame.code.code(Code.I32_NE);
      this.#frame.code.jumpIf(target);
    }
    if (isWriting(step)) this.#frame.keepOwn(dst);
  }
}
