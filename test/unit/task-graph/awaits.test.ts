// Tasks that wait for an event: what they say they wait for, until when, and what comes of it when nobody sends it.
import { beforeAll, describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import type { KernelPort } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue } from "../../../src/model/value.js";
import { cel, newKernel, PLACE } from "../kernel/chart.js";
import { beginGraph, type GraphRun, literal } from "./graph.js";

let kernel: KernelPort;
beforeAll(async () => {
  kernel = await newKernel();
});

function compile(...lines: string[]): Program {
  const { definition, findings } = parseWorkflow(["millrace: 1", ...lines, ""].join("\n"));
  expect(findings).toEqual([]);
  const { program, findings: more } = compileWorkflow(definition, "0".repeat(64));
  if (program === undefined) throw new Error(JSON.stringify(more));
  return program;
}

/** `task: message = default`, longest waiting first. */
function awaitsOf(run: GraphRun): string[] {
  const { definition, nodeStates } = run.program;
  return [...kernel.awaits(run.handle, run.now)]
    .sort((a, b) => a.serial - b.serial)
    .map(({ node, message, result }) => {
      const texts = [message && `: ${String(decodeValue(message))}`, result && ` = ${JSON.stringify(decodeValue(result))}`];
      return `${definition.states[nodeStates[node] ?? -1]?.id}${texts.join("")}`;
    });
}

describe.each(["", ", from its snapshot after every step"])("waits%s", (moving) => {
  const begin = (program: Program, input: Record<string, unknown> = {}) => beginGraph(kernel, program, input, moving !== "");

  test("a deadline that passes gives the default, and the task has succeeded", () => {
    const program = compile(
      "input: {amount: number}",
      "tasks:",
      "  ask: {action: await, event: answer, deadline: 3d, default: {ok: '{{ input.amount < 10 }}'}, next: [{publish: {got: '{{ result }}'}}]}",
      "output: ['{{ vars.got }}', '{{ tasks.ask.status }}']",
    );
    const run = begin(program, { amount: 5 });
    expect(run.asked()).toEqual(["ask@259200000"]);
    run.fire("ask@259200000");
    expect(run.ended).toEqual([{ how: "succeeded", value: [{ ok: true }, "succeeded"] }]);
    const answered = begin(program, { amount: 5 });
    expect(answered.send("answer", { ok: 1 })).toBe("taken");
    expect(answered.asked()).toEqual([]);
    expect(answered.ended).toMatchObject([{ value: [{ ok: 1 }, "succeeded"] }]);
  });

  test("without a default that is a failure", () => {
    const run = begin(compile("tasks: {ask: {action: await, event: answer, deadline: 5, next: [{when: failed, do: u}]}, u: {action: u}}"));
    run.fire("ask@5000");
    expect(run.asked()).toEqual(["u"]);
    const other = begin(compile("tasks: {ask: {action: await, event: answer, deadline: 5}}"));
    other.fire("ask@5000");
    expect(other.ended).toMatchObject([{ how: "failed", value: { code: "task/timed-out" } }]);
  });

  test("a default that cannot be computed is a failure of the task", () => {
    const run = begin(compile("input: {m: map}", "tasks: {ask: {action: await, event: answer, deadline: 5, default: '{{ input.m.x }}'}}"), { m: {} });
    expect(awaitsOf(run)).toEqual(["ask"]);
    run.fire("ask@5000");
    expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/action-failed" } }]);
  });

  test("a default counts as a result where a retry asks for another attempt", () => {
    const run = begin(compile("tasks: {ask: {action: await, event: answer, deadline: 5, default: 0, retry: {count: 1, when: 'succeeded && result == 0'}}}", "output: '{{ tasks.ask.result }}'"));
    run.fire("ask@5000");
    expect(run.asked()).toEqual(["ask@5000"]);
    run.fire("ask@5000");
    expect(run.ended).toEqual([{ how: "succeeded", value: 0 }]);
  });

  test.each([
    ["'{{ input.at }}'", new Date(90_061_000), 90_061_000],
    ["'{{ input.at }}'", "1970-01-02T01:01:01Z", 90_061_000],
    ["'{{ timestamp(input.at) + duration(\"1s\") }}'", "1970-01-02T01:01:01Z", 90_062_000],
    ["'{{ input.at }}'", new Date(-5), 0],
    ["1970-01-02T01:01:01Z", null, 90_061_000],
    ["'1970-01-02T01:01:01+01:00'", null, 86_461_000],
    ["1969-01-02T01:01:01Z", null, 0],
  ])("a time: %s of %s", (text, at, ms) => {
    const deadline = begin(compile("input: [at]", `tasks: {t: {action: await, event: e, deadline: ${text}}}`), { at });
    const wait = begin(compile("input: [at]", `tasks: {t: {action: wait, until: ${text}}}`), { at });
    expect([...deadline.open.values()].map(({ due }) => due)).toEqual([Math.max(ms, deadline.now)]);
    expect([...wait.open.values()].map(({ due }) => due)).toEqual([Math.max(ms, wait.now)]);
  });

  test.each([
    ["'{{ input.at }}'", 90, 90_000],
    ["'{{ input.at }}'", "1h30m", 5_400_000],
    ["'{{ duration(input.at) }}'", "1h30m", 5_400_000],
    ["'{{ input.at }}'", "3d", 259_200_000],
    ["'{{ input.at }}'", "1.5d30m", 131_400_000],
    ["36h", null, 129_600_000],
  ])("a length of time: %s of %s", (text, at, ms) => {
    const run = begin(compile("input: [at]", `tasks: {t: {action: await, event: e, deadline: ${text}}}`), { at });
    expect(run.asked()).toEqual([`t@${ms}`]);
  });

  test.each([[true], ["soon"], ["9dd"], ["-1d"], ["99:99"]])("neither: %s", (at) => {
    for (const text of ["action: await, event: e, deadline: '{{ input.at }}'", "action: wait, until: '{{ input.at }}'"]) {
      const run = begin(compile("input: [at]", `tasks: {t: {${text}}}`), { at });
      expect(run.ended).toMatchObject([{ how: "failed", value: { code: "run/action-failed", message: 'The duration "input.at" in state "t" failed' } }]);
    }
  });

  test("what waits says why, as its own branch sees it", () => {
    const program = compile(
      "vars: {name: nobody}",
      "tasks:",
      "  a: {action: a, next: [{publish: {name: Ann}, do: ask}]}",
      "  b: {action: b, next: [{publish: {name: Ben}, do: ask}]}",
      "  ask: {action: await, event: answer, message: 'Yes, {{ vars.name }}?', deadline: 5, default: {by: '{{ vars.name }}'}, next: c}",
      "  c: {action: c, input: '{{ vars.name }}'}",
      "  whole: {action: await, event: other, message: '{{ [vars.name] }}'}",
    );
    const run = begin(program);
    run.succeed("b");
    run.succeed("a");
    expect(awaitsOf(run)).toEqual(['whole: ["nobody"]', 'ask: Yes, Ben? = {"by":"Ben"}', 'ask: Yes, Ann? = {"by":"Ann"}']);
    expect(run.send("answer", 1)).toBe("taken");
    expect(awaitsOf(run)).toEqual(['whole: ["nobody"]', 'ask: Yes, Ann? = {"by":"Ann"}']);
    expect(run.inputOf("c")).toBe("Ben");
  });

  test("nothing waits before its delay and after the end", () => {
    const run = begin(compile("tasks: {t: {action: await, event: e, delay: 1}}"));
    expect(awaitsOf(run)).toEqual([]);
    run.fire("t@1000");
    expect(awaitsOf(run)).toEqual(["t"]);
    run.send("e");
    expect(awaitsOf(run)).toEqual([]);
  });
});

test("without a time nothing is computed", () => {
  const run = beginGraph(kernel, { tasks: { t: { action: { kind: "await", event: "e", message: literal("x"), deadline: literal(5), default: cel("1"), place: PLACE } } } });
  expect(kernel.awaits(run.handle)).toEqual([{ node: 1, event: 0, serial: expect.any(Number) as number, limit: expect.any(Number) as number }]);
  expect(kernel.awaits(run.handle, 0)).toMatchObject([{ message: expect.any(Uint8Array) as Uint8Array, result: expect.any(Uint8Array) as Uint8Array }]);
});

test("a message may take more room than there is yet", () => {
  const run = beginGraph(kernel, { tasks: { t: { action: { kind: "await", event: "e", message: literal("x".repeat(3_000_000)), place: PLACE } } } });
  const [wait] = kernel.awaits(run.handle, 0);
  expect(wait?.message?.length).toBeGreaterThan(3_000_000);
});

test("a damaged snapshot of a run that waits is refused, or is some run's: telling what it waits for and ending its wait harm nobody", () => {
  const program = compile(
    "vars: {n: 1}",
    "tasks:",
    "  ask: {action: await, event: answer, message: '{{ vars.n }}', deadline: 5, default: '{{ vars.n }}', next: c}",
    "  other: {action: await, event: more}",
    "  c: {action: c}",
  );
  const run = beginGraph(kernel, program);
  const bytes = kernel.snapshot(run.handle).slice();
  const limit = [...run.open.keys()][0] ?? 0;
  let restoredCount = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    for (const mask of [0xff, 1, 2]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ mask;
      let handle = 0;
      try {
        handle = kernel.restore(run.loaded, damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: "kernel/bad-snapshot" });
        continue;
      }
      restoredCount += 1;
      expect(kernel.awaits(handle, 0).length).toBeLessThanOrEqual(2);
      kernel.add(handle, EventKind.TIMER, limit, 10_000, 1);
      kernel.add(handle, EventKind.EVENT, 1, 10_000, 1);
      kernel.step();
      kernel.awaits(handle, 0);
      kernel.destroyRun(handle);
    }
  }
  expect(restoredCount).toBeGreaterThan(10);
  expect(awaitsOf(run)).toEqual(["ask: 1 = 1", "other"]);
});

test("asking leaves the run as it was, also where no branch is in hand", () => {
  const program = compile(
    "vars: {x: 0}",
    "tasks:",
    "  ask: {action: await, event: answer, message: '{{ string(vars.x) }}'}",
    "  other: {action: other, next: [{publish: {x: 1}, do: end}]}",
    "  end: {join: all, action: end}",
    "  back: {action: back, next: [{publish: {x: 2}}]}",
  );
  const run = beginGraph(kernel, program, {}, false);
  const look = (): Uint8Array => kernel.snapshot(run.handle).slice();
  for (const task of ["", "back", "other", "end"]) {
    if (task !== "") run.succeed(task);
    const before = look();
    expect(awaitsOf(run)).toEqual(["ask: 0"]);
    expect(look()).toEqual(before);
  }
});
