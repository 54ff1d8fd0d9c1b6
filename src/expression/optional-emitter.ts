// Emits what looks at optional values: or(), orValue(), optMap(), optFlatMap(), and the optional items and entries of
// literals. What need not be computed (the alternative of a value that is there) is jumped over.
import { Fn, Op } from "../../assembly/abi.js";
import type { Ast, CallNode, ListNode, MapNode, OptionalMapNode, Spanned } from "./ast.js";
import { LIST_COST } from "./cost.js";
import type { CodeWriter, Label, Operand, Register } from "./code-writer.js";
import type { ConstantValue } from "./emitted-code.js";
import { type CollectionHost, emitEntryList, emitList } from "./collection-emitter.js";

/** What optionals need of the emitter that they are part of. */
export interface OptionalHost extends CollectionHost {
  readonly writer: CodeWriter;
  bind(name: string, register: Register): void;
  unbind(): void;
}

/** Writes a call of a kernel function over operands. */
export function writeCall(writer: CodeWriter, fn: Fn, dst: Register, operands: readonly Operand[]): void {
  const mark = writer.mark();
  const base = writer.allocate(operands.length);
  operands.forEach((operand, index) => {
    writer.write(Op.MOVE, base + index, operand);
  });
  writer.write(Op.CALL, dst, base, operands.length, fn);
  writer.release(mark);
}

/** Goes on where the optional has a value, else jumps; what is no optional is an error in `dst`, and jumps to `end`. Gives the BRANCH. */
function writeTest(writer: CodeWriter, dst: Register, optional: Register, empty: Label, end: Label): number {
  const mark = writer.mark();
  const test = writer.allocate();
  writer.write(Op.CALL, test, optional, 1, Fn.HAS_VALUE);
  writer.writeBranch(dst, test, empty, end);
  writer.release(mark);
  return writer.lastInstruction;
}

/** `target.or(alternative)` and `target.orValue(alternative)`; the alternative is only evaluated where it is needed. */
export function emitAlternative(host: OptionalHost, node: CallNode, target: Ast, alternative: Ast, dst: Register): Register {
  const { writer } = host;
  const mark = writer.mark();
  const empty = writer.createLabel();
  const end = writer.createLabel();
  const optional = writer.allocate();
  host.emitInto(target, optional);
  host.locate(node);
  const test = writeTest(writer, dst, optional, empty, end);
  if (node.name === "or") writer.write(Op.MOVE, dst, optional);
  else writer.write(Op.CALL, dst, optional, 1, Fn.OPTIONAL_VALUE);
  writer.writeJump(Op.JUMP, end);
  writer.place(empty);
  const outer = writer.beginPart();
  if (node.name === "or") {
    const other = host.emit(alternative);
    host.locate(node);
    writeCall(writer, Fn.OPTIONAL_OR, dst, [optional, other]);
  } else host.emitInto(alternative, dst);
  writer.setBranchCost(test, 0, writer.endPart(outer));
  writer.place(end);
  writer.release(mark);
  return dst;
}

/** `operand.optMap(variable, body)` and `operand.optFlatMap(variable, body)`. */
export function emitOptionalMap(host: OptionalHost, node: OptionalMapNode, dst: Register): Register {
  const { writer } = host;
  const mark = writer.mark();
  const empty = writer.createLabel();
  const end = writer.createLabel();
  const value = writer.allocate();
  host.emitInto(node.operand, value);
  host.locate(node);
  // hasValue(), and then either value() in a bind and optional.of(), or optional.none().
  writer.charge(1);
  const test = writeTest(writer, dst, value, empty, end);
  const outer = writer.beginPart();
  writer.charge(LIST_COST + (node.isFlat ? 1 : 2));
  writer.write(Op.CALL, value, value, 1, Fn.OPTIONAL_VALUE);
  host.bind(node.variable, value);
  if (node.isFlat) host.emitInto(node.body, dst);
  else {
    const result = writer.allocate();
    host.emitInto(node.body, result);
    host.locate(node);
    writer.write(Op.CALL, dst, result, 1, Fn.OPTIONAL_OF);
  }
  host.unbind();
  writer.setBranchCost(test, writer.endPart(outer), 1);
  writer.writeJump(Op.JUMP, end);
  writer.place(empty);
  writer.write(Op.MOVE, dst, writer.constant({ type: "none", value: null }));
  writer.place(end);
  writer.release(mark);
  return dst;
}

/** `a[?b]`, or `a.?b` with the field's name as a constant. */
export function emitOptionalIndex(host: OptionalHost, node: Spanned, operand: Operand, key: Operand, dst: Register): void {
  host.locate(node);
  writeCall(host.writer, Fn.OPTIONAL_INDEX, dst, [operand, key]);
}

/** A literal with optional items or entries: all of them as a list first, then those that are there. */
export function emitOptionalCollection(host: OptionalHost, node: ListNode | MapNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  const all = writer.allocate();
  if (node.kind === "list") emitList(host, node, all);
  else emitEntryList(host, node, all);
  const places =
    node.kind === "list" ? (node.optionals ?? []) : node.entries.flatMap(({ isOptional }, index) => (isOptional ? [index] : []));
  const items = places.map((value): ConstantValue => ({ type: "int", value }));
  host.locate(node);
  writeCall(writer, node.kind === "list" ? Fn.KEEP_ITEMS : Fn.KEEP_ENTRIES, dst, [all, writer.constant({ type: "list", items })]);
  writer.release(mark);
}
