// One generated function while it is written: where its operands and results are, what is left of fuel and cost, and calls into the kernel. A
// value that lies somewhere unchanging is kept as its address; what is left is in memory only while the kernel is called.
import { CELL_SIZE, OBJECT_HEADER_SIZE, Step, StepField, Tag } from "../../../assembly/abi.js";
import { CodeBuffer, type Label } from "./code-buffer.js";
import { Local, NativeImport, type NativeLayout } from "./native-layout.js";
import { isRange, isWriting, listHeldRegisters, type NativeExpression, type NativeStep, rangeOf, registerAt, visitReads } from "./native-steps.js";
import { Code, type WasmWriter } from "./wasm-writer.js";

export class NativeFrame {
  readonly code: CodeBuffer;
  readonly expression: NativeExpression;
  readonly memory: DataView;
  readonly layout: NativeLayout;
  readonly held: ReadonlySet<number>;
  /** Of a register that is kept as an address: the variable that holds it. */
  readonly addresses = new Map<number, number>();
  /** By the index of a step: where a jump to it goes. */
  readonly targets = new Map<number, Label>();
  /** Where a result goes: its address, or a bool, is on the stack. */
  readonly result: Label = { name: "result" };
  readonly boolResult: Label = { name: "bool" };
  /** By step: registers that are read from there on, as bits; undefined: there are too many. */
  live: Int32Array | undefined;

  constructor(writer: WasmWriter, expression: NativeExpression, memory: DataView, layout: NativeLayout) {
    this.code = new CodeBuffer(writer);
    this.expression = expression;
    this.memory = memory;
    this.layout = layout;
    this.held = listHeldRegisters(expression.steps, layout.registers);
    for (const step of expression.steps) {
      this.nameRegister(isWriting(step) ? registerAt(step.dst, layout.registers) : -1);
      if (step.step === Step.ITER_NEXT && step.b !== 0) this.nameRegister(registerAt(step.b, layout.registers));
      visitReads(step, layout.registers, (register) => this.nameRegister(register));
    }
  }

  cellOf(register: number): number {
    return this.layout.registers + register * CELL_SIZE;
  }

  nameRegister(register: number): void {
    if (register >= 0 && !this.held.has(register) && !this.addresses.has(register)) {
      this.addresses.set(register, Local.FIRST_ADDRESS + this.addresses.size);
    }
  }

  /** Puts an address on the stack; returns the offset that is to be added where it is used. */
  base(operand: number): number {
    if ((operand & 1) !== 0) {
      this.code.get(Local.SLOTS);
      return operand - 1;
    }
    const local = this.addresses.get(registerAt(operand, this.layout.registers));
    if (local === undefined) {
      this.code.int(0);
      return operand;
    }
    this.code.get(local);
    return 0;
  }

  /** Puts the address of an operand's cell on the stack. */
  address(operand: number): void {
    if ((operand & 1) !== 0) {
      this.code.get(Local.SLOTS);
      if (operand > 1) {
        this.code.int(operand - 1);
        this.code.code(Code.I32_ADD);
      }
      return;
    }
    const local = this.addresses.get(registerAt(operand, this.layout.registers));
    if (local === undefined) this.code.int(operand);
    else this.code.get(local);
  }

  load(code: Code, operand: number, offset = 0): void {
    const base = this.base(operand);
    this.code.access(code, base + offset);
  }

  /** Is the operand a cell that never changes while the expression is loaded? */
  isConstant(operand: number): boolean {
    const { steps } = this.expression;
    const end = (steps.at(-1)?.address ?? 0) + StepField.SIZE;
    return (operand & 1) === 0 && operand >= end && registerAt(operand, this.layout.registers) < 0;
  }

  /** May the register be read at that step or after it, as it is then? */
  isLive(dst: number, index: number): boolean {
    const register = registerAt(dst, this.layout.registers);
    return this.live === undefined || ((this.live[index] ?? -1) & (1 << register)) !== 0;
  }

  /** The result stands in the register itself. */
  keepOwn(dst: number): void {
    const local = this.addresses.get(registerAt(dst, this.layout.registers));
    if (local === undefined) return;
    this.code.int(dst);
    this.code.set(local);
  }

  /** The result is the cell whose address is on the stack, and never changes. */
  keepAddress(dst: number): void {
    const local = this.addresses.get(registerAt(dst, this.layout.registers));
    if (local === undefined) {
      this.code.set(Local.OBJECT);
      this.copy(dst, Local.OBJECT);
    } else this.code.set(local);
  }

  copy(dst: number, source: number): void {
    for (const offset of [0, 8]) {
      this.code.int(dst);
      this.code.get(source);
      this.code.access(Code.I64_LOAD, offset);
      this.code.access(Code.I64_STORE, offset);
    }
  }

  /** The result is the bool on the stack (0 or 1). */
  keepBool(dst: number): void {
    this.boolAddress();
    this.keepAddress(dst);
  }

  keepConstantBool(dst: number, isTrue: boolean): void {
    this.code.int(this.layout.bools + (isTrue ? CELL_SIZE : 0));
    this.keepAddress(dst);
  }

  boolAddress(): void {
    this.code.int(4);
    this.code.code(Code.I32_SHL);
    this.code.int(this.layout.bools);
    this.code.code(Code.I32_ADD);
  }

  /** Something may have been built, which the next row clears away. */
  markUsed(): void {
    this.code.int(1);
    this.code.set(Local.IS_USED);
  }

  charge(units: number): void {
    if (units === 0) return;
    this.changeLeft(units);
  }

  /** Takes cost units away; fewer than 0 are given back. */
  changeLeft(units: number): void {
    const code = this.code;
    code.get(Local.LEFT);
    code.long(Math.abs(units) < 0x8000_0000 ? units : BigInt(units));
    code.code(Code.I64_SUB);
    code.set(Local.LEFT);
  }

  storeLeft(): void {
    this.code.int(0);
    this.code.get(Local.LEFT);
    this.code.access(Code.I64_STORE, this.layout.left);
  }

  /** Calls the kernel, which may take of what is left. The arguments are on the stack. */
  call(index: NativeImport): void {
    const code = this.code;
    this.storeLeft();
    code.call(index);
    code.int(0);
    code.access(Code.I64_LOAD, this.layout.left);
    code.set(Local.LEFT);
  }

  refuse({ index, dst, a }: NativeStep): void {
    const code = this.code;
    code.int(index);
    code.int(dst);
    this.address(a);
    code.call(NativeImport.REFUSE);
    this.keepOwn(dst);
  }

  computeBinary({ index, op, dst, a, b }: NativeStep): void {
    const code = this.code;
    code.int(index);
    code.int(op);
    code.int(dst);
    this.address(a);
    this.address(b);
    this.call(NativeImport.COMPUTE_BINARY);
    this.markUsed();
    this.keepOwn(dst);
  }

  /** Leaves the address of the step to go on with on the stack. */
  callRare({ address, index, op, dst, a, b }: NativeStep): void {
    const code = this.code;
    for (const register of rangeOf(op, a, b, this.layout.registers)) this.spill(register);
    code.int(address);
    code.int(index);
    code.int(dst);
    if (isRange(op)) code.int(a);
    else this.address(a);
    code.get(Local.SLOTS);
    this.call(NativeImport.DO_RARE_STEP);
    this.markUsed();
  }

  /** Writes what a register stands for into it. */
  spill(register: number): void {
    const local = this.addresses.get(register);
    if (local !== undefined) this.copy(this.cellOf(register), local);
  }

  /** Goes to `other` unless both tags, masked, are this one. */
  areTags(a: number, b: number, mask: number, tag: Tag, other: Label): void {
    const code = this.code;
    for (const operand of [a, b]) {
      this.load(Code.I32_LOAD, operand);
      if (mask !== -1) {
        code.int(mask);
        code.code(Code.I32_AND);
      }
      code.int(tag);
      code.code(Code.I32_NE);
      code.jumpIf(other);
    }
  }

  /** Goes to `other` unless it is a text; keeps its object in OBJECT. */
  requireText(operand: number, other: Label): void {
    const code = this.code;
    this.load(Code.I32_LOAD, operand);
    code.int(Tag.STRING);
    code.code(Code.I32_NE);
    code.jumpIf(other);
    this.load(Code.I32_LOAD, operand, 8);
    code.set(Local.OBJECT);
  }

  /** Leaves whether the text in OBJECT has these bytes, at most 16. */
  isText(text: Uint8Array): void {
    const code = this.code;
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
}
