// docs/expressions.md is a reference: every row of its tables is evaluated here by the real kernel, its programs are run, and its
// lists of errors, functions and limits are compared with the code.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { ExpressionError } from "../../../assembly/abi.js";
import { compileExact, compileExpression, loadExpressions } from "../../../src/create-expressions.js";
import * as door from "../../../src/doors/expression.js";
import { createEngine } from "../../../src/doors/local.js";
import { ALL_FUNCTIONS } from "../../../src/expression/checker/library.js";
import { readTemplate } from "../../../src/expression/template.js";
import type { Value } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeExact, encodeValue, type ExactValue } from "../../../src/model/value.js";

const page = readFileSync(new URL("../../../docs/expressions.md", import.meta.url), "utf8");
const NOW = new Date("2026-03-29T12:34:56.789Z");
const context = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "") as Readonly<Record<string, Value>>;
const bindings = Object.fromEntries(
  Object.entries({ ...context, now: NOW }).map(([name, value]) => [name, decodeExact(encodeValue(value))]),
);

beforeAll(() => loadExpressions());

/** Rows of all tables whose head begins with these cells. */
function rowsOf(...head: readonly string[]): string[][] {
  const lines = page.split("\n");
  return lines.flatMap((line, index) => {
    if (!line.startsWith(`| ${head.join(" | ")} |`)) return [];
    const rows = lines.slice(index + 2);
    return rows
      .slice(
        0,
        rows.findIndex((row) => !row.startsWith("|")),
      )
      .map(splitRow);
  });
}

/** Cells of a row; a bar within a cell has a backslash. */
function splitRow(line: string): string[] {
  return line
    .slice(2, -1)
    .split(/ \| ?/)
    .map((cell) => cell.replaceAll("\\|", "|").trim());
}

function plain(cell = ""): string {
  return cell.startsWith("`` ") ? cell.slice(3, -3) : cell.slice(1, -1);
}

function pairsOf(...head: readonly string[]): (readonly [string, string])[] {
  return rowsOf(...head).map(([first, second]) => [plain(first), plain(second)] as const);
}

/** Codes of what goes wrong with an expression: of its findings, else of the error. */
function codesOf(source: string): string[] {
  try {
    return [`none, but ${String(compileExpression(source).evaluate(context, { now: NOW.getTime() }))}`];
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return error.findings.length === 0 ? [error.code] : error.findings.map(({ code }) => code);
  }
}

/** A JSON number stands in the tables as the int or double that it is worth. */
function withoutNumbers(value: ExactValue): unknown {
  if ("number" in value) return Number.isInteger(value.number) ? { int: String(value.number) } : { double: value.number };
  if ("list" in value) return { list: value.list.map(withoutNumbers) };
  if ("map" in value) return { map: new Set(value.map.map(([key, item]) => [withoutNumbers(key), withoutNumbers(item)])) };
  if ("optional" in value) return { optional: value.optional === null ? null : withoutNumbers(value.optional) };
  return value;
}

function evaluate(source: string): unknown {
  return withoutNumbers(compileExact(source, {}).evaluateExact(bindings));
}

describe("expressions have the values of the tables", () => {
  const rows = pairsOf("expression", "value");
  test("which are many", () => expect(rows.length).toBeGreaterThan(200));
  test.each(rows)("%s is %s", (source, value) => {
    expect(evaluate(source)).toEqual(evaluate(value));
    expect(compileExpression(source).evaluate(context, { now: NOW.getTime() })).toEqual(compileExpression(value).evaluate(context));
  });
});

describe("expressions have the errors of the tables", () => {
  const rows = pairsOf("expression", "error");
  test("which are many", () => expect(rows.length).toBeGreaterThan(50));
  test.each(rows)("%s gives %s", (source, code) => {
    expect(codesOf(source)).toEqual([code]);
  });
});

describe("templates have the values of the table", () => {
  const rows = pairsOf("text", "value");
  test.each(rows)("%s is %s", async (text, value) => {
    const variables = ["parameters:", ...Object.keys(context).map((name) => `  - ${name}`), "variables:", "  out: any"].join("\n");
    const chart = "stateDiagram-v2\n[*] --> A\nA --> [*]";
    const engine = await createEngine();
    try {
      const source = `---\nname: sample\n${variables}\n---\n\`\`\`mermaid\n${chart}\n\`\`\`\n## Actions\n- A: set out = ${text}\n`;
      const run = await engine.start(await engine.load(source), context);
      expect(await run.result).toMatchObject({ out: compileExpression(value).evaluate(context) });
    } finally {
      await engine.close();
    }
  });
});

/** A value of the page's programs, as it stands behind `// =>`. */
const EXAMPLE = /^(.+); \/\/ => (.+)$/gm;

describe("programs do what they say", () => {
  const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  test("there are some", () => expect(programs.length).toBeGreaterThan(4));
  test.each(programs)("%s", async (program) => {
    const body = program
      .replace(/^import (\{.*\}) from "millrace\/expression";$/m, "const $1 = door;")
      .replace(EXAMPLE, (_, code: string, value: string) => `compare(${code}, ${value});`);
    const run = runInThisContext(`(async (door, compare) => {${body}})`) as (
      from: typeof door,
      compare: (actual: unknown, expected: unknown) => void,
    ) => Promise<void>;
    let count = 0;
    await run(door, (actual, expected) => {
      count += 1;
      expect(actual).toEqual(expected);
    });
    expect(count).toBe([...program.matchAll(EXAMPLE)].length);
    expect(count).toBeGreaterThan(2);
  });
});

function readSources(...folders: readonly string[]): string {
  const root = new URL("../../../", import.meta.url);
  return folders
    .flatMap((folder) => {
      const names = readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, encoding: "utf8" });
      return names.filter((name) => name.endsWith(".ts")).map((name) => new URL(`${folder}${name.replaceAll("\\", "/")}`, root));
    })
    .map((url) => readFileSync(url, "utf8"))
    .join("\n");
}

describe("the table of errors", () => {
  const rows = rowsOf("code").map(([code, , , example]) => [plain(code), plain(example)] as const);

  test("has every code, and no other", () => {
    const found = readSources("src/").matchAll(/["`](expression\/[a-z-]+)["`]/g);
    const kernel = Object.values(ExpressionError).filter((name) => typeof name === "string");
    const codes = new Set([
      ...kernel.map((name) => `expression/${name.toLowerCase().replaceAll("_", "-")}`),
      ...[...found].map((match) => match[1]),
    ]);
    expect(rows.map(([code]) => code).sort()).toEqual([...codes].sort());
  });

  test.each(rows.filter(([, example]) => example !== ""))("%s is what %s gives", (code, example) => {
    if (code === "expression/invalid") expect(() => compileExpression(example)).toThrow(expect.objectContaining({ code }));
    else expect(codesOf(example)).toContain(code);
  });

  test("those that no short example shows", () => {
    expect(codesOf("")).toEqual(["expression/empty"]);
    expect(codesOf("x".repeat(70_000))).toEqual(["expression/too-large"]);
    expect(codesOf(`${"(".repeat(300)}1${")".repeat(300)}`)).toEqual(["expression/too-deep"]);
    expect(readTemplate("${x").findings.map(({ code }) => code)).toEqual(["expression/unterminated-template"]);
  });
});

test("every function is on the page", () => {
  const missing = ALL_FUNCTIONS.names.filter((name) => !new RegExp(`(?<![\\w])${name.replaceAll(".", "\\.")}\\(`).test(page));
  expect(missing).toEqual([]);
});

test("the table of limits has the figures of the code", () => {
  const sources =
    readSources("src/expression/", "src/kernel/", "assembly/") +
    readFileSync(new URL("../../../src/create-expressions.ts", import.meta.url), "utf8");
  for (const [, figure, names] of rowsOf("what", "most")) {
    const name = plain(names);
    const found = [...sources.matchAll(new RegExp(`const ${name}(?:: \\w+)? = ([\\d_]+);`, "g"))].map((match) =>
      Number(match[1]?.replaceAll("_", "")),
    );
    expect([name, new Set(found)]).toEqual([name, new Set([Number(/^[\d,]+/.exec(figure ?? "")?.[0].replaceAll(",", ""))])]);
  }
});
