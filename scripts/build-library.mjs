// Builds what is published: a browser and a Node bundle of every door, the worker as one file, the kernel, the types.
// Four URLs are left as they stand in the sources, since bundlers look for exactly this form: `new URL("./millrace-worker.js",
// import.meta.url)`, the same with `millrace.wasm`, with `millrace-explorer.wasm` and with `millrace-zstd.wasm`. So every browser bundle must lie beside these files.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { runCommand } from "./run-command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const doorNames = ["index", "local", "expression", "format", "editor", "testing"];

/** Builds dist/ anew. */
export async function buildLibrary() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  copyFileSync(join(root, "build", "kernel.wasm"), join(dist, "millrace.wasm"));
  copyFileSync(join(root, "build", "explorer.wasm"), join(dist, "millrace-explorer.wasm"));
  copyFileSync(join(root, "node_modules", "@bokuweb", "zstd-wasm", "dist", "web", "zstd.wasm"), join(dist, "millrace-zstd.wasm"));
  const doors = (nameOf) => Object.fromEntries(doorNames.map((name) => [name, join(root, "src", "doors", `${nameOf(name)}.ts`)]));
  await bundle({ input: doors((name) => name), platform: "browser", folder: dist });
  await bundle({ input: { "millrace-worker": join(root, "src", "worker", "entry.ts") }, platform: "browser", folder: dist, isOneFile: true });
  await bundle({ input: doors((name) => (name === "index" ? "index-node" : name)), platform: "node", folder: join(dist, "node") });
  writeLicenses();
  await emitTypes();
}

async function bundle({ input, platform, folder, isOneFile = false }) {
  const build = await rolldown({
    cwd: root,
    input,
    platform,
    treeshake: true,
    external: platform === "node" ? /^node:/ : undefined,
    resolve: {
      extensionAlias: { ".js": [".ts", ".tsx", ".js"] },
      conditionNames: platform === "node" ? ["node", "import", "default"] : ["browser", "import", "default"],
    },
    plugins: [finishBundles],
    onLog(level, log, next) {
      if (level === "warn") throw new Error(log.message);
      next(level, log);
    },
  });
  try {
    await build.write({
      dir: folder,
      format: "es",
      entryFileNames: "[name].js",
      chunkFileNames: "chunk-[hash].js",
      codeSplitting: !isOneFile,
      minify: platform === "browser",
      comments: false,
    });
  } finally {
    await build.close();
  }
}

/** Notes the packages that go in; and gives URLs plain quotes: the minifier writes template quotes, which not every bundler looks for. */
const finishBundles = {
  name: "millrace-finish",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk") continue;
      for (const id of file.moduleIds) notePackage(id);
      // The wrapper of zstd names its file under another name; it is never asked for it.
      file.code = file.code.replace(/new URL\([`"']\.\/zstd\.wasm[`"'],/g, 'new URL("./millrace-zstd.wasm",');
      file.code = file.code.replace(/new URL\(`(\.\/millrace[^`$]*)`,/g, 'new URL("$1",');
    }
  },
};

const bundledPackages = new Set();

/** Notices of packages that bring no file of their own. */
const withoutLicenseFile = {
  "@bokuweb/zstd-wasm": `Copyright (c) bokuweb. MIT License, https://opensource.org/license/mit

It contains Zstandard, Copyright (c) Meta Platforms, Inc. and affiliates. BSD License, https://opensource.org/license/bsd-3-clause`,
};

function notePackage(moduleId) {
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(moduleId);
  if (match !== null) bundledPackages.add(match[1]);
}

/** The licenses of the packages inside the bundles; each of them asks to go along. */
function writeLicenses() {
  const texts = [...bundledPackages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined && withoutLicenseFile[name] === undefined) throw new Error(`${name} is bundled and brings no license file`);
    if (file === undefined) return `${name} ${version} (${license})\n\n${withoutLicenseFile[name]}\n`;
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  writeFileSync(join(dist, "LICENSES.txt"), `The files beside this one contain code of these packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`);
}

/** Declarations of the doors and of all that they lead to; no others, and none that needs a package. */
async function emitTypes() {
  const folder = join(dist, "types");
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await runCommand(process.execPath, [tsc, "-p", "tsconfig.types.json", "--outDir", folder], { timeoutMs: 180_000, cwd: root });
  const reached = new Set();
  const pending = doorNames.map((name) => join(folder, "src", "doors", `${name}.d.ts`));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (reached.has(path)) continue;
    if (!existsSync(path)) throw new Error(`types: ${relative(root, path)} was not made`);
    reached.add(path);
    for (const specifier of listSpecifiers(readFileSync(path, "utf8"))) {
      if (!specifier.startsWith(".")) throw new Error(`types: ${relative(dist, path)} needs the package "${specifier}", which an embedder does not have`);
      pending.push(join(dirname(path), specifier.replace(/\.js$/, ".d.ts")));
    }
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (name.endsWith(".d.ts") && !reached.has(path)) unlinkSync(path);
  }
}

function listSpecifiers(text) {
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)["']([^"']+)["']/g)].map((match) => match[1]);
}
