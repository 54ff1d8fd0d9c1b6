// What editors and readers of workflows need: joins analysis with the kernel that expressions share.
import { exploreDefinition } from "./analysis/exploration.js";
import type { Exploration, ExplorationOptions } from "./analysis/exploration-words.js";
import type { EditorScope } from "./analysis/editor/editor-scope.js";
import { type ExplainedPart, type ExplainOptions, type ExplainPort, explainWith } from "./analysis/editor/explain.js";
import { compileExact, type ExactExpression, isLoaded, type LoadExpressionsOptions } from "./create-expressions.js";
import { createConfigurationReader } from "./kernel/configuration.js";
import { createExplorer } from "./kernel/explorer.js";
import { analyseDefinition } from "./analysis/analyse-workflow.js";
import type { AnalysisFinding } from "./analysis/finding.js";
import { evaluatePartially as evaluatePartiallyWith, type PartialOptions, type PartialResult } from "./analysis/residual.js";
import { ProgramCache } from "./expression/program-cache.js";
import type { Definition } from "./model/definition.js";
import { WorkflowError } from "./model/errors.js";
import type { ConstantPort } from "./model/ports.js";

/**
 * Bounds of an exploration, and where the kernel comes from: `wasmUrl` says where `millrace-explorer.wasm` is served. A kernel
 * that does not explore (`millrace.wasm`) does as well, many times slower.
 */
export type ExploreOptions = ExplorationOptions & LoadExpressionsOptions;

/** Compiled parts of expressions that are kept: most are one operator or function over variables. */
export const CONSTANT_PROGRAM_COUNT_MAX = 256;

/** Compiled parts of explained expressions that are kept: those of some ten expressions that a person edits. */
export const EXPLAINED_PROGRAM_COUNT_MAX = 1_024;

const programs = new ProgramCache<ExactExpression>(CONSTANT_PROGRAM_COUNT_MAX, (program) => program.dispose());
const VARIANT = {};

function compileConstant(source: string): ExactExpression {
  let program = programs.get(source, VARIANT);
  if (program === undefined) {
    program = compileExact(source, {});
    programs.add(source, VARIANT, program);
  }
  return program;
}

/** The kernel as an evaluator of constants. Says nothing before `loadExpressions()` has resolved. */
export const kernelConstants: ConstantPort = {
  evaluate(source, bindings) {
    if (!isLoaded()) return undefined;
    try {
      const program = compileConstant(source);
      if (program.variables.some((name) => !Object.hasOwn(bindings, name))) return undefined;
      return { value: program.evaluateExact(bindings) };
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      return error.code.startsWith("expression/") && error.code !== "expression/invalid" ? { error: error.code } : undefined;
    }
  },
};

/**
 * What can be proved of a workflow without running it, in the order of the text: states that are never reached or never left,
 * guards that never hold, joins that never fire, variables that are read before they are written … At once, without a kernel.
 * @param definition - one that loads: `parseWorkflow` found no error in it
 * @returns findings with `analysis/…` codes, each with its certainty; docs/analysis.md lists them. About linear in the size
 * of the text; what parsing says already is not said again
 */
export function analyseWorkflow(definition: Definition): readonly AnalysisFinding[] {
  return analyseDefinition(definition);
}

/**
 * Explores a workflow from its start, in a kernel of its own: by every event, outcome of a task and timer, in every order, over
 * values that are unknown unless `input` gives them. Finds deadlocks and violated invariants, each with a shortest witness.
 * Goes on in pieces, so the thread is not blocked for long; `signal` ends it.
 * @param definition - one that loads
 * Rejects with `parse/invalid`, `kernel/wasm-blocked`, `kernel/unavailable`, `kernel/out-of-memory`
 * @throws WorkflowError `analysis/not-supported` for a task graph
 */
export async function exploreWorkflow(definition: Definition, options: ExploreOptions = {}): Promise<Exploration> {
  const { wasmUrl, wasmModule, ...bounds } = options;
  const { kernel, explorer } = await createExplorer({ wasmUrl, wasmModule });
  return exploreDefinition(definition, { kernel, explorer, reader: createConfigurationReader() }, bounds);
}

/**
 * Evaluates an expression as far as the values of `known` permit: gives its value, the error it fails with, or a residual
 * expression over the rest with the paths that decide it. Works at once; after `loadExpressions()` it computes everything that
 * the kernel does, before that only operators, fields and the commonest functions (the others stay in the residual).
 * @throws WorkflowError `expression/invalid` for a text with errors, `analysis/invalid-path`, `value/unsupported`
 */
export function evaluatePartially(
  source: string,
  known: Readonly<Record<string, unknown>>,
  options: Omit<PartialOptions, "constants"> = {},
): PartialResult {
  return evaluatePartiallyWith(source, known, { ...options, constants: kernelConstants });
}

const explainedPrograms = new ProgramCache<ExactExpression>(EXPLAINED_PROGRAM_COUNT_MAX, (program) => program.dispose());

function compilePart(text: string, scope: EditorScope): ExactExpression {
  let program = explainedPrograms.get(text, scope);
  if (program === undefined) {
    const { declarations, customs, container, isStrict } = scope;
    program = compileExact(text, { customs, container, isStrict, ...(declarations !== undefined && { variables: declarations }) });
    explainedPrograms.add(text, scope, program);
  }
  return program;
}

const kernelExplainer: ExplainPort = {
  evaluate(text, wireOf, scope, now) {
    const program = compilePart(text, scope);
    try {
      return { value: program.evaluateWires(wireOf, { now }), cost: program.lastCost };
    } catch (error) {
      const isFailure = error instanceof WorkflowError && error.code.startsWith("expression/");
      if (!isFailure) throw error;
      return { error, cost: program.lastCost };
    }
  },
};

/**
 * How an expression comes to its value over one context: every part with its place, its value or error as the kernel gives
 * it, its cost, and what is never evaluated because something before it decides. Macros show their first elements. Each part is evaluated by itself,
 * so the cost is about that of the expression times its depth, within the EXPLAIN_… limits.
 * `await loadExpressions()` first.
 * @param context values of variables by name, as for `Expression.evaluate`
 * @throws WorkflowError `expression/invalid` for a text with errors, `expression/invalid-call`, `expression/invalid-declaration`,
 * `value/unsupported` for a variable that is no data, `kernel/not-loaded`
 */
export function explainExpression(source: string, context: Readonly<Record<string, unknown>>, options?: ExplainOptions): ExplainedPart {
  return explainWith(kernelExplainer, source, context, options);
}
