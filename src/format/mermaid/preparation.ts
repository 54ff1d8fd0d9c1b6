// What happens to a diagram's text before it is read: front matter is set aside, directives `%%{…}%%` and lines that are
// comments are cut out, carriage returns dropped. Where nothing has to be cut the text stays as it is; every position
// in what is left leads back to the author's text.
import { CR, isLineEnd, isSpace, isWord, LF, skipSpace } from "./characters.js";

/** A diagram's text ready for the lexer. Positions in `code` plus `toSource` give positions in the author's text. */
export interface PreparedDiagram {
  readonly code: string;
  /** Range of the front matter's YAML in the author's text, when there is one. */
  readonly frontMatter: { readonly start: number; readonly end: number } | undefined;
  /** The text opens with `---` and is no front matter: Mermaid refuses that. */
  readonly hasStrayDashes: boolean;
  toSource(at: number): number;
}

/** Ranges cut out of a text, ascending, and the text that is left. */
class Cuts {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(
    private readonly text: string,
    private readonly from: number,
  ) {}

  cut(start: number, end: number): void {
    if (end <= start) return;
    this.starts.push(start);
    this.ends.push(end);
  }

  get count(): number {
    return this.starts.length;
  }

  join(): string {
    if (this.starts.length === 0) return this.from === 0 ? this.text : this.text.slice(this.from);
    const pieces: string[] = [];
    let at = this.from;
    for (let index = 0; index < this.starts.length; index += 1) {
      pieces.push(this.text.slice(at, this.starts[index]));
      at = this.ends[index] as number;
    }
    pieces.push(this.text.slice(at));
    return pieces.join("");
  }

  /** From a position in what is left to one in the whole. O(log count of cuts). */
  mapper(): (at: number) => number {
    const { from, starts, ends } = this;
    if (starts.length === 0) return from === 0 ? (at) => at : (at) => at + from;
    const lefts = new Array<number>(starts.length);
    const shifts = new Array<number>(starts.length);
    let shift = from;
    for (let index = 0; index < starts.length; index += 1) {
      lefts[index] = (starts[index] as number) - shift;
      shift += (ends[index] as number) - (starts[index] as number);
      shifts[index] = shift;
    }
    return (at) => {
      let low = 0;
      let high = lefts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((lefts[middle] as number) <= at) low = middle + 1;
        else high = middle;
      }
      return at + (low === 0 ? from : (shifts[low - 1] as number));
    };
  }
}

/** Finds front matter at the very start of `text`: `---`, YAML, `---` with the same indent. */
export function findFrontMatter(text: string): { start: number; end: number; next: number } | undefined {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const indentStart = at;
  while (at < text.length && isSpace(text.charCodeAt(at)) && !isNewline(text.charCodeAt(at))) at += 1;
  const indent = text.slice(indentStart, at);
  if (!text.startsWith("---", at)) return undefined;
  const start = skipBlankLine(text, at + 3);
  if (start === -1) return undefined;
  for (let lineStart = start; lineStart <= text.length; ) {
    if (text.startsWith(indent, lineStart) && text.startsWith("---", lineStart + indent.length)) {
      const next = skipBlankLines(text, lineStart + indent.length + 3);
      if (next !== -1) return { start, end: lineStart, next };
    }
    const newline = findNewlineOf(text, lineStart);
    if (newline === -1) return undefined;
    lineStart = newline + 1;
  }
  return undefined;
}

function isNewline(code: number): boolean {
  return code === LF || code === CR;
}

function findNewlineOf(text: string, at: number): number {
  for (; at < text.length; at += 1) if (isNewline(text.charCodeAt(at))) return at;
  return -1;
}

/** Past white space and one newline, or -1 when something else stands before it. */
function skipBlankLine(text: string, at: number): number {
  for (; at < text.length && isSpace(text.charCodeAt(at)); at += 1) if (text.charCodeAt(at) === LF) return at + 1;
  return -1;
}

function skipBlankLines(text: string, at: number): number {
  let next = -1;
  for (; at < text.length && isSpace(text.charCodeAt(at)); at += 1) if (isNewline(text.charCodeAt(at))) next = at + 1;
  return next;
}

/** End of the directive `%%{…}%%` that opens at `at`, or `at` when it is none. One without an end runs to the end of the text. */
function findDirectiveEnd(text: string, at: number): number {
  let next = skipSpace(text, at + 3);
  const wordStart = next;
  while (isWord(text.charCodeAt(next))) next += 1;
  if (next === wordStart) return at;
  const colon = skipSpace(text, next);
  next = text.charCodeAt(colon) === 58 ? colon + 1 : next;
  next = skipSpace(text, next);
  const argumentStart = next;
  while (isWord(text.charCodeAt(next))) next += 1;
  if (next === argumentStart) {
    while (next < text.length && !text.startsWith("}%%", next)) {
      const code = text.charCodeAt(next);
      if (isLineEnd(code) && code !== LF && !(code === CR && text.charCodeAt(next + 1) === LF)) break;
      next += 1;
    }
  }
  next = skipSpace(text, next);
  return text.startsWith("}%%", next) ? next + 3 : next;
}

/** Cuts directives and carriage returns. */
function cutDirectives(text: string, from: number): Cuts {
  const cuts = new Cuts(text, from);
  let directive = text.indexOf("%%{", from);
  let carriage = text.indexOf("\r", from);
  while (directive !== -1 || carriage !== -1) {
    if (carriage === -1 || (directive !== -1 && directive < carriage)) {
      const end = findDirectiveEnd(text, directive);
      cuts.cut(directive, end);
      const next = Math.max(end, directive + 3);
      directive = text.indexOf("%%{", next);
      if (carriage !== -1 && carriage < next) carriage = text.indexOf("\r", next);
    } else {
      if (text.charCodeAt(carriage + 1) === LF) cuts.cut(carriage, carriage + 1);
      carriage = text.indexOf("\r", carriage + 1);
    }
  }
  return cuts;
}

/** Cuts each line that is a comment, with the blank lines before it. */
function cutComments(text: string, from: number): Cuts {
  const cuts = new Cuts(text, from);
  let floor = from;
  for (let at = text.indexOf("%%", from); at !== -1; at = text.indexOf("%%", at)) {
    let start = at;
    while (start > floor && isSpace(text.charCodeAt(start - 1))) start -= 1;
    // Only white space may stand between a line's start and the marks.
    while (start < at && start !== floor && text.charCodeAt(start - 1) !== LF) start += 1;
    const isLineStart = start === floor || text.charCodeAt(start - 1) === LF;
    const after = text.charCodeAt(at + 2);
    if (!isLineStart || after === 123 || after === LF || Number.isNaN(after)) {
      at += after === 37 ? 1 : 2;
      continue;
    }
    const newline = text.indexOf("\n", at + 2);
    const end = newline === -1 ? text.length : newline + 1;
    cuts.cut(start, end);
    floor = end;
    at = end;
  }
  return cuts;
}

/** Single quotes for double ones in the attributes of HTML tags: same length, so positions stay. O(size). */
function quoteAttributes(text: string): string {
  if (!text.includes('="') || !text.includes("<")) return text;
  const pieces: string[] = [];
  let copied = 0;
  let open = -1;
  let at = text.indexOf("<");
  while (at !== -1) {
    const close = text.indexOf(">", at);
    if (close === -1) break;
    if (!isWord(text.charCodeAt(at + 1))) {
      at = text.indexOf("<", at + 1);
      continue;
    }
    if (open < at) open = text.indexOf('="', at);
    if (open === -1) break;
    while (open !== -1 && open < close) {
      const end = text.indexOf('"', open + 2);
      if (end === -1 || end > close) break;
      pieces.push(text.slice(copied, open + 1), "'", text.slice(open + 2, end), "'");
      copied = end + 1;
      open = text.indexOf('="', copied);
    }
    at = text.indexOf("<", close);
  }
  if (copied === 0) return text;
  pieces.push(text.slice(copied));
  return pieces.join("");
}

/** Prepares a diagram's whole text (front matter and all). O(size). */
export function prepareDiagram(text: string): PreparedDiagram {
  const frontMatter = findFrontMatter(text);
  let code = quoteAttributes(text);
  const first = cutDirectives(code, frontMatter === undefined ? 0 : frontMatter.next);
  const toWhole = first.mapper();
  code = first.join();
  if (code.includes("\r")) code = code.replaceAll("\r", "\n");
  let toSource = toWhole;
  if (code.includes("%%")) {
    const second = cutComments(code, 0);
    if (second.count > 0) {
      const toFirst = second.mapper();
      code = second.join();
      toSource = (at) => toWhole(toFirst(at));
    }
  }
  const opening = skipSpace(code, 0);
  if (code.charCodeAt(code.length - 1) !== LF) code += "\n";
  return {
    code,
    frontMatter: frontMatter && { start: frontMatter.start, end: frontMatter.end },
    hasStrayDashes: code.startsWith("---", opening),
    toSource,
  };
}
