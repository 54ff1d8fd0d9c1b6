// Where expressions stand in a workflow's text: those that the parser knows, and what a line's brackets tell before it does.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";
import { guessRange, readOptions, readRegions } from "../../../web/expression/workflow-regions.js";

describe("what is being typed", () => {
  test.each([
    ["  A --> B : go [pages < 3 && us|]", "pages < 3 && us"],
    ["  A --> B : go [us|", "us"],
    ["  A --> B : [items[0].pri|ce > 1]", "items[0].price > 1"],
    ['    text: "{{ input.emp| }} asks"', "input.emp"],
    ['- Page: log "of ${sev|}"', "sev"],
    ["- Page: set pages = pages + |1", "pages + 1"],
    ["    if: tasks.a.result > inp|", "tasks.a.result > inp"],
    ["  A --> B : go |", undefined],
    ["some prose [with| brackets]", undefined],
    ["  description: what|", undefined],
  ])("%s", (marked, wanted) => {
    const column = marked.indexOf("|");
    const line = marked.replace("|", "");
    const range = guessRange(line, column);
    expect(range === undefined ? undefined : line.slice(range.from, range.to)).toBe(wanted);
  });
});

test("every expression of a chart and of a task graph, with the variables that it sees", () => {
  const chart = "---\nname: a\nparameters:\n  - {name: amount, type: number, description: In euros}\nvariables:\n  n: 0\n---\n```mermaid\nstateDiagram-v2\n[*] --> A\nA --> [*] : go [amount > n]\n```\n## Actions\n- A: set n = n + 1\n- A: log \"of ${amount}\"\n";
  const { definition } = parseWorkflow(chart);
  if (definition === undefined) throw new Error("it parses");
  const options = readOptions(definition);
  expect(options).toMatchObject({ variables: { amount: "number", n: "number", event: "any" }, documentation: { amount: "In euros" } });
  expect(readRegions(definition, chart, options).map(({ from, to }) => chart.slice(from, to))).toEqual(["amount > n", "n + 1", "amount"]);

  const graph = 'millrace: 1\nname: g\ninput:\n  who: {type: string, default: Kim}\ntasks:\n  a:\n    action: notify\n    if: input.who != ""\n    input: {text: "to {{ input.who }}"}\noutput: {r: "{{ tasks.a.result }}"}\n';
  const parsed = parseWorkflow(graph);
  if (parsed.definition === undefined) throw new Error("it parses");
  const regions = readRegions(parsed.definition, graph, readOptions(parsed.definition));
  expect(regions.map(({ from, to }) => graph.slice(from, to))).toEqual(['input.who != ""', "input.who", "tasks.a.result"]);
  expect(readOptions(parsed.definition).variables).toMatchObject({ input: { fields: { who: "string" } }, tasks: { fields: { a: {} } } });
});
