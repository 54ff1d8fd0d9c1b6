// Tasks of an ended run done again, in a new run.
import { describe, expect, test } from "vitest";
import type { Run, RunEvent } from "../../../src/model/engine.js";
import { type Bench, openBench } from "./harness.js";

/** Handlers that fail while their names are in `broken`; `calls` tells which were called, and with what. */
function makeHandlers() {
  const broken = new Set<string>();
  const calls: string[] = [];
  const handle = async (input: unknown): Promise<unknown> => {
    const name = String((input as { name?: unknown }).name ?? input);
    calls.push(name);
    if (broken.has(name)) throw new Error(`${name} is broken`);
    return `${name}!`;
  };
  const take = () => calls.splice(0).sort().join(" ");
  return { broken, take, tasks: { work: handle } };
}

async function failed(bench: Bench, text: string, input = {}): Promise<Run> {
  const workflow = await bench.engine.load(text);
  const run = await bench.engine.start(workflow, input);
  await expect(run.result).rejects.toThrow();
  return run;
}

const CHAIN = `millrace: 1
input: [x]
vars: {seen: []}
tasks:
  a: {action: work, input: {name: a}, next: [{publish: {seen: "{{ vars.seen + [result] }}"}, do: [b, c]}]}
  b: {action: work, input: {name: b}, next: d}
  c: {action: work, input: {name: c}, next: [{publish: {late: "{{ result + string(input.x) }}"}, do: d}]}
  d: {join: all, action: work, input: {name: d}, next: [{publish: {seen: "{{ vars.seen + [result] }}"}}]}
output: ["{{ vars.seen }}", "{{ vars.late }}"]
`;

describe.each(["relaxed", "none"] as const)("a rerun, durability %s", (durability) => {
  test("does again what failed, and nothing else", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("d");
    const run = await failed(bench, CHAIN, { x: 7 });
    expect(take()).toBe("a b c d");
    broken.clear();
    const again = await bench.engine.rerun(run.id);
    expect(await again.result).toEqual([["a!", "d!"], "c!7"]);
    expect(take()).toBe("d");
    expect(await again.record()).toMatchObject({ status: "succeeded", rerunOf: run.id });
    const story: RunEvent[] = [];
    for await (const event of again.events()) story.push(event);
    expect(story[0]).toMatchObject({ type: "started", input: { x: 7 } });
    expect(story.filter(({ type }) => type === "taskSucceeded")).toHaveLength(4);
    await bench.engine.close();
  });

  test("from a chosen task on, with what follows it", async () => {
    const { take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    const run = await bench.engine.start(await bench.engine.load(CHAIN), { x: 1 });
    await run.result;
    take();
    const again = await bench.engine.rerun(run.id, { tasks: ["c"], input: { x: 2 } });
    expect(await again.result).toEqual([["a!", "d!"], "c!2"]);
    expect(take()).toBe("c d");
    await bench.engine.close();
  });

  test.each([
    ["keep", "3"],
    ["reset", "1 2 3"],
  ] as const)("items: %s", async (items, calls) => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("3");
    const text = "millrace: 1\ntasks: {t: {with: {items: [1, 2, 3], concurrency: 1}, action: work, input: '{{ item }}'}}\noutput: '{{ tasks.t.result }}'\n";
    const run = await failed(bench, text);
    broken.clear();
    take();
    const again = await bench.engine.rerun(run.id, { items });
    expect(await again.result).toEqual(["1!", "2!", "3!"]);
    expect(take()).toBe(calls);
    await bench.engine.close();
  });

  test("a failure that was taken stays one, with its attempts and delays, which take no time", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("a");
    broken.add("b");
    const text = `millrace: 1
tasks:
  a: {action: work, input: {name: a}, retry: {count: 2, delay: 1h}, next: [{when: failed, publish: {why: "{{ error.message }}"}, do: w}]}
  w: {action: wait, duration: 2d, next: b}
  b: {action: work, input: {name: b}}
output: "{{ vars.why }}"
`;
    const run = await bench.engine.start(await bench.engine.load(text));
    const end = run.result.catch((error: Error) => error.message);
    for (let hour = 0; hour < 60; hour += 1) await bench.clock.advance(3_600_000);
    expect(await end).toBe("b is broken");
    expect(take()).toBe("a a a b");
    broken.clear();
    const again = await bench.engine.rerun(run.id);
    expect(await again.result).toBe("a is broken");
    expect(take()).toBe("b");
    await bench.engine.close();
  });

  test("events that were taken are taken again; what awaits one after the chosen task waits anew", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    const text = `millrace: 1
tasks:
  ask: {action: await, event: go, next: [{publish: {first: "{{ result }}"}, do: a}]}
  a: {action: work, input: {name: a}, next: sure}
  sure: {action: await, event: go, next: [{publish: {second: "{{ result }}"}, do: b}]}
  b: {action: work, input: {name: b}}
output: ["{{ vars.first }}", "{{ vars.second }}"]
`;
    broken.add("b");
    const run = await bench.engine.start(await bench.engine.load(text));
    await bench.engine.send(run.id, "go", 1);
    await bench.clock.advance(0);
    await bench.engine.send(run.id, "go", 2);
    await expect(run.result).rejects.toThrow("b is broken");
    broken.clear();
    take();
    expect(await (await bench.engine.rerun(run.id)).result).toEqual([1, 2]);
    const again = await bench.engine.rerun(run.id, { tasks: ["a"] });
    await bench.clock.advance(0);
    expect(await again.states()).toEqual(["sure"]);
    await bench.engine.send(again.id, "go", 3);
    expect(await again.result).toEqual([1, 3]);
    expect(take()).toBe("a b b");
    await bench.engine.close();
  });

  test.each([
    ["deadline: 1h", "answer"],
    ["deadline: 1h, default: late", "late"],
    ["timeout: 1h", "answer"],
  ])("whoever did not answer in time (%s) is asked again, unless it was said what comes then", async (limit, result) => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("b");
    const text = `millrace: 1\ntasks: {q: {action: await, event: go, ${limit}, next: b}, b: {action: work, input: {name: b}}}\noutput: "{{ tasks.q.result }}"\n`;
    const run = await bench.engine.start(await bench.engine.load(text));
    const end = run.result.catch(() => undefined);
    await bench.clock.advance(3_600_000);
    await end;
    broken.clear();
    take();
    const again = await bench.engine.rerun(run.id);
    await bench.clock.advance(0);
    if (result === "answer") await bench.engine.send(again.id, "go", "answer");
    expect(await again.result).toBe(result);
    expect(take()).toBe("b");
    await bench.engine.close();
  });

  test("a failure that a scope has taken stays taken", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("a");
    broken.add("b");
    const text = `millrace: 1
scopes: {s: {tasks: [a], catch: [{publish: {why: "{{ error.message }}"}, do: b}]}}
tasks: {a: {action: work, input: {name: a}}, b: {action: work, input: {name: b}}}
output: "{{ vars.why }}"
`;
    const run = await failed(bench, text);
    broken.clear();
    take();
    expect(await (await bench.engine.rerun(run.id)).result).toBe("a is broken");
    expect(take()).toBe("b");
    await bench.engine.close();
  });

  test("in a loop only the last round is done again", async () => {
    const { take, tasks } = makeHandlers();
    let count = 0;
    const bench = await openBench({ tasks: { ...tasks, count: () => { count += 1; if (count === 3) throw new Error("third"); return count; } }, durability });
    const text = `millrace: 1
tasks:
  begin: {next: a}
  a: {action: work, input: {name: a}, next: b}
  b: {action: count, next: [{when: result < 4, publish: {last: "{{ result }}"}, do: a}, {when: result >= 4, publish: {last: "{{ result }}"}}]}
output: "{{ vars.last }}"
`;
    const run = await failed(bench, text);
    expect(take()).toBe("a a a");
    expect(await (await bench.engine.rerun(run.id)).result).toBe(4);
    expect(take()).toBe("");
    await bench.engine.close();
  });

  test("with another text of the workflow", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    broken.add("b");
    const run = await failed(bench, "millrace: 1\nname: w\ntasks: {a: {action: work, input: {name: a}, next: b}, b: {action: work, input: {name: b}}}\noutput: '{{ tasks.b.result }}'\n");
    const mended = await bench.engine.load("millrace: 1\nname: w2\ntasks: {a: {action: work, input: {name: a}, next: c}, c: {action: work, input: {name: c}}}\noutput: '{{ tasks.c.result }}'\n");
    take();
    expect(await (await bench.engine.rerun(run.id, { workflow: mended })).result).toBe("c!");
    expect(take()).toBe("c");
    await bench.engine.close();
  });

  test("a sub-workflow that succeeded is not run again", async () => {
    const { broken, take, tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    await bench.engine.load("millrace: 1\nname: child\ntasks: {c: {action: work, input: {name: c}}}\noutput: '{{ tasks.c.result }}'\n");
    broken.add("b");
    const run = await failed(bench, "millrace: 1\nname: parent\ntasks: {a: {workflow: child, next: b}, b: {action: work, input: {name: b}}}\noutput: '{{ tasks.a.result }}'\n");
    broken.clear();
    take();
    expect(await (await bench.engine.rerun(run.id)).result).toBe("c!");
    expect(take()).toBe("b");
    await bench.engine.close();
  });

  test("is refused where there is nothing to do it with", async () => {
    const { tasks } = makeHandlers();
    const bench = await openBench({ tasks, durability });
    const workflow = await bench.engine.load("millrace: 1\ntasks: {t: {action: wait, duration: 60}}\n");
    const run = await bench.engine.start(workflow);
    await expect(bench.engine.rerun(run.id)).rejects.toMatchObject({ code: "run/not-ended" });
    await bench.engine.cancel(run.id);
    await expect(bench.engine.rerun(run.id, { tasks: ["u"] })).rejects.toMatchObject({ code: "run/unknown-task", details: { task: "u" } });
    await expect(bench.engine.rerun("nobody")).rejects.toMatchObject({ code: "run/unknown" });
    await expect(bench.engine.rerun(run.id, { items: "some" as never })).rejects.toMatchObject({ code: "engine/invalid-argument" });
    const chart = await bench.engine.start(await bench.engine.load("stateDiagram-v2\n[*] --> A\nA --> [*]\n", { name: "chart" }));
    await chart.result;
    await expect(bench.engine.rerun(chart.id)).rejects.toMatchObject({ code: "run/not-rerunnable" });
    // A run that was canceled goes on where it was.
    const again = await bench.engine.rerun(run.id);
    expect(await again.states()).toEqual(["t"]);
    await bench.engine.close();
  });
});

test("a rerun is there after a crash, and goes on", async () => {
  const { broken, take, tasks } = makeHandlers();
  const bench = await openBench({ tasks: { ...tasks, hang: () => new Promise(() => undefined) } });
  broken.add("a");
  const text = "millrace: 1\ntasks: {z: {action: work, input: {name: z}, next: a}, a: {action: work, input: {name: a}, next: h}, h: {action: hang}}\noutput: '{{ tasks.h.result }}'\n";
  const run = await failed(bench, text);
  broken.clear();
  const again = await bench.engine.rerun(run.id);
  await bench.clock.advance(0);
  take();
  const next = await bench.reopen({ tasks: { ...tasks, hang: () => "back" } });
  await next.clock.advance(0);
  const found = await next.engine.runs.get(again.id);
  expect(await found.result).toBe("back");
  expect(await found.record()).toMatchObject({ rerunOf: run.id });
  expect(take()).toBe("");
  await next.engine.close();
});
