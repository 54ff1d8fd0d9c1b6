// Reads templates: text with expressions in `${…}` or `{{ … }}`. Where an expression ends is decided by its tokens, so
// braces and quotes inside it are no trouble.
import type { Finding } from "../model/errors.js";
import { type ExpressionOrigin, FindingList } from "./finding-list.js";
import { Lexer, Token } from "./lexer.js";
import { EXPRESSION_SIZE_MAX } from "./parser.js";

/** An expression within a template: its text, and where that stands in the template. */
export interface TemplateExpression {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface ParsedTemplate {
  /** Literal strings (never empty) and expressions, in order. A template without expressions is one string or nothing. */
  readonly parts: readonly (string | TemplateExpression)[];
  readonly findings: readonly Finding[];
}

export interface TemplateOptions {
  readonly origin?: ExpressionOrigin;
  /** Are there expressions in `${…}`, too? Default true. */
  readonly hasDollar?: boolean;
}

/**
 * Cuts a template into its parts. `\${` and `\{{` stand for the characters themselves. Expressions are not parsed.
 * An opening without an end is a finding (`expression/unterminated-template`) and stays text.
 */
export function readTemplate(text: string, options: TemplateOptions = {}): ParsedTemplate {
  const findings = new FindingList();
  const parts: (string | TemplateExpression)[] = [];
  let literal = "";
  let from = 0;
  const hasDollar = options.hasDollar ?? true;
  for (let at = findOpening(text, 0, hasDollar); at !== -1; at = findOpening(text, from, hasDollar)) {
    if (text.charCodeAt(at - 1) === 0x5c && at > from) {
      literal += text.slice(from, at - 1) + text.slice(at, at + 2);
      from = at + 2;
      continue;
    }
    const isDouble = text.charCodeAt(at) === 0x7b;
    const end = findEnd(text, at + 2, isDouble);
    if (end === -1) {
      findings.report("expression/unterminated-template", `The ${isDouble ? "{{" : "${"} that begins here is never closed`, at, at + 2);
      break;
    }
    literal += text.slice(from, at);
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(trimExpression(text, at + 2, end));
    from = end + (isDouble ? 2 : 1);
  }
  literal += text.slice(from);
  if (literal !== "") parts.push(literal);
  return { parts, findings: findings.resolve(text, options.origin) };
}

/** Offset of the next `${` or `{{`, or -1. */
function findOpening(text: string, from: number, hasDollar: boolean): number {
  for (let at = text.indexOf("{", from); at !== -1; at = text.indexOf("{", at + 1)) {
    if (hasDollar && at > from && text.charCodeAt(at - 1) === 0x24) return at - 1;
    if (text.charCodeAt(at + 1) === 0x7b) return at;
  }
  return -1;
}

/** Offset of the closing `}` or `}}`, or -1. */
function findEnd(text: string, start: number, isDouble: boolean): number {
  const lexer = new Lexer(text, new FindingList(), start, Math.min(text.length, start + EXPRESSION_SIZE_MAX));
  let open = 0;
  for (lexer.next(); lexer.token !== Token.END; lexer.next()) {
    const { token } = lexer;
    if (token === Token.LEFT_BRACE) open += 1;
    else if (token === Token.RIGHT_BRACE) {
      if (open > 0) open -= 1;
      else if (!isDouble) return lexer.start;
      else if (text.charCodeAt(lexer.start + 1) === 0x7d) return lexer.start;
      else return -1;
    }
  }
  return -1;
}

function trimExpression(text: string, start: number, end: number): TemplateExpression {
  const raw = text.slice(start, end);
  const inner = raw.trim();
  const from = start + (raw.length - raw.trimStart().length);
  return { text: inner, start: from, end: from + inner.length };
}
