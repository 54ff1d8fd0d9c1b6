// Texts of task graphs from end to end: read, compiled, run by the engine of this thread.
import { afterEach, describe, expect, test } from "vitest";
import { createEngine } from "../../../src/doors/local.js";
import type { Engine, TaskHandler, Value } from "../../../src/model/engine.js";

let engine: Engine | undefined;

afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function run(text: string, input: Readonly<Record<string, unknown>> = {}, tasks: Readonly<Record<string, TaskHandler>> = {}): Promise<unknown> {
  engine = await createEngine({ tasks });
  const workflow = await engine.load(text);
  return (await engine.start(workflow, input as Value)).result;
}

const double: TaskHandler = (input) => Number(input) * 2;

describe("the language of our own", () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, unknown]>([
    ["templates keep types", "tasks: {t: {action: pass, input: {x: '{{ input.a + 1 }}', y: 'v{{ input.a }}', z: [1, '{{ [input.a] }}']}}}\noutput: '{{ tasks.t.result }}'", { a: 2 }, { x: 3, y: "v2", z: [1, [2]] }],
    ["a handler's result is published", "tasks: {t: {action: double, input: '{{ input.a }}', next: [{publish: {r: '{{ result }}'}, do: u}]}, u: {action: pass, input: '{{ vars.r }}'}}\noutput: {u: '{{ tasks.u.result }}'}", { a: 2 }, { u: 4 }],
    ["each item", "tasks: {t: {action: double, with: {items: input.xs, concurrency: 2}, input: '{{ item + index }}'}}\noutput: '{{ tasks.t.result }}'", { xs: [1, 2, 3] }, [2, 6, 10]],
    ["each with each", "tasks: {t: {action: pass, with: {items: {a: [1, 2], b: [x, y]}, combine: cross}, input: '{{ item.b }}{{ item.a }}'}}\noutput: '{{ tasks.t.result }}'", {}, ["x1", "y1", "x2", "y2"]],
    ["a switch", "tasks: {s: {switch: input.k, cases: {a: x, b: y}, default: x}, x: {action: fail}, y: {action: pass, input: Y}}\noutput: '{{ tasks.y.result }}'", { k: "b" }, "Y"],
    ["a task that is passed over", "tasks: {s: {if: input.n > 1, action: fail}}\noutput: '{{ tasks.s.status }}'", { n: 1 }, "succeeded"],
    ["first values are computed in order", "vars: {a: '{{ input.n * 2 }}', b: '{{ vars.a + 1 }}'}\ntasks: {s: }\noutput: '{{ vars.b }}'", { n: 1 }, 3],
    ["durations of all kinds", "tasks: {a: {action: wait, duration: '{{ input.n / 100 }}', next: b}, b: {action: wait, duration: '{{ \"1ms\" }}', next: c}, c: {action: wait, duration: '{{ duration(\"1ms\") }}', next: d}, d: {action: wait, duration: 0.001}}\noutput: done", { n: 1 }, "done"],
    ["dependencies", "tasks: {a: {action: pass, input: 1}, b: {action: pass, input: 2}, c: {depends_on: [a, b], action: pass, input: '{{ tasks.a.result + tasks.b.result }}'}}\noutput: '{{ tasks.c.result }}'", {}, 3],
    ["a loop", "vars: {n: 0}\ntasks: {s: {next: c}, c: {next: [{when: vars.n < 5, publish: {n: '{{ vars.n + 1 }}'}, do: c}, {when: vars.n >= 5, publish: {done: true}}]}}\noutput: ['{{ vars.n }}', '{{ vars.done }}']", {}, [5, true]],
    ["names that CEL keeps for itself stand behind a dot", "vars: {loop: 1}\ntasks: {import: {action: pass, input: '{{ vars.loop + 1 }}'}}\noutput: '{{ tasks.import.result }}'", {}, 2],
    ["a failure that is taken", "tasks: {s: {action: fail, message: 'no {{ 1 }}', next: [{when: failed, publish: {m: '{{ error.message }}'}, do: continue}]}}\noutput: '{{ vars.m }}'", {}, "no 1"],
    ["a failure that a handler takes", "on_error: {publish: {m: '{{ error.message }}'}, do: clean}\ntasks: {s: {action: fail, message: no, next: [{when: succeeded && result == 1, do: s}]}, clean: {action: pass, input: '{{ vars.m }}'}, b: {next: s}}\noutput: '{{ tasks.clean.result }}'", {}, "no"],
  ])("%s", async (_, text, input, result) => {
    const names = Object.keys(input);
    expect(await run(`millrace: 1\ninput: [${names.join(", ")}]\n${text}\n`, input, { double })).toEqual(result);
  });

  test("a task is tried again", async () => {
    let count = 0;
    const flaky: TaskHandler = () => {
      count += 1;
      if (count < 3) throw new Error("not yet");
      return count;
    };
    expect(await run("millrace: 1\ntasks: {t: {action: flaky, retry: {count: 3, delay: 1ms, backoff: exponential, when: 'attempt < 5 && failed'}}}\noutput: '{{ tasks.t.result }}'\n", {}, { flaky })).toBe(3);
  });

  test.each([
    ["tasks: {s: {action: fail, message: 'x{{ 1 }}'}}", "run/aborted"],
    ["timeout: 10ms\ntasks: {s: {action: wait, duration: 60}}", "run/timed-out"],
    ["tasks: {s: {next: fail}}", "run/aborted"],
  ])("%s", async (text, code) => {
    await expect(run(`millrace: 1\n${text}\n`)).rejects.toMatchObject({ code });
  });
});

describe("Orquesta's dialect", () => {
  test("inputs, defaults and what is published are one namespace", async () => {
    const text = [
      "version: 1.0",
      "input: [name, {greeting: Hello}, {whole: <% ctx().greeting %>!}]",
      "tasks:",
      '  echo: {action: core.echo message="<% ctx().whole %> <% ctx().name %>", next: [{when: <% succeeded() %>, publish: message=<% result() %>}]}',
      "output: [{message: <% ctx().message %>}, {again: <% ctx().message %>}, {status: <% task_status(echo) %>}]",
      "",
    ].join("\n");
    const result = await run(text, { name: "Ann" }, { "core.echo": (input) => (input as { message: string }).message });
    expect(result).toEqual({ message: "Hello! Ann", again: "Hello! Ann", status: "succeeded" });
  });

  test("an output that is put in for its name fails like any other value", async () => {
    const text = "version: 1.0\ntasks: {a: {action: echo}}\noutput: [{x: 123}, {y: <% ctx().x %>}, {z: <% ctx().y.value %>}]\n";
    await expect(run(text, {}, { echo: () => 1 })).rejects.toMatchObject({ code: "run/action-failed" });
  });

  test("items by name", async () => {
    const text = [
      "version: 1.0",
      "input: [xs, ys]",
      "tasks:",
      "  add: {with: {items: 'x, y in <% zip(ctx(xs), ctx(ys)) %>', concurrency: 1}, action: add sum=<% item(x) + item(y) %>, next: [{publish: sums=<% result() %>}]}",
      "output: [{sums: <% ctx().sums %>}]",
      "",
    ].join("\n");
    expect(await run(text, { xs: [1, 2], ys: [3, 4] }, { add: (input) => (input as { sum: number }).sum })).toEqual({ sums: [4, 6] });
  });
});
