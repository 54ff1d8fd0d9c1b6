// Runs that begin as others were.
import { describe, expect, test } from "vitest";
import type { Run } from "../../../src/model/engine.js";
import { EntryKind } from "../../../src/model/history.js";
import { createMemoryDisk, createMemoryStore } from "../../../src/store/memory-store.js";
import { type Bench, codeOf, holdTask, markdown, openBench } from "./harness.js";

const ORDER = markdown("[*] --> Pay\nPay --> Wait : success\nPay --> Lost : failure\nWait --> Ship : go / set place = event.place\nWait --> Late : after 1h\nShip --> [*]\nLost --> [*]\nLate --> [*]", {
  head: "parameters:\n  - { name: total, type: int, default: 1 }\nvariables:\n  receipt: any\n  place: any\n  parcel: any",
  actions: "- Pay: call charge with total=total result receipt\n- Ship: call ship with place=place result parcel",
});

function makeTasks() {
  const keys: string[] = [];
  const answer = (name: string) => (input: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
    keys.push(`${name} ${idempotencyKey}`);
    return `${name} ${JSON.stringify(input)}`;
  };
  return { keys, tasks: { charge: answer("charge"), ship: answer("ship") } };
}

async function order(bench: Bench): Promise<Run> {
  const run = await bench.engine.start(await bench.engine.load(ORDER), { total: 3 }, { tags: ["vip"], priority: 7 });
  await bench.clock.settle();
  await bench.engine.send(run.id, "go", { place: "Rome" });
  await bench.clock.settle();
  return run;
}

describe.each(["relaxed", "none"] as const)("a fork, durability %s", (durability) => {
  test("goes on from each step, and asks only for what was not answered, under keys of its own", async () => {
    const { keys, tasks } = makeTasks();
    const bench = await openBench({ tasks, durability });
    const { engine, clock } = bench;
    const run = await order(bench);
    expect(await run.status()).toBe("succeeded");
    const called: string[] = [];
    for (let seq = 0; seq <= 4; seq += 1) {
      keys.length = 0;
      const fork = await engine.fork(run.id, seq, { runId: `f${seq}` });
      await clock.settle();
      await engine.send(fork.id, "go", { place: "Oslo" });
      await clock.settle();
      expect(await fork.context()).toEqual({ receipt: 'charge {"total":3}', place: seq < 3 ? "Oslo" : "Rome", total: 3, parcel: `ship {"place":"${seq < 3 ? "Oslo" : "Rome"}"}` });
      expect(await fork.record()).toMatchObject({ status: "succeeded", forkOf: { runId: run.id, seq }, tags: ["vip"], priority: 7 });
      called.push(keys.join(", "));
    }
    expect(called).toEqual(["charge f0/1.0/0, ship f0/3.0/0", "charge f1/1.0/0, ship f1/3.0/0", "ship f2/3.0/0", "ship f3/3.0/0", ""]);
    await engine.close();
  });

  test("keeps the time when timers are due", async () => {
    const { tasks } = makeTasks();
    const { engine, clock } = await openBench({ tasks, durability });
    const run = await engine.start(await engine.load(ORDER));
    await clock.advance(60_000);
    const early = await engine.fork(run.id, 2);
    await clock.advance(3_539_000);
    expect(await early.states()).toEqual(["Wait"]);
    await clock.advance(1_000);
    expect([await early.status(), await run.status()]).toEqual(["succeeded", "succeeded"]);
    await clock.advance(60_000);
    const late = await engine.fork(run.id, 2);
    await clock.advance(0);
    expect(await late.status()).toBe("succeeded");
    expect((await late.at(3)).time).toBe(clock.now());
    await engine.close();
  });

  test("of a paused run is paused, with what it holds", async () => {
    const task = holdTask();
    const { engine, clock } = await openBench({ tasks: { charge: task.handler, ship: () => "sent" }, durability });
    const run = await engine.start(await engine.load(ORDER));
    await clock.settle();
    await engine.pause(run.id);
    task.succeed("paid");
    await clock.settle();
    await engine.send(run.id, "go", { place: "Bonn" });
    const fork = await engine.fork(run.id, 4);
    expect(await fork.status()).toBe("paused");
    expect(task.calls).toHaveLength(1);
    await engine.resume(fork.id);
    await clock.settle();
    expect(await fork.context()).toMatchObject({ receipt: "paid", place: "Bonn", parcel: "sent" });
    // Of the other run the task was in flight; of this one nothing begins while it is paused.
    const before = await engine.fork(run.id, 2);
    await clock.settle();
    expect(await before.status()).toBe("paused");
    expect(task.calls).toHaveLength(1);
    await engine.resume(before.id);
    await clock.settle();
    expect(task.calls).toHaveLength(2);
    await engine.close();
  });
});

describe("a fork with other", () => {
  test("input is told what still fits: events in their order, answers to who asks for them", async () => {
    const { keys, tasks } = makeTasks();
    const bench = await openBench({ tasks });
    const run = await order(bench);
    keys.length = 0;
    const fork = await bench.engine.fork(run.id, 3, { input: { total: 50 }, runId: "f" });
    await bench.clock.settle();
    expect(await fork.context()).toMatchObject({ total: 50, receipt: 'charge {"total":3}', place: "Rome", parcel: 'ship {"place":"Rome"}' });
    expect(keys).toEqual(["ship f/3.0/0"]);
    await bench.engine.close();
  });

  test("workflow asks anew for what it has more, and drops what it has no more", async () => {
    const { keys, tasks } = makeTasks();
    const bench = await openBench({ tasks: { ...tasks, pack: (_: unknown, { idempotencyKey }) => void keys.push(`pack ${idempotencyKey}`) } });
    const run = await order(bench);
    keys.length = 0;
    const text = markdown("[*] --> Pack\nPack --> Pay\nPay --> Wait : success\nPay --> Lost : failure\nWait --> Ship : go\nWait --> Late : after 1h\nShip --> [*]\nLost --> [*]\nLate --> [*]", {
      head: "parameters:\n  - { name: total, type: int, default: 1 }\nvariables:\n  receipt: any",
      actions: "- Pack: call pack\n- Pay: call charge with total=total result receipt",
    });
    const workflow = await bench.engine.load(text);
    const fork = await bench.engine.fork(run.id, 4, { workflow, runId: "f" });
    await bench.clock.settle();
    // "go" came while it was packing, and nobody awaited it; what was charged is known, what was shipped is asked for when it goes again.
    expect(await fork.states()).toEqual(["Wait"]);
    expect(await fork.context()).toMatchObject({ receipt: 'charge {"total":3}' });
    expect(keys).toEqual(["pack f/1.0/0", "charge f/3.0/0"]);
    expect((await fork.record()).identity).toBe(workflow.identity);
    await bench.engine.close();
  });

  test("id of its own is told anew where its expressions name it", async () => {
    const text = `millrace: 1
tasks:
  a: {action: work, input: "{{ workflow.id }}", next: [{do: b}]}
  b: {action: work, input: b}
`;
    const inputs: unknown[] = [];
    const { engine, clock } = await openBench({ tasks: { work: (input: unknown) => void inputs.push(input) } });
    const run = await engine.start(await engine.load(text), {}, { runId: "first" });
    await clock.settle();
    const fork = await engine.fork(run.id, 2, { runId: "second" });
    await clock.settle();
    expect(inputs).toEqual(["first", "b", "b"]);
    expect((await fork.at(1)).openTasks).toMatchObject([{ input: "second" }]);
    await engine.close();
  });
});

describe("a fork is refused", () => {
  test("with the codes of what is wrong", async () => {
    const { tasks } = makeTasks();
    const bench = await openBench({ tasks });
    const { engine } = bench;
    const run = await order(bench);
    expect(await codeOf(engine.fork("none", 1))).toBe("run/unknown");
    expect(await codeOf(engine.fork(run.id, 5))).toBe("run/unknown-step");
    expect(await codeOf(engine.fork(run.id, 1, { runId: run.id }))).toBe("run/exists");
    expect(await codeOf(engine.fork(run.id, 1, { input: { total: "much" } }))).toBe("run/invalid-input");
    expect(await codeOf(engine.fork(run.id, 1, { workflow: "none" }))).toBe("run/unknown-workflow");
    expect(await codeOf(engine.fork(run.id, "1" as never))).toBe("engine/invalid-argument");
    await engine.close();
    expect(await codeOf(engine.fork(run.id, 1))).toBe("engine/closed");
  });

  test("where the history is cut", async () => {
    const { engine } = await openBench({ durability: "none" });
    const run = await engine.start(await engine.load(markdown("[*] --> A\nA --> A : go\nA --> [*] : stop")));
    for (let index = 0; index < 40_000; index += 1) void engine.send(run.id, "go");
    await engine.send(run.id, "go");
    expect(await codeOf(engine.fork(run.id, 39_000))).toBe("run/history-cut");
    await engine.close();
  });
});

test("a fork survives a crash as what it is; its children are its own", async () => {
  const task = holdTask();
  const child = markdown("[*] --> Work\nWork --> [*]", { name: "child", actions: "- Work: call work" });
  const parent = markdown("[*] --> Call\nCall --> Wait\nWait --> [*] : go", { name: "parent", actions: '- Call: run workflow "child"' });
  const first = await openBench({ tasks: { work: task.handler } });
  await first.engine.load(child);
  const run = await first.engine.start(await first.engine.load(parent));
  await first.clock.settle();
  const fork = await first.engine.fork(run.id, 1, { runId: "f" });
  await first.clock.settle();
  expect(task.calls.map(({ key }) => key.split("~").length)).toEqual([2, 2]);
  const second = await first.reopen();
  await second.engine.load(child);
  await second.clock.settle();
  for (let index = 0; index < task.calls.length; index += 1) task.succeed("done", index);
  await second.clock.settle();
  const again = await second.engine.runs.get(fork.id);
  expect(await again.record()).toMatchObject({ status: "waiting", forkOf: { runId: run.id, seq: 1 } });
  await second.engine.send("f", "go");
  expect(await again.status()).toBe("succeeded");
  await second.engine.close();
});

test.each(["pause", "cancel", "send"] as const)("%s of a child that begins with a fork, while that is being committed, waits for its start", async (act) => {
  const disk = createMemoryDisk();
  const storePort = createMemoryStore(disk);
  const bench = await openBench({ disk, storePort });
  await bench.engine.load(markdown("[*] --> Off\nOff --> On: press\nOn --> [*]: press", { name: "toggle" }));
  const run = await bench.engine.start(await bench.engine.load("millrace: 1\nname: parent\ntasks: {a: {workflow: toggle}}\n"));
  await bench.clock.settle();
  const childId = [...disk.runs.keys()].find((id) => id.startsWith(`${run.id}~`)) ?? "";
  const commit = storePort.commit.bind(storePort);
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  storePort.commit = async (changes, durability) => {
    await isOpen;
    await commit(changes, durability);
  };
  const forking = bench.engine.fork(run.id, 1, { runId: "f" });
  await bench.clock.settle();
  const id = `f${childId.slice(run.id.length)}`;
  const acting: Promise<unknown> = act === "send" ? bench.engine.send(id, "press") : bench.engine[act](id);
  await bench.clock.settle();
  open();
  await forking;
  expect(await acting).toEqual({ pause: "paused", cancel: "canceled", send: { status: "taken", runStatus: "waiting" } }[act]);
  const child = await bench.engine.runs.get(id);
  expect((await storePort.history(id)).map(({ kind }) => kind)[0]).toBe(EntryKind.START);
  expect((await child.verify()).isSame).toBe(true);
  await bench.engine.close();
});
