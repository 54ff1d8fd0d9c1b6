// What the embedder may get wrong in the options: said at once, not taken for a default.
import { afterEach, expect, test, vi } from "vitest";
import { createEngine } from "../../src/doors/local.js";
import type { EngineOptions, Workflow } from "../../src/model/engine.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a page that is not secure is told so", async () => {
  vi.stubGlobal("isSecureContext", false);
  await expect(createEngine()).rejects.toMatchObject({ code: "engine/insecure-page" });
});

test.each<[string, unknown]>([
  ["store", "IndexedDB"],
  ["durability", "Strict"],
  ["cancelTimeoutMs", -1],
  ["cancelTimeoutMs", Number.NaN],
  ["memorySizeMax", 1],
  ["memorySizeMax", "1 GiB"],
  ["runSizeMax", 0],
  ["expressionCostMax", 9],
])("option %s may not be %s", async (option, value) => {
  await expect(createEngine({ [option]: value } as EngineOptions)).rejects.toMatchObject({ code: "engine/invalid-option", details: { option } });
});

test.each<[string, unknown]>([
  ["scheduling", 5],
  ["scheduling.strategy", { strategy: "fast" }],
  ["scheduling.tasksInFlight", { tasksInFlight: 5 }],
  ["scheduling.tasksInFlightMaxByTask.mail", { tasksInFlightMaxByTask: { mail: 0 } }],
  ["scheduling.adaptive", { adaptive: { min: 0, max: 5 } }],
])("option %s may not be %j", async (option, scheduling) => {
  await expect(createEngine({ scheduling } as EngineOptions)).rejects.toMatchObject({ code: "engine/invalid-option", details: { option } });
});

test("a store that the platform does not have is said to be missing", async () => {
  await expect(createEngine({ store: "indexeddb" })).rejects.toMatchObject({ code: "store/unavailable" });
});

test("what is no module of WebAssembly is no kernel", async () => {
  await expect(createEngine({ wasmModule: {} as WebAssembly.Module })).rejects.toMatchObject({ code: "kernel/unavailable" });
});

test("the least memory is enough for a run", async () => {
  const engine = await createEngine({ memorySizeMax: 4 << 20 });
  const run = await engine.start(await engine.load("stateDiagram-v2\n[*] --> A\nA --> [*]"));
  expect(await run.result).toEqual({});
  await engine.close();
});

test("what is no workflow cannot be started", async () => {
  const engine = await createEngine();
  for (const workflow of ["none", undefined, null, {}]) await expect(engine.start(workflow as Workflow)).rejects.toMatchObject({ code: "run/unknown-workflow" });
  await engine.close();
});

test("an expression that costs more than the engine permits ends the run", async () => {
  const text = "stateDiagram-v2\n[*] --> A\nA --> B : go [event.list.exists(x, x > 5)]\nB --> [*]";
  const list = Array.from({ length: 20 }, () => 1).concat(9);
  for (const [expressionCostMax, end] of [
    [100, "run/guard-failed"],
    [1_000, "succeeded"],
  ] as const) {
    const engine = await createEngine({ expressionCostMax });
    const run = await engine.start(await engine.load(text));
    await engine.send(run.id, "go", { list });
    const ended = run.result.then(
      () => "succeeded",
      (error) => [error.code, error.details.cause],
    );
    expect(await ended).toEqual(end === "succeeded" ? end : [end, "cost-exceeded"]);
    await engine.close();
  }
});
