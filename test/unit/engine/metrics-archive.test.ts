// Metrics of ended runs are kept up to a limit, the newest of them.
import { expect, test } from "vitest";
import { METRICS_KEPT_MAX } from "../../../src/engine/limits.js";
import { MetricsArchive } from "../../../src/engine/metrics-archive.js";
import type { OpenRun } from "../../../src/engine/open-run.js";
import { RunCalls } from "../../../src/engine/run-calls.js";

test("the oldest go first, and runs that called no task are not kept", () => {
  const archive = new MetricsArchive();
  const program = { workflow: { program: { definition: { states: [], transitions: [] } } } };
  const keep = (runId: string, taskCount: number): void => {
    const calls = new RunCalls(5);
    for (let count = 0; count < taskCount; count += 1) calls.begin();
    archive.keep({ runId, calls, program } as unknown as OpenRun);
  };
  const find = (runId: string): number | undefined => archive.find(runId, undefined, 0, () => "parallel")?.taskCount;
  keep("idle", 0);
  for (let index = 0; index <= METRICS_KEPT_MAX; index += 1) keep(`run ${index}`, 1);
  expect([find("idle"), find("run 0"), find("run 1"), find(`run ${METRICS_KEPT_MAX}`)]).toEqual([undefined, undefined, 1, 1]);
});
