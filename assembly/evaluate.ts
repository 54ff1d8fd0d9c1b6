// The expression machine: a register bytecode (drawn in abi.ts) read from prepared code. Errors are values; nothing here
// throws. The common cases of numbers and fields are inline, the rest in the files that are imported.
import { CELL_SIZE, ExpressionError, INSTRUCTION_SIZE, NO_OPERAND, OBJECT_HEADER_SIZE, ObjectKind, OBJECT_KIND_MASK, Op, OPERAND_INDEX_MASK, OPERAND_KIND_SHIFT, Tag } from "./abi";
import { findMember, hasField, indexValue, makeList, makeMap, selectField } from "./access";
import { computeArithmetic, negate } from "./arithmetic";
import { auxOf, blameInstruction, copyCell, floatOf, intOf, objectOf, refuseOperand, setBool, setError, setFloat, setInt, tagOf } from "./cell";
import { compareCells, COMPARE_RETURN } from "./compare";
import { callFunction, callTemplate } from "./functions";
import { fuelLeft, setFuel, spendTurn } from "./fuel";
import { advanceIteration, closeBuilder, openBuilder, pushElement, startIteration } from "./iterate";
import { combineAnd, combineOr } from "./logic";
import { OPERAND_BASES, REGISTERS, RESULT_CELL, setNow } from "./machine";
import { prepareExpression, releaseExpression } from "./prepare";

export { fuelLeft, prepareExpression, releaseExpression, setFuel, setNow };

/** Ints of at most this size are exact as doubles. */
const SAFE_INT: i64 = 9007199254740992;
/** `order` of two cells that are not both plain numbers. */
const NO_FAST_ORDER: u32 = 8;

// @ts-ignore: decorator
@inline
function operandAt(operand: u32): usize {
  return <usize>load<u32>(OPERAND_BASES + (<usize>(operand >> OPERAND_KIND_SHIFT) << 2)) + (<usize>(operand & OPERAND_INDEX_MASK) << 4);
}

// @ts-ignore: decorator
@inline
function isFloatTag(tag: i32): bool {
  return (tag & ~1) == Tag.DOUBLE;
}

// @ts-ignore: decorator
@inline
function isExactInt(value: i64): bool {
  return <u64>(value + SAFE_INT) <= <u64>(SAFE_INT * 2);
}

// @ts-ignore: decorator
@inline
function orderFloats(x: f64, y: f64): u32 {
  return <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2);
}

/** Bits as COMPARE_LESS, _EQUAL, _GREATER (none: a NaN), or NO_FAST_ORDER. */
// @ts-ignore: decorator
@inline
function orderFast(a: usize, b: usize): u32 {
  const left = tagOf(a);
  const right = tagOf(b);
  if (isFloatTag(left)) {
    if (isFloatTag(right)) return orderFloats(floatOf(a), floatOf(b));
    if (right == Tag.INT && isExactInt(intOf(b))) return orderFloats(floatOf(a), <f64>intOf(b));
  } else if (left == Tag.INT) {
    if (right == Tag.INT) {
      const x = intOf(a);
      const y = intOf(b);
      return <u32>(x < y) | (<u32>(x == y) << 1) | (<u32>(x > y) << 2);
    }
    if (isFloatTag(right) && isExactInt(intOf(a))) return orderFloats(<f64>intOf(a), floatOf(b));
  }
  return NO_FAST_ORDER;
}

/** dst = a <op> b for + - * of INTs that do not overflow, and of floats with floats or small INTs. False: not such a case. */
// @ts-ignore: decorator
@inline
function computeFast(op: i32, dst: usize, a: usize, b: usize): bool {
  const left = tagOf(a);
  const right = tagOf(b);
  if (left == Tag.INT && right == Tag.INT) {
    const x = intOf(a);
    const y = intOf(b);
    if (!isExactInt(x) || !isExactInt(y)) return false;
    if (op == Op.MUL) {
      if (x != <i64><i32>x || y != <i64><i32>y) return false;
      setInt(dst, x * y);
    } else setInt(dst, op == Op.ADD ? x + y : x - y);
    return true;
  }
  if (left == Tag.NUMBER) {
    if (right != Tag.NUMBER && right != Tag.INT) return false;
    const y = right == Tag.INT ? <f64>intOf(b) : floatOf(b);
    setFloat(dst, Tag.NUMBER, op == Op.ADD ? floatOf(a) + y : op == Op.SUB ? floatOf(a) - y : floatOf(a) * y);
    return true;
  }
  return false;
}

/** Ends an evaluation whose fuel is spent. */
function endWithoutFuel(): usize {
  setError(RESULT_CELL, ExpressionError.OUT_OF_FUEL);
  return RESULT_CELL;
}

function clearRegisters(count: u32): void {
  const end = REGISTERS + (<usize>count << 4);
  for (let at = REGISTERS; at < end; at += CELL_SIZE) v128.store(at, i64x2.splat(0));
}

/**
 * Evaluates a prepared expression over the cells at `slots`. Returns the address of the result cell (a register, slot or
 * constant; an ERROR when it failed), valid until the next evaluation. What it builds lies in scratch.
 */
export function evaluate(record: usize, slots: usize): usize {
  const code = <usize>load<u32>(record);
  store<u32>(OPERAND_BASES, <u32>slots, 4);
  store<u32>(OPERAND_BASES, load<u32>(record, 8), 8);
  const unwritten = load<u32>(record, 28);
  if (unwritten != 0) clearRegisters(unwritten);
  let pc = code;
  while (true) {
    const word = load<u64>(pc);
    const op = <u32>word & 0xffff;
    const dst = REGISTERS + ((<usize>word >> 16) << 4);
    const operands = <u32>(word >> 32);
    const a = operandAt(operands & 0xffff);
    switch (op) {
      case Op.RETURN:
        if (tagOf(a) <= Tag.ERROR) return a;
        blameInstruction(<u32>(pc - code) >> 4);
        refuseOperand(RESULT_CELL, a);
        return RESULT_CELL;
      case Op.MOVE:
        blameInstruction(<u32>(pc - code) >> 4);
        if (tagOf(a) == Tag.ABSENT) refuseOperand(dst, a);
        else copyCell(dst, a);
        break;
      case Op.JUMP: {
        const target = code + load<u32>(pc, 8);
        blameInstruction(<u32>(pc - code) >> 4);
        if (target <= pc && !spendTurn()) return endWithoutFuel();
        pc = target;
        continue;
      }
      case Op.JUMP_FALSE:
      case Op.JUMP_TRUE: {
        if (tagOf(a) != Tag.BOOL || auxOf(a) != <u32>(op == Op.JUMP_TRUE)) break;
        const target = code + load<u32>(pc, 8);
        if (target <= pc && !spendTurn()) return endWithoutFuel();
        pc = target;
        continue;
      }
      case Op.JUMP_ERROR: {
        if (tagOf(a) != Tag.ERROR) break;
        const target = code + load<u32>(pc, 8);
        if (target <= pc && !spendTurn()) return endWithoutFuel();
        pc = target;
        continue;
      }
      case Op.BRANCH: {
        const isBool = tagOf(a) == Tag.BOOL;
        if (isBool && auxOf(a) != 0) break;
        if (!isBool) {
          blameInstruction(<u32>(pc - code) >> 4);
          refuseOperand(dst, a);
        }
        const target = code + (isBool ? load<u32>(pc, 8) : load<u32>(pc, 12));
        if (target <= pc && !spendTurn()) return endWithoutFuel();
        pc = target;
        continue;
      }
      case Op.NOT:
        blameInstruction(<u32>(pc - code) >> 4);
        if (tagOf(a) == Tag.BOOL) setBool(dst, auxOf(a) == 0);
        else refuseOperand(dst, a);
        break;
      case Op.NEGATE:
        blameInstruction(<u32>(pc - code) >> 4);
        negate(dst, a);
        break;
      case Op.AND:
        blameInstruction(<u32>(pc - code) >> 4);
        combineAnd(dst, a, operandAt(operands >> 16));
        break;
      case Op.OR:
        blameInstruction(<u32>(pc - code) >> 4);
        combineOr(dst, a, operandAt(operands >> 16));
        break;
      case Op.EQ:
      case Op.NE:
      case Op.LT:
      case Op.LE:
      case Op.GT:
      case Op.GE:
      case Op.EQ_JUMP_FALSE:
      case Op.NE_JUMP_FALSE:
      case Op.LT_JUMP_FALSE:
      case Op.LE_JUMP_FALSE:
      case Op.GT_JUMP_FALSE:
      case Op.GE_JUMP_FALSE:
      case Op.EQ_JUMP_TRUE:
      case Op.NE_JUMP_TRUE:
      case Op.LT_JUMP_TRUE:
      case Op.LE_JUMP_TRUE:
      case Op.GT_JUMP_TRUE:
      case Op.GE_JUMP_TRUE: {
        const b = operandAt(operands >> 16);
        const flags = load<u32>(pc, 12);
        const order = orderFast(a, b);
        let truth: u32;
        if (order != NO_FAST_ORDER) {
          truth = <u32>((order & flags) != 0) ^ ((flags >> 3) & 1);
          setBool(dst, <bool>truth);
          if ((flags & COMPARE_RETURN) != 0) return dst;
        } else {
          blameInstruction(<u32>(pc - code) >> 4);
          compareCells(flags, dst, a, b);
          if (tagOf(dst) != Tag.BOOL) break;
          truth = auxOf(dst);
        }
        if (((flags >> (4 + truth)) & 1) == 0) break;
        const target = code + load<u32>(pc, 8);
        if (target <= pc && !spendTurn()) return endWithoutFuel();
        pc = target;
        continue;
      }
      case Op.ADD: {
        const b = operandAt(operands >> 16);
        if (computeFast(Op.ADD, dst, a, b)) break;
        blameInstruction(<u32>(pc - code) >> 4);
        computeArithmetic(Op.ADD, dst, a, b);
        break;
      }
      case Op.SUB: {
        const b = operandAt(operands >> 16);
        if (computeFast(Op.SUB, dst, a, b)) break;
        blameInstruction(<u32>(pc - code) >> 4);
        computeArithmetic(Op.SUB, dst, a, b);
        break;
      }
      case Op.MUL: {
        const b = operandAt(operands >> 16);
        if (computeFast(Op.MUL, dst, a, b)) break;
        blameInstruction(<u32>(pc - code) >> 4);
        computeArithmetic(Op.MUL, dst, a, b);
        break;
      }
      case Op.DIV:
      case Op.MOD:
        blameInstruction(<u32>(pc - code) >> 4);
        computeArithmetic(op, dst, a, operandAt(operands >> 16));
        break;
      case Op.IN:
        blameInstruction(<u32>(pc - code) >> 4);
        findMember(dst, a, operandAt(operands >> 16));
        break;
      case Op.INDEX:
        blameInstruction(<u32>(pc - code) >> 4);
        indexValue(dst, a, operandAt(operands >> 16));
        break;
      case Op.FIELD:
      case Op.HAS_FIELD: {
        if (tagOf(a) == Tag.MAP) {
          const map = objectOf(a);
          if (load<u32>(map, 8) == load<u32>(pc, 12) && (load<u32>(map) & OBJECT_KIND_MASK) == ObjectKind.MAP_SHAPED) {
            if (op == Op.FIELD) copyCell(dst, map + OBJECT_HEADER_SIZE + (<usize>(operands >> 16) << 4));
            else setBool(dst, true);
            break;
          }
        }
        blameInstruction(<u32>(pc - code) >> 4);
        if (op == Op.FIELD) selectField(dst, a, pc);
        else hasField(dst, a, pc);
        break;
      }
      case Op.CALL:
        blameInstruction(<u32>(pc - code) >> 4);
        callFunction(load<u32>(pc, 8), dst, a, operands >> 16);
        break;
      case Op.TEMPLATE:
        blameInstruction(<u32>(pc - code) >> 4);
        callTemplate(dst, a, operands >> 16);
        break;
      case Op.MAKE_LIST:
        blameInstruction(<u32>(pc - code) >> 4);
        makeList(dst, a, operands >> 16);
        break;
      case Op.MAKE_MAP:
        blameInstruction(<u32>(pc - code) >> 4);
        makeMap(dst, a, operands >> 16);
        break;
      case Op.ITER_START:
        blameInstruction(<u32>(pc - code) >> 4);
        if (startIteration(dst, a)) break;
        if (!spendTurn()) return endWithoutFuel();
        pc = code + load<u32>(pc, 8);
        continue;
      case Op.ITER_NEXT: {
        blameInstruction(<u32>(pc - code) >> 4);
        if (!spendTurn()) return endWithoutFuel();
        const second = operands >> 16;
        if (advanceIteration(dst, a, second == NO_OPERAND ? 0 : REGISTERS + (<usize>second << 4))) break;
        pc = code + load<u32>(pc, 8);
        continue;
      }
      case Op.BUILDER_NEW:
        blameInstruction(<u32>(pc - code) >> 4);
        openBuilder(dst);
        break;
      case Op.BUILDER_PUSH:
        blameInstruction(<u32>(pc - code) >> 4);
        pushElement(dst, a);
        break;
      case Op.BUILDER_FINISH:
        blameInstruction(<u32>(pc - code) >> 4);
        closeBuilder(dst, a);
        break;
      case Op.COUNT:
        blameInstruction(<u32>(pc - code) >> 4);
        if (tagOf(dst) == Tag.INT && intOf(dst) != i64.MAX_VALUE) setInt(dst, intOf(dst) + 1);
        else refuseOperand(dst, dst);
        break;
      case Op.CHECK_BOOL:
        blameInstruction(<u32>(pc - code) >> 4);
        if (tagOf(a) <= Tag.OPTIONAL && tagOf(a) != Tag.BOOL) setError(dst, load<i32>(pc, 8));
        else if (tagOf(a) > Tag.ERROR) refuseOperand(dst, a);
        else copyCell(dst, a);
        break;
      default:
        unreachable();
    }
    pc += INSTRUCTION_SIZE;
  }
}
