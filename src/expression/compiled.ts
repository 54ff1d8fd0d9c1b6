// What whoever compiles expressions gives and gets: options, compiled expressions, and contexts that stay in the kernel.
import type { CustomConstants, CustomFunctions } from "../model/custom-function.js";
import type { Finding } from "../model/errors.js";
import type { VariableDeclarations } from "./checker/variable-set.js";
import type { CostRange } from "./cost-estimate.js";
import type { FunctionCosts } from "./cost.js";
import type { StaticType } from "./type.js";

export interface CompileExpressionOptions {
  /**
   * Declared variables and their types, nested as deep as is known. With it, mistakes of type are found and any other name
   * gives a warning. Read once: an object given again must not have changed.
   */
  readonly variables?: VariableDeclarations;
  /**
   * CEL's rules to the letter: JavaScript numbers become doubles instead of JSON numbers that adapt to the other operand, and
   * only values of one type are compared. Default false.
   */
  readonly isStrict?: boolean;
  /** Functions of your own, by signature. Read once, as `variables`; two functions are two, also where their texts are equal. */
  readonly functions?: CustomFunctions;
  /** Constants of your own, by name. Read once. Declared variables hide them; they hide those of a context. */
  readonly constants?: CustomConstants;
  /** Cost units that one evaluation may take, 0 or more, where the evaluation says nothing else. Default: no limit but that of the work done. */
  readonly costMax?: number;
  /** What calls cost, by the function's name, in the place of what cel-go counts. */
  readonly functionCosts?: FunctionCosts;
}

export interface EvaluateOptions {
  /** What `now` is, ms since 1970. Default: this moment. */
  readonly now?: number;
  /** Cost units that the evaluation may take, 0 or more. Default: what `compileExpression` was given. */
  readonly costMax?: number;
}

/** A value, and the cost units that it took. */
export interface CostedValue {
  readonly value: unknown;
  readonly cost: number;
}

/** Values of variables by name. Own properties count; a value `undefined` is absent. */
export type ExpressionContext = Readonly<Record<string, unknown>>;

/** A compiled expression. Memory in the kernel is taken when it is first evaluated. */
export interface Expression {
  readonly source: string;
  /** Warnings; errors do not compile. */
  readonly findings: readonly Finding[];
  /** What is known of the result's type: `any` where nothing is. */
  readonly type: StaticType;
  /** The same in full, in CEL's notation: `list(map(string, int))`; `dyn` where nothing is known. */
  readonly inferredType: string;
  /** The variables that it reads, in the order of first use. */
  readonly variables: readonly string[];
  /**
   * The value over `context`: data as `decodeValue` gives it, integers beyond 2^53 as BigInt. Only what the expression reads of
   * the context is looked at: the fields at the ends of its paths, of a list's elements those that a macro selects, all of what
   * is used whole. Fields must be the objects' own. With a limit of its cost, and where it fails, whole variables are read.
   * @throws WorkflowError `expression/…` with a place in the source where it fails, `expression/cost-exceeded` where it costs more
   * than it may; `value/unsupported` for what is read and is no data
   */
  evaluate(context?: ExpressionContext, options?: EvaluateOptions): unknown;
  /**
   * As `evaluate`, over a context that is JSON: a text, or its bytes in UTF-8. It is parsed once, by JSON.parse, and read as any object.
   * @throws as `evaluate`; `expression/invalid-call` where it is no JSON, or JSON of no object
   */
  evaluateJson(json: string | Uint8Array, options?: EvaluateOptions): unknown;
  /**
   * What an evaluation that ends without an error costs, at least and at most, before anything runs; `max` may be Infinity.
   * `sizes`: the greatest number of characters, bytes, elements or entries by path, as far as they are known, `[]` standing for
   * an element or value: `{ items: 100, "items[].name": 40 }`. Linear in the size of the text. Its code is loaded when first used.
   */
  estimateCost(sizes?: Readonly<Record<string, number>>): Promise<CostRange>;
  /** As `evaluate`, and says what it cost, in cel-go's units. */
  evaluateWithCost(context?: ExpressionContext, options?: EvaluateOptions): CostedValue;
  /** A context that stays in the kernel, for many evaluations. Dispose of it. */
  resident(context?: ExpressionContext): ResidentExpression;
  /** Many contexts that stay in the kernel, evaluated in one call. Dispose of it. */
  batch(contexts: readonly ExpressionContext[]): ExpressionBatch;
  /**
   * Makes a WebAssembly function of it, by which it is evaluated from then on: the same results, errors and costs, sooner. Worth it from some
   * thousands of evaluations on. False: it is too long (2,000 instructions). For many at once there is `precompileExpressions`.
   */
  precompile(): Promise<boolean>;
  /** Its code as text, for debugging: a line for each instruction, with operands by name, jumps, and the place in the source. */
  disassemble(): Promise<string>;
  /** Gives back its memory in the kernel. A later evaluation takes it again. */
  dispose(): void;
}

export interface ResidentExpression {
  /** As `Expression.evaluate`, over the values set last. */
  evaluate(options?: EvaluateOptions): unknown;
  /** Is the result exactly true? Throws as `evaluate`. */
  test(options?: EvaluateOptions): boolean;
  /** Sets one variable; numbers and bools are written in place. A name that the expression does not read is ignored. */
  set(name: string, value: unknown): void;
  dispose(): void;
}

export interface ExpressionBatch {
  readonly count: number;
  set(index: number, name: string, value: unknown): void;
  /** Evaluates all; gives how many are exactly true. An error is not true. */
  countTrue(options?: EvaluateOptions): number;
  dispose(): void;
}
