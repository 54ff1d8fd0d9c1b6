// An author's text with its lines counted once, and the findings told of it. Offsets become places when they are asked
// for; a text full of mistakes costs no more than the findings that are kept.
import { type Finding, locate, type Place, type Severity } from "../model/errors.js";

/** Findings kept of one text; those after it are counted in a last one. */
export const FINDING_COUNT_MAX = 200;

/** Codes of findings about a workflow's text (docs/formats.md). */
export type FormatFindingCode = `parse/${string}` | `expression/${string}`;

export class SourceText {
  private readonly lineStarts: number[] = [0];
  private readonly found: Finding[] = [];
  private droppedCount = 0;
  private droppedErrorCount = 0;

  constructor(readonly text: string) {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.lineStarts.push(at + 1);
  }

  /** Line and column of a range, without a snippet. O(log lines). */
  place(start: number, end: number): Place {
    const line = this.findLine(start);
    return { start, end, line, column: start - (this.lineStarts[line - 1] as number) + 1 };
  }

  /** Tells something of a range. */
  report(severity: Severity, code: FormatFindingCode, message: string, start: number, end: number): void {
    if (this.found.length >= FINDING_COUNT_MAX) {
      this.droppedCount += 1;
      if (severity === "error") this.droppedErrorCount += 1;
      return;
    }
    this.found.push({ severity, code, message, place: this.placeWithSnippet(start, end) });
  }

  /** As many findings as are kept have been told: looking for more detail is in vain. */
  get isFull(): boolean {
    return this.found.length >= FINDING_COUNT_MAX;
  }

  /** All findings, in the order of the text. */
  findings(): Finding[] {
    const sorted = [...this.found].sort((left, right) => left.place.start - right.place.start);
    if (this.droppedCount > 0) {
      const message = `There are ${this.found.length + this.droppedCount} findings; ${FINDING_COUNT_MAX} are shown`;
      sorted.push({
        severity: this.droppedErrorCount > 0 ? "error" : "warning",
        code: "parse/too-many-findings",
        message,
        place: this.place(0, 0),
      });
    }
    return sorted;
  }

  private placeWithSnippet(start: number, end: number): Place {
    const from = Math.max(0, Math.min(start, this.text.length));
    const line = this.findLine(from);
    const lineStart = this.lineStarts[line - 1] as number;
    const next = this.lineStarts[line];
    const lineText = this.text.slice(lineStart, next === undefined ? this.text.length : next - 1);
    const inner = locate(lineText, from - lineStart, Math.max(from, end) - lineStart);
    return { ...inner, start: from, end: Math.max(from, Math.min(end, this.text.length)), line };
  }

  /** From 1. */
  private findLine(at: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
