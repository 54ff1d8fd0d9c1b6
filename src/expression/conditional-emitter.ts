// Emits `test ? yes : no`, and knows what cel-go leaves uncounted of its arms.
import { Op } from "../../assembly/abi.js";
import type { Ast, ConditionalNode, Spanned } from "./ast.js";
import { rootOfTypeName } from "./checker/type-names.js";
import type { CodeWriter, Operand, Register } from "./code-writer.js";
import { costOfChainRoot } from "./cost.js";

/** What a conditional needs of the emitter that it is part of. */
export interface ConditionalHost {
  readonly writer: CodeWriter;
  emit(node: Ast): Operand;
  emitInto(node: Ast, dst: Register): void;
  locate(node: Spanned): void;
  isVariable(name: string, isRooted: boolean): boolean;
}

export function emitConditional(host: ConditionalHost, node: ConditionalNode, dst: Register): Operand {
  const { writer } = host;
  const otherwise = writer.createLabel();
  const end = writer.createLabel();
  const mark = writer.mark();
  const test = host.emit(node.test);
  host.locate(node.test);
  writer.writeBranch(dst, test, otherwise, end);
  const branch = writer.lastInstruction;
  writer.release(mark);
  const whenTrue = emitArm(host, node.yes, dst);
  writer.writeJump(Op.JUMP, end);
  writer.place(otherwise);
  writer.setBranchCost(branch, whenTrue, emitArm(host, node.no, dst));
  writer.place(end);
  return dst;
}

/** Emits an arm and gives its units. */
function emitArm(host: ConditionalHost, node: Ast, dst: Register): number {
  const { writer } = host;
  const outer = writer.beginPart();
  host.emitInto(node, dst);
  writer.charge(-costOfRoot(host, node));
  return writer.endPart(outer);
}

/** Units of what a chain of selections begins with: cel-go counts none of them for an index and for the arms of ?: */
export function costOfRoot(host: ConditionalHost, node: Ast): number {
  const typed = rootOfTypeName(node);
  return typed !== undefined && !host.isVariable(typed.name, typed.isRooted) ? 0 : costOfChainRoot(node);
}
