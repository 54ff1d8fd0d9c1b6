// The page of errors names every code that the sources can give, and no other.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ROOMS = "compile|engine|run|task|event|value|store|kernel|worker|portable";
/** Given by the kernel, as bytes. */
const FROM_KERNEL = ["task/timed-out"];

test("docs/errors.md lists the codes of the sources", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const used = new Set(FROM_KERNEL);
  for (const name of sources)
    for (const [, code] of readFileSync(join(root, "src", name), "utf8").matchAll(new RegExp(`"((?:${ROOMS})/[a-z]+(?:-[a-z]+)*)"`, "g"))) used.add(code as string);
  const page = readFileSync(join(root, "docs/errors.md"), "utf8").split("\n").filter((line) => line.startsWith("| `"));
  const listed = page.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, code]) => code as string));
  expect(listed.filter((code) => code !== "parse/invalid").sort()).toEqual([...used].sort());
});
