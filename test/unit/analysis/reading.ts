// Short ways for the tests of this folder to analyse texts.
import { analyseDefinition } from "../../../src/analysis/analyse-workflow.js";
import type { AnalysisFinding } from "../../../src/analysis/finding.js";
import { parseWorkflow } from "../../../src/doors/format.js";

/** Findings of a text that must load. */
export function analyse(text: string): readonly AnalysisFinding[] {
  const { definition, findings } = parseWorkflow(text);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return analyseDefinition(definition);
}

/** `code states` of each finding, without the room's name; `?` before what is only possible. */
export function summarise(findings: readonly AnalysisFinding[]): string[] {
  return findings.map(({ code, certainty, states }) =>
    `${certainty === "certain" ? "" : "?"}${code.replace("analysis/", "")} ${states.join(" ")}`.trim(),
  );
}

/** What there is to say of a bare diagram of these lines. */
export function findIn(...lines: string[]): string[] {
  return summarise(analyse(["stateDiagram-v2", ...lines].join("\n")));
}

/** The same of a Markdown workflow: front matter, diagram, actions. */
export function findInWorkflow(parts: {
  readonly front?: readonly string[];
  readonly diagram: readonly string[];
  readonly actions?: readonly string[];
}): string[] {
  return summarise(analyse(writeWorkflow(parts)));
}

export function writeWorkflow({
  front = [],
  diagram,
  actions = [],
  states = [],
}: {
  readonly front?: readonly string[];
  readonly diagram: readonly string[];
  readonly actions?: readonly string[];
  readonly states?: readonly string[];
}): string {
  const list = (title: string, items: readonly string[]) => ["", `## ${title}`, "", ...items.map((item) => `- ${item}`)];
  const body = ["```mermaid", "stateDiagram-v2", ...diagram, "```", ...list("Actions", actions), ...(states.length === 0 ? [] : list("States", states)), ""];
  return ["---", "name: sample", ...front, "---", "", ...body].join("\n");
}
