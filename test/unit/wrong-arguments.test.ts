// What JavaScript callers may get wrong at the package's doors: every argument of another type than declared is refused with a
// code, never with a TypeError out of the middle.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileExpression, loadExpressions } from "../../src/create-expressions.js";
import { joinEngine } from "../../src/create-engine.js";
import { createBatch, createEngine } from "../../src/doors/local.js";
import type { Engine, EngineOptions, Run, Workflow } from "../../src/model/engine.js";
import { WorkflowError } from "../../src/model/errors.js";
import { createTasks } from "../../src/tasks/thread-tasks.js";
import { connectEngine } from "../../src/worker/client.js";
import { type HostEndpoint, startHost } from "../../src/worker/host.js";

const VALUES: readonly unknown[] = [null, undefined, 5, "text", true, [], {}, () => 1, Symbol("s"), 1n, new Map(), new Date(0), Number.NaN];
const TEXT = "---\nname: n\nevents: [e]\n---\n```mermaid\nstateDiagram-v2\n[*] --> A\nA --> A: e\n```\n";

/** Codes of what each value leads to: "" where it is taken. */
async function codesOf(act: (value: never) => unknown): Promise<readonly string[]> {
  const codes: string[] = [];
  for (const value of VALUES) {
    try {
      await act(value as never);
      codes.push("");
    } catch (error) {
      codes.push(error instanceof WorkflowError ? error.code : `${String(typeof value)}: ${String(error)}`);
    }
  }
  return codes;
}

/** Every value is taken or refused with one of the codes; some are refused. */
async function expectCodes(act: (value: never) => unknown, ...codes: readonly string[]): Promise<void> {
  const found = await codesOf(act);
  expect(found.filter((code) => code !== "" && !codes.includes(code))).toEqual([]);
  expect(found.filter((code) => code !== "").length).toBeGreaterThan(0);
}

describe("expressions", () => {
  beforeAll(() => loadExpressions());

  test("texts, options and contexts", async () => {
    const expression = compileExpression("x");
    await expectCodes((value) => compileExpression(value), "expression/invalid-call");
    await expectCodes((value) => compileExpression("x", value), "expression/invalid-call");
    for (const name of ["variables", "functions", "constants"])
      await expectCodes((value) => compileExpression("x", { [name]: value }), "expression/invalid-call", "expression/invalid-declaration");
    await expectCodes((value) => expression.evaluate(value), "expression/invalid-call", "expression/unknown-variable");
    await expectCodes((value) => expression.evaluate({ x: value }), "value/unsupported", "expression/unknown-variable");
    await expectCodes((value) => expression.resident(value).dispose(), "expression/invalid-call");
    await expectCodes((value) => expression.batch(value).dispose(), "expression/invalid-call");
    await expectCodes((value) => expression.batch([value]).dispose(), "expression/invalid-call");
    const now = compileExpression("now");
    const codes = await codesOf((value) => now.evaluate({}, { now: value }));
    expect(codes.every((code) => code === "" || code === "expression/invalid-call")).toBe(true);
    expect(compileExpression("x").evaluate({ x: 1 })).toBe(1);
  });

  test("a call says which argument", () => {
    expect(() => compileExpression(5 as never)).toThrow("source is the number 5; it must be a text");
    expect(() => compileExpression("x").evaluate(null as never)).toThrow("context is null; it must be an object");
  });
});

async function openWorker(): Promise<Engine> {
  const { port1, port2 } = new MessageChannel();
  startHost(
    port2 as HostEndpoint,
    (host, tasksPort) => joinEngine({ ...host, tasksPort }),
    async () => undefined,
  );
  const end = () => {
    port1.close();
    port2.close();
  };
  return connectEngine(port1, {}, createTasks({}), () => () => undefined, end);
}

describe.each([
  ["in this thread", () => createEngine({ store: "memory" })],
  ["behind a worker", openWorker],
] as const)("an engine %s", (_, open) => {
  let engine: Engine;
  let workflow: Workflow;
  let run: Run;
  beforeAll(async () => {
    engine = await open();
    workflow = await engine.load(TEXT);
    run = await engine.start(workflow);
  });
  afterAll(() => engine.close());

  const WRONG = "engine/invalid-argument";

  test("texts, workflows and options", async () => {
    await expectCodes((value) => engine.load(value), WRONG, "parse/invalid");
    await expectCodes((value) => engine.load(TEXT, value), WRONG);
    await expectCodes((value) => engine.load(TEXT, { name: value }), WRONG);
    await expectCodes((value) => engine.start(value), WRONG, "run/unknown-workflow");
    await expectCodes((value) => engine.start(workflow, value), "run/invalid-input", "value/unsupported");
    await expectCodes((value) => engine.start(workflow, {}, value), WRONG);
    await expectCodes((value) => engine.start(workflow, {}, { tags: value }), WRONG);
    await expectCodes((value) => engine.start(workflow, {}, { durability: value }), WRONG);
    await expectCodes((value) => engine.startMany(workflow, value), WRONG);
    await expectCodes((value) => engine.start(workflow, {}, { priority: value }), WRONG);
  });

  test("limits", async () => {
    await expectCodes((value) => engine.configure(value), WRONG);
    await expectCodes((value) => engine.configure({ scheduling: value }), WRONG);
    for (const name of ["strategy", "adaptive", "queueMax", "runsInFlightMax", "tasksInFlightMax", "tasksInFlightMaxByRun"])
      await expectCodes((value) => engine.configure({ scheduling: { [name]: value } }), WRONG);
    for (const name of ["tasksInFlightMaxByTask", "tasksInFlightMaxByWorkflow"]) {
      await expectCodes((value) => engine.configure({ scheduling: { [name]: value } }), WRONG);
      await expectCodes((value) => engine.configure({ scheduling: { [name]: { a: value } } }), WRONG);
    }
    for (const scheduling of [{ taskInFlightMax: 1 }, { tasksInFlightMax: 0 }, { queueMax: 1.5 }, { adaptive: { min: 3, max: 2 } }] as never[])
      await expect(engine.configure({ scheduling })).rejects.toMatchObject({ code: WRONG });
    await engine.configure({ scheduling: { tasksInFlightMax: 100, runsInFlightMax: Infinity, adaptive: false, queueMax: 1_000, tasksInFlightMaxByTask: {}, tasksInFlightMaxByWorkflow: {} } });
  });

  test("runs, events and batches", async () => {
    await expectCodes((value) => engine.send(value, "e"), WRONG, "run/unknown");
    await expectCodes((value) => engine.send(run.id, value), WRONG);
    await expectCodes((value) => engine.send(run.id, "e", value), "value/unsupported");
    await expectCodes((value) => engine.sendMany(value), WRONG);
    for (const name of ["pause", "resume", "cancel"] as const) await expectCodes((value) => engine[name](value), WRONG, "run/unknown");
    await expectCodes((value) => run.events(value), WRONG);
    await expectCodes((value) => run.events({ from: value }), WRONG);
    const batch = createBatch();
    batch.add(run.id, "e");
    expect([...(await engine.sendMany(batch))]).toEqual([1]);
  });

  test("queries", async () => {
    await expectCodes((value) => engine.runs.get(value), WRONG, "run/unknown");
    await expectCodes((value) => engine.runs.delete(value), WRONG, "run/unknown");
    for (const ask of [engine.runs.query, engine.runs.count]) {
      await expectCodes((value) => ask(value), WRONG);
      const texts = ["status", "workflow", "tag", "parentRunId", "errorCode", "filter", "cursor", "sort", "order"];
      const numbers = ["startedFrom", "startedTo", "endedFrom", "endedTo", "durationMin", "durationMax", "limit"];
      for (const name of [...texts, ...numbers, "fields"]) await expectCodes((value) => ask({ [name]: value }), WRONG, "store/bad-query");
      await expectCodes((value) => ask({ fields: { total: value } }), "store/bad-query");
      await expectCodes((value) => ask({ fields: { total: { from: 1, to: value } } }), "store/bad-query");
    }
    expect((await engine.runs.query({ status: ["running", "waiting"], order: "oldest", limit: 1 })).records.length).toBe(1);
  });
});

test("options of createEngine", async () => {
  const open = (options: EngineOptions) => createEngine(options).then((engine) => engine.close());
  await expectCodes((value) => open(value), "engine/invalid-option");
  for (const name of ["tasks", "functions", "constants", "functionsUrl"])
    await expectCodes((value) => open({ store: "memory", [name]: value }), "engine/invalid-option", "expression/invalid-declaration", "engine/functions-unavailable");
  await expectCodes((value) => open({ store: "memory", tasks: { charge: value } }), "engine/invalid-option");
});
