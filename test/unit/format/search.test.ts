// What a workflow declares searchable, in front matter and in a task graph: what is read of it, and what is said of mistakes.
import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { type Finding, parseWorkflow } from "../../../src/doors/format.js";
import { SEARCH_COUNT_MAX } from "../../../src/format/yaml/search.js";

const HEAD = "parameters: [customer]\nvariables: {total: number}\n";
const INPUT = "input: [customer]\noutput: {total: 1}\n";

function chart(search: string, head = HEAD): string {
  return `---\n${head}search: ${search}\n---\nstateDiagram-v2\n[*] --> A\nA --> [*]\n`;
}
function graph(search: string, head = INPUT): string {
  return `millrace: 1\n${head}search: ${search}\ntasks: {a: }\n`;
}

function tell(text: string, findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code, message, place }) => `${severity} ${code} <${text.slice(place.start, place.end)}> ${message}`);
}

describe.each([
  ["front matter", chart],
  ["a task graph", graph],
])("%s", (_, write) => {
  test("declares names with expressions, with braces or without", () => {
    const text = write(`{customer: input.customer.id, total: "{{ output.total * 2 }}", dear: 'output.total > 100'}`);
    const { definition, findings } = parseWorkflow(text);
    expect(findings).toEqual([]);
    expect(compileWorkflow(definition, "").findings).toEqual([]);
    expect(definition.search?.map(({ name, from, expression }) => [name, from, expression.text])).toEqual([
      ["customer", "input", "input.customer.id"],
      ["total", "output", "output.total * 2"],
      ["dear", "output", "output.total > 100"],
    ]);
    for (const { name, expression, place } of definition.search ?? []) {
      expect(text.slice(place.start, place.end)).toBe(name);
      expect(text.slice(expression.place.start, expression.place.end)).toBe(expression.text);
    }
  });

  test("nothing, an empty map and no key are no declaration", () => {
    for (const search of ["", "{}", "null"]) expect([parseWorkflow(write(search)).definition.search, parseWorkflow(write(search)).findings]).toEqual([undefined, []]);
  });

  test.each([
    ["[input.customer]", ['error parse/invalid-value <[input.customer]> "search" is a map of names to expressions: {customer: input.customer}']],
    ["{a-b: input.customer}", ['error parse/invalid-name <a-b> "a-b" cannot be a name: letters, digits and underscores']],
    ["{a: customer.id}", ['error parse/unknown-name <customer.id> There is no "customer" in a searchable value; is input.customer meant?']],
    ["{a: inputs.customer}", ['error parse/unknown-name <inputs.customer> There is no "inputs" in a searchable value; is "input" meant?']],
    ["{a: now}", ['error parse/unknown-name <now> There is no "now" in a searchable value: it reads input.NAME or output.NAME']],
    ["{a: output.total}", []],
    ["{a: 3}", ['error parse/invalid-value <3> The searchable value "a" reads neither the input nor the output']],
    ["{a: '[1].all(x, x < input.customer)'}", []],
    ["{a: type(input.customer) == int}", []],
    ["{a: 'input.customer + output.total'}", [expect.stringMatching(/^error parse\/invalid-value .* reads input and output: one is known when a run starts/)]],
    ["{a: }", [expect.stringMatching(/^error parse\/invalid-value .* An expression is expected in the searchable value "a"/)]],
    ["{a: input.customer +}", [expect.stringMatching(/^error expression\//)]],
  ])("%s", (search, expected) => {
    const text = write(search);
    expect(tell(text, parseWorkflow(text).findings)).toEqual(expected);
  });

  test("a key that nobody declares is told with the nearest that there is", () => {
    const text = write("{a: input.custmer.id, b: output.totl}");
    const found = tell(text, parseWorkflow(text).findings).map((line) => line.replace(/^(error|warning) /, ""));
    expect(found).toEqual([
      'parse/unknown-name <input.custmer.id> There is no input "custmer"; is "customer" meant?',
      'parse/unknown-name <output.totl> There is no output "totl"; is "total" meant?',
    ]);
  });

  test("as many as the limit, and one more", () => {
    const many = (count: number): string => `{${Array.from({ length: count }, (_, index) => `a${index}: input.customer`).join(", ")}}`;
    expect(parseWorkflow(write(many(SEARCH_COUNT_MAX))).findings).toEqual([]);
    expect(parseWorkflow(write(many(SEARCH_COUNT_MAX + 1))).findings.map(({ code }) => code)).toEqual(["parse/invalid-value"]);
  });

  test("mistakes of type and unknown functions are found before a run", () => {
    const { definition, findings } = parseWorkflow(write("{a: input.customer.shout(), b: 1 + input}"));
    expect(findings).toEqual([]);
    const { program, findings: compiled } = compileWorkflow(definition, "");
    expect([program, compiled.length, compiled.every(({ severity }) => severity === "error")]).toEqual([undefined, 2, true]);
  });
});

test("where a workflow says nothing of its input or output, any key may be there", () => {
  for (const text of [chart("{a: input.x, b: output.y}", ""), graph("{b: output.y}", 'input: [x]\noutput: "{{ input.x }}"\n')]) expect(parseWorkflow(text).findings).toEqual([]);
});

test("a state diagram may be given more than it declares: there it is a warning", () => {
  const severities = [chart, graph].map((write) => parseWorkflow(write("{a: input.custmer}")).findings.map(({ severity }) => severity));
  expect(severities).toEqual([["warning"], ["error"]]);
});
