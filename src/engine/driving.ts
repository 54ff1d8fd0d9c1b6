// Which journals this engine drives: takes over what the tabs give it, steps down from what it loses, reads what others write, and passes calls on
// to the driver of a run that is not here. What is done for a run stands elsewhere.
import { WorkflowError } from "../model/errors.js";
import type { TabsHooks } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { type Core, toWorkflowError } from "./core.js";
import { closedError, notDriverError, reloadingError, unknownRunError } from "./errors.js";
import { LEFT_BEFORE_MS_MAX, REMOTE_ATTEMPTS_MAX, REMOTE_RETRY_MS } from "./limits.js";
import type { OpenRun } from "./open-run.js";

/** What driving asks of the engine. */
export interface DrivingHost {
  readonly core: Core;
  /** Takes up the open runs of a journal; resolves with how many. */
  recover(journal: number): Promise<number>;
  /** These runs are another driver's from now on. */
  dropRuns(runs: readonly OpenRun[]): void;
  /** The home is lost: nothing can be started. */
  loseHome(): void;
  /** Does what another tab asks this driver for. */
  answer(method: string, args: readonly unknown[]): Promise<unknown>;
}

export class Driving implements TabsHooks {
  readonly #host: DrivingHost;
  readonly #core: Core;
  /** Per driven journal the last group that the others were told of. */
  readonly #told = new Map<number, number>();
  /** Per journal a read that is under way, and whether there is more by now. */
  readonly #reading = new Map<number, { isOutdated: boolean }>();
  /** Home is being taken up; until it is, nobody can be told anything about its runs. */
  #ready: Promise<unknown> = Promise.resolve();
  #joinedAt = 0;
  /** What was written before is kept apart from what is written now. */
  #isApart = false;

  constructor(host: DrivingHost) {
    this.#host = host;
    this.#core = host.core;
  }

  /** Resolves when it drives, or when there is no journal to be had. */
  async join(): Promise<void> {
    this.#joinedAt = this.#core.clock.now();
    await this.#core.tabs.join(this, this.#core.store.journalCount);
  }

  /** Rejects where the engine is closed or has no home. */
  async check(): Promise<void> {
    await this.settled();
    if (!this.#core.isDriver) throw notDriverError();
  }

  /** Resolves when its home, if it has one, is taken up. Rejects where the engine is closed. */
  async settled(): Promise<void> {
    if (this.#core.isClosed) throw closedError();
    await this.#ready;
    if (this.#core.isClosed) throw closedError();
  }

  /** Tells the others how far the journals have come, and gives up inherited ones in which nothing is left to do. */
  tell(): void {
    const { core } = this.#host;
    for (const journal of core.driven) {
      const group = core.store.lastGroup(journal);
      if (this.#told.get(journal) !== group) core.tabs.tellGroup(journal, group);
      this.#told.set(journal, group);
      if (journal !== core.home && !core.store.hasOpenRuns(journal)) this.#giveUp(journal);
    }
  }

  /** Tells what was committed last, and gives all journals up. */
  close(): void {
    this.tell();
    this.#core.tabs.close();
  }

  /**
   * Calls the driver of a run that is not open here. Undefined: this engine drives it by now, or the run has ended. `isRepeatable`: doing it twice is as good as once, so
   * it is asked again where a driver is gone. Rejects with `run/unknown`, `engine/no-answer` (retryable), and what the driver rejects with.
   */
  async call(runId: string, method: string, args: readonly unknown[], isRepeatable: boolean): Promise<{ readonly value: unknown } | undefined> {
    const { core } = this.#host;
    for (let attempt = 1; ; attempt += 1) {
      const journal = core.store.journalOf(runId);
      if (journal === undefined) throw unknownRunError(runId);
      if (core.driven.has(journal)) return undefined;
      try {
        return { value: await core.tabs.call(journal, method, [runId, ...args]) };
      } catch (error) {
        const { code, details } = error instanceof WorkflowError ? error : { code: undefined, details: undefined };
        // Nobody drives the journal of a run that ended before this tab heard of it.
        if (code === "engine/no-answer" && details?.isPassed === false && (core.driven.has(journal) || (await this.#hasEnded(runId, journal)))) return undefined;
        // The one was not done yet, of the other nobody knows.
        const isRepeated = code === "run/reloading" || (code === "engine/no-answer" && isRepeatable);
        if (!isRepeated || attempt === REMOTE_ATTEMPTS_MAX || core.isClosed) throw error;
      }
      await new Promise<void>((resolve) => core.clock.schedule(REMOTE_RETRY_MS, resolve));
      if (core.isClosed) throw closedError();
    }
  }

  /** Does `work` as the journal's driver, who this engine becomes for that long where nobody is. False: another engine drives it. */
  async asDriver(journal: number, work: () => Promise<void>): Promise<boolean> {
    const { store, tabs, driven } = this.#core;
    if (driven.has(journal)) {
      await work();
      return true;
    }
    if (!(await tabs.tryAcquire(journal))) return false;
    try {
      await store.takeOver(journal);
      await work();
      return true;
    } finally {
      store.release(journal);
      tabs.release(journal);
    }
  }

  // --- what the tabs say ------------------------------------------------------------------------------------------

  async onGain(journal: number, isNewHome: boolean): Promise<boolean> {
    const isHome = isNewHome || this.#core.home === journal;
    // It was lost and is granted anew before this tab was told: others may have driven it meanwhile.
    if (this.#core.driven.has(journal)) this.onLoss(journal);
    const gaining = this.#gain(journal, isHome);
    if (isHome) {
      // Another drives it after all: this tab has no home, and can be used as such.
      this.#ready = gaining.catch((error: unknown) => {
        if (toWorkflowError(error).code !== "store/fenced") throw error;
      });
      this.#ready.catch(() => undefined);
    }
    return gaining;
  }

  async #gain(journal: number, isHome: boolean): Promise<boolean> {
    const { core } = this.#host;
    if (core.isClosed) return false;
    if (!isHome) {
      await core.store.refresh(journal);
      if (!core.store.hasOpenRuns(journal)) return false;
    }
    await core.store.takeOver(journal);
    if (core.isClosed) return false;
    core.driven.add(journal);
    if (isHome) core.home = journal;
    if (core.store.hasOpenRuns(journal)) this.#setApart();
    try {
      const count = await this.#host.recover(journal);
      if (isHome || count > 0) return true;
    } catch (error) {
      // Its lock is given up: nothing of it may go on here.
      this.onLoss(journal);
      throw error;
    }
    this.#forget(journal);
    return false;
  }

  /** Once, and only of what had been left when this engine was opened: a tab that is gone later does not take the browser with it. */
  #setApart(): void {
    const { clock, store } = this.#core;
    if (this.#isApart || clock.now() - this.#joinedAt > LEFT_BEFORE_MS_MAX) return;
    this.#isApart = true;
    store.setApart();
  }

  onLoss(journal: number): void {
    const { core } = this.#host;
    if (!core.driven.has(journal) || core.isClosed) return;
    this.#forget(journal);
    const lost: OpenRun[] = [];
    for (const run of core.runs.awake()) if (!run.isVolatile && this.#placeOf(run.runId) === journal) lost.push(run);
    this.#host.dropRuns(lost);
    if (core.home !== journal) return;
    core.home = undefined;
    this.#host.loseHome();
  }

  onGroup(journal: number): void {
    if (this.#core.isClosed || this.#core.driven.has(journal)) return;
    const reading = this.#reading.get(journal);
    if (reading !== undefined) reading.isOutdated = true;
    else void this.#read(journal);
  }

  async onCall(journal: number, method: string, args: readonly unknown[]): Promise<unknown> {
    if (!this.#core.driven.has(journal)) throw reloadingError(String(args[0]));
    return this.#host.answer(method, args);
  }

  hasOpenRuns(journal: number): boolean {
    return this.#core.store.hasOpenRuns(journal);
  }

  lastGroup(journal: number): number {
    return this.#core.store.lastGroup(journal);
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  /** The journal of a run. One that is being begun, and not yet heard to be stored, will be where its family is, or at home. */
  #placeOf(runId: string): number | undefined {
    const { store, home } = this.#core;
    for (let id = runId; ; id = id.slice(0, id.lastIndexOf("~"))) {
      const journal = store.journalOf(id);
      if (journal !== undefined) return journal;
      if (!id.includes("~")) return home;
    }
  }

  async #read(journal: number): Promise<void> {
    const { core } = this.#host;
    const reading = { isOutdated: true };
    this.#reading.set(journal, reading);
    try {
      while (reading.isOutdated && !core.isClosed) {
        reading.isOutdated = false;
        await core.store.refresh(journal);
      }
    } catch (error) {
      // The store tells of it at the next query.
      void toWorkflowError(error);
    } finally {
      this.#reading.delete(journal);
    }
  }

  async #hasEnded(runId: string, journal: number): Promise<boolean> {
    const { store } = this.#core;
    try {
      await store.refresh(journal);
      const record = await store.get(runId);
      return record !== undefined && isEnded(record.status);
    } catch {
      return false;
    }
  }

  #giveUp(journal: number): void {
    this.#forget(journal);
    this.#core.tabs.release(journal);
  }

  #forget(journal: number): void {
    this.#core.driven.delete(journal);
    this.#told.delete(journal);
    this.#core.store.release(journal);
  }
}
