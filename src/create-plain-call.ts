// An expression made for objects that are given with the call: the same expression over the values at the ends of its paths, in
// the kernel as a program of its own, with a context that is filled by path. Gives a result or nothing: errors are for the
// caller, who evaluates over whole variables to say what is wrong.
import { layOutExpressions } from "./compile/blob.js";
import { typeOfTypeName } from "./expression/checker/type-names.js";
import { emitExpression, type ExpressionScope } from "./expression/emitter.js";
import { FindingList } from "./expression/finding-list.js";
import { parseInto } from "./expression/parser.js";
import { findPaths } from "./expression/reading.js";
import type { ExpressionKernel } from "./kernel/context.js";
import { PlainContext } from "./kernel/plain-context.js";
import type { ExpressionCode } from "./model/program.js";
import type { Reading } from "./model/reading.js";

/** After so many calls in a row that came to nothing, only one in MISS_STRIDE is tried. */
const MISS_COUNT_MAX = 8;
const MISS_STRIDE = 32;

/** The evaluation for which an expression is made ready to read objects by path: whoever evaluates once needs none. */
const EVALUATION_COUNT_MIN = 2;

interface PlainProgram {
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

  /** The result's cell over this object, as `ExpressionKernel.evaluate` gives it; 0: it must be taken whole, or is an error. */
  evaluate(kernel: ExpressionKernel, values: object): number {
    if (this.#kernel !== kernel && !this.#open(kernel)) return 0;
    if (this.#missCount >= MISS_COUNT_MAX) {
      this.#missCount += 1;
      if (this.#missCount % MISS_STRIDE !== 0) return 0;
    }
    const context = this.#context as PlainContext;
    if (context.fill(values)) {
      const cell = kernel.evaluate(this.#record, context.handle);
      if (!kernel.isError(cell)) {
        this.#missCount = 0;
        return cell;
      }
    }
    this.#missCount += 1;
    return 0;
  }

  /** The text of a STRING object that was written from the object given last; undefined: it is another. */
  textAt(object: number): string | undefined {
    return this.#context?.textAt(object);
  }

  /** Gives back its memory in the kernel; a later evaluation takes it again. */
  dispose(): void {
    this.#context?.dispose();
    this.#kernel?.unloadProgram(this.#program);
    this.#context = undefined;
    this.#kernel = undefined;
  }

  #open(kernel: ExpressionKernel): boolean {
    this.#evaluationCount += 1;
    if (this.#compiled === null || this.#evaluationCount < EVALUATION_COUNT_MIN) return false;
    this.#compiled ??= compilePlain(this.#source, this.#variables, this.#scope) ?? null;
    if (this.#compiled === null) return false;
    const { code, reading } = this.#compiled;
    this.#program = kernel.loadProgram(layOutExpressions([code], reading.slotNames));
    this.#record = kernel.expression(this.#program, 0);
    this.#context = new PlainContext(kernel, reading, this.#scope.isStrict);
    this.#kernel = kernel;
    return true;
  }
}

function compilePlain(source: string, variables: readonly string[], scope: PlainScope): PlainProgram | undefined {
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
