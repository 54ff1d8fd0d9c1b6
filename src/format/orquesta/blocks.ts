// Cuts a text into plain text, expressions (`<% YAQL %>`, `{{ Jinja }}`) and statements (`{% … %}`). What stands within quotes or
// braces of an expression does not end it.
import type { Language } from "./terms.js";

export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression" | "statement"; readonly language: Language; readonly text: string; readonly at: number }
  /** An opening that nothing closes. */
  | { readonly kind: "open"; readonly text: string; readonly at: number };

/** Characters behind a `}}` within braces that are looked at for one outside of them. */
const LOOKAHEAD_SIZE_MAX = 1_000;

const OPENING = /<%|\{\{|\{%/g;
const CLOSINGS: Readonly<Record<string, string>> = { "<%": "%>", "{{": "}}", "{%": "%}" };

/** Has the text anything but plain text? */
export function hasBlocks(text: string): boolean {
  return text.includes("<%") || text.includes("{{") || text.includes("{%");
}

/** The blocks of a text, in order. `{% raw %}` makes plain text of what stands up to its end. O(size) */
export function cutBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  const pushText = (piece: string) => {
    if (piece !== "") blocks.push({ kind: "text", text: piece });
  };
  let from = 0;
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match !== null; match = OPENING.exec(text)) {
    const [opening] = match;
    const start = match.index + 2;
    const end = findClosing(text, start, CLOSINGS[opening] as string);
    pushText(text.slice(from, match.index));
    if (end === -1) {
      blocks.push({ kind: "open", text: opening, at: match.index });
      return blocks;
    }
    const inner = text.slice(start, end);
    const raw = opening === "{%" && inner.trim() === "raw" ? /\{%\s*endraw\s*%\}/.exec(text.slice(end + 2)) : null;
    from = end + 2;
    if (raw !== null) {
      pushText(text.slice(from, from + raw.index));
      from += raw.index + raw[0].length;
    } else {
      const at = start + (inner.length - inner.trimStart().length);
      blocks.push({ kind: opening === "{%" ? "statement" : "expression", language: opening === "<%" ? "yaql" : "jinja", text: inner.trim(), at });
    }
    OPENING.lastIndex = from;
  }
  pushText(text.slice(from));
  return blocks;
}

/** Of `}}` the first that closes as many braces as were opened; where none does, the first. */
function findClosing(text: string, start: number, closing: string): number {
  let depth = 0;
  let first = -1;
  for (let at = start; at < text.length; at += 1) {
    const letter = text[at] as string;
    if (text.startsWith(closing, at)) {
      if (depth <= 0 || closing !== "}}") return at;
      if (first === -1) first = at;
    }
    if (first !== -1 && at - first > LOOKAHEAD_SIZE_MAX) return first;
    if (letter === '"' || letter === "'") {
      const end = findQuoteEnd(text, at, letter);
      // A lone apostrophe is none that opens a text.
      if (end !== -1) at = end;
    } else if (letter === "{") depth += 1;
    else if (letter === "}") depth -= 1;
  }
  return first === -1 ? text.indexOf(closing, start) : first;
}

function findQuoteEnd(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
