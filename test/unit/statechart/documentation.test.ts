// docs/statecharts.md teaches by examples: every story in it is played on the kernel and on the reference model, and every program
// is run.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { expect, test } from "vitest";
import * as editor from "../../../src/doors/editor.js";
import * as local from "../../../src/doors/local.js";
import { playStory } from "./story.js";

const page = readFileSync(new URL("../../../docs/statecharts.md", import.meta.url), "utf8");

/** Stories, each with the chart that stands before it. */
function readStories(): { readonly name: string; readonly chart: string; readonly lines: readonly string[] }[] {
  const blocks = page.matchAll(/^(````|```)(markdown|mermaid|text)\n([\s\S]*?)^\1$/gm);
  const stories: { name: string; chart: string; lines: string[] }[] = [];
  let chart = "";
  for (const [, , language, body = ""] of blocks) {
    if (language !== "text") chart = body;
    else
      stories.push({
        name: `story ${stories.length + 1}: ${body.split("\n")[1] || body.split("\n")[0]}`,
        chart,
        lines: body.trim().split("\n"),
      });
  }
  return stories;
}

const stories = readStories();

test("there are some stories", () => {
  expect(stories.length).toBeGreaterThan(10);
});

test.each(stories)("$name", ({ chart, lines }) => playStory(chart, lines));

/** A value of the page's programs, as it stands behind `// =>`. */
const EXAMPLE = /^(.+); \/\/ => (.+)$/gm;
const DOORS = { editor, local };
const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);

test("there are some programs", () => expect(programs.length).toBeGreaterThan(2));

test.each(programs)("%s", async (program) => {
  const body = program
    .replace(/^import (\{.*\}) from "millrace\/(\w+)";$/m, "const $1 = doors.$2;")
    .replace(EXAMPLE, (_, code: string, value: string) => `compare(${code}, ${value});`);
  const run = runInThisContext(`(async (doors, compare) => {${body}})`) as (
    doors: unknown,
    compare: (actual: unknown, expected: unknown) => void,
  ) => Promise<void>;
  let count = 0;
  await run(DOORS, (actual, expected) => {
    count += 1;
    expect(actual).toEqual(expected);
  });
  expect(count).toBe([...program.matchAll(EXAMPLE)].length);
  expect(count).toBeGreaterThan(1);
});
