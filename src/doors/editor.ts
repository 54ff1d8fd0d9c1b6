// The door `millrace/editor`: what can be known of workflows and expressions before they run.
export { evaluatePartially } from "../create-editor.js";
export { loadExpressions, type LoadExpressionsOptions } from "../create-expressions.js";
export type { PartialOptions, PartialResult } from "../analysis/residual.js";
export { type ErrorCode, type Finding, type Place, type Severity, WorkflowError } from "../model/errors.js";
export type { ExactValue } from "../model/value.js";
