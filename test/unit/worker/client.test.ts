// Client and host with the real engine behind them, both in one thread: what they promise beside a worker's own life,
// which test/browser looks after.
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { joinEngine } from "../../../src/create-engine.js";
import { createBatch } from "../../../src/model/batch.js";
import type { Engine, EngineOptions, RunEvent, TaskContext } from "../../../src/model/engine.js";
import { createTasks } from "../../../src/tasks/thread-tasks.js";
import { connectEngine } from "../../../src/worker/client.js";
import { startHost, type HostEndpoint } from "../../../src/worker/host.js";

const TEXT = `---
name: Two steps
parameters:
  amount: { type: number, default: 1 }
variables:
  receipt: { type: any }
events: [confirm, give]
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Charging
  Charging --> Waiting: success
  Charging --> Failed: failure
  Charging --> Left: give
  Waiting --> [*]: confirm
  Failed --> [*]
  Left --> [*]
\`\`\`
## Actions
- Charging: call charge with amount=amount result receipt
`;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function connect(options: EngineOptions): Promise<Engine> {
  const { port1, port2 } = new MessageChannel();
  startHost(
    port2 as HostEndpoint,
    (host, tasksPort) => joinEngine({ ...host, tasksPort }),
    async () => undefined,
  );
  const engine = await connectEngine(
    port1,
    options,
    createTasks(options.tasks, {}, { options: options.logs }),
    () => () => undefined,
    () => {
      port1.close();
      port2.close();
    },
  );
  closers.push(() => engine.close());
  return engine;
}

describe("worker client", () => {
  test("logs are read and followed across", async () => {
    let end = (): void => undefined;
    const charge = (_input: unknown, { log }: TaskContext): Promise<void> => {
      log.debug("debug too", { n: 1 });
      return new Promise((resolve) => (end = () => (log.error("ends"), resolve())));
    };
    const engine = await connect({ tasks: { charge }, logs: { level: "debug" } });
    const run = await engine.start(await engine.load(TEXT));
    const seen: string[] = [];
    for await (const { message } of run.tailLogs()) {
      if (seen.push(message) === 1) end();
      else break;
    }
    expect(seen).toEqual(["debug too", "ends"]);
    expect((await run.logs({ level: "error" })).entries).toMatchObject([{ number: 2, message: "ends", task: "charge" }]);
    await expect(run.logs({ limit: 0 })).rejects.toMatchObject({ code: "engine/invalid-argument" });
    expect(() => run.tailLogs({ level: "loud" as never })).toThrow(expect.objectContaining({ code: "engine/invalid-argument" }));
  });

  test("a run goes through its task, its event and its end", async () => {
    const engine = await connect({
      tasks: {
        charge: async ({ amount }, { attempt, idempotencyKey }: TaskContext) => ({ amount, attempt, hasKey: idempotencyKey.length > 0 }),
      },
    });
    const workflow = await engine.load(TEXT);
    expect(workflow).toMatchObject({ name: "Two steps", definition: { events: [{ name: "confirm" }, { name: "give" }] } });
    const run = await engine.start(workflow, { amount: 12 });
    const events: RunEvent[] = [];
    for await (const event of run.events()) {
      events.push(event);
      if (event.type === "stateEntered" && event.state === "Waiting") expect((await engine.send(run.id, "confirm")).status).toBe("taken");
    }
    expect(events.map((event) => event.type)).toEqual(
      expect.arrayContaining(["started", "taskStarted", "taskSucceeded", "event", "ended"]),
    );
    expect(await run.status()).toBe("succeeded");
    expect(await run.context()).toMatchObject({ receipt: { amount: 12, attempt: 1, hasKey: true } });
    expect((await run.workflow()).source).toBe(TEXT);
    expect(run.result).toBe(run.result);
    await run.result;
    expect((await engine.runs.query()).records.map((record) => record.runId)).toEqual([run.id]);
    await engine.runs.delete(run.id);
    await expect(engine.runs.get(run.id)).rejects.toMatchObject({ code: "run/unknown", name: "WorkflowError" });
  });

  test("what a run waits for is told, and what does not fit is refused", async () => {
    const engine = await connect({});
    const text = "millrace: 1\nname: ask\ntasks: {ask: {action: await, event: say, message: 'Yes?', form: {n: int}, deadline: 1d}}\n";
    const run = await engine.start(await engine.load(text));
    const [wait] = await run.awaits();
    expect(wait).toMatchObject({ state: "ask", event: "say", message: "Yes?", form: [{ name: "n", type: "int" }], deadline: expect.any(Number) as number });
    await expect(engine.send(run.id, "say", {})).rejects.toMatchObject({ code: "run/invalid-payload", details: { task: "ask", path: "n" } });
    expect(await engine.send(run.id, "say", { n: 1 })).toMatchObject({ status: "taken" });
    expect(await run.awaits()).toEqual([]);
  });

  test("a handler's error keeps its code, a result that is no value fails its task alone", async () => {
    const engine = await connect({
      tasks: {
        charge: ({ amount }) => {
          if (amount === 1) throw Object.assign(new Error("declined"), { code: "card/declined" });
          return { odd: () => amount };
        },
      },
    });
    const workflow = await engine.load(TEXT);
    const errorOf = async (amount: number): Promise<unknown> => {
      for await (const event of (await engine.start(workflow, { amount })).events()) if (event.type === "taskFailed") return event.error;
      return undefined;
    };
    expect(await Promise.all([errorOf(1), errorOf(2)])).toMatchObject([
      { code: "card/declined", message: "declined" },
      { code: "value/unsupported" },
    ]);
  });

  test("leaving a state aborts its task in the page", async () => {
    let signal: AbortSignal | undefined;
    const engine = await connect({
      tasks: {
        charge: (_input, context: TaskContext) => {
          signal = context.signal;
          return new Promise((resolve) => context.signal.addEventListener("abort", () => resolve(null)));
        },
      },
    });
    const run = await engine.start(await engine.load(TEXT));
    while (signal === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    await engine.send(run.id, "give");
    await run.result;
    expect(await run.status()).toBe("succeeded");
    while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
  });

  test("limits, priorities, metrics and back-pressure are those of the engine in this thread", async () => {
    const ends: (() => void)[] = [];
    const engine = await connect({ tasks: { charge: () => new Promise((resolve) => ends.push(() => resolve(1))) }, scheduling: { tasksInFlightMax: 1, queueMax: 1 } });
    const workflow = await engine.load(TEXT);
    const first = await engine.start(workflow);
    const second = await engine.start(workflow, {}, { priority: 9 });
    expect((await second.record()).priority).toBe(9);
    await expect(engine.start(workflow)).rejects.toMatchObject({ code: "engine/overloaded", isRetryable: true });
    const ready = engine.ready();
    while (ends.length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect((await engine.statistics()).scheduling).toMatchObject({ tasksQueued: 1, isOverloaded: true, tasksInFlightMax: 1 });
    await engine.configure({ scheduling: { tasksInFlightMax: 2 } });
    await ready;
    while (ends.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const end of ends) end();
    for (const run of [first, second]) while ((await run.status()) === "running") await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await first.metrics()).toMatchObject({ taskCount: 1, width: 1, strategy: "sequential" });
  });

  test("ended runs are kept by the policy that was given to the engine", async () => {
    const engine = await connect({ tasks: { charge: () => 1 }, retention: { rules: [{ countMax: 1 }] } });
    const runs = await engine.startMany(await engine.load(TEXT), [{}, {}, {}]);
    for (const run of runs) {
      while ((await run.awaits()).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await engine.send(run.id, "confirm");
      await run.result;
    }
    expect(await engine.runs.clean()).toMatchObject({ runCount: 2 });
    expect(await engine.runs.count()).toBe(1);
  });

  test("a batch changed while it is under way is sent as it was", async () => {
    const engine = await connect({ tasks: { charge: () => 1 } });
    const runs = await engine.startMany(await engine.load(TEXT), [{}, {}, {}]);
    await Promise.all(
      runs.map(async (run) => {
        for await (const event of run.events()) if (event.type === "stateEntered" && event.state === "Waiting") return;
      }),
    );
    const batch = createBatch();
    for (const run of runs) batch.add(run.id, "confirm");
    const sending = engine.sendMany(batch);
    batch.clear();
    batch.add("nobody", "confirm");
    expect([...(await sending)]).toEqual([1, 1, 1]);
    expect([...(await engine.sendMany(batch))]).toEqual([4]);
  });

  test("runs are exported and imported across, in pieces that wait for their reader", async () => {
    const engine = await connect({ tasks: { charge: () => 1 } });
    const runs = await engine.startMany(await engine.load(TEXT), Array.from({ length: 260 }, (_, amount) => ({ amount })));
    for (const run of runs) while ((await run.status()) !== "waiting") await new Promise((resolve) => setTimeout(resolve, 1));
    const parts: Uint8Array[] = [];
    for await (const piece of engine.export()) parts.push(piece);
    expect(parts.length).toBeGreaterThan(1);
    const file = new Uint8Array(Buffer.concat(parts));
    for (const source of [file, new Blob([file]), new Blob([file]).stream(), Readable.from(parts)]) {
      const other = await connect({ tasks: { charge: () => 1 } });
      const told: number[] = [];
      const report = await other.import(source, { onProgress: ({ runCount }) => told.push(runCount) });
      expect(report).toMatchObject({ imported: 260, skipped: 0, refused: [] });
      expect(told[0]).toBe(256);
      expect(await other.runs.count({ status: "paused" })).toBe(260);
    }
    await expect(engine.import(file.subarray(0, 500))).rejects.toMatchObject({ code: "portable/damaged" });
    await expect(engine.import(file, { onConflict: "fail" })).rejects.toMatchObject({ code: "run/exists" });
    for (const wrong of [engine.export({ runIds: ["nobody"] }), engine.export({}, { redact: ["nothing"] })]) {
      const reading = (async () => {
        for await (const _piece of wrong) continue;
      })();
      await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^(run\/unknown|engine\/invalid-argument)$/) });
    }
    for await (const _piece of engine.export()) break;
    expect(await engine.runs.count()).toBe(260);
  });

  test("after closing, every call says so and every reading ends", async () => {
    const engine = await connect({ tasks: { charge: () => 1 } });
    const run = await engine.start(await engine.load(TEXT));
    const reading = (async () => {
      for await (const record of engine.runs.changes()) if (record.seq < 0) return "never";
      return "ended";
    })();
    await run.status();
    await engine.close();
    await engine.close();
    expect(await reading).toBe("ended");
    await expect(engine.send(run.id, "confirm")).rejects.toMatchObject({ code: "engine/closed" });
    await expect(engine.runs.count()).rejects.toMatchObject({ code: "engine/closed" });
    await expect(run.status()).rejects.toMatchObject({ code: "engine/closed" });
  });
});

describe("the past of a run, across the worker", () => {
  test("is looked at, verified and forked as in this thread", async () => {
    const engine = await connect({ tasks: { charge: async ({ amount }) => amount * 2 } });
    const run = await engine.start(await engine.load(TEXT), { amount: 4 });
    for await (const event of run.events()) if (event.type === "stateEntered" && event.state === "Waiting") break;
    expect(await run.at(1)).toMatchObject({ seq: 1, status: "running", states: ["Charging"], openTasks: [{ task: "charge", input: { amount: 4 } }] });
    expect(await run.at(2)).toMatchObject({ status: "waiting", states: ["Waiting"], context: { receipt: 8 }, awaits: [{ event: "confirm" }] });
    await expect(run.at(3)).rejects.toMatchObject({ code: "run/unknown-step", details: { seq: 3, seqMax: 2 } });
    expect(await run.verify()).toMatchObject({ isSame: true, steps: 2, against: ["record", "run"] });
    const told: RunEvent[] = [];
    await engine.send(run.id, "confirm");
    for await (const event of run.events()) told.push(event);
    expect(await run.verify({ told })).toMatchObject({ isSame: true, steps: 3, against: ["record", "told"] });
    const altered = told.map((event) => (event.type === "taskSucceeded" ? { ...event, result: 9 } : event));
    expect(await run.verify({ told: altered })).toMatchObject({ isSame: false, seq: 2, what: "told", expected: { result: 9 }, found: { result: 8 } });
    const fork = await engine.fork(run.id, 1, { input: { amount: 5 }, workflow: await run.workflow() });
    for await (const event of fork.events()) if (event.type === "stateEntered" && event.state === "Waiting") break;
    expect(await fork.context()).toMatchObject({ receipt: 10 });
    expect((await fork.record()).forkOf).toEqual({ runId: run.id, seq: 1 });
  });
});
