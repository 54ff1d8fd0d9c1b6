// docs/statecharts.md teaches by examples: every story in it is played on the kernel and on the reference model.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
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
