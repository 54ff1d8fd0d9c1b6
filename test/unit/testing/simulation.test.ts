import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/base/prng.js";
import { simulate, type SimulationOptions } from "../../../src/doors/testing.js";
import { checkFields } from "../../../src/engine/input-check.js";
import type { TypeName } from "../../../src/model/definition.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { answerForm } from "../../../src/testing/form-answers.js";

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

describe("people who are asked", () => {
  const ASKING = `millrace: 1
tasks:
  ask:
    action: await
    event: decide
    form: {approved: bool, level: {type: string, choices: [a, b], default: a}, due: timestamp}
    deadline: 1d
    default: {approved: false, due: 2026-01-01T00:00:00Z}
    next: [{when: result.approved, do: pay}]
  pay: {action: pay}
`;

  test("answer by themselves, with what fits", async () => {
    const report = await simulate(ASKING, { runCount: 200, answers: { decide: { takes: { min: 60_000, max: 120_000 } } } });
    expect(report.statuses).toEqual({ succeeded: 200, failed: 0, waiting: 0 });
    expect(report.duration.max).toBeLessThan(200_000);
    expect(report.tasks["pay"]?.calls).toBeGreaterThan(60);
    expect(report.tasks["pay"]?.calls).toBeLessThan(140);
    // Without a word about them they take about an hour.
    const { duration } = await simulate(ASKING, { runCount: 200 });
    expect(duration.p50).toBeGreaterThan(1_800_000);
    expect(duration.p50).toBeLessThan(7_200_000);
  });

  test("may not answer: then the deadline passes", async () => {
    const report = await simulate(ASKING, { runCount: 20, answers: { default: { missRate: 1 } } });
    expect(report.duration).toMatchObject({ min: 86_400_000, max: 86_400_000 });
    expect(report.statuses.succeeded).toBe(20);
  });

  test("say what the simulation is told that they say; what does not fit is refused", async () => {
    const due = new Date(0);
    const payload = () => ({ approved: true, due });
    const report = await simulate(ASKING, { runCount: 5, answers: { decide: { takes: 5, payload } } });
    expect(report.tasks["pay"]?.calls).toBe(5);
    await expect(simulate(ASKING, { answers: { decide: { payload: () => ({ approved: 1, due }) } } })).rejects.toMatchObject({ code: "run/invalid-payload" });
    await expect(simulate(ASKING, { events: [{ name: "decide", payload: {}, after: 1 }] })).rejects.toMatchObject({ code: "run/invalid-payload" });
    expect((await simulate(ASKING, { events: [{ name: "decide", after: 1 }], answers: { decide: { missRate: 1 } } })).duration.min).toBeLessThan(1_000);
  });

  test("answer a task without a form where they are told to", async () => {
    const text = "millrace: 1\ntasks: {ask: {action: await, event: go}}\n";
    expect((await simulate(text, { runCount: 3 })).statuses.waiting).toBe(3);
    expect((await simulate(text, { runCount: 3, answers: { go: { takes: 7 } } })).duration).toMatchObject({ min: 7, max: 7 });
  });

  test("whatever the form: an answer fits", () => {
    const type = fc.constantFrom<TypeName>("any", "bool", "int", "uint", "double", "number", "string", "bytes", "list", "map", "timestamp", "duration");
    const field = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), type, isRequired: fc.boolean(), hasChoices: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(field, { selector: ({ name }) => name }), fc.integer(), (fields, seed) => {
        const next = createPrng(seed >>> 0);
        const place = { start: 0, end: 0, line: 1, column: 1 };
        const form = fields.map(({ hasChoices, ...each }) => ({ ...each, place, ...(hasChoices && each.type === "string" && { choices: ["x", "y"] }) }));
        const answer = answerForm(form, () => next() / 2 ** 32, 0);
        expect(checkFields(form, answer, { root: "payload", noun: "field" })).toEqual({ complete: answer });
      }),
    );
  });
});
