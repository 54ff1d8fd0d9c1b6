// Actions of a state: `- State: action`.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import type { ActionDefinition, ValueSource } from "../../../src/doors/format.js";
import { findingsOf, withActions } from "./reading.js";

function showValue(value: ValueSource): unknown {
  switch (value.kind) {
    case "literal":
      return value.value;
    case "expression":
      return { cel: value.expression.text };
    case "template":
      return value.parts.map((part) => (typeof part === "string" ? part : { cel: part.text }));
    case "map":
      return Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, showValue(inner)]));
  }
}

/** An action without places, its values in short. */
function show(action: ActionDefinition | undefined): unknown {
  if (action === undefined) return undefined;
  const { place: _, ...rest } = action;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      typeof value === "object" && value !== null && "kind" in value ? showValue(value as ValueSource) : value,
    ]),
  );
}

function readOne(text: string): unknown {
  const { definition, findings } = parseWorkflow(withActions(`- A: ${text}`));
  const [action] = definition.states.find(({ id }) => id === "A")?.entry ?? [];
  return findings.length > 0 ? findings.map(({ code }) => code) : show(action);
}

describe("each kind of action", () => {
  test.each<[string, unknown]>([
    ['log "Hello ${name}"', { kind: "log", level: "info", message: ["Hello ", { cel: "name" }] }],
    ['log error "bad"', { kind: "log", level: "error", message: "bad" }],
    ["Log Warning 'w'", { kind: "log", level: "warning", message: "w" }],
    ["set x = 5", { kind: "set", variable: "x", value: { cel: "5" } }],
    ['set x = "plain"', { kind: "set", variable: "x", value: "plain" }],
    ['set x = "${a + 1}"', { kind: "set", variable: "x", value: { cel: "a + 1" } }],
    ['set x = "{{ a }} and ${b}"', { kind: "set", variable: "x", value: [{ cel: "a" }, " and ", { cel: "b" }] }],
    ['set x = "a" + b', { kind: "set", variable: "x", value: { cel: '"a" + b' } }],
    ['set x = {"a": [1, 2]}', { kind: "set", variable: "x", value: { cel: '{"a": [1, 2]}' } }],
    ["wait 5s", { kind: "wait", duration: 5000 }],
    ["wait 1h30m", { kind: "wait", duration: 5_400_000 }],
    ["Wait 5 minutes then go on", { kind: "wait", duration: 300_000, message: "then go on" }],
    ["wait `pause`", { kind: "wait", duration: { cel: "pause" } }],
    ["call ping", { kind: "call", task: "ping", input: {} }],
    ["call ping result pong", { kind: "call", task: "ping", input: {}, result: "pong" }],
    [
      "call pay with amount=total * 2, to=user.name result receipt timeout 5s",
      { kind: "call", task: "pay", input: { amount: { cel: "total * 2" }, to: { cel: "user.name" } }, result: "receipt", timeoutMs: 5000 },
    ],
    [
      "call pay with a=x == y && z >= 1 b=f(c, d)",
      { kind: "call", task: "pay", input: { a: { cel: "x == y && z >= 1" }, b: { cel: "f(c, d)" } } },
    ],
    ["call pay with a=x == y b=[1, 2].size()", { kind: "call", task: "pay", input: { a: { cel: "x == y" }, b: { cel: "[1, 2].size()" } } }],
    [
      'call mail.send with subject="Order ${id}", note=\'a, b\', n="3"',
      { kind: "call", task: "mail.send", input: { subject: ["Order ", { cel: "id" }], note: "a, b", n: "3" } },
    ],
    ['call "my task" with a=result', { kind: "call", task: "my task", input: { a: { cel: "result" } } }],
    [
      'run workflow "other" with id=order.id result child',
      { kind: "workflow", workflow: "other", input: { id: { cel: "order.id" } }, result: "child" },
    ],
    ['Delegate to "other" with input="${data}"', { kind: "workflow", workflow: "other", input: { input: { cel: "data" } } }],
    [
      'prompt "write" with tone="kind" result text',
      { kind: "call", task: "prompt", input: { name: "write", arguments: { tone: "kind" } }, result: "text" },
    ],
    ["prompt", { kind: "call", task: "prompt", input: {} }],
    ["Wait for user confirmation", { kind: "await", event: "continue", message: "Wait for user confirmation" }],
    ['await order-placed "Waiting for the order"', { kind: "await", event: "order-placed", message: "Waiting for the order" }],
    ['abort "No ${thing}"', { kind: "abort", message: ["No ", { cel: "thing" }] }],
    ['log "say \\"hi\\"\\n"', { kind: "log", level: "info", message: 'say "hi"\n' }],
    ["log \"${m['k']}\"", { kind: "log", level: "info", message: { cel: "m['k']" } }],
  ])("%s", (text, expected) => {
    expect(readOne(text)).toEqual(expected);
  });
});

describe("what is wrong with an action is found", () => {
  test.each<[string, string[]]>([
    ["dance", ["parse/unknown-action"]],
    ["Log Hello", ["parse/unknown-action"]],
    ["wait a while", ["parse/unknown-action"]],
    ["set 1x = 2", ["parse/unknown-action"]],
    ["set if = 2", ["parse/invalid-action"]],
    ["set x = 1 +", ["expression/unexpected-token"]],
    ['log "${1 +}"', ["expression/unexpected-token"]],
    ['log "${open"', ["expression/unterminated-template"]],
    ["call pay with", ["parse/invalid-action"]],
    ["call pay amount=1", ["parse/invalid-action"]],
    ["call pay with a=1, a=2", ["parse/duplicate-argument"]],
    ["call pay with a=1 timeout never", ["parse/invalid-action"]],
    ["call pay timeout 0s", ["parse/invalid-action"]],
    ["call pay timeout 50d", ["parse/invalid-action"]],
    ['call pay result="2x"', ["parse/invalid-action"]],
    ['shell "ls"', ["parse/shell-unavailable"]],
    ["run workflow other", ["parse/unknown-action"]],
  ])("%s", (text, expected) => {
    expect(readOne(text)).toEqual(expected);
  });

  test("where it is", () => {
    expect(findingsOf(withActions("- A: set x = 1 + + 2", "- B: log 'x'"))).toEqual([
      "expression/unexpected-token@7:18",
      "parse/unknown-state@8:3",
    ]);
  });

  test("a state that only passes cannot act", () => {
    expect(findingsOf(withActions("- root_start: log 'x'"))).toEqual(["parse/passive-state@7:3"]);
  });

  test("a near name is suggested", () => {
    const text = withActions("- a: log 'x'");
    expect(parseWorkflow(text).findings[0]?.message).toContain('is "A" meant?');
  });
});

test("several actions of a state run in the order of the text", () => {
  const { definition } = parseWorkflow(withActions("- A: log 'one'", "* **A**: log 'two'", "1. `A`: log 'three'"));
  expect(
    definition.states.find(({ id }) => id === "A")?.entry.map((action) => (action.kind === "log" ? showValue(action.message) : "")),
  ).toEqual(["one", "two", "three"]);
});

test("actions may stand under their state, and run over several lines", () => {
  const { definition, findings } = parseWorkflow(withActions("- A:", "  - log 'one'", "  - call pay with a=1,", "    b=2", "    result r"));
  expect(findings).toEqual([]);
  expect(definition.states.find(({ id }) => id === "A")?.entry.map(show)).toEqual([
    { kind: "log", level: "info", message: "one" },
    { kind: "call", task: "pay", input: { a: { cel: "1" }, b: { cel: "2" } }, result: "r" },
  ]);
});

test("variables and events that actions use are part of the definition", () => {
  const { definition } = parseWorkflow(withActions("- A: set x = 1", "- A: call pay result receipt", "- A: Wait for user"));
  expect(definition.variables.map(({ name, type }) => [name, type])).toEqual([
    ["x", "any"],
    ["receipt", "any"],
  ]);
  expect(definition.events.map(({ name, isDeclared }) => [name, isDeclared])).toEqual([["continue", false]]);
});
