// docs/formats.md is a reference: every example in it is read here, and its tables are compared with the code.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { readLabelText, withActions } from "./reading.js";

const page = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8");

/** Contents of the fenced blocks with this fence and language. */
function blocksOf(fence: string, language: string): string[] {
  const found = page.matchAll(new RegExp(`^${fence}${language}\\n([\\s\\S]*?)^${fence}$`, "gm"));
  return [...found].map((match) => match[1] as string);
}

/** Cells of the rows of the table whose head begins with this cell. */
function rowsOf(head: string): string[][] {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${head} |`)) + 2;
  const length = lines.slice(first).findIndex((line) => !line.startsWith("|"));
  return lines.slice(first, first + length).map((line) => splitRow(line));
}

function splitRow(line: string): string[] {
  return line
    .slice(2, -2)
    .split(" | ")
    .map((cell) => cell.trim());
}

function plain(cell: string): string {
  return cell.startsWith("`` ") ? cell.slice(3, -3) : cell.slice(1, -1);
}

test("whole workflows have no findings", () => {
  const blocks = blocksOf("````", "markdown");
  expect(blocks).toHaveLength(1);
  for (const block of blocks) expect(parseWorkflow(block).findings).toEqual([]);
});

test("diagrams have no findings", () => {
  const outer = page.replace(/^````markdown[\s\S]*?^````$/gm, "");
  const blocks = [...outer.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  const properties = blocksOf("```", "markdown")[1];
  expect(blocks).toHaveLength(2);
  expect(parseWorkflow(blocks[0] as string).findings).toEqual([]);
  const { definition, findings } = parseWorkflow(`\`\`\`mermaid\n${blocks[1]}\`\`\`\n${properties}`);
  expect(findings).toEqual([]);
  expect(definition.states.filter(({ history, joinCount, deferred }) => history ?? joinCount ?? deferred).map(({ id }) => id)).toEqual(["Last", "Away", "Enough"]);
});

test("what states do besides is read", () => {
  const [items] = blocksOf("```", "markdown");
  const { definition, findings } = parseWorkflow(`\`\`\`mermaid\nstateDiagram-v2\n[*] --> Active\n\`\`\`\n${items}`);
  expect(findings).toEqual([]);
  expect(definition.states.find(({ id }) => id === "Active")).toMatchObject({ entry: [{}], exit: [{}], deferred: ["order"] });
  expect(definition.transitions.filter(({ isInternal }) => isInternal)).toHaveLength(1);
});

test("front matter has no findings", () => {
  const [yaml] = blocksOf("```", "yaml");
  const { definition, findings } = parseWorkflow(`---\n${yaml}---\nstateDiagram-v2\n[*] --> A\n`);
  expect(findings).toEqual([]);
  expect([definition.parameters.length, definition.variables.length, definition.events.length]).toEqual([3, 3, 2]);
});

test("what is searchable has no findings", () => {
  const yaml = blocksOf("```", "yaml")[1];
  const { definition, findings } = parseWorkflow(`---\n${yaml}---\nstateDiagram-v2\n[*] --> A\n`);
  expect([findings, compileWorkflow(definition, "").findings]).toEqual([[], []]);
  expect(definition.search?.map(({ name, from }) => `${name} ${from}`)).toEqual(["customer input", "city input", "total output", "dear output"]);
});

test("task graphs have no findings", () => {
  const blocks = blocksOf("```", "yaml").filter((block) => block.startsWith("millrace: 1\n"));
  expect(blocks).toHaveLength(9);
  for (const block of blocks) {
    const { definition, findings } = parseWorkflow(block);
    expect([findings, definition.format, compileWorkflow(definition, "").findings]).toEqual([[], "yaml", []]);
  }
});

test("a workflow in Orquesta's dialect has no findings", () => {
  const blocks = blocksOf("```", "yaml").filter((block) => block.startsWith("version: 1.0\n"));
  expect(blocks).toHaveLength(1);
  for (const block of blocks) {
    const { definition, findings } = parseWorkflow(block);
    expect([findings, definition.taskGraph?.hasOneNamespace, compileWorkflow(definition, "").findings]).toEqual([[], true, []]);
  }
});

test("every key of a task graph is written of", () => {
  const sources = readSources(new URL("../../../src/format/yaml/", import.meta.url));
  const known = [...sources.matchAll(/const [A-Z]+_KEYS = \[([^\]]*)\]/g)].flatMap((match) => [...(match[1] as string).matchAll(/"([\w-]+)"/g)].map((each) => each[1] as string));
  const section = page.slice(page.indexOf("## Task graphs in YAML"), page.indexOf("## Limits"));
  const written = new Set([...section.matchAll(/`([\w-]+)`/g)].map((match) => match[1] as string));
  expect(known.length).toBeGreaterThan(30);
  expect(known.filter((key) => !written.has(key))).toEqual([]);
});

describe("labels are read as the table says", () => {
  test.each(rowsOf("label").map(([label, reading]) => [plain(label ?? ""), reading] as const))("%s", (label, reading) => {
    const { transition, findings } = readLabelText(label);
    expect(transition.reading).toBe(reading);
    expect(findings.length > 0).toBe(reading === "unreadable");
  });
});

describe("actions are read", () => {
  const actions = blocksOf("```", "text").flatMap((block) => block.trimEnd().split("\n"));
  test.each(actions)("%s", (action) => {
    const { definition, findings } = parseWorkflow(withActions(`- A: ${action}`));
    expect(findings.filter(({ severity, code }) => severity === "error" || code !== "parse/shell-unavailable")).toEqual([]);
    expect(definition.states.flatMap(({ entry }) => entry)).toHaveLength(1);
  });
});

test("invariants are read", () => {
  const block = blocksOf("```", "markdown")[2];
  const { definition, findings } = parseWorkflow(`${withActions()}${block}`);
  expect(findings).toEqual([]);
  expect(definition.invariants.map(({ name }) => name)).toEqual(["never owes", "paid before shipped", "attempts <= 3"]);
});

function readSources(folder: URL): string {
  return readdirSync(fileURLToPath(folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name.replaceAll("\\", "/"), folder), "utf8"))
    .join("\n");
}

test("the table of findings has every code, and no other", () => {
  const sources = readSources(new URL("../../../src/format/", import.meta.url));
  const used = new Set([...sources.matchAll(/"(parse\/[a-z-]+)"/g)].map((match) => match[1] as string));
  const listed = rowsOf("code").map(([code]) => plain(code ?? ""));
  expect([...listed].sort()).toEqual([...used].sort());
});

test("the table of limits has the figures of the code", () => {
  const sources = readSources(new URL("../../../src/format/", import.meta.url));
  for (const [, figure, names] of rowsOf("what")) {
    const figures = [...(figure ?? "").matchAll(/(?<![-\w])\d[\d,]*\b/g)].map((match) => Number(match[0].replaceAll(",", "")));
    const limits = [...(names ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1] as string);
    expect(limits.length).toBeGreaterThan(0);
    limits.forEach((name, index) => {
      const value = new RegExp(`export const ${name} = ([\\d_]+);`).exec(sources)?.[1]?.replaceAll("_", "");
      expect([name, Number(value)]).toEqual([name, figures[index]]);
    });
  }
});
