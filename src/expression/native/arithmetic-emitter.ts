// Sums, differences, products and quotients of generated code: of floats, JSON numbers and small ints in place, everything else by the kernel.
import { Op, Tag } from "../../../assembly/abi.js";
import type { Label } from "./code-buffer.js";
import type { NativeFrame } from "./native-frame.js";
import { Local, SAFE_INT } from "./native-layout.js";
import { type NativeStep, readConstant } from "./native-steps.js";
import { Code } from "./wasm-writer.js";

export function emitArithmetic(frame: NativeFrame, step: NativeStep): void {
  const { a, b, dst, op } = step;
  const code = frame.code;
  code.block((end) => {
    code.block((other) => {
      if (!pushFloats(frame, a, b, other)) return;
      code.code(FLOAT_CODES[op as keyof typeof FLOAT_CODES]);
      storeFloat(frame, dst);
      code.jump(end);
    });
    if (op === Op.DIV) return frame.computeBinary(step);
    code.block((other) => {
      frame.areTags(a, b, -1, Tag.INT, other);
      pushSmall(frame, a, op, Local.LONG, other);
      pushSmall(frame, b, op, Local.OTHER, other);
      code.int(dst);
      code.get(Local.LONG);
      code.get(Local.OTHER);
      code.code(op === Op.ADD ? Code.I64_ADD : op === Op.SUB ? Code.I64_SUB : Code.I64_MUL);
      code.access(Code.I64_STORE, 8);
      code.int(dst);
      code.long(Tag.INT);
      code.access(Code.I64_STORE, 0);
      frame.keepOwn(dst);
      code.jump(end);
    });
    frame.computeBinary(step);
  });
}

/** The remainder of two JSON numbers that are whole and exact, as for ints. */
export function emitRemainder(frame: NativeFrame, step: NativeStep): void {
  const { a, b, dst } = step;
  const code = frame.code;
  const constant = frame.isConstant(b) ? readConstant(frame.memory, b) : undefined;
  if (frame.isConstant(a) || (constant !== undefined && constant.tag !== Tag.NUMBER && constant.tag !== Tag.INT)) return frame.computeBinary(step);
  code.block((end) => {
    code.block((other) => {
      requireWhole(frame, a, Local.OTHER, other);
      if (constant === undefined) requireWhole(frame, b, Local.LONG, other);
      else {
        const value = constant.tag === Tag.INT ? constant.int : Number.isSafeInteger(constant.float) ? BigInt(constant.float) : 0n;
        // What divides by 0, or overflows, or is no whole number, is told by the kernel.
        if (value === 0n || value === -1n) return;
        code.long(value);
        code.set(Local.LONG);
      }
      code.get(Local.LONG);
      code.long(1);
      code.code(Code.I64_ADD);
      code.long(1);
      // Neither 0 nor -1.
      code.code(Code.I64_LE_U);
      code.jumpIf(other);
      code.get(Local.OTHER);
      code.get(Local.LONG);
      code.code(Code.I64_REM_S, Code.F64_CONVERT_I64_S);
      code.int(Tag.NUMBER);
      code.set(Local.TAG);
      storeFloat(frame, dst);
      code.jump(end);
    });
    frame.computeBinary(step);
  });
}

/** Keeps the int of a JSON number in a variable; goes to `other` where it is none, or not exact. */
function requireWhole(frame: NativeFrame, operand: number, local: number, other: Label): void {
  const code = frame.code;
  frame.load(Code.I32_LOAD, operand);
  code.int(Tag.NUMBER);
  code.code(Code.I32_NE);
  code.jumpIf(other);
  frame.load(Code.F64_LOAD, operand, 8);
  code.tee(Local.FLOAT);
  code.code(Code.F64_TRUNC);
  code.get(Local.FLOAT);
  code.code(Code.F64_NE);
  code.jumpIf(other);
  code.get(Local.FLOAT);
  code.code(Code.F64_ABS);
  code.float(Number(SAFE_INT));
  code.code(Code.F64_GT);
  code.jumpIf(other);
  code.get(Local.FLOAT);
  code.code(Code.I64_TRUNC_F64_S);
  code.set(local);
}

/** The numbers of both operands, the result's tag in TAG. Goes to `other` unless both are floats, or one a JSON number and the other an int. False: never. */
function pushFloats(frame: NativeFrame, a: number, b: number, other: Label): boolean {
  const code = frame.code;
  const constants = [a, b].map((operand) => (frame.isConstant(operand) ? readConstant(frame.memory, operand) : undefined));
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
    frame.load(Code.I32_LOAD, operand);
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
    if (constant === undefined) frame.load(Code.F64_LOAD, operand, 8);
    else code.float(constant.tag === Tag.INT ? Number(constant.int) : constant.float);
  });
  return true;
}

/** Writes the float on the stack with the tag in TAG; every NaN becomes the one. */
function storeFloat(frame: NativeFrame, dst: number): void {
  const code = frame.code;
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
  frame.keepOwn(dst);
}

/** Keeps the int of a cell in a variable; goes to `other` where the result might be too large. */
function pushSmall(frame: NativeFrame, operand: number, op: Op, local: number, other: Label): void {
  const code = frame.code;
  frame.load(Code.I64_LOAD, operand, 8);
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

const FLOAT_CODES = { [Op.ADD]: Code.F64_ADD, [Op.SUB]: Code.F64_SUB, [Op.MUL]: Code.F64_MUL, [Op.DIV]: Code.F64_DIV } as const;

function isFloatTag(tag: Tag): boolean {
  return tag === Tag.DOUBLE || tag === Tag.NUMBER;
}
