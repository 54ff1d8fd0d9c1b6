// Whatever the YAML, reading it ends soon and gives findings, never an exception; every limit is reached once. And random graphs are
// read as they were meant, whichever way they are written.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { compileWorkflow } from "../../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../../src/doors/format.js";
import { SOURCE_SIZE_MAX } from "../../../../src/format/parse-workflow.js";
import { TRANSITION_COUNT_MAX } from "../../../../src/format/yaml/graph.js";
import { ITEM_LIST_COUNT_MAX } from "../../../../src/format/yaml/items.js";
import { NEXT_COUNT_MAX } from "../../../../src/format/yaml/next.js";
import { TASK_COUNT_MAX } from "../../../../src/format/yaml/tasks.js";
import { YAML_DEPTH_MAX, YAML_NODE_COUNT_MAX } from "../../../../src/format/yaml/tree.js";
import { messagesOf, waysOf, yaml } from "./reading.js";

const PIECES = [
  "tasks:\n", "  a:\n", "    action: x\n", "    next: b\n", "  - name: a\n", "vars: {a: 1}\n", "input: [a]\n", "{", "}", "[", "]", ": ", ", ", "\n", "  ", "- ",
  "? ", "&a ", "*a ", "<<: ", "!!int ", "|\n", ">-\n", "'", '"', "{{ ", " }}", "input.a", "vars.b", "#", "---\n", "...\n", "%YAML 1.2\n", "\t", "\r\n", "with: ",
  "retry: ", "switch: ", "cases: ", "do: ", "when: ", "publish: ", "depends_on: ", "join: ", "1", "1e999", "null", "~", "\u2028", "é",
];

/** `head` and then `piece` again and again, up to a part of what a text may hold. */
function fill(head: string, piece: string): string {
  return head + piece.repeat(Math.floor((SOURCE_SIZE_MAX / 16 - head.length) / piece.length));
}

describe("no text hangs or throws", () => {
  test("of random pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (pieces) => {
        const { definition, findings } = parseWorkflow(`millrace: 1\n${pieces.join("")}`);
        expect(definition.states.length + findings.length).toBeGreaterThan(0);
        for (const { place } of findings) expect(place.end).toBeGreaterThanOrEqual(place.start);
        if (findings.every(({ severity }) => severity !== "error")) expect(() => compileWorkflow(definition, "")).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(["[", "{a: ", "- ", "? ", "a: ", "&a ", "!t ", "*a ", "'", '"', "{{ ", "x\n", "x:\n", "- x\n", "a: 1\n", "  ", "#\n", "---\n", "|\n", "[[]", "]"])("of nothing but %j", (piece) => {
    expect(parseWorkflow(fill("millrace: 1\ntasks: ", piece)).findings.length).toBeGreaterThan(0);
  });
});

describe("limits", () => {
  test("of depth", () => {
    const nested = (levels: number) => messagesOf(`tasks: {a: {action: x, input: ${"[".repeat(levels)}${"]".repeat(levels)}}}`);
    expect(nested(YAML_DEPTH_MAX - 4)).toEqual([]);
    expect(nested(YAML_DEPTH_MAX + 1)).toEqual([`The YAML nests deeper than ${YAML_DEPTH_MAX} levels`]);
  });

  test("of a chain of aliases, each twice as much as the one before", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `  v${index + 1}: {initial: &a${index + 1} [*a${index}, *a${index}]}`);
    expect(messagesOf("vars:", "  v0: {initial: &a0 [x]}", ...lines, "tasks: {t: }")).toEqual([`With what aliases repeat the YAML has more than ${YAML_NODE_COUNT_MAX} values`]);
  });

  test("of an alias within what it means", () => {
    expect(messagesOf("tasks: {a: {action: x, input: &a [*a]}}")).toEqual([`The YAML nests deeper than ${YAML_DEPTH_MAX} levels`]);
  });

  test("of tasks", () => {
    const text = yaml(`tasks: {${Array.from({ length: TASK_COUNT_MAX + 1 }, (_, index) => `t${index}`).join(",")}}`);
    expect(parseWorkflow(text).findings.map(({ message }) => message)).toEqual([`There are ${TASK_COUNT_MAX + 1} tasks; the limit is ${TASK_COUNT_MAX}`]);
  });

  test("of transitions", () => {
    const names = Array.from({ length: 460 }, (_, index) => `u${index}`);
    const text = yaml("tasks:", `  - {name: t, next: {do: &all [${names.join(",")}]}}`, ...names.map((name) => `  - {name: ${name}, next: {do: *all}}`));
    expect(parseWorkflow(text).findings.map(({ message }) => message)).toEqual([`There are more than ${TRANSITION_COUNT_MAX} transitions between tasks`]);
  });

  test("of entries under next", () => {
    expect(messagesOf(`tasks: {a: {next: [${"b,".repeat(NEXT_COUNT_MAX + 1)}]}, b: }`)).toEqual([`"next" of task "a" has ${NEXT_COUNT_MAX + 1} entries; the limit is ${NEXT_COUNT_MAX}`]);
  });

  test("of lists of items", () => {
    const lists = Array.from({ length: ITEM_LIST_COUNT_MAX + 1 }, (_, index) => `l${index}: [1]`);
    expect(messagesOf(`tasks: {a: {with: {items: {${lists.join(", ")}}}}}`)).toEqual([`There are ${ITEM_LIST_COUNT_MAX + 1} lists; there may be 1 to ${ITEM_LIST_COUNT_MAX}`]);
  });
});

interface Way {
  readonly to: number;
  readonly when: "succeeded" | "failed" | "completed" | undefined;
  readonly variable: string | undefined;
}

const TRIGGERS = { succeeded: "success", failed: "failure", completed: "always" } as const;

test("random graphs are read as they were meant", () => {
  const way = fc.record({ to: fc.nat(9), when: fc.constantFrom("succeeded" as const, "failed" as const, "completed" as const, undefined), variable: fc.constantFrom("x", "y", undefined) });
  const graph = fc.array(fc.array(way, { maxLength: 3 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(graph, fc.boolean(), fc.boolean(), fc.constantFrom("BLOCK_FOLDED", "QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN" as const), (ways, isList, isFlow, stringType) => {
      // Task 0 begins; the others are led to by it, so that each graph is sound.
      const forward = ways.map((list, index) => list.map((each) => ({ ...each, to: 1 + (each.to % Math.max(1, ways.length - 1)) })).filter(() => ways.length > 1 && index >= 0));
      const bodies = forward.map((list, index) => {
        const next = list.map(({ to, when, variable }: Way) => ({ ...(when && { when }), ...(variable && { publish: { [variable]: `{{ vars.x }} ${to}` } }), do: `t${to}` }));
        const start = index === 0 ? ways.slice(1).map((_, each) => `t${each + 1}`) : [];
        return { next: [...next, ...start] };
      });
      const tasks = isList ? bodies.map((body, index) => ({ name: `t${index}`, ...body })) : Object.fromEntries(bodies.map((body, index) => [`t${index}`, body]));
      const text = stringify({ millrace: 1, vars: { x: 0 }, tasks }, { defaultStringType: stringType as "PLAIN", defaultKeyType: "PLAIN", collectionStyle: isFlow ? "flow" : "block" });
      const { definition, findings } = parseWorkflow(text);
      expect(findings).toEqual([]);
      const expected = forward.flatMap((list, index) => [
        ...list.map(({ to, when, variable }, next) => `t${index}>t${to}#${next} ${TRIGGERS[when ?? "succeeded"]}${variable === undefined ? "" : ` {${variable}}`}`),
        ...(index === 0 ? ways.slice(1).map((_, each) => `t0>t${each + 1}#${list.length + each} success`) : []),
      ]);
      expect(waysOf(definition)).toEqual(expected);
      expect(compileWorkflow(definition, "").findings).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
