// The guarded loop of workflows/guarded-loop.md in numbers, and the fixed load by which every subject shows that it
// runs the same machine. States count from 0: a, b, c. Event 0 is `next`; any other is ignored.
export const COUNT_LIMIT = 100;
export const STATE_NAMES = ["a", "b", "c"] as const;
export const EVENT_NEXT = 0;
/** Events per run in the fixed load: past the limit, so that both transitions of a state are seen. */
export const ANSWER_EVENT_COUNT = 250;

/** Where one run stands. */
export interface LoopPosition {
  readonly state: string;
  readonly count: number;
}

/** The answer that all must give: where the first and the last run stand after the fixed load. */
export function describeLoop(read: (run: number) => LoopPosition, runCount: number): readonly LoopPosition[] {
  return [read(0), read(runCount - 1)];
}
