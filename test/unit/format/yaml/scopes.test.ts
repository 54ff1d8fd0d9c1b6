// Scopes in the YAML language: what they become in the definition, and what is found wrong with them.
import { describe, expect, test } from "vitest";
import { SCOPE_COUNT_MAX, SCOPE_DEPTH_MAX } from "../../../../src/format/yaml/scopes.js";
import { findingsOf, readWell, waysOf, yaml } from "./reading.js";

const TASKS = "tasks: {a: , b: , c: }";

describe("scopes", () => {
  test("are states of kind composite before the tasks, which have them as parents", () => {
    const { states } = readWell(TASKS, "scopes:", "  outer: {description: All, tasks: [a], scopes: {inner: {tasks: b}}}");
    expect(states.map(({ id, kind, parent }) => [id, kind, parent])).toEqual([
      ["outer", "composite", -1],
      ["inner", "composite", 0],
      ["a", "task", 0],
      ["b", "task", 1],
      ["c", "task", -1],
    ]);
    expect(states[0]?.descriptions).toEqual(["outer", "All"]);
  });

  test("catch is written like next, and each of its entries takes failures", () => {
    const definition = readWell(
      TASKS,
      "scopes:",
      "  s: {tasks: a, catch: [b, {when: error.code == 'x', publish: {why: '{{ error.message }}'}, do: [b, noop]}, {when: completed, publish: {n: 1}}]}",
    );
    expect(waysOf(definition)).toEqual(["s>b#0 failure", "s>b#1 failure [error.code == 'x'] {why}", "s>noop#1 failure [error.code == 'x'] {why}", "s>-#2 failure {n}"]);
  });

  test("cancel stands before where the entry leads to, or alone", () => {
    const definition = readWell(
      "tasks: {a: {next: {cancel: [s, r], do: c}}, b: {next: {when: failed, cancel: s}, on_error: {cancel: r, do: c}}, c: }",
      "scopes: {s: {tasks: b}, r: {tasks: a}}",
    );
    expect(waysOf(definition)).toEqual(["a>cancel s#0 success", "a>cancel r#0 success", "a>c#0 success", "b>cancel s#0 failure"]);
  });

  test("the workflow's handler takes what leaves the outermost scopes, except of those that hold it", () => {
    const definition = readWell(
      "on_error: c",
      "tasks: {a: , b: , c: {next: d}, d: , e: }",
      "scopes: {s: {tasks: a, catch: {when: error.code == 'x', do: b}, scopes: {i: {tasks: b}}}, h: {tasks: d}}",
    );
    expect(waysOf(definition)).toEqual(["c>d#0 success", "e>c#0 failure", "s>b#0 failure [error.code == 'x']", "s>c#1 failure [!(error.code == 'x')]"]);
  });

  test("a task that a scope alone leads to does not begin by itself, and is reached", () => {
    expect(findingsOf(yaml(TASKS, "scopes: {s: {tasks: [a], catch: c}}"))).toEqual([]);
  });
});

test("what leads back into a scope does not hinder its tasks from beginning, what leads into it does", () => {
  expect(findingsOf(yaml("tasks: {a: {next: b}, b: }", "scopes: {s: {scopes: {r: {tasks: a}}, catch: a}}"))).toEqual([]);
  expect(findingsOf(yaml("tasks: {a: {next: b}, b: }", "scopes: {s: {tasks: b, catch: a}}"))).toEqual(["parse/no-start: a"]);
});

describe("findings", () => {
  test.each([
    ["s: {tasks: [x]}", ["parse/unknown-task: x"]],
    ["s: {tasks: [a, a]}", ["parse/duplicate-name: a"]],
    ["s: {tasks: a}\n  r: {tasks: a}", ["parse/duplicate-name: a"]],
    ["s: {tasks: a, scopes: {r: {tasks: a}}}", ["parse/duplicate-name: a"]],
    ["s: {tasks: [r], scopes: {r: {tasks: b}}}", ["parse/invalid-value: r"]],
    ["s: {tasks: [s]}", ["parse/invalid-value: s"]],
    ["s: {tasks: b, scopes: {s: {tasks: a}}}", ["parse/duplicate-name: s"]],
    ["a: {tasks: b}", ["parse/duplicate-name: a"]],
    ["2x: {tasks: b}", ["parse/invalid-name: 2x"]],
    ["retry: {tasks: b}", ["parse/invalid-name: retry"]],
    ["s: {}", ["parse/missing-key: s"]],
    ["s: x", ["parse/missing-key: s", "parse/invalid-value: x"]],
    ["s: {taks: a}", ["parse/missing-key: s", "parse/unknown-key: taks"]],
    ["s: {tasks: [[a]]}", ["parse/missing-key: s", "parse/invalid-value: [a]"]],
    ["s: {tasks: a, catch: x}", ["parse/unknown-task: x"]],
    ["s: {tasks: a, catch: [[b]]}", ["parse/invalid-value: [b]"]],
    ["s: {tasks: a, catch: {when: failed}}", ["parse/missing-key: {when: failed}"]],
    ["s: {tasks: a, catch: {when: succeeded, do: b}}", ["parse/invalid-value: succeeded"]],
    ["s: {tasks: a, catch: {when: '1 +', do: b}}", ["expression/unexpected-token: "]],
    ["s: {tasks: a, catch: {when: item, do: b}}", ["parse/unknown-name: item"]],
    ["s: {tasks: a, catch: retry}", ["parse/invalid-value: retry"]],
    ["s: {tasks: a, catch: {do: b, else: c}}", ["parse/unknown-key: else"]],
    ["s: {tasks: a, catch: {cancel: t, do: b}}", ["parse/unknown-task: t"]],
    ["s: {tasks: a, catch: {cancel: {}, do: b}}", ["parse/invalid-value: {}"]],
  ])("%s", (scopes, findings) => {
    expect(findingsOf(yaml(TASKS, "scopes:", `  ${scopes}`))).toEqual(findings);
  });

  test("scopes stand no deeper than SCOPE_DEPTH_MAX within each other", () => {
    const nest = (depth: number): string => (depth === 0 ? "{tasks: a}" : `{scopes: {s${depth}: ${nest(depth - 1)}}}`);
    expect(findingsOf(yaml(TASKS, `scopes: {s: ${nest(SCOPE_DEPTH_MAX - 1)}}`))).toEqual([]);
    expect(findingsOf(yaml(TASKS, `scopes: {s: ${nest(SCOPE_DEPTH_MAX)}}`))).toEqual(["parse/nesting-limit: s1"]);
  });

  test("there are no more than SCOPE_COUNT_MAX of them", () => {
    const scopes = Array.from({ length: SCOPE_COUNT_MAX + 1 }, (_, index) => `s${index}: {tasks: t${index}}`);
    const tasks = scopes.map((_, index) => `t${index}: `);
    expect(findingsOf(yaml(`tasks: {${tasks.join(", ")}}`, `scopes: {${scopes.join(", ")}}`))).toEqual([`parse/too-many-tasks: s${SCOPE_COUNT_MAX}`]);
  });
});
