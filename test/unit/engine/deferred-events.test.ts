// Deferred events through the engine: what `send` answers, what listeners hear, and that nothing is lost when the process dies.
import { expect, test } from "vitest";
import { createBatch } from "../../../src/model/batch.js";
import { EventOutcome } from "../../../src/model/kernel-words.js";
import { markdown, openBench } from "./harness.js";

const BUSY = `${markdown("[*] --> Busy\nBusy --> Idle : ready\nIdle --> Idle : order / set got = got + [event]\nIdle --> [*] : close", {
  head: "variables:\n  got: {type: list, initial: []}",
})}\n## States\n- Busy: defer order\n`;

test("send answers deferred, and the events are taken in order", async () => {
  const { engine } = await openBench();
  const run = await engine.start(await engine.load(BUSY), {});
  expect((await engine.send(run.id, "order", 1)).status).toBe("deferred");
  expect((await engine.send(run.id, "order", 2)).status).toBe("deferred");
  expect((await engine.send(run.id, "ready")).status).toBe("taken");
  expect(await run.context()).toEqual({ got: [1, 2] });
  await engine.close();
});

test("they outlive the process", async () => {
  const bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(BUSY), {}, { runId: "patient" });
  await bench.engine.send(run.id, "order", { id: 7 });
  const again = await bench.reopen();
  expect((await again.engine.send("patient", "ready")).status).toBe("taken");
  expect(await (await again.engine.runs.get("patient")).context()).toEqual({ got: [{ id: 7 }] });
  await again.engine.close();
});

test("beyond its limit they are refused, alone and in batches", async () => {
  const { engine } = await openBench({ durability: "none" });
  const run = await engine.start(await engine.load(BUSY), {});
  const batch = createBatch();
  for (let count = 0; count < 1_025; count += 1) batch.add(run.id, "order", count);
  const outcomes = await engine.sendMany(batch);
  expect([...new Set(outcomes.slice(0, 1_024))]).toEqual([EventOutcome.DEFERRED]);
  expect(outcomes[1_024]).toBe(EventOutcome.QUEUE_FULL);
  expect((await engine.send(run.id, "order", -1)).status).toBe("refused");
  await engine.send(run.id, "ready");
  expect(((await run.context()) as { got: unknown[] }).got).toEqual(Array.from({ length: 1_024 }, (_, count) => count));
  await engine.close();
});

test("listeners hear what became of the event", async () => {
  const { engine } = await openBench();
  const run = await engine.start(await engine.load(BUSY), {});
  await engine.send(run.id, "order", 1);
  await engine.send(run.id, "ready");
  await engine.send(run.id, "close");
  const told: string[] = [];
  for await (const event of run.events()) if (event.type === "event") told.push(`${event.name} ${event.status}`);
  expect(told).toEqual(["order deferred", "ready taken", "close taken"]);
  await engine.close();
});
