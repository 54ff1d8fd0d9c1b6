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

/** What runs, by run and serial. */
export class CallTable<T> {
  readonly #runs = new Map<string, Map<number, T>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get({ runId, serial }: CallName): T | undefined {
    return this.#runs.get(runId)?.get(serial);
  }

  /** Sets an entry; the one that was there before, or undefined. */
  set({ runId, serial }: CallName, entry: T): T | undefined {
    const calls = this.#runs.get(runId);
    const before = calls?.get(serial);
    if (calls === undefined) this.#runs.set(runId, new Map([[serial, entry]]));
    else calls.set(serial, entry);
    if (before === undefined) this.#count += 1;
    return before;
  }

  *values(): Iterable<T> {
    for (const calls of this.#runs.values()) yield* calls.values();
  }

  /** Takes an entry out; undefined where there is none. */
  take({ runId, serial }: CallName): T | undefined {
    const calls = this.#runs.get(runId);
    const entry = calls?.get(serial);
    if (calls === undefined || entry === undefined) return undefined;
    calls.delete(serial);
    this.#count -= 1;
    if (calls.size === 0) this.#runs.delete(runId);
    return entry;
  }

  /** Forgets all of them; their names. */
  clear(): readonly CallName[] {
    const names = [...this.#runs].flatMap(([runId, calls]) => [...calls.keys()].map((serial) => ({ runId, serial })));
    this.#runs.clear();
    this.#count = 0;
    return names;
  }
}
