// Runs of random scripts and random charts, exported wherever the script has come to and imported by another engine: they are what they were, their
// second export is the same bytes, whatever store they lay in; and those that have not ended go on to where the first would have come.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Run } from "../../src/model/engine.js";
import type { ExportOptions } from "../../src/model/portable.js";
import { isEnded } from "../../src/model/status.js";
import { createJournalStore } from "../../src/store/journal-store.js";
import { SimulatedDevice } from "../../src/testing/simulated-disk.js";
import { printChart } from "../differential/statecharts/chart.js";
import { ALL_FEATURES, generateChart } from "../differential/statecharts/generate.js";
import { Random } from "../differential/statecharts/random.js";
import { readAll } from "../unit/engine/acts.js";
import { type Bench, openBench } from "../unit/engine/harness.js";
import { readFileBytes } from "../unit/portable/files.js";
import { CHILD, flaky, GRAPH, PARENT, rest, type Step, step, TRIP } from "./scripted-runs.js";

const RUN_IDS = ["run", "other"];

async function begin(source: string): Promise<Bench> {
  const bench = await openBench({ tasks: { flaky } });
  await bench.engine.load(CHILD);
  const workflow = await bench.engine.load(source);
  for (const runId of RUN_IDS) await bench.engine.start(workflow, {}, { runId, tags: [`tag of ${runId}`] });
  await rest(bench);
  return bench;
}

async function play({ engine, clock }: Bench, bench: Bench, script: readonly Step[]): Promise<void> {
  for (const action of script) {
    if (action.kind === "send") await engine.send("run", action.event, { by: action.by });
    else if (action.kind === "advance") await clock.advance(action.ms);
    else if (action.kind === "pause" || action.kind === "resume" || action.kind === "cancel") await engine[action.kind]("run");
    else if (action.kind === "undo") await engine.cancel("run", { undo: true });
    await rest(bench);
  }
}

/** All that can be seen of every run, in the order of their ids. */
async function tellAll(bench: Bench): Promise<unknown[]> {
  const { records } = await bench.engine.runs.query({ limit: 1_000 });
  const told: unknown[] = [];
  for (const { runId } of [...records].sort((a, b) => (a.runId < b.runId ? -1 : 1))) {
    const run = await bench.engine.runs.get(runId);
    told.push([await run.record(), await run.context(), await run.states(), await readAll(bench, run), await resultOf(run)]);
  }
  return told;
}

async function resultOf(run: Run): Promise<unknown> {
  if (!isEnded(await run.status())) return "open";
  return run.result.catch((error: unknown) => error);
}

/** An engine that has none of the tasks: what has not ended stays as it is. */
async function importUntouched(file: Uint8Array, hasJournals: boolean): Promise<Bench> {
  const storePort = hasJournals ? createJournalStore(new SimulatedDevice().connect(), "imported") : undefined;
  const bench = await openBench(storePort === undefined ? {} : { storePort });
  const { refused } = await bench.engine.import(file, { open: "keep" });
  expect(refused).toEqual([]);
  return bench;
}

const script = fc.array(step, { maxLength: 16 });
const compress: fc.Arbitrary<ExportOptions> = fc.constantFrom({}, { compress: true });

test.each([
  ["a statechart", PARENT],
  ["a task graph", GRAPH],
  ["one that is undone", TRIP],
])("what is imported is what was exported: %s", { timeout: 240_000 }, async (_, source) => {
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), compress, async (steps, hasJournals, options) => {
      const from = await begin(source);
      await play(from, from, steps);
      const told = await tellAll(from);
      const file = await readFileBytes(from.engine.export());
      const to = await importUntouched(await readFileBytes(from.engine.export({}, options)), hasJournals);
      expect(await tellAll(to)).toEqual(told);
      expect(await readFileBytes(to.engine.export())).toEqual(file);
      await from.engine.close();
      await to.engine.close();
    }),
    { numRuns: 40 },
  );
});

test.each([
  ["a statechart", PARENT],
  ["a task graph", GRAPH],
  ["one that is undone", TRIP],
])("a run that is imported and resumed comes to where it would have come: %s", { timeout: 240_000 }, async (_, source) => {
  await fc.assert(
    fc.asyncProperty(script, script, async (before, after) => {
      const stays = await begin(source);
      await play(stays, stays, before);
      await play(stays, stays, after);

      const from = await begin(source);
      await play(from, from, before);
      const wasPaused = new Set<string>();
      for (const { runId, status } of (await from.engine.runs.query({ status: ["paused", "pausing"] })).records) if (status !== "canceling") wasPaused.add(runId);
      const file = await readFileBytes(from.engine.export());
      await from.engine.close();
      let callCount = 0;
      const counted = (input: { n: number }): unknown => {
        callCount += 1;
        return flaky(input);
      };
      const to = await openBench({ tasks: { flaky: counted }, simulatedClock: from.clock });
      await to.engine.load(CHILD);
      await to.engine.load(source);
      await to.engine.import(file);
      await rest(to);
      expect(callCount).toBe(0);
      for (const { runId } of (await to.engine.runs.query({ status: ["paused", "pausing"] })).records) if (!wasPaused.has(runId)) await to.engine.resume(runId);
      await rest(to);
      await play(to, to, after);
      expect(await tellEnds(to)).toEqual(await tellEnds(stays));
      await stays.engine.close();
      await to.engine.close();
    }),
    { numRuns: 40 },
  );
});

async function tellEnds(bench: Bench): Promise<unknown[]> {
  const { records } = await bench.engine.runs.query({ limit: 1_000 });
  const told: unknown[] = [];
  for (const { runId, status } of [...records].sort((a, b) => (a.runId < b.runId ? -1 : 1))) {
    const run = await bench.engine.runs.get(runId);
    told.push([runId, status, await run.context(), await run.states()]);
  }
  return told;
}

test("random charts", { timeout: 240_000 }, async () => {
  for (let seed = 1; seed <= 24; seed += 1) {
    const chart = generateChart(seed, { ...ALL_FEATURES, hasTasks: false });
    const from = await openBench();
    const { id } = await from.engine.start(await from.engine.load(printChart(chart)));
    const random = new Random(seed ^ 0x5eed);
    for (let index = 0; index < 10; index += 1) {
      await from.clock.settle();
      if (random.chance(0.3)) await from.clock.advance(random.below(60_000));
      else await from.engine.send(id, chart.events[random.below(chart.events.length)] ?? "none", { n: random.below(5) });
    }
    await from.clock.settle();
    const told = await tellAll(from);
    const file = await readFileBytes(from.engine.export());
    await from.engine.close();
    const to = await openBench({ simulatedClock: from.clock });
    const report = await to.engine.import(file, { open: "keep" });
    expect(report).toMatchObject({ imported: 1, refused: [], untouched: [] });
    expect(await tellAll(to), `seed ${seed}`).toEqual(told);
    expect(await readFileBytes(to.engine.export())).toEqual(file);
    await to.engine.close();
  }
});
