// The doors of the pure `transition`: the program on docs/statecharts.md does what it says, arguments are looked at, limits hold. That its
// answers are the engine's is for test/differential/statechart-transition.test.ts.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as door from "../../src/doors/local.js";
import { compileWorkflow, initialTransition, readSnapshot, transition } from "../../src/doors/local.js";
import { TRANSITION_COMMANDS_MAX, TRANSITION_CONTINUES_MAX } from "../../src/engine/limits.js";
import { WorkflowError } from "../../src/model/errors.js";
import type { RunSnapshot, StepEvent } from "../../src/model/transition.js";
import { codeOf, markdown } from "./engine/harness.js";

function codeOfCall(call: () => unknown): string {
  try {
    call();
    return "no error";
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
}

const counting = markdown("[*] --> A\nA --> A : go [n < 3] / set n = n + event\nA --> [*] : stop", { head: "variables:\n  n: { type: int, initial: 0 }" });

test("the program on docs/statecharts.md does what it says", async () => {
  const page = readFileSync(new URL("../../docs/statecharts.md", import.meta.url), "utf8");
  const example = /^(.+); \/\/ => (.+)$/gm;
  const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  const program = programs.find((text) => text.includes("initialTransition")) ?? "";
  const body = program
    .replace(/^import (\{.*\}) from "millrace\/local";$/m, "const $1 = door;")
    .replace(example, (_, code: string, value: string) => `compare(${code}, ${value});`);
  const run = runInThisContext(`(async (door, compare) => {${body}})`) as (from: typeof door, compare: (actual: unknown, expected: unknown) => void) => Promise<void>;
  let count = 0;
  await run(door, (actual, expected) => {
    count += 1;
    expect(actual).toEqual(expected);
  });
  expect(count).toBe(7);
});

test("a snapshot is plain, and the one given stays as it is", async () => {
  const program = await compileWorkflow(counting);
  const [first] = initialTransition(program);
  const [next, commands] = transition(program, Object.freeze(structuredClone(first)), { type: "event", name: "go", payload: 2 });
  expect(commands).toEqual([]);
  expect(JSON.parse(JSON.stringify(next))).toEqual(next);
  expect(readSnapshot(program, first).context).toEqual({ n: 0 });
  expect(readSnapshot(program, next).context).toEqual({ n: 2 });
  expect(transition(program, first, { type: "event", name: "go", payload: 2 })).toEqual([next, []]);
});

test("the next snapshot says what became of the event", async () => {
  const program = await compileWorkflow(counting);
  const [first] = initialTransition(program);
  const outcome = (snapshot: RunSnapshot, event: StepEvent): string => transition(program, snapshot, event)[0].outcome;
  expect(outcome(first, { type: "event", name: "nobody" })).toBe("unknown");
  expect(outcome(first, { type: "timerFired", id: 1 })).toBe("unknown");
  expect(transition(program, first, { type: "event", name: "go", payload: "x" })).toMatchObject([
    { outcome: "taken", status: "failed", states: [] },
    [{ type: "end", status: "failed", error: { code: "run/action-failed", place: { line: 9 } } }],
  ]);
  const [three] = transition(program, first, { type: "event", name: "go", payload: 3 });
  expect(outcome(three, { type: "event", name: "go", payload: 1 })).toBe("ignored");
  const [ended, commands] = transition(program, three, { type: "event", name: "stop" });
  expect(commands).toEqual([{ type: "end", status: "succeeded", output: { n: 3 } }]);
  expect(transition(program, ended, { type: "canceled" })).toEqual([{ ...ended, outcome: "ended" }, []]);
  expect(readSnapshot(program, ended)).toEqual({ context: { n: 3 }, open: [] });
});

test("a run's clock never goes back, and `now` is the event's", async () => {
  const program = await compileWorkflow(markdown("[*] --> A\nA --> A : go / set at = now", { head: "variables:\n  at: { type: timestamp }" }));
  const [first] = initialTransition(program, {}, { now: 5_000 });
  const at = (now?: number): unknown =>
    readSnapshot(program, transition(program, first, { type: "event", name: "go", ...(now !== undefined && { now }) })[0]).context["at"];
  expect([at(), at(1_000), at(9_000)]).toEqual([new Date(5_000), new Date(5_000), new Date(9_000)]);
});

test("a sub-workflow is asked for and answered", async () => {
  const program = await compileWorkflow(markdown("[*] --> A\nA --> [*]", { actions: '- A: run workflow "child" with n=1 result n', head: "variables:\n  n: { type: int }" }));
  const [first, commands] = initialTransition(program, {}, { runId: "top" });
  expect(commands).toEqual([{ type: "startRun", id: 1, workflow: "child", runId: "top~1", input: { n: 1 } }]);
  expect(readSnapshot(program, first).open).toEqual(commands);
  expect(first.status).toBe("running");
  expect(transition(program, first, { type: "canceled" })[1]).toEqual([{ type: "cancelRun", id: 1, runId: "top~1" }, { type: "end", status: "canceled" }]);
  expect(transition(program, first, { type: "taskSucceeded", id: 1, result: 7 })[1]).toEqual([{ type: "end", status: "succeeded", output: { n: 7 } }]);
  expect(transition(program, first, { type: "taskFailed", id: 1, error: { code: "x/y", message: "no" } })[1]).toMatchObject([{ type: "end", status: "failed", error: { code: "x/y" } }]);
});

test("functions of the embedder can be called", async () => {
  const source = markdown("[*] --> A\nA --> A : go / set n = twice(n)", { head: "variables:\n  n: { type: int, initial: 4 }" });
  const program = await compileWorkflow(source, { functions: { "twice(int) -> int": (value: number) => value * 2 } });
  const [next] = transition(program, initialTransition(program)[0], { type: "event", name: "go" });
  expect(readSnapshot(program, next).context).toEqual({ n: 8 });
});

test("a disposed program takes its place again", async () => {
  const program = await compileWorkflow(counting);
  const [first] = initialTransition(program);
  program.dispose();
  program.dispose();
  expect(transition(program, first, { type: "event", name: "stop" })[0].status).toBe("succeeded");
});

describe("what is refused", () => {
  test("a workflow that does not load, and arguments of other types", async () => {
    expect(await codeOf(compileWorkflow("nothing"))).toBe("parse/invalid");
    expect(await codeOf(compileWorkflow(7 as never))).toBe("engine/invalid-argument");
    expect(await codeOf(compileWorkflow(counting, null as never))).toBe("engine/invalid-argument");
    const program = await compileWorkflow(markdown("[*] --> A", { head: "parameters:\n  n: { type: int, required: true }" }));
    expect(codeOfCall(() => initialTransition(program))).toBe("run/invalid-input");
    expect(codeOfCall(() => initialTransition({} as never))).toBe("engine/invalid-argument");
    expect(codeOfCall(() => initialTransition(program, { n: 1 }, { runId: 7 as never }))).toBe("engine/invalid-argument");
    const [snapshot] = initialTransition(program, { n: 1 });
    for (const event of [null, "go", { type: "go" }]) expect(codeOfCall(() => transition(program, snapshot, event as never))).toBe("engine/invalid-argument");
    for (const other of [null, "x", {}, { ...snapshot, state: 1 }])
      expect(codeOfCall(() => transition(program, other as never, { type: "canceled" }))).toBe("engine/invalid-argument");
  });

  test("snapshots of another workflow or version, and damaged ones", async () => {
    const program = await compileWorkflow(counting);
    const [snapshot] = initialTransition(program);
    const code = (changes: Partial<RunSnapshot>): string => codeOfCall(() => transition(program, { ...snapshot, ...changes }, { type: "event", name: "go", payload: 1 }));
    expect(code({})).toBe("no error");
    expect(code({ version: 2 })).toBe("run/version-unsupported");
    expect(code({ identity: "f".repeat(64) })).toBe("run/version-unsupported");
    expect(code({ state: "?" })).toBe("kernel/bad-snapshot");
    expect(code({ state: snapshot.state.slice(0, 40) })).toBe("kernel/bad-snapshot");
    // Whatever is changed in it is refused with a code, or is another run's state.
    for (let at = 0; at < snapshot.state.length; at += 1) {
      const state = `${snapshot.state.slice(0, at)}${snapshot.state[at] === "A" ? "B" : "A"}${snapshot.state.slice(at + 1)}`;
      expect(code({ state })).toMatch(/^(no error|run\/version-unsupported|kernel\/bad-snapshot)$/);
    }
  });

  test("a payload that does not fit the form of the task that waits", async () => {
    const program = await compileWorkflow("millrace: 1\ntasks: {ask: {action: await, event: say, form: {n: int, m: {default: 2}}}}\noutput: '{{ tasks.ask.result }}'\n");
    const [snapshot] = initialTransition(program);
    expect(codeOfCall(() => transition(program, snapshot, { type: "event", name: "say", payload: { n: "1" } }))).toBe("run/invalid-payload");
    const [, commands] = transition(program, snapshot, { type: "event", name: "say", payload: { n: 1 } });
    expect(commands).toEqual([{ type: "end", status: "succeeded", output: { n: 1, m: 2 } }]);
  });

  test("a step without end", async () => {
    const loop = "[*] --> A\nA --> B\nB --> A";
    const head = "variables:\n  n: { type: number, initial: 0 }";
    const silent = await compileWorkflow(markdown(loop, { head, actions: "- A: set n = n + 1" }));
    const loud = await compileWorkflow(markdown(loop, { head, actions: '- A: set n = n + 1\n- B: log "on"' }));
    expect(codeOfCall(() => initialTransition(silent))).toBe("run/step-limit");
    expect(codeOfCall(() => initialTransition(loud))).toBe("run/step-limit");
    expect([TRANSITION_CONTINUES_MAX, TRANSITION_COMMANDS_MAX]).toEqual([250, 100_000]);
    // The next step is none the worse.
    expect(initialTransition(await compileWorkflow(counting))[0].states).toEqual(["A"]);
  });
});
