// Finds the parts of a Markdown workflow: front matter, the first mermaid block, and the items of `## Actions`,
// `## States` and `## Invariants`. Every part is a range of the whole text; nothing is copied.
import { findNewline, isDigit, isWord, isWordAt, skipSpace } from "./mermaid/characters.js";
import { findFrontMatter } from "./mermaid/preparation.js";

export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** One item about a state: its name, and the text of the action or property. */
export interface ActionItem {
  readonly state: TextRange;
  readonly action: TextRange;
}

export interface MarkdownParts {
  readonly frontMatter: TextRange | undefined;
  /** What stands between the fences. */
  readonly diagram: TextRange | undefined;
  /** The block's opening fence, when nothing closes it. */
  readonly openFence: TextRange | undefined;
  /** Text of the first heading that does not stand over items. */
  readonly heading: string | undefined;
  readonly actions: readonly ActionItem[];
  /** What `## States` says of states. */
  readonly properties: readonly ActionItem[];
  /** Items under `## Actions` and `## States` that name no state. */
  readonly strayItems: readonly TextRange[];
  /** Items under `## Invariants`, whole. */
  readonly invariants: readonly TextRange[];
}

/** Headings whose items are read. */
type Section = "actions" | "states" | "invariants";
const SECTIONS: ReadonlyMap<string, Section> = new Map<string, Section>([
  ["actions", "actions"],
  ["states", "states"],
  ["invariants", "invariants"],
]);

/** Is the text a bare diagram, without Markdown around it? */
export function isBareDiagram(text: string): boolean {
  const from = findFrontMatter(text)?.next ?? 0;
  const at = skipSpace(text, from);
  return isWordAt(text, at, "statediagram") && !isWord(text.charCodeAt(at + 12));
}

/** Cuts a Markdown text. O(size). */
export function cutMarkdown(text: string): MarkdownParts {
  const frontMatter = findFrontMatter(text);
  const scanner = new Scanner(text);
  scanner.scan(frontMatter?.next ?? 0);
  return {
    frontMatter: frontMatter && { start: frontMatter.start, end: frontMatter.end },
    diagram: scanner.diagram,
    openFence: scanner.openFence,
    heading: scanner.heading,
    actions: scanner.actions,
    properties: scanner.properties,
    strayItems: scanner.strayItems,
    invariants: scanner.invariants,
  };
}

interface Fence {
  readonly mark: string;
  readonly length: number;
  readonly isMermaid: boolean;
  readonly line: TextRange;
}

class Scanner {
  diagram: TextRange | undefined;
  openFence: TextRange | undefined;
  heading: string | undefined;
  readonly actions: ActionItem[] = [];
  readonly properties: ActionItem[] = [];
  readonly strayItems: TextRange[] = [];
  readonly invariants: TextRange[] = [];

  private section: Section | undefined;
  /** The item in hand: where its text begins and ends so far, and how far it is indented. */
  private item: { start: number; end: number; indent: number } | undefined;
  /** A state whose actions are the items indented under it. */
  private owner: { state: TextRange; indent: number } | undefined;

  constructor(private readonly text: string) {}

  scan(from: number): void {
    const { text } = this;
    for (let at = from; at < text.length; ) {
      const end = findNewline(text, at);
      const fence = readFence(text, at, end);
      if (fence !== undefined) {
        this.closeItem();
        at = this.skipFence(fence, end + 1);
        continue;
      }
      this.readLine(at, end);
      at = end + 1;
    }
    this.closeItem();
  }

  /** Passes a fenced block; the first mermaid block is the diagram. */
  private skipFence(fence: Fence, from: number): number {
    const { text } = this;
    const isDiagram = fence.isMermaid && this.diagram === undefined;
    for (let at = from; at < text.length; ) {
      const end = findNewline(text, at);
      if (isClosing(text, at, end, fence)) {
        if (isDiagram) this.diagram = { start: from, end: at };
        return end + 1;
      }
      at = end + 1;
    }
    if (isDiagram) {
      this.diagram = { start: Math.min(from, text.length), end: text.length };
      this.openFence = fence.line;
    }
    return text.length;
  }

  private readLine(start: number, end: number): void {
    const { text } = this;
    const first = skipSpace(text, start);
    if (first >= end) {
      this.closeItem();
      return;
    }
    if (text[first] === "#") {
      const level = countRun(text, first, "#");
      if (level <= 6 && /\s/.test(text[first + level] ?? " ")) {
        this.readHeading(text.slice(first + level, end).trim());
        return;
      }
    }
    if (this.section === undefined) return;
    const indent = first - start;
    const bullet = measureBullet(text, first);
    if (bullet > 0) {
      this.closeItem();
      this.item = { start: first + bullet, end, indent };
    } else if (this.item !== undefined && indent > this.item.indent) {
      this.item.end = end;
    } else {
      this.closeItem();
    }
  }

  private readHeading(title: string): void {
    this.closeItem();
    this.owner = undefined;
    this.section = SECTIONS.get(title.replace(/[\s#:]+$/, "").toLowerCase());
    if (this.section === undefined) this.heading ??= title;
  }

  /** Makes an action, a property or an invariant of the item in hand. */
  private closeItem(): void {
    const { item, text } = this;
    if (item === undefined) return;
    this.item = undefined;
    const range = trimRange(text, item.start, item.end);
    if (this.section === "invariants") {
      this.invariants.push(range);
      return;
    }
    const items = this.section === "states" ? this.properties : this.actions;
    if (this.owner !== undefined && item.indent > this.owner.indent) {
      items.push({ state: this.owner.state, action: range });
      return;
    }
    this.owner = undefined;
    let colon = range.start;
    while (colon < range.end && text.charCodeAt(colon) !== 58) colon += 1;
    if (colon === range.end) {
      this.strayItems.push(range);
      return;
    }
    const state = stripMarks(text, trimRange(text, range.start, colon));
    let next = colon + 1;
    while (text[next] === "*" || text[next] === "_") next += 1;
    const action = trimRange(text, next, range.end);
    if (action.start === action.end) this.owner = { state, indent: item.indent };
    else items.push({ state, action });
  }
}

function countRun(text: string, at: number, mark: string): number {
  let count = 0;
  while (text[at + count] === mark) count += 1;
  return count;
}

/** A line of three or more backticks or tildes. */
function readFence(text: string, start: number, end: number): Fence | undefined {
  const first = skipSpace(text, start);
  const mark = text[first];
  if (first >= end || (mark !== "`" && mark !== "~")) return undefined;
  const length = countRun(text, first, mark);
  const language = text.slice(first + length, end).trim();
  if (length < 3 || (mark === "`" && language.includes("`"))) return undefined;
  const word = language.split(/[\s{]/, 1)[0] ?? "";
  return { mark, length, isMermaid: word.toLowerCase() === "mermaid", line: { start: first, end } };
}

function isClosing(text: string, start: number, end: number, fence: Fence): boolean {
  const first = skipSpace(text, start);
  if (first >= end || text[first] !== fence.mark) return false;
  const length = countRun(text, first, fence.mark);
  return length >= fence.length && skipSpace(text, first + length) >= end;
}

/** Length of `- `, `* `, `+ ` or `1. ` at `at`, or 0. */
function measureBullet(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end += 1;
  if (end > at ? text[end] !== "." && text[end] !== ")" : !"-*+".includes(text[at] ?? " ")) return 0;
  return /[ \t]/.test(text[end + 1] ?? "") ? end + 2 - at : 0;
}

function trimRange(text: string, start: number, end: number): TextRange {
  const from = Math.min(skipSpace(text, start), Math.max(start, end));
  let to = Math.max(from, end);
  while (to > from && /\s/.test(text[to - 1] as string)) to -= 1;
  return { start: from, end: to };
}

/** Without the asterisks or backticks that make a name bold or code. */
function stripMarks(text: string, range: TextRange): TextRange {
  let { start, end } = range;
  while (start < end && (text[start] === "*" || text[start] === "`")) start += 1;
  while (end > start && (text[end - 1] === "*" || text[end - 1] === "`")) end -= 1;
  return { start, end };
}
