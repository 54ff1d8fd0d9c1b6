// Random scripts of events, pauses, time, crashes and lost kernels: a disturbed run must have the same history, story and
// end as one with the same script that nothing disturbed.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Run } from "../../src/model/engine.js";
import type { SchedulingOptions } from "../../src/model/scheduling.js";
import { type Bench, brief, openBench, readEvents } from "../unit/engine/harness.js";
import { CHILD, flaky, GRAPH, PARENT, rest, type Step, step, TRIP } from "./scripted-runs.js";

async function reopen(bench: Bench, source: string): Promise<Bench> {
  const next = await bench.reopen();
  await next.engine.load(CHILD);
  await next.engine.load(source);
  await rest(next);
  return next;
}

async function play(source: string, script: readonly Step[], isDisturbed: boolean, scheduling: SchedulingOptions = {}): Promise<unknown> {
  let bench = await openBench({ tasks: { flaky }, scheduling });
  await bench.engine.load(CHILD);
  await bench.engine.start(await bench.engine.load(source), {}, { runId: "run" });
  await bench.clock.settle();
  const answers: unknown[] = [];
  const stories: Promise<unknown>[] = [];
  for (const action of script) {
    if (action.kind === "send") answers.push(await bench.engine.send("run", action.event, { by: action.by }));
    else if (action.kind === "advance") await bench.clock.advance(action.ms);
    else if (action.kind === "crash" && isDisturbed) bench = await reopen(bench, source);
    else if (action.kind === "trap" && isDisturbed) {
      try {
        bench.kernel().trap();
      } catch {
        // Lost, as it should be.
      }
    } else if (action.kind === "undo") answers.push(await bench.engine.cancel("run", { undo: true }));
    else if (action.kind === "pause" || action.kind === "resume" || action.kind === "cancel") answers.push(await bench.engine[action.kind]("run"));
    await rest(bench);
  }
  await bench.engine.cancel("run");
  await rest(bench);
  const run = await bench.engine.runs.get("run");
  const told = await tell(run);
  const histories = [...bench.disk.runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([runId, { entries }]) => [runId, entries.map(({ seed: _seed, ...entry }) => entry)]);
  await Promise.all(stories);
  await bench.engine.close();
  return { answers, told, histories };
}

async function tell(run: Run): Promise<unknown> {
  return [await run.status(), await run.context(), brief(await readEvents(run))];
}

test.each([
  ["a statechart", PARENT],
  ["a task graph", GRAPH],
  ["one that is undone", TRIP],
])("crashes and lost kernels between steps change nothing: %s", { timeout: 120_000 }, async (_, source) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (script) => {
      expect(await play(source, script, true)).toEqual(await play(source, script, false));
    }),
    { numRuns: 150 },
  );
});

test.each<[string, SchedulingOptions]>([
  ["tasks", { tasksInFlightMax: 1 }],
  ["runs", { runsInFlightMax: 1, strategy: "sequential" }],
])("nor where calls wait for their turn: limited %s", { timeout: 120_000 }, async (_, scheduling) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (script) => {
      expect(await play(GRAPH, script, true, scheduling)).toEqual(await play(GRAPH, script, false, scheduling));
    }),
    { numRuns: 60 },
  );
});

test("a listener that was there from the start hears what a late one reads", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (script) => {
      const bench = await openBench({ tasks: { flaky } });
      await bench.engine.load(CHILD);
      const run = await bench.engine.start(await bench.engine.load(PARENT));
      const stories = [readEvents(run)];
      for (const action of script) {
        if (action.kind === "send") await bench.engine.send(run.id, action.event, { by: action.by });
        else if (action.kind === "advance") await bench.clock.advance(action.ms);
        else if (action.kind === "pause" || action.kind === "resume" || action.kind === "cancel") await bench.engine[action.kind](run.id);
        else stories.push(readEvents(run));
        await bench.clock.settle();
      }
      await bench.engine.cancel(run.id);
      const told = await Promise.all(stories);
      const last = await readEvents(run);
      for (const story of told) expect(story).toEqual(last);
      await bench.engine.close();
    }),
    { numRuns: 40 },
  );
});
