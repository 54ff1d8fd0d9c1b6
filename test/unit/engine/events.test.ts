import { afterEach, expect, test } from "vitest";
import type { RunEvent } from "../../../src/model/engine.js";
import { EVENT_BUFFER_MAX } from "../../../src/engine/limits.js";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readEvents, readSome } from "./harness.js";

const ORDER = markdown("[*] --> Pay\nPay --> Ship: success\nShip --> Ship: scan / set scans = scans + 1\nShip --> [*]: delivered\nPay --> [*]: failed", {
  name: "order",
  head: "events: [scan, delivered]\nvariables:\n  scans: { type: int, initial: 0 }\n  receipt: any",
  actions: '- Pay: call pay result receipt\n- Ship: log "shipping ${receipt}"',
});

let bench: Bench;
afterEach(() => bench.engine.close());

function sendScans(runId: string, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => bench.engine.send(runId, "scan")));
}

test("a run's story has its events in order, each with the entry that caused it", async () => {
  bench = await openBench({ tasks: { pay: () => "r-1" } });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  await bench.clock.settle();
  await bench.engine.send(run.id, "delivered");
  const events = await readEvents(run);
  expect(brief(events)).toEqual([
    "started", "scans = 0", "stateEntered root_start", "stateExited root_start", "root_start -> Pay", "stateEntered Pay", "taskStarted pay 1.0", "taskSucceeded pay 1.0", 'receipt = "r-1"', "stateExited Pay", "Pay -> Ship",
    "stateEntered Ship", "log shipping r-1", "event delivered taken", "stateExited Ship", "Ship -> root_end", "stateEntered root_end", "ended succeeded",
  ]);
  expect(events.map(({ seq }) => seq)).toEqual([...events.map(({ seq }) => seq)].sort((a, b) => a - b));
  expect(brief(await readEvents(run, 3))).toEqual(brief(events).slice(13));
});

test.each(["relaxed", "none"] as const)("a listener from the start, a late one and one after the end hear the same (durability %s)", async (durability) => {
  const pay = holdTask();
  bench = await openBench({ tasks: { pay: pay.handler }, durability });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  const early = readEvents(run);
  await bench.clock.settle();
  pay.succeed({ id: 1 });
  await bench.clock.settle();
  await sendScans(run.id, 5);
  const middle = readEvents(run);
  await bench.engine.pause(run.id);
  await bench.engine.send(run.id, "scan");
  const paused = readEvents(run);
  await bench.engine.resume(run.id);
  await bench.engine.send(run.id, "unheard").catch(() => undefined);
  await bench.engine.send(run.id, "delivered");
  const stories = [await early, await middle, await paused, await readEvents(run)];
  for (const story of stories) expect(story).toEqual(stories[0]);
  expect(stories[0]?.length).toBeGreaterThan(20);
});

test("a listener that lags goes back to history and misses nothing", async () => {
  bench = await openBench({ tasks: { pay: () => 1 } });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  await bench.clock.settle();
  const events: RunEvent[] = [];
  const iterator = run.events()[Symbol.asyncIterator]();
  for (let index = 0; index < 10; index += 1) events.push((await iterator.next()).value as RunEvent);
  const waiting = iterator.next();
  await bench.clock.settle();
  for (let round = 0; round < 6; round += 1) await sendScans(run.id, EVENT_BUFFER_MAX / 8);
  await bench.engine.send(run.id, "delivered");
  events.push((await waiting).value as RunEvent);
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) events.push(next.value);
  expect(events).toEqual(await readEvents(run));
  expect(events.length).toBeGreaterThan(EVENT_BUFFER_MAX * 2);
});

test("a listener may stop at any time, also while it waits", async () => {
  bench = await openBench({ tasks: { pay: holdTask().handler } });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  expect(brief(await readSome(run, 2))).toEqual(["started", "scans = 0"]);
  const iterator = run.events()[Symbol.asyncIterator]();
  for (let index = 0; index < 7; index += 1) await iterator.next();
  const waiting = iterator.next();
  await bench.clock.settle();
  await iterator.return?.();
  expect((await waiting).done).toBe(true);
});

test("the story goes on after a crash, and can be read after a reload", async () => {
  const pay = holdTask();
  bench = await openBench({ tasks: { pay: pay.handler } });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  bench = await bench.reopen();
  const again = await bench.engine.runs.get(run.id);
  const story = readEvents(again);
  pay.succeed("r");
  await bench.clock.settle();
  await bench.engine.send(run.id, "delivered");
  const events = await story;
  bench = await bench.reopen();
  expect(await readEvents(await bench.engine.runs.get(run.id))).toEqual(events);
  expect(await (await bench.engine.runs.get(run.id)).result).toMatchObject({ receipt: "r" });
});

test("closing the engine ends listeners with engine/closed", async () => {
  bench = await openBench({ tasks: { pay: holdTask().handler } });
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  const story = readEvents(run);
  await bench.clock.settle();
  await bench.engine.close();
  expect(await codeOf(story)).toBe("engine/closed");
});

test("changes tells the newest record of each run that changed", async () => {
  bench = await openBench({ tasks: { pay: () => 1 } });
  const changes = bench.engine.runs.changes()[Symbol.asyncIterator]();
  const first = changes.next();
  const run = await bench.engine.start(await bench.engine.load(ORDER));
  expect((await first).value).toMatchObject({ runId: run.id });
  await bench.clock.settle();
  await bench.engine.send(run.id, "delivered");
  expect((await changes.next()).value).toMatchObject({ runId: run.id, status: "succeeded" });
  await changes.return?.();
  expect((await changes.next()).done).toBe(true);
});
