// A tab without neighbours: where the platform has no locks (Node) or the store is in memory, this engine always drives.
import { WorkflowError } from "../model/errors.js";
import type { TabsPort } from "../model/ports.js";

/** Tabs of one: every journal is this engine's, and nobody hears what it tells. */
export function createSoleTab(): TabsPort {
  return {
    async join(hooks, journalCount) {
      await hooks.onGain(0, true);
      for (let journal = 1; journal < journalCount; journal += 1) if (hooks.hasOpenRuns(journal)) await hooks.onGain(journal, false);
    },
    tellGroup: () => undefined,
    call: (journal) => Promise.reject(noAnswerError(journal)),
    tryAcquire: async () => true,
    release: () => undefined,
    close: () => undefined,
  };
}

/** Nobody drives the journal, or its driver does not answer. */
export function noAnswerError(journal: number): WorkflowError {
  return new WorkflowError("engine/no-answer", `The driver of journal ${journal} does not answer`, { details: { journal }, isRetryable: true });
}
