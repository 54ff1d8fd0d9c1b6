// What the lexer has to know of the text ahead: the end of the line, `direction XY`, `<<choice>>` and the like, the next brace
// and the next `end note`. Each answer is kept until the lexer has passed it, so that no text is searched again and again.
import { findLastWord, findLineEnd, isSpace, isWord, isWordAt, skipSpace } from "./characters.js";

export type Direction = "TB" | "BT" | "LR" | "RL";

/** In Mermaid's order: of several on one line the first here wins. */
const DIRECTIONS: readonly Direction[] = ["TB", "BT", "RL", "LR"];

/** In Mermaid's order of questions. */
const MARKERS = ["<<fork>>", "<<join>>", "<<choice>>", "[[fork]]", "[[join]]", "[[choice]]"] as const;
export type MarkerKind = "fork" | "join" | "choice";

/** Where the lexer's answers about `code` come from. Positions asked for never go back. */
export class Foresight {
  private lineFrom = 0;
  private lineEnd = -1;
  private markerLineEnd = -1;
  private readonly markerAt: number[] = [];
  private braceAt = -1;
  private endNoteAt = -1;
  private endNoteNewline = -1;
  /** First `direction XY` not yet passed, or Infinity. */
  private directionAt: number;

  constructor(private readonly code: string) {
    this.directionAt = code.toLowerCase().includes("direction") ? this.findDirection(0) : Infinity;
  }

  /** End of the line that `at` stands in. */
  lineEndOf(at: number): number {
    if (at < this.lineFrom || at > this.lineEnd) {
      this.lineFrom = at;
      this.lineEnd = findLineEnd(this.code, at);
    }
    return this.lineEnd;
  }

  /** The first kind of marker in the rest of the line, and where its last one stands. */
  markerAfter(at: number): { kind: MarkerKind; start: number; end: number } | undefined {
    const lineEnd = this.lineEndOf(at);
    if (this.markerLineEnd !== lineEnd) this.findMarkers(at, lineEnd);
    for (let index = 0; index < MARKERS.length; index += 1) {
      const start = this.markerAt[index] as number;
      if (start < at) continue;
      const marker = MARKERS[index] as string;
      return { kind: marker.slice(2, -2) as MarkerKind, start, end: start + marker.length };
    }
    return undefined;
  }

  private findMarkers(at: number, lineEnd: number): void {
    this.markerLineEnd = lineEnd;
    const line = this.code.slice(at, lineEnd);
    const isPossible = line.includes("<<") || line.includes("[[");
    for (let index = 0; index < MARKERS.length; index += 1) {
      this.markerAt[index] = isPossible ? findLastWord(this.code, at, lineEnd, MARKERS[index] as string) : -1;
    }
  }

  /** Does a brace open between `at` and the end of its line? */
  hasBraceInLine(at: number): boolean {
    if (this.braceAt < at) {
      const brace = this.code.indexOf("{", at);
      this.braceAt = brace === -1 ? this.code.length : brace;
    }
    return this.braceAt < this.lineEndOf(at);
  }

  /** Position of the first `end note` that only white space separates from a newline at or after `at`, or -1. */
  endNoteAfter(at: number): number {
    if (this.endNoteNewline < at) this.findEndNote(at);
    return this.endNoteNewline === Infinity ? -1 : this.endNoteAt;
  }

  private findEndNote(from: number): void {
    const { code } = this;
    for (let newline = code.indexOf("\n", from); newline !== -1; newline = code.indexOf("\n", this.endNoteAt)) {
      this.endNoteAt = skipSpace(code, newline);
      if (!isWordAt(code, this.endNoteAt, "end note") || isWord(code.charCodeAt(this.endNoteAt + 8))) continue;
      this.endNoteNewline = code.lastIndexOf("\n", this.endNoteAt);
      return;
    }
    this.endNoteNewline = Infinity;
  }

  /** Does `direction XY` begin between `at` and the line's end? */
  hasDirection(at: number): boolean {
    if (this.directionAt === Infinity) return false;
    if (this.directionAt < at) this.directionAt = this.findDirection(at);
    return this.directionAt !== Infinity && this.lineEndOf(at) > this.directionAt;
  }

  /** The direction that the line of `at` sets, and the last place in the line that sets it (past its word). */
  readDirectionLine(at: number): { direction: Direction; wordAt: number } {
    const lineEnd = this.lineEndOf(at);
    let best = DIRECTIONS.length;
    let bestAt = at;
    for (let from = this.directionAt; from < lineEnd; from += 1) {
      const found = this.readDirection(from);
      if (found === -1 || found > best) continue;
      best = found;
      bestAt = from;
    }
    return { direction: DIRECTIONS[best] ?? "TB", wordAt: skipSpace(this.code, bestAt + 9) };
  }

  /** Position of the first `direction XY` at or after `from`, or Infinity. */
  private findDirection(from: number): number {
    const { code } = this;
    for (let at = from; at < code.length; at += 1) {
      const char = code.charCodeAt(at);
      if ((char === 100 || char === 68) && this.readDirection(at) !== -1) return at;
    }
    return Infinity;
  }

  /** Index of the direction in `direction XY` at `at`, or -1. */
  private readDirection(at: number): number {
    const { code } = this;
    if (!isWordAt(code, at, "direction") || !isSpace(code.charCodeAt(at + 9))) return -1;
    const word = skipSpace(code, at + 9);
    return DIRECTIONS.findIndex((name) => isWordAt(code, word, name.toLowerCase()));
  }
}
