import { describe, expect, test } from "vitest";
import { simulate, type SimulationOptions } from "../../../src/doors/testing.js";
import { WorkflowError } from "../../../src/model/errors.js";

const GRAPH = `millrace: 1
name: pay
input: {amount: 10}
tasks:
  pay:
    action: pay
    input: {amount: "{{ input.amount }}"}
    retry: {count: 2, delay: 1s}
    next: [ship, tell]
  ship: {action: ship}
  tell: {action: tell}
output: "{{ tasks.pay.result }}"
`;

const CHART = `---
name: chart
events: [approve]
---
\`\`\`mermaid
stateDiagram-v2
[*] --> Waiting
Waiting --> Done: approve
Waiting --> Late: after 1h
Done --> [*]
Late --> Late: never
\`\`\`
`;

describe("a simulation", () => {
  test("plays runs in virtual time", async () => {
    const report = await simulate(GRAPH, { runCount: 5, handlers: { pay: { takes: 100, cost: 2 }, default: { takes: 50, cost: 1 } } });
    expect(report.statuses).toEqual({ succeeded: 5, failed: 0, waiting: 0 });
    expect(report.duration).toEqual({ min: 150, mean: 150, p50: 150, p90: 150, p99: 150, max: 150 });
    expect(report.cost.mean).toBe(4);
    expect(report.tasks).toEqual({
      pay: { calls: 5, failures: 0, retries: 0, timeMs: 500 },
      ship: { calls: 5, failures: 0, retries: 0, timeMs: 250 },
      tell: { calls: 5, failures: 0, retries: 0, timeMs: 250 },
    });
  });

  test("the same seed gives the same report, another another", async () => {
    const options: SimulationOptions = { runCount: 50, handlers: { pay: { failureRate: 0.4, takes: { min: 10, max: 500 } } }, faults: { crashesPerHour: 2_000 } };
    const first = await simulate(GRAPH, { ...options, seed: 7 });
    expect(await simulate(GRAPH, { ...options, seed: 7 })).toEqual(first);
    expect(await simulate(GRAPH, { ...options, seed: 8 })).not.toEqual(first);
    expect(first.runs.some(({ crashCount }) => crashCount > 0)).toBe(true);
  });

  test("failures are retried as the workflow says, and end runs where retries do not help", async () => {
    const runCount = 4_000;
    const { statuses, errors, retries, tasks } = await simulate(GRAPH, { runCount, handlers: { pay: { failureRate: 0.5 } } });
    // One in eight fails three times; three standard deviations are about 63 runs.
    expect(Math.abs(statuses.failed - runCount / 8)).toBeLessThan(70);
    expect(errors).toEqual({ "task/failed": statuses.failed });
    expect(retries.max).toBe(2);
    expect(tasks["pay"]?.failures).toBeGreaterThan(statuses.failed * 3);
  });

  test("a crash makes what was under way begin anew, and loses nothing else", async () => {
    const calm = await simulate(GRAPH, { runCount: 200, handlers: { default: { takes: 10_000 } } });
    const rough = await simulate(GRAPH, { runCount: 200, handlers: { default: { takes: 10_000 } }, faults: { crashesPerHour: 100, restartMs: 500 } });
    expect(calm.duration.max).toBe(20_000);
    expect(rough.statuses.succeeded).toBe(200);
    expect(rough.runs.filter(({ crashCount }) => crashCount === 0).every(({ durationMs }) => durationMs === 20_000)).toBe(true);
    expect(rough.runs.filter(({ crashCount }) => crashCount > 0).every(({ durationMs }) => durationMs > 20_000)).toBe(true);
    expect(rough.tasks).toMatchObject({ pay: { calls: 200 }, ship: { calls: 200 } });
  });

  test("results come from functions of the call", async () => {
    const seen: unknown[] = [];
    const source = `millrace: 1\ntasks:\n  t: {with: "{{ [3, 4] }}", action: t, input: "{{ item }}", retry: 1}\n`;
    const report = await simulate(source, {
      runCount: 1,
      handlers: {
        t: {
          takes: 5,
          result: ({ input, item, attempt }) => {
            seen.push([input, item, attempt]);
            if (attempt === 1 && item === 1) throw new WorkflowError("task/declined", "no");
            return input;
          },
        },
      },
    });
    expect(seen).toEqual([[3, 0, 1], [4, 1, 1], [3, 0, 2], [4, 1, 2]]);
    expect(report.runs).toMatchObject([{ status: "succeeded", durationMs: 10, failureCount: 1, retryCount: 2 }]);
  });

  test("state diagrams, with events", async () => {
    const inTime = await simulate(CHART, { runCount: 3, events: [{ name: "approve", after: 60_000 }] });
    expect(inTime.runs).toMatchObject(Array(3).fill({ status: "succeeded", durationMs: 60_000 }));
    const tooLate = await simulate(CHART, { runCount: 3, events: [{ name: "approve", after: 2 * 3_600_000 }] });
    expect(tooLate.statuses).toEqual({ succeeded: 0, failed: 0, waiting: 3 });
  });

  test("what cannot be is refused", async () => {
    await expect(simulate("nothing")).rejects.toMatchObject({ code: "parse/invalid" });
    await expect(simulate(GRAPH, { runCount: 0 })).rejects.toMatchObject({ code: "engine/invalid-argument" });
    await expect(simulate(CHART, { events: [{ name: "none", after: 1 }] })).rejects.toMatchObject({ code: "engine/invalid-argument" });
    await expect(simulate("millrace: 1\ninput: {a: int}\ntasks: {t: {action: noop}}\n")).rejects.toMatchObject({ code: "run/invalid-input" });
  });

  test("it tells how far it is, and can be given up", async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const report = await simulate(GRAPH, {
      runCount: 1_000_000,
      signal: controller.signal,
      onProgress: (done, all) => {
        told.push(done / all);
        controller.abort();
      },
    });
    expect(told.length).toBeGreaterThan(0);
    expect(report.runs.length).toBeLessThan(1_000_000);
    expect(report.runs.length).toBeGreaterThan(0);
  });
});
