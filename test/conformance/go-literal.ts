// Reads the literals of Go that recorded cases give as inputs: maps, slices, strings, whole numbers, and the few calls that
// stand for a value (`time.Now()`, `randSeq(n)`). Anything else is an error.

/** Whole numbers become BigInt, `[]byte` a Uint8Array, a time a Date, a map a plain object. Throws a SyntaxError. */
export function readGoLiteral(text: string): unknown {
  const reader = new GoReader(text);
  const value = reader.readValue();
  reader.expectEnd();
  return value;
}

class GoReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  readValue(): unknown {
    if (this.take(/"((?:[^"\\]|\\.)*)"/) !== undefined) return JSON.parse(this.taken) as string;
    if (this.take(/-?\d+/) !== undefined) return BigInt(this.taken);
    if (this.take(/true|false/) !== undefined) return this.taken === "true";
    if (this.take(/map\[string\](?:any|map\[string\]any|string)\{/) !== undefined) return this.readMap();
    if (this.take(/\[\](?:int|string|any)\{/) !== undefined) return this.readList();
    if (this.take(/time\.Now\(\)/) !== undefined) return new Date(1_700_000_000_000);
    const text = this.take(/string\(randSeq\((\d+)\)\)/);
    if (text !== undefined) return "aZ".repeat(Number(text) / 2);
    const bytes = this.take(/randSeq\((\d+)\)/);
    if (bytes !== undefined) return new Uint8Array(Number(bytes)).fill(0x61);
    throw new SyntaxError(`no literal of Go that is known here: ${this.text.slice(this.at)}`);
  }

  expectEnd(): void {
    if (this.take(/,?\s*$/) === undefined) throw new SyntaxError(`text after the literal: ${this.text.slice(this.at)}`);
  }

  private readMap(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    while (this.take(/\}/) === undefined) {
      const key = this.readValue() as string;
      if (this.take(/:/) === undefined) throw new SyntaxError(`a key without a value: ${key}`);
      entries.push([key, this.readValue()]);
      this.take(/,/);
    }
    return Object.fromEntries(entries);
  }

  private readList(): unknown[] {
    const items: unknown[] = [];
    while (this.take(/\}/) === undefined) {
      items.push(this.readValue());
      this.take(/,/);
    }
    return items;
  }

  /** The text that `take` matched last. */
  private taken = "";

  /** Skips white space and takes what matches here; gives its first group, or all of it. */
  private take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(`\\s*(?<all>${pattern.source})`, "y");
    sticky.lastIndex = this.at;
    const match = sticky.exec(this.text);
    if (match === null) return undefined;
    this.at = sticky.lastIndex;
    this.taken = match.groups?.all ?? "";
    return match[2] ?? this.taken;
  }
}
