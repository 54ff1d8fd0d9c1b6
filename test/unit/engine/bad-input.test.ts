import { afterEach, expect, test } from "vitest";
import { checkInput } from "../../../src/engine/input-check.js";
import type { ParameterDefinition, TypeName } from "../../../src/model/definition.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { type Bench, codeOf, markdown, openBench } from "./harness.js";

const place = { start: 0, end: 0, line: 1, column: 1 };
const TYPED = markdown("[*] --> A\nA --> [*]: go", {
  name: "typed",
  head: "events: [go]\nparameters:\n  - { name: amount, type: number, required: true }\n  - { name: level, type: string, default: low, choices: [low, high] }",
});

let bench: Bench | undefined;
afterEach(() => bench?.engine.close());

function parameter(name: string, type: TypeName, rest: Partial<ParameterDefinition> = {}): ParameterDefinition {
  return { name, type, isRequired: false, place, ...rest };
}

function problemsOf(parameters: readonly ParameterDefinition[], input: unknown): unknown {
  try {
    checkInput("w", parameters, input);
  } catch (error) {
    if (error instanceof WorkflowError) return [error.code, error.details["path"], (error.details["problems"] as unknown[]).length];
    throw error;
  }
  return undefined;
}

test("defaults are filled in and unknown keys kept", () => {
  expect(checkInput("w", [parameter("a", "int", { default: 3 }), parameter("b", "string")], { extra: true })).toEqual({ a: 3, extra: true });
  expect(checkInput("w", [], undefined)).toEqual({});
  expect(checkInput("w", [], null)).toEqual({});
});

test("every problem is told, the first with its path", () => {
  const parameters = [parameter("a", "int", { isRequired: true }), parameter("b", "string", { choices: ["x", "y"] }), parameter("c", "list")];
  expect(problemsOf(parameters, { b: "z", c: {} })).toEqual(["run/invalid-input", "a", 3]);
  expect(problemsOf(parameters, [1])).toEqual(["run/invalid-input", "input", 1]);
  expect(problemsOf(parameters, { a: 1, b: "y", c: [] })).toBeUndefined();
});

test.each<[TypeName, unknown, unknown]>([
  ["bool", true, 1],
  ["int", 3, 3.5],
  ["int", 3n, "3"],
  ["uint", 3, -1],
  ["number", 1.5, "1.5"],
  ["string", "a", 1],
  ["bytes", new Uint8Array(1), "a"],
  ["list", [], {}],
  ["map", {}, []],
  ["map", new Map([["a", 1]]), new Set(["a"])],
  ["int", -(2 ** 63) + 1024, 2 ** 63],
  ["uint", 2 ** 63, 2 ** 64],
  ["timestamp", new Date(0), "yesterday"],
  ["timestamp", "2026-11-20T08:00:00Z", "2026-11-20"],
  ["timestamp", "2026-11-20T08:00:00.5+01:00", "Jan 5 2026"],
  ["duration", "1h30m", "3d"],
  ["duration", "-1.5s", null],
  ["duration", "0", {}],
])("%s takes %s and refuses %s", (type, good, bad) => {
  expect(problemsOf([parameter("p", type)], { p: good })).toBeUndefined();
  expect(problemsOf([parameter("p", type)], { p: bad })).toEqual(["run/invalid-input", "p", 1]);
});

test.each<[string, unknown]>([
  ["a map", new Map([["a", 1]])],
  ["a set", new Set(["a"])],
  ["a promise", Promise.resolve({ a: 1 })],
  ["bytes", new Uint8Array(2)],
  ["a function", () => 1],
  ["an object that throws when it is read", { get a() { throw new Error("no"); } }],
])("an input that is %s is refused, not emptied", (_name, input) => {
  expect(problemsOf([], input)).toEqual(["run/invalid-input", "input", 1]);
});

test("what every object inherits is not in the input", () => {
  expect(problemsOf([parameter("toString", "any", { isRequired: true })], {})).toEqual(["run/invalid-input", "toString", 1]);
  expect(problemsOf([parameter("constructor", "string")], {})).toBeUndefined();
});

test("a long text that is no duration is refused in linear time", () => {
  expect(problemsOf([parameter("p", "duration")], { p: "1".repeat(1_000_000) })).toEqual(["run/invalid-input", "p", 1]);
});

test.each([5, null, "a\ud800"])("%s is no run id", async (runId) => {
  bench = await openBench();
  const workflow = await bench.engine.load(TYPED);
  expect(await codeOf(bench.engine.start(workflow, { amount: 1 }, { runId: runId as string }))).toBe("run/invalid-id");
});

test("a refused start leaves the engine and other runs alone", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(TYPED);
  const run = await bench.engine.start(workflow, { amount: 1 });
  expect(await codeOf(bench.engine.start(workflow, { amount: "much" }))).toBe("run/invalid-input");
  expect(await codeOf(bench.engine.start(workflow))).toBe("run/invalid-input");
  expect(await codeOf(bench.engine.start(workflow, { amount: 1, level: "middle" }))).toBe("run/invalid-input");
  expect(await codeOf(bench.engine.startMany(workflow, [{ amount: 1 }, {}]))).toBe("run/invalid-input");
  expect(await bench.engine.runs.count()).toBe(1);
  expect(await run.context()).toMatchObject({ amount: 1, level: "low" });
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  expect(await codeOf(bench.engine.send(run.id, "go", cyclic as never))).toBe("value/unsupported");
  expect((await bench.engine.send(run.id, "go", { note: "fine" })).status).toBe("taken");
});

test("a text with errors does not load, and says where", async () => {
  bench = await openBench();
  try {
    await bench.engine.load(markdown("[*] --> A\nA --> B: x +\nB --> [*]"));
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    expect(error.code).toBe("parse/invalid");
    expect(error.findings[0]?.place.line).toBeGreaterThan(1);
  }
});

test("runs that have not ended cannot be deleted; ended ones can", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(TYPED), { amount: 1 });
  expect(await codeOf(bench.engine.runs.delete(run.id))).toBe("run/not-ended");
  await bench.engine.send(run.id, "go");
  await bench.engine.runs.delete(run.id);
  expect(await codeOf(bench.engine.runs.get(run.id))).toBe("run/unknown");
  const again = await bench.engine.start("typed", { amount: 2 });
  expect(await (await bench.engine.runs.get(again.id)).workflow()).toMatchObject({ name: "typed" });
});
