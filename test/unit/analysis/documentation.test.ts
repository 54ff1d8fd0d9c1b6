// docs/analysis.md is a reference: its programs are run here, and its tables are compared with the code.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as door from "../../../src/doors/editor.js";

const page = readFileSync(new URL("../../../docs/analysis.md", import.meta.url), "utf8");
/** A value of the page's programs, as it stands behind `// =>`. */
const EXAMPLE = /^(.+); \/\/ => (.+)$/gm;

describe("programs do what they say", () => {
  const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  test("there are some", () => expect(programs.length).toBeGreaterThan(0));
  test.each(programs)("%s", async (program) => {
    const body = program
      .replace(/^import (\{.*\}) from "millrace\/editor";$/m, "const $1 = door;")
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

test("the table of limits has the figures of the code", () => {
  const folder = new URL("../../../src/", import.meta.url);
  const files = ["create-editor.ts", ...readdirSync(fileURLToPath(new URL("analysis", folder))).map((name) => `analysis/${name}`)];
  const source = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const rows = [...page.matchAll(/^\| .* \| ([\d,]+)[^|]* \| `([A-Z_]+)` \|$/gm)].map(([, value, name]) => [
    name,
    value?.replaceAll(",", ""),
  ]);
  const limits = [...source.matchAll(/^export const ([A-Z_]+_MAX) = ([\d_]+)/gm)].map(([, name, value]) => [
    name,
    value?.replaceAll("_", ""),
  ]);
  expect(rows.sort()).toEqual(limits.sort());
});
