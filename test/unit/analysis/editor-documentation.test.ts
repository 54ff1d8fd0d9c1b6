// docs/editor.md: its programs are run here, and its table of codes is compared with the sources.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describePrograms } from "./page-programs.js";

const page = readFileSync(new URL("../../../docs/editor.md", import.meta.url), "utf8");

describePrograms(page, 6);

test("the table has the codes of the sources, and no other", () => {
  const source = readFileSync(new URL("../../../src/analysis/editor/doubts.ts", import.meta.url), "utf8");
  const union = /export type EditorCode =([^;]*);/.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"(editor\/[a-z-]+)"/g)].map(([, code]) => code);
  expect([...page.matchAll(/^\| `(editor\/[a-z-]+)`/gm)].map(([, code]) => code).sort()).toEqual(codes.sort());
});
