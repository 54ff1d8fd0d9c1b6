// Many runs started in one step of the kernel and parked are the runs that they would be if each had gone through the
// loop: an engine whose changes somebody watches starts every run that way, and stands beside one that does not.
import fc from "fast-check";
import { expect, test } from "vitest";
import { BULK_START_RUNS, BULK_STEP_RUNS } from "../../../src/engine/limits.js";
import { createBatch } from "../../../src/model/batch.js";
import type { Run, Value } from "../../../src/model/engine.js";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readSome } from "./harness.js";

const CHART = markdown("[*] --> A\nA --> B: go [n < limit] / set n = n + 1\nB --> A: go\nB --> [*]: finish", {
  name: "bulk",
  head: "parameters:\n  limit: { type: int, default: 3 }\nevents: [go, finish]\nvariables:\n  n: { type: int, initial: 0 }",
});
const QUIET = markdown("[*] --> A\nA --> A: go", { name: "quiet", head: "events: [go]" });

async function openTwo(): Promise<readonly [bulk: Bench, watched: Bench]> {
  const [bulk, watched] = [await openBench({ durability: "none" }), await openBench({ durability: "none" })];
  void watched.engine.runs.changes()[Symbol.asyncIterator]().next();
  return [bulk, watched];
}

/** What can be said of a run from outside, its id aside. */
async function describe(run: Run): Promise<unknown> {
  const { runId: _runId, ...record } = await run.record();
  return [record, await run.states(), await run.context(), brief(await readSome(run, 3))];
}

const input = fc.constantFrom<Value>({}, { limit: 1n }, { limit: 5n, note: "x" });
const act = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), at: fc.nat(BULK_START_RUNS + 3), event: fc.constantFrom("go", "go", "finish") }),
  fc.record({ kind: fc.constant("batch" as const), at: fc.nat(10), event: fc.constant("go") }),
  fc.record({ kind: fc.constantFrom("pause" as const, "cancel" as const), at: fc.nat(BULK_START_RUNS + 3), event: fc.constant("") }),
  fc.record({ kind: fc.constant("lose" as const), at: fc.constant(0), event: fc.constant("") }),
);

async function perform({ engine, kernel }: Bench, runs: readonly Run[], acts: readonly (typeof act extends fc.Arbitrary<infer A> ? A : never)[]): Promise<unknown[]> {
  const told: unknown[] = [];
  const batch = createBatch();
  for (const { kind, at, event } of acts) {
    const id = runs[at % runs.length]?.id ?? "";
    if (kind === "send") told.push(await engine.send(id, event));
    else if (kind === "lose") expect(() => kernel().trap()).toThrow();
    else if (kind !== "batch") told.push(await engine[kind](id));
    else {
      batch.clear();
      for (const run of runs.slice(at)) batch.add(run.id, event);
      told.push([...(await engine.sendMany(batch))]);
    }
  }
  return told;
}

test("runs started in bulk are as those that went through the loop", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), fc.array(act, { maxLength: 8 }), async (kinds, acts) => {
      const benches = await openTwo();
      const inputs = Array.from({ length: BULK_START_RUNS + 4 }, (_, index) => kinds[index % kinds.length] as Value);
      const [bulk, watched] = await Promise.all(
        benches.map(async (bench) => {
          const runs = await bench.engine.startMany(await bench.engine.load(CHART), inputs);
          const told = await perform(bench, runs, acts);
          const pages = await bench.engine.runs.query({ limit: 7, order: "oldest" });
          const described = await Promise.all(runs.map(describe));
          return [told, described, pages.records.map(({ status, seq }) => [status, seq]), await bench.engine.runs.count({ status: "waiting" })];
        }),
      );
      expect(bulk).toEqual(watched);
      for (const bench of benches) await bench.engine.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);

test("more runs than one step takes start in several, with ascending ids", async () => {
  const bench = await openBench({ durability: "none" });
  const count = BULK_STEP_RUNS * 2 + 5;
  const runs = await bench.engine.startMany(await bench.engine.load(QUIET), Array.from({ length: count }, () => ({})));
  const ids = runs.map(({ id }) => id);
  expect(new Set(ids).size).toBe(count);
  expect(ids).toEqual([...ids].sort());
  // Three steps of the kernel for all of them; through the loop it would be one, but with an object for every run.
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: count, stepsTotal: 3, eventsTotal: count });
  expect(await runs.at(-1)?.record()).toMatchObject({ status: "waiting", seq: 1, tags: [] });
  await bench.engine.close();
});

test("runs that ask for something at once start the loop's way, nothing done twice", async () => {
  const work = holdTask();
  const bench = await openBench({ durability: "none", tasks: { work: work.handler } });
  const text = markdown("[*] --> A\nA --> [*]", { name: "busy", actions: "- A: call work" });
  const runs = await bench.engine.startMany(await bench.engine.load(text), Array.from({ length: BULK_START_RUNS }, () => ({})));
  await bench.clock.settle();
  expect(work.calls.length).toBe(BULK_START_RUNS);
  expect(bench.kernel().statistics().runCount).toBe(BULK_START_RUNS);
  for (let index = 0; index < runs.length; index += 1) work.succeed(null, index);
  await Promise.all(runs.map((run) => run.result));
  expect(bench.kernel().statistics().runCount).toBe(0);
  await bench.engine.close();
});

test("an input that does not fit starts none of them", async () => {
  const bench = await openBench({ durability: "none" });
  const workflow = await bench.engine.load(CHART);
  const inputs = Array.from({ length: BULK_START_RUNS }, (_, index) => (index === 9 ? { limit: "many" } : {}));
  expect(await codeOf(bench.engine.startMany(workflow, inputs))).toBe("run/invalid-input");
  expect((await bench.engine.statistics()).runsOpen).toBe(0);
  await bench.engine.close();
});

test("a run that is canceled or deleted leaves the table, parked or not", async () => {
  const bench = await openBench({ durability: "none" });
  const runs = await bench.engine.startMany(await bench.engine.load(QUIET), Array.from({ length: BULK_START_RUNS }, () => ({})));
  expect(await codeOf(bench.engine.runs.delete(runs[0]?.id ?? ""))).toBe("run/not-ended");
  for (const run of runs) expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: 0 });
  await bench.engine.runs.delete(runs[0]?.id ?? "");
  expect(await codeOf(bench.engine.runs.get(runs[0]?.id ?? ""))).toBe("run/unknown");
  expect(await bench.engine.runs.count({ status: "canceled" })).toBe(BULK_START_RUNS - 1);
  await bench.engine.close();
});
