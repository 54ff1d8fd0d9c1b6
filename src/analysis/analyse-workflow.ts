// The door to what can be said of a workflow by looking at it: all static findings of one definition.
import type { Definition } from "../model/definition.js";
import { checkAssignments } from "./assignment.js";
import { Chart } from "./chart.js";
import { type AnalysisFinding, AnalysisFindings } from "./finding.js";
import { checkWays } from "./ways.js";
import { checkGuards } from "./guards.js";
import { checkNames, listWritten, VariableReader } from "./names.js";

/**
 * Looks at a definition that loads (one without errors) and says what can be proved of it, in the order of the text. Changes
 * nothing and runs nothing. What the format finds already (docs/formats.md) is not said again.
 * Of a task graph nothing is known yet.
 * @returns at most ANALYSIS_FINDING_COUNT_MAX findings; docs/analysis.md says which are certain
 */
export function analyseDefinition(definition: Definition): readonly AnalysisFinding[] {
  if (definition.taskGraph !== undefined) return [];
  const chart = new Chart(definition);
  const findings = new AnalysisFindings();
  const reader = new VariableReader(chart);
  checkGuards(chart, findings, listWritten(chart));
  const reached = checkWays(chart, findings);
  checkNames(chart, findings, reached, reader);
  checkAssignments(chart, findings, reader);
  return findings.inOrder();
}
