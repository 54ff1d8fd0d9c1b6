// Lays texts out on lines of a given width: a document of texts, breaks and groups; a group that does not fit is broken at all
// of its own breaks. After Wadler, "A prettier printer". Knows nothing of expressions.

export type Layout =
  | string
  | { readonly kind: "all"; readonly parts: readonly Layout[] }
  /** A space, or nothing (`flat`), where its group fits on the line; else a new line. */
  | { readonly kind: "break"; readonly flat: string }
  /** A text only where the group is broken. */
  | { readonly kind: "broken"; readonly text: string }
  /** A comment up to the line's end: what it stands in is broken, and a new line follows. */
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "indent"; readonly inner: Layout }
  | { readonly kind: "group"; readonly inner: Layout; readonly isBroken: boolean };

export const LINE: Layout = { kind: "break", flat: " " };
export const SOFT_LINE: Layout = { kind: "break", flat: "" };
const INDENT_SIZE = 2;

export function all(...parts: readonly Layout[]): Layout {
  return { kind: "all", parts };
}

export function indent(inner: Layout): Layout {
  return { kind: "indent", inner };
}

export function group(inner: Layout): Layout {
  return { kind: "group", inner, isBroken: mustBreak(inner) };
}

/** Does it hold a comment? Groups within have been asked already. */
function mustBreak(layout: Layout): boolean {
  if (typeof layout === "string") return layout.includes("\n");
  switch (layout.kind) {
    case "comment":
      return true;
    case "all":
      return layout.parts.some(mustBreak);
    case "indent":
      return mustBreak(layout.inner);
    case "group":
      return layout.isBroken;
    default:
      return false;
  }
}

interface Item {
  readonly layout: Layout;
  readonly depth: number;
  readonly isBroken: boolean;
}

/** The text of a layout on lines of at most `width` characters, where its breaks allow it. Linear in its size times the width. */
export function layOut(root: Layout, width: number): string {
  const pending: Item[] = [{ layout: root, depth: 0, isBroken: true }];
  const lines = new LineWriter();
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { layout, depth, isBroken } = item;
    if (typeof layout === "string") lines.write(layout);
    else if (layout.kind === "all") for (let at = layout.parts.length - 1; at >= 0; at -= 1) pending.push({ layout: layout.parts[at] as Layout, depth, isBroken });
    else if (layout.kind === "indent") pending.push({ layout: layout.inner, depth: depth + 1, isBroken });
    else if (layout.kind === "group") pending.push({ layout: layout.inner, depth, isBroken: layout.isBroken || !fits(layout.inner, pending, width - lines.column) });
    else if (layout.kind === "comment") lines.comment(layout.text, depth * INDENT_SIZE);
    else if (layout.kind === "broken") lines.write(isBroken ? layout.text : "");
    else if (isBroken) lines.breakLine(depth * INDENT_SIZE);
    else lines.write(layout.flat);
  }
  return lines.finish();
}

class LineWriter {
  private readonly parts: string[] = [];
  private lineStart = 0;
  private size = 0;
  /** A comment was written: whatever comes next begins a line of this indentation. */
  private dueIndent: number | undefined;

  get column(): number {
    return this.size - this.lineStart;
  }

  write(text: string): void {
    if (text === "") return;
    if (this.dueIndent !== undefined) this.breakLine(this.dueIndent);
    this.parts.push(text);
    this.size += text.length;
  }

  comment(text: string, indentSize: number): void {
    if (this.dueIndent !== undefined) this.breakLine(indentSize);
    this.write(text);
    this.dueIndent = indentSize;
  }

  breakLine(indentSize: number): void {
    this.dueIndent = undefined;
    const text = `\n${" ".repeat(indentSize)}`;
    this.parts.push(text);
    this.size += text.length;
    this.lineStart = this.size - indentSize;
  }

  finish(): string {
    return this.parts.join("");
  }
}

/** Does the layout fit on the rest of the line, together with what follows it up to the next break? */
function fits(layout: Layout, after: readonly Item[], room: number): boolean {
  let left = room;
  const pending: Item[] = [{ layout, depth: 0, isBroken: false }];
  let at = after.length - 1;
  while (left >= 0) {
    let item = pending.pop();
    if (item === undefined) {
      item = after[at];
      at -= 1;
      if (item === undefined) return true;
    }
    const { layout: part, isBroken } = item;
    if (typeof part === "string") left -= part.length;
    else if (part.kind === "all") for (let index = part.parts.length - 1; index >= 0; index -= 1) pending.push({ layout: part.parts[index] as Layout, depth: 0, isBroken });
    else if (part.kind === "indent") pending.push({ layout: part.inner, depth: 0, isBroken });
    else if (part.kind === "group") pending.push({ layout: part.inner, depth: 0, isBroken: isBroken && part.isBroken });
    else if (part.kind === "comment") return true;
    else if (part.kind === "broken") left -= isBroken ? part.text.length : 0;
    else if (isBroken) return true;
    else left -= part.flat.length;
  }
  return false;
}
