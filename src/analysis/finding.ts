// What analysis says of a workflow: findings with codes of their own, how sure they are, and values under which they show.
import type { Finding, Place, Severity } from "../model/errors.js";

/** Codes of findings about a workflow (docs/analysis.md). */
export type AnalysisCode =
  | "analysis/unreachable"
  | "analysis/dead-end"
  | "analysis/join-never"
  | "analysis/guard-never"
  | "analysis/guard-always"
  | "analysis/guards-overlap"
  | "analysis/shadowed"
  | "analysis/choice-no-match"
  | "analysis/endless-loop"
  | "analysis/unawaited-event"
  | "analysis/unused-variable"
  | "analysis/read-before-written"
  | "analysis/perhaps-unwritten"
  | "analysis/too-many-findings";

/** `certain`: proved for every run. `possible`: it may be meant, or depends on what analysis does not know. */
export type Certainty = "certain" | "possible";

export interface AnalysisFinding extends Finding {
  readonly code: AnalysisCode;
  readonly certainty: Certainty;
  /** Ids of the states concerned, in the order of the text or of the way. */
  readonly states: readonly string[];
  /** Values of variables (by path) under which it shows. */
  readonly example?: Readonly<Record<string, unknown>>;
}

/** Findings kept of one workflow. */
export const ANALYSIS_FINDING_COUNT_MAX = 200;

/** Collects findings; gives them in the order of the text. */
export class AnalysisFindings {
  private readonly list: AnalysisFinding[] = [];

  add(
    severity: Severity,
    certainty: Certainty,
    code: AnalysisCode,
    place: Place,
    message: string,
    states: readonly string[],
    example?: Readonly<Record<string, unknown>>,
  ): void {
    if (this.list.length > ANALYSIS_FINDING_COUNT_MAX) return;
    if (this.list.length < ANALYSIS_FINDING_COUNT_MAX)
      this.list.push({ severity, certainty, code, message, place, states, ...(example !== undefined && { example }) });
    else {
      const text = `There is more to say than is kept: ${ANALYSIS_FINDING_COUNT_MAX} findings`;
      this.list.push({ severity: "info", certainty: "certain", code: "analysis/too-many-findings", message: text, place, states: [] });
    }
  }

  inOrder(): AnalysisFinding[] {
    return [...this.list].sort((a, b) => a.place.start - b.place.start);
  }
}
