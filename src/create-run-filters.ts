// Joins queries of runs with expressions: conditions in CEL over what a record says.
import { compileExpression, loadExpressions, type LoadExpressionsOptions } from "./create-expressions.js";
import { WorkflowError } from "./model/errors.js";
import type { FilterPort } from "./model/ports.js";
import type { RunRecord } from "./model/run-record.js";

/** What a condition sees, by itself and as a field of `run`. Times are timestamps, `duration` is ms; what a run has not is absent. */
const VARIABLES = {
  runId: "string",
  workflow: "string",
  identity: "string",
  status: "string",
  startedAt: "timestamp",
  updatedAt: "timestamp",
  endedAt: "timestamp",
  duration: "number",
  tags: "list",
  fields: "map",
  error: "map",
  parentRunId: "string",
  rerunOf: "string",
  priority: "number",
  seq: "number",
  run: "map",
} as const;

/** Loads the kernel for expressions with the first condition. */
export function createRunFilters(options: LoadExpressionsOptions): FilterPort {
  return {
    async compile(source) {
      await loadExpressions(options);
      const expression = compile(source);
      return (record) => {
        try {
          return expression.evaluate(describe(record)) === true;
        } catch (error) {
          // What a run has not (an error, an end, a field) makes the condition not hold.
          if (error instanceof WorkflowError && error.code.startsWith("expression/")) return false;
          throw error;
        }
      };
    },
  };
}

function compile(source: string): ReturnType<typeof compileExpression> {
  try {
    return compileExpression(source, { variables: VARIABLES });
  } catch (cause) {
    if (!(cause instanceof WorkflowError)) throw cause;
    throw new WorkflowError("store/bad-query", `The filter is no condition: ${cause.message}`, { details: cause.details, findings: cause.findings, cause, ...(cause.place !== undefined && { place: cause.place }) });
  }
}

function describe({ startedAt, updatedAt, endedAt, fields = {}, ...record }: RunRecord): Readonly<Record<string, unknown>> {
  const run = {
    ...record,
    fields,
    startedAt: new Date(startedAt),
    updatedAt: new Date(updatedAt),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt), duration: endedAt - startedAt }),
  };
  return { ...run, run };
}
