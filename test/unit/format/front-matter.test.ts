// The YAML in front of a workflow.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";

const DIAGRAM = "stateDiagram-v2\n[*] --> A\nA --> [*]\n";

function readYaml(yaml: string) {
  const { definition, findings } = parseWorkflow(`---\n${yaml}\n---\n${DIAGRAM}`);
  return { definition, codes: findings.map(({ code, place }) => `${code}@${place.line}:${place.column}`) };
}

test("name and description", () => {
  const { definition, codes } = readYaml("name: order\ndescription: Takes an order");
  expect(definition).toMatchObject({ name: "order", description: "Takes an order" });
  expect(codes).toEqual([]);
});

test("the name is looked for in name, title, options, the first heading that is not Actions", () => {
  expect(readYaml("name: a\ntitle: b").definition.name).toBe("a");
  expect(readYaml("title: b").definition.name).toBe("b");
  expect(parseWorkflow(DIAGRAM, { name: "given" }).definition.name).toBe("given");
  expect(parseWorkflow(`# Heading\n\`\`\`mermaid\n${DIAGRAM}\`\`\`\n`).definition.name).toBe("Heading");
  expect(parseWorkflow(`\`\`\`mermaid\n${DIAGRAM}\`\`\`\n## Actions\n# Then\n`).definition.name).toBe("Then");
  expect(parseWorkflow(DIAGRAM).definition.name).toBe("workflow");
});

test("parameters as a list and as a map", () => {
  const list =
    "parameters:\n  - name: total\n    type: number\n    description: How much\n  - name: currency\n    type: string\n    default: EUR\n    choices: [EUR, USD]\n  - plain";
  expect(readYaml(list).definition.parameters).toMatchObject([
    { name: "total", type: "number", description: "How much", isRequired: true },
    { name: "currency", type: "string", default: "EUR", choices: ["EUR", "USD"], isRequired: false },
    { name: "plain", type: "any", isRequired: true },
  ]);
  const map = "parameters:\n  total: integer\n  flags:\n    type: array\n    required: false\n  none:\n    default: null";
  expect(readYaml(map).definition.parameters).toMatchObject([
    { name: "total", type: "int", isRequired: true },
    { name: "flags", type: "list", isRequired: false },
    { name: "none", type: "any", isRequired: false, default: null },
  ]);
});

test("words for types", () => {
  const words = "any bool int uint double number string bytes list map timestamp duration boolean integer float object array".split(" ");
  const { definition, codes } = readYaml(`variables:\n${words.map((word, at) => `  v${at}: ${word}`).join("\n")}`);
  expect(codes).toEqual([]);
  expect(definition.variables.map(({ type }) => type).slice(12)).toEqual(["bool", "int", "double", "map", "list"]);
});

test("variables with and without a first value", () => {
  const { definition } = readYaml("variables:\n  count: 0\n  seen: [1]\n  note: {type: string, initial: none}\n  open:\n  kind: string");
  expect(definition.variables).toMatchObject([
    { name: "count", type: "number", initial: 0 },
    { name: "seen", type: "list", initial: [1] },
    { name: "note", type: "string", initial: "none" },
    { name: "open", type: "any" },
    { name: "kind", type: "string" },
  ]);
  expect(definition.variables[4]).not.toHaveProperty("initial");
});

test("events as a list and as a map", () => {
  expect(readYaml("events: [go, order-placed]").definition.events.map(({ name, isDeclared }) => [name, isDeclared])).toEqual([
    ["go", true],
    ["order-placed", true],
  ]);
  expect(readYaml("events:\n  go: Go on\n  stop:\n    description: Stop it\n  - x").codes.length).toBeGreaterThan(0);
  expect(readYaml("events:\n  go: Go on\n  stop:\n    description: Stop it").definition.events).toMatchObject([
    { name: "go", description: "Go on" },
    { name: "stop", description: "Stop it" },
  ]);
});

describe("what is wrong is found, where it is", () => {
  test.each([
    ["name: [", "parse/front-matter@3:1"],
    ["a: 1\na: 2", "parse/front-matter@3:1"],
    ["- a", "parse/front-matter@2:1"],
    ["parameters: 3", "parse/front-matter@2:13"],
    ["parameters: [3]", "parse/front-matter@2:14"],
    ["parameters:\n  total: {type: money}", "parse/unknown-type@3:3"],
    ["parameters:\n  two words: int", "parse/invalid-name@3:3"],
    ["parameters: [a, a]", "parse/duplicate-name@2:17"],
    ["parameters: [a]\nvariables: [a]", "parse/duplicate-name@3:13"],
    ["parameters:\n  a: {type: int, default: 1.5}", "parse/invalid-default@3:3"],
    ["parameters:\n  a: {default: x, choices: [y]}", "parse/invalid-default@3:3"],
    ["parameters:\n  a: {choices: y}", "parse/front-matter@3:3"],
    ["events: [go, go]", "parse/duplicate-name@2:14"],
    ["events: [two words]", "parse/invalid-name@2:10"],
  ])("%s", (yaml, expected) => {
    expect(readYaml(yaml).codes).toEqual([expected]);
  });
});

test("keys like __proto__ are names like any other", () => {
  const { definition, codes } = readYaml("__proto__: 1\nvariables: {__proto__: 1, constructor: 2}");
  expect(codes).toEqual([]);
  expect(definition.variables.map(({ name, initial }) => [name, initial])).toEqual([
    ["__proto__", 1],
    ["constructor", 2],
  ]);
});
