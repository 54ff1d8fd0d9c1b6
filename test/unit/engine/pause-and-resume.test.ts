import { afterEach, expect, test } from "vitest";
import { type Bench, brief, holdTask, markdown, openBench, readEvents } from "./harness.js";

const SUM = markdown("[*] --> Open\nOpen --> Open: add / set text = text + event.letter\nOpen --> [*]: finish", {
  head: 'events: [add, finish]\nvariables:\n  text: { type: string, initial: "" }',
});

let bench: Bench;
afterEach(() => bench.engine.close());

test("events sent to a paused run are held and delivered in order on resume", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(SUM));
  expect(await bench.engine.pause(run.id)).toBe("paused");
  expect(await bench.engine.pause(run.id)).toBe("paused");
  expect(await bench.engine.send(run.id, "add", { letter: "a" })).toEqual({ status: "held", runStatus: "paused" });
  expect(await bench.engine.send(run.id, "add", { letter: "b" })).toEqual({ status: "held", runStatus: "paused" });
  expect(await run.context()).toMatchObject({ text: "" });
  expect(await bench.engine.resume(run.id)).toBe("waiting");
  expect(await run.context()).toMatchObject({ text: "ab" });
  expect(await bench.engine.resume(run.id)).toBe("waiting");
  await bench.engine.send(run.id, "finish");
  expect(await run.result).toMatchObject({ text: "ab" });
  const lines = brief(await readEvents(run)).filter((line) => !line.includes("state") && !line.includes("->"));
  expect(lines).toEqual([
    "started", 'text = ""', "paused", "event add held", "event add held", "resumed",
    "event add taken", 'text = "a"', "event add taken", 'text = "ab"', "event finish taken", "ended succeeded",
  ]);
});

test("a pausing run is paused when its task has ended; the result waits for resume", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const text = markdown("[*] --> Busy\nBusy --> [*]: success", { head: "variables:\n  out: any", actions: "- Busy: call work result out" });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await bench.engine.pause(run.id)).toBe("pausing");
  work.succeed(7);
  await bench.clock.settle();
  expect(await run.status()).toBe("paused");
  await bench.engine.resume(run.id);
  expect(await run.result).toMatchObject({ out: 7 });
});

test("timers that come due while paused fire on resume, at the time of the resume", async () => {
  bench = await openBench();
  const text = markdown("[*] --> A\nA --> B: after 10s\nB --> C: after 10s\nC --> [*]");
  const run = await bench.engine.start(await bench.engine.load(text));
  await bench.engine.pause(run.id);
  await bench.clock.advance(60_000);
  expect(await run.states()).toEqual(["A"]);
  await bench.engine.resume(run.id);
  expect(await run.states()).toEqual(["B"]);
  await bench.clock.advance(9_999);
  expect(await run.states()).toEqual(["B"]);
  await bench.clock.advance(1);
  await run.result;
});

test("pause and its held events survive a crash", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(SUM));
  await bench.engine.pause(run.id);
  await bench.engine.send(run.id, "add", { letter: "a" });
  bench = await bench.reopen();
  expect(await (await bench.engine.runs.get(run.id)).status()).toBe("paused");
  await bench.engine.send(run.id, "add", { letter: "b" });
  await bench.engine.resume(run.id);
  expect(await (await bench.engine.runs.get(run.id)).context()).toMatchObject({ text: "ab" });
});

test("a loop without an end can be paused, resumed and canceled between its slices, also across a crash", async () => {
  bench = await openBench();
  const text = markdown("[*] --> A\nA --> B: [n >= 0]\nB --> A: [n >= 0]", { head: "variables:\n  n: { type: number, initial: 0 }", actions: "- A: set n = n + 1" });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await run.status()).toBe("running");
  expect(await bench.engine.pause(run.id)).toBe("paused");
  const { stepsTotal } = await bench.engine.statistics();
  await bench.clock.settle();
  expect((await bench.engine.statistics()).stepsTotal).toBe(stepsTotal);
  const first = Number((await run.context())["n"]);
  bench = await bench.reopen();
  const again = await bench.engine.runs.get(run.id);
  expect(await again.context()).toEqual({ n: first });
  expect(await bench.engine.resume(run.id)).toBe("running");
  await bench.clock.settle();
  expect(await bench.engine.pause(run.id)).toBe("paused");
  const second = Number((await again.context())["n"]);
  expect(second).toBeGreaterThan(first);
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await again.context()).toEqual({ n: second });
});
