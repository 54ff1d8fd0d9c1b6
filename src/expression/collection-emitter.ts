// Emits list and map literals that are not constant: from registers side by side, or, where they are long, element by
// element through a builder.
import { Op } from "../../assembly/abi.js";
import type { Ast, ListNode, MapNode, Spanned } from "./ast.js";
import { CodeLimitError, type CodeWriter, type Operand, type Register } from "./code-writer.js";

/** Lists longer than this are built element by element, not from registers. */
export const REGISTER_LIST_COUNT_MAX = 32;
/** Entries of one map literal: they stand in registers together. */
export const MAP_ENTRY_COUNT_MAX = 1_000;

/** What collections need of the emitter that they are part of. */
export interface CollectionHost {
  readonly writer: CodeWriter;
  emit(node: Ast): Operand;
  emitInto(node: Ast, dst: Register): void;
  locate(node: Spanned): void;
}

/** A list of its items' values in `dst`; an error among them is the result. */
export function emitList(host: CollectionHost, node: ListNode, dst: Register): void {
  const { writer } = host;
  const mark = writer.mark();
  if (node.items.length > REGISTER_LIST_COUNT_MAX) {
    emitLongList(host, node, dst);
  } else {
    const base = writer.allocate(node.items.length);
    node.items.forEach((item, index) => {
      host.emitInto(item, base + index);
    });
    host.locate(node);
    writer.write(Op.MAKE_LIST, dst, base, node.items.length);
  }
  writer.release(mark);
}

function emitLongList(host: CollectionHost, node: ListNode, dst: Register): void {
  const { writer } = host;
  const end = writer.createLabel();
  const failed = writer.createLabel();
  const builder = writer.allocate();
  const element = writer.allocate();
  writer.write(Op.BUILDER_NEW, builder);
  for (const item of node.items) {
    host.emitInto(item, element);
    if (item.kind !== "literal") writer.writeJump(Op.JUMP_ERROR, failed, 0, element);
    writer.write(Op.BUILDER_PUSH, builder, element);
  }
  host.locate(node);
  writer.write(Op.BUILDER_FINISH, dst, builder);
  writer.writeJump(Op.JUMP, end);
  writer.place(failed);
  writer.write(Op.MOVE, dst, element);
  writer.place(end);
}

/** A list in `dst`: key, value, key, value … of a map literal. */
export function emitEntryList(host: CollectionHost, node: MapNode, dst: Register): void {
  const items = node.entries.flatMap(({ key, value }) => [key, value]);
  emitList(host, { kind: "list", start: node.start, end: node.end, items, hasOptional: false }, dst);
}

/** A map of its entries in `dst`. */
export function emitMap(host: CollectionHost, node: MapNode, dst: Register): void {
  emitEntries(
    host,
    node.entries.map(({ key, value }) => [() => host.emit(key), () => host.emit(value)] as const),
    node,
    dst,
  );
}

/** A map in `dst`: each entry's functions emit its key and its value. */
export function emitEntries(
  host: CollectionHost,
  entries: readonly (readonly [() => Operand, () => Operand])[],
  node: Spanned,
  dst: Register,
): void {
  const { writer } = host;
  if (entries.length > MAP_ENTRY_COUNT_MAX)
    throw new CodeLimitError(`A map literal has ${entries.length} entries; the limit is ${MAP_ENTRY_COUNT_MAX}`);
  const mark = writer.mark();
  const base = writer.allocate(entries.length * 2);
  entries.flat().forEach((emitPart, index) => {
    const inner = writer.mark();
    const operand = emitPart();
    host.locate(node);
    writer.write(Op.MOVE, base + index, operand);
    writer.release(inner);
  });
  host.locate(node);
  writer.write(Op.MAKE_MAP, dst, base, entries.length);
  writer.release(mark);
}
