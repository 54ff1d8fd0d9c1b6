// Collects what a stage has to say of one expression. Offsets are within the expression; places are worked out at the
// end, when somebody will read them, because finding a line costs a scan of the text.
import { type Finding, locate, type Place, type Severity } from "../model/errors.js";

/** Findings kept of one expression; what comes after is dropped. */
export const FINDING_COUNT_MAX = 50;

/** Codes of findings about expressions (docs/formats.md). */
export type ExpressionFindingCode =
  | "expression/empty"
  | "expression/too-large"
  | "expression/too-deep"
  | "expression/unexpected-token"
  | "expression/invalid-character"
  | "expression/invalid-number"
  | "expression/invalid-escape"
  | "expression/unterminated-string"
  | "expression/unterminated-template"
  | "expression/reserved-word"
  | "expression/invalid-macro"
  | "expression/unsupported"
  | "expression/unknown-function"
  | "expression/unreachable-function"
  | "expression/undeclared-variable"
  | "expression/no-such-field"
  | "expression/no-such-overload";

/** Where an expression's text stands in the author's document. */
export interface ExpressionOrigin {
  /** Place of the expression's first character. */
  readonly place: Place;
  /** The whole document, for snippets; only where the expression is copied from it unchanged. */
  readonly document?: string;
}

interface RawFinding {
  readonly severity: Severity;
  readonly code: ExpressionFindingCode;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

const NO_FINDINGS: readonly Finding[] = [];

/** One stage's findings about one text, in the order found. */
export class FindingList {
  private raw: RawFinding[] | undefined;

  /** Number of errors so far. */
  errorCount = 0;

  report(code: ExpressionFindingCode, message: string, start: number, end: number, severity: Severity = "error"): void {
    if (severity === "error") this.errorCount += 1;
    this.raw ??= [];
    if (this.raw.length < FINDING_COUNT_MAX) this.raw.push({ severity, code, message, start, end });
  }

  /** The findings with their places; the list is empty afterwards. */
  take(text: string, origin?: ExpressionOrigin): readonly Finding[] {
    const taken = this.resolve(text, origin);
    this.raw = undefined;
    this.errorCount = 0;
    return taken;
  }

  /** The findings with their places. */
  resolve(text: string, origin?: ExpressionOrigin): readonly Finding[] {
    if (this.raw === undefined) return NO_FINDINGS;
    return this.raw.map(({ severity, code, message, start, end }) => ({
      severity,
      code,
      message,
      place: origin === undefined ? locate(text, start, end) : placeWithin(origin, text, start, end),
    }));
  }
}

/** The place of `start`–`end` of an expression's text in the document that it stands in. */
export function placeWithin(origin: ExpressionOrigin, text: string, start: number, end: number): Place {
  const { place, document } = origin;
  if (document !== undefined) return locate(document, place.start + start, place.start + end);
  const inner = locate(text, start, end);
  return {
    ...inner,
    start: place.start + inner.start,
    end: place.start + inner.end,
    line: place.line + inner.line - 1,
    column: inner.line === 1 ? place.column + inner.column - 1 : inner.column,
  };
}
