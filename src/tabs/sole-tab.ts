// A tab without neighbours: where the platform has no locks (Node) or the store is in memory, this engine always drives.
import { WorkflowError } from "../model/errors.js";
import type { TabsPort } from "../model/ports.js";
import { type AcquireLane, IdClaims } from "./id-claims.js";

/** Tabs of one: every journal is this engine's, and nobody hears what it tells. */
export function createSoleTab(): TabsPort {
  // Works in one lane of one tab begin together; those with all lanes come one after the other.
  const claims = new IdClaims(createLanes());
  return {
    async join(hooks, journalCount) {
      await hooks.onGain(0, true);
      for (let journal = 1; journal < journalCount; journal += 1) if (hooks.hasOpenRuns(journal)) await hooks.onGain(journal, false);
    },
    tellGroup: () => undefined,
    call: (journal) => Promise.reject(noAnswerError(journal, false)),
    claim: (runId, work) => claims.claim(runId, work),
    claimAll: (work) => claims.claimAll(work),
    tryAcquire: async () => true,
    release: () => undefined,
    close: () => undefined,
  };
}

/** Locks among the works of one tab. */
function createLanes(): AcquireLane {
  const ends = new Map<number, Promise<void>>();
  return async (lane) => {
    const before = ends.get(lane);
    let release: () => void = () => undefined;
    ends.set(lane, new Promise((resolve) => {
      release = resolve;
    }));
    await before;
    return release;
  };
}

/** `isPassed`: the journal's driver was asked, and may have done it; otherwise nobody was, and nothing was done. */
export function noAnswerError(journal: number, isPassed: boolean): WorkflowError {
  const what = isPassed ? `The driver of journal ${journal} does not answer any more: it may have done what it was asked for` : `Nobody drives journal ${journal}: nothing was done`;
  return new WorkflowError("engine/no-answer", what, { details: { journal, isPassed }, isRetryable: true });
}
