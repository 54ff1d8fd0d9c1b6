// Values in actions and labels: a text in quotes is a template (`${x}`, `{{ x }}`), anything else an expression. Offsets
// given and reported are those of the author's whole text.
import type { Ast } from "../expression/ast.js";
import { parseExpression } from "../expression/parser.js";
import { readTemplate } from "../expression/template.js";
import type { ExpressionSource, ValueSource } from "../model/definition.js";
import type { Place, Severity } from "../model/errors.js";
import type { FormatFindingCode } from "./source-text.js";

/** Where findings go, and how offsets become places. `SourceText` is one. */
export interface Reporter {
  place(start: number, end: number): Place;
  report(severity: Severity, code: FormatFindingCode, message: string, start: number, end: number): void;
}

/** A piece of the author's text and where it begins. */
export interface Segment {
  readonly text: string;
  readonly offset: number;
}

/** A piece of a segment, without white space around it. */
export function cutSegment(segment: Segment, start: number, end: number = segment.text.length): Segment {
  const raw = segment.text.slice(start, end);
  const text = raw.trim();
  return { text, offset: segment.offset + start + (text === "" ? 0 : raw.length - raw.trimStart().length) };
}

/** Checks an expression; its syntax errors are reported. */
export function readExpression(segment: Segment, reporter: Reporter): { source: ExpressionSource; ast: Ast } {
  const { text, offset } = segment;
  const { ast, findings } = parseExpression(text);
  for (const { severity, code, message, place } of findings) {
    reporter.report(severity, code as FormatFindingCode, message, offset + place.start, offset + place.end);
  }
  return { source: { text, place: reporter.place(offset, offset + text.length) }, ast };
}

/** End (past the closing quote) of the text in quotes at `at`, or -1 when it is not closed. */
export function findQuoteEnd(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  for (let end = at + 1; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === 92) end += 1;
    else if (code === quote) return end + 1;
  }
  return -1;
}

export function isQuote(code: number): boolean {
  return code === 34 || code === 39;
}

/** Is all of the text one text in quotes? */
export function isQuoted(text: string): boolean {
  return isQuote(text.charCodeAt(0)) && findQuoteEnd(text, 0) === text.length;
}

/** A value: quoted text is a template or a literal, anything else an expression. */
export function readValue(segment: Segment, reporter: Reporter): ValueSource {
  return isQuoted(segment.text)
    ? readQuoted(segment, reporter)
    : { kind: "expression", expression: readExpression(segment, reporter).source };
}

/** A text in quotes (which stand in the segment). One expression that is all of it keeps its type. */
export function readQuoted(segment: Segment, reporter: Reporter): ValueSource {
  const inner = segment.text.slice(1, -1);
  const offset = segment.offset + 1;
  const place = reporter.place(segment.offset, segment.offset + segment.text.length);
  if (!inner.includes("{")) return { kind: "literal", value: unescapeText(inner), place };
  const template = readTemplate(inner);
  for (const finding of template.findings) {
    reporter.report(
      finding.severity,
      finding.code as FormatFindingCode,
      finding.message,
      offset + finding.place.start,
      offset + finding.place.end,
    );
  }
  const parts: (string | ExpressionSource)[] = template.parts.map((part) => {
    if (typeof part === "string") return unescapeText(part);
    const text = part.text.includes("\\") ? unescapeQuotes(part.text) : part.text;
    return readExpression({ text, offset: offset + part.start }, reporter).source;
  });
  const first = parts[0];
  if (parts.length === 1 && first !== undefined)
    return typeof first === "string" ? { kind: "literal", value: first, place } : { kind: "expression", expression: first };
  return { kind: "template", parts, place };
}

/** The plain text in quotes, for names. Templates are not looked for. */
export function readName(quoted: string): string {
  return unescapeText(quoted.slice(1, -1));
}

/** `\"`, `\'`, `\\`, `\n` and `\t` become what they stand for; any other backslash stays. */
function unescapeText(text: string): string {
  if (!text.includes("\\")) return text;
  let result = "";
  let from = 0;
  for (let at = text.indexOf("\\"); at !== -1; at = text.indexOf("\\", from)) {
    const next = text[at + 1];
    const plain = next === "n" ? "\n" : next === "t" ? "\t" : next === '"' || next === "'" || next === "\\" ? next : undefined;
    result += text.slice(from, at) + (plain ?? `\\${next ?? ""}`);
    from = at + 2;
  }
  return result + text.slice(from);
}

/** Within an expression only the quotes that enclose the whole need a backslash. */
function unescapeQuotes(text: string): string {
  return text.replaceAll('\\"', '"');
}
