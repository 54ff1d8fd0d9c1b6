// Words known before, looked up by what is cheap to see of them: length and three characters. A `Map` first hashes the whole
// of a string that was just cut from a text, which takes ten times as long; and most names asked for are in no table.

const BUCKET_COUNT = 512;

interface Entry<Value> {
  readonly word: string;
  readonly value: Value;
  readonly next: Entry<Value> | undefined;
}

/** Values by word. */
export class WordTable<Value> {
  private readonly buckets: (Entry<Value> | undefined)[];

  constructor(entries: Iterable<readonly [string, Value]>) {
    this.buckets = Array.from({ length: BUCKET_COUNT }, () => undefined);
    for (const [word, value] of entries) {
      const bucket = hashWord(word) & (BUCKET_COUNT - 1);
      this.buckets[bucket] = { word, value, next: this.buckets[bucket] };
    }
  }

  get(word: string): Value | undefined {
    let entry = this.buckets[hashWord(word) & (BUCKET_COUNT - 1)];
    while (entry !== undefined && entry.word !== word) entry = entry.next;
    return entry?.value;
  }
}

/** A number that is the same for equal words. The empty word has NaN for characters, which counts as 0 where bits are taken. */
export function hashWord(word: string): number {
  const { length } = word;
  return length + word.charCodeAt(0) * 7 + word.charCodeAt(length >> 1) * 31 + word.charCodeAt(length - 1) * 13;
}
