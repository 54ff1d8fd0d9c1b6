// Undoing as callers see it: events, keys, statuses, crashes, pauses and reruns.
import { afterEach, describe, expect, test } from "vitest";
import type { Run, RunEvent } from "../../../src/model/engine.js";
import { type Bench, codeOf, openBench, readEvents } from "./harness.js";

let bench: Bench;
afterEach(() => bench.engine.close());

const TRIP = `millrace: 1
name: trip
tasks:
  flight: {action: book, input: flight, undo: {action: unbook, input: "{{ result }}"}, next: hotel}
  hotel: {action: book, input: hotel, undo: {action: unbook, input: "{{ result }}", retry: {count: 1, delay: 5s}}, next: pay}
  pay: {action: pay}
`;

/** A world of handlers: what is `broken` fails, what is `held` waits; `calls` are what they were asked. */
function makeWorld() {
  const broken = new Set<string>();
  const held = new Set<string>();
  const calls: string[] = [];
  const keys: string[] = [];
  const goOn: (() => void)[] = [];
  const handle = (name: string) => async (input: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
    const call = `${name} ${typeof input === "string" ? input : ""}`.trim();
    calls.push(call);
    keys.push(idempotencyKey);
    if (held.has(call)) await new Promise<void>((resolve) => goOn.push(resolve));
    if (broken.has(call)) throw Object.assign(new Error(`${call} is broken`), { code: "world/broken" });
    return `${String(input)}!`;
  };
  return { broken, held, calls, keys, goOn, tasks: { book: handle("book"), unbook: handle("unbook"), pay: handle("pay") }, take: () => calls.splice(0) };
}

async function settle({ clock }: Bench): Promise<void> {
  for (let round = 0; round < 5; round += 1) await clock.advance(0);
}

function tell(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === "undoStarted") return [`undo ${event.state}: ${event.visit} undoes ${event.undoes}`];
    if (event.type === "undoEnded") return [`undone ${event.state}`];
    if (event.type === "taskStarted" || event.type === "taskSucceeded" || event.type === "taskFailed")
      return [`${event.type} ${event.task} ${event.visit}${event.undoOf === undefined ? "" : ` for ${event.undoOf}`}`];
    return event.type === "ended" ? [`ended ${event.status}`] : [];
  });
}

async function start(world: ReturnType<typeof makeWorld>, text = TRIP): Promise<Run> {
  bench = await openBench({ tasks: world.tasks });
  return bench.engine.start(await bench.engine.load(text), {}, { runId: "r" });
}

describe("a run that fails", () => {
  test("is undone with keys of its own, and tells of it", async () => {
    const world = makeWorld();
    world.broken.add("pay");
    const run = await start(world);
    expect(await codeOf(run.result)).toBe("world/broken");
    expect(world.take()).toEqual(["book flight", "book hotel", "pay", "unbook hotel!", "unbook flight!"]);
    expect(new Set(world.keys).size).toBe(5);
    const story = tell(await readEvents(run));
    const [flight, hotel] = ["flight", "hotel"].map((task) => /undoes (\d+)/.exec(story.find((line) => line.startsWith(`undo ${task}`)) ?? "")?.[1]);
    expect(story).toContain(`taskStarted book ${flight}`);
    expect(story).toContain(`taskStarted book ${hotel}`);
    expect(story.slice(-9)).toEqual([
      expect.stringMatching(/^undo hotel: \d+ undoes \d+$/), expect.stringMatching(/^taskStarted unbook \d+ for hotel$/), expect.stringMatching(/^taskSucceeded unbook \d+ for hotel$/), "undone hotel",
      expect.stringMatching(/^undo flight: \d+ undoes \d+$/), expect.stringMatching(/^taskStarted unbook \d+ for flight$/), expect.stringMatching(/^taskSucceeded unbook \d+ for flight$/), "undone flight",
      "ended failed",
    ]);
  });

  test("names what could not be undone", async () => {
    const world = makeWorld();
    for (const call of ["pay", "unbook hotel!"]) world.broken.add(call);
    const run = await start(world);
    await settle(bench);
    expect(await run.states()).toEqual(["hotel"]);
    await bench.clock.advance(5_000);
    await expect(run.result).rejects.toMatchObject({ code: "world/broken", message: "pay is broken", details: { undo: [{ task: "hotel", code: "world/broken" }] } });
    expect((await run.record()).error?.details).toEqual({ undo: [{ task: "hotel", code: "world/broken" }] });
    expect(world.calls.filter((call) => call === "unbook hotel!")).toHaveLength(2);
    expect(world.keys.at(-2)).toBe(world.keys.at(-3));
  });

  test("goes on undoing after a crash at any moment, and undoes nothing twice but what was under way", async () => {
    for (let moment = 0; moment < 8; moment += 1) {
      const world = makeWorld();
      world.broken.add("pay");
      for (const call of ["unbook hotel!", "unbook flight!"]) world.held.add(call);
      const run = await start(world);
      for (let step = 0; step < moment; step += 1) {
        await settle(bench);
        if (step % 2 === 1) world.goOn.shift()?.();
      }
      world.held.clear();
      bench = await bench.reopen();
      await settle(bench);
      expect((await (await bench.engine.runs.get(run.id)).record()).status).toBe("failed");
      expect([...new Set(world.calls.filter((call) => call.startsWith("un")))]).toEqual(["unbook hotel!", "unbook flight!"]);
      await bench.engine.close();
    }
    bench = await openBench();
  });

  test("goes on undoing in a new kernel", async () => {
    const world = makeWorld();
    world.broken.add("pay");
    world.held.add("unbook hotel!");
    const run = await start(world);
    await settle(bench);
    expect(() => bench.kernel().trap()).toThrow();
    await bench.engine.send(run.id, "x");
    world.goOn.shift()?.();
    expect(await codeOf(run.result)).toBe("world/broken");
    expect(world.take().slice(3)).toEqual(["unbook hotel!", "unbook flight!"]);
  });

  test("may be paused while it undoes", async () => {
    const world = makeWorld();
    world.broken.add("pay");
    world.held.add("unbook hotel!");
    const run = await start(world);
    await settle(bench);
    await bench.engine.pause(run.id);
    world.goOn.shift()?.();
    await settle(bench);
    expect(await run.status()).toBe("paused");
    expect(world.calls).not.toContain("unbook flight!");
    await bench.engine.resume(run.id);
    expect(await codeOf(run.result)).toBe("world/broken");
    expect(world.calls).toContain("unbook flight!");
  });
});

describe("a run that is canceled or failed from outside", () => {
  test("with undo is canceling until all is undone", async () => {
    const world = makeWorld();
    world.held.add("pay");
    world.held.add("unbook flight!");
    const run = await start(world);
    await settle(bench);
    expect(await bench.engine.cancel(run.id, { undo: true })).toBe("canceling");
    await settle(bench);
    expect(world.take()).toEqual(["book flight", "book hotel", "pay", "unbook hotel!", "unbook flight!"]);
    bench = await bench.reopen();
    expect(await (await bench.engine.runs.get(run.id)).status()).toBe("canceling");
    world.held.clear();
    for (const end of world.goOn) end();
    await settle(bench);
    expect(await codeOf((await bench.engine.runs.get(run.id)).result)).toBe("run/canceled");
  });

  test("without undo ends at once, also while it undoes", async () => {
    const world = makeWorld();
    world.held.add("unbook hotel!");
    world.broken.add("pay");
    const run = await start(world);
    await settle(bench);
    expect(await bench.engine.cancel(run.id)).toBe("canceling");
    await bench.clock.advance(10_000);
    expect(await codeOf(run.result)).toBe("run/canceled");
    expect(world.calls).not.toContain("unbook flight!");
  });

  test("a canceled run names what could not be undone", async () => {
    const world = makeWorld();
    world.held.add("pay");
    world.broken.add("unbook flight!");
    const run = await start(world);
    await settle(bench);
    await bench.engine.cancel(run.id, { undo: true });
    // The call that was aborted is given up.
    await bench.clock.advance(6_000);
    await expect(run.result).rejects.toMatchObject({ code: "run/canceled", details: { undo: [{ task: "flight", code: "world/broken" }] } });
  });

  test("a paused run goes on for it: what was answered meanwhile is undone, too", async () => {
    const world = makeWorld();
    world.held.add("book hotel");
    const run = await start(world);
    await settle(bench);
    await bench.engine.pause(run.id);
    world.goOn.shift()?.();
    await settle(bench);
    world.held.add("pay");
    await bench.engine.cancel(run.id, { undo: true });
    await bench.clock.advance(6_000);
    expect(await codeOf(run.result)).toBe("run/canceled");
    expect(world.calls.filter((call) => call.startsWith("un"))).toEqual(["unbook hotel!", "unbook flight!"]);
  });

  test("fail with undo ends with the error that was given", async () => {
    const world = makeWorld();
    world.held.add("pay");
    const run = await start(world);
    await settle(bench);
    await bench.engine.fail(run.id, { code: "shop/closed" }, { undo: true });
    expect(await codeOf(run.result)).toBe("shop/closed");
    expect(world.calls.slice(-2)).toEqual(["unbook hotel!", "unbook flight!"]);
  });

  test("a state diagram has nothing to undo, and one that may finish its tasks cannot be undone", async () => {
    bench = await openBench();
    const text = "```mermaid\nstateDiagram-v2\n[*] --> A\nA --> [*]: after 1h\n```";
    const [run, other] = await bench.engine.startMany(await bench.engine.load(text, { name: "chart" }), [{}, {}]);
    expect(await bench.engine.cancel(String(run?.id), { undo: true })).toBe("canceled");
    expect(await bench.engine.fail(String(other?.id), { code: "a/b" }, { undo: true })).toBe("failed");
    expect((await (other as Run).record()).error?.code).toBe("a/b");
    expect(await codeOf(bench.engine.cancel(String(run?.id), { undo: true, tasks: "finish" }))).toBe("engine/invalid-argument");
    expect(await codeOf(bench.engine.cancel(String(run?.id), { undo: 1 as never }))).toBe("engine/invalid-argument");
  });
});

test("a sub-workflow undoes a task", async () => {
  const world = makeWorld();
  world.broken.add("pay");
  bench = await openBench({ tasks: world.tasks });
  await bench.engine.load("millrace: 1\nname: refund\ninput: [seat]\ntasks: {give: {action: unbook, input: '{{ input.seat }}'}}\n");
  const text = "millrace: 1\nname: buy\ntasks:\n  buy: {action: book, input: seat, undo: {workflow: refund, input: {seat: '{{ result }}'}}, next: pay}\n  pay: {action: pay}\n";
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await codeOf(run.result)).toBe("world/broken");
  expect(world.take()).toEqual(["book seat", "pay", "unbook seat!"]);
  expect((await readEvents(run)).find(({ type }) => type === "childStarted")).toMatchObject({ workflow: "refund", undoOf: "buy" });
});

test("an undo that nobody registered is found when the workflow is loaded", async () => {
  bench = await openBench({ tasks: { book: async () => 1 } });
  expect(await codeOf(bench.engine.load("millrace: 1\ntasks: {a: {action: book, undo: {action: unbook}}}\n"))).toBe("task/unregistered");
});

describe.each(["relaxed", "none"] as const)("a rerun, durability %s", (durability) => {
  test("does anew what was undone, and what failed", async () => {
    const world = makeWorld();
    world.broken.add("pay");
    bench = await openBench({ tasks: world.tasks, durability });
    const run = await bench.engine.start(await bench.engine.load(TRIP));
    await codeOf(run.result);
    world.take();
    world.broken.clear();
    const again = await bench.engine.rerun(run.id);
    await again.result;
    expect(world.take()).toEqual(["book flight", "book hotel", "pay"]);
  });

  test("is not told what undos answered, and undoes by itself", async () => {
    const world = makeWorld();
    world.broken.add("pay");
    bench = await openBench({ tasks: world.tasks, durability });
    const run = await bench.engine.start(await bench.engine.load(TRIP));
    await codeOf(run.result);
    world.take();
    const again = await bench.engine.rerun(run.id);
    expect(await codeOf(again.result)).toBe("world/broken");
    expect(world.take()).toEqual(["book flight", "book hotel", "pay", "unbook hotel!", "unbook flight!"]);
  });

  test("of a scope that took too long gives it its time again", async () => {
    const world = makeWorld();
    world.held.add("book hotel");
    bench = await openBench({ tasks: world.tasks, durability });
    const text = `millrace: 1
tasks:
  flight: {action: book, input: flight, undo: {action: unbook, input: "{{ result }}"}}
  hotel: {action: book, input: hotel}
scopes: {trip: {tasks: [flight, hotel], timeout: 1m}}
`;
    const run = await bench.engine.start(await bench.engine.load(text));
    await settle(bench);
    await bench.clock.advance(60_000);
    await expect(run.result).rejects.toMatchObject({ code: "task/timed-out", details: { scope: "trip" } });
    world.take();
    world.held.clear();
    const again = await bench.engine.rerun(run.id);
    await again.result;
    expect(world.take().sort()).toEqual(["book flight", "book hotel"]);
  });

  test("of a task behind a scope whose time was over goes the same way there", async () => {
    const world = makeWorld();
    world.held.add("book hotel");
    world.broken.add("pay");
    bench = await openBench({ tasks: world.tasks, durability });
    const text = `millrace: 1
tasks:
  hotel: {action: book, input: hotel}
  sorry: {action: book, input: sorry, next: pay}
  pay: {action: pay}
scopes: {trip: {tasks: [hotel], timeout: 1m, catch: sorry}}
`;
    const run = await bench.engine.start(await bench.engine.load(text));
    await settle(bench);
    await bench.clock.advance(60_000);
    await codeOf(run.result);
    world.take();
    world.broken.clear();
    const again = await bench.engine.rerun(run.id);
    await again.result;
    expect(world.take()).toEqual(["pay"]);
  });
});
