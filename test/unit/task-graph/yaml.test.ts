// Texts of task graphs from end to end: read, compiled, run by the engine of this thread.
import { afterEach, describe, expect, test } from "vitest";
import { createEngine } from "../../../src/doors/local.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { Engine, Run, RunEvent, TaskHandler, Value } from "../../../src/model/engine.js";

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
    ["an action that is computed", "tasks: {t: {action: '{{ input.how }}', input: '{{ input.a }}'}}\noutput: '{{ tasks.t.result }}'", { how: "double", a: 2 }, 4],
    ["a computed action for each item", "tasks: {t: {with: [double, same], action: '{{ item }}', input: '{{ index + 1 }}'}}\noutput: '{{ tasks.t.result }}'", {}, [2, 2]],
    ["variables as a whole", "vars: {a: 1, b: map, c: '{{ size(vars) }}'}\ntasks: {t: {next: [{publish: {d: '{{ vars }}'}}]}}\noutput: '{{ vars.d }}'", {}, { a: 1, c: 1 }],
    ["a variable that has no value yet", "vars: {a: map}\ntasks: {t: {next: [{publish: {b: '{{ [has(vars.a), has(vars.b)] }}'}}]}}\noutput: '{{ [vars.b, [has(vars.a), has(vars.b)]] }}'", {}, [[false, false], [false, true]]],
    ["the workflow's name", "name: named\ntasks: {t: }\noutput: '{{ [workflow.name, has(workflow.name)] }}'", {}, ["named", true]],
    ["a failure that is taken", "tasks: {s: {action: fail, message: 'no {{ 1 }}', next: [{when: failed, publish: {m: '{{ error.message }}'}, do: continue}]}}\noutput: '{{ vars.m }}'", {}, "no 1"],
    ["a failure that a handler takes", "on_error: {publish: {m: '{{ error.message }}'}, do: clean}\ntasks: {s: {action: fail, message: no, next: [{when: succeeded && result == 1, do: s}]}, clean: {action: pass, input: '{{ vars.m }}'}, b: {next: s}}\noutput: '{{ tasks.clean.result }}'", {}, "no"],
  ])("%s", async (_, text, input, result) => {
    const names = Object.keys(input);
    expect(await run(`millrace: 1\ninput: [${names.join(", ")}]\n${text}\n`, input, { double, same: (value) => value })).toEqual(result);
  });

  test("a run knows its id", async () => {
    engine = await createEngine({});
    const workflow = await engine.load("millrace: 1\ninput: [n]\ntasks: {t: {action: pass, input: '{{ workflow }}'}}\noutput: ['{{ workflow.id }}', '{{ tasks.t.result.id }}', '{{ input.n }}']\n", { name: "ids" });
    const run = await engine.start(workflow, { n: 1 });
    expect(await run.result).toEqual([run.id, run.id, 1]);
    for await (const event of run.events()) if (event.type === "started") expect(event.input).toEqual({ n: 1 });
    const many = await engine.startMany(workflow, Array.from({ length: 20 }, (_, n) => ({ n })));
    expect(await Promise.all(many.map(({ result }) => result))).toEqual(many.map(({ id }, n) => [id, id, n]));
  });

  test("a computed action is a handler that is registered", async () => {
    const text = "millrace: 1\ninput: [how]\ntasks: {t: {action: '{{ input.how }}'}}\n";
    await expect(run(text, { how: "treble" }, { double })).rejects.toMatchObject({ code: "task/unregistered", details: { task: "treble" } });
    await expect(run(text, { how: 3 }, { double })).rejects.toMatchObject({ code: "task/unregistered", details: { task: "3" } });
  });

  test("a workflow whose handlers are missing is not loaded", async () => {
    await expect(run("millrace: 1\ntasks: {t: {action: double}}\n")).rejects.toMatchObject({ code: "task/unregistered" });
  });

  test("a secret reaches the handler, and nobody else", async () => {
    const inputs: unknown[] = [];
    engine = await createEngine({ tasks: { work: (input) => inputs.push(input) }, secrets: { KEY: "s3cret", LATER: async () => "t0ken" } });
    const input = "{plain: '{{ secrets.KEY }}', list: ['Bearer {{ secrets.LATER }} for {{ input.n }}', 2], trap: '{{ input.trap }}'}";
    const workflow = await engine.load(`millrace: 1\ninput: [n, trap]\ntasks: {t: {action: work, input: ${input}, next: u}, u: {action: work, with: [1, 2], input: '{{ item }}-{{ secrets["KEY"] }}'}}\n`);
    const trap = "{{ secrets.KEY }}";
    const run = await engine.start(workflow, { n: 7, trap });
    await run.result;
    expect(inputs).toEqual([{ plain: "s3cret", list: ["Bearer t0ken for 7", 2], trap }, "1-s3cret", "2-s3cret"]);
    const told: string[] = [];
    for await (const event of run.events()) told.push(JSON.stringify(event));
    expect(told.join()).not.toMatch(/s3cret|t0ken/);
    expect(told.join()).toContain("Bearer {{ secrets.LATER }} for 7");
  });

  test("a secret that is not there fails the task", async () => {
    const text = "millrace: 1\ntasks: {t: {action: double, input: '{{ secrets.NO }}', next: [{when: failed, publish: {e: '{{ error.code }}'}}]}}\noutput: '{{ vars.e }}'\n";
    expect(await run(text, {}, { double })).toBe("task/unknown-secret");
  });

  describe("what can be told of the output of a run", () => {
    const output = "output: {a: '{{ vars.a }}', b: '{{ vars.b }}', c: {d: '{{ tasks.s.result }}'}, e: 1}";

    async function endOf(text: string, act: (run: Run) => Promise<unknown> = async () => undefined): Promise<unknown> {
      engine = await createEngine({});
      const run = await engine.start(await engine.load(`millrace: 1\nvars: {a: 0, b: map}\n${text}\n${output}\n`));
      await act(run);
      let last: RunEvent | undefined;
      for await (const event of run.events()) last = event;
      if (last?.type !== "ended") throw new Error("the run has not ended");
      return [last.status, last.output];
    }

    test("that failed", async () => {
      expect(await endOf("tasks: {s: {action: pass, input: 1, next: [{publish: {a: 2}, do: [t]}]}, t: {action: fail}}")).toEqual(["failed", { a: 2, c: { d: 1 }, e: 1 }]);
    });
    test("that failed while others were under way", async () => {
      const text = "tasks: {s: {next: [{publish: {b: {x: 1}}, do: u}, {do: t}]}, u: {action: wait, duration: 60}, t: {action: fail}}";
      expect(await endOf(text)).toEqual(["failed", { a: 0, b: { x: 1 }, c: { d: null }, e: 1 }]);
    });
    test("that lets end what is under way", async () => {
      const text = "on_failure: finish\ntasks: {s: {next: [{publish: {b: {x: 1}}, do: u}, {do: t}]}, u: {action: wait, duration: 1ms}, t: {action: fail}}";
      expect(await endOf(text)).toEqual(["failed", { a: 0, b: { x: 1 }, c: { d: null }, e: 1 }]);
    });
    test("that was canceled", async () => {
      const text = "tasks: {s: {next: [{publish: {a: 5}, do: u}]}, u: {action: wait, duration: 60}}";
      expect(await endOf(text, (run) => (engine as Engine).cancel(run.id))).toEqual(["canceled", { a: 5, c: { d: null }, e: 1 }]);
    });
    test("whose output fails", async () => {
      expect(await endOf("tasks: {s: }")).toEqual(["failed", { a: 0, c: { d: null }, e: 1 }]);
    });
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

  test("result() of a failed task is what its error has beside code and message", async () => {
    const text = "version: 1.0\ninput: [x]\ntasks: {a: {action: no, next: [{when: <% failed() %>, publish: [r: <% result() %>], do: noop}]}}\noutput: [{r: <% ctx(r) %>}]\n";
    const no = () => Promise.reject(new WorkflowError("task/failed", "no", { details: { stderr: "gone" } }));
    expect(await run(text, {}, { no })).toEqual({ r: { stderr: "gone" } });
  });

  test("less than one item at a time is one", async () => {
    const text = "version: 1.0\ninput: [n]\ntasks: {a: {with: {items: '<% list(1, 2) %>', concurrency: <% ctx(n) %>}, action: echo x=<% item() %>, next: [{publish: [r: <% result() %>]}]}}\noutput: [{r: <% ctx(r) %>}]\n";
    expect(await run(text, { n: 0 }, { echo: (input) => (input as { x: number }).x })).toEqual({ r: [1, 2] });
  });

  test("continue leaves a failure as it is, noop takes it", async () => {
    const text = (command: string) => `version: 1.0\ninput: [x]\ntasks: {a: {action: no, next: [{publish: [m: 1], do: ${command}}]}}\noutput: [{m: <% ctx(m) %>}]\n`;
    const no = () => Promise.reject(new Error("no"));
    await expect(run(text("continue"), {}, { no })).rejects.toMatchObject({ code: "task/failed" });
    expect(await run(text("noop"), {}, { no })).toEqual({ m: 1 });
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
