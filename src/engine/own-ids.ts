// Run ids of the embedder's choice: no two runs of a database have one. A run of such an id is begun alone among all tabs, and after a look at what
// they have begun.
import { isRunId, RUN_ID_SIZE_MAX } from "../base/run-id.js";
import { WorkflowError } from "../model/errors.js";
import type { Core } from "./core.js";
import { closedError, runExistsError } from "./errors.js";
import type { VolatileArchive } from "./volatile-archive.js";

export class OwnIds {
  readonly #core: Core;
  readonly #archive: VolatileArchive;

  constructor(core: Core, archive: VolatileArchive) {
    this.#core = core;
    this.#archive = archive;
  }

  /**
   * Does `work`, which resolves when a run of that id is committed. Rejects with `run/invalid-id`, `run/exists`, `engine/no-answer`. `isVolatile`: no
   * other tab can hear of the run, so that only what this one knows of counts.
   */
  begin<T>(runId: string, work: () => Promise<T>, isVolatile = false): Promise<T> {
    if (!isRunId(runId)) return Promise.reject(invalidIdError(runId));
    const begin = async (): Promise<T> => {
      const taken = await this.findTaken([runId]);
      // Another start may have been as far as this one.
      if (taken !== undefined || this.#core.runs.has(runId)) throw runExistsError(runId);
      // Nothing is stepped any more, nor told of it.
      if (this.#core.isClosed) throw closedError();
      return work();
    };
    return isVolatile ? begin() : this.#claim((lookAndBegin) => this.#core.tabs.claim(runId, lookAndBegin), begin);
  }

  /** Does `work`, which begins many; nobody else begins any meanwhile. Rejects with `engine/no-answer`. */
  beginMany<T>(work: () => Promise<T>): Promise<T> {
    return this.#claim((lookAndBegin) => this.#core.tabs.claimAll(lookAndBegin), work);
  }

  /** The first that is a run's, of those that this tab knows. */
  async findTaken(runIds: Iterable<string>): Promise<string | undefined> {
    const { runs, store } = this.#core;
    for (const runId of runIds) if (runs.has(runId) || this.#archive.get(runId) !== undefined || (await store.get(runId)) !== undefined) return runId;
    return undefined;
  }

  async #claim<T>(claim: (work: () => Promise<T>) => Promise<T>, work: () => Promise<T>): Promise<T> {
    const { store } = this.#core;
    try {
      return await claim(async () => {
        await store.refreshOthers();
        return work();
      });
    } catch (error) {
      throw this.#core.isClosed ? closedError() : error;
    }
  }
}

export function invalidIdError(runId: string): WorkflowError {
  const message = `A run id of its own is for one run, has 1 to ${RUN_ID_SIZE_MAX} characters and no "~" or "/"`;
  return new WorkflowError("run/invalid-id", message, { details: { runId: String(runId).slice(0, RUN_ID_SIZE_MAX), runIdSizeMax: RUN_ID_SIZE_MAX } });
}
