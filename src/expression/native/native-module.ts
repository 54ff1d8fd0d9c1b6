// One generated WebAssembly module for many expressions: it shares the kernel's memory, calls the kernel's functions, and puts its own
// functions into the kernel's table. Pure: bytes out. Source of the form: WebAssembly Core Specification 2.0, chapter 5.
import { readExpression } from "./native-steps.js";
import type { NativeLayout } from "./native-layout.js";
import { emitFunction } from "./step-emitter.js";
import { Code, ValueType, WasmWriter } from "./wasm-writer.js";

export type { NativeLayout } from "./native-layout.js";

/** Longer expressions stay with the evaluator: to nest their jumps takes a time that grows with the square of their number. */
export const NATIVE_STEP_COUNT_MAX = 2_000;

/** An expression that is to have a function. */
export interface NativeRequest {
  /** Its record's address in the kernel. */
  readonly record: number;
  /** The entry of the kernel's table that the function takes. */
  readonly entry: number;
}

/** A module, and which of the expressions have a function in it. */
export interface NativeModule<Request extends NativeRequest = NativeRequest> {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly done: readonly Request[];
}

/** Types of functions by number: those of the imports, then that of all generated ones. */
const TYPES: readonly (readonly [readonly ValueType[], readonly ValueType[]])[] = [
  [repeat(5), [ValueType.I32]],
  [repeat(5), []],
  [repeat(3), []],
  [repeat(1), [ValueType.I32]],
  [repeat(2), [ValueType.I32]],
  [[], []],
  [[...repeat(4), ValueType.F64], [ValueType.I32]],
  [repeat(3), [ValueType.I32]],
  [[ValueType.I32, ValueType.I64, ValueType.I32, ValueType.I32], [ValueType.I32]],
];
const FUNCTION_TYPE = 8;

/** Names of the kernel's exports in the order of NativeImport, and their types. */
export const NATIVE_IMPORTS: readonly (readonly [name: string, type: number])[] = [
  ["doRareStep", 0],
  ["compareTruth", 0],
  ["computeBinary", 1],
  ["refuseSlowly", 2],
  ["endSpent", 3],
  ["endTurn", 4],
  ["endWithRefusal", 4],
  ["resetScratch", 5],
  ["skipColumn", 6],
  ["findField", 7],
];

function repeat(count: number): readonly ValueType[] {
  return Array.from({ length: count }, () => ValueType.I32);
}

/**
 * Writes the module for these expressions. Its imports stand under "kernel": `memory`, `table`, and NATIVE_IMPORTS.
 * @param memory - the kernel's whole memory: the steps are read from it
 * @param requests - loaded expressions; those that are too long are left out
 */
export function emitNativeModule<Request extends NativeRequest>(memory: ArrayBuffer, requests: readonly Request[], layout: NativeLayout): NativeModule<Request> {
  const view = new DataView(memory);
  const bodies = new WasmWriter();
  const body = new WasmWriter();
  const done: Request[] = [];
  for (const request of requests) {
    const expression = readExpression(view, request.record);
    body.clear();
    if (expression.steps.length > NATIVE_STEP_COUNT_MAX || !emitFunction(body, expression, view, layout)) continue;
    bodies.sized(body);
    done.push(request);
  }
  return { bytes: writeModule(bodies, done), done };
}

function writeModule(bodies: WasmWriter, requests: readonly NativeRequest[]): Uint8Array<ArrayBuffer> {
  const module = new WasmWriter();
  module.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  module.section(1, (writer) => {
    writer.unsigned(TYPES.length);
    for (const [parameters, results] of TYPES) {
      writer.byte(0x60);
      for (const types of [parameters, results]) {
        writer.unsigned(types.length);
        for (const type of types) writer.byte(type);
      }
    }
  });
  module.section(2, writeImports);
  module.section(3, (writer) => {
    writer.unsigned(requests.length);
    for (let index = 0; index < requests.length; index += 1) writer.unsigned(FUNCTION_TYPE);
  });
  module.section(9, (writer) => {
    writer.unsigned(requests.length);
    requests.forEach(({ entry }, index) => {
      writer.unsigned(0);
      writer.byte(Code.I32_CONST);
      writer.signed(entry);
      writer.byte(Code.END);
      writer.unsigned(1);
      writer.unsigned(NATIVE_IMPORTS.length + index);
    });
  });
  module.section(10, (writer) => {
    writer.unsigned(requests.length);
    writer.append(bodies);
  });
  return module.bytes();
}

function writeImports(writer: WasmWriter): void {
  writer.unsigned(NATIVE_IMPORTS.length + 2);
  for (const [name, type] of NATIVE_IMPORTS) {
    writer.text("kernel");
    writer.text(name);
    writer.byte(0);
    writer.unsigned(type);
  }
  writer.text("kernel");
  writer.text("memory");
  writer.raw(new Uint8Array([2, 0, 1]));
  writer.text("kernel");
  writer.text("table");
  writer.raw(new Uint8Array([1, 0x70, 0, 0]));
}
