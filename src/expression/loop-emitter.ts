// Emits the macros that run over a list or map (langdef.md, "Macros", and those with two variables): loops with early
// exit, builders and a counter.
// An error in a predicate is a value: all() and exists() absorb it where another element decides, the others end with it.
import { Fn, NO_OPERAND, Op } from "../../assembly/abi.js";
import type { Ast, LoopNode } from "./ast.js";
import { LIST_COST, MAP_COST, TEXT_RATE } from "./cost.js";
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
  readonly iterator: Register;
  /** The instruction that carries the cost of a turn. */
  readonly turn: number;
  /** For `endPart`. */
  readonly outer: number;
}

// Cost units, as cel-go counts them where it expands the macros.
/** A turn of all() and exists() asks first whether the result is still open, then joins it with the body's. */
const ALL_ASK_COST = 2;
const EXISTS_ASK_COST = 3;
const JOIN_COST = 1;
/** One more element found. */
const COUNT_COST = 2;
/** The list so far, and it with a list of one element. */
const PUSH_COST = LIST_COST + 2;
/** The map so far with one more entry; of an entry that is a map, without the key's name. */
const INSERT_COST = 3;
const MERGE_COST = 2;
const RESULT_COST = 1;

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
  const next = writer.createLabel();
  const done = writer.createLabel();
  const end = writer.createLabel();
  const failed = writer.createLabel();
  writer.writeJump(Op.ITER_START, failed, iterator, range);
  writer.writeJump(Op.JUMP, next);
  writer.place(failed);
  writer.write(Op.MOVE, dst, iterator);
  writer.writeJump(Op.JUMP, end);
  writer.place(next);
  writer.writeJump(Op.ITER_NEXT, done, element, iterator, second);
  const loop: Loop = { next, done, end, element, iterator, turn: writer.lastInstruction, outer: writer.beginPart() };
  host.bind(node.variable, element);
  if (node.secondVariable !== undefined) host.bind(node.secondVariable, second);
  return loop;
}

/** Ends the names that `openLoop` gave, and what a turn costs. */
function closeLoop(host: LoopHost, node: LoopNode, { turn, outer }: Loop): void {
  host.writer.setCost(turn, host.writer.endPart(outer));
  if (node.secondVariable !== undefined) host.unbind();
  host.unbind();
}

function emitQuantifier(host: LoopHost, node: LoopNode, dst: Register, isAll: boolean): void {
  const { writer } = host;
  const mark = writer.mark();
  const askCost = isAll ? ALL_ASK_COST : EXISTS_ASK_COST;
  const decided = writer.createLabel();
  writer.charge(RESULT_COST);
  writer.write(Op.MOVE, dst, writer.constant({ type: "bool", value: isAll }));
  const loop = openLoop(host, node, dst);
  writer.charge(askCost + JOIN_COST);
  // An element that does not decide leaves dst as it is: true && x is x.
  const verdict = host.emitJump(node.body, isAll, loop.next);
  writer.write(isAll ? Op.AND : Op.OR, dst, dst, verdict);
  writer.writeJump(isAll ? Op.JUMP_FALSE : Op.JUMP_TRUE, decided, 0, dst);
  writer.writeJump(Op.JUMP, loop.next);
  writer.place(decided);
  writer.write(Op.LEAVE, 0, loop.iterator, 0, askCost);
  writer.place(loop.done);
  writer.place(loop.end);
  closeLoop(host, node, loop);
  writer.release(mark);
}

function emitExistsOne(host: LoopHost, node: LoopNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  const counter = writer.allocate();
  writer.charge(RESULT_COST + 1);
  writer.write(Op.MOVE, counter, writer.constant({ type: "int", value: 0 }));
  const loop = openLoop(host, node, dst);
  const verdict = host.emitJump(node.body, false, loop.next);
  writer.setCost(writer.lastJump, COUNT_COST);
  writer.writeBranch(dst, verdict, loop.next, loop.end);
  writer.write(Op.COUNT, counter);
  writer.writeJump(Op.JUMP, loop.next);
  writer.place(loop.done);
  writer.write(Op.EQ, dst, counter, writer.constant({ type: "int", value: 1 }));
  writer.place(loop.end);
  closeLoop(host, node, loop);
  writer.release(mark);
}

/** `given`: what the loop runs over, where it was emitted before. */
function emitBuilder(host: LoopHost, node: LoopNode, dst: Register, given?: Operand): void {
  const { writer } = host;
  const mark = writer.mark();
  const builder = writer.allocate();
  writer.charge(RESULT_COST + (isMapMacro(node) ? MAP_COST : LIST_COST));
  writer.write(Op.BUILDER_NEW, builder);
  const loop = openLoop(host, node, dst, given);
  const predicate = node.macro === "filter" ? node.body : node.filter;
  if (predicate === undefined) emitElement(host, node, builder, loop, dst);
  else {
    const inner = writer.mark();
    const verdict = host.emitJump(predicate, false, loop.next);
    const passed = writer.lastJump;
    writer.writeBranch(dst, verdict, loop.next, loop.end);
    writer.release(inner);
    const outer = writer.beginPart();
    emitElement(host, node, builder, loop, dst);
    writer.setCost(passed, writer.endPart(outer));
  }
  writer.place(loop.done);
  finishBuilder(host, node, builder, dst);
  writer.place(loop.end);
  closeLoop(host, node, loop);
  writer.release(mark);
}

function isMapMacro({ macro }: LoopNode): boolean {
  return macro === "transformMap" || macro === "transformMapEntry";
}

/** Adds what one turn gives, and goes on with the next. */
function emitElement(host: LoopHost, node: LoopNode, builder: Register, loop: Loop, dst: Register): void {
  const { writer } = host;
  writer.charge(node.macro === "transformMap" ? INSERT_COST : node.macro === "transformMapEntry" ? MERGE_COST : PUSH_COST);
  if (node.macro === "filter") writer.charge(1);
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
}

/** The list built, or the map that it stands for. */
function finishBuilder({ writer }: LoopHost, node: LoopNode, builder: Register, dst: Register): void {
  if (!isMapMacro(node)) {
    writer.write(Op.BUILDER_FINISH, dst, builder);
    return;
  }
  const base = writer.allocate(2);
  writer.write(Op.BUILDER_FINISH, base, builder);
  writer.write(Op.MOVE, base + 1, writer.constant({ type: "list", items: [] }));
  if (node.macro === "transformMap") writer.write(Op.CALL, dst, base, 2, Fn.KEEP_ENTRIES);
  else writer.write(Op.CALL, dst, base, 1, Fn.MERGE_MAPS);
}

/** The range in the order of its elements' keys. */
function emitSortBy(host: LoopHost, node: LoopNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  const base = writer.allocate(2);
  // The range stands in a bind, and its name twice in the expansion.
  writer.charge(LIST_COST + 2);
  writer.write(Op.MOVE, base, host.emitRange(node.range));
  emitBuilder(host, node, base + 1, base);
  writer.write(Op.CALL, dst, base, 2, Fn.SORT_BY);
  writer.setCost(writer.lastInstruction, TEXT_RATE);
  writer.release(mark);
}
