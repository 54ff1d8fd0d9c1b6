// What looks wrong in a workflow's expressions though it is none: doubts of the expression editor, for a text without errors.
import { effect } from "@preact/signals";
import type { Definition, Finding } from "../millrace.js";
import { diagnoseExpression } from "../millrace-editor.js";
import { draft, expressionFindings } from "../text/draft.js";
import { readOptions, readRegions } from "./workflow-regions.js";

/** Expressions of one text that are doubted: the rest is left to the other findings. */
const DOUBTED_COUNT_MAX = 500;
const DELAY_MS = 300;
/** How long the page's thread is held at a time. */
const SLICE_MS = 8;

/** Begins to follow the text. Call once. */
export function followExpressions(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const current = draft.value;
    clearTimeout(timer);
    if (current?.definition === undefined || current.findings.some(({ severity }) => severity === "error")) return;
    timer = setTimeout(() => void look(current.text, current.definition as Definition), DELAY_MS);
  });
}

async function look(text: string, definition: Definition): Promise<void> {
  const options = readOptions(definition);
  const found: Finding[] = [];
  let startedAt = performance.now();
  for (const region of readRegions(definition, text, options).slice(0, DOUBTED_COUNT_MAX)) {
    if (performance.now() - startedAt > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      if (draft.peek()?.text !== text) return;
      startedAt = performance.now();
    }
    found.push(...doubt(text, region));
  }
  if (draft.peek()?.text === text) expressionFindings.value = { text, findings: found };
}

function doubt(text: string, { from, to, options }: { from: number; to: number; options: Parameters<typeof diagnoseExpression>[1] }): readonly Finding[] {
  const findings = diagnoseExpression(text.slice(from, to), options).filter(({ code, severity }) => code.startsWith("editor/") && severity !== "info");
  return findings.map((finding) => {
    const start = from + finding.place.start;
    const lineStart = text.lastIndexOf("\n", start - 1) + 1;
    const line = text.slice(0, lineStart).split("\n").length;
    return { ...finding, place: { start, end: from + finding.place.end, line, column: start - lineStart + 1 } };
  });
}
