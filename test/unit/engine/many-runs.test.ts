import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { ProgramTable } from "../../../src/engine/program-table.js";
import { createLibrary } from "../../../src/library/library.js";
import { createBatch } from "../../../src/model/batch.js";
import { CHANGES_BUFFER_MAX, PROGRAMS_KEPT_MAX, VOLATILE_ENDED_RUNS_MAX, WAITING_EVENTS_MAX } from "../../../src/engine/limits.js";
import type { RunPage, RunQuery } from "../../../src/model/run-record.js";
import { createMemoryDisk } from "../../../src/store/memory-store.js";
import { type Bench, brief, codeOf, markdown, openBench, readEvents } from "./harness.js";

const TOGGLE = markdown("[*] --> Off\nOff --> On: press\nOn --> Off: press\nOn --> [*]: finish", { name: "toggle", head: "events: [press, finish]" });

let bench: Bench;
afterEach(() => bench.engine.close());

async function readPages(query: RunQuery): Promise<string[]> {
  const runIds: string[] = [];
  let cursor: string | undefined;
  do {
    const page: RunPage = await bench.engine.runs.query({ ...query, ...(cursor !== undefined && { cursor }) });
    for (const { runId } of page.records) runIds.push(runId);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return runIds;
}

test("ten thousand runs are open at once and each takes its own events", async () => {
  bench = await openBench({ durability: "none" });
  const workflow = await bench.engine.load(TOGGLE);
  const runs = await bench.engine.startMany(workflow, Array.from({ length: 10_000 }, () => ({})));
  const batch = createBatch();
  runs.forEach((run, index) => {
    for (let press = 0; press <= index % 3; press += 1) batch.add(run.id, "press");
  });
  await bench.engine.sendMany(batch);
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: 10_000 });
  for (const index of [0, 1, 2, 9_998]) expect(await runs[index]?.states()).toEqual([index % 3 === 1 ? "Off" : "On"]);
});

test("durable and volatile runs appear in one list, page by page", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(TOGGLE);
  const expected: string[] = [];
  for (let index = 0; index < 40; index += 1) {
    const run = await bench.engine.start(workflow, {}, index % 3 === 0 ? { durability: "none" } : {});
    expected.push(run.id);
    if (index % 4 === 0) {
      await bench.engine.send(run.id, "press");
      await bench.engine.send(run.id, "finish");
    }
    await bench.clock.advance(index % 2);
  }
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.constantFrom("newest" as const, "oldest" as const), async (limit, order) => {
      const ids = await readPages({ limit, order });
      expect(ids).toEqual(order === "oldest" ? expected : [...expected].reverse());
    }),
    { numRuns: 20 },
  );
  expect(await bench.engine.runs.count()).toBe(40);
  expect(await bench.engine.runs.count({ status: "succeeded" })).toBe(10);
  expect((await readPages({ status: ["succeeded"], limit: 3 })).length).toBe(10);
});

test("a volatile run's result, story and context can be read after its end", async () => {
  bench = await openBench({ durability: "none" });
  const run = await bench.engine.start(await bench.engine.load(TOGGLE), { name: "x" });
  await bench.engine.send(run.id, "press");
  await bench.engine.send(run.id, "finish");
  expect(await run.status()).toBe("succeeded");
  expect(await run.result).toEqual(await run.context());
  expect(brief(await readEvents(run)).at(-1)).toBe("ended succeeded");
  expect(bench.disk.runs.size).toBe(0);
});

test("only so many ended volatile runs are kept", async () => {
  bench = await openBench({ durability: "none" });
  const workflow = await bench.engine.load(markdown("[*] --> A\nA --> [*]", { name: "short" }));
  const runs = await bench.engine.startMany(workflow, Array.from({ length: VOLATILE_ENDED_RUNS_MAX + 10 }, () => ({})));
  expect(await bench.engine.runs.count()).toBe(VOLATILE_ENDED_RUNS_MAX);
  expect(await codeOf(bench.engine.runs.get(runs[0]?.id ?? ""))).toBe("run/unknown");
  expect(await runs.at(-1)?.status()).toBe("succeeded");
});

test("a run that does not become quiet lets only so many events wait", async () => {
  bench = await openBench({ durability: "none" });
  const text = markdown("[*] --> A\nA --> B: [n >= 0]\nB --> A: [n >= 0]\nA --> A: poke", {
    head: "events: [poke]\nvariables:\n  n: { type: int, initial: 0 }",
    actions: "- A: set n = n + 1",
  });
  const run = await bench.engine.start(await bench.engine.load(text));
  const sends = Array.from({ length: WAITING_EVENTS_MAX + 1 }, () => bench.engine.send(run.id, "poke"));
  for (const send of sends) send.catch(() => undefined);
  expect(await codeOf(sends.at(-1) as Promise<unknown>)).toBe("run/queue-full");
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await sends[0]).toMatchObject({ status: "ended" });
});

test("a reader of changes that lags too far is told so", async () => {
  bench = await openBench({ durability: "none" });
  const changes = bench.engine.runs.changes()[Symbol.asyncIterator]();
  const first = changes.next();
  await bench.engine.startMany(await bench.engine.load(TOGGLE), Array.from({ length: CHANGES_BUFFER_MAX + 2 }, () => ({})));
  // The first is read as soon as it is there; the others are not.
  await first.catch(() => undefined);
  expect(await codeOf(Promise.all([first, changes.next()]))).toBe("engine/too-slow");
  expect((await changes.next()).done).toBe(true);
});

test("workflows that nobody uses are given up beyond a number, the oldest first", async () => {
  bench = await openBench();
  const loaded = await createLibrary().load(TOGGLE);
  const table = new ProgramTable();
  for (let index = 0; index < PROGRAMS_KEPT_MAX + 3; index += 1) {
    const program = table.add({ ...loaded, identity: `i${index}`, name: `n${index}` });
    table.name(program);
    if (index === 1) program.userCount = 1;
  }
  expect(table.takeIdle().map(({ workflow }) => workflow.identity)).toEqual(["i0", "i2", "i3"]);
  expect([table.has("n0"), table.has("n1"), table.has("n4")]).toEqual([false, true, true]);
});

test("a driver that was fenced steps down", async () => {
  const disk = createMemoryDisk();
  bench = await openBench({ disk });
  const run = await bench.engine.start(await bench.engine.load(TOGGLE));
  const usurper = await openBench({ disk, simulatedClock: bench.clock });
  expect(await codeOf(bench.engine.send(run.id, "press"))).toBe("store/fenced");
  expect(await bench.engine.role()).toBe("watcher");
  expect(await codeOf(bench.engine.send(run.id, "press"))).toBe("engine/no-answer");
  expect(await codeOf(bench.engine.start("toggle"))).toBe("engine/not-driver");
  expect((await usurper.engine.send(run.id, "press")).status).toBe("taken");
  await usurper.engine.close();
});
