// What the fuzz targets share: instances of both builds, a canary program that notices when memory which is not a program's
// own was written, and contexts of awkward values.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { layOutExpressions } from "../../src/compile/blob.js";
import { emitExpression, type ExpressionScope } from "../../src/expression/emitter.js";
import { parseExpression } from "../../src/expression/parser.js";
import { ExpressionKernel } from "../../src/kernel/context.js";
import { instantiateKernel, type KernelInstance } from "../../src/kernel/instance.js";
import { WorkflowError } from "../../src/model/errors.js";
import type { ExpressionCode } from "../../src/model/program.js";
import { encodeValue } from "../../src/model/value.js";
import type { KernelBuild } from "./fuzzer.js";

/** What one kernel under test may take: small, so that its limits are met. */
const MEMORY_SIZE_MAX = 128 << 20;
const SCRATCH_SIZE_MAX = 32 << 20;
/** Fuel of one evaluation: what loops for ever ends soon. */
export const FUZZ_FUEL = 5_000;

const modules = new Map<KernelBuild, Promise<WebAssembly.Module>>();

/** A fresh instance of a build, with small limits. */
export async function openInstance(build: KernelBuild): Promise<KernelInstance> {
  let module = modules.get(build);
  if (module === undefined) {
    const path = fileURLToPath(new URL(`../../build/kernel${build === "debug" ? ".debug" : ""}.wasm`, import.meta.url));
    module = readFile(path).then((bytes) => WebAssembly.compile(new Uint8Array(bytes)));
    modules.set(build, module);
  }
  const instance = await instantiateKernel(await module);
  instance.exports.setMemoryLimits(MEMORY_SIZE_MAX, SCRATCH_SIZE_MAX);
  return instance;
}

/** Compiles a text without types, or gives undefined where it has errors. */
export function emitFreely(text: string, slotNames: string[]): ExpressionCode | undefined {
  const scope: ExpressionScope = {
    slotOf: (name) => {
      const known = slotNames.indexOf(name);
      return known >= 0 ? known : slotNames.push(name) - 1;
    },
    typeOf: () => undefined,
    isOpen: true,
    isChecked: false,
  };
  const { ast, findings } = parseExpression(text);
  if (findings.some(({ severity }) => severity === "error")) return undefined;
  const emitted = emitExpression(ast, scope, { text });
  return emitted.findings.some(({ severity }) => severity === "error") ? undefined : emitted.code;
}

const CANARY_TEXT = `{
  'sorted': items.filter(i, i.count > 1).map(i, i.name + '!').sort(), 'total': items.map(i, i.count * 2),
  'text': '%s/%.2f'.format([user.name, 2.5]), 'match': user.name.matches('^[A-Z](d|a)+$'), 'big': user.big + 1,
  'has': has(user.none) ? 1 : 2, 'when': timestamp('2026-03-29T12:00:00Z') + duration('1h')
}`;
const CANARY_CONTEXT = {
  user: { name: "Ada", big: 9_007_199_254_740_993n },
  items: [
    { name: "b", count: 2 },
    { name: "a", count: 3 },
    { name: "c", count: 1 },
  ],
};

/** A program and a context that stand in the kernel throughout: what they give must never change. */
export class Canary {
  readonly #kernel: ExpressionKernel;
  readonly #program: number;
  readonly #record: number;
  readonly #context: number;
  readonly #expected: string;

  constructor(kernel: ExpressionKernel) {
    this.#kernel = kernel;
    const names: string[] = [];
    const code = emitFreely(CANARY_TEXT, names);
    if (code === undefined) throw new Error("the canary does not compile");
    this.#program = kernel.loadProgram(layOutExpressions([code], names));
    this.#record = kernel.expression(this.#program, 0);
    this.#context = kernel.createContext(names.length);
    names.forEach((name, slot) => kernel.setSlot(this.#context, slot, encodeValue(CANARY_CONTEXT[name as "user" | "items"])));
    this.#expected = this.#evaluate();
    if (!this.#expected.startsWith("0b")) throw new Error(`the canary gives ${this.#expected}`);
  }

  /** Throws where the canary sings another song. */
  check(): void {
    const song = this.#evaluate();
    if (song !== this.#expected) throw new Error(`the canary gave ${this.#expected} and now gives ${song}`);
  }

  free(): void {
    this.#kernel.destroyContext(this.#context);
    this.#kernel.unloadProgram(this.#program);
  }

  #evaluate(): string {
    const cell = this.#kernel.evaluate(this.#record, this.#context);
    const error = this.#kernel.error(cell);
    return error === undefined ? Buffer.from(this.#kernel.wire(cell)).toString("hex") : `error ${error.error} at ${error.instruction}`;
  }
}

/** Gives the code of the error that `act` throws where it is one of `codes`, or undefined; anything else goes on. */
export function catchCode(codes: RegExp, act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowError && codes.test(error.code)) return error.code;
    throw error;
  }
}

/** Values that contexts are made of, in wire form. */
export const AWKWARD_VALUES: readonly Uint8Array[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  2 ** 63,
  -(2 ** 63),
  5n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  "",
  "a",
  "straße 😀e\u0301",
  "x".repeat(300),
  "^(a+)+$",
  "Europe/Berlin",
  new Uint8Array([0, 255, 128]),
  new Date(0),
  new Date("9999-12-31T23:59:59.999Z"),
  [],
  [1, 2, 3],
  ["b", "a", ""],
  [[1, [2, [3]]], []],
  Array.from({ length: 200 }, (_, index) => index % 7),
  {},
  { name: "Ada", age: 36, tags: ["x"], "": 1 },
  { a: { b: { c: 1 } }, x: null },
  Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`key${index}`, index])),
  new Map<unknown, unknown>([
    [1n, "one"],
    [true, "yes"],
    ["1", 1],
  ]),
].map((value) => encodeValue(value));

/** A kernel for expressions on an instance, its fuel set for fuzzing. */
export function openExpressionKernel(instance: KernelInstance): ExpressionKernel {
  const kernel = new ExpressionKernel(instance);
  instance.call(() => instance.exports.setContextBudget(FUZZ_FUEL, Infinity));
  return kernel;
}
