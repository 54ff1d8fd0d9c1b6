// A small notation for workflows in Markdown: what stands around the chart is made out of its parts.

/** A Markdown workflow out of its parts. */
export function markdown(chart: string, parts: { name?: string; head?: string; actions?: string } = {}): string {
  const actions = parts.actions === undefined ? "" : `\n## Actions\n${parts.actions.trim()}\n`;
  return `---\nname: ${parts.name ?? "sample"}\n${parts.head?.trim() ?? ""}\n---\n\`\`\`mermaid\nstateDiagram-v2\n${chart.trim()}\n\`\`\`\n${actions}`;
}
