import { afterEach, expect, test } from "vitest";
import { type Bench, brief, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const BUSY = markdown("[*] --> Busy\nBusy --> [*]: success", { name: "busy", actions: "- Busy: call work" });

let bench: Bench;
afterEach(() => bench.engine.close());

test("a waiting run is canceled at once", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(markdown("[*] --> A\nA --> [*]: after 1h")));
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await codeOf(run.result)).toBe("run/canceled");
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect((await bench.engine.statistics()).timersPending).toBe(0);
  expect(brief(await readEvents(run)).at(-1)).toBe("ended canceled");
});

test("a running task is aborted, and the run is canceled when it has ended", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  expect(await bench.engine.cancel(run.id)).toBe("canceling");
  expect(work.calls[0]?.signal.aborted).toBe(true);
  expect(await bench.engine.send(run.id, "anything")).toMatchObject({ status: "unknown" });
  work.fail(new Error("aborted"));
  expect(await codeOf(run.result)).toBe("run/canceled");
  expect((await run.record()).status).toBe("canceled");
});

test("a run that is failed from outside has the error that it was given, at once and after a crash", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const parent = "millrace: 1\nname: parent\ntasks: {a: {workflow: busy, next: [{when: failed, publish: {e: '{{ error }}'}}]}}\noutput: '{{ vars.e.details.by }}'\n";
  const busy = await bench.engine.load(BUSY);
  const run = await bench.engine.start(busy);
  expect(await bench.engine.fail(run.id, { code: "shop/closed", message: "We are closed", details: { by: "Ann" } })).toBe("failed");
  expect(work.calls[0]?.signal.aborted).toBe(true);
  await expect(run.result).rejects.toMatchObject({ code: "shop/closed", message: "We are closed", details: { by: "Ann" } });
  expect(brief(await readEvents(run)).at(-1)).toBe("ended failed");
  await expect(bench.engine.fail(run.id, { message: "again" })).resolves.toBe("failed");
  await expect(bench.engine.fail(run.id, "no" as never)).rejects.toMatchObject({ code: "engine/invalid-argument" });
  bench = await bench.reopen();
  const found = await bench.engine.runs.get(run.id);
  await expect(found.result).rejects.toMatchObject({ code: "shop/closed" });
  await bench.engine.load(BUSY);
  const outer = await bench.engine.start(await bench.engine.load(parent));
  await bench.clock.advance(0);
  const [child] = (await bench.engine.runs.query({ parentRunId: outer.id })).records;
  await bench.engine.fail(String(child?.runId), { details: { by: "Bob" } });
  expect(await outer.result).toBe("Bob");
});

test("a task that ignores its signal is given up after cancelTimeoutMs", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler }, cancelTimeoutMs: 2_000 });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  await bench.engine.cancel(run.id);
  await bench.clock.advance(1_999);
  expect(await run.status()).toBe("canceling");
  await bench.clock.advance(1);
  expect(await run.status()).toBe("canceled");
  work.succeed("too late");
  await bench.clock.settle();
  expect(await run.status()).toBe("canceled");
});

test("a paused run can be canceled; what it held is dropped", async () => {
  bench = await openBench();
  const text = markdown("[*] --> A\nA --> [*]: go", { head: "events: [go]" });
  const run = await bench.engine.start(await bench.engine.load(text));
  await bench.engine.pause(run.id);
  await bench.engine.send(run.id, "go");
  expect(await bench.engine.cancel(run.id)).toBe("canceled");
  expect(await codeOf(run.result)).toBe("run/canceled");
});

test("a cancel that was recorded is finished after a crash", async () => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(BUSY));
  await bench.engine.cancel(run.id);
  bench = await bench.reopen();
  await bench.clock.settle();
  expect(await (await bench.engine.runs.get(run.id)).status()).toBe("canceled");
  expect(work.calls.length).toBe(1);
});
