// Fields, elements, membership, short functions and lists under construction in generated code: the usual case in place, everything else by the kernel.
import { BUILDER_TAG, CELL_SIZE, COST_SIGN_SHIFT, Fn, OBJECT_HEADER_SIZE, Step, StepField, Tag } from "../../../assembly/abi.js";
import type { NativeFrame } from "./native-frame.js";
import { COST_SIGN, Local, NativeImport } from "./native-layout.js";
import { type NativeStep, readConstant, readTexts } from "./native-steps.js";
import { Code, ValueType } from "./wasm-writer.js";

/** Elements of a list by a constant: those below. */
const INDEX_COUNT_MAX = 0x100_0000;

export function emitField(frame: NativeFrame, step: NativeStep): void {
  const { a, dst, address, immediate } = step;
  const isHas = step.step === Step.HAS_FIELD;
  const code = frame.code;
  code.block((end) => {
    code.block((other) => {
      frame.load(Code.I32_LOAD, a);
      code.int(Tag.MAP);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      frame.load(Code.I32_LOAD, a, 8);
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
        frame.keepBool(dst);
      } else {
        code.code(Code.I32_EQZ);
        code.jumpIf(other);
        code.get(Local.OBJECT);
        frame.keepAddress(dst);
      }
      code.jump(end);
    });
    frame.callRare(step);
    code.code(Code.DROP);
    frame.keepOwn(dst);
  });
}

/** Membership in a constant list of a few short texts. */
export function emitMember(frame: NativeFrame, step: NativeStep): void {
  const { a, b, dst } = step;
  const code = frame.code;
  const texts = frame.isConstant(b) ? readTexts(frame.memory, b) : undefined;
  if (texts === undefined) return frame.computeBinary(step);
  // As findMember of access.ts: a unit of cost for each element, and the fuel of looking at them.
  const cost = BigInt(texts.length);
  const fuel = ((cost >> 4n) + 1n) << BigInt(COST_SIGN_SHIFT + 1);
  code.block((end) => {
    code.block((other) => {
      frame.requireText(a, other);
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
        frame.isText(text);
        if (index > 0) code.code(Code.I32_OR);
      });
      frame.keepBool(dst);
      code.jump(end);
    });
    frame.computeBinary(step);
  });
}

/** An element of a list by a constant. */
export function emitIndex(frame: NativeFrame, step: NativeStep): void {
  const { a, b, dst } = step;
  const code = frame.code;
  const index = frame.isConstant(b) ? readIndex(readConstant(frame.memory, b)) : undefined;
  if (index === undefined) return frame.computeBinary(step);
  code.block((end) => {
    code.block((other) => {
      frame.load(Code.I32_LOAD, a);
      code.int(Tag.LIST);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      frame.load(Code.I32_LOAD, a, 8);
      code.tee(Local.OBJECT);
      code.access(Code.I32_LOAD, 4);
      code.int(index);
      code.code(Code.I32_GT_U, Code.I32_EQZ);
      code.jumpIf(other);
      code.get(Local.OBJECT);
      code.int(OBJECT_HEADER_SIZE + index * CELL_SIZE);
      code.code(Code.I32_ADD);
      frame.keepAddress(dst);
      code.jump(end);
    });
    frame.computeBinary(step);
  });
}

/** Functions of one value that are short: size of a list or map, double of a float. */
export function emitCall(frame: NativeFrame, step: NativeStep): void {
  const { a, dst, immediate } = step;
  const code = frame.code;
  const isSize = immediate === Fn.SIZE;
  code.block((end) => {
    code.block((other) => {
      if (!isSize && immediate !== Fn.TO_DOUBLE) return;
      // Of two tags that differ in their last bit: list and map, double and JSON number.
      frame.load(Code.I32_LOAD, a);
      code.int(-2);
      code.code(Code.I32_AND);
      code.int(isSize ? Tag.LIST : Tag.DOUBLE);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      code.int(dst);
      frame.load(isSize ? Code.I32_LOAD : Code.I64_LOAD, a, 8);
      if (isSize) code.access(Code.I64_LOAD32_U, 4);
      code.access(Code.I64_STORE, 8);
      code.int(dst);
      code.long(isSize ? Tag.INT : Tag.DOUBLE);
      code.access(Code.I64_STORE, 0);
      frame.keepOwn(dst);
      code.jump(end);
    });
    frame.callRare(step);
    code.code(Code.DROP);
    frame.keepOwn(dst);
  });
}

/** Appends to a list under construction that has room. */
export function emitPush(frame: NativeFrame, step: NativeStep): void {
  const { a, dst } = step;
  const code = frame.code;
  code.block((end) => {
    code.block((other) => {
      frame.load(Code.I32_LOAD, dst);
      code.int(BUILDER_TAG);
      code.code(Code.I32_NE);
      code.jumpIf(other);
      frame.load(Code.I32_LOAD, a);
      code.int(Tag.OPTIONAL);
      code.code(Code.I32_GT_S);
      code.jumpIf(other);
      frame.load(Code.I32_LOAD, dst, 8);
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
      frame.load(Code.I64_LOAD, a, 8);
      code.access(Code.I64_STORE, OBJECT_HEADER_SIZE + 8);
      code.get(Local.OBJECT);
      frame.load(Code.I64_LOAD, a);
      code.access(Code.I64_STORE, OBJECT_HEADER_SIZE);
      code.jump(end);
    });
    frame.callRare(step);
    code.code(Code.DROP);
  });
}

/** The place in a list that a constant names; undefined where it names none. */
function readIndex({ tag, int, float }: ReturnType<typeof readConstant>): number | undefined {
  const index = tag === Tag.INT ? Number(int) : tag === Tag.NUMBER ? float : -1;
  return Number.isInteger(index) && index >= 0 && index < INDEX_COUNT_MAX ? index : undefined;
}
