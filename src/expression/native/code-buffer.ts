// The body of one generated function: instructions with their operands, and the labels that are open. Knows WebAssembly's form, not what is computed.
import { Code, ValueType, type WasmWriter } from "./wasm-writer.js";

/** Something that a jump may name: where it stands among the open ones is known when the jump is written. */
export interface Label {
  readonly name: string;
}

export class CodeBuffer {
  readonly writer: WasmWriter;
  readonly #labels: Label[] = [];

  constructor(writer: WasmWriter) {
    this.writer = writer;
  }

  code(first: Code, second?: Code, third?: Code): void {
    this.writer.byte(first);
    if (second !== undefined) this.writer.byte(second);
    if (third !== undefined) this.writer.byte(third);
  }

  get(local: number): void {
    this.#with(Code.LOCAL_GET, local);
  }

  set(local: number): void {
    this.#with(Code.LOCAL_SET, local);
  }

  tee(local: number): void {
    this.#with(Code.LOCAL_TEE, local);
  }

  call(index: number): void {
    this.#with(Code.CALL, index);
  }

  #with(code: Code, operand: number): void {
    this.writer.byte(code);
    this.writer.unsigned(operand);
  }

  int(value: number): void {
    this.writer.byte(Code.I32_CONST);
    this.writer.signed(value);
  }

  /** A long; as a number where it has 32 bits. */
  long(value: bigint | number): void {
    this.writer.byte(Code.I64_CONST);
    if (typeof value === "number") this.writer.signed(value);
    else this.writer.signedLong(value);
  }

  float(value: number): void {
    this.writer.byte(Code.F64_CONST);
    this.writer.float(value);
  }

  /** A load or store at an offset from the address on the stack; aligned to 4 at least. */
  access(code: Code, offset: number): void {
    this.writer.byte(code);
    this.writer.byte(2);
    this.writer.unsigned(offset);
  }

  open(label: Label, code: Code.BLOCK | Code.LOOP, result: ValueType = ValueType.NONE): void {
    this.writer.byte(code);
    this.writer.byte(result);
    this.#labels.push(label);
  }

  /** Opens the part that runs where the number on the stack is not 0. */
  when(result: ValueType = ValueType.NONE): void {
    this.writer.byte(Code.IF);
    this.writer.byte(result);
    this.#labels.push({ name: "if" });
  }

  otherwise(): void {
    this.writer.byte(Code.ELSE);
  }

  close(): void {
    this.writer.byte(Code.END);
    this.#labels.pop();
  }

  jump(label: Label): void {
    this.#with(Code.BR, this.#depthOf(label));
  }

  jumpIf(label: Label): void {
    this.#with(Code.BR_IF, this.#depthOf(label));
  }

  /** A block of its own; `fill` gets the label of its end. */
  block(fill: (end: Label) => void, result: ValueType = ValueType.NONE): void {
    const end = { name: "end" };
    this.open(end, Code.BLOCK, result);
    fill(end);
    this.close();
  }

  #depthOf(label: Label): number {
    const at = this.#labels.lastIndexOf(label);
    if (at < 0) throw new Error(`The label ${label.name} is not open`);
    return this.#labels.length - 1 - at;
  }
}
