// Emits the macros that run over a list or map (langdef.md, "Macros", and those with two variables): loops with early
// exit, builders and a counter.
// An error in a predicate is a value: all() and exists() absorb it where another element decides, the others end with it.
import { Fn, NO_OPERAND, Op } from "../../assembly/abi.js";
import type { Ast, LoopNode } from "./ast.js";
import type { CodeWriter, Label, Operand, Register } from "./code-writer.js";

/** What a loop needs of the emitter that it is part of. */
export interface LoopHost {
  readonly writer: CodeWriter;
  /** Emits a value; the operand is a register, slot or constant. */
  emit(node: Ast): Operand;
  /** Emits what a loop runs over. */
  emitRange(node: Ast): Operand;
  /** Emits a value that must be a register holding an error where there is one, never an absent slot. */
  emitSettled(node: Ast): Operand;
  /** Emits a value and jumps to `label` where it is exactly `when`; otherwise goes on with the value in the operand. */
  emitJump(node: Ast, when: boolean, label: Label): Operand;
  bind(name: string, register: Register): void;
  unbind(): void;
  isBoundNode(node: Ast): boolean;
}

interface Loop {
  /** The next element. */
  readonly next: Label;
  /** No element is left. */
  readonly done: Label;
  /** After everything. */
  readonly end: Label;
  /** Of the first variable. */
  readonly element: Register;
}

/** Emits `node` with its result in `dst`. */
export function emitLoop(host: LoopHost, node: LoopNode, dst: Register): Register {
  switch (node.macro) {
    case "all":
      emitQuantifier(host, node, dst, true);
      break;
    case "exists":
      emitQuantifier(host, node, dst, false);
      break;
    case "exists_one":
      emitExistsOne(host, node, dst);
      break;
    case "sortBy":
      emitSortBy(host, node, dst);
      break;
    default:
      emitBuilder(host, node, dst);
  }
  return dst;
}

/** Opens the loop; `dst` receives the error of a range that is none. */
function openLoop(host: LoopHost, node: LoopNode, dst: Register, given?: Operand): Loop {
  const { writer } = host;
  const range = given ?? host.emitRange(node.range);
  const iterator = writer.allocate(2);
  const element = writer.allocate();
  const second = node.secondVariable === undefined ? NO_OPERAND : writer.allocate();
  const loop: Loop = { next: writer.createLabel(), done: writer.createLabel(), end: writer.createLabel(), element };
  const failed = writer.createLabel();
  writer.writeJump(Op.ITER_START, failed, iterator, range);
  writer.writeJump(Op.JUMP, loop.next);
  writer.place(failed);
  writer.write(Op.MOVE, dst, iterator);
  writer.writeJump(Op.JUMP, loop.end);
  writer.place(loop.next);
  writer.writeJump(Op.ITER_NEXT, loop.done, element, iterator, second);
  host.bind(node.variable, element);
  if (node.secondVariable !== undefined) host.bind(node.secondVariable, second);
  return loop;
}

/** Ends the names that `openLoop` gave. */
function closeLoop(host: LoopHost, node: LoopNode): void {
  if (node.secondVariable !== undefined) host.unbind();
  host.unbind();
}

function emitQuantifier(host: LoopHost, node: LoopNode, dst: Register, isAll: boolean): void {
  const { writer } = host;
  const mark = writer.mark();
  writer.write(Op.MOVE, dst, writer.constant({ type: "bool", value: isAll }));
  const loop = openLoop(host, node, dst);
  // An element that does not decide leaves dst as it is: true && x is x.
  const verdict = host.emitJump(node.body, isAll, loop.next);
  writer.write(isAll ? Op.AND : Op.OR, dst, dst, verdict);
  writer.writeJump(isAll ? Op.JUMP_FALSE : Op.JUMP_TRUE, loop.done, 0, dst);
  writer.writeJump(Op.JUMP, loop.next);
  writer.place(loop.done);
  writer.place(loop.end);
  closeLoop(host, node);
  writer.release(mark);
}

function emitExistsOne(host: LoopHost, node: LoopNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  const counter = writer.allocate();
  writer.write(Op.MOVE, counter, writer.constant({ type: "int", value: 0 }));
  const loop = openLoop(host, node, dst);
  const verdict = host.emitJump(node.body, false, loop.next);
  writer.writeBranch(dst, verdict, loop.next, loop.end);
  writer.write(Op.COUNT, counter);
  writer.writeJump(Op.JUMP, loop.next);
  writer.place(loop.done);
  writer.write(Op.EQ, dst, counter, writer.constant({ type: "int", value: 1 }));
  writer.place(loop.end);
  closeLoop(host, node);
  writer.release(mark);
}

/** `given`: what the loop runs over, where it was emitted before. */
function emitBuilder(host: LoopHost, node: LoopNode, dst: Register, given?: Operand): void {
  const { writer } = host;
  const mark = writer.mark();
  const builder = writer.allocate();
  writer.write(Op.BUILDER_NEW, builder);
  const loop = openLoop(host, node, dst, given);
  const predicate = node.macro === "filter" ? node.body : node.filter;
  if (predicate !== undefined) {
    const inner = writer.mark();
    const verdict = host.emitJump(predicate, false, loop.next);
    writer.writeBranch(dst, verdict, loop.next, loop.end);
    writer.release(inner);
  }
  const isPlain = node.macro === "filter" || (node.macro !== "transformMap" && host.isBoundNode(node.body));
  if (isPlain) {
    writer.write(Op.BUILDER_PUSH, builder, node.macro === "filter" ? loop.element : host.emit(node.body));
  } else {
    const failed = writer.createLabel();
    const value = host.emitSettled(node.body);
    writer.writeJump(Op.JUMP_ERROR, failed, 0, value);
    if (node.macro === "transformMap") writer.write(Op.BUILDER_PUSH, builder, loop.element);
    writer.write(Op.BUILDER_PUSH, builder, value);
    writer.writeJump(Op.JUMP, loop.next);
    writer.place(failed);
    writer.write(Op.MOVE, dst, value);
    writer.writeJump(Op.JUMP, loop.end);
  }
  if (isPlain) writer.writeJump(Op.JUMP, loop.next);
  writer.place(loop.done);
  finishBuilder(host, node, builder, dst);
  writer.place(loop.end);
  closeLoop(host, node);
  writer.release(mark);
}

/** The list built, or the map that it stands for. */
function finishBuilder({ writer }: LoopHost, { macro }: LoopNode, builder: Register, dst: Register): void {
  if (macro !== "transformMap" && macro !== "transformMapEntry") {
    writer.write(Op.BUILDER_FINISH, dst, builder);
    return;
  }
  const base = writer.allocate(2);
  writer.write(Op.BUILDER_FINISH, base, builder);
  writer.write(Op.MOVE, base + 1, writer.constant({ type: "list", items: [] }));
  if (macro === "transformMap") writer.write(Op.CALL, dst, base, 2, Fn.KEEP_ENTRIES);
  else writer.write(Op.CALL, dst, base, 1, Fn.MERGE_MAPS);
}

/** The range in the order of its elements' keys. */
function emitSortBy(host: LoopHost, node: LoopNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  const base = writer.allocate(2);
  writer.write(Op.MOVE, base, host.emitRange(node.range));
  emitBuilder(host, node, base + 1, base);
  writer.write(Op.CALL, dst, base, 2, Fn.SORT_BY);
  writer.release(mark);
}
