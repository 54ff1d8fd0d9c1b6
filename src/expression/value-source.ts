// Emits the values of a definition: one expression, a template, a constant, or a map of them, as one piece of code.
import { Op } from "../../assembly/abi.js";
import type { ExpressionSource, TypeName, ValueSource } from "../model/definition.js";
import type { Finding, Place } from "../model/errors.js";
import { encodeValue } from "../model/value.js";
import type { LiteralType } from "./ast.js";
import { emitEntries } from "./collection-emitter.js";
import { LIST_COST, MAP_COST, TEXT_RATE } from "./cost.js";
import { CodeLimitError, type Operand } from "./code-writer.js";
import type { ConstantValue } from "./emitted-code.js";
import { type EmittedExpression, Emitter, type ExpressionScope } from "./emitter.js";
import { FindingList } from "./finding-list.js";
import { emitPresent } from "./namespace-emitter.js";
import { parseInto } from "./parser.js";
import { isAssignable, type StaticType } from "./type.js";

/** Parts of one template. */
export const TEMPLATE_PART_COUNT_MAX = 1_000;

export interface EmitValueOptions {
  /** What the value must be, e.g. `bool`. */
  readonly expected?: TypeName;
  /** The whole document that places refer to, for snippets; only where expressions are copied from it unchanged. */
  readonly document?: string;
  /** Of a map: entries that fail are left out. */
  readonly isPartial?: boolean;
}

/**
 * Emits one value. A template is always a string, also where one expression is all of it. Spans of the
 * code are offsets from the start of the source's place.
 */
export function emitValue(source: ValueSource, scope: ExpressionScope, options: EmitValueOptions = {}): EmittedExpression {
  const { expected, document } = options;
  const emission = new ValueEmission(scope, placeOf(source), document);
  const code = emission.emitter.emitRoot(() => (options.isPartial === true && source.kind === "map" ? emission.emitPartialMap(source) : emission.emit(source)));
  const { type } = emission;
  const { inferred } = emission.emitter;
  const findings = emission.findings();
  if (expected !== undefined && !isAssignable(type, expected)) {
    const message = `The value is of type ${type}; ${expected} is needed`;
    findings.push({ severity: "error", code: "expression/no-such-overload", message, place: placeOf(source) });
  }
  return { code, findings, type, inferred, uses: emission.emitter.uses };
}

function placeOf(source: ValueSource): Place {
  return source.kind === "expression" ? source.expression.place : source.place;
}

class ValueEmission {
  readonly emitter: Emitter;
  /** Of the value emitted last. */
  type: StaticType = "any";
  private readonly base: Place;
  private readonly document: string | undefined;
  private readonly list = new FindingList();
  private readonly done: Finding[] = [];

  constructor(scope: ExpressionScope, base: Place, document: string | undefined) {
    this.emitter = new Emitter(scope, this.list);
    this.base = base;
    this.document = document;
  }

  findings(): Finding[] {
    return [...this.done, ...this.list.resolve("").map((finding) => ({ ...finding, place: this.base }))];
  }

  emit(source: ValueSource): Operand {
    switch (source.kind) {
      case "expression":
        return this.emitSource(source.expression);
      case "template":
        return this.emitTemplate(source.parts, source.place);
      case "literal":
        return this.emitLiteral(source.value);
      case "map":
        return this.emitMap(source);
      case "list":
        return this.emitList(source);
    }
  }

  private emitSource({ text, place }: ExpressionSource): Operand {
    const { list, emitter } = this;
    const ast = parseInto(text, list);
    emitter.writer.offset = place.start - this.base.start;
    const operand = emitter.emitChecked(ast);
    this.type = emitter.type;
    emitter.writer.offset = 0;
    const origin = this.document === undefined ? { place } : { place, document: this.document };
    this.done.push(...list.take(text, origin));
    return operand;
  }

  private emitTemplate(parts: readonly (string | ExpressionSource)[], place: Place): Operand {
    const { writer } = this.emitter;
    const used = parts.filter((part) => part !== "");
    if (used.every((part) => typeof part === "string")) return this.emitLiteral(used.join(""));
    if (used.length > TEMPLATE_PART_COUNT_MAX)
      throw new CodeLimitError(`The template has ${used.length} parts; the limit is ${TEMPLATE_PART_COUNT_MAX}`);
    const dst = writer.allocate();
    const mark = writer.mark();
    const first = writer.allocate(used.length);
    used.forEach((part, index) => {
      const inner = writer.mark();
      const operand = typeof part === "string" ? writer.constant({ type: "string", value: part }) : this.emitSource(part);
      writer.write(Op.MOVE, first + index, operand);
      writer.release(inner);
    });
    writer.spanStart = 0;
    writer.spanEnd = place.end - place.start;
    writer.write(Op.TEMPLATE, dst, first, used.length);
    writer.setCost(writer.lastInstruction, TEXT_RATE);
    writer.release(mark);
    this.type = "string";
    return dst;
  }

  private emitLiteral(value: unknown): Operand {
    this.type = typeOfLiteral(value);
    return this.emitter.writer.constant(toConstant(value));
  }

  private emitMap(source: ValueSource & { kind: "map" }): Operand {
    const { emitter } = this;
    const dst = emitter.writer.allocate();
    emitter.writer.charge(MAP_COST);
    const entries = source.entries.map(
      ({ key, value }) => [() => emitter.writer.constant({ type: "string", value: key }), () => this.emit(value)] as const,
    );
    emitEntries(emitter, entries, { start: 0, end: source.place.end - source.place.start }, dst);
    this.type = "map";
    return dst;
  }

  emitPartialMap(source: ValueSource & { kind: "map" }): Operand {
    const { emitter } = this;
    const entries = source.entries.map(({ key, value }) => [key, () => this.emit(value)] as const);
    const dst = emitPresent(emitter, entries, { start: 0, end: source.place.end - source.place.start }, emitter.writer.allocate());
    this.type = "map";
    return dst;
  }

  private emitList({ elements }: ValueSource & { kind: "list" }): Operand {
    const { writer } = this.emitter;
    const dst = writer.allocate();
    const mark = writer.mark();
    const [builder, element] = [writer.allocate(), writer.allocate()];
    const [end, failed] = [writer.createLabel(), writer.createLabel()];
    writer.charge(LIST_COST);
    writer.write(Op.BUILDER_NEW, builder);
    for (const each of elements) {
      const inner = writer.mark();
      writer.write(Op.MOVE, element, this.emit(each));
      writer.writeJump(Op.JUMP_ERROR, failed, 0, element);
      writer.write(Op.BUILDER_PUSH, builder, element);
      writer.release(inner);
    }
    writer.write(Op.BUILDER_FINISH, dst, builder);
    writer.writeJump(Op.JUMP, end);
    writer.place(failed);
    writer.write(Op.MOVE, dst, element);
    writer.place(end);
    writer.release(mark);
    this.type = "list";
    return dst;
  }
}

function typeOfLiteral(value: unknown): StaticType {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "number";
    case "bigint":
      return "int";
    case "string":
      return "string";
    default:
      return Array.isArray(value) ? "list" : value instanceof Date ? "timestamp" : value instanceof Uint8Array ? "bytes" : "map";
  }
}

function toConstant(value: unknown): ConstantValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    const type: LiteralType = value === null ? "null" : typeof value === "boolean" ? "bool" : "string";
    return { type, value };
  }
  return { type: "wire", value: encodeValue(value) };
}
