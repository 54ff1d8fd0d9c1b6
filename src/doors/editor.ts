// The door `millrace/editor`: what can be known of workflows and expressions before they run.
export { analyseWorkflow, evaluatePartially, type ExploreOptions, exploreWorkflow } from "../create-editor.js";
export type { Exploration, ExplorationBound, ExplorationFinding, ExplorationOptions, WitnessStep } from "../analysis/exploration-words.js";
export { loadExpressions, type LoadExpressionsOptions } from "../create-expressions.js";
export type { AnalysisCode, AnalysisFinding, Certainty } from "../analysis/finding.js";
export type { PartialOptions, PartialResult } from "../analysis/residual.js";
export { parseWorkflow, type ParsedWorkflow, type ParseWorkflowOptions } from "../format/parse-workflow.js";
export type { Definition } from "../model/definition.js";
export { type ErrorCode, type Finding, type Place, type Severity, WorkflowError } from "../model/errors.js";
export type { ExactValue } from "../model/value.js";
