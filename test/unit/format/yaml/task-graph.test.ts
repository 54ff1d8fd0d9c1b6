// Task graphs in YAML: what a text in the language becomes.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../../src/doors/format.js";
import { readWell, show, taskOf, waysOf } from "./reading.js";

describe("what is read as a task graph", () => {
  test.each([
    ["millrace: 1\ntasks: {a: }", "yaml"],
    ["# a comment\n\n---\nmillrace: 1\ntasks: {a: }", "yaml"],
    ["name: x\nmillrace: 1\ntasks: {a: }", "yaml"],
    ['{"millrace": 1, "tasks": {"a": {}}}', "yaml"],
    ["{\n  millrace: 1, tasks: {a: }}", "yaml"],
    ["stateDiagram-v2\n[*] --> A\n", "mermaid"],
    ["---\nmillrace: 1\n---\nstateDiagram-v2\n[*] --> A\n", "mermaid"],
    ["---\nmillrace: 1\n---\n```mermaid\nstateDiagram-v2\n[*] --> A\n```\n", "mermaid"],
  ])("%s", (text, format) => {
    const { definition, findings } = parseWorkflow(text);
    expect([definition.format, findings]).toEqual([format, []]);
  });

  test("prose that names the key in the middle is no task graph", () => {
    expect(parseWorkflow("Once upon a time\nmillrace: 1\n").findings.map(({ code }) => code)).toEqual(["parse/no-diagram"]);
  });
});

test("a whole workflow", () => {
  const definition = readWell(
    "name: refund",
    "description: Pays back",
    "input:",
    "  order: string",
    "  amount: {type: number, default: 25}",
    "vars:",
    "  total: '{{ input.amount * 1.19 }}'",
    "output: {receipt: '{{ vars.receipt }}', by: '{{ workflow.name }}'}",
    "on_failure: finish",
    "timeout: 1h",
    "tasks:",
    "  pay:",
    "    description: Pays",
    "    action: bank.pay",
    "    input: {to: '{{ input.order }}', note: 'Order {{ input.order }}', fee: 0, key: '{{ secrets.bank }}'}",
    "    next:",
    "      - publish: {receipt: '{{ result.id }}'}",
    "        do: [tell, log]",
    "      - when: failed",
    "        do: fail",
    "  tell: {action: mail}",
    "  log: {action: pass, input: ['{{ tasks.pay.result.id }}', x]}",
  );
  expect(definition).toMatchObject({ format: "yaml", name: "refund", description: "Pays back", invariants: [], direction: "TB" });
  expect(definition.parameters).toMatchObject([{ name: "order", type: "string", isRequired: true }, { name: "amount", type: "number", isRequired: false, default: 25 }]);
  expect(definition.variables.map(({ name, type, initialValue }) => [name, type, show(initialValue)])).toEqual([["total", "any", "=input.amount * 1.19"], ["receipt", "any", undefined]]);
  expect(definition.taskGraph).toMatchObject({ onFailure: "finish", timeout: { value: 3_600_000 } });
  expect(show(definition.taskGraph?.output)).toEqual({ receipt: "=vars.receipt", by: "=workflow.name" });
  expect(definition.states.map(({ id, kind, parent }) => `${id}:${kind}:${parent}`)).toEqual(["pay:task:-1", "tell:task:-1", "log:task:-1", "fail:task:-1"]);
  expect(definition.states[0]?.descriptions).toEqual(["pay", "Pays"]);
  expect(waysOf(definition)).toEqual(["pay>tell#0 success {receipt}", "pay>log#0 success {receipt}", "pay>fail#1 failure"]);
  const { action } = taskOf(definition, "pay");
  expect(action).toMatchObject({ kind: "call", task: "bank.pay" });
  expect("input" in action && show(action.input)).toEqual({ to: "=input.order", note: ["~", "Order ", "=input.order"], fee: 0, key: "=secrets.bank" });
  const log = taskOf(definition, "log").action;
  expect(log.kind === "value" && show(log.value)).toEqual(["=tasks.pay.result.id", "x"]);
});

test("tasks stand in a map or in a list by name", () => {
  const map = readWell("tasks:", "  a: {next: b}", "  b: {action: pass, input: 1}");
  const list = readWell("tasks:", "  - {name: a, next: b}", "  - {name: b, action: pass, input: 1}");
  expect(list.states.map(({ id }) => id)).toEqual(map.states.map(({ id }) => id));
  expect(waysOf(list)).toEqual(waysOf(map));
});

describe("actions", () => {
  test.each([
    ["{}", { kind: "value", value: { value: null } }],
    ["{action: noop}", { kind: "value", value: { value: null } }],
    ["{action: pass, input: {a: [1, true]}}", { kind: "value", value: { kind: "literal", value: { a: [1, true] } } }],
    ["{action: wait, duration: 2}", { kind: "wait", duration: { value: 2_000 } }],
    ["{action: wait, duration: 1h30m}", { kind: "wait", duration: { value: 5_400_000 } }],
    ["{action: await, event: approve}", { kind: "await", event: "approve" }],
    ["{action: await, event: e, message: 'Yes, {{ input }}?', deadline: 3d}", { message: { kind: "template" }, deadline: { value: 259_200_000 } }],
    ["{action: await, event: e, form: [note]}", { form: [{ name: "note", type: "any", isRequired: true }] }],
    ["{action: await, event: e, form: {ok: {type: bool, label: Consent}}}", { form: [{ name: "ok", type: "bool", isRequired: true, label: "Consent" }] }],
    ["{action: await, event: e, deadline: 1h, form: {ok: bool, note: {default: none}}, default: {ok: false}}", { default: { kind: "map", entries: [{ key: "ok", value: { value: false } }, { key: "note", value: { value: "none" } }] } }],
    ["{action: await, event: e, deadline: 1h, default: null}", { default: { kind: "literal", value: null } }],
    ["{action: fail}", { kind: "fail", message: { value: 'task "t" failed' } }],
    ["{action: fail, message: 'no {{ 1 }}'}", { kind: "fail", message: { kind: "template" } }],
    ["{workflow: refund, input: {a: 1}}", { kind: "workflow", workflow: "refund", input: { value: { a: 1 } } }],
    ["{workflow: refund}", { kind: "workflow", input: { value: {} } }],
    ["{action: mail.send}", { kind: "call", task: "mail.send", input: { value: {} } }],
    ["{action: mail, input: '{{ input }}'}", { kind: "call", task: "mail", input: { expression: { text: "input" } } }],
    ["{action: '{{ input }}'}", { kind: "call", task: "", taskName: { expression: { text: "input" } } }],
  ])("%s", (text, action) => {
    expect(taskOf(readWell(`tasks: {t: ${text}}`), "t").action).toMatchObject(action);
  });

  test("an event that a task awaits is an event of the workflow", () => {
    expect(readWell("tasks: {a: {action: await, event: go, next: b}, b: {action: await, event: go}}").events).toMatchObject([{ name: "go", isDeclared: false }]);
  });
});

describe("items", () => {
  test.each([
    ["with: input.xs", { lists: [{ value: { expression: { text: "input.xs" } } }], combination: "zip", onFailure: "abort" }],
    ["with: '{{ input.xs }}'", { lists: [{ value: { expression: { text: "input.xs" } } }] }],
    ["with-items: [1, 2]", { lists: [{ value: { kind: "literal", value: [1, 2] } }] }],
    ["with: ['{{ input.xs }}', 2]", { lists: [{ value: { kind: "list" } }] }],
    ["with: {items: input.xs, concurrency: 5, batch_size: 2, on_failure: continue}", { concurrency: { value: 5 }, batchSize: { value: 2 }, onFailure: "continue" }],
    ["with: {items: input.xs, concurrency: '{{ input.n }}'}", { concurrency: { expression: { text: "input.n" } } }],
    ["with: {items: {host: input.xs, port: [80, 443]}, combine: cross}", { lists: [{ name: "host" }, { name: "port", value: { value: [80, 443] } }], combination: "cross" }],
  ])("%s", (text, items) => {
    expect(taskOf(readWell("input: {xs: list, n: 1}", `tasks: {t: {action: a, ${text}}}`), "t").items).toMatchObject(items);
  });

  test("the action sees the item", () => {
    const definition = readWell("tasks: {t: {action: ping, with: {items: {host: [a], port: [1]}}, input: {to: '{{ item.host }}:{{ item.port }}', n: '{{ index }}'}}}");
    const { action } = taskOf(definition, "t");
    expect("input" in action && show(action.input)).toEqual({ to: ["~", "=item.host", ":", "=item.port"], n: "=index" });
  });
});

describe("how a task is done", () => {
  test.each([
    ["retry: 3", { retry: { count: { value: 3 }, backoff: "constant", jitter: 0 } }],
    ["retry: {count: 3, delay: 1, backoff: exponential, max_delay: 1m, jitter: 0.5, when: 'error.code == \"x\" && attempt < 3'}", { retry: { delay: { value: 1_000 }, backoff: "exponential", delayMax: { value: 60_000 }, jitter: 0.5, when: { text: 'error.code == "x" && attempt < 3' } } }],
    ["delay: 0.5", { delay: { value: 500 } }],
    ["timeout: 500ms", { timeout: { value: 500 } }],
    ["if: input.n > 1", { condition: { text: "input.n > 1" } }],
    ["if: false", { condition: { text: "false" } }],
    ["if: '{{ input.n > 1 }}'", { condition: { text: "input.n > 1" } }],
  ])("%s", (text, task) => {
    expect(taskOf(readWell("input: {n: 1}", `tasks: {t: {action: a, ${text}}}`), "t")).toMatchObject(task);
  });

  test("joins and merges", () => {
    const definition = readWell("tasks: {a: {next: c}, b: {next: c}, c: {join: all, merge: last, next: d}, d: {join: 1}}");
    expect([taskOf(definition, "c"), taskOf(definition, "d")]).toMatchObject([{ join: "all", merge: "last" }, { join: 1 }]);
  });

  test("an expression of a duration gives the kernel a duration or milliseconds", () => {
    const { delay } = taskOf(readWell("input: {n: 1}", "tasks:", "  t:", "    delay: '{{ input.n }}'"), "t");
    expect(show(delay)).toMatch(/^=\[dyn\(input\.n\)\]\.map\(d, type\(d\) == google\.protobuf\.Duration \? .* : double\(d\) \* 1000\.0\)\[0\]$/);
    expect(delay?.kind === "expression" && delay.expression.written).toBe("input.n");
    expect(delay?.kind === "expression" && delay.expression.place).toMatchObject({ line: 5, column: 11 });
  });
});

describe("what follows", () => {
  test.each([
    ["next: b", ["a>b#0 success"]],
    ["next: [b, c]", ["a>b#0 success", "a>c#1 success"]],
    ["next: {do: [b, c]}", ["a>b#0 success", "a>c#0 success"]],
    ["next: [{when: succeeded, do: b}, {when: failed, do: c}, {when: completed, do: b}]", ["a>b#0 success", "a>c#1 failure", "a>b#2 always"]],
    ["next: [{when: result.ok, do: b}]", ["a>b#0 always [result.ok]"]],
    ["next: [{when: '{{ succeeded && result > 1 }}', publish: {x: 1, y: '{{ result }}'}, do: b}]", ["a>b#0 always [succeeded && result > 1] {x,y}"]],
    ["next: [{publish: [{x: 1}, {y: '{{ vars.x }}'}]}]", ["a>-#0 success {x,y}"]],
    ["next: [{when: failed, do: retry}]", ["a>retry a#0 failure"]],
    ["next: [{do: continue}, {when: failed, do: [noop, b]}, {do: noop}]", ["a>continue#0 success", "a>noop#1 failure", "a>b#1 failure", "a>noop#2 success"]],
    ["depends_on: b", ["b>a#0 success"]],
    ["depends_on: [b, c], next: d", ["a>d#0 success", "b>a#0 success", "c>a#0 success"]],
    ["switch: 1 + 1, cases: {2: b, x: [c, d]}, default: noop", ['a>b#0 always [succeeded && result == 2]', 'a>c#1 always [succeeded && result == "x"]', 'a>d#1 always [succeeded && result == "x"]', 'a>noop#2 always [succeeded && !(result in [2,"x"])]'.replace("[2,", "[2, ")]],
  ])("%s", (text, ways) => {
    expect(waysOf(readWell("tasks:", `  a: {${text}}`, "  b:", "  c:", "  d:"))).toEqual(ways);
  });

  test("dependencies join, and an upstream task keeps what follows it", () => {
    const definition = readWell("tasks: {a: {next: c}, b: {depends_on: a}, c: {depends_on: [a, b]}, d: {depends_on: [b, c], join: 1}}");
    expect(waysOf(definition)).toEqual(["a>c#0 success", "a>b#1 success", "a>c#2 success", "b>c#0 success", "b>d#1 success", "c>d#0 success"]);
    expect(["b", "c", "d"].map((id) => taskOf(definition, id).join)).toEqual(["all", "all", 1]);
  });

  test.each([
    ["on_error: b", ["a>b#0 failure"]],
    ["on_error: {publish: {why: '{{ error.message }}'}, do: [b, c]}", ["a>b#0 failure {why}", "a>c#0 failure {why}"]],
    ["next: b, on_error: c", ["a>b#0 success", "a>c#1 failure"]],
    ["next: [{when: failed, do: b}], on_error: c", ["a>b#0 failure"]],
    ["next: [{when: failed && attempt < 3, do: retry}, {when: result > 1, do: b}], on_error: c", ["a>retry a#0 always [failed && attempt < 3]", "a>b#1 always [result > 1]", "a>c#2 failure [!(failed && attempt < 3) && !(result > 1)]"]],
  ])("%s", (text, ways) => {
    expect(waysOf(readWell("tasks:", `  a: {${text}}`, "  b:", "  c:"))).toEqual(ways);
  });

  test("the workflow's handler takes what no task takes, save its own failures", () => {
    const definition = readWell("on_error: clean", "tasks: {a: {next: b}, b: {on_error: own}, own: , clean: {next: tell}, tell: {next: last}, last: , late: {depends_on: last}}");
    expect(waysOf(definition).filter((way) => way.includes("failure"))).toEqual(["a>clean#1 failure", "b>own#0 failure", "own>clean#0 failure"]);
  });

  test("commands are tasks of their own, made once", () => {
    const { states } = readWell("tasks: {a: {next: [noop, fail]}, b: {next: [noop]}}");
    expect(states.map(({ id, task }) => `${id}:${task?.action.kind}`)).toEqual(["a:value", "b:value", "noop:value", "fail:fail"]);
  });
});

describe("declarations", () => {
  test("of inputs", () => {
    const { parameters } = readWell("input:", "  - a", "  - b: integer", "  - c: 3", "  - {name: d, type: string, choices: [x, y], default: x, description: D}", "  - e: {required: false}", "tasks: {t: }");
    expect(parameters).toMatchObject([
      { name: "a", type: "any", isRequired: true },
      { name: "b", type: "int", isRequired: true },
      { name: "c", type: "number", isRequired: false, default: 3 },
      { name: "d", type: "string", isRequired: false, default: "x", choices: ["x", "y"], description: "D" },
      { name: "e", type: "any", isRequired: false },
    ]);
  });

  test("of variables", () => {
    const { variables } = readWell("vars:", "  a: 0", "  b: map", "  c: hello", "  d: {type: list, initial: [], description: D}", "  e: 'x {{ vars.a }}'", "  f:", "  g: null", "  h: [1]", "tasks: {t: }");
    expect(variables.map(({ name, type, initial, initialValue }) => [name, type, initial, show(initialValue)])).toEqual([
      ["a", "number", 0, undefined],
      ["b", "map", undefined, undefined],
      ["c", "string", "hello", undefined],
      ["d", "list", [], undefined],
      ["e", "any", undefined, ["~", "x ", "=vars.a"]],
      ["f", "any", undefined, undefined],
      ["g", "any", null, undefined],
      ["h", "list", [1], undefined],
    ]);
  });
});

describe("texts", () => {
  test.each([
    ["'{{ input.a }}'", "=input.a"],
    ['"{{ input.a }}"', "=input.a"],
    ["'{{ {\"k\": {\"i\": 1}}.k }}'", '={"k": {"i": 1}}.k'],
    ["a {{ 1 }} b", ["~", "a ", "=1", " b"]],
    ["'\\{{ x }}'", "{{ x }}"],
    ["['\\{{ x }}']", ["{{ x }}"]],
    ["${HOME}", "${HOME}"],
    ["|\n      one {{ input.a }}\n      two\n", ["~", "one ", "=input.a", "\ntwo\n"]],
    [">-\n      {{ input.a }}\n", "=input.a"],
  ])("%s", (text, value) => {
    const definition = readWell("input: [a]", "tasks:", "  t:", "    action: pass", `    input: ${text}`);
    const { action } = taskOf(definition, "t");
    expect(action.kind === "value" && show(action.value)).toEqual(value);
  });

  test("an expression knows its place, however its text is written", () => {
    for (const text of ["'{{ input.a }}'", '"\\t{{ input.a }}"', "|\n      x\n      y {{ input.a }}\n", ">\n      x\n\n      {{ input.a }}\n"]) {
      const source = `millrace: 1\ninput: [a]\ntasks:\n  t:\n    action: pass\n    input: ${text}`;
      const value = parseWorkflow(source).definition.states[0]?.task?.action;
      const parts = value?.kind === "value" ? (value.value.kind === "expression" ? [value.value.expression] : value.value.kind === "template" ? value.value.parts : []) : [];
      const [place] = parts.flatMap((part) => (typeof part === "string" ? [] : [part.place]));
      expect(source.slice(place?.start, place?.end)).toBe("input.a");
    }
  });

  test("anchors and merge keys are followed", () => {
    const definition = readWell("tasks:", "  a: &base {action: ping, retry: 2, input: &in {x: 1}}", "  b: {<<: *base, timeout: 5}", "  c: {<<: [{action: pong}, *base], input: *in}");
    expect(taskOf(definition, "b")).toMatchObject({ action: { task: "ping" }, retry: { count: { value: 2 } }, timeout: { value: 5_000 } });
    expect(taskOf(definition, "c")).toMatchObject({ action: { task: "pong", input: { value: { x: 1 } } }, retry: {} });
  });
});
