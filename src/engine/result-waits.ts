// Who waits for the result of a run that is open here. All who ask for one run share a promise, which its end resolves at once.
import type { WorkflowError } from "../model/errors.js";

interface Wait {
  readonly promise: Promise<unknown>;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: WorkflowError) => void;
}

export class ResultWaits {
  readonly #waits = new Map<string, Wait>();

  /** The result of an open run; a rejection that nobody looks at is no unhandled one. */
  wait(runId: string): Promise<unknown> {
    const known = this.#waits.get(runId);
    if (known !== undefined) return known.promise;
    let resolve: Wait["resolve"] = ignore;
    let reject: Wait["reject"] = ignore;
    const promise = new Promise<unknown>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.#waits.set(runId, { promise, resolve, reject });
    return promise;
  }

  has(runId: string): boolean {
    return this.#waits.has(runId);
  }

  /** The run has ended: `output` gives its result, or throws why there is none. Called only where somebody waits. */
  end(runId: string, output: () => unknown): void {
    const wait = this.#waits.get(runId);
    if (wait === undefined) return;
    this.#waits.delete(runId);
    try {
      wait.resolve(output());
    } catch (error) {
      wait.promise.catch(ignore);
      wait.reject(error as WorkflowError);
    }
  }

  /** Of runs that are open here no longer, `find` finds the result elsewhere: also of those whose commit failed, and that were to be taken up again. */
  handOver(isOpen: (runId: string) => boolean, find: (runId: string) => Promise<unknown>): void {
    for (const [runId, { promise, resolve, reject }] of this.#waits) {
      if (isOpen(runId)) continue;
      this.#waits.delete(runId);
      promise.catch(ignore);
      find(runId).then(resolve, reject);
    }
  }

  /** Nobody learns anything more. */
  close(error: WorkflowError): void {
    for (const { promise, reject } of this.#waits.values()) {
      promise.catch(ignore);
      reject(error);
    }
    this.#waits.clear();
  }
}

function ignore(): void {}
