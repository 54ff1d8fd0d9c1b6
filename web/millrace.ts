// The one place where the playground reaches into Millrace: the doors, and only the doors.
export { createEngine } from "../src/doors/index.js";
export type {
  ActionDefinition,
  Definition,
  Engine,
  ErrorRecord,
  Finding,
  FormField,
  LabelReading,
  ParameterDefinition,
  Place,
  Run,
  RunAwait,
  RunEvent,
  RunRecord,
  RunStatus,
  StateDefinition,
  TaskContext,
  TaskHandler,
  TransitionDefinition,
  Value,
  Workflow,
} from "../src/doors/index.js";
