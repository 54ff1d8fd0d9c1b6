// Heads of loops in generated code: a turn is paid for, the next element taken, and what the loop would only skip is passed over by columns.
import { ITERATOR_TAG, OBJECT_HEADER_SIZE, StepField, Tag } from "../../../assembly/abi.js";
import type { Label } from "./code-buffer.js";
import type { NativeFrame } from "./native-frame.js";
import { Local, NativeImport, SPENT } from "./native-layout.js";
import { findSkip, type NativeStep } from "./native-steps.js";
import { Code } from "./wasm-writer.js";

/** The columns of a list are asked at every so many elements. A power of two. */
const SKIP_STRIDE = 16;
/** A turn that costs more units is paid for by itself: the cost of all elements must not reach into the fuel. */
const SKIP_COST_MAX = 0x1_0000;

/** The head of a loop: pays for a turn and takes the next element. */
export function emitTurn(frame: NativeFrame, step: NativeStep, target: Label): void {
  const { a, b, dst, address, extra, extraHigh } = step;
  const code = frame.code;
  const turn = (BigInt(extraHigh) << 32n) | BigInt(extra);
  skipElements(frame, step, turn);
  code.get(Local.LEFT);
  code.long(turn);
  code.code(Code.I64_SUB);
  code.tee(Local.LEFT);
  code.long(SPENT);
  code.code(Code.I64_AND, Code.I64_EQZ, Code.I32_EQZ);
  code.when();
  endTurn(frame, step, target);
  code.close();
  code.block((end) => {
    code.block((other) => {
      frame.load(Code.I64_LOAD, a);
      code.long(ITERATOR_TAG);
      code.code(Code.I64_NE);
      code.jumpIf(other);
      takeElement(frame, step, target);
      code.jump(end);
    });
    frame.callRare(step);
    code.int(address + StepField.SIZE);
    code.code(Code.I32_NE);
    code.jumpIf(target);
    frame.keepOwn(dst);
    if (b !== 0) frame.keepOwn(b);
  });
}

/** Passes at once over elements that the loop would skip one by one, and pays for them. */
function skipElements(frame: NativeFrame, { index, a, b, dst, immediate, address, extra }: NativeStep, turn: bigint): void {
  const skip = b === 0 && extra < SKIP_COST_MAX ? findSkip(frame.expression.steps, index) : undefined;
  if (skip === undefined) return;
  const exit = index + (immediate - address) / StepField.SIZE;
  // What the last of them left in registers must not be missed.
  if (frame.live === undefined || [dst, ...skip.written].some((register) => frame.isLive(register, exit))) return;
  const code = frame.code;
  code.block((end) => {
    frame.load(Code.I64_LOAD, a);
    code.long(ITERATOR_TAG);
    code.code(Code.I64_NE);
    code.jumpIf(end);
    frame.load(Code.I32_LOAD, a, 12);
    code.tee(Local.PLACE);
    code.int(SKIP_STRIDE - 1);
    code.code(Code.I32_AND);
    code.jumpIf(end);
    frame.load(Code.I32_LOAD, a, 8);
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
    const base = frame.base(a);
    code.get(Local.OBJECT);
    code.access(Code.I32_STORE, base + 12);
  });
}

function endTurn(frame: NativeFrame, { address, a, index }: NativeStep, target: Label): void {
  const code = frame.code;
  code.int(address);
  frame.address(a);
  frame.call(NativeImport.END_TURN);
  code.code(Code.I32_EQZ);
  code.when();
  code.int(index);
  frame.call(NativeImport.END_SPENT);
  code.jump(frame.result);
  code.close();
  code.jump(target);
}

function takeElement(frame: NativeFrame, { a, b, dst, extra }: NativeStep, target: Label): void {
  const code = frame.code;
  frame.load(Code.I32_LOAD, a, 12);
  code.tee(Local.PLACE);
  frame.load(Code.I32_LOAD, a, 8);
  code.tee(Local.OBJECT);
  code.access(Code.I32_LOAD, 4);
  code.code(Code.I32_GE_U);
  code.when();
  if (extra !== 0) frame.changeLeft(-extra);
  code.jump(target);
  code.close();
  const base = frame.base(a);
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
  frame.keepAddress(b !== 0 ? b : dst);
  if (b === 0) return;
  code.int(dst);
  code.get(Local.PLACE);
  code.code(Code.I64_EXTEND_I32_U);
  code.access(Code.I64_STORE, 8);
  code.int(dst);
  code.long(Tag.INT);
  code.access(Code.I64_STORE, 0);
  frame.keepOwn(dst);
}
