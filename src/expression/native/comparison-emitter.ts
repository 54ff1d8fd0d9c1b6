// Comparisons of generated code: numbers and short texts in place, everything else by the kernel.
import { CompareFlag, Step, Tag } from "../../../assembly/abi.js";
import type { Label } from "./code-buffer.js";
import type { NativeFrame } from "./native-frame.js";
import { Local, NativeImport, NO_TRUTH, SAFE_INT } from "./native-layout.js";
import { type NativeStep, readText } from "./native-steps.js";
import { Code } from "./wasm-writer.js";

/** A comparison with a text of at most so many bytes costs one unit (cost.ts). */
const SHORT_TEXT_SIZE_MAX = 10;
/** Texts of more bytes take fuel to compare (compare.ts). */
const FREE_TEXT_SIZE = 1_024;

/** The fast ways go on from the truth that they have; what is left to the kernel may give an error, in the register itself. */
export function emitComparison(frame: NativeFrame, step: NativeStep, target: Label | undefined): void {
  const { cache, a, b, dst, index } = step;
  const code = frame.code;
  code.block((end) => {
    if (step.step === Step.COMPARE_CONSTANT) compareToConstant(frame, step, target, end);
    else if (!compareToText(frame, step, target, end)) compareNumbers(frame, step, target, end);
    code.int(index);
    code.int(cache);
    code.int(dst);
    frame.address(a);
    frame.address(b);
    frame.call(NativeImport.COMPARE_TRUTH);
    code.tee(Local.TRUTH);
    code.int(NO_TRUTH);
    code.code(Code.I32_EQ);
    code.when();
    frame.keepOwn(dst);
    code.jump(end);
    code.close();
    code.get(Local.TRUTH);
    goOn(frame, step, target, end);
  });
  if (target !== undefined) frame.charge(cache >>> CompareFlag.COST_SHIFT);
}

/** The truth is on the stack: to the target, or to `end` where the next step follows. */
function goOn(frame: NativeFrame, { cache, dst, index }: NativeStep, target: Label | undefined, end: Label): void {
  const code = frame.code;
  if (target === undefined) {
    // All costs are known: the next step, which returns it, need not be asked.
    if ((cache & CompareFlag.RETURN) !== 0) return code.jump(frame.boolResult);
    frame.keepBool(dst);
    return code.jump(end);
  }
  const isJumpWhenTrue = (cache & CompareFlag.JUMP_TRUE) !== 0;
  if (!isJumpWhenTrue) code.code(Code.I32_EQZ);
  code.when();
  frame.keepConstantBool(dst, isJumpWhenTrue);
  code.jump(target);
  code.close();
  if (frame.isLive(dst, index + 1)) frame.keepConstantBool(dst, !isJumpWhenTrue);
  code.jump(end);
}

function compareToConstant(frame: NativeFrame, step: NativeStep, target: Label | undefined, end: Label): void {
  const { cache, a, constant } = step;
  const code = frame.code;
  code.block((other) => {
    frame.load(Code.I32_LOAD, a);
    code.tee(Local.TAG);
    code.int(-2);
    code.code(Code.I32_AND);
    code.int(Tag.DOUBLE);
    code.code(Code.I32_NE);
    code.jumpIf(other);
    frame.load(Code.F64_LOAD, a, 8);
    code.float(constant);
    code.code(pickComparison(cache, FLOAT_CODES));
    goOn(frame, step, target, end);
  });
  code.block((other) => {
    code.get(Local.TAG);
    code.int(Tag.INT);
    code.code(Code.I32_NE);
    code.jumpIf(other);
    frame.load(Code.I64_LOAD, a, 8);
    requireExact(frame, other);
    code.get(Local.LONG);
    code.code(Code.F64_CONVERT_I64_S);
    code.float(constant);
    code.code(pickComparison(cache, FLOAT_CODES));
    goOn(frame, step, target, end);
  });
}

/** Equality with a short text of the program. False: it is none. */
function compareToText(frame: NativeFrame, step: NativeStep, target: Label | undefined, end: Label): boolean {
  const { cache, a, b } = step;
  if ((cache & (CompareFlag.LESS | CompareFlag.GREATER)) !== 0) return false;
  const text = readShortText(frame, b);
  if (text === undefined || frame.isConstant(a)) return false;
  const code = frame.code;
  code.block((other) => {
    frame.requireText(a, other);
    // What comparing them costs is known for texts of these sizes.
    code.get(Local.OBJECT);
    code.access(Code.I32_LOAD, 4);
    code.int(1);
    code.code(Code.I32_SUB);
    code.int(FREE_TEXT_SIZE);
    code.code(Code.I32_GE_U);
    code.jumpIf(other);
    frame.isText(text);
    if ((cache & CompareFlag.INVERTED) !== 0) code.code(Code.I32_EQZ);
    goOn(frame, step, target, end);
  });
  return true;
}

/** A constant text of 1 to 10 bytes, whose comparison costs one unit. */
function readShortText(frame: NativeFrame, operand: number): Uint8Array | undefined {
  if (!frame.isConstant(operand)) return undefined;
  return readText(frame.memory, operand, SHORT_TEXT_SIZE_MAX);
}

/** Keeps the int on the stack in LONG; goes to `other` where no double holds it exactly. */
function requireExact(frame: NativeFrame, other: Label): void {
  const code = frame.code;
  code.tee(Local.LONG);
  code.long(SAFE_INT);
  code.code(Code.I64_ADD);
  code.long(SAFE_INT * 2n);
  code.code(Code.I64_GT_U);
  code.jumpIf(other);
}

function compareNumbers(frame: NativeFrame, step: NativeStep, target: Label | undefined, end: Label): void {
  const { cache, a, b } = step;
  const code = frame.code;
  code.block((other) => {
    frame.areTags(a, b, -2, Tag.DOUBLE, other);
    frame.load(Code.F64_LOAD, a, 8);
    frame.load(Code.F64_LOAD, b, 8);
    code.code(pickComparison(cache, FLOAT_CODES));
    goOn(frame, step, target, end);
  });
  code.block((other) => {
    frame.areTags(a, b, -1, Tag.INT, other);
    frame.load(Code.I64_LOAD, a, 8);
    frame.load(Code.I64_LOAD, b, 8);
    code.code(pickComparison(cache, INT_CODES));
    goOn(frame, step, target, end);
  });
}

/** Codes of == < <= > >= !=. */
const FLOAT_CODES = [Code.F64_EQ, Code.F64_LT, Code.F64_LE, Code.F64_GT, Code.F64_GE, Code.F64_NE] as const;
const INT_CODES = [Code.I64_EQ, Code.I64_LT_S, Code.I64_LE_S, Code.I64_GT_S, Code.I64_GE_S, Code.I64_NE] as const;

/** Which of them the flags of a comparison name. */
function pickComparison(flags: number, codes: typeof FLOAT_CODES | typeof INT_CODES): Code {
  if ((flags & CompareFlag.INVERTED) !== 0) return codes[5];
  const isEqual = (flags & CompareFlag.EQUAL) !== 0;
  if ((flags & CompareFlag.LESS) !== 0) return isEqual ? codes[2] : codes[1];
  if ((flags & CompareFlag.GREATER) !== 0) return isEqual ? codes[4] : codes[3];
  return codes[0];
}
