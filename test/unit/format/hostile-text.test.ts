// Whatever the text, reading it ends soon and gives findings, never an exception. A hang fails by the runner's time limit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { STATE_COUNT_MAX } from "../../../src/format/state-tree.js";
import { ACTION_SIZE_MAX } from "../../../src/format/actions.js";
import { ARGUMENT_COUNT_MAX, TIMEOUT_MS_MAX } from "../../../src/format/arguments.js";
import { ACTION_COUNT_MAX } from "../../../src/format/definition-builder.js";
import { DURATION_MS_MAX, parseDuration } from "../../../src/format/durations.js";
import { FRONT_MATTER_DEPTH_MAX, FRONT_MATTER_SIZE_MAX } from "../../../src/format/front-matter.js";
import { DIAGRAM_ERROR_COUNT_MAX, NESTING_DEPTH_MAX } from "../../../src/format/mermaid/parser.js";
import { SOURCE_SIZE_MAX } from "../../../src/format/parse-workflow.js";
import { FINDING_COUNT_MAX } from "../../../src/format/source-text.js";

function codesOf(text: string): string[] {
  return parseWorkflow(text).findings.map(({ code }) => code);
}

/** What takes more than linear time takes minutes at this size. */
const FILLED_SIZE = 262_144;

/** `piece` again and again. */
function fill(head: string, piece: string, tail = ""): string {
  return head + piece.repeat(Math.floor((FILLED_SIZE - head.length - tail.length) / piece.length)) + tail;
}

const HEAD = "stateDiagram-v2\n";
const MARKDOWN = "```mermaid\nstateDiagram-v2\n[*] --> A\nA --> [*]\n```\n## Actions\n";

const PIECES = [
  "state a\n",
  "state a ",
  "state a b ",
  "state a <<fork ",
  "state a{",
  "state x {\n",
  "}\n",
  "{",
  "<a",
  '<a ="',
  '="',
  "%%{a:",
  "%%{",
  "%%{init: {}\n",
  "%%\n",
  "%% x\n",
  " %%",
  "\r",
  "\r\n",
  "note left of a\n",
  "note left of a: b\n",
  'note "',
  "end note\n",
  "direction ",
  "direction LR ",
  "direction\n",
  "a direction LR\n",
  "#",
  "#a",
  "#a;",
  "[*]-->",
  "[*] --> a\n",
  "a --> b : ",
  "a --> b : x\n",
  "a --> b : words that mean nothing\n",
  "a --> b : [x > ]\n",
  "a --> b : x-y\n",
  ":",
  "::",
  ":::",
  ";",
  '"',
  "'",
  "`",
  "-",
  "--\n",
  "-->",
  "- - ",
  "accDescr {",
  "accTitle:",
  "scale ",
  "class a,",
  "classDef x a:",
  "style a fill:#fff;",
  "click a ",
  "((",
  "[",
  "\ud83d",
  "\u2028",
  "İ",
  "\u0000",
  "a",
  " ",
  "\t",
  "\n",
  'state "x" as y\n',
  "state a <<choice>>\n",
  'a : "',
  "[*] ",
] as const;

describe("a quarter of a megabyte of one piece", () => {
  test.each(PIECES.map((piece) => [JSON.stringify(piece), piece] as const))("%s", (_, piece) => {
    expect(() => parseWorkflow(fill(HEAD, piece))).not.toThrow();
  });

  test.each([
    ["labels", fill("stateDiagram-v2\n[*] --> A : ", "(")],
    ["labels of brackets", fill("stateDiagram-v2\n[*] --> A : ", "[")],
    ["labels of words", fill("stateDiagram-v2\n[*] --> A : ", "Ab ")],
    ["labels of dashes", fill("stateDiagram-v2\n[*] --> A : ", "a-")],
    ["times", fill("stateDiagram-v2\n[*] --> A : after ", "1s")],
    ["events", fill("stateDiagram-v2\n[*] --> A : go / call x with ", "a=1 ")],
    ["fences", fill("", "```mermaid\n```\n")],
    ["open fences", fill("", "```mermaid\n")],
    ["tildes", fill("", "~~~\n")],
    ["headings", fill("", "# a\n")],
    ["front matter", fill("---\n", "a: 1\n", "\n---\n")],
    ["front matter lists", fill("---\n", "[", "\n---\n")],
    ["front matter dashes", fill("---\n", "- ", "\n---\n")],
    ["front matter never closed", fill("---\n", "a\n")],
    [
      "aliases",
      `---\na: &a [1,1,1]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\nparameters: [{name: x, default: *d}]\n---\n${MARKDOWN}`,
    ],
    ["actions", fill(MARKDOWN, '- A: log "x"\n')],
    ["actions that are none", fill(MARKDOWN, "- A: ")],
    ["actions of unknown states", fill(MARKDOWN, '- B: log "x"\n')],
    ["items", fill(MARKDOWN, "- \n")],
    ["lines of an item", fill(`${MARKDOWN}- A: log\n`, "  x\n")],
    ["arguments", fill(`${MARKDOWN}- A: call x with `, "a=1, ")],
    ["a template", fill(`${MARKDOWN}- A: log "`, "${a}")],
    ["an open template", fill(`${MARKDOWN}- A: log "`, "${")],
    ["escapes", fill(`${MARKDOWN}- A: log "`, "\\")],
  ])("of %s", (_, text) => {
    expect(() => parseWorkflow(text)).not.toThrow();
  });
});

describe("half a character", () => {
  test("is found, and nothing behind it lost", () => {
    const text = `${MARKDOWN}- A: log "a \ud800 \${'b\udc00'}"\n- Nowhere: log "x"`;
    const { findings } = parseWorkflow(text);
    expect(findings.map(({ code }) => code)).toEqual(["parse/invalid-character", "parse/unknown-state"]);
    expect(findings[0]?.place).toMatchObject({ start: text.indexOf("\ud800"), line: 7, column: 13 });
  });

  test("that YAML spells is found when the workflow is compiled", () => {
    const { definition, findings } = parseWorkflow(`---\nvariables:\n  x: {type: any, initial: ["\\ud800"]}\n---\n${MARKDOWN}`);
    expect(findings).toEqual([]);
    expect(compileWorkflow(definition, "").findings).toMatchObject([{ severity: "error", code: "expression/unsupported", place: { line: 3 } }]);
  });
});

describe("limits", () => {
  test("a text that is too large is not read", () => {
    const { definition, findings } = parseWorkflow("x".repeat(10 * SOURCE_SIZE_MAX), { name: "big" });
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([["parse/too-large", "error"]]);
    expect(findings[0]?.message).toContain(String(SOURCE_SIZE_MAX));
    expect(definition.name).toBe("big");
  });

  test("braces within braces", () => {
    const nest = (depth: number) =>
      `${HEAD}[*] --> s0\n${Array.from({ length: depth }, (_, at) => `state s${at} {\n[*] --> s${at + 1}\n`).join("")}${"}\n".repeat(depth)}`;
    expect(codesOf(nest(NESTING_DEPTH_MAX))).toEqual([]);
    expect(codesOf(nest(NESTING_DEPTH_MAX + 1))).toContain("parse/nesting-limit");
  });

  test("states", () => {
    const lines = Array.from({ length: STATE_COUNT_MAX + 1 }, (_, at) => `s${at}:x`);
    expect(codesOf(`${HEAD}${lines.join("\n")}`)).toContain("parse/too-many-states");
  });

  test("findings", () => {
    const { findings } = parseWorkflow(`${HEAD}[*] --> A\n${"A --> A : no event at all\n".repeat(FINDING_COUNT_MAX + 5)}`);
    expect(findings).toHaveLength(FINDING_COUNT_MAX + 1);
    expect(findings.at(-1)).toMatchObject({ code: "parse/too-many-findings", severity: "error" });
  });

  test("errors of one diagram", () => {
    expect(codesOf(`${HEAD}${"a -> b\n".repeat(DIAGRAM_ERROR_COUNT_MAX + 5)}`)).toHaveLength(DIAGRAM_ERROR_COUNT_MAX);
  });

  test("front matter", () => {
    const withYaml = (yaml: string) => codesOf(`---\n${yaml}\n---\n${HEAD}[*] --> A\n`);
    expect(withYaml(`a: ${"x".repeat(FRONT_MATTER_SIZE_MAX - 4)}`)).toEqual([]);
    expect(withYaml(`a: ${"x".repeat(FRONT_MATTER_SIZE_MAX)}`)).toEqual(["parse/front-matter"]);
    expect(withYaml(`a: ${"[".repeat(FRONT_MATTER_DEPTH_MAX)}${"]".repeat(FRONT_MATTER_DEPTH_MAX)}`)).toEqual([]);
    expect(withYaml(`a: ${"[".repeat(FRONT_MATTER_DEPTH_MAX + 1)}${"]".repeat(FRONT_MATTER_DEPTH_MAX + 1)}`)).toEqual([
      "parse/front-matter",
    ]);
  });

  test("actions", () => {
    expect(codesOf(MARKDOWN + "- A: log 'x'\n".repeat(ACTION_COUNT_MAX))).toEqual([]);
    expect(codesOf(MARKDOWN + "- A: log 'x'\n".repeat(ACTION_COUNT_MAX + 1))).toEqual(["parse/too-many-actions"]);
    expect(codesOf(`${MARKDOWN}- A: log '${"x".repeat(ACTION_SIZE_MAX - 6)}'\n`)).toEqual([]);
    expect(codesOf(`${MARKDOWN}- A: log '${"x".repeat(ACTION_SIZE_MAX)}'\n`)).toEqual(["parse/unknown-action"]);
    const call = (count: number) => `${MARKDOWN}- A: call x with ${Array.from({ length: count }, (_, at) => `a${at}=1`).join(", ")}\n`;
    expect(codesOf(call(ARGUMENT_COUNT_MAX))).toEqual([]);
    expect(codesOf(call(ARGUMENT_COUNT_MAX + 1))).toEqual(["parse/invalid-action"]);
  });

  test("durations", () => {
    expect(parseDuration(`${DURATION_MS_MAX}ms`)).toBe(DURATION_MS_MAX);
    expect(parseDuration(`${DURATION_MS_MAX + 1}ms`)).toBeUndefined();
    expect(codesOf(`${MARKDOWN}- A: call x timeout ${TIMEOUT_MS_MAX}ms`)).toEqual([]);
    expect(codesOf(`${MARKDOWN}- A: call x timeout ${TIMEOUT_MS_MAX + 1}ms`)).toEqual(["parse/invalid-action"]);
  });

  test("100,000 nested parentheses in a guard", () => {
    expect(codesOf(`${HEAD}[*] --> A\nA --> A : [${"(".repeat(100_000)}1${")".repeat(100_000)}]`).length).toBeGreaterThan(0);
  });
});

const pieces = fc.constantFrom(
  ...PIECES,
  "```mermaid\n",
  "```\n",
  "---\n",
  "## Actions\n",
  "- A: ",
  "- ",
  'log "x"',
  "set x = 1",
  "call t with a=",
  "result r",
  "wait 5s",
  "name: n\n",
  "parameters:\n",
  "  - name: p\n",
  "events: [go]\n",
  "variables: {x: 1}\n",
  "go [x > 1] / set x = 2",
  "after 5s",
  "`x`",
  "${",
  "}}",
  "{{",
  "stateDiagram-v2\n",
);

test.each([undefined, null, 42, {}, ["stateDiagram-v2"]])("%j, which is no text, gives a finding", (value) => {
  const { definition, findings } = parseWorkflow(value as unknown as string);
  expect(findings).toMatchObject([{ severity: "error", code: "parse/no-diagram", place: { line: 1, column: 1 } }]);
  expect(definition.states).toEqual([]);
});

test("random soups give a definition and findings with places in the text", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 40 }), fc.boolean(), (parts, isBare) => {
      const text = (isBare ? HEAD : "") + parts.join("");
      const { definition, findings } = parseWorkflow(text);
      for (const { place, message, code } of findings) {
        expect(place.start).toBeGreaterThanOrEqual(0);
        expect(place.end).toBeLessThanOrEqual(text.length);
        expect(place.end).toBeGreaterThanOrEqual(place.start);
        expect(message).not.toBe("");
        expect(code).toMatch(/^(parse|expression)\/[a-z-]+$/);
      }
      definition.states.forEach(({ parent }, index) => expect(parent).toBeLessThan(index));
      for (const { source, target } of definition.transitions) {
        expect(definition.states[source]).toBeDefined();
        expect(definition.states[target]).toBeDefined();
      }
      structuredClone(definition);
    }),
    { numRuns: 2_000 },
  );
});
