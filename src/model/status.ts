// The statuses of a run, as a closed list, and the questions asked of them.

export const RUN_STATUSES = ["scheduled", "running", "waiting", "pausing", "paused", "succeeded", "failed", "canceling", "canceled", "timedOut"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const ENDED: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "canceled", "timedOut"]);

/** Has the run come to its end, so that nothing more will happen to it? */
export function isEnded(status: RunStatus): boolean {
  return ENDED.has(status);
}
