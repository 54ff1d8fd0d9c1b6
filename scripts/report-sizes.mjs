// Prints what a page loads: the kernel, the worker, and each front door with the chunks it needs, raw and compressed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const fileNames = ["millrace.wasm", "millrace-worker.js", "index.js", "local.js", "expression.js", "format.js", "editor.js", "testing.js"];

/** Measures dist/, prints the table and saves it as build/sizes.json. */
export function reportSizes() {
  const rows = fileNames.filter((name) => existsSync(join(dist, name))).map(measure);
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, "build", "sizes.json"), `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${"bytes".padEnd(24)}${["raw", "gzip", "brotli"].map((title) => title.padStart(10)).join("")}`);
  for (const row of rows) {
    console.log(`${row.name.padEnd(24)}${[row.raw, row.gzip, row.brotli].map((size) => String(size).padStart(10)).join("")}`);
  }
}

function measure(name) {
  const parts = [...collectFiles(name, new Set())].map((part) => readFileSync(join(dist, part)));
  const sum = (size) => parts.reduce((total, part) => total + size(part), 0);
  const brotli = (part) => brotliCompressSync(part, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  return { name, raw: sum((part) => part.length), gzip: sum((part) => gzipSync(part, { level: 9 }).length), brotli: sum(brotli) };
}

/** A file and, for a script, every file that it imports. */
function collectFiles(name, files) {
  if (files.has(name)) return files;
  files.add(name);
  if (!name.endsWith(".js")) return files;
  const text = readFileSync(join(dist, name), "utf8");
  for (const match of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) collectFiles(match[1], files);
  return files;
}
