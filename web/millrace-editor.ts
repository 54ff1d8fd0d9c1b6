// The editor door alone: the worker that proves must not pull the engine's client into its bundle, and the page asks it of expressions.
export {
  analyseWorkflow,
  completeExpression,
  diagnoseExpression,
  explainExpression,
  exploreWorkflow,
  findSignature,
  formatExpression,
  hoverExpression,
  loadExpressions,
  readReferences,
} from "../src/doors/editor.js";
export type {
  AnalysisFinding,
  Completion,
  Definition,
  ExplainedElement,
  ExplainedPart,
  Exploration,
  ExplorationBound,
  ExplorationFinding,
  ExpressionDiagnostic,
  ExpressionEditorOptions,
  Hover,
  PathReference,
  SignatureHelp,
  WitnessStep,
} from "../src/doors/editor.js";
