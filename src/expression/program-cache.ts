// Compiled programs by their source text, the least recently used one leaving first. A hit is one map lookup and a few
// pointers; nothing is allocated.

export interface ProgramCacheStatistics {
  readonly hitCount: number;
  readonly missCount: number;
  /** Programs that left because the cache was full. */
  readonly evictionCount: number;
  /** Hits among all questions, 0 to 1; 0 before the first. */
  readonly hitRate: number;
  readonly count: number;
  readonly countMax: number;
}

interface Entry<Program> {
  readonly source: string;
  /** What else the program depends on; compared by identity. */
  readonly variant: object;
  readonly program: Program;
  /** Another program of the same source. */
  sibling: Entry<Program> | undefined;
  newer: Entry<Program> | undefined;
  older: Entry<Program> | undefined;
}

/** At most `countMax` programs. `drop` is called with every program that leaves. */
export class ProgramCache<Program> {
  readonly countMax: number;
  private readonly drop: (program: Program) => void;
  private readonly bySource = new Map<string, Entry<Program>>();
  private newest: Entry<Program> | undefined;
  private oldest: Entry<Program> | undefined;
  private count = 0;
  private hitCount = 0;
  private missCount = 0;
  private evictionCount = 0;

  constructor(countMax: number, drop: (program: Program) => void = () => {}) {
    this.countMax = countMax;
    this.drop = drop;
  }

  get statistics(): ProgramCacheStatistics {
    const { hitCount, missCount, evictionCount, count, countMax } = this;
    const total = hitCount + missCount;
    return { hitCount, missCount, evictionCount, hitRate: total === 0 ? 0 : hitCount / total, count, countMax };
  }

  /** The program, which becomes the newest; undefined: a miss. */
  get(source: string, variant: object): Program | undefined {
    let entry = this.bySource.get(source);
    while (entry !== undefined && entry.variant !== variant) entry = entry.sibling;
    if (entry === undefined) {
      this.missCount += 1;
      return undefined;
    }
    this.hitCount += 1;
    if (entry !== this.newest) {
      this.unlink(entry);
      this.linkNewest(entry);
    }
    return entry.program;
  }

  /** Adds a program that was missing. */
  add(source: string, variant: object, program: Program): void {
    if (this.countMax < 1) return;
    const entry: Entry<Program> = { source, variant, program, sibling: this.bySource.get(source), newer: undefined, older: undefined };
    this.bySource.set(source, entry);
    this.linkNewest(entry);
    this.count += 1;
    if (this.count > this.countMax && this.oldest !== undefined) {
      this.evictionCount += 1;
      this.remove(this.oldest);
    }
  }

  /** Drops all programs of a source; says how many there were. */
  invalidate(source: string): number {
    let count = 0;
    for (let entry = this.bySource.get(source); entry !== undefined; entry = entry.sibling) {
      this.remove(entry);
      count += 1;
    }
    return count;
  }

  /** Drops everything. The statistics go on counting. */
  clear(): void {
    while (this.oldest !== undefined) this.remove(this.oldest);
  }

  private remove(entry: Entry<Program>): void {
    this.unlink(entry);
    this.count -= 1;
    const first = this.bySource.get(entry.source);
    if (first === entry) {
      if (entry.sibling === undefined) this.bySource.delete(entry.source);
      else this.bySource.set(entry.source, entry.sibling);
    } else {
      let before = first;
      while (before !== undefined && before.sibling !== entry) before = before.sibling;
      if (before !== undefined) before.sibling = entry.sibling;
    }
    this.drop(entry.program);
  }

  private linkNewest(entry: Entry<Program>): void {
    entry.older = this.newest;
    entry.newer = undefined;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
  }

  private unlink({ newer, older }: Entry<Program>): void {
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
  }
}
