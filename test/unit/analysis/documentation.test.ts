// docs/analysis.md is a reference: its programs are run here, and its tables are compared with the code.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { analyseWorkflow, parseWorkflow } from "../../../src/doors/editor.js";
import { describePrograms } from "./page-programs.js";

const page = readFileSync(new URL("../../../docs/analysis.md", import.meta.url), "utf8");

describePrograms(page, 1);

describe("every example of a finding has it, and no other", () => {
  const examples = [...page.matchAll(/^((?:`analysis\/.*)(?:\n.+)*:.*)\n\n(`{3,4})(?:mermaid|markdown)\n([\s\S]*?)^\2$/gm)];
  const codesIn = (text: string) => [...text.matchAll(/`(analysis\/[a-z-]+)`/g)].map(([, code]) => code as string);
  test.each(examples.map(([, lead, , text]) => [codesIn(lead as string).join(", "), lead as string, text as string]))(
    "%s",
    (_, lead, text) => {
      const { definition, findings } = parseWorkflow(text);
      expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
      const found = analyseWorkflow(definition);
      expect([...new Set(found.map(({ code }) => code))].sort()).toEqual(codesIn(lead).sort());
      const example = /`(\{ .* \})`/.exec(lead)?.[1];
      if (example !== undefined) expect(found.map((finding) => finding.example)).toContainEqual(JSON.parse(example));
    },
  );

  test("the table has every code, and no other; all have an example but the one for too many", () => {
    const source = readFileSync(new URL("../../../src/analysis/finding.ts", import.meta.url), "utf8");
    const codes = [...source.matchAll(/\| "(analysis\/[a-z-]+)"/g)].map(([, code]) => code as string);
    const listed = [...page.matchAll(/^\| `(analysis\/[a-z-]+)`/gm)].map(([, code]) => code as string);
    expect(listed).toEqual([...codes, "analysis/deadlock", "analysis/invariant-violated"]);
    const shown = examples.flatMap(([, lead]) => codesIn(lead as string));
    expect(codes.filter((code) => !shown.includes(code))).toEqual(["analysis/too-many-findings"]);
  });
});

describe("nothing is found where nothing is wrong", () => {
  const folder = new URL("../../../web/samples/", import.meta.url);
  const samples = readdirSync(fileURLToPath(folder)).map((name) => [name, readFileSync(new URL(name, folder), "utf8")] as const);
  const formats = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8");
  const examples = [...formats.matchAll(/^(`{3,4})(?:mermaid|markdown)\n([\s\S]*?)^\1$/gm)].map(
    ([, , text], index) => [`docs/formats.md ${index}`, text as string] as const,
  );
  test.each([...samples, ...examples])("%s", (_, text) => {
    expect(analyseWorkflow(parseWorkflow(text).definition)).toEqual([]);
  });
});

test("the table of limits has the figures of the code", () => {
  const folder = new URL("../../../src/", import.meta.url);
  const files = ["create-editor.ts", ...readdirSync(fileURLToPath(new URL("analysis", folder))).filter((name) => name.endsWith(".ts")).map((name) => `analysis/${name}`)];
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
