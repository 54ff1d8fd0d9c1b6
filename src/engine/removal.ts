// Runs that are to be removed from one journal while a removal of it is under way go together with the next one: to remove many, one by one, takes
// few commits. Knows neither stores nor tabs.

/** Runs that are removed in one commit. */
export const REMOVAL_RUNS_MAX = 1_000;

interface Batch {
  readonly runIds: string[];
  readonly isDone: Promise<boolean>;
}

export class Removal {
  readonly #remove: (journal: number, runIds: readonly string[]) => Promise<boolean>;
  /** By journal: what has not begun. */
  readonly #waiting = new Map<number, Batch>();
  /** By journal: when all that was asked for is done. */
  readonly #last = new Map<number, Promise<unknown>>();

  /** @param remove - false: it could not be done here */
  constructor(remove: (journal: number, runIds: readonly string[]) => Promise<boolean>) {
    this.#remove = remove;
  }

  /** Resolves when the run is gone; false: it could not be done here. */
  add(journal: number, runId: string): Promise<boolean> {
    const waiting = this.#waiting.get(journal);
    if (waiting !== undefined && waiting.runIds.length < REMOVAL_RUNS_MAX) {
      waiting.runIds.push(runId);
      return waiting.isDone;
    }
    const runIds = [runId];
    const begin = (): Promise<boolean> => {
      if (this.#waiting.get(journal)?.runIds === runIds) this.#waiting.delete(journal);
      return this.#remove(journal, runIds);
    };
    const isDone = (this.#last.get(journal) ?? Promise.resolve()).then(begin);
    this.#waiting.set(journal, { runIds, isDone });
    this.#last.set(journal, isDone.catch(() => undefined));
    return isDone;
  }
}
