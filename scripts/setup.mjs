// Makes a clone ready: installs the packages when the lockfile changed, builds the kernel when its sources changed,
// and with --browser finds a Chromium. Dependency-free: it runs before anything is installed.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowser } from "./browser.mjs";
import { runCommand } from "./run-command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const installStampPath = join(root, "node_modules", ".millrace");
const kernelStampPath = join(root, ".cache", "kernel.hash");
const installMsMax = 900_000;
const kernelBuildMsMax = 300_000;
const kernelFeatures = ["simd", "bulk-memory", "sign-ext", "nontrapping-float-to-int", "mutable-globals"].map((name) => `--enable-${name}`);

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  if (!isEnough) throw new Error(`Node ${process.versions.node} is too old; 20.19 or newer is needed`);
}

async function installPackages() {
  const hash = hashFiles([join(root, "package-lock.json")]);
  if (existsSync(installStampPath) && readFileSync(installStampPath, "utf8") === hash) return;
  if (!isInstalled()) {
    console.log("set-up: installing packages (npm ci)");
    const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
    const npm = process.env.npm_execpath;
    const isScript = npm !== undefined && /\.c?js$/.test(npm);
    const options = { timeoutMs: installMsMax, cwd: root };
    if (isScript) await runCommand(process.execPath, [npm, ...args], options);
    else await runCommand("npm", args, options);
  }
  writeFileSync(installStampPath, hash);
}

/** True when what npm noted in node_modules already is what the lockfile asks for (somebody ran npm themselves). */
function isInstalled() {
  const notePath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(notePath)) return false;
  const installed = JSON.parse(readFileSync(notePath, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional === true || installed[path]?.version === entry.version,
  );
}

async function buildKernel() {
  const sources = readdirSync(join(root, "assembly"), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(root, "assembly", name));
  const compiler = join(root, "node_modules", "assemblyscript");
  const hash = hashFiles([...sources, join(root, "asconfig.json"), join(compiler, "package.json"), fileURLToPath(import.meta.url)]);
  const outputs = ["kernel.wasm", "explorer.wasm", "kernel.debug.wasm"];
  const isFresh = existsSync(kernelStampPath) && readFileSync(kernelStampPath, "utf8") === hash;
  if (isFresh && outputs.every((name) => existsSync(join(root, "build", name)))) return;
  console.log("set-up: building the kernel");
  const folder = join(root, "build", `.kernel-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    await Promise.all(outputs.map((name) => compileKernel(compiler, `${folder}/${name}`)));
    for (const name of readdirSync(folder)) renameSync(join(folder, name), join(root, "build", name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(kernelStampPath, hash);
}

/** One module: `explorer` is all of the kernel and the search. */
async function compileKernel(compiler, path) {
  const isDebug = path.endsWith("debug.wasm");
  const args = [join(compiler, "bin", "asc.js"), "assembly/index.ts", "--config", "asconfig.json", "--target", isDebug ? "debug" : "release"];
  if (path.endsWith("explorer.wasm")) args.push("assembly/explore.ts");
  // Built aside and moved, so that a reader never sees half a file.
  args.push("--outFile", path, "--textFile", path.replace(/wasm$/, "wat"));
  await runCommand(process.execPath, args, { timeoutMs: kernelBuildMsMax, isQuiet: true, cwd: root });
  if (isDebug) return;
  // Once more, for size: what was inlined is looked at again as a whole. It takes about half a kilobyte off what is sent.
  const optimizer = createRequire(join(compiler, "package.json")).resolve("binaryen/bin/wasm-opt");
  await runCommand(process.execPath, [optimizer, path, ...kernelFeatures, "-Os", "--converge", "-o", path], { timeoutMs: kernelBuildMsMax, isQuiet: true, cwd: root });
}

function hashFiles(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

async function setUp(args) {
  checkNode();
  await installPackages();
  await buildKernel();
  if (args.includes("--browser") && (await findBrowser()) === undefined) {
    throw new Error("no browser could be started; give the path of a Chromium or Chrome in CHROME_PATH");
  }
}

try {
  await setUp(process.argv.slice(2));
} catch (error) {
  console.error(`set-up failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
