// A small assembler for kernel tests: instructions as objects, constants as exact values, one line to run them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NO_OPERAND, Op, OPERAND_BUILTIN, OPERAND_CONSTANT, OPERAND_SLOT } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { ExpressionKernel } from "../../../src/kernel/context.js";
import { instantiateKernel, type KernelInstance } from "../../../src/kernel/instance.js";
import type { ExpressionCode } from "../../../src/model/program.js";
import { decodeExact, encodeExact, type ExactValue } from "../../../src/model/value.js";

/** Both builds of the kernel: tests that say `each(BUILDS)` run on the one with assertions and poison too. */
export const BUILDS = [
  { build: "release", file: "kernel.wasm" },
  { build: "debug", file: "kernel.debug.wasm" },
] as const;

export async function openInstance(file: string = "kernel.wasm"): Promise<KernelInstance> {
  const path = fileURLToPath(new URL(`../../../build/${file}`, import.meta.url));
  return instantiateKernel(await WebAssembly.compile(readFileSync(path)));
}

/** One instruction. `cache` is BRANCH's second target. */
export interface Line {
  readonly op: Op;
  readonly dst?: number;
  readonly a?: number;
  readonly b?: number;
  readonly imm?: number;
  readonly cache?: number;
}

export const slot = (index: number) => OPERAND_SLOT | index;
export const constant = (index: number) => OPERAND_CONSTANT | index;
export const NOW_OPERAND = OPERAND_BUILTIN;
export { NO_OPERAND };

export function assemble(
  lines: readonly Line[],
  constants: readonly ExactValue[] = [],
  keys: readonly string[] = [],
  registerCount = 16,
): ExpressionCode {
  const code = new Uint8Array(lines.length * 16);
  const view = new DataView(code.buffer);
  lines.forEach((line, index) => {
    const at = index * 16;
    view.setUint16(at, line.op, true);
    view.setUint16(at + 2, line.dst ?? 0, true);
    view.setUint16(at + 4, line.a ?? 0, true);
    view.setUint16(at + 6, line.b ?? 0, true);
    view.setInt32(at + 8, line.imm ?? 0, true);
    view.setUint32(at + 12, line.cache ?? 0, true);
  });
  const wires = constants.map((value) => encodeExact(value));
  const bytes = new Uint8Array(wires.reduce((sum, wire) => sum + wire.length, 0));
  let at = 0;
  for (const wire of wires) {
    bytes.set(wire, at);
    at += wire.length;
  }
  return {
    code,
    instructionCount: lines.length,
    registerCount,
    constants: bytes,
    constantCount: constants.length,
    keys,
    spans: new Uint32Array(lines.length * 2),
  };
}

/** An error as tests see it. */
export interface Failure {
  readonly error: number;
  readonly instruction: number;
  readonly detail: string;
}

/** Runs expressions in one instance, freeing what each needed. */
export class Bench {
  readonly instance: KernelInstance;
  readonly kernel: ExpressionKernel;

  private constructor(instance: KernelInstance) {
    this.instance = instance;
    this.kernel = new ExpressionKernel(instance);
  }

  static async open(file?: string): Promise<Bench> {
    return new Bench(await openInstance(file));
  }

  /** Evaluates `code` over the slots (undefined: absent); gives the exact value or the failure. */
  run(code: ExpressionCode, slots: readonly (ExactValue | undefined)[] = []): ExactValue | Failure {
    const { kernel } = this;
    const program = kernel.loadProgram(
      layOutExpressions(
        [code],
        slots.map((_, index) => `slot${index}`),
      ),
    );
    const context = kernel.createContext(slots.length);
    try {
      slots.forEach((value, index) => value !== undefined && kernel.setSlot(context, index, encodeExact(value)));
      const cell = kernel.evaluate(kernel.expression(program, 0), context);
      return kernel.error(cell) ?? decodeExact(kernel.wire(cell));
    } finally {
      kernel.destroyContext(context);
      kernel.unloadProgram(program);
    }
  }

  /** slot0 <op> slot1. */
  binary(op: Op, a: ExactValue | undefined, b: ExactValue | undefined): ExactValue | Failure {
    return this.run(
      assemble([
        { op, dst: 0, a: slot(0), b: slot(1) },
        { op: Op.RETURN, a: 0 },
      ]),
      [a, b],
    );
  }

  /** <op> slot0. */
  unary(op: Op, a: ExactValue | undefined): ExactValue | Failure {
    return this.run(
      assemble([
        { op, dst: 0, a: slot(0) },
        { op: Op.RETURN, a: 0 },
      ]),
      [a],
    );
  }

  /** fn(arguments …). */
  call(fn: number, ...values: readonly (ExactValue | undefined)[]): ExactValue | Failure {
    const moves = values.map((_, index) => ({ op: Op.MOVE, dst: index + 1, a: slot(index) }));
    return this.run(assemble([...moves, { op: Op.CALL, dst: 0, a: 1, b: values.length, imm: fn }, { op: Op.RETURN, a: 0 }]), values);
  }
}

export const int = (value: bigint | number): ExactValue => ({ int: String(value) });
export const uint = (value: bigint | number): ExactValue => ({ uint: String(value) });
export const double = (value: number): ExactValue => ({ double: exactFloat(value) });
export const number = (value: number): ExactValue => ({ number: exactFloat(value) });
export const string = (value: string): ExactValue => ({ string: value });
export const bool = (value: boolean): ExactValue => ({ bool: value });
export const list = (...values: readonly ExactValue[]): ExactValue => ({ list: values });
export const map = (...pairs: readonly (readonly [ExactValue, ExactValue])[]): ExactValue => ({ map: pairs });
export const nothing: ExactValue = { null: true };

function exactFloat(value: number): number | "NaN" | "Infinity" | "-Infinity" | "-0" {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "Infinity";
  if (value === -Infinity) return "-Infinity";
  return Object.is(value, -0) ? "-0" : value;
}
