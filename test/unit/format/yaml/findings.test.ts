// What is wrong with a task graph, and where.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../../src/doors/format.js";
import { FORM_FIELD_COUNT_MAX } from "../../../../src/format/yaml/declarations.js";
import { findNearest } from "../../../../src/format/yaml/keys.js";
import { findingsOf, messagesOf, yaml } from "./reading.js";

function ofTask(text: string): string[] {
  return findingsOf(yaml("input: [n]", "tasks:", `  t: {${text}}`, "  u: {}"));
}

describe("the text", () => {
  test.each([
    ["tasks: {a: ", ["parse/yaml: "]],
    ["tasks: {a: , a: }", ["parse/yaml: a"]],
    ["tasks: {1: , '1': }", ["parse/yaml: '1'", "parse/invalid-name: 1"]],
    ["tasks: {a: {input: .nan, action: x}}", ["parse/yaml: .nan"]],
    ["tasks: {a: {input: *b, action: x}}", ["parse/yaml: *b"]],
    ["tasks: {a: {<<: 1}}", ["parse/yaml: 1"]],
    ["tasks: {a: }\n---\nb: 1", ["parse/yaml: ---"]],
    ["tasks: {a: {[x]: 1}}", ["parse/yaml: [x]"]],
    ["tasks: {a: {input: !foo {x: 1}, action: y}}", ["parse/yaml: !foo"]],
  ])("%s", (text, findings) => {
    const found = findingsOf(yaml(text));
    expect(found.map((each) => each.slice(0, 10))).toEqual(found.map(() => expect.stringMatching(/^parse\//)));
    for (const finding of findings) expect(found.some((each) => each.startsWith(finding))).toBe(true);
  });

  test("findings are told together, in the order of the text", () => {
    expect(findingsOf("millrace: 2\nnmae: x\ntasks:\n  a: {acton: y, next: c}\n  b: {timeout: 0}\n")).toEqual([
      "parse/invalid-value: 2",
      "parse/unknown-key: nmae",
      "parse/unknown-key: acton",
      "parse/unknown-task: c",
      "parse/invalid-value: 0",
    ]);
  });
});

describe("at the top", () => {
  test.each([
    ["", ["parse/missing-key: "]],
    ["tasks:", ["parse/missing-key: tasks"]],
    ["tasks: {}", ["parse/missing-key: tasks"]],
    ["tasks: x", ["parse/invalid-value: x"]],
    ["tasks: [a, [b]]", ["parse/invalid-value: [b]"]],
    ["name: [x]\ntasks: {a: }", ["parse/invalid-value: [x]"]],
    ["on_failure: explode\ntasks: {a: }", ["parse/invalid-value: explode"]],
    ["timeout: soon\ntasks: {a: }", ["parse/invalid-value: soon"]],
    ["on_error: x\ntasks: {a: , b: }", ["parse/unknown-task: x"]],
    ["on_error: {publish: {x: 1}}\ntasks: {a: }", ["parse/missing-key: {publish: {x: 1}}"]],
    ["on_error: {when: failed, do: b}\ntasks: {a: , b: }", ["parse/unknown-key: when"]],
    ["compensate: x\ntasks: {a: }", ["parse/not-supported: compensate"]],
    ["tasks: {a: {action: x, compensate: y}}", ["parse/unknown-key: compensate"]],
    ["tasks: {a: {action: x, undo: y}}", ["parse/invalid-value: y"]],
    ["tasks: {a: {action: x, undo: {input: 1}}}", ["parse/missing-key: {input: 1}"]],
    ["tasks: {a: {action: x, undo: {action: y, next: a}}}", ["parse/unknown-key: next"]],
    ["tasks: {a: {action: x, undo: {action: y, retries: 3}}}", ["parse/unknown-key: retries"]],
    ["tasks: {a: {action: x, undo: {action: noop}}}", ["parse/invalid-value: noop"]],
    ["tasks: {a: {action: x, undo: {action: y, workflow: z}}}", ["parse/conflicting-keys: workflow"]],
    ["tasks: {a: {action: x, undo: {action: y, input: '{{ error }}'}}}", ["parse/unknown-name: error"]],
    ["tasks: {a: {action: x, undo: {action: y, timeout: 0}}}", ["parse/invalid-value: 0"]],
    ["tasks: {a: {action: x, next: [{undo: trap, do: b}]}, b: }\nscopes: {trip: {tasks: [a]}}", ["parse/unknown-task: trap"]],
    ["tasks: {a: {action: x, next: [{undo: all, do: b}]}, b: }", []],
    ["tasks: {a: {action: x, next: [{when: failed, undo: all, do: retry}]}}", ["parse/conflicting-keys: retry"]],
    ["tasks: {a: {action: x}}\nscopes: {all: {tasks: [a]}}", ["parse/invalid-name: all"]],
    ["tasks: {a: {action: x}}\nscopes: {s: {tasks: [a], timeout: soon}}", ["parse/invalid-value: soon"]],
    ["output: '{{ vars.x }}'\ntasks: {a: }", ["parse/unknown-name: vars.x"]],
    ["tasks: {a: , a-b: , retry: , 2x: }", ["parse/invalid-name: a-b", "parse/invalid-name: retry", "parse/invalid-name: 2x"]],
    ["tasks: [a, a]", ["parse/duplicate-name: a"]],
    ["tasks: {a: {next: a}}", ["parse/no-start: a"]],
    ["tasks: {a: , b: {next: c}, c: {next: b}}", ["warning parse/unreachable-state: b", "warning parse/unreachable-state: c"]],
  ])("%s", (text, findings) => {
    expect(findingsOf(yaml(text))).toEqual(findings);
  });
});

describe("declarations", () => {
  test.each([
    ["input: x", ["parse/invalid-value: x"]],
    ["input: [[a]]", ["parse/invalid-value: [a]"]],
    ["input: {a: strng}", ["parse/unknown-type: strng"]],
    ["input: {a: {type: [x]}}", ["parse/unknown-type: [x]"]],
    ["input: {a: {deflt: 1}}", ["parse/unknown-key: deflt"]],
    ["input: {a: {type: int, default: x}}", ["parse/invalid-default: x"]],
    ["input: {a: {default: '{{ input.b }}'}}", ["parse/invalid-default: '{{ input.b }}'"]],
    ["input: {a: {choices: [1], default: 2}}", ["parse/invalid-default: 2"]],
    ["input: {a: {choices: 1}}", ["parse/invalid-value: 1"]],
    ["input: {a: {required: maybe}}", ["parse/invalid-value: maybe"]],
    ["input: [a, a]", ["parse/duplicate-name: a"]],
    ["vars: {a-b: 1}", ["parse/invalid-name: a-b"]],
    ["vars: {a: {host: x}}", ["parse/unknown-key: host"]],
    ["vars: {a: {type: int, initial: x}}", ["parse/invalid-default: x"]],
    ["vars: {a: '{{ tasks.t.result }}'}", ["parse/unknown-name: tasks.t.result"]],
    ["vars: {a: '{{ input.b }}'}", ["parse/unknown-name: input.b"]],
  ])("%s", (text, findings) => {
    expect(findingsOf(yaml(text, "tasks: {t: }"))).toEqual(findings);
  });
});

describe("a task", () => {
  test.each([
    ["actoin: x", ["parse/unknown-key: actoin"]],
    ["catch: u", ["parse/unknown-key: catch"]],
    ["action: x, workflow: y", ["parse/conflicting-keys: workflow"]],
    ["action: a b", ["parse/invalid-value: a b"]],
    ["action: [a]", ["parse/invalid-value: [a]"]],
    ["action: noop, input: 1", ["parse/conflicting-keys: input"]],
    ["action: wait", ["parse/missing-key: wait"]],
    ["action: wait, duration: -1", ["parse/invalid-value: -1"]],
    ["action: wait, duration: true", ["parse/invalid-value: true"]],
    ["action: await", ["parse/missing-key: await"]],
    ["action: await, event: a b", ["parse/invalid-name: a b"]],
    ["action: await, event: 'a{{1}}'", ["parse/not-supported: 'a{{1}}'"]],
    ["action: await, event: e, input: 1", ["parse/conflicting-keys: input"]],
    ["action: await, event: e, form: x", ["parse/invalid-value: x"]],
    ["action: await, event: e, form: {}", ["parse/invalid-value: {}"]],
    ["action: await, event: e, form: {a: strng}", ["parse/unknown-type: strng"]],
    ["action: await, event: e, form: {a: {type: int, lable: A}}", ["parse/unknown-key: lable"]],
    ["action: await, event: e, form: {a: {label: [A]}}", ["parse/invalid-value: [A]"]],
    ["action: await, event: e, form: [a, a]", ["parse/duplicate-name: a"]],
    ["action: await, event: e, form: {a-b: int}", ["parse/invalid-name: a-b"]],
    ["action: await, event: e, form: {a: {type: int, default: x}}", ["parse/invalid-default: x"]],
    ["action: await, event: e, form: {a: {default: '{{ input.n }}'}}", ["parse/invalid-default: '{{ input.n }}'"]],
    ["action: await, event: e, message: [x]", ["parse/invalid-value: [x]"]],
    ["action: await, event: e, message: '{{ input.m }}'", ["parse/unknown-name: input.m"]],
    ["action: await, event: e, deadline: soon", ["parse/invalid-value: soon"]],
    ["action: await, event: e, deadline: 0", ["parse/invalid-value: 0"]],
    ["action: await, event: e, deadline: 2026-12-24", ["parse/invalid-value: 2026-12-24"]],
    ["action: await, event: e, deadline: 3d, timeout: 3d", ["parse/conflicting-keys: timeout"]],
    ["action: await, event: e, deadline: 3d, default: ", ["parse/invalid-value: default"]],
    ["action: await, event: e, default: 1", ["parse/missing-key: default"]],
    ["action: await, event: e, deadline: 3d, default: '{{ input.m }}'", ["parse/unknown-name: input.m"]],
    ["action: await, event: e, deadline: 3d, form: {a: int}, default: 1", ["parse/invalid-default: 1"]],
    ["action: await, event: e, deadline: 3d, form: {a: int}, default: {b: 1}", ["parse/invalid-default: {b: 1}"]],
    ["action: await, event: e, deadline: 3d, form: {a: int}, default: {a: x}", ["parse/invalid-default: x"]],
    ["action: await, event: e, deadline: 3d, form: {a: int, b: string}, default: {a: x, b: '{{ input.n }}'}", ["parse/invalid-default: x"]],
    ["action: await, event: e, deadline: 3d, form: {a: {choices: [p, q]}}, default: {a: r}", ["parse/invalid-default: r"]],
    ["action: await, event: e, deadline: 3d, form: {a: int}, default: null", []],
    ["action: x, form: {a: int}", ["parse/conflicting-keys: form"]],
    ["action: x, deadline: 3d", ["parse/conflicting-keys: deadline"]],
    ["action: x, default: 1", ["parse/conflicting-keys: default"]],
    ["action: wait, until: tomorrow", ["parse/invalid-value: tomorrow"]],
    ["action: wait, until: 5", ["parse/invalid-value: 5"]],
    ["action: wait, until: 2026-12-24T18:00:00", ["parse/invalid-value: 2026-12-24T18:00:00"]],
    ["action: wait, until: 2026-12-24T18:00:00Z, duration: 5", ["parse/conflicting-keys: duration"]],
    ["action: x, until: 2026-12-24T18:00:00Z", ["parse/conflicting-keys: until"]],
    ["action: x, duration: 1", ["parse/conflicting-keys: duration"]],
    ["action: fail, message: [x]", ["parse/invalid-value: [x]"]],
    ["workflow: '{{ input.n }}'", ["parse/not-supported: '{{ input.n }}'"]],
    ["workflow: ", ["parse/missing-key: workflow"]],
    ["retry: -1", ["parse/invalid-value: -1"]],
    ["retry: [1]", ["parse/invalid-value: [1]"]],
    ["retry: {delay: 1}", ["parse/missing-key: {delay: 1}"]],
    ["retry: {count: 1, jitter: 2, backoff: fast, tries: 1}", ["parse/invalid-value: 2", "parse/invalid-value: fast", "parse/unknown-key: tries"]],
    ["with: 3", ["parse/invalid-value: 3"]],
    ["with: {}", ["parse/missing-key: {}"]],
    ["with: {items: {}}", ["parse/invalid-value: {}"]],
    ["with: {items: [1], concurrency: 0}", ["parse/invalid-value: 0"]],
    ["with: {items: {a-b: [1]}}", ["parse/invalid-name: a-b"]],
    ["with: [1], with-items: [2]", ["parse/conflicting-keys: with-items"]],
    ["with: [1], action: fail", ["parse/conflicting-keys: [1]"]],
    ["join: 0", ["parse/invalid-value: 0"]],
    ["join: all", ["parse/invalid-join: all"]],
    ["merge: first, depends_on: u", ["parse/invalid-value: first"]],
    ["merge: last", ["parse/conflicting-keys: last"]],
    ["depends_on: t", ["parse/no-start: t"].slice(1).concat("parse/invalid-value: t")],
    ["depends_on: [u, u]", ["parse/duplicate-name: u"]],
    ["depends_on: [v]", ["parse/unknown-task: v"]],
    ["depends_on: [u], join: 2", ["parse/invalid-join: 2"]],
    ["depends_on: [{}]", ["parse/invalid-value: {}"]],
    ["timeout: 0s", ["parse/invalid-value: 0s"]],
    ["if: ", []],
    ["if: [1]", ["parse/invalid-value: [1]"]],
    ["if: '1 +'", ["expression/unexpected-token: "]],
    ["if: 'input.m'", ["parse/unknown-name: input.m"]],
    ["switch: 1", ["parse/missing-key: switch"]],
    ["switch: 1, cases: [u]", ["parse/invalid-value: [u]"]],
    ["switch: 1, cases: {1: }", ["parse/missing-key: 1"]],
    ["cases: {1: u}", ["parse/conflicting-keys: cases"]],
    ["next: 1", ["parse/invalid-value: 1"]],
    ["next: [{}]", ["parse/missing-key: {}"]],
    ["next: [{if: x, do: u}]", ["parse/unknown-key: if"]],
    ["next: [{publish: x}]", ["parse/invalid-value: x", "parse/missing-key: {publish: x}"]],
    ["next: [{publish: {a-b: 1}, do: u}]", ["parse/invalid-name: a-b"]],
    ["next: [{do: [u, u]}]", ["parse/duplicate-name: u"]],
    ["next: [{do: [v, {}]}]", ["parse/unknown-task: v", "parse/invalid-value: {}"]],
    ["action: fail, next: [{when: failed, do: retry}]", ["parse/invalid-value: retry"]],
  ])("%s", (text, findings) => {
    expect(ofTask(text).sort()).toEqual([...findings].sort());
  });
});

test("a form has so many fields at most", () => {
  const fields = Array.from({ length: FORM_FIELD_COUNT_MAX + 1 }, (_, index) => `f${index}`);
  const form = (names: string[]) => messagesOf(`tasks: {t: {action: await, event: e, form: [${names.join(", ")}]}}`);
  expect(form(fields)).toEqual([`The form has ${FORM_FIELD_COUNT_MAX + 1} fields; the limit is ${FORM_FIELD_COUNT_MAX}`]);
  expect(form(fields.slice(1))).toEqual([]);
});

describe("names in expressions", () => {
  test.each([
    ["action: pass, input: '{{ item }}'", ["parse/unknown-name: item"]],
    ["action: pass, input: '{{ result }}'", ["parse/unknown-name: result"]],
    ["action: pass, with: [1], input: '{{ item + index }}'", []],
    ["action: pass, with: {items: {a: [1]}}, input: '{{ item.b }}'", ["parse/unknown-name: item.b"]],
    ["with: item", ["parse/unknown-name: item"]],
    ["action: pass, input: '{{ n }}'", ["parse/unknown-name: n"]],
    ["action: pass, input: '{{ tasks.v.result }}'", ["parse/unknown-task: tasks.v.result"]],
    ["action: pass, input: '{{ tasks.u.reslt }}'", ["parse/unknown-name: tasks.u.reslt"]],
    ["action: pass, input: '{{ tasks.u.status }}'", []],
    ["action: pass, input: '{{ input[\"m\"] }}'", ["parse/unknown-name: input[\"m\"]"]],
    ["action: pass, input: '{{ has(input.m) }}'", ["parse/unknown-name: has(input.m)"]],
    ["action: pass, input: '{{ [1].map(n, n) }}'", []],
    ["action: pass, input: '{{ [1].map(m, n) }}'", ["parse/unknown-name: n"]],
    ["action: pass, input: '{{ workflow.ide }}'", ["parse/unknown-name: workflow.ide"]],
    ["action: pass, input: '{{ TAX }}'", []],
    ["action: x, input: 'Bearer {{ secrets.x }}'", []],
    ["action: pass, input: '{{ secrets.x }}'", ["parse/invalid-secret: secrets.x"]],
    ["workflow: w, input: {a: '{{ secrets.x }}'}", ["parse/invalid-secret: secrets.x"]],
    ["action: pass, input: '{{ secrets.x + \"a\" }}'", ["parse/invalid-secret: secrets.x"]],
    ["action: pass, input: '{{ secrets }}'", ["parse/invalid-secret: secrets"]],
    ["next: [{publish: {x: '{{ secrets.x }}'}, do: u}]", ["parse/invalid-secret: secrets.x"]],
    ["if: result", ["parse/unknown-name: result"]],
    ["retry: {count: 1, when: 'attempt < 2 && result == item'}", ["parse/unknown-name: item"]],
  ])("%s", (text, findings) => {
    expect(ofTask(text)).toEqual(findings);
  });

  test("messages say what may have been meant", () => {
    expect(messagesOf("input: [amount]", "vars: {total: 0}", "tasks:", "  fetch:", "    action: pass", "    input: ['{{ amount }}', '{{ total }}', '{{ fetch }}', '{{ input.amont }}', '{{ tasks.fetsh.result }}']", "    nxt: x")).toEqual([
      'There is no "amount"; is input.amount meant?',
      'There is no "total"; is vars.total meant?',
      'There is no "fetch"; is tasks.fetch.result meant?',
      'There is no input "amont"; is "amount" meant?',
      'There is no task "fetsh"; is "fetch" meant?',
      'Task "fetch" has no key "nxt"; is "next" meant?',
    ]);
  });

  test("places of mistakes in an expression are exact", () => {
    const text = yaml("tasks:", "  a:", "    if: '1 + + 2'", "    action: pass", "    input: |", "      x {{ 1 + * 2 }} y");
    const { findings } = parseWorkflow(text);
    expect(findings.map(({ place }) => `${place.line}:${place.column}`)).toEqual(["4:14", "7:16"]);
  });
});

test("the nearest name", () => {
  expect(findNearest("aktion", ["action", "input"])).toBe("action");
  expect(findNearest("zzz", ["action", "input"])).toBeUndefined();
  expect(findNearest("A", ["a", "b"])).toBe("a");
});
