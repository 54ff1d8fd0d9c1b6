// Prints what a page loads: the kernel, the worker, and each front door with the chunks it needs, raw and compressed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const fileNames = ["millrace.wasm", "millrace-explorer.wasm", "millrace-zstd.wasm", "millrace-worker.js", "index.js", "local.js", "expression.js", "format.js", "editor.js", "testing.js"];

/**
 * What belongs to expressions alone: text to bytecode, and its door without the kernel's loader, the value codec and the program's
 * layout. It is what every page that compiles and evaluates gets at once; what is loaded when it is first asked for is left out.
 */
const expressionPart = /[\\/](expression[\\/](?!disassemble|cost-estimate)|create-expressions\.|assembly[\\/]abi\.)/;

/** Measures dist/, prints the table and saves it as build/sizes.json. */
export async function reportSizes() {
  const rows = fileNames.filter((name) => existsSync(join(dist, name))).map((name) => ({ name, ...measure(readParts(name)) }));
  rows.push({ name: "(expression part)", ...measure([await bundlePart(join(root, "src", "create-expressions.ts"), expressionPart)]) });
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, "build", "sizes.json"), `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${"bytes".padEnd(24)}${["raw", "gzip", "brotli"].map((title) => title.padStart(10)).join("")}`);
  for (const row of rows) {
    console.log(`${row.name.padEnd(24)}${[row.raw, row.gzip, row.brotli].map((size) => String(size).padStart(10)).join("")}`);
  }
}

function readParts(name) {
  return [...collectFiles(name, new Set())].map((part) => readFileSync(join(dist, part)));
}

/** One room's code as it is published, without what it imports from elsewhere. */
async function bundlePart(input, files) {
  const build = await rolldown({
    cwd: root,
    input,
    platform: "browser",
    resolve: { extensionAlias: { ".js": [".ts"] } },
    external: (id, _, isResolved) => isResolved && !files.test(id.slice(root.length - 1)),
  });
  try {
    const { output } = await build.generate({ format: "es", minify: true, comments: false, codeSplitting: false });
    return Buffer.from(output[0].code);
  } finally {
    await build.close();
  }
}

function measure(parts) {
  const sum = (size) => parts.reduce((total, part) => total + size(part), 0);
  const brotli = (part) => brotliCompressSync(part, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  return { raw: sum((part) => part.length), gzip: sum((part) => gzipSync(part, { level: 9 }).length), brotli: sum(brotli) };
}

/** A file and, for a script, every file that it imports; not what it imports when it is asked to. */
function collectFiles(name, files) {
  if (files.has(name)) return files;
  files.add(name);
  if (!name.endsWith(".js")) return files;
  const text = readFileSync(join(dist, name), "utf8");
  for (const match of text.matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) collectFiles(match[1], files);
  return files;
}
