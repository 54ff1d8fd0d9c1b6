// Work that can wait until the thread has nothing else to do.

/** What waits for an idle moment waits no longer than this, ms. */
const IDLE_MS_MAX = 500;

/** Runs it when the thread has nothing else to do, soon in any case. */
export function whenIdle(run: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(run, { timeout: IDLE_MS_MAX });
  else setTimeout(run, 0);
}
