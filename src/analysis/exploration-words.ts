// What an exploration is asked, what it answers, and its bounds: the words of exploration.ts and of both ways to explore.
import type { AnalysisFinding } from "./finding.js";

/** Configurations that are kept, unless the caller says otherwise. */
export const CONFIGURATION_COUNT_MAX = 100_000;
/** Bytes of all configurations together. */
export const CONFIGURATION_SIZE_MAX = 268_435_456;
/** Steps from the start. */
export const EXPLORATION_DEPTH_MAX = 10_000;
/** Unknown guards that one step may ask. */
export const DECISION_COUNT_MAX = 12;
/** Times that a step is continued where the kernel yields; a step that goes on is given up. */
export const CONTINUE_COUNT_MAX = 3;
/** Findings of one exploration. */
export const EXPLORATION_FINDING_COUNT_MAX = 50;
/** The thread is given free after so long. */
export const BREATH_MS = 12;

export interface ExplorationOptions {
  /** Values that runs start with. Everything else that has no first value is unknown: anything. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** At most CONFIGURATION_COUNT_MAX by default. */
  readonly configurationCountMax?: number;
  readonly sizeMax?: number;
  readonly depthMax?: number;
  readonly signal?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (progress: { readonly configurationCount: number; readonly pendingCount: number; readonly depth: number }) => void;
}

/** One step of a witness, for replay: what happened, and the active states after it. */
export interface WitnessStep {
  readonly kind: "start" | "event" | "outcome" | "timer";
  /** The event; the task with `success` or `failure`; the state whose time is over. */
  readonly name: string;
  readonly states: readonly string[];
  /** Guards that were unknown, and how they came out. */
  readonly guards: readonly { readonly guard: string; readonly holds: boolean }[];
}

export interface ExplorationFinding extends Omit<AnalysisFinding, "code"> {
  readonly code: "analysis/deadlock" | "analysis/invariant-violated";
  /** A shortest way there. */
  readonly witness: readonly WitnessStep[];
}

/** What kept an exploration from its end. */
export type ExplorationBound = "configurations" | "size" | "depth" | "decisions" | "endless-step" | "aborted" | "findings";

export interface Exploration {
  readonly findings: readonly ExplorationFinding[];
  /** Has every configuration been seen? Only then is what was not found not there. */
  readonly isComplete: boolean;
  /** Why not. */
  readonly bounds: readonly ExplorationBound[];
  readonly configurationCount: number;
  /** Kernel steps. */
  readonly stepCount: number;
  /** Ids of the states that were active somewhere, in the order of the text. */
  readonly states: readonly string[];
  /**
   * `kernel`: the whole search went on in the kernel. `steps`: it was led from outside, step by step and many times slower, for
   * a guard or an invariant reads what is not known.
   */
  readonly way: "kernel" | "steps";
}
