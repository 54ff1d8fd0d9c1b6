// What a workflow's graph says of how many of its tasks can be in flight at once.
import { expect, test } from "vitest";
import { chooseStrategy, findWidth } from "../../../src/engine/strategy.js";
import { parseWorkflow } from "../../../src/format/parse-workflow.js";
import { markdown } from "./harness.js";

function widthOf(source: string): number {
  const { definition, findings } = parseWorkflow(source);
  if (definition === undefined) throw new Error(findings.map(({ message }) => message).join("\n"));
  return findWidth(definition);
}

function graph(tasks: string): number {
  return widthOf(`millrace: 1\nname: g\ntasks:\n${tasks.trim().replace(/^/gm, "  ")}\n`);
}

test("task graphs", () => {
  expect(graph("a: { action: x, next: [{ do: b }] }\nb: { action: x }")).toBe(1);
  expect(graph("a: { action: x, next: [{ do: b }, { when: failed, do: c }] }\nb: { action: x }\nc: { action: x }")).toBe(1);
  expect(graph("a: { action: x, next: [{ when: result == 1, do: b }, { do: c }] }\nb: { action: x }\nc: { action: x }")).toBe(3);
  expect(graph("a: { action: x }\nb: { action: x }")).toBe(2);
  expect(graph("a: { action: noop, next: [{ do: [b, c] }] }\nb: { action: noop }\nc: { action: pass, input: 1 }")).toBe(0);
  expect(graph('a:\n  with: { items: "{{ [1, 2] }}" }\n  action: x')).toBe(Infinity);
  expect(graph('a:\n  with: { items: "{{ [1, 2] }}", concurrency: 1 }\n  action: x')).toBe(1);
  expect(graph("s: { action: noop, next: [{ do: [a, b] }] }\na: { action: x, next: [{ do: s }] }\nb: { action: x }\nz: { action: noop, next: [{ do: s }] }")).toBe(Infinity);
});

test("statecharts", () => {
  const actions = "- A: call x\n- B: call x";
  expect(widthOf(markdown("[*] --> A\nA --> B: success\nB --> [*]", { actions }))).toBe(1);
  expect(widthOf(markdown("[*] --> A\nA --> [*]"))).toBe(0);
  expect(widthOf(markdown("state F <<fork>>\nstate J <<join>>\n[*] --> F\nF --> A\nF --> B\nA --> J\nB --> J\nJ --> [*]", { actions }))).toBe(2);
});

test("the strategy follows from width and load", () => {
  expect([0, 0.49, 0.5, 0.79, 0.8, 3].map((load) => chooseStrategy(4, load))).toEqual(["parallel", "parallel", "hybrid", "hybrid", "sequential", "sequential"]);
  expect(chooseStrategy(1, 0)).toBe("sequential");
});
