// The code of an expression as text, for debugging: a line for each instruction with its operands by name, where it jumps to,
// and the part of the source that it comes from. Loaded when somebody asks for it; nothing else needs it.
import {
  Builtin,
  ExpressionError,
  Fn,
  INSTRUCTION_SIZE,
  NO_OPERAND,
  Op,
  OPERAND_BUILTIN,
  OPERAND_CONSTANT,
  OPERAND_INDEX_MASK,
  OPERAND_SLOT,
} from "../../assembly/abi.js";
import { locate } from "../model/errors.js";
import type { ExpressionCode } from "../model/program.js";
import { type ExactValue, ValueReader } from "../model/value.js";

/** UTF-16 units shown of a constant and of the source of an instruction. */
export const SHOWN_SIZE_MAX = 40;

/** `variables`: by slot. One line an instruction; O(size of the code). */
export function disassemble(code: ExpressionCode, source: string, variables: readonly string[]): string {
  const listing = new Listing(code, source, variables);
  const rows = Array.from({ length: code.instructionCount }, (_, index) => listing.describe(index));
  const opSize = Math.max(0, ...rows.map(({ op }) => op.length));
  const textSize = Math.min(60, Math.max(0, ...rows.map(({ text }) => text.length)));
  const indexSize = String(Math.max(0, rows.length - 1)).length;
  return rows
    .map(({ op, text, place }, index) => `${String(index).padStart(indexSize)}  ${op.padEnd(opSize)}  ${text.padEnd(textSize)}  ; ${place}`)
    .join("\n");
}

interface Row {
  readonly op: string;
  readonly text: string;
  readonly place: string;
}

/** One instruction's fields. */
interface Instruction {
  readonly op: Op;
  readonly dst: number;
  readonly a: number;
  readonly b: number;
  readonly imm: number;
  readonly cache: number;
}

const BINARY: Readonly<Record<string, string>> = {
  AND: "&&",
  OR: "||",
  EQ: "==",
  NE: "!=",
  LT: "<",
  LE: "<=",
  GT: ">",
  GE: ">=",
  ADD: "+",
  SUB: "-",
  MUL: "*",
  DIV: "/",
  MOD: "%",
  IN: "in",
};

class Listing {
  readonly #code: ExpressionCode;
  readonly #view: DataView;
  readonly #source: string;
  readonly #variables: readonly string[];
  readonly #constants: readonly string[];
  readonly #spans: Uint32Array;

  constructor(code: ExpressionCode, source: string, variables: readonly string[]) {
    const bytes = code.code;
    this.#code = code;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    this.#variables = variables;
    const reader = new ValueReader(code.constants);
    this.#constants = Array.from({ length: code.constantCount }, () => cut(spell(reader.readExact())));
    this.#spans = code.spans;
  }

  describe(index: number): Row {
    const instruction = this.#read(index);
    const place = locate(this.#source, this.#spans[index * 2] ?? 0, this.#spans[index * 2 + 1] ?? 0);
    const part = this.#source.slice(place.start, place.end).replace(/\s+/g, " ");
    return {
      op: (Op[instruction.op] ?? `op ${instruction.op}`).toLowerCase().replaceAll("_", "-"),
      text: this.#spell(instruction),
      place: `${place.line}:${place.column} ${cut(part)}`.trimEnd(),
    };
  }

  #read(index: number): Instruction {
    const at = index * INSTRUCTION_SIZE;
    const view = this.#view;
    return {
      op: view.getUint16(at, true),
      dst: view.getUint16(at + 2, true),
      a: view.getUint16(at + 4, true),
      b: view.getUint16(at + 6, true),
      imm: view.getInt32(at + 8, true),
      cache: view.getUint32(at + 12, true),
    };
  }

  #spell(instruction: Instruction): string {
    const { op, dst, a, b, imm, cache } = instruction;
    const target = `r${dst}`;
    switch (op) {
      case Op.RETURN:
        return this.#name(a);
      case Op.JUMP:
        return `-> ${imm}`;
      case Op.JUMP_FALSE:
      case Op.JUMP_TRUE:
      case Op.JUMP_ERROR:
        return `${this.#name(a)} -> ${imm}`;
      case Op.BRANCH:
        return `${this.#name(a)} false -> ${imm}, ${target} = error -> ${cache}`;
      case Op.ITER_START:
        return `${target} = iterator of ${this.#name(a)}, none -> ${imm}`;
      case Op.ITER_NEXT:
        return `${target}${b === NO_OPERAND ? "" : `, r${b}`} = next of ${this.#name(a)}, end -> ${imm}`;
      case Op.BUILDER_NEW:
        return `${target} = new list`;
      case Op.BUILDER_PUSH:
        return `${target} << ${this.#name(a)}`;
      case Op.COUNT:
        return `${target} = ${target} + 1`;
      case Op.LEAVE:
        return `${this.#name(a)} before its end`;
      case Op.CHECK_BOOL:
        return `${target} = ${this.#name(a)} or ${ExpressionError[imm] ?? imm}`.toLowerCase();
      default:
        return `${target} = ${this.#spellValue(instruction)}`;
    }
  }

  #spellValue({ op, a, b, imm }: Instruction): string {
    switch (op) {
      case Op.MOVE:
      case Op.BUILDER_FINISH:
        return this.#name(a);
      case Op.NOT:
        return `!${this.#name(a)}`;
      case Op.NEGATE:
        return `-${this.#name(a)}`;
      case Op.INDEX:
        return `${this.#name(a)}[${this.#name(b)}]`;
      case Op.FIELD:
        return `${this.#name(a)}.${this.#code.keys[imm] ?? ""}`;
      case Op.HAS_FIELD:
        return `has(${this.#name(a)}.${this.#code.keys[imm] ?? ""})`;
      case Op.CALL:
        return `${(Fn[imm] ?? `function ${imm}`).toLowerCase()}(${spellRange(a, b)})`;
      case Op.CALL_CUSTOM:
        return `${this.#code.functions?.[imm]?.name ?? `function ${imm}`}(${spellRange(a, b)})`;
      case Op.TEMPLATE:
        return `text of ${spellRange(a, b)}`;
      case Op.MAKE_LIST:
        return `[${spellRange(a, b)}]`;
      case Op.MAKE_MAP:
        return `{${spellRange(a, b * 2)}}`;
      default:
        return this.#spellBinary(op, a, b, imm);
    }
  }

  /** A binary operator, fused with a jump or not; whatever else there may be shows all of its fields. */
  #spellBinary(op: Op, a: number, b: number, imm: number): string {
    const [, name = "", jump] = /^([A-Z]+?)(?:_JUMP_(FALSE|TRUE))?$/.exec(Op[op] ?? "") ?? [];
    const operator = BINARY[name];
    if (operator === undefined) return `${this.#name(a)}, ${this.#name(b)}, ${imm}`;
    const value = `${this.#name(a)} ${operator} ${this.#name(b)}`;
    return jump === undefined ? value : `${value}, ${jump.toLowerCase()} -> ${imm}`;
  }

  #name(operand: number): string {
    const index = operand & OPERAND_INDEX_MASK;
    switch (operand & ~OPERAND_INDEX_MASK) {
      case OPERAND_SLOT:
        return this.#variables[index] ?? `slot ${index}`;
      case OPERAND_CONSTANT:
        return this.#constants[index] ?? `constant ${index}`;
      case OPERAND_BUILTIN:
        return (Builtin[index] ?? `builtin ${index}`).toLowerCase();
      default:
        return `r${index}`;
    }
  }
}

function spellRange(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `r${first + index}`).join(", ");
}

function cut(text: string): string {
  return text.length > SHOWN_SIZE_MAX ? `${text.slice(0, SHOWN_SIZE_MAX - 1)}…` : text;
}

/** A constant as CEL writes it. */
function spell(value: ExactValue): string {
  if ("null" in value) return "null";
  if ("bool" in value) return String(value.bool);
  if ("int" in value) return value.int;
  if ("uint" in value) return `${value.uint}u`;
  if ("double" in value) return Number.isInteger(value.double) ? `${value.double}.0` : String(value.double);
  if ("number" in value) return String(value.number);
  if ("string" in value) return JSON.stringify(value.string);
  if ("bytes" in value) return `bytes ${JSON.stringify(value.bytes)}`;
  if ("list" in value) return `[${value.list.map(spell).join(", ")}]`;
  if ("map" in value) return `{${value.map.map(([key, item]) => `${spell(key)}: ${spell(item)}`).join(", ")}}`;
  if ("type" in value) return value.type;
  if ("timestamp" in value) return `timestamp ${value.timestamp.seconds}`;
  if ("duration" in value) return `duration ${value.duration.seconds}s`;
  return value.optional === null ? "optional.none()" : `optional.of(${spell(value.optional)})`;
}
