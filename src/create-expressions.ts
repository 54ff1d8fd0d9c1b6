// Bare expressions, without an engine: joins the compiler of expressions with a kernel that all of them share. Loading is
// asynchronous once; compiling and evaluating are synchronous from then on. A bounded number of programs stands in the
// kernel at a time, so any number of expressions may come and go.
import { ExpressionError } from "../assembly/abi.js";
import { whenIdle } from "./base/idle.js";
import { layOutExpressions } from "./compile/blob.js";
import { PlainCall } from "./create-plain-call.js";
import type { CompileExpressionOptions, EvaluateOptions, CostedValue, ExpressionContext, Expression, ResidentExpression, ExpressionBatch } from "./expression/compiled.js";
import type { CostRange } from "./expression/cost-estimate.js";
import { checkCostMax } from "./expression/cost.js";
import { emitExpression } from "./expression/emitter.js";
import { formatType } from "./expression/checker/type.js";
import { ALL_FUNCTIONS } from "./expression/checker/library.js";
import { type VariableDeclarations, VariableSet } from "./expression/checker/variable-set.js";
import { checkContext, parseContext, readNow } from "./expression/given-context.js";
import { FINDING_COUNT_MAX, FindingList } from "./expression/finding-list.js";
import { parseInto } from "./expression/parser.js";
import { ProgramCache, type ProgramCacheStatistics } from "./expression/program-cache.js";
import type { StaticType } from "./expression/type.js";
import { type CompileSettings, findVariant, Variant } from "./expression/variant.js";
import { type EvaluationError, ExpressionKernel, FAILED } from "./kernel/context.js";
import { describeError } from "./kernel/error-text.js";
import type { NativeTarget } from "./kernel/native-functions.js";
import { readDetail } from "./kernel/fault.js";
import { compileKernel, instantiateKernel } from "./kernel/instance.js";
import { argumentError } from "./model/arguments.js";
import type { EngineOptions } from "./model/engine.js";
import { type ErrorCode, type Finding, locate, WorkflowError } from "./model/errors.js";
import { decodeExact, encodeExact, type ExactValue, ValueWriter } from "./model/value.js";

export type { CompileExpressionOptions, EvaluateOptions, CostedValue, ExpressionContext, Expression, ResidentExpression, ExpressionBatch } from "./expression/compiled.js";

/** Expressions whose programs (two each, where objects are read by path) stand in the kernel; the one loaded longest ago makes room, and is loaded again when it is used. */
export const EXPRESSION_PROGRAM_COUNT_MAX = 4_096;

/**
 * Evaluations after which an expression gets a generated function. To make one takes some 0.1 ms (`node bench/precompile.mjs`), and an evaluation 10 to 200 ns less
 * from then on (`npm run bench -- --expression`): it is paid back after 500 to 10,000.
 */
const HOT_EVALUATION_COUNT = 4_096;

/** Where the kernel comes from: as in `EngineOptions`. */
export type LoadExpressionsOptions = Pick<EngineOptions, "wasmUrl" | "wasmModule"> & {
  /**
   * Evaluations after which an expression is precompiled in an idle moment, 1 or more; Infinity: only where `precompile` is called. Absent: as was said
   * last, at first 4,096.
   */
  readonly precompileAfter?: number;
};

let hotCount = HOT_EVALUATION_COUNT;
/** Expressions that wait for an idle moment. */
const hot = new Set<CompiledExpression>();

function noteHot(expression: CompiledExpression): void {
  if (hot.size === 0) {
    whenIdle(() => {
      const expressions = [...hot];
      hot.clear();
      // Without it everything goes on as before.
      precompileExpressions(expressions.filter((one) => one.isLoaded)).catch(() => undefined);
    });
  }
  hot.add(expression);
}

/** The kernel that expressions share, and the expressions whose programs stand in it. */
interface Runtime {
  readonly kernel: ExpressionKernel;
  /** In the order of loading. */
  readonly loaded: Set<CompiledExpression>;
}

let runtime: Runtime | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the kernel for expressions; later calls do nothing, unless the kernel was lost: then they load a fresh one.
 * Rejects with `kernel/wasm-blocked`, `kernel/unavailable`, `kernel/abi-mismatch`, `expression/invalid-call`.
 */
export async function loadExpressions(options: LoadExpressionsOptions = {}): Promise<void> {
  if (options.precompileAfter !== undefined) hotCount = readHotCount(options.precompileAfter);
  if (runtime !== undefined && isLost(runtime)) runtime = undefined;
  if (runtime !== undefined) return;
  loading ??= startRuntime(options).finally(() => {
    loading = undefined;
  });
  await loading;
}

async function startRuntime(options: LoadExpressionsOptions): Promise<void> {
  const instance = await instantiateKernel(await compileKernel(options));
  runtime = { kernel: new ExpressionKernel(instance), loaded: new Set() };
}

function readHotCount(count: unknown): number {
  if (typeof count !== "number" || !(count >= 1)) throw argumentError("expression/invalid-call", "options.precompileAfter", count, "a number from 1");
  return count;
}

/** Bytes of the shared kernel's memory, for benchmarks. Throws `kernel/not-loaded`. */
export function expressionMemory(): number {
  return openRuntime().kernel.sizeBytes;
}

/** Has `loadExpressions` resolved? */
export function isLoaded(): boolean {
  return runtime !== undefined;
}

function isLost({ kernel }: Runtime): boolean {
  try {
    kernel.setNow(0);
    return false;
  } catch (error) {
    return !(error instanceof WorkflowError && error.code === "kernel/busy");
  }
}

function openRuntime(): Runtime {
  if (runtime === undefined) throw new WorkflowError("kernel/not-loaded", "Expressions are not loaded: await loadExpressions() first");
  return runtime;
}

/**
 * Compiled expressions kept for when their text is compiled again: two rule sets of 1,000 conditions, some 3 MiB. Chosen with
 * `node bench/cache-size.mjs`; see docs/decisions/0006.
 */
export const EXPRESSION_CACHE_COUNT_MAX = 2_048;
const programs = new ProgramCache<CompiledExpression>(EXPRESSION_CACHE_COUNT_MAX, (program) => program.dispose());

/** The programs that `compileExpression` keeps. */
export const expressionCache = {
  statistics: (): ProgramCacheStatistics => programs.statistics,
  /** Forgets the programs of a source; says how many there were. Whoever holds one may go on using it. */
  invalidate: (source: string): number => programs.invalidate(source),
  /** Forgets all programs; the statistics go on counting. */
  clear: (): void => programs.clear(),
} as const;

/**
 * Compiles CEL text, or finds the program of the same text and options: expressions are immutable and shared. Linear in the
 * size of the text; some 50 ns where the program is known.
 * @throws WorkflowError `expression/invalid`, with `findings` and the place of the first, where the text has errors;
 * `expression/invalid-declaration` for a variable whose type is none
 */
export function compileExpression(source: string, options: CompileExpressionOptions = {}): Expression {
  if (typeof source !== "string") throw argumentError("expression/invalid-call", "source", source, "a text");
  const variant = findVariant(options);
  const known = programs.get(source, variant);
  if (known !== undefined) return known;
  const program = compile(source, variant);
  programs.add(source, variant, program);
  return program;
}

/** As `compileExpression`, without the cache: for benchmarks. */
export function compileAnew(source: string, options: CompileExpressionOptions = {}): Expression {
  return compile(source, findVariant(options));
}

/** An expression over values whose types are spelled out. */
export interface ExactExpression extends Expression {
  /** As `evaluate`; a name without a binding has no value. */
  evaluateExact(bindings: Readonly<Record<string, ExactValue>>, options?: EvaluateOptions): ExactValue;
  /** The same over wire values; a name for which there is none has no value. */
  evaluateWires(wireOf: (name: string) => Uint8Array | undefined, options?: EvaluateOptions): ExactValue;
  /** Cost units of the evaluation before, of whichever expression, also where it failed. */
  readonly lastCost: number;
}

/** As `compileExpression`, for values whose types are spelled out: for conformance tests and explanations. */
export function compileExact(
  source: string,
  settings: CompileSettings & { readonly variables?: VariableDeclarations },
): ExactExpression {
  const { variables, isStrict = false } = settings;
  return compile(source, new Variant(variables === undefined ? undefined : new VariableSet(variables, isStrict), settings));
}

/**
 * Makes one generated WebAssembly module for all of these expressions, which are evaluated by it from then on: the same results, errors and costs, sooner.
 * Worth it from some thousands of evaluations on. Resolves when that is so, with how many of them have a function now: those of more than 2,000
 * instructions have none. Rejects with `kernel/not-loaded`, `kernel/lost`.
 */
export async function precompileExpressions(expressions: readonly Expression[]): Promise<number> {
  const { emitNativeModule } = await import("./expression/native/native-module.js");
  const { kernel } = openRuntime();
  const targets = expressions.flatMap((expression) => {
    (expression as CompiledExpression).open();
    return (expression as CompiledExpression).targets;
  });
  await kernel.native.install(targets, emitNativeModule);
  return expressions.filter((expression) => (expression as CompiledExpression).isNative).length;
}

/** Evaluates an expression that `compileExpression` gave, of one variable, which is a wire value: as `evaluate`, without it being read before. */
export function evaluateWire(expression: Expression, name: string, wire: Uint8Array): unknown {
  return (expression as CompiledExpression).evaluateWire(name, wire);
}

const parseFindings = new FindingList();

function compile(source: string, variant: Variant): CompiledExpression {
  const ast = parseInto(source, parseFindings);
  const parsed = parseFindings.take(source);
  variant.takeSlots();
  // Also where it does not parse: what is left of it may have mistakes of its own, and all are told at once.
  const emitted = emitExpression(ast, variant, { text: source });
  refuseErrors(parsed.length === 0 ? emitted.findings : joinFindings(parsed, emitted.findings));
  return new CompiledExpression(source, variant.takeSlots(), emitted, variant);
}

/** In the order of the text; what is wrong with the whole text stands alone. */
function joinFindings(parsed: readonly Finding[], emitted: readonly Finding[]): readonly Finding[] {
  if (parsed.some(({ code }) => code === "expression/too-large" || code === "expression/too-deep" || code === "expression/empty")) return parsed;
  return [...parsed, ...emitted].sort((a, b) => a.place.start - b.place.start).slice(0, FINDING_COUNT_MAX);
}

function refuseErrors(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const first = findings.find(({ severity }) => severity === "error");
  if (first === undefined) return;
  throw new WorkflowError("expression/invalid", first.message, { findings, place: first.place, details: { code: first.code } });
}

type Emitted = ReturnType<typeof emitExpression>;

const plainWriter = new ValueWriter();
const strictWriter = new ValueWriter({ isStrict: true });
const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

class CompiledExpression implements Expression {
  readonly source: string;
  readonly variables: readonly string[];
  readonly isStrict: boolean;
  readonly #variant: Variant;
  readonly #emitted: Emitted;
  #usesNow = false;
  #loadCount = 0;
  /** Evaluations since it was loaded. */
  #heat = 0;
  #runtime: Runtime | undefined;
  #program = 0;
  #record = 0;
  #context = 0;
  readonly #plain: PlainCall;

  constructor(source: string, slotNames: readonly string[], emitted: Emitted, variant: Variant) {
    this.source = source;
    this.variables = slotNames;
    this.isStrict = variant.isStrict;
    this.#variant = variant;
    this.#emitted = emitted;
    this.#plain = new PlainCall(source, slotNames, variant);
  }

  get findings(): readonly Finding[] {
    return this.#emitted.findings;
  }

  get type(): StaticType {
    return this.#emitted.type;
  }

  get inferredType(): string {
    return formatType(this.#emitted.inferred);
  }

  evaluate(context: ExpressionContext = {}, options?: EvaluateOptions): unknown {
    checkContext(context);
    const kernel = this.open();
    if ((options?.costMax ?? this.#variant.costMax) !== Infinity) return this.evaluateWhole(context, options);
    this.#prepare(kernel, options);
    const result = this.#plain.evaluate(kernel, context);
    if (result !== FAILED) return result;
    try {
      return this.evaluateWhole(context, options);
    } catch (error) {
      // What is no data may stand where nobody reads it: by path it is not in the way, whichever evaluation this is.
      const read = error instanceof WorkflowError && error.code === "value/unsupported" ? this.#plain.evaluate(kernel, context, true) : FAILED;
      if (read === FAILED) throw error;
      return read;
    }
  }

  evaluateJson(json: string | Uint8Array, options?: EvaluateOptions): unknown {
    return this.evaluate(parseContext(json), options);
  }

  /** As `evaluate`, over the variables as they are, of which all is read. */
  evaluateWhole(context: ExpressionContext, options?: EvaluateOptions): unknown {
    const kernel = this.open();
    this.fill(kernel, this.#context, 0, context);
    return this.run(kernel, this.#context, options);
  }

  evaluateWire(name: string, wire: Uint8Array): unknown {
    const kernel = this.open();
    this.variables.forEach((variable, slot) => {
      if (variable === name) kernel.setSlot(this.#context, slot, wire);
      else kernel.clearSlot(this.#context, slot);
    });
    return this.run(kernel, this.#context);
  }

  async estimateCost(sizes: Readonly<Record<string, number>> = {}): Promise<CostRange> {
    const { estimateCost } = await import("./expression/cost-estimate.js");
    const { functions = ALL_FUNCTIONS, customs, functionCosts } = this.#variant;
    const typeOf = (name: string) => this.#variant.declarationOf(name);
    const ast = parseInto(this.source, new FindingList());
    return estimateCost(ast, { functions: customs?.functions ?? functions, functionCosts, typeOf, sizes });
  }

  evaluateWithCost(context: ExpressionContext = {}, options?: EvaluateOptions): CostedValue {
    checkContext(context);
    const value = this.evaluateWhole(context, options);
    return { value, cost: this.open().cost };
  }

  get lastCost(): number {
    return openRuntime().kernel.cost;
  }

  evaluateExact(bindings: Readonly<Record<string, ExactValue>>, options?: EvaluateOptions): ExactValue {
    return this.evaluateWires((name) => (Object.hasOwn(bindings, name) && bindings[name] !== undefined ? encodeExact(bindings[name]) : undefined), options);
  }

  evaluateWires(wireOf: (name: string) => Uint8Array | undefined, options?: EvaluateOptions): ExactValue {
    const kernel = this.open();
    this.variables.forEach((name, slot) => {
      const wire = wireOf(name);
      if (wire === undefined) kernel.clearSlot(this.#context, slot);
      else kernel.setSlot(this.#context, slot, wire);
    });
    return decodeExact(kernel.wire(this.runToCell(kernel, this.#context, options)));
  }

  resident(context: ExpressionContext = {}): ResidentExpression {
    checkContext(context);
    return new Resident(this, context);
  }

  batch(contexts: readonly ExpressionContext[]): ExpressionBatch {
    if (!Array.isArray(contexts)) throw argumentError("expression/invalid-call", "contexts", contexts, "a list of objects");
    contexts.forEach(checkContext);
    return new Batch(this, contexts);
  }

  async precompile(): Promise<boolean> {
    return (await precompileExpressions([this])) === 1;
  }

  /** Is it evaluated by a generated function? */
  get isNative(): boolean {
    return this.#runtime?.kernel.native.has(this.#record) ?? false;
  }

  /** Where it stands in the kernel that it is loaded in now: over variables, and over paths where it is read so. */
  get targets(): readonly NativeTarget[] {
    const runtime = this.#runtime;
    const loadCount = this.#loadCount;
    const { target } = this.#plain;
    const own = { record: this.#record, isCurrent: () => this.#runtime === runtime && this.#loadCount === loadCount };
    return target === undefined ? [own] : [own, target];
  }

  async disassemble(): Promise<string> {
    const { disassemble } = await import("./expression/disassemble.js");
    return disassemble(this.#emitted.code, this.source, this.variables);
  }

  dispose(): void {
    if (this.#runtime === undefined) return;
    const { kernel, loaded } = this.#runtime;
    kernel.refuseUse();
    loaded.delete(this);
    this.#runtime = undefined;
    this.#heat = 0;
    kernel.destroyContext(this.#context);
    kernel.unloadProgram(this.#program);
    this.#plain.dispose();
  }

  /** Slots of one context; at least one, so that windows of a batch differ. */
  get slotCount(): number {
    return Math.max(1, this.variables.length);
  }

  /** The shared kernel, with this expression's program in it. */
  open(): ExpressionKernel {
    const current = openRuntime();
    // Before anything of a context is written: what is evaluated now may be reading it.
    current.kernel.refuseUse();
    if (this.#runtime !== current) this.#load(current);
    return current.kernel;
  }

  run(kernel: ExpressionKernel, context: number, options?: EvaluateOptions): unknown {
    this.#prepare(kernel, options);
    const cell = kernel.evaluate(this.#record, context);
    const result = kernel.result(cell, undefined);
    return result === FAILED ? kernel.value(this.#refuseError(kernel, cell)) : result;
  }

  /** Does its program stand in this kernel, which is the one in use? */
  isIn(kernel: ExpressionKernel): boolean {
    return this.#runtime !== undefined && this.#runtime === runtime && this.#runtime.kernel === kernel;
  }

  /** Does its program stand in the kernel? */
  get isLoaded(): boolean {
    return this.#runtime !== undefined && this.#runtime === runtime;
  }

  /** Evaluates; the result cell is a value. */
  runToCell(kernel: ExpressionKernel, context: number, options?: EvaluateOptions): number {
    this.#prepare(kernel, options);
    const cell = kernel.evaluate(this.#record, context);
    return this.#refuseError(kernel, cell);
  }

  /** The cell, where it is a value or becomes one. */
  #refuseError(kernel: ExpressionKernel, cell: number): number {
    const error = kernel.error(cell);
    if (error !== undefined) throw this.#describe(error, kernel);
    return cell;
  }

  #prepare(kernel: ExpressionKernel, options: EvaluateOptions | undefined, count = 1): void {
    const before = this.#heat;
    this.#heat = before + count;
    if (before < hotCount && before + count >= hotCount) noteHot(this);
    if (this.#usesNow) kernel.setNow(readNow(options));
    const costMax = options?.costMax ?? this.#variant.costMax;
    if (costMax !== kernel.costMax) kernel.costMax = checkCostMax(costMax);
  }

  countTrue(kernel: ExpressionKernel, context: number, count: number, options?: EvaluateOptions): number {
    this.#prepare(kernel, options, count);
    return kernel.evaluateMany(this.#record, context, count, this.slotCount);
  }

  /** Writes a context's variables to the slots from `first` on. */
  fill(kernel: ExpressionKernel, context: number, first: number, values: ExpressionContext): void {
    const { variables } = this;
    for (let slot = 0; slot < variables.length; slot += 1) {
      const name = variables[slot] as string;
      this.write(kernel, context, first + slot, name, Object.hasOwn(values, name) ? values[name] : undefined);
    }
  }

  write(kernel: ExpressionKernel, context: number, slot: number, name: string, value: unknown): void {
    if (typeof value === "number" && !this.isStrict) kernel.setNumber(context, slot, value);
    else if (typeof value === "boolean") kernel.setBool(context, slot, value);
    else if (value === undefined) kernel.clearSlot(context, slot);
    else if (typeof value === "bigint" && value >= INT_MIN && value <= INT_MAX) kernel.setInt(context, slot, value);
    else {
      const writer = this.isStrict ? strictWriter : plainWriter;
      writer.reset();
      writer.writeValue(value, name);
      kernel.setSlot(context, slot, writer.bytes());
    }
  }

  #load(current: Runtime): void {
    const { kernel, loaded } = current;
    if (loaded.size >= EXPRESSION_PROGRAM_COUNT_MAX) {
      for (const oldest of loaded) {
        oldest.dispose();
        break;
      }
    }
    const { code } = this.#emitted;
    this.#loadCount += 1;
    this.#program = kernel.loadProgram(layOutExpressions([code], this.variables), code.functions);
    this.#record = kernel.expression(this.#program, 0);
    this.#context = kernel.createContext(this.slotCount);
    this.#runtime = current;
    this.#usesNow = this.source.includes("now");
    loaded.add(this);
  }

  #describe({ error, instruction, detail }: EvaluationError, { cost, costMax }: ExpressionKernel): WorkflowError {
    const code = `expression/${(ExpressionError[error] ?? "failed").toLowerCase().replaceAll("_", "-")}` as ErrorCode;
    const { spans } = this.#emitted.code;
    const place = locate(this.source, spans[instruction * 2] ?? 0, spans[instruction * 2 + 1] ?? this.source.length);
    const said = error === ExpressionError.COST_EXCEEDED ? { cost, costMax } : readDetail(error, detail);
    const message = describeError(error, said, this.source.slice(place.start, place.end));
    return new WorkflowError(code, message, { place, details: { source: this.source, ...said } });
  }
}

class Resident implements ResidentExpression {
  readonly #expression: CompiledExpression;
  readonly #slots = new Map<string, number>();
  /** By slot; written again where the kernel is another one. */
  readonly #values: unknown[];
  #kernel: ExpressionKernel | undefined;
  #context = 0;

  constructor(expression: CompiledExpression, context: ExpressionContext) {
    this.#expression = expression;
    this.#values = expression.variables.map((name) => (Object.hasOwn(context, name) ? context[name] : undefined));
    expression.variables.forEach((name, slot) => {
      this.#slots.set(name, slot);
    });
    this.#open();
  }

  evaluate(options?: EvaluateOptions): unknown {
    const kernel = this.#kernel;
    // Nothing is written: whether the kernel may be used is asked by the evaluation itself.
    return this.#expression.run(kernel !== undefined && this.#expression.isIn(kernel) ? kernel : this.#open(), this.#context, options);
  }

  test(options?: EvaluateOptions): boolean {
    const kernel = this.#open();
    return kernel.isTrue(this.#expression.runToCell(kernel, this.#context, options));
  }

  set(name: string, value: unknown): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#expression.write(this.#open(), this.#context, slot, name, value);
    this.#values[slot] = value;
  }

  dispose(): void {
    this.#kernel?.destroyContext(this.#context);
    this.#kernel = undefined;
  }

  #open(): ExpressionKernel {
    const kernel = this.#expression.open();
    if (kernel !== this.#kernel) {
      this.#context = kernel.createContext(this.#expression.slotCount);
      this.#kernel = kernel;
      this.#expression.variables.forEach((name, slot) => {
        this.#expression.write(kernel, this.#context, slot, name, this.#values[slot]);
      });
    }
    return kernel;
  }
}

class Batch implements ExpressionBatch {
  readonly count: number;
  readonly #expression: CompiledExpression;
  readonly #slots = new Map<string, number>();
  readonly #kernel: ExpressionKernel;
  readonly #context: number;
  #isDisposed = false;

  constructor(expression: CompiledExpression, contexts: readonly ExpressionContext[]) {
    this.#expression = expression;
    this.count = contexts.length;
    expression.variables.forEach((name, slot) => {
      this.#slots.set(name, slot);
    });
    this.#kernel = expression.open();
    this.#context = this.#kernel.createContext(Math.max(1, contexts.length * expression.slotCount));
    contexts.forEach((values, index) => {
      expression.fill(this.#kernel, this.#context, index * expression.slotCount, values);
    });
  }

  set(index: number, name: string, value: unknown): void {
    const slot = this.#slots.get(name);
    if (slot === undefined || this.#isDisposed || index < 0 || index >= this.count) return;
    this.#kernel.refuseUse();
    this.#expression.write(this.#kernel, this.#context, index * this.#expression.slotCount + slot, name, value);
  }

  countTrue(options?: EvaluateOptions): number {
    if (this.#isDisposed || this.#expression.open() !== this.#kernel) {
      throw new WorkflowError("kernel/bad-handle", "The batch is gone: it was disposed of, or the kernel was loaded anew");
    }
    return this.#expression.countTrue(this.#kernel, this.#context, this.count, options);
  }

  dispose(): void {
    if (!this.#isDisposed) this.#kernel.destroyContext(this.#context);
    this.#isDisposed = true;
  }
}
