// Emits what looks at variables that share a namespace (`vars.a`, `vars.b`) as at a map: which of them have a value.
import { Fn, Op } from "../../assembly/abi.js";
import type { Spanned } from "./ast.js";
import { CodeLimitError, type Operand, type Register } from "./code-writer.js";
import { type CollectionHost, MAP_ENTRY_COUNT_MAX } from "./collection-emitter.js";
import { MAP_COST } from "./cost.js";
import { writeCall } from "./optional-emitter.js";

/** A map in `dst` of the fields that have a value. `slotOf`: the slot of `name.field`. */
export function emitNamespace(
  host: CollectionHost,
  node: Spanned & { readonly name: string },
  fields: readonly string[],
  slotOf: (name: string) => number | undefined,
  dst: Register,
): Register {
  const entries = fields.map((field) => [field, () => host.writer.slot(slotOf(`${node.name}.${field}`) as number)] as const);
  return emitPresent(host, entries, node, dst);
}

/** A map in `dst` of the entries whose values are no errors. */
export function emitPresent(host: CollectionHost, entries: readonly (readonly [string, () => Operand])[], node: Spanned, dst: Register): Register {
  const { writer } = host;
  if (entries.length > MAP_ENTRY_COUNT_MAX)
    throw new CodeLimitError(`A map of ${entries.length} names; the limit is ${MAP_ENTRY_COUNT_MAX}`);
  const mark = writer.mark();
  const [builder, element] = [writer.allocate(), writer.allocate()];
  host.locate(node);
  writer.charge(MAP_COST + entries.length);
  writer.write(Op.BUILDER_NEW, builder);
  for (const [key, emitEntry] of entries) {
    const [absent, end] = [writer.createLabel(), writer.createLabel()];
    writer.write(Op.MOVE, element, writer.constant({ type: "string", value: key }));
    writer.write(Op.BUILDER_PUSH, builder, element);
    const inner = writer.mark();
    writer.write(Op.MOVE, element, emitEntry());
    writer.release(inner);
    writer.writeJump(Op.JUMP_ERROR, absent, 0, element);
    writer.write(Op.CALL, element, element, 1, Fn.OPTIONAL_OF);
    writer.writeJump(Op.JUMP, end);
    writer.place(absent);
    writer.write(Op.MOVE, element, writer.constant({ type: "none", value: null }));
    writer.place(end);
    writer.write(Op.BUILDER_PUSH, builder, element);
  }
  writer.write(Op.BUILDER_FINISH, element, builder);
  const places = entries.map((_, value) => ({ type: "int", value }) as const);
  writeCall(writer, Fn.KEEP_ENTRIES, dst, [element, writer.constant({ type: "list", items: places })]);
  writer.release(mark);
  return dst;
}

/** Whether a variable has a value, in `dst`. */
export function emitPresence(host: CollectionHost, node: Spanned, slot: number, dst: Register): Register {
  const { writer } = host;
  const [absent, end] = [writer.createLabel(), writer.createLabel()];
  host.locate(node);
  writer.charge(2);
  writer.write(Op.MOVE, dst, writer.slot(slot));
  writer.writeJump(Op.JUMP_ERROR, absent, 0, dst);
  writer.write(Op.MOVE, dst, writer.constant({ type: "bool", value: true }));
  writer.writeJump(Op.JUMP, end);
  writer.place(absent);
  writer.write(Op.MOVE, dst, writer.constant({ type: "bool", value: false }));
  writer.place(end);
  return dst;
}
