// An expression made for objects that are given with the call: the same expression over the values at the ends of its paths, in
// the kernel as a program of its own, with a context that is filled by path. Gives a result or nothing: errors are for the
// caller, who evaluates over whole variables to say what is wrong.
import { layOutExpressions } from "./compile/blob.js";
import { typeOfTypeName } from "./expression/checker/type-names.js";
import { emitExpression, type ExpressionScope } from "./expression/emitter.js";
import { FindingList } from "./expression/finding-list.js";
import { parseInto } from "./expression/parser.js";
import { findPaths } from "./expression/reading.js";
import { type ExpressionKernel, FAILED } from "./kernel/context.js";
import type { NativeTarget } from "./kernel/native-functions.js";
import { PlainContext } from "./kernel/plain-context.js";
import type { ExpressionCode } from "./model/program.js";
import type { Reading } from "./model/reading.js";

/** After so many calls in a row that came to nothing, only one in MISS_STRIDE is tried. */
const MISS_COUNT_MAX = 8;
const MISS_STRIDE = 32;

/** The evaluation for which an expression is made ready to read objects by path: whoever evaluates once needs none. */
const EVALUATION_COUNT_MIN = 2;

export interface PlainProgram {
  readonly code: ExpressionCode;
  readonly reading: Reading;
}

/** What of the scope of an expression decides how it is read. */
export interface PlainScope extends Pick<ExpressionScope, "isOpen" | "functions" | "container" | "customs"> {
  readonly hasPaths: boolean;
  readonly isStrict: boolean;
}

/** An expression's evaluations over objects that are given with the call. Takes memory in the kernel with the second of them. */
export class PlainCall {
  readonly #source: string;
  readonly #variables: readonly string[];
  readonly #scope: PlainScope;
  /** Null: variables must be taken whole. Undefined: nobody has looked yet. */
  #compiled: PlainProgram | null | undefined;
  #kernel: ExpressionKernel | undefined;
  #context: PlainContext | undefined;
  #program = 0;
  #loadCount = 0;
  #record = 0;
  #evaluationCount = 0;
  /** Evaluations in a row that came to nothing. */
  #missCount = 0;

  /** `variables`: those that the expression reads from outside. */
  constructor(source: string, variables: readonly string[], scope: PlainScope) {
    this.#source = source;
    this.#variables = variables;
    this.#scope = scope;
  }

  /** The result over this object (`isLast`: which cannot be taken whole); FAILED: it must be taken whole, or the result is an error. */
  evaluate(kernel: ExpressionKernel, values: object, isLast = false): unknown {
    if (this.#kernel !== kernel && !this.#open(kernel, isLast)) return FAILED;
    if (this.#missCount >= MISS_COUNT_MAX && !isLast) {
      this.#missCount += 1;
      if (this.#missCount % MISS_STRIDE !== 0) return FAILED;
    }
    const context = this.#context as PlainContext;
    if (context.fill(values)) {
      const result = kernel.result(kernel.evaluate(this.#record, context.handle), context);
      if (result !== FAILED) {
        this.#missCount = 0;
        return result;
      }
    }
    this.#missCount += 1;
    return FAILED;
  }

  /** Where its program stands; undefined where there is none. */
  get target(): NativeTarget | undefined {
    const kernel = this.#kernel;
    const loadCount = this.#loadCount;
    if (kernel === undefined) return undefined;
    return { record: this.#record, isCurrent: () => this.#kernel === kernel && this.#loadCount === loadCount };
  }

  /** Gives back its memory in the kernel; a later evaluation takes it again. */
  dispose(): void {
    this.#context?.dispose();
    this.#kernel?.unloadProgram(this.#program);
    this.#context = undefined;
    this.#kernel = undefined;
  }

  #open(kernel: ExpressionKernel, isLast: boolean): boolean {
    this.#evaluationCount += 1;
    if (this.#compiled === null || (this.#evaluationCount < EVALUATION_COUNT_MIN && !isLast)) return false;
    this.#compiled ??= compilePlain(this.#source, this.#variables, this.#scope) ?? null;
    if (this.#compiled === null) return false;
    const { code, reading } = this.#compiled;
    this.#loadCount += 1;
    this.#program = kernel.loadProgram(layOutExpressions([code], reading.slotNames));
    this.#record = kernel.expression(this.#program, 0);
    this.#context = new PlainContext(kernel, reading, this.#scope.isStrict);
    this.#kernel = kernel;
    return true;
  }
}

/** The program, or undefined where variables must be taken whole. O(size of the text). */
export function compilePlain(source: string, variables: readonly string[], scope: PlainScope): PlainProgram | undefined {
  const { isOpen = false, functions, hasPaths, container, customs } = scope;
  // Custom functions are called once for an evaluation, also where it fails.
  if (customs !== undefined || hasPaths || (container !== undefined && container !== "")) return undefined;
  // Declared variables hide names of the language, which only their scope knows.
  if (!isOpen && variables.some((name) => name === "now" || typeOfTypeName(name) !== undefined)) return undefined;
  const found = findPaths(parseInto(source, new FindingList()), variables);
  if (found === undefined) return undefined;
  const slots = new Map(found.reading.slotNames.map((name, slot) => [name, slot]));
  const { code, findings } = emitExpression(found.ast, {
    slotOf: (name) => slots.get(name),
    typeOf: () => undefined,
    isOpen,
    isChecked: false,
    ...(functions !== undefined && { functions }),
  });
  return findings.some(({ severity }) => severity === "error") ? undefined : { code, reading: found.reading };
}
