// Functions and constants of the embedder in workflows: where they stand, what they belong to, and what becomes of a run when they change.
import { afterEach, expect, test } from "vitest";
import { joinEngine } from "../../../src/create-engine.js";
import type { CustomFunctions } from "../../../src/model/custom-function.js";
import type { EngineOptions } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { createTasks } from "../../../src/tasks/thread-tasks.js";
import { connectEngine } from "../../../src/worker/client.js";
import { type HostEndpoint, startHost } from "../../../src/worker/host.js";
import { type Bench, codeOf, markdown, openBench } from "./harness.js";

let bench: Bench;
afterEach(() => bench?.engine.close());

const CHART = `[*] --> A
A --> Large: go [price(amount) > LIMIT]
A --> Small: go
Large --> [*]
Small --> [*]`;
const HEAD = "events: [go]\nparameters:\n  - { name: amount, type: number }\nvariables:\n  label: string\n  half: double";
const SCORED = markdown(CHART, { head: HEAD, actions: '- Large: set label = "${name.slug()}: ${price(amount)}"\n- Small: set half = price(amount) / 2.0' }).replace(
  "parameters:",
  "parameters:\n  - { name: name, type: string }",
);
const constants = { LIMIT: { type: "double", value: 10 } };

function makeFunctions(version = "1"): CustomFunctions {
  return {
    "price(double) -> double": { version, call: (amount: number) => amount * 2 },
    "string.slug() -> string": (text: string) => text.toLowerCase().replaceAll(" ", "-"),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<WorkflowError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("guards, actions and templates call functions and name constants", async () => {
  bench = await openBench({ functions: makeFunctions(), constants });
  const workflow = await bench.engine.load(SCORED);
  const large = await bench.engine.start(workflow, { amount: 7, name: "Big Deal" });
  const small = await bench.engine.start(workflow, { amount: 3, name: "x" });
  for (const run of [large, small]) await bench.engine.send(run.id, "go");
  expect(await large.result).toMatchObject({ label: "big-deal: 14" });
  expect(await small.result).toMatchObject({ half: 3 });
});

test("what the author declares hides a constant, as do the built-in variables", async () => {
  bench = await openBench({ constants: { amount: { type: "string", value: "constant" }, error: { type: "string", value: "constant" } } });
  const text = markdown("[*] --> A\nA --> [*]", { head: "parameters:\n  - { name: amount, type: number }\nvariables:\n  out: any", actions: "- A: set out = [amount, error]" });
  const run = await bench.engine.start(await bench.engine.load(text), { amount: 1 });
  expect((await failureOf(run.result)).details).toMatchObject({ cause: "unknown-variable" });
  const open = markdown("[*] --> A\nA --> [*]", { name: "open", head: "variables:\n  out: any", actions: "- A: set out = amount" });
  expect(await (await bench.engine.start(await bench.engine.load(open))).result).toMatchObject({ out: "constant" });
});

test("a function that is not registered, or misused, is a finding with a place", async () => {
  bench = await openBench();
  const error = await failureOf(bench.engine.load(SCORED));
  expect(error.code).toBe("parse/invalid");
  const found = error.findings.filter(({ code }) => code === "expression/unknown-function");
  expect(found.length).toBe(4);
  expect(found[0]?.place.snippet).toContain("price(amount)");
  await bench.engine.close();
  bench = await openBench({ functions: { "price(string) -> double": () => 1, "string.slug() -> string": () => "" }, constants });
  expect((await failureOf(bench.engine.load(SCORED))).findings.map(({ code }) => code)).toContain("expression/no-such-overload");
});

test("what a function does wrong fails the run, with its name and place", async () => {
  const functions = { ...makeFunctions(), "price(double) -> double": () => Promise.resolve(1) };
  bench = await openBench({ functions, constants });
  const run = await bench.engine.start(await bench.engine.load(SCORED), { amount: 7, name: "a" });
  expect((await bench.engine.send(run.id, "go")).status).toBe("failed");
  const error = await failureOf(run.result);
  expect(error).toMatchObject({ code: "run/guard-failed", details: { cause: "function-failed", name: "price" } });
  expect(error.details["message"]).toContain("promise");
  expect(error.place?.line).toBeGreaterThan(1);
});

test("a function that uses an engine does not disturb the step that called it", async () => {
  const seen: Promise<unknown>[] = [];
  const functions: CustomFunctions = {
    ...makeFunctions(),
    "price(double) -> double": (amount: number) => {
      seen.push(bench.engine.statistics(), bench.engine.load(markdown("[*] --> B\nB --> [*]", { name: "other" })), bench.engine.start("other"));
      return amount * 2;
    },
  };
  bench = await openBench({ functions, constants });
  const run = await bench.engine.start(await bench.engine.load(SCORED), { amount: 7, name: "a" });
  await bench.engine.send(run.id, "go");
  expect(await run.result).toMatchObject({ label: "a: 14" });
  expect((await Promise.allSettled(seen)).length).toBeGreaterThan(2);
});

test("versions belong to the identity of the workflows that use them, and to no other", async () => {
  const plain = markdown("[*] --> A\nA --> [*]", { name: "plain" });
  const identities: string[][] = [];
  const sets: EngineOptions[] = [
    {},
    { functions: makeFunctions("1"), constants },
    { functions: makeFunctions("2"), constants },
    { functions: { ...makeFunctions("1"), "unused() -> int": () => 1 }, constants },
    { functions: makeFunctions("1"), constants: { LIMIT: { type: "double", value: 11 } } },
    { functions: makeFunctions("1"), constants: { LIMIT: { type: "number", value: 10 } } },
  ];
  for (const set of sets) {
    bench = await openBench(set);
    const first = (await bench.engine.load(plain)).identity;
    identities.push([first, set.functions === undefined ? "" : (await bench.engine.load(SCORED)).identity]);
    await bench.engine.close();
  }
  expect(new Set(identities.map(([first]) => first)).size).toBe(1);
  const scored = identities.slice(1).map(([, second]) => second);
  expect(scored[2]).toBe(scored[0]);
  expect(new Set(scored).size).toBe(4);
});

test.each([
  ["another version", { functions: makeFunctions("2"), constants }, [["price(double) -> double", "1", "2"]]],
  [
    "none at all",
    { functions: {} },
    [
      ["LIMIT: double", "070000000000002440", null],
      ["price(double) -> double", "1", null],
      ["string.slug() -> string", "1", null],
    ],
  ],
  ["another constant", { functions: makeFunctions(), constants: { LIMIT: { type: "double", value: 99 } } }, undefined],
] as const)("a run that meets %s after a reload stays untouched", async (_, changed, customs) => {
  bench = await openBench({ functions: makeFunctions(), constants });
  const run = await bench.engine.start(await bench.engine.load(SCORED), { amount: 7, name: "Big Deal" });
  const before = await run.record();
  bench = await bench.reopen({ constants: {}, ...changed });
  const error = await failureOf(bench.engine.send(run.id, "go"));
  expect(error.code).toBe("run/version-unsupported");
  if (customs !== undefined) {
    expect(error.details["customs"]).toEqual(customs.map(([name, version, registered]) => ({ name, version, registered })));
  }
  expect(await (await bench.engine.runs.get(run.id)).record()).toEqual(before);
  bench = await bench.reopen({ functions: makeFunctions(), constants });
  await bench.engine.send(run.id, "go");
  expect(await (await bench.engine.runs.get(run.id)).result).toMatchObject({ label: "big-deal: 14" });
});

test("a run goes on with the version that it began with, a new one with the new", async () => {
  bench = await openBench({ functions: makeFunctions("1"), constants });
  const old = await bench.engine.start(await bench.engine.load(SCORED), { amount: 7, name: "old" });
  bench = await bench.reopen({ functions: makeFunctions("2"), constants });
  const fresh = await bench.engine.start(await bench.engine.load(SCORED), { amount: 7, name: "new" });
  await bench.engine.send(fresh.id, "go");
  expect(await fresh.result).toMatchObject({ label: "new: 14" });
  expect(await codeOf(bench.engine.cancel(old.id))).toBe("run/version-unsupported");
});

test("a large constant is told by its hash", async () => {
  const large = { LIMIT: { type: "double", value: 10 }, TEXT: { type: "string", value: "x".repeat(100_000) } };
  const text = markdown("[*] --> A\nA --> [*]: go [size(TEXT) > 1]", { head: "events: [go]" });
  bench = await openBench({ constants: large });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect([...bench.disk.sources.values()][0]?.customs).toEqual([{ name: "TEXT: string", version: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  bench = await bench.reopen();
  await bench.engine.send(run.id, "go");
  expect(await (await bench.engine.runs.get(run.id)).status()).toBe("succeeded");
});

// --- modules, and the worker -----------------------------------------------------------------------------------------

function moduleOf(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
const MODULE = moduleOf(`export const functions = {
  "price(double) -> double": { version: "1", call: (amount) => amount * 2 },
  "string.slug() -> string": (text) => text.toLowerCase().replaceAll(" ", "-"),
};
export default { constants: { LIMIT: { type: "double", value: 10 } } };`);

async function connect(options: EngineOptions) {
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
  return connectEngine(port1, options, createTasks({}), () => () => undefined, end);
}

test("functions come from a module, in this thread and in a worker", async () => {
  bench = await openBench({ functionsUrl: MODULE });
  const { identity } = await bench.engine.load(SCORED);
  const worker = await connect({ functionsUrl: MODULE, functions: makeFunctions() });
  try {
    const workflow = await worker.load(SCORED);
    expect(workflow.identity).toBe(identity);
    const run = await worker.start(workflow, { amount: 7, name: "Big Deal" });
    await worker.send(run.id, "go");
    expect(await run.result).toMatchObject({ label: "big-deal: 14" });
  } finally {
    await worker.close();
  }
});

test("functions that stay in the page are a finding where a workflow in the worker calls them; constants cross", async () => {
  const worker = await connect({ functions: makeFunctions(), constants });
  try {
    const error = await failureOf(worker.load(SCORED));
    expect(error.code).toBe("parse/invalid");
    expect(error.findings.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => "expression/unreachable-function"));
    expect(error.message).toContain("functionsUrl");
    expect(error.findings[0]?.place.line).toBeGreaterThan(1);
    const text = markdown("[*] --> A\nA --> [*]", { name: "b", head: "variables:\n  out: any", actions: "- A: set out = LIMIT" });
    const run = await worker.start(await worker.load(text));
    expect(await run.result).toEqual({ out: 10 });
  } finally {
    await worker.close();
  }
  expect(await codeOf(connect({ constants: { F: { type: "dyn", value: () => 1 } } }))).toBe("expression/invalid-declaration");
});

test("modules and options that cannot be are refused at once", async () => {
  const refusal = (options: EngineOptions) => codeOf(joinEngine({ store: "memory", ...options }));
  expect(await refusal({ functionsUrl: moduleOf("export const x = 1;") })).toBe("engine/functions-unavailable");
  expect(await refusal({ functionsUrl: moduleOf("throw new Error('no')") })).toBe("engine/functions-unavailable");
  expect(await refusal({ functionsUrl: moduleOf("export const functions = 5;") })).toBe("engine/invalid-option");
  expect(await refusal({ functionsUrl: "file:///nowhere/at-all.mjs" })).toBe("engine/functions-unavailable");
  expect(await refusal({ functionsUrl: "not an address" })).toBe("engine/invalid-option");
  expect(await refusal({ functions: [] as unknown as CustomFunctions })).toBe("engine/invalid-option");
  expect(await refusal({ functions: { "price(double)": () => 1 } })).toBe("expression/invalid-declaration");
  expect(await refusal({ functionsUrl: moduleOf('export const functions = { "f() -> int": 1 };') })).toBe("expression/invalid-declaration");
});
