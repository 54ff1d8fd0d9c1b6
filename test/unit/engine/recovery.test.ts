import { afterEach, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/engine/checkpoint.js";
import { CHECKPOINT_INTERVAL_ENTRIES, RECOVERY_FIRST_RUNS, RECOVERY_SLICE_RUNS, RELOAD_DELAY_MS } from "../../../src/engine/limits.js";
import { createLibrary } from "../../../src/library/library.js";
import type { RunEvent } from "../../../src/model/engine.js";
import { createMemoryDisk, createMemoryStore } from "../../../src/store/memory-store.js";
import type { StorePort } from "../../../src/model/ports.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { type Bench, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const ORDER = markdown(
  `[*] --> Validate
Validate --> Pay: success
Pay --> Fork: success
Pay --> Refund: failed
state Fork <<fork>>
state Join <<join>>
Fork --> Pick
Fork --> Notify
Pick --> Join: success
Notify --> Join: success
Join --> Ship
Ship --> Wait
Wait --> Done: after 2h
Wait --> Done: delivered
Refund --> Done
Done --> [*]`,
  {
    name: "order",
    head: "events: [delivered]\nparameters:\n  - { name: total, type: number, default: 10 }\nvariables:\n  receipt: any\n  picked: any\n  log: { type: list, initial: [] }",
    actions: '- Validate: call work with step="validate"\n- Pay: call work with step="pay", total=total result receipt\n- Pick: call work with step="pick" result picked\n- Notify: wait 5s\n- Ship: set log = log + [string(receipt.n)]\n- Ship: run workflow "tracking" with code=receipt.n',
  },
);
const TRACKING = markdown("[*] --> T\nT --> [*]: after 1m", { name: "tracking", head: "parameters:\n  - { name: code, type: number, required: true }" });

let bench: Bench;
afterEach(() => bench.engine.close());

/** Results follow from the input alone, as a well-made task's do. */
function makeTasks(keys: string[]): Record<string, (input: { step: string }, context: { idempotencyKey: string }) => Promise<unknown>> {
  return {
    work: async (input, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      return { n: input.step.length, step: input.step };
    },
  };
}

async function openOrder(keys: string[], storePort?: StorePort): Promise<{ bench: Bench; runId: string }> {
  const opened = await openBench({ tasks: makeTasks(keys), ...(storePort && { storePort }) });
  await opened.engine.load(TRACKING);
  const run = await opened.engine.start(await opened.engine.load(ORDER), { total: 42 }, { runId: "order-1" });
  return { bench: opened, runId: run.id };
}

async function advanceToEnd(current: Bench): Promise<void> {
  for (let minute = 0; minute < 200; minute += 1) await current.clock.advance(60_000);
}

function mask(events: readonly RunEvent[]): unknown[] {
  return events.map(({ time: _time, ...event }) => ("due" in event ? { ...event, due: 0 } : event));
}

/** A store that stops taking commits after a number of them, as if the process had died there. */
function dieAfter(commits: number, store: StorePort): StorePort {
  let left = commits;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (name === "commit") {
        return (...args: Parameters<StorePort["commit"]>) => (left-- > 0 ? target.commit(...args) : new Promise(() => undefined));
      }
      return member.bind(target);
    },
  });
}

test("a run killed at any step ends as an undisturbed one, with the same history and keys", async () => {
  const calmKeys: string[] = [];
  const calm = await openOrder(calmKeys);
  bench = calm.bench;
  await advanceToEnd(bench);
  const calmRun = await bench.engine.runs.get(calm.runId);
  const result = await calmRun.result;
  const story = mask(await readEvents(calmRun));
  const { commitsTotal } = await bench.engine.statistics();
  expect(commitsTotal).toBeGreaterThan(6);
  await bench.engine.close();
  for (let kill = 1; kill < commitsTotal; kill += 1) {
    const keys: string[] = [];
    const disk = createMemoryDisk();
    const killed = await openBench({ disk, tasks: makeTasks(keys), storePort: dieAfter(kill, createMemoryStore(disk)) });
    await killed.engine.load(TRACKING);
    void killed.engine.start(await killed.engine.load(ORDER), { total: 42 }, { runId: "order-1" });
    await advanceToEnd(killed);
    bench = await openBench({ disk, tasks: makeTasks(keys), simulatedClock: killed.clock });
    await bench.engine.load(TRACKING);
    await advanceToEnd(bench);
    const run = await bench.engine.runs.get("order-1");
    expect(await run.status(), `killed after commit ${kill}`).toBe("succeeded");
    expect(await run.result, `killed after commit ${kill}`).toEqual(result);
    expect(mask(await readEvents(run)), `killed after commit ${kill}`).toEqual(story);
    expect([...new Set(keys)].sort()).toEqual([...calmKeys].sort());
    await bench.engine.close();
  }
});

test("open tasks are asked for again with the same key and attempt", async () => {
  const work = holdTask();
  const text = markdown("[*] --> A\nA --> [*]: success", { actions: "- A: call work with x=1" });
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(text));
  bench = await bench.reopen();
  expect(work.calls.length).toBe(2);
  expect(work.calls[1]).toMatchObject({ key: work.calls[0]?.key, attempt: 1, input: { x: 1 } });
  work.succeed("done");
  expect(await (await bench.engine.runs.get(run.id)).result).toBeTypeOf("object");
});

test("timers that came due while nobody was there fire in due order", async () => {
  bench = await openBench();
  for (const seconds of [30, 10, 20]) {
    const workflow = await bench.engine.load(markdown("[*] --> A\nA --> [*]", { name: `wait${seconds}`, actions: `- A: wait ${seconds}s` }));
    await bench.engine.start(workflow, {}, { runId: `wait-${seconds}` });
  }
  const { clock, disk } = bench;
  await bench.engine.close();
  await clock.advance(60_000);
  bench = await openBench({ disk, simulatedClock: clock });
  const ended: string[] = [];
  void (async () => {
    for await (const { runId, status } of bench.engine.runs.changes()) if (status === "succeeded") ended.push(runId);
  })();
  await clock.advance(0);
  await clock.settle();
  expect(ended).toEqual(["wait-10", "wait-20", "wait-30"]);
});

test("a long history is taken up from its checkpoint", async () => {
  const text = markdown("[*] --> A\nA --> A: add / set n = n + 1\nA --> [*]: finish", { head: "events: [add, finish]\nvariables:\n  n: { type: int, initial: 0 }" });
  const work = createMemoryDisk();
  bench = await openBench({ disk: work });
  const run = await bench.engine.start(await bench.engine.load(text));
  const count = CHECKPOINT_INTERVAL_ENTRIES + 50;
  for (let index = 0; index < count; index += 1) await bench.engine.send(run.id, "add");
  expect(work.runs.get(run.id)?.checkpoint?.seq).toBe(CHECKPOINT_INTERVAL_ENTRIES);
  bench = await bench.reopen();
  const again = await bench.engine.runs.get(run.id);
  expect(Number((await again.context())["n"])).toBe(count);
  await bench.engine.send(run.id, "finish");
  expect(Number(((await again.result) as { n: number }).n)).toBe(count);
  expect((await readEvents(again)).filter(({ type }) => type === "event").length).toBe(count + 1);
});

test("a checkpoint of another codec is refused", () => {
  expect(() => decodeCheckpoint(Uint8Array.of(99, 0))).toThrow(WorkflowError);
  expect(encodeCheckpoint).toBeTypeOf("function");
});

test("a run begun by another version is left untouched and readable", async () => {
  const text = markdown("[*] --> A\nA --> [*]: go", { head: "events: [go]" });
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(text));
  const kept = bench.disk.runs.get(run.id);
  const [start] = kept?.entries ?? [];
  (kept as NonNullable<typeof kept>).entries = [{ ...(start as NonNullable<typeof start>), id: 0x7_0000 }];
  bench = await bench.reopen();
  const again = await bench.engine.runs.get(run.id);
  expect(await again.status()).toBe("waiting");
  expect(await codeOf(bench.engine.send(run.id, "go"))).toBe("run/version-unsupported");
  expect(await codeOf(again.context())).toBe("run/version-unsupported");
  expect(await codeOf(readEvents(again))).toBe("run/version-unsupported");
  expect((await bench.engine.start(await bench.engine.load(text))).id).not.toBe(run.id);
});

test("a run whose task nobody registered waits for an engine that has it", async () => {
  const work = holdTask();
  const text = markdown("[*] --> A\nA --> [*]: success", { actions: "- A: call work" });
  bench = await openBench({ tasks: { work: work.handler } });
  const run = await bench.engine.start(await bench.engine.load(text));
  bench = await bench.reopen({ tasks: {} });
  expect(await codeOf(bench.engine.cancel(run.id))).toBe("task/unregistered");
  expect(await (await bench.engine.runs.get(run.id)).status()).toBe("running");
  bench = await bench.reopen({ tasks: { work: work.handler } });
  work.succeed(1);
  await (await bench.engine.runs.get(run.id)).result;
});

test("the workflow of a stored run need not be loaded again", async () => {
  const text = markdown("[*] --> A\nA --> [*]: go", { name: "kept", head: "events: [go]" });
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(text));
  bench = await bench.reopen({ libraryPort: createLibrary() });
  const again = await bench.engine.runs.get(run.id);
  expect(await again.workflow()).toMatchObject({ name: "kept", source: text });
  await bench.engine.send(run.id, "go");
  await again.result;
});

test("a failed commit fails the send; the run goes back to what is stored", async () => {
  const text = markdown("[*] --> A\nA --> A: add / set n = n + 1", { head: "events: [add]\nvariables:\n  n: { type: int, initial: 0 }" });
  const disk = createMemoryDisk();
  const store = createMemoryStore(disk);
  let isFull = false;
  const commit = store.commit.bind(store);
  store.commit = (...args) => (isFull ? Promise.reject(new WorkflowError("store/quota-exceeded", "full")) : commit(...args));
  bench = await openBench({ disk, storePort: store });
  const run = await bench.engine.start(await bench.engine.load(text));
  await bench.engine.send(run.id, "add");
  isFull = true;
  expect(await codeOf(bench.engine.send(run.id, "add"))).toBe("store/quota-exceeded");
  expect(await codeOf(bench.engine.send(run.id, "add"))).toBe("run/reloading");
  isFull = false;
  await bench.clock.advance(RELOAD_DELAY_MS);
  expect(Number((await run.context())["n"])).toBe(1);
  expect((await bench.engine.send(run.id, "add")).status).toBe("taken");
  expect(Number((await run.context())["n"])).toBe(2);
});

test("the first runs move before the last are read", async () => {
  const text = markdown("[*] --> Work\nWork --> [*]", { actions: "- Work: call work" });
  const disk = createMemoryDisk();
  const called: string[] = [];
  const hold = (_input: unknown, { runId }: { runId: string }) => (called.push(runId), new Promise(() => undefined));
  bench = await openBench({ disk, tasks: { work: hold } });
  const count = RECOVERY_FIRST_RUNS + 2 * RECOVERY_SLICE_RUNS;
  const runs = await bench.engine.startMany(await bench.engine.load(text), Array.from({ length: count }, () => ({})));
  called.length = 0;
  const store = createMemoryStore(disk);
  const pasts = store.pasts.bind(store);
  const calledBefore: number[] = [];
  store.pasts = (...args) => (calledBefore.push(called.length), pasts(...args));
  bench = await bench.reopen({ storePort: store });
  await bench.clock.advance(0);
  // The first two are read before anything is taken up.
  expect(calledBefore.slice(0, 3)).toEqual([0, 0, RECOVERY_FIRST_RUNS]);
  expect(called).toEqual(runs.map((run) => run.id));
});

test("timers that came due while nobody was there fire in the order of their times, whichever runs are read first", async () => {
  const waiting = (name: string, delay: string): string => markdown(`[*] --> Wait\nWait --> Work: after ${delay}\nWork --> [*]`, { name, actions: "- Work: call work" });
  const called: string[] = [];
  bench = await openBench({ tasks: { work: (_input, { runId }) => void called.push(runId) } });
  const late = await bench.engine.startMany(await bench.engine.load(waiting("late", "60s")), Array.from({ length: RECOVERY_FIRST_RUNS + RECOVERY_SLICE_RUNS }, () => ({})));
  const soon = await bench.engine.start(await bench.engine.load(waiting("soon", "30s")));
  bench = await bench.reopen();
  await bench.clock.advance(0);
  expect(called).toEqual([]);
  await bench.clock.advance(90_000);
  expect(called).toEqual([soon.id, ...late.map((run) => run.id)]);
});

test("more runs than one page of the store are taken up", async () => {
  const text = markdown("[*] --> A\nA --> [*]: go", { head: "events: [go]" });
  bench = await openBench();
  const count = RECOVERY_FIRST_RUNS + RECOVERY_SLICE_RUNS + 5;
  const runs = await bench.engine.startMany(await bench.engine.load(text), Array.from({ length: count }, () => ({})));
  bench = await bench.reopen();
  expect(await bench.engine.statistics()).toMatchObject({ runsOpen: count });
  expect((await bench.engine.send(runs.at(-1)?.id ?? "", "go")).status).toBe("taken");
});
