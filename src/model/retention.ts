// How long ended runs are kept. Open runs are never touched, nor ended sub-workflows of open ones.
import type { RunStatus } from "./status.js";

/** What may be kept of the runs that a rule is about. The runs that ended first go first. */
export interface RetentionRule {
  /** Default: runs of all workflows. */
  readonly workflow?: string | readonly string[];
  /** Of the statuses of ended runs. Default: all. */
  readonly status?: RunStatus | readonly RunStatus[];
  /** ms since the end. */
  readonly ageMax?: number;
  readonly countMax?: number;
  /** Bytes of segments as they are stored, all runs together: such a rule has neither `workflow` nor `status`. */
  readonly sizeMax?: number;
}

/** A run goes as soon as one rule lets it go. */
export interface RetentionPolicy {
  readonly rules: readonly RetentionRule[];
}

/** Ended runs kept where the embedder says nothing. */
export const RETAINED_COUNT_MAX_DEFAULT = 1_000_000;
/** Bytes of ended runs kept where the embedder says nothing. */
export const RETAINED_SIZE_MAX_DEFAULT = 1 << 30;

export const RETENTION_DEFAULT: RetentionPolicy = {
  rules: [{ countMax: RETAINED_COUNT_MAX_DEFAULT }, { sizeMax: RETAINED_SIZE_MAX_DEFAULT }],
};

/** What a clean-up removed, or would remove. */
export interface CleanUpReport {
  readonly runCount: number;
  /** Bytes of whole segments, as they were stored. What is removed of the others is freed with the rest of them. */
  readonly sizeBytes: number;
  readonly isDryRun: boolean;
}

/** What a journal is asked to forget. */
export interface RetentionPlan {
  readonly journal: number;
  /** Whole segments by their ids. */
  readonly segments: readonly number[];
  readonly runIds: readonly string[];
  readonly runCount: number;
  readonly sizeBytes: number;
}

/** What is wrong with a policy that an embedder gave; undefined: nothing. */
export function findRetentionMistake(policy: unknown): string | undefined {
  if (typeof policy !== "object" || policy === null || !("rules" in policy) || !Array.isArray(policy.rules)) return "an object with rules";
  for (const rule of policy.rules as readonly unknown[]) {
    if (typeof rule !== "object" || rule === null) return "an object a rule";
    const { workflow, status, ageMax, countMax, sizeMax, ...others } = rule as Readonly<Record<string, unknown>>;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) return `rules without "${unknown}"`;
    const limits = [ageMax, countMax, sizeMax].filter((limit) => limit !== undefined);
    if (limits.length === 0) return "ageMax, countMax or sizeMax in every rule";
    if (limits.some((limit) => typeof limit !== "number" || !(limit >= 0))) return "numbers from 0 as limits";
    if (sizeMax !== undefined && (workflow !== undefined || status !== undefined)) return "sizeMax in a rule for all runs";
  }
  return undefined;
}
