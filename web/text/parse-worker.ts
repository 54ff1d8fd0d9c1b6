// Parses the text on show away from the page's thread, so that even a text of many megabytes never holds up typing.
import { parseWorkflow, type Definition, type Finding } from "../millrace-format.js";

export interface ParseRequest {
  readonly text: string;
}
export interface ParseAnswer {
  readonly text: string;
  readonly definition: Definition | undefined;
  readonly findings: readonly Finding[];
  readonly parseMs: number;
}

let newest: string | undefined;

function parseNewest(): void {
  const text = newest;
  newest = undefined;
  if (text === undefined) return;
  const startedAt = performance.now();
  const answer = parse(text);
  postMessage({ text, ...answer, parseMs: performance.now() - startedAt } satisfies ParseAnswer);
}

function parse(text: string): Pick<ParseAnswer, "definition" | "findings"> {
  try {
    const { definition, findings } = parseWorkflow(text);
    return { definition, findings };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const place = { start: 0, end: 0, line: 1, column: 1 };
    return { definition: undefined, findings: [{ severity: "error", code: "parse/failed", message, place }] };
  }
}

addEventListener("message", (event: MessageEvent<ParseRequest>) => {
  if (newest === undefined) setTimeout(parseNewest, 0);
  newest = event.data.text;
});
