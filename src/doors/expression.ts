// The entry `millrace/expression`: CEL expressions without an engine.
export {
  compileExpression,
  type CompileExpressionOptions,
  type CostedValue,
  type EvaluateOptions,
  type Expression,
  type ExpressionBatch,
  expressionCache,
  type ExpressionContext,
  loadExpressions,
  type LoadExpressionsOptions,
  precompileExpressions,
  type ResidentExpression,
} from "../create-expressions.js";
export { type JsonSchema, schemaToType, type TypeDeclaration } from "../expression/checker/declaration.js";
export type { FunctionCost, FunctionCosts } from "../expression/cost.js";
export type { CostRange } from "../expression/cost-estimate.js";
export type { VariableDeclarations } from "../expression/checker/variable-set.js";
export type { ProgramCacheStatistics } from "../expression/program-cache.js";
export type { CustomCode, CustomConstants, CustomFunctions } from "../model/custom-function.js";
export type { TypeName } from "../model/definition.js";
export { type Finding, type Place, type Severity, WorkflowError } from "../model/errors.js";
