// What tells calls of handlers apart while they run: the run, and the serial under which it asked. The same ask has the same
// serial after a crash, so a call that still runs is known again; the next attempt at a task has another.

export interface CallName {
  readonly runId: string;
  readonly serial: number;
}

/** The key that all attempts and re-issues of one ask share: run, visit, item (0: the task itself). */
export function spellKey({ runId, visit, item }: { readonly runId: string; readonly visit: string; readonly item: number }): string {
  return `${runId}/${visit}/${item}`;
}

/** What runs, by run and serial. Of most runs one call is out at a time: its entry stands alone, without a map of its own. */
export class CallTable<T> {
  readonly #serialOf: (entry: T) => number;
  readonly #runs = new Map<string, T | Calls<T>>();
  #count = 0;

  /** `serialOf`: the serial of an entry, always the one that it was set under. */
  constructor(serialOf: (entry: T) => number) {
    this.#serialOf = serialOf;
  }

  get count(): number {
    return this.#count;
  }

  get({ runId, serial }: CallName): T | undefined {
    const found = this.#runs.get(runId);
    if (found === undefined) return undefined;
    if (found instanceof Calls) return found.get(serial);
    return this.#serialOf(found) === serial ? found : undefined;
  }

  /** Every entry, those of a run together. */
  *values(): Iterable<T> {
    for (const found of this.#runs.values()) {
      if (found instanceof Calls) yield* found.values();
      else yield found;
    }
  }

  /** Sets an entry; the one that there was before. */
  set({ runId, serial }: CallName, entry: T): T | undefined {
    const found = this.#runs.get(runId);
    if (found === undefined) {
      this.#runs.set(runId, entry);
      this.#count += 1;
      return undefined;
    }
    if (found instanceof Calls) {
      const before = found.get(serial);
      found.set(serial, entry);
      if (before === undefined) this.#count += 1;
      return before;
    }
    const known = this.#serialOf(found);
    if (known === serial) {
      this.#runs.set(runId, entry);
      return found;
    }
    const calls = new Calls<T>();
    calls.set(known, found);
    calls.set(serial, entry);
    this.#runs.set(runId, calls);
    this.#count += 1;
    return undefined;
  }

  /** Takes an entry out; undefined where there is none. */
  take({ runId, serial }: CallName): T | undefined {
    const found = this.#runs.get(runId);
    if (found === undefined) return undefined;
    if (found instanceof Calls) {
      const entry = found.get(serial);
      if (entry === undefined) return undefined;
      found.delete(serial);
      this.#count -= 1;
      if (found.size === 0) this.#runs.delete(runId);
      return entry;
    }
    if (this.#serialOf(found) !== serial) return undefined;
    this.#runs.delete(runId);
    this.#count -= 1;
    return found;
  }

  /** Forgets all of them; their names. */
  clear(): readonly CallName[] {
    const names: CallName[] = [];
    for (const [runId, found] of this.#runs) {
      if (found instanceof Calls) for (const serial of found.keys()) names.push({ runId, serial });
      else names.push({ runId, serial: this.#serialOf(found) });
    }
    this.#runs.clear();
    this.#count = 0;
    return names;
  }
}

/** The calls of one run by serial: a class of its own, to be told from an entry. */
class Calls<T> extends Map<number, T> {}
