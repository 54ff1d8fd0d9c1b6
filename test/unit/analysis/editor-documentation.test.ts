// docs/editor.md: its programs are run here, and its table of codes is compared with the sources.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as door from "../../../src/doors/editor.js";

const page = readFileSync(new URL("../../../docs/editor.md", import.meta.url), "utf8");
/** A value of the page's programs, as it stands behind `// =>`. */
const EXAMPLE = /^(.+); \/\/ => (.+)$/gm;

describe("programs do what they say", () => {
  const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  test("there are some", () => expect(programs.length).toBe(6));
  test.each(programs)("%s", async (program) => {
    const body = program
      .replace(/^import (\{.*\}) from "millrace\/editor";$/m, "const $1 = door;")
      .replace(EXAMPLE, (_, code: string, value: string) => `compare(${code}, ${value});`);
    const run = runInThisContext(`(async (door, compare) => {${body}})`) as (from: typeof door, compare: (actual: unknown, expected: unknown) => void) => Promise<void>;
    let count = 0;
    await run(door, (actual, expected) => {
      count += 1;
      expect(actual).toEqual(expected);
    });
    expect(count).toBe([...program.matchAll(EXAMPLE)].length);
    expect(count).toBeGreaterThan(2);
  });
});

test("the table has the codes of the sources, and no other", () => {
  const source = readFileSync(new URL("../../../src/analysis/editor/doubts.ts", import.meta.url), "utf8");
  const union = /export type EditorCode =([^;]*);/.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"(editor\/[a-z-]+)"/g)].map(([, code]) => code);
  expect([...page.matchAll(/^\| `(editor\/[a-z-]+)`/gm)].map(([, code]) => code).sort()).toEqual(codes.sort());
});
