// Values that the kernel has no room for: a start is refused, a task fails, an event is refused; the others go on.
import { afterEach, expect, test } from "vitest";
import { CHECKPOINT_INTERVAL_ENTRIES } from "../../../src/engine/limits.js";
import { type Bench, brief, codeOf, markdown, openBench, readEvents } from "./harness.js";

/** Cells of 16 bytes make more of it than the kernel may use, while its wire form passes. */
const LARGE: readonly number[] = Array.from({ length: 1_000_000 }, () => 1);
const MEMORY_SIZE = 16 << 20;
const WAITING = markdown("[*] --> A\nA --> [*]: go / set x = event", { name: "waiting", head: "events: [go]\nparameters:\n  - { name: p, required: false }" });
const CALLING = markdown("[*] --> A\nA --> Done: success\nA --> Refused: failure\nDone --> [*]\nRefused --> [*]", { name: "calling", actions: "- A: call work" });

let bench: Bench;
afterEach(() => bench.engine.close());

test("a start is refused, and leaves nothing behind", async () => {
  bench = await openBench({ memorySizeMax: MEMORY_SIZE });
  const workflow = await bench.engine.load(WAITING);
  const other = await bench.engine.start(workflow);
  expect(await codeOf(bench.engine.start(workflow, { p: LARGE }, { runId: "large" }))).toBe("value/too-large");
  expect(await codeOf(bench.engine.runs.get("large"))).toBe("run/unknown");
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: 1 });
  expect(await bench.engine.send(other.id, "go", 1)).toEqual({ status: "taken", runStatus: "succeeded" });
});

test("an event is refused; the run still waits for it", async () => {
  bench = await openBench({ memorySizeMax: MEMORY_SIZE });
  const run = await bench.engine.start(await bench.engine.load(WAITING));
  expect(await codeOf(bench.engine.send(run.id, "go", LARGE))).toBe("value/too-large");
  expect(await run.status()).toBe("waiting");
  expect(await bench.engine.send(run.id, "go", 1)).toEqual({ status: "taken", runStatus: "succeeded" });
});

test("a task whose result has no room has failed, also after a crash", async () => {
  bench = await openBench({ memorySizeMax: MEMORY_SIZE, tasks: { work: () => LARGE } });
  const run = await bench.engine.start(await bench.engine.load(CALLING));
  await run.result;
  const events = await readEvents(run);
  expect(brief(events)).toContain("A -> Refused");
  expect(events.find(({ type }) => type === "taskFailed")).toMatchObject({ error: { code: "value/too-large" } });
  bench = await bench.reopen();
  expect(brief(await readEvents(await bench.engine.runs.get(run.id)))).toEqual(brief(events));
});

test("a checkpoint that has no room is left out: the run goes on, also after a crash", async () => {
  bench = await openBench({ memorySizeMax: MEMORY_SIZE });
  const chart = "[*] --> A\nA --> A: tick / set n = n + 1\nA --> [*]: stop";
  const head = "events: [tick, stop]\nparameters: [text]\nvariables:\n  n: { type: int, initial: 0 }";
  const workflow = await bench.engine.load(markdown(chart, { name: "counting", head }));
  const run = await bench.engine.start(workflow, { text: "x".repeat(600_000) });
  // The kernel is filled until another of these texts has no room; what a step needs for a while goes to smaller ones.
  for (const length of [600_000, 50_000]) {
    let status = "waiting";
    for (let count = 0; count < 100 && status === "waiting"; count++) {
      const other = await bench.engine.start(workflow, { text: "y".repeat(length) });
      status = await other.status();
      if (status === "failed") expect(await codeOf(other.result)).toBe("run/memory-limit");
    }
    expect(status).toBe("failed");
  }
  for (let count = 0; count < CHECKPOINT_INTERVAL_ENTRIES; count++) await bench.engine.send(run.id, "tick");
  expect(bench.disk.runs.get(run.id)?.checkpoint).toBeUndefined();
  // In a kernel with room the run is whole.
  bench = await bench.reopen({ memorySizeMax: MEMORY_SIZE * 4 });
  const again = await bench.engine.runs.get(run.id);
  expect(await again.context()).toMatchObject({ n: CHECKPOINT_INTERVAL_ENTRIES, text: "x".repeat(600_000) });
});
