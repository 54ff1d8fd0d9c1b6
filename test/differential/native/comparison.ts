// Evaluates random programs by their steps and by generated functions, in one kernel, and tells of the first difference: in the value's bytes, the
// error with its place, or what is left of fuel and cost.
import { NativePlace } from "../../../assembly/abi.js";
import { seedAt } from "../../../src/base/prng.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { emitNativeModule } from "../../../src/expression/native/native-module.js";
import { ExpressionKernel } from "../../../src/kernel/context.js";
import type { KernelInstance } from "../../../src/kernel/instance.js";
import type { ExpressionCode } from "../../../src/model/program.js";
import { encodeExact } from "../../../src/model/value.js";
import { AWKWARD_VALUES, catchCode, emitFreely, openInstance } from "../../fuzz/bench.js";
import { Chance } from "../../fuzz/chance.js";
import type { ExactValue } from "../cel/exact.js";
import { makeProgram, printProgram } from "../cel/program.js";

/** Programs that share one generated module. */
const MODULE_PROGRAM_COUNT = 250;
/** Contexts that each is evaluated over: its own, its own with JSON numbers, one with some values exchanged. */
const CONTEXT_COUNT = 3;
const FUEL_MAX = 1_000_000;

interface Subject {
  readonly seed: number;
  readonly text: string;
  readonly code: ExpressionCode;
  readonly program: number;
  readonly record: number;
  readonly names: readonly string[];
  readonly contexts: readonly number[];
  /** All of them in one, as windows. */
  readonly windows: number;
  /** Fuel and cost, each for all contexts. */
  readonly budgets: readonly (readonly [fuel: number, cost: number])[];
}

export interface NativeTally {
  programCount: number;
  nativeCount: number;
  evaluationCount: number;
  errorCount: number;
}

export class NativeComparison {
  readonly tally: NativeTally = { programCount: 0, nativeCount: 0, evaluationCount: 0, errorCount: 0 };
  readonly #instance: KernelInstance;
  readonly #kernel: ExpressionKernel;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#kernel = new ExpressionKernel(instance);
  }

  static async open(build: "release" | "debug" = "release"): Promise<NativeComparison> {
    return new NativeComparison(await openInstance(build));
  }

  /** The first difference among `count` programs from number `first` on of the row that `seed` begins; undefined: there is none. */
  async compare(seed: number, first: number, count: number, make: (seed: number) => MadeSubject = makeSubject): Promise<string | undefined> {
    for (let index = first; index < first + count; index += MODULE_PROGRAM_COUNT) {
      const size = Math.min(MODULE_PROGRAM_COUNT, first + count - index);
      const failure = await this.compareTexts(Array.from({ length: size }, (_, at) => make(seedAt(seed, index + at))));
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async compareTexts(made: readonly MadeSubject[]): Promise<string | undefined> {
    const subjects = made.flatMap((one) => this.#load(one));
    const { native } = this.#kernel;
    this.tally.nativeCount += await native.install(subjects.map(({ record }) => ({ record, isCurrent: () => true })), emitNativeModule);
    let failure: string | undefined;
    for (const subject of subjects) {
      const { exports } = this.#instance;
      const entry = new DataView(exports.memory.buffer).getUint32(subject.record + 12, true);
      exports.setNative(subject.record, 0);
      // What a pattern is compiled to is kept: the first time costs more fuel.
      this.#evaluate(subject);
      const before = this.#evaluate(subject);
      exports.setNative(subject.record, entry);
      // Columns are made of lists that are met a second time.
      this.#evaluate(subject);
      const after = this.#evaluate(subject);
      const at = after.findIndex((outcome, place) => outcome !== before[place]);
      if (at >= 0) failure ??= describe(subject, at, before[at], after[at]);
      this.tally.programCount += 1;
    }
    for (const { program, contexts, windows } of subjects) {
      for (const context of [...contexts, windows]) this.#kernel.destroyContext(context);
      this.#kernel.unloadProgram(program);
    }
    return failure;
  }

  #load({ seed, text, code: given, values, budgets }: MadeSubject): Subject[] {
    const names: string[] = given === undefined ? [] : Object.keys(values[0] ?? {});
    const code = given ?? emitFreely(text, names);
    if (code === undefined) return [];
    const kernel = this.#kernel;
    let program = 0;
    if (catchCode(/^kernel\/(bad-program|limit|out-of-memory)$/, () => (program = kernel.loadProgram(layOutExpressions([code], names)))) !== undefined) return [];
    const stride = Math.max(1, names.length);
    const windows = kernel.createContext(stride * values.length);
    const contexts = values.map((context, index) => {
      const handle = kernel.createContext(stride);
      names.forEach((name, slot) => {
        const wire = context[name];
        if (wire === undefined) return;
        kernel.setSlot(handle, slot, wire);
        kernel.setSlot(windows, index * stride + slot, wire);
      });
      return handle;
    });
    return [{ seed, text, code, names, program, record: kernel.expression(program, 0), contexts, windows, budgets }];
  }

  /** One outcome for each budget and context, and one for all contexts of a budget at once. */
  #evaluate({ record, names, contexts, windows, budgets }: Subject): string[] {
    const { exports } = this.#instance;
    const left = exports.nativeAddress(NativePlace.LEFT) >>> 0;
    const describeLeft = (): string => `left ${new DataView(exports.memory.buffer).getBigInt64(left, true)}`;
    return budgets.flatMap(([fuel, cost]) => {
      exports.setContextBudget(fuel, cost);
      const outcomes = contexts.map((context) => {
        const outcome = this.#outcomeOf(this.#kernel.evaluate(record, context));
        this.tally.evaluationCount += 1;
        return `${outcome}, ${describeLeft()}`;
      });
      const trueCount = this.#kernel.evaluateMany(record, windows, contexts.length, Math.max(1, names.length));
      return [...outcomes, `${trueCount} of all, ${describeLeft()}`];
    });
  }

  #outcomeOf(cell: number): string {
    const error = this.#kernel.error(cell);
    if (error === undefined) {
      let hex = "too large";
      catchCode(/^kernel\/out-of-memory$/, () => (hex = Buffer.from(this.#kernel.wire(cell)).toString("hex")));
      return hex;
    }
    this.tally.errorCount += 1;
    return `error ${error.error} at ${error.instruction} ${error.detail}`;
  }
}

export interface MadeSubject {
  readonly seed: number;
  readonly text: string;
  /** In the place of what the text is compiled to. */
  readonly code?: ExpressionCode;
  /** By the variable's name, wire values. */
  readonly values: readonly Readonly<Record<string, Uint8Array>>[];
  readonly budgets: Subject["budgets"];
}

export function makeSubject(seed: number): MadeSubject {
  const program = makeProgram(seed);
  const chance = new Chance(seed ^ 0x5eed);
  const exact = Object.entries(program.context);
  const values = Array.from({ length: CONTEXT_COUNT }, (_, index): Record<string, Uint8Array> => {
    if (index === 0) return Object.fromEntries(exact.map(([name, value]) => [name, encodeExact(value)]));
    if (index === 1) return Object.fromEntries(exact.map(([name, value]) => [name, encodeExact(asJson(value))]));
    const kept = exact.filter(() => !chance.oneIn(5));
    return Object.fromEntries(kept.map(([name, value]) => [name, chance.oneIn(2) ? chance.pick(AWKWARD_VALUES) : encodeExact(asJson(value))]));
  });
  return { seed, text: printProgram(program), values, budgets: [[FUEL_MAX, Infinity], [chance.below(40), chance.oneIn(2) ? chance.below(60) : Infinity]] };
}

/** With JSON numbers in the place of ints and doubles. */
function asJson(value: ExactValue): ExactValue {
  if ("int" in value) return { number: Number(value.int) };
  if ("double" in value && typeof value.double === "number") return { number: value.double };
  if ("list" in value) return { list: value.list.map(asJson) };
  if ("map" in value) return { map: value.map.map(([key, item]) => [key, asJson(item)]) };
  return value;
}

function describe({ seed, text, contexts, budgets }: Subject, at: number, before: string | undefined, after: string | undefined): string {
  const outcomeCount = contexts.length + 1;
  const [fuel, cost] = budgets[Math.floor(at / outcomeCount)] ?? [];
  return [
    `seed ${seed}, context ${at % outcomeCount}, fuel ${fuel}, cost ${cost}:`,
    `  ${text.replace(/\s+/g, " ")}`,
    `  by its steps:  ${before}`,
    `  by a function: ${after}`,
  ].join("\n");
}
