// The instructions that the evaluator does not do itself: those that call into other files anyway, and the slow cases of
// those that it does. One function, so that the evaluator's own code stays small enough for its registers.
import { Op, Tag } from "./abi";
import { findMember, hasField, indexValue, makeList, makeMap, selectField } from "./access";
import { computeArithmetic, negate } from "./arithmetic";
import { blameInstruction, copyCell, intOf, refuseOperand, setError, setInt, tagOf } from "./cell";
import { chargeCall } from "./cost";
import { callCustom } from "./custom";
import { charge } from "./fuel";
import { callFunction, callTemplate } from "./functions";
import { advanceIteration, closeBuilder, hasNext, openBuilder, pushElement, startIteration } from "./iterate";
import { combineAnd, combineOr } from "./logic";
import { resolveOperand, STEP_B, STEP_CACHE, STEP_EXTRA, STEP_IMMEDIATE, STEP_PROGRAM, STEP_SIZE } from "./machine";
import { useZonesOf } from "./zones";

/** Does the step at `pc` (instruction number `instruction`). Returns the address of the next step. */
export function doRareStep(pc: usize, instruction: u32, dst: usize, a: usize, slots: usize): usize {
  blameInstruction(instruction);
  const b = load<u32>(pc, STEP_B);
  const op = <i32>load<u16>(pc, 2);
  switch (op) {
    case Op.ITER_START:
      if (startIteration(dst, a)) break;
      return load<u32>(pc, STEP_IMMEDIATE);
    case Op.ITER_NEXT:
      if (advanceIteration(dst, a, b)) break;
      charge(-<i64>load<u32>(pc, STEP_EXTRA));
      return load<u32>(pc, STEP_IMMEDIATE);
    case Op.NOT:
      refuseOperand(dst, a);
      break;
    case Op.NEGATE:
      negate(dst, a);
      break;
    case Op.FIELD:
      selectField(dst, a, pc);
      break;
    case Op.HAS_FIELD:
      hasField(dst, a, pc);
      break;
    case Op.CALL:
      useZonesOf(load<u32>(pc, STEP_PROGRAM));
      callFunction(load<u32>(pc, STEP_IMMEDIATE), dst, a, b);
      chargeCall(load<u32>(pc, STEP_IMMEDIATE), dst, a, b, load<u32>(pc, STEP_CACHE));
      break;
    case Op.CALL_CUSTOM:
      callCustom(dst, a, b, load<u32>(pc, STEP_CACHE), load<u32>(pc, STEP_IMMEDIATE));
      break;
    case Op.TEMPLATE:
      callTemplate(dst, a, b);
      chargeCall(0, dst, a, b, load<u32>(pc, STEP_CACHE));
      break;
    case Op.LEAVE:
      if (hasNext(a)) charge(<i64>load<u32>(pc, STEP_IMMEDIATE));
      break;
    case Op.MAKE_LIST:
      makeList(dst, a, b);
      break;
    case Op.MAKE_MAP:
      makeMap(dst, a, b);
      break;
    case Op.BUILDER_NEW:
      openBuilder(dst);
      break;
    case Op.BUILDER_PUSH:
      pushElement(dst, a);
      break;
    case Op.BUILDER_FINISH:
      closeBuilder(dst, a);
      break;
    case Op.COUNT:
      if (tagOf(dst) == Tag.INT && intOf(dst) != i64.MAX_VALUE) setInt(dst, intOf(dst) + 1);
      else refuseOperand(dst, dst);
      break;
    case Op.CHECK_BOOL:
      checkBool(dst, a, load<i32>(pc, STEP_IMMEDIATE));
      break;
    default:
      doBinary(op, dst, a, resolveOperand(b, slots));
  }
  return pc + STEP_SIZE;
}

function doBinary(op: i32, dst: usize, a: usize, b: usize): void {
  if (op == Op.IN) findMember(dst, a, b);
  else if (op == Op.INDEX) indexValue(dst, a, b);
  else if (op == Op.AND) combineAnd(dst, a, b);
  else if (op == Op.OR) combineOr(dst, a, b);
  else computeArithmetic(op, dst, a, b);
}

/** dst = a when it is a BOOL or an ERROR; any other value is the error `code`. */
function checkBool(dst: usize, a: usize, code: i32): void {
  const tag = tagOf(a);
  if (tag <= Tag.OPTIONAL && tag != Tag.BOOL) setError(dst, code);
  else if (tag > Tag.ERROR) refuseOperand(dst, a);
  else copyCell(dst, a);
}
