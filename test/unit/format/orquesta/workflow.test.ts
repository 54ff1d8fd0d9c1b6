// Workflows in Orquesta's dialect: what they become, and what is found in them.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../../src/doors/format.js";
import type { Definition } from "../../../../src/doors/format.js";
import { COMPUTED_SIZE_MAX } from "../../../../src/format/orquesta/output.js";
import { INLINE_SIZE_MAX } from "../../../../src/format/orquesta/inline.js";
import { TERM_DEPTH_MAX } from "../../../../src/format/orquesta/terms.js";
import { LOOP_DEPTH_MAX } from "../../../../src/format/orquesta/values.js";
import { findingsOf, show, taskOf, waysOf } from "../yaml/reading.js";

function dialect(...lines: string[]): string {
  return ["version: 1.0", ...lines, ""].join("\n");
}

function read(...lines: string[]): Definition {
  const { definition, findings } = parseWorkflow(dialect(...lines));
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message, place }) => `${message}\n${place.snippet}`).join("\n"));
  return definition;
}

describe("what is read as the dialect", () => {
  test("version and tasks at the top", () => {
    expect(parseWorkflow("version: 1.0\ntasks:\n  a:\n    action: core.noop\n").definition.taskGraph).toEqual({ onFailure: "finish", hasOneNamespace: true });
  });

  test("without a version it is read where the caller says so", () => {
    const text = "tasks:\n  a:\n    action: core.noop\n";
    expect(parseWorkflow(text).findings.map(({ code, message }) => [code, /millrace: 1/.test(message)])).toEqual([["parse/no-diagram", true]]);
    expect(parseWorkflow(text, { dialect: "orquesta" })).toMatchObject({ findings: [], definition: { states: [{ id: "a" }] } });
    expect(parseWorkflow("millrace: 1\ntasks: {a: {if: true}}", { dialect: "orquesta" }).findings).toEqual([]);
  });
});

test("a whole workflow", () => {
  const definition = read(
    "description: Pays back",
    "input: [order, {amount: 25}, {total: <% ctx().amount + 1 %>}]",
    "vars: [{receipt: null}]",
    "tasks:",
    "  pay:",
    '    action: bank.pay to=<% ctx().order %> note="Order <% ctx(order) %>" fee=0 flags=["a",1]',
    "    retry: {count: 3, delay: 1, when: <% result().code = 503 %>}",
    "    delay: <% ctx().amount %>",
    "    next:",
    "      - when: <% succeeded() %>",
    "        publish: receipt=<% result().id %>",
    "        do: tell, log",
    "      - when: <% failed() %>",
    "        do: [fail]",
    "      - publish: [{x: 1}, {y: <% ctx().x %>}]",
    "  tell: {action: mail, input: {text: Paid}}",
    "  log: ",
    "output: [{receipt: <% ctx().receipt %>}, {again: <% ctx().again2 %>}, {last: <% ctx().again %>}]".replace("ctx().again2", "ctx().total"),
  );
  expect(definition.parameters).toMatchObject([{ name: "order", isRequired: false }, { name: "amount", default: 25 }, { name: "total" }]);
  expect(definition.variables.map(({ name, initial, initialValue }) => [name, initial, show(initialValue)])).toEqual([
    ["order", null, undefined],
    ["amount", 25, undefined],
    ["total", undefined, "=vars.amount + 1"],
    ["receipt", null, undefined],
    ["x", undefined, undefined],
    ["y", undefined, undefined],
  ]);
  const { action, retry, delay } = taskOf(definition, "pay");
  expect(action).toMatchObject({ kind: "call", task: "bank.pay" });
  expect("input" in action && show(action.input)).toMatchObject({ to: "=vars.order", note: ["~", "Order ", expect.stringContaining("vars.order")], fee: 0, flags: ["a", 1] });
  expect(retry).toMatchObject({ count: { value: 3 }, delay: { value: 1_000 }, backoff: "constant", when: { text: `(failed ? error[?"details"].orValue(null) : result).code == 503` } });
  expect(show(delay)).toContain("[dyn(vars.amount)]");
  expect(taskOf(definition, "log").action).toMatchObject({ kind: "value" });
  expect(waysOf(definition)).toEqual(["pay>tell#0 success {receipt}", "pay>log#0 success {receipt}", "pay>fail#1 failure", "pay>continue#2 always {x,y}"]);
  expect(show(definition.taskGraph?.output)).toEqual({ receipt: "=vars.receipt", again: "=vars.total", last: "=vars.total" });
});

describe("items", () => {
  test.each([
    ["<% ctx(xs) %>", [[undefined, "vars.xs"]]],
    ["x in <% ctx(xs) %>", [["x", "vars.xs"]]],
    ["x, y in <% zip(ctx(xs), ctx(ys)) %>", [["x", "vars.xs"], ["y", "vars.ys"]]],
    ["x, y in {{ zip(ctx('xs'), ctx('ys')) }}", [["x", "vars.xs"], ["y", "vars.ys"]]],
    ["x, y in <% ctx().xs %>", [[undefined, 'vars.xs.map(t, {"x": t[0], "y": t[1]})']]],
  ])("%s", (text, lists) => {
    const definition = read("input: [xs, ys]", "tasks:", "  t:", `    with: {items: "${text}", concurrency: 2}`, "    action: a v=<% item() %>");
    const { items } = taskOf(definition, "t");
    expect(items).toMatchObject({ combination: "zip", onFailure: "finish", concurrency: { value: 2 } });
    expect(items?.lists.map(({ name, value }) => [name, value.kind === "expression" && value.expression.text])).toEqual(lists);
  });

  test("may stand without a map, and be named", () => {
    const definition = read("input: [xs]", "tasks:", "  t: {with: x in <% ctx(xs) %>, action: a v=<% item(x) %>}");
    const { action } = taskOf(definition, "t");
    expect("input" in action && show(action.input)).toEqual({ v: "=item.x" });
  });
});

test("an action may be computed, and its input as a whole", () => {
  const { action } = taskOf(read("input: [name, data]", "tasks: {t: {action: <% ctx().name %>, input: <% ctx().data %>}}"), "t");
  expect(action.kind === "call" && [action.task, show(action.taskName), show(action.input)]).toEqual(["", "=vars.name", "=vars.data"]);
});

test("variables that come from outside are known, and need no value", () => {
  const text = "version: 1.0\nvars: [{a: <% ctx().st2.user %>}]\ntasks: {t: {action: x y=<% ctx(st2) %>}}\n";
  expect(parseWorkflow(text).findings).not.toEqual([]);
  const { definition, findings } = parseWorkflow(text, { given: ["st2"] });
  expect(findings).toEqual([]);
  expect(definition.parameters).toMatchObject([{ name: "st2", isRequired: false }]);
});

describe("findings", () => {
  test.each([
    ["version: 2.0\ntasks: {a: {action: x}}", ["parse/invalid-value: 2.0"]],
    ["version: 1.0\ntasks: {}", ["parse/missing-key: tasks"]],
    [dialect("tasks: {a: {actoin: x}}"), ["parse/unknown-key: actoin"]],
    [dialect("tasks: {retry: {action: x}}"), ["parse/invalid-name: retry"]],
    [dialect("tasks: {a: {action: x, next: [{do: b}]}}"), ["parse/unknown-task: b"]],
    [dialect("tasks: {a: {action: x y}}"), ["parse/invalid-value: y"]],
    [dialect("tasks: {a: {action: x, delay: true}}"), ["parse/invalid-value: true"]],
    [dialect("tasks: {a: {action: x, next: [{publish: [b]}]}}"), ["parse/invalid-value: [b]"]],
    [dialect("tasks: {a: {action: x, next: [{publish: b}]}}"), ["parse/invalid-value: b"]],
    [dialect("tasks: {a: {action: x, with: {items: 'b; c in <% list(1) %>'}}}"), ["parse/invalid-value: b; c in <% list(1) %>"]],
    [dialect("tasks: {a: {with: {items: <% list(1) %>}}}"), ["parse/missing-key: with"]],
    [dialect("tasks: {a: {action: x, retry: 1}}"), ["parse/invalid-value: 1"]],
    [dialect("tasks: {a: {action: x b=1, input: {b: 2}}}"), ["parse/duplicate-argument: b"]],
    [dialect("tasks: {a: {action: x, next: [{when: 1}]}}"), ["parse/invalid-value: 1"]],
    [dialect("tasks: {a: {action: x, next: [{when: <% succeeded( %>}]}}"), ["parse/invalid-value: "]],
    [dialect("tasks: {a: {action: x, next: [{when: <% suceeded() %>}]}}"), ["parse/untranslatable: suceeded()"]],
    [dialect("tasks: {a: {action: x b=<% ctx().c %>}}"), ["parse/unknown-name: ctx().c"]],
    [dialect("tasks: {a: {action: x b=<% ctx().__c %>}}"), ["parse/untranslatable: ctx().__c"]],
    [dialect("tasks: {a: {action: x b=<% result() %>}}"), ["parse/unknown-name: result()"]],
    [dialect("input: [c]", "tasks: {a: {action: 'x b=<% ctx().c / 2 %>'}}"), ["parse/untranslatable: ctx().c / 2"]],
    [dialect("input: [c]", "tasks: {a: {action: 'x', input: '<% ctx().c %>{{ ctx().c }}'}}"), ["parse/untranslatable: '<% ctx().c %>{{ ctx().c }}'"]],
    [dialect("input: [c]", "tasks: {a: {action: 'x', input: '{% if ctx().c %}y{% endif %}'}}"), ["parse/untranslatable: if ctx().c", "parse/untranslatable: endif"]],
    [dialect("input: [c]", "tasks: {a: {action: 'x', input: '<% ctx().c'}}"), ["parse/untranslatable: <%"]],
    [dialect("input: [c]", "tasks: {a: {action: x, next: [{when: <% succeeded() and ctx().c %>}]}}"), ["warning parse/inexact: ctx().c"]],
    [dialect("input: [c]", "tasks: {a: {action: x, next: [{when: <% ctx().c %>}]}}"), ["warning parse/inexact: ctx().c"]],
    [dialect("input: [c]", "vars: [{c: 1}]", "tasks: {a: {action: x}}"), ["parse/duplicate-name: c"]],
  ])("%s", (text, findings) => {
    expect(findingsOf(text)).toEqual(findings);
  });

  test("of variables that one of the ways does not publish", () => {
    const tasks = (join: string) => ["tasks:", "  a: {action: x, next: [{publish: {u: 1}, do: c}]}", "  b: {action: x, next: [{publish: {v: 1}, do: c}]}", `  c: {action: y u=<% ctx().u %> v=<% ctx().v %>${join}}`];
    expect(findingsOf(dialect(...tasks("")))).toEqual(["parse/unknown-name: ctx().u", "parse/unknown-name: ctx().v"]);
    expect(findingsOf(dialect(...tasks(", join: all")))).toEqual([]);
  });

  test("of variables in a loop", () => {
    const text = dialect("tasks:", "  a: {action: x, next: [{do: b}]}", "  b: {action: x, next: [{publish: {u: 1}, do: c}]}", "  c: {action: y u=<% ctx().u %>, next: [{do: b}]}");
    expect(findingsOf(text)).toEqual([]);
  });
});

describe("limits", () => {
  test("of parameters in one line", () => {
    expect(findingsOf(dialect(`tasks: {a: {action: x ${"b=1 ".repeat(INLINE_SIZE_MAX / 4)}}}`)).map((finding) => finding.slice(0, 19))).toEqual(["parse/invalid-value"]);
  });

  test("of what outputs put in for each other", () => {
    const long = Array.from({ length: 1_000 }, () => "ctx().c").join(" + ");
    const entries = Array.from({ length: 40 }, (_, index) => `  - {p${index}: <% ctx().o %>}`);
    const { findings } = parseWorkflow(dialect("input: [c]", "tasks: {a: {action: x}}", "output:", `  - {o: <% ${long} %>}`, ...entries));
    expect(findings[0]?.message).toContain(String(COMPUTED_SIZE_MAX));
  });

  test("of brackets within brackets", () => {
    const nested = (levels: number) => parseWorkflow(dialect(`tasks: {a: {action: x, input: '<% ${"(".repeat(levels)}1${")".repeat(levels)} %>'}}`)).findings.map(({ message }) => message);
    expect(nested(TERM_DEPTH_MAX - 1)).toEqual([]);
    expect(nested(TERM_DEPTH_MAX)).toEqual([`The expression nests deeper than ${TERM_DEPTH_MAX} levels`]);
  });

  test("of loops within loops", () => {
    const deep = (levels: number) => findingsOf(dialect("input: [c]", "tasks:", "  a:", "    action: x", `    input: "${"{% for i in ctx().c %}".repeat(levels)}{{ i }}${"{% endfor %}".repeat(levels)}"`));
    expect(deep(LOOP_DEPTH_MAX)).toEqual([]);
    expect(deep(LOOP_DEPTH_MAX + 1)).toHaveLength(2);
  });

  test("no nest of brackets exhausts the stack", () => {
    for (const piece of ["(", "[", "{", "not ", "-", "a.", "a(", "a and ", "<% ", "{{ {", "{% for x in ", '"', "'"]) {
      const text = dialect("tasks:", "  a:", "    action: x", `    input: |`, `      <% ${piece.repeat(60_000 / piece.length)} %>`);
      expect(parseWorkflow(text).findings.length).toBeGreaterThan(0);
    }
  });
});
