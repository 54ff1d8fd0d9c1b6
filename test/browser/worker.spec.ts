// What the worker promises beside the engine's own promises: whole errors, coalesced calls, batches, cursors, its own failures.
import { expect, test } from "@playwright/test";
import type { Engine, EngineOptions, EventBatch } from "../../src/model/engine.js";
import { serveBuilt, type TestServer } from "./server.js";

declare const page: { createEngine(options?: EngineOptions): Promise<Engine>; createBatch(): EventBatch };

const LOOP_TEXT = `---
name: Switch
parameters:
  first: { type: any, default: 0 }
variables:
  seen: { type: any }
events: [flip, stop]
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Off
  Off --> On: flip
  On --> Off: flip
  On --> [*]: stop
\`\`\`
`;

let server: TestServer;

test.beforeAll(async () => {
  server = await serveBuilt();
});
test.afterAll(() => server?.close());
test.beforeEach(async ({ page: tab }) => {
  await tab.goto(`${server.url}pages/engine.html`);
  await expect(tab).toHaveTitle("ready");
});

test("errors cross whole", async ({ page: tab }) => {
  const found = await tab.evaluate(async (text) => {
    const engine = await page.createEngine({ name: "errors" });
    const facts = async (promise: Promise<unknown>): Promise<unknown> => {
      try {
        return { value: await promise };
      } catch (error) {
        const { name, code, details, findings, isRetryable } = error as Record<string, unknown> & { findings: unknown[] };
        return { name, code, details, findingCount: findings.length, isRetryable };
      }
    };
    const bad = { deep: [() => 1] } as never;
    const workflow = await engine.load(text);
    const run = await engine.start(workflow);
    const results = {
      parse: await facts(engine.load("not a diagram at all")),
      unknown: await facts(engine.runs.get("nobody")),
      value: await facts(engine.send(run.id, "flip", bad)),
      running: await facts(engine.runs.delete(run.id)),
      sent: await facts(engine.send(run.id, "flip", { at: new Date(5), big: 5n })),
    };
    await engine.close();
    return { ...results, closed: await facts(engine.send(run.id, "flip")) };
  }, LOOP_TEXT);
  expect(found.parse).toMatchObject({ name: "WorkflowError", code: "parse/invalid" });
  expect((found.parse as { findingCount: number }).findingCount).toBeGreaterThan(0);
  expect(found.unknown).toMatchObject({ code: "run/unknown" });
  expect(found.value).toMatchObject({ code: "value/unsupported" });
  expect(found.running).toMatchObject({ code: "run/not-ended" });
  expect(found.sent).toEqual({ value: { status: "taken", runStatus: "waiting" } });
  expect(found.closed).toMatchObject({ code: "engine/closed" });
});

test("many starts, sends and a batch give each its answer", async ({ page: tab }) => {
  const found = await tab.evaluate(async (text) => {
    const engine = await page.createEngine({ name: "many", store: "memory" });
    const workflow = await engine.load(text);
    const inputs = Array.from({ length: 50 }, (_, first) => ({ first }));
    const runs = [
      ...(await engine.startMany(workflow, inputs)),
      ...(await Promise.all(inputs.map((input) => engine.start(workflow, input)))),
    ];
    const sent = await Promise.all(runs.map((run) => engine.send(run.id, "flip")));
    const batch = page.createBatch();
    for (const run of runs) batch.add(run.id, "flip");
    batch.add("nobody", "flip");
    batch.add(runs[0]?.id ?? "", "never");
    const outcomes = await engine.sendMany(batch);
    batch.clear();
    for (const run of runs) {
      batch.add(run.id, "flip", { last: true });
      batch.add(run.id, "stop");
    }
    const ends = await engine.sendMany(batch);
    const results = await Promise.all(runs.map(async (run) => [await run.result, await run.status()].length));
    const count = await engine.runs.count({ status: "succeeded" });
    await engine.close();
    return {
      sent: new Set(sent.map((one) => one.status)).size,
      status: sent[0]?.status,
      outcomes: [...outcomes],
      ends: new Set(ends).size,
      results: results.length,
      count,
    };
  }, LOOP_TEXT);
  expect(found).toMatchObject({ sent: 1, status: "taken", ends: 1, results: 100, count: 100 });
  expect(found.outcomes.slice(0, 100)).toEqual(new Array(100).fill(1));
  expect(found.outcomes.slice(100)).toEqual([4, 6]);
});

test("events are read from the first to the last, and reading can stop", async ({ page: tab }) => {
  const found = await tab.evaluate(async (text) => {
    const engine = await page.createEngine({ name: "events", store: "memory" });
    const run = await engine.start(await engine.load(text));
    const changes: string[] = [];
    const watching = (async () => {
      for await (const record of engine.runs.changes()) changes.push(record.status);
    })();
    for (let round = 0; round < 300; round += 1) await engine.send(run.id, "flip");
    const types: string[] = [];
    for await (const event of run.events()) {
      types.push(event.type);
      if (event.seq === 301) break;
    }
    const later: number[] = [];
    const reading = (async () => {
      for await (const event of run.events({ from: 301 })) later.push(event.seq);
    })();
    await engine.send(run.id, "flip");
    await engine.send(run.id, "stop");
    await reading;
    await engine.close();
    await watching.catch(() => undefined);
    return {
      first: types[0],
      eventCount: types.filter((type) => type === "event").length,
      laterFirst: later[0],
      lastChange: changes.at(-1),
    };
  }, LOOP_TEXT);
  expect(found).toMatchObject({ first: "started", eventCount: 300, lastChange: "succeeded" });
  expect(found.laterFirst).toBeGreaterThanOrEqual(301);
});

test("a worker that does not start says why", async ({ page: tab }) => {
  const failures = await tab.evaluate(async () => {
    const failures: { code?: string; message: string }[] = [];
    for (const workerUrl of ["/nowhere.js", "/pages/icon.svg", "https://elsewhere.invalid/worker.js"]) {
      try {
        await page.createEngine({ workerUrl });
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        failures.push({ ...(code !== undefined && { code }), message });
      }
    }
    return failures;
  });
  expect(failures.map((failure) => failure.code)).toEqual(["worker/failed", "worker/failed", "worker/failed"]);
  expect(failures[0]?.message).toContain("404");
  expect(failures[1]?.message).toContain("svg");
});

test("the page tells how much the site stores and may store, and asks to keep it", async ({ page: tab }) => {
  const { before, after, isGranted } = await tab.evaluate(async () => {
    const { createEngine, readSiteStorage, requestPersistence } = (globalThis as unknown as { page: typeof import("../../src/doors/index.js") }).page;
    const before = await readSiteStorage();
    const engine = await createEngine({ name: "room" });
    await engine.close();
    const isGranted = await requestPersistence();
    return { before, after: await readSiteStorage(), isGranted };
  });
  expect(before?.usedBytes).toBeGreaterThanOrEqual(0);
  expect(before?.quotaBytes).toBeGreaterThan(before?.usedBytes ?? 0);
  expect(after?.usedBytes).toBeGreaterThan(before?.usedBytes ?? 0);
  expect(after?.isPersistent).toBe(isGranted);
});

test("a worker that dies rejects what waits", async ({ page: tab }) => {
  const found = await tab.evaluate(async (text) => {
    const engine = await page.createEngine({ name: "dying", workerUrl: "/pages/dying-worker.mjs" });
    const run = await engine.start(await engine.load(text));
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => "no failure",
        (error: { code?: string }) => error.code,
      );
    const reading = (async () => {
      for await (const event of run.events()) if (event.type === "ended") break;
    })();
    await run.status();
    const waiting = [codeOf(run.result), codeOf(reading)];
    const channel = new BroadcastChannel("end the worker");
    channel.postMessage("now");
    const codes = await Promise.all(waiting);
    channel.close();
    return [...codes, await codeOf(engine.send(run.id, "flip")), await codeOf(engine.runs.count())];
  }, LOOP_TEXT);
  expect(found).toEqual(["worker/lost", "worker/lost", "worker/lost", "worker/lost"]);
});
