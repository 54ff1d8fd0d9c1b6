// `millrace/format`: reading workflows without an engine.
export { parseWorkflow } from "../format/parse-workflow.js";
export type { ParsedWorkflow, ParseWorkflowOptions } from "../format/parse-workflow.js";
export type {
  ActionDefinition,
  AwaitAction,
  Definition,
  EventDefinition,
  ExpressionSource,
  FormField,
  HistoryKind,
  InvariantDefinition,
  ItemsDefinition,
  LabelReading,
  LogLevelName,
  ParameterDefinition,
  RetryDefinition,
  SearchDefinition,
  StateDefinition,
  StateKind,
  TaskAction,
  TaskDefinition,
  TaskGraphParts,
  TransitionDefinition,
  TriggerDefinition,
  TypeName,
  ValueSource,
  VariableDefinition,
} from "../model/definition.js";
export type { Finding, Place, Severity } from "../model/errors.js";
