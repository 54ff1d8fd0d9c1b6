// Short ways for the tests of this folder to read texts.
import { parseWorkflow } from "../../../src/doors/format.js";
import type { Definition, Finding, TransitionDefinition } from "../../../src/doors/format.js";

/** `code@line:column` of each finding. */
export function findingsOf(text: string): string[] {
  return parseWorkflow(text).findings.map(({ code, place }) => `${code}@${place.line}:${place.column}`);
}

/** What a finding's place covers in the text. */
export function textAt(text: string, { place }: Pick<Finding, "place">): string {
  return text.slice(place.start, place.end);
}

/** A bare diagram of these lines. */
export function read(...lines: string[]): Definition {
  return parseWorkflow(["stateDiagram-v2", ...lines].join("\n")).definition;
}

/** `parent/id:kind` of each state. */
export function statesOf({ states }: Definition): string[] {
  return states.map(({ id, kind, parent }) => `${parent === -1 ? "" : `${states[parent]?.id}/`}${id}:${kind}`);
}

/** `source>target` of each transition, with its label. */
export function transitionsOf({ states, transitions }: Definition): string[] {
  return transitions.map(({ source, target, label }) => `${states[source]?.id}>${states[target]?.id}${label === "" ? "" : ` ${label}`}`);
}

/** A Markdown workflow with one state `A`, and these lines under Actions. */
export function withActions(...lines: string[]): string {
  return `\`\`\`mermaid\nstateDiagram-v2\n[*] --> A\nA --> [*]\n\`\`\`\n## Actions\n${lines.join("\n")}\n`;
}

/** How the label of a transition `A --> B` is read, with what the front matter declares. */
export function readLabelText(
  label: string,
  declarations = "",
): { transition: TransitionDefinition; findings: readonly Finding[]; text: string } {
  const text = `---\nname: x\n${declarations}---\nstateDiagram-v2\n[*] --> A\nA --> B : ${label}\nB --> [*]\n`;
  const { definition, findings } = parseWorkflow(text);
  return { transition: definition.transitions[1] as TransitionDefinition, findings, text };
}
