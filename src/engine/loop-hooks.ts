// What the run loop asks of the engine around it.
import type { Group } from "./group.js";

export interface LoopHooks {
  /** Takes the groups of a turn: commits, then performs. */
  readonly finish: (groups: readonly Group[]) => void;
  /** Makes a fresh kernel and rebuilds every run; the loop rests until it resolves. */
  readonly rebuild: () => Promise<void>;
}
