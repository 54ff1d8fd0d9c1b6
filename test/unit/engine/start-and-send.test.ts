import { afterEach, expect, test } from "vitest";
import { EventOutcome } from "../../../assembly/abi.js";
import { createBatch } from "../../../src/model/batch.js";
import { type Bench, codeOf, markdown, openBench } from "./harness.js";

const SWITCH = markdown("[*] --> Off\nOff --> On: press\nOn --> Off: press\nOn --> [*]: finish", {
  name: "switch",
  head: "events: [press, finish, unused]\nvariables:\n  count: { type: int, initial: 0 }",
});
const COUNTER = markdown("[*] --> Counting\nCounting --> Counting: add / set total = total + event.by\nCounting --> [*]: finish", {
  name: "counter",
  head: "events: [add, finish]\nvariables:\n  total: { type: number, initial: 0 }",
});

let bench: Bench;
afterEach(() => bench.engine.close());

test("a run starts, takes events and returns its variables", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(SWITCH);
  expect(workflow.name).toBe("switch");
  const run = await bench.engine.start(workflow, { orderId: "A-17" });
  expect(await run.status()).toBe("waiting");
  expect(await run.states()).toEqual(["Off"]);
  expect(await bench.engine.send(run.id, "press")).toEqual({ status: "taken", runStatus: "waiting" });
  expect(await run.states()).toEqual(["On"]);
  expect(await bench.engine.send(run.id, "finish")).toEqual({ status: "taken", runStatus: "succeeded" });
  expect(await run.result).toMatchObject({ count: 0 });
  expect(run.result).toBe(run.result);
});

test("a workflow is started by name or identity as well", async () => {
  bench = await openBench();
  const { identity } = await bench.engine.load(SWITCH);
  const runs = [await bench.engine.start("switch"), await bench.engine.start(identity)];
  expect(runs[0]?.id).not.toBe(runs[1]?.id);
  expect(await codeOf(bench.engine.start("nobody"))).toBe("run/unknown-workflow");
});

test("send tells what became of the event", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(SWITCH));
  expect((await bench.engine.send(run.id, "finish")).status).toBe("ignored");
  expect((await bench.engine.send(run.id, "undeclared")).status).toBe("unknown");
  expect(await codeOf(bench.engine.send("no-such-run", "press"))).toBe("run/unknown");
  await bench.engine.send(run.id, "press");
  await bench.engine.send(run.id, "finish");
  expect(await bench.engine.send(run.id, "press")).toEqual({ status: "ended", runStatus: "succeeded" });
});

test("events sent together are stepped together and in order", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(COUNTER));
  const before = await bench.engine.statistics();
  await Promise.all(Array.from({ length: 100 }, (_, by) => bench.engine.send(run.id, "add", { by })));
  const after = await bench.engine.statistics();
  expect(after.stepsTotal - before.stepsTotal).toBe(1);
  expect(after.commitsTotal - before.commitsTotal).toBe(1);
  expect(await run.context()).toMatchObject({ total: 4950 });
});

test.each(["none", "relaxed"] as const)("a packed batch gives one outcome per event (durability %s)", async (durability) => {
  bench = await openBench({ durability });
  const workflow = await bench.engine.load(COUNTER);
  const runs = await bench.engine.startMany(
    workflow,
    Array.from({ length: 50 }, () => ({})),
  );
  const ended = await bench.engine.start(workflow);
  await bench.engine.send(ended.id, "finish");
  const batch = createBatch();
  for (let by = 0; by < 4; by += 1) for (const run of runs) batch.add(run.id, "add", { by });
  batch.add(ended.id, "add", { by: 1 });
  batch.add("no-such-run", "add");
  batch.add(runs[0]?.id ?? "", "undeclared");
  const sent = bench.engine.sendMany(batch);
  batch.clear();
  const outcomes = await sent;
  expect([...outcomes.slice(0, 200)]).toEqual(Array.from({ length: 200 }, () => EventOutcome.TAKEN));
  expect([...outcomes.slice(200)]).toEqual([EventOutcome.ENDED, EventOutcome.UNKNOWN_RUN, EventOutcome.UNKNOWN_EVENT]);
  for (const run of runs) expect(await run.context()).toMatchObject({ total: 6 });
  expect((await bench.engine.sendMany(createBatch())).length).toBe(0);
});

test("run ids are given or made, and never twice", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(SWITCH);
  const run = await bench.engine.start(workflow, {}, { runId: "order-1", tags: ["vip"] });
  expect(run.id).toBe("order-1");
  expect((await run.record()).tags).toEqual(["vip"]);
  expect(await codeOf(bench.engine.start(workflow, {}, { runId: "order-1" }))).toBe("run/exists");
  expect(await codeOf(bench.engine.start(workflow, {}, { runId: "a~1" }))).toBe("run/invalid-id");
  expect(await codeOf(bench.engine.startMany(workflow, [{}, {}], { runId: "x" }))).toBe("run/invalid-id");
  const made = await bench.engine.startMany(workflow, [{}, {}, {}]);
  const ids = made.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort());
});

test("after close everything is refused, and what waits is told", async () => {
  // Nothing is asked of the engine before it closes.
  bench = await openBench({ isVerified: false });
  const run = await bench.engine.start(await bench.engine.load(SWITCH));
  const result = run.result;
  const changes = bench.engine.runs.changes()[Symbol.asyncIterator]();
  const next = changes.next();
  const pending = bench.engine.send(run.id, "press");
  pending.catch(() => undefined);
  await bench.engine.close();
  await bench.engine.close();
  expect((await next).done).toBe(true);
  expect(["no error", "engine/closed"]).toContain(await codeOf(pending));
  for (const refused of [
    result,
    bench.engine.start("switch"),
    bench.engine.send(run.id, "press"),
    run.status(),
    bench.engine.runs.query(),
  ]) {
    expect(await codeOf(refused)).toBe("engine/closed");
  }
});

test("an expression of a run knows the time zone that it names", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(
    markdown("[*] --> Asking\nAsking --> [*]: ask / set hour = timestamp('2026-07-15T12:00:00Z').getHours('Asia/Kolkata')", {
      name: "zoned",
      head: "events: [ask]\nvariables:\n  hour: { type: int, initial: 0 }",
    }),
  );
  const run = await bench.engine.start(workflow);
  await bench.engine.send(run.id, "ask");
  expect(await run.result).toMatchObject({ hour: 17 });
});

test("a template of a run knows the time zone that it names", async () => {
  bench = await openBench();
  const text = markdown("[*] --> Asking\nAsking --> [*]", { name: "zoned-text", head: "variables:\n  line: string" });
  const workflow = await bench.engine.load(
    `${text}\n## Actions\n- Asking: set line = "at \${timestamp('2026-07-15T12:00:00Z').getHours('Asia/Tokyo')} o'clock"\n`,
  );
  const run = await bench.engine.start(workflow);
  expect(await run.result).toMatchObject({ line: "at 21 o'clock" });
});
