// Removes ended runs by policy: when asked, and by itself some time after runs have ended. Plans come from the store; this engine does what it can
// do as a driver, and becomes one for as long as it takes where nobody is.
import { WorkflowError } from "../model/errors.js";
import { type CleanUpReport, findRetentionMistake, RETENTION_DEFAULT, type RetentionPolicy } from "../model/retention.js";
import type { Core } from "./core.js";
import type { Driving } from "./driving.js";
import { CLEAN_UP_DELAY_MS } from "./limits.js";

export interface CleanUpOptions {
  /** Default: the engine's own. */
  readonly policy?: RetentionPolicy;
  /** Only says what would be removed. */
  readonly isDryRun?: boolean;
}

export class Cleaner {
  readonly #core: Core;
  readonly #driving: Driving;
  readonly #forgetSources: () => void;
  readonly #policy: RetentionPolicy | undefined;
  #stop: (() => void) | undefined;
  #cleaning: Promise<unknown> = Promise.resolve();

  constructor(core: Core, driving: Driving, forgetSources: () => void) {
    this.#core = core;
    this.#driving = driving;
    this.#forgetSources = forgetSources;
    const { retention = RETENTION_DEFAULT } = core.parts;
    this.#policy = retention === "none" ? undefined : retention;
  }

  /** A run has ended: after a while there may be something to remove. */
  noteEnd(): void {
    if (this.#stop !== undefined || this.#policy === undefined || this.#core.isClosed) return;
    this.#stop = this.#core.clock.schedule(CLEAN_UP_DELAY_MS, () => {
      this.#stop = undefined;
      // What fails now is tried again after the next end.
      if (this.#core.isDriver) this.clean({}).catch(() => undefined);
    });
  }

  close(): void {
    this.#stop?.();
  }

  /** One at a time. Rejects with `engine/invalid-argument`, and with the store's errors. */
  clean({ policy = this.#policy, isDryRun = false }: CleanUpOptions): Promise<CleanUpReport> {
    const mistake = policy === undefined ? undefined : findRetentionMistake(policy);
    if (mistake !== undefined) {
      return Promise.reject(new WorkflowError("engine/invalid-argument", `The policy must be ${mistake}`, { details: { argument: "policy", wanted: mistake } }));
    }
    const cleaning = this.#cleaning.then(() => this.#clean(policy, isDryRun));
    this.#cleaning = cleaning.catch(() => undefined);
    return cleaning;
  }

  async #clean(policy: RetentionPolicy | undefined, isDryRun: boolean): Promise<CleanUpReport> {
    const { store, clock } = this.#core;
    const plans = policy === undefined ? [] : await store.planRetention(policy, clock.now());
    let [runCount, sizeBytes] = [0, 0];
    for (const plan of plans) {
      if (!isDryRun) {
        this.#forgetSources();
        // Another tab drives it: that one cleans it up.
        if (!(await this.#driving.asDriver(plan.journal, () => store.prune(plan)))) continue;
      }
      runCount += plan.runCount;
      sizeBytes += plan.sizeBytes;
    }
    if (!isDryRun) this.#driving.tell();
    return { runCount, sizeBytes, isDryRun };
  }
}
