// How ended runs used their time: kept for the newest METRICS_KEPT_MAX of them that called tasks.
import { RecentMap } from "../base/recent-map.js";
import type { RunMetrics, SchedulingStrategy } from "../model/scheduling.js";
import { METRICS_KEPT_MAX } from "./limits.js";
import type { RunCalls } from "./run-calls.js";
import { findWidth } from "./strategy.js";
import type { OpenRun, Work } from "./open-run.js";
import type { LoadedProgram } from "./program-table.js";

interface Kept {
  readonly calls: RunCalls<Work>;
  /** Of its workflow: the program itself would stay in memory. */
  readonly width: number;
}

export class MetricsArchive {
  readonly #ended = new RecentMap<string, Kept>(METRICS_KEPT_MAX);
  readonly #widths = new WeakMap<LoadedProgram, number>();

  /** The run has ended. */
  keep({ runId, calls, program }: OpenRun): void {
    if (calls !== undefined && calls.taskCount > 0) this.#ended.set(runId, { calls, width: this.#widthOf(program) });
  }

  delete(runId: string): void {
    this.#ended.delete(runId);
  }

  /** `open`: the run, where it has not ended. `choose`: the strategy for a workflow of a width. */
  find(runId: string, open: OpenRun | undefined, now: number, choose: (width: number) => SchedulingStrategy): RunMetrics | undefined {
    if (open === undefined) {
      const kept = this.#ended.get(runId);
      return kept?.calls.metrics(choose(kept.width));
    }
    open.calls?.note(now);
    return open.calls?.metrics(choose(this.#widthOf(open.program)));
  }

  #widthOf(program: LoadedProgram): number {
    let width = this.#widths.get(program);
    if (width === undefined) this.#widths.set(program, (width = findWidth(program.workflow.program.definition)));
    return width;
  }
}
