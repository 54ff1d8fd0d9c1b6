import { afterEach, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type { KernelFactory } from "../../../src/model/ports.js";
import { type Bench, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const COUNT = markdown("[*] --> A\nA --> A: add / set n = n + event.by\nA --> [*]: finish", {
  name: "count",
  head: "events: [add, finish]\nvariables:\n  n: { type: number, initial: 0 }",
});

let bench: Bench;
afterEach(() => bench.engine.close());

/** The kernel's own fault, whenever it is asked to step a payload of this size. */
function trapOn(payloadSize: number): KernelFactory {
  const factory = createKernelFactory();
  return async (limits) => {
    const kernel = await factory(limits);
    const add = kernel.add.bind(kernel);
    let isArmed = false;
    kernel.add = (run, kind, id, now, seed, payload) => {
      if (kind === EventKind.EVENT && payload?.length === payloadSize) isArmed = true;
      add(run, kind, id, now, seed, payload);
    };
    const step = kernel.step.bind(kernel);
    kernel.step = () => {
      if (isArmed) kernel.trap();
      return step();
    };
    return kernel;
  };
}

function loseKernel(): void {
  try {
    bench.kernel().trap();
  } catch {
    // Lost from now on, as after any trap.
  }
}

test.each(["relaxed", "none"] as const)("a lost kernel loses no run (durability %s)", async (durability) => {
  const work = holdTask();
  bench = await openBench({ tasks: { work: work.handler }, durability });
  const workflow = await bench.engine.load(COUNT);
  const busy = await bench.engine.load(markdown("[*] --> B\nB --> C: success\nC --> [*]: after 1h", { name: "busy", actions: "- B: call work" }));
  const runs = await bench.engine.startMany(workflow, Array.from({ length: 30 }, () => ({})));
  const task = await bench.engine.start(busy);
  for (const run of runs) await bench.engine.send(run.id, "add", { by: 1 });
  const before = bench.kernel();
  loseKernel();
  await Promise.all(runs.map((run) => bench.engine.send(run.id, "add", { by: 10 })));
  expect(bench.kernel()).not.toBe(before);
  for (const run of runs) expect(await run.context()).toMatchObject({ n: 11 });
  loseKernel();
  work.succeed(1);
  await bench.clock.advance(3_600_000);
  expect(await task.status()).toBe("succeeded");
  expect(work.calls.length).toBe(1);
  const fresh = await bench.engine.start(workflow);
  loseKernel();
  expect(await fresh.context()).toMatchObject({ n: 0 });
});

test("a kernel lost at start takes the start with it to the next", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(COUNT);
  loseKernel();
  const run = await bench.engine.start(workflow);
  expect(await run.states()).toEqual(["A"]);
});

test("the event that traps again fails its run alone; the others of its batch are taken", async () => {
  const poison = "x".repeat(600);
  const size = 600 + 13;
  bench = await openBench({ kernelFactory: trapOn(size) });
  const workflow = await bench.engine.load(COUNT);
  const runs = await bench.engine.startMany(workflow, [{}, {}, {}]);
  const bad = runs[1];
  const results = await Promise.all(runs.map((run) => bench.engine.send(run.id, "add", run === bad ? { poison } : { by: 5 })));
  expect(results.map(({ status }) => status)).toEqual(["taken", "failed", "taken"]);
  expect(await codeOf(bad?.result ?? Promise.resolve())).toBe("kernel/trap");
  expect(await runs[0]?.context()).toMatchObject({ n: 5 });
  expect((await readEvents(bad as NonNullable<typeof bad>)).at(-1)).toMatchObject({ type: "ended", status: "failed", error: { code: "kernel/trap" } });
  bench = await bench.reopen({ kernelFactory: createKernelFactory() });
  expect(await (await bench.engine.runs.get(runs[2]?.id ?? "")).context()).toMatchObject({ n: 5 });
});

test("what waits behind an event that the lost kernel had in hand stays behind it", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(COUNT));
  await bench.engine.pause(run.id);
  await bench.engine.send(run.id, "finish");
  loseKernel();
  // It goes on first, and so to its end: there is nothing to cancel any more.
  await bench.engine.cancel(run.id, { undo: true });
  await bench.clock.settle();
  expect(await run.status()).toBe("succeeded");
  expect(await run.verify()).toMatchObject({ isSame: true });
});

test("a listener hears every event once across a lost kernel", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(COUNT));
  const story = readEvents(run);
  await bench.engine.send(run.id, "add", { by: 1 });
  loseKernel();
  await bench.engine.send(run.id, "add", { by: 2 });
  loseKernel();
  await bench.engine.send(run.id, "finish");
  expect(await story).toEqual(await readEvents(run));
});
